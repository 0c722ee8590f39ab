"""The `ward` command. Data goes to stdout, errors to stderr with what to do next; exit codes: host_tools/console.py.

The commands that talk to a watch are loaded when they are named: the others start without them.
"""

import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

import click

from host_tools.commands.approve import approve
from host_tools.console import CODES

_SETTINGS = {"help_option_names": ["-h", "--help"]}
_PASS_ON = {"ignore_unknown_options": True, "allow_extra_args": True}


def _version() -> str:
    """The installed version; "unknown" in a tree that was never installed."""
    try:
        return version("wardwatch")
    except PackageNotFoundError:
        return "unknown"


# Which module of host_tools/commands holds the commands that talk to a watch, or are one.
_ON_DEMAND = {
    "setup": "setup",
    "status": "status",
    "policy": "policy",
    "grant": "policy",
    "contacts": "contacts",
    "block": "records",
    "bill": "daily",
    "assistant": "daily",
    "usage": "daily",
    "apps": "daily",
    "alerts": "status",
    "evidence": "evidence",
    "log": "log",
    "data": "records",
    "clock": "status",
    "lost": "status",
    "lock": "status",
    "hosts": "status",
    "backup": "backup",
    "restore": "backup",
    "relay": "relay",
    "doctor": "doctor",
    "recover": "recover",
    "wipe": "status",
    "inbox": "inbox",
    "wifi": "wifi",
    "keys": "wifi",
    "watch": "simulated",
    "keygen": "keygen",
    "build": "build",
    "update": "update",
    "flash": "flash",
    "deploy": "deploy",
    "workshop": "workshop",
}


class _Commands(click.Group):
    """Imports a command's module when the command is wanted."""

    def list_commands(self, context: click.Context) -> list[str]:
        return [*_ON_DEMAND, *super().list_commands(context)]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in _ON_DEMAND:
            return super().get_command(context, name)
        found: click.Command = getattr(import_module("host_tools.commands." + _ON_DEMAND[name]), name)
        return found


_EPILOG = "\b\nExit codes:\n" + "\n".join("  %d  %s" % one for one in CODES.items())


@click.group(cls=_Commands, context_settings=_SETTINGS, epilog=_EPILOG)
@click.version_option(_version(), prog_name="ward")
def main() -> None:
    """Set up, configure and read a Wardwatch over its cable, or simulate one.

    A Wardwatch is a children's watch that keeps its guardian's rules itself. Begin with: ward setup"""


@main.command(context_settings=_PASS_ON, add_help_option=False)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def demo(options: tuple[str, ...]) -> None:
    """Run one simulated day and print each request with the watch's decision and its reason."""
    # The simulator is imported only now: other commands need not wait for it.
    from simulator.day import main as tell

    sys.exit(tell(["--headless", *options]))


@main.command(context_settings=_PASS_ON, add_help_option=False)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def sim(options: tuple[str, ...]) -> None:
    """Open the simulated watch in a page (`ward sim --help` lists its options)."""
    from host_tools.boards import load
    from simulator.web.command import main as simulate

    sys.exit(simulate(list(options), load))


main.add_command(approve)


@main.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
def check_package(folder: str) -> None:
    """Check an app's folder as a source does before signing it: code, adverts, links."""
    from pathlib import Path

    from host_tools.making.packages import lint

    problems = lint(Path(folder))
    for problem in problems:
        click.echo(problem, err=True)
    click.echo("%d problems" % len(problems))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
