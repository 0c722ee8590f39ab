"""What a watch says of itself, in words."""

from typing import Any

from host_tools.boards import BEYOND_CORE
from host_tools.console import date, moment

CORE = "This board runs the core alone: %s." % BEYOND_CORE
_AGES = ("3-8", "8-12", "12-14")


def describe(status: dict[str, Any]) -> str:
    """A status in a few calm lines."""
    lines = []
    if status["tampered"]:
        lines.append("Something in the watch was changed (%s). The strictest rules hold." % status["tampered"])
    elif status["lost"]:
        lines.append("The watch is in lost mode.")
    rules = "strict" if status["strict"] else status["profile"]
    end = ", until " + date(status["expires"]) if status["expires"] else ""
    lines.append("Set up for %s. Rules: %s, ages %s, policy %d%s." % (
        status["owner"], rules, _AGES[status["band"]], status["version"], end,
    ))  # fmt: skip
    if status["core"]:
        lines.append(CORE)
    lines.append("Time: %s (%s)." % (moment(status["wall"]), status["trust"]))
    lines.append("Contacts: %d. Evidence packages: %d." % (status["contacts"], status["packages"]))
    if status["mode"]:
        lines.append("Protection: %s." % status["mode"])
    if status["recovery"]:
        hours = -(-status["recovery"] // 3600)
        lines.append("New secrets hold in %d hours of power. If that is not you: ward recover --cancel" % hours)
    lines.append("Alerts: %d wait; see ward alerts." % status["alerts"] if status["alerts"] else "No alert waits.")
    return "\n".join(lines)
