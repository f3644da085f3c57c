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
REQUEST = {"method": "elicitation/create", "params": {"mode": "url", "url": URL, "message": MESSAGE}}


def kernel() -> StreamableHttpServer:
    async def call(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        return ask_to_open(context, URL, MESSAGE, id="crm")

    return StreamableHttpServer(FakeDesk(remembers=True, tools_call=call))


def answered(version: str, capabilities: Mapping[str, Any], *, meant: bool = True) -> dict[str, Any]:
    """What a client of ``version`` gets that declares ``capabilities``; ``meant`` False: it forgets its session."""

    async def work() -> dict[str, Any]:
        one = Client(kernel(), version)
        if version < "2026":
            await one.open(version, **capabilities)
            if not meant:
                one.headers.pop("mcp_session_id")
            return dict(said(await one.call()))
        return dict(said(await one.call(meta={CAPABILITIES: dict(capabilities)})))

    return asyncio.run(work())


def text(answer: Mapping[str, Any]) -> str:
    assert answer["result"]["isError"] is True
    (block,) = answer["result"]["content"]
    return str(block["text"])


def test_a_client_of_2026_07_28_gets_a_request_for_input() -> None:
    result = answered("2026-07-28", BOTH)["result"]
    assert result["resultType"] == "input_required"
    assert list(result["inputRequests"].values()) == [REQUEST]
    assert "requestState" not in result


def test_a_client_of_2025_11_25_gets_the_error_with_the_link() -> None:
    error = answered("2025-11-25", BOTH)["error"]
    assert (error["code"], error["message"]) == (-32042, MESSAGE)
    (elicitation,) = error["data"]["elicitations"]
    number = elicitation.pop("elicitationId")
    assert elicitation == {"mode": "url", "url": URL, "message": MESSAGE}
    assert number != answered("2025-11-25", BOTH)["error"]["data"]["elicitations"][0]["elicitationId"]


@pytest.mark.parametrize(
    ("version", "capabilities", "meant"),
    [
        ("2026-07-28", {}, True),
        ("2026-07-28", {"elicitation": {}}, True),  # forms alone
        ("2026-07-28", {"elicitation": {"form": {}}}, True),
        ("2025-11-25", {}, True),
        ("2025-11-25", {"elicitation": {}}, True),
        ("2025-11-25", BOTH, False),
        ("2025-06-18", BOTH, True),  # a revision without links
        ("2024-11-05", BOTH, True),
    ],
)
def test_every_other_client_gets_a_text_with_the_link(version: str, capabilities: dict[str, Any], meant: bool) -> None:
    words = text(answered(version, capabilities, meant=meant))
    assert words.startswith(MESSAGE)
    assert words.endswith(f" {URL}")
    assert "Nothing was executed." in words


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


@pytest.mark.parametrize("response", [None, {}, {"action": "finished"}, {"action": ["accept"]}, "accept"])
def test_a_response_that_says_nothing_known_is_asked_for_again(response: Any) -> None:
    async def work() -> Any:
        one = Client(kernel())
        params = {"name": "echo", "arguments": {}, "inputResponses": {"adaptgen:crm": response}}
        return said(await one.ask("tools/call", params, meta={CAPABILITIES: BOTH}))

    assert asyncio.run(work())["result"]["resultType"] == "input_required"


def test_a_server_behind_the_proxy_gets_the_responses_to_its_own_requests_only() -> None:
    mine, theirs = {"adaptgen:crm": {"action": "accept"}}, {"name": {"action": "decline"}}
    params = {"name": "echo", "requestState": "s", "inputResponses": {**mine, **theirs}}
    assert without_our_responses(params) == {"name": "echo", "requestState": "s", "inputResponses": theirs}
    assert without_our_responses({"name": "echo", "inputResponses": mine}) == {"name": "echo"}


def test_a_client_need_not_use_the_session_that_it_gets() -> None:
    async def work() -> tuple[Any, Any]:
        one = Client(kernel(), "2025-11-25")
        await one.open("2025-11-25", **BOTH)
        known = one.headers["mcp_session_id"]
        gone = await one.call(mcp_session_id="0" * 32)
        one.headers["mcp_session_id"] = known
        return gone.status, (await one.delete()).status

    # An id that is unknown has ended: the client opens another session (2025-11-25, Session Management, 3).
    assert asyncio.run(work()) == (404, 200)
