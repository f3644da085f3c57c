"""What is left to the agent of inputs whose members paging supplies: a JSON filter without its ``limit`` and ``skip``,
a body without its ``paging`` block."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from adaptgen.model.tables import Json, Offset, Paging, Param, Unpaged, value
from adaptgen.plan.document.reader import Operation
from adaptgen.plan.document.request_bodies import BodyInputs, Slot
from adaptgen.plan.document.schemas import shape
from adaptgen.plan.paging.places import supplied
from adaptgen.plan.tools.arguments import Inputs, parameter_slot

if TYPE_CHECKING:
    from adaptgen.source import Document


_SIZE = 20
"""The size of a page in an address, where nothing says another: every request that is sent has its own."""


def address_rows(page: Paging | None, document: Document, operation: Operation) -> list[Param]:
    """The rows of the placeholders that paging fills: an address is complete only with all of them, so they hold the
    first page until another is asked for."""
    if page is None or isinstance(page, Unpaged) or page.place != "path":
        return []
    begin = getattr(page, "first", 0)
    position = page.offset if isinstance(page, Offset) else getattr(page, "page", None)
    rows = []
    for place, keys in supplied(page, operation):
        if place == "path":
            declared = next((one for one in operation.parameters if (one.place, one.name) == (place, keys[0])), None)
            param = parameter_slot(document, declared).param if declared is not None else Param(keys[0])
            size = min(page.max_size or _SIZE, _SIZE)
            rows.append(replace(param, value=begin if keys[0] == position else size, arg=None))
    return rows


@value()
class AbsorbedMembers:
    """``operation`` and ``body`` without the members that paging supplies; ``absorbed``: the inputs of which nothing
    is left; ``rows``: how those are sent that hold the values of paging."""

    operation: Operation
    body: BodyInputs | None
    absorbed: Mapping[tuple[str, str], str]
    rows: tuple[tuple[str, Param], ...] = ()

    def complete(self, inputs: Inputs) -> None:
        """Add the rows that no argument fills."""
        for place, param in self.rows:
            if place == "body":
                if inputs.body is not None:
                    inputs.body = replace(inputs.body, params=(*inputs.body.params, param))
            else:
                inputs.row(place, param)


def left(document: Document, operation: Operation, body: BodyInputs | None, page: Paging | None) -> AbsorbedMembers:
    """What arguments may still fill."""
    rows: list[tuple[str, Param]] = [("path", one) for one in address_rows(page, document, operation)]
    members: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    absorbed: dict[tuple[str, str], str] = {}
    for place, keys in supplied(page, operation):
        if place == "body" and body is not None:
            if body.inside is not None and keys[0] == body.inside:
                keys = keys[1:] or keys
            if body.whole is not None:
                members.setdefault((place, body.whole.name), []).append(keys)
                continue
        if len(keys) == 1:
            absorbed[place, keys[0]] = "paging"
        else:
            members.setdefault((place, keys[0]), []).append(keys[1:])
    if not members:
        return AbsorbedMembers(operation, body, absorbed, tuple(rows))
    parameters = []
    for one in operation.parameters:
        narrowed = _narrowed(document, one.schema, members.get((one.place, one.name), ()))
        if narrowed is None:
            absorbed[one.place, one.name] = "paging"
            rows.append((one.place, replace(parameter_slot(document, one).param, value={})))
        parameters.append(one if narrowed is None or narrowed is one.schema else replace(one, schema=narrowed))
    if body is not None:
        slots = []
        for slot in body.slots:
            kept = _slot(document, slot, members.get(("body", slot.name), ()))
            if kept is None:
                absorbed["body", slot.name] = "paging"
                if slot.param.encode is not None:
                    rows.append(("body", replace(slot.param, value={})))
            slots.append(kept or slot)
        whole = body.whole and _slot(document, body.whole, members.get(("body", body.whole.name), ()))
        body = replace(body, slots=tuple(slots), whole=whole)
    return AbsorbedMembers(replace(operation, parameters=tuple(parameters)), body, absorbed, tuple(rows))


def _slot(document: Document, slot: Slot, paths: Iterable[tuple[str, ...]]) -> Slot | None:
    if slot.made is not None:
        return slot
    narrowed = _narrowed(document, slot.schema, paths)
    if narrowed is None:
        return None
    return slot if narrowed is slot.schema else replace(slot, schema=narrowed)


def _narrowed(document: Document, schema: Json, paths: Iterable[tuple[str, ...]]) -> Json | None:
    """``schema`` without the properties at ``paths``; None where nothing is left of it, itself where it declares none
    of them."""
    one = shape(document, schema)
    properties: dict[str, Any] = dict(one.properties)
    inner: dict[str, list[tuple[str, ...]]] = {}
    changed = False
    for keys in paths:
        if keys[0] not in properties or one.variants:
            continue
        if len(keys) == 1:
            del properties[keys[0]]
            changed = True
        else:
            inner.setdefault(keys[0], []).append(keys[1:])
    for key, rest in inner.items():
        if key in properties:
            narrowed = _narrowed(document, properties[key], rest)
            if narrowed is None:
                del properties[key]
            else:
                changed = changed or narrowed is not properties[key]
                properties[key] = narrowed
            changed = changed or narrowed is None
    if not changed:
        return schema
    if not properties and one.additional is False:
        return None
    made: dict[str, Any] = {"type": "object", "properties": properties}
    if one.description:
        made["description"] = one.description
    if required := sorted(one.required & properties.keys()):
        made["required"] = required
    if one.additional is not False:
        made["additionalProperties"] = one.additional
    elif one.closed:
        made["additionalProperties"] = False
    if one.nullable:
        made["nullable"] = True
    return made
