"""What vendors' extensions say of paging, as the same thing that hints say.

``x-speakeasy-pagination``, ``x-fern-pagination`` and ``x-stainless-pagination-property`` were written for generators
of client libraries; ``x-ms-pageable`` is AutoRest's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from adaptgen.model.tables import Json
from adaptgen.plan.document.reader import Operation, Response, is_json, mapping
from adaptgen.plan.document.schemas import identity, memory, shape
from adaptgen.source.hints.model import PageHint

if TYPE_CHECKING:
    from adaptgen.source import Document

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DEPTH = 5
_MOST = 5000  # fields of one answer: schemas that refer to one another have more than anyone can count
_PROPERTY = "x-stainless-pagination-property"


def said(document: Document, operation: Operation, answer: Response | None) -> tuple[PageHint, str] | None:
    """How extensions say that ``operation`` pages, and the name of the one that does; None where none is understood."""
    raw = operation.raw if isinstance(operation.raw, Mapping) else {}
    if found := _speakeasy(mapping(raw.get("x-speakeasy-pagination"))):
        return found, "x-speakeasy-pagination"
    if found := _fern(document, operation, raw.get("x-fern-pagination")):
        return found, "x-fern-pagination"
    if found := _stainless(document, operation, answer):
        return found, _PROPERTY
    if found := _autorest(mapping(raw.get("x-ms-pageable"))):
        return found, "x-ms-pageable"
    return None


def _speakeasy(given: Mapping[str, Any]) -> PageHint | None:
    inputs: dict[str, str] = {}
    place = None
    for one in given.get("inputs") or ():
        if isinstance(one, Mapping) and isinstance(one.get("name"), str) and isinstance(one.get("type"), str):
            inputs[one["type"]] = one["name"]
            place = "body" if one.get("in") == "requestBody" else place
    outputs = mapping(given.get("outputs"))
    items, limit = _path(outputs.get("results")), inputs.get("limit")
    style = given.get("type")
    if style == "offsetLimit" and "offset" in inputs:
        return _hint("offset", offset=inputs["offset"], limit=limit, items=items, place=place)
    if style == "offsetLimit" and "page" in inputs:
        return _hint("page", page=inputs["page"], size=limit, items=items, place=place)
    if style == "cursor" and "cursor" in inputs and (following := _path(outputs.get("nextCursor"))):
        return _hint("cursor", cursor=inputs["cursor"], next=following, limit=limit, items=items, place=place)
    if style == "url" and (following := _path(outputs.get("nextUrl"))):
        return _hint("next_url", next=following, limit=limit, items=items)
    return None


def _fern(document: Document, operation: Operation, given: Json) -> PageHint | None:
    if given is True:
        given = document.root.get("x-fern-pagination")
    given = mapping(given)
    queries = {one.name for one in operation.parameters}
    items = _response(given.get("results"))
    step, place = _request(given.get("step")), None

    def asked(key: str) -> str | None:
        nonlocal place
        name = _request(given.get(key))
        if name is not None and name not in queries and operation.body is not None:
            place = "body"
        return name

    if (offset := asked("offset")) is not None:
        # Without a step the number grows by one: it counts pages.
        if step is None:
            return _hint("page", page=offset, items=items, place=place)
        return _hint("offset", offset=offset, limit=step, items=items, place=place)
    if (cursor := asked("cursor")) is not None and (following := _response(given.get("next_cursor"))):
        more = _response(given.get("has-next-page"))
        return _hint("cursor", cursor=cursor, next=following, limit=step, items=items, more=more, place=place)
    if following := _response(given.get("next_uri")) or _response(given.get("next_path")):
        return _hint("next_url", next=following, items=items)
    return None


def _stainless(document: Document, operation: Operation, answer: Response | None) -> PageHint | None:
    asked: dict[str, tuple[str, str | None]] = {}
    for one in operation.parameters:
        said = _purpose(document, one.schema) or _said_in(one.raw)
        if said is not None:
            asked[said] = (one.name, None)
    if operation.body is not None:
        for name, value in shape(document, operation.body.schema).properties.items():
            purpose = _purpose(document, value)
            if purpose:
                asked.setdefault(purpose, (name, "body"))
    # Without a parameter only a mark near the top counts: walking every answer of a large document costs seconds.
    if not asked and (answer is None or not _marked(document, answer.schema)):
        return None
    given: dict[str, str] = {}
    if answer is not None and answer.media is not None and is_json(answer.media):
        given = dict(_purposes(document, answer.schema, "$", _DEPTH))
        for name, schema in answer.headers.items():
            if purpose := _purpose(document, schema):
                given.setdefault(purpose, f"header:{name}")
    items = given.get("items")
    for want, have in (("next_cursor_param", "next_cursor_field"), ("next_cursor_id_param", "cursor_item_id")):
        if want in asked and have in given:
            name, place = asked[want]
            more = given.get("has_next_page")
            following = given[have].replace("[*]", "[-1]")
            return _hint("cursor", cursor=name, next=following, items=items, more=more, place=place)
    if "offset_count_param" in asked:
        name, place = asked["offset_count_param"]
        return _hint("offset", offset=name, items=items, total=given.get("offset_total_count_field"), place=place)
    if "page_number_param" in asked:
        name, place = asked["page_number_param"]
        return _hint("page", page=name, items=items, place=place)
    if "cursor_url_field" in given:
        return _hint("next_url", next=given["cursor_url_field"], items=items)
    return None


def _marked(document: Document, schema: Json) -> bool:
    """Whether an answer holds a purpose near the top; read once for all operations with the same answer."""
    known, key = memory(document), ("stainless", identity(schema))
    if key not in known:
        # The node is kept beside the result, so that no other can take its place in memory.
        known[key] = (schema, _holds_purpose(document, schema, 2))
    return bool(known[key][1])


def _holds_purpose(document: Document, schema: Json, depth: int, left: list[int] | None = None) -> bool:
    """``left``: how many more schemas are looked at."""
    left = [_MOST] if left is None else left
    left[0] -= 1
    if left[0] < 0:
        return False
    found = shape(document, schema)
    for node in (schema, found.raw):
        if type(node) is dict and _PROPERTY in node:
            return True
    if depth == 0:
        return False
    for node in found.properties.values():
        if _holds_purpose(document, node, depth - 1, left):
            return True
    return found.items is not None and _holds_purpose(document, found.items, depth - 1, left)


def _purpose(document: Document, schema: Json) -> str:
    """The purpose of a schema, said next to its reference or in it; an empty one next to the reference means none."""
    own = _said_in(schema)
    return own if own is not None else _said_in(shape(document, schema).raw) or ""


def _said_in(node: Json) -> str | None:
    purpose = mapping(node[_PROPERTY]).get("purpose") if isinstance(node, dict) and _PROPERTY in node else None
    return purpose if isinstance(purpose, str) else None


def _purposes(
    document: Document, schema: Json, path: str, depth: int, left: list[int] | None = None
) -> Iterator[tuple[str, str]]:
    """Purpose -> JSONPath (or ``header:<Name>``) of the fields of an answer. ``left``: how many more are looked at."""
    left = [_MOST] if left is None else left
    left[0] -= 1
    if left[0] < 0:
        return
    found = shape(document, schema)
    for node in (schema, found.raw):
        said = mapping(mapping(node).get(_PROPERTY))
        if said.get("is_top_level_array") is True and path == "$":
            yield "items", "$"
        purpose = said.get("purpose")
        if isinstance(purpose, str):
            header = said.get("from_header")
            yield purpose, f"header:{header}" if isinstance(header, str) and header else path
    if depth == 0:
        return
    for name, value in found.properties.items():
        yield from _purposes(document, value, _member(path, name), depth - 1, left)
    if found.items is not None:
        yield from _purposes(document, found.items, f"{path}[*]", depth - 1, left)


def _autorest(given: Mapping[str, Any]) -> PageHint | None:
    name, items = given.get("nextLinkName"), given.get("itemName")
    where = _member("$", items) if isinstance(items, str) and items else None
    if isinstance(name, str) and name:
        path = name if name.startswith("$") else _dotted("$", name)
        return _hint("next_url", next=path, items=where)
    return None


# --------------------------------------------------------------------------------------------------------- notation


def _hint(style: Any, **given: Any) -> PageHint:
    return PageHint(style=style, **{key: value for key, value in given.items() if value is not None})


def _path(value: Json) -> str | None:
    """A JSONPath as Speakeasy writes it; some leave the ``$.`` away."""
    if not isinstance(value, str) or not value:
        return None
    return value if value.startswith("$") else f"$.{value}"


def _request(value: Json) -> str | None:
    """``$request.cursor`` or ``$request.body.cursor`` names an input."""
    if not isinstance(value, str) or not value.startswith("$request."):
        return None
    return value.removeprefix("$request.").removeprefix("body.").removeprefix("query.") or None


def _response(value: Json) -> str | None:
    """``$response.data.items`` is a place in the answer."""
    if not isinstance(value, str) or not value.startswith("$response"):
        return None
    rest = value.removeprefix("$response").removeprefix(".body").removeprefix(".")
    return _dotted("$", rest) if rest else "$"


def _dotted(path: str, keys: str) -> str:
    for key in keys.split("."):
        path = _member(path, key)
    return path


def _member(path: str, name: str) -> str:
    return f"{path}.{name}" if _PLAIN.fullmatch(name) else f"{path}[{json.dumps(name, ensure_ascii=False)}]"
