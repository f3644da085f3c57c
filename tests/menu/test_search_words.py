"""Other words for a tool, from the hints and from search.yaml: searched, checked, and never shown to a model."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from support.generated import generate

from adaptgen.cli import main
from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern.pipeline.engine_target import Served
from adaptgen.govern.pipeline.ungoverned import UngovernedHandler
from adaptgen.govern.settings.model import ToolRule
from adaptgen.model.tables import LOCAL
from adaptgen.proxy.third_party_tools import facts
from adaptgen.runtime.engine import Engine
from adaptgen.source import search_words
from adaptgen.text.parse import parse
from adaptgen.tool_search import menu_of
from adaptgen.transports.load import load_server

from .conftest import ask, call, text

RACKS = {
    "openapi": "3.1.0",
    "info": {"title": "Racks", "version": "1"},
    "servers": [{"url": "http://127.0.0.1:9"}],
    "paths": {
        f"/{thing}": {"get": {"operationId": f"list_{thing}", "responses": {"200": {"description": "Them"}}}}
        for thing in ("racks", "sites", "cables")
    },
}
HINTS = "server: {surface: search}\ntools:\n  list_racks: {call: GET /racks, also: [cupboards]}\n"
FILE = """\
tools:
  list_racks:
    purpose: Where servers are mounted
    when: Somebody looks for free height units
  list_sites: {also: [warehouses]}
"""


def racks(tmp_path: Path, file: str = FILE) -> Path:
    (tmp_path / "specs" / "racks").mkdir(parents=True, exist_ok=True)
    (tmp_path / "specs" / "racks" / "search.yaml").write_text(file)
    return generate(tmp_path, "racks", {"racks.json": json.dumps(RACKS).encode()}, HINTS)


def search(package: Path, query: str) -> str:
    async def found() -> Any:
        engine = Engine(load_server(package), environ={})
        return await call(menu_of(UngovernedHandler(engine), engine.server), LOCAL, "search_tools", {"query": query})

    return text(asyncio.run(found()))


@pytest.mark.parametrize(
    ("query", "tool"),
    [("cupboard", "list_racks"), ("free height", "list_racks"), ("mount", "list_racks"), ("warehouse", "list_sites")],
)
def test_a_tool_is_found_by_its_other_words(tmp_path: Path, query: str, tool: str) -> None:
    assert search(racks(tmp_path), query).startswith(f"{tool}(")


def test_no_model_reads_the_other_words(tmp_path: Path) -> None:
    package = racks(tmp_path)

    async def shown() -> list[Any]:
        engine = Engine(load_server(package), environ={})
        menu = menu_of(UngovernedHandler(engine), engine.server)
        described = await call(menu, LOCAL, "describe_tool", {"name": "list_racks, list_sites"})
        return [await ask(menu, LOCAL, "tools/list"), described, menu.about()]

    said = f"{asyncio.run(shown())} {search(package, 'free height units in a warehouse')}".lower()
    assert "list_sites" in said
    assert not [word for word in ("cupboard", "height", "warehouse", "mounted") if word in said]


def test_the_file_is_an_input_of_the_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = racks(tmp_path)
    check = ["build", str(tmp_path / "specs" / "racks.json"), "--out", str(package.parent), "--check"]
    assert "racks/search.yaml" in json.loads((package / "adaptgen.lock").read_text())["inputs"]
    assert main(check) == 0
    (tmp_path / "specs" / "racks" / "search.yaml").write_text(FILE.replace("warehouses", "depots"))
    assert main(check) == 1
    (tmp_path / "specs" / "racks" / "search.yaml").unlink()
    assert main(check) == 1


def test_the_proxy_knows_the_words_of_its_own_servers_alone(tmp_path: Path) -> None:
    tool = Served(Engine(load_server(racks(tmp_path)), environ={}), behind=True).tools()["list_sites"].wire
    assert facts(tool, "racks", "racks__", ours=True, rule=ToolRule()).also == ("warehouses",)
    assert facts(tool, "racks", "racks__", ours=False, rule=ToolRule()).also == ()


@pytest.mark.parametrize(
    ("file", "place", "code", "says"),
    [
        ("tools:\n  list_rack: {also: [a]}\n", "2:3", "AG037", "there is no tool 'list_rack'"),
        ("tools:\n  old_racks: {also: [a]}\n  list_racks: {also: [b]}\n", "3:3", "AG039", "names too"),
        ("tools:\n  list_racks: {purpos: a}\n", "2:16", "AG030", "purpos"),
        ("tools:\n  list_racks: {also: bill}\n", "2:16", "AG031", "must be a list"),
        ("tools:\n  list_racks: {when: 7}\n", "2:16", "AG031", "must be a text"),
        ("tools:\n  list_racks: {when: ''}\n", "2:16", "AG031", "is empty"),
        (f"tools:\n  list_racks: {{when: {'a ' * 151}b}}\n", "2:16", "AG031", "303 characters, more than 300"),
        (f"tools:\n  list_racks: {{also: [{'a, ' * 32}b]}}\n", "2:16", "AG031", "33 items, more than 32"),
        ('tools:\n  list_racks: {when: "a\\u202eb"}\n', "2:16", "AG031", "cannot be seen"),
        ('tools:\n  list_racks: {when: "a\\nb"}\n', "2:16", "AG031", "cannot be seen"),
        ('tools:\n  list_racks: {when: "${env:CRM_PASSWORD}"}\n', "2:16", "AG031", "reference"),
        ("tools:\n  list_racks: {when: use 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}\n", "2:16", "AG031", "secret"),
        ("[]\n", "1:1", "AG031", "mapping"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, file: str, place: str, code: str, says: str) -> None:
    path = tmp_path / "search.yaml"
    path.write_text(file)
    with pytest.raises(AdaptgenError) as broken:
        search_words.read(path, {"list_racks": "list_racks", "old_racks": "list_racks"})
    (diagnostic,) = broken.value.diagnostics
    assert (diagnostic.code, f"{diagnostic.where.line}:{diagnostic.where.column}") == (code, place)
    assert says in diagnostic.message
    assert "ghp_" not in f"{diagnostic.message} {diagnostic.help}"


def test_the_published_schema_is_fresh_and_accepts_the_file() -> None:
    published = (Path(__file__).parents[2] / "docs" / "search.schema.json").read_text()
    assert published == search_words.schema_text(), "schema_text() of adaptgen.source.search_words"
    jsonschema.validate(parse(FILE.encode(), "f").value, json.loads(published))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"tools": {"list_racks": {"also": ["a"] * 33}}}, json.loads(published))


def test_a_file_of_comments_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "search.yaml").write_text("# later\n")
    assert search_words.read(tmp_path / "search.yaml", {}).tools == {}
