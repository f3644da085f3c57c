"""A tool of ``tools/list`` in fewer words: what a list within a budget leaves out, in five steps.

Names, types and what is required are never left out, nor are enums that are short. The text that is left out is in
the tool's contract, which ``describe_tool`` returns whole; arguments are checked against the whole contract too.
Standard library only: the build measures with it, servers and the proxy list with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from adaptgen.mcp.headers import ANNOTATION
from adaptgen.mcp.output_schema import output_schema
from adaptgen.model import frozen
from adaptgen.model.contract_file import OWN_ARGUMENTS
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Contract, Json, Tool

BUDGET = 32_000
"""Bytes of ``tools/list`` that are listed directly unless somebody says otherwise."""
ENVELOPE = 200
"""What surrounds the tools in the answer: JSON-RPC, the caching hints, the name of the server."""
_DEFAULTS = {"destructiveHint": True, "idempotentHint": False, "openWorldHint": True, "readOnlyHint": False}
"""What clients take for granted (ToolAnnotations of MCP)."""
_OWN = frozenset(OWN_ARGUMENTS)
_SENTENCE = lazy(r"(?<=[.!?])\s+(?=[A-Z`'\"])")
_ONE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
_SEVERAL = ("anyOf", "oneOf", "allOf", "prefixItems")
_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_INNER = (*_NAMED, *_ONE, *_SEVERAL)
_LISTED = frozenset({"const", "type", "$ref", "required", ANNOTATION})
_LEFT_OUT = frozenset({"title", "examples", "example", "$comment"})


@frozen.value()
class DetailLevel:
    """How much is left: ``text`` characters of the tool's description, ``argument`` of an argument's, ``nested`` of
    anything deeper; ``own``: whether the arguments that every tool of a kind has are described; ``depth``: levels
    of nested objects that are written out; ``limits``: whether patterns, bounds, formats and defaults are; ``enum``:
    values of an enum."""

    text: int
    argument: int
    nested: int
    own: bool
    depth: int
    limits: bool
    enum: int


STEPS = (
    DetailLevel(400, 160, 80, True, 8, True, 60),
    DetailLevel(200, 80, 40, False, 4, True, 25),
    DetailLevel(140, 40, 0, False, 3, False, 15),
    DetailLevel(100, 0, 0, False, 2, False, 8),
    DetailLevel(80, 0, 0, False, 1, False, 8),
)
"""From a list that has lost nothing but repetition to one of names and types."""


def listed(contract: Contract, tool: Tool | None = None) -> dict[str, Any]:
    """A contract as the Tool of MCP; of a ``tool`` with structured answers, what they look like too.

    The title is always there: some clients drop a tool without one.
    """
    wire: dict[str, Any] = {
        "name": contract.name,
        "title": contract.annotations.get("title") or contract.name.replace("_", " ").capitalize(),
        "description": contract.description,
        "inputSchema": dict(contract.input_schema),
    }
    if contract.annotations:
        wire["annotations"] = dict(contract.annotations)
    if tool is not None and tool.layout == "structured":
        wire["outputSchema"] = output_schema(tool, contract.returns)
    return wire


def size(tool: Mapping[str, Json]) -> int:
    """Bytes of one entry of the list that a model reads: clients check answers by an output schema, and keep it."""
    tool = {key: value for key, value in tool.items() if key != "outputSchema"}
    return len(json.dumps(tool, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")) + 1


def within(tools: Iterable[Mapping[str, Json]], budget: int) -> bool:
    """Whether the list of ``tools`` fits ``budget`` bytes; it is measured no further than that."""
    left = budget - ENVELOPE
    for tool in tools:
        left -= size(tool)
        if left < 0:
            return False
    return True


def fitting(
    tools: Sequence[Mapping[str, Json]], budget: int, finish: Callable[[dict[str, Any]], Mapping[str, Json]] = dict
) -> int | None:
    """The first step with which the list of ``tools`` fits: 0 for the list as it is, None where no step suffices.
    ``finish`` makes what is listed of what a step leaves."""

    def after(step: int) -> Iterable[Mapping[str, Json]]:
        return (finish(brief(tool, step)) for tool in tools)

    if within(after(0), budget):
        return 0
    # Most lists that do not fit never will: the last step tells so by the first tools.
    if not within(after(len(STEPS)), budget):
        return None
    return next((number for number in range(1, len(STEPS)) if within(after(number), budget)), len(STEPS))


def brief(tool: Mapping[str, Json], number: int) -> dict[str, Any]:
    """``tool``, an entry of the list, after step ``number`` of :data:`STEPS` (0: as it is)."""
    made: dict[str, Any] = dict(tool)
    if number <= 0:
        return made
    step = STEPS[number - 1]
    description = tool.get("description")
    if isinstance(description, str):
        made["description"] = sentence(description, step.text)
    title = tool.get("title")
    if isinstance(title, str) and number > 2:
        made["title"] = shorten(title, 40)
    annotations = tool.get("annotations")
    if isinstance(annotations, dict):
        kept = {
            key: value
            for key, value in annotations.items()
            if _DEFAULTS.get(key) is not value and not (key == "title" and isinstance(title, str))
        }
        if kept.get("readOnlyHint") is True:
            # Both speak of what changes something (MCP, ToolAnnotations).
            kept.pop("destructiveHint", None)
            kept.pop("idempotentHint", None)
        made["annotations"] = kept
        if not kept:
            del made["annotations"]
    schema = tool.get("inputSchema")
    if isinstance(schema, dict):
        made["inputSchema"] = _arguments(schema, step)
    return made


def _arguments(schema: Mapping[str, Any], step: DetailLevel) -> dict[str, Any]:
    made = dict(schema)
    properties = schema.get("properties")
    if isinstance(properties, dict):
        required = schema.get("required")
        needed = required if isinstance(required, list) else []
        made["properties"] = {
            name: _part(
                one,
                step,
                0 if name in _OWN and not step.own else step.argument if name not in needed else step.argument * 2,
                step.depth,
            )
            for name, one in properties.items()
        }
    if not step.limits:
        # Unknown arguments are refused all the same.
        made.pop("additionalProperties", None)
    for key in ("$schema", "title", "description", "examples"):
        made.pop(key, None)
    return made


def _part(schema: Json, step: DetailLevel, text: int, depth: int) -> Json:
    if not isinstance(schema, dict):
        return schema
    made = {key: value for key, value in schema.items() if key not in _INNER and _is_listed(key, value, step, text)}
    if "description" in made:
        made["description"] = sentence(made["description"], text)
    inner = {key: schema[key] for key in _INNER if key in schema}
    below = depth - 1 if inner.keys() & {"properties", "anyOf", "oneOf"} else depth
    if depth <= 0 or (below <= 0 and inner.keys() & {"properties", *_SEVERAL}):
        # What is not written out takes any value of its type; the contract says which.
        made.pop("required", None)
        if "anyOf" in inner or "oneOf" in inner:
            return _alternatives(made, schema)
        return made
    text = min(text, step.nested)
    for key, value in inner.items():
        if key in _NAMED and isinstance(value, dict):
            made[key] = {name: _part(one, step, text, below) for name, one in value.items()}
        elif key in _SEVERAL and isinstance(value, list):
            made[key] = [_part(one, step, text, below) for one in value]
        elif isinstance(value, dict):
            made[key] = _part(value, step, text, below)
        elif key != "additionalProperties" or step.limits:
            made[key] = value
    return made


def _is_listed(key: str, value: Json, step: DetailLevel, text: int) -> bool:
    """Whether a keyword without schemas in it is listed; ``text``: characters of a description."""
    if key in _LEFT_OUT:
        return False
    if key == "description":
        return bool(text) and isinstance(value, str)
    if key == "enum":
        return not isinstance(value, list) or len(value) <= step.enum
    return step.limits or key in _LISTED


def _alternatives(made: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """The types of alternatives that are not written out, where all of them have one."""
    types: list[Any] = []
    for one in [*(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())]:
        kind = one.get("type") if isinstance(one, dict) else None
        if kind is None:
            return made
        types += kind if isinstance(kind, list) else [kind]
    unique = list(dict.fromkeys(types))
    if "type" not in made and unique:
        made["type"] = unique[0] if len(unique) == 1 else unique
    return made


def sentence(text: str, cap: int) -> str:
    """``text`` if it is short, else its first sentences within ``cap`` characters, else words of the first."""
    if len(text) <= cap:
        return text
    said = ""
    for one in _SENTENCE.split(text):
        if said and len(said) + len(one) + 1 > cap:
            break
        said = f"{said} {one}" if said else one
    return shorten(said, cap)


def shorten(text: str, cap: int) -> str:
    """At most ``cap`` characters, cut between words."""
    if len(text) <= cap:
        return text
    head = text[: max(cap - 1, 0)]
    space = head.rfind(" ")
    return (head[:space] if space >= cap // 2 else head).rstrip(" ,;:(") + "…"
