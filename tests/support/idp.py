"""A small real authorization server on loopback: metadata, key set with rotation, token endpoint; counted."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

METADATA = "/.well-known/oauth-authorization-server"
OIDC = "/.well-known/openid-configuration"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"

Raw = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Idp:
    """``answers`` replaces the answer of a path: ``(status, headers, body)``, or a function that writes bytes itself.

    ``keys`` is the published set: key id -> key. ``clients``: id -> secret. ``tokens`` counts what was issued.

    With ``person`` (claims, ``sub`` among them) it is an OpenID Connect provider as well, at which this person logs in
    at once: ``/authorize``, ``/userinfo``, refresh tokens that are replaced at each use. ``id_token`` and ``userinfo``
    change what those say; ``metadata`` what it says of itself. ``only_with_consent``: refresh tokens need
    ``prompt=consent``.
    """

    def __init__(self) -> None:
        self.url = ""
        self.keys: dict[str, Any] = {"k1": ECKey.generate_key("P-256", private=True)}
        self.clients = {"m2m": "s3cret"}
        self.counts: Counter[str] = Counter()
        self.forms: list[dict[str, str]] = []
        self.answers: dict[str, Any] = {}
        self.expires_in: int | None = 300
        self.gate: asyncio.Event | None = None
        self.person: dict[str, Any] | None = None
        self.id_token: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.only_with_consent = False
        self.codes: dict[str, dict[str, str]] = {}
        self.refresh_tokens: dict[str, dict[str, str]] = {}
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Close every connection, also those that wait."""
        if self._server is not None:
            self._server.close()
            for task in self._serving:
                task.cancel()
            await asyncio.gather(*self._serving)
            await self._server.wait_closed()

    # ------------------------------------------------------------------------------------------------------- tokens

    def issue(
        self, *, kid: str | None = "k1", key: Any = None, header: dict[str, Any] | None = None, **more: Any
    ) -> str:
        """An access token; ``more`` are claims beside or instead of the usual, None takes one away."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.url,
            "aud": "https://mcp.bank.example/mcp",
            "sub": "alice",
            "iat": now,
            "exp": now + 600,
            **more,
        }
        used = key if key is not None else self.keys[kid or "k1"]
        kind = {"EC": "ES256", "RSA": "RS256", "OKP": "Ed25519", "oct": "HS256"}[used.key_type]
        head = {"alg": kind, "typ": "at+jwt", **({"kid": kid} if kid else {}), **(header or {})}
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(head, kept, used, algorithms=[head["alg"]])

    def rotate(self, kid: str, kind: str = "EC") -> None:
        """Publish one more key."""
        made: dict[str, Callable[[], Any]] = {
            "EC": lambda: ECKey.generate_key("P-256", private=True),
            "RSA": lambda: RSAKey.generate_key(2048, private=True),
            "OKP": lambda: OKPKey.generate_key("Ed25519", private=True),
        }
        self.keys[kid] = made[kind]()

    def jwks(self) -> dict[str, Any]:
        """The public key set."""
        return {"keys": [{**key.as_dict(private=False), "kid": kid, "use": "sig"} for kid, key in self.keys.items()]}

    # ------------------------------------------------------------------------------------------------------- serving

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, target, _ = head[0].split(" ")
                headers = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in head[1:] if line}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                path = urlsplit(target).path
                self.counts[path] += 1
                if self.gate is not None:
                    await self.gate.wait()
                answer = self.answers.get(path) or self._answer(method, target, headers, body)
                if callable(answer):
                    await answer(writer)
                    return
                status, more, content = answer
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                lines = {"content-type": "application/json", "content-length": str(len(data)), **more}
                text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
                writer.write(f"HTTP/1.1 {status} X\r\n{text}\r\n".encode() + data)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass  # gone, or stopped: a handler that ends cancelled is reported as an error
        finally:
            self._serving.discard(task)
            writer.close()

    def _answer(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], Any]:
        path = urlsplit(target).path
        if self.person is not None and path == OIDC:
            return 200, {}, self._discovery()
        if self.person is not None and path == "/authorize":
            return self._authorize({name: value[0] for name, value in parse_qs(urlsplit(target).query).items()})
        if self.person is not None and path == "/userinfo":
            known = headers.get("authorization", "").startswith("Bearer ")
            return (200, {}, {**self.person, **self.userinfo}) if known else (401, {}, {})
        if path == METADATA:
            return 200, {}, {"issuer": self.url, "jwks_uri": f"{self.url}/jwks", "token_endpoint": f"{self.url}/token"}
        if path == "/jwks":
            return 200, {}, self.jwks()
        if path == "/token" and method == "POST":
            return self._token(headers, {name: value[0] for name, value in parse_qs(body.decode()).items()})
        return 404, {}, {"error": "not_found"}

    def _token(self, headers: dict[str, str], form: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        self.forms.append(form)
        given = base64.b64decode(headers.get("authorization", "").removeprefix("Basic ")).decode()
        client, _, secret = (
            given.partition(":") if given else (form.get("client_id", ""), "", form.get("client_secret"))
        )
        if self.clients.get(client, "") != (secret or ""):
            return 401, {}, {"error": "invalid_client"}
        if form["grant_type"] in ("authorization_code", "refresh_token"):
            return self._logged_in(client, form)
        if form["grant_type"] == EXCHANGE:
            return 200, {}, self._issued(f"for-{len(form['subject_token'])}-{self.counts['/token']}")
        return 200, {}, self._issued(f"own-{self.counts['/token']}")

    def _issued(self, token: str) -> dict[str, Any]:
        answer: dict[str, Any] = {"access_token": token, "token_type": "Bearer"}
        return answer if self.expires_in is None else {**answer, "expires_in": self.expires_in}

    # ------------------------------------------------------------------------------------------------- OpenID Connect

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/jwks",
            "authorization_response_iss_parameter_supported": True,
            **self.metadata,
        }

    def _authorize(self, asked: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        code = f"code-{self.counts['/authorize']}"
        self.codes[code] = asked
        query = urlencode({"code": code, "state": asked["state"], "iss": self.url})
        return 302, {"location": f"{asked['redirect_uri']}?{query}"}, b""

    def _logged_in(self, client: str, form: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        refreshing = form["grant_type"] == "refresh_token"
        asked = (
            self.refresh_tokens.pop(form["refresh_token"], None) if refreshing else self.codes.pop(form["code"], None)
        )
        if asked is None or asked["client_id"] != client or self.person is None:
            return 400, {}, {"error": "invalid_grant"}
        if not refreshing:
            made = hashlib.sha256(form["code_verifier"].encode()).digest()
            if base64.urlsafe_b64encode(made).rstrip(b"=").decode() != asked["code_challenge"]:
                return 400, {}, {"error": "invalid_grant"}
            if form["redirect_uri"] != asked["redirect_uri"]:
                return 400, {}, {"error": "invalid_grant"}
        claims = {"aud": client, "nonce": None if refreshing else asked["nonce"], **self.person, **self.id_token}
        access = self.issue(**self.person)
        answer = {**self._issued(access), "id_token": self.issue(header={"typ": "JWT"}, **claims)}
        consented = not self.only_with_consent or asked.get("prompt") == "consent"
        if "offline_access" in asked["scope"].split() and consented:
            answer["refresh_token"] = f"refresh-{self.counts['/token']}"
            self.refresh_tokens[answer["refresh_token"]] = asked
        return 200, {}, answer
