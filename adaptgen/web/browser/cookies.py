"""Cookies of this server alone: sealed values, over several cookies where one would be too long for browsers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from adaptgen.mcp.http_messages import HttpRequest

_MOST: Final = 3_900
"""Characters of one cookie's value: with name and attributes browsers keep 4,096 (RFC 6265, 6.1). Two hold 200 groups
that are UUIDs, as many as Microsoft Entra ID puts into a token."""
_PARTS: Final = 2
"""Cookies that one value may take."""
_ALL: Final = 8_500
"""Bytes of all cookies of a server: API Gateway refuses requests with more than 10,240 bytes of headers."""


class Cookies:
    """Writes and reads cookies of the server at ``base``. Over https they cannot come from, or go to, another host,
    nor over http (``__Host-``: RFC 6265bis, 4.1.3.2). Another server on the same host, or on another port of this
    machine, has other names."""

    def __init__(self, base: str) -> None:
        self._secure = urlsplit(base).scheme == "https"
        mark = hashlib.blake2s(base.encode(), digest_size=4).hexdigest()
        self._prefix = f"{'__Host-' if self._secure else ''}adaptgen-{mark}-"

    def set(self, name: str, text: str, seconds: float) -> tuple[str, ...]:
        """The lines that set the cookie ``name``. ``text``: letters of base64url.

        Raises:
            ValueError: it is too long.
        """
        parts = [text[at : at + _MOST] for at in range(0, len(text), _MOST)] or [""]
        if len(parts) > _PARTS:
            raise ValueError("too long for cookies")
        parts[0] = f"{len(parts)}.{parts[0]}"
        return tuple(self._line(f"{name}{n or ''}", part, seconds) for n, part in enumerate(parts))

    def end(self, request: HttpRequest, name: str) -> tuple[str, ...]:
        """The lines that take the cookie ``name`` away from the browser."""
        held = self._held(request)
        return tuple(self._line(one.removeprefix(self._prefix), "", 0) for one in self._parts(name) if one in held)

    def get(self, request: HttpRequest, name: str) -> str | None:
        """The text of the cookie ``name``; None where the browser does not have all of it."""
        held = self._held(request)
        count, dot, first = held.get(f"{self._prefix}{name}", "").partition(".")
        if not dot or count not in [str(n + 1) for n in range(_PARTS)]:
            return None
        rest = [held.get(f"{self._prefix}{name}{n}") for n in range(1, int(count))]
        return None if None in rest else first + "".join(filter(None, rest))

    def without(self, request: HttpRequest, name: str) -> HttpRequest:
        """The request as of a browser that does not have the cookie ``name``."""
        ours = self._parts(name)
        kept = [
            one for one in request.headers.get("cookie", "").split(";") if one.partition("=")[0].strip() not in ours
        ]
        return replace(request, headers={**request.headers, "cookie": ";".join(kept)})

    def names(self, request: HttpRequest, begin: str) -> list[str]:
        """The names that begin so, the oldest first (RFC 6265, 5.4)."""
        start = f"{self._prefix}{begin}"
        return [one.removeprefix(self._prefix) for one in self._held(request) if one.startswith(start)]

    def make_room(
        self, request: HttpRequest, names: Sequence[str], new: Sequence[str], *, least: int = 0
    ) -> tuple[str, ...]:
        """The lines that take cookies away, so that those of the lines ``new`` have room: of ``names``, which give way
        in this order, ``least`` at least."""
        used = len(request.headers.get("cookie", "")) + sum(len(one.partition(";")[0]) + 2 for one in new)
        held = self._held(request)
        gone: list[str] = []
        for number, name in enumerate(names):
            if number >= least and used <= _ALL:
                break
            for one in self._parts(name):
                if one in held:
                    used -= len(one) + len(held[one]) + 3
            gone += self.end(request, name)
        return tuple(gone)

    def _parts(self, name: str) -> list[str]:
        """The cookies that the value ``name`` may take, as browsers know them."""
        return [f"{self._prefix}{name}{n or ''}" for n in range(_PARTS)]

    def _line(self, name: str, text: str, seconds: float) -> str:
        secure = "; Secure" if self._secure else ""
        return f"{self._prefix}{name}={text}; Path=/; Max-Age={int(seconds)}; HttpOnly; SameSite=Lax{secure}"

    @staticmethod
    def _held(request: HttpRequest) -> dict[str, str]:
        """Every cookie of the request; of two with one name the first."""
        held: dict[str, str] = {}
        for pair in request.headers.get("cookie", "").split(";"):
            name, _, text = pair.strip().partition("=")
            held.setdefault(name, text)
        return held
