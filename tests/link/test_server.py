"""Who may talk to the watch over its cable, and what everybody else gets (requirements B2-B6, E8)."""

import json
from pathlib import Path

import pytest

from firmware.link import session
from firmware.link.frames import frame
from firmware.policy.rules.hosts import CAP
from host_tools.link.line import LineError, Refused
from tests.link.household import HOST, IDENTITY, Household


@pytest.fixture
def home(tmp_path: Path) -> Household:
    return Household(str(tmp_path / "watch"))


@pytest.fixture
def paired(home: Household) -> tuple[Household, bytes]:
    home.set_up()
    return home, home.pair()


def raw(home: Household, body: bytes) -> dict[str, object]:
    """What the watch answers to a body that no Line would send."""
    home.cable.write(frame(body))
    home.server.step(home.rig.watch.engine.clock.powered)
    sent = home.cable.read(10000)
    assert sent.count(b"\x1e") == 1
    answer = json.loads(sent[9:])
    assert isinstance(answer, dict)
    return answer


def test_a_fresh_watch_is_paired_by_the_digits_on_its_screen(home: Household) -> None:
    assert not home.line.hello().set_up
    watch, key = home.line.pair(home.code)
    assert watch == IDENTITY and len(key) == 32
    assert home.line.call("test.anything", a=1) == {"done": "test.anything"}
    assert home.server.fresh_key == key


def test_the_digits_and_the_key_never_cross_the_cable(paired: tuple[Household, bytes]) -> None:
    home, key = paired
    home.plug()
    codes = []

    def typed() -> str:
        codes.append(home.code())
        return codes[0]

    home.line.pair(typed)
    whole = b"".join(data for _, data in home.cable.log)
    assert key.hex().encode() not in whole and key not in whole
    assert codes[0].encode() not in whole


def test_a_paired_host_opens_a_session_and_nobody_reads_it(paired: tuple[Household, bytes]) -> None:
    home, key = paired
    line = home.plug()
    hello = line.hello()
    assert (hello.watch, hello.set_up, hello.known) == (IDENTITY, True, True)
    line.open(key)
    home.cable.log.clear()
    assert line.call("test.secret", word="giraffe") == {"done": "test.secret"}
    assert home.calls[-1] == ("test.secret", {"word": "giraffe"})
    whole = b"".join(data for _, data in home.cable.log)
    assert b"giraffe" not in whole and b"test.secret" not in whole and b"done" not in whole


def test_ids_alone_open_nothing(paired: tuple[Household, bytes]) -> None:
    """Who knows the watch's id and the host's id has nothing (B3)."""
    home, _ = paired
    line = home.plug()
    line.hello()
    with pytest.raises(LineError, match="not the watch"):
        line.open(b"\0" * 32)
    with pytest.raises(Refused, match="not the host"):
        line.call("link.open", proof="00" * 16)
    with pytest.raises(Refused, match="no session"):
        line.call("test.anything")
    with pytest.raises(Refused, match="hello first"):
        line.call("link.open", proof="00" * 16)
    assert home.denials() == [["hosts.refused", "hosts.refused", "proof", 1]]
    stranger = home.plug(b"stranger")
    assert not stranger.hello().known


def test_a_fake_watch_is_noticed_by_the_host(paired: tuple[Household, bytes]) -> None:
    home, key = paired
    line = home.plug()
    home.cable.tamper = lambda side, data: data.replace(IDENTITY.hex().encode(), b"00" * 8)
    with pytest.raises(LineError):
        line.hello()  # the checksum does not fit: as if nothing had come
        line.open(key)


def test_a_proof_is_good_for_one_session(paired: tuple[Household, bytes]) -> None:
    home, key = paired
    line = home.plug()
    line.hello()
    line.open(key)
    recorded = [data for side, data in home.cable.log if side == "host"]
    assert raw(home, recorded[0][9:-1])["result"]  # the same hello again: another nonce of the watch
    answer = raw(home, recorded[1][9:-1])
    assert answer["error"] == {"code": -32001, "message": "this is not the host it says it is"}


@pytest.mark.parametrize("attack", ["flip", "repeat", "reflect", "foreign"])
def test_the_first_bad_frame_ends_the_session(paired: tuple[Household, bytes], attack: str) -> None:
    home, key = paired
    line = home.plug()
    line.hello()
    line.open(key)
    line.call("test.anything")
    sealed = [data for side, data in home.cable.log if side == "host"][-1]
    if attack == "flip":
        body = bytearray(sealed[9:-1])
        body[10] ^= 1
    elif attack == "repeat":
        body = bytearray(sealed[9:-1])
    elif attack == "reflect":
        body = bytearray([data for side, data in home.cable.log if side == "watch"][-1][9:-1])
    else:
        bound = session.transcript(HOST, IDENTITY, b"h" * 16, b"w" * 16)
        body = bytearray(session.Session(key, bound, session.HOST, lambda size: b"r" * size).seal(b"{}"))
    assert raw(home, bytes(body))["error"]["code"] == -32000  # type: ignore[index]
    with pytest.raises(Refused, match="no session"):
        line.call("test.anything")
    assert ["hosts.refused", "hosts.refused", "frame", 1] in home.denials()


def test_wrong_digits_are_counted_and_then_cost_time(home: Household) -> None:
    home.set_up()
    waits = []
    for _ in range(5):

        def wrong() -> str:
            return "000000" if home.code() != "000000" else "000001"

        with pytest.raises(Refused) as refused:
            home.line.pair(wrong)
        waits.append(refused.value.data["wait"])
        home.rig.do({"op": "advance", "seconds": waits[-1]})
    assert waits == [0, 0, 60, 300, 900]
    home.rig.do({"op": "reboot"})
    home.rig.do({"op": "advance", "seconds": 60})  # powered time may lose a minute when the power goes
    home.plug()
    with pytest.raises(Refused) as refused:
        home.line.pair(lambda: "000000" if home.code() else "")
    assert refused.value.data["wait"] == 3600
    with pytest.raises(Refused, match="not now") as refused:
        home.line.pair(home.code)
    assert refused.value.data == {"reason": "hosts.locked", "wait": 3600}


def test_wrong_digits_cost_time_before_set_up_too(home: Household) -> None:
    for wait in (0, 0, 60):

        def wrong() -> str:
            return "000000" if home.code() != "000000" else "000001"

        with pytest.raises(Refused) as refused:
            home.line.pair(wrong)
        assert refused.value.data == {"reason": "hosts.wrong_code", "wait": wait}
    home.rig.do({"op": "advance", "seconds": 59})
    with pytest.raises(Refused, match="not now") as refused:
        home.line.pair(home.code)
    assert refused.value.data == {"reason": "hosts.locked", "wait": 1}
    home.rig.do({"op": "advance", "seconds": 1})
    home.line.pair(home.code)


def test_no_digits_count_that_nobody_pressed_for(home: Household) -> None:
    """Who saw or guessed the digits, but does not hold the watch: refused unseen, so nothing can be tried out (B6)."""
    home.set_up()

    def overheard() -> str:
        return next(str(fields["code"]) for kind, fields in home.shown() if kind == "pairing_code")

    for typed in (overheard, lambda: "000000"):
        with pytest.raises(Refused, match="press on the watch"):
            home.line.pair(typed)
        home.shown()
    assert home.server.fresh_key is None
    with pytest.raises(Refused, match="digits are not right") as refused:  # and was not counted
        home.line.pair(lambda: "000000" if home.code() != "000000" else "000001")
    assert refused.value.data["wait"] == 0
    with pytest.raises(Refused, match="press on the watch"):  # a press is good for the digits that it showed
        home.line.pair(overheard)
    home.line.pair(home.code)


def test_a_strange_charger_does_not_keep_the_screen(home: Household) -> None:
    """Digits that nobody presses for are offered three times, then after a minute again; SOS waits for none of it."""
    for _ in range(3):
        home.line.call("link.code")
    with pytest.raises(Refused, match="not now") as refused:
        home.line.call("link.code")
    assert refused.value.data == {"reason": "hosts.locked", "wait": 60}
    assert [kind for kind, _ in home.shown()] == ["pairing_code"] * 3
    home.rig.do({"op": "advance", "seconds": 59})
    with pytest.raises(Refused, match="not now"):
        home.line.call("link.code")
    home.rig.do({"op": "advance", "seconds": 1})
    home.line.pair(home.code)
    home.line.call("link.code")
    assert home.shown()[-1][0] == "pairing_code"


def test_digits_are_good_for_one_try_and_120_seconds(home: Household) -> None:
    home.line.call("link.code")
    home.rig.do({"op": "advance", "seconds": 119})
    home.server.step(home.rig.watch.engine.clock.powered)
    assert [kind for kind, _ in home.shown()] == ["pairing_code"]
    home.rig.do({"op": "advance", "seconds": 1})
    home.server.step(home.rig.watch.engine.clock.powered)
    assert [kind for kind, _ in home.shown()] == ["pairing_over"]
    with pytest.raises(Refused, match="no code is shown"):
        home.line.call("link.pair")


def test_a_new_host_is_kept_only_with_the_owners_passphrase(home: Household) -> None:
    home.set_up()
    _, key = home.line.pair(home.code)
    fields = {"host": HOST.hex(), "key": key.hex(), "name": "desk", "channel": "host"}
    assert home.ask("hosts.add", **fields)["reason"] == "credentials.proof_needed"
    home.log_in()
    assert home.ask("hosts.add", **fields)["verdict"] == "allow"
    for number in range(CAP):
        answer = home.ask("hosts.add", **{**fields, "host": "%016x" % number})
    assert answer["reason"] == "hosts.too_many"
    assert home.ask("hosts.remove", host=HOST.hex())["reason"] == "credentials.proof_needed"
    assert home.ask("hosts.remove", host=HOST.hex(), channel="host")["verdict"] == "allow"
    assert home.ask("hosts.remove", host=HOST.hex(), channel="host")["reason"] == "hosts.unknown"
    assert not home.plug().hello().known


def test_keys_survive_a_reboot_and_lie_sealed(paired: tuple[Household, bytes], tmp_path: Path) -> None:
    home, key = paired
    home.rig.do({"op": "reboot"})
    line = home.plug()
    line.hello()
    line.open(key)
    flash = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert key not in flash and key.hex().encode() not in flash


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700), (b"{", -32700), (b"nonsense", -32700), (b"[" * 3000, -32700), (b'{"a":"\\ud800"}', -32700),
        (b'{"a":"\\uDC00"}', -32700), (b'{"method":"\xed\xba\x8a"}', -32700),
        ('{"method":"link.hello"}'.encode("utf-16"), -32700), (b"\xff\xfe", -32700),
        (b"[]", -32600), (b"5", -32600), (b"null", -32600),
        (b"{}", -32600), (b'{"method":5}', -32600), (b'{"id":[],"method":"link.hello"}', -32600),
        (b'{"id":1,"method":"link.hello","params":[]}', -32602), (b'{"id":1,"method":"link.hello"}', -32602),
        (b'{"id":1,"method":"link.hello","params":{"host":5,"nonce":""}}', -32602),
        (b'{"id":1,"method":"link.hello","params":{"host":"%s","nonce":"%s"}}' % (b"G" * 16, b"0" * 32), -32602),
        (b'{"id":1,"method":"no.such"}', -32000), (b'{"id":1,"method":"administration.wipe"}', -32000), (b"~", -32000),
        (b"~AAAA", -32000), (b'{"id":1,"method":"link.pair","params":{}}', -32000),
    ],
)  # fmt: skip
def test_anybodys_bytes_get_a_clear_error(home: Household, body: bytes, code: int) -> None:
    answer = raw(home, body)
    error = answer["error"]
    assert isinstance(error, dict)
    assert (answer["jsonrpc"], error["code"]) == ("2.0", code)
    assert error["message"]
    assert home.line.hello().protocol == 1


def test_a_notification_is_not_answered(home: Household) -> None:
    home.cable.write(
        frame(b'{"jsonrpc":"2.0","method":"link.hello","params":{"host":"%s","nonce":"%s"}}' % (b"0" * 16, b"0" * 32))
    )
    home.server.step(0)
    assert home.cable.read(1000) == b""


def test_unknown_methods_and_silence(paired: tuple[Household, bytes]) -> None:
    home, key = paired
    line = home.plug()
    line.hello()
    line.open(key)
    with pytest.raises(Refused, match=r"no such method: no\.such"):
        line.call("no.such")
    home.cable.watch_step = lambda: None
    with pytest.raises(LineError, match="does not answer"):
        line.call("test.anything", timeout=0)


def test_an_answer_longer_than_a_frame_is_an_error_and_no_end(paired: tuple[Household, bytes]) -> None:
    """Whatever a method gives back, the watch goes on and says so; the longest that fits arrives whole."""
    home, _ = paired
    for size in range(2900, 3100, 7):
        home.server._call = lambda method, params, server, size=size: "x" * size
        try:
            assert home.line.call("test.long") == "x" * size
        except Refused as refused:
            assert refused.code == -32002 and size > 2900
    home.server._call = lambda method, params, server: "short"
    assert home.line.call("test.short") == "short"
