"""How long a PII token is: what whoever measures an answer must know before governance tokenizes it."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

KEY_WIDTH: Final = 2
"""Characters of a key id in a token."""
SEAL: Final = 16
"""Bytes that AES-SIV adds (RFC 5297: the synthetic initialization vector)."""
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


def token_length(kind: str, value_bytes: int, *, short: bool = False) -> int:
    """Characters (all ASCII) of the token of a value of ``value_bytes`` bytes in UTF-8.

    ``tok_<kind>_<key id><base32>``; ``short`` is the form that stands for an entry of the vault.
    """
    size = HANDLE if short else SEAL + value_bytes
    return 5 + len(canonical(kind)) + KEY_WIDTH + -(-size * 8 // 5)
