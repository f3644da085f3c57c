"""What JSON and YAML have in common: mappings with keys that stand twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adaptgen.diagnostics import Diagnostic, Where

METHODS = frozenset(("get", "put", "post", "delete", "options", "head", "patch", "trace"))


def mapped(mapping: dict[str, Any]) -> Iterator[str]:
    """What may be references in the mapping of a discriminator; the others are names of schemas."""
    return (value for value in mapping.values() if type(value) is str and ("/" in value or "#" in value))


def duplicate(key: str, where: Where, *, strict: bool) -> Diagnostic:
    """What is said of a key that stands twice in one mapping."""
    message = f"the key {key!r} stands twice in this mapping"
    if strict:
        return Diagnostic("AG003", message, where, "keep one of them")
    taken = "both are read together" if key.startswith("/") else "the last one is read"
    return Diagnostic("AG003", f"{message}; {taken}", where, "keep one of them", "warning")


def both(key: str, first: Any, last: Any) -> Any:
    """The value of a key that stands twice: the last one; of two path items the operations of both."""
    if key.startswith("/") and isinstance(first, dict) and isinstance(last, dict) and METHODS & first.keys():
        return {**first, **last}
    return last
