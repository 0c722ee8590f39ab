"""Somebody on the cable, between a paired host and the watch: every trick is refused, counted and journalled (B4), a
log of everything that crossed shows nothing (B7), and guessing takes longer and longer, through reboots (B15)."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firmware.link import session
from firmware.link.frames import frame
from host_tools.link.keys import Keys
from host_tools.link.line import Line, LineError, Refused
from host_tools.link.login import log_in, new_verifier
from simulator.portable.board import Drbg
from simulator.watch import RUNTIMES, Person, Watch
from tests.link.household import HOST, IDENTITY, Household
from tests.link.test_whole_watch import PASSPHRASE, START, WatchStream, code_of, line_to, set_up

OTHER = b"other-pc"


@pytest.fixture
def home(tmp_path: Path) -> Household:
    home = Household(str(tmp_path / "watch"))
    home.set_up()
    home.key = home.pair()  # type: ignore[attr-defined]
    return home


def begin(home: Household) -> Line:
    """A session of the paired host, with one request done."""
    line = home.plug()
    line.hello()
    line.open(home.key)  # type: ignore[attr-defined]
    line.call("test.first")
    return line


def sealed_by(home: Household, side: str) -> list[bytes]:
    """The sealed frames that crossed the cable, as lines."""
    return [data for from_, data in home.cable.log if from_ == side and data[9:10] == b"~"]


def inject(home: Household, line: bytes) -> bytes:
    """Put a line onto the cable: what the watch says to it."""
    home.cable.to_watch += line
    home.server.step(home.rig.watch.engine.clock.powered)
    said, home.cable.to_host = home.cable.to_host, b""
    return said


def with_checksum(line: bytes, change: Callable[[bytearray], Any]) -> bytes:
    """The line with its body changed, and a checksum that fits again: who changes frames knows CRC-32."""
    body = bytearray(line[9:-1])
    change(body)
    return frame(bytes(body))


def flip(at: int) -> Callable[[bytearray], Any]:
    def change(body: bytearray) -> None:
        body[at] = ord("A") if body[at] != ord("A") else ord("B")

    return change


def cut(size: int) -> Callable[[bytearray], Any]:
    return lambda body: body.__delitem__(slice(size, None))


def counter_back(home: Household) -> bytes:
    """A frame under the right keys whose counter is an old one: what a host that was put back would send."""
    opened = home.line._session
    assert opened is not None
    opened._sent = 0
    return frame(opened.seal(b'{"id":9,"method":"test.again"}'))


def of_another_session(home: Household) -> bytes:
    bound = session.transcript(HOST, IDENTITY, b"h" * 16, b"w" * 16)
    other = session.Session(home.key, bound, session.HOST, Drbg("x"))  # type: ignore[attr-defined]
    other._sent = 10
    return frame(other.seal(b'{"id":9,"method":"test.again"}'))


ATTACKS: dict[str, Callable[[Household], bytes]] = {
    "replayed": lambda home: sealed_by(home, "host")[-1],
    "reflected": lambda home: sealed_by(home, "watch")[-1],
    "flipped in the counter": lambda home: with_checksum(sealed_by(home, "host")[-1], flip(2)),
    "flipped in the text": lambda home: with_checksum(sealed_by(home, "host")[-1], flip(60)),
    "flipped in the tag": lambda home: with_checksum(sealed_by(home, "host")[-1], flip(-10)),
    "cut in the text": lambda home: with_checksum(sealed_by(home, "host")[-1], cut(61)),
    "cut to nothing": lambda home: with_checksum(sealed_by(home, "host")[-1], cut(1)),
    "an old counter": counter_back,
    "another session": of_another_session,
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_bad_frame_is_refused_counted_and_journalled(home: Household, attack: str) -> None:
    line = begin(home)
    done = len(home.calls)
    said = inject(home, ATTACKS[attack](home))
    assert b"-32000" in said and b"~" not in said
    assert len(home.calls) == done, "it was carried out"
    with pytest.raises(Refused, match="no session"):
        line.call("test.more")
    for _ in range(2):  # and what comes behind the end of a session is counted too
        inject(home, sealed_by(home, "host")[-1])
    home.rig.do({"op": "advance", "seconds": 60})
    counts = [row[3] for row in home.denials() if row[:3] == ["hosts.refused", "hosts.refused", "frame"]]
    assert sum(counts) == 4


def test_reordered_frames_are_refused(home: Household) -> None:
    """The second of two frames is let through first: it is carried out, the first one is not any more."""
    begin(home)
    opened = home.line._session
    assert opened is not None
    first, second = (frame(opened.seal(b'{"id":%d,"method":"test.%s"}' % one)) for one in ((7, b"a"), (8, b"b")))
    done = len(home.calls)
    assert b"~" in inject(home, second) and b"-32000" in inject(home, first)
    assert [method for method, _ in home.calls[done:]] == ["test.b"]
    assert ["hosts.refused", "hosts.refused", "frame", 1] in home.denials()


def test_a_doubled_frame_is_carried_out_once(home: Household) -> None:
    begin(home)
    home.cable.tamper = lambda side, data: data * 2 if side == "host" else data
    done = len(home.calls)
    home.line.call("test.once")
    assert [method for method, _ in home.calls[done:]] == ["test.once"]
    assert ["hosts.refused", "hosts.refused", "frame", 1] in home.denials()


@pytest.mark.parametrize("change", [lambda line: line[:40] + line[41:], lambda line: line[:40] + b"#" + line[41:]])
def test_a_broken_line_is_dropped_counted_and_journalled(home: Household, change: Callable[[bytes], bytes]) -> None:
    """Noise, or somebody who has not even made the checksum fit: silence, and the session goes on."""
    line = begin(home)
    done = len(home.calls)
    opened = home.line._session
    assert opened is not None
    assert inject(home, change(frame(opened.seal(b'{"id":7,"method":"test.a"}')))) == b""
    assert inject(home, frame(opened.seal(b"{}"))[:30] + b"\x1e") == b""  # cut off, and another one begins
    assert line.call("test.more") == {"done": "test.more"} and len(home.calls) == done + 1
    home.rig.do({"op": "advance", "seconds": 60})
    assert sum(row[3] for row in home.denials() if row[2] == "line") >= 2


def test_swapped_ids(home: Household) -> None:
    """Two hosts are paired: neither opens a session as the other, and ids alone prove nothing (B3)."""
    key = bytes(range(32))
    home.log_in()
    added = home.ask("hosts.add", host=OTHER.hex(), key=key.hex(), name="other", channel="host")
    assert added["verdict"] == "allow"
    line = home.plug(OTHER)
    assert line.hello().known
    with pytest.raises(LineError, match="not the watch"):
        line.open(home.key)  # type: ignore[attr-defined]
    bound = session.transcript(OTHER, IDENTITY, line._nonce, bytes.fromhex(line._greeting["nonce"]))
    proof = session.proof(home.key, session.HOST, bound)  # type: ignore[attr-defined]
    with pytest.raises(Refused, match="not the host"):
        line.call("link.open", proof=proof.hex())
    with pytest.raises(Refused, match="hello first"):
        line.call("link.open", proof=proof.hex())
    stranger = home.plug(b"nobody..")
    assert not stranger.hello().known
    with pytest.raises(Refused, match="hello first"):
        stranger.call("link.open", proof=proof.hex())
    home.rig.do({"op": "advance", "seconds": 60})
    assert sum(row[3] for row in home.denials() if row[2] == "proof") == 3


def test_a_proof_of_another_session(home: Household) -> None:
    begin(home)
    recorded = [data for side, data in home.cable.log if side == "host"]
    assert b'"result"' in inject(home, recorded[0])  # the very same hello: the watch's nonce is another one
    assert b"not the host" in inject(home, recorded[1])
    assert ["hosts.refused", "hosts.refused", "proof", 1] in home.denials()


# --- a watch that is none


class FakeWatch:
    """Answers a login as the cable's other end would, with a salt and rounds of its own."""

    def __init__(self, salt: bytes, rounds: int) -> None:
        self.salt, self.rounds = salt, rounds
        self.proofs: list[str] = []

    def call(self, method: str, timeout: float = 0.0, **params: Any) -> Any:
        if method == "login.first":
            return {"nonce": params["nonce"] + "00" * 16, "salt": self.salt.hex(), "rounds": self.rounds}
        self.proofs.append(params["proof"])
        return {"verdict": "allow", "reason": "ok", "wait": 0, "signature": "00" * 32}


@pytest.mark.parametrize(
    ("salt", "rounds"), [(b"s" * 16, 1), (b"s" * 16, 4095), (b"s" * 16, 14999), (b"x" * 16, 15000), (b"", 15000)]
)
def test_a_fake_watch_gets_no_proof(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, salt: bytes, rounds: int) -> None:
    """Another salt or fewer rounds than this computer knows: it refuses before it computes anything (RFC 5802, 9)."""
    monkeypatch.setenv("WARD_HOME", str(tmp_path))
    keys = Keys()
    keys.put(IDENTITY, bytes(32))
    keys.keep_login(IDENTITY, "owner", b"s" * 16, 15000)
    fake: Any = FakeWatch(salt, rounds)
    with pytest.raises(LineError):
        log_in(fake, "owner", PASSPHRASE, keys, IDENTITY)
    assert fake.proofs == []


def test_a_fake_watch_that_says_yes_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARD_HOME", str(tmp_path))
    keys = Keys()
    keys.put(IDENTITY, bytes(32))
    fake: Any = FakeWatch(b"s" * 16, 15000)
    with pytest.raises(LineError, match="not your watch"):
        log_in(fake, "owner", PASSPHRASE, keys, IDENTITY)
    assert Keys().login(IDENTITY, "owner") is None  # what went wrong is not kept


# --- what a listener has


@pytest.fixture(params=RUNTIMES)
def watch(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    if request.param == "micropython":
        request.getfixturevalue("micropython_binary")
    with Watch(tmp_path, START, request.param) as watch:
        yield watch


def test_a_log_of_everything_shows_nothing(watch: Watch) -> None:
    """Pairing, set-up, policy, people, messages, evidence, a copy and the log: no word of it is on the cable."""
    line, stream, key = set_up(watch)
    lin = Person("Lin Meihua", "13900000077")
    card: dict[str, Any] = {"name": lin.name, "address": lin.address, "number": lin.number, "key": lin.key.hex()}
    line.call("contacts.add", **card, role="friend")
    watch.agree(lin)
    texts = ["the red kite flies", "you are stupid", "nobody likes you"]
    for words in texts:
        watch.message(lin, words)
    watch.press(lin)
    policy: dict[str, Any] = {"version": 1, "issuer": "ward", "expires": 0, "values": [["usage.daily_minutes", 30]]}
    line.call("administration.policy", **policy)
    line.call("administration.lost", message="please ring the bell")
    line.call("administration.found")
    assert line.call("evidence.list") and line.call("contacts.read") and line.call("log.read", after=0)
    assert any(lin.name in row for row in line.call("data.copy")) and line.call("settings.read")
    again, more = line_to(watch)
    again.hello()
    again.open(key)
    again.call("status.read")
    log = stream.log + more.log
    assert len(log) > 10000
    secret = [
        PASSPHRASE, "280519", "13900000001", "mum", "desk", "Lin", lin.address, lin.number, "please ring", *texts,
        "administration", "evidence", "usage.daily_minutes", "cn-ccia", "policy", "allow", "verdict", "settings",
    ]  # fmt: skip
    raw = [key, lin.key, hashlib.sha256(PASSPHRASE.encode()).digest()]
    raw += [bytes.fromhex(str(value)) for name, value in new_verifier(PASSPHRASE).fields().items() if name != "rounds"]
    for one in [word.encode() for word in secret] + raw:
        for form in (one, one.hex().encode(), *(base64.b64encode(bytes(pad) + one)[4:-4] for pad in range(3))):
            assert len(form) < 6 or form not in log, one  # four letters of base64 are there by chance
    # All that is readable: greetings, digits' public values and proofs.
    clear = b"".join(part for part in log.split(b"\x1e") if part[8:9] != b"~")
    assert len(clear) < 4000 and b"link.hello" in clear


# --- guessing


def test_guessing_over_the_line_takes_longer_and_longer_through_reboots(watch: Watch) -> None:
    """Five tries, then 1, 5, 15 and 60 minutes of powered time; the keypad's tries count apart."""
    _, _, key = set_up(watch)
    for _ in range(8):  # a child at the keypad
        watch.ask("credentials.pin", pin="999181")
    waits = []
    for number in range(9):
        line, _ = line_to(watch)
        line.hello()
        line.open(key)
        with pytest.raises(Refused) as refused:
            log_in(line, "owner", "guess number %d" % number)
        assert refused.value.data["reason"] == "credentials.wrong"
        wait = refused.value.data["wait"]
        waits.append(wait)
        watch.reboot(off=7 * 3600)
        if wait:
            line, _ = line_to(watch)
            line.hello()
            line.open(key)
            watch.advance(wait - 1)
            with pytest.raises(Refused) as refused:
                log_in(line, "owner", PASSPHRASE)
            assert refused.value.data["reason"] == "credentials.locked"
            watch.advance(61)  # the reboot may have taken back a minute
    assert waits == [0, 0, 0, 0, 60, 300, 900, 3600, 3600]
    line, _ = line_to(watch)
    line.hello()
    line.open(key)
    log_in(line, "owner", PASSPHRASE)


def test_a_child_at_the_keypad_locks_out_no_host(watch: Watch) -> None:
    _, _, key = set_up(watch)
    answer: dict[str, Any] = {}
    for _ in range(20):
        answer = watch.ask("credentials.pin", pin="999181")
    assert answer["reason"] == "credentials.locked"
    line, _ = line_to(watch)
    line.hello()
    line.open(key)
    log_in(line, "owner", PASSPHRASE)
    assert line.call("administration.clock", wall=START)["verdict"] == "allow"


def test_the_pages_digits_never_cross(watch: Watch) -> None:
    """Pairing: neither the digits nor anything from which they could be tried out later."""
    line, stream = line_to(watch)
    digits = []

    def typed() -> str:
        digits.append(code_of(watch))
        return digits[0]

    line.pair(typed)
    assert isinstance(stream, WatchStream) and digits[0].encode() not in stream.log
