"""Accounts that change while they are renewed or ended: nothing is overwritten, and no token stays alive unseen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from support.own_accounts import BACK, NotesApi, Replica, answer

from adaptgen.model.tables import Caller
from adaptgen.runtime.auth.session_files import LeaseLost, StateFiles
from adaptgen.runtime.store.protocol import MemoryStore

pytestmark = pytest.mark.asyncio

ADA = Caller("ada", "bank")


class Store(MemoryStore):
    """The store of several processes. ``before``: what happens before the next account is removed."""

    local = False
    before: Callable[[], Awaitable[object]] | None = None

    async def swap(self, key: str, old: bytes | None, new: bytes | None, *, ttl: float | None = None) -> bool:
        if new is None and self.before is not None and key.count("/") == 1:
            happens, self.before = self.before, None
            await happens()
        return await super().swap(key, old, new, ttl=ttl)


class SlowApi(NotesApi):
    """Its answers to renewals arrive after ``go`` is set; it revokes the token that is named, and no other one (RFC
    7009, 2.1: the rest may be left)."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.renewed = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        said = await super().handle_async_request(request)
        if b"grant_type=refresh_token" in request.content:
            self.renewed.set()
            await self.go.wait()
        return said

    def _revoke(self, form: dict[str, str]) -> httpx.Response:
        for grant in self.grants:
            grant.access.discard(form["token"])
            grant.refresh = "" if grant.refresh == form["token"] else grant.refresh
        return answer(200, {})

    def alive(self, grant: int) -> tuple[bool, int]:
        """Whether its refresh token can be used, and how many access tokens can."""
        return bool(self.grants[grant].refresh), len(self.grants[grant].access)


class Two:
    """Two processes, with a store or with the files of one folder."""

    def __init__(self, api: SlowApi, folder: Path, store: Store | None) -> None:
        self.api = api
        self.store = store
        self.one, self.other = Replica(folder, api, store), Replica(folder, api, store)

    async def connect(self, at: Replica, person: str) -> None:
        url, sealed = await at.begin(ADA)
        code = self.api.agree(url, person)
        assert await at.ask(ADA, "finish", redirect_uri=BACK, sealed=sealed, code=code) == {"connected": True}

    async def renewing(self) -> asyncio.Task[str]:
        """A call of the first process that has been waiting for a renewal."""
        self.api.expire()
        task = asyncio.create_task(self.one.text(ADA))
        await self.api.renewed.wait()
        return task


@pytest_asyncio.fixture(params=["store", "files"])
async def two(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Two]:
    made = Two(SlowApi(), tmp_path, Store() if request.param == "store" else None)
    yield made
    for one in (made.one, made.other):
        await one.engine.aclose()


async def test_a_file_that_is_another_one_now_is_neither_written_nor_removed(tmp_path: Path) -> None:
    one, other = (StateFiles(tmp_path).file("notes", "ada", strict=True) for _ in range(2))
    await one.put({"stamp": "1"})
    await one.read()
    await other.put({"stamp": "2"})
    with pytest.raises(LeaseLost):
        await one.write({"stamp": "3"})
    assert await one.remove() is False
    assert await other.read() == {"stamp": "2"}
    assert list(tmp_path.glob("*.new")) == []


@pytest.mark.parametrize("two", ["store"], indirect=True)
async def test_a_disconnection_ends_what_was_written_between_its_read_and_its_removal(two: Two) -> None:
    await two.connect(two.one, "private")
    two.api.expire()
    two.api.go.set()
    assert two.store is not None
    two.store.before = lambda: two.one.text(ADA)  # which renews
    assert await two.other.ask(ADA, "disconnect") == {"disconnected": True, "revoked": True}
    assert two.api.refreshed == 1
    assert two.api.alive(0) == (False, 0)
