"""``serve`` and ``call`` with a document that nobody built: a file or a URL."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from support.web import Asked, Said, Web, web

from adaptgen.cli.entry import main
from adaptgen.diagnostics import AdaptgenError
from adaptgen.readiness import fetch
from adaptgen.readiness.document_server import open_document

PETS = [{"id": 1, "name": "Rex"}, {"id": 2, "name": "Mia"}]


def document(*servers: str) -> dict[str, Any]:
    ok = {"200": {"description": "ok"}}
    body = {"content": {"application/json": {"schema": {"type": "object"}}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Pet Store", "version": "1"},
        "servers": [{"url": url} for url in servers],
        "paths": {
            "/pets": {
                "get": {"operationId": "listPets", "responses": ok},
                "post": {"operationId": "addPet", "requestBody": body, "responses": ok},
            },
            # By its words it reads, but nobody has looked at it.
            "/pets/search": {"post": {"operationId": "searchPets", "requestBody": body, "responses": ok}},
        },
    }


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def service() -> Iterator[Web]:
    """An API under /api/v3 whose document says so with a relative URL."""

    def answer(asked: Asked) -> Any:
        if asked.path == "/openapi.json":
            return document("/api/v3")
        return PETS if asked.path == "/api/v3/pets" else Said({"detail": "no"}, 404)

    with web(answer) as made:
        yield made


def names(source: str, **options: Any) -> set[str]:
    return {tool.name for tool in open_document(source, **{"allow_writes": False, **options}).server.tools}


def test_a_file_is_served_with_what_reads(tmp_path: Path) -> None:
    file = tmp_path / "pets.json"
    file.write_text(json.dumps(document("https://pets.example")))
    assert names(str(file)) == {"list_pets"}
    assert open_document(str(file), allow_writes=False).left_out == 2
    assert names(str(file), allow_writes=True) == {"list_pets", "add_pet", "search_pets"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "pets.json"]


def test_a_relative_server_is_found_next_to_the_document(service: Web, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["call", f"{service.url}/openapi.json", "list_pets"]) == 0
    printed = capsys.readouterr()
    assert "Rex" in printed.out
    assert f"calls go to {service.url}/api/v3;" in printed.err


def test_what_keeps_the_server_works_as_printed(
    service: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keep = open_document(f"{service.url}/openapi.json", allow_writes=False).keep
    copy, _, build = keep.partition(" && ")
    monkeypatch.chdir(tmp_path)
    _, _, source, _ = copy.split()
    assert (Path(source) / "pet_store.json").is_file()
    shutil.copytree(source, "specs")
    assert main(build.split()[1:]) == 0
    assert main(["call", "generated/pet_store", "list_pets"]) == 0
    assert main(["pull", "specs/pet_store.json", "--check"]) == 0
    assert "Mia" in capsys.readouterr().out


def test_the_settings_of_a_file_are_not_passed_by(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "pets.json"
    file.write_text(json.dumps(document("https://pets.example")))
    (tmp_path / "pets").mkdir()
    (tmp_path / "pets" / "governance.yaml").write_text("mode: embedded\nunknown: 1\n")
    assert main(["call", str(file), "list_pets"]) == 2
    assert "unknown" in capsys.readouterr().err


@pytest.mark.addresses
@pytest.mark.parametrize("server", ["http://127.0.0.1:9200", "http://localhost/", "http://[::1]:8080/v1"])
def test_a_document_of_the_internet_does_not_call_this_machine(monkeypatch: pytest.MonkeyPatch, server: str) -> None:
    body = json.dumps(document(server)).encode()
    monkeypatch.setattr(fetch, "fetch", lambda url, headers: fetch.Fetched(body))
    with pytest.raises(AdaptgenError, match="AG026"):
        open_document("https://docs.example/openapi.json", allow_writes=False)
    given = {"PET_STORE_BASE_URL": "http://127.0.0.1:9200"}
    assert open_document("https://docs.example/openapi.json", allow_writes=False, environ=given).server.tools


def test_what_may_be_a_credential_is_not_kept(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    body = json.dumps(document("https://pets.example")).encode()
    monkeypatch.setattr(fetch, "fetch", lambda url, headers: fetch.Fetched(body))
    for url in ("https://docs.example/d.json?key=hunter2", "https://ada:hunter2@docs.example/d.json"):
        assert open_document(url, allow_writes=False).server.name == "pet_store"
    kept = [path for path in cache.rglob("*") if path.is_file()]
    assert kept
    assert [path for path in kept if b"hunter2" in path.read_bytes()] == []


def test_a_fault_is_told_at_the_url(service: Web, capsys: pytest.CaptureFixture[str]) -> None:
    service.answer = lambda asked: Said(b"<html><body>Swagger UI</body></html>")
    assert main(["call", f"{service.url}/docs?token=hunter2", "list_pets"]) == 2
    said = capsys.readouterr().err
    assert f"{service.url}/docs" in said
    assert "hunter2" not in said


def test_without_a_cache_it_is_built_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    file = tmp_path / "pets.json"
    file.write_text(json.dumps(document("https://pets.example")))
    assert names(str(file), environ={"XDG_CACHE_HOME": str(tmp_path / "file")}) == {"list_pets"}


def test_a_generated_server_has_all_its_tools(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["call", str(tmp_path), "list_pets", "--allow-writes"]) == 2
    assert "AG069" in capsys.readouterr().err


@pytest.mark.slow
def test_a_client_starts_the_server_of_a_url(service: Web, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "adaptgen", "serve", f"{service.url}/openapi.json"]
    given = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    parameters = StdioServerParameters(command=command[0], args=command[1:], env=given, cwd=tmp_path)

    async def session() -> tuple[list[str], str]:
        async with stdio_client(parameters) as streams, ClientSession(streams[0], streams[1]) as client:
            await client.initialize()
            tools = await client.list_tools()
            result = await client.call_tool("list_pets", {})
            return [tool.name for tool in tools.tools], str(result.content)

    listed, said = asyncio.run(session())
    assert listed == ["list_pets"]
    assert "Rex" in said


def test_settings_without_policies_do_not_decide_about_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "pets.json"
    file.write_text(json.dumps(document("https://pets.example")))
    (tmp_path / "pets").mkdir()
    (tmp_path / "pets" / "governance.yaml").write_text("adaptgen: 1\nmode: embedded\naudit: {sink: none}\n")
    assert main(["call", str(file), "add_pet"]) == 2
    printed = capsys.readouterr().err
    assert "2 tools left out" in printed
    assert "AG063" in printed


def test_settings_decide_about_writes_where_there_are_some(capsys: pytest.CaptureFixture[str]) -> None:
    """The policies of the CRM name tools that write: without those they would not fit."""
    crm = str(Path(__file__).parents[2] / "specs" / "crm.yaml")
    assert main(["call", crm, "list_customers"]) == 1  # nothing says where the CRM is
    assert "left out" not in capsys.readouterr().err
    assert main(["call", crm, "list_customers", "--no-governance"]) == 1
    assert "16 tools left out" in capsys.readouterr().err
