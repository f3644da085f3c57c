"""Which inputs of an operation become arguments, under which names, and how each is sent.

Follows the Parameter Object of OpenAPI 3.1 (4.8.12): styles, ``content``, and the header names that it says to
ignore. What becomes no argument has a reason: paging or an auth supplies it, it has one possible value, or a hint
hides it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from adaptgen.diagnostics import Where, did_you_mean, error
from adaptgen.model.contract_file import OWN_ARGUMENTS
from adaptgen.model.frozen import changed
from adaptgen.model.plan import Evidence
from adaptgen.model.tables import Body, Json, Param, value
from adaptgen.plan.document import tool_names as naming
from adaptgen.plan.document.examples import body_example, parameter_example
from adaptgen.plan.document.inline_schema import cast
from adaptgen.plan.document.reader import Operation, Parameter, base_media, is_json, mapping, sendable
from adaptgen.plan.document.request_bodies import FILE, BodyInputs, Slot, is_form
from adaptgen.plan.document.schemas import MISSING, Shape, shape
from adaptgen.plan.tools.path_separators import SEPARATORS, find_separators
from adaptgen.source.hints.model import MISSING as NO_VALUE
from adaptgen.syntax.identifiers import vocabulary, words
from adaptgen.syntax.templates import escape, escape_json, placeholders

if TYPE_CHECKING:
    from adaptgen.source import Document
    from adaptgen.source.hints.model import ArgumentHint

_DEFAULT_STYLE = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}
_STYLES = {
    "path": ("simple", "label", "matrix"),
    "header": ("simple",),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "cookie": ("form",),
}
_KEEPS_NAME = ("path", "query", "body", "header", "cookie")
_IDEMPOTENCY = re.compile(r"idempoten(?:cy|t|ce)[-_]?(?:key|id|token)", re.IGNORECASE)
_LEGAL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}")
_TYPES = ("string", "integer", "number", "boolean", "array", "object")


@value()
class Argument:
    """One argument of a tool. ``schema`` is a node of the document, ``made`` a ready JSON Schema instead of it;
    ``extras`` are keywords that a hint adds. ``spread``: sent as several strings, where null and empty
    values leave nothing to send."""

    name: str
    schema: Json = None
    required: bool = False
    description: str = ""
    place: str = ""
    input: str = ""
    made: Json = None
    extras: Mapping[str, Json] = field(default_factory=dict)
    spread: bool = False
    example: Json = None


@dataclass(slots=True)
class Inputs:
    """The inputs of one call, decided: rows of the request and the arguments that fill them.

    ``fates`` has for every input that is no argument (place, name) -> (``absorbed`` or ``hidden``, by what).
    """

    path: list[Param] = field(default_factory=list)
    query: list[Param] = field(default_factory=list)
    headers: list[Param] = field(default_factory=list)
    cookies: list[Param] = field(default_factory=list)
    body: Body | None = None
    arguments: list[Argument] = field(default_factory=list)
    fates: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)

    def row(self, place: str, param: Param) -> None:
        """Add one row of the request."""
        {"path": self.path, "query": self.query, "header": self.headers, "cookie": self.cookies}[place].append(param)


def parameter_slot(document: Document, one: Parameter) -> Slot:
    """How a parameter is sent."""
    style = one.style if one.style in _STYLES[one.place] and one.style != _DEFAULT_STYLE[one.place] else None
    default_explode = (style or _DEFAULT_STYLE[one.place]) in ("form", "deepObject")
    explode = one.explode if one.explode is not None and one.explode != default_explode else None
    encode = None
    if one.content:
        encode = "json" if is_json(one.content) else base_media(one.content)
    fill = "uuid" if one.place == "header" and _IDEMPOTENCY.search(one.name) else None
    param = Param(
        one.name,
        style=style,  # type: ignore[arg-type]  # checked against _STYLES
        explode=explode,
        encode=encode,
        reserved=one.reserved and one.place != "path",
        fill=fill,  # type: ignore[arg-type]
        holds=find_separators(document, one).separators,
        blank=one.place == "path" and may_be_empty(document, one),
    )
    return Slot(
        one.place,
        param,
        one.schema,
        one.required and not fill,
        one.description,
        one.pointer,
        wish=one.name,
        deprecated=one.deprecated,
        example=parameter_example(document, one.raw),
    )


_PERMITS = vocabulary("may can allowed allow allows permitted optional optionally leave left or")
_FORBIDS = vocabulary("not non never cannot no without must cant mustnt isnt nonempty")


def may_be_empty(document: Document, one: Parameter) -> bool:
    """Whether the document shows that a path parameter may be empty: another path, so nothing less will do."""
    schema, raw = shape(document, one.schema), mapping(one.raw)
    if raw.get("allowEmptyValue") is True or schema.constraints.get("minLength") == 0:
        return True
    samples = [schema.default, raw.get("example"), *(schema.enum or ())]
    samples += [mapping(sample).get("value") for sample in mapping(raw.get("examples")).values()]
    if isinstance(schema.raw, Mapping):
        samples.append(schema.raw.get("example"))
    return any(isinstance(sample, str) and not sample for sample in samples) or _says_empty(one.description)


def _says_empty(text: str) -> bool:
    """``may be empty``, ``leave blank``, ``or an empty string``; not ``must not be empty``."""
    spoken = words(text[:1000])
    for at, word in enumerate(spoken):
        if word in ("empty", "blank"):
            before = set(spoken[max(at - 4, 0) : at])
            after = set(spoken[at + 1 : at + 4])
            if before & _FORBIDS:
                continue
            if before & _PERMITS or {"allowed"} & after or {"permitted"} & after:
                return True
    return False


def decide(
    document: Document,
    operation: Operation,
    body: BodyInputs | None,
    absorbed: Mapping[tuple[str, str], str],
    hints: Mapping[str, ArgumentHint],
    where: Callable[..., Where],
    subject: str,
    *,
    loose: frozenset[str] = frozenset(),
) -> Inputs:
    """Decide about every input of ``operation``.

    ``absorbed`` has (place, name) -> the reason why it is supplied elsewhere. ``where`` locates a key of ``hints``.
    ``loose``: the body's properties that are not required although the document says so (those that a tool which sends
    only what changes reads).

    Raises:
        AdaptgenError: AG034 for a hint that names no input, AG039 for a required input hidden without a value.
    """
    slots = [parameter_slot(document, one) for one in operation.parameters]
    slots += _with_examples(document, operation, body) if body else []
    matched, added = _match(slots, hints, where, operation)
    slots += added
    result = Inputs()
    given: dict[int, Param] = {}
    open_slots: list[tuple[int, Slot]] = []
    paths = set(re.findall(r"\{([^{}]*)\}", operation.path))
    for index, slot in enumerate(slots):
        hint = matched.get(index)
        if hint and hint.encode:
            slot = slots[index] = replace(slot, param=replace(slot.param, encode=hint.encode))
        if slot.place == "path":
            slot = slots[index] = hold_separators(document, slot, hint)
        fate = _fate(document, slot, hint, absorbed, body, paths, where)
        if fate is None:
            open_slots.append((index, slot))
            if slot.param.holds:
                result.evidence.append(_held(document, operation, slot, subject))
            continue
        kind, by, value = fate
        result.fates[slot.place, slot.name] = (kind, by)
        if value is not MISSING:
            given[index] = replace(slot.param, value=value)
    names = _names(open_slots, matched, result, operation, subject, where)
    empty = _empty(document, operation, body)
    if empty and body is not None and body.whole is not None:
        loose |= {body.whole.name}
    for index, slot in open_slots:
        name = names[index]
        given[index] = changed(slot.param, {"arg": name}) if name != slot.name else slot.param
        required = slot.required and not (slot.place == "body" and slot.name in loose)
        spread = slot.param.encode is None and (slot.place != "body" or (body is not None and is_form(body.media)))
        result.arguments.append(_argument(slot, name, matched.get(index), required=required, spread=spread))
    _check_values(slots, matched, names, where)
    _rows(slots, given, body, result, empty)
    for name, value in operation.constants:
        result.query.append(Param(name, value=escape(value)))
    return result


def _with_examples(document: Document, operation: Operation, body: BodyInputs) -> list[Slot]:
    """The inputs of a body, with what an example of the whole body has for them."""
    whole = body_example(document, operation.body) if operation.body is not None else {}
    inner = whole.get(body.inside) if body.inside is not None else whole
    values = inner if isinstance(inner, dict) else {}
    return [replace(slot, example=values.get(slot.name)) for slot in body.all()]


def _argument(slot: Slot, name: str, hint: ArgumentHint | None, *, required: bool, spread: bool) -> Argument:
    """The argument of an input, as the document and its hint say."""
    made, extras, description = slot.made, {}, slot.description
    if hint:
        required = hint.required if hint.required is not None else required
        extras = dict(hint.schema) if hint.schema else {}
        description = hint.description or description
        if hint.type in _TYPES:
            made = {"type": hint.type}
        if hint.encode == "file":
            made = dict(FILE)
    if slot.deprecated:
        description = f"Deprecated. {description}".strip()
    return Argument(name, slot.schema, required, description, slot.place, slot.name, made, extras, spread, slot.example)


def hold_separators(document: Document, slot: Slot, hint: ArgumentHint | None) -> Slot:
    """The slot of a path parameter with the separators that a hint says, or shows, its values to hold."""
    if hint is None:
        return slot
    shown = hint.holds
    if shown is None:
        said = Parameter(slot.name, "path", schema=dict(hint.schema), description=hint.description or "")
        shown = slot.param.holds + find_separators(document, replace(said, name="value")).separators
    holds = "".join(one for one in SEPARATORS if one in shown)
    return slot if holds == slot.param.holds else replace(slot, param=replace(slot.param, holds=holds))


def _held(document: Document, operation: Operation, slot: Slot, subject: str) -> Evidence:
    """Why a path parameter may hold separators."""
    declared = next((one for one in operation.parameters if one.place == "path" and one.name == slot.name), None)
    shown = find_separators(document, declared) if declared is not None else None
    told = shown is not None and shown.separators == slot.param.holds
    decision = f"path {slot.name!r} may hold {slot.param.holds}"
    if told and shown is not None:
        return Evidence(subject, "argument", decision, shown.because, slot.pointer)
    return Evidence(subject, "argument", decision, "the hints say so", slot.pointer, "hint")


def _check_values(
    slots: list[Slot], hints: Mapping[int, ArgumentHint], names: Mapping[int, str], where: Callable[..., Where]
) -> None:
    """The values of hints may only refer to arguments that the tool has."""
    known = sorted(names.values())
    for index, hint in hints.items():
        if hint.value is NO_VALUE:
            continue
        for name in sorted(placeholders(hint.value)):
            if name.split(".")[0] not in known:
                help = did_you_mean(name, known) or "a literal brace is written twice"
                raise error("AG037", f"the tool has no argument {name!r}", where(slots[index].name, "value"), help)


def _match(
    slots: list[Slot], hints: Mapping[str, ArgumentHint], where: Callable[..., Where], operation: Operation
) -> tuple[dict[int, ArgumentHint], list[Slot]]:
    """Which slot each hint is about, and slots for inputs that only hints declare (``in: query``)."""
    matched: dict[int, ArgumentHint] = {}
    added: list[Slot] = []
    for key, hint in hints.items():
        fits = [
            index
            for index, slot in enumerate(slots)
            if slot.name == key and (not hint.place or slot.place == hint.place)
        ] or [
            index
            for index, slot in enumerate(slots)
            if naming.argument(slot.wish or slot.name) == key and (not hint.place or slot.place == hint.place)
        ]
        if fits:
            fits.sort(key=lambda index: _KEEPS_NAME.index(slots[index].place))
            matched[fits[0]] = hint
        elif hint.place:
            schema = {"type": hint.type or "string"}
            matched[len(slots) + len(added)] = hint
            added.append(Slot(hint.place, Param(key), schema, bool(hint.required), hint.description or "", wish=key))
        else:
            raise error(
                "AG034",
                f"{operation.key} has no input {key!r}",
                where(key),
                did_you_mean(key, [slot.name for slot in slots])
                or "an input that the document does not declare needs `in: query`, header or body",
            )
    return matched, added


def _fate(
    document: Document,
    slot: Slot,
    hint: ArgumentHint | None,
    absorbed: Mapping[tuple[str, str], str],
    body: BodyInputs | None,
    paths: set[str],
    where: Callable[..., Where],
) -> tuple[str, str, Json] | None:
    """None for an argument, else (fate, by what, the constant value or MISSING)."""
    if hint is not None:
        if hint.value is not NO_VALUE:
            return ("hidden" if hint.hide else "absorbed"), "a value in the hints", hint.value
        if hint.hide:
            default = shape(document, slot.schema).default
            if slot.required and default is MISSING:
                raise error(
                    "AG039",
                    f"{slot.name!r} is required and cannot be hidden without a value",
                    where(slot.name, "hide"),
                    "add `value:`",
                )
            value = escape_json(default) if slot.required else MISSING
            return "hidden", "hints", value
        return None
    if (reason := absorbed.get((slot.place, slot.name))) is not None:
        return "absorbed", reason, MISSING
    if slot.place == "path" and slot.name not in paths:
        return "absorbed", "the path has no place for it", MISSING
    if not sendable(slot.place, slot.name):
        return "absorbed", "no request can carry a header of this name", MISSING
    if slot.read_only:
        return "absorbed", "read-only (the API sets it)", MISSING
    if is_negotiated(slot):
        return _negotiated(slot, shape(document, slot.schema), body)
    value = fixed_value(document, slot)
    return ("absorbed", "constant, the only value that is allowed", value) if value is not None else None


def is_negotiated(slot: Slot) -> bool:
    """Whether an input is a header that OpenAPI says to ignore."""
    return slot.place == "header" and slot.name.lower() in ("accept", "content-type")


def fixed_value(document: Document, slot: Slot) -> Json:
    """The template of the only value that a required input can have (an enum of one, a ``const``), or None."""
    one = shape(document, slot.schema)
    if not slot.required or slot.made is not None or one.enum is None or len(one.enum) != 1 or one.nullable:
        return None
    return escape_json(cast(one.enum[0], one.type))


def _negotiated(slot: Slot, one: Shape, body: BodyInputs | None) -> tuple[str, str, Json] | None:
    """``Accept`` and ``Content-Type``: OpenAPI says to ignore them; several values are a choice all the same."""
    values = [value for value in one.enum or () if isinstance(value, str)]
    accept = slot.name.lower() == "accept"
    if len(values) > 1 and (accept or (body is not None and body.whole is not None and body.whole.param.encode)):
        return None
    if accept and len(values) == 1:
        return "absorbed", "constant, the only value that is allowed", escape(values[0])
    if not accept and body is None and slot.required:
        return "absorbed", "required, though there is no body", escape(bodyless(one))
    return "absorbed", "the media type of the answer" if accept else "the media type of the body", MISSING


def bodyless(one: Shape) -> str:
    """The value of a ``Content-Type`` that is required although no body follows. OpenAPI 3 ignores the parameter, 2.0
    does not: an API that insists gets it."""
    values = [value for value in one.enum or () if isinstance(value, str)]
    return next(iter(values), one.default if isinstance(one.default, str) else "application/json")


def _names(
    slots: list[tuple[int, Slot]],
    hints: Mapping[int, ArgumentHint],
    result: Inputs,
    operation: Operation,
    subject: str,
    where: Callable[..., Where],
) -> dict[int, str]:
    """Argument names, unique regardless of case. The path keeps its names, then query, body, header and cookie."""
    names: dict[int, str] = {}
    taken: set[str] = set()
    renamed = [(index, slot) for index, slot in slots if index in hints and hints[index].name]
    for index, slot in renamed:
        names[index] = name = str(hints[index].name)
        if not _LEGAL.fullmatch(name) or name in OWN_ARGUMENTS or name.lower() in taken:
            why = "is the name of two arguments" if name.lower() in taken else "cannot be the name of an argument"
            help = f"reserved are {', '.join(sorted(OWN_ARGUMENTS))}"
            raise error("AG039", f"{name!r} {why}", where(slot.name, "name"), help)
        taken.add(name.lower())
    for index, slot in sorted(slots, key=lambda pair: (_KEEPS_NAME.index(pair[1].place), pair[0])):
        if index in names:
            continue
        wish = naming.argument(slot.wish or slot.name)
        bare = wish.removeprefix("api_") if wish != slot.name else wish
        name = wish
        if name.lower() in taken:
            tries = [f"{slot.place}_{bare}"[:64], f"{slot.place}_{bare}"[:57] + "_" + naming.digest(slot.name)]
            name = next((one for one in tries if one.lower() not in taken), "")
        number = 2
        while not name or name.lower() in taken:
            name, number = f"{slot.place}_{bare}"[:60] + f"_{number}", number + 1
        names[index] = name
        taken.add(name.lower())
        if name != wish:
            because = f"another input is called {wish!r}"
        elif wish.startswith("api_") and not slot.name.startswith("api_"):
            because = "the name is reserved"
        else:
            continue
        result.evidence.append(
            Evidence(subject, "argument", f"{slot.place} {slot.name!r} is {name!r}", because, slot.pointer)
        )
    return names


def _empty(document: Document, operation: Operation, inputs: BodyInputs | None) -> bool | None:
    """Whether an empty object is a body: yes where one is required, for any method; no where the body is optional and
    an object must hold something. A body that is one argument: only that of a POST with a named schema of no member, as
    gRPC gateways write a message without fields."""
    body = operation.body
    if body is None:
        return None
    one = shape(document, body.schema)
    if inputs is not None and inputs.whole is not None:
        message = one.bare and one.name and one.type == "object" and not one.required and is_json(inputs.media)
        return True if message and body.required and operation.method == "POST" else None
    if body.required:
        return None if operation.method in ("POST", "PUT", "PATCH") else True
    return False if one.required and (body.optional or one.nullable) else None


def _rows(
    slots: list[Slot], given: Mapping[int, Param], body: BodyInputs | None, result: Inputs, empty: bool | None
) -> None:
    params: list[Param] = []
    whole: Param | None = None
    extra: str | None = None
    for index, slot in enumerate(slots):
        if (param := given.get(index)) is None:
            continue
        if slot.place == "body":
            if (
                body is not None
                and slot.wish == "extra"
                and body.extra is not None
                and slot.schema is body.extra.schema
            ):
                extra = param.arg or param.name
            elif body is not None and body.whole is not None and slot.schema is body.whole.schema:
                whole = param
            else:
                params.append(param)
        elif slot.place != "path" or param != Param(slot.name):
            # A placeholder without a row takes the argument of its own name.
            result.row(slot.place, param)
    if body is not None:
        result.body = Body(body.media, tuple(params), whole, body.inside, extra, empty)
    elif params:
        result.body = Body(params=tuple(params))
