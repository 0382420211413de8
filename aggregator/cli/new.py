"""`new`: a file of your own to begin from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from aggregator.cli.called import called
from aggregator.errors import InputError

FOLDER = "watchlists"
ENDINGS = (".yaml", ".yml")

_TEMPLATE = """\
{schema}# {title}: what people follow with /follow {name}.
# After each change, `{bot} check` says whether the file is right.

title: "{title}"

# low, medium or high: what an alert carries, and how soon it goes out
severity: medium

# Which texts it is about.  A term in a list is one word or several, in all its forms (sue: sued,
# suing); "@binance" is a name from entities.yaml, ~litigation a list from words.yaml, stable* any
# ending, '"exactly so"' one spelling.  all, any, none and near (so many words apart) build a tree:
#   all:
#     - any: [stablecoin, e-money]
#     - near: ["@sec", ~litigation]
#       words: 10
#   none: ["title:prediction"]
# The same as one line:
#   (stablecoin OR e-money) AND (@sec NEAR/10 ~litigation) AND NOT title:prediction
when:
  any:
    - "{term}"

# Without this, people follow it.  With it, these chats hear of it by themselves:
# deliver:
#   - {{to: ops, floor: high}}  # the chat of CASEWIRE_OPS_CHAT, nothing below high
#   - {{to: -1001234567890, thread: 7, mode: digest 08:00}}  # once a day, at that hour UTC

# `check` tries these out.  Replace them with headlines you have seen.
examples:
  match:
    - "{match}"
  no_match:
    - "{no_match}"
"""
_NO_MATCH = (
    "Orchestra plays under the open sky",
    "Bakery wins prize for its bread",
    "Farmers expect heavy rain in June",
)


@click.group()
def new() -> None:
    """Write a file of your own to begin from."""


@new.command("watchlist")
@click.argument("name")
@click.option(
    "--rules",
    "rules_dir",
    type=click.Path(path_type=Path),
    help="The folder it goes to, instead of the last one in CASEWIRE_RULES.",
)
def watchlist(name: str, rules_dir: Path | None) -> None:
    """Write watchlists/NAME.yaml, commented, with a query and examples that hold.

    Nothing is overwritten: a name that a place in CASEWIRE_RULES already has is refused.
    """
    from aggregator.config.fields import as_slug
    from aggregator.config.settings import Settings
    from aggregator.config.yamlfile import shown

    try:
        slug = as_slug(name)
    except ValueError as error:
        raise InputError(str(error)) from None
    settings = Settings.from_env(os.environ)
    place = rules_dir or settings.rules[-1]
    if taken := _taken(slug, (*settings.rules, place)):
        mine = taken.parent.parent == place
        do = "edit it" if mine else f"write `extends: {slug}` in a file of that name of your own"
        raise InputError(f"{shown(taken)} is there already: choose another name, or {do}")
    path = place / FOLDER / f"{slug}{ENDINGS[0]}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text(slug, _schema_line(path)))
    except OSError as error:
        raise InputError(f"{shown(path)} cannot be written ({error.strerror})") from None
    click.echo(f"Wrote {shown(path)}: edit it, then run `{called()} check`.")


def text(name: str, schema: str = "") -> str:
    """Return the file for a watchlist; its query and examples say its own name."""
    words = name.replace("-", " ")
    starts = {word[:3] for word in words.split()}
    no_match = next(
        sentence
        for sentence in _NO_MATCH
        if not any(word[:3] in starts for word in sentence.lower().split())
    )
    return _TEMPLATE.format(
        schema=schema,
        bot=called(),
        name=name,
        title=words.capitalize(),
        term=words,
        match=f"Regulator opens inquiry into {words}",
        no_match=no_match,
    )


def _taken(slug: str, places: Sequence[Path]) -> Path | None:
    """Return the file that has the name in one of `places`."""
    files = (place / FOLDER / f"{slug}{ending}" for place in places for ending in ENDINGS)
    return next((file for file in files if os.path.lexists(file)), None)


def _schema_line(path: Path) -> str:
    """Return the line by which editors find the schema; empty where the schemas are not."""
    from aggregator.config.settings import Settings

    schema = Settings().rules[0].parent / "schemas" / "watchlist.schema.json"
    if not schema.is_file():
        return ""
    return f"# yaml-language-server: $schema={os.path.relpath(schema, path.parent)}\n#\n"
