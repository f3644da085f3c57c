"""What a server of adaptgen 0.1 wrote still works: its code, its cursors, its tokens, its audit trail.

The files next to this one were written by 0.1 (commit 0ee8440) over the bundled CRM, under the settings and keys of
``support.governing``, with a clock that was 95 years ahead, so that the cursors do not expire: ``crm`` is the generated
server, ``answers.json`` holds calls with their answers, ``audit.jsonl`` is the trail of these calls.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.governing import KEYS, ask, governed, settings

from adaptgen.demo.crm import PASSWORD, USERNAME, Crm, running
from adaptgen.fronts import aws_lambda
from adaptgen.govern.audit.verify import verify
from adaptgen.govern.settings.keys import symmetric
from adaptgen.model.tables import Caller
from adaptgen.output import lock
from adaptgen.transports.aws_lambda import serve as transports_serve
from adaptgen.transports.load import load_server

HERE = Path(__file__).parent
WRITTEN = json.loads((HERE / "answers.json").read_text())
ADA = Caller("ada", "bank", ("staff",))


@pytest.fixture(scope="module")
def environ() -> Iterator[dict[str, str]]:
    with running(Crm(slow=0.0)) as api:
        yield {"CRM_BASE_URL": api.url, "CRM_USERNAME": USERNAME, "CRM_PASSWORD": PASSWORD}


def called(folder: Path, environ: dict[str, str], *calls: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    async def session() -> list[dict[str, Any]]:
        async with governed(settings(folder), server=load_server(HERE / "crm"), environ=environ) as made:
            return [await ask(made, ADA, "tools/call", {"name": name, "arguments": given}) for name, given in calls]

    return asyncio.run(session())


def answer(result: dict[str, Any]) -> dict[str, Any]:
    assert not result.get("isError"), result
    return dict(json.loads(result["content"][0]["text"]))


@pytest.mark.parametrize("call", WRITTEN["calls"], ids=lambda call: str(call["tool"]))
def test_a_cursor_of_0_1_continues_with_the_same_items_and_the_same_tokens(
    call: dict[str, Any], tmp_path: Path, environ: dict[str, str]
) -> None:
    (result,) = called(tmp_path, environ, (call["tool"], call["arguments"]))
    found = answer(result)
    assert {name: found[name] for name in ("fields", "items")} == {
        name: call["answer"][name] for name in ("fields", "items")
    }


def test_a_token_of_0_1_is_restored_where_it_belongs(tmp_path: Path, environ: dict[str, str]) -> None:
    call = WRITTEN["by_token"]
    (result,) = called(tmp_path, environ, (call["tool"], call["arguments"]))
    assert answer(result)["items"] == call["answer"]["items"]


def test_a_server_of_0_1_lists_its_tools_and_reads(tmp_path: Path, environ: dict[str, str]) -> None:
    server = load_server(HERE / "crm")
    assert len(server.tools) == 44
    assert server.format == 1
    reading = next(tool for tool in server.tools if tool.name == "get_customer")
    assert (reading.payload, reading.not_sensitive[:1]) == ("$.data", ("$..customerName",))
    results = called(tmp_path, environ, ("get_customer", {"customerId": 1001}), ("list_users", {"count": True}))
    assert [bool(result.get("isError")) for result in results] == [False, False], results
    assert "count" in answer(results[1])


def test_a_trail_of_0_1_verifies(tmp_path: Path) -> None:
    trail = tmp_path / "audit.jsonl"
    shutil.copy(HERE / "audit.jsonl", trail)
    assert verify([trail], symmetric(KEYS["T_AUDIT"])) == []
    lines = trail.read_bytes().splitlines(keepends=True)
    trail.write_bytes(b"".join(lines[:3] + lines[4:]))
    assert len(verify([trail], symmetric(KEYS["T_AUDIT"]))) == 1


def test_a_lock_of_0_1_is_read() -> None:
    written = lock.read(HERE / "crm")
    assert written is not None
    assert written.format == 1
    assert "tools/contacts.py" in written.files


def test_the_handler_of_0_1_imports_what_serves_today() -> None:
    handler = (HERE / "crm" / "lambda_handler.py").read_text()
    assert "from adaptgen.fronts.aws_lambda import serve" in handler
    assert aws_lambda.serve is transports_serve
