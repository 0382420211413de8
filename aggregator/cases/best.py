"""Which of a development's sources to show, and in whose words."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from aggregator.model import FeedKind, Report, Story, Trust

RANK = {Trust.PRIMARY: 0, Trust.INDEPENDENT: 1, Trust.CORROBORATES: 2}
OFFICIAL_HOST = re.compile(
    r"(?:.+\.)?(?:gov|mil|gov\.[a-z]{2}|europa\.eu|courtlistener\.com|plainsite\.org"
    r"|docketalarm\.com)|(?:law|docs|dockets)\.justia\.com"
)
"""Authorities' own hosts, and the sites that carry copies of what courts have on file."""


def best(story: Story) -> Report:
    """Return the report to show: primary before independent before corroborating, the lead among
    equals; copies that do not count never stand for a story that has others.
    """
    lead = story.lead
    counted = [report for report in story.reports if report.counted] or [lead]
    return min(counted, key=lambda report: (RANK[report.trust], report is not lead))


def told(report: Report) -> str:
    """Return what a report says: its headline, or a docket entry's own text, since there the
    headline is only the case's name.
    """
    if report.kind is FeedKind.COURT and report.summary.strip():
        return report.summary.strip()
    return report.title


def is_official(url: str) -> bool:
    """Say whether `url` is a court's or an authority's own page, or a copy of a court's file."""
    return OFFICIAL_HOST.fullmatch(host_of(url)) is not None


def host_of(url: str) -> str:
    """Return the host of `url` as people know it, without `www.`; empty when it has none."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:  # a bracket that is none
        return ""
    return host.removeprefix("www.")
