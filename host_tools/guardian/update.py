"""A signed package goes to the watch in a session, or to its recovery, piece by piece."""

import base64
import hashlib
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

import simulator  # noqa: F401  makes the firmware importable
from firmware.texts import text
from firmware.update import package as form
from host_tools.console import BROKEN, REFUSED, Failure, Result, say, table
from host_tools.link.line import LineError, Refused
from host_tools.link.talk import Talk, refuse

_PIECE = 2048  # bytes: in base64, in JSON, sealed and in base64 again they just fit a frame
_BACK = 120.0  # seconds in which a watch starts again
_FIRST = 2.0  # and between two tries


@dataclass(frozen=True)
class Package:
    """A package as a file has it. parts: code, then assets, as the watch numbers them."""

    manifest: Any
    head: bytes
    parts: list[bytes]


def read(path: Path) -> Package:
    """A package whose bytes are those that were signed; by whom, only the watch can judge. Failure if they are not."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Failure("%s cannot be read: %s." % (path, error.strerror)) from error
    lines = data.split(b"\n", 4)
    try:
        signer = hashlib.sha256(bytes.fromhex(lines[2].decode())).hexdigest()
    except (IndexError, ValueError):
        signer = ""
    problem, manifest = form.read_head(data[: form.HEAD], [signer])
    if problem:
        raise Failure("%s is no package that a watch would take: %s" % (path, text("firmware." + problem, "en")))
    at = manifest.at
    parts = []
    for size, sha in [(manifest.size, manifest.sha)] + [(size, sha) for _, size, sha in manifest.assets]:
        parts.append(data[at : at + size])
        at += size
        if hashlib.sha256(parts[-1]).hexdigest() != sha:
            raise Failure("%s is damaged. Get it again." % path)
    if at != len(data):
        raise Failure("%s is longer than it says." % path)
    return Package(manifest, data[: manifest.at], parts)


def rules(talk: Talk) -> dict[str, Any]:
    """Every rule that is in force: {key: value}."""
    return {row[0]: row[1] for row in talk.read("settings.read")}


def differing(before: dict[str, Any], after: dict[str, Any]) -> list[list[Any]]:
    """[key, value before, value now] of each rule that an update has changed by itself, "–" for none."""
    keys = sorted(before.keys() | after.keys())
    return [[key, before.get(key, "–"), after.get(key, "–")] for key in keys if before.get(key) != after.get(key)]


def agree(changed: list[list[Any]], yes: bool) -> None:
    """A guardian sees what a version has set otherwise before it is confirmed (C12); else it stays on trial."""
    if not changed:
        return
    say("The new version has other rules where you have chosen nothing:\n" + table(["rule", "before", "now"], changed))
    if not yes and not click.confirm("Keep this version with these rules?", err=True):
        raise Failure(
            "It runs on trial, for a day of use at most. Choose the rules yourself with ward policy set, then: "
            "ward update --confirm", REFUSED
        )  # fmt: skip


def send(talk: Talk, made: Package, recovering: str) -> None:
    """Bring what the watch wants of a package. recovering: why it is in recovery, "" if it is not."""
    for at in range(0, len(made.head), _PIECE):
        talk.line.call("firmware.head", at=at, data=_base64(made.head[at : at + _PIECE]))
    if recovering:
        answer = talk.line.call("firmware.begin", timeout=60.0)
        if answer["verdict"] != "allow":
            refuse(answer)
    else:
        _begin(talk, made)
    wants = talk.line.call("firmware.state")["wants"]
    left = sum(size - at for _, at, size in wants)
    quiet = not sys.stderr.isatty()
    with click.progressbar(length=left, label="Sending", file=sys.stderr, hidden=quiet) as bar:
        while wants:
            part, at, size = wants[0]
            piece = made.parts[part][at : min(at + _PIECE, size)]
            if talk.line.call("firmware.piece", timeout=30.0, part=part, at=at, data=_base64(piece))["taken"]:
                bar.update(len(piece))
                wants[0][1] = at + len(piece)
                if wants[0][1] == size:
                    wants.pop(0)
            else:
                wants = talk.line.call("firmware.state")["wants"]
    answer = talk.line.call("firmware.finish", timeout=60.0)
    if answer["verdict"] != "allow":
        refuse(answer)


def _begin(talk: Talk, made: Package) -> None:
    """The watch drops a head that it has refused, so after the passphrase it is sent again."""
    answer = talk.line.call("firmware.begin", timeout=60.0)
    if answer["verdict"] != "allow" and answer["reason"] == "credentials.proof_needed":
        talk.log_in()
        for at in range(0, len(made.head), _PIECE):
            talk.line.call("firmware.head", at=at, data=_base64(made.head[at : at + _PIECE]))
        answer = talk.line.call("firmware.begin", timeout=60.0)
    if answer["verdict"] != "allow":
        refuse(answer)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def come_back(talk: Talk) -> None:
    """Until the watch has restarted and answers in a session of its own."""
    say("The watch restarts. Leave it at the cable.")
    until = time.monotonic() + _BACK
    while True:
        talk.close()
        time.sleep(_FIRST)
        try:
            talk.open()
            return
        except (Failure, LineError, Refused) as error:
            if time.monotonic() > until:
                raise Failure(
                    "The watch has not come back yet. Look at it, then: ward update --confirm", BROKEN
                ) from error


def confirm(talk: Talk, version: int = 0) -> Result:
    """Confirm the version on trial, once it has run for a minute. version: the one that is expected, or 0."""
    while True:
        state = talk.line.call("firmware.state")
        if version and state["version"] != version:
            raise Failure("The watch went back to version %d: the new one did not start." % state["version"], REFUSED)
        answer = talk.line.call("firmware.confirm")
        if answer["verdict"] == "allow":
            return Result({"version": state["version"], "trial": False}, "Version %d runs." % state["version"])
        if answer["reason"] != "firmware.too_early" or not version:
            refuse(answer)
        say("Version %d runs. In %d seconds it has shown that it works." % (version, answer["wait"]))
        time.sleep(min(answer["wait"], 60))
