"""Toolsets: ``/mcp/<tag>`` and ``?effect=read``, in both eras, behind authentication, and what is not there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.governing import FakeTarget, fact, governed, settings
from support.wire import MODERN, Client, FakeDesk, request, said

from adaptgen.mcp.protocol import Challenge, Context
from adaptgen.model.tables import Caller
from adaptgen.tool_search import Part, Wanted, slug
from adaptgen.tool_search.menu import Menu
from adaptgen.tool_search.toolsets import asked
from adaptgen.transports.aws_lambda import event as events
from adaptgen.transports.streamable_http import HttpAnswer, HttpRequest, StreamableHttpServer

from .conftest import ADA, EVE, GUESTS, ask, call, listed, menu, text

VERSIONS = ("2025-11-25", MODERN)


class At(Client):
    """A client of another path of the server."""

    def __init__(self, kernel: StreamableHttpServer, version: str, path: str, query: str = "", **headers: str) -> None:
        super().__init__(kernel, version, **headers)
        self.path, self.query = path, query
        self.send_to = kernel.handle
        kernel_handle = kernel.handle

        async def handle(given: HttpRequest) -> HttpAnswer:
            return await kernel_handle(replace(given, path=path, query=query))

        self.kernel = _Moved(handle)  # type: ignore[assignment]


class _Moved:
    def __init__(self, handle: Any) -> None:
        self.handle = handle


def names(path: Path, target: FakeTarget, url: str, query: str = "", version: str = MODERN) -> Any:
    """The names in the list at ``url``, or the status where there is none."""

    async def whole() -> Any:
        async with governed(path, target, http=True) as made:
            desk = menu(made)
            assert isinstance(desk, Menu)
            desk.authenticate = _known(desk)  # type: ignore[method-assign]
            answer = await At(StreamableHttpServer(desk), version, url, query).ask("tools/list")
            if answer.status != 200:
                return answer.status, answer.body
            return [tool["name"] for tool in said(answer)["result"]["tools"]]

    return asyncio.run(whole())


def _known(desk: Menu, caller: Caller = ADA) -> Any:
    """The menu's own authentication of a caller whom the inner desk knows already."""
    inner = desk._handler

    async def inside(headers: Mapping[str, str], context: Context) -> Caller:
        return caller

    inner.authenticate = inside  # type: ignore[method-assign]
    return Menu.authenticate.__get__(desk)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_tag_is_a_path(tmp_path: Path, many: FakeTarget, version: str) -> None:
    assert names(settings(tmp_path), many, "/mcp/notes", version=version) == ["get_note", "create_note", "delete_note"]


@pytest.mark.parametrize(
    ("url", "query", "wanted"),
    [
        ("/mcp/notes", "effect=read", ["get_note"]),
        ("/mcp/notes", "effect=write", ["create_note", "delete_note"]),
        ("/mcp/daily-work", "", ["create_note"]),
        ("/mcp/Daily%20Work/", "", ["create_note"]),
        ("/mcp", "effect=read", ["get_note"]),
        ("/mcp/notes", "utm=1", ["get_note", "create_note", "delete_note"]),
    ],
)
def test_parts_are_what_the_url_says(tmp_path: Path, many: FakeTarget, url: str, query: str, wanted: list[str]) -> None:
    assert names(settings(tmp_path), many, url, query) == wanted


@pytest.mark.parametrize(
    ("url", "query"),
    [("/mcp/nothing", ""), ("/mcp/notes/more", ""), ("/mcp/notes%2Fmore", ""), ("/mcp", "effect=all"), ("/mcpx", "")],
)
def test_what_is_no_part_is_not_found(tmp_path: Path, many: FakeTarget, url: str, query: str) -> None:
    status, body = names(settings(tmp_path), many, url, query)
    assert status == 404
    assert b"note" not in body


def test_a_toolset_of_which_a_caller_sees_nothing_is_one_that_does_not_exist(tmp_path: Path, many: FakeTarget) -> None:
    async def refusals() -> list[tuple[int, str, str]]:
        found = []
        async with governed(settings(tmp_path, GUESTS), many, http=True) as made:
            desk = menu(made)
            assert isinstance(desk, Menu)
            authenticate = _known(desk, EVE)
            for tag in ("daily-work", "nothing"):
                context = Context(request_id="1")
                context.tag = tag
                with pytest.raises(Challenge) as refused:
                    await authenticate({}, context)
                found.append((refused.value.status, refused.value.header, refused.value.text))
        return found

    hidden, absent = asyncio.run(refusals())
    assert hidden == absent == (404, "", "Not found")


def test_whoever_is_not_authenticated_learns_of_no_toolset() -> None:
    """401 comes before 404, with the metadata of the one resource that all parts belong to (RFC 9728)."""

    async def whole() -> list[Any]:
        locked: Any = FakeDesk(locked=True)
        kernel = StreamableHttpServer(
            Menu(locked, lambda: {"echo": fact("echo", tags=("Notes",))}, lambda: Wanted("list"))
        )
        answers = [await At(kernel, MODERN, f"/mcp/{tag}").ask("tools/list") for tag in ("notes", "nothing")]
        found: list[Any] = [(answer.status, answer.headers["www-authenticate"], answer.body) for answer in answers]
        document = await kernel.handle(request("GET", "/.well-known/oauth-protected-resource/mcp/notes"))
        return [*found, said(document)["resource"]]

    first, second, resource = asyncio.run(whole())
    assert first == second
    assert first[0] == 401
    assert resource == "https://x.example/mcp"


def test_a_tool_outside_of_the_toolset_is_not_there(tmp_path: Path, many: FakeTarget) -> None:
    async def session() -> list[str]:
        async with governed(settings(tmp_path), many, http=True) as made:
            desk = menu(made)
            reading = Part("notes", "read")
            return [
                text(await call(desk, ADA, "create_note", {}, part=reading)),
                text(await call(desk, ADA, "read_note", {}, part=reading)),
            ]

    assert asyncio.run(session()) == ["There is no tool `create_note`; did you mean `get_note`?", "done"]
    assert [tool for _, tool, _ in many.calls] == ["get_note"]


def test_a_large_toolset_is_searched_within_itself(tmp_path: Path, many: FakeTarget) -> None:
    async def session() -> tuple[list[str], str, str, list[str]]:
        async with governed(settings(tmp_path, surface="search"), many, http=True) as made:
            desk = menu(made)
            part = Part("many")
            hits = text(await call(desk, ADA, "search_tools", {"query": "delete a note"}, part=part))
            other = text(await call(desk, ADA, "call_write_tool", {"name": "delete_note"}, part=part))
            reading = await listed(desk, ADA, part=Part("notes", "read"))
            return await listed(desk, ADA, part=part), hits, other, reading

    found, hits, other, reading = asyncio.run(session())
    assert found == ["search_tools", "describe_tool", "call_read_tool", "call_write_tool"]
    assert "delete_note" not in hits
    assert other.startswith("There is no tool `delete_note`")
    assert reading == ["search_tools", "describe_tool", "call_read_tool"]
    assert many.calls == []


def test_slugs() -> None:
    assert [slug(one) for one in ("Code Scanning", "core_v1", "Çalışma/İş", "  ", "a--b")] == [
        "code-scanning", "core-v1", "calısma-is", "", "a-b",
    ]  # fmt: skip


def test_other_endpoints_have_parts_too() -> None:
    assert asked("/crm/mcp/a-b", "", "/crm/mcp") == Part("a-b")
    assert asked("/mcp", "effect=read&effect=write", "/mcp") is None


@pytest.mark.parametrize(
    "event",
    [
        {"version": "2.0", "rawPath": "/prod/mcp/notes", "rawQueryString": "effect=read",
         "requestContext": {"http": {"method": "POST"}, "stage": "prod"}},
        {"httpMethod": "POST", "path": "/mcp/notes", "requestContext": {"stage": "prod"},
         "multiValueQueryStringParameters": {"effect": ["read"]}},
        {"httpMethod": "POST", "path": "/mcp/notes", "requestContext": {"stage": "mcp"},
         "queryStringParameters": {"effect": "read"}},
    ],
)  # fmt: skip
def test_events_of_lambda_name_parts(event: dict[str, Any]) -> None:
    http = events.read(event, 10).http
    assert asked(http.path, http.query, "/mcp") == Part("notes", "read")


def test_a_stage_that_is_called_like_the_endpoint_is_still_a_stage() -> None:
    event = {"version": "2.0", "rawPath": "/mcp/mcp", "requestContext": {"http": {"method": "POST"}, "stage": "mcp"}}
    assert events.read(event, 10).http.path == "/mcp"


def test_the_list_of_a_part_is_kept(tmp_path: Path, many: FakeTarget) -> None:
    async def session() -> bool:
        async with governed(settings(tmp_path), many, http=True) as made:
            desk = menu(made)
            part = Part("notes")
            return await ask(desk, ADA, "tools/list", part=part) is await ask(desk, ADA, "tools/list", part=part)

    assert asyncio.run(session())


def test_looking_for_a_toolset_leaves_no_trace_in_the_request(many: FakeTarget, tmp_path: Path) -> None:
    """The pipeline puts the span of a list into ``_meta``; the call that follows must not become its child."""

    async def session() -> tuple[Any, Any]:
        async with governed(settings(tmp_path), many, http=True) as made:
            desk = menu(made)
            assert isinstance(desk, Menu)
            context = Context(request_id="1", meta={"a": 1, "dev.adaptgen/x": 2})
            context.tag = "notes"
            await _known(desk)({}, context)
            return context.meta, context.params

    assert asyncio.run(session()) == ({"a": 1, "dev.adaptgen/x": 2}, {})
