"""Which addresses and URLs may be asked at all; pure, so that every hop can be checked alike.

A feed's URL and every redirect are chosen by someone else.  Only what is provably a public host
is asked, unless the operator's own YAML says that the feed may live on a private address.  The
check runs on resolved addresses, and `fetch` connects to exactly the ones that passed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import quote, unquote, urlsplit

URL_CHARS_MAX = 4096

# IANA special-purpose registries (RFC 6890 and its updates), v4: everything that is not public.
_V4_PRIVATE = {
    "loopback": [IPv4Network("127.0.0.0/8")],
    "private": [
        IPv4Network("10.0.0.0/8"),
        IPv4Network("172.16.0.0/12"),
        IPv4Network("192.168.0.0/16"),
    ],
    "carrier-grade NAT": [IPv4Network("100.64.0.0/10")],
}
_V4_NEVER = {
    "this-network": [IPv4Network("0.0.0.0/8")],
    "link-local": [IPv4Network("169.254.0.0/16")],
    "reserved": [
        IPv4Network("192.0.0.0/24"),
        IPv4Network("192.88.99.0/24"),
        IPv4Network("198.18.0.0/15"),
        IPv4Network("240.0.0.0/4"),
    ],
    "documentation": [
        IPv4Network("192.0.2.0/24"),
        IPv4Network("198.51.100.0/24"),
        IPv4Network("203.0.113.0/24"),
    ],
    "multicast": [IPv4Network("224.0.0.0/4")],
}
# v6 is an allow-list: global unicast, less the parts of it that embed or tunnel other addresses.
_V6_GLOBAL = IPv6Network("2000::/3")
_V6_PRIVATE = {
    "loopback": [IPv6Network("::1/128")],
    "unique local": [IPv6Network("fc00::/7")],
}
_V6_NEVER = {
    "IPv4-mapped": [IPv6Network("::ffff:0:0/96")],
    "IPv4-compatible or unspecified": [IPv6Network("::/96")],
    "NAT64": [IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48")],
    "link-local": [IPv6Network("fe80::/10")],
    "site-local": [IPv6Network("fec0::/10")],
    "multicast": [IPv6Network("ff00::/8")],
    "Teredo": [IPv6Network("2001::/32")],
    "6to4": [IPv6Network("2002::/16")],
    "reserved": [IPv6Network("2001::/23")],
    "documentation": [IPv6Network("2001:db8::/32"), IPv6Network("3fff::/20")],
}
# Cloud metadata services that live inside otherwise private ranges; never a feed.
_METADATA = frozenset({IPv4Address("100.100.100.200"), IPv6Address("fd00:ec2::254")})

_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,62})?(\.[a-z0-9_]([a-z0-9_-]{0,62})?)*")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_PATH_SAFE = "%/:=&?~#+!$,;'@()*[]|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where one request goes, taken apart once so that nothing downstream parses it anew."""

    scheme: str
    host: str
    """ASCII, lower case, no trailing dot, no brackets."""
    port: int
    target: str
    """Path and query, percent-encoded."""
    credentials: tuple[str, str] | None = None

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: what credentials and validators belong to."""
        return (self.scheme, self.host, self.port)

    @property
    def authority(self) -> str:
        """The Host header's value."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL without credentials, fit for a log line."""
        return f"{self.scheme}://{self.authority}{self.target}"


_PORTS = {"http": 80, "https": 443}


def refusal(addresses: Sequence[str], *, allow_private: bool) -> str | None:
    """Say why these addresses of one host must not be asked; None when every one may be.

    One bad address among good ones refuses them all: a name that answers with both is an attack.
    Link-local (cloud metadata) is refused even where private addresses are allowed.
    """
    if not addresses:
        return "no address"
    for text in addresses:
        why = _refused(text, allow_private=allow_private)
        if why is not None:
            return f"{text} is {why}"
    return None


def destination(url: str, *, credentials: bool = False) -> Destination | str:
    """Take `url` apart, or say in one line why it must not be asked.

    `credentials` permits `user:password@` (a feed's own URL may carry them, a redirect may not).
    """
    url = url.strip()
    fault = _fault(url, credentials=credentials)
    if fault is not None:
        return fault
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    host = _host(parts.hostname or "")
    if host is None:
        return "the URL's host is not a plain host name or address"
    target = quote(parts.path or "/", safe=_PATH_SAFE)
    if parts.query:
        target += "?" + quote(parts.query, safe=_PATH_SAFE)
    login = None
    if "@" in parts.netloc:
        login = (unquote(parts.username or ""), unquote(parts.password or ""))
    return Destination(
        scheme=scheme,
        host=host,
        port=parts.port or _PORTS[scheme],
        target=target,
        credentials=login,
    )


def _fault(url: str, *, credentials: bool) -> str | None:
    if len(url) > URL_CHARS_MAX:
        return f"the URL is longer than {URL_CHARS_MAX} characters"
    if re.search(r"[\x00-\x20\x7f\\]", url):
        return "the URL contains a space, a backslash or a control character"
    try:
        parts = urlsplit(url)
        _ = parts.port  # parsed, and refused, only when asked for
    except ValueError as error:
        return f"the URL is malformed ({error})"
    if parts.scheme.lower() not in _PORTS:
        return f"the scheme {parts.scheme[:20]!r} is not http or https"
    if "@" in parts.netloc and not credentials:
        return "the URL carries credentials"
    return None


def _refused(text: str, *, allow_private: bool) -> str | None:
    try:
        address = ip_address(text)
    except ValueError:
        return "not an address"
    if address in _METADATA:
        return "a metadata address"
    if isinstance(address, IPv4Address):
        return _among(address, _V4_NEVER) or (
            None if allow_private else _among(address, _V4_PRIVATE)
        )
    private = _among(address, _V6_PRIVATE)
    if private is not None:
        return None if allow_private else private
    return _among(address, _V6_NEVER) or (None if address in _V6_GLOBAL else "a reserved address")


def _among(
    address: IPv4Address | IPv6Address,
    table: Mapping[str, Sequence[IPv4Network | IPv6Network]],
) -> str | None:
    """Return the name of the first range of `table` that holds `address`, with its article."""
    for name, networks in table.items():
        if any(address in network for network in networks):
            return f"{'an' if name[0] in 'AEIOUI' else 'a'} {name} address"
    return None


def _host(host: str) -> str | None:
    """Return the host in the one form that is resolved, checked and named to the server."""
    try:
        # The stdlib codec also folds full-width digits and the three IDN dots into ASCII.
        ascii_host = host if host.isascii() else host.encode("idna").decode("ascii")
        ascii_host = ascii_host.lower().removesuffix(".")
        if ":" in ascii_host and "%" not in ascii_host:
            return str(IPv6Address(ascii_host))
        if _NUMBER.fullmatch(ascii_host.rpartition(".")[2]):
            # A number at the end makes it an IPv4 address (WHATWG URL): only the plain form
            # passes, not 0x7f.1, 2130706433 or 0177.0.0.1, which resolvers read as loopback.
            return str(IPv4Address(ascii_host))
    except ValueError:
        return None
    return ascii_host if _HOST.fullmatch(ascii_host) else None
