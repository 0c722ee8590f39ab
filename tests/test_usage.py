"""Minutes across several watches (D49), and what is held back in school time (D47)."""

from pathlib import Path
from typing import Any

from simulator.watch import Guardian, Person, Watch

NOON = 217_000_000 - 217_000_000 % 86400 + 4 * 3600  # in China, on a Monday


def _watch(folder: Path, **policy: int) -> tuple[Watch, Guardian]:
    watch, mum = Watch(folder, now=NOON), Guardian()
    assert watch.set_up(mum, (2017, 5), ["13900000001"])["verdict"] == "allow"
    watch.guardian_login(mum)
    values = [["usage." + key, value] for key, value in policy.items()]
    answer = watch.ask("administration.policy", version=1, issuer="m", expires=0, values=values, channel="host")
    assert answer["verdict"] == "allow"
    return watch, mum


def _use_up(watch: Watch) -> int:
    """Use counted apps, with rests, for as long as the watch lets the child; the seconds."""
    seconds = 0
    for _ in range(12):
        if watch.use("other", "blocks")["verdict"] == "allow":
            while watch.usage()["front"]:
                watch.advance(1)
                seconds += 1
        watch.advance(300)
    return seconds


def test_two_watches_keep_to_the_childs_minutes(tmp_path: Path) -> None:
    """Offline each keeps its own share; synchronised, what one has used the other does not give again."""
    first, _ = _watch(tmp_path / "first", share=50)
    second, _ = _watch(tmp_path / "second", share=50)
    assert _use_up(first) + _use_up(second) == 3600

    first, _ = _watch(tmp_path / "third", share=100)
    second, _ = _watch(tmp_path / "fourth", share=70)
    assert first.use("other", "blocks")["verdict"] == "allow"
    first.advance(25 * 60)
    first.leave()
    used = first.usage()["used"]
    told: dict[str, Any] = {"day": first.do("clock")["day"], "seconds": used}
    assert second.ask("usage.elsewhere", **told)["verdict"] == "allow"
    assert _use_up(second) == 3600 - used, "less than its share of 42 minutes"


def test_what_waits_for_the_end_of_school_is_kept_without_its_words(tmp_path: Path) -> None:
    """Texts lie sealed in the journal; the memory holds numbers, and of those the last 32."""
    watch, mum = _watch(tmp_path / "watch", school=1)
    friend = Person("Otter")
    watch.guardian_login(mum)
    watch.add_contact(friend)
    watch.agree(friend)
    for number in range(40):
        answer = watch.message(friend, "page %d of my story" % number)
        assert answer["obligations"] == ["show", "later"]
    assert watch._rig is not None
    held = watch._rig.watch.messaging._later.held
    assert len(held) == 32 and "story" not in repr(held)
    watch.seen()
    watch.advance(5 * 3600)
    texts = [fields["text"] for kind, fields in watch.seen()["seen"] if kind == "message"]
    assert texts == ["page %d of my story" % number for number in range(8, 40)]


def test_a_flash_that_does_not_take_the_record_opens_nothing(tmp_path: Path) -> None:
    """The app is closed in time even if the closing cannot be written; nothing counted opens; calls go on (D45, I1)."""
    watch, _ = _watch(tmp_path / "watch", daily_minutes=10)
    assert watch.use("other", "blocks")["verdict"] == "allow"
    watch.advance(60)
    watch.seen()
    assert watch._rig is not None
    store: Any = watch._rig.watch.store
    written = store.commit

    def full(*_: object) -> None:
        raise OSError(28)

    store.commit = full
    watch.advance(600)
    assert [kind for kind, _ in watch.seen()["seen"]] == ["closing_soon", "closing_soon", "closed"]
    assert watch.use("other", "blocks")["reason"] == "usage.limit"
    assert watch.use("education", "words")["reason"] == "engine.storage"
    assert watch.call("110")["verdict"] == "allow"
    store.commit = written
    watch.advance(60)
    assert watch.usage()["front"] == "" and watch.usage()["used"] >= 600
    assert watch.use("education", "words")["verdict"] == "allow"
