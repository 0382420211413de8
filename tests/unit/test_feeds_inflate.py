import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.feeds.inflate import InflateError, Inflater, TooLargeError

FEED = b"<rss><channel><title>" + b"Order entered. " * 500 + b"</title></channel></rss>"
LIMIT = 2**20


def inflated(raw: bytes, encoding: str = "", *, limit: int = LIMIT, step: int = 1000) -> bytes:
    inflater = Inflater(encoding, limit)
    for start in range(0, len(raw), step):
        inflater.feed(raw[start : start + step])
    return inflater.finish()


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (FEED, ""),
        (FEED, "identity"),
        (gzip.compress(FEED), "gzip"),
        (gzip.compress(FEED), "x-gzip"),
        (zlib.compress(FEED), "deflate"),
        (bare_deflate(FEED), "deflate"),
        (gzip.compress(gzip.compress(FEED)), "gzip"),
        (gzip.compress(gzip.compress(FEED)), "gzip, gzip"),
        (gzip.compress(FEED), ""),
        (FEED, "gzip"),
        (FEED, "deflate"),
        (FEED, "none"),
        (FEED, "utf-8"),
        (FEED, "br"),
        (gzip.compress(FEED) + b"\0" * 100, "gzip"),
        (gzip.compress(FEED[:99]) + gzip.compress(FEED[99:]), "gzip"),
        (b"", "gzip"),
        (b"<", "gzip"),
    ],
)
@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_b04_the_bytes_decide_how_a_body_is_compressed(raw, encoding, step):
    wanted = FEED if len(raw) > 1 else raw
    assert inflated(raw, encoding, step=step) == wanted


@given(st.binary(max_size=5000), st.integers(1, 600))
def test_any_bytes_survive_compression_whatever_the_chunks(data: bytes, step: int):
    if not data.startswith(b"\x1f\x8b"):
        assert inflated(gzip.compress(data), "gzip", step=step) == data


def test_b01_a_gzip_bomb_is_stopped_at_the_limit():
    bomb = gzip.compress(b"\0" * 50 * 2**20)
    with pytest.raises(TooLargeError):
        inflated(bomb, "gzip", step=len(bomb))


def test_b01_a_body_of_exactly_the_limit_passes_and_one_byte_more_does_not():
    assert len(inflated(gzip.compress(b"x" * 70_000), limit=70_000)) == 70_000
    with pytest.raises(TooLargeError):
        inflated(gzip.compress(b"x" * 70_001), limit=70_000)
    with pytest.raises(TooLargeError):
        inflated(b"x" * 70_001, limit=70_000)


def test_b01_a_bomb_of_empty_members_inside_a_small_body_is_stopped():
    empty = gzip.compress(b"")
    with pytest.raises(InflateError):
        inflated(gzip.compress(empty * 1000), "gzip")


@pytest.mark.parametrize("kept", [10, 30, -1])
def test_b05_a_compressed_body_that_breaks_off_is_an_error(kept):
    with pytest.raises(InflateError):
        inflated(gzip.compress(FEED)[:kept], "gzip")


def test_b05_a_damaged_compressed_body_is_an_error():
    raw = bytearray(gzip.compress(FEED))
    raw[-6] ^= 0xFF  # the checksum
    with pytest.raises(InflateError):
        inflated(bytes(raw), "gzip")


def test_an_encoding_that_was_not_asked_for_is_an_error():
    with pytest.raises(InflateError, match="'br'"):
        inflated(b"\x8b\x05\x80<rss></rss>\x03", "br")


def test_b02_one_small_chunk_never_becomes_much_at_once():
    chunk = gzip.compress(b"\0" * 64 * 2**20)
    assert len(chunk) < 70_000
    inflater = Inflater("gzip", LIMIT)
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            inflater.feed(chunk)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 4 * LIMIT
