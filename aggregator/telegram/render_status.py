"""How the sources fare, what may be lost, and how delivery stands, as Telegram HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from statistics import median

from aggregator.feeds.health import Health, Sight, Sources
from aggregator.model import REPEAT_SIGN, Counts, Delivery, Feed, Gap, Message
from aggregator.telegram import buttons
from aggregator.telegram import words as common
from aggregator.telegram.markup import clip, escape, own, plain, time
from aggregator.telegram.words import status as words

ROWS_MAX = 5
"""Of each list; what is beyond them is counted."""
NAME_CHARS_MAX = 60
HEADLINE_CHARS_MAX = 120
WHY_CHARS_MAX = 80
FAULT_CHARS_MAX = 140


DOUBT = "doubt"
"""The button that says what becomes of a message that may or may not have arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What the operator is shown besides."""

    counts: Counts
    held: datetime | None = None
    """Until when Telegram asked the whole bot to wait."""
    waits: Sequence[datetime] = ()
    """Until when it asked each chat to, the soonest first."""
    dead: Sequence[Delivery] = ()
    """The newest first messages that could not be delivered."""
    loaded: datetime | None = None
    faults: Sequence[str] = ()


def status(
    *,
    sources: Sources,
    follows: bool,
    gaps: Sequence[Gap],
    names: dict[str, str],
    doubtful: Sequence[Delivery],
    dead: Sequence[Delivery],
    never_repeat: bool,
    now: datetime,
    operation: Operation | None,
) -> Message:
    """Return the whole of `/status`; `names` are the feeds' names by id."""
    parts = [
        [f"<b>{words.TITLE}</b>, {time(now)}"],
        _sources(sources, now, follows=follows),
        _gaps(gaps, names),
    ]
    if doubtful:
        title = words.PARKED if never_repeat else words.REPEATED
        parts.append([f"<b>{title}</b>", *_some([_about(one) for one in doubtful])])
    if dead:
        parts.append(
            [f"<b>{words.undelivered(len(dead))}</b>", *_some([_about(one) for one in dead])]
        )
    parts.append([words.in_doubt(never_repeat=never_repeat)])
    if operation is not None:
        parts += _operation(operation, now)
    other = (words.NEVER_MISS, "miss") if never_repeat else (words.NEVER_REPEAT, "repeat")
    return Message(
        html="\n\n".join("\n".join(lines) for lines in parts),
        buttons=buttons.rows(buttons.button(other[0], DOUBT, other[1])),
    )


def _sources(sources: Sources, now: datetime, *, follows: bool) -> list[str]:
    if not sources.each:
        return [words.NO_SOURCES]
    fresh = sum(1 for _, health in sources.each if health.sight is Sight.FRESH)
    title = words.SOURCES if follows else words.ALL_SOURCES
    lines = [f"<b>{title}</b>: {words.fresh(fresh, len(sources.each))}"]
    for sight, label in ((Sight.BLIND, words.BLIND), (Sight.LATE, words.LATE)):
        found = [
            unseen(feed, health, now) for feed, health in sources.each if health.sight is sight
        ]
        if found:
            lines += [f"<b>{label}</b>", *_some(found)]
    return lines


def unseen(feed: Feed, health: Health, now: datetime) -> str:
    """Return what is wrong with a source that is late or blind."""
    name = own(clip(feed.name, NAME_CHARS_MAX))
    if health.sight is Sight.LATE and health.since is not None:
        return words.late(name, words.minutes_ago(int((now - health.since).total_seconds() // 60)))
    since = "" if health.since is None else time(health.since)
    return words.blind(name, since, escape(clip(health.why, WHY_CHARS_MAX)))


def _gaps(gaps: Sequence[Gap], names: dict[str, str]) -> list[str]:
    if not gaps:
        return [words.NO_GAPS]
    newest = sorted(gaps, key=lambda gap: gap.since, reverse=True)
    return [f"<b>{words.GAPS}</b>", *_some([_gap(gap, names) for gap in newest])]


def _gap(gap: Gap, names: dict[str, str]) -> str:
    name = own(clip(names.get(gap.feed_id, gap.feed_id), NAME_CHARS_MAX))
    why = escape(clip(gap.why, WHY_CHARS_MAX))
    return words.possible_loss(gap.since, gap.until, name, why)


def _about(delivery: Delivery) -> str:
    """Return label, time and headline: an alert's first two lines, but for the mark of a repeat."""
    text = plain(delivery.message.html)
    if text.startswith(REPEAT_SIGN):
        text = text.partition("\n")[2]
    label, _, rest = text.partition("\n")
    headline = rest.strip().partition("\n")[0]
    lines = [f"{escape(clip(label, NAME_CHARS_MAX))} · {time(delivery.created)}"]
    return "\n".join([*lines, *([escape(clip(headline, HEADLINE_CHARS_MAX))] if headline else [])])


def _operation(operation: Operation, now: datetime) -> list[list[str]]:
    counts = operation.counts
    oldest = (
        "" if counts.oldest is None else words.span((now - counts.oldest) / timedelta(seconds=1))
    )
    delays = sorted(counts.delays_s)
    delay = (
        words.delays(words.span(median(delays)), words.span(_p95(delays)), len(delays))
        if delays
        else words.NO_DELAYS
    )
    outbox = words.outbox(counts.queued, counts.unknown, counts.parked, counts.dead, oldest)
    live = words.last_reload("" if operation.loaded is None else time(operation.loaded))
    reload = [f"<b>{words.RELOAD}</b>: {live}"]
    if operation.faults:
        reload += [words.faults(len(operation.faults)), *faults(operation.faults)]
    told = []
    if operation.held is not None:
        told.append(words.bot_waits(time(operation.held)))
    if operation.waits:
        told.append(words.chats_wait(len(operation.waits), time(operation.waits[-1])))
    parts = [[f"<b>{words.DELIVERY}</b>", delay, f"{words.OUTBOX}: {outbox}", *told]]
    if operation.dead:
        dead = [
            words.refused(
                f"<code>{escape(clip(one.key, NAME_CHARS_MAX))}</code>",
                one.place.chat_id,
                escape(clip(one.error, WHY_CHARS_MAX)),
            )
            for one in operation.dead
        ]
        parts.append([f"<b>{words.NEWEST_DEAD}</b>", *dead[:ROWS_MAX]])
    return [*parts, reload]


def faults(found: Sequence[str]) -> list[str]:
    """Return the faults of configuration files, a line each, as many as fit."""
    return _some([f"<code>{escape(clip(one, FAULT_CHARS_MAX))}</code>" for one in found])


def _p95(delays: Sequence[float]) -> float:
    """Return the 95th percentile of sorted values, by the nearest rank."""
    return delays[ceil(0.95 * len(delays)) - 1]


def _some(lines: Sequence[str]) -> list[str]:
    kept = list(lines[:ROWS_MAX])
    more = len(lines) - ROWS_MAX
    return kept if more <= 0 else [*kept, common.and_more(more)]
