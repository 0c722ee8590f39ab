"""Sealed packages of evidence: found, read, and packed for others to check (F11-F14, H7, H11)."""

import base64
import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from host_tools.console import Failure, say
from host_tools.guardian.journal import records
from host_tools.guardian.notices import read_me
from host_tools.link import receipts
from host_tools.link.talk import Talk, refuse
from simulator import EPOCH

_NAMES = ["package", "month", "party", "messages", "expires", "handed_over", "digest", "sealed"]
_PRIVATE = "content_access.private"


def list_packages(talk: Talk) -> list[dict[str, Any]]:
    """All sealed packages by the names of their fields; no text is among them."""
    return [dict(zip(_NAMES, row, strict=True)) for row in talk.read("evidence.list")]


def find_package(talk: Talk, number: int) -> dict[str, Any]:
    """One of them. Failure if there is none of this number."""
    for one in list_packages(talk):
        if one["package"] == number:
            return one
    raise Failure("There is no package %d. See: ward evidence list" % number)


def about_package(talk: Talk, package: int) -> dict[str, Any]:
    """What is known of a package without opening it: facts, and the journal's records about the same party."""
    row = find_package(talk, package)
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


def stored(talk: Talk, package: int) -> bytes:
    """The sealed bytes as the watch keeps them."""
    data = b""
    while piece := talk.line.call("evidence.sealed", package=package, **{"from": len(data)})["data"]:
        data += base64.b64decode(piece)
    return data


def key_of(talk: Talk, package: int, emergency: str | None) -> str:
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


def packed(about: dict[str, Any], data: bytes, messages: list[list[Any]] | None) -> bytes:
    """The zip for others, with what checks it. messages: the texts, where they may be read."""
    files = {
        "00-read-me-first.txt": read_me(about).encode(),
        "package.bin": data,
        "package.json": json.dumps(about, ensure_ascii=False, indent=1).encode(),
        "verify.py": (Path(__file__).parent / "verify_evidence.py").read_bytes(),
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
