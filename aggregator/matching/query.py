"""The syntax tree of a rule: what both spellings, the YAML tree and the one-line query, become.

Nodes are values that compare and hash by content, so that identical rules are evaluated once.
There are no regular expressions: fields, ``*``, inflections, families and NEAR cover what users
asked for, and nothing here can hang.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Field = Literal["title", "summary", "source", "court", "docket", "tag", "url"]

NEAR_WORDS_DEFAULT = 10
NEAR_WORDS_MAX = 25
PREFIX_LETTERS_MIN = 4
"""A trailing ``*`` needs this many letters before it, else it hits half the dictionary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words that stand together.

    `exact` words are taken as written (no inflections); `prefix` lets the last word go on;
    `cased` compares letter case; `strict` refuses a neighbour joined by a dot or a hyphen, so
    that `Binance` does not hit inside `Binance.US`.
    """

    text: str
    exact: bool = False
    prefix: bool = False
    cased: bool = False
    strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """``@slug``: any accepted mention of an entity of ``entities.yaml``."""

    slug: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """``~name``: any word of a list of ``words.yaml``, in all its forms."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Docket:
    """A docket number in any form; with `court` it is proof, without it a weak signal."""

    number: str
    """Normalised: `23-cv-01599`, `22-1142`."""
    court: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CourtCase:
    """The court's own case id in a court feed's link: proof."""

    court: str
    case_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class All:
    """Every part."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Any:
    """At least one part."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The part is absent.  Only inside an `All` that also wants something."""

    part: Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Every part within one field with at most `words` words between neighbours."""

    parts: tuple[Query, ...]
    words: int = NEAR_WORDS_DEFAULT
    ordered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InField:
    """The part, looked for in one field only."""

    field: Field
    part: Query


Query = Phrase | Entity | Family | Docket | CourtCase | All | Any | Not | Near | InField
