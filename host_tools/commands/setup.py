"""`ward setup`: from a new watch to one with a guardian, secrets and a daily limit, in eight questions (C15, B5)."""

import locale
import platform
import time
from datetime import date
from typing import Any

import click

from firmware.policy.settings_rows import PROFILES
from host_tools.console import Failure, Result, ask, say, warn
from host_tools.guardian.status import describe
from host_tools.link.login import new_verifier
from host_tools.link.pairing import new_passphrase, new_pin, pair
from host_tools.link.receipts import ANEW
from host_tools.link.recovery_code import give_code
from host_tools.link.talk import Talk, refuse, with_watch
from simulator import EPOCH

_REGIONS = {"cn-ccia": "cn", "cn-gb-draft": "cn", "eu-uk": "eu", "us-coppa": "us"}
_MINUTES = "usage.daily_minutes"


@click.command()
@click.option("--owner", default="guardian", show_default=True, help="What the watch calls the guardian.")
@click.option("--computer", default=platform.node()[:32] or "computer", help="What the watch calls this computer.")
@click.option("--region", type=click.Choice(["cn", "eu", "uk", "us"]), help="Emergency numbers, if not the profile's.")
@with_watch(session=False)
def setup(talk: Talk, owner: str, computer: str, region: str | None) -> Result:
    """Set up a new watch, or pair this computer with one that is set up.

    Take the watch into your hand: it shows six digits. Run it again if it was interrupted; it goes on where it was."""
    if talk.greet().set_up:
        return _second(talk, computer)
    say("This watch is new. Take it into your hand.")
    if talk.keys.receipt(talk.hello.watch):
        warn("This computer knew this watch, with a guardian and rules. It was wiped since, or it is not your watch.")
    talk.keys.forget(talk.hello.watch)  # what it was before a wipe
    pair(talk)
    given = _questions(region)
    passphrase = given.pop("passphrase")
    minutes = given.pop("minutes")
    wall = int(time.time()) - EPOCH
    while True:
        answer = talk.line.call("administration.setup", timeout=60.0, wall=wall, owner=owner, **given)
        if answer["reason"] != "credentials.weak_pin":
            break
        say("The watch finds this PIN easy to guess.")
        given["pin"] = new_pin()
    if answer["verdict"] != "allow":
        refuse(answer)
    _let_in(talk, computer, passphrase)
    return _finish(talk, minutes)


def _second(talk: Talk, computer: str) -> Result:
    """A watch that is set up: nothing to do, or this computer is paired, and what a break has left out is done."""
    key = talk.keys.key(talk.hello.watch)
    if key and talk.hello.known:
        talk.line.open(key)
        status = talk.line.call("status.read")
        if status["version"]:
            talk.keys.forget_logins(talk.hello.watch)
            say("This watch is set up already, and paired with this computer.")
            return Result(status, describe(status))
        computer = ""  # is kept already
    else:
        say("This watch is set up. To pair this computer too, take it into your hand.")
        if talk.keys.receipt(talk.hello.watch):
            warn(
                "This watch knew this computer and does not any more. Unless you wiped it or removed this computer, it "
                "is not your watch: give it no passphrase."
            )
        pair(talk)
    _let_in(talk, computer, talk.passphrase("The owner's passphrase"))
    return _finish(talk, None if talk.line.call("status.read")["version"] else _minutes())


def _let_in(talk: Talk, computer: str, passphrase: str) -> None:
    """Prove the passphrase, and keep this computer if it was just paired (it is named then)."""
    talk.keys.forget_logins(talk.hello.watch)  # whoever is at a set-up knows whether the secrets are new
    talk.log_in(passphrase)
    if computer:
        talk.act("hosts.keep", name=computer)
        talk.compare()
        if talk.history == ANEW:
            talk.accept()  # it is said in red now; from here on this is the watch that this computer knows


def _finish(talk: Talk, minutes: int | None) -> Result:
    """Set the first policy, and make a recovery code if there is none."""
    if minutes is not None:
        talk.act("administration.policy", version=1, issuer="ward", expires=0, values=[[_MINUTES, minutes]])
    if not talk.line.call("status.read")["recovery_code"]:
        give_code(talk)
    status = talk.line.call("status.read")
    return Result(status, describe(status) + "\nDone. Look at it with: ward status")


def _questions(region: str | None) -> dict[str, Any]:
    """The answers as fields of the set-up, and `passphrase` and `minutes`."""
    chinese = (locale.getlocale()[0] or "").startswith(("zh", "Chinese"))
    language = ask("Language of the watch", type=click.Choice(["en", "zh"]), default="zh" if chinese else "en")
    year, month = click.prompt("Month in which the child was born (YYYY-MM)", value_proc=_month, err=True)
    profile = ask("Rules to begin with", type=click.Choice([*PROFILES, "strict"]), default=PROFILES[0])
    if profile not in _REGIONS and region is None:
        raise Failure("Nothing was set up: these rules hold anywhere, so name the emergency numbers with --region.")
    passphrase = new_passphrase()
    pin = new_pin()
    number = ask(
        "A guardian's phone number, for help calls (Enter for none)", value_proc=_phone, default="", show_default=False
    )
    return {
        **new_verifier(passphrase).fields(),
        "language": language,
        "birth_year": year,
        "birth_month": month,
        "profile": profile,
        "region": region or _REGIONS[profile],
        "numbers": [number] if number else [],
        "pin": pin,
        "passphrase": passphrase,
        "minutes": _minutes(),
    }


def _minutes() -> int:
    return int(ask("Minutes a day for games and apps", type=click.IntRange(0, 480), default="40"))


def _month(typed: str) -> tuple[int, int]:
    try:
        found = date.fromisoformat(typed.strip() + "-01")
    except ValueError as error:
        raise click.UsageError("A year and a month, such as 2017-03.") from error
    return found.year, found.month


def _phone(typed: str) -> str:
    if typed and not (3 <= len(typed) <= 15 and typed.isascii() and typed.isdigit()):
        raise click.UsageError("3 to 15 digits, please.")
    return typed
