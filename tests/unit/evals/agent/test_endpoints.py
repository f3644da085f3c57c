"""Each wire form through its real client, against the scripted model."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from support.eval_shop import Api
from support.scripted_model import ScriptedModel, Turn, scripted_model
from support.web import Said, web

from adaptgen.diagnostics import AdaptgenError
from adaptgen.evals.agent.conversation import Message, Run, Settings, Usage
from adaptgen.evals.agent.endpoints.base import EndpointError, Request, read_arguments
from adaptgen.evals.agent.endpoints.choose import KEY, open_endpoint
from adaptgen.evals.agent.loop import Agent
from adaptgen.evals.agent.tools import ModelTools
from adaptgen.evals.model import Case
from adaptgen.evals.surface import open_surface
from adaptgen.model.tables import LOCAL, Server

SECRET = "sk-test-0123456789abcdefghij"
QUESTION = "Which invoices are open?"
FORMS = ("openai", "anthropic", "bedrock")
RIGHT = (Turn("I look.", [("list_invoices", {"status": "OPEN"})]), Turn("Invoice 7 is open."))


@pytest.fixture(autouse=True)
def _aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


def address(form: str, model: ScriptedModel) -> str:
    """The endpoint as a command line names it."""
    return f"{form}:{model.url}/v1" if form != "bedrock" else f"bedrock:{model.url}"


def converse(
    shop: Server, api: Api, form: str, script: Sequence[Turn], settings: Settings | None = None
) -> tuple[Run, ScriptedModel, list[float]]:
    """The conversation with a script; the pauses between attempts are noted and not made."""
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    async def run(model: ScriptedModel) -> Run:
        chosen = settings or Settings(form)
        endpoint = open_endpoint(address(form, model), chosen, {KEY: SECRET})
        try:
            async with open_surface(shop, None, transport=api) as surface:
                tools = await ModelTools.of(surface, LOCAL)
                return await Agent(endpoint, "m", chosen, pause=pause).converse(Case("a", QUESTION, LOCAL), tools)
        finally:
            await endpoint.aclose()

    with scripted_model({QUESTION: script}) as model:
        return asyncio.run(run(model)), model, pauses


@pytest.mark.parametrize("form", FORMS)
def test_a_call_is_executed_and_its_answer_reaches_the_model(shop: Server, api: Api, form: str) -> None:
    run, model, _ = converse(shop, api, form, RIGHT)
    assert (run.ending, run.text, run.turns) == ("answered", "Invoice 7 is open.", 2)
    (answer,) = run.messages[2].answers
    assert (answer.tool, answer.given, answer.is_error) == ("list_invoices", {"status": "OPEN"}, False)
    assert '[7,"OPEN",1200.5,"2026-03-31"]' in answer.text
    assert json.dumps(answer.text) in json.dumps(model.requests[1])
    # 100 tokens of input in each of two turns, 20 of them from a cache.
    assert run.usage == Usage(160, 20, 40)


@pytest.mark.parametrize("form", FORMS)
def test_calls_of_one_reply_are_executed_in_order(shop: Server, api: Api, form: str) -> None:
    calls = [("get_invoice", {"id": 8}), ("get_invoice", {"id": 7})]
    run, _, _ = converse(shop, api, form, (Turn("", calls), Turn("Done.")))
    assert run.ending == "answered", run.note
    assert [path for _, path, _ in api.seen] == ["/invoices/8", "/invoices/7"]


@pytest.mark.parametrize("form", FORMS)
def test_a_busy_endpoint_is_asked_again_after_the_time_that_it_names(shop: Server, api: Api, form: str) -> None:
    busy = ((429, {"Retry-After": "7"}), (503, {}))
    run, model, pauses = converse(shop, api, form, (Turn("Done.", fails=busy),))
    assert run.ending == "answered", run.note
    assert pauses == [7.0, 2.0]
    assert len(model.requests) == 3
    assert run.turns == 1


@pytest.mark.parametrize("form", FORMS)
def test_an_endpoint_that_wants_a_long_pause_or_refuses_is_given_up(shop: Server, api: Api, form: str) -> None:
    run, _, pauses = converse(shop, api, form, (Turn("x", fails=((429, {"Retry-After": "3600"}),)),))
    assert (run.ending, pauses) == ("failed", [])
    assert "429" in run.note
    run, model, pauses = converse(shop, api, form, (Turn("x", fails=((401, {}),)),))
    assert (run.ending, pauses, len(model.requests)) == ("failed", [], 1)


@pytest.mark.parametrize(
    ("form", "stop"), [("openai", "length"), ("anthropic", "max_tokens"), ("bedrock", "max_tokens")]
)
def test_a_reply_that_is_cut_off_is_no_answer(shop: Server, api: Api, form: str, stop: str) -> None:
    run, _, _ = converse(shop, api, form, (Turn("Invoice 7 is", stop=stop),))
    assert run.ending == "cut off"


@pytest.mark.parametrize("form", ["openai", "anthropic"])
def test_invalid_arguments_are_answered_and_not_executed(shop: Server, api: Api, form: str) -> None:
    run, _, _ = converse(shop, api, form, (Turn("", [("list_invoices", '{"status": OPEN')]), Turn("Sorry.")))
    assert run.ending == "answered", run.note
    (answer,) = run.messages[2].answers
    assert answer.invalid
    assert "Nothing was executed" in answer.text
    assert not api.seen


def test_settings_reach_the_wire(shop: Server, api: Api) -> None:
    given = Settings("openai", temperature=0, seed=3, max_tokens=50, options={"reasoning_effort": "low"})
    _, model, _ = converse(shop, api, "openai", (Turn("Done."),), given)
    body = model.requests[0]
    assert (body["temperature"], body["seed"], body["max_tokens"], body["reasoning_effort"]) == (0, 3, 50, "low")
    given = Settings("bedrock", temperature=0.5, max_tokens=50, options={"top_k": 5})
    _, model, _ = converse(shop, api, "bedrock", (Turn("Done."),), given)
    assert model.requests[0]["inferenceConfig"] == {"temperature": 0.5, "maxTokens": 50}
    assert model.requests[0]["additionalModelRequestFields"] == {"top_k": 5}
    # Some models refuse a temperature: without the option none is sent.
    _, model, _ = converse(shop, api, "anthropic", (Turn("Done."),))
    assert "temperature" not in model.requests[0]


@pytest.mark.parametrize("form", ["openai", "anthropic"])
def test_a_key_that_no_header_can_carry_is_refused(form: str) -> None:
    with pytest.raises(AdaptgenError, match="AG104") as caught:
        open_endpoint(form, Settings(), {f"{form.upper()}_API_KEY": "sk-sécret"})
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize(
    "named",
    [
        "http://models.example/v1",
        "https://169.254.169.254/v1",
        "https://u:p@models.example",
        "ftp://x",
        "command:",
        "command:'x",
        "azure",
    ],
)
def test_an_endpoint_that_cannot_be_used_is_an_error_with_the_forms(named: str) -> None:
    with pytest.raises(AdaptgenError) as problem:
        open_endpoint(named, Settings(), {})
    assert problem.value.diagnostics[0].code == "AG104"
    assert "command:PROGRAM" in problem.value.diagnostics[0].help


def test_a_missing_key_and_an_unknown_setting_are_errors() -> None:
    with pytest.raises(AdaptgenError, match="no key"):
        open_endpoint("openai", Settings(), {})
    with pytest.raises(AdaptgenError, match="takes no seed"):
        open_endpoint("anthropic", Settings("anthropic", seed=1), {"ANTHROPIC_API_KEY": "x"})


HOSTILE = (
    {}, [], 5, {"choices": []}, {"choices": [5]}, {"choices": [{"message": 5}]}, {"content": 5}, {"content": "x"},
    {"choices": [{"message": {"content": 5, "tool_calls": 5}}], "usage": []},
    {"choices": [{"message": {"tool_calls": [5, {}, {"function": 5}, {"function": {"name": 5, "arguments": 5}}]}}]},
    {"content": [5, {}, {"type": "text", "text": 5}, {"type": "tool_use"}], "stop_reason": 5, "usage": {"x": 1}},
)  # fmt: skip


@pytest.mark.parametrize("form", ["openai", "anthropic"])
@pytest.mark.parametrize("body", HOSTILE)
def test_a_hostile_reply_is_an_error_or_an_empty_one(shop: Server, api: Api, form: str, body: Any) -> None:
    with web(lambda asked: Said(body)) as server:
        endpoint = open_endpoint(f"{form}:{server.url}/v1", Settings(form), {})

        async def once() -> Run:
            try:
                async with open_surface(shop, None, transport=api) as surface:
                    tools = await ModelTools.of(surface, LOCAL)
                    agent = Agent(endpoint, "m", Settings(form, max_turns=2), pause=_no_pause)
                    return await agent.converse(Case("a", QUESTION, LOCAL), tools)
            finally:
                await endpoint.aclose()

        run = asyncio.run(once())
    assert run.ending in ("failed", "answered", "turn limit", "loop")
    assert not api.seen


async def _no_pause(seconds: float) -> None:
    """The test does not wait."""


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100 + "1" + "}" * 100, '{"a": NaN}', "[]", "{"])
def test_arguments_that_are_no_object_are_not_executed(text: str) -> None:
    assert read_arguments(text)[1]


# -------------------------------------------------------------------------------------------------------------- command

PROGRAM = """
import json, sys
asked = json.load(sys.stdin)
answers = [one for message in asked["messages"] for one in message.get("answers", ())]
print("noise with a key", file=sys.stderr)
if not answers:
    call = {"name": asked["tools"][1]["name"], "arguments": {"status": "OPEN"}}
    print(json.dumps({"text": "I look.", "calls": [call], "usage": {"input": 9, "output": 2}}))
else:
    print(json.dumps({"text": "Open: " + str(json.loads(answers[0]["text"])["items"][0][0])}))
"""


def _command(program: str, folder: Path, timeout: float = 20) -> Any:
    file = folder / "my model.py"
    file.write_text(program)
    return open_endpoint(
        f"command:{sys.executable} '{file}' '$(touch {folder}/x)'", Settings("command"), {}, timeout=timeout
    )


def test_a_program_is_the_model_without_a_shell(shop: Server, api: Api, tmp_path: Path) -> None:
    async def run() -> Run:
        async with open_surface(shop, None, transport=api) as surface:
            tools = await ModelTools.of(surface, LOCAL)
            agent = Agent(_command(PROGRAM, tmp_path), "mine", Settings("command"))
            return await agent.converse(Case("a", QUESTION, LOCAL), tools)

    run_ = asyncio.run(run())
    assert (run_.ending, run_.text, run_.usage) == ("answered", "Open: 7", Usage(9, 2))
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("print('no json')", "did not write one JSON object"),
        ("print('[]')", "did not write one JSON object"),
        ("import sys; sys.exit(3)", "ended with 3"),
        ("print('{\"calls\": [1]}')", "not a list of objects"),
    ],
)
def test_a_program_that_fails_is_an_error_of_the_endpoint(program: str, said: str, tmp_path: Path) -> None:
    request = Request("m", "", (), (Message("user", "x"),), Settings("command"))
    with pytest.raises(EndpointError, match=said):
        asyncio.run(_command(program, tmp_path).reply(request))


def test_a_program_that_hangs_is_stopped(tmp_path: Path) -> None:
    request = Request("m", "", (), (Message("user", "x"),), Settings("command"))
    with pytest.raises(EndpointError, match=r"within 0\.3 s"):
        asyncio.run(_command("import time; time.sleep(60)", tmp_path, 0.3).reply(request))
