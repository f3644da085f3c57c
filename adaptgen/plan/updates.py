"""Writes that change only what the agent gave: which PUT and PATCH can be guarded by a GET of the same resource."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from adaptgen.model import Call, Json, Param, Update, value
from adaptgen.pii.field_kinds import kind_of
from adaptgen.plan.arguments import bodyless
from adaptgen.plan.bodies import BodyInputs, Slot
from adaptgen.plan.operations import Operation, accepted, base_media, is_json
from adaptgen.plan.schemas import MISSING, Shape, shape
from adaptgen.references import escape

if TYPE_CHECKING:
    from adaptgen.source import Document

# Of the properties that a PUT takes, this share must be readable for a merge to make sense.
_OVERLAP = 0.5
_IDS = ("id", "_id", "uuid", "value")
_SCALARS = {"string", "integer", "number", "boolean"}
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\['([^']*)'\]|\[\"([^\"]*)\"\]")


def role_of(operation: Operation, methods: Mapping[str, Operation], merges: bool) -> str:
    """``update`` or ``replace`` for PUT and PATCH: PATCH updates; PUT does where it merges and no PATCH exists."""
    if operation.method == "PATCH":
        return "update"
    return "update" if merges and "PATCH" not in methods else "replace"


def can_merge(
    document: Document, write: Operation, read: Operation | None, body: BodyInputs | None, payload: str
) -> str:
    """Why the body of a PUT can be merged with what ``read`` answers, at ``payload`` or one level below it; "" where it
    cannot."""
    if read is None or write.body is None or body is None or not is_json(body.media) or not _readable(write, read):
        return ""
    answer = read.success()
    if answer is None or (answer.media and not is_json(answer.media)):
        return ""
    read_as = known(document, read, body, payload)
    found = read_as.properties
    if body.whole is not None:
        # A free-form body is merged at its top level, with an answer that is at least an object.
        free = body.whole.wish == "data" and body.whole.made is None
        return "the body is a free-form object that the GET answers" if free and found else ""
    names = [slot.name for slot in body.slots if not slot.read_only]
    shared = sum(name in found for name in names) if found else 0
    if not shared or shared < _OVERLAP * len(names) or _unfit(document, body, read_as):
        return ""
    return f"the GET answers {shared} of the {len(names)} properties that the PUT takes"


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


@value()
class Known:
    """What a read is declared to give, at JSONPath ``payload``. ``properties``: name -> schema, None where nothing is
    declared; ``other``: those that only some alternatives of it have."""

    payload: str
    properties: Mapping[str, Json] | None = None
    other: Mapping[str, Json] = field(default_factory=dict)


def known(document: Document, read: Operation, body: BodyInputs, payload: str) -> Known:
    """The record in the answer of ``read``, at ``payload`` or one level below it: where most of the body is found."""
    answer = read.success()
    if answer is None or answer.schema is None:
        return Known(payload)
    names = {slot.name for slot in body.slots if not slot.read_only}
    found = _candidates(document, answer.schema, payload)
    best = max(found, key=lambda pair: len(names & pair[1].keys()), default=None)
    if best is None:
        return Known(payload)
    one = _at(document, answer.schema, best[0])
    variants = one.variants if one is not None else ()
    other = {name: node for variant in variants for name, node in shape(document, variant).properties.items()}
    return Known(best[0], best[1] or None, other)


def supplied(document: Document, body: BodyInputs, read: Known) -> frozenset[str]:
    """The properties that an agent need not give although the write requires them: what is read supplies them.

    Nobody can read a secret, and nobody should make one up for a change of something else: the API says if it wants it.
    """
    return _given(document, body, read) | {slot.name for slot in body.slots if _secret(document, slot)}


def _given(document: Document, body: BodyInputs, read: Known) -> frozenset[str]:
    """The properties that the read gives as the write takes them; all of them where it is not known what it gives."""
    unfit = _unfit(document, body, read)
    return frozenset(
        slot.name
        for slot in body.slots
        if (read.properties is None or (_readable_at(document, read, slot.name) and slot.name not in unfit))
        and not slot.read_only
    )


def _readable_at(document: Document, read: Known, name: str) -> bool:
    node = (read.properties or {}).get(name, MISSING)
    return node is not MISSING and not shape(document, node).write_only


def _unfit(document: Document, body: BodyInputs, read: Known) -> set[str]:
    """What cannot be written as it is read: its types have nothing in common."""
    reduced = parts(document, body, read)
    found = set()
    for slot in body.slots:
        if slot.read_only or slot.name in reduced:
            continue
        wanted = {kind for one in _kinds(document, shape(document, slot.schema)) for kind in one.types}
        given = {kind for one in _kinds(document, _of(document, read, slot.name)) for kind in one.types}
        numbers = {"integer", "number"}
        if wanted and given and not wanted & given and not (wanted & numbers and given & numbers):
            found.add(slot.name)
    return found


def _of(document: Document, read: Known, name: str) -> Shape:
    return shape(document, (read.properties or {}).get(name, {}))


def _secret(document: Document, slot: Slot) -> bool:
    one = shape(document, slot.schema)
    return kind_of(slot.name, type=one.type, format=one.format) == "secret"


def parts(document: Document, body: BodyInputs, read: Known) -> dict[str, str]:
    """Property -> the member that the write takes where the read gives whole objects: their id, or the value of what
    has a value and a label. Both must be declared, and of the same type."""
    found: dict[str, str] = {}
    for slot in body.slots:
        node = (read.properties or {}).get(slot.name) or read.other.get(slot.name)
        wanted, given = _single(document, slot.schema), _single(document, node)
        if node is None or wanted is None or given is None or "object" in wanted.types or wanted.variants:
            continue
        if (shape(document, slot.schema).type == "array") != (shape(document, node).type == "array"):
            continue
        members = next((one.properties for one in _kinds(document, given) if one.properties), {})
        part = next((name for name in _IDS if name in members), None)
        if part is not None and set(shape(document, members[part]).types) & set(wanted.types) & _SCALARS:
            found[slot.name] = part
    return found


def _single(document: Document, schema: Json) -> Shape | None:
    """What a value is, or each item of a list."""
    one = shape(document, schema)
    return shape(document, one.items) if one.type == "array" and one.items is not None else one


def _kinds(document: Document, one: Shape) -> list[Shape]:
    return [one, *(shape(document, variant) for variant in one.variants)]


def patches(write: Operation, read: Operation | None, body: BodyInputs | None) -> bool:
    """Whether a PATCH sends changes as JSON (RFC 7396 or by custom) and can be guarded by a GET."""
    if read is None or body is None or base_media(body.media) == "application/json-patch+json":
        return False
    answer = read.success()
    readable = answer is None or answer.media is None or is_json(answer.media)
    whole_object = body.whole is None or body.whole.wish == "data"
    return is_json(body.media) and whole_object and readable and _readable(write, read)


def update(document: Document, read: Operation, call: Call, body: BodyInputs, found: Known, *, patch: bool) -> Update:
    """The update that reads with ``read``, where the record is as ``found`` says, and writes with ``call``."""
    names = {one.name for one in read.parameters if one.place == "query"}
    headers = {one.name.lower() for one in read.parameters if one.place == "header"} - {"accept", "content-type"}
    constants = tuple(Param(name, value=escape(value)) for name, value in read.constants)
    kinds = tuple(
        Param(one.name, value=escape(bodyless(shape(document, one.schema))))
        for one in read.parameters
        if one.place == "header" and one.name.lower() == "content-type" and one.required
    )
    readable = _given(document, body, found)
    given = [one.name for one in body.slots if one.name in readable and not _secret(document, one)]
    needed = {one.name for one in body.slots if one.required}
    accepts = None
    if body.whole is None and body.extra is None:
        accepts = tuple(slot.name for slot in body.slots if not slot.read_only)
    return Update(
        read=Call(
            "GET",
            read.path,
            path_params=call.path_params,
            query=(*(param for param in call.query if param.name in names), *constants),
            headers=(*(param for param in call.headers if param.name.lower() in headers), *kinds),
            base=call.base,
            accept=accepted(read),
        ),
        answer=found.payload,
        accepts=accepts,
        patch=patch,
        requires=tuple(name for name in given if patch and name in needed),
        parts=parts(document, body, found),
    )


def _readable(write: Operation, read: Operation) -> bool:
    """The GET needs nothing that the write does not need."""
    if read.path != write.path:
        return False
    mine = {(one.place, one.name.lower()) for one in write.parameters if one.required}
    needed = {(one.place, one.name.lower()) for one in read.parameters if one.required and one.place != "path"}
    return needed <= mine


def _properties(document: Document, schema: Json | None, payload: str) -> Mapping[str, Json] | None:
    """The properties of the resource in the answer; {} for an open object, None where it is no object."""
    one = _at(document, schema, payload)
    open_or_object = one is not None and (one.type == "object" or (one.type is None and not one.types))
    return one.properties if one is not None and open_or_object else None


def _at(document: Document, schema: Json | None, payload: str) -> Shape | None:
    """What stands at JSONPath ``payload``; None where the schema knows nothing of it."""
    one = shape(document, schema)
    for match in _STEP.finditer(payload.removeprefix("$")):
        node = one.properties.get(match[1] or match[2] or match[3])
        if node is None:
            return None
        one = shape(document, node)
    return one
