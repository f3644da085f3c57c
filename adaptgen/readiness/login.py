"""Whether people can log in under some settings: what the identity provider says of itself, what to register there, and
whether clients find the authorization server, as they look for it. No secret and no token is sent."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson

from adaptgen.diagnostics import AdaptgenError, error
from adaptgen.govern.identity.http_fetch import Fetch, FetchError, place, trusted
from adaptgen.govern.identity.oauth_metadata import LIMIT, metadata_url, parsed, well_known
from adaptgen.govern.identity.token_client import error_code
from adaptgen.govern.settings.key_files import read_key_file
from adaptgen.govern.settings.keys import check_key, key_files
from adaptgen.govern.settings.model import Login, Settings
from adaptgen.govern.settings.references import look_up
from adaptgen.model.tables import Json
from adaptgen.readiness.doctor import Check
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.syntax.templates import fill, references_in
from adaptgen.web.browser.people import CALLBACK
from adaptgen.web.routes import base_url

_SECONDS = 5.0
_S256 = "S256"
_OFFLINE = "offline_access"
_SECRETS = ("client_secret_basic", "client_secret_post")
_WANTS_PERSON = ("login_required", "interaction_required", "consent_required", "account_selection_required")
"""Errors that a request without a person gets where all else is right (OpenID Connect Core, 3.1.2.6)."""
_AGAIN = "people log in again whenever an access token has ended (login.access)"


async def examine_login(
    settings: Settings, environ: Mapping[str, str], said: Callable[[Check], None] = lambda _: None
) -> list[Check]:
    """Every check, also handed to ``said`` as soon as it is made.

    Raises:
        AdaptgenError: AG144 for settings without a login, AG071 for a variable that is not set.
    """
    if settings.login is None or settings.authenticate is None:
        help = "login: {client_id: …, client_secret: …}"
        raise error("AG144", "these settings have no login", settings.where("mode"), help)
    credentials = Credentials(environ)
    issuer_at = ("login", "issuer") if settings.login.issuer else ("authenticate", "issuer")
    issuer = await look_up(settings, issuer_at, settings.login.issuer or settings.authenticate.issuer, credentials)
    client = await look_up(settings, ("login", "client_id"), settings.login.client_id, credentials)
    audience = await look_up(settings, ("login", "audience"), settings.login.audience, credentials)
    wanted = await look_up(settings, ("login", "resource"), settings.login.resource, credentials)
    resource = await look_up(settings, ("listen", "resource"), settings.listen.resource, credentials)
    login = replace(settings.login, issuer=issuer, client_id=client, audience=audience, resource=wanted)
    found: list[Check] = []
    for check in _unset(settings, credentials):
        found.append(check)
        said(check)
    requests = Fetch()
    try:
        async for check in _checks(login, resource, requests):
            found.append(check)
            said(check)
    finally:
        await requests.aclose()
    return found


async def _checks(login: Login, resource: str, requests: Fetch) -> AsyncIterator[Check]:
    callback = base_url(resource) + CALLBACK
    metadata, checks = await _provider(login.issuer, requests)
    for one in checks:
        yield one
    if metadata is not None:
        for one in (*_flow(metadata), *_refresh(metadata, login), *_client(metadata, login)):
            yield one
        yield await _registered(metadata, login, callback)
    else:
        yield Check("redirect", None, f"to be registered at the identity provider: {callback}")
    async for one in _server(resource, requests):
        yield one


def _unset(settings: Settings, credentials: Credentials) -> Iterator[Check]:
    """What the server would not start without, as far as this machine can tell: environment variables, keys in them,
    and key files. AWS is not asked, and no value is shown."""
    for at, template in _needed(settings):
        part = at.partition(".")[0]
        for name in credentials.missing(references_in(template)):
            text = f"the environment variable {name}, which {at} names, is not set"
            if at == "state.table":
                yield Check(part, None, text, "a stack sets it for the table that it makes; otherwise set it")
            else:
                part = "secret" if part == "login" else part
                yield Check(part, False, text, "set it where the server starts; for this check, here too")
        if part == "keys":
            yield from _malformed(at, template, credentials)
    for path in key_files(settings):
        try:
            read_key_file(path)
        except AdaptgenError as problem:
            [found] = problem.diagnostics
            yield Check("keys", False, found.message, found.help or "")


def _malformed(at: str, template: str, credentials: Credentials) -> Iterator[Check]:
    """A key in an environment variable that cannot be used, without any part of it."""
    found = list(references_in(template))
    if not found or any(one.kind != "env" for one in found) or credentials.missing(found):
        return
    name = at.split(".")[1]
    try:
        check_key(name, str(fill(template, {}, credentials.resolve)))
    except ValueError as problem:
        pem = name in ("handover", "checkpoints")
        fix = "a private key in PEM" if pem else "32 random bytes: openssl rand -base64 32"
        yield Check("keys", False, f"{at}: {problem}", fix)


def _needed(settings: Settings) -> Iterator[tuple[str, str]]:
    """Place in the settings, and template, of what people log in with: the client's secret, keys, and the state."""
    if settings.login is not None:
        yield "login.client_secret", settings.login.client_secret
    tokens = settings.keys.tokens
    yield from ((f"keys.tokens.all.{name}", one) for name, one in (tokens.all if tokens is not None else {}).items())
    for part in ("keys", "state"):
        known = {one.name: getattr(getattr(settings, part), one.name) for one in fields(getattr(settings, part))}
        yield from ((f"{part}.{name}", one) for name, one in known.items() if isinstance(one, str))


# ------------------------------------------------------------------------------------------------ the identity provider


async def _provider(issuer: str, requests: Fetch) -> tuple[Mapping[str, Json] | None, list[Check]]:
    """What the issuer says of itself, None where it is another one or says nothing."""
    try:
        trusted(issuer)
        for url in reversed(well_known(issuer)):
            document = await _document(url, requests)
            if document is None:
                continue
            name = document.get("issuer")
            if name != issuer:
                fix = (
                    f"write exactly this as issuer: {name}" if _differs_a_little(name, issuer) else "correct the issuer"
                )
                return None, [Check("issuer", False, f"{url} names the issuer {name!r}, the settings {issuer!r}", fix)]
            return document, [Check("issuer", True, f"{issuer}: {url}")]
    except FetchError as problem:
        fix = "issuer is the URL without /.well-known/…; this machine must be able to reach it"
        return None, [Check("issuer", False, str(problem), fix)]
    fix = "ask its administrators for the issuer URL: /.well-known/openid-configuration lies below it"
    return None, [Check("issuer", False, f"{issuer} has no metadata", fix)]


async def _document(url: str, requests: Fetch) -> Mapping[str, Json] | None:
    """A JSON object; None where there is nothing."""
    status, _, body = await requests("GET", url, {}, b"", limit=LIMIT, timeout=_SECONDS)
    if 400 <= status < 500:
        return None
    if status != 200:
        raise FetchError(f"{place(url)} answers {status} to the request for its metadata")
    return parsed(body, "metadata", url)


def _differs_a_little(name: Json, issuer: str) -> bool:
    return isinstance(name, str) and name.rstrip("/").lower() == issuer.rstrip("/").lower()


def _flow(metadata: Mapping[str, Json]) -> list[Check]:
    found = []
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        url = metadata.get(name)
        try:
            trusted(url if isinstance(url, str) else "")
        except FetchError as problem:
            reason = str(problem) if url else "it names none"
            found.append(Check("provider", False, f"{name}: {reason}", "choose an issuer that people can log in at"))
    types = _texts(metadata, "response_types_supported", ["code"])
    grants = _texts(metadata, "grant_types_supported", ["authorization_code"])
    if "code" not in types or "authorization_code" not in grants:
        fix = "allow the authorization code flow for this provider"
        found.append(Check("flow", False, "the provider has no authorization code flow", fix))
    methods = _texts(metadata, "code_challenge_methods_supported", [])
    if _S256 in methods:
        found.append(Check("pkce", True, "authorization code with PKCE (S256)"))
    elif methods:
        found.append(
            Check("pkce", False, f"the provider knows PKCE, and not {_S256}: {', '.join(methods)}", "allow S256")
        )
    else:
        text = "the provider does not advertise PKCE (S256), which is sent anyway"
        found.append(Check("pkce", None, text))
    return found


def _refresh(metadata: Mapping[str, Json], login: Login) -> list[Check]:
    scopes = _texts(metadata, "scopes_supported", [])
    grants = _texts(metadata, "grant_types_supported", ["authorization_code", "refresh_token"])
    if "refresh_token" not in grants:
        return [Check("refresh", None, f"the provider has no refresh tokens: {_AGAIN}", "allow refresh tokens there")]
    unknown = [one for one in login.scopes if scopes and one not in scopes and one != _OFFLINE]
    found = [
        Check("scopes", None, f"the provider does not list the scope {one}", f"remove {one} from login.scopes")
        for one in unknown
    ]
    if _OFFLINE in login.scopes and scopes and _OFFLINE not in scopes:
        text = f"the provider does not list {_OFFLINE}, so it is not asked for; some issue refresh tokens without it"
        found.append(
            Check("refresh", None, text, "docs/howto has a page for Auth0, Cognito, Entra ID, Keycloak and Okta")
        )
    elif _OFFLINE not in login.scopes and _OFFLINE in scopes:
        found.append(
            Check(
                "refresh",
                None,
                f"login.scopes lacks {_OFFLINE}: depending on the provider, there is no refresh token, or it ends with "
                "the person's session",
                f"add {_OFFLINE} if people have to log in too often",
            )
        )
    else:
        found.append(Check("refresh", True, "refresh tokens are supported, so groups are read again at each refresh"))
    return found


def _client(metadata: Mapping[str, Json], login: Login) -> list[Check]:
    found = []
    ways = _texts(metadata, "token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if login.client_secret and not set(ways) & set(_SECRETS):
        text = f"the provider takes no client secret, only {', '.join(ways)}"
        found.append(Check("client", False, text, "register a client with a secret, or leave client_secret out"))
    elif not login.client_secret:
        text = "client_secret is missing: anyone who knows the client id can pretend to be this server at the provider"
        found.append(Check("client", None, text, 'login: {client_secret: "${secret:NAME#client_secret}"}'))
    if login.claims == "userinfo" and not metadata.get("userinfo_endpoint"):
        found.append(Check("claims", False, "claims: userinfo, and the provider has no userinfo_endpoint",
                           "claims: id_token"))  # fmt: skip
    return found


async def _registered(metadata: Mapping[str, Json], login: Login, callback: str) -> Check:
    """Whether the provider would send people back: it is asked without a person (``prompt=none``), so that it answers
    with an error at the redirect URI, or shows one itself where it does not know it."""
    import httpx

    fix = f"register at the provider, exactly: {callback}"
    unknown = Check("redirect", None, f"{login.client_id} must have the redirect URI {callback}", "")
    wanted = {name: one for name in ("audience", "resource") if (one := getattr(login, name))}
    endpoint = str(metadata.get("authorization_endpoint", ""))
    asked = {
        "response_type": "code", "client_id": login.client_id, "redirect_uri": callback, "scope": "openid",
        "prompt": "none", "state": secrets.token_urlsafe(16), "nonce": secrets.token_urlsafe(16),
        "code_challenge": secrets.token_urlsafe(32), "code_challenge_method": _S256, **wanted,
    }  # fmt: skip
    try:
        url = trusted(endpoint) + ("&" if urlsplit(endpoint).query else "?") + urlencode(asked)
        async with (
            httpx.AsyncClient(timeout=_SECONDS, follow_redirects=False) as client,
            client.stream("GET", url) as answer,
        ):
            status, target = answer.status_code, answer.headers.get("location", "")
    except (FetchError, httpx.HTTPError, httpx.InvalidURL):
        return unknown
    if 300 <= status < 400 and target.split("?")[0] == callback:
        given = dict(parse_qsl(urlsplit(target).query)).get("error", "login_required")
        if given in _WANTS_PERSON:
            return Check("redirect", True, f"the provider sends people back to {callback}")
        return _refused(error_code(orjson.dumps({"error": given})) or "an error without a code", login, wanted)
    if status in (400, 401, 403, 404):
        return Check("redirect", False, f"the provider refuses the client {login.client_id!r} or the redirect URI", fix)
    return replace(unknown, fix="the provider does not say whether it has; a first login shows it")


def _refused(code: str, login: Login, wanted: Mapping[str, str]) -> Check:
    """Why everybody who logs in would come back without a code."""
    if wanted:
        said = " and ".join(f"login.{name} {one!r}" for name, one in wanted.items())
        fix = "register the API at the provider, let the client ask for it, and write its identifier exactly"
        return Check("redirect", False, f"the provider answers {code} to a login with {said}", fix)
    fix = "docs/howto has a page for Auth0, Cognito, Entra ID, Keycloak and Okta: what the client must be allowed there"
    return Check("redirect", False, f"the provider answers {code} to a login with the client {login.client_id!r}", fix)


# ---------------------------------------------------------------------------------------------------------- the server


async def _server(resource: str, requests: Fetch) -> AsyncIterator[Check]:
    """As a client looks for it: the resource names its authorization server (RFC 9728), which describes itself (RFC
    8414) under exactly the URL that is named."""
    url, issuer = metadata_url(resource), base_url(resource)
    try:
        protected = await _document(url, requests)
    except FetchError as problem:
        fix = "start or deploy it, and look again; listen.resource is the URL that clients use"
        yield Check("server", None, f"not reached: {problem}", fix)
        return
    if protected is None:
        yield Check(
            "server", False, f"{url} does not exist", "the gateway must pass on /.well-known/* and every path below it"
        )
        return
    if protected.get("resource") != resource:
        text = f"{url} names the resource {protected.get('resource')!r}, the settings {resource!r}"
        yield Check("server", False, text, "listen.resource must be the URL that clients use")
        return
    if issuer not in _texts(protected, "authorization_servers", []):
        text = f"{url} does not name {issuer}, where clients get tokens"
        yield Check("server", False, text, "it runs under other settings: deploy these, which have login")
        return
    try:
        own = await _document(well_known(issuer)[0], requests)
    except FetchError as problem:
        own, reason = None, str(problem)
    else:
        reason = "it does not exist"
    if own is None or own.get("issuer") != issuer:
        reason = reason if own is None else f"it names the issuer {own.get('issuer')!r}"
        fix = "the gateway must pass on /.well-known/* and every path below it"
        yield Check("server", False, f"{well_known(issuer)[0]}: {reason}", fix)
        return
    yield Check("server", True, f"clients find {issuer} from {resource}")


def _texts(document: Mapping[str, Any], name: str, default: Sequence[str]) -> list[str]:
    """A list of strings that a document has, ``default`` where it says nothing."""
    value = document.get(name)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else list(default)
