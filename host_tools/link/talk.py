"""What a `ward` command says to a watch: open, read, act, and the passphrase only when the watch wants it."""

import functools
import os
from collections.abc import Callable
from typing import Any, NoReturn

import click

from firmware.texts import text
from host_tools.console import BROKEN, NO_WATCH, REFUSED, WRONG, Failure, Result, say, secret, warn
from host_tools.link import receipts
from host_tools.link.keys import Keys
from host_tools.link.line import Hello, Line, LineError, Refused
from host_tools.link.login import log_in
from host_tools.link.port import Port, find

_NEEDS_PROOF = ("credentials.proof_needed", "administration.clock_not_yours")
_WRONG = ("credentials.wrong", "credentials.locked", "hosts.wrong_code", "hosts.locked", "credentials.weak_pin")

_BROKE = "What was asked is done wholly or not at all: connect again, and the next command says which."


class Talk:
    """port: as the command line names it, or None; user: who signs in; passphrase_fd: where to read the passphrase;
    as_json: for commands that print while they run."""

    def __init__(self, port: str | None, user: str, passphrase_fd: int | None, as_json: bool = False) -> None:
        self.as_json = as_json
        self._named = port
        self._user = user
        self._fd = passphrase_fd
        self._typed = ""
        self._seq: int | None = None  # of the journal when the session began
        self._logged_in = False
        self._acted = False
        self._done: list[str] = []  # acts that the watch has carried out for this command
        self.history = receipts.EXTENDS  # or what receipts.judge says of this watch
        self.keys = Keys()
        self._port: Port | None = None
        self.line: Line
        self.hello: Hello

    def greet(self) -> Hello:
        """Find the watch. Failure if there is none."""
        self._port, self.line, self.hello = find(self._named, self.keys.host)
        return self.hello

    def open(self) -> None:
        """Find the watch and open a session. Failure if it does not know this computer."""
        self.greet()
        self.open_greeted()

    def open_greeted(self) -> None:
        """Open a session with the watch that was greeted. Failure if it does not know this computer."""
        if self.hello.recovery:
            raise Failure(
                "The watch is in recovery (%s). Give it its firmware: ward update PACKAGE" % self.hello.recovery
            )
        key = self.keys.key(self.hello.watch)
        if key is None or not self.hello.known:
            if key:
                warn("This watch knew this computer and does not any more: it was wiped, or the computer was removed.")
            why = "This watch and this computer are not paired." if self.hello.set_up else "This watch is new."
            raise Failure(why + " Run: ward setup", NO_WATCH)
        try:
            self.line.open(key)
        except Refused as refused:
            raise Failure("%s. Run: ward setup" % refused, NO_WATCH) from refused
        self.compare()

    def compare(self) -> None:
        """Hold the watch's journal against the last contact; red if it does not go on from there."""
        old = self.keys.receipt(self.hello.watch)
        try:
            new = self.line.call("log.receipt", **receipts.place(old))
        except Refused:  # it is closed: what a guardian does about that must not depend on it
            self.history = receipts.UNREADABLE
            warn(self.history)
            return
        self.history = receipts.judge(old, new)
        self._seq = new["seq"]
        self._say_what_became()
        if self.history in (receipts.EXTENDS, receipts.GONE):
            self.keys.note(self.hello.watch, new)
        else:
            warn(self.history + receipts.how_often(old, new) + " See: ward log verify")

    def _say_what_became(self) -> None:
        """The command before this one was cut off: the journal knows whether the watch had it."""
        begun = self.keys.begun(self.hello.watch)
        if begun is None:
            return
        act, after, done = begun
        found: list[list[Any]] = []
        while act and (page := self.line.call("log.read", after=after)):
            found += page
            after = page[-1][0]
        if act and receipts.was_done(act, found, done.count(act)):
            done, act = [*done, act], ""
        for kind in dict.fromkeys(done):
            times = ", %d times" % done.count(kind) if done.count(kind) > 1 else ""
            say("The last command was cut off; what it asked for (%s) was carried out%s." % (kind, times))
        if act:
            say("The last command was cut off; what it asked for (%s) was not carried out." % act)
        self.keys.finish(self.hello.watch)

    def accept(self) -> None:
        """The guardian knows what happened: compare with the watch as it is now from here on."""
        self.keys.note(self.hello.watch, self.line.call("log.receipt"))
        self.history = receipts.EXTENDS

    def read(self, method: str, **params: Any) -> Any:
        """The result of a reading method; of a list, all pages."""
        found = self.line.call(method, **params)
        if not isinstance(found, list) or not found:
            return found
        while page := self.line.call(method, **params, **{"from": len(found)}):
            found += page
        return found

    def act(self, kind: str, **fields: Any) -> dict[str, Any]:
        """A guardian's act, carried out; the passphrase is asked for if the watch wants it. Failure if refused."""
        answer = self.answer(kind, **fields)
        if answer["verdict"] != "allow" and answer["reason"] in _NEEDS_PROOF and not self._logged_in:
            self.log_in()
            answer = self.answer(kind, **fields)
        if answer["verdict"] != "allow":
            refuse(answer)
        return answer

    def answer(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The watch's answer to an act, allowed or refused."""
        self._acted = True
        if self._seq is not None:
            self.keys.begin(self.hello.watch, kind, self._seq, self._done)
        found: dict[str, Any] = self.line.call(kind, timeout=60.0, **fields)
        if found["verdict"] == "allow":
            self._done.append(kind)
        if self._seq is not None:  # the command may break before its next act
            self.keys.begin(self.hello.watch, "", self._seq, self._done)
        return found

    def log_in(self, passphrase: str = "") -> None:
        """Prove the passphrase: given, from the file descriptor, or typed."""
        log_in(self.line, self._user, passphrase or self.passphrase("Passphrase"), self.keys, self.hello.watch)
        self._logged_in = True

    def passphrase(self, question: str) -> str:
        """A passphrase from the file descriptor, or typed. One command asks for it once."""
        if not self._typed:
            self._typed = secret(question) if self._fd is None else self._from_descriptor(self._fd)
        return self._typed

    def _from_descriptor(self, descriptor: int) -> str:
        try:
            with os.fdopen(descriptor, encoding="utf-8", closefd=False) as file:
                found = file.readline().rstrip("\r\n")
        except (OSError, ValueError) as error:
            raise Failure("No passphrase can be read from file descriptor %d." % descriptor) from error
        if not found:
            raise Failure("File descriptor %d holds no passphrase." % descriptor)
        return found

    def close(self, broken: bool = False) -> None:
        """End the owner's proof, so that it is good for this command alone, and close the port. broken: in the middle
        of the command; the next one then says what became of it."""
        if self._port:
            if not broken:
                self.keys.finish(self.hello.watch)
            try:
                if self._acted and self.history in (receipts.EXTENDS, receipts.GONE):
                    self.keys.note(self.hello.watch, self.line.call("log.receipt", timeout=2.0))
                if self._logged_in:
                    self.line.call("credentials.logout", timeout=2.0)
            except (LineError, Refused):
                pass  # gone already; the watch forgets the proof by itself after minutes
            self._port.close()


def refuse(answer: dict[str, Any]) -> NoReturn:
    """End the command with the watch's reason."""
    reason = str(answer.get("reason", ""))
    words = text(reason, "en")
    if answer.get("wait"):
        words += " Minutes to wait: %d." % -(-answer["wait"] // 60)
    raise Failure("The watch refused: %s (%s)" % (words, reason), WRONG if reason in _WRONG else REFUSED)


def with_watch(session: bool = True) -> Callable[[Callable[..., Result]], Callable[..., None]]:
    """Makes a function (talk, its own parameters) -> Result a command body with the options that all commands share."""

    def wrap(function: Callable[..., Result]) -> Callable[..., None]:
        @click.option("--port", envvar="WARD_PORT", show_envvar=True, help="Serial port, path or socket://host:port.")
        @click.option("--as", "user", default="owner", show_default=True, help="Which guardian signs in.")
        @click.option("--passphrase-fd", type=int, metavar="N", help="Read the passphrase from file descriptor N.")
        @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
        @functools.wraps(function)
        def command(port: str | None, user: str, passphrase_fd: int | None, as_json: bool, **parameters: Any) -> None:
            talk, broken = Talk(port, user, passphrase_fd, as_json), False
            try:
                if session:
                    talk.open()
                function(talk, **parameters).write(as_json)
            except LineError as error:
                broken = True
                raise Failure("%s %s" % (error, _BROKE), BROKEN) from error
            except Refused as refused:
                if "reason" in refused.data:
                    refuse(refused.data)
                raise Failure("The watch refused: %s." % refused, REFUSED) from refused
            finally:
                talk.close(broken)

        return command

    return wrap
