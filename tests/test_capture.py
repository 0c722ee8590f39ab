"""Whatever happens, a microphone or camera that has power has its sign (B9)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simulator  # noqa: F401  makes the firmware importable
from firmware.policy.decision import allow, deny
from firmware.policy.rules.capture import Capture
from firmware.services.capture import CaptureService, header
from firmware.storage.journal import Record


class Bench:
    """The service among parts that may each fail; every change of power or sign is held against the invariant."""

    def __init__(self) -> None:
        self.rails = {"mic": True, "camera": True}  # as a crash may have left them
        self.shown = ""
        self.works = True
        self.stuck = False  # the power chip does not answer
        self.granted = True
        self.strict = False
        self.watching = False
        self.heard: list[bytes] = []
        self.views: list[memoryview] = []
        self.clock = type("Clock", (), {"powered": 0})()
        self.service = CaptureService(self, {name: Device(self, name) for name in self.rails}, self, self)
        self.watching = True
        self.check()

    def check(self) -> None:
        if self.watching:
            on = [name for name in self.rails if self.rails[name]]
            assert not on or on == [self.shown], (on, self.shown)

    # engine, screen
    def ask(self, request: dict[str, Any]) -> Any:
        if not self.granted or self.strict or request.get("held"):
            return deny("capture.busy")
        if request["kind"] == "capture.open":
            return allow((), ("show_indicator", "capture"))
        assert request["kind"] == "capture.stay" and set(request) == {"kind", "owner", "device", "purpose"}
        return allow()

    def notice(self, kind: str, fields: dict[str, Any]) -> None:
        pass

    # indicator
    def on(self, device: str) -> bool:
        if self.works:
            self.shown = device
        return self.works

    def off(self) -> None:
        self.shown = ""
        self.check()

    def lit(self) -> bool:
        return self.works and self.shown != ""

    def sound(self) -> None:
        pass

    def take(self, piece: memoryview) -> None:
        self.views.append(piece)
        self.heard.append(bytes(piece))


class Device:
    def __init__(self, bench: Bench, name: str) -> None:
        self.bench, self.name = bench, name

    def power(self, on: bool) -> None:
        if self.bench.stuck:
            raise OSError(5)
        self.bench.rails[self.name] = on
        self.bench.check()

    def read(self, buffer: bytearray) -> int:
        assert self.bench.rails[self.name]
        if self.bench.stuck:
            raise OSError(5)
        buffer[:] = b"\x55" * len(buffer)
        return 300


ACTS = st.sampled_from(
    ["open mic", "open camera", "open radio", "close", "close other", "ring", "dial", "refused call", "end", "step"]
    + ["late", "dark", "bright", "stuck", "loose", "withdraw", "give", "strict", "plain"]
)  # fmt: skip


@settings(max_examples=400)
@given(st.lists(ACTS, max_size=40))
def test_power_implies_sign(acts: list[str]) -> None:
    """Over random histories with failing signs and power chips: on the way in, on the way out, and a second later."""
    bench = Bench()
    service = bench.service
    for act in acts:
        verb, _, what = act.partition(" ")
        if verb == "open":
            service.open("messages", what, "voice_message", 10, bench.take)
        elif verb == "close":
            service.close("nobody" if what else "")
        elif verb in ("ring", "dial"):
            service.open_for_call(allow((), (verb,)), bench.take)
        elif verb == "refused":
            assert not service.open_for_call(deny("calls.unknown"), bench.take)
            assert not service.open_for_call(allow((), ("show",)), bench.take), "no decision on a call"
        elif verb == "end":
            service.close("calls")
        elif verb in ("step", "late"):
            bench.clock.powered += 20000 if verb == "late" else 1
            service.step(bench.clock.powered)
            if not bench.stuck and not bench.works:
                assert not any(bench.rails.values()), "the sign is gone, and so is the power, within a second"
            if not bench.stuck and service.owner == "messages":
                assert bench.granted and not bench.strict
            if verb == "late" and not bench.stuck:
                assert not any(bench.rails.values()), "a time that was stated is over"
        elif verb in ("dark", "bright"):
            bench.works = verb == "bright"
        elif verb in ("stuck", "loose"):
            bench.stuck = verb == "stuck"
        elif verb in ("withdraw", "give"):
            bench.granted = verb == "give"
        else:
            bench.strict = verb == "strict"
        bench.check()
    assert not any(service._buffer)


def test_the_cards_seen_are_in_the_snapshot() -> None:
    nothing: Any = None
    rule = Capture(nothing)
    assert rule.snapshot() == b""
    rule.apply("opened", Record([1, 0, 0, "capture.opened", "camera", "photo", "camera", 5], b"", 0, 0, 0))
    other = Capture(nothing)
    other.restore(rule.snapshot())
    assert other._carded == rule._carded == [0, 1]


def test_the_owner_is_given_a_view_that_is_wiped() -> None:
    """G16, G21: who keeps the view keeps zeros; what he copied is his."""
    bench = Bench()
    bench.service.open("messages", "mic", "voice_message", 5, bench.take)
    bench.service.step(1)
    assert bench.heard == [header("mic"), b"\x55" * 300]
    assert bytes(bench.views[1]) == bytes(300)
    assert bytes(bench.service._buffer) == bytes(512)


@pytest.mark.parametrize("device", ["mic", "camera"])
def test_a_recording_is_its_header_and_the_samples(device: str) -> None:
    """B17: four bytes, equal for every recording of a device, then what the device gave: no room for a place."""
    assert header(device) == b"WWC" + {"mic": b"\1", "camera": b"\2"}[device]
    heads = set()
    for when in (0, 12345, 2**30 - 1):
        bench = Bench()
        bench.clock.powered = when
        bench.service.open("messages", device, "voice_message", 5, bench.take)
        for second in range(1, 4):
            bench.service.step(when + second)
        heads.add(b"".join(bench.heard))
    assert heads == {header(device) + b"\x55" * 900}


def test_an_owner_that_fails_ends_the_recording() -> None:
    bench = Bench()

    def take(piece: memoryview) -> None:
        if len(piece) > 4:
            raise ValueError("no room")

    bench.service.open("messages", "mic", "voice_message", 5, take)
    bench.service.step(1)
    assert bench.rails == {"mic": False, "camera": False} and not any(bench.service._buffer)


def test_nothing_else_touches_the_buffer_or_the_rail() -> None:
    """The service has no method that gives a device, the buffer or a raw reading away."""
    public = {name for name in vars(CaptureService) if name[0] != "_"}
    assert public == {"open", "open_for_call", "check", "close", "step", "busy"}
