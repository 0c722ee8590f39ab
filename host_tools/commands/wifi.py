"""`ward wifi` and `ward keys`: where a watch may connect to, and what opens what it sends to its guardians."""

import base64
import json
import secrets
import ssl
from pathlib import Path
from typing import Any

import click

from host_tools.console import Failure, Result, Shown, sure, table, write_private
from host_tools.link.broker import address, certificate, password_of
from host_tools.link.keys import APPROVAL, POSITION
from host_tools.link.talk import Talk, with_watch

_FORMAT = "wardwatch-keys"
_PURPOSES = click.Choice(["messages", "assistant"])


@click.group(cls=Shown, shown="show")
def wifi() -> None:
    """Wi-Fi networks and the servers behind them; alone: what is set."""


@wifi.command()
@with_watch()
def show(talk: Talk) -> Result:
    """Show which networks the watch knows, and the only addresses that it connects to."""
    found = talk.line.call("network.read")
    rows = [[purpose, "%s:%d" % (host, port), name or "-"] for purpose, host, port, name in found["endpoints"]]
    lines = ["Networks: " + (", ".join(found["networks"]) or "none") + "."]
    lines.append(table(["for", "address", "certificate"], rows) or "It connects to nothing.")
    lines.append("Now: %s." % found["state"])
    return Result(found, "\n".join(lines))


@wifi.command()
@click.argument("name")
@click.option("--password-file", metavar="FILE", help="Read its password from FILE; - for stdin; without: typed.")
@with_watch()
def add(talk: Talk, name: str, password_file: str | None) -> Result:
    """Let the watch join the network NAME. Takes the passphrase."""
    talk.act("network.wifi", name=name, password=password_of("Password of the network", password_file))
    return Result({"network": name}, "The watch knows %s now." % name)


@wifi.command()
@click.argument("name")
@with_watch()
def remove(talk: Talk, name: str) -> Result:
    """Let the watch forget the network NAME. Takes the passphrase."""
    talk.act("network.forget", name=name)
    return Result({"removed": name}, "The watch has forgotten %s." % name)


def _endpoint(
    talk: Talk, purpose: str, server: str, authority: Path | None, name: str, secret_file: str, **more: str
) -> Result:
    host, port = address(server)
    pem = certificate(authority) if authority else ""
    der = ssl.PEM_cert_to_DER_cert(pem.strip()) if pem else b""
    hidden = password_of("", secret_file) if secret_file else ""
    talk.act(
        "network.endpoint",
        purpose=purpose,
        host=host,
        port=port,
        name=(name or host) if pem else "",
        authority=base64.b64encode(der).decode(),
        secret=hidden,
        **more,
    )
    return Result(
        {"purpose": purpose, "host": host, "port": port}, "For %s the watch connects to %s:%d." % (purpose, host, port)
    )


@wifi.command()
@click.argument("server", metavar="HOST:PORT")
@click.option("--authority", type=click.Path(path_type=Path), help="PEM file of the broker's one authority.")
@click.option("--name", default="", help="The name in its certificate, if HOST is an address.")
@click.option("--account", default="", help="The watch's own account at the broker.")
@click.option("--secret-file", default="", metavar="FILE", help="Read the account's password from FILE; - for stdin.")
@with_watch()
def messages(talk: Talk, server: str, authority: Path | None, name: str, account: str, secret_file: str) -> Result:
    """Messages and alerts go through the MQTT broker at HOST:PORT. Takes the passphrase."""
    return _endpoint(talk, "messages", server, authority, name, secret_file, account=account, path="")


@wifi.command()
@click.argument("server", metavar="HOST:PORT")
@click.option("--authority", type=click.Path(path_type=Path), help="PEM file of the server's one authority.")
@click.option("--name", default="", help="The name in its certificate, if HOST is an address.")
@click.option("--model", default="", help="The model to ask for.")
@click.option("--path", default="", help="Path of the interface; without: /v1/chat/completions.")
@click.option("--secret-file", default="", metavar="FILE", help="Read the server's key from FILE; - for stdin.")
@with_watch()
def assistant(
    talk: Talk, server: str, authority: Path | None, name: str, model: str, path: str, secret_file: str
) -> Result:
    """The assistant is the OpenAI-compatible server at HOST:PORT. Takes the passphrase.

    Whether the child may use it is decided elsewhere: ward policy, ward data consent."""
    return _endpoint(talk, "assistant", server, authority, name, secret_file, account=model, path=path)


@wifi.command()
@click.argument("purpose", type=_PURPOSES)
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_watch()
def close(talk: Talk, purpose: str, yes: bool) -> Result:
    """The watch connects to nothing any more for PURPOSE. Takes the passphrase."""
    sure("Without it, %s go over no network. Close?" % ("alerts" if purpose == "messages" else "questions"), yes)
    talk.act("network.close", purpose=purpose)
    return Result({"closed": purpose}, "For %s the watch connects to nothing." % purpose)


@click.command()
@click.option("--export", "out", type=click.Path(path_type=Path), help="Write them to this new file, for a computer.")
@click.option("--import", "file", type=click.Path(path_type=Path), help="Take them from another guardian's file.")
@with_watch()
def keys(talk: Talk, out: Path | None, file: Path | None) -> Result:
    """Make the keys for codes and positions, give them to the watch, and keep them here. Takes the passphrase.

    With them `ward approve` and `ward inbox` need no key file. --export and --import bring those of this watch to
    another guardian's computer and change nothing on the watch."""
    watch = talk.hello.watch
    if file is not None:
        for name, key in _read(file, watch.hex()).items():
            talk.keys.put(watch, key, name)
        return Result({"watch": watch.hex()}, "This computer can compute codes and open positions now.")
    if out is not None:
        known = {name: talk.keys.key(watch, name) for name in (APPROVAL, POSITION)}
        if not all(known.values()):
            raise Failure("This computer has no keys of this watch yet. Run: ward keys")
        found: dict[str, Any] = {name: key.hex() for name, key in known.items() if key}
        write_private(out, json.dumps({"format": _FORMAT, "watch": watch.hex(), **found}) + "\n")
        return Result({"file": str(out)}, "%s opens positions and makes codes: hand it over in person." % out)
    for name, act in ((APPROVAL, "approval.key"), (POSITION, "location.key")):
        key = secrets.token_bytes(32)
        talk.act(act, key=key.hex())
        talk.keys.put(watch, key, name)
    return Result({"watch": watch.hex()}, "The watch has new keys. What was asked under the old ones has ended.")


def _read(file: Path, watch: str) -> dict[str, bytes]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        keys = {name: bytes.fromhex(found[name]) for name in (APPROVAL, POSITION)}
        if found["format"] != _FORMAT or any(len(key) != 32 for key in keys.values()):
            raise ValueError("another format")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failure("%s holds no keys (%s)." % (file, error)) from error
    if found["watch"] != watch:
        raise Failure("%s is of another watch." % file)
    return keys
