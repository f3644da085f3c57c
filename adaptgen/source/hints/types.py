"""The vocabulary of the hint table: what kinds of values hints hold, and what each kind looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from adaptgen.model.tables import value

Kind = Literal[
    "text", "name", "tool", "template", "path", "jsonpath", "place", "call", "hide", "file", "duration", "header",
    "secret", "rate", "separators", "origin",
]  # fmt: skip
"""What a text is: a ``template`` of ``adaptgen.syntax.templates``, a ``secret`` (a template that refers to one), a
dotted ``path``, a ``jsonpath``, a ``place`` in an answer (a JSONPath, ``header:<Name>`` or ``cookie:<name>``), a
``call`` (``GET /pets``), a pattern of ``hide``, …"""

PATTERNS: Mapping[str, str] = {
    "name": r"^[A-Za-z][A-Za-z0-9_-]{0,63}$",
    "tool": r"^[A-Za-z_][A-Za-z0-9_]{0,63}$",
    "call": r"^(?i:get|put|post|delete|options|head|patch|trace) +(/|https?://|\$\{)\S*$",
    "hide": r"^(deprecated|tag:.+|((?i:get|put|post|delete|options|head|patch|trace)|\*) +/\S*)$",
    "jsonpath": r"^\$",
    "place": r"^(\$|header:.|cookie:.)",
    "duration": r"^[0-9]+(\.[0-9]+)?(ms|s|m|h)$",
    "rate": r"^[1-9][0-9]{0,5}/(s|m|h)$",
    "origin": r"^(?i:https?)://[^/\s?#@\\{}$]+/?$",
    "header": r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
    "separators": r"^[/\\;?#]*$",
}
"""What such a text looks like (``header``: token of RFC 9110, section 5.6.2)."""

SAMPLES: Mapping[str, str] = {
    "name": "a name of letters, digits, _ and -, such as crm",
    "tool": "a name of letters, digits and _, such as find_contacts",
    "call": "a method and a path, such as GET /api/contacts/",
    "hide": "deprecated, tag:internal or a method and a path pattern, such as POST /api/auth/*",
    "jsonpath": "a JSONPath, such as $.results",
    "place": "a JSONPath such as $.token, header:<Name> or cookie:<name>",
    "duration": "a duration such as 10s",
    "rate": "a rate such as 50/s",
    "origin": "scheme and host, such as https://files.example.com",
    "header": "the name of a header",
    "separators": "separators of an address, such as /",
}


@value()
class Text:
    kind: Kind = "text"


@value()
class Flag:
    pass


@value()
class Number:
    """``whole``: an integer. Both bounds inclusive."""

    least: float | None = None
    most: float | None = None
    whole: bool = True


@value()
class OneOf:
    """One of ``words``. ``empty``: the word that is meant where YAML reads it as null."""

    words: tuple[str, ...]
    empty: str = ""


@value()
class Anything:
    """Any JSON value. With ``template`` every text in it is a template."""

    template: bool = True


@value()
class ListOf:
    item: Type


@value()
class MapOf:
    """Names that the author chooses. ``key`` says what they must look like."""

    value: Type
    key: Kind = "text"


@value()
class Either:
    """One of several types, told apart by the JSON type of the value."""

    types: tuple[Type, ...]


@value()
class Key:
    """A key of a table. ``about``: what it says, for people."""

    type: Type
    about: str = ""
    required: bool = False


@value()
class Table:
    """A mapping with known keys. ``exactly``: of each group of keys exactly one stands there."""

    keys: Mapping[str, Key]
    exactly: tuple[tuple[str, ...], ...] = field(default=())


Type = Text | Flag | Number | OneOf | Anything | ListOf | MapOf | Either | Table
