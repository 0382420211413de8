"""Bytes to text: the charset that fits the bytes, whatever header and prolog claim; pure."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from aggregator.feeds import cyrillic

_SNIFF_BYTES = 1024
_DETECT_BYTES_MIN = 64
_DETECT_BYTES_MAX = 16 * 1024
_SAMPLE_BYTES = 2**20
_STRANGE_BYTES_MAX = 10_000
"""Each costs a call."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: it begins with that one's mark
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# "<\0" and its kin: UTF-16 and UTF-32 without a mark.
_WIDE = (
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
# What publishers write, and the superset that their bytes really are (WHATWG Encoding).
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_DEFAULT = "cp1252"
# Text in these is plain ASCII bytes, so it would pass for UTF-8.
_SEVEN_BIT = frozenset({"iso2022_jp", "iso2022_kr", "hz", "utf-7"})
_C1 = re.compile("[\x80-\x84\x86-\x9f]")


def decode(body: bytes, *, content_type: str) -> str:
    """Return the text of a feed, with what cannot be read as U+FFFD.

    A byte order mark decides; then whether the bytes are UTF-8, which hardly happens by chance;
    then the first of header, prolog and detector that decodes them without a rest.  A Western
    charset decodes whatever it is given and is many a server's default, so it comes last.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    for start, name in _WIDE:
        if body.lstrip(b" \t\r\n").startswith(start):
            return body.decode(name, "replace")
    declared = [name for name in (_of_header(content_type), _of_prolog(body)) if name is not None]
    for name in declared:
        if name in _SEVEN_BIT:
            text = _cleanly(body, name)
            if text is not None:
                return text
    return _try(body, declared)


def _try(body: bytes, declared: list[str]) -> str:
    text = _cleanly(body, "utf-8")
    if text is not None:
        return text
    narrow = [name for name in declared if not name.startswith(("utf", "ucs"))]
    if len(narrow) < len(declared) or not narrow:
        text = _nearly_utf8(body)
        if text is not None:
            return text
    # A stable sort: of two that say something, the header goes first.
    narrow.sort(key=lambda name: name == _DEFAULT)
    if all(name == _DEFAULT for name in narrow):
        # Not even one that is declared: bytes that make words in Cyrillic make none in Western.
        narrow = [name for name in (cyrillic.charset_of(_strange(body)),) if name] + narrow
    for name in narrow:
        text = _cleanly(body, name)
        if text is not None:
            return text
    guessed = _detected(body)
    if guessed is not None:
        text = _cleanly(body, guessed)
        if text is not None:
            return text
    return body.decode((narrow or [_DEFAULT])[0], "replace")


def _nearly_utf8(body: bytes) -> str | None:
    """Return UTF-8 with a few bytes of cp1252 among it, as pasted quotes leave it, or None."""
    sample = body[:_SAMPLE_BYTES].decode("utf-8", "replace")
    bad = sample.count("\ufffd")
    good = sum(map(len, re.findall(r"[^\x00-\x7f]+", sample))) - bad
    if good < bad:
        return None
    text = body.decode("utf-8", "replace")
    few = text.count("\ufffd") <= _STRANGE_BYTES_MAX
    return body.decode("utf-8", "casewire.cp1252") if few else text


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return wrong.decode("cp1252", "replace"), error.end


codecs.register_error("casewire.cp1252", _as_cp1252)


def _cleanly(body: bytes, name: str) -> str | None:
    try:
        text = body.decode(name)
    except (UnicodeError, LookupError):
        return None
    return text if text.isascii() or not _C1.search(text) else None


def _of_header(content_type: str) -> str | None:
    found = re.search(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", content_type, re.IGNORECASE)
    return _known(found[1]) if found is not None else None


def _of_prolog(body: bytes) -> str | None:
    found = re.search(
        rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})", body[:_SNIFF_BYTES]
    )
    return _known(found[1].decode("ascii")) if found is not None else None


def _known(name: str) -> str | None:
    try:
        known = codecs.lookup(name).name
        # Python also lists codecs that make no text (`zlib`, `hex`); those raise here.
        _ = b"".decode(known)
    except (LookupError, UnicodeError, ValueError):
        return None
    return _SUPERSETS.get(known, known)


def _detected(body: bytes) -> str | None:
    sample = _strange(body)
    if len(sample) < _DETECT_BYTES_MIN:
        return None
    best = from_bytes(sample).best()
    return None if best is None else _SUPERSETS.get(best.encoding, best.encoding)


def _strange(body: bytes) -> bytes:
    """Return the lines that say something about the charset: those beyond ASCII."""
    first = re.search(rb"[\x80-\xff]", body)
    if first is None:
        return b""
    near = body[max(0, first.start() - _SNIFF_BYTES) : first.start() + _SAMPLE_BYTES]
    lines = (line for line in re.split(rb"[<>\n]+", near) if not line.isascii())
    return b"\n".join(lines)[:_DETECT_BYTES_MAX]
