"""2,500 random histories: equal bytes on every runtime, verdicts as in the reference model, and a few laws.

Each history runs on CPython beside the model (play.py), then, in one batch, on the real MicroPython from source and
compiled. What is compared is every answer of every command: verdicts, reasons, journal, hashes of all files, state.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from firmware.text.reading import BULLY, CRY, DOXX, PRIVATE, STRANGER, THREAT, read
from simulator import micropython
from tests.conftest import ROOT
from tests.histories import batch
from tests.histories.people import TEXTS
from tests.histories.play import Played, copy_flash, overused, told, unproved
from tests.histories.world import BIRTHS, OPERATIONS, PROFILES, TALKING
from tests.thorough import share

CHUNKS, PER_CHUNK = 4, share(500)
ROOMY, SMALL = "2M", "900K"  # heaps: all rules awake; rare rules rest between requests
RESTING_EVERY = 5  # of the talks, one in so many in the small heap too: there each request loads its code

_small = st.integers(0, 11)
_steps = st.lists(st.tuples(st.sampled_from(OPERATIONS), _small, _small), min_size=10, max_size=60)
# A chunk of its own, in which the child may talk to an assistant from the start: few other histories get as far.
_talks = st.lists(st.tuples(st.sampled_from(TALKING), _small, _small), min_size=10, max_size=40).map(
    lambda steps: [("login", 0, 0), ("open_assistant", 1, 2 + len(steps) % 8), ("wait", 0, 1), *steps]
)


@pytest.fixture(scope="module")
def runtimes(request: pytest.FixtureRequest) -> Iterator[list[micropython.Process]]:
    """MicroPython from source, compiled, and compiled in a small heap; none where there is no MicroPython."""
    processes: list[micropython.Process] = []
    if micropython.binary():
        compiled = request.getfixturevalue("mpy_root")
        for root, heap in ((ROOT, ROOMY), (compiled, ROOMY), (compiled, SMALL)):
            # The second folder has the rig; the firmware is taken from the first one.
            processes.append(micropython.Process(batch.__file__, "%s:%s" % (root, ROOT), heap))
    yield processes
    for process in processes:
        process.close()


@pytest.mark.parametrize("chunk", range(CHUNKS + 1))
def test_histories(chunk: int, tmp_path: Path, runtimes: list[micropython.Process]) -> None:
    starts: dict[tuple[int, int], Played] = {}  # set-up, with its slow key stretching, is played once per kind of child
    counted = [0, 0]

    def compare(played: Played) -> None:
        # A boot takes MicroPython longer than a dozen decisions: the checks that boot again run there one time in four.
        ending = len(played.commands) - (len(batch.CHECKS) if counted[0] % 4 else 0)
        resting = chunk == CHUNKS and (not played.start or counted[0] % RESTING_EVERY == 0)
        for number, process in enumerate(runtimes[: 3 if resting else 2]):
            root = str(tmp_path / ("unix%d" % number))
            if played.start:
                copy_flash(played.start.root, root)
            answers = told(process, root, played.commands[:ending])
            for command, ours, theirs in zip(played.commands, played.answers, answers):
                assert theirs == ours, (("source", "mpy", "mpy, resting")[number], command)

    def start(birth: int, profile: int) -> Played:
        if (birth, profile) not in starts:
            starts[birth, profile] = Played(str(tmp_path / ("start%d-%d" % (birth, profile))), birth, profile)
            compare(starts[birth, profile])
        return starts[birth, profile]

    @seed(chunk)  # each chunk its own, and the same in every run
    @settings(
        max_examples=PER_CHUNK,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(
        _steps if chunk < CHUNKS else _talks,
        st.integers(0 if chunk < CHUNKS else 2, len(BIRTHS) - 1),
        st.integers(0, len(PROFILES) - 1 if chunk < CHUNKS else 0),
    )
    def run(steps: list[tuple[str, int, int]], birth: int, profile: int) -> None:
        played = Played(str(tmp_path / "cpython"), steps=steps, start=start(birth, profile))
        counted[0] += 1
        counted[1] += len(played.commands)
        compare(played)

    run()
    print("%d histories, %d commands, on %d runtimes" % (counted[0], counted[1], 1 + len(runtimes)))
    assert counted[0] >= PER_CHUNK


def test_the_texts_read_as_the_histories_say() -> None:
    bits = {
        "bully": BULLY,
        "threat": THREAT,
        "lure": STRANGER,
        "doxx": DOXX,
        "data": DOXX,
        "cry": CRY,
        "intimate": PRIVATE,
        "": 0,
    }
    for entry in TEXTS:
        reading = read(entry["text"])
        assert (reading.classes, reading.severity) == (bits[entry["class"]], entry["severity"]), entry
        assert bool(reading.personal) == (entry["leaks"] in ("messages.personal", "messages.personal_never")), entry


def test_a_weakening_without_a_proof_would_be_found() -> None:
    passed = [1, 0, 100, "credentials.passed", "host", "owner"]
    grant = [2, 0, 399, "administration.grant", "contacts.unknown", 1, 0, 0]
    assert unproved([passed, grant]) == []
    assert unproved([grant]) == [grant]
    late = [2, 0, 400, "administration.policy", 1, 0, 1, 1]
    assert unproved([passed, late]) == [late]
    slip = [[3, 0, 50, "blocking.blocked", "ab", "contact"], [4, 0, 60, "blocking.released", "ab", 0]]
    assert unproved(slip) == []
    assert unproved([slip[0], [4, 0, 61, "blocking.released", "ab", 0]])


def test_too_much_of_the_assistant_would_be_found() -> None:
    began, day = [1, 200_000_000, 100, "assistant.began", 2315, 400], 2315
    ended = [2, 0, 1300, "assistant.ended", "time", 1200, 1600]
    assert overused([began, ended]) == []
    assert overused([began, [2, 0, 1301, *ended[3:]]]) == [day]
    asked = [[3, 0, 150, "assistant.asked", 0] for _ in range(21)]
    assert overused([began, *asked, ended]) == [day]
    assert overused([began, *asked, [4, 0, 150, "assistant.lost"], ended]) == []
    extended = [1, 200_000_000, 90, "assistant.extended", 0, 0, 0]
    assert overused([extended, began, *asked, ended]) == []
