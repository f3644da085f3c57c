"""``dry_run`` shows nothing that a read withholds: no secret of the record that would be written, nor of the call."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from support.generated import generate

from adaptgen.model.tables import LOCAL
from adaptgen.runtime.core.answer import Answer, Text
from adaptgen.runtime.engine import Engine
from adaptgen.transports.load import load_server

KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----"
RECORD = {
    "id": 7,
    "name": "Edge router",
    "private_key": KEY,
    "pin": "4711-by-format",
    "seed_words": "correct horse battery staple",
    "recovery": {"codes": ["r-1111", "r-2222"], "client_secret": "nested-s3cret"},
    "accounts": [{"login": "ops", "password": "in-a-list-hunter2"}],
    "owner_email": "ada.byron@example.org",
    "note": "call ada.byron@example.org",
    "colour": "blue",
}
SECRETS = ("MIIEvQIBADANBg", "4711-by-format", "correct horse", "nested-s3cret", "in-a-list-hunter2")

TEXT = {"type": "string"}
DEVICE = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": TEXT,
        "private_key": TEXT,
        "pin": {"type": "string", "format": "password"},
        "seed_words": TEXT,
        "recovery": {
            "type": "object",
            "properties": {"codes": {"type": "array", "items": TEXT}, "client_secret": TEXT},
        },
        "accounts": {"type": "array", "items": {"type": "object", "properties": {"login": TEXT, "password": TEXT}}},
        "owner_email": TEXT,
        "note": TEXT,
        "colour": TEXT,
    },
}
HINTS = 'adaptgen: 1\nsensitive: {"$..seed_words": secret}\n'


def document(*, wrapped: bool = False, answers: bool = True) -> dict[str, Any]:
    shown = {"type": "object", "properties": {"device": DEVICE}} if wrapped else DEVICE
    taken = {"type": "object", "properties": {"device": DEVICE}, "additionalProperties": False} if wrapped else DEVICE
    done = {"200": {"description": "ok", "content": {"application/json": {"schema": shown}}}}
    body = {"required": True, "content": {"application/json": {"schema": taken}}}
    login = {"type": "object", "properties": {"user": TEXT, "password": TEXT, "remember": TEXT}}
    form = {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": login}}}
    parts = {"required": True, "content": {"multipart/form-data": {"schema": login}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Devices", "version": "1"},
        "servers": [{"url": "https://devices.example"}],
        "paths": {
            "/devices/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
                "get": {"operationId": "getDevice", "responses": done},
                "put": {
                    "operationId": "updateDevice",
                    "parameters": [
                        {"name": "api_key", "in": "query", "schema": TEXT},
                        {"name": "reason", "in": "query", "schema": TEXT},
                        {"name": "X-Auth-Token", "in": "header", "schema": TEXT},
                        {"name": "X-Reason", "in": "header", "schema": TEXT},
                    ],
                    "requestBody": body,
                    "responses": done if answers else {"204": {"description": "done"}},
                },
            },
            "/accounts": {"post": {"operationId": "createAccount", "requestBody": form, "responses": done}},
            "/imports": {"post": {"operationId": "createImport", "requestBody": parts, "responses": done}},
        },
    }


Serve = Callable[..., Engine]


@pytest_asyncio.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    """An engine over a device API whose record is full of secrets."""
    engines: list[Engine] = []

    def run(hints: str = HINTS, *, classify: bool = False, **shape: bool) -> Engine:
        def handler(request: httpx.Request) -> httpx.Response:
            body = {"device": RECORD} if shape.get("wrapped") else RECORD
            return httpx.Response(200, headers={"etag": '"1"'}, stream=httpx.ByteStream(json.dumps(body).encode()))

        package = generate(tmp_path, "devices", {"devices.json": json.dumps(document(**shape)).encode()}, hints)
        server = load_server(package)
        transport = httpx.MockTransport(handler)
        engine = Engine(
            server, environ={}, transport=transport, state=tmp_path, cursor_key=bytes(32), classify=classify
        )
        engines.append(engine)
        return engine

    yield run
    for engine in engines:
        await engine.aclose()


async def ask(engine: Engine, tool: str, **arguments: Any) -> Answer:
    answer = await engine.call(LOCAL, tool, arguments)
    assert not answer.is_error, answer.content
    return answer


def text(answer: Answer) -> str:
    (block,) = answer.content
    assert isinstance(block, Text)
    return block.text


@pytest.mark.asyncio
@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("answers", [True, False])
@pytest.mark.parametrize("classify", [False, True])
async def test_the_record_of_an_update_shows_no_secret(
    serve: Serve, wrapped: bool, answers: bool, classify: bool
) -> None:
    engine = serve(wrapped=wrapped, answers=answers, classify=classify)
    shown = text(await ask(engine, "update_device", id=7, colour="red", dry_run=True))
    assert [one for one in SECRETS if one in shown] == []
    body = json.loads(shown)["body"]
    record = body["device"] if wrapped else body
    assert record["private_key"] == record["pin"] == record["seed_words"] == "[withheld]"
    # The rest is what would be sent.
    assert (record["name"], record["colour"]) == ("Edge router", "red")
    assert record["recovery"]["codes"] == ["r-1111", "r-2222"]
    assert record["accounts"] == [{"login": "ops", "password": "[withheld]"}]


@pytest.mark.asyncio
async def test_what_a_dry_run_withholds_is_what_a_read_withholds(serve: Serve) -> None:
    engine = serve()
    read = text(await ask(engine, "get_device", id=7, fields=["*"]))
    shown = text(await ask(engine, "update_device", id=7, colour="red", dry_run=True))
    kept = {name: value for name, value in json.loads(read).items() if name not in ("id", "colour")}
    assert {name: json.loads(shown)["body"][name] for name in kept} == kept


@pytest.mark.asyncio
async def test_a_hint_for_the_read_alone_counts_too(serve: Serve) -> None:
    hints = (
        "adaptgen: 1\ntools:\n  show_device:\n    call: GET /devices/{id}\n"
        "    sensitive: {seed_words: secret, name: secret}\n"
    )
    shown = text(await ask(serve(hints), "update_device", id=7, colour="red", dry_run=True))
    assert "Edge router" not in shown
    assert "correct horse" not in shown


@pytest.mark.asyncio
async def test_personal_data_of_the_record_is_marked(serve: Serve) -> None:
    answer = await ask(serve(classify=True), "update_device", id=7, colour="red", dry_run=True)
    assert answer.sensitive["/body/owner_email"] == "email"
    assert ("email", "ada.byron@example.org") in answer.found


@pytest.mark.asyncio
async def test_secrets_of_the_query_and_of_headers_are_withheld(serve: Serve) -> None:
    given = {"api_key": "q-s3cret-value", "X-Auth-Token": "h-s3cret-value", "reason": "a move", "X-Reason": "moved"}
    shown = text(await ask(serve(), "update_device", id=7, colour="red", dry_run=True, **given))
    assert "s3cret" not in shown
    request = json.loads(shown)
    assert "api_key=[withheld]" in request["url"]
    assert "reason=a%20move" in request["url"]
    assert (request["headers"]["X-Auth-Token"], request["headers"]["X-Reason"]) == ("[withheld]", "moved")


@pytest.mark.asyncio
@pytest.mark.parametrize("tool", ["create_account", "create_import"])
async def test_secrets_in_forms_are_withheld(serve: Serve, tool: str) -> None:
    given = {"user": "ada", "password": "f0rm-s3cret", "remember": "yes"}
    shown = text(await ask(serve(), tool, dry_run=True, **given))
    assert "s3cret" not in shown
    assert "ada" in shown
    assert "yes" in shown
