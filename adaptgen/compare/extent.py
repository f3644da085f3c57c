"""How deep an answer was read: large schemas are compared as deep on both sides, and what lies deeper by a digest.

The answer of a document that was not read in full has two more members: ``x-depth``, the levels of objects that it has,
and ``x-digest``, of what lies deeper.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adaptgen.model.tables import Json
from adaptgen.source import Document

_WORDS = frozenset(("description", "title", "summary", "example", "examples", "externalDocs", "$comment"))


def describe_cut(document: Document, rest: Sequence[Json], depth: int) -> dict[str, Json]:
    """What an answer that was read ``depth`` levels deep says of itself. ``rest``: schemas that have more inside."""
    return {"x-depth": depth, "x-digest": _digest(document, rest)}


def level(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Two answers without what only one of them was read for."""
    depths = [one["x-depth"] for one in (old, new) if "x-depth" in one]
    if not depths:
        return old, new
    return _cut(old, min(depths)), _cut(new, min(depths))


def describe_rest(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """What to know of two answers where not all was compared and the rest differs; else ""."""
    depths = [one["x-depth"] for one in (old, new) if "x-depth" in one]
    if not depths or old.get("x-digest") == new.get("x-digest"):
        return ""
    depth = min(depths)
    if depth < 1:
        return "its fields were not compared: the schema is too large, and it differs"
    levels = "level was" if depth == 1 else f"{depth} levels were"
    return f"only its first {levels} compared, since the schema is large: what lies deeper may differ too"


def _cut(schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
    if depth < 0:
        return {}
    inside = ("properties", "required", "items", "additionalProperties") if depth == 0 else ()
    found = {word: value for word, value in schema.items() if word not in inside and not word.startswith("x-")}
    for word, less in (("items", 0), ("additionalProperties", 1)):
        if word in found:
            found[word] = _cut(found[word], depth - less)
    if "properties" in found:
        found["properties"] = {name: _cut(one, depth - 1) for name, one in found["properties"].items()}
    return found


def _digest(document: Document, rest: Sequence[Json]) -> str:
    """Of ``rest`` and all that it refers to, each part once, without words."""
    own = sorted({json.dumps(_without_words(one), sort_keys=True, default=str) for one in rest})
    seen: dict[str, Json] = {"": own}
    waiting = [ref for one in rest for ref in _references(one)]
    while waiting:
        ref = waiting.pop()
        if ref in seen:
            continue
        try:
            node = document.get(ref)
        except (LookupError, ValueError):
            node = None
        seen[ref] = _without_words(node)
        waiting += _references(node)
    return hashlib.sha256(json.dumps(seen, sort_keys=True, default=str).encode("utf-8", "replace")).hexdigest()


def _references(node: Json) -> Iterator[str]:
    if isinstance(node, dict):
        for word, value in node.items():
            if word == "$ref" and isinstance(value, str):
                yield value
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for one in node:
            yield from _references(one)


def _without_words(node: Json, names: bool = False) -> Json:
    """``names``: the members are properties, which may be called like words."""
    if isinstance(node, dict):
        kept = {word: value for word, value in node.items() if names or word not in _WORDS}
        return {word: _without_words(value, word == "properties" and not names) for word, value in kept.items()}
    return [_without_words(one) for one in node] if isinstance(node, list) else node
