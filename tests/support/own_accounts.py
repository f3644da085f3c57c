"""A small API in which everybody has notes, with an OAuth 2.0 server of its own (RFC 6749, 7636, 7009) whose refresh
tokens can be used once: a second use ends all tokens of that consent. It is a transport, so that nothing listens."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx

from adaptgen.model.tables import (
    Auth,
    Base,
    Body,
    Call,
    Caller,
    Consent,
    Expires,
    Login,
    Lookup,
    Param,
    Send,
    Server,
    Tool,
    Unpaged,
)
from adaptgen.runtime import Engine
from adaptgen.runtime.core.answer import Answer
from adaptgen.runtime.store.protocol import Store

CLIENT, SECRET = "notes-client", "notes-secret-of-the-client"
ENVIRON = {"NOTES_CLIENT_ID": CLIENT, "NOTES_CLIENT_SECRET": SECRET}


@dataclass
class Grant:
    """What one person agreed to."""

    person: str
    access: set[str] = field(default_factory=set)
    refresh: str = ""
    spent: set[str] = field(default_factory=set)
    ended: bool = False


@dataclass
class NotesApi(httpx.AsyncBaseTransport):
    """``lifetime`` of access tokens in seconds; ``token_answer`` replaces the answer of the token endpoint once it
    returns one; ``grace``: a refresh token can be used again while its successor was not; ``lose``: the answer of the
    token endpoint does not arrive, once; ``hold`` is awaited before a token endpoint
    answers; ``forbidden``: the headers with which it answers 403 to everybody."""

    lifetime: float = 3600
    token_answer: Callable[[dict[str, str]], httpx.Response | None] = lambda form: None
    hold: Callable[[], Any] | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    grants: list[Grant] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    ends: dict[str, float] = field(default_factory=dict)
    forbidden: dict[str, str] | None = None
    grace: bool = False
    lose: bool = False
    refreshed: int = 0
    reused: int = 0
    requests: list[httpx.Request] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def agree(self, url: str, person: str) -> str:
        """The person agrees at the authorization URL; the code."""
        query = dict(parse_qsl(urlsplit(url).query))
        code = f"code-{secrets.token_hex(8)}"
        self.codes[code] = {**query, "person": person}
        return code

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = (await request.aread()).decode()
        self.requests.append(request)
        form = {name: values[0] for name, values in parse_qs(body).items()}
        path = request.url.path
        if path == "/oauth/token":
            if self.hold is not None:
                await self.hold()
            said = self.token_answer(form) or self._token(request, form)
            if self.lose:
                self.lose = False
                raise httpx.ReadTimeout("no answer")
            return said
        if path == "/oauth/revoke":
            return self._revoke(form)
        self.calls.append(request.headers.get("authorization", "") or request.headers.get("x-api-key", ""))
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        over = self.ends.get(token, 0) < time.monotonic() and self.lifetime > 0
        person = next((one.person for one in self.grants if token in one.access and not one.ended and not over), None)
        person = person or self.keys.get(request.headers.get("x-api-key", ""))
        if person is None:
            return answer(401, {"error": "invalid_token"})
        if self.forbidden is not None:
            said = answer(403, {"error": "no"})
            said.headers.update(self.forbidden)
            return said
        return answer(200, [{"id": "1", "text": f"note of {person}", "echo": token}])

    def _token(self, request: httpx.Request, form: dict[str, str]) -> httpx.Response:
        expected = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return answer(401, {"error": "invalid_client"})
        if form.get("grant_type") == "authorization_code":
            begun = self.codes.pop(form.get("code", ""), None)
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            if begun is None or begun["redirect_uri"] != form.get("redirect_uri"):
                return answer(400, {"error": "invalid_grant"})
            if begun.get("code_challenge") != challenge:
                return answer(400, {"error": "invalid_grant", "error_description": "PKCE verification failed"})
            grant = Grant(begun["person"])
            self.grants.append(grant)
            return self._issue(grant)
        sent = form.get("refresh_token", "")
        for grant in self.grants:
            if sent in grant.spent and not self.grace:
                grant.ended = True
                self.reused += 1
                return answer(400, {"error": "invalid_grant"})
            if (sent and sent == grant.refresh and not grant.ended) or (self.grace and sent in grant.spent):
                grant.spent.add(sent)
                self.refreshed += 1
                return self._issue(grant)
        return answer(400, {"error": "invalid_grant"})

    def _issue(self, grant: Grant) -> httpx.Response:
        access = f"access-{secrets.token_hex(12)}"
        grant.access.add(access)
        self.ends[access] = time.monotonic() + self.lifetime
        grant.refresh = f"refresh-{secrets.token_hex(12)}"
        return answer(
            200,
            {
                "access_token": access,
                "token_type": "Bearer",
                "expires_in": self.lifetime,
                "refresh_token": grant.refresh,
            },
        )

    def _revoke(self, form: dict[str, str]) -> httpx.Response:
        for grant in self.grants:
            if form.get("token") in {grant.refresh, *grant.access, *grant.spent}:
                grant.ended = True
        return answer(200, {})

    def expire(self) -> None:
        """End every access token."""
        for grant in self.grants:
            grant.access.clear()

    def tokens(self) -> set[str]:
        """Every token that was ever handed out."""
        return {token for one in self.grants for token in (*one.access, one.refresh, *one.spent)}


def answer(status: int, body: Any, kind: str = "application/json") -> httpx.Response:
    """An answer that can be read once, as from the network."""

    async def content() -> AsyncIterator[bytes]:
        await asyncio.sleep(0)
        yield body.encode() if isinstance(body, str) else json.dumps(body).encode()

    return httpx.Response(status, content=content(), headers={"Content-Type": kind})


# --------------------------------------------------------------------------------------------------- the server

BASE = "https://notes.example"
BACK = "https://agents.example/connections/callback"
KEY = bytes(range(32))
FORM = "application/x-www-form-urlencoded"
AS_CLIENT = (Send("header", "Authorization", "${env:NOTES_CLIENT_ID}:${env:NOTES_CLIENT_SECRET}", basic=True),)


def call(path: str, **params: str) -> Call:
    body = Body(media=FORM, params=tuple(Param(name, value=text) for name, text in params.items()))
    return Call("POST", path, body=body)


def tokens(id: str, **params: str) -> Login:
    return Login(
        id=id, call=call(f"{BASE}/oauth/token", **params), send=AS_CLIENT,
        save={"access": "$.access_token", "refresh": "$.refresh_token"}, expires=Expires(after="$.expires_in"),
    )  # fmt: skip


CONSENT = Consent(
    title="Notes",
    authorization_url=f"{BASE}/oauth/authorize?audience=notes",
    client_id="${env:NOTES_CLIENT_ID}",
    scopes=("notes.read", "offline_access"),
    exchange=tokens(
        "connect", grant_type="authorization_code", code="{code}", redirect_uri="{redirect_uri}",
        code_verifier="{verifier}",
    ),
    revoke=Login(id="revoke", call=call(f"{BASE}/oauth/revoke", token="{token}"), send=AS_CLIENT),
)  # fmt: skip
OWN = Auth(
    name="notes", kind="oauth2", per="caller", store="state", consent=CONSENT,
    send=(Send("header", "Authorization", "Bearer {access}"),),
    refresh=tokens("refresh", grant_type="refresh_token", refresh_token="{refresh}"),
)  # fmt: skip
BY_KEY = Auth(
    name="notes", kind="api_key", per="caller", store="state", consent=Consent(title="Notes", ask="API key"),
    send=(Send("header", "X-API-Key", "{key}"),),
)  # fmt: skip


class Replica:
    """One process that serves the notes."""

    def __init__(self, folder: Path, api: NotesApi, store: Store | None, auth: Auth = OWN, **environ: str) -> None:
        tool = Tool(name="list_notes", call=Call("GET", "/notes"), auth=("notes",), page=Unpaged())
        names = {"id": Lookup(tool="list_notes", labels=("text",))}
        one = Tool(
            name="delete_note", call=Call("DELETE", "/notes/{id}"), effect="delete", auth=("notes",), lookups=names
        )
        schema = {"type": "object", "properties": {"limit": {}, "cursor": {}}, "additionalProperties": False}
        contract = {"description": "", "annotations": {}, "inputSchema": schema}
        by_id = {**contract, "inputSchema": {**schema, "properties": {"id": {"type": "string"}}}}
        (folder / "all.json").write_text(json.dumps({"list_notes": contract, "delete_note": by_id}))
        server = Server(
            name="notes", bases=(Base(BASE, env="NOTES_BASE_URL"),), auth=(auth,), tools=(tool, one), contracts=folder
        )
        self.engine = Engine(
            server, environ={**ENVIRON, **environ}, transport=api, cursor_key=KEY, state=folder / "state", store=store
        )

    async def ask(self, caller: Caller, action: str, **params: Any) -> dict[str, Any]:
        assert self.engine.connections is not None
        return await self.engine.connections.answer(caller, {"action": action, "auth": "notes", **params})

    async def call(self, caller: Caller) -> Answer:
        return await self.engine.call(caller, "list_notes", {})

    async def text(self, caller: Caller) -> str:
        said = await self.call(caller)
        return said.content[0].text  # type: ignore[union-attr]

    async def begin(self, caller: Caller) -> tuple[str, str]:
        begun = await self.ask(caller, "begin", redirect_uri=BACK)
        return begun["url"], begun["sealed"]

    async def connect(self, api: NotesApi, caller: Caller) -> dict[str, Any]:
        url, sealed = await self.begin(caller)
        return await self.ask(caller, "finish", redirect_uri=BACK, sealed=sealed, code=api.agree(url, caller.sub))
