"""How long a PII token is: what code that measures an answer must know before governance tokenizes it."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

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
    ``padded`` the one that tells lengths in steps of :data:`STEP` bytes.
    """
    size = HANDLE if short else SEAL + (padded_size(value_bytes) if padded else value_bytes)
    return 5 + len(canonical(kind)) + KEY_WIDTH + -(-size * 8 // 5)
