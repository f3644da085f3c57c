"""Whether an argument takes less than before, more, or the same (JSON Schema 2020-12, Validation, section 6).

Every difference is judged by itself: a schema that was narrowed in one place and widened in another has both. What
cannot be judged (another ``pattern``, combinations that differ) counts as narrowed, since some value may be refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from adaptgen.syntax.json_pointer import local

Way: TypeAlias = Literal["narrowed", "replaced", "widened", "meaning", "words"]
"""``replaced``: some values are no longer taken, and others are."""


class Difference(NamedTuple):
    """``path``: inside the schema, "" for itself. ``keyword``: the keyword that differs, or ``gone`` and ``new`` for a
    property. ``only_null``: null is the only value that is taken or refused now."""

    way: Way
    path: str
    text: str
    keyword: str
    only_null: bool = False


_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
_OPAQUE = ("pattern", "multipleOf", "contentEncoding", "contentMediaType", "propertyNames", "contains", "not", "if",
           "then", "else", "dependentRequired", "dependentSchemas", "prefixItems", "patternProperties",
           "unevaluatedProperties", "unevaluatedItems")  # fmt: skip
_WORDS = ("description", "title", "examples", "example", "deprecated", "$comment", "readOnly", "writeOnly")
_ALL = frozenset(("string", "number", "integer", "boolean", "array", "object", "null"))
_DEEPEST = 12


def differences(
    old: Any, new: Any, old_root: Any = None, new_root: Any = None, *, deepest: int = _DEEPEST
) -> Iterator[Difference]:
    """What differs between two schemas, at most ``deepest`` objects and lists inside; ``*_root``: the schemas that
    their references lead into."""
    return _differ(old, new, _Roots(old_root, new_root, deepest), "", 0)


class _Roots:
    def __init__(self, old: Any, new: Any, deepest: int) -> None:
        self.old, self.new, self.deepest = old, new, deepest


def _differ(old: Any, new: Any, roots: _Roots, path: str, depth: int) -> Iterator[Difference]:
    old, new = _resolved(old, roots.old), _resolved(new, roots.new)
    if depth > roots.deepest or (_same(old, new) and not _refers(old)):
        return
    if isinstance(old, bool) or isinstance(new, bool):
        if old != new and new is not True and new != {}:
            text = "takes no value" if new is False else "takes certain values only"
            yield Difference("narrowed", path, text, "schema")
        elif old is False:
            yield Difference("widened", path, "takes values", "schema")
        return
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return
    yield from _types(old, new, path)
    yield from _values(old, new, path)
    yield from _bounds(old, new, path)
    yield from _opaque(old, new, path)
    yield from _combined(old, new, path)
    yield from _inside(old, new, roots, path, depth)
    if not _same(old.get("default"), new.get("default")):
        text = f"default {_shown(old.get('default'))} → {_shown(new.get('default'))}"
        yield Difference("meaning", path, text, "default")
    if any(not _same(old.get(word), new.get(word)) for word in _WORDS):
        yield Difference("words", path, "is described differently", "description")


def _resolved(schema: Any, root: Any) -> Any:
    for _ in range(20):
        ref = schema.get("$ref") if isinstance(schema, Mapping) else None
        if not isinstance(ref, str) or not ref.startswith("#/"):
            return schema
        found = local(root, ref)
        if found is None:
            return schema
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**found, **rest} if rest and isinstance(found, Mapping) else found
    return schema


def _refers(schema: Any) -> bool:
    """Whether equal texts may still mean different schemas, because a reference in them leads elsewhere."""
    return '"$ref"' in json.dumps(schema, default=str)


def _same(old: Any, new: Any) -> bool:
    # JSON tells true from 1, Python does not; the order of keys says nothing.
    return json.dumps(old, sort_keys=True, default=str) == json.dumps(new, sort_keys=True, default=str)


def _shown(value: Any) -> str:
    text = "none" if value is None else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _types(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[Difference]:
    before, after = _type_set(old), _type_set(new)
    text = f"type {_names(before)} → {_names(after)}"
    less, more = _covered(before) - _covered(after), _covered(after) - _covered(before)
    if less or more:
        way: Way = "widened" if not less else "narrowed" if not more else "replaced"
        yield Difference(way, path, text, "type", less | more == {"null"})


def _type_set(schema: Mapping[str, Any]) -> frozenset[str]:
    said = schema.get("type")
    if said is None:
        return _ALL
    return frozenset(one for one in (said if isinstance(said, list) else [said]) if isinstance(one, str))


def _covered(types: frozenset[str]) -> frozenset[str]:
    """A number may be an integer."""
    return types | {"integer"} if "number" in types else types


def _names(types: frozenset[str]) -> str:
    return "any" if types == _ALL else " or ".join(sorted(types)) or "none"


def _values(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[Difference]:
    before, after = _enum(old), _enum(new)
    if before is None and after is None:
        return
    if after is None:
        yield Difference("widened", path, "takes any value, not only certain ones", "enum")
    elif before is None:
        yield Difference("narrowed", path, f"takes only {_listed(after)}", "enum")
    else:
        if gone := [value for value in before if value not in after]:
            yield Difference("narrowed", path, f"no longer takes {_listed(gone)}", "enum")
        if more := [value for value in after if value not in before]:
            yield Difference("widened", path, f"also takes {_listed(more)}", "enum")


def _enum(schema: Mapping[str, Any]) -> list[str] | None:
    if "const" in schema:
        return [_shown(schema["const"])]
    said = schema.get("enum")
    return [_shown(value) for value in said] if isinstance(said, list) else None


def _listed(values: list[str]) -> str:
    more = f" and {len(values) - 6} more" if len(values) > 6 else ""
    return ", ".join(values[:6]) + more


def _bounds(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[Difference]:
    for words, lower in ((_LOWER, True), (_UPPER, False)):
        for word in words:
            before, after = _number(old.get(word)), _number(new.get(word))
            if before == after:
                continue
            text = f"{word} {_shown(before)} → {_shown(after)}"
            tighter = after is not None and (before is None or (after > before) == lower)
            # A bound that nothing falls under is none.
            nothing = lower and word.startswith("min") and word != "minimum"
            if nothing and not (before or 0) and not (after or 0):
                continue
            yield Difference("narrowed" if tighter else "widened", path, text, word)
    before_unique, after_unique = bool(old.get("uniqueItems")), bool(new.get("uniqueItems"))
    if before_unique != after_unique:
        text = f"uniqueItems → {str(after_unique).lower()}"
        yield Difference("narrowed" if after_unique else "widened", path, text, "uniqueItems")


def _number(value: Any) -> float | int | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


# A format that takes every value of another one (OpenAPI, format registry).
_WIDER = frozenset((("int32", "int64"), ("float", "double"), ("int8", "int16"), ("int16", "int32"), ("uint8", "int32")))


def _opaque(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[Difference]:
    before, after = old.get("format"), new.get("format")
    if before != after:
        wider = after is None or (before, after) in _WIDER
        tighter = before is None or (after, before) in _WIDER
        way: Way = "widened" if wider else "narrowed" if tighter else "replaced"
        yield Difference(way, path, f"format {before or 'none'} → {after or 'none'}", "format")
    for word in _OPAQUE:
        if not _same(old.get(word), new.get(word)):
            text = f"{word} {_shown(old.get(word))} → {_shown(new.get(word))}"
            yield Difference("widened" if word not in new else "narrowed", path, text, word)


def _combined(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[Difference]:
    """Alternatives are compared as sets; more of ``allOf`` takes less."""
    for word in ("anyOf", "oneOf", "allOf"):
        before, after = _members(old.get(word)), _members(new.get(word))
        if before == after:
            continue
        less = after - before if word == "allOf" else after and (before - after or not before)
        yield Difference("narrowed" if less else "widened", path, f"{word} differs", word)


def _members(value: Any) -> frozenset[str]:
    if not isinstance(value, list):
        return frozenset()
    return frozenset(json.dumps(_bare(one), sort_keys=True, default=str) for one in value)


def _bare(schema: Any) -> Any:
    """Without words, which take nothing away."""
    if isinstance(schema, Mapping):
        return {key: _bare(value) for key, value in schema.items() if key not in _WORDS}
    return [_bare(one) for one in schema] if isinstance(schema, list) else schema


def _inside(
    old: Mapping[str, Any], new: Mapping[str, Any], roots: _Roots, path: str, depth: int
) -> Iterator[Difference]:
    before, after = _properties(old), _properties(new)
    needed_before, needed_after = _required(old), _required(new)
    for name in sorted(before.keys() | after.keys()):
        inner = f"{path}.{name}" if path else name
        if name not in after:
            closed = new.get("additionalProperties") is False
            yield Difference("narrowed" if closed else "words", inner, "is gone", "gone")
        elif name not in before:
            needed = name in needed_after
            text = "is new and required" if needed else "is new"
            yield Difference("narrowed" if needed else "widened", inner, text, "new")
        else:
            if (name in needed_after) != (name in needed_before):
                needed = name in needed_after
                text = "is required" if needed else "is optional"
                yield Difference("narrowed" if needed else "widened", inner, text, "required")
            yield from _differ(before[name], after[name], roots, inner, depth + 1)
    if before or after or "additionalProperties" in old or "additionalProperties" in new:
        yield from _additional(old, new, roots, path, depth)
    if "items" in old or "items" in new:
        yield from _differ(old.get("items", True), new.get("items", True), roots, f"{path}[*]", depth + 1)


def _additional(
    old: Mapping[str, Any], new: Mapping[str, Any], roots: _Roots, path: str, depth: int
) -> Iterator[Difference]:
    before, after = old.get("additionalProperties", True), new.get("additionalProperties", True)
    if before is not False and after is False:
        yield Difference("narrowed", path, "takes no further members", "additionalProperties")
    elif before is False and after is not False:
        yield Difference("widened", path, "takes further members", "additionalProperties")
    else:
        yield from _differ(before, after, roots, f"{path}.*" if path else "*", depth + 1)


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found = schema.get("properties")
    return found if isinstance(found, Mapping) else {}


def _required(schema: Mapping[str, Any]) -> frozenset[str]:
    said = schema.get("required")
    return frozenset(one for one in said if isinstance(one, str)) if isinstance(said, list) else frozenset()
