"""`ward sim`: the page of the simulated watch, or, with --headless, the day that `ward demo` tells.

Exit codes: 0 the page was closed (Ctrl-C), 1 it could not be served, 2 the command line is wrong.
"""

import argparse
import asyncio
import contextlib
import itertools
import os
import secrets
import signal
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from simulator import micropython
from simulator.ends import Listener, Terminal, end_of
from simulator.watch import PASSPHRASE, RUNTIMES

# Only the told day knows these.
_OF_THE_DAY = ("--headless", "--messages", "--limit", "--brief", "--json", "--update-readme", "--png", "--days")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ward sim",
        description="Open the simulated watch: a page on this computer, with the people around the watch, its journal "
        "and the guardian's view.",
        epilog="`ward sim --headless` tells a whole day instead, as `ward demo` does; so do --messages, --brief and "
        "--json (`ward demo --help` lists its options).",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--port", type=int, default=0, metavar="N", help="port on the loopback interface (any free one)"
    )
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.add_argument("--runtime", choices=RUNTIMES, default="cpython", help="what the watch runs on (%(default)s)")
    parser.add_argument("--board", metavar="NAME", help="run on this board's chips (`ls boards`), in its size")
    parser.add_argument("--language", choices=("en", "zh"), default="en", help="language of the watch (%(default)s)")
    parser.add_argument("--new", action="store_true", help="nobody has set the watch up yet: do it with `ward setup`")
    parser.add_argument(
        "--cable",
        metavar="PLACE",
        help="where its serial line is put: a path or socket://127.0.0.1:N (a path of its own)",
    )
    parser.add_argument("--age", type=int, choices=(7, 9), default=9, help="the child's age in years (%(default)s)")
    return parser


def _no_boards(name: str) -> Any:
    raise ValueError("there is no board %s here" % name)


def main(argv: list[str], load_board: Callable[[str], Any] = _no_boards) -> int:
    """Serve the page until Ctrl-C, or tell the day. load_board: gives a board by its name (host_tools/boards.py)."""
    if any(option.split("=")[0] in _OF_THE_DAY for option in argv):
        from simulator.day import main as tell

        return tell(argv)
    options = _parser().parse_args(argv)
    if not 0 <= options.port < 1 << 16:
        _parser().error("--port is a number from 0 to 65535")
    try:
        from simulator.web.server import Page, serve
    except ModuleNotFoundError as missing:  # an environment that was made before the page came
        print("ward: the page needs the package %s. Run `make setup`." % missing.name, file=sys.stderr)
        return 1
    if options.runtime == "micropython" and not micropython.binary():
        print("ward: %s. Use --runtime cpython." % micropython.why_missing(), file=sys.stderr)
        return 2
    try:
        board = load_board(options.board) if options.board else None
    except ValueError as error:
        _parser().error(str(error))
    with tempfile.TemporaryDirectory() as folder:
        try:
            cable = _cable(options.cable, Path(folder))
        except OSError as error:
            print("ward: there is no cable: %s. Try another --cable." % error, file=sys.stderr)
            return 1
        page = Page(_maker(Path(folder), options, board), secrets.token_urlsafe(24), cable=cable)
        try:
            asyncio.run(_serve(serve(page, options.port, lambda url: _opened(url, options, cable))))
        except OSError as error:
            print("ward: the page cannot be served: %s. Try another --port." % error, file=sys.stderr)
            return 1
        finally:
            if cable:
                cable.close()
    return 0


def _cable(named: str | None, folder: Path) -> Terminal | Listener | None:
    """The end of the watch's serial line; None where there are no pseudo-terminals and no address was named."""
    if named is None and not hasattr(os, "openpty"):
        return None
    return end_of(named or folder / "cable")


def _maker(folder: Path, options: argparse.Namespace, board: Any) -> Callable[..., Any]:
    """Makes a household, each in a folder of its own."""
    from simulator.web.household import Household

    numbers = itertools.count()

    def make(language: str = options.language, age: int = options.age) -> Household:
        place, seed = folder / str(next(numbers)), secrets.token_hex(16)
        return Household(place, options.runtime, language, age, board, options.new, seed)

    return make


async def _serve(serving: Coroutine[Any, Any, None]) -> None:
    """Until Ctrl-C or the polite signal, after which files and processes are cleaned up."""
    task = asyncio.ensure_future(serving)
    for sign in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows
            asyncio.get_running_loop().add_signal_handler(sign, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _opened(url: str, options: argparse.Namespace, cable: Terminal | Listener | None) -> None:
    print("The watch is at %s" % url)
    if cable:
        print("Its cable is at %s. In another terminal:\n    ward setup --port %s" % (cable.path, cable.path))
        if not options.new:
            print("It is set up; the owner's passphrase is: %s" % PASSPHRASE)
    print("Ctrl-C ends it.", flush=True)
    if options.open:
        webbrowser.open(url)
