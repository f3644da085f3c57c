"""The generated server on the CRM's bad habits: sessions that die, lists that end early, forbidden functions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from adaptgen.demo.building import build
from adaptgen.demo.crm import Running
from adaptgen.demo.story import environment
from adaptgen.model.tables import LOCAL
from adaptgen.runtime.core.answer import Answer, Text
from adaptgen.runtime.engine import Engine
from adaptgen.transports.load import load_server

Called = Callable[..., Awaitable[Answer]]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("generated"))


def _run(crm: Running, built: Path, story: Callable[[Called], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        engine = Engine(load_server(built), environ=environment(crm))

        async def call(tool: str, **arguments: Any) -> Answer:
            return await engine.call(LOCAL, tool, arguments)

        try:
            return await story(call)
        finally:
            await engine.aclose()

    return asyncio.run(whole())


def _text(answer: Answer) -> str:
    return "".join(block.text for block in answer.content if isinstance(block, Text))


def test_many_calls_renew_a_dead_session_once(crm: Running, built: Path) -> None:
    async def story(call: Called) -> list[Answer]:
        await call("list_users")
        crm.crm.state.sessions.end_all()
        return await asyncio.gather(*(call("list_tags") for _ in range(20)))

    answers = _run(crm, built, story)
    assert not any(answer.is_error for answer in answers)
    assert (crm.stats.logins, crm.stats.refreshes, crm.stats.reused_refreshes) == (1, 1, 0)


def test_a_forbidden_function_is_tried_once(crm: Running, built: Path) -> None:
    answer = _run(crm, built, lambda call: call("delete_customer", customerId=1140))
    assert answer.is_error
    assert "not permitted for profile SALES" in _text(answer)
    assert crm.stats.by_operation["DELETE /customers/{customerId}"] == 1
    assert crm.stats.refreshes == 0


def test_an_uploaded_file_comes_back(crm: Running, built: Path) -> None:
    async def story(call: Called) -> Answer:
        file = {"filename": "offer.txt", "media_type": "text/plain", "text": "Offer 1"}
        made = await call("upload_attachment", customerId=1140, category="OFFER", file=file)
        return await call("download_attachment", attachmentId=json.loads(_text(made))["id"])

    assert _text(_run(crm, built, story)) == "Offer 1"


@pytest.mark.parametrize(
    ("tool", "arguments", "table", "key", "column"),
    [
        ("update_customer", {"customerId": 1140, "phone": "+1-555-0001"}, "customers", 1140, "phone"),
        ("update_contact", {"contactId": 5363, "phone": "+1-555-0001"}, "contacts", 5363, "phone"),
        ("update_opportunity", {"oppId": 3001, "nextStep": "+1-555-0001"}, "opportunities", 3001, "next_step"),
    ],
)
def test_an_update_changes_one_column(
    crm: Running, built: Path, tool: str, arguments: dict[str, Any], table: str, key: int, column: str
) -> None:
    def row() -> dict[str, Any]:
        return dict(crm.crm.state.database.execute(f"SELECT * FROM {table} WHERE id = ?", (key,)).fetchone())

    before = row()
    answer = _run(crm, built, lambda call: call(tool, **arguments))
    assert not answer.is_error, _text(answer)
    after = row()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {column, "version", "modified_by", "modified_at"}
    assert after[column] == "+1-555-0001"
