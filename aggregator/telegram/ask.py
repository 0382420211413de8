"""One question put to the bot: what is known when it is answered, and what may follow from it.

A command and a button are answered the same way: an async function takes an `Ask`, reads what it
needs, changes nothing, and returns an `Answer` whose effects the chat loop carries out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from aggregator.model import (
    ChatGone,
    Feedback,
    Item,
    Message,
    Mode,
    Mute,
    MuteKind,
    Place,
    PlaceSettings,
    Severity,
    Subscription,
    Target,
    Watch,
)
from aggregator.ports import Store
from aggregator.telegram.access import Claim
from aggregator.telegram.incoming import Incoming
from aggregator.telegram.naming import Setup

# --- what follows ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """Add a subscription; `place` None is where the question comes from."""

    target: Target
    place: Place | None = None
    floor: Severity = Severity.LOW
    mode: Mode = Mode.INSTANT


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfollow:
    """Remove one, and a watch's query with it."""

    target: Target
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Put this subscription in the place of the one to the same target."""

    subscription: Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class AddWatch:
    """Keep a query of the place's own, and its subscription."""

    watch: Watch
    subscription: Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """Keep how a place wants to be told."""

    settings: PlaceSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class StartMute:
    """Silence something for a while."""

    mute: Mute


@dataclass(frozen=True, slots=True, kw_only=True)
class EndMute:
    """Let it ring again."""

    place: Place
    kind: MuteKind
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remember:
    """Keep a setting of a place: what its digest told, which alerts it called not relevant."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveHere:
    """Let only `to` of its chat hear of a target."""

    target: Target
    to: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """Delete what is kept of the chat."""

    chat_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRelevant:
    """Keep that a reader called an alert not relevant."""

    feedback: Feedback


@dataclass(frozen=True, slots=True, kw_only=True)
class PutFile:
    """Keep a file that a message of this answer carries."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeAdmin:
    """The claim link was opened in time: it is used up, and this user is admin."""

    user_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviveChat:
    """The chat speaks to us, so it takes messages."""


Effect = (
    Follow
    | Unfollow
    | Change
    | AddWatch
    | Settle
    | StartMute
    | EndMute
    | Remember
    | MoveHere
    | Forget
    | NotRelevant
    | PutFile
    | MakeAdmin
    | ReviveChat
    | ChatGone
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What follows from one question."""

    replies: tuple[Message, ...] = ()
    edit: Message | None = None
    """What the message whose button was pressed becomes."""
    effects: tuple[Effect, ...] = ()
    toast: str = ""
    """Shown over the chat when a button was pressed; empty only stops its waiting mark."""


# --- what is known --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is known whenever a question is answered."""

    setup: Setup
    bot_name: str = ""
    claim: Claim | None = None
    subscriptions: tuple[Subscription, ...] = ()
    """Those of the place the question comes from."""

    @property
    def followed(self) -> frozenset[Target]:
        """What the place follows."""
        return frozenset(subscription.target for subscription in self.subscriptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What Telegram says of a user in a chat."""

    chat_id: int
    title: str
    is_admin: bool
    bot_may_post: bool
    is_channel: bool = False


async def _nobody(chat: int | str, user_id: int) -> Member | None:  # noqa: ARG001  what a hook takes
    return None


async def _nothing() -> tuple[str, ...] | Setup:
    return ()


def _no_watchlist(  # what a hook takes
    name: str,  # noqa: ARG001  the same
    queries: Sequence[str],  # noqa: ARG001  the same
    hits: Sequence[Item],  # noqa: ARG001  the same
    to: Place,  # noqa: ARG001  the same
    floor: Severity,  # noqa: ARG001  the same
) -> str:
    return ""


def _no_extension(name: str, to: Place, floor: Severity) -> str:  # noqa: ARG001  what a hook takes
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What reaches beyond the store."""

    member: Callable[[int | str, int], Awaitable[Member | None]] = _nobody
    """What a user is in a chat, by its id or @name; None when Telegram did not say."""
    reload: Callable[[], Awaitable[tuple[str, ...] | Setup]] = _nothing
    """Read the configuration anew: the new one, or the faults for which the old one stays."""
    watchlist: Callable[[str, Sequence[str], Sequence[Item], Place, Severity], str] = _no_watchlist
    """A file for `rules/watchlists/`: its name, queries, items as examples, who hears of it, and
    from which severity on."""
    extended: Callable[[str, Place, Severity], str] = _no_extension
    """A file that sends an existing watchlist to a place, from a severity on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One command or one press of a button."""

    incoming: Incoming
    view: View
    reads: Store
    """To be read from only: what changes is an effect."""
    now: datetime
    argument: str = ""
    """What stands after a command, on one line."""
    args: tuple[str, ...] = ()
    """What a button carries after its verb."""
    hooks: Hooks = field(default_factory=Hooks)

    @property
    def setup(self) -> Setup:
        return self.view.setup

    @property
    def place(self) -> Place:
        """Where it was asked, and where the answer goes."""
        return self.incoming.place


Handler = Callable[[Ask], Awaitable[Answer]]
ARGUMENT_CHARS_MAX = 1000


class Who(StrEnum):
    """Who may use a command or a button."""

    ANYONE = "anyone"
    """Strangers too."""
    USER = "user"
    """Everyone whom the bot answers."""
    CHAT = "chat"
    """In a group its admins, since it changes what all of it hears; in private its owner."""
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command: `words.DOES` and `words.ARGUMENT` say what it does and takes."""

    name: str
    run: Handler
    who: Who = Who.USER
    aliases: tuple[str, ...] = ()
    chars_max: int = ARGUMENT_CHARS_MAX
    """Of what stands after it; the rest is not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """A button, by the word its data begins with after the version."""

    name: str
    run: Handler
    who: Who = Who.USER
    slow: bool = False
    """It takes long, so that the press is answered before; it can have no toast."""


def reply(message: Message) -> Answer:
    """Return the answer that is this message and changes nothing."""
    return Answer(replies=(message,))


def say(html: str) -> Answer:
    """Return the answer that is one sentence of ours."""
    return reply(Message(html=html))
