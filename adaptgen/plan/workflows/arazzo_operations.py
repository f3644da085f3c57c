"""The operations that the steps of a workflow name, and the requests that they send."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from adaptgen.diagnostics import Where, did_you_mean, error
from adaptgen.model.tables import Body, Call, Json, Param
from adaptgen.pii.field_kinds import kind_of
from adaptgen.plan.document.operation_refs import Targets
from adaptgen.plan.document.reader import Operation, sendable
from adaptgen.plan.tools.arguments import fixed_value, is_negotiated, parameter_slot
from adaptgen.plan.tools.tool import Context
from adaptgen.plan.workflows.arazzo_expressions import Locate, Names
from adaptgen.plan.workflows.inputs import call_of, rows, templates_in
from adaptgen.source.arazzo import CODE, Description
from adaptgen.syntax.templates import placeholders

if TYPE_CHECKING:
    from adaptgen.source import Document

_OF_SOURCE = re.compile(r"\$sourceDescriptions\.([A-Za-z0-9_-]+)\.(.+)")
_PATH = re.compile(r"\{?\$sourceDescriptions\.([A-Za-z0-9_-]+)\.url\}?(#/.+)")


class Calls:
    """Of one description. ``context``: what is known of the main document."""

    def __init__(self, context: Context, targets: Targets, description: Description) -> None:
        self.context = context
        self.targets = targets
        self.description = description

    # ---------------------------------------------------------------------------------------------------- operations

    def find(self, raw: Mapping[str, Any], where: Locate) -> tuple[Operation, Document, bool]:
        """The operation of a step, its document, and whether that is the one that the server is made of.

        Raises:
            AdaptgenError: AG016, AG033.
        """
        if "operationPath" in raw:
            found = _PATH.fullmatch(raw["operationPath"])
            if found is None:
                help = "write {$sourceDescriptions.<name>.url}#/paths/~1pets/get"
                message = f"{raw['operationPath']!r} is not a path of an operation"
                raise error(CODE, message, where("operationPath"), help)
            name, pointer = found.groups()
            return self.by_pointer(self.source(name, where("operationPath")), pointer, where("operationPath"))
        id, at = raw["operationId"], where("operationId")
        found = _OF_SOURCE.fullmatch(id)
        names = [found[1]] if found else list(self.description.sources)
        id = found[2] if found else id
        every = dict.fromkeys(self.source(name, at) for name in names)
        matches = [(one, key) for key in every for one in self.operations(key) if one.id == id]
        if len(matches) > 1:
            help = f"write $sourceDescriptions.<name>.{id}"
            raise error("AG033", f"several operations are called {id!r}", at, help)
        if not matches:
            known = sorted({one.id for key in every for one in self.operations(key) if one.id})
            raise error("AG033", f"there is no operation {id!r}", at, did_you_mean(id, known))
        operation, key = matches[0]
        return operation, self.document(key), key is None

    def by_pointer(self, key: str | None, pointer: str, where: Where) -> tuple[Operation, Document, bool]:
        """The operation at a JSON Pointer of the document."""
        wanted = pointer.removeprefix("#").replace("%7B", "{").replace("%7D", "}")
        for one in self.operations(key):
            if one.pointer.removeprefix("#") == wanted:
                return one, self.document(key), key is None
        raise error("AG033", f"there is no operation at {pointer}", where)

    def source(self, name: str, where: Where) -> str | None:
        """The key of a source's document among those of the hints; None for the main one and what is joined to it."""
        path = self.description.sources.get(name)
        if path is None:
            help = did_you_mean(name, sorted(self.description.sources))
            raise error("AG037", f"there is no source description {name!r}", where, help)
        own = [self.context.document.path, *(one.path for one in self.context.hints.joins.values())]
        if any(one.resolve() == path.resolve() for one in own):
            return None
        return path.as_posix()

    def operations(self, key: str | None) -> list[Operation]:
        """Every operation of a document."""
        return self.targets.every(key)

    def document(self, key: str | None) -> Document:
        """The document of a key."""
        return self.context.document if key is None else self.context.hints.documents[key]

    # ------------------------------------------------------------------------------------------------------- request

    def request(
        self,
        operation: Operation,
        document: Document,
        main: bool,
        parameters: Mapping[tuple[str, str], tuple[Json, Where]],
        body: Body | None,
        where: Locate,
    ) -> Call:
        """The call of a step.

        Raises:
            AdaptgenError: AG034 for a parameter that the path does not have, or a required input without a value.
        """
        absorbed = {
            (place, name)
            for pointer, place, name in self.context.auth.absorbed
            if main and pointer == operation.pointer
        }
        left = dict(parameters)
        made: dict[str, list[Param]] = {"path": [], "query": [], "header": [], "cookie": []}
        for one in operation.parameters:
            slot = parameter_slot(document, one)
            key = next((key for key in left if _same(key, slot.place, slot.name)), None)
            if key is not None:
                made[slot.place].append(replace(slot.param, value=left.pop(key)[0], fill=None))
                continue
            if (slot.place, slot.name) in absorbed or not (slot.required or slot.param.fill):
                continue
            constant = fixed_value(document, slot)
            if constant is not None or slot.param.fill:
                made[slot.place].append(replace(slot.param, value=constant))
            elif not is_negotiated(slot):
                message = f"{operation.key} needs the {slot.place} input {slot.name!r}, which the step does not send"
                raise error("AG034", message, where("stepId"), "add it under parameters:")
        self.undeclared(operation, left, made)
        if body is not None:
            media = body.media or (operation.body.media if operation.body else "application/json")
            body = replace(body, media=media)
        elif operation.body is not None and operation.body.required:
            message = f"{operation.key} needs a body, which the step does not send"
            raise error("AG034", message, where("stepId"), "add requestBody: {payload: …}")
        return call_of(operation, made, body, self.context if main else None)

    def undeclared(
        self,
        operation: Operation,
        left: Mapping[tuple[str, str], tuple[Json, Where]],
        made: Mapping[str, list[Param]],
    ) -> None:
        """Add what a step sends and the document does not declare."""
        for (place, name), (template, at) in left.items():
            if place == "path" and f"{{{name}}}" not in operation.path:
                known = [one.name for one in operation.parameters if one.place == "path"]
                raise error("AG034", f"{operation.key} has no path input {name!r}", at, did_you_mean(name, known))
            if not sendable(place, name):
                raise error(CODE, f"no request can carry the {place} {name!r}", at)
            made[place].append(Param(name, value=template))

    def classified(self, call: Call, names: Names, known: Mapping[str, str]) -> dict[str, str]:
        """Argument -> kind of personal data: that of the input which it fills, or of its own name."""
        arguments = set(names.inputs.values())
        found: dict[str, str] = {}
        for param in rows(call):
            for path, template in templates_in(param.name, param.value):
                for name in sorted(placeholders(template) & arguments - known.keys()):
                    alone = template == f"{{{name}}}"
                    kind = kind_of(name, type="string") or (kind_of(path, type="string") if alone else None)
                    if kind:
                        found[name] = kind
        return found


def _same(key: tuple[str, str], place: str, name: str) -> bool:
    return key == (place, name) or (key[0] == place == "header" and key[1].lower() == name.lower())
