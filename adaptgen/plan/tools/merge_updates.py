"""Writes that change only what the agent passed: which PUT and PATCH can be guarded by a GET of the same resource."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING

from adaptgen.model.tables import Call, Json, Param, Update, value
from adaptgen.pii.field_kinds import kind_of
from adaptgen.plan.document.reader import Operation, Parameter, accepted, base_media, is_json
from adaptgen.plan.document.request_bodies import BodyInputs, Slot
from adaptgen.plan.document.schemas import MISSING, Shape, shape
from adaptgen.plan.document.tool_names import placeholders, segments
from adaptgen.plan.effects.deeds import Deed, is_upsert, keeps_rest
from adaptgen.plan.effects.verbs import MAKES
from adaptgen.plan.tools.arguments import Inputs, bodyless
from adaptgen.plan.views.record_view import OUTCOME
from adaptgen.syntax.identifiers import words
from adaptgen.syntax.templates import escape
from adaptgen.views.vocabulary import is_projection, is_selector

if TYPE_CHECKING:
    from adaptgen.source import Document

# Of the properties that a PUT takes, this share must be readable for a merge to make sense.
_OVERLAP = 0.5
_IDS = ("id", "_id", "uuid", "value")
_SCALARS = {"string", "integer", "number", "boolean"}
_DEEP = 3
"""Objects around a record."""
_LOOKED = 400
"""Objects among which the record is looked for."""
_NAMED = 8
"""Properties that a description names."""
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\['([^']*)'\]|\[\"([^\"]*)\"\]")


def role_of(operation: Operation, methods: Mapping[str, Operation], deed: Deed, merges: bool) -> str:
    """The role of a POST, PUT or PATCH that does not read: ``create``, ``update`` or ``replace``. Without words, a POST
    creates unless its path ends in an id, and a PUT replaces unless it merges and no PATCH exists."""
    if operation.method == "PATCH":
        return "update"
    if deed == "create":
        return "create"
    if operation.method == "POST":
        on_item = segments(operation.path)[-1:] == ["{}"] and not {"PUT", "PATCH"} & methods.keys()
        return "update" if merges or on_item or deed == "update" else "create"
    return "update" if merges and "PATCH" not in methods else "replace"


def is_of_whole_record(write: Operation, deed: Deed) -> bool:
    """Whether a PUT or POST changes the record that its path names, without a word that it keeps what is not given."""
    if write.method == "PUT":
        return deed != "create"
    on_item = segments(write.path)[-1:] == ["{}"]
    changes = deed == "update" or (not deed and on_item and not is_upsert(write))
    return write.method == "POST" and changes and not keeps_rest(write)


def why_no_merge(write: Operation, read: Operation | None, is_list: bool, body: BodyInputs | None) -> str:
    """What keeps a write from merging although the hints ask for it."""
    if read is None:
        return "the document has no GET of the same path"
    if is_list:
        return "the GET of the same path does not answer one JSON record"
    if body is None or not is_json(body.media) or base_media(body.media) == "application/json-patch+json":
        return "its body is not a JSON object"
    if not _readable(write, read):
        return "the GET of the same path requires an input that the write does not"
    return "its body, or the answer of the GET, is not a JSON object"


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
        # A free-form body is merged at its top level, with an answer that is an object.
        free = body.whole.wish == "data" and body.whole.made is None
        return "the body is a free-form object that the GET answers" if free and read_as.is_object else ""
    if body.extra is not None and not found and read_as.is_object:
        return "the body is an open object, and so is what the GET answers"
    names = [slot.name for slot in body.slots if not slot.read_only]
    shared = sum(name in found for name in names) if found else 0
    if not shared or shared < _OVERLAP * len(names) or _unfit(document, body, read_as):
        return ""
    return f"the GET answers {shared} of the {len(names)} properties that the PUT takes"


@value()
class Known:
    """What a read is declared to return, at JSONPath ``payload``. ``properties``: name -> schema, None where nothing is
    declared; ``other``: those that only some alternatives of it have; ``places``: those of ``properties`` that are
    next to the record -> their JSONPath; ``is_object``: whether an object is declared there."""

    payload: str
    properties: Mapping[str, Json] | None = None
    other: Mapping[str, Json] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    is_object: bool = False


def known(document: Document, read: Operation, body: BodyInputs, payload: str) -> Known:
    """The record in the answer of ``read``: where every property of the body is found, else most of them.

    ``payload`` is where the answer's record was found for reading. What wraps a record shares nothing with it but words
    about the call (``status``, ``message``); an object inside a record is not the record.
    """
    answer = read.success()
    if answer is None or answer.schema is None:
        return Known(payload)
    names = {slot.name for slot in body.slots if not slot.read_only}
    found = list(_candidates(document, answer.schema, payload, names)) if names else []
    best = max(found, key=lambda pair: (len(_own(names, pair[1])), len(names & pair[1].keys())), default=None)
    place = best[0] if best is not None and names & best[1].keys() else payload
    one = _at(document, answer.schema, place)
    if one is None:
        return Known(payload)
    other = {name: node for variant in one.variants for name, node in shape(document, variant).properties.items()}
    is_object = one.type == "object"
    if not is_object and (one.type is not None or one.types):
        return Known(place)
    beside = _beside(document, answer.schema, place, names - one.properties.keys())
    properties = {**one.properties, **{name: node for name, (_, node) in beside.items()}}
    return Known(place, properties or None, other, {name: path for name, (path, _) in beside.items()}, is_object)


def _candidates(
    document: Document, schema: Json, payload: str, names: set[str]
) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """The payload, and the objects from the root on: answers are wrapped more often than bodies."""
    queue = [(payload, 1), ("$", 0)] if payload != "$" else [("$", 0)]
    seen: set[str] = set()
    while queue and len(seen) < _LOOKED:
        place, depth = queue.pop(0)
        properties = _properties(document, schema, place) if place not in seen else None
        if properties is None:
            continue
        seen.add(place)
        yield place, properties
        own = _own(names, properties)
        is_record = len(own) >= _OVERLAP * len(names) or (own and any(name in properties for name in _IDS))
        if is_record or depth >= _DEEP:
            continue
        for name, node in properties.items():
            if shape(document, node).type == "object" and shape(document, node).properties:
                queue.append((f"{place}{_step(name)}", depth + 1))


def _own(names: set[str], properties: Mapping[str, Json]) -> set[str]:
    """The properties of the body in ``properties`` that are not words about the call."""
    return {name for name in names & properties.keys() if not set(words(name)) <= OUTCOME}


def _beside(document: Document, schema: Json, place: str, names: set[str]) -> dict[str, tuple[str, Json]]:
    """Properties of the body that are next to the record instead of in it: name -> JSONPath and schema."""
    found: dict[str, tuple[str, Json]] = {}
    steps = [f"{match[0]}" for match in _STEP.finditer(place.removeprefix("$"))]
    for length in range(len(steps) - 1, -1, -1):
        above = "$" + "".join(steps[:length])
        members = _properties(document, schema, above) or {}
        for name in sorted(names - found.keys()):
            own = steps[length : length + 1] == [_step(name)]
            if name in members and not own and not set(words(name)) <= OUTCOME:
                found[name] = (f"{above}{_step(name)}", members[name])
    return found


def _step(name: str) -> str:
    return f".{name}" if re.fullmatch(r"[A-Za-z_]\w*", name) else f"[{json.dumps(name)}]"


def supplied(document: Document, body: BodyInputs, read: Known) -> frozenset[str]:
    """The properties that an agent need not pass although the write requires them: the read supplies them.

    Nobody can read a secret, and nobody should make one up for a change of something else: the API says if it wants it.
    """
    return _given(document, body, read) | {slot.name for slot in body.slots if _secret(document, slot)}


def _given(document: Document, body: BodyInputs, read: Known) -> frozenset[str]:
    """The properties that the read returns in the form that the write accepts; all of them if its answer is unknown."""
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
    """Property -> the member that the write takes where the read returns whole objects: their id, or the value of what
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


def update(
    document: Document, write: Operation, read: Operation, call: Call, body: BodyInputs, found: Known, *, patch: bool
) -> Update:
    """The update that reads with ``read``, where the record is as ``found`` says, and writes with ``call``."""
    readable = _given(document, body, found)
    given = [one.name for one in body.slots if one.name in readable and not _secret(document, one)]
    required = _required(document, write, body)
    accepts = None
    if body.whole is None and body.extra is None:
        accepts = tuple(slot.name for slot in body.slots if not slot.read_only)
    return Update(
        read=_read_call(document, read, call),
        answer=found.payload,
        accepts=accepts,
        patch=patch,
        requires=tuple(name for name in given if patch and name in required),
        parts=parts(document, body, found),
        not_null=() if patch else _not_null(document, body, found),
        places=found.places,
        omits=() if accepts is not None else _read_only(document, found),
        needs=() if patch else tuple(name for name in _needed(document, body, found) if name in required),
        unshown=_unshown(document, body, found),
        creates=not patch and creates(write),
    )


def _read_call(document: Document, read: Operation, call: Call) -> Call:
    """The call that reads what ``call`` writes, with those of its inputs that choose the record."""
    carried = {(one.place, one.name.lower()) for one in read.parameters if _is_carried(document, one)}
    kinds = [
        Param(one.name, value=escape(bodyless(shape(document, one.schema))))
        for one in read.parameters
        if one.place == "header" and one.name.lower() == "content-type" and one.required
    ]

    def of(place: str, params: Iterable[Param]) -> list[Param]:
        return [param for param in params if (place, param.name.lower()) in carried]

    constants = [Param(name, value=escape(text)) for name, text in read.constants]
    return Call(
        "GET",
        read.path,
        path_params=_renamed(call, read),
        query=(*of("query", call.query), *constants),
        headers=(*of("header", call.headers), *kinds),
        cookies=tuple(of("cookie", call.cookies)),
        base=call.base,
        accept=accepted(read),
    )


def _renamed(call: Call, read: Operation) -> tuple[Param, ...]:
    """The path parameters of ``call``, with the names that ``read`` has for them in the same places."""
    own = {param.name: param for param in call.path_params}
    renamed = []
    for name, read_name in zip(placeholders(call.path), placeholders(read.path), strict=True):
        param = own.get(name)
        if read_name == name:
            renamed += [param] if param is not None else []
        elif param is None or param.value is not None or param.arg is not None:
            renamed.append(replace(param, name=read_name) if param is not None else Param(read_name, arg=name))
        else:
            renamed.append(replace(param, name=read_name, arg=name))
    return tuple(renamed)


def _is_carried(document: Document, one: Parameter) -> bool:
    """Whether an input of the write is an input of its read: what the read requires and what chooses the record, never
    what chooses how much of it is shown."""
    if one.place == "header" and one.name.lower() in ("accept", "content-type"):
        return False
    scalar = shape(document, one.schema).type in ("string", "integer", None)
    return one.required or (scalar and is_selector(one.name))


def _required(document: Document, write: Operation, body: BodyInputs) -> frozenset[str]:
    """The properties that the body's schema requires, whether or not there must be a body at all."""
    one = shape(document, write.body.schema if write.body is not None else None)
    if body.inside is not None:
        one = shape(document, one.properties.get(body.inside))
    return one.required | {slot.name for slot in body.slots if slot.required}


def _needed(document: Document, body: BodyInputs, found: Known) -> Iterator[str]:
    """The properties that the record must have to be written back: all but unreadable ones."""
    for slot in body.slots:
        unreadable = _secret(document, slot) and not _readable_at(document, found, slot.name)
        if not slot.read_only and not shape(document, slot.schema).write_only and not unreadable:
            yield slot.name


def _unshown(document: Document, body: BodyInputs, found: Known) -> tuple[str, ...] | None:
    """What a read of the record cannot confirm: what it is not declared to show, and what APIs mask."""
    if found.properties is None:
        return None
    return tuple(
        slot.name
        for slot in body.slots
        if not slot.read_only
        and (
            not _readable_at(document, found, slot.name)
            or _secret(document, slot)
            or shape(document, slot.schema).write_only
        )
    )


def _not_null(document: Document, body: BodyInputs, found: Known) -> tuple[str, ...]:
    """Properties that are declared to be null where they are read, and not where they are written."""
    wanted = {slot.name: shape(document, slot.schema) for slot in body.slots if not slot.read_only}
    return tuple(
        name
        for name, one in wanted.items()
        if one.types and not one.nullable and not one.variants and _of(document, found, name).nullable
    )


def _read_only(document: Document, found: Known) -> tuple[str, ...]:
    return tuple(name for name, node in (found.properties or {}).items() if shape(document, node).read_only)


def notes(document: Document, body: BodyInputs, found: Known, update: Update) -> str:
    """What agents must know of an update."""
    texts = ["Only the given properties change, all others are kept."]
    if body.whole is not None and not update.patch:
        texts = ["Only the given members of `data` change, all others are kept; a nested object is replaced."]
    lost = [] if update.patch else _unkept(document, body, found)
    if lost:
        listed = ", ".join(f"`{name}`" for name in lost)
        texts.append(f"The API does not show {listed}: what is not given of these may be lost.")
    if update.creates:
        texts.append("Creates the record if it does not exist.")
    return " ".join(texts)


def warns_of_loss(
    write: Operation, methods: Mapping[str, Operation], body: BodyInputs | None, wanted: str | None
) -> str:
    """What agents must know of a write of a record that does not merge: what happens to fields that are not given.
    ``wanted``: what the hints say. "" where nothing can be left out."""
    if body is None or not (body.whole or any(not slot.required and not slot.read_only for slot in body.slots)):
        return ""
    if wanted == "replace" or (write.method == "PUT" and "GET" in methods and is_json(body.media)):
        return "Replaces the whole: what is not given is removed."
    if keeps_rest(write):
        return ""
    return "Fields that are not given may be lost: pass all that the record has."


def must_be_filled(document: Document, write: Operation, body: BodyInputs | None, inputs: Inputs, name: str) -> bool:
    """Whether a create may come without any member by its arguments, and must not: unless the document says that its
    body may be left out, or that it has no members. A message without members creates only where the operation's own
    words say so: a name may be made from the method."""
    made = inputs.body
    if write.method != "POST" or made is None or body is None or write.body is None or write.body.optional:
        return False
    if not MAKES & set(words(name)[:1]) or any(one.required and one.place == "body" for one in inputs.arguments):
        return False
    if made.whole is not None:
        named = not made.empty or MAKES & {*words(write.id or ""), *words(write.summary)}
        return bool(
            named and body.whole is not None and body.whole.wish == "data" and not _memberless(document, body.whole)
        )
    return bool(made.params) and all(param.value is None for param in made.params)


def _memberless(document: Document, slot: Slot) -> bool:
    """Whether `{}` is the only object that the schema allows."""
    one = shape(document, slot.schema)
    return one.constraints.get("maxProperties") == 0 or not (
        one.properties or one.variants or one.additional or not one.closed
    )


def _unkept(document: Document, body: BodyInputs, found: Known) -> list[str]:
    """Properties that a merge cannot keep, because the read is not declared to show them."""
    names = []
    for slot in body.slots if found.properties is not None else ():
        writes_only = slot.read_only or shape(document, slot.schema).write_only or _secret(document, slot)
        if not writes_only and not slot.required and not _readable_at(document, found, slot.name):
            names.append(slot.name)
    return names[:_NAMED]


def creates(write: Operation) -> bool:
    """Whether the document declares that a PUT creates what does not exist: by a 201, or in its words."""
    if write.method != "PUT":
        return False
    if any(one.status == "201" for one in write.responses):
        return True
    return is_upsert(write)


def _readable(write: Operation, read: Operation) -> bool:
    """The GET needs nothing that the write does not need, and no selection of fields."""
    if segments(read.path) != segments(write.path):
        return False
    mine = {(one.place, one.name.lower()) for one in write.parameters if one.required}
    needed = [one for one in read.parameters if one.required and one.place != "path"]
    fixed = [name for name, _ in read.constants]
    if any(is_projection(name) for name in [*(one.name for one in needed if one.place == "query"), *fixed]):
        return False
    return {(one.place, one.name.lower()) for one in needed} <= mine


def _properties(document: Document, schema: Json | None, payload: str) -> Mapping[str, Json] | None:
    """The properties of the resource in the answer; {} for an open object, None where it is not an object."""
    one = _at(document, schema, payload)
    open_or_object = one is not None and (one.type == "object" or (one.type is None and not one.types))
    return one.properties if one is not None and open_or_object else None


def _at(document: Document, schema: Json | None, payload: str) -> Shape | None:
    """The shape at JSONPath ``payload``; None if the schema does not declare it."""
    one = shape(document, schema)
    for match in _STEP.finditer(payload.removeprefix("$")):
        node = one.properties.get(match[1] or match[2] or match[3])
        if node is None:
            return None
        one = shape(document, node)
    return one
