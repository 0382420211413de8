"""`feeds`: how each feed fares and when it is asked next; feeds from and to other readers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.called import called
from aggregator.cli.jsonl import json_line
from aggregator.cli.moments import shown
from aggregator.cli.progress import progress
from aggregator.errors import InputError, StoreError

if TYPE_CHECKING:
    from aggregator.model import Feed, FeedState

NAME_CHARS_MAX = 28


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def feeds(context: click.Context, as_json: bool) -> None:
    """Show each feed: next poll and why, rate, status, bytes, share of 304, blind since."""
    if context.invoked_subcommand is not None:
        return
    from aggregator.config.feeds import load_feeds
    from aggregator.config.settings import Settings

    found = load_feeds(Settings.from_env(os.environ).feeds)
    states, now = _states(), datetime.now(UTC)
    holds = held_sites(found, states, now)
    rows = [fared(feed, states, holds, now) for feed in found]
    if not as_json:
        _table(rows)
        return
    for row in rows:
        click.echo(json_line(row))


@feeds.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--write", type=click.Path(path_type=Path), help="To this new file, not to stdout.")
def import_(file: Path, write: Path | None) -> None:
    """Turn an OPML file of another reader into a feeds file; what is read already is left out."""
    from aggregator.config.feeds import load_feeds
    from aggregator.config.opml import BYTES_MAX, read_opml
    from aggregator.config.settings import Settings

    try:
        with file.open("rb") as opened:
            data = opened.read(BYTES_MAX + 1)
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror})") from None
    with progress(f"reading {file}"):
        found = read_opml(data, load_feeds(Settings.from_env(os.environ).feeds))
    for line in found.left_out:
        click.echo(f"left out: {line}", err=True)
    if not found.entries:
        raise InputError(f"{file} names no feed that is not read already")
    if write is None:
        click.echo(found.as_yaml(), nl=False)
        return
    try:
        with write.open("x", encoding="utf-8") as opened:
            opened.write(found.as_yaml())
    except FileExistsError:
        raise InputError(f"{write} is there already: name a new file") from None
    except OSError as error:
        raise InputError(f"{write} cannot be written ({error.strerror})") from None
    click.echo(f"Wrote {len(found.entries)} feeds to {write}: look at each `kind`, then add the ")
    click.echo(f"file to CASEWIRE_FEEDS and run `{called()} check`.")


@feeds.command("export")
@click.option("--all", "everything", is_flag=True, help="Those that are switched off as well.")
def export(everything: bool) -> None:
    """Print the feeds as OPML, which other readers import."""
    from aggregator.config.feeds import load_feeds
    from aggregator.config.opml import write_opml
    from aggregator.config.settings import Settings

    found = load_feeds(Settings.from_env(os.environ).feeds)
    sys.stdout.write(write_opml(feed for feed in found if everything or feed.enabled))


def held_sites(
    feeds: Iterable[Feed], states: Mapping[str, FeedState], now: datetime
) -> dict[str, datetime]:
    """Return until when sites ask to be left alone, as any of their feeds was told."""
    from aggregator.feeds.pace import site_of

    found: dict[str, datetime] = {}
    for feed in feeds:
        state = states.get(feed.id)
        until = None if state is None else state.learnt.held_until
        if until is not None and until > now:
            site = site_of(feed.url)
            found[site] = max(until, found.get(site, until))
    return found


def fared(
    feed: Feed, states: Mapping[str, FeedState], holds: Mapping[str, datetime], now: datetime
) -> dict[str, Any]:
    """Return how `feed` fares at `now`, by the names that `--json` gives it."""
    from aggregator.feeds.health import Sight, health
    from aggregator.feeds.polling import asked
    from aggregator.feeds.rate import per_day
    from aggregator.model import FeedState

    state = states.get(feed.id)
    found = health(feed, state, now)
    state = state or FeedState(feed_id=feed.id)
    learnt = state.learnt
    at, why = _next(feed, state, holds)
    blind = found.sight is Sight.BLIND and state.last_polled is not None
    return {
        "id": feed.id,
        "name": feed.name,
        "kind": str(feed.kind),
        "url": asked(feed, state, now).feed.url,
        "enabled": feed.enabled,
        "status": _status(feed, state, found.sight),
        "why": found.why if feed.enabled else feed.note,
        "next_poll": _iso(at),
        "next_poll_reason": why,
        "rate_per_day": round(per_day(feed.kind, learnt), 2),
        "last_polled": _iso(state.last_polled),
        "last_read": _iso(state.last_read),
        "newest": _iso(learnt.newest),
        "failures": state.failures,
        "bytes": learnt.body_bytes,
        "polls": round(learnt.polls),
        "share_304": _share(learnt.not_modified, learnt.polls),
        "share_unchanged": _share(learnt.unchanged, learnt.polls),
        "blind_since": _iso(found.since) if feed.enabled and blind else None,
        "jurisdiction": feed.jurisdiction or None,
    }


def _status(feed: Feed, state: FeedState, sight: str) -> str:
    if not feed.enabled:
        return "off"
    return str(sight) if state.last_polled is not None else "unread"


def _next(
    feed: Feed, state: FeedState, holds: Mapping[str, datetime]
) -> tuple[datetime | None, str]:
    """Return when `feed` is asked next, and why then: its host may have asked for patience."""
    from aggregator.feeds.pace import site_of
    from aggregator.feeds.polling import due_at

    if not feed.enabled:
        return None, "switched off"
    at = due_at(feed, state, started=None)
    site = site_of(feed.url)
    until = holds.get(site)
    if until is not None and (at is None or at < until):
        return until, f"{site} asks to be left alone until then"
    return at, state.next_poll_reason or "never asked so far: at the next start"


def _states() -> dict[str, FeedState]:
    from aggregator.cli.stored import with_store

    try:
        return with_store(lambda store: store.feed_states())
    except StoreError as error:
        # Before the first run there is no database, and yet there are feeds to show.
        click.echo(f"nothing is known yet: {error}", err=True)
        return {}


def _table(rows: Sequence[Mapping[str, Any]]) -> None:
    head = f"{'feed':<{NAME_CHARS_MAX}}  {'status':<6}  {'posts/day':>9}  {'bytes':>9}  {'304':>5}"
    click.echo(f"{head}  {'last read':<20}  {'next poll':<20}  why; blind since")
    for row in rows:
        share = "" if row["share_304"] is None else f"{100 * row['share_304']:.0f} %"
        last = [row["next_poll_reason"]]
        if row["blind_since"]:
            last.append(f"blind since {_short(row['blind_since'])}")
        last.append(row["why"])
        click.echo(
            f"{row['id'][:NAME_CHARS_MAX]:<{NAME_CHARS_MAX}}  {row['status']:<6}  "
            f"{row['rate_per_day']:>9.1f}  {row['bytes']:>9}  {share:>5}  "
            f"{_short(row['last_read']):<20}  {_short(row['next_poll']):<20}  "
            f"{'; '.join(filter(None, last))}"
        )


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 3) if whole else None


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _short(iso: str | None) -> str:
    return "" if iso is None else shown(datetime.fromisoformat(iso))
