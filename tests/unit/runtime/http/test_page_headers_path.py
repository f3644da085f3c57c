"""Paging in headers and in the address: every record exactly once, and nothing that a header must not hold."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adaptgen.model.tables import Base, Call, Cursor, NextUrl, Offset, PageNumber, Param, Server, Tool
from adaptgen.runtime import LOCAL, Engine
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.page_parameters import PageParameters
from adaptgen.runtime.http.request import Inputs, build

PATH = {"place": "path", "items": "$.things"}
HEADER = {"place": "header", "items": "$.things"}
KINDS: dict[str, tuple[Any, str, tuple[Param, ...]]] = {
    "token both ways": (
        Cursor(cursor="X-Next-Token", next="header:X-Next-Token", limit="X-Limit", **HEADER), "/find", ()),
    "token for news": (
        Cursor(cursor="X-Next-Token", next="header:X-Next-Token", limit="X-Limit", **HEADER), "/find", ()),
    "token of the body": (Cursor(cursor="X-Next-Token", next="$.next", limit="X-Limit", **HEADER), "/find", ()),
    "size in the query": (
        Cursor(cursor="X-Next-Token", next="header:X-Next-Token", limit="size", size_in_query=True, **HEADER),
        "/find", ()),
    "offset header": (Offset(offset="X-Offset", limit="X-Limit", **HEADER), "/find", ()),
    "URL, size in a header": (NextUrl(next="$.url", limit="X-Limit", **HEADER), "/find", ()),
    "page": (PageNumber(page="page", size="size", size_in_query=True, **PATH), "/find/page/{page}",
             (Param("page", value=1),)),
    "guessed from 0": (PageNumber(page="page", size="size", size_in_query=True, guessed=True, **PATH),
                       "/find/page/{page}", (Param("page", value=1),)),
    "guessed from 1": (PageNumber(page="page", size="size", size_in_query=True, guessed=True, **PATH),
                       "/find/page/{page}", (Param("page", value=1),)),
    "offset": (Offset(offset="from", limit="size", **PATH), "/find/{from}/{size}",
               (Param("from", value=0), Param("size", value=20))),
}  # fmt: skip


class Things:
    """An API whose list is asked for in one way; it gives at most ``clamp`` items."""

    def __init__(self, kind: str, count: int, clamp: int) -> None:
        self.kind, self.clamp, self.asked = kind, clamp, 0
        self.items = [{"id": n, "name": "x" * (n % 7 * 30)} for n in range(count)]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        query = dict(parse_qsl(urlsplit(str(request.url)).query))
        parts = request.url.path.split("/")[2:]
        assert query.pop("q") == "Ada"
        first = 0 if self.kind == "guessed from 0" else 1
        size = int(query.pop("size") if "size" in query else request.headers["x-limit"] if not parts else parts[1])
        size = min(size, self.clamp)
        match self.kind:
            case "offset":
                at = int(parts[0])
            case "page" | "guessed from 0" | "guessed from 1":
                if int(parts[1]) < first:
                    return httpx.Response(404, stream=httpx.ByteStream(b""))
                at = (int(parts[1]) - first) * size
            case "offset header":
                at = int(request.headers["x-offset"])
            case "URL, size in a header":
                at = int(query.pop("at", "0"))
            case _:
                at = int(request.headers.get("x-next-token", "t0 =")[1:-2])
        assert not query
        if self.kind == "token for news" and at >= len(self.items):
            return httpx.Response(304, stream=httpx.ByteStream(b""))
        goes_on, token = at + size < len(self.items), f"t{at + size} ="
        body: dict[str, Any] = {"things": self.items[at : at + size]}
        headers = {"content-type": "application/json"}
        if goes_on and self.kind == "token of the body":
            body["next"] = token
        elif goes_on and self.kind == "URL, size in a header":
            body["url"] = f"/find?q=Ada&at={at + size}"
        elif goes_on or self.kind == "token for news":
            headers["x-next-token"] = token
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(json.dumps(body).encode()))


async def read_all(things: Things, folder: Path, **sizes: int) -> list[Any]:
    """Every answer of the list."""
    page, path, rows = KINDS[things.kind]
    call = Call("GET", path, path_params=rows, query=(Param("q"),))
    tool = Tool(name="find", call=call, page=page, view=("id", "name"))
    schema = {"type": "object", "properties": {key: {} for key in ("q", "cursor", "limit", "fields")}}
    contract = {"find": {"description": "", "inputSchema": schema, "annotations": {}}}
    (folder / "all.json").write_text(json.dumps(contract))
    server = Server(
        name="things", bases=(Base(url="http://api.test"),), tools=(tool,), contracts=folder, **sizes  # type: ignore[arg-type]
    )  # fmt: skip
    engine = Engine(server, environ={}, cursor_key=b"k" * 32, transport=httpx.MockTransport(things))
    answers: list[Any] = []
    more: dict[str, Any] = {}
    try:
        while not answers or more:
            assert len(answers) < 200, "the list never ends"
            answer = await engine.call(LOCAL, "find", {"q": "Ada", **more})
            assert not answer.is_error, answer.content
            answers.append(json.loads(answer.content[0].text))  # type: ignore[union-attr]
            more = {"cursor": answers[-1]["next_cursor"]} if "next_cursor" in answers[-1] else {}
    finally:
        await engine.aclose()
    return answers


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    kind=st.sampled_from(list(KINDS)),
    count=st.integers(0, 30),
    clamp=st.integers(1, 30),
    page_size=st.integers(1, 20),
    max_bytes=st.integers(400, 2000),
)
def test_every_record_exactly_once(
    tmp_path_factory: Any, kind: str, count: int, clamp: int, page_size: int, max_bytes: int
) -> None:
    things, folder = Things(kind, count, clamp), tmp_path_factory.mktemp("contracts")
    answers = asyncio.run(read_all(things, folder, page_size=page_size, max_bytes=max_bytes))
    assert [row[0] for answer in answers for row in answer["items"]] == list(range(count))


@pytest.mark.parametrize("kind", list(KINDS))
def test_all_of_a_list(tmp_path: Path, kind: str) -> None:
    answers = asyncio.run(read_all(Things(kind, 25, 10), tmp_path, page_size=10))
    assert [row[0] for answer in answers for row in answer["items"]] == list(range(25))
    assert len(answers) == 3


def test_where_pages_in_the_address_begin_is_looked_for_once(tmp_path: Path) -> None:
    """One request for page 0, which there is not."""
    known, guessed = Things("page", 25, 10), Things("guessed from 1", 25, 10)
    for things in (known, guessed):
        asyncio.run(read_all(things, tmp_path, page_size=10))
    assert guessed.asked == known.asked + 1


def request(page: Any, values: dict[str, Any], **arguments: Any) -> Any:
    call = Call("GET", "/find", query=(Param("size"),), headers=(Param("x-TOKEN", value="own"),))
    return build(call, "http://api.test", Inputs(arguments, lambda reference: ""), placed=PageParameters(page, values))


def test_a_value_of_paging_takes_the_place_of_another() -> None:
    page = Cursor(cursor="X-Token", next="$.next", limit="size", size_in_query=True, place="header")
    made = request(page, {"X-Token": "t5", "size": 7}, size=1)
    assert made.url == "http://api.test/find?size=7"
    assert {name: text for name, text in made.headers.items() if name.lower() == "x-token"} == {"X-Token": "t5"}


@pytest.mark.parametrize("token", ["t5\r\nX-Admin: 1", "t5\n", "té", "t\x00"])
def test_a_token_cannot_add_a_header(token: str) -> None:
    with pytest.raises(ToolError, match=r"`X-Token`\) contains .*printable ASCII only"):
        request(Cursor(cursor="X-Token", next="$.next", place="header"), {"X-Token": token})
