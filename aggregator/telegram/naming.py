"""From what people type to what can be followed: cases, watchlists and, with an @, names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches

from aggregator.cases.lookup import Found, NotFound, Several, find
from aggregator.cases.names import fold
from aggregator.matching.matcher import Matcher
from aggregator.matching.rules import Rules
from aggregator.model import Case, Feed, Target, TargetKind, Watchlist
from aggregator.telegram.access import Access
from aggregator.telegram.buttons import case_target, watchlist_target

LIKENESS_MIN = 0.7
SUGGESTIONS_MAX = 5
EXAMPLES_MAX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the configuration gives the chat; a reload hands over a new one."""

    cases: Mapping[str, Case] = field(default_factory=dict)
    watchlists: Mapping[str, Watchlist] = field(default_factory=dict)
    """By name."""
    entities: Mapping[str, str] = field(default_factory=dict)
    """Names by slug."""
    watches: Mapping[str, str] = field(default_factory=dict)
    """The queries of the place that asks, by their id."""
    feeds: Sequence[Feed] = ()
    rules: Rules | None = None
    """What a query is read with."""
    matcher: Matcher | None = None
    """The same rules, indexed: it knows what never rings."""
    faults: tuple[str, ...] = ()
    """Why the last reload was refused; empty when it was taken."""
    loaded: datetime | None = None
    """When the configuration was last taken."""
    access: Access = field(default_factory=Access)

    def knows(self, target: Target) -> bool:
        """Say whether `target` is still set up."""
        match target.kind:
            case TargetKind.CASE:
                return target.slug in self.cases
            case TargetKind.WATCHLIST:
                return target.slug in self.watchlists
            case TargetKind.ENTITY:
                return target.slug in self.entities
            case TargetKind.WATCH:
                return target.slug in self.watches

    def title(self, target: Target) -> str:
        """Return what `target` is called; its slug when it is no longer set up."""
        match target.kind:
            case TargetKind.CASE:
                case = self.cases.get(target.slug)
                return target.slug if case is None else case.title
            case TargetKind.WATCHLIST:
                watchlist = self.watchlists.get(target.slug)
                return target.slug if watchlist is None else watchlist.title or target.slug
            case TargetKind.ENTITY:
                return self.entities.get(target.slug, target.slug)
            case TargetKind.WATCH:
                return self.watches.get(target.slug, target.slug)

    @property
    def examples(self) -> tuple[Case, ...]:
        """A few cases to show a newcomer: those with a short name, the best documented first."""
        ordered = sorted(
            self.cases.values(),
            key=lambda case: (not case.primary_aliases, -len(case.milestones), case.slug),
        )
        return tuple(ordered[:EXAMPLES_MAX])

    @property
    def example(self) -> str:
        """A name that a command would understand."""
        names = [name for case in self.examples for name in (*case.primary_aliases, case.title)]
        return names[0] if names else "NAME"


@dataclass(frozen=True, slots=True, kw_only=True)
class One:
    """This is meant; `others` share the name."""

    target: Target
    others: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """Each of these may be meant."""

    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """Nothing is called so; `suggestions` are written alike, with the name that is."""

    suggestions: tuple[tuple[str, Target], ...] = ()


Named = One | Many | Nothing


def resolve(name: str, setup: Setup) -> Named:
    """Return what `name` can be followed as."""
    if name.startswith("@"):
        return _entity(name[1:], setup)
    themes = _watchlists(name, setup)
    match find(name, setup.cases):
        case Found(case=case, others=others) if not themes:
            return One(target=case_target(case.slug), others=_targets(others))
        case Found(case=case, others=others):
            return _with_themes((case, *others) if len(themes) == 1 else (case,), themes, name)
        case Several(cases=cases):
            return _with_themes(cases, themes, name)
        case NotFound() if themes:
            return _with_themes((), themes, name)
        case NotFound(suggestions=suggestions):
            alike = tuple((one.name, case_target(one.case.slug)) for one in suggestions)
            return Nothing(suggestions=(*_exact_entities(name, setup), *alike)[:SUGGESTIONS_MAX])


def _with_themes(cases: Sequence[Case], themes: tuple[Target, ...], name: str) -> Named:
    """Return the one watchlist of that very name, with the cases that share it beside it; where a
    case is called so too, each of them.
    """
    if len(themes) == 1 and not any(_is_called(case, name) for case in cases):
        return One(target=themes[0], others=_targets(cases))
    return Many(targets=(*_targets(cases), *themes))


def _is_called(case: Case, name: str) -> bool:
    names = (case.title, case.caption, case.slug, *case.primary_aliases)
    return fold(name) in map(fold, names)


def _targets(cases: Sequence[Case]) -> tuple[Target, ...]:
    return tuple(case_target(case.slug) for case in cases)


def _watchlists(name: str, setup: Setup) -> tuple[Target, ...]:
    wanted = fold(name)
    return tuple(
        watchlist_target(slug)
        for slug, watchlist in sorted(setup.watchlists.items())
        if wanted and wanted in {fold(slug), fold(watchlist.title)}
    )


def _exact_entities(name: str, setup: Setup) -> tuple[tuple[str, Target], ...]:
    wanted = fold(name)
    return tuple(
        (f"@{slug}", Target(kind=TargetKind.ENTITY, slug=slug))
        for slug, title in sorted(setup.entities.items())
        if wanted and wanted in {fold(slug), fold(title)}
    )


def _entity(name: str, setup: Setup) -> Named:
    match _exact_entities(name, setup):
        case ((_, target),):
            return One(target=target)
        case ():
            alike = get_close_matches(
                fold(name), sorted(setup.entities), n=SUGGESTIONS_MAX, cutoff=LIKENESS_MIN
            )
            return Nothing(
                suggestions=tuple(
                    (f"@{slug}", Target(kind=TargetKind.ENTITY, slug=slug)) for slug in alike
                )
            )
        case several:
            return Many(targets=tuple(target for _, target in several))
