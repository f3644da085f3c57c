"""Contract files, ``tools/<module>.json``: what they leave out, and what the runtime adds.

An entry holds the arguments of the API: ``{"description", "arguments", "required", "annotations"}``. The arguments of
the runtime are added when the file is read; ``adds`` names them where they are not those that :func:`names_added`
returns. An entry with ``inputSchema`` has the whole schema instead (what is written by hand). ``returns`` has the types
of the view's fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adaptgen.model.tables import Contract, Json, Tool

_TEXTS: Final = {"type": "string"}
OWN_ARGUMENTS: Final[Mapping[str, Json]] = {
    "cursor": {"type": "string", "description": "`next_cursor` of the previous answer"},
    "limit": {"type": "integer", "description": "Items per answer", "minimum": 1},
    "fields": {
        "type": "array",
        "description": 'Paths to return instead of the default ones; ["*"] for all',
        "items": _TEXTS,
    },
    "where": {
        "type": "object",
        "description": "JSON: path -> value, [values] or {op: value}; = != > >= < <= contains in",
    },
    "sort": {"type": "array", "description": "Paths; -path: largest first", "items": _TEXTS},
    "count": {"type": "string", "description": "true: how many; a path: how many of each value"},
    "distinct": {"type": "string", "description": "A path: its values"},
    "sum": {"type": "string", "description": "A path (or a, b): its sum"},
    "avg": {"type": "string", "description": "Its average"},
    "min": {"type": "string", "description": "Its smallest number or date"},
    "max": {"type": "string", "description": "Its largest"},
    "group_by": {"type": "string", "description": "1 or 2 paths: count, sum, … for each value"},
    "dry_run": {"type": "boolean", "description": "Return the request instead of sending it"},
}
"""The arguments of the runtime itself, in the order in which they are listed. No input of the API has such a name."""
QUESTIONS: Final = ("where", "sort", "count", "distinct", "sum", "avg", "min", "max", "group_by")
"""Those that ask about all items of a list."""

_OF_WRITES: Final = ("dry_run",)
_OF_RECORDS: Final = ("fields",)
_OF_LISTS: Final = tuple(name for name in OWN_ARGUMENTS if name != "dry_run")
_ADDED: Final = {names: {name: OWN_ARGUMENTS[name] for name in names} for names in (_OF_WRITES, _OF_RECORDS, _OF_LISTS)}


def names_added(tool: Tool) -> tuple[str, ...]:
    """The arguments that the runtime adds to most tools like this one."""
    if tool.effect != "read":
        return _OF_WRITES
    return _OF_RECORDS if tool.page is None else _OF_LISTS


def read_contract(name: str, entry: Mapping[str, Any], tool: Tool | None) -> Contract:
    """The contract of the tool called ``name``, as agents see it. ``tool``: its table; None where it has none.

    Raises:
        KeyError: a member is missing.
        TypeError: a member is not of its type.
    """
    schema = entry["inputSchema"] if "inputSchema" in entry else _schema(entry, tool)
    if not isinstance(schema, dict) or not isinstance(schema.get("properties", {}), dict):
        raise TypeError(f"inputSchema of {name!r} is not an object schema")
    return Contract(
        name=name,
        description=str(entry.get("description", "")),
        input_schema=schema,
        annotations=entry.get("annotations") or {},
        returns=entry.get("returns") or {},
    )


def _schema(entry: Mapping[str, Any], tool: Tool | None) -> dict[str, Json]:
    names = tuple(entry["adds"]) if "adds" in entry else names_added(tool) if tool is not None else ()
    added = _ADDED.get(names) or {name: OWN_ARGUMENTS[name] for name in names}
    schema: dict[str, Json] = {"type": "object", "properties": {**entry["arguments"], **added}}
    if "required" in entry:
        schema["required"] = entry["required"]
    schema["additionalProperties"] = False
    return schema


def entry_of(contract: Contract, tool: Tool) -> dict[str, Json]:
    """The entry of a contract: what :func:`read_contract` makes the same contract of."""
    schema = contract.input_schema
    entry: dict[str, Json] = {"description": contract.description}
    properties = schema.get("properties", {})
    own = tuple(name for name in properties if name in OWN_ARGUMENTS)
    usual = schema.keys() <= {"type", "properties", "required", "additionalProperties"} and (
        schema.get("type") == "object" and schema.get("additionalProperties") is False
    )
    last = tuple(properties)[len(properties) - len(own) :]
    if usual and own == last and all(properties[name] == OWN_ARGUMENTS[name] for name in own):
        entry["arguments"] = {name: one for name, one in properties.items() if name not in OWN_ARGUMENTS}
        if "required" in schema:
            entry["required"] = schema["required"]
        if own != names_added(tool):
            entry["adds"] = list(own)
    else:
        entry["inputSchema"] = schema
    entry["annotations"] = contract.annotations
    if contract.returns:
        entry["returns"] = contract.returns
    return entry
