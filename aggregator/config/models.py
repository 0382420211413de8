"""What each kind of YAML file may hold.  Unknown keys are faults everywhere.

Only what concerns one value is checked here, so that every fault of a file is found at once; what
concerns several (a court feed without a court, a fact without its source) is in `feeds` and
`rules`.  The `examples` of a field are what a fault tells the author to write; `schema` hands them
and the descriptions to editors.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from aggregator.config.entry import Entry, Overlay, Plain
from aggregator.config.fields import (
    OPS,
    Chat,
    DateText,
    Every,
    Flag,
    Language,
    Mode,
    Moment,
    QueryNode,
    Slug,
    Source,
    Text,
    Thread,
    Url,
    Words,
)
from aggregator.matching.rules import EntityKind
from aggregator.model import DedupPart, EventKind, FeedFormat, FeedKind, Severity, Trust

_SEVERITY = ["high"]
_WHEN = ["(@sec NEAR/10 @binance) AND NOT price"]
_EXTENDS = "Start from the one of this name in an earlier place; the keys beside it override."
_ENABLED = "`false` switches it off, also one of the same name in an earlier place."


# --- feeds.yaml -------------------------------------------------------------------------------


class FeedEntry(Overlay):
    """One source to poll."""

    named_by = ("id",)

    id: Slug = Field(examples=["coindesk"])
    url: Url = Field(examples=["https://wire-one.example/rss"])
    kind: FeedKind = Field(examples=["news"])
    name: Text | None = None
    court: Slug | None = Field(default=None, examples=["dcd"])
    trust: Trust | None = Field(default=None, examples=["independent"])
    format: FeedFormat = Field(
        default=FeedFormat.FEED,
        description="What the address answers with: a feed, or the API of one of these sources.",
        examples=["federal-register"],
    )
    every: Every | None = Field(default=None, examples=["5m"])
    language: Language = "en"
    enabled: Flag = Field(
        default=True,
        description="`false` keeps it from being read; with `id` alone, one of an earlier file.",
    )
    note: Text | None = None
    allow_private: Flag = Field(
        default=False,
        description="A server of your own: private addresses and short intervals are fine.",
    )
    fallback_urls: list[Url] = Field(
        default=[],
        max_length=5,
        examples=[["https://mirror.example/rss"]],
        description="Addresses of the same feed, asked in turn while `url` fails.",
    )
    jurisdiction: Slug | None = Field(
        default=None, examples=["us"], description="Whose law it is about: us, us-ny, eu, uk."
    )
    dedup_key: list[DedupPart] = Field(
        default=[],
        examples=[["guid", "title"]],
        description="What tells one entry from another, where the usual way for the kind fails.",
    )
    robots: Literal["heed", "ignore"] = Field(
        default="heed",
        description="`ignore`: its host's robots.txt does not hold; `note` says who allowed it.",
    )
    extends: Slug | None = Field(default=None, description=_EXTENDS)


class FeedsFile(Entry):
    """`feeds.yaml`."""

    feeds: list[FeedEntry] = Field(
        examples=[[{"id": "wire-one", "url": "https://wire-one.example/rss", "kind": "news"}]]
    )


# --- rules/words.yaml and rules/entities.yaml -------------------------------------------------


class WordsFile(Entry):
    """`rules/words.yaml`: lists of words that rules share."""

    families: dict[Slug, list[Words]] = Field(examples=[{"sue": ["sue", "lawsuit"]}])


class AliasEntry(Plain):
    """One way to write a name: a text, or a mapping with conditions."""

    text: Words = Field(examples=["Binance"])
    cased: Flag | None = Field(
        default=None,
        description="Capitals matter.  By itself true for up to five letters, all of them capital.",
    )
    strict: Flag = Field(
        default=False,
        description="Not where a dot or hyphen joins it to more, as in Binance.US.",
    )
    fuzzy: Flag = Field(default=False, description="Take one wrong letter in a personal name.")
    needs: QueryNode | None = Field(
        default=None, description="Counts only where this holds somewhere in the same text."
    )
    not_near: list[Words] = Field(
        default=[], description="Does not count within ten words of any of these."
    )


class EntityEntry(Overlay):
    """A party, agency, court, judge, statute or token."""

    name: Text = Field(examples=["Binance"])
    kind: EntityKind = Field(examples=["company"])
    aliases: list[AliasEntry] = Field(min_length=1, examples=[["Binance"]])
    extends: Slug | None = Field(default=None, description=_EXTENDS)
    enabled: Flag = Field(default=True, description=_ENABLED)


class EntitiesFile(Entry):
    """`rules/entities.yaml`."""

    entities: dict[Slug, EntityEntry] = Field(
        examples=[{"binance": {"name": "Binance", "kind": "company", "aliases": ["Binance"]}}]
    )


# --- rules/cases and rules/watchlists ---------------------------------------------------------


class ExampleEntry(Plain):
    """A text to try a rule on: a title, or a mapping."""

    title: Text = Field(examples=["Judge hears SEC and Binance.US"])
    summary: Text | None = None
    published: Moment | None = Field(default=None, examples=["2023-09-18"])
    outlet: Text | None = None
    url: Url | None = None


class ExamplesEntry(Entry):
    """A rule's own tests, run by `check`."""

    match: list[ExampleEntry] = Field(default=[], description="Texts that it must ring for.")
    related: list[ExampleEntry] = Field(
        default=[], description="Texts that only touch it: for a digest, never an alert."
    )
    no_match: list[ExampleEntry] = Field(default=[], description="Texts that it must not take.")


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


class CaseAliasEntry(Plain):
    """A name by which people look a case up: a text, or a mapping."""

    text: Words = Field(examples=["SEC v. Binance"])
    primary: Flag = Field(
        default=False, description="The name opens this case at once; of one case only."
    )


class MilestoneEntry(Entry):
    """One dated step of a case."""

    date: DateText = Field(examples=["2023-06-05"])
    what: Text = Field(examples=["Complaint filed"])
    event: EventKind | None = None
    source: Source


class CaseFile(Overlay):
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
    judges: list[JudgeEntry] = Field(default=[], description="Each with a source.")
    parties: list[PartyEntry] = Field(
        default=[], description="`entity` ties a party to its aliases in entities.yaml."
    )
    known_by: list[Slug] = Field(
        default=[], description="Entities that stand for the private side in headlines."
    )
    status: StatusEntry | None = None
    aliases: list[CaseAliasEntry] = Field(
        default=[], description="Names by which people look the case up."
    )
    severity: Severity | None = Field(
        default=None, examples=_SEVERITY, description="Instead of the severity of the event."
    )
    when: QueryNode = Field(examples=_WHEN, description="Which texts touch the matter at all.")
    sisters: list[Slug] = Field(
        default=[], description="Matters of the same parties, easily taken for this one."
    )
    milestones: list[MilestoneEntry] = Field(
        default=[], description="The dated steps of the case, each with a source."
    )
    examples: ExamplesEntry = ExamplesEntry()
    extends: Slug | None = Field(default=None, description=_EXTENDS)
    enabled: Flag = Field(default=True, description=_ENABLED)


class DeliverEntry(Entry):
    """A chat that hears of a watchlist without following it."""

    to: Chat = Field(
        examples=[OPS], description="The id of a chat, or ops for the chat of CASEWIRE_OPS_CHAT."
    )
    thread: Thread | None = Field(default=None, description="The id of a forum's topic.")
    mode: Mode = Field(
        default=None,
        description="`instant`, or `digest 08:00` for one message a day (UTC).",
        json_schema_extra={"default": "instant"},
    )
    floor: Severity = Field(
        default=Severity.LOW, description="The least severity that is worth telling here."
    )


class WatchlistFile(Overlay):
    """`rules/watchlists/<name>.yaml`: one theme."""

    title: Text = Field(examples=["Stablecoin law"])
    severity: Severity = Field(default=Severity.MEDIUM, examples=_SEVERITY)
    when: QueryNode = Field(examples=_WHEN, description="Which texts it is about.")
    deliver: list[DeliverEntry] = Field(
        default=[], description="Chats that hear of it; without it, people follow it."
    )
    examples: ExamplesEntry = ExamplesEntry()
    extends: Slug | None = Field(default=None, description=_EXTENDS)
    enabled: Flag = Field(default=True, description=_ENABLED)


# --- rules/events.yaml ------------------------------------------------------------------------


class EventEntry(Entry):
    """The words that show one sort of event."""

    kind: EventKind = Field(examples=["settlement"])
    severity: Severity = Field(examples=_SEVERITY)
    when: QueryNode = Field(examples=["settle OR settlement"])


class QuietEntry(Overlay):
    """The words that show a text which never rings."""

    named_by = ("name",)

    name: Text = Field(examples=["price"])
    when: QueryNode = Field(examples=['title:"price prediction"'])
    enabled: Flag = Field(default=True, description=_ENABLED)


class EventsFile(Entry):
    """`rules/events.yaml`."""

    events: list[EventEntry] = Field(
        default=[], description="What happened, by its words: the first that hits wins."
    )
    quiet: list[QuietEntry] = Field(
        default=[], description="What never rings, whatever it matches."
    )
