"""The sentence around a hit: whole or not at all.

A sentence cut short can lose its "not" or its "according to", so one that may be cut is not shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from aggregator.model import Evidence

SENTENCE_CHARS_MAX = 400

BREAK = re.compile(r"[.!?…]+[\"”’')\]]*\s+(?=[\"“‘'(\[]*[^\W_a-z])")
ABBREVIATION = re.compile(
    r"(?:\b(?:v|vs|inc|corp|ltd|co|cos|llc|no|nos|mr|mrs|ms|dr|jr|sr|st|prof|hon|gov|sen|rep|gen|"
    r"dept|dist|cir|supp|al|art|sec|para|cf|eg|ie|approx|jan|feb|mar|apr|jun|jul|aug|sept?|oct|"
    r"nov|dec)|\b[^\W\d_]|(?:\b[^\W\d_]\.)+[^\W\d_])\.\s+$",
    re.IGNORECASE,
)
WHOLE = re.compile(r"[.!?][\"”’')\]]*$")
CUT = re.compile(r"^[\"“‘'(\[]*(?:\.{3}|…)|(?:\.{3}|…|\[…\]|\[\.\.\.\])[\"”’')\]]*$")
FOLD = re.compile(r"\W+")


def docket_entry(summary: str) -> str:
    """Return what a court's feed says of an entry, whole; empty when it is too long for that.

    There the title is only the case's name and the summary is the entry itself.
    """
    entry = summary.strip()
    return entry if len(entry) <= SENTENCE_CHARS_MAX else ""


def hit_sentence(title: str, summary: str, evidence: Sequence[Evidence]) -> str:
    """Return the sentence of `summary` that holds its first hit.

    Empty when there is none, when it may have been cut, when it is over `SENTENCE_CHARS_MAX`, and
    when it says no more than the title.
    """
    spans = sorted((one.start, one.end) for one in evidence if one.field == "summary")
    if not spans:
        return ""
    start, end = spans[0]
    for first, last in sentences(summary):
        if first <= start and end <= last:
            sentence = summary[first:last].strip()
            whole = WHOLE.search(sentence) is not None and CUT.search(sentence) is None
            said = _folded(sentence)
            repeats = said in _folded(title) or said == _folded(title)
            fits = len(sentence) <= SENTENCE_CHARS_MAX
            return sentence if whole and fits and not repeats else ""
    return ""


def sentences(text: str) -> list[tuple[int, int]]:
    """Return where each sentence starts and ends; a break after an abbreviation is none."""
    spans: list[tuple[int, int]] = []
    start = 0
    for found in BREAK.finditer(text):
        # The last few characters suffice, and keep a text full of "v." from costing its square.
        if ABBREVIATION.search(text, max(start, found.end() - 24), found.end()):
            continue
        spans.append((start, found.end()))
        start = found.end()
    spans.append((start, len(text)))
    return spans


def _folded(text: str) -> str:
    return FOLD.sub(" ", text.casefold()).strip()
