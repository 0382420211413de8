"""`init`: a place of your own for feeds and rules, beside the shipped ones."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from urllib.parse import quote

import click

from aggregator.cli.called import called
from aggregator.errors import InputError

_FEEDS = """\
# Feeds of your own, beside the shipped ones; the file that is named later wins.
# `{bot} check` says whether this is right, `{bot} peek URL` what a feed brings.
#
#   - id: my-regulator                    # your name for it: letters, digits, hyphens
#     name: My regulator
#     url: https://regulator.example/feed.xml
#     kind: regulator                     # court, regulator, news or blog
#   - extends: coindesk                   # a shipped feed, changed in one thing
#     every: 30m
#   - id: decrypt                         # a shipped feed, switched off
#     enabled: false

feeds: []
"""
_ENV = """\
# What Casewire reads from the environment; an empty value counts as not set.
# In a shell: set -a; . {env}; set +a

# The token that BotFather gave, or a file that holds it; without one alerts go to the console.
TELEGRAM_BOT_TOKEN=
TELEGRAM_BOT_TOKEN_FILE=

# It goes into the User-Agent, so that publishers can reach you.
CASEWIRE_CONTACT=

# The shipped feeds and rules, then yours.
CASEWIRE_FEEDS={feeds}
CASEWIRE_RULES={rules}

DATABASE_URL=sqlite:///{database}
"""


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Make DIR a place for your own feeds and rules, with an environment file to begin from.

    A folder that holds anything is refused.
    """
    from aggregator.config.settings import Settings

    shipped, place = Settings(), folder.resolve()
    bot = called(place)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InputError(f"{folder} is not empty: name a new folder, nothing is overwritten")
        for name in ("cases", "watchlists"):
            (folder / "rules" / name).mkdir(parents=True)
        (folder / "feeds.yaml").write_text(_FEEDS.format(bot=bot), encoding="utf-8")
        settings = {
            "feeds": os.pathsep.join(map(str, (shipped.feeds[0].absolute(), place / "feeds.yaml"))),
            "rules": os.pathsep.join(map(str, (shipped.rules[0].absolute(), place / "rules"))),
        }
        example = _ENV.format(
            env=shlex.quote(str(place / ".env")),
            database=quote(str(place / "data" / "casewire.db")),
            **{name: shlex.quote(value) for name, value in settings.items()},
        )
        (folder / ".env.example").write_text(example, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{folder} cannot be written ({error.strerror})") from None
    click.echo(f"Made {folder}: feeds.yaml, rules/cases/, rules/watchlists/ and .env.example.")
    click.echo("In that folder they count beside the shipped ones:")
    click.echo(f"  cd {shlex.quote(str(folder))} && {bot} check")
    click.echo("Elsewhere once these are set:")
    click.echo(f"  export CASEWIRE_FEEDS={shlex.quote(settings['feeds'])}")
    click.echo(f"  export CASEWIRE_RULES={shlex.quote(settings['rules'])}")
    click.echo("There `new watchlist NAME` writes into it, and `check` reads it all.")
