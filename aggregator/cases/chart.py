"""A case's coverage over time with its milestones: what a chart shows, and the same in words.

The picture itself is drawn by `drawing`, which needs the extra `charts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from importlib.util import find_spec
from typing import Final, assert_never

from aggregator.cases import dates, words
from aggregator.cases.timeline import Row, history
from aggregator.model import Case, EventKind, Severity, Story

ALT_CHARS_MAX = 1024
"""What Telegram takes as a caption."""
WEEKS_MAX, MONTHS_MAX = 110, 160
"""More bars than these are too thin on a phone."""
MARKS_MAX = 6
WHAT_CHARS_MAX = 120
"""Of each milestone in the alternative text."""
TITLE_CHARS_MAX = 120
COUNT_MAX = 10**9

WEIGHT: Final = {
    kind: rank
    for rank, kind in enumerate(
        (
            EventKind.VERDICT,
            EventKind.SENTENCE,
            EventKind.DISMISSAL,
            EventKind.SETTLEMENT,
            EventKind.RULING,
            EventKind.COMPLAINT,
            EventKind.APPEAL,
            EventKind.ORDER,
            EventKind.STAY,
        )
    )
}
"""Which milestones are marked first when there is no room for all."""


class Unit(StrEnum):
    """What one bar stands for."""

    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """How many articles were read in the unit of time that began on `start`."""

    start: date
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A milestone or a confirmed development that matters much."""

    at: date
    date: str
    """As exact as its source."""
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartData:
    """What a chart shows."""

    title: str
    unit: Unit
    bars: tuple[Bar, ...]
    """One for each unit from the first to the last, without holes; empty when nothing was read."""
    marks: tuple[Mark, ...]
    """Within the time of the bars, oldest first; numbered from 1 in this order."""
    before: tuple[Mark, ...]
    """The newest before it, oldest first, so that a young chart says what led to it."""
    more: int = 0
    """How many within the time had no room."""

    @property
    def total(self) -> int:
        return sum(bar.count for bar in self.bars)


def available() -> bool:
    """Say whether charts can be drawn: the extra `charts` is installed."""
    return find_spec("matplotlib") is not None


def chart(data: ChartData) -> bytes:
    """Return the chart as PNG; the same data give the same bytes.

    Takes a tenth of a second of processor time, the first one a second: not for an event loop.  Raises ImportError
    where the extra `charts` is not installed; ask `available` first.
    """
    from aggregator.cases.drawing import draw  # noqa: PLC0415  matplotlib is heavy, and an extra

    return draw(data)


def chart_data(
    case: Case,
    coverage_by_week: Sequence[tuple[date, int]],
    stories: Iterable[Story],
    now: datetime,
) -> ChartData:
    """Return what to draw: articles by the Monday of their week, in larger units when there are
    too many weeks, up to the last article or milestone.
    """
    today = now.date()
    weeks: dict[date, int] = {}
    for at, count in coverage_by_week:
        if at <= today and count > 0:
            week = _start(at, Unit.WEEK)
            weeks[week] = min(weeks.get(week, 0) + count, COUNT_MAX)
    known = _marks(case, stories, now)
    if not weeks:
        before = _in_words(mark for _, mark in known)
        return ChartData(
            title=case.title,
            unit=Unit.WEEK,
            bars=(),
            marks=(),
            before=before[-MARKS_MAX:],
            more=max(len(before) - MARKS_MAX, 0),
        )
    first = min(weeks)
    last = max([max(weeks), *(_start(mark.at, Unit.WEEK) for _, mark in known)])
    unit = _unit(first, last)
    start = _start(first, unit)
    inside = [one for one in known if one[1].at >= start]
    ranked = sorted(inside, key=lambda one: (one[0], -one[1].at.toordinal(), one[1].what))
    chosen = [mark for _, mark in ranked[:MARKS_MAX]]
    earlier = _in_words(mark for _, mark in known if mark.at < start)
    room = MARKS_MAX - len(chosen)
    return ChartData(
        title=case.title,
        unit=unit,
        bars=_bars(weeks, first, last, unit),
        marks=tuple(sorted(chosen, key=_by_time)),
        before=earlier[-room:] if room else (),
        more=len(inside) - len(chosen),
    )


def heading(data: ChartData) -> str:
    """Return what is counted and over which time."""
    if not data.bars:
        return words.NOTHING_READ
    first, last = data.bars[0].start, data.bars[-1].start
    said = f"{words.articles_per(data.unit)}, {words.span(_label(first, data.unit), _label(last, data.unit))}"
    return said if data.unit is Unit.WEEK else f"{said} ({words.TOO_MANY_WEEKS})"


def legend(data: ChartData) -> tuple[str, ...]:
    """Return a line for each mark, numbered where the picture numbers it."""
    lines = [f"{n} · {_line(mark)}" for n, mark in enumerate(data.marks, 1)]
    more = [words.and_more(data.more)] if data.more else []
    before = [_line(mark) for mark in data.before]
    if not data.bars:
        return (*([f"{words.ON_FILE}:"] if before else []), *before, *more)
    return (*lines, *more, *([f"{words.BEFORE}:"] if before else []), *before)


def alt_text(data: ChartData) -> str:
    """Return what the chart shows in words, as plain text of at most `ALT_CHARS_MAX` characters:
    milestones give way first.
    """
    title = _cut(data.title, TITLE_CHARS_MAX)
    parts = [f"{title}: {heading(data)}" if title else heading(data)]
    if data.bars:
        top = max(data.bars, key=lambda bar: bar.count)
        start = _label(top.start, data.unit)
        parts.append(f"{words.in_all(data.total)}, {words.peak(top.count, data.unit, start)}")
    text = f"{'; '.join(parts)}."
    for line in legend(data):
        longer = f"{text}\n{_cut(line, WHAT_CHARS_MAX)}"
        if len(longer) > ALT_CHARS_MAX:
            break
        text = longer
    return text


def offset(data: ChartData, at: date) -> float:
    """Return where `at` stands on the axis: 0.0 in the middle of the first bar."""
    first = data.bars[0].start
    match data.unit:
        case Unit.WEEK:
            return (at - first).days / 7 - 0.5
        case Unit.MONTH:
            months = (at.year - first.year) * 12 + at.month - first.month
            return months + (at.day - 1) / 31 - 0.5
        case Unit.YEAR:
            return at.year - first.year + (at.timetuple().tm_yday - 1) / 366 - 0.5
        case never:
            assert_never(never)


def _label(start: date, unit: Unit) -> str:
    match unit:
        case Unit.WEEK:
            return dates.day(start)
        case Unit.MONTH:
            return dates.shown(f"{start:%Y-%m}")
        case Unit.YEAR:
            return str(start.year)
        case never:
            assert_never(never)


def tick(start: date, unit: Unit) -> str:
    """Return what stands under a bar."""
    return str(start.year) if unit is Unit.YEAR else f"{dates.MONTHS[start.month - 1]} {start.year}"


def _line(mark: Mark) -> str:
    return f"{dates.shown(mark.date)}: {mark.what}"


def _cut(text: str, chars_max: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= chars_max else f"{text[: chars_max - 1].rstrip()}…"


def _marks(case: Case, stories: Iterable[Story], now: datetime) -> list[tuple[int, Mark]]:
    """Return what may be marked with how little it matters, oldest first."""
    found = []
    for row in history(case, stories, now):
        at = dates.placed(row.date)
        if at is not None and at <= now.date() and _marked(row):
            rank = len(WEIGHT) if row.event is None else WEIGHT.get(row.event, len(WEIGHT))
            found.append((rank, Mark(at=at, date=row.date, what=row.what)))
    return sorted(found, key=lambda one: _by_time(one[1]))


def _marked(row: Row) -> bool:
    """A milestone, or a development that matters much and that its own source confirms."""
    high = row.story is not None and row.story.event.severity is Severity.HIGH
    return row.milestone is not None or (high and row.primary)


def _by_time(mark: Mark) -> tuple[date, str]:
    return mark.at, mark.what


def _in_words(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """Return marks as a list tells them: a vague date before the days it may be."""
    return tuple(sorted(marks, key=lambda mark: (mark.date, mark.what)))


def _unit(first: date, last: date) -> Unit:
    if (last - first).days // 7 < WEEKS_MAX:
        return Unit.WEEK
    months = (last.year - first.year) * 12 + last.month - first.month
    return Unit.MONTH if months < MONTHS_MAX else Unit.YEAR


def _bars(weeks: dict[date, int], first: date, last: date, unit: Unit) -> tuple[Bar, ...]:
    counts: dict[date, int] = {}
    start, end = _start(first, unit), _start(last, unit)
    while start <= end:
        counts[start] = 0
        start = _next(start, unit)
    for week, count in weeks.items():
        counts[_start(week, unit)] += count
    return tuple(Bar(start=at, count=count) for at, count in counts.items())


def _start(at: date, unit: Unit) -> date:
    match unit:
        case Unit.WEEK:
            return at - timedelta(days=at.weekday())
        case Unit.MONTH:
            return at.replace(day=1)
        case Unit.YEAR:
            return at.replace(month=1, day=1)
        case never:
            assert_never(never)


def _next(start: date, unit: Unit) -> date:
    match unit:
        case Unit.WEEK:
            return start + timedelta(days=7)
        case Unit.MONTH:
            return (start + timedelta(days=31)).replace(day=1)
        case Unit.YEAR:
            return start.replace(year=start.year + 1)
        case never:
            assert_never(never)
