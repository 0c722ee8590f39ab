"""Frames, sessions and pairing: what passes, and what an attacker on the cable gets (requirements B3-B5, B7, E8)."""

import contextlib
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import simulator  # noqa: F401  makes the firmware importable
from firmware.link import pairing, session
from firmware.link.frames import LIMIT, Reader, frame
from firmware.storage.crypto import Broken
from simulator import micropython
from simulator.portable.board import Drbg
from tests.link import parts

bodies = st.binary(max_size=60).filter(lambda body: b"\n" not in body and b"\x1e" not in body)


def test_both_runtimes_do_the_same(micropython_binary: str, source_root: Path) -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        parts.main()
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("True 0 ") and lines[-2].startswith("True") and lines[-1].startswith("False")
    assert lines.count("counter") == 4
    done = micropython.run(parts.__file__, path=source_root)
    assert done.stdout == out.getvalue(), done.stdout + done.stderr


# --- frames


@given(st.lists(bodies), st.binary(max_size=40), st.integers(1, 9))
def test_frames_are_found_in_pieces_of_any_size(sent: list[bytes], noise: bytes, size: int) -> None:
    noise = noise.replace(b"\x1e", b"")
    line = b"".join(noise + frame(body) for body in sent)
    reader, found = Reader(), []
    for at in range(0, len(line), size):
        found += reader.feed(line[at : at + size])
    assert (found, reader.dropped) == (sent, 0)


@given(st.lists(st.binary(max_size=80), max_size=30))
def test_no_bytes_break_the_reader(pieces: list[bytes]) -> None:
    """Whatever came before, the next good frame is found, and no more than one frame is held."""
    reader = Reader()
    for piece in pieces:
        reader.feed(piece)
        assert len(reader._held) <= LIMIT
    assert reader.feed(frame(b"good")) == [b"good"]


@given(bodies.filter(len), st.data())
def test_a_changed_frame_is_dropped(body: bytes, data: st.DataObject) -> None:
    line = bytearray(frame(body))
    at = data.draw(st.integers(1, len(line) - 2))
    line[at] ^= data.draw(st.sampled_from([1, 2, 4, 8, 16, 32, 64]))
    assert body not in Reader().feed(bytes(line))


def test_a_frame_that_never_ends_takes_no_memory() -> None:
    reader = Reader()
    for _ in range(100):
        assert reader.feed(b"\x1e" + b"x" * 1000) == []
    assert reader.feed(b"y" * 10 * LIMIT) == []
    assert len(reader._held) <= LIMIT
    assert reader.feed(b"\n" + frame(b"ok")) == [b"ok"]


@pytest.mark.parametrize("body", [b"a\nb", b"\x1e", b"x" * (LIMIT - 7)])
def test_what_is_no_body(body: bytes) -> None:
    with pytest.raises(ValueError, match="frame"):
        frame(body)


# --- sessions


def test_a_session_carries_both_ways_and_shows_nothing() -> None:
    host, watch = parts.ends()
    for number in range(5):
        body = b'{"method":"policy.set","n":%d}' % number
        sealed = host.seal(body)
        assert b"policy" not in sealed and session.is_sealed(sealed) and not session.is_sealed(body)
        assert watch.unseal(sealed) == body
        assert host.unseal(watch.seal(body)) == body
    assert host.seal(b"same") != host.seal(b"same")


def test_a_lost_frame_does_not_end_a_session() -> None:
    host, watch = parts.ends()
    host.seal(b"lost on the line")
    assert watch.unseal(host.seal(b"the next")) == b"the next"


def test_replayed_reordered_and_reflected_frames_are_refused() -> None:
    host, watch = parts.ends()
    first, second = host.seal(b"one"), host.seal(b"two")
    assert watch.unseal(second) == b"two"
    for sealed in (second, first):
        with pytest.raises(Broken, match="counter"):
            watch.unseal(sealed)
    with pytest.raises(Broken, match="tag"):
        host.unseal(second)


@given(st.data())
def test_a_changed_frame_does_not_open(data: st.DataObject) -> None:
    host, watch = parts.ends()
    sealed = bytearray(host.seal(b"block the friend"))
    at = data.draw(st.integers(1, len(sealed) - 1))
    sealed[at] = data.draw(st.sampled_from(b"ABCxyz019+/=").filter(lambda sign: sign != sealed[at]))
    # The last sign before the padding has bits that mean nothing: such a change is none.
    with contextlib.suppress(Broken):
        assert watch.unseal(bytes(sealed)) == b"block the friend"


@pytest.mark.parametrize("sealed", [b"~", b"~AAAA", b"~AAAAAAAA", b"~!", b"~" + b"A" * 200, b"~AAA"])
def test_what_never_was_sealed(sealed: bytes) -> None:
    with pytest.raises(Broken):
        parts.ends()[1].unseal(sealed)


def test_another_key_another_session_other_ids() -> None:
    host, _ = parts.ends()
    sealed = host.seal(b"x")
    with pytest.raises(Broken, match="tag"):
        parts.ends(other_key=b"K" * 32)[1].unseal(sealed)
    seen = set()
    for ids in ((b"host-1", b"watch-1"), (b"watch-1", b"host-1"), (b"host-1w", b"atch-1"), (b"host-1", b"watch-2")):
        bound = session.transcript(*ids, b"h" * 16, b"w" * 16)
        seen.add(session.proof(b"k" * 32, session.HOST, bound))
        seen.add(session.proof(b"k" * 32, session.WATCH, bound))
        with pytest.raises(Broken):
            other = session.transcript(*ids, b"h" * 16, b"x" * 16)
            session.Session(b"k" * 32, other, session.WATCH, Drbg("w")).unseal(sealed)
    assert len(seen) == 8


# --- pairing


def test_the_group_is_rfc_3526s() -> None:
    """2^2048 - 2^1984 - 1 + 2^64 * (floor(2^1918 * pi) + 124476), and pi is computed here (Machin)."""

    def arctan(inverse: int, unity: int) -> int:
        total = term = unity // inverse
        n, sign = 3, -1
        while term:
            term //= inverse * inverse
            total += sign * (term // n)
            n, sign = n + 2, -sign
        return total

    unity = 1 << (1918 + 64)
    pi = 4 * (4 * arctan(5, unity) - arctan(239, unity)) >> 64
    assert 2**2048 - 2**1984 - 1 + 2**64 * (pi + 124476) == pairing._P


def test_masks_and_inverse() -> None:
    host, watch = pairing._mask(b"host"), pairing._mask(b"watch")
    assert host != watch
    for value in (host, watch, 2, pairing._P - 1):
        assert value * pairing._inverse(value) % pairing._P == 1
    order = (pairing._P - 1) // 2
    assert pow(host, order, pairing._P) == pow(watch, order, pairing._P) == 1


def test_the_same_code_gives_the_same_key_and_no_other_does() -> None:
    one, other = parts.pair("000000", "000000")
    assert one == other and len(one) == 32
    assert parts.pair("000000", "000001")[0] != parts.pair("000000", "000001")[1]
    host, watch = (
        pairing.Pairing(True, "123456", Drbg("a")),
        pairing.Pairing(False, "123456", Drbg("b")),
    )
    assert host.key(watch.public, b"these") != watch.key(host.public, b"those")


@pytest.mark.parametrize("value", [0, 1, pairing._P - 1, pairing._P, pairing._P + 1])
def test_values_that_would_give_the_key_away(value: int) -> None:
    with pytest.raises(Broken, match="public"):
        pairing.Pairing(False, "123456", Drbg("w")).key(value.to_bytes(256, "big"), b"")


def test_a_mirrored_value_pairs_nobody() -> None:
    """Who sends the watch's own value back has another key: the two sides use different masks."""
    watch = pairing.Pairing(False, "123456", Drbg("w"))
    assert watch.key(watch.public, b"") != pairing.Pairing(True, "123456", Drbg("w")).key(watch.public, b"")
