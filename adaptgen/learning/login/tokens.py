"""Tokens in memory: where the answer of a login has one and when it ends, and one that cannot be valid."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from adaptgen.model.tables import Auth, Expires, Json
from adaptgen.plan.auth.login_chain import MOMENTS, SPANS
from adaptgen.runtime.auth.expiry import jwt_claims
from adaptgen.runtime.auth.login_call import read_saved
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.response import Response
from adaptgen.syntax.identifiers import words
from adaptgen.syntax.templates import Reference
from adaptgen.syntax.token_names import FIND_CSRF, FIND_TOKEN

_DEPTH: Final = 4
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,59}")
_YEAR_2001: Final = 1_000_000_000
_LONGEST: Final = 10 * 365 * 86_400
_TOKEN: Final = re.compile(r"(?!https?:)(?!\d{4}-\d\d-)[A-Za-z0-9._~+/=:|-]{12,}")
"""A text of a login's answer that may be a token: neither words, nor an address, nor a date."""
_CANDIDATES: Final = 3
_HEX: Final = re.compile(r"[0-9a-f-]{16,}")


class BrokenVariables(Credentials):
    """Credentials of which each is broken."""

    def __init__(self, other: Credentials) -> None:
        super().__init__({})
        self._other = other

    def resolve(self, reference: Reference) -> str:
        """What the reference stands for, broken."""
        return break_token(self._other.resolve(reference))


def break_token(text: str) -> str:
    """A text of the same form that is another: of a JWT another signature (RFC 7515, 7.1), else other letters and
    digits."""
    parts = text.split(".")
    if len(parts) == 3 and all(parts):
        return f"{parts[0]}.{parts[1]}.{_turn(parts[2])}"
    return _turn(text)


def _turn(text: str) -> str:
    letters = "abcdef" if _HEX.fullmatch(text) else string.ascii_lowercase
    half = len(letters) // 2
    table = str.maketrans(
        letters + letters.upper() + string.digits,
        letters[half:] + letters[:half] + letters[half:].upper() + letters[:half].upper() + "5678901234",
    )
    return text.translate(table)


def leave_saves(auth: Auth) -> tuple[Auth, dict[str, str]]:
    """``auth`` without what its only call saves, and where that is declared to be: a document that says it wrong, or
    not at all, must not cost a second login. What later calls of a chain need stays."""
    if len(auth.chain) != 1:
        return auth, {}
    login = auth.chain[0]
    return replace(auth, chain=(replace(login, save={}, expires=None),)), dict(login.save)


def find_tokens(response: Response, source: str, *, search: bool) -> list[str]:
    """What the answer of a login may hand out as its token: what is declared at ``source``, else what is named like
    one, else texts that could be one, the longest first. Without ``search`` only what is declared."""
    for each in (source, FIND_TOKEN) if search else (source,):
        try:
            found = read_saved(each, response)
        except ToolError:
            continue
        if isinstance(found, str) and found:
            return [found]
    if not search or source == FIND_CSRF:
        return []
    texts = [value for _, value in _members(_body(response)) if isinstance(value, str) and _TOKEN.fullmatch(value)]
    return sorted(dict.fromkeys(texts), key=len, reverse=True)[:_CANDIDATES]


def is_there(source: str, token: str, response: Response) -> bool:
    """Whether the answer of a login has ``token`` at ``source``."""
    try:
        return not source.startswith("find:") and read_saved(source, response) == token
    except ToolError:
        return False


def find_place(token: str, response: Response) -> str:
    """Where the answer of a login has ``token``: a JSONPath, ``header:<Name>`` or ``cookie:<name>``; "" for nowhere
    that can be written."""
    for path, value in _members(_body(response)):
        if isinstance(value, str) and value.removeprefix("Bearer ").strip() == token:
            return path
    for name, text in response.headers.items():
        if text.removeprefix("Bearer ").strip() == token and _NAME.fullmatch(name):
            return f"header:{name}"
    return next((f"cookie:{name}" for name, text in response.cookies.items() if text == token), "")


def find_lifetime(response: Response, token: str) -> Expires | None:
    """Where the answer of a login says when its token ends: a span as a number (RFC 6749, 5.1), or a moment; None
    where it does not, and of a token that says so itself (RFC 7519, 4.1.4), as the runtime reads it there."""
    if "exp" in jwt_claims(token):
        return None
    for path, value in _members(_body(response)):
        spoken = words(path.rpartition(".")[2])
        if "refresh" in words(path) or isinstance(value, bool):
            continue
        if spoken in MOMENTS and isinstance(value, str) and _is_moment(value):
            return Expires(at=path, unit="iso")
        number = float(value) if isinstance(value, (int, float)) else -1.0
        if spoken in MOMENTS and number > _YEAR_2001:
            return Expires(at=path, unit="ms" if number > 1000 * _YEAR_2001 else "s")
        if spoken in SPANS and 0 < number < _LONGEST:
            return Expires(after=path)
    return None


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return "T" in text or ":" in text


def _body(response: Response) -> Json:
    try:
        return response.json()
    except ToolError:
        return None


def _members(value: Json, path: str = "$", depth: int = _DEPTH) -> Iterator[tuple[str, Json]]:
    """JSONPath and value of each member of the objects of a body, the outer ones first."""
    if not isinstance(value, dict) or not depth:
        return
    inner = [(f"{path}.{name}", member) for name, member in value.items() if _NAME.fullmatch(str(name))]
    yield from inner
    for place, member in inner:
        yield from _members(member, place, depth - 1)
