"""Stable stand-ins for secrets and personal data: of the same shape, numbered in the order in which they are met."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

from adaptgen.model import Json
from adaptgen.pii.detectors import FOUND, find
from adaptgen.runtime.marked import Marked

SHORTEST = 4
"""Characters of a value that is also looked for inside of other text."""
_WHOLE = 8
"""Characters from which on a value is told apart from chance."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Fakes:
    """Value -> stand-in. A value has one stand-in in everything that is recorded together."""

    def __init__(self) -> None:
        self._of: dict[str, str] = {}
        self._made: set[str] = set()
        self._counts: dict[str, int] = {}

    def of(self, kind: str, value: str) -> str:
        """The stand-in of a value of ``kind`` (``secret``, ``email``, …)."""
        if value in self._made:
            return value
        if value not in self._of:
            number = self._counts[kind] = self._counts.get(kind, 0) + 1
            made = _shaped(kind, value, number)
            while made in self._made or made == value or made in self._of:
                number = self._counts[kind] = number + 1
                made = _shaped(kind, value, number)
            self._of[value] = made
            self._made.add(made)
        return self._of[value]

    def text(self, text: str, *, urls: bool = False) -> str:
        """``text`` without any value that has a stand-in or that a detector finds. ``urls``: it is percent-encoded."""
        whole = self._of.get(text)
        if whole is not None:
            return whole
        for value in sorted((one for one in self._of if len(one) >= SHORTEST), key=len, reverse=True):
            forms = {value, quote(value, safe=""), quote_plus(value)} if urls else {value}
            for form in forms:
                if form in text:
                    text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", lambda _, v=value: self._of[v], text)  # type: ignore[misc]
        for span in reversed(find(text, FOUND)):
            found = text[span.start : span.end]
            if not self._known(found):
                text = text[: span.start] + self.of(span.kind, found) + text[span.end :]
        return text

    def scrubbed(self, value: Json) -> Json:
        """A copy of a JSON value, whose classified leaves are marked, with stand-ins; keys too."""
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.scrubbed(member) for key, member in value.items()}
        if isinstance(value, list):
            return [self.scrubbed(member) for member in value]
        if isinstance(value, Marked):
            made = self.of(value.kind, str(value))
            return made if isinstance(value, str) else _number(made)
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _number(self._of[str(value)]) if str(value) in self._of else value
        return value

    def left(self, text: str) -> list[str]:
        """The kinds of what should not be in ``text``: values that have a stand-in, and what a detector finds."""
        kinds = ["a value that was replaced elsewhere" for value in self._of if len(value) >= _WHOLE and value in text]
        return kinds + [span.kind for span in find(text, FOUND) if not self._known(text[span.start : span.end])]

    def learn(self, known: Iterable[tuple[str, str]]) -> None:
        """Give stand-ins to values, as kind and value."""
        for kind, value in known:
            if value:
                self.of(kind, value)

    def _known(self, found: str) -> bool:
        return any(found in one or (len(one) >= _WHOLE and one in found) for one in self._made)


def _number(text: str) -> Json:
    digits = re.sub(r"\D", "", text) or "0"
    return int(digits)


def _shaped(kind: str, value: str, number: int) -> str:
    if kind == "secret":
        return f"fake-secret-{number}"
    if kind == "email" and "@" in value:
        return f"person{number}@example.invalid"
    if kind == "name" and not any(one.isdigit() for one in value):
        return f"Person {_letters(number)}"
    if _DAY.match(value):
        return f"19{number // 336 % 100:02d}-{number // 28 % 12 + 1:02d}-{number % 28 + 1:02d}{value[10:]}"
    digits = [at for at, one in enumerate(value) if one.isdigit()]
    chars = ["X" if one.isupper() else "x" if one.isalpha() else one for one in value]
    if not digits:
        return "".join(chars) + _letters(number)
    counted = str(number).rjust(len(digits), "0")[-len(digits) :] if len(digits) >= len(str(number)) else str(number)
    for at, digit in zip(digits, counted, strict=False):
        chars[at] = digit
    if value[:1] not in "+0" and value.isdigit() and len(value) > 1:
        chars[0] = "9"  # a number keeps its length
    return "".join(chars)


def _letters(number: int) -> str:
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text
