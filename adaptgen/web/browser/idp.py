"""The company's identity provider, asked as an OpenID Connect client: who is this person, and are they still?

Authorization code with PKCE (S256), ``state`` and ``nonce``. The claims become a caller exactly as those of an access
token of the same provider do. No error and no log line here holds a token, a code or the value of a claim.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

import orjson

from adaptgen.govern.identity import claims as identities
from adaptgen.govern.identity.authenticator import TYPES, check_access, keeps_token
from adaptgen.govern.identity.http_fetch import Fetch, FetchError, place
from adaptgen.govern.identity.jwks import KeySource
from adaptgen.govern.identity.jwt import InvalidToken, Verifier
from adaptgen.govern.identity.token_client import error_code, json_object, token_request
from adaptgen.govern.settings.model import Login
from adaptgen.model.frozen import lazy, value
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.core.seals import base64url
from adaptgen.web.browser.id_tokens import IdTokens
from adaptgen.web.browser.pages import short
from adaptgen.web.browser.provider_metadata import MetadataSource, ProviderError, endpoint, takes_secret_in_form

if TYPE_CHECKING:
    from adaptgen.govern.settings.model import Authenticate, Settings

__all__ = ["Identity", "IdentityProvider", "ProviderError", "Refused"]

_log = logging.getLogger("adaptgen.web")

LIMIT: Final = 256 * 1024
"""Bytes of an answer: tokens of people with many groups are long."""
TIMEOUT: Final = 10.0
_GONE: Final = frozenset(
    {"invalid_grant", "interaction_required", "login_required", "consent_required", "access_denied"}
)
"""Errors of a token endpoint that are about the person, who has to log in again (RFC 6749, 5.2; OpenID Connect Core,
3.1.2.6). All others are about the provider or about our registration there."""
_OFFLINE: Final = "offline_access"
_TOKEN: Final = lazy(r"[!-~]*")
"""An access token: what can be seen (RFC 6749, A.12), and no blank, as it is sent as a Bearer token (RFC 6750, 2.1)."""


@value()
class Identity:
    """A person whom the provider has identified now. ``name``: for display only. ``upstream``: what
    :meth:`IdentityProvider.refresh` needs to ask again. It holds tokens of the provider: seal it, and never show it.
    Its member ``access`` is the provider's access token where the settings use it (token exchange), good until
    ``access_ends``; ``caller.token`` is the same."""

    caller: Caller
    name: str
    upstream: Mapping[str, Json]

    @property
    def renewable(self) -> bool:
        """Whether the provider can be asked again without the person."""
        return bool(self.upstream.get("refresh"))


@value()
class Refused:
    """The provider does not vouch for this person, or no longer. ``why``: a sentence without any value."""

    why: str


class IdentityProvider:
    """The provider of one version of the settings, which have ``login`` and ``authenticate``."""

    def __init__(self, settings: Settings, requests: Fetch, *, clock: Callable[[], float] = time.time) -> None:
        assert settings.login is not None
        assert settings.authenticate is not None
        self._login: Login = settings.login
        self._rules: Authenticate = settings.authenticate
        self._keeps_token = keeps_token(settings)
        self.issuer = self._login.issuer or self._rules.issuer
        self._requests = requests
        self._clock = clock
        self._post_only = False
        self._metadata = MetadataSource(self.issuer, requests, clock)
        keys = KeySource(self._keys_url, requests, clock=clock, stale=self._rules.stale)
        self._id_tokens = IdTokens(keys, self.issuer, self._login.client_id, self._rules, clock)
        self._access_tokens = Verifier(keys, algorithms=self._rules.algorithms, types=TYPES)

    def __repr__(self) -> str:
        return f"IdentityProvider({place(self.issuer)})"

    # --------------------------------------------------------------------------------------------------------- log in

    async def begin(self, redirect_uri: str, *, offline: bool, consent: bool = False) -> tuple[str, dict[str, Json]]:
        """The URL at which the person logs in, and the transaction: ``state``, ``nonce`` and the PKCE verifier, which
        :meth:`identify` needs and which only this browser may carry. ``offline``: ask for a refresh token;
        ``consent``: by asking the person, as some providers want it (OpenID Connect Core, 11).

        Raises:
            ProviderError: its metadata cannot be had.
        """
        metadata = await self.metadata()
        place_of_login = endpoint(metadata, "authorization_endpoint")
        verifier = secrets.token_urlsafe(48)
        transaction: dict[str, Json] = {
            "state": secrets.token_urlsafe(24),
            "nonce": secrets.token_urlsafe(24),
            "verifier": verifier,
        }
        scopes = self._scopes(metadata, offline)
        asked = {
            "response_type": "code",
            "client_id": self._login.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(scopes),
            "state": transaction["state"],
            "nonce": transaction["nonce"],
            "code_challenge": base64url(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
            **({"prompt": "consent"} if consent else {}),
            **({"audience": self._login.audience} if self._login.audience else {}),
            **self._resource(),
        }
        joint = "&" if urlsplit(place_of_login).query else "?"
        return f"{place_of_login}{joint}{urlencode(asked)}", transaction

    async def wants_consent(self) -> bool:
        """Whether asking the person may help to get a refresh token: ``offline_access`` is asked for, which a provider
        may ignore otherwise."""
        return _OFFLINE in self._scopes(await self.metadata(), True)

    async def identify(
        self, answer: Mapping[str, str], transaction: Mapping[str, Json], redirect_uri: str
    ) -> Identity | Refused:
        """Who has logged in. ``answer``: the parameters with which the browser came back; ``transaction``: of
        :meth:`begin`.

        Raises:
            ProviderError: the provider cannot be reached.
        """
        metadata = await self.metadata()
        state = transaction.get("state")
        if not isinstance(state, str) or not compare_digest(answer.get("state", "").encode(), state.encode()):
            return Refused("The answer belongs to another login.")
        # Mix-up: an answer of another provider must not get the code of this one (RFC 9207, 2.4).
        if answer.get("iss", self.issuer) != self.issuer or (
            metadata.get("authorization_response_iss_parameter_supported") is True and "iss" not in answer
        ):
            return Refused("The answer comes from another identity provider.")
        if "error" in answer:
            code = error_code(orjson.dumps({"error": answer["error"]}))
            _log.warning("%s refuses a login: %s", place(self.issuer), code or "unknown error")
            return Refused(f"The identity provider refuses the login{f' ({code})' if code else ''}.")
        code = answer.get("code", "")
        if not code:
            return Refused("The answer of the identity provider has no code.")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": str(transaction.get("verifier", "")),
            **self._resource(),
        }
        granted = await self._granted(metadata, form)
        if isinstance(granted, Refused):
            return granted
        nonce = str(transaction.get("nonce", ""))
        upstream: dict[str, Json] = {"iss": self.issuer, "nonce": nonce, "refresh": _string(granted, "refresh_token")}
        try:
            id_claims = await self._id_claims(granted, nonce)
            if id_claims is None:
                raise InvalidToken("there is no ID token")
            if id_claims.get("nonce") != nonce:
                raise InvalidToken("the nonce of the ID token is another one")
            return await self._identity(metadata, granted, id_claims, upstream)
        except InvalidToken as problem:
            _log.warning("a login at %s is refused: %s", place(self.issuer), problem)
            return Refused("The identity provider returned a token that this server does not accept.")

    # -------------------------------------------------------------------------------------------------------- refresh

    async def refresh(self, upstream: Mapping[str, Json]) -> Identity | Refused:
        """The person as the provider knows them now. ``upstream``: of an earlier :class:`Identity`; that of the new
        one takes its place, as the provider may have replaced its refresh token.

        Raises:
            ProviderError: nothing is known about the person. Its ``upstream``, if any, takes the place of the old one.
        """
        token = upstream.get("refresh")
        if not isinstance(token, str) or not token or upstream.get("iss") != self.issuer:
            return Refused("Log in again: the identity provider cannot be asked without you.")
        metadata = await self.metadata()
        form = {"grant_type": "refresh_token", "refresh_token": token, **self._resource()}
        granted = await self._granted(metadata, form)
        if isinstance(granted, Refused):
            return granted
        kept: dict[str, Json] = {**upstream, "refresh": _string(granted, "refresh_token") or token}
        try:
            nonce = str(upstream.get("nonce", ""))
            try:
                id_claims = await self._id_claims(granted, nonce)
                found = await self._identity(metadata, granted, id_claims, kept)
            except InvalidToken as problem:
                raise ProviderError(
                    f"{place(self.issuer)} answers with a token that is not accepted: {problem}"
                ) from None
        except ProviderError as problem:
            problem.upstream = kept
            raise
        except Exception as problem:  # whatever it is, the provider's old refresh token may count no longer
            wrapped = ProviderError(f"{place(self.issuer)} answers unusably ({type(problem).__name__})")
            wrapped.upstream = kept
            raise wrapped from problem
        if isinstance(found, Identity) and found.upstream.get("caller") != upstream.get("caller"):
            return Refused("The identity provider answers for another person.")
        return found

    # --------------------------------------------------------------------------------------------------------- claims

    async def _identity(
        self,
        metadata: Mapping[str, Json],
        granted: Mapping[str, Any],
        id_claims: Mapping[str, Any] | None,
        upstream: Mapping[str, Json],
    ) -> Identity | Refused:
        """``id_claims`` None: a refresh that brought no ID token."""
        subject = upstream.get("sub") if id_claims is None else id_claims.get("sub")
        if upstream.get("sub", subject) != subject:  # OpenID Connect Core, 12.2
            return Refused("The identity provider answers for another person.")
        access = _string(granted, "access_token")
        if not _TOKEN.fullmatch(access):
            raise ProviderError(f"{place(self.issuer)} answers with an access token that no header can carry")
        source = self._login.claims
        if source == "id_token" and id_claims is None:
            source = "userinfo"
        claims: Mapping[str, Any]
        if source == "id_token":
            claims = id_claims or {}
        elif source == "userinfo":
            found = await self._userinfo(metadata, access)
            if isinstance(found, Refused):
                return found
            claims = found
            if claims.get("sub") != subject:  # OpenID Connect Core, 5.3.2
                return Refused("The identity provider answers for another person.")
        else:
            claims = await self._access_claims(access)
            if not identities.scopes(claims).issuperset(self._rules.scopes):
                return Refused("The access token of the identity provider lacks a scope.")
        try:
            caller = identities.caller(claims, self._rules.caller, access if self._keeps_token else "")
        except identities.UnusableClaim as problem:
            where = f"{_SOURCES[source]}, where authenticate.caller reads it (login.claims names another place)"
            _log.warning("a login at %s is refused: %s in %s", place(self.issuer), problem.problem, where)
            return Refused(f"The identity provider says nothing usable about your {_NAMES[problem.about]}.")
        kept = {name: one for name, one in upstream.items() if name not in ("access", "access_ends")}
        kept |= {"sub": subject, "caller": caller.sub}
        if caller.token:
            kept |= {"access": access, "access_ends": int(self._clock() + _seconds(granted))}
        name = short(identities.display_name(claims) or identities.display_name(id_claims or {}))
        return Identity(replace(caller, name=name), name, kept)

    async def _id_claims(self, granted: Mapping[str, Any], nonce: str) -> dict[str, Any] | None:
        """The claims of the ID token; None where there is no ID token."""
        token = granted.get("id_token")
        if token is None:
            return None
        if not isinstance(token, str):
            raise InvalidToken("the ID token is malformed")
        return await self._id_tokens.claims(token, nonce=nonce, access=_string(granted, "access_token"))

    async def _access_claims(self, token: str) -> dict[str, Any]:
        claims = await self._access_tokens.claims(token)
        check_access(claims, self._rules, self._clock())
        return claims

    async def _userinfo(self, metadata: Mapping[str, Json], access: str) -> Mapping[str, Any] | Refused:
        url = endpoint(metadata, "userinfo_endpoint")
        if not access:
            raise ProviderError(f"{place(self.issuer)} answers without an access token")
        status, headers, body = await self._fetch("GET", url, {"authorization": f"Bearer {access}"}, b"")
        if status in (401, 403):
            return Refused("The identity provider no longer knows this person.")
        if status != 200:
            raise ProviderError(f"{place(url)} answers {status} to the request for the claims of a person")
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/jwt":
            return json_object(body)
        return await self._id_tokens.signed(body.decode("ascii", "replace").strip())  # 5.3.2

    # ------------------------------------------------------------------------------------------------------- provider

    async def metadata(self) -> Mapping[str, Json]:
        """What the provider says of itself.

        Raises:
            ProviderError: it cannot be had.
        """
        return await self._metadata.get()

    async def _keys_url(self) -> str:
        same = self._rules.jwks and self.issuer == self._rules.issuer
        return self._rules.jwks if same else await self._metadata.keys_url()

    def _resource(self) -> dict[str, str]:
        return {"resource": self._login.resource} if self._login.resource else {}

    def _scopes(self, metadata: Mapping[str, Json], offline: bool) -> list[str]:
        """What is asked for. A default that the provider does not list is left out: some refuse what they do not
        know. What a person wrote is asked for as written, but no refresh token where none is needed."""
        listed = metadata.get("scopes_supported")
        default = self._login.scopes == Login(client_id="").scopes
        known = listed if default and isinstance(listed, list) else None
        return [
            one
            for one in dict.fromkeys(("openid", *self._login.scopes))
            if one == "openid" or ((known is None or one in known) and (offline or one != _OFFLINE))
        ]

    async def _granted(self, metadata: Mapping[str, Json], form: Mapping[str, str]) -> dict[str, Any] | Refused:
        url = endpoint(metadata, "token_endpoint")
        login = self._login
        in_form = not login.client_secret or self._post_only or takes_secret_in_form(metadata)
        status, body = await self._post(url, form, in_form=in_form)
        if not in_form and status in (400, 401) and error_code(body) == "invalid_client":
            # It may be registered for client_secret_post, whatever else the provider offers to others.
            retried = await self._post(url, form, in_form=True)
            if retried[0] == 200 or error_code(retried[1]) != "invalid_client":
                self._post_only = True
                status, body = retried
        if status == 200:
            return dict(json_object(body))
        code = error_code(body)
        _log.warning("%s returns no token: %s", place(url), code or f"status {status}")
        if status in (400, 401, 403) and code in _GONE:
            return Refused("The identity provider no longer accepts this login. Log in again.")
        ours = ": check login.client_id and login.client_secret" if code == "invalid_client" else ""
        raise ProviderError(f"{place(url)} returns no token: {code or f'status {status}'}{ours}")

    async def _post(self, url: str, form: Mapping[str, str], *, in_form: bool) -> tuple[int, bytes]:
        headers, content = token_request(form, self._login.client_id, self._login.client_secret, in_form=in_form)
        status, _, body = await self._fetch("POST", url, headers, content)
        return status, body

    async def _fetch(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        try:
            return await self._requests(method, url, headers, body, limit=LIMIT, timeout=TIMEOUT)
        except FetchError as problem:
            raise ProviderError(f"{problem}") from None


_NAMES: Final = {"sub": "identity", "tenant": "organization", "groups": "groups"}
_SOURCES: Final = {"id_token": "the ID token", "userinfo": "userinfo", "access_token": "the access token"}


def _string(answer: Mapping[str, Any], name: str) -> str:
    found = answer.get(name)
    return found if isinstance(found, str) else ""


def _seconds(granted: Mapping[str, Any]) -> float:
    found = granted.get("expires_in")
    usable = isinstance(found, (int, float)) and not isinstance(found, bool) and 0 < found < 1e9
    return float(found) if usable and isinstance(found, (int, float)) else 60.0
