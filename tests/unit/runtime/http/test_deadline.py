"""Where the platform ends a call at a fixed time, no request to the API and no retry goes on beyond it."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest

from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.core.call_context import until
from adaptgen.runtime.http.client import Client
from adaptgen.runtime.http.request import Request


class Api(httpx.AsyncBaseTransport):
    """Never answers, or asks to come back in a second."""

    def __init__(self, *, silent: bool) -> None:
        self.silent = silent
        self.asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.silent:
            await asyncio.Event().wait()
        return httpx.Response(503, headers={"retry-after": "1"}, stream=httpx.ByteStream(b"{}"))


async def send(api: Api, seconds: float) -> int:
    """The status of one request with so many seconds to the end."""
    client = Client(timeout=30.0, transport=api)
    until.set(time.monotonic() + seconds)
    try:
        return (await client.send(Request("GET", "https://api.example/things"))).status
    finally:
        await client.aclose()


def test_a_silent_api_is_given_up_in_time() -> None:
    began = time.monotonic()
    with pytest.raises(ToolError, match=r"did not finish its answer within 0\.2 s"):
        asyncio.run(send(Api(silent=True), 0.2))
    assert time.monotonic() - began < 10


def test_what_has_no_time_left_is_not_sent() -> None:
    api = Api(silent=True)
    with pytest.raises(ToolError):
        asyncio.run(send(api, -1.0))
    assert api.asked == 0
