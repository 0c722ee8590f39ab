"""`ward status`, `clock`, `lost`, `hosts` and `wipe`: the watch as a whole."""

import time

import click

from firmware.texts import text
from host_tools.console import Failure, Result, Shown, ask, moment, secret, sure, table, warn
from host_tools.guardian.status import describe
from host_tools.guardian.week import week, words
from host_tools.link.receipts import UNREADABLE
from host_tools.link.talk import Talk, with_watch
from simulator import EPOCH


@click.command()
@with_watch()
def status(talk: Talk) -> Result:
    """Show the week in a few lines, what needs you, then how the watch is."""
    found = talk.line.call("status.read")
    if talk.history == UNREADABLE:  # without a journal there is no week to tell
        return Result(found, describe(found))
    seven = week(talk, found)
    return Result({**found, "week": seven}, words(seven) + "\n\n" + describe(found))


@click.command()
@with_watch()
def alerts(talk: Talk) -> Result:
    """List the alerts that wait for a guardian."""
    names = ["id", "code", "party", "severity", "count", "time"]
    rows = [dict(zip(names, row, strict=True)) for row in talk.read("alerts.read")]
    lines = [[moment(row["time"]), row["severity"], row["count"], text("alert." + row["code"], "en")] for row in rows]
    return Result(rows, table(["first", "severity", "times", "what"], lines) or "No alert waits.")


@click.group(cls=Shown, shown="list")
def hosts() -> None:
    """The computers that are paired with the watch."""


@hosts.command("list")
@with_watch()
def hosts_list(talk: Talk) -> Result:
    """List them by name."""
    found = talk.line.call("status.read")["hosts"]
    return Result(found, "\n".join(found))


@hosts.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_watch()
def hosts_remove(talk: Talk, name: str, yes: bool) -> Result:
    """Part the watch from the computer with this NAME, as when it was lost or stolen. Takes the passphrase."""
    status = talk.line.call("status.read")
    found = [id_ for id_, one in zip(status["host_ids"], status["hosts"], strict=True) if one == name]
    if not found:
        raise Failure("No computer of that name is paired. See: ward hosts")
    if talk.keys.host.hex() in found:
        sure("That is this computer: it will have to be paired again. Go on?", yes)
    for id_ in found:
        talk.act("hosts.remove", host=id_)
    return Result({"removed": name}, "%s is not paired any more." % name)


@click.group()
def clock() -> None:
    """Show or set the watch's time."""


@clock.command("show")
@with_watch()
def clock_show(talk: Talk) -> Result:
    """Show the watch's time, and by how much it differs from this computer's."""
    found = talk.line.call("status.read")
    ahead = found["wall"] + EPOCH - int(time.time())
    data = {"unix": found["wall"] + EPOCH, "trust": found["trust"], "ahead": ahead, "powered": found["powered"]}
    return Result(data, "%s (%s), %+d seconds" % (moment(found["wall"]), found["trust"], ahead))


@clock.command("set")
@with_watch()
def clock_set(talk: Talk) -> Result:
    """Give the watch this computer's time. Takes the passphrase."""
    wall = int(time.time()) - EPOCH
    talk.act("administration.clock", wall=wall)
    return Result({"unix": wall + EPOCH}, "The watch now has %s." % moment(wall))


@click.group()
def lost() -> None:
    """Turn lost mode on or off."""


@lost.command("on")
@click.option("--message", default="", help="What the lock screen says to the finder.")
@with_watch()
def lost_on(talk: Talk, message: str) -> Result:
    """The watch is lost: it lets nobody but guardians and emergency calls through. Takes the passphrase."""
    talk.act("administration.lost", message=message)
    return Result({"lost": True}, "Lost mode is on.")


@lost.command("off")
@with_watch()
def lost_off(talk: Talk) -> Result:
    """The watch is found. Takes the passphrase."""
    talk.act("administration.found")
    return Result({"lost": False}, "Lost mode is off.")


@click.group(cls=Shown, shown="show")
def lock() -> None:
    """The child's own code for the screen."""


@lock.command("show")
@with_watch()
def lock_show(talk: Talk) -> Result:
    """Say whether the screen asks for a code of the child's."""
    found = talk.line.call("status.read")["lock"]
    return Result({"code": found}, "The screen asks for a code." if found else "The screen asks for no code.")


@lock.command("set")
@with_watch()
def lock_set(talk: Talk) -> Result:
    """Set the code that you type; the child is told, and may change it. Takes the passphrase."""
    code = secret("Code for the screen, four to eight digits", confirmation_prompt="Once more", value_proc=_code)
    talk.act("lock.set", code=code)
    return Result({"code": True}, "The screen asks for the code from the next time it is dark.")


@lock.command("clear")
@with_watch()
def lock_clear(talk: Talk) -> Result:
    """Take the code away, as when it was forgotten; the child is told. Takes the passphrase."""
    talk.act("lock.clear")
    return Result({"code": False}, "The screen asks for no code.")


def _code(typed: str) -> str:
    if not 4 <= len(typed) <= 8 or not (typed.isascii() and typed.isdigit()):
        raise click.UsageError("Four to eight digits, please.")
    return typed


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_watch()
def wipe(talk: Talk, yes: bool) -> Result:
    """Erase everything and make the watch new, as from the factory. Takes the passphrase."""
    if not yes:
        warn("Contacts, evidence, rules and the journal go for good.")
        if ask('Type "wipe" to go on') != "wipe":
            raise Failure("Nothing was changed.")
    talk.act("administration.wipe")
    talk.keys.forget(talk.hello.watch)
    return Result({"wiped": True}, "The watch is new. Set it up with: ward setup")
