"""Accounts that callers connect themselves: by the authorization code grant (RFC 6749, 4.1), or with a key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from adaptgen.diagnostics import AdaptgenError, error
from adaptgen.model.frozen import value
from adaptgen.model.tables import Auth, Body, Call, Consent, Expires, Login, Param, Send
from adaptgen.net.addresses import UrlProblem, find_problem
from adaptgen.plan.auth.hinted_calls import Keys
from adaptgen.plan.auth.security_schemes import below, identifier, reference, schemes, server_url, token_url
from adaptgen.plan.document.reader import Operation
from adaptgen.syntax.templates import escape

if TYPE_CHECKING:
    from adaptgen.source import Document
    from adaptgen.source.hints.model import AuthHint, Hints

_LONGEST = 80


@value()
class CodeFlow:
    """What a document says of the authorization code flow of the security scheme ``scheme``. ``scopes``: those that
    operations ask for, else all that it has."""

    scheme: str
    authorization_url: str
    token_url: str
    refresh_url: str
    scopes: tuple[str, ...]


def code_flows(document: Document, operations: Sequence[Operation]) -> list[CodeFlow]:
    """The authorization code flows that a document describes, with addresses that can be called."""

    def url(flow: Mapping[str, Any], key: str) -> str:
        return below(server_url(document), token_url(flow.get(key)) or "")

    return [
        CodeFlow(scheme, at, token, url(flow, "refreshUrl"), _scopes(scheme, flow, operations))
        for scheme, flow in _flows(document)
        if (at := url(flow, "authorizationUrl")) and (token := url(flow, "tokenUrl"))
    ]


def offered_flows(document: Document) -> list[CodeFlow]:
    """Those of :func:`code_flows` that a hint can take as they are."""
    flows = code_flows(document, ())
    return [one for one in flows if not any(map(_problem, (one.authorization_url, one.token_url, one.refresh_url)))]


def _problem(url: str) -> UrlProblem | None:
    """What is wrong with an address. A reference is known when the server runs; a path lies below the main base."""
    return None if not url or "${" in url or url.startswith("/") else find_problem(url)


def _flows(document: Document) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for scheme, node in schemes(document).items():
        flows = node.get("flows")
        flow = flows.get("authorizationCode") if isinstance(flows, Mapping) else None
        if str(node.get("type")).lower() == "oauth2" and isinstance(flow, Mapping):
            yield scheme, flow


def _scopes(scheme: str, flow: Mapping[str, Any], operations: Sequence[Operation]) -> tuple[str, ...]:
    asked = {
        scope
        for operation in operations
        for option in operation.security or ()
        for scope in option.get(scheme) or ()
        if isinstance(scope, str)
    }
    declared = flow.get("scopes")
    scopes = asked or {str(scope) for scope in declared} if isinstance(declared, Mapping) else asked
    return tuple(sorted(scope for scope in scopes if scope and scope.isprintable() and " " not in scope))


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
                exchange=make.login("connect", token, "authorization_code", code),
                revoke=make.revocation(hint.revocation_url) if hint.revocation_url else None,
            ),
        )

    def _unknown(self, name: str, keys: Keys, lacking: Sequence[str]) -> AdaptgenError:
        named = [identifier(one.scheme) for one in code_flows(self._document, self._operations)]
        help = f"add {' and '.join(f'{key}: https://…' for key in lacking)}"
        help += f"; or call the auth {' or '.join(named)}, as the document does" if named else ""
        text = f"the document does not say the {' and the '.join(lacking)} of {name!r}"
        return error("AG136", text, self._hints.where(*keys), help)

    def _check_urls(self, name: str, keys: Keys, **urls: str) -> None:
        for key, url in urls.items():
            if problem := _problem(url):
                text = f"the document's {key} of {name!r} {problem}"
                raise error("AG137", text, self._hints.where(*keys), f"add {key}: https://…")

    def _flow(self, name: str) -> CodeFlow | None:
        """The flow of the scheme with this name; else the only one."""
        flows = code_flows(self._document, self._operations)
        named = [one for one in flows if name in (one.scheme, identifier(one.scheme))]
        return next(iter(named or (flows if len(flows) == 1 else [])), None)

    def _title(self, hint: AuthHint) -> str:
        info = self._document.root.get("info")
        declared = info.get("title") if isinstance(info, Mapping) else None
        text = hint.title or (declared if isinstance(declared, str) else "") or self._name
        return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:_LONGEST]


class _Endpoint:
    """Calls of an OAuth 2.0 client (RFC 6749, 2.3.1): with its secret by HTTP Basic or in the body, or without one."""

    def __init__(self, client: str, hint: AuthHint) -> None:
        secret = hint.client_secret
        basic = bool(secret) and hint.client_auth == "basic"
        self._send = (Send("header", "Authorization", f"{client}:{secret}", basic=True),) if basic else ()
        self._params = [] if basic else [Param("client_id", value=client)]
        self._params += [Param("client_secret", value=secret)] if secret and not basic else []
        self._resource = [Param("resource", value=hint.resource)] if hint.resource else []

    def login(self, id: str, url: str, grant: str, params: Sequence[Param]) -> Login:
        return Login(
            id=id,
            call=self._call(url, [Param("grant_type", value=escape(grant)), *params, *self._resource]),
            send=self._send,
            save={"access": "$.access_token", "refresh": "$.refresh_token"},
            expires=Expires(after="$.expires_in"),
        )

    def revocation(self, url: str) -> Login:
        return Login(id="revoke", call=self._call(url, [Param("token", value="{token}")]), send=self._send)

    def _call(self, url: str, params: Sequence[Param]) -> Call:
        body = Body(media="application/x-www-form-urlencoded", params=(*params, *self._params))
        return Call("POST", url, body=body, accept="application/json")
