"""Prints every key of the hints, one a line: the key, what it means, the words it takes."""

from __future__ import annotations

from adaptgen.config.types import OneOf, keys_below
from adaptgen.source.hints.table import HINTS

if __name__ == "__main__":
    for name, key in keys_below(HINTS):
        words = f" ({', '.join(key.type.words)})" if isinstance(key.type, OneOf) else ""
        print(f"{name:44} {key.about}{words}".rstrip())
