"""Declared security schemes (OpenAPI 3.1, 4.8.27) as ways to authenticate.

Credentials come from the environment: ``<NAME>_TOKEN``, ``<NAME>_API_KEY``, ``<NAME>_USERNAME`` with
``<NAME>_PASSWORD``, ``<NAME>_CLIENT_ID`` with ``<NAME>_CLIENT_SECRET``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from adaptgen.model.frozen import lazy
from adaptgen.model.plan import Variable
from adaptgen.model.tables import Auth, Body, Call, Expires, Login, Param, Send
from adaptgen.plan.document.base_urls import prefix
from adaptgen.plan.document.reader import server_urls
from adaptgen.syntax.identifiers import words
from adaptgen.syntax.templates import escape

if TYPE_CHECKING:
    from adaptgen.source import Document

_PURPOSES = {
    "TOKEN": ("an access token", True),
    "API_KEY": ("an API key", True),
    "USERNAME": ("who logs in", False),
    "PASSWORD": ("the password", True),
    "CLIENT_ID": ("the OAuth client", False),
    "CLIENT_SECRET": ("the secret of the OAuth client", True),
    "API_SECRET": ("the secret that belongs to the API key", True),
    "REFRESH_TOKEN": ("a refresh token", True),
}


_UNSERVED_KINDS = {"mutualtls": "mutual TLS", "openidconnect": "OpenID Connect"}
# Schemes of the HTTP authentication registry (RFC 9110, 16.4.1) that are no word before a token.
UNSERVED = frozenset(
    {"digest", "hoba", "mutual", "negotiate", "scram-sha-1", "scram-sha-256", "vapid", "dpop", "gnap", "concealed"}
)


def identifier(text: str) -> str:
    """A snake_case name for an auth."""
    made = re.sub(r"[^a-z0-9]+", "_", "_".join(words(text)) or text.lower()).strip("_") or "auth"
    return f"auth_{made}" if made[0].isdigit() else made


def reference(name: str, suffix: str) -> str:
    """The template of an environment variable of server ``name``."""
    return f"${{env:{prefix(name)}_{suffix}}}"


def variable(env: str, name: str, *, required: bool = True) -> Variable:
    """What is said about the variable ``env`` of server ``name``."""
    purpose, secret = _PURPOSES.get(env.removeprefix(f"{prefix(name)}_"), ("", True))
    return Variable(env, purpose or "a credential", required, secret)


def schemes(document: Document) -> dict[str, Mapping[str, Any]]:
    """The security schemes of the document that can be read."""
    components = document.root.get("components")
    declared = components.get("securitySchemes") if isinstance(components, Mapping) else None
    found: dict[str, Mapping[str, Any]] = {}
    for name, node in sorted(declared.items(), key=str) if isinstance(declared, Mapping) else ():
        try:
            scheme = document.deref(node)
        except LookupError:
            continue
        if isinstance(scheme, Mapping) and isinstance(scheme.get("type"), str):
            found[str(name)] = scheme
    return found


SendPlace: TypeAlias = Literal["header", "query", "cookie"]
PLACES: Final[Mapping[str, SendPlace]] = {"header": "header", "query": "query", "cookie": "cookie"}
"""Where a request takes a credential."""


def place_of(scheme: Mapping[str, Any]) -> tuple[SendPlace, str] | None:
    """Where an apiKey scheme puts its key."""
    place, name = PLACES.get(str(scheme.get("in"))), scheme.get("name")
    if place is None or not isinstance(name, str) or not name.strip():
        return None
    if place == "header" and _SCHEME.match(name):
        return place, "Authorization"
    if place == "header" and not _FIELD_NAME.fullmatch(name.strip()):
        return place, re.sub(r"[^A-Za-z0-9_-](?s:.*)", "", name.strip()) or "Authorization"
    return place, name.strip()


# A field name (RFC 9110, 5.1), and names that are those of a scheme: "Bearer", "Authorization: Bearer".
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SCHEME = lazy(
    r"^\s*(?:Authorization\W+(Bearer|Basic|JWT|Token)|(Bearer|Basic)(?:[ _-]?(?:auth|token|authorization))?)\W*$",
    re.IGNORECASE,
)


def is_basic(scheme: Mapping[str, Any]) -> bool:
    """Whether a scheme is HTTP Basic."""
    kind = str(scheme.get("type")).lower()
    return kind == "basic" or (kind == "http" and str(scheme.get("scheme", "")).lower() == "basic")


_WORD = lazy(
    r"\b(Bearer|Token|Basic|JWT|ApiKey|Api-Key|API-Key|Apikey|Key|OAuth)\b[ ]*[ :]?[ ]*[`'\"]?[<{\[($]"
    r"|\b(OAuth) [A-Z]{2,}_[A-Z_]+\b"
    r"|['\"`](Bearer|Token|JWT|ApiKey|Api-Key|Key|Basic) "
    r"|Authorization:? +[`'\"]?(Bearer|Token|JWT|ApiKey|Api-Key|Key|Basic)\b"
)


_PAIR = lazy(r"\b(Token token=)[<{\[($]")
# "with required prefix "Token"", "prefixed with `JWT`".
_PREFIX = lazy(r"\bprefix(?:ed)?(?: with| of| is|:)?\s+[`'\"]?([A-Z][A-Za-z-]+)")
# A word of the service's own: "Authorization: AcmeInsight {token}".
_OWN_WORD = lazy(r"\b(?!Authorization\b)([A-Z][A-Za-z]+(?:-[A-Za-z]+)*) [<{\[][\w -]*(?i:token|key|jwt)[\w -]*[>}\]]")


# The credential without a word before it: "Authorization: <token>", "without a prefix".
_BARE = lazy(
    r"\bauthorization['\"`]*\s*[:=]\s*['\"`]?[<{\[$(]|\b(?:without|no)\b[^.\n]{0,20}\b(?:prefix|bearer|scheme)\b"
    r"|\b(?:raw|bare|plain|only the|just the) (?:token|value|key)\b|\b(?:token|value|key) as[- ]is\b",
    re.IGNORECASE,
)


def before(word: str) -> str:
    """The text before a credential: a word with a space, the name of a parameter (``Token token=``), or nothing;
    escaped."""
    return escape(word) if word.endswith("=") or not word else f"{escape(word)} "


def scheme_word(name: str, scheme: Mapping[str, Any]) -> str:
    """The word before the credential in an ``Authorization`` header that is declared as an API key: what the
    description or the example shows ("" for a credential alone), else ``Bearer`` (RFC 6750)."""
    described, key = scheme.get("description"), scheme.get("name")
    text = described if isinstance(described, str) else ""
    if isinstance(key, str) and key.lower() != "authorization" and (shown := _SCHEME.match(key)):
        word = str(shown[1] or shown[2])
        return word.upper() if word.lower() == "jwt" else word.capitalize()
    if shown := _PAIR.search(text) or _WORD.search(text):
        return next(group for group in shown.groups() if group)
    if own := _PREFIX.search(text) or _OWN_WORD.search(text):
        return own[1]
    if "basic" in words(name) or re.search(r"\bbasic auth", text, re.I):
        return "Basic"
    example = scheme.get("example", scheme.get("x-example"))
    shown_word = example.strip().rpartition(" ")[0] if isinstance(example, str) and example.strip() else "Bearer"
    return "" if _BARE.search(text) else shown_word


def env_of_key(name: str, scheme_name: str, scheme: Mapping[str, Any], alone: bool) -> str:
    """The end of the variable's name for an API key: API_KEY or TOKEN, or its own where a document has several."""
    placed = place_of(scheme)
    said = words(placed[1] if placed else scheme_name)
    kept = [word for word in said if word not in {"x", "http"}]
    if alone:
        return "TOKEN" if {"token", "session", "jwt", "authorization", "bearer"} & set(kept) else "API_KEY"
    made = "_".join(kept).upper()
    made = re.sub(r"[^A-Z0-9_]", "", made)
    return made.removeprefix(f"{prefix(name)}_") or "API_KEY"


def static(document: Document, name: str, scheme_name: str, scheme: Mapping[str, Any], *, alone: bool) -> Auth | None:
    """The auth that serves a declared scheme without any evidence beyond it; None for what cannot be served (mutual
    TLS, digest, OpenID Connect). ``alone``: it is the document's only API key."""
    kind = str(scheme.get("type")).lower()
    called = identifier(scheme_name)
    if kind == "apikey":
        return _api_key(name, called, scheme_name, scheme, alone)
    if kind == "http":
        return _http(name, called, str(scheme.get("scheme", "")).lower())
    if kind == "basic":
        return _http(name, called, "basic")
    if kind == "oauth2":
        return _oauth2(document, name, called, scheme)
    return None


def unserved_auths(declared: Iterable[str]) -> dict[str, Auth]:
    """Declared scheme -> what stands for it if it cannot be served: nothing is sent for it, and what is refused names
    it. No other scheme has its name."""
    names = {scheme: identifier(scheme) for scheme in declared}
    alike = Counter(names.values())
    every = {scheme: name if alike[name] < 2 else f"{name}_unserved" for scheme, name in names.items()}
    return {scheme: Auth(name=name, kind="unserved") for scheme, name in every.items()}


def name_of_kind(scheme: Mapping[str, Any]) -> str:
    """What a scheme that cannot be served is: ``HTTP Digest``, ``mutual TLS``."""
    kind = str(scheme.get("type"))
    if kind.lower() == "http":
        return f"HTTP {str(scheme.get('scheme', '')).capitalize()}"
    return _UNSERVED_KINDS.get(kind.lower(), f"the type {kind!r}")


def bearer(name: str, called: str, kind: Literal["bearer", "oauth2"], word: str = "Bearer") -> Auth:
    """A token that a person provides."""
    template = f"{before(word)}{reference(name, 'TOKEN')}"
    return Auth(name=called, kind=kind, send=(Send("header", "Authorization", template),))


def basic_send(name: str) -> Send:
    """HTTP Basic (RFC 7617) with the server's user name and password."""
    both = f"{reference(name, 'USERNAME')}:{reference(name, 'PASSWORD')}"
    return Send("header", "Authorization", both, basic=True)


def _api_key(name: str, called: str, scheme_name: str, scheme: Mapping[str, Any], alone: bool) -> Auth | None:
    placed = place_of(scheme)
    if placed is None:
        return None
    place, key = placed
    if place == "header" and key.lower() == "authorization":
        word = scheme_word(scheme_name, scheme)
        if word.lower() == "basic":
            return Auth(name=called, kind="basic", send=(basic_send(name),))
        return bearer(name, called, "bearer", word)
    template = reference(name, env_of_key(name, scheme_name, scheme, alone))
    return Auth(name=called, kind="api_key", send=(Send(place, key, template),))


def _http(name: str, called: str, scheme: str) -> Auth | None:
    if scheme == "basic":
        return Auth(name=called, kind="basic", send=(basic_send(name),))
    if scheme in UNSERVED:
        return None
    word = "Bearer" if scheme in {"bearer", ""} else scheme.capitalize()
    return bearer(name, called, "bearer", word)


def _oauth2(document: Document, name: str, called: str, scheme: Mapping[str, Any]) -> Auth:
    flows = scheme.get("flows")
    grants: tuple[tuple[str, Literal["client_credentials", "password"]], ...]
    grants = (("clientCredentials", "client_credentials"), ("password", "password"))
    for key, grant in grants:
        flow = flows.get(key) if isinstance(flows, Mapping) else None
        url = endpoint_url(server_url(document), flow.get("tokenUrl")) if isinstance(flow, Mapping) else None
        if url is not None:
            # Who has a token already need not ask for one.
            return replace(oauth2_session(name, called, grant, url), start={"access": reference(name, "TOKEN")})
    return bearer(name, called, "oauth2")


def token_url(declared: object) -> str | None:
    """A declared token URL that can be called: http(s), or a path below the main base; None for anything else."""
    url = declared.strip() if isinstance(declared, str) else ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if not url or "{" in url or "}" in url or parts.username or parts.password:
        return None
    if not parts.scheme and not parts.netloc:
        return f"/{url.removeprefix('./').lstrip('/')}"
    return url if parts.scheme in {"http", "https"} and parts.hostname else None


def endpoint_url(base: str, declared: object) -> str | None:
    """A declared endpoint as it is called: below the main base, else as a URL; None for what cannot be called.

    A path that begins with a slash begins at the origin of the server (RFC 3986, 5.2.2); OpenAPI resolves URLs
    against the server's. One without is taken as below the server, as frameworks write it.
    """
    url = token_url(declared)
    if url is None or not url.startswith("/"):
        return None if url is None else below(base, url)
    parts = urlsplit(base)
    if not str(declared).strip().startswith("/") or not parts.path.strip("/"):
        return url
    if url.startswith(f"{parts.path}/"):
        return url[len(parts.path) :]
    return f"{parts.scheme}://{parts.netloc}{url}" if parts.scheme and parts.netloc else url


def below(base: str, url: str) -> str:
    """A token URL of the API itself goes along when its base URL is replaced: nobody's password is sent elsewhere."""
    return url[len(base) :] if "://" in base and url.startswith(f"{base}/") else url


def server_url(document: Document) -> str:
    """The first server of ``document`` (OpenAPI 3.1, 4.8.5), without its trailing slash; empty without one. It may be
    relative to the main base."""
    urls = server_urls(document.root.get("servers"))
    return urls[0].rstrip("/") if urls else ""


def oauth2_session(
    name: str,
    called: str,
    grant: Literal["client_credentials", "password", "refresh_token"],
    url: str,
    *,
    client_id: str | None = None,
    client_secret: str | None = None,
    username: str | None = None,
    password: str | None = None,
    scopes: tuple[str, ...] = (),
    audience: str | None = None,
    refresh_token: str | None = None,
) -> Auth:
    """A session that gets its token at ``url`` by an OAuth 2.0 grant (RFC 6749, 4.3, 4.4 and 6). The client
    authenticates by HTTP Basic (2.3.1). All values are templates; without them the environment gives them."""
    params = [Param("grant_type", value=grant)]
    send: tuple[Send, ...] = ()
    if grant == "password":
        params.append(Param("username", value=username or reference(name, "USERNAME")))
        params.append(Param("password", value=password or reference(name, "PASSWORD")))
    if grant == "refresh_token":
        params.append(Param("refresh_token", value="{refresh}"))
    if grant == "client_credentials" or client_id is not None:
        client = client_id or reference(name, "CLIENT_ID")
        secret = client_secret or (reference(name, "CLIENT_SECRET") if grant == "client_credentials" else "")
        send = (Send("header", "Authorization", f"{client}:{secret}", basic=True, encoded=True),)
    if audience:
        params.append(Param("audience", value=audience))
    if scopes:
        params.append(Param("scope", value=" ".join(scopes)))
    body = Body(media="application/x-www-form-urlencoded", params=tuple(params))
    login = Login(
        id="token",
        call=Call("POST", url, body=body, accept="application/json"),
        send=send,
        save={"access": "$.access_token"},
        expires=Expires(after="$.expires_in"),
    )
    sent = (Send("header", "Authorization", "Bearer {access}"),)
    if grant == "client_credentials":
        return Auth(name=called, kind="oauth2", chain=(login,), send=sent)
    login = replace(login, save={**login.save, "refresh": "$.refresh_token"})
    if grant == "refresh_token":
        start = {"refresh": refresh_token or reference(name, "REFRESH_TOKEN")}
        return Auth(name=called, kind="oauth2", start=start, refresh=replace(login, id="refresh"), send=sent)
    again = (Param("grant_type", value="refresh_token"), Param("refresh_token", value="{refresh}"))
    renewal = replace(login, id="refresh", call=replace(login.call, body=replace(body, params=again)))
    return Auth(name=called, kind="oauth2", chain=(login,), refresh=renewal, send=sent)


_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105


def exchange_session(
    name: str,
    called: str,
    url: str,
    *,
    client_id: str | None = None,
    client_secret: str | None = None,
    scopes: tuple[str, ...] = (),
    audience: str | None = None,
    resource: str | None = None,
) -> Auth:
    """A session of each caller by OAuth 2.0 Token Exchange (RFC 8693): it begins with the caller's token as the
    subject token (2.1). The server authenticates by
    HTTP Basic (RFC 6749, 2.3.1). All values are templates; without them the client's come from the environment."""
    params = [
        Param("grant_type", value="urn:ietf:params:oauth:grant-type:token-exchange"),
        Param("subject_token", value="{caller.token}"),
        Param("subject_token_type", value=_ACCESS_TOKEN),
    ]
    if audience:
        params.append(Param("audience", value=audience))
    if resource:
        params.append(Param("resource", value=resource))
    if scopes:
        params.append(Param("scope", value=" ".join(scopes)))
    client = client_id or reference(name, "CLIENT_ID")
    secret = client_secret or reference(name, "CLIENT_SECRET")
    login = Login(
        id="exchange",
        call=Call(
            "POST",
            url,
            body=Body(media="application/x-www-form-urlencoded", params=tuple(params)),
            accept="application/json",
        ),
        send=(Send("header", "Authorization", f"{client}:{secret}", basic=True, encoded=True),),
        save={"access": "$.access_token"},
        expires=Expires(after="$.expires_in"),
    )
    sent = (Send("header", "Authorization", "Bearer {access}"),)
    return Auth(name=called, kind="exchange", chain=(login,), send=sent, per="caller")
