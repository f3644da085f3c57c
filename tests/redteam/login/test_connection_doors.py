"""Requests about accounts are for pages alone: no MCP client makes one, at no door, in no revision, through no menu."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from joserfc.jwk import ECKey
from support.governing import FakeTarget, fact, governed
from support.handing import behind
from support.idp import Idp
from support.logins import RESOURCE, site
from support.wire import CAPABILITIES, MODERN, Client, said

from adaptgen.govern.pipeline.connection_links import read_ticket
from adaptgen.mcp.protocol import META_CONNECTION, META_CONNECTIONS, Context
from adaptgen.model.tables import Caller
from adaptgen.tool_search import over
from adaptgen.transports.streamable_http import StreamableHttpServer

pytestmark = pytest.mark.asyncio

SECRET = "canary-of-a-key-1b2c"
KEY = {"action": "key", "auth": "crm", "key": SECRET, "server": "fake"}
LINKS = {"elicitation": {"url": {}}}


class Apis(FakeTarget):
    """A server whose accounts a client would like to have."""

    def __init__(self) -> None:
        super().__init__(fact("read_note"), *(fact(f"tool_{at}") for at in range(60)))
        self.reached: list[Mapping[str, Any]] = []
        missing = {META_CONNECTION: {"auth": "crm", "title": "CRM"}}
        self.answers["read_note"] = {"content": [], "isError": True, "_meta": missing}

    async def request(self, caller: Caller, method: str, params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        self.reached.append(params)
        return await super().request(caller, method, params, context)


class Doors:
    """A server with ``login``, with and without a menu."""

    def __init__(self, apis: Apis, servers: list[StreamableHttpServer], token: str, seals: Any) -> None:
        self.apis, self.servers, self.token, self.seals = apis, servers, token, seals

    def clients(self, version: str = MODERN) -> list[Client]:
        found = [Client(one, version, authorization=f"Bearer {self.token}") for one in self.servers]
        for one in found:
            one.headers["host"] = "mcp.bank.example"
        return found


@pytest_asyncio.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    idp, apis = Idp(), Apis()
    await idp.start()
    async with site(tmp_path, idp, target=apis) as made:
        token = idp.issue(iss=idp.url, aud=RESOURCE, sub="ann", org="north", groups=["staff"])
        menu = StreamableHttpServer(over(made.governed), hosts=("mcp.bank.example",))
        yield Doors(apis, [made.server, menu], token, made.governed.handler.parts.seals)
        await menu.aclose()
    await idp.stop()


@pytest.mark.parametrize("version", [MODERN, "2025-11-25", "2025-03-26"])
async def test_no_client_asks_about_accounts(doors: Doors, version: str) -> None:
    for client in doors.clients(version):
        if version != MODERN:
            await client.open(version)
        answer = said(await client.ask(META_CONNECTIONS, KEY))
        assert answer["error"]["code"] == -32601, answer
    assert doors.apis.reached == []


async def test_neither_a_notification_nor_a_batch_does(doors: Doors) -> None:
    for client in doors.clients("2025-03-26"):
        await client.open("2025-03-26")
        message = {"jsonrpc": "2.0", "method": META_CONNECTIONS, "params": KEY}
        await client.send(message)
        (one,) = said(await client.send([{**message, "id": 7}]))
        assert one["error"]["code"] == -32601
    assert doors.apis.reached == []


@pytest.mark.parametrize("wrapper", ["call_read_tool", "call_write_tool", META_CONNECTIONS])
async def test_no_tool_of_a_menu_does(doors: Doors, wrapper: str) -> None:
    for client in doors.clients():
        answer = said(await client.call(wrapper, {"name": META_CONNECTIONS, "arguments": KEY}))
        assert answer["result"]["isError"] is True
        assert SECRET not in json.dumps(answer)
    assert doors.apis.reached == []


async def test_meta_of_a_client_does_not_make_it_the_proxy(doors: Doors) -> None:
    meta = {CAPABILITIES: LINKS, META_CONNECTION: {"auth": "crm"}, META_CONNECTIONS: KEY, "dev.adaptgen/handover": "x"}
    for client in doors.clients():
        assert said(await client.ask(META_CONNECTIONS, KEY, meta=meta))["error"]["code"] == -32601
    assert doors.apis.reached == []


async def test_a_server_behind_a_proxy_takes_none_without_a_handover(tmp_path: Path) -> None:
    path = behind(tmp_path, ECKey.generate_key("P-256", private=True), "fake")
    apis = Apis()
    async with governed(path, apis, http=True) as made:
        client = Client(StreamableHttpServer(made.handler))
        for meta in ({}, {"dev.adaptgen/handover": "x"}, {"dev.adaptgen/handover": ["x"]}):
            assert (await client.ask(META_CONNECTIONS, KEY, meta=meta)).status == 401
    assert apis.reached == []


# ------------------------------------------------------------------------------- what clients get instead: the link


def ticket_of(doors: Doors, url: str) -> Any:
    return read_ticket(doors.seals, url.rpartition("/")[2])


async def test_a_client_gets_the_link_through_every_door(doors: Doors) -> None:
    for at, client in enumerate(doors.clients()):
        meta = {CAPABILITIES: LINKS}
        calls: list[tuple[str, dict[str, Any]]] = [("read_note", {})]
        if at:
            calls.append(("call_read_tool", {"name": "read_note", "arguments": {}}))
        for tool, arguments in calls:
            result = said(await client.call(tool, arguments, meta=meta))["result"]
            ((key, request),) = result["inputRequests"].items()
            assert ticket_of(doors, request["params"]["url"]).sub == "ann"
            # The repeated call says what became of it, also through the menu.
            params = {"name": tool, "arguments": arguments, "inputResponses": {key: {"action": "decline"}}}
            declined = said(await client.ask("tools/call", params, meta=meta))["result"]
            assert "declined" in declined["content"][0]["text"]


async def test_a_session_of_2025_11_25_remembers_that_its_client_opens_links(doors: Doors) -> None:
    for client in doors.clients("2025-11-25"):
        await client.open("2025-11-25", **LINKS)
        error = said(await client.call("read_note"))["error"]
        assert error["code"] == -32042
        (elicitation,) = error["data"]["elicitations"]
        assert ticket_of(doors, elicitation["url"]).auth == "crm"
        client.headers.pop("mcp_session_id")
        assert (
            "https://mcp.bank.example/connections/"
            in said(await client.call("read_note"))["result"]["content"][0]["text"]
        )


async def test_what_a_client_says_of_the_page_executes_nothing(doors: Doors) -> None:
    (client, _) = doors.clients()
    meta = {CAPABILITIES: LINKS}
    (key,) = said(await client.call("read_note", meta=meta))["result"]["inputRequests"]
    before = len(doors.apis.calls)
    for action in ("accept", "decline", "cancel"):
        response = {"action": action, "content": {"connected": True, "auth": "crm"}}
        params = {"name": "read_note", "arguments": {}, "requestState": "done", "inputResponses": {key: response}}
        answer = said(await client.ask("tools/call", params, meta=meta))
        assert answer["result"]["isError"] is True
    # Each was a call as any other: the server was asked, and found no account.
    assert len(doors.apis.calls) == before + 3
