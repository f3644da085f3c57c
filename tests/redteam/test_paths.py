"""The operation that was authorized is the one that is executed: values in a path reach no other."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from support.generated import engine, generate, text
from support.web import Asked, Said, Web, web

from adaptgen.cli import main
from adaptgen.model.tables import LOCAL, Call, Param
from adaptgen.plan.document.operation import Parameter
from adaptgen.plan.tools.path_separators import find_separators
from adaptgen.runtime import ToolError
from adaptgen.runtime.engine import Engine
from adaptgen.runtime.http import parameters as serialize
from adaptgen.runtime.http.request import Inputs, build
from adaptgen.source.document import Document

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "people", "version": "1"},
    "servers": [{"url": "http://127.0.0.1:9"}],
    "paths": {
        "/people/{id}": {
            "get": {
                "operationId": "get_person",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {}}}}},
            }
        },
        "/people/{id}/salary": {
            "get": {
                "operationId": "get_salary",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {}}}}},
            }
        },
        "/files/{path}": {
            "get": {
                "operationId": "get_file",
                "parameters": [{"name": "path", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {}}}}},
            }
        },
    },
}

ATTACKS = [
    "1/salary",
    "1%2fsalary",
    "1%2Fsalary",
    "1%252fsalary",
    "1%25252fsalary",
    "1%2%66salary",
    "1\\salary",
    "1%5csalary",
    "1%255Csalary",
    "..",
    ".",
    "%2e%2e",
    "%2e.",
    "%252e%252e",
    "..;",
    "..;/admin",
    "..;x=y/admin",
    "%2e%2e%3b/admin",
    "1;/salary",
    "1%3bv=2",
    "1%3fadmin=true",
    "1%253fadmin=true",
    "1%23",
    "1%2523x",
    "1\x00",
    "1%00",
    "1%2500",
    "1%0d%0aX: y",
    "1\n",
    "1\u2028",
    "1\uff0fsalary",
    "1\uff3csalary",
    "\uff0e\uff0e",
    "\u2025",
    "\u2024\u2024",
    "1\u2044salary",
    "1\u2215salary",
    "1\u2216salary",
    "1\uff052fsalary",
    "1%ef%bc%8fsalary",
    "1%uff0fsalary",
    "1%u002fsalary",
    "1%c0%afsalary",
    "1%c0%2fsalary",
    "1%e0%80%afsalary",
    "1%f0%80%80%afsalary",
    "1%25c0%25afsalary",
    " .. ",
    "a\u2100b",
    "".join(["1%", "25" * 20, "2fsalary"]),
]

LEGITIMATE = [
    "42",
    "a.b",
    "v1.0..2",
    "..a",
    "...and more",
    "a;b",
    "1;2",
    "ada.byron@example.org",
    "ada+tag@example.org",
    "Acme %",
    "Acme 100% Ltd",
    "50%off",
    "100%accurate",
    "Tom & Jerry's (2)",
    "Zoë Ødegård",
    "Zoe\u0308",
    "李小龍",
    "Ærøskøbing, 3. sal",
    "C#",
    "why?",
    "urn:isbn:0451450523",
    "2026-01-02T10:00:00+01:00",
    "a=b,c=d",
    "{3F2504E0-4F89-11D3-9A0C-0305E82C3301}",
    "~ada",
    "$1*!",
    "half ½",
    "emoji 🎉",
    "می‌خواهم",
]


@pytest.mark.parametrize("value", ATTACKS)
@pytest.mark.parametrize(
    "make", [lambda one: one, lambda one: ["x", one], lambda one: {"k": one}], ids=["text", "list", "object"]
)
def test_separators_in_any_encoding_are_refused(value: str, make: Any) -> None:
    with pytest.raises(ToolError, match="`id`"):
        serialize.path(Param("id"), make(value), "id")


@pytest.mark.parametrize("style", ["simple", "label", "matrix"])
@pytest.mark.parametrize("value", ["1/salary", "..;", "%2e%2e", "1%2fx"])
def test_they_are_refused_in_every_style(value: str, style: Any) -> None:
    with pytest.raises(ToolError, match="`id`"):
        serialize.path(Param("id", style=style), value, "id")


@pytest.mark.parametrize("value", LEGITIMATE)
def test_what_ids_hold_is_sent(value: str) -> None:
    sent = serialize.path(Param("id"), value, "id")
    assert unquote(sent) == value
    assert not set(sent) & set("/\\;?#")


@pytest.mark.parametrize(
    "value", ["../x", "a/../b", "a/..;/b", "a/%2e%2e/b", "a\\..\\b", "a/\x00", "a%2f..%2fb", "a/b%3fc"]
)
def test_a_value_that_holds_slashes_still_cannot_climb(value: str) -> None:
    with pytest.raises(ToolError, match="`path`"):
        serialize.path(Param("path", holds="/"), value, "path")


@pytest.mark.parametrize("value", ["src/main.py", "a/b/c.txt", "/etc/hosts", "feature/x%20y", "a/.hidden"])
def test_a_value_that_holds_slashes_is_sent(value: str) -> None:
    assert unquote(serialize.path(Param("path", holds="/"), value, "path")) == value


def test_servers_generated_before_keep_their_greedy_parameters() -> None:
    assert serialize.path(Param("proxy", reserved=True), "a/b", "proxy") == "a%2Fb"


# ------------------------------------------------------------------------------------------ with a backend that decodes


def decoding(asked: Asked) -> Said:
    """An API that decodes the path, twice, takes path parameters off, and only then finds the operation."""
    path = re.sub(r";[^/]*", "", unquote(unquote(asked.path))).replace("\\", "/")
    if re.fullmatch(r"/people/[^/]+/salary", path):
        return Said({"salary": 100_000})
    if re.fullmatch(r"/people/[^/]+", path):
        return Said({"id": path.rpartition("/")[2]})
    return Said({"file": path.removeprefix("/files/")})


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("people"), "people", {"people.json": json.dumps(DOCUMENT).encode()})


@pytest.fixture(scope="module")
def api() -> Iterator[Web]:
    with web(decoding) as server:
        yield server


@asynccontextmanager
async def running(package: Path, api: Web) -> AsyncIterator[Engine]:
    made = engine(package, {"PEOPLE_BASE_URL": api.url})
    api.seen.clear()
    try:
        yield made
    finally:
        await made.aclose()


@pytest.mark.asyncio
@pytest.mark.parametrize("value", [one for one in ATTACKS if "\n" not in one])
async def test_no_value_reaches_the_salary(package: Path, api: Web, value: str) -> None:
    async with running(package, api) as made:
        answer = await made.call(LOCAL, "get_person", {"id": value})
        assert answer.is_error
        assert api.seen == []
        assert "salary" not in text(answer).replace(value, "")


@pytest.mark.asyncio
async def test_the_error_prints_the_line_of_the_hints(package: Path, api: Web, tmp_path: Path) -> None:
    async with running(package, api) as made:
        said = text(await made.call(LOCAL, "get_person", {"id": "group/ada"}))
    line = re.search(r"hints\.yaml: (.*)\Z", said)
    assert line is not None
    assert line[1] == 'tools: {get_person: {arguments: {id: {holds: "/"}}}}'
    package = generate(tmp_path, "people", {"people.json": json.dumps(DOCUMENT).encode()}, f"adaptgen: 1\n{line[1]}\n")
    async with running(package, api) as made:
        assert not (await made.call(LOCAL, "get_person", {"id": "group/ada"})).is_error
        assert api.seen[-1].path == "/people/group%2Fada"
        assert (await made.call(LOCAL, "get_person", {"id": "../ada"})).is_error


@pytest.mark.asyncio
@pytest.mark.parametrize("value", [one for one in LEGITIMATE if ";" not in one and not one.startswith("50%")])
async def test_legitimate_ids_reach_their_operation(package: Path, api: Web, value: str) -> None:
    async with running(package, api) as made:
        answer = await made.call(LOCAL, "get_person", {"id": value})
        assert not answer.is_error, text(answer)
        assert unquote(api.seen[-1].path) == f"/people/{value}"


@pytest.mark.asyncio
async def test_a_path_is_known_by_its_name_and_explained(
    package: Path, api: Web, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running(package, api) as made:
        assert not (await made.call(LOCAL, "get_file", {"path": "a/b.txt"})).is_error
    capsys.readouterr()
    assert main(["explain", str(package), "get_file"]) == 0
    said = capsys.readouterr().out
    assert "may hold /" in said
    assert "its name says so" in said


@pytest.mark.asyncio
@pytest.mark.parametrize("template", ["{id}", "{person}"])
async def test_a_step_cannot_be_led_elsewhere(api: Web, tmp_path: Path, template: str) -> None:
    """The argument of a tool of steps, and what an answer of the API gave to a later step."""
    hints = """\
adaptgen: 1
tools:
  look:
    arguments: {person: {type: string}}
    steps:
      - {id: one, call: "GET /people/{id}", with: {id: "{person}"}, save: {id: $.id}}
      - {id: two, call: "GET /people/{id}", with: {id: "{one.id}"}}
    result: "{two}"
"""
    made = engine(
        generate(tmp_path, "people", {"people.json": json.dumps(DOCUMENT).encode()}, hints),
        {"PEOPLE_BASE_URL": api.url},
    )
    api.seen.clear()
    for value in ("1/salary", "1%2fsalary", "..;"):
        assert (await made.call(LOCAL, "look", {"person": value})).is_error
    assert api.seen == []
    assert not (await made.call(LOCAL, "look", {"person": "ada"})).is_error
    await made.aclose()


@pytest.mark.parametrize(
    ("value", "sent"), [("a/b c", "a%2Fb%20c"), ("${env:GROUP}", "teams%2Fnorth"), ("x#1;y", "x%231%3By")]
)
def test_what_the_operator_writes_is_sent(value: str, sent: str) -> None:
    """A constant or a credential in the hints is no value of an agent."""
    call = Call("GET", "/people/{id}", path_params=(Param("id", value=value),))
    made = build(call, "http://api", Inputs({"person": "1/salary"}, lambda reference: "teams/north"))
    assert made.url == f"http://api/people/{sent}"
    templated = Call("GET", "/people/{id}", path_params=(Param("id", value="{person}"),))
    with pytest.raises(ToolError, match="`id`"):
        build(templated, "http://api", Inputs({"person": "1/salary"}, lambda reference: ""))


# ---------------------------------------------------------------------------------------------- what a document shows


def shown(**given: Any) -> str:
    """The separators that one parameter is known to hold."""
    name = given.pop("name", "id")
    document = Document({"openapi": "3.1.0", "paths": {}}, {})
    schema = {"type": "string", **given.pop("schema", {})}
    return find_separators(document, Parameter(name, "path", True, schema, raw=given, **_known(given))).separators


def _known(given: dict[str, Any]) -> dict[str, Any]:
    return {"description": given.get("description", "")}


@pytest.mark.parametrize(
    "given",
    [
        {"name": "filePath"},
        {"name": "path"},
        {"schema": {"pattern": "^[\\w-]+/[\\w-]+$"}},
        {"schema": {"pattern": "^(projects\\/[^/]+)$"}},
        {"schema": {"pattern": "^[a-z/]+$"}},
        {"schema": {"pattern": "^a\\x2fb$"}},
        {"schema": {"example": "owner/name"}},
        {"schema": {"examples": ["x", "2026/01/02"]}},
        {"schema": {"enum": ["a/b", "c"]}},
        {"example": "group%2Fproject"},
        {"examples": {"one": {"value": "a/b/c"}}},
        {"schema": {"format": "uri"}},
        {"description": "The repository, in the format `owner/name`."},
        {"description": "Full path of the file, relative to the root"},
        {"description": "The path to the object in the bucket."},
        {"description": "The key. May contain slashes."},
        {"description": "Repository, e.g. acme/widgets"},
        {"description": "The URL-encoded path of the project"},
        {"description": 'Date such as "2026/01/02"'},
        {"x-multi-segment": True},
        {"x-ms-skip-url-encoding": True},
    ],
    ids=str,
)
def test_evidence_for_slashes(given: dict[str, Any]) -> None:
    assert "/" in shown(**given)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"name": "person_id"},
        {"schema": {"pattern": "^[^/]+$"}},
        {"schema": {"pattern": "^(?!.*/).+$"}},
        {"schema": {"pattern": ".*"}},
        {"schema": {"pattern": "^[0-9a-f-]{36}$"}},
        {"schema": {"format": "uuid"}},
        {"schema": {"example": "ada"}},
        {"schema": {"example": "N/A"}},
        {"description": "The id of the person. Must not contain slashes."},
        {"description": "Id and/or name of the person"},
        {"description": "The id; see https://docs.example.org/ids"},
        {"description": "The id, as given by `/people`"},
        {"description": "Path parameter"},
        {"description": "Returned as `application/json`"},
    ],
    ids=str,
)
def test_no_evidence_for_slashes(given: dict[str, Any]) -> None:
    assert shown(**given) == ""


def test_other_separators() -> None:
    assert shown(schema={"example": "DOMAIN\\ada"}) == "\\"
    assert shown(description="Ids, separated by semicolons") == ";"
    assert shown(schema={"pattern": "^[a-z]+\\\\[a-z]+$"}) == "\\"
