"""Accounts of callers next to operations that are public, and to other credentials of the same call."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from support.own_accounts import AS_CLIENT, BACK, BASE, CONSENT, ENVIRON, KEY, OWN, answer, call

from adaptgen.model.tables import Auth, Base, Call, Caller, Expires, Login, Refused, Send, Server, Tool, Unpaged
from adaptgen.runtime import Engine
from adaptgen.runtime.core import call_context
from adaptgen.runtime.core.answer import Answer
from adaptgen.runtime.store.protocol import MemoryStore

pytestmark = pytest.mark.asyncio

ADA = Caller("ada", "bank")
LOGIN = Login(
    id="login", call=call(f"{BASE}/login", grant_type="client_credentials"), send=AS_CLIENT,
    save={"access": "$.access_token"}, expires=Expires(after="$.expires_in"),
)  # fmt: skip
SCHEMA = {"type": "object", "properties": {"limit": {}, "cursor": {}}, "additionalProperties": False}
Serve = Callable[..., Engine]


@pytest_asyncio.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    """A function that serves these auths and tools over a transport."""
    engines: list[Engine] = []

    def make(api: httpx.AsyncBaseTransport, auths: list[Auth], *tools: Tool) -> Engine:
        contract = {"description": "", "annotations": {}, "inputSchema": SCHEMA}
        (tmp_path / "all.json").write_text(json.dumps({tool.name: contract for tool in tools}))
        server = Server(name="notes", bases=(Base(BASE),), auth=tuple(auths), tools=tools, contracts=tmp_path)
        environ = {**ENVIRON, "GATEWAY_KEY": "key-of-the-gateway"}
        state = tmp_path / "state"
        engines.append(Engine(server, environ=environ, transport=api, cursor_key=KEY, state=state, store=MemoryStore()))
        return engines[-1]

    yield make
    for engine in engines:
        await engine.aclose()


def tool(name: str, *auth: str, method: str = "GET", path: str = "/notes") -> Tool:
    if method == "GET":
        return Tool(name=name, call=Call(method, path), auth=auth, page=Unpaged())
    return Tool(name=name, call=Call(method, path), auth=auth, effect="write")


async def connect(engine: Engine, auth: str, code: Callable[[str], str] = lambda url: "code") -> None:
    assert engine.connections is not None
    begun = await engine.connections.answer(ADA, {"action": "begin", "auth": auth, "redirect_uri": BACK})
    said = {"redirect_uri": BACK, "sealed": begun["sealed"], "code": code(begun["url"])}
    assert await engine.connections.answer(ADA, {"action": "finish", "auth": auth, **said}) == {"connected": True}


def text(said: Answer) -> str:
    return said.content[0].text  # type: ignore[union-attr]


# ------------------------------------------------------------------------------------------------ public operations


# --------------------------------------------------------------------------------------------- several credentials


class Services(httpx.AsyncBaseTransport):
    """Answers what comes with the current tokens of ``a``, ``b`` and the login, and with the key ``good-key``."""

    def __init__(self, *needs: str) -> None:
        self.needs = needs
        self.tokens = {"x-a": "", "x-b": "", "x-service": "", "x-api-key": "good-key"}
        self.got: list[str] = []
        self.writes = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        made = {"/login": "x-service", "/token/a": "x-a", "/token/b": "x-b"}.get(request.url.path)
        if made is not None:
            self.got.append(made)
            self.tokens[made] = f"token-{secrets.token_hex(8)}"
            body = {"access_token": self.tokens[made], "refresh_token": secrets.token_hex(8), "expires_in": 3600}
            return answer(200, body)
        self.writes += request.method == "POST"
        fits = all(request.headers.get(one) == self.tokens[one] for one in self.needs)
        return answer(200, [{"id": "1"}] if request.method == "GET" else {"id": "1"}) if fits else answer(401, {})


def account(name: str, **more: Any) -> Auth:
    def at(id: str, **params: str) -> Login:
        return replace(
            LOGIN, id=id, call=call(f"{BASE}/token/{name}", **params), save={**LOGIN.save, "refresh": "$.refresh_token"}
        )

    exchange = at("connect", grant_type="authorization_code", code="{code}")
    return replace(
        OWN, name=name, send=(Send("header", f"X-{name}", "{access}"),),
        refresh=at("refresh", refresh_token="{refresh}"), consent=replace(CONSENT, exchange=exchange), **more,
    )  # fmt: skip


async def test_a_write_is_not_repeated_where_one_rule_says_that_it_may_have_been_executed(serve: Serve) -> None:
    api = Services("x-a", "x-b")
    unsure = account("b", refused=(Refused(401, replay=False),))
    engine = serve(api, [account("a"), unsure], tool("add_note", "a", "b", method="POST"))
    await connect(engine, "a")
    await connect(engine, "b")
    api.tokens["x-a"] = "ended early"
    with call_context.watching() as changes:
        answer = await engine.call(ADA, "add_note", {})
    assert text(answer).endswith("the change was not repeated. Read the current state, then try again.")
    assert api.writes == 1
    assert answer.unknown
    assert changes.possible, "what was approved once could be executed twice"
