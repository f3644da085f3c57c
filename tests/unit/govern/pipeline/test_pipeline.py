"""The pipeline over a target that does what the test says: what is decided, in which order, and what leaves."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from support.governing import FakeTarget, ask, fact, governed, settings

from adaptgen.mcp.protocol import RpcError
from adaptgen.model.tables import Caller

ADA = Caller("ada", "bank", ("staff",))
EVE = Caller("eve", "bank", ("guests",))


def text(result: dict[str, Any]) -> str:
    (block,) = result["content"]
    return str(block["text"])


def said(value: Any) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": json.dumps(value)}]}


def run(path: Path, target: FakeTarget, *calls: tuple[Caller, str, dict[str, Any]], **given: Any) -> list[Any]:
    """The results of ``tools/call`` for each of ``calls``."""

    async def session() -> list[Any]:
        async with governed(path, target, http=True, **given) as made:
            return [await ask(made, who, "tools/call", {"name": n, "arguments": a}) for who, n, a in calls]

    return asyncio.run(session())


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]


def of(folder: Path, event: str) -> list[dict[str, Any]]:
    return [line for line in lines(folder) if line["event"] == event]


def test_a_defect_after_the_call_withholds_the_answer_and_does_not_invite_a_second_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    target = FakeTarget(fact("write_note", effect="write"))

    async def session() -> Any:
        async with governed(settings(tmp_path), target, http=True) as made:
            tokenizer = made.handler.parts.tokenizer
            assert tokenizer is not None

            async def broken(*_: Any) -> Any:
                raise KeyError("ada@example.org")

            tokenizer.result = broken  # type: ignore[method-assign]
            return await ask(made, ADA, "tools/call", {"name": "write_note"})

    said = text(asyncio.run(session()))
    assert said == "The call was executed, but its answer is withheld: it could not be processed."
    assert len(target.calls) == 1
    assert of(tmp_path, "result")[-1]["result"] == "withheld"
    assert "KeyError" in caplog.text
    assert "ada@" not in caplog.text


def test_nothing_is_executed_when_the_audit_trail_cannot_be_written(tmp_path: Path) -> None:
    target = FakeTarget(fact("read_note"))

    async def session() -> Any:
        async with governed(settings(tmp_path), target, http=True) as made:
            made.handler._trail.close()  # type: ignore[union-attr]
            return await ask(made, ADA, "tools/call", {"name": "read_note"})

    result = asyncio.run(session())
    assert result["isError"]
    assert target.calls == []


def test_who_is_cut_off_gets_neither_lists_nor_prompts_nor_resources(tmp_path: Path) -> None:
    answers = {
        "prompts/list": {"prompts": [{"name": "greet"}]},
        "prompts/get": {"messages": []},
        "resources/read": {"contents": [{"uri": "x:1", "text": "secret"}]},
    }
    target = FakeTarget(fact("read_note"), answers=answers)
    path = settings(tmp_path, switch={"callers": ["bank/eve"]})

    async def session() -> None:
        async with governed(path, target, http=True) as made:
            assert (await ask(made, EVE, "tools/list", {}))["tools"] == []
            assert (await ask(made, EVE, "prompts/list", {}))["prompts"] == []
            for method, params in (("prompts/get", {"name": "greet"}), ("resources/read", {"uri": "x:1"})):
                with pytest.raises(RpcError, match="Switched off"):
                    await ask(made, EVE, method, params)
            assert (await ask(made, ADA, "prompts/list", {}))["prompts"] == [{"name": "greet"}]
            assert await ask(made, ADA, "prompts/get", {"name": "greet"}) == {"messages": []}

    asyncio.run(session())


def test_a_defect_below_is_on_record_and_does_not_invite_a_second_write(tmp_path: Path) -> None:
    target = FakeTarget(fact("write_note", effect="write"), answers={"write_note": ValueError("ada@example.org")})
    (result,) = run(settings(tmp_path), target, (ADA, "write_note", {}))
    assert text(result) == ("The call failed inside the server. Whether it was executed is not known: check first.")
    assert [line["result"] for line in of(tmp_path, "result")] == ["unknown"]


def test_log_only_lets_pass_and_writes_down_what_would_have_been(tmp_path: Path) -> None:
    target = FakeTarget(fact("write_note", effect="write"))
    nothing = '@id("nobody") forbid (principal == Caller::"nobody", action, resource);'
    path = settings(tmp_path, nothing, authorize={"policies": ["all.cedar"], "mode": "log_only"})
    (result,) = run(path, target, (ADA, "write_note", {}))
    assert text(result) == "done"
    assert [line["decision"] for line in of(tmp_path, "decision")] == ["log_only"]


def test_a_hook_that_fails_refuses_the_call(tmp_path: Path) -> None:
    (tmp_path / "office_hours.py").write_text("def closed(call):\n    raise RuntimeError(call.arguments)\n")
    target = FakeTarget(fact("read_note"))
    path = settings(tmp_path, hooks={"before": ["office_hours:closed"]})
    (result,) = run(path, target, (ADA, "read_note", {"text": "secret"}))
    assert result["isError"]
    assert "secret" not in text(result)
    assert target.calls == []
