"""Writes that change only what the agent gave: which PUT and PATCH can be guarded by a GET of the same resource."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from adaptgen.model import Call, Json, Param, Update, value
from adaptgen.plan.bodies import BodyInputs
from adaptgen.plan.operations import Operation, accepted, base_media, is_json
from adaptgen.plan.schemas import shape

if TYPE_CHECKING:
    from adaptgen.source import Document

# Of the properties that a PUT takes, this share must be readable for a merge to make sense.
_OVERLAP = 0.5
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\['([^']*)'\]|\[\"([^\"]*)\"\]")


def role_of(operation: Operation, methods: Mapping[str, Operation], merges: bool) -> str:
    """``update`` or ``replace`` for PUT and PATCH: PATCH updates; PUT does where it merges and no PATCH exists."""
    if operation.method == "PATCH":
        return "update"
    return "update" if merges and "PATCH" not in methods else "replace"


@value()
class Merge:
    """How a PUT merges: the resource stands at JSONPath ``payload`` of the GET's answer."""

    payload: str
    because: str


def can_merge(
    document: Document, write: Operation, read: Operation | None, body: BodyInputs | None, payload: str
) -> Merge | None:
    """Whether the body of a PUT can be merged with what ``read`` answers, at ``payload`` or one level below it."""
    if read is None or write.body is None or body is None or not is_json(body.media) or not _readable(write, read):
        return None
    answer = read.success()
    if answer is None or (answer.media and not is_json(answer.media)):
        return None
    if body.whole is not None:
        # A free-form body is merged at its top level, with an answer that is at least an object.
        free = body.whole.wish == "data" and body.whole.made is None
        known = _properties(document, answer.schema, payload)
        return Merge(payload, "the body is a free-form object that the GET answers") if free and known else None
    names = [slot.name for slot in body.slots if not slot.read_only]
    best = max(
        _candidates(document, answer.schema, payload),
        key=lambda pair: sum(name in pair[1] for name in names),
        default=None,
    )
    shared = sum(name in best[1] for name in names) if best else 0
    if best is None or not shared or shared < _OVERLAP * len(names):
        return None
    return Merge(best[0], f"the GET answers {shared} of the {len(names)} properties that the PUT takes")


def _candidates(document: Document, schema: Json | None, payload: str) -> list[tuple[str, Mapping[str, Json]]]:
    """The payload and the objects right inside it: answers are wrapped more often than bodies."""
    whole = _properties(document, schema, payload)
    if whole is None:
        return []
    found = [(payload, whole)]
    for name, node in whole.items():
        inner = shape(document, node)
        if inner.type == "object" and inner.properties:
            step = f".{name}" if re.fullmatch(r"[A-Za-z_]\w*", name) else f"[{json.dumps(name)}]"
            found.append((f"{payload}{step}", inner.properties))
    return found


def patches(write: Operation, read: Operation | None, body: BodyInputs | None) -> bool:
    """Whether a PATCH sends changes as JSON (RFC 7396 or by custom) and can be guarded by a GET."""
    if read is None or body is None or base_media(body.media) == "application/json-patch+json":
        return False
    answer = read.success()
    readable = answer is None or answer.media is None or is_json(answer.media)
    whole_object = body.whole is None or body.whole.wish == "data"
    return is_json(body.media) and whole_object and readable and _readable(write, read)


def update(read: Operation, call: Call, body: BodyInputs, payload: str, *, patch: bool) -> Update:
    """The update that reads with ``read`` and writes with ``call``."""
    names = {one.name for one in read.parameters if one.place == "query"}
    headers = {one.name.lower() for one in read.parameters if one.place == "header"} - {"accept", "content-type"}
    constants = tuple(Param(name, value=value.replace("{", "{{").replace("}", "}}")) for name, value in read.constants)
    accepts = None
    if body.whole is None and body.extra is None:
        accepts = tuple(slot.name for slot in body.slots if not slot.read_only)
    return Update(
        read=Call(
            "GET",
            read.path,
            path_params=call.path_params,
            query=(*(param for param in call.query if param.name in names), *constants),
            headers=tuple(param for param in call.headers if param.name.lower() in headers),
            base=call.base,
            accept=accepted(read),
        ),
        answer=payload,
        accepts=accepts,
        patch=patch,
    )


def _readable(write: Operation, read: Operation) -> bool:
    """The GET needs nothing that the write does not have."""
    if read.path != write.path:
        return False
    mine = {(one.place, one.name.lower()) for one in write.parameters}
    needed = {(one.place, one.name.lower()) for one in read.parameters if one.required and one.place != "path"}
    return needed <= mine


def _properties(document: Document, schema: Json | None, payload: str) -> Mapping[str, Json] | None:
    """The properties of the resource in the answer; {} for an open object, None where it is no object."""
    one = shape(document, schema)
    for match in _STEP.finditer(payload.removeprefix("$")):
        node = one.properties.get(match[1] or match[2] or match[3])
        if node is None:
            return None
        one = shape(document, node)
    if one.type == "object" or (one.type is None and not one.types):
        return one.properties
    return None
