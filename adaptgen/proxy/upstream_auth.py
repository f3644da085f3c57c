"""How the proxy authenticates to one server behind it. The caller's own token never goes there."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NoReturn

from adaptgen.diagnostics import error
from adaptgen.govern.identity.claims import find
from adaptgen.govern.identity.http_fetch import Fetch, FetchError, trusted
from adaptgen.govern.identity.token_client import ACCESS_TOKEN, EXCHANGE, AccessTokenCache, GrantError
from adaptgen.mcp.protocol import RpcError
from adaptgen.model.frozen import lazy
from adaptgen.runtime.auth.expiry import jwt_claims
from adaptgen.runtime.aws.assume_role import Roles, session_tags
from adaptgen.runtime.aws.sigv4 import sign
from adaptgen.runtime.core.answer import ToolError

if TYPE_CHECKING:
    from adaptgen.diagnostics import Where
    from adaptgen.govern.settings.model import UpstreamAuth
    from adaptgen.model.tables import Caller, Json

_log = logging.getLogger("adaptgen.govern")

_OWN: Final = b"own"
"""The key of the token that is the proxy's own."""
_SESSION: Final = "adaptgen-proxy"
_HEADER_TEXT: Final = lazy(r"[!-~]+")


class UpstreamAuthenticator:
    """Credentials for one server. The values of ``auth`` are resolved: no templates any more."""

    def __init__(
        self,
        auth: UpstreamAuth,
        name: str = "",
        *,
        requests: Fetch | None = None,
        environ: Mapping[str, str] | None = None,
        roles: Roles | None = None,
        where: Callable[..., Where | None] = lambda *_: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``name``: the upstream's key in the settings. ``roles`` may be shared between upstreams."""
        self._auth = auth
        self._name = name
        self._where = where
        self._clock = clock
        self._region = auth.region or (environ or {}).get("AWS_REGION") or (environ or {}).get("AWS_DEFAULT_REGION", "")
        self._own = Fetch() if requests is None else None
        self._roles = roles or Roles(clock=clock)
        self._tokens = AccessTokenCache(
            auth.token_url, auth.client_id, auth.client_secret, requests or self._own or Fetch(), clock=clock
        )

    def __repr__(self) -> str:
        return f"UpstreamAuthenticator({self._name}: {self._auth.kind})"

    def check(self) -> None:
        """Raise AdaptgenError (AG075, at the setting) unless the settings say all that is needed. Nothing is sent."""
        auth = self._auth
        if auth.kind == "bearer" and not _HEADER_TEXT.fullmatch(auth.token):
            self._wrong("token", "the token is missing or is not valid in a header", "set auth: token")
        if auth.kind in ("oauth2", "exchange"):
            if not auth.client_id:
                self._wrong("client_id", "the client id is missing", "set auth: client_id")
            try:
                trusted(auth.token_url)
            except FetchError as problem:
                self._wrong("token_url", f"the token endpoint cannot be used: {problem}", "set it to an https URL")
        if auth.kind == "sigv4" and not self._region:
            self._wrong("region", "the AWS region is not known", "set auth: region or AWS_REGION")
        if auth.kind == "sigv4" and auth.tags and not auth.role:
            self._wrong("tags", "session tags need a role that is assumed with them", "set auth: role")

    def _wrong(self, key: str, message: str, help: str) -> NoReturn:
        at = ("upstreams", self._name, "auth")
        raise error("AG075", message, self._where(*at, key) or self._where(*at), help)

    async def headers(self, caller: Caller | None, method: str, url: str, body: bytes) -> dict[str, str]:
        """The headers to add to a request for ``caller``; None: one of the proxy's own (listing tools).

        Nothing of the request may change afterwards: ``sigv4`` signs host, method, URL and body.

        Raises:
            RpcError: there are no credentials; nothing was sent. The text is for the caller.
        """
        kind = self._auth.kind
        if kind == "none":
            return {}
        if kind == "bearer":
            return {"authorization": f"Bearer {self._auth.token}"}
        try:
            if kind == "sigv4":
                return await self._signed(caller, method, url, body)
            token = await self._token(caller if kind == "exchange" else None)
        except (GrantError, ToolError) as problem:  # its text names places and codes alone
            if isinstance(problem, ToolError):
                _log.warning("no credentials for the server %r: %s", self._name, problem)
            raise RpcError(
                -32603, f"The proxy cannot authenticate to the server {self._name!r}. Nothing was sent."
            ) from problem
        return {"authorization": f"Bearer {token}"}

    def renew(self, caller: Caller | None) -> bool:
        """The server answered 401: drop the token that was sent. Whether trying once more can help."""
        kind = self._auth.kind
        if kind == "oauth2":
            return self._tokens.forget(_OWN)
        if kind == "exchange":
            return self._tokens.forget(_OWN if caller is None else _mark(caller))
        return False

    async def _token(self, caller: Caller | None) -> str:
        form: dict[str, str] = {}
        if self._auth.scopes:
            form["scope"] = " ".join(self._auth.scopes)
        if self._auth.audience:
            form["audience"] = self._auth.audience
        if self._auth.resource:
            form["resource"] = self._auth.resource
        if caller is None:
            return await self._tokens.get(_OWN, {"grant_type": "client_credentials", **form})
        if not caller.token:
            raise GrantError("the caller has no token to exchange")
        form |= {
            "grant_type": EXCHANGE,
            "subject_token": caller.token,
            "subject_token_type": ACCESS_TOKEN,
            "requested_token_type": ACCESS_TOKEN,
        }
        return await self._tokens.get(_mark(caller), form, until=_expiry(caller.token))

    async def _signed(self, caller: Caller | None, method: str, url: str, body: bytes) -> dict[str, str]:
        auth = self._auth
        if not auth.role:
            keys = await self._roles.keys(region=self._region)
        elif caller is None:
            keys = await self._roles.keys(auth.role, _SESSION, region=self._region)
        else:
            tags = session_tags(auth.tags, lambda name: _claim(caller, name))
            keys = await self._roles.keys(auth.role, caller.sub, tags, self._region)
        return sign(method, url, {}, body, keys, region=self._region, service=auth.service)

    async def aclose(self) -> None:
        if self._own is not None:
            await self._own.aclose()


def _mark(caller: Caller) -> bytes:
    return hashlib.sha256(caller.token.encode()).digest()


def _claim(caller: Caller, name: str) -> Json:
    """What the settings call ``sub`` and ``tenant`` of a caller, else one of the claims that may travel on."""
    if name in ("sub", "tenant"):
        return str(getattr(caller, name)) or None
    return find(caller.claims, name)


def _expiry(token: str) -> float | None:
    """When the caller's own token ends: what it was exchanged for must not outlive it here.

    The token was verified when it came; one that is no JWT says nothing of it.
    """
    end = jwt_claims(token).get("exp")
    return float(end) if isinstance(end, (int, float)) and not isinstance(end, bool) else None
