"""The vocabulary of the settings table: what kinds of values ``governance.yaml`` holds, and what each looks like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal[
    "text", "name", "upstream", "prefix", "address", "template", "secret", "url", "kind", "path",
    "glob", "tool", "source", "hook", "key_id", "media_type", "claim", "sink", "region", "header",
]  # fmt: skip
"""What a text is: a ``template`` of ``adaptgen.syntax.templates`` without placeholders, a ``secret`` (a template that
refers to one), a ``url`` (a template of an absolute URL: https, or http on loopback), …"""

PATTERNS: Mapping[str, str] = {
    "name": r"^[A-Za-z][A-Za-z0-9_.-]{0,127}$",
    "upstream": r"^[A-Za-z](?:_?[A-Za-z0-9-])*$",
    "prefix": r"^[A-Za-z0-9_.-]{0,64}$",
    "address": r"^(?:(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):)?[0-9]{1,5}$",
    "kind": r"^[a-z][a-z0-9_]{0,31}$",
    "tool": r"^\S{1,256}$",
    "glob": r"^\S{1,512}$",
    "source": r"^(?:s3://[^/\s]+/[^\s]*[^\s/]|appconfig://[^/\s]+/[^/\s]+/[^/\s]+|(?![A-Za-z0-9+.-]+://)\S.*)$",
    "hook": r"^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*:[A-Za-z_][A-Za-z0-9_]*$",
    "key_id": r"^[a-z][a-z0-9]$",
    "media_type": r"^[A-Za-z0-9!#$&^_.+-]+/(?:\*|[A-Za-z0-9!#$&^_.+-]+)$",
    "claim": r"^\S{1,256}$",
    "region": r"^[a-z]{2}(?:-[a-z]+)+-[0-9]$",
    "header": r"^[^\s/\\@]{1,255}$",
}
"""What such a text looks like; also in the published JSON Schema."""

SAMPLES: Mapping[str, str] = {
    "name": "a name such as crm",
    "upstream": "a name of letters, digits, - and single _, such as crm",
    "prefix": "a prefix of letters, digits, _, . and -, such as crm__",
    "address": "an address such as 127.0.0.1:8000",
    "kind": "a kind such as email",
    "tool": "the name of a tool such as crm/find_contacts",
    "glob": "a name without spaces, such as crm/*",
    "source": "a file, s3://bucket/key or appconfig://application/environment/profile",
    "hook": "package.module:function",
    "key_id": "a key id of a letter and a letter or digit, such as k1",
    "media_type": "a media type such as application/pdf",
    "claim": "the name of a claim, such as sub",
    "region": "a region such as eu-central-1",
    "header": "a host such as mcp.bank.example",
}


@dataclass(frozen=True)
class Text:
    """A text. ``empty``: it may be empty."""

    kind: Kind = "text"
    empty: bool = False


@dataclass(frozen=True)
class Flag:
    pass


@dataclass(frozen=True)
class Number:
    """Bounds are inclusive. ``whole``: an integer."""

    least: float | None = None
    most: float | None = None
    whole: bool = False


@dataclass(frozen=True)
class Duration:
    """``500ms``, ``10s``, ``5m``, ``2h``, ``30d``, or a number of seconds; seconds as a value."""

    least: float = 0.0
    most: float = 3650 * 86400.0


@dataclass(frozen=True)
class Rate:
    """``5/s``, ``60/m``, ``600/h``, ``1000/d``; kept as written."""


@dataclass(frozen=True)
class OneOf:
    words: tuple[str, ...]


@dataclass(frozen=True)
class Anything:
    """Any JSON value."""


@dataclass(frozen=True)
class ListOf:
    """A list, or one item alone. ``filled``: not empty."""

    item: Type
    filled: bool = False


@dataclass(frozen=True)
class MapOf:
    """Names that the author chooses. ``key`` says what they must look like."""

    value: Type
    key: Kind = "text"
    filled: bool = False


@dataclass(frozen=True)
class Either:
    """One of several types, told apart by the JSON type of the value."""

    types: tuple[Type, ...]


@dataclass(frozen=True)
class Key:
    """A key of a table. ``to``: the field that it gives ("" for one that is only checked), by default its own name."""

    type: Type
    about: str = ""
    required: bool = False
    to: str | None = None


@dataclass(frozen=True)
class Table:
    """A mapping with known keys. ``make`` takes the fields; ``short``: a text alone stands for this key."""

    keys: Mapping[str, Key]
    make: Callable[..., Any] = field(default=dict)
    short: str = ""


Type: TypeAlias = Text | Flag | Number | Duration | Rate | OneOf | Anything | ListOf | MapOf | Either | Table
