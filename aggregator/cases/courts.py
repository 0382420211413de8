"""What federal courts are called for short, and which court a text names.

A court's id is that of its electronic filing host: the district's two or three letters, its side,
and `d` for the district court or `b` for its bankruptcy court (`nysd`, `deb`); a circuit is `ca2`,
`cadc` or `cafc`.
"""

from __future__ import annotations

import re
from typing import Final

STATES: Final = {
    "al": "Ala.",
    "ak": "Alaska",
    "az": "Ariz.",
    "ar": "Ark.",
    "ca": "Cal.",
    "co": "Colo.",
    "ct": "Conn.",
    "de": "Del.",
    "dc": "D.C.",
    "fl": "Fla.",
    "ga": "Ga.",
    "gu": "Guam",
    "hi": "Haw.",
    "id": "Idaho",
    "il": "Ill.",
    "in": "Ind.",
    "ia": "Iowa",
    "ks": "Kan.",
    "ky": "Ky.",
    "la": "La.",
    "me": "Me.",
    "md": "Md.",
    "ma": "Mass.",
    "mi": "Mich.",
    "mn": "Minn.",
    "ms": "Miss.",
    "mo": "Mo.",
    "mt": "Mont.",
    "ne": "Neb.",
    "nv": "Nev.",
    "nh": "N.H.",
    "nj": "N.J.",
    "nm": "N.M.",
    "ny": "N.Y.",
    "nc": "N.C.",
    "nd": "N.D.",
    "nmi": "N. Mar. I.",
    "oh": "Ohio",
    "ok": "Okla.",
    "or": "Or.",
    "pa": "Pa.",
    "pr": "P.R.",
    "ri": "R.I.",
    "sc": "S.C.",
    "sd": "S.D.",
    "tn": "Tenn.",
    "tx": "Tex.",
    "ut": "Utah",
    "vt": "Vt.",
    "va": "Va.",
    "vi": "V.I.",
    "wa": "Wash.",
    "wv": "W. Va.",
    "wi": "Wis.",
    "wy": "Wyo.",
}
SIDES: Final = "nsewmc"
CIRCUITS: Final = {
    "ca1": "1st Cir.",
    "ca2": "2d Cir.",
    "ca3": "3d Cir.",
    **{f"ca{number}": f"{number}th Cir." for number in range(4, 12)},
    "cadc": "D.C. Cir.",
    "cafc": "Fed. Cir.",
}
ORDINALS: Final = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
]

_BY_LETTERS: Final = {re.sub(r"\W", "", short).lower(): code for code, short in STATES.items()}


def _spelt(short: str) -> str:
    return r"[.\s]*".join(re.findall(r"[A-Za-z]+?(?=[.\s]|$)", short))


_STATE = "|".join(_spelt(short) for short in sorted(STATES.values(), key=len, reverse=True))
_DISTRICT = re.compile(
    rf"(?<![a-z])(?P<bankruptcy>bankr[.\s]+)?(?:(?P<side>[{SIDES}])[.\s]*)?"
    rf"d[.\s]*(?P<state>{_STATE})(?![a-z])\.?",
    re.IGNORECASE,
)
_CIRCUIT = re.compile(
    rf"(?<![a-z\d])(?:(?P<number>\d{{1,2}})(?:st|nd|rd|th|d)|(?P<word>{'|'.join(ORDINALS)})"
    r"|(?P<capital>d[.\s]*c)|(?P<federal>fed(?:eral)?))[.\s]*cir(?:cuit)?\b\.?",
    re.IGNORECASE,
)
_ID = re.compile(r"(?<![\w.])(?:[a-z]{2,4}[db]|ca(?:\d{1,2}|dc|fc))(?![\w.])", re.IGNORECASE)


def short(court: str) -> str:
    """Return what lawyers write for a court's id: "S.D.N.Y." for `nysd`; empty for no such id."""
    if court in CIRCUITS:
        return CIRCUITS[court]
    kind = {"d": "", "b": "Bankr. "}.get(court[-1:])
    place, side = court[:-1], ""
    if place not in STATES and place[-1:] in SIDES:
        place, side = place[:-1], place[-1:].upper() + "."
    if kind is None or place not in STATES:
        return ""
    state = STATES[place]
    # "S.D.N.Y." is closed up where the state begins with an initial, "N.D. Ill." is not.
    return f"{kind}{side}D.{'' if state[1] == '.' else ' '}{state}"


def named(text: str) -> tuple[str, str] | None:
    """Return the id of the first court that `text` names for short, and the text without it."""
    for pattern in (_CIRCUIT, _DISTRICT, _ID):
        for found in pattern.finditer(text):
            court = _id(pattern, found)
            if short(court):
                return court, f"{text[: found.start()]} {text[found.end() :]}"
    return None


def _id(pattern: re.Pattern[str], found: re.Match[str]) -> str:
    if pattern is _ID:
        return found[0].lower()
    if pattern is _DISTRICT:
        state = _BY_LETTERS[re.sub(r"[^a-z]", "", found["state"].lower())]
        return f"{state}{(found['side'] or '').lower()}{'b' if found['bankruptcy'] else 'd'}"
    if found["capital"]:
        return "cadc"
    if found["federal"]:
        return "cafc"
    number = found["number"] or str(ORDINALS.index(found["word"].lower()) + 1)
    return f"ca{int(number)}"
