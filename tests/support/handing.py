"""A proxy before a server of ours, both as processes, with a tap between them that sees what is handed over."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey
from support.command import Serving, serving
from support.governing import KEYS
from support.people import People
from support.web import Asked, Said, Web, forwarding, post, web

from adaptgen.govern.identity.identity_assertion import TYPE, AssertionIssuer
from adaptgen.mcp.protocol import META_HANDOVER

RESOURCE = "http://127.0.0.1/mcp"
"""The proxy's public URL: the audience of access tokens, and the issuer of handovers."""
NAME = "people"
"""The server's name as an audience."""
POLICY = """
@id("all") permit (principal, action, resource) unless { principal in Group::"bank/guests" };
"""
"""Guests only get what needs no policy: tools that read."""


@dataclass
class Issuer:
    """An authorization server that publishes one key."""

    url: str
    key: ECKey
    web: Web

    def token(self, sub: str = "ada", **more: Any) -> str:
        """An access token for the proxy."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": RESOURCE, "sub": sub, "org": "bank", "iat": now, "exp": now + 7200, **more}
        return str(jwt.encode({"alg": "ES256", "kid": "k1"}, claims, self.key, algorithms=["ES256"]))


@contextmanager
def issuing(name: str = "") -> Iterator[Issuer]:
    """The authorization server for the length of a block; ``name``: its issuer where that is not its URL."""
    key = ECKey.generate_key("P-256", private=True)
    document = {"keys": [{**key.as_dict(private=False), "kid": "k1", "use": "sig"}]}
    with web(lambda _: document) as made:
        yield Issuer(name or made.url, key, made)


@dataclass
class Chain:
    """Agent, proxy, tap, server, API. ``key`` is the proxy's handover key, which a test may misuse."""

    proxy: Serving
    server: Serving
    tap: Web
    api: Web
    people: People
    issuer: Issuer
    key: ECKey
    folder: Path

    def handed(self, tool: str = "list_people", arguments: Mapping[str, Any] | None = None) -> Asked:
        """The request that the proxy would send the server for a call: it is seen, and never reaches the server."""
        held: list[Asked] = []
        through = self.tap.answer

        def hold(asked: Asked) -> Any:
            held.append(asked)
            return Said({"detail": "held"}, 503)

        self.tap.answer = hold
        try:
            self.proxy.call(f"{NAME}__{tool}", dict(arguments or {}))
        finally:
            self.tap.answer = through
        (asked,) = held
        return asked

    def send(self, asked: Asked) -> Said:
        """A request straight to the server."""
        return post(self.server.url, asked.body, asked.headers)

    def forged(self, asked: Asked, key: Any = None, alg: str = "ES256", kid: str | None = None, **claims: Any) -> Asked:
        """The same request with another handover: its claims with ``claims`` instead, signed with ``key``."""
        known = decoded(handover_of(asked))
        given = {name: value for name, value in {**known, **claims}.items() if value is not None}
        header = {"alg": alg, "typ": TYPE, "kid": kid or AssertionIssuer(self.key, RESOURCE).jwks()["keys"][0]["kid"]}  # type: ignore[index,call-overload]
        return replaced(asked, str(jwt.encode(header, given, key or self.key, algorithms=[alg])))


def handover_of(asked: Asked) -> str:
    """The JWT in a request."""
    return str(asked.json()["params"]["_meta"][META_HANDOVER])


def decoded(token: str) -> dict[str, Any]:
    """The claims of a JWT, not verified."""
    body = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


def shared(secret: bytes, typ: str, claims: Mapping[str, Any], **header: str) -> str:
    """A JWT with ``secret``, which libraries refuse to take for one, as the key of HS256."""
    parts = ({"alg": "HS256", "typ": typ, **header}, claims)
    signed = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
    mac = hmac.new(secret, signed.encode(), "sha256").digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def replaced(asked: Asked, token: str | None) -> Asked:
    """The request with another handover, or none."""
    body = asked.json()
    body["params"]["_meta"].pop(META_HANDOVER)
    if token is not None:
        body["params"]["_meta"][META_HANDOVER] = token
    return Asked(asked.method, asked.target, without_length(asked.headers), json.dumps(body).encode())


def rewritten(asked: Asked, **params: Any) -> Asked:
    """The request with other params under the same handover; Mcp-Name follows."""
    body = asked.json()
    body["params"].update(params)
    headers = {**without_length(asked.headers), "mcp-name": body["params"]["name"]}
    return Asked(asked.method, asked.target, headers, json.dumps(body).encode())


def without_length(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers that fit any body."""
    return {name: value for name, value in headers.items() if name not in ("content-length", "host", "connection")}


def behind(folder: Path, key: ECKey, name: str = NAME, **more: Any) -> Path:
    """The settings of a server behind the proxy that signs with ``key``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "governance.yaml"
    jwks = AssertionIssuer(key, RESOURCE).jwks()
    made = {
        "adaptgen": 1,
        "mode": "behind",
        "accept": {"issuer": RESOURCE, "audience": name, "jwks": jwks},
        "keys": {"cursors": "${env:T_CURSORS}"},
        **more,
    }
    path.write_text(json.dumps({name: value for name, value in made.items() if value is not None}))
    return path


def proxying(folder: Path, upstream: str, issuer: str, **more: Any) -> Path:
    """The settings of a proxy before one server."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "all.cedar").write_text(POLICY)
    path = folder / "governance.yaml"
    made = {
        "adaptgen": 1,
        "mode": "proxy",
        "listen": {"http": "127.0.0.1:0", "resource": RESOURCE},
        "upstreams": {NAME: {"url": upstream, "handover": NAME}},
        "authenticate": {
            "issuer": issuer,
            "audience": RESOURCE,
            "jwks": f"{issuer}/jwks",
            "caller": {"sub": "sub", "tenant": "org", "groups": "groups"},
        },
        "authorize": {"default": "read", "policies": ["all.cedar"]},
        "tokenize": {"kinds": ["email", "phone", "name"]},
        "keys": {
            "tokens": {"current": "k1", "all": {"k1": "${env:T_TOKENS}"}},
            "handover": "${env:T_HANDOVER}",
            "audit": "${env:T_AUDIT}",
        },
        "audit": {"sink": str(folder / "audit.jsonl")},
        **more,
    }
    path.write_text(json.dumps({name: value for name, value in made.items() if value is not None}))
    return path


def keys_of_proxy(key: ECKey) -> dict[str, str]:
    """The environment of a proxy: every key that its settings name."""
    private = key.as_pem(private=True).decode()
    return {"T_TOKENS": KEYS["T_TOKENS"], "T_AUDIT": KEYS["T_AUDIT"], "T_HANDOVER": private}


@contextmanager
def chained(folder: Path, package: Path) -> Iterator[Chain]:
    """Everything started, in the order in which each needs the one before."""
    key = ECKey.generate_key("P-256", private=True)
    people = People()
    with ExitStack() as stack:
        api = stack.enter_context(web(people))
        issuer = stack.enter_context(issuing())
        named = behind(folder / "server", key)
        # Exactly what a server behind a proxy needs: the API's address and the key of its cursors, no other key.
        environ = {"PEOPLE_BASE_URL": api.url, "T_CURSORS": KEYS["T_CURSORS"]}
        arguments = ("serve", package, "--http", "127.0.0.1:0", "--governance", named)
        server = stack.enter_context(serving(folder / "server", *arguments, **environ))
        tap = stack.enter_context(web(forwarding(server.url)))
        settings = proxying(folder / "proxy", f"{tap.url}/mcp", issuer.url)
        proxy = stack.enter_context(serving(folder / "proxy", "proxy", settings, **keys_of_proxy(key)))
        proxy.token = issuer.token()
        yield Chain(proxy, server, tap, api, people, issuer, key, folder)
