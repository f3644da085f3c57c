"""Limits that count what a call asks of the API: one call must not stand for fifty requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.governing import FakeTarget, ask, fact, governed, settings

from adaptgen.mcp.protocol import META_REQUESTS, Context, ToolInfo
from adaptgen.model.tables import Caller
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.client import Client
from adaptgen.runtime.http.request import Request

pytestmark = pytest.mark.asyncio
ADA, EVE = Caller("ada", "bank"), Caller("eve", "bank")


class Paging(FakeTarget):
    """Each call asks the API ``text`` times; ``asked`` counts what reached it, ``failing`` answers 503 first."""

    def __init__(self, *tools: ToolInfo, failing: int = 0) -> None:
        super().__init__(*tools)
        self.asked = 0
        self.logins = 0

        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/login":
                return httpx.Response(200, stream=httpx.ByteStream(b"{}"))
            self.asked += 1
            return httpx.Response(503 if self.asked <= failing else 200, stream=httpx.ByteStream(b"{}"))

        self._client = Client(timeout=5, transport=httpx.MockTransport(answer))

    async def call(
        self, caller: Caller, tool: ToolInfo, arguments: Mapping[str, Any], context: Context
    ) -> dict[str, Any]:
        try:
            for _ in range(self.logins):
                await self._client.send(Request("POST", "https://api.example/login"), login=True)
            for page in range(int(arguments["text"])):
                method = "GET" if tool.effect == "read" else "POST"
                await self._client.send(Request(method, f"https://api.example/items?page={page}"))
        except ToolError as problem:
            return {"content": [{"type": "text", "text": problem.text}], "isError": True}
        return {"content": [{"type": "text", "text": "done"}]}

    async def aclose(self) -> None:
        await self._client.aclose()


def limited(folder: Path, **limit: Any) -> Path:
    return settings(folder, limits=[{"per": ["sub"], **limit}])


async def call(made: Any, count: int, tool: str = "read_items", caller: Caller = ADA) -> str:
    result = await ask(made, caller, "tools/call", {"name": tool, "arguments": {"text": str(count)}})
    return str(result["content"][0]["text"])


async def test_fifty_pages_are_fifty_requests(tmp_path: Path) -> None:
    target = Paging(fact("read_items"))
    async with governed(limited(tmp_path, rate="60/h", counts="requests"), target, http=True) as made:
        assert await call(made, 50) == "done"
        assert "limit of requests to the API is reached after 10 requests" in await call(made, 50)
        assert target.asked == 60
        assert "limit of calls" in await call(made, 1)
        assert target.asked == 60
        assert await call(made, 5, caller=EVE) == "done"


async def test_retries_are_requests_and_logins_are_none(tmp_path: Path) -> None:
    target = Paging(fact("read_items"), failing=1)
    target.logins = 3
    async with governed(limited(tmp_path, rate="4/h", counts="requests"), target, http=True) as made:
        assert await call(made, 3) == "done"  # one of them twice
        assert "limit" in await call(made, 1)


async def test_a_change_is_not_cut_in_half_and_the_next_one_waits(tmp_path: Path) -> None:
    target = Paging(fact("write_items", effect="write"))
    async with governed(limited(tmp_path, rate="3/h", counts="requests"), target, http=True) as made:
        assert await call(made, 8, "write_items") == "done"
        assert target.asked == 8
        assert "limit of calls is reached" in await call(made, 1, "write_items")
        assert target.asked == 8


async def test_a_limit_of_calls_counts_calls_as_before(tmp_path: Path) -> None:
    target = Paging(fact("read_items"))
    async with governed(limited(tmp_path, rate="2/h"), target, http=True) as made:
        assert await call(made, 50) == "done"
        assert await call(made, 50) == "done"
        assert "limit of calls" in await call(made, 1)


async def test_both_hold_side_by_side(tmp_path: Path) -> None:
    target = Paging(fact("read_items"))
    both = [{"per": ["sub"], "rate": "10/h"}, {"per": ["tenant"], "rate": "30/h", "counts": "requests"}]
    async with governed(settings(tmp_path, limits=both), target, http=True) as made:
        assert await call(made, 20) == "done"
        assert await call(made, 9, caller=EVE) == "done"
        assert await call(made, 1) == "done"
        assert "limit" in await call(made, 1, caller=EVE)


async def test_a_proxy_counts_what_our_server_asked(tmp_path: Path) -> None:
    counted = {"content": [{"type": "text", "text": "done"}], "_meta": {META_REQUESTS: 40}}
    target = FakeTarget(fact("read_items"), fact("read_theirs", trusted=False),
                        answers={"read_items": counted, "read_theirs": counted})  # fmt: skip
    async with governed(limited(tmp_path, rate="30/h", counts="requests"), target, http=True) as made:
        for _ in range(3):
            assert await call(made, 1, "read_theirs") == "done", "a stranger's word does not count"
        result = await ask(made, ADA, "tools/call", {"name": "read_items", "arguments": {"text": "1"}})
        assert META_REQUESTS not in json.dumps(result)
        assert "limit" in await call(made, 1)
