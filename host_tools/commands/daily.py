"""`ward bill`, `assistant`, `usage` and `apps`: what the child has used, paid and asked for."""

from typing import Any

import click

from firmware.texts import text
from host_tools.console import Result, Shown, date, moment, month, table
from host_tools.link.talk import Talk, with_watch


@click.group(cls=Shown, shown="show")
def bill() -> None:
    """What was paid; alone: the bill."""


def _yuan(fen: int) -> str:
    return "%d.%02d" % (fen // 100, fen % 100)


@bill.command("show")
@with_watch()
def bill_show(talk: Talk) -> Result:
    """Show the bill: months, days and single payments in yuan, refusals with their reason. Takes the passphrase."""
    talk.log_in()
    data: dict[str, list[dict[str, Any]]] = {"months": [], "days": [], "payments": []}
    for line in talk.read("bill.read"):
        if line[0] == "payment":
            names = ["time", "day", "class", "state", "amount", "refunded", "shop", "name"]
            data["payments"].append(dict(zip(names, line[1:], strict=True)))
        else:
            data[line[0] + "s"].append({"number": line[1], "spent": line[2], "refunded": line[3]})
    parts = [
        table(["month", "paid", "refunded"], _totals(data["months"], month)),
        table(["day", "paid", "refunded"], _totals(data["days"], date)),
        table(
            ["time", "shop", "class", "yuan", "refunded", ""],
            [[moment(one["time"]), one["name"], one["class"], _yuan(one["amount"]), _yuan(one["refunded"]),
              text(one["state"], "en") if "." in one["state"] else one["state"]] for one in data["payments"]],
        ),
    ]  # fmt: skip
    return Result(data, "\n\n".join(part for part in parts if part) or "Nothing was paid or refused.")


def _totals(rows: list[dict[str, Any]], name: Any) -> list[list[Any]]:
    return [[name(row["number"]), _yuan(row["spent"]), _yuan(row["refunded"])] for row in rows]


@bill.command("lock")
@with_watch()
def bill_lock(talk: Talk) -> Result:
    """Lock the wallet at once: nothing is paid or captured until a guardian unlocks it."""
    talk.act("payments.lock")
    return Result({"locked": True}, "The wallet is locked. To open it: ward bill unlock")


@bill.command("unlock")
@with_watch()
def bill_unlock(talk: Talk) -> Result:
    """Open the wallet again. Takes the passphrase."""
    talk.act("payments.unlock")
    return Result({"locked": False}, "The wallet is open.")


@click.group()
def assistant() -> None:
    """The talks with the generative assistant: how much, and a little more."""


@assistant.command("usage")
@with_watch()
def assistant_usage(talk: Talk) -> Result:
    """Show today's talks, questions and minutes beside their limits. What was said stays the child's."""
    names = ["day", "talks", "turns", "seconds", "extended_until", "assessed_until", "provider"]
    data = dict(zip(names, talk.line.call("assistant.read"), strict=True))
    settings = {key: value for key, value, _ in talk.read("settings.read")}
    limits = {name: settings["assistant." + name] for name in ("talks", "turns", "day_minutes")}
    today = talk.line.call("usage.read")["today"]
    if data["day"] != today:
        data.update(day=today, talks=0, turns=0, seconds=0)
    if not data["provider"]:
        return Result({**data, "limits": limits}, "No guardian has entered a provider: there is no assistant.")
    lines = [
        ["talks", data["talks"], limits["talks"]],
        ["questions in the last talk", data["turns"], limits["turns"]],
        ["minutes", data["seconds"] // 60, limits["day_minutes"]],
    ]
    more = "\nMore time until %s." % moment(data["extended_until"]) if data["extended_until"] else ""
    words = "%s, assessed until %s.\n" % (data["provider"], date(data["assessed_until"]))
    return Result({**data, "limits": limits}, words + table(["today", "used", "limit"], lines) + more)


@assistant.command("extend")
@click.argument("minutes", type=click.IntRange(1, 60))
@with_watch()
def assistant_extend(talk: Talk, minutes: int) -> Result:
    """So many more MINUTES beyond the limits, from now on. Takes the passphrase."""
    talk.act("assistant.extend", minutes=minutes)
    return Result({"minutes": minutes}, "The assistant is open for %d more minutes." % minutes)


@click.command()
@with_watch()
def usage(talk: Talk) -> Result:
    """Show the minutes of the last days, what is open now, and what closes or opens next."""
    data = talk.line.call("usage.read")
    days = [[date(day), seconds // 60, elsewhere // 60] for day, seconds, elsewhere in sorted(data["days"])]
    why = " (%s)" % text(data["why"], "en") if data["why"] else ""
    now = "Open, %d minutes left today." % data["minutes"] if data["mode"] == "free" else "Closed now%s." % why
    if data["front"]:
        now += " In use: %s." % data["front"]
    return Result(data, now + "\n" + (table(["day", "minutes", "on other watches"], days) or "Nothing was used yet."))


@click.command()
@with_watch()
def apps(talk: Talk) -> Result:
    """List the apps that are installed or asked for, with their permissions."""
    names = ["app", "name", "class", "version", "state", "withdrawn", "permissions"]
    data = [dict(zip(names, row, strict=True)) for row in talk.read("apps.read")]
    rows = [
        [one["app"], one["name"], one["class"], one["version"], "withdrawn" if one["withdrawn"] else one["state"],
         " ".join(name + ("" if granted else "?") for name, granted, _ in one["permissions"])]
        for one in data
    ]  # fmt: skip
    return Result(
        data, table(["app", "name", "class", "version", "state", "permissions"], rows) or "There are no apps."
    )
