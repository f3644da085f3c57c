"""Arguments that take names where the API wants ids: which list has the names, and where in its items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from adaptgen.diagnostics import Where, did_you_mean, error
from adaptgen.model.plan import Basis, Evidence
from adaptgen.model.tables import Call, Contract, Json, Lookup, Tool
from adaptgen.pii.field_kinds import kind_of
from adaptgen.plan.document.envelope import at, resource_words
from adaptgen.plan.document.exposure import ExposedTool
from adaptgen.plan.document.schemas import Leaf, leaves, shape
from adaptgen.syntax.identifiers import singular, words

if TYPE_CHECKING:
    from adaptgen.source import Document
    from adaptgen.source.hints.model import Hints

_IDS = ("id", "_id", "uuid", "guid", "uid", "pk", "key", "code", "sku", "slug", "name")
_LABELS = ("name", "title", "label", "code", "number", "no", "login", "username", "nickname", "symbol", "sku", "key",
           "slug")  # fmt: skip
_OF_ITSELF = frozenset({"code", "number", "no", "key"})
_MOST = 6
_TIGHT = frozenset({"format", "pattern", "enum", "const", "minLength", "maxLength", "contentEncoding", "examples"})


def looked_up(
    emitted: Sequence[ExposedTool], hints: Hints, document: Document
) -> tuple[list[ExposedTool], list[Evidence]]:
    """``emitted`` with the lookups that hints ask for, in their tools and contracts.

    Raises:
        AdaptgenError: AG037 for a list tool that is not there; AG039 for one that is no list or wants arguments, and
            for an argument that the tool does not take or that holds no ids.
    """
    tools = {old: one for one in emitted for old in one.tool.aliases} | {one.tool.name: one for one in emitted}
    made: list[ExposedTool] = []
    evidence: list[Evidence] = []
    for one in emitted:
        own = hints.tools.get(one.tool.name)
        operation = one.operation.key if one.operation is not None and one.document is document else ""
        learned = hints.learned.operations.get(operation) if hints.learned is not None else None
        given = {**(learned.arguments if learned else {}), **(own.arguments if own else {})}
        for key, argument in given.items():
            if argument.names is None:
                continue
            where = hints.where("tools", one.tool.name, "arguments", key, "names")
            is_learned = own is None or key not in own.arguments
            if is_learned and hints.learned is not None:
                where = hints.learned.where("operations", operation, "arguments", key, "names")
            name = _argument(one.tool, key)
            schema = one.contract.input_schema["properties"].get(name)
            if schema is None:
                raise error("AG039", f"{one.tool.name} takes no argument {key!r}", where, "names need an argument")
            lookup = _lookup(tools, argument.names, name, where)
            contract = _widened(one.contract, name, lookup, where)
            tool = replace(one.tool, lookups={**one.tool.lookups, name: lookup})
            one = replace(one, tool=tool, contract=contract)
            said = f"{name} takes {' or '.join(lookup.labels)} of {lookup.tool} for its {lookup.id}"
            basis: Basis = "learned" if is_learned else "hint"
            because = "learned by trying" if is_learned else "the hints say so"
            evidence.append(Evidence(tool.name, "argument", said, because, tool.source, basis))
        made.append(one)
    return made, evidence


def _lookup(tools: Mapping[str, ExposedTool], wanted: Lookup, name: str, where: Where) -> Lookup:
    found = tools.get(wanted.tool)
    if found is None:
        help = did_you_mean(wanted.tool, sorted(tools)) or "name a list tool of this server"
        raise error("AG037", f"no tool is called {wanted.tool!r}", where, help)
    if found.tool.page is None:
        raise error("AG039", f"{wanted.tool!r} is not a list, so it has no names", where, "name a list tool")
    if found.contract.input_schema.get("required"):
        message = f"{wanted.tool!r} cannot be read for names: it wants arguments"
        raise error("AG039", message, where, "name a list tool without required arguments")
    fields = _fields(found)
    resource = resource_words(found.operation) if found.operation is not None else ()
    id = wanted.id or _id(fields, name)
    return replace(wanted, tool=found.tool.name, id=id, labels=wanted.labels or _labels(fields, id, resource))


def _fields(found: ExposedTool) -> list[Leaf]:
    """The top fields of an item, as far as the document declares them."""
    page, operation, document = found.tool.page, found.operation, found.document
    response = operation.success() if operation is not None else None
    if page is None or response is None or response.schema is None or document is None:
        return []
    node = at(document, response.schema, page.items)
    inner = shape(document, node).items if node is not None else None
    return [one for one in leaves(document, inner) if one.path == one.name] if inner is not None else []


def _id(fields: Sequence[Leaf], argument: str) -> str:
    """What the API takes: ``id`` and the like, else the field with the name of the argument or of its last word."""
    names = {one.name.lower(): one.name for one in fields}
    tail = [*words(argument)][-1:]
    for wish in (*_IDS[:6], argument.lower(), *tail, *_IDS[6:]):
        if wish in names:
            return names[wish]
    ending = [one.name for one in fields if words(one.name)[-1:] == ("id",)]
    return ending[0] if ending else "id"


def _labels(fields: Sequence[Leaf], id: str, resource: Sequence[str]) -> tuple[str, ...]:
    """What people say: names and titles, then codes and logins; a code only if it is one of the item itself."""
    ranked: list[tuple[int, str]] = []
    for one in fields:
        *before, last = words(one.name) or ("",)
        if one.type not in (None, "string") or one.name == id or last not in _LABELS:
            continue
        if last in _OF_ITSELF and before and singular(before[-1]) not in resource:
            continue
        if kind_of(one.name, type="string") != "secret":
            ranked.append((_LABELS.index(last), one.name))
    return tuple(name for _, name in sorted(ranked)[:_MOST]) or ("name",)


def _argument(tool: Tool, key: str) -> str:
    """The argument that fills the input ``key``."""
    for call in (tool.call, *(step.call for step in tool.steps)):
        for param in _rows(call) if call is not None else ():
            if param.name == key and param.value is None:
                return str(param.arg or param.name)
    return key


def _rows(call: Call) -> list[Any]:
    rows = [*call.path_params, *call.query, *call.headers, *call.cookies]
    return [*rows, *call.body.params] if call.body is not None else rows


def _widened(contract: Contract, name: str, lookup: Lookup, where: Where) -> Contract:
    """The contract whose argument ``name`` takes text too, and says so."""
    schema = dict(contract.input_schema)
    properties = dict(schema["properties"])
    properties[name] = _open(properties[name], name, where)
    said = str(properties[name].get("description", "")).rstrip()
    more = f"You can also pass a name from {lookup.tool}."
    properties[name]["description"] = f"{said}{'' if not said or said[-1] in '.!?' else '.'} {more}".strip()
    return replace(contract, input_schema={**schema, "properties": properties})


def _open(schema: Json, name: str, where: Where) -> dict[str, Json]:
    said = dict(schema) if isinstance(schema, Mapping) else {}
    kinds = said.get("type")
    if kinds == "array" and isinstance(said.get("items"), Mapping):
        return {**said, "items": _open(said["items"], name, where)}
    if kinds in ("array", "object"):
        raise error("AG039", f"the argument {name!r} holds no ids", where, "names stand for ids: text or numbers")
    loose = {key: one for key, one in said.items() if key not in _TIGHT}
    if isinstance(kinds, str) and kinds != "string":
        loose["type"] = [kinds, "string"]
    elif isinstance(kinds, (list, tuple)) and "string" not in kinds:
        loose["type"] = [*kinds, "string"]
    return loose
