"""Every key of the hints as text, one a line. ``python -m adaptgen.source.hints.key_list`` prints them."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from adaptgen.config.types import Either, Key, ListOf, MapOf, OneOf, Table, Type
from adaptgen.source.hints.table import HINTS


def keys(type_: Type, prefix: str = "") -> Iterator[tuple[str, Key]]:
    """The dotted keys below a type, in the order of the table; ``<name>`` stands for a name of one's own."""
    match type_:
        case Table(known):
            for name, key in known.items():
                yield prefix + name, key
                yield from keys(key.type, f"{prefix}{name}.")
        case MapOf(value):
            yield from keys(value, f"{prefix}<name>.")
        case ListOf(item):
            yield from keys(item, f"{prefix[:-1]}[].")
        case Either(types):
            for one in types:
                yield from keys(one, prefix)
        case _:
            return


def text() -> str:
    """A line per key: the key, what it says, the words it takes."""
    lines = []
    for name, key in keys(HINTS):
        said = key.about
        if isinstance(key.type, OneOf):
            said += f" ({', '.join(key.type.words)})"
        lines.append(f"{name:44} {said}".rstrip())
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
