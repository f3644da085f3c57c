"""Contracts: the schema, description and annotations of a tool as agents see them, within a byte budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from adaptgen.model.tables import Contract, Effect, Json
from adaptgen.plan.document.descriptions import ARGUMENT, clean, plain
from adaptgen.plan.document.examples import parameter_example, tell_example
from adaptgen.plan.document.inline_schema import inline, size
from adaptgen.plan.document.schemas import shape
from adaptgen.plan.document.validator_safe import certain
from adaptgen.plan.tools.arguments import Argument

if TYPE_CHECKING:
    from adaptgen.source import Document

BUDGET = 16_000
"""Bytes of one tool's input schema."""
_LEAST = 60
_VALUES = ("One of ", "Pattern: ")
_TYPED = frozenset({"type", "anyOf", "enum", "not", "properties", "items", "prefixItems", "additionalProperties"})
_ANY = ("string", "number", "boolean", "array", "object")


def input_schema(
    document: Document, arguments: Sequence[Argument], own: dict[str, Json], budget: int = BUDGET
) -> tuple[dict[str, Json], bool]:
    """The JSON Schema of a tool's arguments, ``own`` being those that adaptgen adds; and whether anything was cut.

    Required arguments come first. The budget is shared: what needs less than its share leaves the rest to the others.
    """
    order = sorted(arguments, key=lambda one: not one.required)
    left = budget - size(own) - 60 - sum(len(one.name) + 8 for one in order)
    made: dict[str, Json] = {}
    sizes: dict[str, int] = {}
    anything = False
    for one in order:
        made[one.name], cut = _property(document, one, max(left, _LEAST))
        sizes[one.name] = size(made[one.name])
        anything |= cut
    if sum(sizes.values()) > left:
        anything = True
        waiting = sorted(order, key=lambda one: sizes[one.name])
        for index, one in enumerate(waiting):
            share = max(left // (len(waiting) - index), _LEAST)
            if sizes[one.name] > share:
                made[one.name], _ = _property(document, one, share)
                sizes[one.name] = size(made[one.name])
            left -= sizes[one.name]
    schema: dict[str, Json] = {"type": "object", "properties": {**made, **own}, "additionalProperties": False}
    required = [one.name for one in order if one.required]
    if required:
        schema["required"] = required
    return _accepted(schema, order), anything


def _property(document: Document, one: Argument, budget: int) -> tuple[Json, bool]:
    cap = min(ARGUMENT, max(budget // 2, 20))
    said = clean(one.description, cap) if one.description else ""
    if one.made is not None:
        schema, cut = dict(one.made), False
    else:
        schema, cut = inline(document, one.schema, budget=max(budget - size(said) - 20, 0), direction="input")
    # A copy, for other arguments have the same schema and descriptions of their own.
    schema = dict(schema) if isinstance(schema, dict) else {}
    if one.place != "body" and not schema.keys() & _TYPED:
        # Sent as text, so text stays text; in a body it may be the JSON text of an object.
        schema["type"] = list(_ANY)
    if said and budget > 2 * _LEAST:
        inner = schema.get("description", "")
        # What the schema says about its values (a list, a pattern of them) is kept beside what the parameter says.
        values = next((inner[inner.index(one) :] for one in _VALUES if one in inner and one not in said), "")
        schema["description"] = f"{said} {values}".strip() if values else said
    own = parameter_example(document, shape(document, one.schema).raw) if one.made is None else None
    more = tell_example(one.name, schema, own if one.example is None else one.example)
    if more and budget > 2 * _LEAST and not one.extras:
        schema["description"] = " ".join(filter(None, (schema.get("description"), more)))
    # A pattern of a hint that no reader sees as it is would hide text in it, as one of a document would.
    extras = {key: value for key, value in one.extras.items() if key != "pattern" or str(value).isprintable()}
    return {**schema, **_present(one, schema), **extras}, cut


def _present(one: Argument, schema: dict[str, Json]) -> dict[str, Json]:
    """What a required value must hold to be sent at all: null and an empty list or object send no parameter (RFC 6570,
    2.3) or form field, an empty string sends no body (RFC 9110, 6.4)."""
    kind = schema.get("type")
    if not one.required:
        return {}
    if one.spread:
        return _written(schema)
    # A made string is the whole body as text.
    text = one.place == "body" and one.made is not None and kind == "string"
    return {"minLength": 1} if text and not schema.get("minLength") else {}


def _written(schema: dict[str, Json]) -> dict[str, Json]:
    kind, found = schema.get("type"), dict[str, Json]()
    if isinstance(kind, list) and "null" in kind and len(kind) > 1:
        kinds = [one for one in kind if one != "null"]
        kind = found["type"] = kinds[0] if len(kinds) == 1 else kinds
        if isinstance(schema.get("enum"), list):
            found["enum"] = [one for one in schema["enum"] if one is not None]
    least = {"array": "minItems", "object": "minProperties"}.get(kind) if isinstance(kind, str) else None
    return {**found, least: 1} if least and not schema.get(least) else found


def _accepted(schema: dict[str, Json], arguments: Sequence[Argument]) -> dict[str, Json]:
    """``schema``, with every property that the validator refuses opened: hostile documents may hold anything."""
    if valid(schema):
        return schema
    for one in arguments:
        here = schema["properties"][one.name]
        if not valid(here):
            said = here.get("description")
            schema["properties"][one.name] = {"description": said} if isinstance(said, str) else {}
    return schema


def valid(schema: Json) -> bool:
    """Whether the runtime's validator takes the schema."""
    if certain(schema):
        return True
    # Here, because most documents get by without: its import is half of the time that a small one takes to read.
    import jsonschema_rs

    try:
        jsonschema_rs.validator_for(schema)
    except (ValueError, OverflowError, TypeError):
        return False
    return True


def contract(
    name: str, description: str, schema: dict[str, Json], effect: Effect, method: str, role: str, title: str
) -> Contract:
    """The contract with MCP's annotations (ToolAnnotations): hints about reading, destroying and repeating."""
    annotations: dict[str, Json] = {"title": title, "readOnlyHint": effect == "read"}
    if effect != "read":
        annotations["destructiveHint"] = effect == "delete" or role != "create"
        annotations["idempotentHint"] = method == "DELETE" or role in ("update", "replace")
    annotations["openWorldHint"] = True
    return Contract(name=name, description=plain(description), input_schema=schema, annotations=annotations)
