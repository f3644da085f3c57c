"""Who calls: an OAuth 2.1 resource server (OAuth 2.1, 5.2; RFC 9068; MCP authorization), or the IAM identity.

A token is accepted from one issuer, for our audience, signed with a key of that issuer's key set. Verdicts are kept
under the token's SHA-256 until it expires, five minutes at most, and dropped when the issuer changes its keys.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NoReturn
from urllib.parse import urlsplit

from adaptgen.diagnostics import error
from adaptgen.govern.identity import claims as identities
from adaptgen.govern.identity.http_fetch import Fetch, FetchError, trusted
from adaptgen.govern.identity.jwks import KeySource
from adaptgen.govern.identity.jwt import InvalidToken, Verifier, check_party, check_times
from adaptgen.govern.identity.oauth_metadata import challenge, discover, protected_resource
from adaptgen.govern.identity.own_tokens import ACCESS, NotAccepted, OwnTokens, client_mark
from adaptgen.govern.identity.signatures import ALGORITHMS
from adaptgen.mcp.protocol import Challenge, Context
from adaptgen.model.tables import Caller
from adaptgen.net.addresses import base_url, is_loopback

if TYPE_CHECKING:
    from adaptgen.govern.identity.key_cache import KeySetCache
    from adaptgen.govern.settings.model import Authenticate, Settings
    from adaptgen.model.tables import Json
    from adaptgen.runtime.store.protocol import Store

VERDICTS: Final = 10_000
KEPT: Final = 300.0
TYPES: Final = ("", "jwt", "at+jwt")

_PROXY: Final = Caller("proxy")
"""Who calls a server behind a proxy until the handover of the request says for whom."""


class Authenticator:
    """Authenticates the requests of one server, by what its settings say.

    Without ``authenticate`` there is one caller, the local one; ``mode: behind`` checks the proxy's IAM principal here
    and leaves the caller's identity to the handover that comes with each request.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        requests: Fetch | None = None,
        clock: Callable[[], float] = time.time,
        store: Store | None = None,
        keys: Sequence[bytes] = (),
        own: OwnTokens | None = None,
    ) -> None:
        """``clock`` returns seconds since the epoch. ``store`` and ``keys``: where processes share the key set of the
        issuer, and what authenticates it there; without either each process asks the issuer. ``own``: opens the access
        tokens of this server's own authorization server, which are accepted as well."""
        self._settings = settings
        self._rules: Authenticate | None = settings.authenticate if settings.mode != "behind" else None
        self._clock = clock
        self._resource = settings.listen.resource
        self._local = Caller(settings.local.sub, settings.local.tenant, settings.local.groups)
        self._keeps_token = keeps_token(settings)
        self._verdicts: dict[bytes, tuple[float, Caller]] = {}
        self._own_tokens = own
        self._own = Fetch() if requests is None else None
        self._cache: KeySetCache | None = None
        self._source: KeySource | None = None
        self._verifier: Verifier | None = None
        if self._rules is not None and not self._rules.iam:
            if store is not None and keys:
                from adaptgen.govern.identity.key_cache import KeySetCache

                self._cache = KeySetCache(store, keys, (self._rules.issuer, self._rules.jwks), clock)
            self._source = KeySource(
                self._keys_url,
                requests or self._own or Fetch(),
                replaced=self._verdicts.clear,
                clock=clock,
                stale=self._rules.stale,
                cache=self._cache,
            )
            self._requests = requests or self._own or Fetch()
            self._verifier = Verifier(self._source, algorithms=self._rules.algorithms, types=TYPES)

    def __repr__(self) -> str:
        return f"Authenticator({self._settings.mode})"

    # --------------------------------------------------------------------------------------------------------- start

    async def start(self) -> None:
        """Check the settings and fetch the keys.

        Raises:
            AdaptgenError: AG074 at the setting that is missing or wrong, or whose server does not answer; AG078 where
                others could reach a server that authenticates nobody.
        """
        rules = self._rules
        if rules is None:
            host = urlsplit(f"//{self._settings.listen.http}").hostname or ""
            if self._settings.mode != "behind" and not is_loopback(host):
                raise error(
                    "AG078",
                    "callers beyond this machine need authentication",
                    self._settings.where("listen", "http"),
                    "set authenticate: with issuer and audience, or listen on 127.0.0.1",
                )
            return
        if rules.iam:
            return
        self._check(rules)
        assert self._source is not None
        try:
            await self._source.start()
        except FetchError as problem:
            self._refuse("jwks" if rules.jwks else "issuer", f"{problem}", "check the URL, and that it can be reached")

    def _check(self, rules: Authenticate) -> None:
        if not rules.issuer:
            self._refuse("issuer", "the issuer of access tokens is missing", "set authenticate: issuer")
        if not (rules.audience or rules.client_ids) or not all((*rules.audience, *rules.client_ids)):
            self._refuse(
                "audience",
                "the audience is missing: tokens that were issued for others would be accepted",
                "set authenticate: audience, usually the public URL of this server",
            )
        login = self._settings.login
        if login is not None and (login.issuer or rules.issuer) == rules.issuer:
            for key, accepted in (("audience", rules.audience), ("client_ids", rules.client_ids)):
                if login.client_id in accepted:
                    raise error(
                        "AG134",
                        "ID tokens of people who log in would count as access tokens: this is the client of the login",
                        self._settings.where("authenticate", key),
                        f"name another one in authenticate.{key}: register an API, or a client, for machines",
                    )
        for key, url in (("issuer", rules.issuer), ("jwks", rules.jwks)):
            try:
                if url:
                    trusted(url)
            except FetchError as problem:
                self._refuse(key, f"{problem}", "use an https URL")
        wrong = [one for one in rules.algorithms if one not in ALGORITHMS]
        if wrong or not rules.algorithms:
            self._refuse(
                "algorithms",
                f"{wrong[0]} is not an algorithm with a public key" if wrong else "no algorithm is accepted",
                f"use some of {', '.join(sorted(ALGORITHMS))}",
            )

    def _refuse(self, key: str, message: str, help: str) -> NoReturn:
        where = self._settings.where
        raise error("AG074", message, where("authenticate", key) or where("authenticate"), help)

    async def _keys_url(self) -> str:
        assert self._rules is not None
        if self._rules.jwks:
            return self._rules.jwks
        found = (await discover(self._rules.issuer, self._requests)).get("jwks_uri")
        if not isinstance(found, str):
            raise FetchError("the metadata of the issuer names no key set (jwks_uri)")
        return found

    def metadata(self) -> Mapping[str, Json] | None:
        """The Protected Resource Metadata (RFC 9728), where there are an issuer and a public URL."""
        rules = self._rules
        if rules is None or rules.iam or not self._resource:
            return None
        # Clients take the first one; people who have tokens of the provider itself find it, too.
        issuers = [base_url(self._resource)] if self._own_tokens is not None else []
        return protected_resource(self._resource, [*issuers, rules.issuer], rules.scopes)

    def forget_family(self, family: str) -> None:
        """Let an end of access tokens take effect at once here; other processes notice within seconds."""
        if self._own_tokens is not None:
            self._own_tokens.forget(family)

    async def aclose(self) -> None:
        if self._cache is not None:
            await self._cache.aclose()
        if self._own is not None:
            await self._own.aclose()

    # ---------------------------------------------------------------------------------------------------------- call

    async def __call__(self, headers: Mapping[str, str], context: Context) -> Caller:
        """The caller of a request with these headers (lower case; repeated ones joined by commas). Challenge: 401
        without a valid token; 403 where its scopes or claims do not suffice; 400 for two tokens."""
        if self._verifier is None:
            return self._without_token(context)
        given = headers.get("authorization", "")
        scheme, _, token = given.partition(" ")
        if token and scheme.lower() == "bearer":
            if self._own_tokens is not None and token.lstrip(" ").startswith(ACCESS):
                return await self._opened(self._own_tokens, token)
            mark = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
            kept = self._verdicts.get(mark)
            if kept is not None:
                if kept[0] > self._clock():
                    return kept[1]
                del self._verdicts[mark]
            return await self._examined(token, mark)
        raise self._challenge(401, "an access token is needed: Authorization: Bearer …")

    def _without_token(self, context: Context) -> Caller:
        if self._rules is not None:
            try:
                return identities.caller(identities.identity(context.principal), self._rules.caller)
            except identities.UnusableClaim:
                raise Challenge(401, "AWS4-HMAC-SHA256", "the platform vouches for no IAM identity") from None
        accept = self._settings.accept
        if self._settings.mode != "behind":
            return self._local
        if accept is None or (accept.principal and not identities.is_principal(context.principal, accept.principal)):
            raise Challenge(403, "Bearer", "this server answers its proxy only")
        return _PROXY

    async def _opened(self, own: OwnTokens, token: str) -> Caller:
        token = token.strip(" ")
        if "," in token or " " in token:
            raise self._challenge(400, "exactly one Authorization header is accepted", "invalid_request")
        try:
            caller, grant, scopes = await own.open(token)
        except NotAccepted as problem:
            raise self._challenge(401, str(problem), "invalid_token") from None
        if self._rules is not None and not scopes.issuperset(self._rules.scopes):
            raise self._challenge(403, "the access token lacks a scope", "insufficient_scope")
        return replace(caller, client=client_mark(grant.client))

    async def _examined(self, token: str, mark: bytes) -> Caller:
        rules, verifier = self._rules, self._verifier
        assert rules is not None
        assert verifier is not None
        assert self._source is not None
        token = token.strip(" ")
        if "," in token or " " in token:
            raise self._challenge(400, "exactly one Authorization header is accepted", "invalid_request")
        now = self._clock()
        try:
            claims = await verifier.claims(token)
            until = check_access(claims, rules, now)
        except InvalidToken as problem:
            raise self._challenge(401, str(problem), "invalid_token") from None
        if not identities.scopes(claims).issuperset(rules.scopes):
            raise self._challenge(403, "the access token lacks a scope", "insufficient_scope")
        try:
            caller = identities.caller(claims, rules.caller, token if self._keeps_token else "")
        except identities.UnusableClaim as problem:
            if problem.about == "sub":
                raise self._challenge(401, str(problem), "invalid_token") from None
            raise self._challenge(403, str(problem)) from None
        self._keep(mark, min(until, now + min(KEPT, self._source.trusted_for())), caller)
        return caller

    def _keep(self, mark: bytes, until: float, caller: Caller) -> None:
        if len(self._verdicts) >= VERDICTS:
            del self._verdicts[next(iter(self._verdicts))]
        self._verdicts[mark] = (until, caller)

    def _challenge(self, status: int, text: str, kind: str = "") -> Challenge:
        scopes = self._rules.scopes if self._rules is not None else ()
        return challenge(status, text, resource=self._resource, error=kind, scopes=scopes)


def check_access(claims: Mapping[str, Any], rules: Authenticate, now: float) -> float:
    """The moment after which a token with these claims must not be accepted.

    Raises:
        InvalidToken: it is not an access token for us, by ``rules``.
    """
    until = check_times(claims, now, rules.leeway)
    check_party(claims, rules.issuer, rules.audience, rules.client_ids)
    if claims.get("token_use", "access") != "access":  # Cognito: the header of its ID tokens says nothing else
        raise InvalidToken("the token is not an access token")
    return until


def keeps_token(settings: Settings) -> bool:
    """Whether callers keep the access token that they came with: something may exchange it."""
    return settings.mode != "proxy" or any(one.auth.kind == "exchange" for one in settings.upstreams.values())
