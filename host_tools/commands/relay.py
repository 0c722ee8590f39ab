"""`ward relay`: carries messages between the watches at this computer, sealed and signed by the watches themselves."""

import time

import click

from host_tools.console import NO_WATCH, Failure, Result, say
from host_tools.guardian.relay import Relay, open_all
from host_tools.link.line import LineError

_PAUSE = 0.2  # seconds between two rounds in which nothing was carried


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("ports", nargs=-1)
@click.option("--seconds", default=0, type=click.IntRange(0), help="End after so long; 0: with Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def relay(ports: tuple[str, ...], seconds: int, as_json: bool) -> None:
    """Carry messages between the watches at PORTS, or at all USB ports: real ones and simulated ones.

    This computer must be paired with each. It sees who writes to whom and how often, never what."""
    talks = open_all(ports)
    try:
        if len(talks) < 2:
            raise Failure("A relay needs two watches that this computer is paired with. Run: ward setup", NO_WATCH)
        carrier = Relay(talks)
        say("Carrying messages between %s. Ctrl-C ends it." % ", ".join(carrier.addresses))
        _run(carrier, seconds)
        rows = sorted(carrier.carried.items())
        words = "\n".join("%s to %s: %d" % (sender, to, count) for (sender, to), count in rows)
        Result([{"from": sender, "to": to, "messages": count} for (sender, to), count in rows], words).write(as_json)
    except LineError as error:
        raise Failure("%s What was not carried yet stays in the watches." % error, NO_WATCH) from error
    finally:
        for talk in talks:
            talk.close()


def _run(carrier: Relay, seconds: int) -> None:
    until = time.monotonic() + seconds if seconds else None
    try:
        while until is None or time.monotonic() < until:
            if not carrier.round():
                time.sleep(_PAUSE)
    except KeyboardInterrupt:
        pass
