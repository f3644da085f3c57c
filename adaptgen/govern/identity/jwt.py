"""Signed JSON Web Tokens (RFC 7519, RFC 8725): verified under keys, algorithms and types that we choose, never they."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson

from adaptgen.govern.identity.signatures import ALGORITHMS, PublicKey, decode

if TYPE_CHECKING:
    from adaptgen.govern.identity.jwks import KeySet, KeySource

TOKEN_BYTES: Final = 16 * 1024
_HEADER_BYTES: Final = 4 * 1024


class InvalidToken(Exception):
    """The token is not accepted. The text says why, without any part of it."""


class OtherAlgorithm(InvalidToken):
    """Signed in a way that the settings do not allow."""


class Verifier:
    """Verifies signatures. ``types`` are the accepted values of ``typ``, in lower case; "" accepts a token without
    one."""

    def __init__(self, keys: KeySet | KeySource, *, algorithms: Collection[str], types: Collection[str]) -> None:
        """``algorithms`` that are not asymmetric signatures are ignored: what signs must not be what verifies."""
        allowed = ALGORITHMS.intersection(algorithms)
        self._algorithms = allowed | {"Ed25519"} if "EdDSA" in allowed else allowed  # RFC 9864: two names of one
        self._types = frozenset(types)
        self._keys = keys

    async def claims(self, token: str) -> dict[str, Any]:
        """The claims of a token whose signature holds. Times, issuer and audience are the caller's to check.

        Raises:
            InvalidToken: it is too large, malformed, of another type or algorithm, or not signed by our keys.
        """
        if len(token) > TOKEN_BYTES:
            raise InvalidToken("the access token is too large")
        header = _header(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in self._algorithms:
            raise OtherAlgorithm("the signature algorithm of the access token is not accepted")
        if "crit" in header or "b64" in header:
            raise InvalidToken("the access token has a critical header that is not understood")
        kind = header.get("typ", "")
        if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in self._types:
            raise InvalidToken("the token is not an access token")
        if kid is not None and not isinstance(kid, str):
            raise InvalidToken("the access token is malformed")
        key = await self._keys.key(algorithm, kid)
        if key is None:
            raise InvalidToken("the access token is signed with a key that is not known")
        return self._verified(token, algorithm, key)

    @staticmethod
    def _verified(token: str, algorithm: str, key: PublicKey) -> dict[str, Any]:
        signed, _, end = token.rpartition(".")
        try:
            held = key.verifies(algorithm, signed.encode("ascii"), decode(end))
            claims = orjson.loads(decode(signed.partition(".")[2])) if held else None
        except ValueError:
            held = False
        if not held:
            raise InvalidToken("the signature of the access token does not hold") from None
        if not isinstance(claims, dict):
            raise InvalidToken("the access token is malformed")
        return claims


def _header(token: str) -> dict[str, Any]:
    """The header, before anything about it is believed."""
    head, first, rest = token.partition(".")
    if not first or rest.count(".") != 1 or len(head) > _HEADER_BYTES or not token.isascii():
        raise InvalidToken("the access token is not a signed JWT")
    try:
        header = orjson.loads(decode(head))
    except ValueError:
        raise InvalidToken("the access token is not a signed JWT") from None
    if not isinstance(header, dict):
        raise InvalidToken("the access token is not a signed JWT")
    return header


def check_times(claims: Mapping[str, Any], now: float, leeway: float) -> float:
    """The moment, in seconds since the epoch, after which the token must not be accepted; leeway included.

    Raises:
        InvalidToken: it has expired, is not yet valid, or says nothing usable about it (RFC 7519, 4.1.4 to 4.1.6).
    """
    end = _moment(claims, "exp")
    if end is None:
        raise InvalidToken("the access token does not say when it expires")
    if end + leeway <= now:
        raise InvalidToken("the access token has expired")
    for name in ("nbf", "iat"):
        start = _moment(claims, name)
        if start is not None and start - leeway > now:
            raise InvalidToken("the access token is not valid yet")
    return end + leeway


def _moment(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise InvalidToken(f"the claim {name} of the access token is not a number")
    return float(value)


def check_party(
    claims: Mapping[str, Any], issuer: str, audience: Collection[str], clients: Collection[str] = ()
) -> None:
    """Raise InvalidToken unless the token comes from ``issuer`` and is meant for one of ``audience`` (RFC 7519, 4.1.1,
    4.1.3). ``clients``: a token that names no audience is accepted where its ``client_id`` (RFC 9068, 2.2) is one of
    these, as the access tokens of Amazon Cognito do; one with an audience never is by its client."""
    if claims.get("iss") != issuer:
        raise InvalidToken("the access token is from another issuer")
    if clients and "aud" not in claims:
        client = claims.get("client_id")
        if not isinstance(client, str) or client not in clients:
            raise InvalidToken("the access token has no audience, and is of another client")
        return
    given = claims.get("aud")
    meant = given if isinstance(given, list) else [given]
    if not any(isinstance(one, str) and one in audience for one in meant):
        raise InvalidToken("the access token is for another audience")
