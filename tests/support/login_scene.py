"""A governed server with ``login``, the company's identity provider, people with browsers and MCP clients, in one
process: what happens is HTTP, and no socket is opened but for the server's requests to the provider.

    with scene(tmp_path) as it:
        client = it.client()                        # registered
        tokens = client.log_in(it.browser("ann"))   # the honest login: authorize, log in, agree, exchange
        assert it.call(tokens["access_token"]).status_code == 200

An attack is a change of that login. ``it.server = 1`` sends what follows to another replica.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import hashlib
import json
import secrets
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import httpx
from support import governing
from support.governing import FakeTarget, fact
from support.openid import CLIENT, SECRET, Provider
from support.scripted_browser import Browser, Page
from support.wire import CAPABILITIES, MODERN, VERSION

from adaptgen.govern.identity import own_tokens
from adaptgen.govern.pipeline import assemble
from adaptgen.govern.pipeline.assemble import GovernedServer
from adaptgen.mcp.http_messages import HttpRequest, folded, whole
from adaptgen.runtime.store.protocol import MemoryStore
from adaptgen.transports.streamable_http import StreamableHttpServer
from adaptgen.web import web_of

BASE = "https://mcp.bank.example"
RESOURCE = f"{BASE}/mcp"
LOOPBACK = "http://127.0.0.1:33418/callback"
WEB = "https://client.example/callback"
_T = TypeVar("_T")


class Scene:
    """``delivered``: the URLs at which clients were called back. ``store``: what all replicas share."""

    def __init__(self, provider: Provider, base: str, store: MemoryStore, folder: Path) -> None:
        self.provider, self.base, self.store = provider, base, store
        self.governed: list[GovernedServer] = []
        self.servers: list[StreamableHttpServer] = []
        self.server = 0
        self.delivered: list[str] = []
        self.target: FakeTarget = FakeTarget(fact("look"), fact("change", effect="write"))
        self.folder = folder
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.http = self.plain()

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Something that is done in the loop of the servers."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def reset(self) -> None:
        """Forget what was delivered, and what the provider was told to say; people stay logged in."""
        self.delivered.clear()
        self.target.calls.clear()
        self.provider.reset()
        self.server = 0

    def end(self) -> None:
        """Stop the loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    # ------------------------------------------------------------------------------------------------ who takes part

    def plain(self) -> httpx.Client:
        """Requests as they are written, without cookies, from somebody."""
        return httpx.Client(transport=_Bridge(self), follow_redirects=False)

    def browser(self, name: str = "ann") -> Browser:
        """Somebody's browser. Who logs in with it is what the provider says (``provider.person``)."""
        return Browser(name, http=self.plain())

    def client(self, redirect: str = LOOPBACK, **metadata: Any) -> Client:
        """An MCP client that has registered itself."""
        answer = self.register(redirect_uris=[redirect], **metadata)
        assert answer.status_code == 201, answer.text
        return Client(self, answer.json()["client_id"], redirect)

    def register(self, **metadata: Any) -> httpx.Response:
        """RFC 7591, 3.1."""
        given = {
            "client_name": "Example Client",
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            **metadata,
        }
        return self.http.post(self.metadata["registration_endpoint"], json=given)

    @functools.cached_property
    def metadata(self) -> dict[str, Any]:
        """RFC 8414 of the server, as it was at first."""
        return self.discover()

    def discover(self) -> dict[str, Any]:
        """RFC 8414 of the server, now."""
        parts = urlsplit(self.base)
        at = f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{parts.path}"
        found: dict[str, Any] = self.http.get(at).json()
        return found

    def call(self, token: str | None, method: str = "tools/list", /, **params: Any) -> httpx.Response:
        """An MCP request."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method}
        body["params"] = {"_meta": {VERSION: MODERN, CAPABILITIES: {}}, **params}
        headers = {"accept": "application/json", "mcp-protocol-version": MODERN, "mcp-method": method}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        if "name" in params:
            headers["mcp-name"] = params["name"]
        return self.http.post(f"{self.base}/mcp", json=body, headers=headers)

    # ------------------------------------------------------------------------------------------------------- inside

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Whoever serves the URL of a request."""
        url = str(request.url)
        here, there = urlsplit(url), urlsplit(self.base)
        if (here.scheme, here.netloc) == (there.scheme, there.netloc):
            return await self._served(request)
        if url.startswith(self.provider.url) and here.path.endswith("/authorize"):
            return httpx.Response(302, headers={"location": self.provider.authorize(url)})
        self.delivered.append(url)
        return httpx.Response(200, text="delivered")

    async def _served(self, request: httpx.Request) -> httpx.Response:
        lines, twice = folded(request.headers.multi_items())
        target, _, query = request.url.raw_path.decode("ascii").partition("?")
        below = urlsplit(self.base).path
        if below and target.startswith(f"{below}/"):  # what is in front of the server takes it away
            target = target.removeprefix(below)
        asked = HttpRequest(
            request.method, unquote(target), lines, whole(request.content), twice, streaming=False, query=query
        )
        answer = await self.servers[self.server].handle(asked)
        assert isinstance(answer.body, bytes)
        headers = [*answer.headers.items(), *(("set-cookie", one) for one in answer.cookies)]
        return httpx.Response(answer.status, headers=headers, content=answer.body)


class _Bridge(httpx.BaseTransport):
    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._scene.run(self._scene.answer(request))


class Client:
    """An OAuth client. ``verifier`` and ``state`` are those of its last authorization request."""

    def __init__(self, scene: Scene, id: str, redirect: str) -> None:
        self.scene, self.id, self.redirect = scene, id, redirect
        self.verifier, self.state = "", ""

    def request(self, **changes: str | None) -> str:
        """The URL of an authorization request; ``changes``: its parameters, replaced or (None) left out."""
        self.verifier, self.state = secrets.token_urlsafe(48), secrets.token_urlsafe(12)
        said = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": self.redirect,
            "state": self.state,
            "code_challenge": challenge(self.verifier),
            "code_challenge_method": "S256",
            "resource": f"{self.scene.base}/mcp",
            **changes,
        }
        query = urlencode({name: one for name, one in said.items() if one is not None})
        return f"{self.scene.metadata['authorization_endpoint']}?{query}"

    def authorize(self, browser: Browser, **changes: str | None) -> dict[str, str]:
        """The parameters of the answer to an authorization request, which the person grants."""
        page = browser.finish(browser.open(self.request(**changes), until=self.redirect), self.redirect)
        return answer_of(page)

    def token(self, **changes: str | None) -> httpx.Response:
        """A request to the token endpoint for a code (``code=``)."""
        said = {"grant_type": "authorization_code", "redirect_uri": self.redirect, "code_verifier": self.verifier}
        return self._post(said | {"client_id": self.id, "resource": f"{self.scene.base}/mcp"}, changes)

    def refresh(self, token: str, **changes: str | None) -> httpx.Response:
        """A request for new tokens."""
        return self._post({"grant_type": "refresh_token", "refresh_token": token, "client_id": self.id}, changes)

    def log_in(self, browser: Browser | None = None) -> dict[str, Any]:
        """The honest login: tokens."""
        answer = self.authorize(browser or self.scene.browser())
        assert answer["state"] == self.state, answer
        assert answer["iss"] == self.scene.base
        got = self.token(code=answer["code"])
        assert got.status_code == 200, got.text
        found: dict[str, Any] = got.json()
        return found

    def _post(self, said: dict[str, str], changes: dict[str, str | None]) -> httpx.Response:
        form = {name: one for name, one in {**said, **changes}.items() if one is not None}
        return self.scene.http.post(self.scene.metadata["token_endpoint"], data=form)


def challenge(verifier: str) -> str:
    """PKCE, S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def answer_of(page: Page | str) -> dict[str, str]:
    """The parameters with which somebody was called back, each of them once."""
    url = page if isinstance(page, str) else page.url
    found = parse_qs(urlsplit(url).query, keep_blank_values=True)
    assert all(len(one) == 1 for one in found.values()), url
    return {name: one[0] for name, one in found.items()}


@contextmanager
def scene(
    folder: Path,
    *,
    provider: Provider | None = None,
    base: str = BASE,
    store: MemoryStore | None = None,
    replicas: int = 1,
    target: FakeTarget | None = None,
    policies: str = governing.EVERYTHING,
    **given: Any,
) -> Iterator[Scene]:
    """``given``: keys of the settings, instead of the usual; ``login`` and ``authenticate`` are added to those."""
    made = Scene(provider or Provider(), base, store or MemoryStore(), folder)
    made.target = target or made.target
    stack = AsyncExitStack()

    async def start() -> None:
        await made.provider.start()
        stack.push_async_callback(made.provider.stop)
        caller = {"sub": "sub", "groups": "groups"}
        authenticate = {"issuer": made.provider.issuer, "audience": f"{base}/mcp", "caller": caller}
        given["authenticate"] = {**given.get("authenticate", {}), "issuer": made.provider.issuer}
        login = {"client_id": CLIENT, "client_secret": "${env:T_LOGIN}"}
        changed = {
            "listen": {"http": "127.0.0.1:8000", "resource": f"{base}/mcp"},
            **given,
            "authenticate": {**authenticate, **given.get("authenticate", {})},
            "login": {**login, **given.get("login", {})},
        }
        path = governing.settings(folder, policies, **changed)
        stack.enter_context(
            patch.object(own_tokens, "FRESH", 0.0)
        )  # else what was revoked counts for five seconds more
        with patch.object(assemble, "open_store", _one_store(made.store)):
            for _ in range(replicas):
                governed = governing.governed(path, made.target, http=True, environ={"T_LOGIN": SECRET})
                one = await stack.enter_async_context(governed)
                made.governed.append(one)
                hosts = [urlsplit(made.base).netloc]
                made.servers.append(StreamableHttpServer(one.handler, hosts=hosts, web=web_of(one)))

    try:
        made.run(start())
        yield made
    finally:
        made.run(stack.aclose())
        made.end()


def _one_store(store: MemoryStore) -> Any:
    async def open_store(*_: object, **__: object) -> MemoryStore:
        return store

    return open_store


def text_of(page: Page) -> str:
    """What a page consists of, for searching."""
    return json.dumps([page.url, dict(page.headers), page.text])


def refused(answer: httpx.Response, *errors: str) -> None:
    """The token endpoint gave nothing, and said so as RFC 6749, 5.2 wants it."""
    assert answer.status_code in (400, 401), (answer.status_code, answer.text[:300])
    said = answer.json()
    assert said["error"] in (errors or ("invalid_grant", "invalid_request", "invalid_client")), said
    assert not {"access_token", "refresh_token", "id_token"} & said.keys()
    assert answer.headers["cache-control"] == "no-store"
