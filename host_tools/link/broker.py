"""The broker between a guardian's computer and the watches: where it is, and a session there (docs/carriers.md)."""

import functools
import os
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click
import paho.mqtt.client as mqtt

from host_tools.console import Failure, secret
from host_tools.link.keys import Keys


class Place(NamedTuple):
    """authority: the certificate of the one authority that counts, PEM; name: in the broker's certificate, if `host` is
    not it; user: of this computer at the broker, "" for none."""

    host: str
    port: int
    authority: str
    name: str = ""
    user: str = ""


def address(text: str) -> tuple[str, int]:
    """(host, port) of "HOST:PORT". Failure for anything else."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise Failure("An address needs a host and a port, such as broker.example:8883, not %s." % text)
    return host, int(port)


def certificate(path: Path) -> str:
    """The one certificate in a PEM file, as text. Failure if there is none, or more."""
    try:
        text = path.read_text(encoding="ascii")
        ssl.PEM_cert_to_DER_cert(text.strip())
    except (OSError, ValueError) as error:
        raise Failure("%s is no certificate in PEM (%s)." % (path, error)) from error
    return text


def password_of(asked: str, file: str | None) -> str:
    """A password: the first line of a file that nobody else can read, of stdin for "-"; without a file it is typed."""
    if file is None:
        return secret(asked)
    if file == "-":
        return sys.stdin.readline().rstrip("\r\n")
    try:
        if os.name == "posix" and Path(file).stat().st_mode & 0o077:
            raise Failure("Others can read %s; close it with: chmod 600 %s" % (file, file))
        return (Path(file).read_text(encoding="utf-8").splitlines() or [""])[0]
    except (OSError, ValueError) as error:
        raise Failure("%s cannot be read (%s)." % (file, error)) from error


def with_place(command: Callable[..., None]) -> Callable[..., None]:
    """Options that say where the broker is; without them: as the last time. Gives `keys`, `place` and `password`."""

    @click.option("--broker", metavar="HOST:PORT", help="The broker that the watches use; without: as the last time.")
    @click.option("--authority", type=click.Path(path_type=Path), help="PEM file of its one authority.")
    @click.option("--name", default="", help="The name in its certificate, if HOST is an address.")
    @click.option("--user", default="", help="This computer's own account at the broker.")
    @click.option("--password-file", metavar="FILE", help="Read its password from FILE; - for stdin; without: typed.")
    @functools.wraps(command)
    def wrapped(
        broker: str | None, authority: Path | None, name: str, user: str, password_file: str | None, **rest: Any
    ) -> None:
        keys = Keys()
        if broker is not None:
            if authority is None:
                raise Failure("--broker needs --authority: no other proof of the broker counts.")
            place = Place(*address(broker), certificate(authority), name, user)
            keys.keep_broker(list(place))
        elif keys.broker:
            place = Place(*keys.broker)
        else:
            raise Failure("Which broker? Name it once with --broker and --authority.")
        command(keys=keys, place=place, password=password_at(place, password_file), **rest)

    return wrapped


def password_at(place: Place, file: str | None) -> str:
    """This computer's password at the broker, "" where it needs none."""
    return password_of("Password of %s at the broker" % place.user, file) if place.user else ""


def client(place: Place, password: str, ident: str, clean: bool) -> mqtt.Client:
    """A client that is connected over TLS. clean: its session ends with it. OSError if the broker cannot be reached, or
    does not prove itself."""
    made = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, ident, clean_session=clean)
    if place.user:
        made.username_pw_set(place.user, password)
    context = ssl.create_default_context(cadata=place.authority)
    made.tls_set_context(_Named(context, place.name) if place.name else context)  # type: ignore[arg-type]
    return made


class _Named:
    """An SSLContext that expects a certificate for `name`, wherever it connects to."""

    def __init__(self, context: ssl.SSLContext, name: str) -> None:
        self._context = context
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._context, attribute)

    def wrap_socket(self, sock: Any, server_hostname: str = "", **options: Any) -> ssl.SSLSocket:
        return self._context.wrap_socket(sock, server_hostname=self._name, **options)


def tell(place: Place, password: str, ident: str, topic: str, payload: bytes, seconds: float = 10) -> bool:
    """Hand one message to the broker; whether it has it."""
    made = client(place, password, ident, clean=True)
    made.connect(place.host, place.port, keepalive=60)
    made.loop_start()
    try:
        sent = made.publish(topic, payload, 1)
        sent.wait_for_publish(seconds)
        return bool(sent.is_published())
    except (ValueError, RuntimeError):
        return False
    finally:
        made.disconnect()
        made.loop_stop()
