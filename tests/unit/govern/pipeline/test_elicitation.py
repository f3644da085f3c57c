"""The link for the person behind a client, in every revision of MCP, and what the client may say of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from support.wire import CAPABILITIES, Client, FakeDesk, said

from adaptgen.govern.pipeline.elicitation import ask_to_open, without_our_responses
from adaptgen.mcp.protocol import Context
from adaptgen.transports.streamable_http import StreamableHttpServer

URL = "https://tools.example/connections/abc"
MESSAGE = "Connect your own account at CRM."
BOTH: dict[str, Any] = {"elicitation": {"form": {}, "url": {}}}


def kernel() -> StreamableHttpServer:
    async def call(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        return ask_to_open(context, URL, MESSAGE, id="crm")

    return StreamableHttpServer(FakeDesk(remembers=True, tools_call=call))


def text(answer: Mapping[str, Any]) -> str:
    assert answer["result"]["isError"] is True
    (block,) = answer["result"]["content"]
    return str(block["text"])


@pytest.mark.parametrize(
    ("action", "words", "link"),
    [("accept", "not finished", True), ("decline", "declined", False), ("cancel", "dismissed", False)],
)
def test_a_client_that_was_asked_is_not_asked_again(action: str, words: str, link: bool) -> None:
    async def work() -> Any:
        one = Client(kernel())
        meta = {CAPABILITIES: BOTH}
        (key,) = said(await one.call(meta=meta))["result"]["inputRequests"]
        params = {"name": "echo", "arguments": {}, "inputResponses": {key: {"action": action}}}
        return said(await one.ask("tools/call", params, meta=meta))

    answer = text(asyncio.run(work()))
    assert words in answer
    assert (URL in answer) is link


def test_a_server_behind_the_proxy_gets_the_responses_to_its_own_requests_only() -> None:
    mine, theirs = {"adaptgen:crm": {"action": "accept"}}, {"name": {"action": "decline"}}
    params = {"name": "echo", "requestState": "s", "inputResponses": {**mine, **theirs}}
    assert without_our_responses(params) == {"name": "echo", "requestState": "s", "inputResponses": theirs}
    assert without_our_responses({"name": "echo", "inputResponses": mine}) == {"name": "echo"}
