"""What vendors' extensions say of an operation: whether agents see it, what it is called, what is sent without them.

Understood are ``x-mcp``, ``x-speakeasy-mcp`` and ``x-ms-visibility``; those about paging are read in
``extensions_paging``. Hints win over extensions, and these over inference. They come with the document, which may be
anybody's: they never make a write a read, and their texts are cleaned like all others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from adaptgen.model import tables as model
from adaptgen.model.tables import Json
from adaptgen.plan.document.reader import Operation, mapping
from adaptgen.plan.document.schemas import memory, shape
from adaptgen.source.hints.model import ArgumentHint, ToolHint
from adaptgen.syntax.templates import escape

if TYPE_CHECKING:
    from adaptgen.source import Document

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_DYNAMIC = ("x-ms-dynamic-values", "x-ms-dynamic-list", "x-ms-dynamic-schema", "x-ms-dynamic-properties")


@model.value()
class ExtensionHints:
    """What extensions say of one operation.

    ``hidden``: why it does not become a tool, "" if it does; ``name``: what its tool is called; ``description``: what
    is said of it instead of the summary; ``tags``: toolsets besides its own; ``writes``: it is said not to be
    read-only; ``arguments``: inputs with a value of their own.
    """

    hidden: str = ""
    name: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    writes: bool = False
    arguments: Mapping[str, ArgumentHint] = field(default_factory=dict)


NOTHING = ExtensionHints()


def described(operation: Operation, found: ExtensionHints) -> Operation:
    """``operation`` with the description and the tags that extensions give it."""
    if found.description:
        operation = replace(operation, summary="", description=found.description)
    if found.tags:
        operation = replace(operation, tags=tuple(dict.fromkeys((*operation.tags, *found.tags))))
    return operation


def under(found: ExtensionHints, hint: ToolHint | None) -> ToolHint | None:
    """The hint of a tool with what extensions say of its arguments where it says nothing."""
    if not found.arguments:
        return hint
    own = hint or ToolHint()
    return replace(own, arguments={**found.arguments, **own.arguments})


def read_extensions(document: Document, operation: Operation) -> ExtensionHints:
    """What the extensions say of ``operation``."""
    raw = operation.raw
    if not isinstance(raw, dict):
        return NOTHING
    mcp = _mcp(document, operation)
    speakeasy = raw.get("x-speakeasy-mcp")
    hidden = _hidden(document, operation, mcp, speakeasy)
    own = [one for one in (mcp, speakeasy) if isinstance(one, dict)]
    arguments = dict(_fixed(document, operation))
    if not own and not hidden and not arguments:
        return NOTHING
    return ExtensionHints(
        hidden=hidden,
        name=next((name for one in own if (name := _name(one.get("name")))), ""),
        description=next((one["description"] for one in own if _text(one.get("description"))), ""),
        tags=tuple(tag for one in own for tag in _texts(one.get("scopes")) + _texts(one.get("tags"))),
        writes=any(one.get("readOnlyHint") is False for one in own),
        arguments=arguments,
    )


def _mcp(document: Document, operation: Operation) -> Json:
    """``x-mcp`` of the operation, else that of its path, else the one of the document where it is a yes or no (a
    mapping at the root describes a server that exists already)."""
    if "x-mcp" in operation.raw:
        return operation.raw["x-mcp"]
    path = mapping(mapping(document.root.get("paths")).get(operation.written))
    if "x-mcp" in path:
        return path["x-mcp"]
    every = document.root.get("x-mcp")
    return every if isinstance(every, bool) else None


def _hidden(document: Document, operation: Operation, mcp: Json, speakeasy: Json) -> str:
    if mcp is False or (isinstance(mcp, dict) and _off(mcp)):
        return "x-mcp"
    if speakeasy is False or (isinstance(speakeasy, dict) and _off(speakeasy)):
        return "x-speakeasy-mcp"
    if operation.raw.get("x-ms-visibility") == "internal" and operation.id not in _looked_up(document):
        return "x-ms-visibility: internal"
    return ""


def _off(given: Mapping[str, Any]) -> bool:
    off = any(given.get(key) is True for key in ("disabled", "exclude", "hidden"))
    return off or any(given.get(key) is False for key in ("enabled", "include"))


def _looked_up(document: Document) -> frozenset[str]:
    """The operations that others name as the source of their inputs' values. They are internal to a form, whose fields
    they fill; an agent has no form and must ask them itself."""
    found: frozenset[str] | None = memory(document).get("looked up")
    if found is None:
        found = memory(document)["looked up"] = frozenset(_named(document.root))
    return found


def _named(root: Any) -> Iterator[str]:
    stack, seen = [root], set()
    while stack:
        node = stack.pop()
        if id(node) in seen or not isinstance(node, (dict, list)):
            continue
        seen.add(id(node))
        if isinstance(node, dict):
            for key in _DYNAMIC:
                name = mapping(node.get(key)).get("operationId")
                if isinstance(name, str):
                    yield name
            stack += node.values()
        else:
            stack += node


def _fixed(document: Document, operation: Operation) -> Iterator[tuple[str, ArgumentHint]]:
    """Inputs that are internal and have a default: it is sent, and agents do not see them."""
    for one in operation.parameters:
        raw = one.raw or {}
        schema = shape(document, one.schema)
        inner = schema.raw if isinstance(schema.raw, dict) else {}
        if "internal" in (raw.get("x-ms-visibility"), inner.get("x-ms-visibility")):
            yield from _with_default(one.name, raw.get("default", inner.get("default")))
    if operation.body is None:
        return
    for name, value in shape(document, operation.body.schema).properties.items():
        raw = mapping(value)
        if raw.get("x-ms-visibility") == "internal":
            yield from _with_default(name, raw.get("default"))


def _with_default(name: str, default: Json) -> Iterator[tuple[str, ArgumentHint]]:
    if isinstance(default, str):
        yield name, ArgumentHint(hide=True, value=escape(default))
    elif isinstance(default, (bool, int, float)):
        yield name, ArgumentHint(hide=True, value=default)


def _name(value: Json) -> str:
    """A name as tools are called: letters, digits and ``_``."""
    return value.replace("-", "_") if isinstance(value, str) and _NAME.fullmatch(value) else ""


def _text(value: Json) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _texts(value: Json) -> list[str]:
    return [one for one in value if isinstance(one, str) and one.strip()] if isinstance(value, list) else []
