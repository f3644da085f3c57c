"""ID tokens of OpenID Connect (Core, 2 and 3.1.3.7): who logged in, for which client, in answer to which request."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson

from adaptgen.govern.identity.jwks import KeySource
from adaptgen.govern.identity.jwt import InvalidToken, OtherAlgorithm, Verifier, check_party, check_times
from adaptgen.govern.identity.signatures import decode
from adaptgen.runtime.core.seals import base64url

if TYPE_CHECKING:
    from adaptgen.govern.settings.model import Authenticate

_TYPES: Final = ("", "jwt")
_HASHES: Final[Mapping[str, tuple[Callable[[bytes], bytes], ...]]] = {
    "256": (lambda data: hashlib.sha256(data).digest(),),
    "384": (lambda data: hashlib.sha384(data).digest(),),
    "512": (lambda data: hashlib.sha512(data).digest(),),
    # Nothing defines it for these; providers use the hash inside of the signature (RFC 8032).
    "DSA": (lambda data: hashlib.sha512(data).digest(), lambda data: hashlib.shake_256(data).digest(114)),
    "519": (lambda data: hashlib.sha512(data).digest(),),
}
"""End of a signature algorithm -> what ``at_hash`` is made with (Core, 3.1.3.6)."""


class IdTokens:
    """Verifies what one provider signs for one client."""

    def __init__(
        self, keys: KeySource, issuer: str, client: str, rules: Authenticate, clock: Callable[[], float]
    ) -> None:
        self._verifier = Verifier(keys, algorithms=rules.algorithms, types=_TYPES)
        self._issuer = issuer
        self._client = client
        self._leeway = rules.leeway
        self._clock = clock

    async def claims(self, token: str, *, nonce: str, access: str) -> dict[str, Any]:
        """The claims of an ID token. ``nonce``: of the login; a token without it passes here, as those of a refresh
        have none (Core, 12.2). ``access``: the access token that came with it.

        Raises:
            InvalidToken: it is not one for this client.
        """
        claims = await self.signed(token)
        try:
            check_times(claims, self._clock(), self._leeway)
        except InvalidToken as problem:
            text = f"{_of_id_token(problem)} (are the clocks of this machine and of the provider right?)"
            raise InvalidToken(text) from None
        audience, party = claims["aud"], claims.get("azp")
        if (isinstance(audience, list) and len(audience) > 1 and party is None) or party not in (None, self._client):
            raise InvalidToken("the ID token is for another party")
        if claims.get("iat") is None:
            raise InvalidToken("the ID token does not say when it was issued")
        if not isinstance(claims.get("sub"), str) or not claims["sub"]:
            raise InvalidToken("the ID token has no subject")
        if claims.get("nonce", nonce) != nonce:
            raise InvalidToken("the nonce of the ID token is another one")
        if claims.get("token_use", "id") != "id":
            raise InvalidToken("the ID token is a token for something else")
        if "at_hash" in claims:
            _check_hash(token, claims["at_hash"], access)
        return claims

    async def signed(self, token: str) -> dict[str, Any]:
        """The claims of what the provider signed for this client: an ID token, or an answer of userinfo."""
        try:
            claims = await self._verifier.claims(token)
            check_party(claims, self._issuer, (self._client,))
        except OtherAlgorithm as problem:
            raise InvalidToken(f"{_of_id_token(problem)} (authenticate.algorithms lists those that are)") from None
        except InvalidToken as problem:
            raise InvalidToken(_of_id_token(problem)) from None
        return claims


def _of_id_token(problem: InvalidToken) -> str:
    """What a check says that ID tokens share with access tokens, in the name of the ID token."""
    return f"{problem}".replace("the access token", "the ID token").replace("an access token", "an ID token")


def _check_hash(token: str, given: object, access: str) -> None:
    """``at_hash``: the left half of the hash of the access token (Core, 3.1.3.8)."""
    algorithm = orjson.loads(decode(token.partition(".")[0]))["alg"]
    data = access.encode("ascii", "replace")
    halves = [made[: len(made) // 2] for made in (one(data) for one in _HASHES.get(algorithm[-3:], ()))]
    if not access or given not in [base64url(one) for one in halves]:
        raise InvalidToken("the access token is not the one of the ID token")
