"""The pipeline over a target that does what the test says: what is decided, in which order, and what leaves."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from support.governing import META, FakeTarget, ask, fact, governed, settings
from support.wire import Client

from adaptgen.govern.settings.model import Settings
from adaptgen.govern.telemetry import tracer
from adaptgen.mcp.protocol import META_HANDOVER, META_STATUS, RpcError
from adaptgen.model.tables import Caller
from adaptgen.transports.streamable_http import StreamableHttpServer

ADA = Caller("ada", "bank", ("staff",))
EVE = Caller("eve", "bank", ("guests",))
STAFF = """
@id("staff") permit (principal in Group::"bank/staff", action, resource);
@id("guests") permit (principal in Group::"bank/guests", action == Action::"fake__read_note", resource);
"""


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


def test_a_call_reaches_the_tool_as_it_was_made(tmp_path: Path) -> None:
    target = FakeTarget(fact("read_note"))
    (result,) = run(settings(tmp_path), target, (ADA, "read_note", {"text": "x"}))
    assert text(result) == "done"
    assert target.calls == [(ADA, "read_note", {"text": "x"})]


def test_a_hidden_tool_answers_as_one_that_does_not_exist(tmp_path: Path) -> None:
    target = FakeTarget(fact("read_note"), fact("write_note", effect="write"))
    path = settings(tmp_path, STAFF)
    hidden, unknown = run(path, target, (EVE, "write_note", {}), (EVE, "write_nota", {}))
    assert text(hidden).replace("write_note", "write_nota") == text(unknown)
    assert hidden["isError"]
    assert target.calls == []


@pytest.mark.parametrize("name", ["Read_note", "READ_NOTE", "read_note ", "read\u200b_note", "ｒead_note", "read_noté"])
def test_a_variant_of_a_name_is_another_name(tmp_path: Path, name: str) -> None:
    target = FakeTarget(fact("read_note"))
    (result,) = run(settings(tmp_path), target, (ADA, name, {}))
    assert text(result).startswith("There is no tool")
    assert target.calls == []


def test_each_caller_gets_its_own_list(tmp_path: Path) -> None:
    target = FakeTarget(fact("read_note"), fact("write_note", effect="write"))

    async def lists() -> list[list[str]]:
        async with governed(settings(tmp_path, STAFF), target, http=True) as made:
            listed = [await ask(made, who, "tools/list", {}) for who in (ADA, EVE, ADA)]
            return [[tool["name"] for tool in one["tools"]] for one in listed]

    assert asyncio.run(lists()) == [["read_note", "write_note"], ["read_note"], ["read_note", "write_note"]]


def test_a_list_is_private_to_its_caller(tmp_path: Path) -> None:
    async def listed() -> Any:
        async with governed(settings(tmp_path), FakeTarget(fact("read_note")), http=True) as made:
            return await ask(made, ADA, "tools/list", {})

    assert asyncio.run(listed())["cacheScope"] == "private"


def test_a_tool_that_writes_needs_a_policy(tmp_path: Path) -> None:
    target = FakeTarget(fact("read_note"), fact("write_note", effect="write"))
    nothing = '@id("nobody") forbid (principal == Caller::"nobody", action, resource);'
    read, written = run(settings(tmp_path, nothing), target, (ADA, "read_note", {}), (ADA, "write_note", {}))
    assert text(read) == "done"
    assert text(written).startswith("There is no tool")


def test_the_decision_is_made_on_restored_arguments(tmp_path: Path) -> None:
    policy = """
    permit (principal, action == Action::"detokenize", resource);
    permit (principal, action == Action::"fake__write_note", resource)
    when { context.input has email && context.input.email == "ada@example.org" };
    """
    target = FakeTarget(
        fact("read_note"), fact("write_note", effect="write"), answers={"read_note": said({"email": "ada@example.org"})}
    )

    async def session() -> tuple[Any, Any]:
        async with governed(settings(tmp_path, policy), target, http=True) as made:
            seen = json.loads(text(await ask(made, ADA, "tools/call", {"name": "read_note"})))
            given = [{"email": seen["email"]}, {"email": "eve@example.org"}]
            first, second = [
                await ask(made, ADA, "tools/call", {"name": "write_note", "arguments": one}) for one in given
            ]
            return first, second

    permitted, refused = asyncio.run(session())
    assert text(permitted) == "done"
    assert target.calls[-1][2] == {"email": "ada@example.org"}
    assert text(refused).startswith("Not permitted")


def test_the_audit_holds_the_decision_before_the_call_and_the_result_after_it(tmp_path: Path) -> None:
    seen: list[list[str]] = []

    def answer(arguments: Any) -> dict[str, Any]:
        seen.append([line["event"] for line in lines(tmp_path)])
        return {"content": [{"type": "text", "text": "ok"}], "_meta": {META_STATUS: 200}}

    target = FakeTarget(fact("read_note"), answers={"read_note": answer})
    (result,) = run(settings(tmp_path), target, (ADA, "read_note", {"text": "x"}))
    assert seen[0][-1] == "decision"
    (decision,), (outcome,) = of(tmp_path, "decision"), of(tmp_path, "result")
    assert (decision["decision"], decision["tool"]) == ("permit", "read_note")
    assert (outcome["result"], outcome["status"]) == ("ok", 200)
    assert decision["request_id"] == outcome["request_id"]
    assert "_meta" not in result


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


def test_a_limit_says_when_to_come_back(tmp_path: Path) -> None:
    target = FakeTarget(fact("read_note"))
    path = settings(tmp_path, limits=[{"per": ["sub"], "rate": "2/m", "burst": 1}])
    first, second, other = run(path, target, (ADA, "read_note", {}), (ADA, "read_note", {}), (EVE, "read_note", {}))
    assert (text(first), text(other)) == ("done", "done")
    assert "Try again in 3" in text(second)
    assert len(target.calls) == 2


def test_the_kill_switch_cuts_one_caller_off(tmp_path: Path) -> None:
    target = FakeTarget(fact("read_note"))
    path = settings(tmp_path, switch={"callers": ["bank/eve"]})
    mine, hers = run(path, target, (ADA, "read_note", {}), (EVE, "read_note", {}))
    assert text(mine) == "done"
    assert "Switched off" in text(hers)


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


def test_limits_count_what_is_no_tool(tmp_path: Path) -> None:
    target = FakeTarget(fact("read_note"), answers={"resources/read": {"contents": []}})
    path = settings(tmp_path, limits=[{"per": ["sub"], "rate": "2/m", "burst": 1}])

    async def session() -> None:
        async with governed(path, target, http=True) as made:
            await ask(made, ADA, "resources/read", {"uri": "x:1"})
            with pytest.raises(RpcError, match="Try again in"):
                await ask(made, ADA, "resources/read", {"uri": "x:1"})

    asyncio.run(session())


def test_the_audit_tells_which_prompt_was_given_and_no_uri(tmp_path: Path) -> None:
    answers = {"prompts/get": {"messages": []}, "resources/read": {"contents": []}}
    target = FakeTarget(fact("read_note"), answers=answers)

    async def session() -> None:
        async with governed(settings(tmp_path), target, http=True) as made:
            await ask(made, ADA, "prompts/get", {"name": "greet"})
            await ask(made, ADA, "resources/read", {"uri": "people:ada@example.org"})

    asyncio.run(session())
    prompt, resource = of(tmp_path, "decision")
    assert (prompt["server"], prompt["prompt"], "tool" in prompt) == ("fake", "greet", False)
    assert (resource["server"], resource["resource"]) == ("fake", "")
    assert "example.org" not in (tmp_path / "audit.jsonl").read_text()


def test_a_call_that_is_given_up_is_on_record(tmp_path: Path) -> None:
    target = FakeTarget(fact("read_note"), answers={"read_note": asyncio.CancelledError()})

    async def session() -> None:
        async with governed(settings(tmp_path), target, http=True) as made:
            with pytest.raises(asyncio.CancelledError):
                await ask(made, ADA, "tools/call", {"name": "read_note"})

    asyncio.run(session())
    assert [line["result"] for line in of(tmp_path, "result")] == ["cancelled"]


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


def test_what_servers_tell_the_proxy_cannot_be_said_by_a_client(tmp_path: Path) -> None:
    target = FakeTarget(fact("read_note"))

    async def session() -> None:
        async with governed(settings(tmp_path), target, http=True) as made:
            meta = {META_HANDOVER: "x", "traceparent": "t", "progressToken": 1}
            await ask(made, ADA, "tools/call", {"name": "read_note"}, meta=meta)

    asyncio.run(session())
    assert not any(key.startswith(META) for key in target.contexts[0].meta)
    assert target.contexts[0].meta["progressToken"] == 1


def test_errors_of_the_target_are_tokenized(tmp_path: Path) -> None:
    target = FakeTarget(
        fact("read_note"), answers={"read_note": RpcError(-32000, "no ada@example.org", ["+49 30 901820"])}
    )
    with pytest.raises(RpcError) as caught:
        run(settings(tmp_path), target, (ADA, "read_note", {}))
    assert "example.org" not in str(caught.value)
    assert "901820" not in json.dumps(caught.value.data)


def test_a_token_cannot_be_written_where_another_kind_stands(tmp_path: Path) -> None:
    target = FakeTarget(
        fact("read_note"), fact("write_note", effect="write"), answers={"read_note": said({"email": "ada@example.org"})}
    )

    async def session() -> list[Any]:
        async with governed(settings(tmp_path), target, http=True) as made:
            seen = json.loads(text(await ask(made, ADA, "tools/call", {"name": "read_note"})))["email"]
            given = [{"name": seen}, {"text": seen}, {"email": seen}]
            return [await ask(made, ADA, "tools/call", {"name": "write_note", "arguments": one}) for one in given]

    as_name, as_text, as_email = asyncio.run(session())
    assert as_name["isError"]
    assert "`name`" in text(as_name)
    assert as_text["isError"]
    assert "`text`" in text(as_text)
    assert text(as_email) == "done"


def test_a_hook_that_fails_refuses_the_call(tmp_path: Path) -> None:
    (tmp_path / "office_hours.py").write_text("def closed(call):\n    raise RuntimeError(call.arguments)\n")
    target = FakeTarget(fact("read_note"))
    path = settings(tmp_path, hooks={"before": ["office_hours:closed"]})
    (result,) = run(path, target, (ADA, "read_note", {"text": "secret"}))
    assert result["isError"]
    assert "secret" not in text(result)
    assert target.calls == []


def test_tokens_are_counted_by_kind_and_outcome(tmp_path: Path) -> None:
    reader = InMemoryMetricReader()
    target = FakeTarget(
        fact("read_note"), fact("write_note", effect="write"), answers={"read_note": said({"email": "ada@example.org"})}
    )

    async def session() -> None:
        traced = tracer(Settings(), reader=reader)
        async with governed(settings(tmp_path), target, http=True, tracer=traced) as made:
            seen = json.loads(text(await ask(made, ADA, "tools/call", {"name": "read_note"})))["email"]
            for given in ({"email": seen}, {"email": seen}, {"name": seen}, {"email": seen[:-4]}):
                await ask(made, ADA, "tools/call", {"name": "write_note", "arguments": given})
            counted.extend(
                (point.attributes["adaptgen.token.outcome"], point.attributes["adaptgen.token.kind"], point.value)
                for resource in reader.get_metrics_data().resource_metrics
                for scope in resource.scope_metrics
                for metric in scope.metrics
                if metric.name == "adaptgen.tokens"
                for point in metric.data.data_points
            )

    counted: list[Any] = []
    asyncio.run(session())
    assert sorted(counted) == [("hit", "email", 2), ("miss", "email", 1), ("refused", "email", 1)]


@pytest.mark.asyncio
async def test_what_a_caller_may_see_is_worked_out_once_for_a_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = settings(tmp_path, local={"sub": "ada", "tenant": "bank", "groups": ["staff"]}, authenticate=None)
    target = FakeTarget(fact("read_note"))
    async with governed(path, target) as made:
        asked: list[Caller] = []
        authorizer = made.handler.parts.authorizer
        assert authorizer is not None
        sees = type(authorizer).sees

        async def counted(self: Any, caller: Caller, name: str, tools: Any) -> bool:
            asked.append(caller)
            return await sees(self, caller, name, tools)

        monkeypatch.setattr(type(authorizer), "sees", counted)
        client = Client(StreamableHttpServer(made.handler))
        for count in (1, 2):
            answer = await client.ask("tools/call", {"name": "read_note", "arguments": {"text": "x"}})
            assert answer.status == 200
            assert len(asked) == count
    assert len(target.calls) == 2
