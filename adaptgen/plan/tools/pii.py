"""Which fields and arguments of a tool hold personal data, and of what kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from adaptgen.model.tables import Paging
from adaptgen.pii.field_kinds import (
    described_kind,
    is_described_as_secret,
    is_person,
    is_thing,
    kind_within,
    leans,
    may_name_person,
    reaches_holder,
    says_nothing,
)
from adaptgen.plan.document.envelope import CONTAINERS, at
from adaptgen.plan.document.schemas import Leaf, every_property, identity, join, leaves, memory, shape
from adaptgen.plan.document.shapes import Shape
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.json_pointer import escape_key

if TYPE_CHECKING:
    from adaptgen.plan.facts import OperationFacts
    from adaptgen.source import Document
    from adaptgen.source.hints.model import Hints, ToolHint

Json = Any


def find_sensitive(
    facts: OperationFacts,
    page: Paging | None,
    arguments: Mapping[str, Json] | Iterable[str],
    hints: Hints,
    tool_hint: ToolHint | None = None,
    *,
    answer: str = "$",
) -> tuple[dict[str, str], dict[str, str]]:
    """Path -> kind for every declared field of the answer, and argument -> kind (JSON Pointer -> kind inside objects).

    Paths are relative to one item of a list (``page``), else to the payload at JSONPath ``answer``. ``arguments``:
    names, or name -> schema. Hints add and override; the kind ``none`` says that something is not personal. In hints
    ``$..name`` means every field and argument called ``name``; ``$`` before any other path means the whole body.
    """
    hinted = {**hints.sensitive, **(tool_hint.sensitive if tool_hint is not None else {})}
    anywhere = {path[3:]: kind for path, kind in hinted.items() if path.startswith("$..")}
    exact = {path: kind for path, kind in hinted.items() if not path.startswith("$")}
    document, holder, record = facts.document, facts.holder, record_of(facts, page, answer)
    found = classify_record(document, record, holder, anywhere) | exact
    found |= _below(document, record, exact)
    inputs: dict[str, str] = {}
    for name, schema in (arguments if isinstance(arguments, Mapping) else dict.fromkeys(arguments)).items():
        one = shape(document, schema)
        if kind := exact.get(name) or anywhere.get(name) or _kind(name, name, one.type, one.format, holder):
            inputs[name] = kind
        elif one.properties or one.items is not None:
            inputs |= _inside(document, name, schema, exact, anywhere)
    return _real(found), _real(inputs)


def _below(document: Document, record: Json | None, exact: Mapping[str, str]) -> dict[str, str]:
    """Hinted paths that the payload does not declare and an object in it does: hints may have been written when that
    object was the payload."""
    one = shape(document, record)
    found: dict[str, str] = {}
    for path, kind in exact.items() if one.properties else ():
        head = re.split(r"[.\[]", path, maxsplit=1)[0]
        if head not in one.properties:
            inner = [key for key, node in one.properties.items() if head in shape(document, node).properties]
            found |= {f"{join('', key)}{'' if path.startswith('[') else '.'}{path}": kind for key in inner}
    return found


def find_plain(hints: Hints, tool_hint: ToolHint | None) -> tuple[str, ...]:
    """What hints say is not personal: paths, and ``$..name`` for every field of that name."""
    hinted = {**hints.sensitive, **(tool_hint.sensitive if tool_hint is not None else {})}
    return tuple(sorted(path for path, kind in hinted.items() if kind == "none"))


def _real(kinds: Mapping[str, str]) -> dict[str, str]:
    return {path: kind for path, kind in kinds.items() if kind != "none"}


def classify_record(
    document: Document, record: Json, holder: str, anywhere: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """Path -> kind of the fields of a record, by their names and by what holds them: an object in it, or ``holder``.
    Read once for all operations that answer with the same record."""
    if record is None:
        return {}
    known, key = memory(document), ("outward", identity(record), holder, tuple(anywhere.items()))
    if key not in known:
        kinds: dict[str, str] = {}
        for leaf in leaves(document, record):
            if leaf.path and not leaf.write_only:
                kind = anywhere.get(leaf.name) or _kind(leaf.path, leaf.name, leaf.type, leaf.format, holder)
                if kind is None and leaf.type == "string" and not leaf.enum:
                    kind = _told(document, record, leaf, holder)
                if kind:
                    kinds[leaf.path] = kind
        _ask(document, record, holder, kinds, anywhere)
        # The node is kept beside the result, so that no other can take its place in memory.
        known[key] = (record, kinds)
    return dict(known[key][1])


def _ask(document: Document, record: Json, holder: str, kinds: Mapping[str, str], anywhere: Mapping[str, str]) -> None:
    """Remember the texts next to personal data of a record that stay in clear, and of which nothing says what they
    are."""
    personal = {fields.keys_of(path)[:-1] for path, kind in kinds.items() if kind != "secret"}
    asked = memory(document).setdefault("clear", {})
    for leaf in leaves(document, record) if personal else ():
        keys = fields.keys_of(leaf.path) if leaf.path else ()
        plain = leaf.type == "string" and not (leaf.enum or leaf.format or leaf.write_only or leaf.name in anywhere)
        if plain and keys[:-1] in personal and leaf.path not in kinds and says_nothing(leaf.name):
            object = holder_of(document, record, keys)
            asked.setdefault(object.name or (keys[-2] if len(keys) > 1 else holder), {})[leaf.name] = None


def clear_texts(document: Document) -> Mapping[str, Sequence[str]]:
    """Object -> its texts that stay in clear next to personal data, in all answers that were read."""
    return {name: sorted(texts) for name, texts in sorted(memory(document).get("clear", {}).items())}


def _told(document: Document, record: Json, leaf: Leaf, holder: str) -> str | None:
    """The kind of a text whose name alone says nothing: what its description says, or what holds it."""
    if is_described_as_secret(leaf.name, leaf.description):
        return "secret"
    keys = fields.keys_of(leaf.path)
    if may_name_person(leaf.name):
        key = next((key for key in reversed(keys[:-1]) if key.lower() not in CONTAINERS), holder)
        if _names_person(document, holder_of(document, record, keys), key):
            return "name"
    return described_kind(leaf.name, leaf.description) if not leaf.format else None


def _names_person(document: Document, holder: Shape, key: str) -> bool:
    """Whether the name of an object is that of a person. A schema with a name of its own is the same wherever it is
    referenced: of a person where it is called one, or where one of the places that refer to it is, and of nobody where
    it is called an organisation or a thing. Where people and things share a schema, ``key`` decides, which refers to
    it. Next to an e-mail address, a phone number or the like a name is a person's."""
    if holder.name and (is_person(holder.name) or is_thing(holder.name)):
        return is_person(holder.name)
    places = {key, *(references(document).get(holder.pointer, ()) if holder.pointer else ())}
    if any(map(is_thing, places)):
        return is_person(key)
    return any(map(is_person, places)) or any(
        reaches_holder(name, type=one.type, format=one.format) for name, one in _members(document, holder)
    )


def _members(document: Document, holder: Shape) -> Iterator[tuple[str, Shape]]:
    return ((name, shape(document, node)) for name, node in holder.properties.items())


def holder_of(document: Document, record: Json, keys: Sequence[str]) -> Shape:
    """The object that declares the last of ``keys`` in a record."""
    here = _object_at(document, record, tuple(keys[:-1]))
    if keys[-1] in here.properties or not here.variants:
        return here
    inner = (shape(document, variant) for variant in here.variants)
    return next((one for one in inner if keys[-1] in one.properties), here)


def _object_at(document: Document, record: Json, keys: tuple[str, ...]) -> Shape:
    """The object under ``keys`` in a record, or in the elements of a list there; read once."""
    known, place = memory(document), ("object", identity(record), keys)
    if place not in known:
        here = shape(document, record) if not keys else _object_at(document, record, keys[:-1])
        if keys:
            nodes = here.properties if keys[-1] in here.properties else every_property(document, here)
            here = shape(document, nodes[keys[-1]]) if keys[-1] in nodes else Shape()
        while here.items is not None and not here.properties:
            here = shape(document, here.items)
        # The node is kept next to the result, so that no other can take its place in memory.
        known[place] = (record, here)
    return cast("Shape", known[place][1])


def references(document: Document) -> Mapping[str, frozenset[str]]:
    """Pointer of each schema -> the properties of the document that refer to it, themselves or their elements."""
    known = memory(document)
    if "references" not in known:
        found: dict[str, set[str]] = {}
        _collect(document.root, "", found)
        known["references"] = {pointer: frozenset(names) for pointer, names in found.items()}
    return cast("Mapping[str, frozenset[str]]", known["references"])


def _collect(node: Json, name: str, found: dict[str, set[str]]) -> None:
    """Put every reference below ``node`` into ``found``; ``name``: the property whose schema it belongs to."""
    waiting = [(node, name)]
    seen: set[tuple[int, str]] = set()  # aliases of YAML share nodes, so that a small text can be a large tree
    while waiting:
        node, name = waiting.pop()
        if not isinstance(node, (dict, list)) or (id(node), name) in seen:
            continue
        seen.add((id(node), name))
        if isinstance(node, list):
            waiting += [(element, name) for element in node]
        else:
            if name and isinstance(target := node.get("$ref"), str):
                found.setdefault(target, set()).add(name)
            properties = node.get("properties")
            for key, inner in node.items():
                if inner is properties and isinstance(inner, dict):
                    waiting += [(schema, str(member)) for member, schema in inner.items()]
                else:
                    waiting.append((inner, name if key in _SAME else ""))


_SAME = frozenset({"items", "allOf", "anyOf", "oneOf"})
"""Keywords below which a schema is still that of its property."""


def _kind(path: str, name: str, type: str | None, format: str | None, holder: str) -> str | None:
    """By the name, and by what holds the field: ``holder`` where the path does not say."""
    try:
        keys = [one for one in fields.parse(path) if isinstance(one, str)]
    except ValueError:
        keys = []
    return kind_within(name, keys[-2] if len(keys) > 1 else holder, type=type, format=format)


def _inside(
    document: Document, name: str, schema: Json, exact: Mapping[str, str], anywhere: Mapping[str, str]
) -> dict[str, str]:
    """JSON Pointer -> kind for what an object or list argument holds."""
    found: dict[str, str] = {}
    every, telling = _inner(document, schema)
    for segments, leaf in every if exact or anywhere else telling:
        kind = exact.get(fields.text((name, *segments))) if exact else None
        keys = [name, *(one for one in segments if isinstance(one, str))]
        kind = kind or anywhere.get(leaf.name) or kind_within(leaf.name, keys[-2], type=leaf.type, format=leaf.format)
        if kind and not leaf.read_only:
            steps = ["*" if not isinstance(one, str) else escape_key(one) for one in (name, *segments)]
            found["/" + "/".join(steps)] = kind
    return found


_Inner = list[tuple[tuple[Any, ...], Leaf]]


def _inner(document: Document, schema: Json) -> tuple[_Inner, _Inner]:
    """What a schema holds below names, and which of that may be personal; read once for all arguments of the schema."""
    known, key = memory(document), ("sensitive", identity(schema))
    if key not in known:
        split = [(tuple(fields.parse(leaf.path)) if leaf.path else (), leaf) for leaf in leaves(document, schema)]
        # Elements of a list are what the argument is.
        every = [one for one in split if any(isinstance(step, str) for step in one[0])]
        telling = [
            (segments, leaf)
            for segments, leaf in every
            if leans(leaf.name) or kind_within(leaf.name, "", type=leaf.type, format=leaf.format)
        ]
        # The node is kept beside the result, so that no other can take its place in memory.
        known[key] = (schema, every, telling)
    return known[key][1], known[key][2]


def record_of(facts: OperationFacts, page: Paging | None, answer: str) -> Json | None:
    """The schema of what is answered: of one item of a list, else of the payload."""
    if facts.schema is None:
        return None
    node = at(facts.document, facts.schema, page.items if page is not None else answer)
    return shape(facts.document, node).items if page is not None and node is not None else node
