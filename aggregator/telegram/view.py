"""What is known when an update is answered, and what follows from it, as values."""

from __future__ import annotations

from dataclasses import dataclass

from aggregator.model import ChatGone, Message, Story, Subscription, Target
from aggregator.telegram.access import Claim
from aggregator.telegram.naming import Setup


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """Add a subscription at the place of the update."""

    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfollow:
    """Remove one."""

    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeAdmin:
    """The claim link was opened in time: it is used up, and this user is admin."""

    user_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviveChat:
    """The chat speaks to us, so it takes messages."""


Effect = Follow | Unfollow | MakeAdmin | ReviveChat | ChatGone


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What follows from one update."""

    replies: tuple[Message, ...] = ()
    effects: tuple[Effect, ...] = ()
    toast: str = ""
    """Shown over the chat when a button was pressed; empty stops the button's waiting mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is known when an update is answered."""

    setup: Setup
    bot_name: str = ""
    claim: Claim | None = None
    subscriptions: tuple[Subscription, ...] = ()
    """Those of the place the update comes from."""
    stories: tuple[Story, ...] = ()
    """The newest of the case that `need` named."""
    coverage: tuple[int, int] = (0, 0)

    @property
    def followed(self) -> frozenset[Target]:
        """What the place follows."""
        return frozenset(subscription.target for subscription in self.subscriptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What to read before answering."""

    case: Target | None = None
    """Its stories and coverage."""
    group_admin: bool = False
    """Whether the user is an admin of the group."""


def reply(message: Message) -> Answer:
    """Return the answer that is this message and changes nothing."""
    return Answer(replies=(message,))


def say(html: str) -> Answer:
    """Return the answer that is one sentence of ours."""
    return reply(Message(html=html))
