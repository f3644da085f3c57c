"""``adaptgen usage``: counters that another process kept."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from support import redis
from support.services import Unavailable

from adaptgen.cli import main
from adaptgen.govern.limits.usage import Usage
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.tables import Caller
from adaptgen.runtime.store.redis import RedisStore


def settings(folder: Path, **state: str) -> str:
    path = folder / "governance.yaml"
    path.write_text(json.dumps({"adaptgen": 1, **({"state": state} if state else {})}))
    return str(path)


def test_counters_in_memory_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["usage", settings(tmp_path)]) == 2
    assert "AG076" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.network
def test_counters_are_read_by_group_and_tool(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tool = ToolInfo("list", "crm", "list", "read", True, {})

    async def count(url: str) -> None:
        store = RedisStore(url, "adaptgen")
        usage = Usage(store)
        for size, error in ((100, False), (250, True)):
            await usage.count(Caller("ada", "bank", ("staff",)), tool, bytes_out=size, error=error)
        await usage.aclose()
        await store.aclose()

    try:
        service = redis.start(tmp_path)
    except Unavailable as reason:
        pytest.skip(str(reason))
    try:
        asyncio.run(count(service.url))
        assert main(["usage", settings(tmp_path, store="redis", url=service.url), "--json"]) == 0
    finally:
        service.stop()
    (row,) = json.loads(capsys.readouterr().out)
    assert row == {"tenant": "bank", "group": "staff", "tool": "crm/list", "calls": 2, "errors": 1, "bytes_out": 350}
