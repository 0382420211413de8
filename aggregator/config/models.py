"""What each kind of YAML file may hold.  Unknown keys are faults everywhere.

Only what concerns one value is checked here, so that every fault of a file is found at once; what
concerns several (a court feed without a court, a fact without its source) is in `feeds` and
`rules`.  The `examples` of a field are what a fault tells the author to write.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from aggregator.config.fields import (
    DateText,
    Every,
    Flag,
    Language,
    Moment,
    QueryNode,
    Slug,
    Source,
    Text,
    Url,
    Words,
)
from aggregator.matching.rules import EntityKind
from aggregator.model import EventKind, FeedKind, Severity, Trust

_SEVERITY = ["high"]
_WHEN = ["(@sec NEAR/10 @binance) AND NOT price"]


class Entry(BaseModel):
    """The base: a mapping whose keys are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# --- feeds.yaml -------------------------------------------------------------------------------


class FeedEntry(Entry):
    """One source to poll."""

    id: Slug = Field(examples=["coindesk"])
    url: Url = Field(examples=["https://wire-one.example/rss"])
    kind: FeedKind = Field(examples=["news"])
    name: Text | None = None
    court: Slug | None = Field(default=None, examples=["dcd"])
    trust: Trust | None = Field(default=None, examples=["independent"])
    every: Every | None = Field(default=None, examples=["5m"])
    language: Language = "en"
    enabled: Flag = True
    note: Text | None = None
    allow_private: Flag = False


class FeedsFile(Entry):
    """`feeds.yaml`."""

    feeds: list[FeedEntry] = Field(
        examples=[[{"id": "wire-one", "url": "https://wire-one.example/rss", "kind": "news"}]]
    )


# --- rules/words.yaml and rules/entities.yaml -------------------------------------------------


class WordsFile(Entry):
    """`rules/words.yaml`: lists of words that rules share."""

    families: dict[Slug, list[Words]] = Field(examples=[{"sue": ["sue", "lawsuit"]}])


class AliasEntry(Entry):
    """One way to write a name: a text, or a mapping with conditions."""

    text: Words = Field(examples=["Binance"])
    cased: Flag | None = None
    strict: Flag = False
    fuzzy: Flag = False
    needs: QueryNode | None = None
    not_near: list[Words] = []

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"text": value}


class EntityEntry(Entry):
    """A party, agency, court, judge, statute or token."""

    name: Text = Field(examples=["Binance"])
    kind: EntityKind = Field(examples=["company"])
    aliases: list[AliasEntry] = Field(min_length=1, examples=[["Binance"]])


class EntitiesFile(Entry):
    """`rules/entities.yaml`."""

    entities: dict[Slug, EntityEntry] = Field(
        examples=[{"binance": {"name": "Binance", "kind": "company", "aliases": ["Binance"]}}]
    )


# --- rules/cases and rules/watchlists ---------------------------------------------------------


class ExampleEntry(Entry):
    """A text to try a rule on: a title, or a mapping."""

    title: Text = Field(examples=["Judge hears SEC and Binance.US"])
    summary: Text | None = None
    published: Moment | None = Field(default=None, examples=["2023-09-18"])
    outlet: Text | None = None
    url: Url | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"title": value}


class ExamplesEntry(Entry):
    """A rule's own tests."""

    match: list[ExampleEntry] = []
    related: list[ExampleEntry] = []
    no_match: list[ExampleEntry] = []


class JudgeEntry(Entry):
    """A judge of a case."""

    name: Text = Field(examples=["Amy Berman Jackson"])
    role: Literal["judge", "magistrate"] = "judge"
    entity: Slug | None = None
    source: Source


class PartyEntry(Entry):
    """A party of a case."""

    name: Text = Field(examples=["Binance Holdings Limited"])
    role: Literal["plaintiff", "defendant", "petitioner", "respondent", "appellant", "appellee"] = (
        Field(examples=["defendant"])
    )
    entity: Slug | None = None
    source: Source | None = None


class StatusEntry(Entry):
    """How a case stands, since when, and who says so."""

    text: Text = Field(examples=["Dismissed with prejudice"])
    date: DateText = Field(examples=["2025-05-29"])
    closed: Flag = False
    source: Source


class CaseAliasEntry(Entry):
    """A name by which people look a case up: a text, or a mapping."""

    text: Words = Field(examples=["SEC v. Binance"])
    primary: Flag = False

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"text": value}


class MilestoneEntry(Entry):
    """One dated step of a case."""

    date: DateText = Field(examples=["2023-06-05"])
    what: Text = Field(examples=["Complaint filed"])
    event: EventKind | None = None
    source: Source


class CaseFile(Entry):
    """`rules/cases/<slug>.yaml`: one matter."""

    caption: Text = Field(examples=["Securities and Exchange Commission v. Binance Holdings Ltd"])
    title: Text = Field(examples=["SEC v. Binance"])
    court: Slug | None = Field(default=None, examples=["dcd"])
    court_name: Text | None = None
    docket: Words | None = Field(default=None, examples=["1:23-cv-01599"])
    docket_source: Source | None = None
    court_case_id: Words | None = Field(default=None, examples=["256060"])
    court_case_id_source: Source | None = None
    filed: DateText | None = None
    judges: list[JudgeEntry] = []
    parties: list[PartyEntry] = []
    known_by: list[Slug] = []
    status: StatusEntry | None = None
    aliases: list[CaseAliasEntry] = []
    severity: Severity | None = Field(default=None, examples=_SEVERITY)
    when: QueryNode = Field(examples=_WHEN)
    sisters: list[Slug] = []
    milestones: list[MilestoneEntry] = []
    examples: ExamplesEntry = ExamplesEntry()


class WatchlistFile(Entry):
    """`rules/watchlists/<name>.yaml`: one theme."""

    title: Text = Field(examples=["Stablecoin law"])
    severity: Severity = Field(default=Severity.MEDIUM, examples=_SEVERITY)
    when: QueryNode = Field(examples=_WHEN)
    examples: ExamplesEntry = ExamplesEntry()


# --- rules/events.yaml ------------------------------------------------------------------------


class EventEntry(Entry):
    """The words that show one sort of event."""

    kind: EventKind = Field(examples=["settlement"])
    severity: Severity = Field(examples=_SEVERITY)
    when: QueryNode = Field(examples=["settle OR settlement"])


class QuietEntry(Entry):
    """The words that show a text which never rings."""

    name: Text = Field(examples=["price"])
    when: QueryNode = Field(examples=['title:"price prediction"'])


class EventsFile(Entry):
    """`rules/events.yaml`."""

    events: list[EventEntry] = []
    quiet: list[QuietEntry] = []
