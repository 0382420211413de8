"""Undo a body's compression while it arrives, never holding more than a limit; pure.

The bytes are believed, not the header: plain text under a gzip header, gzip without one, and gzip
twice are all seen in the wild.  `zlib` gets a `max_length` on every call, so a bomb is stopped at
the limit and not after it (one 64 kB chunk can otherwise become 64 MB at once).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

_GZIP = b"\x1f\x8b"
_LAYERS_MAX = 3
_MEMBERS_MAX = 64
_STEP_BYTES = 64 * 1024
_HEAD_BYTES = 1024
_PLAIN = (b"<", b"{", b"[", b"\xef\xbb\xbf")
"""How XML and JSON begin, once blanks are left out."""


class InflateError(Exception):
    """The body is not what its encoding says; caught by `fetch`."""


class TooLargeError(Exception):
    """The body is larger than the limit in some layer; caught by `fetch`."""


class Inflater:
    """Collects one body; feed it raw chunks, then `finish`."""

    def __init__(self, content_encoding: str, bytes_max: int) -> None:
        names = [name.strip().lower() for name in content_encoding.split(",") if name.strip()]
        self._strange = set(names) - {"gzip", "x-gzip", "deflate", "identity"}
        deflated = bool(names) and names[-1] == "deflate"
        self._layers = [
            _Layer(bytes_max, deflated=deflated and number == 0) for number in range(_LAYERS_MAX)
        ]
        self._body = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Take the next raw bytes.  Raises `InflateError` and `TooLargeError`."""
        self._push(0, chunk)

    def finish(self) -> bytes:
        """Return the whole body.  Raises `InflateError` when it breaks off, or is in an encoding
        that is not known here.
        """
        for number, layer in enumerate(self._layers):
            for out in layer.finish():
                self._push(number + 1, out)
        # Servers say "none", "utf-8" or "br" over plain text, too.
        if self._strange and not bytes(self._body[:_HEAD_BYTES]).lstrip().startswith(_PLAIN):
            strange = min(self._strange)[:20]
            raise InflateError(f"an encoding that was not asked for: {strange!r}")
        return bytes(self._body)

    @property
    def so_far(self) -> bytes:
        """Whole steps of the body's beginning; of one too large all but the last step's 64 kB."""
        return bytes(self._body)

    def _push(self, number: int, data: bytes) -> None:
        if number == len(self._layers):
            self._body += data
            return
        for out in self._layers[number].push(data):
            self._push(number + 1, out)


class _Layer:
    """One possible compression; passes through what turns out not to be compressed."""

    def __init__(self, bytes_max: int, *, deflated: bool) -> None:
        self._left = bytes_max
        self._deflated = deflated
        self._head = b""
        self._sniffed = False
        self._zip: zlib._Decompress | None = None
        self._wbits = 0
        self._members = 0

    def push(self, data: bytes) -> Iterator[bytes]:
        if not self._sniffed:
            self._head += data
            if len(self._head) < 2:
                return
            data, self._head = self._head, b""
            self._sniff(data)
        yield from self._inflate(data)

    def finish(self) -> Iterator[bytes]:
        if not self._sniffed:
            self._sniffed = True
            yield from self._inflate(self._head)
        if self._zip is not None and not self._zip.eof:
            raise InflateError("the compressed body breaks off")

    def _sniff(self, data: bytes) -> None:
        self._sniffed = True
        if data.startswith(_GZIP):
            self._wbits = 31
        elif self._deflated:
            # RFC 9110 means zlib's wrapper; many servers send the bare stream instead.
            wrapped = data[0] & 0x0F == 8 and (data[0] * 256 + data[1]) % 31 == 0
            self._wbits = 15 if wrapped else -15
            if data.lstrip()[:1] in (b"<", b"{") or data.startswith(b"\xef\xbb\xbf"):
                self._wbits = 0
        if self._wbits:
            self._zip = zlib.decompressobj(self._wbits)

    def _inflate(self, data: bytes) -> Iterator[bytes]:
        if self._zip is None:
            self._take(len(data))
            if data:
                yield data
            return
        pending = False
        while data or pending:
            if self._zip.eof:
                # Another gzip member may follow; anything else after the end is padding.
                self._members += 1
                if self._wbits != 31 or not data.startswith(_GZIP[: len(data)]):
                    return
                if self._members > _MEMBERS_MAX:
                    raise InflateError("too many gzip members")
                self._zip = zlib.decompressobj(self._wbits)
            try:
                step = min(_STEP_BYTES, self._left + 1)
                out = self._zip.decompress(data, step)
            except zlib.error as error:
                raise InflateError(f"the compressed body is damaged ({error})") from error
            self._take(len(out))
            # With the step filled, zlib may hold output back after eating all the input.
            pending = len(out) == step and not self._zip.eof
            data = self._zip.unused_data if self._zip.eof else self._zip.unconsumed_tail
            if out:
                yield out

    def _take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise TooLargeError
