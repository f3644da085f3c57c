"""The proof that nothing was lost: every declared input of every emitted operation, and where it went.

This walk looks only at what was declared (operations, schemas) and at what is emitted (tool tables, contracts, auth),
never at the intentions of the passes in between, so that their mistakes show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from sys import intern
from typing import TYPE_CHECKING, Any, Literal

from adaptgen.model.plan import Input
from adaptgen.model.tables import Auth, Body, Call, Contract, Json, Param, Tool, value
from adaptgen.plan.document.reader import Operation, base_media, is_json, sendable
from adaptgen.plan.document.schemas import Leaf, leaves, shape
from adaptgen.plan.paging.places import supplied
from adaptgen.syntax import field_paths as fields

if TYPE_CHECKING:
    from adaptgen.source import Document

Fate = tuple[Literal["argument", "absorbed", "hidden", "lost"], str]
_ORDER = ("argument", "absorbed", "hidden", "lost")
_LOST: Fate = ("lost", "")
LIMIT = 2000


@value()
class InputCoverage:
    """What the walk needs to know: the auths of the server, (operation pointer, place, name) -> the auth that sends
    this input, and (tool, place, name) of inputs that hints hide."""

    document: Document
    auths: Mapping[str, Auth]
    credentials: Mapping[tuple[str, str, str], str]
    hidden: frozenset[tuple[str, str, str]]


def inputs_of(proof: InputCoverage, operation: Operation, tools: Sequence[tuple[Tool, Contract]]) -> list[Input]:
    """Every declared input of ``operation`` with the best fate that any of its tools gives it."""
    declared = _declared(proof.document, operation)
    best: list[Fate] = [_LOST] * len(declared)
    for tool, contract in tools:
        if tool.call is None:
            continue
        rows = _rows(tool.call)
        for index, (place, name, _, leaf) in enumerate(declared):
            fate = (
                _leaf(proof, operation, tool, tool.call, rows, contract, leaf)
                if leaf is not None
                else _parameter(proof, operation, tool, tool.call, rows, contract, place, name)
            )
            if _ORDER.index(fate[0]) < _ORDER.index(best[index][0]):
                best[index] = fate
    return [
        Input(operation.key, place, name, fate[0], fate[1], required)
        for (place, name, required, _), fate in zip(declared, best, strict=True)
    ]


Rows = Mapping[tuple[str, str], Param]


def _rows(call: Call) -> Rows:
    """The rows of a call by place and name; of two that are the same the first."""
    found: dict[tuple[str, str], Param] = {}
    places = (("path", call.path_params), ("query", call.query), ("header", call.headers), ("cookie", call.cookies))
    for place, rows in (*places, ("body", call.body.params if call.body is not None else ())):
        for one in rows:
            found.setdefault((place, _folded(place, one.name)), one)
    return found


def _declared(document: Document, operation: Operation) -> list[tuple[str, str, bool, Leaf | None]]:
    found: list[tuple[str, str, bool, Leaf | None]] = []
    for one in operation.parameters:
        found.append((one.place, one.name, one.required, None))
    body = operation.body
    if body is None:
        return found
    inside = leaves(document, body.schema, limit=LIMIT)
    found += [("body", leaf.path or "(body)", leaf.required and body.required, leaf) for leaf in inside]
    if len(inside) >= LIMIT:
        # Too many to name each: the properties that the list does not reach are counted once each.
        named = {_head(leaf.path)[0] for leaf in inside}
        for name, node in shape(document, body.schema).properties.items():
            if name not in named:
                path, inner = fields.text([name]), shape(document, node)
                whole = Leaf(path, None, None, name, "", None, "", False, inner.read_only, inner.write_only)
                found.append(("body", path, False, whole))
    return found


# ---------------------------------------------------------------------------------------------------- parameters


def _parameter(
    proof: InputCoverage,
    operation: Operation,
    tool: Tool,
    call: Call,
    rows: Rows,
    contract: Contract,
    place: str,
    name: str,
) -> Fate:
    row = rows.get((place, _folded(place, name)))
    if row is None and place == "path" and f"{{{name}}}" in call.path:
        row = Param(name)
    supplies = supplied(tool.page, operation)
    if row is not None and row.value is not None and any(key[0] == name for at, key in supplies if at == place):
        return "absorbed", "cursor paging"
    if row is not None:
        fate = _row(row, tool, contract)
        if fate[0] != "absorbed" or (tool.name, place, name) not in proof.hidden:
            return fate
    if (tool.name, place, name) in proof.hidden:
        return "hidden", f"the hint of {tool.name}"
    if (place, (name,)) in supplies:
        return "absorbed", "cursor paging"
    if (auth := _sent(proof, operation, tool, place, name)) is not None:
        return "absorbed", f"auth {auth}"
    if place == "header" and name.lower() == "accept":
        return "absorbed", "the media type of the answer"
    if place == "header" and name.lower() == "content-type":
        return "absorbed", "the media type of the body"
    if not sendable(place, name):
        return "absorbed", "no request can carry a header of this name"
    if place == "path" and f"{{{name}}}" not in operation.path:
        return "absorbed", "the path has no place for it"
    return _LOST


def _row(row: Param, tool: Tool, contract: Contract) -> Fate:
    if row.value is not None:
        return "absorbed", f"the constant {row.value!r}"
    name = row.arg or row.name
    # Thousands of leaves of a large document go to the same argument.
    return ("argument", intern(f"{tool.name}.{name}")) if name in contract.input_schema["properties"] else _LOST


def _sent(proof: InputCoverage, operation: Operation, tool: Tool, place: str, name: str) -> str | None:
    for auth in tool.auth:
        sends = proof.auths[auth].send if auth in proof.auths else ()
        if any(one.place == place and _folded(place, one.name) == _folded(place, name) for one in sends):
            return auth
    known = proof.credentials.get((operation.pointer, place, name))
    return known if known in proof.auths else None


def _folded(place: str, name: str) -> str:
    return name.lower() if place == "header" else name


# ---------------------------------------------------------------------------------------------------- body leaves


def _leaf(
    proof: InputCoverage, operation: Operation, tool: Tool, call: Call, rows: Rows, contract: Contract, leaf: Leaf
) -> Fate:
    body = call.body
    if body is None:
        return _LOST
    head, rest = _head(leaf.path)
    if tool.page is not None and getattr(tool.page, "place", "") == "body":
        steps = _steps(leaf.path)
        if any(at == "body" and steps[: len(keys)] == keys for at, keys in supplied(tool.page, operation)):
            return "absorbed", "cursor paging"
    properties = contract.input_schema["properties"]
    if body.whole is not None:
        if (tool.name, "body", body.whole.name) in proof.hidden:
            return "hidden", f"the hint of {tool.name}"
        fate = _row(body.whole, tool, contract)
        if fate[0] != "argument" or body.whole.encode or not _is_tree(body):
            return fate
        return _through(fate, properties[body.whole.arg or body.whole.name], _steps(leaf.path), leaf)
    if body.inside is not None:
        if head != body.inside:
            return _LOST
        head, rest = _head(rest)
    row = rows.get(("body", head))
    if row is not None:
        fate = _row(row, tool, contract)
        if (tool.name, "body", head) in proof.hidden and fate[0] != "argument":
            return "hidden", f"the hint of {tool.name}"
        if fate[0] != "argument" or row.encode == "file":
            return fate
        return _through(fate, properties[row.arg or row.name], _steps(rest), leaf)
    if (tool.name, "body", head) in proof.hidden:
        return "hidden", f"the hint of {tool.name}"
    if leaf.read_only:
        return "absorbed", "read-only (the API sets it)"
    if body.extra is not None and body.extra in properties:
        return "argument", f"{tool.name}.{body.extra}"
    return _LOST


def _is_tree(body: Body) -> bool:
    """Whether the whole argument has the structure of the body's schema (and is not text or a file)."""
    media = base_media(body.media)
    return is_json(media) or media in ("application/x-www-form-urlencoded", "multipart/form-data")


def _through(fate: Fate, schema: Json, steps: Sequence[str], leaf: Leaf) -> Fate:
    """``fate`` if the emitted schema lets a value through at ``steps``."""
    if _open(schema, tuple(steps)):
        return fate
    return ("absorbed", "read-only (the API sets it)") if leaf.read_only else _LOST


def _open(schema: Json, steps: tuple[str, ...]) -> bool:
    if not steps or not isinstance(schema, Mapping):
        return schema is not False
    alternatives = schema.get("anyOf")
    if isinstance(alternatives, list) and "properties" not in schema:
        return any(_open(one, steps) for one in alternatives)
    step, rest = steps[0], steps[1:]
    if step == "[*]":
        if any(_open(one, rest) for one in schema.get("prefixItems", ())):
            return True
        return _types(schema, "array") and _open(schema.get("items", {}), rest)
    if not _types(schema, "object"):
        return False
    declared = schema.get("properties", {})
    if step in declared and _open(declared[step], rest):
        return True
    if isinstance(alternatives, list):
        return any(_open(one, steps) for one in alternatives)
    return step not in declared and schema.get("additionalProperties", True) is not False


def _types(schema: Mapping[str, Any], wanted: str) -> bool:
    kinds = schema.get("type", wanted)
    return wanted in kinds if isinstance(kinds, list) else kinds == wanted


@lru_cache(maxsize=65536)
def _head(path: str) -> tuple[str, str]:
    """The first property of a path and the rest, unchanged."""
    if path[:1] not in ("[", "") and '"' not in path:
        cut = min((at for at in (path.find("."), path.find("[")) if at >= 0), default=len(path))
        return path[:cut], path[cut:].removeprefix(".")
    segments = fields.parse(path) if path else ()
    if not segments or not isinstance(segments[0], str):
        return "", path
    return segments[0], fields.text(segments[1:]) if len(segments) > 1 else ""


@lru_cache(maxsize=65536)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(_names(path)) if path else ()


def _names(path: str) -> Iterator[str]:
    for segment in fields.parse(path):
        yield segment if isinstance(segment, str) else "[*]"
