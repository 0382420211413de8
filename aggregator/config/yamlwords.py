"""What PyYAML's messages mean to someone who writes a rule, and what to write instead."""

from __future__ import annotations

import re

import yaml

_SECOND_COLON = re.compile(r"\s*(- +)*[^\s:]+: +[^\s'\"\[{|>].*:( |$)")
_SHOWN_MAX = 40

_TAB = "a tab: indent with spaces, two for each level"
_COLONS = "a second `: ` in one line: put the value in quotes"
_KEY_ASTRAY = (
    "a key where none can be: indent it like its neighbours, and write a space after the colon of "
    "the line above"
)

# (what PyYAML's problem contains, what to say); the first that fits
_PROBLEMS = (
    ("found unexpected end of stream", "the quote that opens here is never closed: close it"),
    (
        "found unknown escape character",
        "in double quotes a backslash begins an escape: write \\\\, or use single quotes",
    ),
    (
        "expected <block end>, but found '<scalar>'",
        (
            "text stands beside a closed quote or out of line: put the whole value in one pair of "
            "quotes (inside '…', a ' is written twice)"
        ),
    ),
    (
        "expected <block end>, but found",
        "this line does not line up with those above it: indent it like its neighbours",
    ),
    (
        "expected ',' or ']'",
        "the list that opens here is not closed or lacks a comma: write `[one, two]`",
    ),
    (
        "expected ',' or '}'",
        (
            "the mapping that opens here is not closed or lacks a comma: write `{key: value, key: "
            "value}`, texts with a comma or bracket in quotes"
        ),
    ),
    (
        "sequence entries are not allowed",
        "a list cannot begin on the line of its key: put `- …` on the next line",
    ),
    (
        "expected chomping or indentation",
        "nothing may follow `|` or `>` on its line: put the text in quotes, or on the next lines",
    ),
    (
        "expected '<document start>'",
        "this line does not belong to what stands above it: indent it like the first key",
    ),
    (
        "found '<stream end>'",
        "the file ends in the middle of something: close the bracket that is open",
    ),
    (
        "expected the node content",
        (
            "a value is missing here: write one, and put a text that begins with a bracket or comma "
            "in quotes"
        ),
    ),
    (
        "could not find expected ':'",
        "this line is neither `key: value` nor `- item`: write a space after the colon of a key",
    ),
    ("found incompatible YAML", "this version of YAML is not known: remove the `%YAML` line"),
    ("unacceptable character", "a control character: remove it"),
)
_ABOUT_OPENING = (
    "found unexpected end of stream",
    "expected ',' or",
    "could not find expected ':'",
)
"""Problems that are told where the thing began, not where the parser gave up."""


def explain(error: Exception, text: str) -> tuple[int, str]:
    """Return the line of a syntax error in `text` and what to write instead."""
    if isinstance(error, yaml.reader.ReaderError):
        return text.count("\n", 0, error.position) + 1, "a control character: remove it"
    if not isinstance(error, yaml.MarkedYAMLError):
        return 1, f"cannot be read as YAML ({error}): look for odd \\U escapes or % lines"
    problem = error.problem or ""
    mark = error.problem_mark or error.context_mark
    if error.context_mark is not None and any(words in problem for words in _ABOUT_OPENING):
        mark = error.context_mark
    index = 0 if mark is None else mark.index
    line = text.count("\n", 0, index) + 1
    return line, _what(problem, error.context or "", text, index)


def _what(problem: str, context: str, text: str, index: int) -> str:
    start = text.rfind("\n", 0, index) + 1
    whole = text[start:].partition("\n")[0]
    rest = text[index:].partition("\n")[0]
    if "that cannot start any token" in problem:
        what = f"a value cannot begin with `{rest[:1]}`: put it in quotes: {_quoted(rest)}"
        return _TAB if rest.startswith("\t") else what
    if "alphabetic or numeric character" in problem or "alias" in context or "anchor" in context:
        return "`*` and `&` have a meaning of their own in YAML: put the text in quotes"
    if "tag" in context or "tag" in problem:
        return "`!` begins a tag, and tags are not supported: put the text in quotes"
    if "mapping values are not allowed" in problem or "mapping keys are not allowed" in problem:
        return _COLONS if _SECOND_COLON.match(whole) else _KEY_ASTRAY
    otherwise = f"is no YAML here ({problem or 'syntax error'}): put texts with odd signs in quotes"
    return next((what for words, what in _PROBLEMS if words in problem), otherwise)


def _quoted(rest: str) -> str:
    value = re.split(r"[,\]}]|\s#", rest)[0].strip().replace("\\", "\\\\").replace('"', '\\"')
    return f'"{value[:_SHOWN_MAX]}{"…" if len(value) > _SHOWN_MAX else ""}"'
