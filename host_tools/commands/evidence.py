"""`ward evidence`: sealed packages listed, exported for others to check, reported, closed (F11-F14, F19, H7, H11)."""

import hashlib
from pathlib import Path

import click

from host_tools.console import Failure, Result, date, month, sure, table, write_private
from host_tools.guardian.evidence import about_package, find_package, key_of, list_packages, packed, stored
from host_tools.guardian.notices import TO, notice_text
from host_tools.guardian.verify_evidence import opened
from host_tools.link.talk import Talk, with_watch


@click.group()
def evidence() -> None:
    """Sealed evidence: list it, export it for others, write a notice, close a case."""


@evidence.command("list")
@with_watch()
def list_(talk: Talk) -> Result:
    """List the sealed evidence packages; their text stays in the watch."""
    found = list_packages(talk)
    rows = [[one["package"], month(one["month"]), one["messages"], date(one["expires"]),
             "yes" if one["handed_over"] else "no"] for one in found]  # fmt: skip
    return Result(found, table(["package", "month", "messages", "kept until", "handed over"], rows) or "No evidence.")


@evidence.command()
@click.argument("package", type=click.IntRange(1))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--sealed", is_flag=True, help="Without the texts, even where they may be read. Takes no passphrase.")
@click.option(
    "--emergency", metavar="REASON", help="Open it although the child did not: the watch shows that for 30 days."
)
@with_watch()
def export(talk: Talk, package: int, file: Path, sealed: bool, emergency: str | None) -> Result:
    """Write PACKAGE to a new zip FILE that anybody can check with Python alone.

    The texts are in it under the age of 8, or if the child has handed the package over on the watch. Takes the
    passphrase unless --sealed."""
    if file.exists():
        raise Failure("%s is there already. Name a new file." % file)
    about = about_package(talk, package)
    data = stored(talk, package)
    if hashlib.sha256(data).hexdigest()[:32] != about["digest"]:
        raise Failure("The package in the watch is not the one that was sealed: it was changed or is damaged.")
    about["key"] = "" if sealed else key_of(talk, package, emergency)
    messages = opened(data, bytes.fromhex(about["key"])) if about["key"] else None
    write_private(file, packed(about, data, messages))
    words = "%s holds the package %s. Check it with: python3 verify.py" % (
        file, "and its texts" if messages is not None else "sealed, without its texts",
    )  # fmt: skip
    return Result({"package": package, "opened": messages is not None, "digest": about["digest"]}, words)


@evidence.command()
@click.argument("package", type=click.IntRange(1))
@click.option("--to", "to", type=click.Choice(TO), required=True, help="Who gets it.")
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("--name", default="", help="Name of the platform, school or station.")
@with_watch()
def notice(talk: Talk, package: int, to: str, language: str, name: str) -> Result:
    """Print a notice about PACKAGE, filled in but for your name: to a platform, a school or the police."""
    about = about_package(talk, package)
    text = notice_text(about, to, language, name)
    return Result({"to": to, "package": package, "digest": about["digest"], "text": text}, text)


@evidence.command()
@click.argument("package", type=click.IntRange(1))
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_watch()
def close(talk: Talk, package: int, yes: bool) -> Result:
    """The matter of PACKAGE is over: it opens nowhere any more. Takes the passphrase."""
    find_package(talk, package)
    sure("Package %d goes for good. Is the matter over, at school, platform and police too?" % package, yes)
    talk.act("content_access.close", package=package, confirmed=True)
    return Result({"closed": package}, "Package %d is closed." % package)
