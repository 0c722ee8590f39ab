"""`ward watch`: a simulated watch at a serial port of this computer, for trying `ward` without a board."""

import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import click

from host_tools.console import Failure

# What the watch shows that a person needs to read; anything else is named by its kind alone.
_WORDS = {
    "pairing_code": "A computer wants to connect. Press Enter here, as the button on the watch.",
    "pairing_over": "The digits are gone from the watch.",
    "lock_screen": "The lock screen says: lost=%(lost)s %(message)s %(card)s",
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--port", help="Where the port is put, such as /tmp/watch or socket://127.0.0.1:4000.")
@click.option("--address", default="watch", show_default=True, help="The watch's own address, for its contacts.")
@click.option("--runtime", type=click.Choice(["cpython", "micropython"]), default="cpython", show_default=True)
@click.option("--wifi", is_flag=True, help="With a radio: it connects to what ward wifi has set, on this computer too.")
def watch(port: str | None, address: str, runtime: str, wifi: bool) -> None:
    """Serve a new simulated watch at a serial port until Ctrl-C, and print what it shows.

    The watch lives in real time and forgets everything when it ends. With --wifi it is in reach of one network, called
    "home", with the password "grey herons wade"."""
    from simulator import micropython
    from simulator.serial_port import SerialWatch

    button = _Button()

    if runtime == "micropython" and micropython.binary() is None:
        raise Failure(micropython.why_missing() + ". Use --runtime cpython.")
    with tempfile.TemporaryDirectory() as folder:
        try:
            served = SerialWatch(Path(folder), port, runtime, button.show, address, wifi)
        except OSError as error:
            raise Failure("There is no port: %s." % error) from error
        with served:
            click.echo("A new watch is at %s. Set it up in another terminal:" % served.path)
            click.echo("    ward setup --port %s" % served.path)
            threading.Thread(target=button.follow, args=(served,), daemon=True).start()
            try:
                served.serve(threading.Event())
            except KeyboardInterrupt:
                click.echo("The watch is off.")


class _Button:
    """Enter is the button of this watch, which has no display: it asks for the digits of a pairing."""

    def __init__(self) -> None:
        self._code = ""

    def show(self, kind: str, fields: dict[str, Any]) -> None:
        """Print one thing that the watch shows."""
        self._code = str(fields["code"]) if kind == "pairing_code" else "" if kind == "pairing_over" else self._code
        click.echo(_WORDS.get(kind, kind) % fields)

    def follow(self, served: Any) -> None:
        """Press for each line that is typed, until there is no more."""
        for _ in sys.stdin:
            if self._code:
                served.do("in_hand")
                click.echo("The watch shows the pairing digits: " + self._code)
