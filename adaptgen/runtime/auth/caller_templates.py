"""What templates may say of the caller, and whose session is whose."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from adaptgen.model.tables import Auth, Caller, Json
from adaptgen.runtime.auth.login_call import placeholders_of
from adaptgen.syntax.templates import lookup, placeholders

PREFIX = "caller."


def describe_caller(caller: Caller, *, token: bool = False) -> dict[str, Any]:
    """The scope of ``{caller.sub}``, ``{caller.tenant}`` and ``{caller.<claim>}``. What the caller does not have is not
    there: a template that names it fails, for an empty tenant may mean another one to the API. ``token``: also
    ``{caller.token}``, for an exchange.
    """
    known: dict[str, Json] = {name: value for name, value in caller.claims.items() if value not in (None, "")}
    for name, value in (("sub", caller.sub), ("tenant", caller.tenant), ("token", caller.token if token else "")):
        known.pop(name, None)
        if value:
            known[name] = value
    return {"caller": known, **{PREFIX + name: value for name, value in known.items()}}


def saved_names(names: Iterable[str]) -> frozenset[str]:
    """The names of saved values among those of a template: all that do not mention the caller."""
    return frozenset(name for name in names if not name.startswith(PREFIX))


def _used(auth: Auth) -> frozenset[str]:
    """What the templates of an auth say of the caller."""
    logins = (*auth.chain, *((auth.refresh,) if auth.refresh else ()))
    names = placeholders([send.as_ for send in auth.send]).union(*map(placeholders_of, logins))
    tags = {PREFIX + claim for claim in auth.sign.tags.values()} if auth.sign else set()
    return frozenset(name for name in names if name.startswith(PREFIX)) | tags


class SessionKey:
    """Tells the sessions of an auth apart: by tenant and name of the caller, by everything that its templates say of
    the caller, and in an exchange by the caller's token, so that a token with fewer rights gets a session of its own.
    """

    def __init__(self, auth: Auth) -> None:
        self._names = sorted(_used(auth))
        self._token = auth.kind == "exchange"

    def key(self, caller: Caller) -> str:
        """The same for two calls exactly when they may share a session."""
        scope: Mapping[str, Any] = describe_caller(caller, token=self._token) if self._names else {}
        said = [_said(scope, name) for name in self._names]
        text = orjson.dumps([caller.tenant, caller.sub, said], option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(text).hexdigest()


def _said(scope: Mapping[str, Any], name: str) -> list[Json]:
    try:
        return [lookup(scope, name)]
    except KeyError:
        return []
