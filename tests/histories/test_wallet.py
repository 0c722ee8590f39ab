"""Random histories of a wallet: equal bytes on every runtime, the reference model's verdicts, its bill."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from simulator import micropython
from tests.histories import batch
from tests.histories.play import copy_flash, told
from tests.histories.test_histories import runtimes  # noqa: F401  (a fixture)
from tests.histories.wallet import CHILDREN, LAWS, OPERATIONS, WalletPlayed
from tests.thorough import THOROUGH, share

CHUNKS, PER_CHUNK = 2, share(100)

_small = st.integers(0, 11)
_steps = st.lists(st.tuples(st.sampled_from(OPERATIONS), _small, _small), min_size=15, max_size=50)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_histories_of_a_wallet(chunk: int, tmp_path: Path, runtimes: list[micropython.Process]) -> None:  # noqa: F811
    starts: dict[tuple[int, int], WalletPlayed] = {}
    counted: dict[str, int] = {}
    played_so_far = [0]

    def compare(played: WalletPlayed) -> None:
        ending = len(played.commands) - (len(batch.CHECKS) if played_so_far[0] % 4 else 0)
        for number, process in enumerate(runtimes[::2]):  # from source, and where the wallet rests
            root = str(tmp_path / ("unix%d" % number))
            if played.start:
                copy_flash(played.start.root, root)
            answers = told(process, root, played.commands[:ending])
            for command, ours, theirs in zip(played.commands, played.answers, answers):
                assert theirs == ours, (("source", "mpy")[number], command)

    def start(birth: int, profile: int) -> WalletPlayed:
        if (birth, profile) not in starts:
            root = str(tmp_path / ("start%d-%d" % (birth, profile)))
            starts[birth, profile] = WalletPlayed(root, birth, profile)
            compare(starts[birth, profile])
        return starts[birth, profile]

    @seed(chunk)
    @settings(
        max_examples=PER_CHUNK,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(_steps, st.sampled_from(CHILDREN), st.sampled_from(LAWS))
    def run(steps: list[tuple[str, int, int]], birth: int, profile: int) -> None:
        played = WalletPlayed(str(tmp_path / "cpython"), steps=steps, start=start(birth, profile))
        played_so_far[0] += 1
        for answer in played.answers:
            if answer.get("reason", "").startswith("payments."):
                counted[answer["reason"]] = counted.get(answer["reason"], 0) + 1
        compare(played)

    run()
    print(sorted(counted.items()))
    assert played_so_far[0] >= PER_CHUNK
    if PER_CHUNK < 100:
        return  # a share of the histories need not come to every reason
    for reason in ("daily_limit", "monthly_limit", "single_limit", "locked", "key_used", "over", "too_much", "clock"):
        assert counted.get("payments." + reason, 0) > (3 if THOROUGH else 0), (
            "the histories never came to payments." + reason
        )
