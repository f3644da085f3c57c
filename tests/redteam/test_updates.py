"""A policy that permits changes does not permit creations, whatever the tool does with a record that does not exist."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.generated import generate
from support.governing import FakeTarget, ask, fact, governed, settings

from adaptgen.model.tables import LOCAL
from adaptgen.transports.load import load_server

pytestmark = pytest.mark.asyncio

CHANGES_ONLY = (
    "permit (principal, action, resource);\n"
    '@id("no-creations") forbid (principal, action in Action::"write", resource)\n'
    "when { context has creates && context.creates };"
)
NOTE = {"type": "object", "properties": {"title": {"type": "string"}, "text": {"type": "string"}}}


def document(put: dict[str, Any]) -> bytes:
    content = {"application/json": {"schema": NOTE}}
    done = {"description": "ok", "content": content}
    return json.dumps(
        {
            "openapi": "3.0.3",
            "info": {"title": "Notes", "version": "1"},
            "servers": [{"url": "https://notes.example"}],
            "paths": {
                "/notes/{id}": {
                    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                    "get": {"operationId": "getNote", "responses": {"200": done}},
                    "put": {
                        "operationId": "updateNote",
                        "requestBody": {"required": True, "content": content},
                        "responses": {"200": done},
                        **put,
                    },
                }
            },
        }
    ).encode()


class Notes:
    """Notes by id; what was sent."""

    def __init__(self) -> None:
        self.notes: dict[str, Any] = {"1": {"title": "One", "text": "first"}}
        self.sent: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        name = request.url.path.rpartition("/")[2]
        status = 200
        if request.method == "PUT":
            status = 200 if name in self.notes else 201
            self.notes[name] = json.loads(request.content)
        if name not in self.notes:
            return httpx.Response(404, stream=httpx.ByteStream(b'{"message": "no such note"}'))
        body = json.dumps(self.notes[name]).encode()
        return httpx.Response(status, headers={"content-type": "application/json"}, stream=httpx.ByteStream(body))


async def call(folder: Path, policies: str, put: dict[str, Any], notes: Notes, **arguments: Any) -> tuple[str, bool]:
    """The answer of ``update_note`` under these policies, as text, and whether it is an error."""
    server = load_server(generate(folder, "notes", {"notes.json": document(put)}))
    path = settings(folder, policies, tokenize=None)
    async with governed(path, server=server, transport=httpx.MockTransport(notes)) as made:
        result = await ask(made, LOCAL, "tools/call", {"name": "update_note", "arguments": arguments})
    return result["content"][0]["text"], result.get("isError") is True


CREATES: list[dict[str, Any]] = [
    {"responses": {"200": {"description": "changed"}, "201": {"description": "created"}}},
    {"summary": "Create or update a note"},
    {"description": "Upserts the note."},
]


@pytest.mark.parametrize("put", CREATES)
async def test_a_creation_is_decided_as_a_creation(tmp_path: Path, put: dict[str, Any]) -> None:
    notes = Notes()
    told, failed = await call(tmp_path, CHANGES_ONLY, put, notes, id="2", title="Two")
    assert failed
    assert "creating it is not permitted" in told
    assert {one.method for one in notes.sent} == {"GET"}
    assert "no-creations" in (tmp_path / "audit.jsonl").read_text()


@pytest.mark.parametrize("put", CREATES)
async def test_a_change_of_the_same_tool_is_permitted(tmp_path: Path, put: dict[str, Any]) -> None:
    notes = Notes()
    told, failed = await call(tmp_path, CHANGES_ONLY, put, notes, id="1", title="Uno")
    assert not failed, told
    assert notes.notes == {"1": {"title": "Uno", "text": "first"}}


async def test_a_permitted_creation_creates_and_says_so(tmp_path: Path) -> None:
    notes = Notes()
    told, failed = await call(tmp_path, "permit (principal, action, resource);", CREATES[0], notes, id="2", title="Two")
    assert not failed, told
    assert "it was created" in told
    assert notes.notes["2"] == {"title": "Two"}
    assert notes.sent[-1].headers["if-none-match"] == "*"
    decisions = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert [one["decision"] for one in decisions if one["event"] == "decision"] == ["permit", "permit"]


async def test_a_put_that_is_not_declared_to_create_does_not(tmp_path: Path) -> None:
    notes = Notes()
    told, failed = await call(tmp_path, "permit (principal, action, resource);", {}, notes, id="2", title="Two")
    assert failed
    assert "no such note" in told
    assert "2" not in notes.notes


@pytest.mark.parametrize(("mode", "refused"), [("proxy", True), ("embedded", False)])
async def test_the_proxy_takes_every_call_of_such_a_tool_for_a_creation(
    tmp_path: Path, mode: str, refused: bool
) -> None:
    target = FakeTarget(fact("save", effect="write", creates=True), fact("change", effect="write"))
    upstreams = {"upstreams": {"crm": {"url": "https://crm.example/mcp"}}} if mode == "proxy" else {}
    path = settings(tmp_path, CHANGES_ONLY, tokenize=None, mode=mode, **upstreams)
    async with governed(path, target) as made:
        saved = await ask(made, LOCAL, "tools/call", {"name": "save", "arguments": {}})
        changed = await ask(made, LOCAL, "tools/call", {"name": "change", "arguments": {}})
    assert (saved.get("isError") is True) is refused
    assert changed.get("isError") is not True
