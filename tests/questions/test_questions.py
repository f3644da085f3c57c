"""Ten questions that a CRM gets, asked of the generated server without a model, on a freshly reset database.

A question is a YAML file: ``raw`` is the script of an agent with one tool per endpoint (it logs in by itself),
``served`` the one with the generated tools, ``answer`` the right answer as a person reads it, ``sql`` the same by
another way. ``changes`` is what a write must have changed, and nothing else may have changed.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastmcp import Client

from adaptgen.demo.building import build, specs
from adaptgen.demo.crm import PASSWORD, USERNAME, Crm, Running, running
from adaptgen.demo.naive import naive_server
from adaptgen.demo.session import Caller, Conversation, Refusal, Say, play
from adaptgen.demo.story import environment
from adaptgen.demo.table import table
from adaptgen.demo.tasks import with_login
from adaptgen.fronts.load import load_server
from adaptgen.references import lookup
from adaptgen.runtime.answer import Text
from adaptgen.runtime.caller import LOCAL
from adaptgen.runtime.engine import Engine

FILES = sorted(Path(__file__).parent.glob("*.yaml"))
QUESTIONS = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES}
_AUDIT = {"version", "modified_by", "modified_at"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One question answered both ways. ``changed``: table -> key -> column -> new value, after the served one."""

    raw: Conversation
    served: Conversation
    changed: Mapping[str, Mapping[int, Mapping[str, Any]]]


@pytest.fixture(scope="module")
def crm() -> Iterator[Running]:
    with running(Crm(slow=0.0)) as serving:
        yield serving


@pytest.fixture(scope="module")
def asked(crm: Running, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Asked]:
    """Every question, asked once."""
    return asyncio.run(_ask_all(crm, build(tmp_path_factory.mktemp("generated"))))


async def _ask_all(crm: Running, built: Path) -> dict[str, Asked]:
    document = yaml.safe_load(specs().read_text(encoding="utf-8"))
    found: dict[str, Asked] = {}
    async with Client(naive_server(document, crm.url)) as client:

        async def endpoint(tool: str, arguments: dict[str, Any]) -> str:
            result = await client.call_tool(tool, arguments, raise_on_error=False)
            text = "".join(block.text for block in result.content)
            if result.is_error:
                raise Refusal(f"{tool}: {text}")
            return text

        for name, question in QUESTIONS.items():
            crm.crm.state.reset()
            scope = {"username": USERNAME, "password": PASSWORD}
            raw = await play(with_login(_script(question["raw"])), endpoint, scope)
            crm.crm.state.reset()
            before = _rows(crm.crm.state.database)
            engine = Engine(load_server(built), environ=environment(crm))
            try:
                served = await play(_script(question["served"]), _caller(engine))
            finally:
                await engine.aclose()
            found[name] = Asked(raw, served, _difference(before, _rows(crm.crm.state.database)))
    return found


def _caller(engine: Engine) -> Caller:
    async def call(tool: str, arguments: dict[str, Any]) -> str:
        answer = await engine.call(LOCAL, tool, arguments)
        text = "".join(block.text for block in answer.content if isinstance(block, Text))
        if answer.is_error:
            raise Refusal(f"{tool}: {text}")
        return text

    return call


def _script(calls: list[dict[str, Any]]) -> tuple[Say, ...]:
    return tuple(Say(**{**call, "only": tuple(call.get("only", ()))}) for call in calls)


_Rows = dict[str, dict[int, dict[str, Any]]]


def _rows(database: sqlite3.Connection) -> _Rows:
    tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    keyed = [table for table in tables if table != "countries"]
    return {table: {row["id"]: dict(row) for row in database.execute(f"SELECT * FROM {table}")} for table in keyed}


def _difference(before: _Rows, after: _Rows) -> dict[str, dict[int, dict[str, Any]]]:
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for name, rows in after.items():
        assert before[name].keys() <= rows.keys(), "nothing may be deleted"
        for key, row in rows.items():
            old = before[name].get(key, {})
            changed = {column: value for column, value in row.items() if old.get(column, ...) != value}
            if changed:
                found.setdefault(name, {})[key] = changed
    return found


def _part(answer: Any, wanted: Mapping[str, Any]) -> Any:
    """What the answer says: a value, or the wanted fields of a list."""
    there = lookup(answer, wanted["at"])
    if "fields" not in wanted:
        return there
    rows = there["items"] if isinstance(there, dict) else there
    return sorted([lookup(row, field) for field in wanted["fields"]] for row in rows)


def test_there_are_ten_questions_and_some_write() -> None:
    assert len(QUESTIONS) == 10
    assert sum("changes" in question for question in QUESTIONS.values()) in (2, 3)


@pytest.mark.parametrize("name", [name for name, question in QUESTIONS.items() if "answer" in question])
def test_the_right_answer_is_obtained(asked: dict[str, Asked], name: str) -> None:
    question = QUESTIONS[name]
    for wanted in (question["answer"], *question.get("also", ())):
        right = wanted["value"] if "value" in wanted else sorted(wanted["rows"])
        assert _part(asked[name].served.last, wanted) == right
    assert asked[name].changed == {}


@pytest.mark.parametrize("name", [name for name, question in QUESTIONS.items() if "sql" in question])
def test_the_right_answer_is_right(crm: Running, name: str) -> None:
    question = QUESTIONS[name]
    crm.crm.state.reset()
    rows = [list(row) for row in crm.crm.state.database.execute(question["sql"])]
    wanted = question["answer"]
    assert sorted(rows) == (sorted(wanted["rows"]) if "rows" in wanted else [[wanted["value"]]])


@pytest.mark.parametrize("name", [name for name, question in QUESTIONS.items() if "changes" in question])
def test_a_write_changes_what_was_asked_and_nothing_else(asked: dict[str, Asked], name: str) -> None:
    wanted = QUESTIONS[name]["changes"]
    assert list(asked[name].changed) == [wanted["table"]]
    rows = asked[name].changed[wanted["table"]]
    assert list(rows) == [wanted["key"]]
    changed = {column: value for column, value in rows[wanted["key"]].items() if column not in _AUDIT}
    if wanted["table"] == "notes":
        changed = {column: changed[column] for column in wanted["columns"]}
    assert changed == wanted["columns"]


def test_turns_and_bytes(asked: dict[str, Asked], record_table: Callable[[list[str]], None]) -> None:
    turns = [len(one.served.turns) for one in asked.values()]
    raw, served = (sum(conversation.size for conversation in side) for side in zip(*_sides(asked), strict=True))
    rows = [
        (QUESTIONS[name]["question"], f"{len(one.raw.turns)}", f"{one.raw.size:,}", f"{len(one.served.turns)}",
         f"{one.served.size:,}", f"1/{one.raw.size / one.served.size:.0f}")
        for name, one in asked.items()
    ]  # fmt: skip
    whole = ("all ten", "", f"{raw:,}", "", f"{served:,}", f"1/{raw / served:.0f}")
    heads = ("", "turns", "raw bytes", "turns", "bytes", "ratio")
    record_table(table(heads, [*rows, None, whole]))
    assert statistics.median(turns) <= 2
    assert served * 20 <= raw


def _sides(asked: Mapping[str, Asked]) -> list[tuple[Conversation, Conversation]]:
    return [(one.raw, one.served) for one in asked.values()]
