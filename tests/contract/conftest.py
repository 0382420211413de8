"""Every `Store` under contract; a new one joins by adding a way to open it to `STORES`."""

import pytest

from aggregator.store.sqlite import SqliteStore


async def open_file(tmp_path):
    return await SqliteStore.open(f"sqlite:///{tmp_path}/casewire.db")


async def open_memory(tmp_path):
    return await SqliteStore.open("sqlite:///:memory:")


STORES = {"file": open_file, "memory": open_memory}


@pytest.fixture(params=STORES.values(), ids=STORES.keys())
async def store(request, tmp_path):
    opened = await request.param(tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
async def another(tmp_path_factory):
    """Return a second store that shares nothing with the first."""
    opened = await open_file(tmp_path_factory.mktemp("another"))
    yield opened
    await opened.close()
