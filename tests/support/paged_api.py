"""A fake API, in process, that pages in every style and has every bad habit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson
import pytest

from adaptgen.model.tables import Cursor, Link, NextHeader, NextUrl, Offset, PageNumber, Paging, Tool, Unpaged
from adaptgen.runtime.answers.list import ListCall, answer_list
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.paging.cursor import CursorBox

ORIGIN = "http://api.test"


def reply(body: Any, **more: Any) -> Response:
    """An answer of the API; ``body`` as bytes, or as what becomes JSON."""
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    given = {"status": 200, "headers": {}, "url": f"{ORIGIN}/things", "media_type": "application/json", **more}
    return Response(content=content, **given)


@dataclass
class FakeApi:
    """``clamp``: no page is longer; ``least``: none is shorter, whatever is asked for; ``total``: "true",
    "none" or "page" (the size of the page, which is a lie).

    ``ignores``: the page parameter does nothing. ``beyond``: the status for a page after the last one.
    """

    items: list[Any]
    style: str = "offset"
    clamp: int = 1000
    least: int = 1
    default: int = 20
    total: str = "true"
    sized: bool = True
    ignores: bool = False
    beyond: int = 200
    first: int = 1
    single_use: bool = False
    requests: list[dict[str, Any]] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    @property
    def paging(self) -> Paging:
        limit = "limit" if self.sized else None
        total = None if self.total == "none" else "$.total"
        items = "$.things"
        match self.style:
            case "offset":
                return Offset(offset="offset", limit=limit, items=items, total=total)
            case "page":
                return PageNumber(page="page", size=limit, first=self.first, items=items, total=total)
            case "cursor":
                return Cursor(
                    cursor="after", next="$.next", limit=limit, items=items, total=total, single_use=self.single_use
                )
            case "cursor-header":
                return Cursor(cursor="after", next="header:X-Next", limit=limit, items=items, total=total)
            case "link":
                return Link(limit=limit, items=items, total=total)
            case "next-header":
                return NextHeader(header="Next-Page", limit=limit, items=items, total=total)
            case "next-url" | "next-url-offset" | "next-url-page":
                return NextUrl(next="$.next", limit=limit, items=items, total=total)
            case _:
                return Unpaged(items=items, total=total)

    async def __call__(self, query: Mapping[str, Any] = {}, url: str | None = None) -> Response:
        asked: dict[str, Any] = dict(query)
        if url is not None:
            assert url.startswith("/things")
            asked |= dict(parse_qsl(urlsplit(url).query))
        self.requests.append(asked)
        wanted = int(asked.get("limit", self.default)) if self.sized else self.default
        size = max(self.least, min(wanted, self.clamp))
        if self.style == "none":
            size, at = len(self.items), 0
        elif self.ignores:
            at = 0
        elif self.style in ("page", "next-url-page"):
            at = (int(asked.get("page", self.first)) - self.first) * size
        elif self.style in ("offset", "next-url-offset"):
            at = int(asked.get("offset", 0))
        else:
            token = str(asked.get("after", "t0"))
            if self.single_use and token != "t0":
                assert token not in self.used, f"{token} is used twice"
                self.used.add(token)
            at = int(token[1:])
        page = self.items[at : at + size]
        if not page and at and self.beyond != 200:
            raise ToolError("no such page", status=self.beyond)
        body: dict[str, Any] = {"things": page}
        if self.total != "none":
            body["total"] = len(self.items) if self.total == "true" else len(page)
        headers: dict[str, str] = {}
        following = None if at + size >= len(self.items) else f"t{at + size}"
        target = f"/things?{urlencode({'after': following, 'limit': wanted})}" if following else None
        match self.style:
            case "cursor":
                body["next"] = following
            case "cursor-header" if following:
                headers["x-next"] = following
            case "link" if target:
                headers["link"] = f'<{ORIGIN}/x>; rel="prev", <{target}>; rel="next"'
            case "next-header" if target:
                headers["next-page"] = ORIGIN + target
            case "next-url":
                body["next"] = target
            case "next-url-offset":
                body["next"] = target and f"/things?limit={size}&offset={at + size}"
            case "next-url-page":
                body["next"] = target and f"{ORIGIN}/things?limit={size}&page={at // size + 1 + self.first}"
        return reply(body, headers=headers)


@dataclass
class Agent:
    """Calls one list tool over a fake API until its list ends."""

    api: FakeApi
    box: CursorBox = field(default_factory=lambda: CursorBox(b"k" * 32))
    view: tuple[str, ...] | None = ("id", "name")
    page_size: int = 25
    max_bytes: int = 9000
    arguments: dict[str, Any] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)

    def call(self, cursor: str | None = None, limit: int | None = None, fields: list[str] | None = None) -> Any:
        tool = Tool(name="find_things", page=self.api.paging, view=self.view, **self.more)
        answer = asyncio.run(
            answer_list(
                tool,
                self.api,
                ListCall(
                    arguments=self.arguments,
                    limit=limit,
                    fields=fields,
                    cursor=cursor,
                    box=self.box,
                    caller="local",
                    contract_hash="c1",
                    page_size=self.page_size,
                    max_bytes=self.max_bytes,
                ),
            )
        )
        (block,) = answer.content
        self.texts.append(block.text)  # type: ignore[union-attr]
        return orjson.loads(block.text)  # type: ignore[union-attr]

    def walk(self, turns: int = 400, limit: int | None = None) -> list[Any]:
        """Every answer from the first to the last."""
        answers = [self.call(limit=limit)]
        while "next_cursor" in answers[-1]:
            assert len(answers) < turns, "the list never ends"
            answers.append(self.call(answers[-1]["next_cursor"]))
        return answers


def ids(answers: list[Any]) -> list[Any]:
    """The identities of all items given, by column or by object."""
    found = []
    for answer in answers:
        for item in answer["items"]:
            found.append(item[answer["fields"].index("id")] if "fields" in answer else item["id"])
    return found


@pytest.fixture(scope="session")
def kit() -> Any:
    """The fake API and what goes with it."""

    class Kit:
        Api = FakeApi
        Agent = Agent
        reply = staticmethod(reply)
        ids = staticmethod(ids)

    return Kit
