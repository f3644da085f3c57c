"""Accounts that callers connect themselves: by the authorization code grant (RFC 6749, 4.1), or with a key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from adaptgen.diagnostics import AdaptgenError, error
from adaptgen.model.frozen import value
from adaptgen.model.tables import Auth, Body, Call, Consent, Expires, Login, Param, Send
from adaptgen.net.addresses import UrlProblem, find_problem
from adaptgen.plan.auth.hinted_calls import Keys, match
from adaptgen.plan.auth.security_schemes import endpoint_url, identifier, reference, schemes, server_url
from adaptgen.plan.document.exposure import hidden_by
from adaptgen.plan.document.reader import Operation
from adaptgen.syntax.templates import escape

if TYPE_CHECKING:
    from adaptgen.source import Document
    from adaptgen.source.hints.model import AuthHint, Hints

_LONGEST = 80


@value()
class CodeFlow:
    """What a document says of the authorization code flow of the security scheme ``scheme``. An address that it does
    not say, or that cannot be called, is "". ``scopes``: those that operations need, else all that it has."""

    scheme: str
    authorization_url: str
    token_url: str
    refresh_url: str
    scopes: tuple[str, ...]


def code_flows(
    document: Document, operations: Sequence[Operation], served: Callable[[Operation], bool] = lambda _: True
) -> list[CodeFlow]:
    """The authorization code flows that a document describes. ``served``: whether an operation is ever called."""

    def urls(flow: Mapping[str, Any], *keys: str) -> Iterator[str]:
        for key in keys:
            yield endpoint_url(server_url(document), flow.get(key)) or ""

    found = []
    for scheme, flow in _flows(document):
        at, token, refresh = urls(flow, "authorizationUrl", "tokenUrl", "refreshUrl")
        if at == token:
            at = token = ""  # one of them is a slip: people go to one, and servers to the other (RFC 6749, 3)
        found.append(CodeFlow(scheme, at, token, refresh, _scopes(scheme, flow, operations, served)))
    return found


def offered_flows(document: Document) -> list[CodeFlow]:
    """Those of :func:`code_flows` that a hint can take as they are."""
    whole = [one for one in code_flows(document, ()) if one.authorization_url and one.token_url]
    return [one for one in whole if not any(map(_problem, (one.authorization_url, one.token_url, one.refresh_url)))]


def _problem(url: str) -> UrlProblem | None:
    """What is wrong with an address. A reference is known when the server runs; a path lies below the main base."""
    return None if not url or "${" in url or url.startswith("/") else find_problem(url)


def _flows(document: Document) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for scheme, node in schemes(document).items():
        flows = node.get("flows")
        flow = flows.get("authorizationCode") if isinstance(flows, Mapping) else None
        if str(node.get("type")).lower() == "oauth2" and isinstance(flow, Mapping):
            yield scheme, flow


def _scopes(
    scheme: str, flow: Mapping[str, Any], operations: Sequence[Operation], served: Callable[[Operation], bool]
) -> tuple[str, ...]:
    asked = [(one, options) for one in operations if any(options := _options(scheme, one))]
    declared = flow.get("scopes")
    scopes = _needed([options for one, options in asked if served(one)])
    if not asked and isinstance(declared, Mapping):
        scopes = {str(scope) for scope in declared}
    return tuple(sorted(scope for scope in scopes if scope and scope.isprintable() and " " not in scope))


def _options(scheme: str, operation: Operation) -> list[frozenset[str]]:
    """The scopes of each way in by ``scheme``; any one of them is enough (OpenAPI 3.1, 4.8.30)."""
    listed = [option[scheme] for option in operation.security or () if scheme in option]
    return [frozenset(scope for scope in one or () if isinstance(scope, str)) for one in listed]


def _needed(operations: Sequence[list[frozenset[str]]]) -> set[str]:
    """Scopes with which every operation has a way in: those without a choice first, then what adds the fewest."""
    needed: set[str] = set()
    for options in sorted(operations, key=len):
        needed |= min(options, key=lambda one: len(one - needed))
    return needed


class Consents:
    """Reads the hints of accounts that callers connect at the API of one document."""

    def __init__(self, document: Document, operations: Sequence[Operation], hints: Hints, name: str) -> None:
        self._document, self._operations, self._hints, self._name = document, operations, hints, name

    def key(self, hint: AuthHint) -> Consent:
        """An account that is connected with a key."""
        return Consent(title=self._title(hint), ask=hint.ask)

    def account(self, name: str, hint: AuthHint, keys: Keys, send: tuple[Send, ...]) -> Auth:
        """An account that is connected by consent.

        Raises:
            AdaptgenError: AG136, neither the hints nor the document name its addresses.
        """
        flow = self._flow(name)
        authorization = hint.authorization_url or (flow.authorization_url if flow else "")
        token = hint.token_url or (flow.token_url if flow else "")
        refresh = hint.refresh_url or (flow.refresh_url if flow and not hint.token_url else "") or token
        lacking = [key for key, url in (("authorization_url", authorization), ("token_url", token)) if not url]
        if lacking:
            raise self._unknown(name, keys, lacking)
        self._check_urls(name, keys, authorization_url=authorization, token_url=token, refresh_url=refresh)
        client = hint.client_id or reference(self._name, "CLIENT_ID")
        scopes = hint.scopes or (flow.scopes if flow else ())
        params = {key: text for key, text in (("audience", hint.audience), ("resource", hint.resource)) if text}
        make = _Endpoint(client, hint)
        code = [Param("code", value="{code}"), Param("redirect_uri", value="{redirect_uri}")]
        code += [Param("code_verifier", value="{verifier}")] if hint.pkce else []
        return Auth(
            name=name,
            kind="oauth2",
            send=send or (Send("header", "Authorization", "Bearer {access}"),),
            refresh=make.login("refresh", refresh, "refresh_token", [Param("refresh_token", value="{refresh}")]),
            store=hint.store,
            per=hint.per,
            consent=Consent(
                title=self._title(hint),
                authorization_url=authorization,
                client_id=client,
                scopes=scopes,
                params=params,
                pkce=hint.pkce,
                issuer=hint.issuer,
                bearer=not send,
                exchange=make.login("connect", token, "authorization_code", code),
                revoke=make.revocation(hint.revocation_url) if hint.revocation_url else None,
            ),
        )

    def _unknown(self, name: str, keys: Keys, lacking: Sequence[str]) -> AdaptgenError:
        flows = code_flows(self._document, self._operations)
        named = [identifier(one.scheme) for one in flows if one.authorization_url and one.token_url]
        help = f"add {' and '.join(f'{key}: https://…' for key in lacking)}"
        help += f"; or call the auth {' or '.join(named)}, as the document does" if named else ""
        found = [url for one in schemes(self._document).values() if (url := _discovery(one))]
        help += f"; {found[0]} has them (authorization_endpoint, token_endpoint)" if found and not named else ""
        text = f"the document does not say the {' and the '.join(lacking)} of {name!r}"
        return error("AG136", text, self._hints.where(*keys), help)

    def _check_urls(self, name: str, keys: Keys, **urls: str) -> None:
        for key, url in urls.items():
            if problem := _problem(url):
                text = f"the document's {key} of {name!r} {problem}"
                raise error("AG137", text, self._hints.where(*keys), f"add {key}: https://…")

    def _flow(self, name: str) -> CodeFlow | None:
        """The flow of the scheme with this name; else the only one."""
        flows = code_flows(self._document, self._operations, self.calls)
        named = [one for one in flows if name in (one.scheme, identifier(one.scheme))]
        return next(iter(named or (flows if len(flows) == 1 else [])), None)

    @cached_property
    def calls(self) -> Callable[[Operation], bool]:
        """Whether an operation is called: it is not hidden, or a tool of the hints has it."""
        tools = self._hints.tools.values()
        calls = [*(tool.call for tool in tools), *(step.call for tool in tools for step in tool.steps)]
        found = [match(self._operations, call.method, call.path) for call in calls if call is not None]
        called = {one.pointer for one in found if one is not None}
        return lambda one: one.pointer in called or not hidden_by(one, self._hints.hide)

    def _title(self, hint: AuthHint) -> str:
        info = self._document.root.get("info")
        declared = info.get("title") if isinstance(info, Mapping) else None
        text = hint.title or (declared if isinstance(declared, str) else "") or self._name
        alike = [name for name, one in self._hints.auth.items() if not one.title and _by_people(one)]
        if not hint.title and len(alike) > 1:  # people must see which one they connect
            text += f": {next((name for name in alike if self._hints.auth[name] is hint), '')}"
        return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:_LONGEST]


def _by_people(hint: AuthHint) -> bool:
    return hint.per == "caller" and (bool(hint.ask) or hint.grant == "authorization_code")


def _discovery(scheme: Mapping[str, Any]) -> str:
    """The discovery URL of a scheme of type openIdConnect; "" where it has none that can be called."""
    url = scheme.get("openIdConnectUrl") if str(scheme.get("type")).lower() == "openidconnect" else None
    if not isinstance(url, str) or len(url) > 2 * _LONGEST or not (url.isascii() and url.isprintable()):
        return ""
    return "" if find_problem(url) else url


class _Endpoint:
    """Calls of an OAuth 2.0 client (RFC 6749, 2.3.1): with its secret by HTTP Basic or in the body, or without one."""

    def __init__(self, client: str, hint: AuthHint) -> None:
        secret = hint.client_secret
        basic = bool(secret) and hint.client_auth == "basic"
        pair = f"{_encode(client)}:{secret}"
        self._send = (Send("header", "Authorization", pair, basic=True, encoded=True),) if basic else ()
        self._params = [] if basic else [Param("client_id", value=client)]
        self._params += [Param("client_secret", value=secret)] if secret and not basic else []
        self._media = "application/json" if hint.body_format == "json" else "application/x-www-form-urlencoded"
        self._save = {"access": "$.access_token", "refresh": "$.refresh_token", **hint.save}
        given = hint.expires
        self._expires = Expires(given.after, given.at, given.unit or "s") if given else Expires(after="$.expires_in")
        self._resource = [Param("resource", value=hint.resource)] if hint.resource else []

    def login(self, id: str, url: str, grant: str, params: Sequence[Param]) -> Login:
        return Login(
            id=id,
            call=self._call(url, [Param("grant_type", value=escape(grant)), *params, *self._resource]),
            send=self._send,
            save=self._save,
            expires=self._expires,
        )

    def revocation(self, url: str) -> Login:
        return Login(id="revoke", call=self._call(url, [Param("token", value="{token}")]), send=self._send)

    def _call(self, url: str, params: Sequence[Param]) -> Call:
        body = Body(media=self._media, params=(*params, *self._params))
        return Call("POST", url, body=body, accept="application/json")


def _encode(client: str) -> str:
    """The client's name as HTTP Basic takes it; what it refers to is encoded when it is sent."""
    return client if "$" in client or "{" in client else quote_plus(client)
