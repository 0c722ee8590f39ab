"""Every state of the watch × emergency call, guardian's call, the time, the help page: all of them pass (I1, I11, I12).

A state is a piece of a scenario; every cell is asked on CPython and on the real MicroPython.
"""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.micropython import Process
from simulator.portable.rig import Rig
from simulator.scenario import Run, Scenario

HEAD = """
title = "the floor while %s"
%s
[people.mama]
standing = "guardian"
[people.ming]
standing = "friend"
"""

_WRONG_PINS = "[[step]]\npin = false\n" * 5
_LOST = (
    "[[step]]\nhost_login = true\n"
    '[[step]]\nguardian = { kind = "administration.lost", message = "please call home", channel = "host" }\n'
)
_OTHER = '{ kind = "usage.start", class = "other" }'
_CALL_A_FRIEND = '{ kind = "calls.outgoing", number = "{ming.number}" }'
_PAY = '{ kind = "payments.request", key = "{repeat 32 a}", merchant = "k", name = "K", amount = 1, class = "goods" }'

# name -> (lines before the people, steps into the state, a request that proves it, the reason of its refusal)
STATES: dict[str, tuple[str, str, str, str]] = {
    "nothing is special": ("", "", "", ""),
    "it is not set up": (
        "setup = false", "",
        '{ kind = "calls.outgoing", number = "13900000000" }', "administration.set_up_first",
    ),
    "the keypad is locked": (
        "", _WRONG_PINS,
        '{ kind = "credentials.pin", pin = "280519" }', "credentials.locked",
    ),
    "the profile is strict": (
        '[setup]\nprofile = "strict"', "",
        '{ kind = "contacts.card", to = "{ming}" }', "contacts.card_closed",
    ),
    "protective mode is on": (
        "", '[[step]]\nask = { kind = "blocking.protect", mode = "shield" }\n',
        '{ kind = "contacts.incoming", address = "xu", what = "request" }', "contacts.closed",
    ),
    "only guardians get through": (
        "", '[[step]]\nask = { kind = "blocking.protect", mode = "guardians" }\n',
        '{ kind = "calls.incoming", number = "{ming.number}" }', "calls.closed",
    ),
    "the policy has expired": (
        "", '[[step]]\nhost_login = true\n[[step]]\npolicy = { values = {}, expires = 2441, channel = "host" }\n'
        '[[step]]\nadvance = "2d"\n',
        '{ kind = "contacts.card", to = "{ming}" }', "contacts.card_closed",
    ),
    "the journal is damaged": (
        "", '[[step]]\ndamage = "j"\n[[step]]\nreboot = {}\n',
        '{ kind = "administration.end_grant", key = "contacts.unknown" }', "administration.tampered",
    ),
    "the policy and the whole journal are gone": (
        "", '[[step]]\nlose = "j"\n[[step]]\nreboot = {}\n',
        '{ kind = "calls.outgoing", number = "{ming.number}" }', "calls.closed",
    ),
    "the time is unknown": (
        "", '[[step]]\nreboot = { off = "3h", rtc = false }\n',
        '{ kind = "administration.time_hint", wall = 212000000 }', "administration.clock_not_yours",
    ),
    "the day's minutes are used up": (
        "", '[[step]]\npolicy = { values = { "usage.daily_minutes" = 1 } }\n[[step]]\nuse = "other"\n'
        '[[step]]\nadvance = "1m"\n',
        _OTHER, "usage.limit",
    ),
    "the eyes rest": (
        "", '[[step]]\nuse = "other"\n[[step]]\nadvance = "30m"\n',
        _OTHER, "usage.rest",
    ),
    "it is night": ("", '[[step]]\nat = "22:00"\n', _OTHER, "usage.curfew"),
    "it is school time": (
        "", '[[step]]\nhost_login = true\n[[step]]\npolicy = { values = { "usage.school" = 1 }, channel = "host" }\n'
        '[[step]]\nadvance = "1m"\n',
        _CALL_A_FRIEND, "usage.school",
    ),
    "it is charged": ("", "[[step]]\ncharge = true\n", _CALL_A_FRIEND, "usage.charging"),
    "it is lost": (
        "", _LOST,
        '{ kind = "contacts.ask", name = "Xu", address = "xu", key = "{ming.key}" }', "administration.lost_mode",
    ),
    "the wallet is locked": (
        "", '[[step]]\nwallet = {}\n[[step]]\nask = { kind = "payments.lock" }\n',
        _PAY, "payments.locked",
    ),
    "the assistant is closed": (
        "", '[[step]]\nassistant = { "assistant.day_minutes" = 1, "assistant.cool_minutes" = 1 }\n'
        '[[step]]\ntalk = {}\n[[step]]\nadvance = "2m"\n',
        '{ kind = "assistant.begin" }', "assistant.minutes",
    ),
    "all of it at once, and the journal is damaged": (
        "", '[[step]]\nwallet = {}\n[[step]]\nask = { kind = "payments.lock" }\n[[step]]\nat = "22:30"\n'
        '[[step]]\nask = { kind = "blocking.protect", mode = "guardians" }\n' + _LOST + _WRONG_PINS
        + '[[step]]\ncharge = true\n[[step]]\ndamage = "j"\n[[step]]\nreboot = { off = "1h", rtc = false }\n',
        _PAY, "payments.locked",
    ),
    "the carrier has no network": ("", "[[step]]\nnetwork = false\n", "", ""),
    "the battery was pulled": ("", '[[step]]\nreboot = { off = "9d" }\n', "", ""),
}  # fmt: skip

# In a factory-fresh watch nobody is a guardian yet: there is no number that could ring.
NO_GUARDIAN = {"it is not set up"}

# The floor itself is asked too: `calls` lets a guardian through by a rule of its own, and would hide a floor that fell.
PROBES = """
[[step]]
ask = { kind = "emergency.call", number = "110" }
expect = { verdict = "allow", obligations = ["dial"] }
rows = ["I1", "I2"]
[[step]]
ask = { kind = "emergency.incoming", number = "110" }
expect = { verdict = "deny", reason = "emergency.not_guardian" }
rows = ["I2"]
[[step]]
call_out = "110"
expect = { verdict = "allow", obligations = ["dial"] }
rows = ["I1"]
[[step]]
ask = { kind = "emergency.time" }
expect = { verdict = "allow" }
rows = ["I1"]
[[step]]
ask = { kind = "emergency.help" }
expect = { verdict = "allow" }
rows = ["I12"]
[[step]]
sos = "press"
answer = { state = "counting" }
rows = ["I1", "I3"]
"""
GUARDIAN_PROBES = """
[[step]]
ask = { kind = "emergency.incoming", number = "{mama.number}" }
expect = { verdict = "allow", obligations = ["ring"] }
rows = ["I11"]
[[step]]
ask = { kind = "emergency.call", number = "{mama.number}" }
expect = { verdict = "allow", obligations = ["dial"] }
rows = ["I11"]
[[step]]
ask = { kind = "emergency.call", number = "{ming.number}" }
expect = { verdict = "deny", reason = "emergency.not_a_number" }
rows = ["I2"]
[[step]]
call_in = "mama"
expect = { verdict = "allow", obligations = ["ring"] }
rows = ["I1", "I11"]
[[step]]
call_out = "mama"
expect = { verdict = "allow", obligations = ["dial"] }
rows = ["I11"]
"""


def scenario(state: str, folder: Path) -> Scenario:
    head, steps, request, reason = STATES[state]
    text = HEAD % (state, head) + steps
    if request:
        text += '[[step]]\nask = %s\nexpect = { verdict = "deny", reason = "%s" }\nrows = ["I1"]\n' % (request, reason)
    text += PROBES + ("" if state in NO_GUARDIAN else GUARDIAN_PROBES)
    path = folder / "state.toml"
    path.write_text(text, encoding="utf-8")
    return Scenario(path)


@pytest.mark.parametrize("state", STATES)
def test_every_cell_passes(state: str, tmp_path: Path) -> None:
    Run(scenario(state, tmp_path), Rig().do, tmp_path / "root").run()


def test_every_cell_passes_on_micropython(
    start_micropython: Callable[..., Process], source_root: Path, tmp_path: Path
) -> None:
    process = start_micropython(source_root / "simulator" / "portable" / "process.py", source_root)
    for number, state in enumerate(STATES):
        folder = tmp_path / str(number)
        folder.mkdir()
        Run(scenario(state, folder), process.ask, folder / "root").run()


def test_a_flash_that_takes_nothing_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every write fails; the floor acts all the same (on littlefs: tests/faults/test_full.py)."""
    rig = Rig()

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "full")

    def ask(command: dict[str, Any]) -> dict[str, Any]:
        if command.get("request", {}).get("kind", "").startswith("emergency."):  # the first thing that is asked
            monkeypatch.setattr(rig.watch.store.main, "append", full)
            monkeypatch.setattr(rig.watch.store.denials, "append", full)
        return rig.do(command)

    run = Run(scenario("nothing is special", tmp_path), ask, tmp_path / "root").run()
    assert not [record for record in run.facts["journal"]["records"] if record[3].startswith("emergency.")]
