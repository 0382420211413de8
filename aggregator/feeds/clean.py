"""Markup to plain text, and the two keys by which texts and links are compared; pure.

Feed text is hostile and often broken: markup where text was promised, entities escaped twice,
bytes read in the wrong charset, controls that turn a line around.  What leaves here is one line
of NFC text of bounded length, still in the publisher's own words.
"""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import ftfy
from ftfy.badness import is_bad
from selectolax.lexbor import LexborHTMLParser
from w3lib.url import canonicalize_url

from aggregator.feeds.limits import MARKUP_CHARS_MAX

_NO_PLACE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # controls that are not white space
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"  # soft hyphens, bidi and invisible controls, surrogates
)
_JOINERS = re.compile("(?<=[A-Za-z0-9])[\u200c\u200d]|[\u200c\u200d](?=[A-Za-z0-9])")
_MARKS = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{3})"
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
# Three bytes of UTF-8 punctuation (E2 80 xx) read as a Thai, Greek, Cyrillic or Hebrew code page:
# no language writes that letter, a euro sign and that mark together.
_PUNCTUATION = re.compile("[โβвג]€([™˜œ“”¦¢\x9d])")
_PUNCTUATION_OF = {
    "™": "’", "˜": "‘", "œ": "“", "\x9d": "”", "“": "–", "”": "—", "¦": "…", "¢": "•",
}  # fmt: skip

_BLOCK = (
    "address|article|aside|blockquote|br|center|dd|details|div|dl|dt|fieldset|figcaption|figure|"
    "footer|form|frameset|h[1-6]|header|hgroup|hr|li|listing|main|marquee|menu|nav|noframes|ol|"
    "option|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul|xmp"
)
_INLINE = (
    "a|abbr|acronym|annotation|applet|area|audio|b|base|bdi|bdo|bgsound|big|blink|body|button|canvas|"
    "caption|cite|code|col|colgroup|command|data|datalist|del|dfn|dialog|em|embed|font|frame|head|"
    "html|i|iframe|image|img|input|ins|kbd|keygen|label|legend|link|map|mark|math|meta|meter|mfrac|"
    "mi|mn|mo|mrow|msqrt|mstyle|msub|msup|mtable|mtd|mtext|mtr|nobr|noscript|object|optgroup|output|"
    "param|picture|progress|q|rb|rp|rt|rtc|ruby|s|samp|script|select|semantics|slot|small|source|"
    "span|strike|strong|style|sub|sup|svg|template|textarea|time|title|track|tt|u|var|video|wbr"
)
_BLOCK_TAG = re.compile(rf"</?(?:{_BLOCK})(?=[\s/>])", re.IGNORECASE)
# A `<` that opens no known element, comment or declaration is the publisher's own character.
_STRAY = re.compile(rf"<(?!/?(?:{_BLOCK}|{_INLINE})(?=[\s/>])|!--|!doctype|\?xml)", re.IGNORECASE)
_UNSEEN = ["script", "style", "template", "noscript", "svg", "head"]
# To an HTML parser all that follows an `<iframe>` that is never closed, or such as these, is its.
_SWALLOWS = re.compile(
    r"</?(?:iframe|noframes|frameset|frame|xmp|listing|plaintext|textarea|title|noembed)"
    r"(?=[\s/>])[^<>]*>",
    re.IGNORECASE,
)
# What an entity escaped once too often leaves behind; never `&lt;`, which may be meant.
_LEFT_OVER = re.compile(
    r"&(?:amp|quot|apos|nbsp|[lr][sd]quo|[nm]dash|hellip|reg|copy|trade|sect|euro|pound|bull|"
    r"#\d{2,6}|#[xX][0-9a-fA-F]{2,5});"
)

_PAGE_END = re.compile(r"(?:/+amp)?/*$", re.IGNORECASE)
_TRACKING = re.compile(
    r"utm_\w+|mc_[ce]id|fbclid|gclid|dclid|msclkid|yclid|igshid|twclid|_hs(?:enc|mi)|ref_src|"
    r"at_(?:medium|campaign|custom\d|format|link_\w+|ptr_name)|guc(?:counter|e_referr\w+)|cmpid|"
    r"ncid|ocid|soc_src|soc_trk|smid|amp|outputtype|__twitter_impression",
    re.IGNORECASE,
)
_OUTLET_WORDS_MAX = 4
_DASH_OUTLET = re.compile(
    r"(?:The\s)?(?:[A-Z0-9][\w.&'’]*)(?:\s[A-Z0-9][\w.&'’]*)*\s"
    r"(?:News|Times|Post|Journal|Daily|Magazine|Wire|Media|Report|Reports|Today|Blog|Press|Law|"
    r"Review|Insider|Herald|Tribune|Gazette|Weekly|Tech|Network|Radio|TV)|[A-Z][\w.]*"
)


def plain_text(markup: str, *, chars_max: int, is_html: bool = True) -> str:
    """Return the text a reader would see, on one line; block elements part words.

    `is_html` says that `markup` may hold tags; without it only entities are decoded, because
    publishers escape them once too often in plain text as well.
    """
    markup = markup[:MARKUP_CHARS_MAX]
    if is_html and "<" in markup:
        markup = _STRAY.sub("&lt;", markup)
    if is_html and "<" in markup:
        markup = _SWALLOWS.sub(" ", markup)
        tree = LexborHTMLParser(_BLOCK_TAG.sub(lambda tag: " " + tag[0], markup))
        tree.strip_tags(_UNSEEN)
        text = tree.body.text() if tree.body is not None else ""
    else:
        text = html.unescape(markup)
    if _LEFT_OVER.search(text):
        text = _LEFT_OVER.sub(lambda entity: html.unescape(entity[0]), text)
    return tidy(_repaired(text), chars_max=chars_max)


def tidy(text: str, *, chars_max: int) -> str:
    """Return `text` as one line of NFC without controls, cut at `chars_max` with an ellipsis.

    Applying it again changes nothing.
    """
    text = text[: chars_max * 8]
    if len(text) <= chars_max and text.isascii() and text.isprintable() and text == text.strip():
        return text if "  " not in text else " ".join(text.split())
    if not text.isascii():
        text = _JOINERS.sub("", _NO_PLACE.sub("", text))
        text = unicodedata.normalize("NFC", _MARKS.sub(r"\1", unicodedata.normalize("NFD", text)))
    else:
        text = _NO_PLACE.sub("", text)
    text = " ".join(text.split())
    if len(text) <= chars_max:
        return text
    cut = text[: chars_max - 1]
    head, space, _ = cut.rpartition(" ")
    # A last word that fills a fifth of the text is no word; cut inside it.
    return (head if space and len(head) > chars_max * 4 // 5 else cut).rstrip() + "…"


def canonical_url(url: str) -> str:
    """Return the form under which two links to one page are equal; for comparing, not opening.

    http and https, `www.`, the AMP copy, tracking parameters, parameter order, fragment, default
    port and a trailing slash make no difference.  Everything else does: a court's `DktRpt.pl?1`
    stays apart from `DktRpt.pl?2`.
    """
    url = re.sub(r"[\x00-\x20\x7f]+", "%20", url.strip()).replace("\\", "/")  # as browsers do
    try:
        parts = urlsplit(url)
        if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
            return url
        host = parts.hostname.removesuffix(".").removeprefix("www.").removeprefix("amp.")
        if parts.port not in {None, 80, 443}:
            host = f"{host}:{parts.port}"
        query = parts.query
        if "=" in query:
            pairs = parse_qsl(query, keep_blank_values=True)
            query = urlencode([(k, v) for k, v in pairs if not _TRACKING.fullmatch(k)])
        plain = str(canonicalize_url(urlunsplit(("https", host, parts.path, query, ""))))
    except ValueError:
        return url
    page, mark, query = plain.partition("?")
    return _PAGE_END.sub("", page) + mark + query


def title_key(title: str, *, outlet: str = "") -> str:
    """Return the form under which two outlets' titles are the same words.

    Casefolded, without accents and punctuation, and without the outlet's name that feeds hang
    behind a title (` | Wire One`, ` - The Daily Post`).
    """
    words = re.findall(r"\w+", _fold(_without_outlet(title, outlet)))
    return " ".join(words)


def _without_outlet(title: str, outlet: str) -> str:
    found = re.search(r"\s+([|\-–—•·])\s+([^|–—•·]+)$", title)
    if found is None:
        return title
    head, mark, tail = title[: found.start()], found[1], found[2].strip()
    if outlet and _fold(tail) == _fold(outlet):
        return head
    short = len(tail.split()) <= _OUTLET_WORDS_MAX < len(head.split()) + 1
    # A dash also parts a title's own halves, so there the tail must look like a paper's name.
    return head if short and (mark in "|•·" or _DASH_OUTLET.fullmatch(tail)) else title


def _fold(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in folded if not unicodedata.combining(char))


def _repaired(text: str) -> str:
    """Undo UTF-8 read in a wrong charset, only where the text cannot have been meant."""
    if text.isascii():
        return text
    text = _PUNCTUATION.sub(lambda found: _PUNCTUATION_OF[found[1]], text)
    if not is_bad(text):
        return text
    fixed = str(ftfy.fix_encoding(text))
    return text if is_bad(fixed) else fixed
