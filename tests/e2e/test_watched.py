"""The running program as Prometheus, a load balancer and HEALTHCHECK see it."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

from aggregator.service.http import Answer, get
from tests.e2e.program import ROOT, News, Program, rss
from tests.fakes import FakeWeb


async def answered(url: str, status: int) -> Answer:
    while True:
        try:
            answer = await get(url, total_s=5)
        except OSError:
            answer = Answer(status=0)
        if answer.status == status:
            return answer
        await asyncio.sleep(0.05)


async def health(env: dict[str, str]) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "bot.py"), "health",
        env={"PATH": os.environ["PATH"], **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed, _ = await process.communicate()
    return process.returncode, printed.decode()


async def test_a_running_program_is_healthy_and_counted_and_a_dead_one_is_not(
    tmp_path: Path,
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {"CASEWIRE_HTTP": f"127.0.0.1:{port}"}
    async with FakeWeb() as web:
        web.serves("/wire-one", rss("wire-one", News(title="Rain", at=datetime.now(UTC))))
        env["CASEWIRE_HEARTBEAT_URL"] = web.url("/alive")
        web.serves("/alive", b"ok")
        async with Program(
            place=tmp_path, web=web, feeds={"wire-one": "/wire-one"}, env=env
        ) as program:
            await web.asked("/wire-one")
            said = json.loads((await answered(f"http://127.0.0.1:{port}/health", 200)).body)
            assert said["ok"] is True
            assert set(said["checks"]) == {"loop", "poll", "outbox", "database", "sending"}
            page = (await answered(f"http://127.0.0.1:{port}/metrics", 200)).body.decode()
            assert 'casewire_polls_total{outcome="read"}' in page
            assert "casewire_items_total 1.0" in page
            beside = {
                **env,
                "DATABASE_URL": f"sqlite:///{tmp_path / 'casewire.db'}",
                "CASEWIRE_FEEDS": str(program.feeds_file),
            }
            code, printed = await health(beside)
            assert (code, printed.count("ok  "), printed.count("BAD")) == (0, 5, 0), printed
        code, printed = await health(beside)
        assert code == 1
        assert f"BAD  http      http://127.0.0.1:{port}/health" in printed
        assert "BAD  loop      no program runs on this database" in printed  # its beat is young yet
