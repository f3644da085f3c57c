"""Cedar schemas from tools: what a policy can say about callers, servers and the arguments of tools.

One action per tool, ``<server>__<tool>``, in the groups ``read``, ``write`` or ``delete`` (its effect), ``open`` (it
is permitted without a policy) and ``server:<name>``. ``context.input`` holds its arguments, typed from the JSON Schema:
string -> String, integer -> Long, number -> decimal, boolean -> Bool, array -> Set, object with properties -> record,
null -> absent; text or another scalar -> String. What none of Cedar's types can hold (other unions, maps, free objects,
recursion) is left out, there and from the context of a call, so a policy that names it does not validate.
``context.creates`` is there for tools that change a record or create it: whether the call creates.
``Action::"approve"`` is about approving a call of another tool: ``context.own`` is true where it is the approver's own,
and ``context.input`` holds the arguments of the tools that write, as far as these agree on their types.
``context.paths`` holds every field that ``fields``, ``where``, ``sort``, ``count``, ``sum`` and the others name. https://docs.cedarpolicy.com/schema/human-readable-schema.html
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import Literal, TypeAlias

from adaptgen.model.frozen import lazy, value
from adaptgen.model.tables import Contract, Effect, Json, Tool
from adaptgen.syntax.json_pointer import local

CALLER, GROUP, SERVER = "Caller", "Group", "Server"
READ, WRITE, DELETE, OPEN = "read", "write", "delete", "open"
DETOKENIZE = "detokenize"
APPROVE = "approve"
OTHERS = ("prompt", "resource", "completion")

Primitive: TypeAlias = Literal["String", "Long", "Bool", "decimal"]
Type: TypeAlias = "Primitive | SetOf | Record"

_PRIMITIVES: Mapping[str, Primitive] = {
    "string": "String",
    "integer": "Long",
    "number": "decimal",
    "boolean": "Bool",
}
# Deeper or larger than anything that a policy speaks of; what lies beyond is left out.
_DEPTH = 8
_ATTRIBUTES = 1000

_IDENTIFIER = lazy(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_WORDS = frozenset(("true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar"))
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# Letters by their category that show nothing.
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")
RESERVED = frozenset(("__entity", "__extn", "__expr"))
"""Keys that turn a JSON object into something else for Cedar. No attribute ever has such a name."""


@value()
class SetOf:
    """``Set<element>``."""

    element: Type


@value()
class Record:
    """Attributes by name; those of ``required`` are always there."""

    attributes: Mapping[str, Type] = field(default_factory=dict)
    required: frozenset[str] = frozenset()


@value(kw_only=True)
class Action:
    """The action of one tool. ``open``: its server is trusted and it is permitted without a policy; ``creates``: it
    changes a record, or creates a missing one; ``was``: the actions of its earlier names, which policies may still
    name."""

    id: str
    server: str
    effect: Effect
    open: bool
    input: Record
    creates: bool = False
    was: tuple[str, ...] = ()

    def groups(self) -> tuple[str, ...]:
        """The action groups that it is in."""
        return action_groups(self.effect, self.server, open=self.open)


def action_groups(effect: str, server: str, *, open: bool) -> tuple[str, ...]:
    """The groups of the action of a tool with that effect."""
    return (*((OPEN,) if open else ()), effect, server_group(server))


def server_group(server: str) -> str:
    """The action group of all tools of a server."""
    return f"server:{server}"


def action_id(server: str, tool: str) -> str:
    """The identifier of the action of a server's own ``tool``."""
    return f"{server}__{tool}"


def tool_action(server: str, tool: Tool, contract: Contract) -> Action:
    """The action of a tool of a generated server: open where it only reads."""
    return Action(
        id=action_id(server, tool.name),
        server=server,
        effect=tool.effect,
        open=tool.effect == READ,
        input=input_record(contract.input_schema),
        creates=tool.update is not None and tool.update.creates,
        was=tuple(action_id(server, name) for name in tool.aliases),
    )


# ------------------------------------------------------------------------------------------------- JSON Schema -> types


def input_record(schema: Mapping[str, Json]) -> Record:
    """The record of a tool's arguments, by its input schema (JSON Schema 2020-12)."""
    found = _Reader(schema).record(schema, 0)
    return found if found is not None else Record()


class _Reader:
    """Reads the schemas of one tool; ``_left`` attributes may still be added."""

    def __init__(self, root: Mapping[str, Json]) -> None:
        self._root = root
        self._left = _ATTRIBUTES

    def record(self, schema: Mapping[str, Json], depth: int) -> Record | None:
        """The record of an object with known properties; None where it has none that Cedar can hold."""
        properties = schema.get("properties")
        if not isinstance(properties, Mapping):
            return None
        given = schema.get("required")
        wanted = {name for name in given if isinstance(name, str)} if isinstance(given, (list, tuple)) else set()
        attributes: dict[str, Type] = {}
        required: set[str] = set()
        for name in sorted(properties):
            if name in RESERVED or not _encodable(name):
                continue
            kind = self.type(properties[name], depth + 1)
            if kind is None:
                continue
            self._left -= 1
            if self._left < 0:
                break
            attributes[name] = kind
            if name in wanted and not self._nullable(properties[name]):
                required.add(name)
        return Record(attributes, frozenset(required)) if attributes else None

    def type(self, schema: Json, depth: int) -> Type | None:
        """The type of what fits ``schema``; None where Cedar has none for it."""
        schema = self._resolved(schema)
        if schema is None or depth > _DEPTH:
            return None
        for name in ("anyOf", "oneOf", "allOf"):
            branches = schema.get(name)
            if isinstance(branches, (list, tuple)) and "type" not in schema and "properties" not in schema:
                return self._one(branches, depth)
        kinds = _types(schema)
        if "string" in kinds and kinds <= _PRIMITIVES.keys():
            return "String"  # a number or a truth value beside text is judged as the text that it is
        if len(kinds) != 1:
            return None
        (kind,) = kinds
        if kind == "array":
            element = self.type(schema.get("items"), depth + 1)
            return SetOf(element) if element is not None else None
        if kind == "object":
            return self.record(schema, depth)
        return _PRIMITIVES.get(kind)

    def _one(self, branches: Iterable[Json], depth: int) -> Type | None:
        """The type that all branches agree on, but for null."""
        found: list[Type | None] = []
        for branch in branches:
            schema = self._resolved(branch)
            if schema is None or _types(schema) != {"null"}:
                found.append(self.type(branch, depth + 1))
        first = found[0] if found else None
        return first if all(one == first for one in found) else None

    def _nullable(self, schema: Json) -> bool:
        schema = self._resolved(schema)
        if schema is None:
            return True
        kind = schema.get("type")
        if kind == "null" or (isinstance(kind, (list, tuple)) and "null" in kind):
            return True
        if schema.get("nullable") is True or None in _listed(schema.get("enum")):
            return True
        branches = [*_listed(schema.get("anyOf")), *_listed(schema.get("oneOf"))]
        return any(self._nullable(one) for one in branches)

    def _resolved(self, schema: Json) -> Mapping[str, Json] | None:
        """``schema`` behind its references; None where they lead nowhere, away or around."""
        for _ in range(_DEPTH):
            if type(schema) is not dict and not isinstance(schema, Mapping):
                return None
            reference = schema.get("$ref")
            if not isinstance(reference, str):
                return schema
            schema = self._target(reference)
        return None

    def _target(self, reference: str) -> Json:
        found: Json = local(self._root, reference)
        return found


def _types(schema: Mapping[str, Json]) -> set[str]:
    """The JSON types that ``schema`` names, or that its values have, without null (alone, null stays)."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return {kind}
    if isinstance(kind, (list, tuple)):
        kinds = {one for one in kind if isinstance(one, str)}
    elif "const" in schema:
        kinds = {_type_of(schema["const"])}
    elif "enum" in schema:
        kinds = {_type_of(one) for one in _listed(schema["enum"])}
    else:
        kinds = {"object"} if isinstance(schema.get("properties"), Mapping) else set()
    if kinds == {"integer", "number"}:
        return {"number"}
    return kinds - {"null"} or kinds


def _type_of(value: Json) -> str:
    if value is None:
        return "null"
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string")):
        if isinstance(value, kind):
            return name
    return "other"


def _listed(value: Json) -> list[Json]:
    return list(value) if isinstance(value, (list, tuple)) else []


def _encodable(name: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in name)


# ----------------------------------------------------------------------------------------------------- the schema


def caller_record(claims: Iterable[str]) -> Record:
    """The attributes of callers. ``claims``: the names of the claims that the settings keep.

    Each is there twice: ``claims`` has it as a string where it is a string, a number or a boolean, ``lists`` as a set
    of strings where it is a list of them (or one).
    """
    names = sorted({name for name in claims if _encodable(name) and name not in RESERVED})
    return Record(
        {
            "sub": "String",
            "tenant": "String",
            "groups": SetOf("String"),
            "claims": Record(dict.fromkeys(names, "String")),
            "lists": Record(dict.fromkeys(names, SetOf("String"))),
        },
        frozenset(("sub", "tenant", "groups", "claims", "lists")),
    )


_SERVER = Record({"name": "String"}, frozenset(("name",)))
_DETOKENIZE = Record(dict.fromkeys(("tool", "effect", "kind"), "String"), frozenset(("tool", "effect", "kind")))
_OTHER = Record({"name": "String"}, frozenset(("name",)))


def call_context(action: Action) -> Record:
    """What policies read of a call of a tool."""
    attributes: dict[str, Type] = {"input": action.input, "paths": SetOf("String")}
    if action.creates:
        attributes = {"creates": "Bool", **attributes}
    return Record(attributes, frozenset(attributes))


def approval_context(actions: Iterable[Action]) -> Record:
    """What policies read of a call that is to be approved: an argument is there if every tool that writes and has it
    gives it the same type."""
    found: dict[str, Type | None] = {}
    for action in actions:
        if action.effect == READ:
            continue
        for name, kind in action.input.attributes.items():
            found[name] = kind if found.get(name, kind) == kind else None
    same = {name: kind for name, kind in sorted(found.items()) if kind is not None}
    attributes: dict[str, Type] = {
        "tool": "String",
        "effect": "String",
        "own": "Bool",
        "input": Record(dict(list(same.items())[:_ATTRIBUTES])),
    }
    return Record(attributes, frozenset(attributes))


def schema_text(actions: Iterable[Action], claims: Iterable[str] = ()) -> str:
    """The schema in Cedar's own syntax: deterministic, sorted, for people and for ``cedarpy.Schema.from_str``."""
    actions = _every_name(actions)
    lines = [
        f"entity {GROUP};",
        f"entity {CALLER} in [{GROUP}] {_shown(caller_record(claims), 0)};",
        f"entity {SERVER} {_shown(_SERVER, 0)};",
        "",
        *(f"action {quoted(group)};" for group in _groups(actions)),
        "",
    ]
    special = {APPROVE: approval_context(actions), DETOKENIZE: _DETOKENIZE, **dict.fromkeys(OTHERS, _OTHER)}
    lines += [f"action {quoted(name)} {_applies(context)};" for name, context in special.items()]
    for action in actions:
        members = ", ".join(quoted(group) for group in action.groups())
        context = call_context(action)
        lines += ["", f"action {quoted(action.id)} in [{members}] {_applies(context)};"]
    return "\n".join(lines) + "\n"


def schema_json(actions: Iterable[Action], claims: Iterable[str] = ()) -> str:
    """The same schema in Cedar's JSON syntax, as Verified Permissions takes it (PutSchema)."""
    actions = _every_name(actions)
    entities: dict[str, Json] = {
        GROUP: {},
        CALLER: {"memberOfTypes": [GROUP], "shape": _json_type(caller_record(claims))},
        SERVER: {"shape": _json_type(_SERVER)},
    }
    made: dict[str, Json] = {group: {} for group in _groups(actions)}
    special = {APPROVE: approval_context(actions), DETOKENIZE: _DETOKENIZE, **dict.fromkeys(OTHERS, _OTHER)}
    made |= {name: _json_applies(context) for name, context in special.items()}
    for action in actions:
        context = call_context(action)
        made[action.id] = {"memberOf": [{"id": group} for group in action.groups()], **_json_applies(context)}
    return json.dumps({"": {"entityTypes": entities, "actions": made}}, indent=2, sort_keys=True) + "\n"


def _every_name(actions: Iterable[Action]) -> list[Action]:
    """The actions, and one more for each earlier name that no tool has now, by their identifiers."""
    actions = tuple(actions)
    found = {old: replace(action, id=old) for action in actions for old in action.was}
    found |= {action.id: action for action in actions}
    return [found[id] for id in sorted(found)]


def _groups(actions: Iterable[Action]) -> list[str]:
    return [READ, WRITE, DELETE, OPEN, *sorted({server_group(action.server) for action in actions})]


def _applies(context: Record) -> str:
    return f"appliesTo {{\n  principal: {CALLER},\n  resource: {SERVER},\n  context: {_shown(context, 1)},\n}}"


def _shown(kind: Type, depth: int) -> str:
    if isinstance(kind, str):
        return kind
    if isinstance(kind, SetOf):
        return f"Set<{_shown(kind.element, depth)}>"
    if not kind.attributes:
        return "{}"
    inner = "  " * (depth + 1)
    lines = (
        f"{inner}{_name(name)}{'' if name in kind.required else '?'}: {_shown(one, depth + 1)},"
        for name, one in kind.attributes.items()
    )
    return "\n".join(("{", *lines, "  " * depth + "}"))


def _json_applies(context: Record) -> dict[str, Json]:
    return {
        "appliesTo": {"principalTypes": [CALLER], "resourceTypes": [SERVER], "context": _json_type(context)},
    }


def _json_type(kind: Type) -> dict[str, Json]:
    if isinstance(kind, SetOf):
        return {"type": "Set", "element": _json_type(kind.element)}
    if isinstance(kind, Record):
        attributes = {
            name: {**_json_type(one), "required": name in kind.required} for name, one in kind.attributes.items()
        }
        return {"type": "Record", "attributes": attributes}
    if kind == "decimal":
        return {"type": "Extension", "name": "decimal"}
    return {"type": "Boolean" if kind == "Bool" else kind}


def _name(name: str) -> str:
    return name if _IDENTIFIER.match(name) and name not in _WORDS else quoted(name)


def quoted(text: str) -> str:
    """``text`` as a string literal of Cedar; what a reader cannot see is escaped."""
    return '"' + "".join(_ESCAPES.get(char) or _visible(char) for char in text) + '"'


def _visible(char: str) -> str:
    # By the Unicode version that every Python has: the text is the same whichever Python writes it.
    shown = " " <= char <= "~" or (unicodedata.ucd_3_2_0.category(char)[0] in "LN" and char not in _FILLERS)
    return char if shown else f"\\u{{{ord(char):x}}}"
