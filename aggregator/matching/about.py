"""Chiefly about a case, or only touching it: decided by who stands where.

A headline says what an article is about; its first sentences say in what matter.  So a case is
the subject when its parties face each other in the headline, or when the headline shows a court
at work on one of them and the first sentences name the other.  Everything else that names the
matter is background, and never rings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from aggregator.matching.hedge import takes_back
from aggregator.matching.index import Scan
from aggregator.matching.query import Any as AnyOf
from aggregator.matching.query import Entity, Near, Phrase, Query
from aggregator.matching.rules import CaseRule
from aggregator.matching.spun import spun_words
from aggregator.model import EventKind, Evidence, FeedKind, Item, Relation

LITIGATION = "litigation"
"""The family of `words.yaml` whose words show that a text speaks of a proceeding."""

COURTROOM = "courtroom"
"""The family whose words show a court at work: judge, court, ruling, docket."""

CRIMINAL = (
    "acquit", "arraign", "bail", "behind bars", "convict", "extradit", "guilt", "indict", "jur",
    "mistrial", "pardon", "clemency", "plea", "pled", "prison", "prosecut", "retrial", "sentenc",
    "trial", "verdict",
)  # fmt: skip
"""How the words of those families begin that only a criminal case has, or a jury's."""

APPELLATE = ("appeal", "certiorari", "circuit", "supreme court", "rehear", "remand")
"""How the words begin by which an open criminal case goes on in a higher court."""

SUES = re.compile(r"\b(?:sues|suing|to sue|files? (?:a |its )?(?:law)?suit|takes)\b", re.IGNORECASE)

MOVES = re.compile(
    r"\b(?:re-?opens?|re-?opened|reviv(?:e[sd]?|al)|reinstat(?:e[sd]?|ement)|re-?fil(?:e[sd]?|ing)|"
    r"re-?su(?:e[sd]?|ing)|resurrect(?:s|ed)?|restor(?:es|ed)|vacat(?:es?|ed)|dissolv(?:es?|ed)|"
    r"expung(?:e[sd]?|ement)|remand(?:s|ed)|appeal(?:s|ed)?|(?:new|fresh|another) (?:order|ruling|"
    r"lawsuit|suit|case|complaint|motion|appeal|charges))\b",
    re.IGNORECASE,
)
"""What a headline says of a closed case that moves again."""

LOOKS_AHEAD = re.compile(
    r"\b(?:if|could|may|might|would|should|whether|unlikely|what|why|how|hopes?|years? (?:ago|after|"
    r"later|on)|anniversary)\b|\?",
    re.IGNORECASE,
)
"""What makes of such a headline a guess or a look back."""

AFTERMATH_DAYS = 45
"""So long after its end a closed case is still the subject without a new step in it."""

CAPTION = re.compile(r"\w\s(?:v|vs|versus)\.?\s\w", re.IGNORECASE)
"""A name of a case that has both sides in it."""

VERSUS = tuple(Phrase(text=word, exact=True) for word in ("v", "vs", "versus"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """Who stands where in one item, seen from one case."""

    proof: bool = False
    caption_title: bool = False
    own_title: bool = False
    own_lead: bool = False
    opponent_title: bool = False
    opponent_lead: bool = False
    judge: bool = False
    judge_title: bool = False
    law_title: bool = False
    law_lead: bool = False
    court_title: bool = False
    opposed: bool = True
    """The other side is an agency, which headlines name; false for investors nobody knows."""
    moves: bool = False
    """The headline tells that a matter moves again, or takes back what was told of it."""
    turned: bool = False
    """The headline tells of the case's private side suing its opponent."""
    hit: bool = False
    """The case's own query holds."""
    defendant_title: bool = False
    strangers_lead: bool = False
    criminal_case: bool = False
    criminal: bool = False
    """A criminal case whose headline has the words of one: nobody names the United States."""
    strangers_title: frozenset[str] = frozenset()
    """Companies and people in the headline that are no party."""
    agencies_title: frozenset[str] = frozenset()
    """Agencies in the headline that are not the opponent."""
    evidence: tuple[Evidence, ...] = ()

    @property
    def title_parties(self) -> bool:
        """Both sides stand in the headline."""
        return self.own_title and self.opponent_title


def own_queries(rule: CaseRule) -> dict[str, Query]:
    """Return the queries that a case brings along beside its `when`: its caption."""
    sides: list[Query] = [
        Near(parts=(Entity(slug=a), AnyOf(parts=VERSUS), Entity(slug=b)), words=2, ordered=True)
        for plaintiff in sorted(rule.plaintiffs)
        for defendant in sorted(rule.defendants)
        for a, b in ((plaintiff, defendant), (defendant, plaintiff))
    ]
    sides += [Phrase(text=name) for name in rule.case.aliases if CAPTION.search(name)]
    return {f"caption:{rule.case.slug}": AnyOf(parts=tuple(sides))} if sides else {}


def signals(
    rule: CaseRule,
    item: Item,
    scan: Scan,
    *,
    companies: frozenset[str],
    agencies: frozenset[str],
    lead_chars: int,
) -> Signals:
    """Return who stands where in `item`, as `rule` sees it."""
    own, opponents = _sides(rule, agencies)
    caption = scan.hits.get(f"caption:{rule.case.slug}", ())
    proof = scan.hits.get(f"proof:{rule.case.slug}", ())
    law = scan.families.get(LITIGATION, ())
    court = scan.families.get(COURTROOM, ())
    hit = scan.hits.get(f"case:{rule.case.slug}", ())
    in_title = {slug for slug, spans in scan.mentions.items() if _titled(spans)}
    published = released(rule, item, scan)
    return Signals(
        proof=bool(proof),
        caption_title=_titled(caption),
        own_title=bool(own & in_title),
        own_lead=any(_leads(scan.mentions.get(slug, ()), lead_chars) for slug in own),
        opponent_title=published
        or bool(opponents & in_title)
        or (not opponents & agencies and _titled(_beyond(hit, scan, own))),
        opponent_lead=any(_leads(scan.mentions.get(slug, ()), lead_chars) for slug in opponents)
        or (not opponents & agencies and _leads(_beyond(hit, scan, own), lead_chars)),
        judge=any(slug in scan.mentions for slug in rule.judges),
        judge_title=bool(rule.judges & in_title),
        law_title=published
        or _titled(law)
        or _titled(court)
        or "legal" in item.title.casefold().split()
        or bool(spun_words(item.title)),
        law_lead=_leads(law, lead_chars) or _leads(court, lead_chars),
        court_title=_titled(court),
        opposed=bool(opponents & agencies),
        turned=not rule.defendants <= agencies and _turned(item.title, scan, own, opponents),
        hit=bool(hit),
        moves=takes_back(item.title)
        or (MOVES.search(item.title) is not None and LOOKS_AHEAD.search(item.title) is None),
        defendant_title=bool((rule.defendants - agencies) & in_title),
        strangers_lead=any(
            _leads(spans, lead_chars)
            for slug, spans in scan.mentions.items()
            if slug in companies - own - opponents
        ),
        criminal_case=_is_criminal(rule),
        criminal=_criminal(rule, (*law, *court)),
        strangers_title=frozenset(in_title & companies - own - opponents),
        agencies_title=frozenset(in_title & agencies - opponents - own),
        evidence=_evidence(rule, scan, proof, own | opponents | rule.judges),
    )


def released(rule: CaseRule, item: Item, scan: Scan) -> bool:
    """Say whether a party to the case published `item` and named the other side in the headline.

    The SEC's litigation releases carry a defendant's name and nothing else.
    """
    if item.kind is not FeedKind.REGULATOR:
        return False
    sides = (rule.plaintiffs, rule.defendants)
    return any(
        any(span.field == "source" for slug in one for span in scan.mentions.get(slug, ()))
        and any(_titled(scan.mentions.get(slug, ())) for slug in other)
        for one, other in (sides, sides[::-1])
    )


def judge(
    rule: CaseRule,
    signal: Signals,
    item: Item,
    *,
    event: EventKind,
    headlined: bool,
    penal: bool,
    quiet: str,
    others: Mapping[str, Signals],
) -> tuple[Relation, str] | None:
    """Return whether `item` is chiefly about the case or only touches it, and why; None: neither.

    `headlined` says that the words of the event stand in the headline, `penal` that only a criminal
    court has such an event; `others` are the signals of every case the item may be about, this one
    included: a headline that lists captions without a step in any of the cases is a round-up.
    """
    if signal.proof:
        return Relation.CHIEF, "the court's own number for this case"
    if item.kind is FeedKind.COURT:
        return None  # another docket of the same court
    background = Relation.RELATED, "names the matter in passing"
    if not (signal.own_title or signal.own_lead or signal.judge):
        named = signal.opponent_title or signal.opponent_lead
        return background if signal.hit and named else None
    filed = _date(rule.case.filed)
    if filed and item.at.date() < filed:
        paired = (signal.own_title or signal.own_lead) and (
            signal.opponent_title or signal.opponent_lead
        )
        return (Relation.RELATED, f"reported before the complaint of {filed}") if paired else None
    reason = _subject(signal, event, headlined=headlined)
    if reason is None:
        by_judge = signal.hit and signal.judge  # its docket number beside its judge
        touched = signal.opponent_title or signal.opponent_lead or by_judge
        return background if touched else None
    if not signal.caption_title and (
        other := _other_matter(signal, event, headlined=headlined, penal=penal)
    ):
        return Relation.RELATED, other
    if quiet:
        return Relation.RELATED, quiet
    titled = [s for s in others.values() if s.caption_title]
    if len(titled) > 1 and event is EventKind.OTHER:
        return Relation.RELATED, "several matters at once"
    ended = _date(rule.case.status_date) if rule.case.closed else None
    if (
        ended
        and event is EventKind.OTHER
        and not signal.moves
        and item.at.date() > ended + timedelta(days=AFTERMATH_DAYS)
    ):
        return Relation.RELATED, f"looks back at a case closed on {ended}"
    return Relation.CHIEF, reason


def theme(spans: Iterable[Evidence], quiet: str, *, lead_chars: int) -> tuple[bool, str]:
    """Return whether an item is chiefly about a watchlist's theme, and why."""
    if quiet:
        return False, quiet
    if any(span.field == "title" for span in spans):
        return True, "in the headline"
    if all(span.start < lead_chars for span in spans):
        return False, "only in the first sentences"
    return False, "only further down"


def _subject(signal: Signals, event: EventKind, *, headlined: bool) -> str | None:
    """Return why the case is the subject; None when it is not."""
    if signal.caption_title:
        return "the headline names the case"
    happens = event is not EventKind.OTHER
    if signal.title_parties and (signal.law_title or signal.law_lead or happens or signal.moves):
        return "both sides in the headline"
    if signal.agencies_title:
        return None  # another agency's matter
    alone = not signal.strangers_title and (signal.defendant_title or not signal.strangers_lead)
    if signal.criminal and signal.own_title and alone:
        return "a criminal step in the headline, beside its defendant"
    below = "a proceeding in the headline, its parties below"
    if signal.own_title and signal.law_title and signal.opponent_lead:
        return None if signal.strangers_title else below
    if signal.own_title and happens and headlined and signal.opponent_lead and signal.law_lead:
        return None if signal.strangers_title else below
    if signal.judge_title and (signal.opponent_title or signal.own_title):
        return "its judge and a party in the headline"
    if (
        signal.opponent_title
        and (signal.law_title or happens)
        and signal.own_lead
        and not signal.strangers_title
    ):
        return below
    if signal.own_title and signal.court_title and signal.judge:
        return "a court in the headline, the case's judge below"
    return None


def _other_matter(signal: Signals, event: EventKind, *, headlined: bool, penal: bool) -> str:
    """Return what shows that the headline's step is one of another matter; empty: nothing does."""
    if penal and not signal.criminal_case:
        return "a criminal court's step; this case is a civil one"
    if event is not EventKind.COMPLAINT or not headlined or signal.criminal:
        return ""
    if signal.turned or (signal.opposed and not signal.opponent_title):
        return "somebody else's complaint"
    return ""


def _turned(title: str, scan: Scan, own: frozenset[str], opponents: frozenset[str]) -> bool:
    """Say whether the private side stands before "sues" and its opponent behind it."""
    verb = SUES.search(title)
    if verb is None:
        return False
    first, last = (
        [
            span.start
            for slug in side
            for span in scan.mentions.get(slug, ())
            if span.field == "title"
        ]
        for side in (own, opponents)
    )
    return bool(first and last) and min(first) < verb.start() < min(last)


def _is_criminal(rule: CaseRule) -> bool:
    return "-cr-" in (rule.case.docket or "")


def _criminal(rule: CaseRule, words: Iterable[Evidence]) -> bool:
    """Say whether the case is a criminal one and the headline speaks of one, or of its appeal."""
    told = CRIMINAL if rule.case.closed else CRIMINAL + APPELLATE
    return _is_criminal(rule) and any(
        span.field == "title" and span.text.casefold().startswith(told) for span in words
    )


def _sides(rule: CaseRule, agencies: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the private side and its opponent: agencies sue and are sued in many matters."""
    if rule.defendants and rule.defendants <= agencies:
        return rule.plaintiffs | rule.known_by, rule.defendants
    return rule.defendants | rule.known_by, rule.plaintiffs


def _beyond(hit: Iterable[Evidence], scan: Scan, own: frozenset[str]) -> list[Evidence]:
    """Return what the rule's own query hit beside the private side's names.

    In a suit whose plaintiffs are nobody known, that is what stands for them: "class action".
    """
    names = {span for slug in own for span in scan.mentions.get(slug, ())}
    return [span for span in hit if span not in names]


def _titled(spans: Iterable[Evidence]) -> bool:
    return any(span.field == "title" for span in spans)


def _leads(spans: Iterable[Evidence], lead_chars: int) -> bool:
    return any(span.field == "summary" and span.start < lead_chars for span in spans)


def _evidence(
    rule: CaseRule, scan: Scan, proof: tuple[Evidence, ...], entities: frozenset[str]
) -> tuple[Evidence, ...]:
    """Return the first mention of each name in each field, and what the rule itself rests on."""
    spans = {*proof, *scan.hits.get(f"case:{rule.case.slug}", ())}
    for slug in entities:
        for field in ("title", "summary"):
            spans |= set([s for s in scan.mentions.get(slug, ()) if s.field == field][:1])
    return tuple(sorted(spans))


def _date(text: str) -> date | None:
    """Return the date of `YYYY-MM-DD`; None for anything less exact."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
