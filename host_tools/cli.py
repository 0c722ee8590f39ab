"""The `ward` command. Data goes to stdout, errors to stderr with what to do next.

Exit codes: 0 done, 1 failed, 2 the command line was not understood.
"""

import sys
from importlib.metadata import PackageNotFoundError, version

import click

from host_tools.approve import approve

_SETTINGS = {"help_option_names": ["-h", "--help"]}
_PASS_ON = {"ignore_unknown_options": True, "allow_extra_args": True}


def _version() -> str:
    """The installed version; "unknown" in a tree that was never installed."""
    try:
        return version("wardwatch")
    except PackageNotFoundError:
        return "unknown"


@click.group(context_settings=_SETTINGS)
@click.version_option(_version(), prog_name="ward")
def main() -> None:
    """Simulate a Wardwatch, the children's watch that keeps its guardian's rules itself.

    Setting up, configuring and flashing real boards come with later parts."""


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
    from simulator.web.command import main as simulate

    sys.exit(simulate(list(options)))


main.add_command(approve)


@main.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
def check_package(folder: str) -> None:
    """Check an app's folder as a source does before signing it: code, adverts, links."""
    from pathlib import Path

    from host_tools.packages import lint

    problems = lint(Path(folder))
    for problem in problems:
        click.echo(problem, err=True)
    click.echo("%d problems" % len(problems))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
