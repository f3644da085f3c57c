"""Stable stand-ins for secrets and personal data: of the same shape, numbered in the order in which they are met."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus

from adaptgen.model.tables import Json
from adaptgen.pii.detectors import FOUND, find
from adaptgen.pii.secret_formats import find_random, find_secrets
from adaptgen.runtime.answers.layout import is_secret
from adaptgen.runtime.pii.tagged_values import Tagged

SHORTEST = 4
"""Characters of a value that is also looked for inside of other text."""
_WHOLE = 8
"""Characters from which on a value is distinguished from chance."""
_NAME = 80
"""Characters up to which a text may be a name."""
_ESCAPED = re.compile(r"(?<!\\)\\u00(4[1-9a-fA-F]|5[0-9aA]|6[1-9a-fA-F]|7[0-9aA])")
"""A letter of the Latin alphabet as JSON may write it."""
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
        """``text`` without any value that has a stand-in, that a detector finds, or that looks like a secret.

        ``urls``: it is percent-encoded.
        """
        whole = self._of.get(text)
        if whole is not None:
            return whole
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)  # a name may be hidden in escapes of JSON
        for value in sorted((one for one in self._of if len(one) >= SHORTEST), key=len, reverse=True):
            forms = {value, quote(value, safe=""), quote_plus(value)} if urls else {value}
            for form in forms:
                if form in text:
                    text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", lambda _, v=value: self._of[v], text)  # type: ignore[misc]
        for spans in (secrets_in, _detected):
            for start, end, kind in reversed(spans(text)):
                found = text[start:end]
                if not self._known(found):
                    text = text[:start] + self.of(kind, found) + text[end:]
        return text

    def scrubbed(self, value: Json) -> Json:
        """A copy of a JSON value, whose classified leaves are marked, with stand-ins; keys too."""
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.scrubbed(member) for key, member in value.items()}
        if isinstance(value, list):
            return [self.scrubbed(member) for member in value]
        if isinstance(value, Tagged):
            made = self.of(value.kind, str(value))
            return made if isinstance(value, str) else _number(made)
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _number(self._of[str(value)]) if str(value) in self._of else value
        return value

    def learn_secrets(self, value: Json) -> None:
        """Give stand-ins to the secrets in every text of a JSON value, so that they are known everywhere else too."""
        if isinstance(value, Mapping):
            self.learn(("secret", one) for one in _named_secrets(value))
            for key, member in value.items():
                self.learn_secrets(str(key))
                self.learn_secrets(member)
        elif isinstance(value, list):
            for member in value:
                self.learn_secrets(member)
        elif isinstance(value, str):
            self.learn((kind, value[start:end]) for start, end, kind in secrets_in(value))
            if value.lstrip()[:1] in ("{", "["):
                self.learn_secrets(_parsed(value))

    def left(self, text: str) -> list[str]:
        """The kinds of what should not be in ``text``: values that have a stand-in, and what a detector finds."""
        kinds = ["a value that was replaced elsewhere" for value in self._of if len(value) >= _WHOLE and value in text]
        spans = (*secrets_in(text), *_detected(text))
        return kinds + [kind for start, end, kind in spans if not self._known(text[start:end])]

    def learn(self, known: Iterable[tuple[str, str]]) -> None:
        """Give stand-ins to values, as kind and value."""
        for kind, value in known:
            if value:
                self.of(kind, value)

    def _known(self, found: str) -> bool:
        return any(found in one or (len(one) >= _WHOLE and one in found) for one in self._made)


def _named_secrets(members: Mapping[str, Json]) -> Iterator[str]:
    """Texts under names that say that they are secret, also in pairs of a name and a value."""
    for key, member in members.items():
        if isinstance(member, str) and len(member) >= SHORTEST and is_secret(str(key)):
            yield member
    named = [members.get(name) for name in ("key", "name", "field", "label", "property")]
    value = members.get("value")
    is_named = any(isinstance(one, str) and len(one) < _NAME and is_secret(one) for one in named)
    if is_named and isinstance(value, str) and len(value) >= SHORTEST:
        yield value


def _parsed(text: str) -> Json:
    """The JSON that a text is; None where it is not."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _detected(text: str) -> list[tuple[int, int, str]]:
    return [(span.start, span.end, span.kind) for span in find(text, FOUND)]


def secrets_in(text: str) -> list[tuple[int, int, str]]:
    """Where secrets are in ``text``, in order: those of a known form, base64 of a text that holds one, and what looks
    random (``random``: its stand-in keeps its form, since it may be an identifier)."""
    found = [(span.start, span.end, "secret") for span in find_secrets(text)]
    for span in find_random(text):
        if not any(start < span.end and span.start < end for start, end, _ in found):
            hidden = find_secrets(_unpacked(text[span.start : span.end]))
            found.append((span.start, span.end, "secret" if hidden else "random"))
    found += [one for one in _packed(text) if not any(one[0] < end and start < one[1] for start, end, _ in found)]
    return sorted(found)


_PACKED = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{16,}={0,2}(?![A-Za-z0-9+/_=-])")


def _packed(text: str) -> Iterator[tuple[int, int, str]]:
    """Base64 of text that holds a secret or something personal."""
    for match in _PACKED.finditer(text):
        inner = _unpacked(match[0])
        if inner and (find_secrets(inner) or find(inner, FOUND)):
            yield match.start(), match.end(), "secret"


def _unpacked(text: str) -> str:
    """The text that base64 (RFC 4648, 4 and 5) stands for; "" where it stands for none."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


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
