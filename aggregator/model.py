"""The nouns, in the order in which they flow.

Feed -> Item -> Match -> Story -> Alert -> Delivery; around them Case, Watchlist, Subscription.
Everything here is a frozen value without behaviour that needs the outside world.  All times are
aware and in UTC.  Outcomes that can differ are unions, to be taken apart with ``match`` and
``assert_never``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
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


class FeedFormat(StrEnum):
    """What a source answers with: a feed of any kind, or an API's own shape."""

    FEED = "feed"
    FEDERAL_REGISTER = "federal-register"
    COURTLISTENER = "courtlistener"


DedupPart = Literal["guid", "link", "title", "summary", "published"]


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
    fallback_urls: tuple[str, ...] = ()
    """Asked in turn while `url` fails."""
    jurisdiction: str = ""
    """Whose law it is about, as its configuration says it (`us`, `us-ny`, `eu`)."""
    dedup_key: tuple[DedupPart, ...] = ()
    """What tells one entry from another here; empty leaves it to the kind."""
    format: FeedFormat = FeedFormat.FEED


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave to ask "changed since?" with; opaque, sent back byte for byte."""

    etag: str | None = None
    last_modified: str | None = None
    url: str = field(default="", compare=False)
    """Where they came from: they are told to no other address; empty where that is not known."""


class FetchFault(StrEnum):
    """Why a fetch brought no body."""

    REFUSED_ADDRESS = "refused address"
    ROBOTS = "forbidden by robots.txt"
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
    moved_to: str = ""
    """Where permanent redirects led, up to the first other one; empty when there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The server said 304; `validators` are those to use from now on."""

    validators: Validators
    max_age: timedelta | None = None
    moved_to: str = ""
    """As for `Fetched`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    """No usable body; `detail` is one line for the operator."""

    fault: FetchFault
    detail: str
    status: int | None = None
    retry_after: timedelta | None = None
    ours: bool = False
    """No host at all answers: the network here is down, and no feed is to blame."""


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
    skip_hours: frozenset[int] = frozenset()
    """Hours of the day, 0 to 23 in UTC, in which the publisher posts nothing."""
    skip_days: frozenset[int] = frozenset()
    """Days of the week, 0 is Monday, in which the publisher posts nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseFailed:
    """Bytes that are no feed; `detail` is one line that says what they are instead."""

    detail: str


ParseOutcome = Parsed | ParseFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a feed lives by now, and what its server was caught at; see `feeds.standing`."""

    asked: str = ""
    """The feed's own URL that all this is about; under another one it starts anew."""
    answered: str = ""
    """Where the validators came from."""
    moved_to: str = ""
    """Where permanent redirects lead of late, not yet believed."""
    moved_times: int = 0
    moved_since: datetime | None = None
    adopted: str = ""
    """Asked in the place of the feed's own URL, since permanent redirects led there for long."""
    gone_times: int = 0
    """How often in a row the server said 410 Gone."""
    gone_since: datetime | None = None
    muted: datetime | None = None
    """When the 410 was confirmed; hardly asked since."""
    whole: datetime | None = None
    """When a whole body was last read; a 304 brings none."""
    forced: datetime | None = None
    """When it was last asked without validators, to see whether they are frozen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What a feed's own past teaches: how it posts, what it looks like, how it answers.

    Counts fade: what happened a half-life ago counts half (see `feeds.rate`).
    """

    counted: datetime | None = None
    """Up to when its posts are counted; None until it was first read whole."""
    posts: float = 0.0
    days: float = 0.0
    """How long it was watched, faded like the posts."""
    hours: tuple[float, ...] = ()
    """Posts by hour of the week, from Monday 00:00 UTC; 168 of them, or none so far."""
    minutes: tuple[float, ...] = ()
    """Posts by minute of the hour: desks that post at a fixed minute; 60, or none so far."""
    longest: timedelta = timedelta()
    """The longest silence between two posts, slowly forgotten."""
    newest: datetime | None = None
    """The date of its newest entry that was not dated ahead."""
    fresh: datetime | None = None
    """When an entry was last found that was not there before."""
    page: tuple[str, ...] = ()
    """Short names of the entries it last listed, where it dates none of them."""
    entries: int = 0
    """How many it listed when it last listed any."""
    empty_since: datetime | None = None
    """Since when it lists nothing, though it used to."""
    page_since: datetime | None = None
    """Since when a web page comes in the place of the feed."""
    shape: str = ""
    """What its entries are like: where they link to, whether they are dated."""
    other_shape: str = ""
    other_since: datetime | None = None
    """Since when they are of another sort, not yet taken for the new normal."""
    body_bytes: int = 0
    polls: float = 0.0
    not_modified: float = 0.0
    """How many of the polls ended in 304."""
    unchanged: float = 0.0
    """How many brought a whole body with nothing new in it."""
    ttl: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    """What the publisher asked for in its last body."""
    broke: float = 0.0
    """Stories that it was the first to bring, faded since `broke_at`."""
    broke_at: datetime | None = None
    weight: float = 1.0
    """How much hangs on it: who follows what only it can bring."""
    held_until: datetime | None = None
    """Until when its server asked to be left alone."""
    spare: int = 0
    """Which of its addresses is asked: 0 is `url`, others are `fallback_urls` in their order."""
    spare_since: datetime | None = None
    """When `url` was last given up; it is tried again after a while."""


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
    standing: Standing = Standing()
    learnt: Learnt = Learnt()


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
    """What can be followed; a watch is one place's own query, known by its number."""

    CASE = "case"
    WATCHLIST = "watchlist"
    ENTITY = "entity"
    WATCH = "watch"


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
    edits: int = 0
    """How often its publisher changed its words since."""


class RingKind(StrEnum):
    """Why a story that rang before rings again."""

    CONFIRMED = "confirmed"
    """A primary source now says what the press reported."""
    CHANGED = "changed"
    """A source that can know, or the same outlet, says another outcome."""
    ADDED = "added"
    """Something new to the reader within the same development: a figure, a date, a new actor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A later ring of a story: why, by which report, and when."""

    kind: RingKind
    report: ItemKey
    at: datetime
    what: str = ""
    """What is new, in the sources' own words or figures; empty where the report says it all."""


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
    held: str = ""
    """Why it waits for the digest instead of ringing; empty once it rang or if it never may."""
    late: bool = False
    """It was more than 72 h old when it was first seen."""

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


class Mode(StrEnum):
    """How a place hears of what it follows."""

    INSTANT = "instant"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A place that hears of a target."""

    place: Place
    target: Target
    since: datetime
    """It hears of what rings from then on; set anew when it is resumed or hears of more."""
    floor: Severity = Severity.LOW
    """It hears of nothing that matters less."""
    mode: Mode = Mode.INSTANT
    paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One place's own query, in the one-line language; followed by a subscription to `target`."""

    id: str
    """Short, lower-case letters and digits; unique among all places."""
    place: Place
    query: str
    created: datetime

    @property
    def target(self) -> Target:
        """What the subscription names."""
        return Target(kind=TargetKind.WATCH, slug=self.id)


class MuteKind(StrEnum):
    """What a mute silences."""

    ALL = "all"
    TARGET = "target"
    STORY = "story"
    SOURCE = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A place's silence for a while: what would ring within it goes to the digest."""

    place: Place
    kind: MuteKind
    name: str = ""
    """The target as `case:slug`, the story's id, or the outlet; empty for all."""
    since: datetime
    until: datetime
    keep_high: bool = True
    """High rings all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """The hours in which only High rings, by the place's own clock; may pass midnight."""

    start: time
    end: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a digest comes, by the place's own clock."""

    at: time
    weekday: int | None = None
    """0 is Monday; None is every day."""


DAILY = Schedule(at=time(8))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceSettings:
    """How a place wants to be told; the defaults are those of a place that never said."""

    place: Place
    zone: str = "UTC"
    """An IANA name."""
    quiet: Quiet | None = None
    digest: Schedule | None = DAILY
    digest_asked: bool = False
    """Asked for by name: then an empty one is sent too, to tell silence from breakage."""
    never_repeat: bool = False
    """A message that may have arrived is parked instead of sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Everyone who may hear of something, as one state of the store."""

    subscriptions: tuple[Subscription, ...] = ()
    settings: Mapping[Place, PlaceSettings] = field(default_factory=dict)
    """Of the places that ever chose."""
    mutes: tuple[Mute, ...] = ()
    """Those that hold, and those that ended not long ago."""
    watches: tuple[Watch, ...] = ()

    def settings_of(self, place: Place) -> PlaceSettings:
        """Return how `place` wants to be told."""
        return self.settings.get(place) or PlaceSettings(place=place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """A reader said that an alert was not relevant; who it was is not kept."""

    at: datetime
    target: Target
    rule_version: str
    story: StoryId
    item: ItemKey
    title: str


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
    attachment: str = ""
    """The name of a stored file that goes with it, `html` being its caption; empty for none.  A
    name that ends in `.png` is shown as a picture."""


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
    edit_only: bool = False
    """The place is not to be told anew (muted, quiet hours, digest); what it was told is edited."""


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
    edit_only: bool = False
    """Brings an existing message up to date, and is dropped where there is none."""
    rule_version: str = ""
    """Of the rule that made it, for the ledger."""


REPEAT_SIGN = "↻"
"""Begins the first line of a message that may be a repeat; new text for it keeps that line."""


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
    highest: int = 0
    """The highest number of the count that is known by now."""
    lost: int = 1
    """How many messages of the same count have a fate that is not known."""
    crowded: bool = False
    """Others write in the same count, unseen by us: not to be found proves little."""
    haunted: bool = False
    """Another message of the chat, looked for in vain, may lie above `after`: looking might write
    over that one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Whose turn it is: what the sender's budget allows at the moment of a claim."""

    resting: Collection[int] = ()
    """Chats that nothing may be sent to just now."""
    still: Collection[int] | None = ()
    """Chats where nothing may be edited just now, answers to commands excepted; None: all."""
    served: Sequence[int] = ()
    """Chats that had their turn, the longest ago first; others come before them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Accepted; `message_id` is the place's name for it."""

    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryAt:
    """Telegram asks to wait; nothing was sent and no attempt is spent."""

    after: timedelta
    flood: bool = True
    """False where the wait is our own choice, such as after a loss of rights."""


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


class LedgerKind(StrEnum):
    """What a row of the ledger records."""

    SENT = "sent"
    EDITED = "edited"
    GAP = "gap"
    GAP_CLOSED = "gap closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One thing that can be proved later: what Telegram accepted for a place, or a possible loss.

    Accepted is not read.  Each row carries the digest of the one before.
    """

    number: int
    kind: LedgerKind
    at: datetime
    chat: str
    """The chat's id, or its keyed hash once it asked to be forgotten; empty for a gap."""
    thread_id: int = 0
    key: str = ""
    story: str = ""
    item_seen: datetime | None = None
    rule_version: str = ""
    message_id: int | None = None
    note: str = ""
    digest: str = ""
    """SHA-256 in hex over this row and the digest before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch in which something may have been missed on one feed, or on all ("")."""

    feed_id: str
    why: str
    since: datetime
    until: datetime | None
    """None while it lasts."""
    opened: datetime
    closed: datetime | None = None
    """When a later poll showed that nothing was missed."""
    id: int = 0
    """Given by the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What a clean-up removed, in rows."""

    items: int = 0
    stories: int = 0
    deliveries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How the queue stands, for `/status`."""

    queued: int = 0
    unknown: int = 0
    parked: int = 0
    """Of the unknown ones, those left to the reader because the place never wants a repeat."""
    dead: int = 0
    oldest: datetime | None = None
    """When the oldest queued one was made."""
    delays_s: tuple[float, ...] = ()
    """Seconds from published to sent of the newest first alerts, at most 500."""


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
    gaps: tuple[Gap, ...] = ()
    """Found by the poll; those that it shows to be none have `closed`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """The batch is in; `version` is the state it made."""

    version: int
    gaps: tuple[Gap, ...] = ()
    """Those of the batch, with their ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """Another writer got there first; decide again on fresh state."""

    version: int


CommitOutcome = Committed | Stale
