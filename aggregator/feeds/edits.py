"""Whether a publisher changed what an entry says, or only how it is dressed; pure.

Feeds re-send an entry with other white space, a new advertisement or a new count of comments.  An
edit is one that changes the words of the headline or of the text.
"""

from __future__ import annotations

import re
from hashlib import blake2b

EDITS_MAX = 3
"""So many edits of one item are taken; a live page that is rewritten all day is not followed."""

# Sentences that say nothing of the matter, as feeds hang them on a text.
_DRESSING = re.compile(
    r"(?:(?<!\w)\[?(?:advertisement|sponsored(?: content| post)?|promoted)\]?\s*[:.|-]?\s*"
    r"(?=(?-i:[A-Z\[])|$)"
    r"|the post .{1,300}? (?:appeared first|first appeared) on .{1,100}?(?:\.|$)"
    r"|(?:continue reading|read more|read the full (?:story|article)|keep reading|click here|"
    r"sign up|subscribe|follow us|share this)\b[^.!?]{0,200}[.!?…]?"
    r"|\b\d+(?:[.,]\d+)* (?:comments?|views?|likes?)\b"
    r"|\b\d+ (?:seconds?|minutes?|mins?|hours?|days?) ago\b"
    r"|\b(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten) ?-? ?min(?:ute)? read\b)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+|[$€£¥%]")
_CUT = re.compile(r"\s*(?:\[…\]|\[\.\.\.\]|…|\.\.\.)\s*$")


def content_hash(title: str, summary: str) -> str:
    """Return 128 bits in hex that stay the same while title and summary say the same words.

    Case, white space, punctuation, advertisements, counts of comments and the like make no
    difference; figures and currency signs do.
    """
    digest = blake2b(digest_size=16)
    for text in (title, _CUT.sub("", _DRESSING.sub(" ", summary))):
        digest.update(" ".join(_WORD.findall(text.casefold())).encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    return digest.hexdigest()


def is_edit(*, before: tuple[str, str], now: tuple[str, str]) -> bool:
    """Whether `now`, a title and a summary, says other words than `before`.

    A text that is now empty is a feed that was built otherwise, not a correction.
    """
    if before == now or not now[0] or (before[1] and not now[1]):
        return False
    return content_hash(*before) != content_hash(*now)
