"""Authentication and handover over HTTP: what a client gets to see, and that what is sealed is what arrives."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
import pytest_asyncio
from joserfc.jwk import ECKey
from support.idp import Idp

from adaptgen.govern.identity.authenticator import Authenticator
from adaptgen.govern.identity.identity_assertion import AssertionIssuer, AssertionVerifier
from adaptgen.govern.settings.model import Accept, Authenticate, Listen, Settings
from adaptgen.mcp.protocol import META_HANDOVER, Context, ServerInfo
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.store.protocol import MemoryStore
from adaptgen.transports.streamable_http.asgi import app

pytestmark = pytest.mark.asyncio

RESOURCE = "https://mcp.bank.example/mcp"
METADATA = "https://mcp.bank.example/.well-known/oauth-protected-resource/mcp"
VERSION = "2026-07-28"


class Echo:
    """A desk that answers who called."""

    def __init__(self, authenticator: Authenticator, acceptance: AssertionVerifier | None = None) -> None:
        self.authenticate = authenticator
        self._acceptance = acceptance

    def about(self) -> ServerInfo:
        return ServerInfo("echo", "1")

    async def schema(self, caller: Caller, tool: str, context: Context) -> Mapping[str, Json] | None:
        return None

    async def request(
        self, caller: Caller, method: str, params: Mapping[str, Json], context: Context
    ) -> dict[str, Any]:
        if self._acceptance is not None:
            caller = await self._acceptance.open(str(context.meta.get(META_HANDOVER, "")), method, params)
        return {"content": [{"type": "text", "text": caller.sub}], "resultType": "complete"}

    async def notification(self, caller: Caller, method: str, params: Mapping[str, Json], context: Context) -> None:
        pass

    async def close_session(self, session: str, caller: Caller | None = None) -> None:
        pass

    def metadata(self) -> Mapping[str, Json] | None:
        return self.authenticate.metadata()


@pytest_asyncio.fixture
async def idp() -> AsyncIterator[Idp]:
    one = Idp()
    await one.start()
    yield one
    await one.stop()


def client(desk: Echo) -> httpx.AsyncClient:
    wire = app(desk, hosts=("mcp.bank.example",))
    return httpx.AsyncClient(transport=httpx.ASGITransport(wire), base_url="https://mcp.bank.example")


@pytest_asyncio.fixture
async def protected(idp: Idp) -> AsyncIterator[httpx.AsyncClient]:
    rules = Authenticate(issuer=idp.url, audience=(RESOURCE,), scopes=("mcp:call",))
    authenticator = Authenticator(Settings(authenticate=rules, listen=Listen(resource=RESOURCE)))
    await authenticator.start()
    async with client(Echo(authenticator)) as made:
        yield made
    await authenticator.aclose()


def call(arguments: Mapping[str, Any], **meta: Any) -> dict[str, Any]:
    known = {
        "io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"name": "who", "arguments": dict(arguments), "_meta": {**known, **meta}}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


HEADERS = {
    "accept": "application/json, text/event-stream",
    "content-type": "application/json",
    "mcp-protocol-version": VERSION,
    "mcp-method": "tools/call",
    "mcp-name": "who",
}


async def post(made: httpx.AsyncClient, body: Any, *more: tuple[str, str]) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await made.post("/mcp", content=content, headers=[*HEADERS.items(), *more])


async def test_a_client_without_a_token_finds_the_issuer(protected: httpx.AsyncClient, idp: Idp) -> None:
    answer = await post(protected, call({}))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == f'Bearer resource_metadata="{METADATA}", scope="mcp:call"'
    found = (await protected.get(METADATA)).json()
    assert (found["resource"], found["authorization_servers"]) == (RESOURCE, [idp.url])


async def test_a_client_that_needs_more_scopes_is_told_which(protected: httpx.AsyncClient, idp: Idp) -> None:
    answer = await post(protected, call({}), ("authorization", f"Bearer {idp.issue()}"))
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
    assert 'scope="mcp:call"' in answer.headers["www-authenticate"]


async def test_two_authorization_headers_are_refused(protected: httpx.AsyncClient, idp: Idp) -> None:
    one = ("authorization", f"Bearer {idp.issue(scope='mcp:call')}")
    assert (await post(protected, call({}), one, one)).status_code == 400


@pytest_asyncio.fixture
async def behind() -> AsyncIterator[tuple[httpx.AsyncClient, AssertionIssuer]]:
    proxy = AssertionIssuer(ECKey.generate_key("P-256", private=True), "proxy")
    accept = Accept(issuer="proxy", audience="crm", jwks=proxy.jwks())
    acceptance = AssertionVerifier(accept, MemoryStore())
    await acceptance.start()
    async with client(Echo(Authenticator(Settings(mode="behind", accept=accept)), acceptance)) as made:
        yield made, proxy


ARGUMENTS = {
    "note": "é\u2028\U0001f600",
    "amount": 1.0,
    "big": 2**53 + 1,
    "small": 1e-9,
    "list": [None, {"b": 1, "a": ""}],
}


async def test_a_server_behind_refuses_what_does_not_come_from_its_proxy(
    behind: tuple[httpx.AsyncClient, AssertionIssuer],
) -> None:
    made, proxy = behind
    token = proxy.sign(Caller("alice"), "crm", "tools/call", {"name": "who", "arguments": ARGUMENTS})
    for body in (call(ARGUMENTS), call({**ARGUMENTS, "amount": 2.0}, **{META_HANDOVER: token})):
        answer = await post(made, body)
        assert answer.status_code == 401
        assert "alice" not in answer.text
