"""Names to addresses, by the operating system's resolver, without holding anyone up."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Sequence
from ipaddress import ip_address

_LOOKUPS_MAX = 64


class SystemResolver:
    """The operating system's resolver.

    Each lookup has a thread of its own: in asyncio's shared pool a handful of dead name servers
    would stop every other feed, and its threads would hold up the program's end.
    """

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_LOOKUPS_MAX)

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return every address of `host` as text; empty when it has none."""
        try:
            return (str(ip_address(host)),)
        except ValueError:
            pass
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[str]] = loop.create_future()
        await self._slots.acquire()

        def settle(found: list[str]) -> None:
            self._slots.release()
            if not answer.done():
                answer.set_result(found)

        def look_up() -> None:
            try:
                found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError):
                found = []
            addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
            try:
                loop.call_soon_threadsafe(settle, addresses)
            except RuntimeError:
                return  # the loop has ended, and with it whoever asked

        threading.Thread(target=look_up, name=f"resolve {host}", daemon=True).start()
        return await answer
