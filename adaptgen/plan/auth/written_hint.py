"""How an auth is written in the hints: what was inferred, ready to be changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from adaptgen.model.tables import Auth, Call, Consent, Login, Param, Refused, Send


def auth_hint(auth: Auth) -> dict[str, Any]:
    """The hint that says what was inferred, as far as hints can say it."""
    if (consent := auth.consent) is not None:
        return consent_hint(auth, consent)
    if auth.kind == "session" or auth.chain:
        said: dict[str, Any] = {"kind": "session", "chain": [_login(one) for one in auth.chain]}
        said["send"] = [_send(one) for one in auth.send]
        if auth.refresh is not None:
            refresh = {key: value for key, value in _login(auth.refresh).items() if key != "id"}
            said["refresh"] = {**refresh, **({"then": list(auth.then)} if auth.then else {})}
        said["refused"] = [refused_hint(one) for one in auth.refused]
        return said
    send = auth.send[0] if auth.send else None
    if send is None:
        return {"kind": auth.kind}
    if auth.kind == "basic":
        user, _, password = send.as_.partition(":")
        # A reference holds a colon too: ${env:USER}:${env:PASSWORD}.
        user, _, password = send.as_.rpartition("}:") if send.as_.startswith("${") else (user, "", password)
        return {"kind": "basic", "username": f"{user}}}" if send.as_.startswith("${") else user, "password": password}
    if auth.kind == "bearer":
        return {"kind": "bearer", "token": send.as_.removeprefix("Bearer ")}
    return {"kind": "api_key", send.place: send.name, "value": send.as_}


def consent_hint(auth: Auth, consent: Consent) -> dict[str, Any]:
    """The hint of an account that each caller connects."""
    if consent.ask:
        send = auth.send[0]
        place: dict[str, Any] = {send.place: send.name} if auth.kind == "api_key" else {}
        return {"kind": auth.kind, **place, "per": "caller", "ask": consent.ask}
    assert consent.exchange is not None
    said = {"kind": "oauth2", "grant": "authorization_code", "per": "caller", "client_id": consent.client_id}
    urls = {"authorization_url": consent.authorization_url, "token_url": consent.exchange.call.path}
    return {**said, **urls, "scopes": list(consent.scopes)}


def refused_hint(rule: Refused) -> Any:
    """How a rule is written: a status alone where there is nothing else to say."""
    if not rule.body and rule.replay:
        return rule.status
    said = {"status": rule.status, **({"body": dict(rule.body)} if rule.body else {})}
    return said if rule.replay else {**said, "replay": False}


def _login(login: Login) -> dict[str, Any]:
    said: dict[str, Any] = {"id": login.id, "call": f"{login.call.method} {login.call.path}"}
    given = {row.name: row.value for row in _rows(login.call) if row.value is not None}
    if given:
        said["with"] = given
    if login.save:
        said["save"] = dict(login.save)
    if login.expires is not None:
        unit = {} if login.expires.unit == "s" else {"unit": login.expires.unit}
        place = {"after": login.expires.after} if login.expires.after else {"at": login.expires.at}
        said["expires"] = {**place, **unit}
    if login.send:
        said["send"] = [_send(one) for one in login.send]
    if login.cookies:
        said["cookies"] = "keep"
    return said


def _send(send: Send) -> dict[str, Any]:
    only = {"only": send.only} if send.only else {}
    return {send.place: send.name, "as": send.as_, **only}


def _rows(call: Call) -> Iterable[Param]:
    body = call.body
    inside = (*body.params, *([body.whole] if body.whole else [])) if body else ()
    return (*call.path_params, *call.query, *call.headers, *call.cookies, *inside)
