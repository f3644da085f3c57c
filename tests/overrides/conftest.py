"""A small API of people, its document, and a server of it with hand edits beside the hints."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from adaptgen.cli import main
from adaptgen.runtime.engine import Engine
from adaptgen.transports.load import load_server

PERSON = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "email": {"type": "string"}},
}
PEOPLE = [{"id": one, "name": f"Person {one}", "email": f"p{one}@example.org"} for one in range(1, 41)]


def document() -> dict[str, Any]:
    def answers(schema: Any) -> dict[str, Any]:
        return {"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}}

    number = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    body = {"content": {"application/json": {"schema": PERSON}}, "required": True}
    return {
        "openapi": "3.0.3",
        "info": {"title": "People", "version": "1"},
        "servers": [{"url": "https://people.example"}],
        "paths": {
            "/people": {
                "get": {
                    "operationId": "listPeople",
                    "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}],
                    "responses": answers({"type": "array", "items": PERSON}),
                },
                "post": {"operationId": "createPerson", "requestBody": body, "responses": answers(PERSON)},
            },
            "/people/{id}": {"get": {"operationId": "getPerson", "parameters": [number], "responses": answers(PERSON)}},
        },
    }


class Api:
    """What the API was asked, and its answers."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.method == "POST":
            return answered({"id": 99, **json.loads(request.content)})
        if request.url.path == "/people":
            return answered(PEOPLE)
        return answered(PEOPLE[int(request.url.path.rsplit("/", 1)[1]) - 1])


def answered(value: Any) -> httpx.Response:
    """An answer that is read from a stream, as from a network."""

    async def content() -> AsyncIterator[bytes]:
        yield json.dumps(value).encode()

    return httpx.Response(200, headers={"content-type": "application/json"}, content=content())


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with ``specs/people.json``, entered."""
    (tmp_path / "specs" / "people").mkdir(parents=True)
    (tmp_path / "specs" / "people.json").write_text(json.dumps(document()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


HEAD = "from adaptgen.runtime import Outgoing, Overrides, Proceed, ToolCall, value_of\n\noverrides = Overrides()\n\n\n"


@pytest.fixture
def build(workplace: Path) -> Callable[[str], int]:
    """Writes the side file and builds; the exit code."""

    def run(text: str, *, head: str = HEAD) -> int:
        (workplace / "specs" / "people" / "overrides.py").write_text(head + text)
        return main(["build", "specs/people.json", "--quiet"])

    return run


@pytest.fixture
def serve(build: Callable[[str], int], workplace: Path, api: Api) -> Callable[..., Engine]:
    """The engine of the server with these overrides."""

    def run(text: str, **more: Any) -> Engine:
        assert build(text) == 0
        server = load_server(workplace / "generated" / "people")
        return Engine(server, environ={}, transport=httpx.MockTransport(api), cursor_key=bytes(32), **more)

    return run
