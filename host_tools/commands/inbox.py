"""`ward inbox`: alerts, calls for help, requests and positions of the watches that this computer is paired with."""

import time
from pathlib import Path

import click

from host_tools.console import NO_WATCH, Failure, Result, say
from host_tools.guardian.inbox import Connection, Entry, Inbox, paired
from host_tools.link.broker import Place, with_place
from host_tools.link.keys import POSITION, Keys


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@with_place
@click.option("--seconds", default=0, type=click.IntRange(0), help="End after so long; 0: with Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("--web", is_flag=True, help="Show them on a page for a phone's browser, and agree to requests there.")
@click.option("--listen", default="127.0.0.1:8470", show_default=True, help="Where the page is served.")
@click.option("--certificate", type=click.Path(exists=True, path_type=Path), help="PEM file, for any other address.")
@click.option("--key", "private", type=click.Path(exists=True, path_type=Path), help="Its private key, PEM.")
def inbox(
    keys: Keys,
    place: Place,
    password: str,
    seconds: int,
    as_json: bool,
    web: bool,
    listen: str,
    certificate: Path | None,
    private: Path | None,
) -> None:
    """Show alerts, calls for help, requests and positions as they come over the network, and those that waited."""
    watches = paired(keys)
    positions = {watch: key for watch in watches if (key := keys.key(bytes.fromhex(watch), POSITION))}
    box = Inbox(watches, keys.folder / "inbox.json", positions)
    if web:
        from host_tools.inbox_page.command import Post, run  # with the web server

        post = Post(keys, box, place, password)
        try:
            run(post, listen, (certificate, private) if certificate and private else None)
        finally:
            post.close()
        return
    until = time.monotonic() + seconds if seconds else None

    def show(entry: Entry) -> None:
        Result({"watch": entry.watch, "kind": entry.kind, **entry.fields}, entry.watch + "  " + entry.words()).write(
            as_json
        )

    try:
        connection = Connection(box, "ward-" + keys.host.hex(), place, password)
        try:
            connection.run(show, lambda: until is not None and time.monotonic() >= until)
        finally:
            connection.close()
    except KeyboardInterrupt:
        pass
    except OSError as error:
        raise Failure("No connection to %s:%d: %s." % (place.host, place.port, error), NO_WATCH) from error
    if box.forged:
        say("%d messages did not open and were dropped: nobody with a pairing key made them." % box.forged)
