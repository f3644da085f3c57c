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
from support.own_accounts import AS_CLIENT, BACK, BASE, BY_KEY, CONSENT, ENVIRON, KEY, OWN, NotesApi, answer, call

from adaptgen.model.tables import Auth, Base, Call, Caller, Expires, Login, Refused, Send, Server, Tool, Unpaged
from adaptgen.runtime import Engine
from adaptgen.runtime.core import call_context
from adaptgen.runtime.core.answer import Answer
from adaptgen.runtime.store.protocol import MemoryStore

pytestmark = pytest.mark.asyncio

ADA = Caller("ada", "bank")
GATEWAY = Auth(name="gateway", kind="api_key", send=(Send("header", "X-Gateway", "${env:GATEWAY_KEY}"),))
LOGIN = Login(
    id="login", call=call(f"{BASE}/login", grant_type="client_credentials"), send=AS_CLIENT,
    save={"access": "$.access_token"}, expires=Expires(after="$.expires_in"),
)  # fmt: skip
SERVICE = Auth(name="service", kind="oauth2", send=(Send("header", "X-Service", "{access}"),), chain=(LOGIN,))
BY_OWN_KEY = replace(BY_KEY, name="key")
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


async def enter_key(engine: Engine, key: str) -> None:
    assert engine.connections is not None
    said = await engine.connections.answer(ADA, {"action": "key", "auth": "key", "key": key})
    assert said == {"connected": True}


def text(said: Answer) -> str:
    return said.content[0].text  # type: ignore[union-attr]


# ------------------------------------------------------------------------------------------------ public operations


@pytest.mark.parametrize("ways", [("notes",), ("gateway", "notes")])
async def test_a_public_operation_is_never_sent_with_the_account_of_the_caller(
    serve: Serve, ways: tuple[str, ...]
) -> None:
    api = NotesApi()
    engine = serve(api, [OWN, GATEWAY], tool("list_notes", *ways), tool("list_public", path="/public"))
    await connect(engine, "notes", lambda url: api.agree(url, "ada"))
    said = text(await engine.call(ADA, "list_public", {}))
    assert said.startswith("The API answered 401 Unauthorized")
    assert api.calls == [""]


async def test_words_about_what_the_server_adds_to_a_public_call_show_no_credential(serve: Serve) -> None:
    """``gateway.user`` is no token, and still nothing for an agent."""

    class Api(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            given = request.headers.get("x-user", "")
            return answer(400, {"message": f"no such user: {given}"}) if given else answer(401, {})

    user = Auth(name="user", kind="api_key", send=(Send("header", "X-User", "${env:NOTES_CLIENT_ID}"),))
    engine = serve(Api(), [user], tool("list_notes", "user"), tool("list_public", path="/public"))
    assert "no such user: [removed]" in text(await engine.call(ADA, "list_public", {}))


# --------------------------------------------------------------------------------------------- several credentials


@pytest.mark.parametrize("order", [("notes", "gateway"), ("gateway", "notes")])
async def test_an_account_is_renewed_before_a_key_of_the_server_is_blamed(serve: Serve, order: tuple[str, ...]) -> None:
    api = NotesApi()
    engine = serve(api, [OWN, GATEWAY], tool("list_notes", *order))
    await connect(engine, "notes", lambda url: api.agree(url, "ada"))
    api.expire()
    assert "note of ada" in text(await engine.call(ADA, "list_notes", {}))
    assert api.refreshed == 1


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


@pytest.mark.parametrize("over", ["x-a", "x-b"])
async def test_of_two_accounts_the_one_that_ended_is_renewed(serve: Serve, over: str) -> None:
    api = Services("x-a", "x-b")
    engine = serve(api, [account("a"), account("b")], tool("list_notes", "a", "b"))
    await connect(engine, "a")
    await connect(engine, "b")
    assert not (await engine.call(ADA, "list_notes", {})).is_error
    for _ in range(3):
        api.tokens[over], api.got = "ended early", []
        assert not (await engine.call(ADA, "list_notes", {})).is_error
        assert api.got.count(over) == 1
        assert len(api.got) <= 2


@pytest.mark.parametrize("order", [("key", "service"), ("service", "key")])
async def test_a_key_of_the_caller_is_not_blamed_for_a_token_of_the_server(
    serve: Serve, order: tuple[str, ...]
) -> None:
    api = Services("x-api-key", "x-service")
    engine = serve(api, [BY_OWN_KEY, SERVICE], tool("list_notes", *order))
    await enter_key(engine, "good-key")
    assert not (await engine.call(ADA, "list_notes", {})).is_error
    api.tokens["x-service"] = "ended early"
    assert not (await engine.call(ADA, "list_notes", {})).is_error
    await enter_key(engine, "another-key")
    said = await engine.call(ADA, "list_notes", {})
    assert said.connection == ("key", "Notes", "refused")


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
