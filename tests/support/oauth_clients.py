"""An MCP client that asks the authorization server of a :class:`support.logins.Site` for tokens, one step at a time."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from support.logins import Browser, Site, field_of

from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest, whole

VERIFIER = "a" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
HTTPS = "https://client.example/callback"
LOOPBACK = "http://127.0.0.1:4100/callback"


def json_of(answer: HttpAnswer) -> Any:
    """The body."""
    assert isinstance(answer.body, bytes)
    return json.loads(answer.body)


async def send(
    site: Site, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> HttpAnswer:
    """One request without a browser."""
    parts = urlsplit(target)
    sent = {"host": urlsplit(site.base).netloc, "content-length": str(len(body)), **(headers or {})}
    return await site.server.handle(HttpRequest(method, parts.path, sent, whole(body), query=parts.query))


async def call(site: Site, token: str, method: str = "tools/list") -> HttpAnswer:
    """A request to the MCP endpoint with a token."""
    version = "2026-07-28"
    meta = {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {"_meta": meta}}
    headers = {
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": version,
        "mcp-method": method,
        "authorization": f"Bearer {token}",
    }
    return await send(site, "POST", urlsplit(site.base + "/mcp").path, json.dumps(body).encode(), headers)


@dataclass
class OAuthClient:
    """A client and the browser of its person."""

    site: Site
    redirect_uri: str = HTTPS
    browser: Browser = None  # type: ignore[assignment]
    registered: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.browser = self.browser or Browser(self.site)

    @property
    def client_id(self) -> str:
        """Its id; "" before it is registered."""
        found: str = self.registered.get("client_id", "")
        return found

    async def register(self, **metadata: Any) -> HttpAnswer:
        """Register; ``metadata`` replaces the usual, None takes one away."""
        asked = {
            "client_name": "Acme Agent",
            "redirect_uris": [self.redirect_uri],
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
            **metadata,
        }
        body = json.dumps({name: one for name, one in asked.items() if one is not None}).encode()
        answer = await send(self.site, "POST", "/oauth/register", body, {"content-type": "application/json"})
        if answer.status == 201:
            self.registered = json_of(answer)
        return answer

    def url(self, **parameters: str | None) -> str:
        """The URL at which a person agrees; ``parameters`` replace the usual ones, None takes one away."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "resource": f"{self.site.base}/mcp",
            "state": "st4te",
            **parameters,
        }
        return "/oauth/authorize?" + urlencode({name: one for name, one in asked.items() if one is not None})

    async def open(self, **parameters: str | None) -> HttpAnswer:
        """What the person sees after the login: the page of consent, or the way back to the client."""
        first = await self.browser.get(self.url(**parameters))
        return await self.browser.follow(first, until=self.redirect_uri)

    async def decide(self, page: HttpAnswer, decision: str = "allow") -> HttpAnswer:
        """Press a button of the page of consent, which is the one opened last."""
        here = self.browser.seen[-1]
        return await self.browser.post(here, {"token": field_of(page, "token"), "decision": decision})

    async def authorize(self, **parameters: str | None) -> dict[str, str]:
        """The parameters with which the browser comes back to the client, whose person agrees."""
        answer = await self.open(**parameters)
        if answer.status == 200:
            answer = await self.decide(answer)
        return self.answer(answer)

    @staticmethod
    def answer(answer: HttpAnswer) -> dict[str, str]:
        """The parameters of a redirect to the client."""
        assert answer.status in (302, 303), (answer.status, answer.body)
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query, strict_parsing=True))

    async def token(
        self, path: str = "/oauth/token", headers: Mapping[str, str] | None = None, **form: str
    ) -> HttpAnswer:
        """A request to the token endpoint; fields that are "" are left out."""
        sent = {"client_id": self.client_id, **form}
        body = urlencode({name: one for name, one in sent.items() if one}).encode()
        kind = {"content-type": "application/x-www-form-urlencoded", **(headers or {})}
        return await send(self.site, "POST", path, body, kind)

    async def redeem(self, code: str, /, headers: Mapping[str, str] | None = None, **form: str) -> HttpAnswer:
        """A code for tokens."""
        usual = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": VERIFIER,
            "resource": f"{self.site.base}/mcp",
        }
        path = form.pop("path", "/oauth/token")
        return await self.token(path, headers=headers, **{**usual, **form})

    async def refresh(self, token: str, **form: str) -> HttpAnswer:
        """A refresh token for tokens."""
        return await self.token(**{"grant_type": "refresh_token", "refresh_token": token, **form})

    async def log_in(self, **parameters: str | None) -> dict[str, Any]:
        """Everything, up to the tokens."""
        if not self.registered:
            assert (await self.register()).status == 201
        answer = await self.redeem((await self.authorize(**parameters))["code"])
        assert answer.status == 200, answer.body
        found: dict[str, Any] = json_of(answer)
        return found
