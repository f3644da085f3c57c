"""Tokens for development: a key of this user, and the access tokens (RFC 9068) and documents of an issuer on loopback.

Anyone who can read the key, or ask the issuer, can be any caller: a server that others can reach refuses such an
issuer (``settings.rules.check_issuer``). The key is kept, so that tokens outlive a restart of the issuer and are made
without it.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from adaptgen.diagnostics import Where, error
from adaptgen.govern.identity import claims as identities
from adaptgen.govern.settings.key_files import make_key_file, read_key_file
from adaptgen.govern.settings.model import Claims
from adaptgen.model.tables import Json
from adaptgen.text.files import state_folder

if TYPE_CHECKING:
    from joserfc.jwk import ECKey

NAME: Final = "dev-issuer.pem"
CLIENT: Final = "adaptgen-dev-issuer"
"""``client_id`` of the tokens, by which everyone who looks at one sees what it is."""
_OURS: Final = frozenset(("iss", "aud", "sub", "groups", "exp", "iat", "nbf", "jti", "client_id"))


def load_key(environ: Mapping[str, str]) -> ECKey:
    """The key in the user's state folder; made there the first time, for the user alone.

    Raises:
        AdaptgenError: AG071, AG073 where it cannot be read, is not a key, or others could read it.
    """
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey

    path = state_folder(environ) / NAME
    if not os.path.lexists(path):
        made = ECKey.generate_key("P-256", private=True).as_pem(private=True).decode()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            make_key_file(path, made)
        except OSError as why:
            help = "set ADAPTGEN_STATE to a folder that can be written"
            message = f"the key of the issuer cannot be kept in {path.parent}: {why.strerror}"
            raise error("AG071", message, None, help) from None
    text = read_key_file(path)
    try:
        key = ECKey.import_key(text)
        if key.get("crv") != "P-256" or not key.is_private:
            raise ValueError
    except (JoseError, ValueError, TypeError):
        message = "not a private key on the curve P-256"
        raise error("AG073", message, Where(path.as_posix()), "delete it: a new one is made") from None
    return key


class DevelopmentIssuer:
    """An issuer at a loopback URL. ``clock`` returns seconds since the epoch."""

    def __init__(self, url: str, key: ECKey, clock: Callable[[], float] = time.time) -> None:
        self.url = url
        self._key = key
        self._clock = clock
        self._kid = f"dev-{key.thumbprint()[:16]}"

    def __repr__(self) -> str:
        return f"DevelopmentIssuer({self.url!r})"

    def token(
        self, audience: str, ttl: float, sub: str, groups: tuple[str, ...] = (), more: Mapping[str, str] | None = None
    ) -> str:
        """An access token for ``audience`` that lives ``ttl`` seconds. ``more``: further claims.

        Raises:
            AdaptgenError: AG074 for a name that no server would accept, or a claim that is not to be chosen.
        """
        from joserfc import jwt

        claims: dict[str, Any] = {**(more or {}), "sub": sub, "groups": list(groups)}
        if taken := sorted(_OURS & set(more or {})):
            raise error(
                "AG074", f"the claim {taken[0]!r} is set by the issuer", None, "--sub, --groups, --audience, --ttl"
            )
        try:
            identities.caller(claims, Claims(groups="groups"))
        except identities.UnusableClaim as why:
            message = f"no server would accept this caller: {why}"
            raise error("AG074", message, None, "at most 512 printable characters") from None
        now = int(self._clock())
        claims |= {"iss": self.url, "aud": audience, "iat": now, "exp": now + int(ttl)}
        claims |= {"jti": secrets.token_urlsafe(9), "client_id": CLIENT}
        return jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": self._kid}, claims, self._key)

    def metadata(self) -> dict[str, Json]:
        """Authorization Server Metadata (RFC 8414, 2), for both well-known addresses."""
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/jwks",
            "token_endpoint": f"{self.url}/token",
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": [],
            "token_endpoint_auth_methods_supported": ["none"],
        }

    def jwks(self) -> dict[str, Json]:
        """The public key as a JWK Set (RFC 7517, 5)."""
        public = self._key.as_dict(private=False)
        return {"keys": [{**public, "kid": self._kid, "use": "sig", "alg": "ES256"}]}


def key_path(environ: Mapping[str, str]) -> Path:
    """Where the key is kept."""
    return state_folder(environ) / NAME
