"""What model providers refuse in a tool, as a table: who refuses it, how it is recognised, and who says so.

A provider refuses the whole request for one such tool. ``openai`` is function calling without ``strict``,
``openai-strict`` with it; ``gemini`` is the OpenAPI subset of the Gemini API and Vertex AI (``parameters``, which most
clients send), ``client`` what MCP clients add to names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from adaptgen.model import frozen
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Json
from adaptgen.syntax.identifiers import vocabulary

PROVIDERS: Final = ("anthropic", "openai", "gemini", "openai-strict")
"""Whose rules are checked; those of clients belong to all of them."""

_NAME = lazy(r"[a-zA-Z0-9_-]+")
_KEY = lazy(r"[a-zA-Z0-9_.-]{1,64}")
_TYPES: Final = frozenset({"string", "integer", "number", "boolean", "array", "object"})
_GEMINI_KEYWORDS: Final = vocabulary(
    "type format title description nullable enum items properties required anyOf default minItems maxItems "
    "minProperties maxProperties minimum maximum minLength maxLength pattern example propertyOrdering "
    "x-mcp-header"  # the last is of MCP (SEP-2243), read and removed by the client
)
_STRICT_KEYWORDS: Final = vocabulary(
    "type description title properties required additionalProperties items enum const anyOf $ref $defs pattern format "
    "multipleOf minimum maximum exclusiveMinimum exclusiveMaximum minItems maxItems"
)
_GEMINI_FORMATS: Final[Mapping[str, frozenset[str]]] = {
    "string": frozenset({"enum", "date-time"}),
    "integer": frozenset({"int32", "int64"}),
    "number": frozenset({"float", "double"}),
}
_STRICT_PROPERTIES, _STRICT_LEVELS, _STRICT_VALUES = 5000, 10, 1000


@frozen.value()
class Node:
    """One schema of a tool: its place, and how deep in objects it is. ``root``: the schema of all arguments."""

    schema: Mapping[str, Any]
    path: str
    level: int
    root: bool


@frozen.value()
class Rule:
    """``refuses`` returns what is wrong with a schema, or "". ``sources``: documentation, or threads with the error."""

    name: str
    providers: tuple[str, ...]
    text: str
    refuses: Callable[[Node], str]
    sources: tuple[str, ...]


@frozen.value()
class Violation:
    """A rule that a tool breaks, at ``path`` in its input schema."""

    tool: str
    provider: str
    rule: str
    path: str
    detail: str

    def __str__(self) -> str:
        return f"{self.tool}{self.path}: {self.detail} ({self.provider}: {self.rule})"


def _type_list(node: Node) -> str:
    kinds = node.schema.get("type")
    return f"type is a list: {', '.join(map(str, kinds))}" if isinstance(kinds, list) else ""


def _no_type(node: Node) -> str:
    return "" if "type" in node.schema or "anyOf" in node.schema or "$ref" in node.schema else "there is no type"


def _unknown_type(node: Node) -> str:
    kind = node.schema.get("type")
    return f"type {kind}" if isinstance(kind, str) and kind not in _TYPES else ""


def _no_items(node: Node) -> str:
    kinds = node.schema.get("type")
    array = kinds == "array" or (isinstance(kinds, list) and "array" in kinds)
    return "array without items" if array and not isinstance(node.schema.get("items"), dict) else ""


def _no_members(node: Node) -> str:
    # A tool without arguments has an object without members: MCP wants it, and clients leave `parameters` out.
    return "" if node.root or node.schema.get("type") != "object" or node.schema.get("properties") else "no properties"


def _not_an_object(node: Node) -> str:
    if not node.root:
        return ""
    if node.schema.get("type") != "object":
        return "the arguments are not an object"
    if not isinstance(node.schema.get("properties"), dict):
        return "no properties"
    unions = sorted({"anyOf", "oneOf", "allOf", "enum", "not"} & node.schema.keys())
    return f"{unions[0]} at the root" if unions else ""


def _other_keywords(known: frozenset[str]) -> Callable[[Node], str]:
    def refuses(node: Node) -> str:
        unknown = sorted(node.schema.keys() - known)
        return f"keyword {unknown[0]}" if unknown else ""

    return refuses


def _beside_any_of(node: Node) -> str:
    others = sorted(node.schema.keys() - {"anyOf"}) if "anyOf" in node.schema else ()
    return f"{others[0]} next to anyOf" if others else ""


def _bad_enum(node: Node) -> str:
    values = node.schema.get("enum")
    if values is None:
        return ""
    if node.schema.get("type") != "string":
        return "enum of a type that is not string"
    if not isinstance(values, list) or not values or not all(isinstance(one, str) for one in values):
        return "enum of values that are not strings"
    return "empty value in an enum" if "" in values else ""


def _bad_format(node: Node) -> str:
    said, kind = node.schema.get("format"), node.schema.get("type")
    known = _GEMINI_FORMATS.get(kind, frozenset()) if isinstance(kind, str) else frozenset()
    return f"format {said}" if said is not None and said not in known else ""


def _misplaced(node: Node) -> str:
    if node.schema.get("type") == "object":
        needed = node.schema.get("required") or ()
        absent = [name for name in needed if name not in (node.schema.get("properties") or {})]
        return f"required {absent[0]} is not a property" if absent else ""
    found = [key for key in ("properties", "required") if key in node.schema]
    return f"{found[0]} of a type that is not object" if found else ""


def _bad_key(node: Node) -> str:
    bad = [name for name in node.schema.get("properties") or {} if not _KEY.fullmatch(name)]
    return f"property {bad[0][:80]!r}" if bad else ""


def _open_object(node: Node) -> str:
    kinds = node.schema.get("type")
    if kinds != "object" and not (isinstance(kinds, list) and "object" in kinds):
        return ""
    if node.schema.get("additionalProperties") is not False:
        return "additionalProperties is not false"
    absent = [name for name in node.schema.get("properties") or {} if name not in (node.schema.get("required") or ())]
    return f"property {absent[0]!r} is not required" if absent else ""


def _deep(node: Node) -> str:
    return f"{node.level} levels of objects" if node.level > _STRICT_LEVELS else ""


_GEMINI_SCHEMA = "https://ai.google.dev/api/caching#Schema"
_STRUCTURED = "https://platform.openai.com/docs/guides/structured-outputs#supported-schemas"

RULES: Final = (
    Rule("root-object", PROVIDERS, "The arguments are an object with properties, and no union.", _not_an_object, (
        "https://platform.openai.com/docs/guides/function-calling",
        "https://github.com/grafana/mcp-grafana/issues/390",
        "https://github.com/Azure/azure-mcp/issues/197",
    )),
    Rule("type-list", ("anthropic", "openai", "gemini"), "One type, not a list of types.", _type_list, (
        _GEMINI_SCHEMA,
        "https://github.com/taylorwilsdon/google_workspace_mcp/issues/1099",
        "https://github.com/github/copilot-cli/issues/4623",
        "https://github.com/google-gemini/gemini-cli/issues/21094",
    )),
    Rule("items", PROVIDERS, "An array says what it holds.", _no_items, (
        "https://github.com/google-gemini/gemini-cli/issues/5694",
        _GEMINI_SCHEMA,
    )),
    Rule("property-name", PROVIDERS, "Property names: [a-zA-Z0-9_.-], at most 64 characters.", _bad_key, (
        "https://github.com/anthropics/claude-code/issues/79418",
        "https://github.com/ComposioHQ/composio/issues/3500",
    )),
    Rule("type", ("gemini", "openai-strict"), "Each schema has a type.", _no_type, (_GEMINI_SCHEMA, _STRUCTURED)),
    Rule("known-type", ("gemini",), "The types of OpenAPI 3.0.", _unknown_type, (_GEMINI_SCHEMA,)),
    Rule("keyword", ("gemini",), "The keywords of the OpenAPI subset.", _other_keywords(_GEMINI_KEYWORDS), (
        _GEMINI_SCHEMA,
        "https://cloud.google.com/vertex-ai/docs/reference/rest/v1/Schema",
        "https://github.com/danny-avila/LibreChat/pull/13850",
        "https://github.com/promptfoo/promptfoo/pull/6904",
    )),
    Rule("members", ("gemini", "openai-strict"), "An object has properties.", _no_members, (
        "https://github.com/MarkusPfundstein/mcp-obsidian/issues/21",
        "https://github.com/googleapis/js-genai/issues/708",
        _STRUCTURED,
    )),
    Rule("any-of-alone", ("gemini",), "anyOf has no siblings (Vertex AI).", _beside_any_of, (
        "https://github.com/anomalyco/opencode/issues/15795",
        "https://github.com/anomalyco/opencode/issues/14788",
    )),
    Rule("enum", ("gemini",), "Enums are strings, none of them empty.", _bad_enum, (
        "https://github.com/lobehub/lobehub/pull/14740",
        "https://github.com/anomalyco/opencode/pull/46676",
        "https://github.com/router-for-me/CLIProxyAPI/pull/4688",
    )),
    Rule("format", ("gemini",), "Formats: enum, date-time, int32, int64, float, double.", _bad_format, (
        "https://github.com/google-gemini/gemini-cli/issues/3178",
        _GEMINI_SCHEMA,
    )),
    Rule("object-keywords", ("gemini",), "properties and required belong to objects.", _misplaced, (
        "https://github.com/anomalyco/opencode/issues/11889",
        "https://github.com/Kilo-Org/kilocode/pull/11955",
    )),
    Rule("strict-keyword", ("openai-strict",), "The keywords of strict mode.", _other_keywords(_STRICT_KEYWORDS), (
        _STRUCTURED,
    )),
    Rule("closed", ("openai-strict",), "Every object is closed, every property required.", _open_object, (
        _STRUCTURED,
        "https://github.com/dust-tt/dust/pull/27635",
    )),
    Rule("levels", ("openai-strict",), f"At most {_STRICT_LEVELS} levels of objects.", _deep, (_STRUCTURED,)),
)  # fmt: skip
"""Each rule with those who refuse what breaks it."""


def check_tool(tool: Mapping[str, Json], provider: str) -> Iterator[Violation]:
    """What ``provider`` refuses in an entry of ``tools/list``."""
    name = str(tool.get("name", ""))
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        detail = f"{len(name)} characters" if _NAME.fullmatch(name) else "characters other than [a-zA-Z0-9_-]"
        yield Violation(name, provider, "tool-name", "", detail)
    schema = tool.get("inputSchema")
    rules = [rule for rule in RULES if provider in rule.providers]
    properties = values = 0
    for node in nodes(schema if isinstance(schema, Mapping) else {}):
        properties += len(node.schema.get("properties") or ())
        values += len(node.schema.get("enum") or ())
        for rule in rules:
            if detail := rule.refuses(node):
                yield Violation(name, provider, rule.name, node.path, detail)
    if provider == "openai-strict" and (properties > _STRICT_PROPERTIES or values > _STRICT_VALUES):
        yield Violation(name, provider, "size", "", f"{properties} properties, {values} values of enums")


def nodes(schema: Mapping[str, Any], path: str = "", level: int = 1, *, root: bool = True) -> Iterator[Node]:
    """``schema`` and every schema in it."""
    yield Node(schema, path, level, root)
    for key in ("properties", "$defs", "definitions", "patternProperties"):
        members = schema.get(key)
        for name, one in members.items() if isinstance(members, Mapping) else ():
            if isinstance(one, Mapping):
                below = f"{path}.{name}" if key == "properties" else f"{path}.{key}.{name}"
                yield from nodes(one, below, level + bool(_is_object(one)), root=False)
    for key in ("items", "additionalProperties", "not"):
        one = schema.get(key)
        if isinstance(one, Mapping):
            yield from nodes(
                one, f"{path}[]" if key == "items" else f"{path}.{key}", level + _is_object(one), root=False
            )
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        several = schema.get(key)
        for at, one in enumerate(several if isinstance(several, (list, tuple)) else ()):
            if isinstance(one, Mapping):
                yield from nodes(one, f"{path}|{at}", level + _is_object(one), root=False)


def _is_object(schema: Mapping[str, Any]) -> int:
    return int(isinstance(schema.get("properties"), Mapping))


LONGEST: Final = 48
"""Characters: clients put the server's name before the tool's, and some count 60 for both."""

_OTHERS = lazy(r"[^a-zA-Z0-9_-]+")


def short_name(name: str) -> str:
    """``name`` in ``[a-zA-Z0-9_-]`` and at most :data:`LONGEST` characters: itself, or its first words with a digest;
    the same for the same name."""
    plain = _OTHERS.sub("_", name)
    if len(plain) <= LONGEST and plain:
        return plain
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:6]
    head = plain[: LONGEST - len(digest)]
    words = head.rpartition("_")[0].rstrip("_")
    # A name of one long word is cut inside it.
    return f"{words if len(words) > LONGEST // 2 else head[:-1]}_{digest}"
