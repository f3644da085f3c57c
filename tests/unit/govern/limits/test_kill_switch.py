"""The kill switch: what it refuses, and what its source may do to it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.govern.limits.kill_switch import Switch, switch
from adaptgen.govern.settings import model as vocabulary
from adaptgen.govern.settings.load import read
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.tables import Caller, Effect

ADA = Caller("ada", "acme")


def tool(own: str = "find", server: str = "crm", effect: Effect = "read") -> ToolInfo:
    return ToolInfo(f"{server}__{own}", server, own, effect, True, {})


def configured(folder: Path, source: str | None) -> Switch:
    if source is not None:
        (folder / "off.yaml").write_text(source)
    (folder / "governance.yaml").write_text("adaptgen: 1\nswitch:\n  tools: crm/find\n  source: off.yaml\n")
    return switch(read(folder / "governance.yaml"), {})


def rewrite(path: Path, text: str) -> None:
    """A file with another text and a time of its own, as a later edit has."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text)
    os.utime(path, ns=(before + 1_000_000, before + 1_000_000))


@pytest.mark.asyncio
async def test_a_source_that_breaks_later_changes_nothing(tmp_path: Path) -> None:
    one = configured(tmp_path, "read_only: true\n")
    await one.start()
    for broken in ("read_onyl: false\n", "read_only: maybe\n", "{", None):
        if broken is None:
            (tmp_path / "off.yaml").unlink()
        else:
            rewrite(tmp_path / "off.yaml", broken)
        await one.refresh()
        assert one.problem
        assert one.refuses(ADA, tool("other", effect="write"))
    rewrite(tmp_path / "off.yaml", "read_only: false\n")
    await one.refresh()
    assert one.problem == ""
    assert one.refuses(ADA, tool("other", effect="write")) is None
    await one.aclose()


@pytest.mark.asyncio
@pytest.mark.parametrize(("source", "reason"), [(None, "no such file"), ("tols: []", "unknown key 'tols'")])
async def test_a_source_that_is_broken_at_start_is_located(tmp_path: Path, source: str | None, reason: str) -> None:
    with pytest.raises(AdaptgenError) as caught:
        await configured(tmp_path, source).start()
    (one,) = caught.value.diagnostics
    assert (one.code, one.where) == ("AG070", Where((tmp_path / "governance.yaml").as_posix(), 4, 3))
    assert reason in one.message


@pytest.mark.asyncio
async def test_the_source_is_read_without_being_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "off.yaml").write_text("")
    (tmp_path / "governance.yaml").write_text("adaptgen: 1\nswitch: {source: off.yaml, every: 100ms}\n")
    one = switch(read(tmp_path / "governance.yaml"), {})
    await one.start()
    done, refresh = asyncio.Event(), one.refresh

    async def refreshed() -> None:
        await refresh()
        done.set()

    monkeypatch.setattr(one, "refresh", refreshed)
    rewrite(tmp_path / "off.yaml", "servers: crm\n")
    await asyncio.wait_for(done.wait(), 10)
    assert one.refuses(ADA, tool()) == "the server crm"
    await one.aclose()


@pytest.mark.asyncio
async def test_a_sleeping_process_reads_it_when_it_is_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from adaptgen.govern.limits import kill_switch as module

    now = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    one = configured(tmp_path, "")
    await one.refresh()
    rewrite(tmp_path / "off.yaml", "servers: crm\n")
    await one.fresh()
    assert one.refuses(ADA, tool("other")) is None
    now[0] += 2.1
    await one.fresh()
    assert one.refuses(ADA, tool("other")) == "the server crm"


def test_newer_rules_act_at_once() -> None:
    one = Switch(vocabulary.Switch())
    one.apply(vocabulary.Switch(read_only=True))
    assert one.refuses(ADA, tool(effect="write"))
