"""The command line: one module a group of commands, `compose` the composition root."""

from __future__ import annotations

import sys

import click

from aggregator import __version__
from aggregator.cli import garbage
from aggregator.cli.backup import backup, restore
from aggregator.cli.check import check
from aggregator.cli.demo import demo
from aggregator.cli.doctor import doctor
from aggregator.cli.feedback import feedback
from aggregator.cli.feeds import feeds
from aggregator.cli.health import health
from aggregator.cli.init import init
from aggregator.cli.ledger import ledger
from aggregator.cli.new import new
from aggregator.cli.peek import peek
from aggregator.cli.replay import replay
from aggregator.cli.run import run
from aggregator.errors import CasewireError, ConfigError

EXIT_FAULTS = 1


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="casewire")
def cli() -> None:
    """Tell each follower of a crypto-regulation case of each development once, with the reason."""


for command in (
    run,
    health,
    check,
    doctor,
    peek,
    feeds,
    replay,
    demo,
    new,
    init,
    ledger,
    feedback,
    backup,
    restore,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line; errors made on purpose are one clear line each, never a trace."""
    garbage.begins()
    try:
        cli(standalone_mode=True)
    except ConfigError as error:
        for fault in error.faults:
            click.echo(str(fault), err=True)
        sys.exit(EXIT_FAULTS)
    except CasewireError as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_FAULTS)
