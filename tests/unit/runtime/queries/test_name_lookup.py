"""Names in the place of ids: what is sent, what is refused, how often the list is read, and who may have it read."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.generated import generate
from support.governing import ask, governed, settings

from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Caller
from adaptgen.plan import plan
from adaptgen.runtime.engine import Engine
from adaptgen.source import read, read_hints
from adaptgen.transports.load import load_server

STAGES = [
    {"id": 1, "name": "Won", "code": "W", "owner_email": "ada@example.org"},
    {"id": 2, "name": "Lost", "code": "L", "owner_email": "bob@example.org"},
    {"id": 3, "name": "lost", "code": "X", "owner_email": "cleo@example.org"},
    {"id": 4, "name": "Open", "code": "O", "owner_email": "dan@example.org"},
    {"id": 5, "name": "Open", "code": "P", "owner_email": "eve@example.org"},
]


def document() -> dict[str, Any]:
    """Deals that are in stages."""
    stage = {"type": "object", "properties": {name: {"type": "string"} for name in ("name", "code", "owner_email")}}
    stage["properties"]["id"] = {"type": "integer"}
    number, text = {"type": "integer", "minimum": 1}, {"type": "string"}
    many, login = {"type": "array", "items": number}, {**text, "pattern": "^u[0-9]+$"}

    def get(name: str, item: Any, *parameters: dict[str, Any]) -> dict[str, Any]:
        schema = {"type": "array", "items": item}
        content = {"application/json": {"schema": schema}}
        return {"get": {"operationId": name, "parameters": list(parameters),
                        "responses": {"200": {"description": "ok", "content": content}}}}  # fmt: skip

    def query(name: str, schema: Any) -> dict[str, Any]:
        return {"name": name, "in": "query", "schema": schema}

    deal = {"type": "object", "properties": {"id": {"type": "integer"}, "title": {"type": "string"}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Deals", "version": "1"},
        "servers": [{"url": "https://deals.example"}],
        "paths": {
            "/deals": get("list_deals", deal, query("stage_id", number), query("ids", many), query("owner", login)),
            "/stages": get("list_stages", stage),
            "/owned": get("list_owned", stage, {**query("by", text), "required": True}),
            "/deals/{id}": {"get": {"operationId": "get_deal", "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": number}],
                "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": deal}}}}}},
        },
    }  # fmt: skip


HINTS = """
adaptgen: 1
tools:
  list_deals:
    arguments:
      stage_id: {names: list_stages}
      ids: {names: {tool: list_stages, labels: [code]}}
      owner: {names: {tool: list_stages, id: code, labels: [owner_email, name], keep: [me]}}
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated server."""
    documents = {"deals.json": json.dumps(document()).encode()}
    return generate(tmp_path_factory.mktemp("deals"), "deals", documents, HINTS)


class Api:
    """Answers, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.stages: Any = STAGES
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.url.path}?{request.url.query.decode()}".rstrip("?"))
        body = json.dumps(self.stages if request.url.path == "/stages" else []).encode()
        return httpx.Response(200, headers={"content-type": "application/json"}, stream=httpx.ByteStream(body))


def calls(package: Path, api: Api, *given: dict[str, Any]) -> list[tuple[str, bool]]:
    async def run() -> list[tuple[str, bool]]:
        engine = Engine(load_server(package), environ={}, transport=api.transport)
        answers = [await engine.call(Caller("ada"), "list_deals", one) for one in given]
        await engine.aclose()
        return [(one.content[0].text, one.is_error) for one in answers]  # type: ignore[union-attr]

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"stage_id": "Won"}, "/deals?stage_id=1"),
        ({"stage_id": "won"}, "/deals?stage_id=1"),
        ({"stage_id": "Lost"}, "/deals?stage_id=2"),
        ({"stage_id": "W"}, "/deals?stage_id=1"),
        ({"ids": ["w", 7, "8"]}, "/deals?ids=1&ids=7&ids=8"),
        ({"owner": "Won"}, "/deals?owner=W"),
        ({"owner": "X"}, "/deals?owner=X"),
    ],
)
def test_the_id_is_sent_for_the_name(package: Path, given: dict[str, Any], sent: str) -> None:
    api = Api()
    ((text, failed),) = calls(package, api, given)
    assert not failed, text
    assert api.asked == ["/stages", sent]


def test_the_id_is_the_field_with_the_name_of_the_argument(tmp_path: Path) -> None:
    text = json.dumps(document()).replace('"id"', '"stageNo"').replace('"stage_id"', '"stageNo"')
    hints = "adaptgen: 1\ntools: {list_deals: {arguments: {stageNo: {names: {tool: list_stages, labels: [name]}}}}}\n"
    api = Api()
    api.stages = [{"stageNo": one["id"], "name": one["name"]} for one in STAGES]
    calls(generate(tmp_path, "deals", {"deals.json": text.encode()}, hints), api, {"stageNo": "Won"})
    assert api.asked == ["/stages", "/deals?stageNo=1"]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"stage_id": 9}, "/deals?stage_id=9"),
        ({"stage_id": "9"}, "/deals?stage_id=9"),
        ({"owner": "me"}, "/deals?owner=me"),
    ],
)
def test_an_id_needs_no_list(package: Path, given: dict[str, Any], sent: str) -> None:
    api = Api()
    assert not calls(package, api, given)[0][1]
    assert api.asked == [sent]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"stage_id": "LOST"}, "fits several of list_stages: Lost (2), lost (3)"),
        ({"stage_id": "Open"}, "fits several of list_stages: Open (4), Open (5)"),
        ({"stage_id": "Wonn"}, "The nearest are Won (1)"),
        ({"stage_id": "ada@example.org"}, "Nothing in list_stages is called as `stage_id` says."),
    ],
)
def test_what_is_not_clear_is_refused(package: Path, given: dict[str, Any], said: str) -> None:
    api = Api()
    ((text, failed),) = calls(package, api, given)
    assert failed
    assert said in text
    assert api.asked[-1] == "/stages"


def test_a_list_that_is_not_read_to_its_end_names_nothing(kit: Any) -> None:
    """What fits one of the items read may fit another one too."""
    from adaptgen.model.tables import Lookup, Tool
    from adaptgen.runtime.core.answer import ToolError
    from adaptgen.runtime.paging.cursor import CursorBox
    from adaptgen.runtime.pii.call_pii import PiiTracker
    from adaptgen.runtime.queries.name_lookup import BOUNDS, Lookups

    def sent(count: int) -> Any:
        api = kit.Api([{"id": n, "name": f"n{n}"} for n in range(count)])
        stages = Tool(name="list_stages", page=api.paging)
        deals = Tool(name="list_deals", lookups={"stage_id": Lookup(tool="list_stages")})
        known = Lookups({"list_stages": stages}, lambda: CursorBox(b"k" * 32), lambda: 0.0)
        named = {"stage_id": "n3"}
        return asyncio.run(known.resolved(deals, named, frozenset({"stage_id"}), "ada", lambda _: (api, PiiTracker())))

    assert sent(BOUNDS.items) == {"stage_id": 3}
    with pytest.raises(ToolError, match="too long"):
        sent(BOUNDS.items + 1)


@pytest.mark.parametrize(
    ("names", "code", "said"),
    [
        ("list_stage", "AG037", "did you mean 'list_stages'?"),
        ("get_deal", "AG039", "is not a list"),
        ("list_owned", "AG039", "it wants arguments"),
    ],
)
def test_a_hint_that_cannot_be_met_is_located(tmp_path: Path, names: str, code: str, said: str) -> None:
    spec = tmp_path / "deals.json"
    spec.write_text(json.dumps(document()))
    side = tmp_path / "hints.yaml"
    side.write_text(f"tools: {{list_deals: {{arguments: {{stage_id: {{names: {names}}}}}}}}}")
    with pytest.raises(AdaptgenError) as wrong:
        plan(read(spec), read_hints(side), name="deals")
    (found,) = wrong.value.diagnostics
    assert found.code == code
    assert said in f"{found.message} {found.help}"
    assert found.where is not None
    assert found.where.line == 1


# ----------------------------------------------------------------------------------------------------- governance


def govern(package: Path, folder: Path, given: dict[str, Any], policies: str) -> tuple[str, bool, list[str]]:
    api = Api()

    async def run() -> dict[str, Any]:
        async with governed(settings(folder, policies), server=load_server(package), transport=api.transport) as made:
            return await ask(made, Caller("ada"), "tools/call", {"name": "list_deals", "arguments": given})

    result = asyncio.run(run())
    return result["content"][0]["text"], bool(result.get("isError")), api.asked


def test_personal_labels_name_nothing_under_governance(package: Path, tmp_path: Path) -> None:
    everything = "permit (principal, action, resource);"
    text, failed, asked = govern(package, tmp_path, {"owner": "ada@example.org"}, everything)
    assert failed
    assert "Nothing in list_stages" in text
    assert "example.org" not in text
    assert asked == ["/stages"]
    assert not govern(package, tmp_path, {"owner": "Won"}, everything)[1]


def test_a_list_that_is_forbidden_names_nothing(package: Path, tmp_path: Path) -> None:
    forbidden = """permit (principal, action, resource);
    @id("no-stages") forbid (principal, action == Action::"deals__list_stages", resource);"""
    text, failed, asked = govern(package, tmp_path, {"stage_id": "Wonn"}, forbidden)
    assert failed
    assert text.startswith("Not permitted")
    assert "Won" not in text
    assert asked == []
    assert not govern(package, tmp_path, {"stage_id": "2"}, forbidden)[1]
    assert not govern(package, tmp_path, {"owner": "me"}, forbidden)[1]
