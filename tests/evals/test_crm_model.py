"""L3 on all cases of the CRM: a scripted model behind a real endpoint that is right, wrong, refusing or looping."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.scripted_model import Turn, scripted_model

from adaptgen.demo.story import environment
from adaptgen.evals.agent.conversation import Settings
from adaptgen.evals.agent.endpoints.choose import open_endpoint
from adaptgen.evals.agent.layer import LayerResult, replay, run_model
from adaptgen.evals.agent.loop import Agent
from adaptgen.evals.answers import read_answer
from adaptgen.evals.matcher_checks import facts
from adaptgen.evals.matchers import NO_EXAMPLE, example
from adaptgen.evals.model import Case
from adaptgen.evals.run import Wanted, load_cases, local_caller, opened
from adaptgen.evals.surface import Surface
from adaptgen.transports.load import load_server

from .conftest import Crms

pytestmark = pytest.mark.slow

Work = Callable[[Surface, Sequence[Case]], Any]


@pytest.fixture
def built(crms: Crms) -> Crms:
    crms.build()
    return crms


def on_crm(crms: Crms, work: Work, *only: str, live: bool = True) -> Any:
    """``work`` with the CRM's surface and its cases."""

    async def go() -> Any:
        named = str(crms.specs / "crm" / "governance.yaml")
        wanted = Wanted(("L3",), only, live, live)
        async with opened(
            load_server(crms.built), named, crms.specs / "crm" / "cassettes", wanted, environment(crms.crm)
        ) as (surface, _):
            cases = load_cases(crms.specs / "crm" / "evals", local_caller(surface), wanted.only)
            # Two callers ask the same, and only the question reaches the model.
            return await work(surface, [replace(one, question=f"{one.question} ({one.id})") for one in cases])

    return asyncio.run(go())


class Character:
    """What a model does with each case. ``right`` makes the expected calls one after the other and states the facts."""

    def __init__(self, kind: str, cases: Sequence[Case], effects: dict[str, str]) -> None:
        self.kind = kind
        self.cases = {one.question: one for one in cases}
        self.effects = effects

    def __call__(self, body: Any) -> Turn:
        case = self.cases[body["messages"][1]["content"]]
        if self.kind == "refusing":
            return Turn("I cannot help with that.", stop="content_filter")
        told = [one["content"] for one in body["messages"] if one["role"] == "tool"]
        if self.kind == "looping":
            return self._call(body, "list_customers", {"limit": 1})
        if self.kind == "wrong":
            wrong = "list_products" if all(one.tool != "list_products" for one in case.calls) else "list_tasks"
            return self._call(body, wrong, {"limit": 1}) if not told else Turn("It is 123456789.")
        calls = [one for one in case.calls if one.error is None]
        if len(told) == len(calls):
            return Turn(". ".join(map(str, facts(case.answer))) or "Done.")
        scope = {one.keep: read_answer(text) for one, text in zip(calls, told, strict=False) if one.keep}
        call = calls[len(told)]
        given = {name: example(one, scope) for name, one in call.arguments.items()}
        return self._call(body, call.tool, {name: one for name, one in given.items() if one is not NO_EXAMPLE})

    def _call(self, body: Any, tool: str, given: dict[str, Any]) -> Turn:
        if any(one["function"]["name"] == tool for one in body["tools"]):
            return Turn("", [(tool, given)])
        wrapper = "call_read_tool" if self.effects.get(tool) == "read" else "call_write_tool"
        return Turn("", [(wrapper, {"name": tool, "arguments": given})])


def evaluated(crms: Crms, kind: str, *only: str, folder: Path | None = None) -> LayerResult:
    crms.crm.crm.state.reset()
    settings = Settings(allow_writes=True)

    async def work(surface: Surface, cases: Sequence[Case]) -> LayerResult:
        effects = {tool.name: tool.effect for tool in surface.tools.values()}
        with scripted_model({}, Character(kind, cases, effects)) as model:
            endpoint = open_endpoint(f"{model.url}/v1", settings, {})
            try:
                return await run_model(cases, surface, Agent(endpoint, kind, settings), folder=folder)
            finally:
                await endpoint.aclose()

    found: LayerResult = on_crm(crms, work, *only)
    return found


def failing(result: LayerResult) -> Counter[str]:
    return Counter(one.name for one in result.checks if one.state != "passed")


def test_a_right_model_passes_every_case_and_its_recordings_do_without_it(built: Crms, tmp_path: Path) -> None:
    first = evaluated(built, "right", folder=tmp_path / "kept")
    open_checks = [one for one in first.checks if one.state != "passed"]
    # The settings leave addresses in clear, and a record of a customer has one.
    assert {one.name for one in open_checks} == {"model.recording"}
    assert all("it holds in clear: address in" in one.message for one in open_checks)
    assert len(open_checks) < 5
    assert len(first.scores) >= 60
    assert {one.recall for one in first.scores} <= {1.0, None}
    texts = {path.name: path.read_text() for path in (tmp_path / "kept").iterdir()}
    assert len(texts) == len(first.scores) - len(open_checks)

    async def again(surface: Surface, cases: Sequence[Case]) -> LayerResult:
        return await replay(cases, surface, tmp_path / "kept")

    # Without the API, from the cassettes' surface: what is asked of it would be refused.
    second: LayerResult = on_crm(built, again, live=False)
    clear = {one.subject for one in open_checks}
    assert {(one.subject, one.name, one.state) for one in second.checks if one.state != "passed"} == {
        (name, "model.recording", "not run") for name in clear
    }
    assert second.scores == tuple(one for one in first.scores if one.case not in clear)
    # Cursors differ from run to run, and nothing else does.
    third = evaluated(built, "right", folder=tmp_path / "twice")
    assert (third.checks, third.scores) == (first.checks, first.scores)
    assert {path.name for path in (tmp_path / "twice").iterdir()} == set(texts)


@pytest.mark.parametrize(
    ("kind", "check"), [("wrong", "model.wrong_tool"), ("refusing", "model.refused"), ("looping", "model.loop")]
)
def test_each_other_character_fails_where_a_call_is_expected(built: Crms, kind: str, check: str) -> None:
    result = evaluated(built, kind)

    async def wanted(surface: Surface, cases: Sequence[Case]) -> set[str]:
        return {one.id for one in cases if any(call.error is None for call in one.calls)}

    expected: set[str] = on_crm(built, wanted)
    caught = {one.subject for one in result.checks if one.name == check and one.state == "failed"}
    assert expected <= caught
    answers = {one.subject: one.state for one in result.checks if one.name == "model.answer"}
    assert set(answers.values()) <= {"failed"}


def test_no_recording_of_the_crm_holds_personal_data_in_clear(built: Crms, tmp_path: Path) -> None:
    """Every e-mail address and mobile number of the CRM's people, by its database. Names in free text, such as the
    description of a ticket, are not found by any detector."""
    evaluated(built, "right", folder=tmp_path / "kept")
    rows = built.crm.crm.state.database.execute("SELECT email, mobile FROM contacts")
    people = {value for row in rows for value in row if value}
    text = "".join(path.read_text() for path in (tmp_path / "kept").iterdir())
    assert "tok_email_" in text
    assert len(people) > 1000
    assert [one for one in people if one in text] == []
