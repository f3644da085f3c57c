"""What happens to a pipeline that serves while its settings change."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from support.governing import FakeTarget, ask, fact, governed, settings

from adaptgen.govern.pipeline.assemble import GovernedServer
from adaptgen.model.tables import Caller

ADA = Caller("ada")
NOBODY = "forbid (principal, action, resource);"


def session(path: Path, target: FakeTarget, steps: Callable[[GovernedServer], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with governed(path, target, http=True) as made:
            return await steps(made)

    return asyncio.run(run())


async def tools(made: GovernedServer) -> list[str]:
    return [tool["name"] for tool in (await ask(made, ADA, "tools/list", {}))["tools"]]


def test_the_kill_switch_of_a_broken_version_acts(tmp_path: Path) -> None:
    async def steps(made: GovernedServer) -> Any:
        (tmp_path / "all.cedar").write_text("permit (principal, action ==")
        settings(tmp_path, "permit (principal, action ==", switch={"callers": ["ada"]})
        assert not await made.watch.look()
        return await ask(made, ADA, "tools/call", {"name": "read_note"})

    assert "Switched off" in json.dumps(session(settings(tmp_path), FakeTarget(fact("read_note")), steps))


def test_what_takes_a_restart_is_said_and_not_taken_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def steps(made: GovernedServer) -> Any:
        settings(tmp_path, NOBODY, audit={"sink": str(tmp_path / "other.jsonl")})
        assert not await made.watch.look()
        return await tools(made)

    assert session(settings(tmp_path), FakeTarget(fact("read_note")), steps) == ["read_note"]
    assert "audit cannot change while serving" in caplog.text


def test_a_changed_target_is_made_anew(tmp_path: Path) -> None:
    target = FakeTarget(fact("read_note"))

    async def steps(made: GovernedServer) -> Any:
        first = made.handler.parts.settings.tools
        settings(tmp_path, tools={"fake/read_note": {"effect": "write"}})
        assert await made.watch.look()
        return len(first), len(made.handler.parts.settings.tools)

    assert session(settings(tmp_path), target, steps) == (0, 1)
