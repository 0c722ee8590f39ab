"""I8: the last of the battery is kept for help. Apps close, messages no longer light the display; SOS still works."""

from pathlib import Path

from tests.boards import story
from tests.ui import tour

BOARD = "lilygo-t-watch-s3"


def test_what_is_left_is_for_help(tmp_path: Path) -> None:
    with story.watch(BOARD, tmp_path, "cpython") as watch:
        hand = story.Hand(watch, BOARD)
        friend = tour.start(watch, "en")[2]
        watch.advance(10)
        assert watch._rig is not None and watch._rig.chips is not None
        bench = watch._rig.chips.bench
        assert watch.use("other", "blocks")["verdict"] == "allow"
        for percent, open_still in ((6, True), (5, False)):
            bench.battery(percent, 3500)
            watch.advance(61)
            assert (watch.usage()["front"] == "other") == open_still, "at %d percent" % percent
        closed = [fields["reason"] for kind, fields in watch.seen()["seen"] if kind == "closed"]
        assert closed == ["ui.reserve"]
        assert watch.use("other", "blocks")["verdict"] == "allow"
        watch.advance(1)
        assert watch.usage()["front"] == "", "nor does it stay when it is opened again"
        watch.advance(20)
        watch.message(friend, "hello")
        watch.advance(1)
        assert not hand.chips()["lit"], "a message waits in the dark"
        assert hand.hold_until(lambda: hand.screen() == "sos", 4000) <= 3100
        watch.do("button", name="a", down=False)
        hand.chips(**{"pass": 6000})
        assert hand.chips()["lit"] and hand.chips()["sos"] == "delivered"
        hand.tap("end")
        watch.charge(True)
        watch.advance(61)
        assert watch.use("other", "blocks")["verdict"] == "deny", "while it charges the charger's own rule holds"
        watch.charge(False)
        bench.battery(60, 3900)
        watch.advance(61)
        hand.finger(120, 100)
        assert watch.use("other", "blocks")["verdict"] == "allow"
        watch.advance(2)
        assert watch.usage()["front"] == "other"
