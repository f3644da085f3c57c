"""What was read in one account of a caller is not used in another one, in any process."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from support.own_accounts import BACK, BASE, ENVIRON, KEY, OWN, NotesApi, answer

from adaptgen.model.tables import Base, Call, Caller, Lookup, Param, Server, Step, Tool, Unpaged, Until
from adaptgen.runtime import Engine
from adaptgen.runtime.core.answer import Answer
from adaptgen.runtime.store.protocol import MemoryStore

pytestmark = pytest.mark.asyncio

ADA = Caller("ada", "bank")
CURSOR = "This cursor cannot be used here. Leave `cursor` out to start from the beginning."
GONE = "No account at Notes is connected. Nothing was sent."
AUTH = ("notes",)
BY_ID = (Param("id"),)
TOOLS = (
    Tool(name="list_notes", call=Call("GET", "/notes"), auth=AUTH, page=Unpaged()),
    Tool(
        name="delete_note", call=Call("DELETE", "/notes/{id}", path_params=BY_ID), effect="delete", auth=AUTH,
        lookups={"id": Lookup(tool="list_notes", labels=("text",))},
    ),
    Tool(
        name="wait", auth=AUTH,
        steps=(Step(id="job", call=Call("GET", "/jobs/1"), auth=AUTH,
                    until=Until(path="$.state", is_=("DONE",), every=0.001, at_most=0.001)),),
    ),
)  # fmt: skip
TAKES = {"list_notes": ("limit", "cursor"), "delete_note": ("id", "dry_run"), "wait": ("cursor",)}


class Api(NotesApi):
    """Three notes with ids of their own for each person, and a job that is not done."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        said = await super().handle_async_request(request)
        if request.url.path.startswith("/oauth") or said.status_code != 200:
            return said
        if request.url.path == "/jobs/1":
            return answer(200, {"state": "RUNNING"})
        token = request.headers["authorization"].removeprefix("Bearer ")
        (person,) = [one.person for one in self.grants if token in one.access]
        return answer(200, [{"id": f"{person}{n}", "text": f"note {n}"} for n in range(3)])


class Process:
    def __init__(self, folder: Path, api: Api, store: MemoryStore) -> None:
        self.api = api
        schemas = {
            name: {"type": "object", "properties": {one: {} for one in takes}, "additionalProperties": False}
            for name, takes in TAKES.items()
        }
        contracts = {
            name: {"description": "", "annotations": {}, "inputSchema": schema} for name, schema in schemas.items()
        }
        (folder / "all.json").write_text(json.dumps(contracts))
        server = Server(name="notes", bases=(Base(BASE),), auth=(OWN,), tools=TOOLS, contracts=folder)
        self.engine = Engine(
            server, environ=ENVIRON, transport=api, cursor_key=KEY, state=folder / "state", store=store
        )

    async def ask(self, action: str, **params: Any) -> dict[str, Any]:
        assert self.engine.connections is not None
        return await self.engine.connections.answer(ADA, {"action": action, "auth": "notes", **params})

    async def connect(self, person: str) -> None:
        begun = await self.ask("begin", redirect_uri=BACK)
        code = self.api.agree(begun["url"], person)
        assert await self.ask("finish", redirect_uri=BACK, sealed=begun["sealed"], code=code) == {"connected": True}

    async def call(self, tool: str, **arguments: Any) -> Answer:
        return await self.engine.call(ADA, tool, arguments)

    async def text(self, tool: str, **arguments: Any) -> str:
        return (await self.call(tool, **arguments)).content[0].text  # type: ignore[union-attr]

    async def ok(self, tool: str, **arguments: Any) -> dict[str, Any]:
        said = await self.call(tool, **arguments)
        assert not said.is_error, said
        found: dict[str, Any] = json.loads(said.content[0].text)  # type: ignore[union-attr]
        return found


class Shared(MemoryStore):
    local = False


@pytest_asyncio.fixture
async def two(tmp_path: Path) -> AsyncIterator[tuple[Process, Process]]:
    """Two processes; the first one has the account ``private``."""
    api, store = Api(), Shared()
    one, other = Process(tmp_path, api, store), Process(tmp_path, api, store)
    await one.connect("private")
    yield one, other
    for process in (one, other):
        await process.engine.aclose()


async def test_a_list_does_not_go_on_in_another_account(two: tuple[Process, Process]) -> None:
    one, other = two
    first = await one.ok("list_notes", limit=1)
    assert first["items"] == [["private0", "note 0"]]

    one.api.expire()  # the same account after a renewal
    again = await other.ok("list_notes", limit=1, cursor=first["next_cursor"])
    assert again["items"] == [["private1", "note 1"]]

    await other.connect("work")
    for process in two:
        assert await process.text("list_notes", limit=1, cursor=first["next_cursor"]) == CURSOR
        assert (await process.ok("list_notes", limit=1))["items"] == [["work0", "note 0"]]


async def test_steps_do_not_go_on_in_another_account(two: tuple[Process, Process]) -> None:
    one, other = two
    cursor = (await one.ok("wait"))["next_cursor"]
    assert (await other.ok("wait", cursor=cursor))["pending"] == {"step": "job", "state": "RUNNING"}
    await other.connect("work")
    assert await one.text("wait", cursor=cursor) == CURSOR


async def test_a_dry_run_does_not_use_names_of_an_account_that_is_gone(two: tuple[Process, Process]) -> None:
    one, other = two
    named = {"id": "note 2", "dry_run": True}
    assert (await one.ok("delete_note", **named))["url"] == f"{BASE}/notes/private2"
    await other.ask("disconnect")
    assert await one.text("delete_note", **named) == GONE
    await other.connect("work")
    assert (await one.ok("delete_note", **named))["url"] == f"{BASE}/notes/work2"


async def test_names_outlive_a_renewal(two: tuple[Process, Process]) -> None:
    one, _ = two
    await one.ok("delete_note", id="note 2", dry_run=True)
    one.api.expire()
    sent = len(one.api.calls)
    await one.call("list_notes")
    assert one.api.refreshed == 1
    await one.ok("delete_note", id="note 1", dry_run=True)
    assert len(one.api.calls) == sent + 2  # refused once, and the list; the names are known
