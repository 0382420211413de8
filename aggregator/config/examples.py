"""The examples of cases and watchlists, run: each failing one is a fault at its line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from aggregator.config.rules import Group, LoadedRules, PlacedExample
from aggregator.errors import Fault
from aggregator.matching.rules import CaseRule, Example, WatchlistRule
from aggregator.model import Target

Verdict = Literal["match", "related", "no"]
Judge = Callable[[Example, Target], Verdict]
"""How a rule takes a text: chiefly about the target, only touching it, or not at all."""

_SHOWN_MAX = 70
_WANTED: Mapping[Group, Verdict] = {"match": "match", "related": "related", "no_match": "no"}
_SAYS: Mapping[tuple[Verdict, Verdict], str] = {
    ("match", "related"): (
        "should match but is only related: let `when` and the parties' aliases cover its main "
        "statement, or move it to `related`"
    ),
    ("match", "no"): "should match but does not: widen `when`, or correct the example",
    ("related", "match"): (
        "should only be related but matches: narrow `when`, or move it to `match`"
    ),
    ("related", "no"): (
        "should be related but does not match at all: widen `when`, or move it to `no_match`"
    ),
    ("no", "match"): "should not match but does: narrow `when` or add a `none`",
    ("no", "related"): ("should not match but is related: narrow `when`, or move it to `related`"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleReport:
    """What running the examples brought: `warnings` name rules that have too few."""

    ran: int
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def check_examples(loaded: LoadedRules, judge: Judge) -> ExampleReport:
    """Try each example with `judge`; never raises for what the rules say."""
    faults = [fault for placed in loaded.examples for fault in _tried(placed, judge)]
    return ExampleReport(
        ran=len(loaded.examples),
        faults=tuple(sorted(faults)),
        warnings=tuple(sorted(_too_few(loaded))),
    )


def _tried(placed: PlacedExample, judge: Judge) -> Iterator[Fault]:
    wanted = _WANTED[placed.group]
    verdict = judge(placed.example, placed.target)
    if verdict != wanted:
        title = placed.example.title
        title = title if len(title) <= _SHOWN_MAX else title[: _SHOWN_MAX - 1] + "…"
        what = f"{placed.target.slug}: the example “{title}” {_SAYS[wanted, verdict]}"
        yield Fault(file=placed.file, line=placed.line, what=what)


def _too_few(loaded: LoadedRules) -> Iterator[Fault]:
    rules: list[tuple[str, CaseRule | WatchlistRule]] = [
        *loaded.rules.cases.items(),
        *loaded.rules.watchlists.items(),
    ]
    for slug, rule in rules:
        missing = [
            name
            for name, given in (
                ("match", rule.examples.match),
                ("no_match", rule.examples.no_match),
            )
            if not given
        ]
        if missing:
            keys = " and ".join(f"`{name}`" for name in missing)
            what = f"{slug} has no examples under {keys}: add a title of each sort to `examples`"
            yield Fault(file=rule.file, line=1, what=what)
