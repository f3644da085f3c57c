"""The inputs of Arazzo workflows: JSON Schema, with references into the description (Arazzo 1.0.1, 4.6.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adaptgen.diagnostics import Where, error
from adaptgen.model.tables import Json
from adaptgen.source.arazzo import CODE, Description
from adaptgen.syntax.json_pointer import local

_NODES = 10_000


def inputs_of(description: Description, index: int) -> list[str]:
    """The names of the inputs of a workflow."""
    properties = schema_of(description, index).get("properties", {})
    return list(properties) if isinstance(properties, dict) else []


def schema_of(description: Description, index: int) -> Mapping[str, Any]:
    """The schema of the inputs of a workflow, its references into the description followed.

    Raises:
        AdaptgenError: AG016 unless it is the schema of an object.
    """
    raw = description.root["workflows"][index].get("inputs")
    where = description.where("workflows", index, "inputs")
    if raw is None:
        return {}
    found = _Resolver(description, where).of(raw)
    if not isinstance(found, dict) or found.get("type", "object") != "object":
        raise error(CODE, "the inputs of a workflow are an object", where, "type: object, with properties:")
    return found


def defaults_of(schema: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Json]:
    """Name -> the schema's default of an input."""
    properties = schema.get("properties", {})
    return {
        names[name]: one["default"]
        for name, one in (properties.items() if isinstance(properties, dict) else ())
        if isinstance(one, dict) and "default" in one and name in names
    }


class _Resolver:
    """Replaces references into a description by what they lead to."""

    def __init__(self, description: Description, where: Where) -> None:
        self.description = description
        self.where = where
        self.nodes = 0

    def of(self, node: Any, depth: int = 0) -> Any:
        """``node`` without references.

        Raises:
            AdaptgenError: AG016 where one leads nowhere or to itself, or all of it is too large.
        """
        self.nodes += 1
        if depth > 40 or self.nodes > _NODES:
            raise error(CODE, "the schema of the inputs refers to itself, or is too large", self.where)
        if isinstance(node, list):
            return [self.of(one, depth + 1) for one in node]
        if not isinstance(node, dict):
            return node
        ref = node.get("$ref")
        if not isinstance(ref, str):
            return {key: self.of(one, depth + 1) for key, one in node.items()}
        here = local(self.description.root, ref)
        if here is None:
            help = "write #/components/inputs/<name>"
            raise error(CODE, f"{ref!r} leads to nothing in this description", self.where, help)
        rest = {key: one for key, one in node.items() if key != "$ref"}
        return self.of({**here, **rest} if isinstance(here, dict) else here, depth + 1)
