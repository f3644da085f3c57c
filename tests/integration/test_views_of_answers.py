"""Generated servers of services whose answers differ from their documents: what of them is shown, and what is not."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from support.generated import call, engine, generate
from support.web import web

TEXT = {"type": "string"}
INT = {"type": "integer"}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def document(item: dict[str, Any]) -> bytes:
    def get(name: str, schema: Any, *parameters: Any) -> dict[str, Any]:
        content = {"application/json": {"schema": schema}}
        return {
            "operationId": name,
            "parameters": list(parameters),
            "responses": {"200": {"description": "ok", "content": content}},
        }

    key = {"name": "id", "in": "path", "required": True, "schema": INT}
    made = {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "paths": {
            "/parts": {"get": get("list_parts", {"type": "array", "items": item})},
            "/parts/{id}": {"get": get("get_part", item, key)},
        },
    }
    return json.dumps(made).encode()


def answers(
    folder: Path, item: dict[str, Any], records: list[Any], hints: str = "", **arguments: Any
) -> tuple[Any, Any]:
    """What ``list_parts`` and ``get_part`` of the generated server answer when the service has ``records``."""
    package = generate(folder, "shop", {"shop.json": document(item)}, hints)

    async def both(base: str) -> tuple[Any, Any]:
        server = engine(package, {"SHOP_BASE_URL": base})
        try:
            listed, _ = await call(server, "list_parts", **arguments)
            part, _ = await call(server, "get_part", id=1, **arguments)
        finally:
            await server.aclose()
        return listed, part

    with web(lambda asked: records[0] if asked.path == "/parts/1" else records) as service:
        return asyncio.run(both(service.url))


PART = obj(id=INT, name=TEXT, zone=TEXT, status=TEXT, owner=obj(name=TEXT, pin=TEXT))


def test_columns_without_a_value_are_named_once(tmp_path: Path) -> None:
    records = [{"id": 1, "name": "bolt", "zone": None, "status": ""}, {"id": 2, "name": "nut", "zone": None}]
    listed, part = answers(tmp_path, PART, records)
    assert listed["fields"] == ["id", "name"]
    assert listed["items"] == [[1, "bolt"], [2, "nut"]]
    assert sorted(listed["omitted"]["empty"]) == ["owner.name", "owner.pin", "status", "zone"]
    assert part == {"id": 1, "name": "bolt", "zone": None, "status": ""}


def test_a_view_that_mostly_misses_is_chosen_from_the_answer(tmp_path: Path) -> None:
    records = [{"id": 1, "title": "bolt", "size": 4, "password": "hunter22", "weight_kg": 2.5}]
    listed, part = answers(tmp_path, PART, records)
    assert set(listed["fields"]) == {"id", "title", "size", "weight_kg"}
    assert part == {"id": 1, "title": "bolt", "size": 4, "password": "[withheld]", "weight_kg": 2.5}
    assert "hunter22" not in json.dumps([listed, part])


def test_a_declared_secret_is_none_of_what_is_chosen(tmp_path: Path) -> None:
    item = obj(id=INT, name=TEXT, zone=TEXT, status=TEXT, pem={**TEXT, "description": "The private key of the part"})
    records = [{"id": 1, "title": "bolt", "size": 4, "pem": "-----BEGIN"}]
    listed, part = answers(tmp_path, item, records)
    assert set(listed["fields"]) == {"id", "title", "size"}
    assert "BEGIN" not in json.dumps([listed, part])


def test_structured_results_show_what_a_poor_document_leaves_out(tmp_path: Path) -> None:
    hints = "tools:\n  list_parts: {result: structured}\n"
    listed, _ = answers(tmp_path, PART, [{"id": 1, "title": "bolt", "size": 4}], hints)
    assert listed["items"] == [{"id": 1, "title": "bolt", "size": 4}]


@pytest.mark.parametrize("owner", ["ada", 7])
def test_a_plain_value_on_the_way_of_a_path_is_shown_as_itself(tmp_path: Path, owner: Any) -> None:
    records = [{"id": 1, "name": "bolt", "zone": "a", "status": "new", "owner": owner}]
    listed, part = answers(tmp_path, PART, records)
    assert dict(zip(listed["fields"], listed["items"][0], strict=True))["owner.name"] == owner
    assert part["owner"] == owner


def test_a_plain_value_on_the_way_of_a_secret_is_withheld(tmp_path: Path) -> None:
    records = [{"id": 1, "name": "bolt", "zone": "a", "status": "new", "owner": "1234"}]
    listed, part = answers(tmp_path, PART, records, 'sensitive: {"owner.pin": secret}\n', fields=["id", "owner.pin"])
    assert listed["items"] == [[1, "[withheld]"]]
    assert part == {"id": 1, "owner": "[withheld]"}


def test_bulky_members_that_a_view_leaves_out_are_named(tmp_path: Path) -> None:
    wide = {f"part_{letter}": TEXT for letter in "abcdefghijklmnopqrstuvwxyz"}
    item = obj(id=INT, name=TEXT, traits={"type": "object"}, raw_log=TEXT, api_key=TEXT, **wide)
    traits = {f"trait {number}": number for number in range(40)}
    record = {"id": 1, "name": "bolt", "traits": traits, "raw_log": "x" * 300, "api_key": "k" * 300, "part_a": "a"}
    _, part = answers(tmp_path, item, [{**record, **dict.fromkeys(wide, "a")}])
    assert part["omitted"] == {"traits": "left out; fields traits", "raw_log": "left out; fields raw_log"}


def test_small_objects_and_texts_that_a_view_leaves_out_are_named_too(tmp_path: Path) -> None:
    wide = {f"part_{letter}": TEXT for letter in "abcdefghijklmnopqrstuvwxyz"}
    item = obj(id=INT, email=TEXT, traits={"type": "object"}, bio=TEXT, tags={"type": "array"}, zone=TEXT, **wide)
    record = {"id": 1, "email": "a@b.example", "traits": {"a": 1}, "bio": "short", "api_key": {"a": 1}, "tags": []}
    listed, part = answers(tmp_path, item, [{**record, **dict.fromkeys(wide, "a")}])
    assert listed["omitted"]["fields"] == part["omitted"]["fields"] == ["traits", "bio"]


def test_a_record_or_a_list_of_them_shows_the_fields_of_the_record(tmp_path: Path) -> None:
    wide = {f"part_{letter}": TEXT for letter in "abcdefghijklmnopqrstuvwxyz"}
    item = obj(id=INT, name=TEXT, **wide)
    record = {"id": 1, "name": "bolt", **dict.fromkeys(wide, "a" * 40)}
    both = {"oneOf": [item, {"type": "array", "items": item}]}
    _, part = answers(tmp_path, both, [record])
    assert part["id"] == 1
    assert 2 < len(part) < 20
    _, part = answers(tmp_path, both, [[record]])
    assert part["items"][0]["id"] == 1
    assert 2 < len(part["items"][0]) < 20
