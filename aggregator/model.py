"""The nouns, in the order in which they flow.

Feed -> Item -> Match -> Story -> Alert -> Delivery; around them Case, Watchlist, Subscription.
Everything here is a frozen value without behaviour that needs the outside world.  All times are
aware and in UTC.  Outcomes that can differ are unions, to be taken apart with ``match`` and
``assert_never``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Literal, NewType

# --- feeds ------------------------------------------------------------------------------------


class FeedKind(StrEnum):
    """What sort of publisher a feed is; decides trust, pace and how entries are told apart."""

    NEWS = "news"
    REGULATOR = "regulator"
    COURT = "court"
    BLOG = "blog"


class Trust(StrEnum):
    """What a source can know: the thing itself, its own reporting, or what others reported."""

    PRIMARY = "primary"
    INDEPENDENT = "independent"
    CORROBORATES = "corroborates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A source we poll, as `feeds.yaml` describes it."""

    id: str
    url: str
    kind: FeedKind
    name: str
    trust: Trust
    court: str | None = None
    """The court's id (`dcd`, `nysd`); set exactly when `kind` is COURT."""
    every: timedelta | None = None
    language: str = "en"
    enabled: bool = True
    note: str = ""
    allow_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave to ask "changed since?" with; opaque, sent back byte for byte."""

    etag: str | None = None
    last_modified: str | None = None


class FetchFault(StrEnum):
    """Why a fetch brought no body."""

    REFUSED_ADDRESS = "refused address"
    DNS = "name not found"
    CONNECT = "no connection"
    TLS = "TLS failure"
    TIMEOUT = "timeout"
    TOO_LARGE = "too large"
    BROKEN = "broken answer"
    REDIRECT = "bad redirect"
    STATUS = "HTTP status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A whole body, decoded from its transfer encoding, never cut short."""

    url: str
    """Where the body came from in the end, after redirects."""
    body: bytes
    content_type: str = ""
    validators: Validators = Validators()
    max_age: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The server said 304; `validators` are those to use from now on."""

    validators: Validators
    max_age: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    """No usable body; `detail` is one line for the operator."""

    fault: FetchFault
    detail: str
    status: int | None = None
    retry_after: timedelta | None = None


FetchOutcome = Fetched | NotModified | FetchFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as the parser understood it: plain text, absolute link, no markup."""

    guid: str = ""
    link: str = ""
    title: str = ""
    summary: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A feed that parsed whole; `entries` in document order."""

    entries: tuple[Entry, ...]
    title: str = ""
    ttl: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseFailed:
    """Bytes that are no feed; `detail` is one line that says what they are instead."""

    detail: str


ParseOutcome = Parsed | ParseFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What we remember of a feed between polls; committed with the items of the poll."""

    feed_id: str
    validators: Validators = Validators()
    first_read: datetime | None = None
    """When the feed was first read whole; None until then."""
    last_polled: datetime | None = None
    last_read: datetime | None = None
    next_poll: datetime | None = None
    next_poll_reason: str = ""
    failures: int = 0
    """Failures in a row."""
    last_error: str = ""


# --- items and matches ------------------------------------------------------------------------

ItemKey = NewType("ItemKey", str)
"""128 bits in hex: one per distinct entry of one feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry of a feed, cleaned, with what its source can know."""

    key: ItemKey
    feed_id: str
    outlet: str
    kind: FeedKind
    trust: Trust
    url: str
    title: str
    summary: str
    published: datetime | None
    """As the feed dates it; None when it does not or when the date is impossible."""
    seen: datetime
    """When we first saw it."""
    court: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def at(self) -> datetime:
        """When it happened, as far as anyone can tell: published, but never after seen."""
        return self.seen if self.published is None else min(self.published, self.seen)


TextField = Literal["title", "summary", "url", "source", "court", "tag"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Evidence:
    """A span of an item's own text that made a rule match: `item.<field>[start:end] == text`."""

    field: TextField
    start: int
    end: int
    text: str


class Severity(StrEnum):
    """How much a development matters to someone who follows the case."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0, 1, 2: for comparing."""
        return ("low", "medium", "high").index(self.value)


class TargetKind(StrEnum):
    """What can be followed."""

    CASE = "case"
    WATCHLIST = "watchlist"
    ENTITY = "entity"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Target:
    """A case, watchlist or entity by its slug."""

    kind: TargetKind
    slug: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.slug}"


class Relation(StrEnum):
    """Chiefly about the target (may ring), or only touching it (digest at most)."""

    CHIEF = "chief"
    RELATED = "related"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An item hit a target, with the spans that made it so."""

    target: Target
    relation: Relation
    evidence: tuple[Evidence, ...]
    reason: str
    """Why, in words for the reader of an alert; why only related, where it is."""
    severity: Severity | None = None
    """The rule's own severity; None leaves it to the event."""
    rule_version: str = ""


class EventKind(StrEnum):
    """What sort of thing happened."""

    COMPLAINT = "complaint"
    MOTION = "motion"
    HEARING = "hearing"
    DISCOVERY = "discovery"
    ORDER = "order"
    RULING = "ruling"
    STAY = "stay"
    SETTLEMENT = "settlement"
    DISMISSAL = "dismissal"
    APPEAL = "appeal"
    VERDICT = "verdict"
    SENTENCE = "sentence"
    RULEMAKING = "rulemaking"
    OTHER = "other"


class Status(StrEnum):
    """How far it got, as far as the source can know."""

    REPORTED = "reported"
    ARGUED = "argued"
    FILED = "filed"
    ORDERED = "ordered"
    DOCKETED = "on the docket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened according to one item."""

    kind: EventKind
    status: Status
    severity: Severity
    evidence: tuple[Evidence, ...] = ()
    quiet: str = ""
    """Why this item must never ring although it matches (opinion, price, …); empty if it may."""


# --- stories ----------------------------------------------------------------------------------

StoryId = NewType("StoryId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One item's part in a story: what rendering and joining need of it."""

    item_key: ItemKey
    outlet: str
    trust: Trust
    kind: FeedKind
    url: str
    title: str
    summary: str
    at: datetime
    seen: datetime
    event: Event
    evidence: tuple[Evidence, ...] = ()
    names: tuple[str, ...] = ()
    """The companies, people and foreign agencies that the headline names, as entity slugs."""
    counted: bool = True
    """False for a copy that is not an independent source."""


class RingKind(StrEnum):
    """Why a story that rang before rings again."""

    CONFIRMED = "confirmed"
    """A primary source now says what the press reported."""
    CHANGED = "changed"
    """A source that can know, or the same outlet, says another outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A later ring of a story: why, by which report, and when."""

    kind: RingKind
    report: ItemKey
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The reports of one development.  `reports` are in the order in which they joined."""

    id: StoryId
    targets: frozenset[Target]
    related: frozenset[Target]
    event: Event
    reports: tuple[Report, ...]
    first_at: datetime
    last_at: datetime
    rings: int = 0
    """How often it rang; 0 for a story that is only kept."""
    rang: datetime | None = None
    """When it rang first; who followed later hears of the next development, not of this one."""
    again: tuple[Rung, ...] = ()
    """The rings after the first."""
    like: StoryId | None = None
    """The story it may be the same as: told apart, but not for certain."""
    like_title: str = ""

    @property
    def lead(self) -> Report:
        """The report an alert shows: the first one that tells by itself, else the first counted."""
        counted = [report for report in self.reports if report.counted]
        own = (report for report in counted if report.trust is not Trust.CORROBORATES)
        return next(own, counted[0] if counted else self.reports[0])


class DecisionKind(StrEnum):
    """What an item leads to."""

    ALERT = "alert"
    UPDATE = "update"
    SUPPRESS = "suppress"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided about one item, and why; kept for `/why`."""

    kind: DecisionKind
    reason: str
    story: StoryId | None = None
    score: float | None = None


# --- people, alerts and deliveries ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """Where a message goes: a chat and, in a forum, its topic."""

    chat_id: int
    thread_id: int = 0
    """0 for a chat without topics and for the General topic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A place that hears of a target."""

    place: Place
    target: Target
    since: datetime
    floor: Severity = Severity.LOW
    """It hears of nothing that matters less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """An inline button: a `url` to open, or `data` (at most 64 bytes) sent back when pressed."""

    text: str
    data: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a place is to see: Telegram HTML, every foreign word escaped."""

    html: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A story that a place must hear of, or whose message there must be brought up to date."""

    place: Place
    key: str
    """`story:<id>:<ring>`: unique within the place."""
    story: Story
    targets: tuple[Target, ...]
    """Those of the story's targets that this place follows: the reason why it is told."""
    again: Rung | None = None
    """Set for a ring after the first."""
    reply_to: str = ""
    """The key of the message this one answers; empty for none."""


class DeliveryState(StrEnum):
    """Where one message stands."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    DEAD = "dead"


class Priority(IntEnum):
    """Lower goes first."""

    REPLY = 0
    HIGH = 1
    NORMAL = 2
    LOW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one place, and its fate.  A queued one with a `message_id` is an edit."""

    place: Place
    key: str
    message: Message
    priority: Priority
    created: datetime
    id: int = 0
    """Given by the store; 0 until then."""
    state: DeliveryState = DeliveryState.QUEUED
    not_before: datetime | None = None
    attempts: int = 0
    message_id: int | None = None
    sent: datetime | None = None
    """When it was first accepted."""
    error: str = ""
    item_seen: datetime | None = None
    reply_to: str = ""
    """The key of the message in the same place that this one answers."""
    reply_to_id: int | None = None
    """That message's id, filled in when the delivery is claimed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """A message that may or may not be there, and where to look for it.

    Telegram numbers the messages of private chats and basic groups in one count per bot, those of
    a supergroup or channel in its own; no document promises it.  What was accepted before this
    message left has lower numbers.
    """

    delivery: Delivery
    """With the text that was tried."""
    after: int
    """The highest number that was given before."""
    taken: frozenset[int]
    """Numbers above it that belong to other messages."""
    lost: int = 1
    """How many messages of the same count have a fate that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Accepted; `message_id` is the place's name for it."""

    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryAt:
    """Telegram asks to wait; nothing was sent and no attempt is spent."""

    after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """It provably never left; try again later."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """It left, and no answer came: it may or may not be there."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatGone:
    """The place does not take messages from us any more."""

    detail: str
    migrated_to: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Telegram refused this very message; sending it again will not help."""

    detail: str


DeliveryOutcome = Sent | RetryAt | NotSent | Unknown | ChatGone | Rejected


# --- what is followed -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """One dated step of a case with a source a reader can open."""

    date: str
    """`YYYY-MM-DD`, `YYYY-MM` or `YYYY`: as exact as the source."""
    what: str
    source: str
    event: EventKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A judge or a party, with the source of the fact."""

    name: str
    role: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The facts of one matter.  What has no source is None or empty, and shown as not on file."""

    slug: str
    caption: str
    title: str
    """The short form that alerts carry: `SEC v. Binance`."""
    court: str | None = None
    """The court's id."""
    court_name: str = ""
    docket: str | None = None
    """In the court's own form: `1:23-cv-01599`."""
    docket_source: str = ""
    court_case_id: str | None = None
    """The court's own number for the case, as its feed's links carry it."""
    judges: tuple[Person, ...] = ()
    parties: tuple[Person, ...] = ()
    status: str = ""
    status_date: str = ""
    status_source: str = ""
    closed: bool = False
    filed: str = ""
    """The complaint's date, `YYYY-MM-DD` or shorter; what was reported before is another matter."""
    aliases: tuple[str, ...] = ()
    primary_aliases: tuple[str, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    severity: Severity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchlist:
    """A theme people can follow."""

    name: str
    title: str
    severity: Severity


# --- the store's side of a decision -----------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The stories that a new item may still join, and the version they were read at."""

    version: int
    stories: Mapping[StoryId, Story] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Everything that one poll leads to; committed in one transaction or not at all."""

    feed_state: FeedState | None = None
    items: tuple[Item, ...] = ()
    matches: tuple[tuple[ItemKey, Match], ...] = ()
    decisions: tuple[tuple[ItemKey, Decision], ...] = ()
    stories: tuple[Story, ...] = ()
    """New and changed stories, whole."""
    deliveries: tuple[Delivery, ...] = ()
    """New ones, and new text for ones that exist (same place and key)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """The batch is in; `version` is the state it made."""

    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """Another writer got there first; decide again on fresh state."""

    version: int


CommitOutcome = Committed | Stale
