"""What agents read: the answer of a tool as one schema, and what its changes mean for readers.

An argument may take more than before, an answer must not: its readers have to cope with values that were never
there (covariance; the table is ``RULES``, its evidence in docs/regenerate.md). Bounds, patterns and words are left out
of the schemas: neither agents nor the runtime check values by them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from adaptgen.compare import extent
from adaptgen.compare.model import Level
from adaptgen.compare.schemas import Difference, differences
from adaptgen.model.tables import Contract, Json, Tool
from adaptgen.plan.document.envelope import at
from adaptgen.plan.document.operation import Operation
from adaptgen.plan.document.reader import is_json
from adaptgen.plan.document.schemas import Shape, join, shape
from adaptgen.source import Document

_DEEPEST = 12
_MOST = 20_000
"""How many levels of objects one answer has, and of how many schemas it is made: an answer that has more is read less
deep, so that every field near its root is compared (``extent``)."""
_LISTED = 100
"""How deep differences are looked for: answers end by themselves."""

RULES: Mapping[tuple[str, str], tuple[Level, Level]] = {
    # (keyword, way): the level for a field of the view, and for one that agents have to ask for.
    ("type", "replaced"): ("breaking", "breaking"),
    ("type", "widened"): ("breaking", "breaking"),
    ("null", "widened"): ("breaking", "review"),
    ("required", "widened"): ("breaking", "review"),
    ("gone", "required"): ("breaking", "breaking"),
    ("gone", "optional"): ("breaking", "review"),
    ("format", "replaced"): ("breaking", "review"),
    ("format", "widened"): ("review", "review"),
    ("enum", "widened"): ("review", "review"),
    ("enum", "narrowed"): ("unchanged", "unchanged"),
    ("new", "widened"): ("additive", "additive"),
    ("new", "narrowed"): ("additive", "additive"),
}
"""What is not in it promises more to readers than before: unchanged."""


def declared_answer(document: Document, operation: Operation, items: str | None, payload: str) -> dict[str, Json]:
    """What the document declares of an answer, from where a view starts: an item of the list at ``items``, else what is
    at ``payload`` (JSONPaths). ``{}`` where nothing is declared."""
    answer = operation.success()
    if answer is None or answer.schema is None or (answer.media is not None and not is_json(answer.media)):
        return {}
    record = at(document, answer.schema, payload if items is None else items)
    if record is not None and items is not None:
        record = shape(document, record).items
    return {} if record is None else _read(document, record)


def _read(document: Document, record: Json) -> dict[str, Json]:
    """As much of ``record`` as an answer may be made of: whole levels of objects."""
    depth, found = _DEEPEST, _attempt(document, record, _DEEPEST)
    if found is None:
        depth, found = -1, ({}, [record])
        while (more := _attempt(document, record, depth + 1)) is not None:
            depth, found = depth + 1, more
    answer, rest = found
    return answer | extent.describe_cut(document, rest, depth) if rest else answer


def _attempt(document: Document, record: Json, depth: int) -> tuple[dict[str, Any], list[Json]] | None:
    """``record`` to this depth, and the schemas that have more inside; None where it is made of too many schemas."""
    normal = _Normal(document)
    try:
        return normal.schema(record, (), depth), list(normal.rest.values())
    except _TooManyError:
        return None


def generated_answer(tool: Tool, contract: Contract) -> dict[str, Json] | None:
    """What a generated folder holds of it: the types of the view's fields. None where it holds none of them (a
    view that hints made, an answer without a schema)."""
    if not contract.returns:
        return None
    known = {path: contract.returns.get(path) for path in tool.view or contract.returns}
    return {"properties": {path: {"type": kind} if kind else {} for path, kind in known.items()}}


def comparable(
    old: Mapping[str, Any], old_complete: bool, new: Mapping[str, Any], new_complete: bool
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The two answers as far as both are known. ``*_complete``: the whole of what a document declares, and not what
    :func:`generated_answer` returns."""
    if old_complete and new_complete:
        return extent.level(old, new)
    if old_complete or new_complete:
        paths = (new if old_complete else old)["properties"].keys()
    else:
        paths = old["properties"].keys() & new["properties"].keys()
    return _types_of(old, old_complete, paths), _types_of(new, new_complete, paths)


def _types_of(answer: Mapping[str, Any], complete: bool, paths: Iterable[str]) -> dict[str, Json]:
    """An answer as a generated folder holds it: the types of the values at ``paths``."""
    flat = dict(_leaves(answer, "")) if complete else answer["properties"]
    found: dict[str, Json] = {}
    for path in paths:
        if path in flat:
            said = flat[path].get("type", ())
            kinds = [kind for kind in ([said] if isinstance(said, str) else said) if kind != "null"]
            found[path] = {"type": kinds[0]} if len(kinds) == 1 else {}
    return {"properties": found}


def fits(declared: Mapping[str, Any], generated: Mapping[str, Any] | None) -> bool:
    """Whether a document declares what a generated folder was made from: each field of the view, of its type or of one
    type more."""
    flat = dict(_leaves(declared, ""))
    for path, schema in (generated or {}).get("properties", {}).items():
        kinds = flat.get(path, {"type": ("none",)}).get("type")
        if "type" in schema and kinds and schema["type"] not in kinds:
            return False
    return True


def declares(answer: Mapping[str, Any], path: str) -> bool:
    """Whether a whole answer has a value at ``path``."""
    return any(one == path for one, _ in _leaves(answer, ""))


def _leaves(schema: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if path:
        yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from _leaves(inner, f"{path}.{name}" if path else name)
    if "items" in schema:
        yield from _leaves(schema["items"], f"{path}[*]")


class _TooManyError(Exception):
    """The answer is made of more than ``_MOST`` schemas."""


class _Normal:
    """Schemas in one form: references followed, ``allOf`` and alternatives united, null as a type."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._left = _MOST
        self.rest: dict[int, Json] = {}  # schemas that were not read inside, by their identity

    def schema(self, node: Json, above: tuple[int | str, ...], depth: int) -> dict[str, Any]:
        one = shape(self._document, node)
        mark = one.pointer or id(one)
        self._left -= 1
        if self._left < 0:
            raise _TooManyError
        if mark in above:
            return {}
        above = (*above, mark)
        found: dict[str, Any] = {}
        kinds = one.types or ((one.type,) if one.type else ("object",) if one.properties else ())
        if kinds:
            found["type"] = list(kinds)
        if one.enum is not None:
            found["enum"] = list(one.enum)
        if one.format:
            found["format"] = one.format
        if depth > 0:
            found |= self._inside(one, above, depth)
        elif one.properties or one.items is not None or isinstance(one.additional, dict):
            self.rest[id(node)] = node
        if one.variants:
            found = _both(found, _either([self.schema(variant, above, depth) for variant in one.variants]))
        if one.nullable and "type" in found:
            found["type"] = list(dict.fromkeys((*found["type"], "null")))
        return found

    def _inside(self, one: Shape, above: tuple[int | str, ...], depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        properties: dict[str, Any] = {}
        for name, node in one.properties.items():
            if not shape(self._document, node).write_only:
                properties[join("", name)] = self.schema(node, above, depth - 1)
        if properties:
            required = {join("", name) for name in one.required}
            found |= {"properties": properties, "required": sorted(required & properties.keys())}
        if one.items is not None:
            found["items"] = self.schema(one.items, above, depth)
        if isinstance(one.additional, dict):
            found["additionalProperties"] = self.schema(one.additional, above, depth - 1)
        return found


def _either(schemas: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a value has that is of one of ``schemas``: whatever one of them says is possible."""
    found: dict[str, Any] = {}
    if all("type" in one for one in schemas):
        found["type"] = list(dict.fromkeys(kind for one in schemas for kind in one["type"]))
    if all("enum" in one for one in schemas):
        found["enum"] = list({repr(value): value for one in schemas for value in one["enum"]}.values())
    formats = {one.get("format") for one in schemas}
    if len(formats) == 1 and (format := formats.pop()):
        found["format"] = format
    found |= _either_object([one for one in schemas if "properties" in one])
    for word in ("items", "additionalProperties"):
        some = [one[word] for one in schemas if word in one]
        if some:
            found[word] = some[0] if len(some) == 1 else _either(some)
    return found


def _either_object(objects: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = dict.fromkeys(name for one in objects for name in one["properties"])
    if not names:
        return {}
    parts = {name: [one["properties"][name] for one in objects if name in one["properties"]] for name in names}
    return {
        "properties": {name: some[0] if len(some) == 1 else _either(some) for name, some in parts.items()},
        "required": sorted(set.intersection(*(set(one["required"]) for one in objects))),
    }


def _both(own: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """What a value has that is of both: what is next to alternatives, and what they say."""
    found = {**other, **own}
    if "properties" in own and "properties" in other:
        found["properties"] = {**other["properties"], **own["properties"]}
        found["required"] = sorted({*other["required"], *own["required"]})
    return found


def judge(
    old: Mapping[str, Any], new: Mapping[str, Any], view: tuple[str, ...] | None
) -> Iterator[tuple[Level, str, str, str]]:
    """(level, kind, path, text) of each difference between two answers. ``view``: the fields that answers show without
    being asked; None: all."""
    others: list[str] = []
    for one in differences(old, new, deepest=_LISTED):
        path = re.sub(r"\.(?=\[)", "", one.path)
        if any(_is_inside(path, other) or not other for other in others):
            continue  # another type says all of what is inside
        if one.keyword == "type" and not one.only_null and one.way != "narrowed":
            others.append(path)
        rule = _rule(one, path, old)
        levels = RULES.get(rule, ("unchanged", "unchanged"))
        yield levels[0 if _is_kept(path, view) else 1], _KINDS.get(one.keyword, "field-type"), path, _said(one)


def _said(one: Difference) -> str:
    """What differs, of a value that is read."""
    if one.keyword != "enum":
        return one.text
    text = one.text.replace("takes any value, not only certain ones", "may be any value, not only certain ones")
    text = text.replace("also takes", "may also be").replace("no longer takes", "is no longer")
    return text.replace("takes only", "is only")


_KINDS = {"gone": "field-gone", "new": "field-new", "required": "field-optional", "enum": "field-values"}


def _rule(one: Difference, path: str, old: Mapping[str, Any]) -> tuple[str, str]:
    if one.keyword == "gone":
        return "gone", "required" if _is_required(old, one.path) else "optional"
    if one.keyword == "type" and one.way == "widened" and one.only_null:
        return "null", "widened"
    return one.keyword, one.way


def _is_required(schema: Mapping[str, Any], path: str) -> bool:
    """Whether each object on the way to ``path`` has to have it."""
    here: Mapping[str, Any] = schema
    while path:
        if path.startswith("[*]"):
            here, path = here.get("items", {}), path[3:].removeprefix(".")
            continue
        names = [name for name in here.get("properties", {}) if path == name or _is_inside(path, name)]
        if not names or max(names, key=len) not in here.get("required", ()):
            return False
        name = max(names, key=len)
        here, path = here["properties"][name], path[len(name) :].removeprefix(".")
    return True


def _is_kept(path: str, view: tuple[str, ...] | None) -> bool:
    """Whether an answer shows ``path``, a part of it or what it is a part of."""
    if view is None or not path:
        return True
    return any(one == path or _is_inside(one, path) or _is_inside(path, one) for one in view)


def _is_inside(path: str, other: str) -> bool:
    return path.startswith((f"{other}.", f"{other}["))
