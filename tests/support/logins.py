"""A governed server with ``login`` before the provider of :mod:`support.idp`, and browsers for it, in one process."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import httpx
from support.governing import FakeTarget, fact, governed, settings
from support.idp import Idp

from adaptgen.govern.pipeline.assemble import GovernedServer
from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest, whole
from adaptgen.transports.aws_lambda import event as events
from adaptgen.transports.aws_lambda.handler import response
from adaptgen.transports.streamable_http.asgi import App
from adaptgen.transports.streamable_http.server import StreamableHttpServer
from adaptgen.web import web_of

RESOURCE = "https://mcp.bank.example/mcp"
BASE = "https://mcp.bank.example"
ANN = {"sub": "ann", "name": "Ann Ek", "groups": ["staff"], "org": "north"}
CLAIMS = {"tenant": "org", "groups": "groups"}


@dataclass
class Site:
    """``server`` answers what browsers and MCP clients send to ``base``."""

    governed: GovernedServer
    server: StreamableHttpServer
    idp: Idp
    base: str = BASE


@asynccontextmanager
async def site(
    folder: Path, idp: Idp, *, resource: str = RESOURCE, target: Any = None, **given: Any
) -> AsyncIterator[Site]:
    """A server whose people log in at ``idp``. ``given``: keys of the settings, those of ``login`` and
    ``authenticate`` added to the usual ones."""
    idp.person = idp.person if idp.person is not None else dict(ANN)
    idp.clients["web"] = "web-secret"
    login = {"client_id": "web", "client_secret": "${env:IDP_SECRET}", **given.pop("login", {})}
    authenticate = {"issuer": idp.url, "audience": RESOURCE, "caller": CLAIMS, **given.pop("authenticate", {})}
    path = settings(
        folder,
        listen={"resource": resource, "hosts": ["mcp.bank.example"], **given.pop("listen", {})},
        authenticate=authenticate,
        login={key: one for key, one in login.items() if one is not None},
        **given,
    )
    environ = {"IDP_SECRET": "web-secret"}
    async with governed(path, target or FakeTarget(fact("look")), http=True, environ=environ) as made:
        hosts = ("mcp.bank.example", urlsplit(resource).netloc)
        server = StreamableHttpServer(made.handler, hosts=hosts, web=web_of(made))
        try:
            yield Site(made, server, idp, resource.removesuffix("/mcp"))
        finally:
            await server.aclose()


Carry = Callable[[Site, HttpRequest, bytes], Awaitable[HttpAnswer]]


async def by_hand(site: Site, request: HttpRequest, body: bytes) -> HttpAnswer:
    """A request that reaches the server without any platform."""
    return await site.server.handle(request)


def by_lambda(make: Callable[..., dict[str, Any]], stage: str, domain: str) -> Carry:
    """Through events of Lambda, as :mod:`support.lambda_runtime` makes them, and what a function returns for them."""

    async def carry(site: Site, request: HttpRequest, body: bytes) -> HttpAnswer:
        event = make(
            request.method, request.path, request.query, list(request.headers.items()), body, stage, domain, ""
        )
        read = events.read(event, 60.0, [one for one in (events.prefix(f"{site.base}/mcp"),) if one])
        made = json.loads(json.dumps(response(await site.server.handle(read.http), read)))
        several = made.get("multiValueHeaders", {}).get("set-cookie", [])
        content = base64.b64decode(made["body"]) if made["isBase64Encoded"] else made["body"].encode()
        return HttpAnswer(made["statusCode"], made["headers"], content, (*made.get("cookies", ()), *several))

    return carry


async def by_asgi(site: Site, request: HttpRequest, body: bytes) -> HttpAnswer:
    """Through the ASGI application."""
    transport = httpx.ASGITransport(app=App(site.server))  # type: ignore[arg-type]
    url = f"{site.base.partition('://')[0]}://{request.headers['host']}{request.path}?{request.query}"
    async with httpx.AsyncClient(transport=transport) as client:
        got = await client.request(request.method, url.rstrip("?"), headers=dict(request.headers), content=body)
    return HttpAnswer(got.status_code, dict(got.headers), got.content, tuple(got.headers.get_list("set-cookie")))


@dataclass
class Browser:
    """Keeps cookies, follows redirects, and sends what browsers send with forms. ``seen``: every URL that it asked
    for. ``carry``: how its requests reach the server."""

    site: Site
    cookies: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    carry: Carry = by_hand

    async def send(self, method: str, url: str, form: Mapping[str, str] | None = None, **headers: str) -> HttpAnswer:
        """One request to the site, without following."""
        parts = urlsplit(url)
        sent = {"host": parts.netloc or urlsplit(self.site.base).netloc, "accept": "text/html"}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={text}" for name, text in self.cookies.items())
        body = b"" if form is None else urlencode(form).encode()
        if form is not None:
            sent |= {"content-type": "application/x-www-form-urlencoded", "content-length": str(len(body))}
            sent |= {"origin": self.site.base, "sec-fetch-site": "same-origin"}
        sent |= {name.replace("_", "-"): text for name, text in headers.items()}
        sent = {name: text for name, text in sent.items() if text}
        answer = await self.carry(
            self.site, HttpRequest(method, parts.path, sent, whole(body), query=parts.query), body
        )
        for line in answer.cookies:
            pair, *attributes = line.split("; ")
            name, _, text = pair.partition("=")
            self.cookies[name] = text
            if "Max-Age=0" in attributes:
                del self.cookies[name]
        return answer

    async def follow(self, answer: HttpAnswer, *, until: str = "") -> HttpAnswer:
        """Follow redirects; ``until``: stop before a URL that begins so, and leave it in the answer."""
        here = self.site.base
        for _ in range(10):
            if not 300 <= answer.status < 400:
                return answer
            here = urljoin(here, answer.headers["location"])
            self.seen.append(here)
            if until and here.startswith(until):
                return answer
            if here.startswith(self.site.idp.url):
                async with httpx.AsyncClient() as client:
                    got = await client.get(here)
                answer = HttpAnswer(got.status_code, dict(got.headers), got.content)
            else:
                answer = await self.get(here)
        raise AssertionError("too many redirects")

    async def get(self, url: str, **headers: str) -> HttpAnswer:
        """GET of the site."""
        return await self.send("GET", url, **headers)

    async def post(self, url: str, form: Mapping[str, str], **headers: str) -> HttpAnswer:
        """A form that is sent to the site; ``headers`` replace those of a browser, "" takes one away."""
        return await self.send("POST", url, form, **headers)


def text_of(answer: HttpAnswer) -> str:
    """The page."""
    assert isinstance(answer.body, bytes)
    return answer.body.decode()


def field_of(answer: HttpAnswer, name: str) -> str:
    """The value of a hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', text_of(answer))
    assert found is not None, text_of(answer)
    return found[1]
