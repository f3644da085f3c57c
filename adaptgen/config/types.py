"""What a table of keys is made of. Hints, workspaces, Arazzo descriptions and governance settings each have one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, TypeAlias

from adaptgen.model.frozen import lazy, value

if TYPE_CHECKING:
    from adaptgen.config.checker import Checker

KeyPath: TypeAlias = tuple[str | int, ...]
"""The keys and indexes that lead to a value: ``("limits", 0, "rate")``."""

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
"""The units of durations and rates, in seconds."""

_DURATION = lazy(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")


def parse_duration(written: Any) -> float | None:
    """``500ms``, ``10s``, ``5m``, ``2h``, ``30d`` or a number, in seconds; None for anything else."""
    if isinstance(written, (int, float)) and not isinstance(written, bool):
        return float(written)
    match = _DURATION.fullmatch(written) if isinstance(written, str) else None
    return float(match[1]) * UNITS[match[2]] if match else None


@value()
class TextKind:
    """What a text must look like.

    ``pattern``: a regular expression, also in the published JSON Schema; ``sample``: the same in words. ``filled``: it
    may not be empty. ``most``: characters at most (0: any number). ``check`` looks closer at a text that fits.
    ``code``: of the error where the pattern does not fit, by default that of any wrong value. ``words``: suggestions
    for that error; ``help``: what to do about it, where no word is near.
    """

    pattern: str = ""
    sample: str = ""
    filled: bool = True
    check: Callable[[Checker, str, KeyPath], None] | None = None
    code: str = ""
    words: tuple[str, ...] = ()
    most: int = 0
    help: str = ""


@value()
class Dialect:
    """How the files of one format differ from others. ``kinds``: the kinds of text by the names that the table uses.

    ``units``: those of durations. ``duration_bounds``: the published schema has them. ``extensions``: keys that
    begin with ``x-`` are skipped.
    """

    kinds: Mapping[str, TextKind]
    wrong_value: str
    unknown_key: str
    units: tuple[str, ...] = tuple(UNITS)
    duration_bounds: bool = False
    extensions: bool = False


@value()
class Text:
    """A text; ``kind`` is a key of ``Dialect.kinds``."""

    kind: str = "text"


@value()
class Flag:
    pass


@value()
class Number:
    """Both bounds are inclusive. ``whole``: an integer."""

    least: float | None = None
    most: float | None = None
    whole: bool = True


@value()
class Duration:
    """As :func:`parse_duration` reads it; both bounds are inclusive, in seconds."""

    least: float = 0.0
    most: float = 3650 * 86400.0


_SIZES = {"": 1, "B": 1, "kB": 1000, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "KiB": 1024, "MiB": 1024**2,
          "GiB": 1024**3}  # fmt: skip
_SIZE = lazy(r"([0-9]{1,12})\s?(B|kB|KB|MB|GB|KiB|MiB|GiB)?")


def parse_size(written: Any) -> int | None:
    """``100MB``, ``256 KiB`` or a number of bytes; None for anything else."""
    if isinstance(written, int) and not isinstance(written, bool):
        return written
    match = _SIZE.fullmatch(written) if isinstance(written, str) else None
    return int(match[1]) * _SIZES[match[2] or ""] if match else None


@value()
class Size:
    """As :func:`parse_size` reads it; both bounds are inclusive, in bytes."""

    least: int = 0
    most: int = 10**12


@value()
class Rate:
    """``5/s``, ``60/m``, ``600/h``, ``1000/d``; kept as written."""


@value()
class OneOf:
    """One of ``words``. ``empty``: the word that is meant where YAML reads it as null. ``meant``: what people write
    instead of one of them -> that one, where another is spelled more like it."""

    words: tuple[str, ...]
    empty: str = ""
    meant: Mapping[str, str] = field(default_factory=dict)


@value()
class Anything:
    """Any JSON value. ``kind``: that of every text in it ("": any)."""

    kind: str = ""


@value()
class ListOf:
    """``filled``: not empty. ``alone``: one item need not be in a list; of a mapping only where items are tables.
    ``most``: items at most (0: any number)."""

    item: Type
    filled: bool = False
    alone: bool = False
    most: int = 0


@value()
class MapOf:
    """Names that the author chooses. ``key``: the kind of text that they are."""

    value: Type
    key: str = "text"
    filled: bool = False


@value()
class Either:
    """One of several types, distinguished by the JSON type of the value."""

    types: tuple[Type, ...]


@value()
class Key:
    """A key of a table. ``about``: what it means, for people. ``to``: the field that it sets ("" for one that is only
    checked), by default its own name."""

    type: Type
    about: str = ""
    required: bool = False
    to: str | None = None


@value()
class Table:
    """A mapping with known keys. ``make`` takes the fields; ``short``: a text alone is the value of this key.
    ``exactly``: of each group of keys exactly one is there. ``instead``: keys that people expect and that do not
    exist -> what to do, where the key that is spelled most alike means something else."""

    keys: Mapping[str, Key]
    make: Callable[..., Any] = field(default=dict)
    short: str = ""
    exactly: tuple[tuple[str, ...], ...] = ()
    instead: Mapping[str, str] = field(default_factory=dict)


Type: TypeAlias = Text | Flag | Number | Duration | Size | Rate | OneOf | Anything | ListOf | MapOf | Either | Table


def keys_below(type_: Type, prefix: str = "") -> Iterator[tuple[str, Key]]:
    """The dotted keys below a type, in the order of the table; ``<name>`` is a name of one's own."""
    match type_:
        case Table(known):
            for name, key in known.items():
                yield prefix + name, key
                yield from keys_below(key.type, f"{prefix}{name}.")
        case MapOf(value):
            yield from keys_below(value, f"{prefix}<name>.")
        case ListOf(item):
            yield from keys_below(item, f"{prefix[:-1]}[].")
        case Either(types):
            for one in types:
                yield from keys_below(one, prefix)
        case _:
            return
