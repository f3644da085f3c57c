"""The schemas of a tool as agents see them: where a token is accepted or given, nothing forbids one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adaptgen.govern.tokenization.classification import Classification, Node
from adaptgen.govern.tokenization.json_redactor import key_kinds
from adaptgen.govern.tokenization.tool_plans import ToolTokenizationPlan
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.tables import Json
from adaptgen.syntax.json_pointer import local

_TIGHT: Final = frozenset(
    {"format", "pattern", "maxLength", "minLength", "enum", "const", "examples", "example", "default"}
    | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "contentEncoding"}
)
"""Keywords that a value may meet and its token not (JSON Schema 2020-12, validation)."""
_UNIONS: Final = ("anyOf", "oneOf", "allOf")
_DEEPEST: Final = 12


def advertised(tool: ToolInfo, kinds: frozenset[str], plan: ToolTokenizationPlan, *, api: bool) -> Mapping[str, Json]:
    """The Tool of ``tool`` with its schemas adjusted; the very same where nothing has to change.

    ``kinds``: those that become tokens. ``api``: the API is shielded, so agents send and receive values.
    """
    if api:
        return tool.wire
    wire = dict(tool.wire)
    given = wire.get("inputSchema")
    if isinstance(given, Mapping) and plan.takes:
        wire["inputSchema"] = _Relaxing(given, kinds, None).at(given, plan.arguments, "")
    answers = wire.get("outputSchema")
    if isinstance(answers, Mapping):
        wire["outputSchema"] = _Relaxing(answers, kinds, plan.declared).at(answers, plan.declared.root, "")
    same = all(wire.get(key) == tool.wire.get(key) for key in ("inputSchema", "outputSchema"))
    return tool.wire if same else wire


class _Relaxing:
    """``names``: names that classify, for answers; None for arguments, where only positions do."""

    def __init__(self, root: Mapping[str, Any], kinds: frozenset[str], names: Classification | None) -> None:
        self._root = root
        self._kinds = kinds
        self._names = names

    def at(self, schema: Any, node: Node | None, holder: str, kind: str | None = None, depth: int = 0) -> Any:
        """A copy of ``schema``, relaxed at and below ``node``."""
        if not isinstance(schema, Mapping) or depth > _DEEPEST or (node is None and kind is None and not self._names):
            return schema
        if node is not None and node.kind is not None:
            kind = node.kind
        if kind is not None or node is not None:
            target = self._target(schema.get("$ref"))
            if target is not None:
                rest = {key: one for key, one in schema.items() if key != "$ref"}
                return self.at({**target, **rest}, node, holder, kind, depth + 1)
        relaxed = dict(schema)
        for key in _UNIONS:
            if isinstance(schema.get(key), (list, tuple)):
                relaxed[key] = [self.at(one, node, holder, kind, depth + 1) for one in schema[key]]
        members = schema.get("properties")
        if isinstance(members, Mapping):
            relaxed["properties"] = self._members(members, node, holder, kind, depth + 1)
        below = node.each if node is not None else None
        for key in ("items", "additionalProperties"):
            if isinstance(schema.get(key), Mapping):
                relaxed[key] = self.at(schema[key], below, holder, kind, depth + 1)
        if kind in self._kinds and kind is not None and not isinstance(members, Mapping) and "items" not in schema:
            return _loose(relaxed, kind, said=self._names is None and depth <= 2)
        return relaxed

    def _members(
        self, members: Mapping[str, Any], node: Node | None, holder: str, kind: str | None, depth: int
    ) -> dict[str, Any]:
        return {
            name: self.at(one, node.at(name) if node else None, name, kind or self._kind(name, holder, one), depth)
            for name, one in members.items()
        }

    def _kind(self, name: str, holder: str, schema: Any) -> str | None:
        if self._names is None:
            return None
        said = schema.get("type") if isinstance(schema, Mapping) else None
        by_name = key_kinds(name, holder)
        text = by_name.text or ("name" if by_name.person and said == "string" else None)
        named = by_name.digits if said in ("integer", "number") else text
        return self._names.named(name, holder) or (None if said == "boolean" else named)

    def _target(self, reference: Any) -> Mapping[str, Any] | None:
        """The schema that a local reference names; None for anything else."""
        found = local(self._root, reference) if isinstance(reference, str) else None
        return found if isinstance(found, Mapping) else None


def _loose(schema: dict[str, Any], kind: str, *, said: bool) -> dict[str, Any]:
    """A string schema that a token satisfies; other types that it had stay possible."""
    loose = {key: one for key, one in schema.items() if key not in _TIGHT}
    types = schema.get("type")
    if isinstance(types, str) and types != "string":
        loose["type"] = [types, "string"]
    elif isinstance(types, (list, tuple)) and "string" not in types:
        loose["type"] = [*types, "string"]
    if said:
        text = str(schema.get("description") or "").rstrip()
        if text and not text.endswith((".", "!", "?")):
            text += "."
        loose["description"] = f"{text} Takes a tok_{kind}_… token.".lstrip()
    return loose
