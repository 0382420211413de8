"""CourtListener's API v4 to entries, one for each docket entry; pure.

https://www.courtlistener.com/help/api/rest/: `search/?type=r` gives dockets with the documents
that were found in them, `search/?type=rd` documents alone, `docket-entries/?docket=…` the entries
of one docket.  Titles and texts take the form that courts' own feeds have (`1:23-cv-01599 Caption`
and `[Label] text`), so that they are matched and judged by the same rules.
"""

from __future__ import annotations

import re

from aggregator.feeds.clean import plain_text, tidy
from aggregator.feeds.dates import parse_date
from aggregator.feeds.limits import SUMMARY_CHARS_MAX, TAG_CHARS_MAX, TITLE_CHARS_MAX
from aggregator.feeds.links import absolute
from aggregator.feeds.sources.answer import Record, records, results, string
from aggregator.model import Entry, Parsed, ParseFailed, ParseOutcome

HOST = "www.courtlistener.com"
SITE = f"https://{HOST}/"
QUOTA_PER_MINUTE = 5
QUOTA_PER_HOUR = 50
QUOTA_PER_DAY = 125
"""What a free key may ask: https://www.courtlistener.com/help/api/rest/#rate-limits."""

_SLUG = re.compile(r"/docket/\d+/(?:[\w.]+/)*([a-z][a-z0-9-]*)/?$")
_SMALL = frozenset({"and", "of", "the", "for", "in", "re", "et", "al", "on"})


def parse(text: str, *, entries_max: int) -> ParseOutcome:
    """Return the docket entries in the API's order, or why this is no such answer."""
    found = results(text, entries_max=entries_max)
    if isinstance(found, ParseFailed):
        return found
    entries: list[Entry] = []
    for result in found:
        if "entry_number" in result and "docket" in result:
            entries.append(_of_entry(result))
        elif "recap_documents" in result:
            entries += _of_docket(result)
        elif "docket_entry_id" in result:
            entries.append(_of_document(result, result))
        else:
            entries.append(_new_docket(result))
        if len(entries) > entries_max:
            return ParseFailed(detail=f"refused: it has more than {entries_max} entries")
    return Parsed(entries=tuple(entries), title="CourtListener")


def _of_docket(docket: Record) -> list[Entry]:
    documents = records(docket, "recap_documents")
    main = [one for one in documents if not one.get("attachment_number")]
    return [_of_document(docket, one) for one in main or documents] or [_new_docket(docket)]


def _of_document(docket: Record, document: Record) -> Entry:
    number = string(document, "entry_number") or string(document, "document_number")
    link = string(document, "absolute_url") or _docket_link(docket)
    return _entry(
        guid=string(document, "docket_entry_id") or string(document, "id"),
        link=link,
        title=_title(docket, link),
        label=string(document, "short_description"),
        number=number,
        text=string(document, "description") or string(document, "snippet"),
        filed=string(document, "entry_date_filed"),
        court=string(docket, "court_id"),
    )


def _of_entry(entry: Record) -> Entry:
    documents = records(entry, "recap_documents")
    first = documents[0] if documents else {}
    link = string(first, "absolute_url")
    return _entry(
        guid=string(entry, "id"),
        link=link,
        title=_title(entry, link),
        label=string(first, "description"),
        number=string(entry, "entry_number"),
        text=string(entry, "description"),
        filed=string(entry, "date_filed"),
        court="",
    )


def _new_docket(docket: Record) -> Entry:
    link = _docket_link(docket)
    case = string(docket, "docket_id") or string(docket, "id")
    return _entry(
        guid=f"docket {case}" if case else "",
        link=link,
        title=_title(docket, link),
        label="",
        number="",
        text=string(docket, "cause"),
        filed=string(docket, "dateFiled"),
        court=string(docket, "court_id"),
    )


def _entry(
    *,
    guid: str,
    link: str,
    title: str,
    label: str,
    number: str,
    text: str,
    filed: str,
    court: str,
) -> Entry:
    label = tidy(plain_text(label, chars_max=200).strip("[] "), chars_max=200)
    parts = (f"[{label}]" if label else "", f"(#{number})" if number else "", text)
    return Entry(
        guid=f"courtlistener {guid}" if guid else "",
        link=absolute(link, SITE),
        title=plain_text(title, chars_max=TITLE_CHARS_MAX),
        summary=plain_text(" ".join(filter(None, parts)), chars_max=SUMMARY_CHARS_MAX),
        published=parse_date(filed),
        tags=(tidy(court, chars_max=TAG_CHARS_MAX),) if court else (),
    )


def _docket_link(docket: Record) -> str:
    return string(docket, "docket_absolute_url") or string(docket, "absolute_url")


def _title(docket: Record, link: str) -> str:
    """Return the number and caption; where the API gives no caption, that of its address."""
    caption = string(docket, "caseName") or string(docket, "case_name") or _caption(link)
    return f"{string(docket, 'docketNumber')} {caption}".strip()


def _caption(link: str) -> str:
    """Return the caption that `link` ends with: `…/sec-v-binance-holdings/` is one."""
    found = _SLUG.search(link)
    words = found[1].split("-") if found is not None else []
    shown = (
        "v." if word in {"v", "vs"} else word if word in _SMALL else word.capitalize()
        for word in words
    )
    return " ".join(shown)
