"""A small real API in which everybody has notes, and servers for it in front of which callers connect their accounts.

The API's tokens come from npm ``oidc-provider``, which it asks about each one (RFC 7662); a key stands for an account,
too. A second provider is the company that callers belong to. All of it runs as processes: replicas of a proxy behind a
round robin, replicas of the generated server behind another, and Redis; or the generated server alone.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import secrets
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from joserfc.jwk import ECKey
from support import oidc_provider, redis
from support.generated import generate
from support.oidc_provider import OidcProvider
from support.replicas import KEY, RoundRobin, relayed
from support.scripted_browser import Browser, Page
from support.services import Service, free_port, launch, plain_environ
from support.web import Web, web

from adaptgen.govern.identity.identity_assertion import AssertionIssuer

ROOT = Path(__file__).parents[2]
REPLICAS = 3
LIFETIME = 3
"""Seconds of the API's access tokens."""
IDP_SECRET, API_SECRET = "canary-secret-at-the-company", "canary-secret-at-the-api"
CURSORS = "Y3Vyc29ycy1vZi10aGUtbm90ZXMtc2VydmVyLTMyYnk="
CLIENT = {"elicitation": {"url": {}}}

API = """\
import sys
from collections import Counter

import httpx, uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

port, introspection = int(sys.argv[1]), sys.argv[2]
client = httpx.AsyncClient(auth=("api", "the-api-itself"), timeout=30)
counts = Counter()


async def account(request):
    key = request.headers.get("x-notes-key")
    if key is not None:
        return key.removeprefix("key-of-") if key.startswith("key-of-") else None
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    answer = await client.post(introspection, data={"token": token})
    found = answer.json()
    return found.get("sub") if found.get("active") else None


async def whoami(request):
    who = await account(request)
    counts["calls" if who else "refused"] += 1
    if who is None:
        return JSONResponse({"error": "invalid_token"}, 401, {"www-authenticate": 'Bearer error="invalid_token"'})
    return JSONResponse({"account": who, "notes": counts["calls"]})


async def seen(request):
    return JSONResponse(counts)


routes = [Route("/me", whoami), Route("/keyed/me", whoami), Route("/seen", seen)]
uvicorn.run(Starlette(routes=routes), host="127.0.0.1", port=port, log_level="info")
"""


def document(api: str) -> bytes:
    """The OpenAPI document of the API."""
    who = {
        "type": "object",
        "required": ["account"],
        "properties": {"account": {"type": "string"}, "notes": {"type": "integer"}},
    }
    good = {"200": {"description": "Who is asking", "content": {"application/json": {"schema": who}}}}
    paths = {
        path: {"get": {"operationId": name, "summary": summary, "security": [{scheme: []}], "responses": good}}
        for path, name, summary, scheme in (
            ("/me", "get_account", "The account that asks", "notes"),
            ("/keyed/me", "get_key_account", "The account of the key", "key"),
        )
    }
    flow = {"authorizationUrl": "https://unused.example/a", "tokenUrl": "https://unused.example/t", "scopes": {}}
    schemes = {
        "notes": {"type": "oauth2", "flows": {"authorizationCode": flow}},
        "key": {"type": "apiKey", "in": "header", "name": "X-Notes-Key"},
    }
    made = {
        "openapi": "3.1.0",
        "info": {"title": "Notes", "version": "1"},
        "servers": [{"url": api}],
        "paths": paths,
        "components": {"securitySchemes": schemes},
    }
    return json.dumps(made).encode()


def hints(provider: str) -> str:
    """What a person says of the API's logins."""
    return f"""\
adaptgen: 1
auth:
  notes:
    kind: oauth2
    grant: authorization_code
    per: caller
    store: state
    title: Notes
    authorization_url: "{provider}/auth"
    token_url: "{provider}/token"
    revocation_url: "{provider}/token/revocation"
    issuer: "{provider}"
    client_id: notes-client
    client_secret: "${{env:NOTES_CLIENT_SECRET}}"
    scopes: [openid]
  key:
    kind: api_key
    per: caller
    store: state
    ask: notes key
    header: X-Notes-Key
"""


@dataclass
class Place:
    """``url``: the MCP endpoint; ``company`` and ``accounts``: the two providers; ``relays``: the round robins;
    ``collector``: what traces were sent to; ``package``: the generated server, ``settings`` those it runs under."""

    folder: Path
    url: str
    company: OidcProvider
    accounts: OidcProvider
    api: Service
    collector: Web
    package: Path
    settings: Path
    environ: Mapping[str, str]
    prefix: str = ""
    store: Service | None = None
    relays: list[RoundRobin] = field(default_factory=list)

    @property
    def base(self) -> str:
        """Where the pages lie."""
        return self.url.removesuffix("/mcp")

    def written(self) -> dict[str, bytes]:
        """Everything that a secret could have got into: logs and audit, traces, answers, and the shared state."""
        found = {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.suffix in (".log", ".jsonl") and not path.name.startswith("oidc-provider")
        }
        for at, one in enumerate(self.collector.seen):
            found[f"trace {at}"] = gzip.decompress(one.body) if one.body[:2] == b"\x1f\x8b" else one.body
        found |= {f"answers {at}": bytes(one.said) for at, one in enumerate(self.relays)}
        if self.store is not None:
            found["state"] = dumped(self.store)
        return found


def dumped(store: Service) -> bytes:
    """Every key and value of a Redis."""
    import redis as client

    held = client.Redis.from_url(store.url)
    read = {b"string": held.get, b"hash": held.hgetall}
    parts = [repr((name, read.get(held.type(name), held.dump)(name))) for name in held.scan_iter(count=1000)]
    return "\n".join(parts).encode()


class Caller:
    """Somebody of the company with an account at the API of another name, a browser, and an MCP client. ``answers``:
    what the client got; ``secrets``: what went through the browser and nobody else may see."""

    def __init__(self, place: Place, name: str) -> None:
        self.place = place
        self.name = name
        self.account = f"account-{name}"
        self.browser = Browser(name)
        self.answers: list[str] = []
        self.secrets: set[str] = set()
        self.token = ""

    def log_in(self) -> None:
        """Get an access token of the company for the server, as a client does that is registered there."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        redirect = "http://127.0.0.1:1/callback"
        query = {
            "client_id": "agent", "redirect_uri": redirect, "response_type": "code", "scope": "openid read",
            "code_challenge": challenge, "code_challenge_method": "S256", "resource": self.place.url,
        }  # fmt: skip
        went = self.browser.authorize(f"{self.place.company.url}/auth?{urlencode(query)}", deliver=False)
        form = {
            "grant_type": "authorization_code", "code": parse_qs(urlsplit(went).query)["code"][0],
            "redirect_uri": redirect, "code_verifier": verifier, "client_id": "agent", "resource": self.place.url,
        }  # fmt: skip
        answer = httpx.post(f"{self.place.company.url}/token", data=form, trust_env=False, timeout=30)
        self.token = answer.json()["access_token"]

    async def call(self, client: httpx.AsyncClient, tool: str = "get_account") -> Any:
        """The result of a call, by a client that opens links (MCP 2026-07-28)."""
        name = f"{self.place.prefix}{tool}"
        meta = {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": CLIENT,
        }
        params = {"name": name, "arguments": {}, "_meta": meta}
        headers = {
            "authorization": f"Bearer {self.token}", "accept": "application/json, text/event-stream",
            "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": name,
        }  # fmt: skip
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        answer = await client.post(self.place.url, json=body, headers=headers)
        self.answers.append(answer.text)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("application/json"), answer.text
        return answer.json()["result"]

    def connect(self, link: str) -> Page:
        """Do at a link what a person does: log in at the company, go on to the API, agree there, come back."""
        page = self.browser.open(link)
        assert page.url == link, f"{page.url}: {page.words[:300]}"
        page = self.browser.press(page, "Connect")
        # The page goes on by itself; the link on it is for browsers that do not.
        self.browser.name = self.account
        back = f"{self.place.base}/connections/callback/notes/notes"
        page = self.browser.follow(page, "Continue to")
        if not page.url.startswith(back):  # somebody who is logged in at the API, and has agreed, is there already
            page = self.browser.finish(page, back)
            page = self.browser.open(page.url, site="127.0.0.1")
        self.browser.name = self.name
        self.secrets.update(parse_qs(urlsplit(page.url).query)["code"])
        return page

    def accounts(self) -> Page:
        """The page of all accounts."""
        return self.browser.open(f"{self.place.base}/connections")

    def disconnect(self) -> Page:
        """Take the account back."""
        return self.browser.press(self.accounts(), "Disconnect")


def link_of(result: Any) -> str:
    """The link of a call that lacks an account; "" of another."""
    if result.get("resultType") != "input_required":
        return ""
    (request,) = result["inputRequests"].values()
    assert request["params"]["mode"] == "url"
    return str(request["params"]["url"])


def account_of(result: Any) -> str:
    """Whom the API saw; "" where it did not answer."""
    return (
        ""
        if result.get("isError") or "content" not in result
        else str(json.loads(result["content"][0]["text"])["account"])
    )


# ------------------------------------------------------------------------------------------------------------ places


@contextlib.contextmanager
def _surroundings(folder: Path) -> Iterator[tuple[OidcProvider, OidcProvider, Service, Web, Path]]:
    """The two providers, the API, the collector of traces, and the server that was generated for the API."""
    with contextlib.ExitStack() as stack:
        (folder / "company").mkdir()
        (folder / "accounts").mkdir()
        company = stack.enter_context(oidc_provider.running(folder / "company"))
        accounts = stack.enter_context(oidc_provider.running(folder / "accounts", access=LIFETIME))
        accounts.client("api", "http://127.0.0.1:1/unused", secret="the-api-itself")
        port = free_port()
        command = [sys.executable, "-c", API, str(port), f"{accounts.url}/token/introspection"]
        api = launch(
            "api", command, url=f"http://127.0.0.1:{port}", ready="/seen",
            environ=plain_environ(folder), folder=folder, seconds=60,
        )  # fmt: skip
        stack.callback(api.stop)
        collector = stack.enter_context(web(lambda _: {}))
        package = generate(folder, "notes", {"notes.json": document(api.url)}, hints(accounts.url))
        yield company, accounts, api, collector, package


def _named(company: OidcProvider, accounts: OidcProvider, url: str) -> None:
    """Register at the providers what is known only when the address is."""
    base = url.removesuffix("/mcp")
    company.set(resources={url: "read"})
    company.client("agent", "http://127.0.0.1:1/callback", secret="")
    company.client("adaptgen", f"{base}/login/callback", secret=IDP_SECRET)
    accounts.client("notes-client", f"{base}/connections/callback/notes/notes", secret=API_SECRET)


def _people(company: OidcProvider, url: str) -> dict[str, Any]:
    """The settings of who calls."""
    return {
        "authenticate": {
            "issuer": company.url, "audience": url, "jwks": f"{company.url}/jwks",
            "caller": {"sub": "sub", "tenant": "tenant", "groups": "groups"},
        },
        "login": {"client_id": "adaptgen", "client_secret": "${env:IDP_SECRET}"},
        "authorize": {"default": "read", "policies": ["all.cedar"]},
    }  # fmt: skip


def _start(folder: Path, name: str, port: int, settings: Mapping[str, Any], environ: Mapping[str, str]) -> Service:
    """One process of a proxy, or of the server in ``ADAPTGEN_SERVER``."""
    own = folder / name
    own.mkdir()
    (own / "all.cedar").write_text("permit (principal, action, resource);")
    (own / "governance.yaml").write_text(json.dumps(settings))
    more = {"ADAPTGEN_GOVERNANCE": str(own / "governance.yaml"), "ADAPTGEN_LISTEN": f"127.0.0.1:{port}", **environ}
    return launch(
        name, [sys.executable, "-m", "adaptgen.transports.container"], url=f"http://127.0.0.1:{port}", ready="/readyz",
        environ=plain_environ(own, PYTHONPATH=str(ROOT), **more), folder=own, seconds=60,
    )  # fmt: skip


@contextlib.contextmanager
def replicated(folder: Path) -> Iterator[Place]:
    """Three replicas of the proxy before three of the server, with Redis."""
    with contextlib.ExitStack() as stack:
        company, accounts, api, collector, package = stack.enter_context(_surroundings(folder))
        store = redis.start(folder)
        stack.callback(store.stop)
        proxies, servers = [[free_port() for _ in range(REPLICAS)] for _ in range(2)]
        front, back = stack.enter_context(relayed(proxies)), stack.enter_context(relayed(servers))
        url = f"http://127.0.0.1:{front.port}/mcp"
        _named(company, accounts, url)
        key = ECKey.generate_key("P-256", private=True)
        shared = {
            "adaptgen": 1,
            "state": {"store": "redis", "url": "${env:REDIS}"},
            "trace": {"otlp": collector.url},
            "audit": {"sink": "audit.jsonl"},
        }
        behind = {
            **shared,
            "mode": "behind",
            "accept": {"issuer": url, "audience": "notes", "jwks": AssertionIssuer(key, url).jwks()},
            "keys": {"cursors": "${env:CURSORS}", "audit": "${env:AUDIT}"},
        }
        proxy = {
            **shared,
            "mode": "proxy",
            "listen": {"resource": url},
            **_people(company, url),
            "upstreams": {"notes": {"url": f"http://127.0.0.1:{back.port}/mcp", "handover": "notes", "timeout": 20}},
            "keys": {"handover": "${env:HANDOVER}", "audit": "${env:AUDIT}"},
        }
        environ = {
            "REDIS": store.url, "AUDIT": KEY, "CURSORS": CURSORS, "IDP_SECRET": IDP_SECRET,
            "NOTES_CLIENT_SECRET": API_SECRET, "HANDOVER": key.as_pem(private=True).decode(),
        }  # fmt: skip
        for at, port in enumerate(servers):
            one = _start(folder, f"server{at}", port, behind, {**environ, "ADAPTGEN_SERVER": str(package)})
            stack.callback(one.stop)
        for at, port in enumerate(proxies):
            stack.callback(_start(folder, f"proxy{at}", port, proxy, environ).stop)
        yield Place(folder, url, company, accounts, api, collector, package, folder / "server0" / "governance.yaml",
                    environ, "notes__", store, [front, back])  # fmt: skip


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[Place]:
    """One process of the generated server, which people log in to themselves."""
    with contextlib.ExitStack() as stack:
        company, accounts, api, collector, package = stack.enter_context(_surroundings(folder))
        port = free_port()
        with_relay = stack.enter_context(relayed([port]))
        url = f"http://127.0.0.1:{with_relay.port}/mcp"
        _named(company, accounts, url)
        settings = {
            "adaptgen": 1,
            "mode": "embedded",
            "listen": {"resource": url},
            **_people(company, url),
            "keys": {"cursors": "${env:CURSORS}", "audit": "${env:AUDIT}"},
            "trace": {"otlp": collector.url},
            "audit": {"sink": "audit.jsonl"},
        }
        environ = {"AUDIT": KEY, "CURSORS": CURSORS, "IDP_SECRET": IDP_SECRET, "NOTES_CLIENT_SECRET": API_SECRET,
                   "ADAPTGEN_SERVER": str(package), "ADAPTGEN_CURSOR_KEY": CURSORS}  # fmt: skip
        stack.callback(_start(folder, "server", port, settings, environ).stop)
        yield Place(folder, url, company, accounts, api, collector, package, folder / "server" / "governance.yaml",
                    environ, "", None, [with_relay])  # fmt: skip
