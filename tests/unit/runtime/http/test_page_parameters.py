"""Paging in a body, or inside one parameter: every record exactly once, and what the agent says is sent beside it."""

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

from adaptgen.model.tables import Base, Body, Call, Cursor, NextUrl, Offset, PageNumber, Param, Server, Tool
from adaptgen.runtime import LOCAL, Engine
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.page_parameters import PageParameters
from adaptgen.runtime.http.request import Inputs, build

Api = Any
FORM = "application/x-www-form-urlencoded"
PLACES = ("body", "nested", "whole", "form", "json query", "text query", "brackets", "header", "text in the body")
BESIDE = ("json query", "text query", "brackets", "header")
STYLES = ("offset", "page", "cursor", "list cursor", "next_url")


class Things:
    """An API whose list is asked for in one ``place``; ``asked`` are its values of paging, as they came."""

    def __init__(self, place: str, style: str, count: int, clamp: int, total: bool) -> None:
        self.place, self.style, self.clamp, self.total = place, style, clamp, total
        self.items = [{"id": n, "name": "x" * (n % 7 * 30)} for n in range(count)]
        self.asked: list[dict[str, Any]] = []

    def tool(self) -> Tool:
        where: dict[str, Any] = {
            "nested": {"place": "body"}, "json query": {"inside": "filter"}, "text query": {"inside": "filter"},
            "brackets": {"inside": "filter"}, "header": {"inside": "x-filter"},
            "text in the body": {"place": "body", "inside": "filter"},
        }.get(self.place, {"place": "body"})  # fmt: skip
        under = "paging." if self.place == "nested" else ""
        more: dict[str, Any] = {"items": "$.things", "total": "$.total" if self.total else None, **where}
        limit = f"{under}limit"
        page: Any = {
            "offset": lambda: Offset(offset=f"{under}offset", limit=limit, **more),
            "page": lambda: PageNumber(page=f"{under}page", size=limit, **more),
            "cursor": lambda: Cursor(cursor=f"{under}after", next="$.next", limit=limit, **more),
            "list cursor": lambda: Cursor(cursor=f"{under}after", next="$.next", limit=limit, **more),
            "next_url": lambda: NextUrl(next="$.next", limit=limit, **more),
        }[self.style]()
        q = Param("q")
        call: dict[str, Any] = {
            "body": {"body": Body(params=(q,))},
            "nested": {"body": Body(params=(q, Param("paging")))},
            "whole": {"body": Body(whole=Param("data"))},
            "form": {"body": Body(media=FORM, params=(q,))},
            "json query": {"query": (Param("filter", encode="json"),)},
            "text query": {"query": (Param("filter"),)},
            "brackets": {"query": (Param("filter", style="deepObject"),)},
            "header": {"headers": (Param("X-Filter", arg="filter", encode="json"),)},
            "text in the body": {"body": Body(params=(Param("filter", encode="json"),))},
        }[self.place]
        return Tool(name="find", call=Call("POST", "/find", **call), page=page, view=("id", "name"))

    def arguments(self) -> dict[str, Any]:
        match self.place:
            case "whole":
                return {"data": {"q": "Ada & co"}}
            case "nested":
                return {"q": "Ada & co", "paging": {"mode": "all", "limit": 1}}
            case "body" | "form":
                return {"q": "Ada & co"}
            case "text query":
                return {"filter": json.dumps({"q": "Ada & co"})}
            case _:
                return {"filter": {"q": "Ada & co"}}

    def values(self, request: Any) -> dict[str, Any]:
        """What one request asks for, wherever it stands."""
        query = dict(parse_qsl(urlsplit(request.target).query))
        match self.place:
            case "body" | "whole":
                found = request.json()
            case "nested":
                body = request.json()
                assert body["paging"].pop("mode") == "all"
                found = {"q": body["q"], **body["paging"]}
            case "form":
                assert request.headers["content-type"] == FORM
                found = {name: _number(value) for name, value in parse_qsl(request.body.decode())}
            case "json query" | "text query":
                found = json.loads(query["filter"])
            case "brackets":
                found = {name[7:-1]: _number(value) for name, value in query.items() if name.startswith("filter[")}
            case "header":
                found = json.loads(request.headers["x-filter"])
            case _:
                found = json.loads(request.json()["filter"])
        assert found.pop("q") == "Ada & co"
        self.asked.append(dict(found))
        return {**found, **({"after": f"t{query['at']}"} if "at" in query else {})}

    def answer(self, request: Any) -> Any:
        asked = self.values(request)
        assert type(asked["limit"]) is int
        size = min(asked["limit"], self.clamp)
        token = asked.get("after", "t0")
        if self.style == "list cursor":
            token = "t0" if "after" not in asked else f"t{asked['after'][0]}"
            assert "after" not in asked or asked["after"][1] == {"tie": "k"}
        at = {"offset": asked.get("offset"), "page": (asked.get("page", 1) - 1) * size}.get(self.style, int(token[1:]))
        body: dict[str, Any] = {"things": self.items[at : at + size]}
        if self.total:
            body["total"] = len(self.items)
        goes_on = at + size < len(self.items)
        following: Any = {"list cursor": [at + size, {"tie": "k"}], "next_url": f"/find?at={at + size}"}
        body["next"] = following.get(self.style, f"t{at + size}") if goes_on else None
        return body


def _number(text: str) -> Any:
    return int(text) if text.isdecimal() else text


class Sent:
    """A request in process, in the form of one that came over the wire."""

    def __init__(self, sent: httpx.Request) -> None:
        self.target, self.headers, self.body = sent.url.raw_path.decode(), sent.headers, sent.content

    def json(self) -> Any:
        return json.loads(self.body)


async def read_all(things: Things, folder: Path, url: str, transport: Any, **sizes: int) -> list[Any]:
    """Every answer of the list, by ``transport`` or (None) over the network."""
    names = things.arguments()
    ours = ("cursor", "limit", "fields")
    schema = {"type": "object", "properties": {key: {} for key in (*names, *ours)}, "additionalProperties": False}
    contract = {"find": {"description": "", "inputSchema": schema, "annotations": {}}}
    (folder / "all.json").write_text(json.dumps(contract))
    server = Server(name="things", bases=(Base(url=url),), tools=(things.tool(),), contracts=folder, **sizes)  # type: ignore[arg-type]
    engine = Engine(server, environ={}, cursor_key=b"k" * 32, transport=transport)
    answers: list[Any] = []
    more: dict[str, Any] = {}
    try:
        while not answers or more:
            assert len(answers) < 200, "the list never ends"
            answer = await engine.call(LOCAL, "find", {**names, **more})
            assert not answer.is_error, answer.content
            answers.append(json.loads(answer.content[0].text))  # type: ignore[union-attr]
            more = {"cursor": answers[-1]["next_cursor"]} if "next_cursor" in answers[-1] else {}
    finally:
        await engine.aclose()
    return answers


def given_ids(answers: list[Any]) -> list[int]:
    return [row[0] for answer in answers for row in answer["items"]]


@pytest.mark.asyncio
@pytest.mark.parametrize("place", PLACES)
async def test_over_the_wire(api: Api, reply: Any, tmp_path: Path, place: str) -> None:
    things = Things(place, "offset", 12, 5, True)
    api.handler = lambda request: reply(200, things.answer(request))
    answers = await read_all(things, tmp_path, api.url, None, page_size=4)
    assert given_ids(answers) == list(range(12))
    assert {"offset", "limit"} <= things.asked[-1].keys()


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    place=st.sampled_from(PLACES),
    style=st.sampled_from(STYLES),
    count=st.integers(0, 30),
    clamp=st.integers(1, 30),
    total=st.booleans(),
    page_size=st.integers(1, 20),
    max_bytes=st.integers(400, 2000),
)
def test_every_record_exactly_once(
    tmp_path_factory: Any, place: str, style: str, count: int, clamp: int, total: bool,
    page_size: int, max_bytes: int,
) -> None:  # fmt: skip
    if place in ("form", "brackets") and style == "list cursor":
        style = "cursor"  # these carry text only
    if place in BESIDE and style == "next_url":
        place = "body"  # such a URL says everything itself
    things, folder = Things(place, style, count, clamp, total), tmp_path_factory.mktemp("contracts")

    def answer(sent: httpx.Request) -> httpx.Response:
        stream = httpx.ByteStream(json.dumps(things.answer(Sent(sent))).encode())
        return httpx.Response(200, headers={"content-type": "application/json"}, stream=stream)

    transport = httpx.MockTransport(answer)

    answers = asyncio.run(
        read_all(things, folder, "http://api.test", transport, page_size=page_size, max_bytes=max_bytes)
    )
    assert given_ids(answers) == list(range(count))
    assert all(len(answer["items"]) <= page_size for answer in answers)
    assert all(answer["total"] == count for answer in answers if "total" in answer)


def request(call: Call, page: Any, values: dict[str, Any], **arguments: Any) -> Any:
    made = Inputs(arguments, lambda reference: "")
    return build(call, "http://api.test", made, placed=PageParameters(page, values))


@pytest.mark.parametrize(
    ("body", "page", "sent"),
    [
        (None, Offset(offset="offset", place="body"), {"offset": 5}),
        (Body(inside="search", params=(Param("q"),)), Offset(offset="search.from", place="body"),
         {"search": {"q": "x", "from": 5}}),
        (Body(params=(Param("q"),)), Offset(offset='["$skip"]', place="body"), {"q": "x", "$skip": 5}),
        (Body(params=(Param("q"),)), Offset(offset="offset", place="body", inside="page"),
         {"q": "x", "page": {"offset": 5}}),
    ],
)  # fmt: skip
def test_bodies(body: Body | None, page: Offset, sent: Any) -> None:
    made = request(Call("POST", "/find", body=body), page, {page.offset: 5}, q="x")
    assert json.loads(made.content) == sent
    assert made.headers["content-type"] == "application/json"


def test_a_parameter_that_the_document_does_not_have_is_json_text() -> None:
    made = request(Call("GET", "/find"), Offset(offset="skip", inside="q"), {"skip": 5})
    assert made.url == "http://api.test/find?q=%7B%22skip%22%3A5%7D"


@pytest.mark.parametrize(
    ("call", "place", "value", "said"),
    [
        (Call("POST", "/find", body=Body(whole=Param("data"))), {"place": "body"}, ["x"], "`data` must be an object"),
        (Call("GET", "/find", query=(Param("data"),)), {"inside": "data"}, "x=1", "`data` must be the JSON text"),
        (Call("GET", "/find", query=(Param("data", encode="json"),)), {"inside": "data"}, 5, "`data` must be an obj"),
    ],
)
def test_what_cannot_take_a_place_in_the_list_is_refused(call: Call, place: Any, value: Any, said: str) -> None:
    with pytest.raises(ToolError, match=said):
        request(call, Offset(offset="o", **place), {"o": 5}, data=value)
