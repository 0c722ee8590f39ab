"""Every command of `ward` against a simulated watch on CPython and on MicroPython. The list comes from click: a new
command without a test on both fails here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from host_tools.cli import main
from simulator.watch import ROOT, RUNTIMES
from tests.ward.home import a_home, pair, run
from tests.ward.tree import ACTING, READING, leaves, prepared, secret_of, typed_at

# Commands that do more to a watch than fits between the others: each has a test of its own on both runtimes.
ALONE = {
    "setup": "tests/ward/test_ward.py::test_a_new_user_is_done_with_one_command_and_eight_answers",
    "wipe": "tests/ward/test_ward.py::test_every_command",
    "recover": "tests/ward/test_recover.py::test_a_forgotten_passphrase",
    "update": "tests/update/test_line.py::test_ward_update",
    "workshop": "tests/update/test_line.py::test_ward_update",
    "sim": "tests/web/test_cable.py::test_from_make_sim_to_a_watch_with_a_limit",
    # two watches, one on each runtime
    "relay": "tests/ward/test_relay.py::test_two_watches_chat_are_blocked_and_prove_it",
}
# No conversation with a watch: these make codes, keys, packages and boards, tell a day, listen to a broker, or are the
# watch. test_commands.py wants a test of each.
WITHOUT = {"keygen", "build", "flash", "deploy", "check-package", "demo", "inbox", "watch"}
WITHOUT |= {"approve " + what for what in ("ai-minutes", "payment", "unblock", "grant")}


def test_no_command_is_left_out() -> None:
    assert set(leaves(main)) == set(ACTING) | set(READING) | set(ALONE) | WITHOUT


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_every_command_answers_with_json(runtime: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """One watch on which each has something to do: exit code 0, JSON and nothing else on stdout."""
    if runtime == "micropython":
        request.getfixturevalue("micropython_binary")
    with a_home(tmp_path, runtime) as home:
        stands_for = prepared(pair(home))
        every = {**READING, **{name: arguments for name, (arguments, _) in ACTING.items()}}
        for number, (name, arguments) in enumerate(every.items()):
            words = {**stands_for, "{file}": str(tmp_path / ("new%d" % number))}
            given = [words.get(one, one) for one in arguments]
            done = run(home, *given, "--json", secret=secret_of(arguments), stdin=typed_at(arguments))
            assert done.code == 0, (name, done.code, done.out, done.err)
            for document in done.out.splitlines() if name == "log follow" else [done.out]:
                json.loads(document)


def test_those_with_a_test_of_their_own_have_it_on_both_runtimes() -> None:
    files = sorted({place.split("::")[0] for place in ALONE.values()})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-n", "0", "-p", "no:cacheprovider", *files]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout.splitlines()
    for name, place in ALONE.items():
        wanted = {place} if name == "relay" else {"%s[%s]" % (place, runtime) for runtime in RUNTIMES}
        assert wanted <= set(listed), name
