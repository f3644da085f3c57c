"""Handover of identity: the JWT by which the proxy names the caller to a server behind it, bound to one request.

The proxy signs with ES256 (RFC 7518, 3.4); the server holds public keys alone. A token is good for one request of one
server: its audience, the SHA-256 of method and params as sent, half a minute, and once.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import orjson

from adaptgen.diagnostics import error
from adaptgen.govern.identity.http_fetch import Fetch, FetchError, trusted
from adaptgen.govern.identity.jwks import KeySet, KeySource
from adaptgen.govern.identity.jwt import InvalidToken, Verifier, check_party, check_times
from adaptgen.mcp.protocol import Challenge, RpcError
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Caller
from adaptgen.runtime.store.protocol import Store, StoreError

if TYPE_CHECKING:
    from joserfc.jwk import ECKey

    from adaptgen.diagnostics import Where
    from adaptgen.govern.settings.model import Accept
    from adaptgen.model.tables import Json

LIFETIME: Final = 30
"""Seconds for which a handover is good."""
LONGEST: Final = 60
"""Seconds that a server accepts between ``iat`` and ``exp``."""
LEEWAY: Final = 5.0
"""Seconds by which the clocks of proxy and server may differ."""
TYPE: Final = "adaptgen-handover+jwt"
"""``typ``: no other token can be taken for a handover, nor the other way round (RFC 8725, 3.11)."""
_ALGORITHM: Final = "ES256"
_JTI: Final = lazy(r"[A-Za-z0-9_-]{16,64}")


def fingerprint(method: str, params: Mapping[str, Json]) -> str:
    """SHA-256, in hex, over the canonical JSON of method and params without ``_meta``: keys sorted, no white space."""
    value = {"method": method, "params": {name: one for name, one in params.items() if name != "_meta"}}
    try:
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # integers beyond 64 bits, lone surrogates
        text = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(text).hexdigest()


class AssertionIssuer:
    """Signs handovers for the proxy ``issuer``."""

    def __init__(self, key: Any, issuer: str, *, clock: Callable[[], float] = time.time) -> None:
        """``key``: an ES256 private key as PEM, JWK (mapping or JSON text) or key object of joserfc. ValueError, which
        shows nothing of the key, where it is not a private key on P-256."""
        self._key = private_key(key)
        self._issuer = issuer
        self._clock = clock
        self._header = {"alg": _ALGORITHM, "typ": TYPE, "kid": self._key.thumbprint()}
        self._registry: Any = None

    def __repr__(self) -> str:
        return f"Handover(kid={self._header['kid']})"

    def jwks(self) -> dict[str, Json]:
        """The public JWK Set that servers need; the key id is the RFC 7638 thumbprint."""
        public: Any = self._key.as_dict(private=False)
        wanted = {name: public[name] for name in ("kty", "crv", "x", "y")}
        return {"keys": [{**wanted, "kid": self._header["kid"], "use": "sig", "alg": _ALGORITHM}]}

    def sign(self, caller: Caller, audience: str, method: str, params: Mapping[str, Json]) -> str:
        """The JWT for one request: ``params`` exactly as they will be sent (``_meta`` does not count).

        Every attempt at a request needs one of its own: the server accepts each once.
        """
        from joserfc import jws

        if self._registry is None:
            self._registry = jws.JWSRegistry(algorithms=[_ALGORITHM])
        now = int(self._clock())
        claims: dict[str, Json] = {
            "iss": self._issuer,
            "aud": audience,
            "sub": caller.sub,
            "iat": now,
            "exp": now + LIFETIME,
            "jti": secrets.token_urlsafe(18),
            "call": fingerprint(method, params),
        }
        if caller.tenant:
            claims["tenant"] = caller.tenant
        if caller.groups:
            claims["groups"] = list(caller.groups)
        if caller.claims:
            claims["claims"] = dict(caller.claims)
        if caller.client:
            claims["client"] = caller.client
        if caller.tokens != "sealed":
            claims["tokens"] = caller.tokens
        if caller.searched:
            claims["searched"] = dict(caller.searched)
        return jws.serialize_compact(dict(self._header), orjson.dumps(claims), self._key, registry=self._registry)


def private_key(key: Any) -> ECKey:
    """An ES256 private key from PEM, JWK or key object; ValueError for anything else."""
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey

    try:
        if isinstance(key, (bytes, str)):
            text = key.decode() if isinstance(key, bytes) else key
            key = orjson.loads(text) if text.lstrip().startswith("{") else text
        found = key if isinstance(key, ECKey) else ECKey.import_key(key)
        usable = found.is_private and found.curve_name == "P-256"
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        usable = False
    if not usable:
        raise ValueError("the handover key is not an ES256 private key (P-256, as PEM or JWK)") from None
    return found


class AssertionVerifier:
    """Accepts handovers at a server behind a proxy."""

    def __init__(
        self,
        accept: Accept,
        store: Store,
        *,
        base: Path | None = None,
        requests: Fetch | None = None,
        where: Callable[..., Where | None] = lambda *_: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``store`` remembers which handovers were used, for every process of the server; ``base`` is the folder
        of the settings, for ``jwks`` in a file.
        """
        self._accept = accept
        self._store = store
        self._base = base or Path()
        self._own = Fetch() if requests is None else None
        self._requests: Fetch = requests or self._own or Fetch()
        self._where = where
        self._clock = clock
        self._verifier: Verifier | None = None

    async def start(self) -> None:
        """Read or fetch the proxy's public keys; AG074, at the setting, without issuer or audience, or keys that can be
        used."""
        for name in ("issuer", "audience"):
            if not getattr(self._accept, name):
                where = self._where("accept", name) or self._where("accept")
                raise error("AG074", f"accept: {name} is missing", where, f"set the {name} of the handover")
        try:
            keys = self._keys()
            await keys.start()
        except (FetchError, OSError, ValueError) as problem:
            why = problem.strerror if isinstance(problem, OSError) else f"{problem}"
            raise error(
                "AG074",
                f"the proxy's public keys cannot be used: {why}",
                self._where("accept", "jwks") or self._where("accept"),
                "set it to the public JWK Set of the proxy's keys.handover",
            ) from None
        self._verifier = Verifier(keys, algorithms=(_ALGORITHM,), types=(TYPE,))

    def _keys(self) -> KeySet | KeySource:
        given = self._accept.jwks
        if isinstance(given, Mapping):
            return KeySet(given)
        if not isinstance(given, str) or not given:
            raise ValueError("no keys")
        if given.lstrip().startswith("{"):
            return KeySet(_object(given))
        if "://" in given:
            url = trusted(given)

            async def address() -> str:
                return url

            return KeySource(address, self._requests, clock=self._clock)
        return KeySet(_object((self._base / given).read_bytes()))

    async def open(self, token: str, method: str, params: Mapping[str, Json]) -> Caller:
        """The caller whose request this is.

        Raises:
            Challenge: 401; the handover is not one of our proxy, not for this server or request, expired, or used.
            RpcError: the shared state that remembers used ones cannot be reached.
        """
        now = self._clock()
        claims, until = await self._verified(token, now)
        start, jti = claims.get("iat"), claims.get("jti")
        if not isinstance(start, (int, float)) or claims["exp"] - start > LONGEST:
            raise _refused("the handover is good for too long")
        if not isinstance(jti, str) or not _JTI.fullmatch(jti):
            raise _refused("the handover has no identifier")
        if claims.get("call") != fingerprint(method, params):
            raise _refused("the handover belongs to another request")
        caller = _caller(claims)
        key, mark = f"handover:{jti}", secrets.token_bytes(12)
        try:
            fresh = await self._store.add(key, mark, ttl=until - now + LEEWAY)
            # A store whose answer got lost is asked again, and may deny what it has done.
            fresh = fresh or await self._store.get(key) == mark
        except StoreError:
            raise RpcError(-32603, "the shared state cannot be reached, so nobody is let in; try again later") from None
        if not fresh:
            raise _refused("the handover was used before")
        return caller

    async def verify(self, token: str) -> None:
        """Raise Challenge (401) unless the proxy signed ``token`` for this server and it has not expired: before its
        request is read."""
        await self._verified(token, self._clock())

    async def _verified(self, token: str, now: float) -> tuple[dict[str, Any], float]:
        if self._verifier is None:
            raise _refused("this server does not accept handovers yet")
        try:
            claims = await self._verifier.claims(token)
            until = check_times(claims, now, LEEWAY)
            check_party(claims, self._accept.issuer, (self._accept.audience,))
        except InvalidToken as problem:
            raise _refused(str(problem).replace("access token", "handover")) from None
        return claims, until

    async def aclose(self) -> None:
        if self._own is not None:
            await self._own.aclose()


def _object(text: str | bytes) -> Mapping[str, Any]:
    try:
        document = orjson.loads(text)
    except ValueError:
        raise ValueError("the key set is not JSON") from None
    if not isinstance(document, dict):
        raise ValueError("the key set is not a JSON object")
    return document


_FORMS: Final[Mapping[str, Literal["sealed", "padded", "short"]]] = {"padded": "padded", "short": "short"}


def _caller(claims: Mapping[str, Any]) -> Caller:
    sub, tenant = claims.get("sub"), claims.get("tenant", "")
    groups, kept = claims.get("groups", []), claims.get("claims", {})
    if not isinstance(sub, str) or not sub or not isinstance(tenant, str):
        raise _refused("the handover names no caller")
    if not isinstance(groups, list) or not all(isinstance(one, str) for one in groups) or not isinstance(kept, dict):
        raise _refused("the handover names no caller")
    searched = claims.get("searched")
    said = {str(name): clear is not False for name, clear in searched.items()} if isinstance(searched, dict) else {}
    form = _FORMS.get(str(claims.get("tokens")), "sealed")
    client = claims.get("client")
    return Caller(
        sub, tenant, tuple(groups), kept, searched=said, tokens=form, client=client if isinstance(client, str) else ""
    )


def _refused(text: str) -> Challenge:
    return Challenge(401, 'Bearer error="invalid_token"', text)
