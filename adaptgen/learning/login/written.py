"""What was learned of a login, as hints say it; and whether a build makes the same of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adaptgen.building.result import BuildResult
from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Auth, Login, Send
from adaptgen.plan.auth.plan import find_auth
from adaptgen.plan.auth.written_hint import auth_hint, refused_hint
from adaptgen.plan.document.reader import operations
from adaptgen.source.hints import values as hint_values


def as_hint(auth: Auth, *, refused: bool = True) -> dict[str, Any]:
    """The hint that says how ``auth`` logs in. ``refused``: whether the API showed how it refuses a session that
    ended."""
    grant = _grant(auth)
    if auth.kind == "oauth2" and grant and auth.chain:
        return {"kind": "oauth2", "grant": grant, "token_url": auth.chain[0].call.path, **_more(auth)}
    if auth.chain or auth.refresh is not None:
        said = auth_hint(replace(auth, kind="session"))
        said |= {"start": dict(auth.start)} if auth.start else {}
        said |= {"store": auth.store} if auth.store != "memory" else {}
        said |= {} if refused else {"refused": []}
        return {key: value for key, value in said.items() if value not in ([], {})}
    send = auth.send[0] if len(auth.send) == 1 else None
    if send is None:
        return {"kind": auth.kind}
    said = auth_hint(replace(auth, kind=_kind(send)))
    return {**said, **_more(auth)}


def _more(auth: Auth) -> dict[str, Any]:
    rules = [refused_hint(one) for one in auth.refused]
    return {"refused": rules} if rules != [401] else {}


def _grant(auth: Auth) -> str:
    """The grant of OAuth 2.0 that a login asks for; "" for another login."""
    body = auth.chain[0].call.body if auth.chain else None
    rows = {row.name: row.value for row in body.params} if body is not None else {}
    return str(rows.get("grant_type", ""))


def _kind(send: Send) -> Any:
    if send.basic:
        return "basic"
    bearer = send.place == "header" and send.name.lower() == "authorization" and send.as_.startswith("Bearer ${")
    return "bearer" if bearer else "api_key"


def builds_again(result: BuildResult, name: str, raw: dict[str, Any], auth: Auth) -> bool:
    """Whether a build makes of the hint what was tried: the same requests, and the same credentials in them."""
    try:
        hints = replace(result.hints, auth={name: hint_values.auth(raw)})
        found = find_auth(result.document, operations(result.document)[0], hints, result.plan.server.name).auths
    except (AdaptgenError, KeyError, TypeError, ValueError):
        return False
    made = next((one for one in found if one.name == name), None)
    if made is None or _sends(made.send) != _sends(auth.send) or len(made.chain) != len(auth.chain):
        return False
    pairs = zip((*made.chain, made.refresh), (*auth.chain, auth.refresh), strict=True)
    return all(_same(one, other) for one, other in pairs)


def _same(one: Login | None, other: Login | None) -> bool:
    if one is None or other is None:
        return one is other
    calls = [(each.call.method, each.call.path, each.save, each.cookies, _sends(each.send)) for each in (one, other)]
    return calls[0] == calls[1] and _body(one) == _body(other)


def _body(login: Login) -> object:
    body = login.call.body
    if body is None:
        return None
    rows = sorted((one.name, str(one.value)) for one in body.params if one.value is not None)
    return body.media, rows, body.inside, str(body.whole.value) if body.whole else ""


def _sends(sends: tuple[Send, ...]) -> list[tuple[str, str, str, bool, str]]:
    return sorted((one.place, one.name.lower(), one.as_, one.basic, one.only or "") for one in sends)
