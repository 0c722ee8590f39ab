"""The enforcement points: one way out, every obligation known, every exit of content asked for."""

import ast
import re
from pathlib import Path

import pytest

import simulator  # noqa: F401  makes the firmware importable
from firmware.policy.decision import allow, deny
from firmware.policy.rules.content_access import EXITS
from firmware.services.enforce import discharge
from simulator.watch import Guardian, Person, Watch

FIRMWARE = Path(__file__).resolve().parent.parent / "firmware"
# What reaches a person, a network or the child's screen.
OUTPUTS = {
    *("send", "send_alert", "send_sos", "send_position", "ring", "dial", "notice", "poll", "result", "power"),
    *("launch", "advertise", "question"),
}
# Methods that carry out what was decided before, or show what the child's own gesture did.
DECIDED_BEFORE = {
    *("Messaging.step", "Messaging._show_later", "AlertService.step", "Wallet.cancel", "Wallet._answer"),
    *("Sos.cancel", "Sos.end", "Sos.step", "Sos._report", "Locator._send", "Discovery.step"),
    "ContentService._announce",
    # Takes in, and asks in `receive`; the others ask a socket, not a carrier.
    *("Messaging._listen", "Messaging._send_waiting", "Stream.__init__", "Stream.ready"),
    *("CaptureService.step", "CaptureService._shut", "CaptureService._start"),
    *("AssistantService." + name for name in ("_remind", "_refused", "_close", "_look", "_lost")),
    "HostService.hide_code",
    # Hands on to the carrier inside it what services have asked about; the radio's own rule is asked too.
    *(
        "Wireless." + name
        for name in ("send", "send_alert", "send_request", "send_sos", "send_position", "poll", "_stay")
    ),
    "Approvals.step",  # tells what the child has asked, which was decided then
    *("Provider.poll", "Provider._run"),  # a question that AssistantService has asked about
}
ASKING = {"ask", "_ask"}


def _calls(tree: ast.AST) -> set[str]:
    return {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }


def test_only_services_reach_the_outside() -> None:
    """A second way out would be a module that talks to a carrier, a phone or a screen by itself."""
    for path in sorted(FIRMWARE.rglob("*.py")):
        if "services" in path.parts:
            continue
        used = _calls(ast.parse(path.read_text(encoding="utf-8"))) & (OUTPUTS - {"send", "poll"})
        if path.name in ("device.py", "run.py"):  # the screen of services itself: it hands on what it was told
            used -= {"notice"}
        if path.name == "recovery.py":  # without firmware there is no engine: the safety floor, and nothing else
            used -= {"dial", "send_sos", "notice"}
        assert not used, f"{path.name} calls {used}: only firmware/services may"


def test_services_act_only_with_a_decision() -> None:
    """Each method that reaches the outside asks the engine itself, or is reached only from methods that do."""
    found = 0
    for path in sorted((FIRMWARE / "services").rglob("*.py")):
        for cls in [
            node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef)
        ]:
            methods = {node.name: node for node in cls.body if isinstance(node, ast.FunctionDef)}
            for name, method in methods.items():
                if not _calls(method) & OUTPUTS or f"{cls.name}.{name}" in DECIDED_BEFORE:
                    continue
                found += 1
                callers = [other for other in methods.values() if name in _calls(other) and other is not method]
                asks = _calls(method) & ASKING or (callers and all(_calls(caller) & ASKING for caller in callers))
                assert asks, f"{cls.name}.{name} reaches the outside without asking the engine"
    assert found >= 6


def test_an_unknown_obligation_is_a_refusal() -> None:
    acted: list[str] = []
    handlers = {"show": lambda: acted.append("show")}
    assert discharge(allow((), ("show",)), handlers)
    assert not discharge(allow((), ("show", "something_new")), handlers)
    assert not discharge(deny("some.reason"), handlers)
    assert acted == ["show"], "nothing may act before all names are known"


@pytest.mark.parametrize(
    ("rules", "service"),
    [
        (["messages.py"], "messaging.py"),
        (["calls.py"], "calls.py"),
        (["emergency.py"], "calls.py sos.py"),
        (["usage.py"], "foreground.py"),
        (["payments.py"], "wallet.py"),
        (["location.py"], "locator.py"),
        (["capture.py"], "capture.py"),
        (["apps.py"], "apps.py"),
        (["content.py"], "content.py discovery.py"),
        (["assistant.py"], "assistant.py"),
    ],
)
def test_every_obligation_has_its_handler(rules: list[str], service: str) -> None:
    """What a rule can oblige to, the service that asks it can do."""
    source = "".join((FIRMWARE / "policy" / "rules" / name).read_text(encoding="utf-8") for name in rules)
    known = set(
        re.findall(
            r'"([a-z_]+)": ',
            "".join((FIRMWARE / "services" / name).read_text(encoding="utf-8") for name in service.split()),
        )
    )
    tree = ast.parse(source)
    obliged = set()
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "allow"
            and len(node.args) > 1
        ):
            obliged |= {item.value for item in ast.walk(node.args[1]) if isinstance(item, ast.Constant)}
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append":
            obliged |= {item.value for item in node.args if isinstance(item, ast.Constant)}
        if isinstance(node, ast.List):
            obliged |= {item.value for item in node.elts if isinstance(item, ast.Constant)}
    obliged = {name for name in obliged if isinstance(name, str) and re.fullmatch("[a-z_]+", name)}
    assert obliged, "found no obligations: the test looks at the wrong place"
    assert obliged <= known


@pytest.mark.parametrize(
    ("birth", "verdict", "reason"),
    [
        ((2017, 5), "deny", "content_access.private"),  # nine years old
        ((2019, 5), "allow", "ok"),  # seven
    ],
)
def test_every_exit_of_content_is_listed(tmp_path: Path, birth: tuple[int, int], verdict: str, reason: str) -> None:
    """From the month of the 8th birthday on a guardian gets nothing through any exit; before, through each, marked
    (D27, D28). Without a fresh proof nobody gets anything."""
    assert EXITS == ("screen", "voice", "cable", "export", "alert")
    watch, mum, otter = Watch(tmp_path, now=217_000_000), Guardian(), Person("Otter")
    assert watch.set_up(mum, birth, ["13900000001"])["verdict"] == "allow"
    watch.guardian_login(mum)
    assert watch.add_contact(otter)["verdict"] == "allow"
    watch.agree(otter)
    number = watch.message(otter, "see you at four")["records"][0][0]
    for exit_ in EXITS:
        reading = {"what": "message", "id": number, "exit": exit_, "reader": "guardian"}
        assert watch.ask("content_access.read", **reading)["reason"] == "credentials.proof_needed"
        answer = watch.ask("content_access.read", **reading, channel="host")
        assert (answer["verdict"], answer["reason"]) == (verdict, reason), exit_
        if verdict == "allow":
            assert answer["obligations"] == ["mark_as_read_by_guardian"]
    for exit_ in ("cable", "export", "alert"):
        answer = watch.ask("content_access.read", what="message", id=number, exit=exit_, reader="child")
        assert answer["reason"] == "content_access.child_only_on_watch"
