"""What is left to answer when the client closes stdin."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import mcp_types as types
import pytest
from mcp.shared._context_streams import create_context_streams
from mcp.shared.message import SessionMessage

from adaptgen.transports.serve import PendingRequests, Reading, Writing

pytestmark = pytest.mark.asyncio

LIST = types.JSONRPCRequest(jsonrpc="2.0", id=2, method="tools/list")
CANCELLED = types.JSONRPCNotification(jsonrpc="2.0", method="notifications/cancelled", params={"requestId": 2})
ANSWER = types.JSONRPCResponse(jsonrpc="2.0", id=2, result={})
ASKS = types.JSONRPCRequest(jsonrpc="2.0", id=2, method="roots/list")
"""A request of the server: its id says nothing of those of the client."""


async def read(*messages: Any, answer: Any = None) -> list[str]:
    """What happens, in its order, when ``messages`` come, stdin ends, and ``answer`` leaves afterwards."""
    pending, order = PendingRequests(), []
    to_server, from_client = create_context_streams[Any](10)
    to_client, seen = create_context_streams[Any](10)
    for one in messages:
        await to_server.send(SessionMessage(one))
    await to_server.aclose()

    async def serve() -> None:
        async with Reading(from_client, pending) as reading:
            async for _ in reading:
                order.append("message")
        order.append("end")

    serving = asyncio.create_task(serve())
    await anyio.wait_all_tasks_blocked()
    if answer is not None:
        order.append("answer")
        await Writing(to_client, pending).send(SessionMessage(answer))
        for _ in range(20):
            await asyncio.sleep(0)  # each lets every task go on that can
    if not serving.done():
        order.append("waits")
        serving.cancel()
    await seen.aclose()
    await to_client.aclose()
    return order


async def test_a_request_is_answered_before_the_end() -> None:
    assert await read(LIST, answer=ANSWER) == ["message", "answer", "end"]


async def test_a_question_of_the_server_is_no_answer() -> None:
    assert await read(LIST, answer=ASKS) == ["message", "answer", "waits"]


async def test_nothing_is_waited_for_where_nothing_is_open() -> None:
    assert await read(LIST, CANCELLED) == ["message", "message", "end"]
    assert await read() == ["end"]
