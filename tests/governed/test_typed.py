"""Typed answers under governance: tokens stand where numbers are declared, and the answer still fits the schema."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import jsonschema
from support.governing import ask, governed, settings
from support.people import person

from adaptgen.model.tables import Caller
from adaptgen.transports.load import load_server

ADA = Caller("ada", "bank")
PEOPLE = [person(1, level=3), person(2, full_name="Bob Marley", phone=4930901821, email=None) | {"id": "two"}]
CALLS: list[dict[str, Any]] = [
    {},
    {"fields": ["*"]},
    {"fields": ["email", "phone"]},
    {"count": "full_name"},
    {"sum": "level", "group_by": "full_name"},
    {"distinct": "phone"},
    {"where": {"id": 1}},
]


def test_tokens_fit_the_output_schema(package: Path, tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        body = json.dumps({"count": len(PEOPLE), "results": PEOPLE}).encode()
        return httpx.Response(200, headers={"content-type": "application/json"}, stream=httpx.ByteStream(body))

    async def session() -> tuple[Any, list[Any]]:
        server = replace(load_server(package), layout="structured")
        transport = httpx.MockTransport(answer)
        async with governed(settings(tmp_path), server=server, transport=transport) as made:
            listed = await ask(made, ADA, "tools/list", {})
            schema = next(tool["outputSchema"] for tool in listed["tools"] if tool["name"] == "list_people")
            given = [{"name": "list_people", "arguments": arguments} for arguments in CALLS]
            return schema, [await ask(made, ADA, "tools/call", one) for one in given]

    schema, results = asyncio.run(session())
    assert "email" in schema["properties"]["items"]["items"]["properties"]
    for arguments, result in zip(CALLS, results, strict=True):
        assert not result.get("isError"), (arguments, result)
        assert jsonschema.Draft202012Validator(schema).is_valid(result["structuredContent"]), (arguments, result)
        for value in ("Ada Lovelace", "Bob Marley", "4930901821", "ada@"):
            assert value not in json.dumps(result)
    assert "tok_email_" in json.dumps(results[0]["structuredContent"])
