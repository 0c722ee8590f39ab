"""A short run of the fuzzer on both runtimes; `make fuzz` is the whole one (docs/protocol.md)."""

from collections import Counter

import pytest

from simulator.watch import RUNTIMES
from tests.fuzz.household import BLOCK, BLOCKS, STATES
from tests.fuzz.run import play


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_thousands_of_frames_in_every_state(request: pytest.FixtureRequest, runtime: str) -> None:
    if runtime == "micropython":
        request.getfixturevalue("micropython_binary")
    answers: Counter[tuple[str, str]] = Counter()
    states = list(dict.fromkeys(STATES))
    frames = 0
    for state in states if runtime == "cpython" else ("plain", "new"):
        sent, found = play("short", STATES.index(state), runtime, 2 * len(BLOCKS))
        frames += sent
        answers.update(found)
    assert frames >= (3500 if runtime == "cpython" else 1500) and BLOCK == 128
    reached = {method for method, came in answers if came in ("allow", "deny", "result")}
    assert len(reached) >= (55 if runtime == "cpython" else 40), sorted(reached)
