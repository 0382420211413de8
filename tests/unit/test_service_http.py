import asyncio
import contextlib

import pytest

from aggregator.service.http import CONNECTIONS_MAX, HEAD_BYTES_MAX, Answer, HttpServer, get


async def hello() -> Answer:
    return Answer(body=b"hello")


async def broken() -> Answer:
    raise RuntimeError("a bug")


@pytest.fixture
async def port():
    server = HttpServer({"/hello": hello, "/broken": broken})
    yield await server.start("127.0.0.1", 0)
    await server.close()


async def said(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


async def test_a_path_that_is_known_is_answered_whatever_its_query(port):
    answer = await get(f"http://127.0.0.1:{port}/hello?x=1", total_s=5)
    assert (answer.status, answer.body) == (200, b"hello")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /other HTTP/1.1\r\n\r\n", b"404"),
        (b"POST /hello HTTP/1.1\r\n\r\n", b"405"),
        (b"HEAD /hello HTTP/1.1\r\n\r\n", b"405"),
        (b"hello\r\n\r\n", b"400"),
        (b"\xff\xfe \x00 \x80\r\n\r\n", b"400"),
        (b"GET /hello HTTP/1.1\r\nA: " + b"a" * (2 * HEAD_BYTES_MAX) + b"\r\n\r\n", b"431"),
    ],
)
async def test_what_is_no_plain_get_of_it_is_refused(port, request_, status):
    assert (await said(port, request_)).split(b" ")[1] == status


async def test_a_bug_in_one_answer_ends_no_other(port):
    assert (await get(f"http://127.0.0.1:{port}/broken", total_s=5)).status == 500
    assert (await get(f"http://127.0.0.1:{port}/hello", total_s=5)).status == 200


async def test_who_dawdles_on_every_connection_locks_nobody_out_and_close_ends_the_rest():
    server = HttpServer({"/hello": hello})
    port = await server.start("127.0.0.1", 0)
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS_MAX)]
    for _, each in held:
        each.write(b"GET /hel")
    assert b"200 OK" in await said(port, b"GET /hello HTTP/1.1\r\n\r\n")
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await held[0][0].readexactly(1)
    await server.close()
    for _, each in held:
        each.close()
        with contextlib.suppress(ConnectionError):
            await each.wait_closed()
    with pytest.raises(ConnectionError):
        await get(f"http://127.0.0.1:{port}/hello", total_s=5)


@contextlib.asynccontextmanager
async def peer(answer: bytes, ends: asyncio.Event):
    """Listen, take a request, answer so, and wait for `ends` before hanging up."""
    gone = asyncio.Event()

    async def serve(reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
        await ends.wait()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        gone.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        ends.set()
        await gone.wait()


async def test_what_speaks_no_http_is_told_from_what_does_not_answer():
    ends = asyncio.Event()
    ends.set()
    async with peer(b"SSH-2.0-x\r\n", ends) as url:
        with pytest.raises(ValueError, match="HTTP"):
            await get(url, total_s=5)


async def test_an_answer_that_never_comes_ends_at_the_deadline():
    async with peer(b"", asyncio.Event()) as url:
        with pytest.raises(TimeoutError):
            await get(url, total_s=0.05)
