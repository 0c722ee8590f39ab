"""`ward evidence`: sealed packages listed, exported for others to check, reported, closed (F11-F14, F19, H7, H11)."""

import base64
import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from host_tools.console import Failure, Result, date, month, say, sure, table, write_private
from host_tools.guardian.notices import TO, notice_text, read_me
from host_tools.guardian.verify_evidence import opened
from host_tools.journal import records
from host_tools.link import receipts
from host_tools.link.talk import Talk, refuse, with_watch
from simulator import EPOCH

_NAMES = ["package", "month", "party", "messages", "expires", "handed_over", "digest", "sealed"]
_PRIVATE = "content_access.private"


@click.group()
def evidence() -> None:
    """Sealed evidence: list it, export it for others, write a notice, close a case."""


def _packages(talk: Talk) -> list[dict[str, Any]]:
    return [dict(zip(_NAMES, row, strict=True)) for row in talk.read("evidence.list")]


def _package(talk: Talk, number: int) -> dict[str, Any]:
    for one in _packages(talk):
        if one["package"] == number:
            return one
    raise Failure("There is no package %d. See: ward evidence list" % number)


@evidence.command("list")
@with_watch()
def list_(talk: Talk) -> Result:
    """List the sealed evidence packages; their text stays in the watch."""
    found = _packages(talk)
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
    about = _about(talk, package)
    data = _stored(talk, package)
    if hashlib.sha256(data).hexdigest()[:32] != about["digest"]:
        raise Failure("The package in the watch is not the one that was sealed: it was changed or is damaged.")
    about["key"] = "" if sealed else _key(talk, package, emergency)
    messages = opened(data, bytes.fromhex(about["key"])) if about["key"] else None
    write_private(file, _zip(about, data, messages))
    words = "%s holds the package %s. Check it with: python3 verify.py" % (
        file, "and its texts" if messages is not None else "sealed, without its texts",
    )  # fmt: skip
    return Result({"package": package, "opened": messages is not None, "digest": about["digest"]}, words)


def _about(talk: Talk, package: int) -> dict[str, Any]:
    """What is known of a package without opening it: facts, and the journal's records about the same party."""
    row = _package(talk, package)
    journal = records(talk, 0)
    sealing = [one for one in journal if one[3] == "content_access.sealed" and one[4] == package]
    if sealing and (sealing[0][1], sealing[0][-1]) != (row["sealed"], row["digest"]):
        raise Failure("The watch's journal and its state disagree about this package. See: ward log verify")
    if not sealing:
        say("The journal does not reach back to the sealing any more; the watch's state keeps time and digest of it.")
    receipt = talk.line.call("log.receipt")
    about = [one for one in journal if row["party"] in one[4:]]
    return {
        "format": "wardwatch-evidence", "version": 1,
        "watch": talk.hello.watch.hex(), "set_up": receipt["set_up"],
        "package": package, "party": row["party"], "messages": row["messages"],
        "sealed_at": _utc(row["sealed"]), "digest": row["digest"],
        "sealing": sealing[0] if sealing else None,  # the record, while the journal holds it
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "journal": {name: receipt[name] for name in ("seq", "segment", "mac")},
        "journal_goes_on_from_last_contact": talk.history in (receipts.EXTENDS, receipts.GONE),
        "context": [[one[0], _utc(one[1]), *one[3:]] for one in about],
    }  # fmt: skip


def _utc(wall: int) -> str:
    return datetime.fromtimestamp(wall + EPOCH, UTC).isoformat()


def _stored(talk: Talk, package: int) -> bytes:
    data = b""
    while piece := talk.line.call("evidence.sealed", package=package, **{"from": len(data)})["data"]:
        data += base64.b64decode(piece)
    return data


def _key(talk: Talk, package: int, emergency: str | None) -> str:
    """The package's key, or "" where only the child may open it. Failure if the watch refuses for another reason."""
    talk.log_in()
    if emergency is not None:
        talk.act("content_access.emergency", reason=emergency)
    answer = talk.answer("evidence.key", package=package)
    if answer["verdict"] != "allow" and answer["reason"] != _PRIVATE:
        refuse(answer)
    if not answer["key"]:
        say(
            "From the age of 8 the child decides who reads this: on the watch, for each package. It is exported sealed."
        )
    return str(answer["key"])


def _zip(about: dict[str, Any], data: bytes, messages: list[list[Any]] | None) -> bytes:
    files = {
        "00-read-me-first.txt": read_me(about).encode(),
        "package.bin": data,
        "package.json": json.dumps(about, ensure_ascii=False, indent=1).encode(),
        "verify.py": (Path(__file__).parent / "guardian" / "verify_evidence.py").read_bytes(),
    }
    if messages is not None:
        files["messages.json"] = json.dumps(messages, ensure_ascii=False, indent=1).encode()
    sums = {name: hashlib.sha256(blob).hexdigest() for name, blob in files.items()}
    files["manifest.json"] = json.dumps({"files": sums}, indent=1).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, blob in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), blob)
    return out.getvalue()


@evidence.command()
@click.argument("package", type=click.IntRange(1))
@click.option("--to", "to", type=click.Choice(TO), required=True, help="Who gets it.")
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("--name", default="", help="Name of the platform, school or station.")
@with_watch()
def notice(talk: Talk, package: int, to: str, language: str, name: str) -> Result:
    """Print a notice about PACKAGE, filled in but for your name: to a platform, a school or the police."""
    about = _about(talk, package)
    text = notice_text(about, to, language, name)
    return Result({"to": to, "package": package, "digest": about["digest"], "text": text}, text)


@evidence.command()
@click.argument("package", type=click.IntRange(1))
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_watch()
def close(talk: Talk, package: int, yes: bool) -> Result:
    """The matter of PACKAGE is over: it opens nowhere any more. Takes the passphrase."""
    _package(talk, package)
    sure("Package %d goes for good. Is the matter over, at school, platform and police too?" % package, yes)
    talk.act("content_access.close", package=package, confirmed=True)
    return Result({"closed": package}, "Package %d is closed." % package)
