"""A server without governance: what its one caller reads and reaches where accounts are the callers' own."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.own_accounts import NotesApi, Replica

from adaptgen.govern.pipeline.ungoverned import UngovernedHandler
from adaptgen.mcp.protocol import META_CONNECTIONS, Context, RpcError
from adaptgen.model.tables import LOCAL
from adaptgen.runtime.core.answer import Answer, Text
from adaptgen.runtime.core.call_context import note_change

pytestmark = pytest.mark.asyncio


async def test_a_missing_account_names_the_command(tmp_path: Path) -> None:
    replica = Replica(tmp_path, NotesApi(), None)
    handler = UngovernedHandler(replica.engine)
    said = await handler.request(LOCAL, "tools/call", {"name": "list_notes"}, Context(request_id="1"))
    assert said["isError"] is True
    assert [block["text"] for block in said["content"]] == [
        "No account at Notes is connected. Nothing was sent.",
        "A person can connect one with: adaptgen connect DIR --auth notes. Then repeat the call.",
    ]
    await replica.engine.aclose()


async def test_a_client_cannot_ask_for_accounts(tmp_path: Path) -> None:
    replica = Replica(tmp_path, NotesApi(), None)
    with pytest.raises(RpcError) as refused:
        await UngovernedHandler(replica.engine).request(
            LOCAL, META_CONNECTIONS, {"action": "list"}, Context(request_id="1")
        )
    assert refused.value.code == -32601
    await replica.engine.aclose()


async def test_a_call_that_has_changed_something_is_not_to_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replica = Replica(tmp_path, NotesApi(), None)

    async def call(*_: object) -> Answer:
        note_change()
        return Answer((Text("Step 'file' failed."),), is_error=True, connection=("notes", "Notes", ""))

    monkeypatch.setattr(replica.engine, "call", call)
    said = await UngovernedHandler(replica.engine).request(
        LOCAL, "tools/call", {"name": "list_notes"}, Context(request_id="1")
    )
    assert said["content"][1]["text"] == (
        "A person can connect one with: adaptgen connect DIR --auth notes. Do not repeat the call: check first "
        "what was done."
    )
    await replica.engine.aclose()
