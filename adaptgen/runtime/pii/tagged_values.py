"""Values that carry the kind of personal data they are through views, templates and cuts, and how long the tokens are
that governance puts in their place.

They are the strings and numbers of JSON in every other respect, and are encoded as those.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar, Final, SupportsIndex

from adaptgen.mcp.json_text import ExactNumber
from adaptgen.runtime.core.text import clean


class Tagged:
    """What classified values have in common: the kind of personal data."""

    __slots__ = ()
    kind: ClassVar[str] = ""


class MarkedText(Tagged, str):
    """A classified string. A part counts as all of it: pieces would reveal the value bit by bit."""

    __slots__ = ()

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        """The whole text."""
        return self


class MarkedInteger(Tagged, int):
    """A classified integer."""

    __slots__ = ()


class MarkedNumber(Tagged, float):
    """Any other classified number."""

    __slots__ = ()


@lru_cache(maxsize=512)
def _types(kind: str) -> tuple[type[str], type[int], type[float]]:
    body = {"__slots__": (), "kind": kind}
    return (
        type("MarkedText", (MarkedText,), dict(body)),
        type("MarkedInteger", (MarkedInteger,), dict(body)),
        type("MarkedNumber", (MarkedNumber,), dict(body)),
    )


def tag(value: Any, kind: str) -> Any:
    """``value`` as one of ``kind``; true, false, null, the empty string and what is not a scalar stay as they are."""
    if isinstance(value, ExactNumber):
        value = value.text  # as it will be shown
    if isinstance(value, str):
        return _types(kind)[0](clean(value)) if value else value
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return _types(kind)[1](value)
    return _types(kind)[2](value) if isinstance(value, float) else value


def cut(value: str, size: int) -> str:
    """The first ``size`` characters of ``value`` and a mark that there is more; its kind stays with it."""
    if isinstance(value, MarkedText):
        return type(value)(f"{str(value)[:size]}…")
    return f"{value[:size]}…"


KEY_WIDTH: Final = 2
"""Characters of a key id in a token."""
SEAL: Final = 16
"""Bytes that AES-SIV adds (RFC 5297: the synthetic initialization vector)."""
STEP: Final = 16
"""Bytes by which the lengths of padded tokens differ."""
HEAD: Final = 5
"""Bytes before the value in a padded token: what it was in JSON, and when it ends."""
HANDLE: Final = 10
"""Bytes of the handle in a short token: 80 bits."""

ALIASES: Final = {"ip": "ip_address", "bank_account": "account"}
"""What fields are called by ``adaptgen.pii.field_kinds`` -> what settings call them."""


@lru_cache(maxsize=1024)
def canonical(kind: str) -> str:
    """The one name of a kind of personal data: small letters, digits and underscores."""
    plain = "".join(one if one.isascii() and one.isalnum() else "_" for one in kind.lower())
    plain = "_".join(part for part in plain.split("_") if part) or "other"
    return ALIASES.get(plain, plain)


def padded_size(value_bytes: int) -> int:
    """Bytes of the padded plain text of a value: its head, the value, one byte at least, in whole steps."""
    return -(-(HEAD + value_bytes + 1) // STEP) * STEP


def token_length(kind: str, value_bytes: int, *, short: bool = False, padded: bool = False) -> int:
    """Characters (all ASCII) of the token of a value of ``value_bytes`` bytes in UTF-8.

    ``tok_<kind>_<key id><base32>``; ``short`` is the form that stands for an entry of the vault,
    ``padded`` the one that reveals lengths in steps of :data:`STEP` bytes.
    """
    size = HANDLE if short else SEAL + (padded_size(value_bytes) if padded else value_bytes)
    return 5 + len(canonical(kind)) + KEY_WIDTH + -(-size * 8 // 5)
