"""The text of the settings as a tree whose every key has a place. JSON is read here, YAML in ``settings``.

A deployed bundle carries the settings as JSON, so that it needs no YAML library.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from adaptgen.diagnostics import Where, error

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
"""How deep the settings may nest, and how much text they may hold."""

Keys = tuple[str | int, ...]

_BLANK = re.compile(r"[ \t\n\r]*")


@dataclass
class Tree:
    """``value`` is what JSON can hold; ``marks`` the places of keys and items by their paths."""

    file: str
    value: Any = None
    marks: dict[Keys, tuple[int, int]] = field(default_factory=dict)

    def where(self, *keys: str | int) -> Where:
        """The place of a key, or of the nearest one above it that stands in the text."""
        at = keys
        while at and at not in self.marks:
            at = at[:-1]
        line, column = self.marks.get(at, (1, 1))
        return Where(self.file, line, column)


def decode(data: bytes, file: str) -> str:
    """The text of a file of settings.

    Raises:
        AdaptgenError: AG002, AG005.
    """
    if len(data) > MAX_BYTES:
        raise error("AG005", f"the settings are larger than {MAX_BYTES:,} bytes", Where(file))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        line = data.count(b"\n", 0, broken.start) + 1
        raise error("AG002", "the text is not UTF-8", Where(file, line, 1), "save it as UTF-8") from None


def load_json(text: str, file: str) -> Tree:
    """JSON (RFC 8259) with places.

    Raises:
        AdaptgenError: AG002 for what is no JSON, AG003 for a key that stands twice, AG005.
    """
    return _Json(text, file).read()


class _Json:
    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.tree = Tree(file)
        self.scalar = json.JSONDecoder(parse_constant=self.constant).raw_decode

    def constant(self, name: str) -> Any:
        raise ValueError(name)

    def place(self, offset: int) -> tuple[int, int]:
        return self.text.count("\n", 0, offset) + 1, offset - self.text.rfind("\n", 0, offset)

    def fail(self, code: str, message: str, offset: int, help: str = "") -> Exception:
        return error(code, message, Where(self.tree.file, *self.place(offset)), help)

    def skip(self, offset: int) -> int:
        match = _BLANK.match(self.text, offset)
        return match.end() if match else offset

    def read(self) -> Tree:
        self.tree.value, end = self.value(self.skip(0), ())
        if self.skip(end) != len(self.text):
            raise self.fail("AG002", "more text after the end of the JSON", self.skip(end))
        return self.tree

    def value(self, at: int, path: Keys) -> tuple[Any, int]:
        if len(path) > MAX_DEPTH:
            raise self.fail("AG005", f"the settings nest deeper than {MAX_DEPTH} levels", at)
        opening = self.text[at : at + 1]
        if opening == "{":
            return self.members(at + 1, path)
        if opening == "[":
            return self.items(at + 1, path)
        try:
            found: tuple[Any, int] = self.scalar(self.text, at)
        except (ValueError, IndexError):
            raise self.fail("AG002", "a JSON value is missing or wrong", at) from None
        return found

    def members(self, at: int, path: Keys) -> tuple[dict[str, Any], int]:
        made: dict[str, Any] = {}
        at = self.skip(at)
        if self.text[at : at + 1] == "}":
            return made, at + 1
        while True:
            if self.text[at : at + 1] != '"':
                raise self.fail("AG002", "a key in double quotes is missing", at)
            begun = at
            try:
                key, at = scanstring(self.text, at + 1, True)
            except ValueError:
                raise self.fail("AG002", "a text that does not end", at) from None
            if key in made:
                raise self.fail("AG003", f"the key {key!r} stands twice in this mapping", begun, "keep one of them")
            self.tree.marks[(*path, key)] = self.place(begun)
            at = self.skip(at)
            if self.text[at : at + 1] != ":":
                raise self.fail("AG002", "a colon is missing", at)
            made[key], at = self.value(self.skip(at + 1), (*path, key))
            at, more = self.next(at, "}")
            if not more:
                return made, at

    def items(self, at: int, path: Keys) -> tuple[list[Any], int]:
        made: list[Any] = []
        at = self.skip(at)
        if self.text[at : at + 1] == "]":
            return made, at + 1
        while True:
            self.tree.marks[(*path, len(made))] = self.place(at)
            one, at = self.value(at, (*path, len(made)))
            made.append(one)
            at, more = self.next(at, "]")
            if not more:
                return made, at

    def next(self, at: int, closing: str) -> tuple[int, bool]:
        at = self.skip(at)
        mark = self.text[at : at + 1]
        if mark == closing:
            return at + 1, False
        if mark != ",":
            raise self.fail("AG002", f"a comma or {closing} is missing", at)
        return self.skip(at + 1), True
