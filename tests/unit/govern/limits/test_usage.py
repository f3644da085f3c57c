"""Usage: who had what, added up over processes, without slowing a call."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from adaptgen.govern.limits.usage import Row, Usage
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.tables import Caller
from adaptgen.runtime.store.protocol import MemoryStore, StoreError

pytestmark = pytest.mark.asyncio

ADA = Caller("ada", "bank", ("sales", "risk"))
NOBODY = Caller("nobody")


def facts(own: str = "find") -> ToolInfo:
    return ToolInfo(own, "crm", own, "read", True, {})


async def test_processes_add_up() -> None:
    store = MemoryStore()
    one, other = Usage(store), Usage(store)
    await one.count(ADA, facts(), bytes_out=100, error=False)
    await one.count(ADA, facts(), bytes_out=20, error=True)
    await other.count(ADA, facts("add"), bytes_out=7, error=False)
    await other.count(NOBODY, facts(), bytes_out=1, error=False)
    await asyncio.gather(one.aclose(), other.aclose())
    assert await Usage(store).read() == [
        Row("", "", "crm/find", 1, 0, 1),
        Row("bank", "risk", "crm/add", 1, 0, 7),
        Row("bank", "risk", "crm/find", 2, 1, 120),
        Row("bank", "sales", "crm/add", 1, 0, 7),
        Row("bank", "sales", "crm/find", 2, 1, 120),
    ]


class Slow(MemoryStore):
    """A store that answers when it is let, or not at all."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()
        self.dead = False

    async def count(self, key: str, counts: Mapping[str, float]) -> None:
        await self.open.wait()
        if self.dead:
            raise StoreError("gone")
        await super().count(key, counts)


async def test_nothing_is_lost_while_the_store_is_away(caplog: pytest.LogCaptureFixture) -> None:
    store = Slow()
    store.open.set()
    store.dead = True
    usage = Usage(store)
    await usage.count(NOBODY, facts(), bytes_out=5, error=False)
    with pytest.raises(StoreError):
        await usage.flush()
    await usage.aclose()
    assert "until the store is back" in caplog.text
    store.dead = False
    await usage.count(NOBODY, facts(), bytes_out=5, error=False)
    assert await usage.read() == [Row("", "", "crm/find", 2, 0, 10)]
