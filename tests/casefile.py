"""An invented case with what is known of it: facts, developments, feeds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from aggregator.model import (
    Case,
    Event,
    EventKind,
    Feed,
    FeedKind,
    FeedState,
    ItemKey,
    Milestone,
    Person,
    Report,
    Severity,
    Status,
    Story,
    StoryId,
    Trust,
)

NOW = datetime(2025, 6, 10, 12, 0, tzinfo=UTC)
PAPERS = "https://www.courtlistener.com/docket/11111/harbor-v-quill/"
PRESS = "https://wire-one.example/harbor"
CASE = Case(
    slug="sec-v-harbor",
    caption="Securities and Exchange Commission v. Harbor Exchange Ltd. et al.",
    title="SEC v. Harbor",
    court="dcd",
    court_name="U.S. District Court for the District of Columbia",
    docket="1:23-cv-04242",
    docket_source=PAPERS,
    court_case_id="300300",
    judges=(
        Person(name="Ada Example", role="judge", source=PAPERS),
        Person(name="Max Muster", role="magistrate", source=PRESS),
    ),
    parties=(
        Person(name="Securities and Exchange Commission", role="plaintiff", source=PAPERS),
        Person(name="Harbor Exchange Ltd.", role="defendant", source=PAPERS),
    ),
    status="Motion to dismiss denied in part, discovery under way",
    status_date="2025-05-29",
    status_source=PAPERS,
    filed="2023-06-05",
    aliases=("Harbor", "SEC v. Harbor"),
    primary_aliases=("harbor",),
    milestones=(
        Milestone(
            date="2023-06-05", what="Complaint filed", source=PAPERS, event=EventKind.COMPLAINT
        ),
        Milestone(date="2024", what="Discovery opens", source=PRESS),
        Milestone(date="2024-03", what="Case stayed", source=PRESS, event=EventKind.STAY),
        Milestone(
            date="2025-05-29",
            what="Motion to dismiss denied in part (Dkt. 88)",
            source=PAPERS,
            event=EventKind.RULING,
        ),
    ),
)
CHARGED = Case(
    slug="us-v-quill",
    caption="United States v. Quill et al.",
    title="US v. Quill",
    court="nysd",
    docket="1:24-cr-00077",
    docket_source=PAPERS,
    parties=(
        Person(name="United States", role="plaintiff"),
        Person(name="Jane Quill", role="defendant"),
        Person(name="John Ink", role="defendant"),
    ),
    status="Charged with wire fraud",
    status_date="2024-02-01",
    status_source=PAPERS,
)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z]+", "-", name.lower().replace(".", "")).strip("-") or "x"


def report(
    outlet: str = "Wire One",
    title: str = "Harbor loses bid to end case",
    *,
    trust: Trust = Trust.INDEPENDENT,
    kind: FeedKind = FeedKind.NEWS,
    at: datetime = NOW,
    summary: str = "",
    url: str = "",
    counted: bool = True,
    event: EventKind = EventKind.OTHER,
    status: Status = Status.REPORTED,
    severity: Severity = Severity.MEDIUM,
) -> Report:
    """Return one report."""
    return Report(
        item_key=ItemKey(f"{outlet}/{title}/{at}"),
        outlet=outlet,
        trust=trust,
        kind=kind,
        url=url or f"https://{_slug(outlet)}.example/a?x=1&y=2",
        title=title,
        summary=summary,
        at=at,
        seen=at,
        event=Event(kind=event, status=status, severity=severity),
        counted=counted,
    )


def docket_entry(text: str, **how: object) -> Report:
    """Return what a court's feed says of an entry."""
    how = {"event": EventKind.RULING, "status": Status.DOCKETED, **how}
    return report(
        "D.D.C. docket",
        "SEC v. Harbor",
        trust=Trust.PRIMARY,
        kind=FeedKind.COURT,
        summary=text,
        **how,
    )


def story(*reports: Report, name: str = "", quiet: str = "") -> Story:
    """Return the development that the reports tell of."""
    first = reports[0]
    event = Event(
        kind=first.event.kind,
        status=first.event.status,
        severity=first.event.severity,
        quiet=quiet,
    )
    return Story(
        id=StoryId(name or first.title + str(first.at)),
        targets=frozenset(),
        related=frozenset(),
        event=event,
        reports=reports,
        first_at=min(one.at for one in reports),
        last_at=max(one.at for one in reports),
    )


def on(day: str, hour: int = 12) -> datetime:
    """Return an hour of a day."""
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)


def feed(
    name: str,
    kind: FeedKind = FeedKind.NEWS,
    *,
    court: str | None = None,
    url: str = "",
    **how: object,
) -> Feed:
    """Return a feed."""
    slug = _slug(name)
    return Feed(
        id=slug,
        url=url or f"https://{slug}.example/feed",
        kind=kind,
        name=name,
        trust=Trust.PRIMARY if kind is FeedKind.COURT else Trust.INDEPENDENT,
        court=court,
        **how,
    )


def read(one: Feed, ago: timedelta | None, *, failures: int = 0, now: datetime = NOW) -> FeedState:
    """Return the state of a feed that was last read `ago`; None for never."""
    return FeedState(
        feed_id=one.id,
        last_read=None if ago is None else now - ago,
        failures=failures,
        last_error="timeout" if failures else "",
    )


DOCKET = feed("D.D.C. docket", FeedKind.COURT, court="dcd")
OPINIONS = feed(
    "D.D.C. opinions",
    FeedKind.COURT,
    court="dcd",
    url="https://www.govinfo.gov/rss/uscourts-dcd.xml",
)
OTHER_DOCKET = feed("S.D.N.Y. docket", FeedKind.COURT, court="nysd")
RELEASES = feed("SEC press releases", FeedKind.REGULATOR)
FOREIGN = feed("UK FCA news", FeedKind.REGULATOR)
WIRE = feed("Wire One")
GAZETTE = feed("Gazette Two", FeedKind.BLOG)
FEEDS = (DOCKET, OTHER_DOCKET, RELEASES, FOREIGN, WIRE, GAZETTE)
MINUTES = timedelta(minutes=1)
STATES = {one.id: read(one, 3 * MINUTES) for one in FEEDS}
