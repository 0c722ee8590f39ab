"""Other people's collection of what has fooled RSA verifiers (Project Wycheproof), all of it, on both runtimes."""

from collections import Counter
from pathlib import Path

import pytest

from simulator import micropython
from tests.storage import wycheproof

HERE = Path(__file__).parent
VECTORS = HERE / "wycheproof.tsv"
EXPONENT = 65537  # the only one of the watch's publishers: docs/maker.md


def expected() -> dict[int, bool]:
    """What the watch must say of each vector. What others may accept for old signers' sake (a missing NULL) it refuses,
    and so it does a key with another exponent than its publishers'."""
    return {
        int(fields[0]): fields[1] == "valid" and exponent == EXPONENT
        for exponent, _, fields in wycheproof.rows(VECTORS)
    }


def test_all_vectors_are_there() -> None:
    found = Counter(fields[1] for _, _, fields in wycheproof.rows(VECTORS))
    assert found == {"invalid": 250, "valid": 8, "acceptable": 1}
    assert Counter(expected().values()) == {False: 252, True: 7}


def test_every_vector_is_judged_right() -> None:
    assert dict(wycheproof.judged(VECTORS)) == expected()


@pytest.mark.parametrize("compiled", [False, True], ids=["source", "mpy"])
def test_micropython_judges_the_same(compiled: bool, source_root: Path, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("micropython_binary")
    path = "%s:%s" % (request.getfixturevalue("mpy_root"), source_root) if compiled else str(source_root)
    done = micropython.run(HERE / "wycheproof.py", str(VECTORS), path=path, heap="1M")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert {int(number): verdict == "True" for number, verdict in lines} == expected(), done.stderr
