"""The questions of ``tests/questions``, asked of the generated server without a model and of one tool per endpoint.

A question is a YAML file: ``raw`` is the script of an agent with one tool per endpoint (it logs in by itself),
``served`` the one with the generated tools, ``answer`` the right answer as a person reads it, ``sql`` the same by
another way. ``changes`` is what a write must have changed, and nothing else may have changed. Every script begins on a
freshly reset database.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from fastmcp import Client

from adaptgen.demo.building import specs
from adaptgen.demo.crm import PASSWORD, USERNAME, Running
from adaptgen.demo.naive import naive_server
from adaptgen.demo.session import Caller, Conversation, Refusal, Say, play
from adaptgen.demo.story import environment, table
from adaptgen.demo.tasks import with_login
from adaptgen.model.tables import LOCAL
from adaptgen.runtime.core.answer import Text
from adaptgen.runtime.engine import Engine
from adaptgen.syntax.templates import lookup
from adaptgen.transports.load import load_server

FILES = sorted((Path(__file__).parents[1] / "questions").glob("*.yaml"))
QUESTIONS: dict[str, dict[str, Any]] = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES}


@dataclass(frozen=True, slots=True)
class Asked:
    """One question answered both ways. ``changed``: table -> key -> column -> new value, after the served one."""

    raw: Conversation
    served: Conversation
    changed: Mapping[str, Mapping[int, Mapping[str, Any]]]


def ask(crm: Running, built: Path) -> dict[str, Asked]:
    """Every question, asked both ways: of the CRM ``crm``, and of its server built into ``built``."""
    return asyncio.run(_ask_all(crm, built))


async def _ask_all(crm: Running, built: Path) -> dict[str, Asked]:
    document = yaml.safe_load(specs().read_text(encoding="utf-8"))
    found: dict[str, Asked] = {}
    crm.crm.state.reset()
    before = _rows(crm.crm.state.database)
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


_Rows = dict[str, dict[int, sqlite3.Row]]


def _rows(database: sqlite3.Connection) -> _Rows:
    tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    keyed = [table for table in tables if table != "countries"]
    return {table: {row["id"]: row for row in database.execute(f"SELECT * FROM {table}")} for table in keyed}


def _difference(before: _Rows, after: _Rows) -> dict[str, dict[int, dict[str, Any]]]:
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for name, rows in after.items():
        assert before[name].keys() <= rows.keys(), "nothing may be deleted"
        for key, row in rows.items():
            if row != (there := before[name].get(key)):
                old = dict(there) if there is not None else {}
                changed = {column: value for column, value in dict(row).items() if old.get(column, ...) != value}
                found.setdefault(name, {})[key] = changed
    return found


def part(answer: Any, wanted: Mapping[str, Any]) -> Any:
    """What the answer says: a value, or the wanted fields of a list."""
    there = lookup(answer, wanted["at"])
    if "fields" not in wanted:
        return there
    rows = there["items"] if isinstance(there, dict) else there
    return sorted([lookup(row, field) for field in wanted["fields"]] for row in rows)


def lines(asked: Mapping[str, Asked]) -> list[str]:
    """The table of turns and bytes."""
    raw, served = (sum(conversation.size for conversation in side) for side in zip(*sides(asked), strict=True))
    rows = [
        (QUESTIONS[name]["question"], f"{len(one.raw.turns)}", f"{one.raw.size:,}", f"{len(one.served.turns)}",
         f"{one.served.size:,}", f"1/{one.raw.size / one.served.size:.0f}")
        for name, one in asked.items()
    ]  # fmt: skip
    turns = [sum(len(conversation.turns) for conversation in side) for side in zip(*sides(asked), strict=True)]
    whole = ("all of them", f"{turns[0]}", f"{raw:,}", f"{turns[1]}", f"{served:,}", f"1/{raw / served:.0f}")
    return table(("", "turns", "raw bytes", "turns", "bytes", "ratio"), [*rows, None, whole])


def sides(asked: Mapping[str, Asked]) -> list[tuple[Conversation, Conversation]]:
    """Both conversations of every question."""
    return [(one.raw, one.served) for one in asked.values()]


def right(name: str, one: Asked) -> bool:
    """Whether a question got its answer, or its write changed what it should and nothing else."""
    question = QUESTIONS[name]
    if "changes" in question:
        wanted = question["changes"]
        rows = one.changed.get(wanted["table"], {})
        changed = rows.get(wanted["key"], {})
        same = {column: changed.get(column) for column in wanted["columns"]} == wanted["columns"]
        return list(one.changed) == [wanted["table"]] and list(rows) == [wanted["key"]] and same
    found = [(part(one.served.last, wanted), wanted) for wanted in (question["answer"], *question.get("also", ()))]
    return not one.changed and all(
        there == (wanted["value"] if "value" in wanted else sorted(wanted["rows"])) for there, wanted in found
    )
