"""Runs the page beside the connection to the broker, which has a thread of its own."""

import asyncio
import threading
from pathlib import Path

from host_tools.console import NO_WATCH, Failure, say
from host_tools.guardian.approval import code
from host_tools.guardian.inbox import Connection, Entry, Inbox
from host_tools.inbox_page.login import Login
from host_tools.inbox_page.server import Page, serve
from host_tools.link.broker import Place
from host_tools.link.keys import APPROVAL, Keys

LOOPBACK = "127.0.0.1"
_AGAIN = 5.0  # seconds between two tries to reach the broker


class Post:
    """The connection to the broker, made again whenever it is lost. `shown` grows; entries come oldest first."""

    def __init__(self, keys: Keys, box: Inbox, place: Place, password: str) -> None:
        self.shown = box.history()
        self._keys = keys
        self._box = box
        self._place = place
        self._password = password
        self._connection: Connection | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                connection = Connection(self._box, "ward-" + self._keys.host.hex(), self._place, self._password)
                self._connection = connection
                try:
                    connection.run(self.shown.append, self._ended.is_set)
                finally:
                    self._connection = None
                    connection.close()
            except OSError:
                self._ended.wait(_AGAIN)

    def online(self) -> bool:
        """Whether there is a connection to the broker."""
        return self._connection is not None

    def agree(self, entry: Entry) -> bool:
        """Send the code for a request; False without a key for it, or without a connection."""
        key = self._keys.key(bytes.fromhex(entry.watch), APPROVAL)
        connection = self._connection
        if key is None or connection is None:
            return False
        asked = {name: entry.fields[name] for name in ("what", "value", "minutes", "detail")}
        number = entry.fields["request"]
        connection.approve(entry.watch, number, code(key, number, **asked))
        return True

    def close(self) -> None:
        """End the thread."""
        self._ended.set()
        self._thread.join()


def run(post: Post, listen: str, certificate: tuple[Path, Path] | None) -> None:
    """Serve the page until Ctrl-C. listen: ADDRESS:PORT, port 0 for any. Failure if this cannot be."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise Failure("--listen needs an address and a port, such as 127.0.0.1:8470, not %s." % listen)
    if host != LOOPBACK and certificate is None:
        raise Failure(
            "Other devices are served over TLS only: give --certificate and --key, or listen on %s." % LOOPBACK
        )
    login = Login()
    try:
        asyncio.run(_serve(Page(login, post.shown, post.agree, post.online), login, host, int(port), certificate))
    except OSError as error:
        raise Failure("The page cannot be served at %s: %s." % (listen, error), NO_WATCH) from error
    except KeyboardInterrupt:
        pass


async def _serve(page: Page, login: Login, host: str, port: int, certificate: tuple[Path, Path] | None) -> None:
    runner, address = await serve(page, host, port, certificate)
    say("The inbox: %s\nDigits for it, new each time: %s\nCtrl-C ends it." % (address, login.code))
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
