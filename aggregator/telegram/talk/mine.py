"""Somebody's own data: a sample alert, an export, and deleting it all."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC

from aggregator.matching.asked import QueryFault, understood
from aggregator.matching.rules import CaseRule, Rules
from aggregator.model import (
    Alert,
    Case,
    Delivery,
    Event,
    EventKind,
    Evidence,
    FeedKind,
    Item,
    ItemKey,
    Message,
    Mode,
    Report,
    Severity,
    Status,
    Story,
    StoryId,
    Subscription,
    Target,
    TargetKind,
    Trust,
)
from aggregator.telegram import buttons, markup, render
from aggregator.telegram.ask import Answer, Ask, Command, Forget, PutFile, Verb, Who, reply, say
from aggregator.telegram.words import mine as words

ALERTS_MAX = 5000
"""Rows of an exported CSV."""
WATCHLISTS_MAX = 10
"""Files of followed watchlists in one export."""
HITS_MAX = 3
"""Of each thing followed, as examples."""
NAME = "my-follows"
PROCEEDING = (
    "appeal",
    "charge",
    "dismiss",
    "order",
    "rule",
    "sentence",
    "settle",
    "stay",
    "sue",
    "verdict",
)
"""The word lists that tell of a proceeding; those that the rules do not have are left out."""
SAMPLE = Target(kind=TargetKind.CASE, slug="sample-v-example")


async def test(ask: Ask) -> Answer:
    """Send a sample through the very outbox that alerts take."""
    case = Case(slug=SAMPLE.slug, caption=words.TEST_CASE, title=words.TEST_CASE)
    at = ask.now
    event = Event(kind=EventKind.HEARING, status=Status.REPORTED, severity=Severity.LOW)
    name = words.TEST_CASE
    start = words.TEST_TITLE.index(name)
    hit = Evidence(field="title", start=start, end=start + len(name), text=name)
    report = Report(
        item_key=ItemKey("0" * 32),
        outlet=words.TEST_OUTLET,
        trust=Trust.INDEPENDENT,
        kind=FeedKind.NEWS,
        url="https://sample-wire.example/sample",
        title=words.TEST_TITLE,
        summary=words.TEST_SUMMARY,
        at=at,
        seen=at,
        event=event,
        evidence=(hit,),
    )
    story = Story(
        id=StoryId("sample"),
        targets=frozenset({SAMPLE}),
        related=frozenset(),
        event=event,
        reports=(report,),
        first_at=at,
        last_at=at,
        rings=1,
        rang=at,
    )
    alert = Alert(place=ask.place, key="sample", story=story, targets=(SAMPLE,))
    message = render.alert(alert, {case.slug: case}, {SAMPLE: case.title})
    # Its buttons would act on a story that does not exist.
    marked = f"<b>{words.TEST_HEAD}</b>\n{message.html}"
    return reply(replace(message, html=marked, buttons=()))


async def export(ask: Ask) -> Answer:
    """Send what this place follows as YAML, and its alerts as CSV."""
    alerts = await ask.reads.alerts_of(ask.place, ALERTS_MAX)
    if not ask.view.subscriptions and not alerts:
        return say(words.NOTHING_TO_EXPORT)
    files = await _rules(ask)
    if alerts:
        files.append(("alerts.csv", _table(alerts), words.EXPORTED_ALERTS))
    # The chat in the name: what is deleted with the chat is found by it.
    folder = f"export:{ask.incoming.chat_id}:{ask.incoming.update_id}"
    named = [(f"{folder}/{name}", data, said) for name, data, said in files]
    return Answer(
        replies=tuple(Message(html=said, attachment=name) for name, _, said in named),
        effects=tuple(PutFile(name=name, data=data) for name, data, _ in named),
    )


async def stop(ask: Ask) -> Answer:  # noqa: ARG001  a handler
    """Ask before everything is deleted."""
    choice = buttons.rows(
        buttons.button(words.STOP_YES, "stopall"), buttons.button(words.STOP_NO, "stopnot"), width=1
    )
    return reply(Message(html=words.STOP_ASK, buttons=choice))


async def _stop_pressed(ask: Ask) -> Answer:
    return Answer(
        replies=(Message(html=words.STOP_DONE),), effects=(Forget(chat_id=ask.incoming.chat_id),)
    )


async def _keep_pressed(ask: Ask) -> Answer:  # noqa: ARG001  a handler
    return Answer(edit=Message(html=words.STOP_KEPT), toast=words.STOP_KEPT)


async def _rules(ask: Ask) -> list[tuple[str, bytes, str]]:
    """Return a watchlist of what is followed here for each severity floor, and one file for each
    watchlist followed.

    A watchlist's own rule stays where it is; the file only sends it here.
    """
    rules = ask.setup.rules
    if rules is None:
        return []
    parts: dict[Severity, list[tuple[Subscription, str]]] = {}
    files: list[tuple[str, bytes, str]] = []
    for one in ask.view.subscriptions:
        target = one.target
        if target.kind is TargetKind.WATCHLIST:
            if target.slug in rules.watchlists and len(files) < WATCHLISTS_MAX:
                text = _noted([one], ask) + ask.hooks.extended(target.slug, ask.place, one.floor)
                files.append((f"{target.slug}.yaml", text.encode(), words.EXPORTED_WATCHLIST))
            continue
        query = _query(target, ask)
        # An entity or case that is gone from the rules cannot be told to them.
        if query and not isinstance(understood(query, rules), QueryFault):
            parts.setdefault(one.floor, []).append((one, query))
    own = []
    for floor in sorted(parts, key=list(Severity).index):
        told = [one for one, _ in parts[floor]]
        hits = [hit for one in told for hit in await _hits(ask, one.target)]
        name = NAME if floor is Severity.LOW else f"{NAME}-{floor.value}"
        queries = [query for _, query in parts[floor]]
        text = _noted(told, ask) + ask.hooks.watchlist(name, queries, hits, ask.place, floor)
        own.append((f"{name}.yaml", text.encode(), words.exported_rules(floor)))
    return [*own, *files]


def _noted(told: Sequence[Subscription], ask: Ask) -> str:
    """Return the comment lines that say what each query of a file was, in their order."""
    lines = []
    for one in told:
        title = "".join(char for char in ask.setup.title(one.target) if char.isprintable())
        digest = one.mode is Mode.DIGEST
        lines.append(words.comment(one.target.kind, title, digest=digest, paused=one.paused))
    return "".join(f"# {line}\n" for line in lines)


def _query(target: Target, ask: Ask) -> str:
    match target.kind:
        case TargetKind.CASE:
            rule = ask.setup.rules.cases.get(target.slug) if ask.setup.rules else None
            return "" if rule is None else _case_query(rule)
        case TargetKind.ENTITY:
            return _name_query(target.slug, ask.setup.rules)
        case TargetKind.WATCH:
            return ask.setup.watches.get(target.slug, "")
        case TargetKind.WATCHLIST:
            return ""


def _name_query(slug: str, rules: Rules | None) -> str:
    """Return a one-line query for a name in a proceeding, which is what its followers hear of."""
    known = [f"~{family}" for family in PROCEEDING if rules and family in rules.families]
    return f"@{slug} AND ({' OR '.join(known)})" if known else f"@{slug}"


def _case_query(rule: CaseRule) -> str:
    """Return a one-line query for what a case rule looks for: its number, its caption, both sides."""
    sides = [
        " OR ".join(f"@{slug}" for slug in sorted(side))
        for side in (rule.plaintiffs, rule.defendants)
        if side
    ]
    parts = [f'"{rule.case.title}"']
    if rule.case.docket:
        parts.insert(0, f"docket:{rule.case.docket}")
    if len(sides) == 2:
        parts.append(f"(({sides[0]}) ({sides[1]}))")
    return " OR ".join(parts)


async def _hits(ask: Ask, target: Target) -> list[Item]:
    """Return the items that led the newest stories of `target`."""
    stories = await ask.reads.stories_of(target, HITS_MAX)
    found = [await ask.reads.item(story.lead.item_key) for story in stories]
    return [item for item in found if item is not None]


def _table(alerts: Sequence[Delivery]) -> bytes:
    """Return the alerts as CSV; a cell that a spreadsheet would run as a formula is quoted."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["created", "sent", "state", "key", "message_id", "text"])
    for one in alerts:
        table.writerow(
            [
                one.created.astimezone(UTC).isoformat(),
                one.sent.astimezone(UTC).isoformat() if one.sent else "",
                one.state.value,
                one.key,
                one.message_id or "",
                _cell(markup.plain(one.message.html)),
            ]
        )
    return out.getvalue().encode()


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


COMMANDS: tuple[Command, ...] = (
    Command(name="test", run=test, who=Who.CHAT),
    Command(name="export", run=export, who=Who.CHAT),
    Command(name="stop", run=stop, who=Who.CHAT),
)
VERBS: tuple[Verb, ...] = (
    Verb(name="stopall", run=_stop_pressed, who=Who.CHAT),
    Verb(name="stopnot", run=_keep_pressed, who=Who.CHAT),
)
