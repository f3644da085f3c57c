"""The typed values of hints, from what the checker found right."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adaptgen.config.types import parse_duration
from adaptgen.model.tables import Connection, Layout, Lookup, Until, When
from adaptgen.source.hints.model import (
    MISSING,
    ArgumentHint,
    AuthHint,
    CallHint,
    ExpiresHint,
    JoinHint,
    LoginHint,
    PageHint,
    RefusedHint,
    SendHint,
    StepHint,
    ToolHint,
)
from adaptgen.source.hints.table import EXTRAS, FORMS

_SHORT = (
    "header", "query", "cookie", "value", "username", "password", "token", "grant", "token_url", "client_id",
    "client_secret", "refresh_token", "scopes", "audience", "resource", "service", "region", "role", "tags", "title",
    "authorization_url", "refresh_url", "revocation_url", "issuer", "client_auth", "body_format", "save",
)  # fmt: skip


def personal(auth: Mapping[str, Any]) -> bool:
    """Whether each caller has a session of its own: what names the caller cannot be anybody else's."""
    return auth.get("per") == "caller" or auth.get("kind") == "exchange" or bool(auth.get("tags"))


ASKED = {"api_key": "API key", "bearer": "Access token", "basic": "User name and password, as name:password"}
"""Kind of an auth -> what a person is asked for, where the hints do not say what it is called."""


def connects(auth: Mapping[str, Any]) -> bool:
    """Whether each caller connects an account of its own."""
    return bool(auth.get("ask")) or auth.get("grant") == "authorization_code"


def given(raw: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """Of ``keys`` those that are given, lists as tuples."""
    return {key: tuple(raw[key]) if isinstance(raw[key], list) else raw[key] for key in keys if key in raw}


def connection(raw: Mapping[str, Any]) -> Connection | None:
    """What ``connection`` says; None for nothing but a timeout."""
    said = {key: value for key, value in raw.items() if key != "timeout"}
    return Connection(**said) if said else None


def _call(raw: Mapping[str, Any]) -> CallHint:
    call, document = raw["call"], raw.get("document")
    if isinstance(call, dict):
        call, document = call["call"], call["document"]
    method, path = call.split(None, 1)
    return CallHint(method.upper(), path, document)


def _send(raw: Mapping[str, Any]) -> SendHint:
    place = next(one for one in ("header", "query", "cookie") if one in raw)
    return SendHint(place=place, name=raw[place], as_=raw["as"], only=raw.get("only"))  # type: ignore[arg-type]


def joined(raw: Any, folder: Path) -> JoinHint:
    """An entry of ``documents``; its path is relative to ``folder``."""
    said = {"file": raw} if isinstance(raw, str) else raw
    path = Path(posixpath.normpath((folder / said["file"]).as_posix()))
    return JoinHint(path=path, base_url=said.get("base_url", ""))


def _login(raw: Mapping[str, Any]) -> LoginHint:
    return LoginHint(
        id=raw.get("id", "refresh"),
        call=_call(raw),
        with_=raw.get("with", {}),
        expires=_expires(raw),
        send=tuple(map(_send, raw.get("send", ()))),
        cookies=raw.get("cookies") in ("keep", True),
        **given(raw, "save", "then"),
    )


def _expires(raw: Mapping[str, Any]) -> ExpiresHint | None:
    return ExpiresHint(**raw["expires"]) if "expires" in raw else None


def _refused(raw: Any) -> RefusedHint:
    return RefusedHint(status=raw) if isinstance(raw, int) else RefusedHint(**raw)


def auth(raw: Mapping[str, Any]) -> AuthHint:
    """An entry of ``auth``."""
    ask = raw.get("ask") or ""
    if connects(raw):
        raw = {"store": "state", **raw}
    return AuthHint(
        chain=tuple(map(_login, raw.get("chain", ()))),
        send=tuple(map(_send, raw.get("send", ()))),
        refresh=_login(raw["refresh"]) if "refresh" in raw else None,
        refused=tuple(map(_refused, raw["refused"])) if "refused" in raw else None,
        per="caller" if personal(raw) else "server",
        ask=ASKED.get(raw["kind"], "") if ask is True else ask,
        pkce=raw.get("pkce") is not False,
        expires=_expires(raw),
        **given(raw, "kind", "store", "start", *_SHORT),
    )


def _page(raw: Any) -> PageHint:
    if isinstance(raw, str):
        return PageHint(style="none")
    return PageHint(**{("place" if key == "in" else key): value for key, value in raw.items()})


def _argument(raw: Mapping[str, Any]) -> ArgumentHint:
    names = raw.get("names")
    said = {"tool": names} if isinstance(names, str) else names
    return ArgumentHint(
        names=Lookup(**{"id": "", "labels": (), **given(said, *said)}) if said else None,
        value=raw.get("value", MISSING),
        place=raw.get("in"),
        schema={key: raw[key] for key in EXTRAS if key in raw},
        **given(raw, "hide", "encode", "description", "type", "required", "name", "holds", "searches"),
    )


def _step(raw: Mapping[str, Any]) -> StepHint:
    pages = raw.get("all_pages", False)
    return StepHint(
        call=_call(raw),
        with_=raw.get("with", {}),
        when=_when(raw["when"]) if "when" in raw else None,
        until=_until(raw["until"]) if "until" in raw else None,
        all_pages=pages["max"] if isinstance(pages, dict) else pages,
        on_error=raw.get("on_error", "fail") or "null",
        **given(raw, "id", "save", "view", "items", "each"),
    )


def _when(raw: Any) -> When:
    if isinstance(raw, str):
        return When(value=raw)
    return When(value=raw["value"], is_=_values(raw, "is"), is_not=_values(raw, "is_not"))


def _until(raw: Mapping[str, Any]) -> Until:
    times = {key: parse_duration(raw[key]) for key in ("every", "at_most") if key in raw}
    return Until(path=raw["path"], is_=_values(raw, "is"), fails=_values(raw, "fails"), **times)  # type: ignore[arg-type]


def _values(raw: Mapping[str, Any], key: str) -> tuple[Any, ...]:
    """One value, or a list of them."""
    value = raw.get(key, [])
    return tuple(value) if isinstance(value, list) else (value,)


def tool(raw: Mapping[str, Any]) -> ToolHint:
    """An entry of ``tools``."""
    result = raw.get("result", MISSING)
    # With steps, result is the template of the answer, and a word in it is a word.
    form: Layout | None = next((word for word in FORMS if "steps" not in raw and result == word), None)
    return ToolHint(
        call=_call(raw) if "call" in raw else None,
        page=_page(raw["page"]) if "page" in raw else None,
        arguments={name: _argument(one) for name, one in raw.get("arguments", {}).items()},
        form=form,
        result=MISSING if form is not None else result,
        steps=tuple(map(_step, raw.get("steps", ()))),
        **given(
            raw,
            "description",
            "view",
            "answer",
            "effect",
            "sensitive",
            "update",
            "page_size",
            "max_bytes",
            "was",
            "also",
        ),
    )


def credentials(raw: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """``credentials`` of a server: variable -> the addresses that it may go to."""
    return {name: (said,) if isinstance(said, str) else tuple(said) for name, said in raw.items()}
