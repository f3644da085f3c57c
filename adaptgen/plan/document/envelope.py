"""Where the records of a list are in its answer, and what is next to them.

An answer is a list when it is an array, or an object whose main array is what the path asks for: the array bears the
resource's name or one that envelopes use, or it is alone among words *about* a list. A record that happens to hold
arrays is not one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from adaptgen.model.evidence import Row, Table
from adaptgen.model.tables import value
from adaptgen.plan.document.reader import is_json
from adaptgen.plan.document.schemas import Shape, every_property, shape
from adaptgen.syntax.identifiers import singular, vocabulary, words
from adaptgen.views.vocabulary import identifies, is_wrapper_word

if TYPE_CHECKING:
    from adaptgen.plan.document.reader import Operation, Response
    from adaptgen.source import Document

Json = Any

# What envelopes call their records, the clearest first.
CONTAINERS = [
    "items",
    "results",
    "data",
    "records",
    "value",
    "entries",
    "entry",
    "rows",
    "list",
    "objects",
    "elements",
    "content",
    "contents",
    "member",
    "members",
    "nodes",
    "edges",
    "resources",
    "entities",
    "collection",
    "docs",
    "documents",
    "hits",
    "values",
    "result",
    "response",
    "payload",
    "output",
]
# What stands around records: counts, paging, links, outcome.
_ABOUT = vocabulary(
    "total count page pages per size limit offset next previous prev first last cursor cursors token links link "
    "meta metadata pagination paging paginator info status success ok error errors message messages warnings "
    "warning code request id kind etag self href url uri type object has more num number start end index max min "
    "query took time timestamp context version api envelope response result results returned available skip top "
    "sort order filter filters facets aggregations self sync timed out sum range results empty numberofelements "
    "elements marker continuation continue included jsonapi warnings trace duration elapsed current items "
    "available incomplete scroll hits matched displayed"
)
_WRAPPER = vocabulary(
    "data result results response payload d _embedded embedded body hits output items content list page "
    "collection resultset queryresult"
)
# `pageDetails`, `result_info`: two words for a block about paging.
_ABOUT_PAGES = vocabulary("page paging pagination pager paginator result results list response collection")
_TELLS = vocabulary("info information details metadata meta context data state")
_PAGE_WORDS = vocabulary(
    "paginacao paginacion meta metadata pagination paging page pages pageinfo cursors cursor links paginator"
)


@value()
class Sibling:
    """A property next to the records or in a block about paging: its keys from the body's root, and its shape."""

    keys: tuple[str, ...]
    shape: Shape

    @property
    def path(self) -> str:
        return jsonpath(self.keys)


@value()
class Envelope:
    """``items``: JSONPath of the records. ``siblings``: what is next to them. ``item``: the schema of a record.
    ``names``: the members of the answer's root."""

    items: str
    item: Json
    siblings: tuple[Sibling, ...]
    because: str
    names: frozenset[str] = frozenset()


def jsonpath(keys: tuple[str, ...]) -> str:
    """The JSONPath (RFC 9535) of nested members: ``$.data.items``, ``$["@odata.nextLink"]``."""
    return "$" + "".join(f".{key}" if re.fullmatch(r"[A-Za-z_]\w*", key) else f"[{json.dumps(key)}]" for key in keys)


_STEP = re.compile(r"""\.([^.\[\]]+)|\[(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\*|-?\d+))\]""")


def at(document: Document, schema: Json, path: str) -> Json | None:
    """The schema of what JSONPath ``path`` (members, ``[*]`` and indexes only) leads to; None where it is unknown."""
    here, position = schema, 1
    if not path.startswith("$"):
        return None
    while position < len(path):
        step = _STEP.match(path, position)
        if not step:
            return None
        position = step.end()
        one = shape(document, here)
        key = step[1] or step[2] or step[3]
        here = one.items if key is None or key == "*" else one.properties.get(key)
        if here is None:
            return None
    return here


def resource_words(operation: Operation) -> tuple[str, ...]:
    """The words of what the path's last literal segment names: ``/api/sales-orders/`` -> ``("sale", "order")``."""
    for part in reversed([part for part in operation.path.split("/") if part]):
        if part.startswith("{") or not (said := words(part.split(".")[0] if part.rfind(".") > 0 else part)):
            continue
        if len(said) == 1 and (re.fullmatch(r"v\d*|\d+", said[0]) or said[0] in _VERBS):
            continue
        return tuple(singular(word) for word in said)
    return ()


def segment_words(operation: Operation) -> frozenset[tuple[str, ...]]:
    """The words of every literal segment of the path."""
    parts = re.split(r"[/.:]", re.sub(r"\{[^{}]*\}", "", operation.path))
    return frozenset(tuple(map(singular, words(part))) for part in parts if part)


def names_several(operation: Operation) -> bool:
    """Whether the path ends in a plural, or in a word that searches."""
    last = operation.path.rstrip("/").rpartition("/")[2].partition(".")[0]
    said = words(last)[-1:]
    return (
        "{" not in last
        and bool(said)
        and (singular(said[0]) != said[0] or said[0] in {"search", "list", "find", "page"})
    )


_VERBS = vocabulary("search find list query filter all lookup json xml index get browse v")


def ends_in_placeholder(operation: Operation) -> bool:
    """Whether the path names one record: its last segment is a placeholder, but not of a format (``.{format}``)."""
    parts = [part for part in operation.path.split("/") if part]
    return bool(parts) and "{" in _FORMAT.sub("", parts[-1])


# `.{format}`, and a method of a record that lists what it has: `/users/{id}:list-aliases`.
_FORMAT = re.compile(
    r"\.\{\w*(?:format|ext|extension|type)\}$|^\{[^{}]*\}(?=:(?:list|search|find|query)(?![a-z]))", re.IGNORECASE
)


def find_envelope(
    document: Document,
    answer: Response | None,
    resource: tuple[str, ...],
    *,
    segments: frozenset[tuple[str, ...]] = frozenset(),
    names_record: bool = False,
    names_several: bool = False,
    paged: bool = False,
    sized: bool = False,
    told: bool = False,
    onward: frozenset[str] = frozenset(),
) -> Envelope | None:
    """How ``answer`` holds a list of ``resource``; None where it is not a list. ``segments``: the words of every
    literal segment of the path; ``names_record``: the path names one record; ``names_several``: it ends in a plural;
    ``paged``: the operation has parameters for paging, which speaks for a list; ``sized``: it has both a position and a
    size; ``told``: a description mentions a list; ``onward``: members that an input takes to go on."""
    if answer is None or (answer.media is not None and not is_json(answer.media)):
        return None
    reader = _Reader(document, resource, names_record, paged, segments if sized else None, onward)
    given = _Answer(reader, answer.schema, names_several=names_several, told=told)
    row = ENVELOPE.strongest(given)
    if row is None:
        return None
    envelope: Envelope = getattr(given, row.answer)
    return replace(envelope, because=envelope.because or row.because)


class _Answer:
    """An answer that may be or hold a list, as each way to hold one."""

    def __init__(self, reader: _Reader, schema: Json, *, names_several: bool, told: bool) -> None:
        self.reader, self.document, self.schema = reader, reader.document, schema
        self.names_several, self.told = names_several, told
        self.shape = shape(self.document, schema)

    @property
    def is_unsaid(self) -> bool:
        """Whether nothing is said of the answer to who asks for a part of a list."""
        asked = self.reader.sized and (self.names_several or self.told or not self.reader.detail)
        return asked and _is_unsaid(self.document, self.shape)

    @cached_property
    def arrays(self) -> Envelope | None:
        """The answer is an array, whichever of its variants it is."""
        array = self.reader.array(self.schema)
        return None if array is None else Envelope("$", array.items, (), "")

    @cached_property
    def held(self) -> Envelope | None:
        return self.reader.read(self.shape) if self.shape.properties else None

    @cached_property
    def variants(self) -> Envelope | None:
        """The list that every variant holds at one place, or is itself."""
        if not self.reader.sized or self.shape.properties:
            return None
        options = [shape(self.document, option) for option in self.shape.variants]
        lists = [option for option in options if option.type == "array"]
        found = [self.reader.read(option) for option in options if option.properties]
        if not found or None in found or len(found) + len(lists) < len(options):
            return None
        if lists:  # alone or in an object: it is looked for in each answer
            return Envelope("$", lists[0].items, found[0].siblings, "", found[0].names) if found[0] else None
        return found[0] if len({one.items for one in found if one}) == 1 else None

    @property
    def whole(self) -> Envelope:
        return Envelope("$", None, (), "")

    @property
    def record(self) -> Envelope:
        return Envelope("$", self.schema, (), "")

    @property
    def is_item(self) -> bool:
        """Whether a record is declared where its list comes: the path names several, and the record is one with an
        identity. Next to a position and a size it may hold lists, of which it mostly does not consist."""
        one, reader = self.shape, self.reader
        if not (reader.paged and self.names_several and any(is_key(key, reader.resource) for key in one.properties)):
            return False
        shapes = {key: shape(self.document, node) for key, node in one.properties.items()}
        lists = [key for key, inner in shapes.items() if shape(self.document, inner.items).properties]
        values = [key for key, inner in shapes.items() if not inner.properties and inner.items is None]
        if reader.sized:
            return len(values) > 2 * len(lists) and not any(map(_counts, shapes))
        return not lists and not any(map(_leads_on, shapes))


ENVELOPE: Table[_Answer] = Table(
    "where is the list in the answer?",
    Row(60, "the answer is not described, and a part of a list is asked for", lambda a: a.is_unsaid, "whole"),
    Row(50, "the answer is an array", lambda a: a.arrays, "arrays"),
    Row(40, "the answer holds the list", lambda a: a.held, "held"),
    Row(30, "every form of the answer holds the list", lambda a: a.variants, "variants"),
    Row(20, "one record is declared in the place of a list", lambda a: a.is_item, "record"),
)
"""``answer``: the property of an answer that holds the envelope."""


_BESIDE = _WRAPPER | {"reason"}
_SCALARS = {"integer", "number", "string", "boolean"}


def _says_outcome(members: Mapping[str, Shape]) -> bool:
    """Whether members say which part of a list came, or how the call went, and nothing else."""
    part = _echoes(members) and all(_is_part(key) or _about(key) for key in members)
    outcome = all(is_wrapper_word(key, of_list=True) and key.lower() not in _WRAPPER for key in members)
    return (part or outcome) and {known.type for known in members.values()} <= _SCALARS


def _is_unsaid(document: Document, one: Shape) -> bool:
    """Whether nothing is said of an answer, or only what wraps something of which nothing is said, or which part of a
    list it is."""
    if one.properties:
        inner = {key: shape(document, node) for key, node in one.properties.items()}
        held = [key for key, known in inner.items() if key.lower() in _WRAPPER and known.type in (None, "object")]
        if len(held) == 1:
            beside = all(is_wrapper_word(key, of_list=True) or key.lower() in _BESIDE for key in inner)
            return beside and not inner[held[0]].properties and _is_unsaid(document, inner[held[0]])
        if len(inner) == 1:
            only = next(iter(inner.values()))
            return bool(only.properties) and _echoes(only.properties) and _is_unsaid(document, only)
        return _says_outcome(inner)
    bare = one.type in (None, "object") and one.additional in (True, False)
    return bare and one.items is None and not one.variants and set(one.types) <= {"object", "array", "null"}


def is_key(key: str, resource: tuple[str, ...]) -> bool:
    """Whether a member is the identity of a record of ``resource``: ``id``, ``fileId`` of files."""
    said = words(key)
    return identifies(key) or (len(said) > 1 and said[-1] == "id" and said[:-1] == resource[-len(said) + 1 :])


Keys: TypeAlias = tuple[str, ...]
Found: TypeAlias = tuple[Keys, Json, str]
"""The keys of a list, the schema of a record, and why it is the list."""


class _Reader:
    """``segments``: the words of the path's segments where a position and a size ask for a part of a list, else
    None."""

    def __init__(
        self,
        document: Document,
        resource: tuple[str, ...],
        detail: bool,
        paged: bool,
        segments: frozenset[tuple[str, ...]] | None = None,
        onward: frozenset[str] = frozenset(),
    ) -> None:
        self.document, self.resource = document, resource
        self.detail, self.paged, self.onward = detail, paged, onward
        self.sized, self.segments = segments is not None, segments or frozenset()

    def read(self, root: Shape) -> Envelope | None:
        found = self.found_in(root, ())
        if found is None:
            return None
        keys, item, because = found
        return Envelope(jsonpath(keys), item, tuple(self.siblings(root, keys)), because, frozenset(root.properties))

    def found_in(self, one: Shape, above: Keys) -> Found | None:
        """The list in an object, or one level down: ``{"data": {"items": […]}}``, ``{"_embedded": {"orders": […]}}``;
        where pages are asked for, further down. Of the ways that lead down the first that leads to one list."""
        if found := self.main(one, above):
            return found
        inner = {
            key: within for key, node in one.properties.items() if (within := shape(self.document, node)).properties
        }
        for way in (self.in_wrapper, self.listed, self.in_page, self.in_metadata, self.in_all):
            if lower := [found for key, within in inner.items() if (found := way(one, within, (*above, key)))]:
                return lower[0] if len(lower) == 1 else None
        return None

    def in_wrapper(self, root: Shape, one: Shape, keys: Keys) -> Found | None:
        if not self.wraps(keys[-1], root):
            return None
        return self.found_in(one, keys) if self.paged and len(keys) < 4 else self.main(one, keys)

    def listed(self, root: Shape, one: Shape, keys: Keys) -> Found | None:
        """``{"topic_list": {"topics": […], …}, "users": […]}``: what is called the list of something holds it."""
        said = words(keys[-1])
        if len(said) < 2 or said[-1] not in _LIST_OF:
            return None
        of = tuple(map(singular, said[:-1]))
        for name, inner in one.properties.items():
            if tuple(map(singular, words(name))) == of and (array := self.array(inner)) is not None:
                return (*keys, name), array.items, f"the list of what {keys[-1]!r} names:"
        return None

    def in_page(self, root: Shape, one: Shape, keys: Keys) -> Found | None:
        """``{"albums": {"items": […], "next": …}}``: nothing but the page of a list, or an object that says it is
        one."""
        if not self.paged or any(is_key(key, self.resource) for key in root.properties):
            return None
        lower = self.main(one, keys) if len(root.properties) == 1 or _echoes(one.properties) else None
        return lower if lower and lower[2].startswith("an envelope's") else None

    def in_metadata(self, root: Shape, one: Shape, keys: Keys) -> Found | None:
        """``{"status": 200, "meta": {"contacts": […]}}``: the records are where others have metadata."""
        lower = self.main(one, keys) if all(map(_about, root.properties)) else None
        return lower if lower and lower[2].startswith("named") else None

    def in_all(self, root: Shape, one: Shape, keys: Keys) -> Found | None:
        """``{"reply": {"data": {"items": […]}}}``: what an object holds alone."""
        alone = self.paged and not self.detail and len(root.properties) == 1
        return self.found_in(one, keys) if alone and len(keys) < 3 else None

    def wraps(self, key: str, root: Shape) -> bool:
        if key.lower() in _WRAPPER:
            return True
        others = [name for name in root.properties if name != key]
        said = tuple(map(singular, words(key)))
        asked = said == self.resource or (self.paged and set(said) <= set(self.resource))
        return asked and all(_about(name) for name in others)

    def main(self, one: Shape, above: Keys) -> Found | None:
        arrays = {key: found for key, node in one.properties.items() if (found := self.array(node)) is not None}
        if self.are_columns(arrays):
            return None
        asked = {key for key in arrays if tuple(map(singular, words(key))) == self.resource}
        arrays = {key: found for key, found in arrays.items() if key in asked or self.may_hold(key, found)}
        if not arrays and self.sized and _echoes(one.properties):
            arrays = self.untyped(one)
        others = [key for key in one.properties if key not in arrays]
        meta = all(_about(key) or key in self.onward for key in others)
        best, because, clear = self.pick(one, arrays, others, meta)
        if best is None:
            return None
        named = because.startswith("named")
        signs = self.paged or any(map(_counts, others))
        if self.is_one(one, best, clear=named or clear, named=named, signs=signs, page=self.is_page(others)):
            return None
        if not self.paged and not named and self.tells(arrays[best], others):
            return None
        record = self.is_record(one, others)
        if not self.is_list(record, meta=meta, clear=clear, named=named, signs=signs):
            return None
        return (*above, best), arrays[best].items, f"{because} {best!r}"

    def are_columns(self, arrays: Mapping[str, Shape]) -> bool:
        """Whether the arrays are the columns of one table, which positions join: the ids, and what belongs to each."""
        return (
            "ids" in arrays
            and len(arrays) > 1
            and not any(shape(self.document, one.items).properties for one in arrays.values())
        )

    def untyped(self, one: Shape) -> dict[str, Shape]:
        """``{"page": 1, "total": 9, "list": …}``: what has the name of a list and no type."""
        named = {key: shape(self.document, node) for key, node in one.properties.items() if key.lower() in CONTAINERS}
        return {key: known for key, known in named.items() if not (known.type or known.properties or known.variants)}

    def pick(
        self, one: Shape, arrays: Mapping[str, Shape], others: list[str], meta: bool
    ) -> tuple[str | None, str, bool]:
        """The array that is the list, why, and whether that is clear."""
        best, because, clear = self.choose(arrays, meta) if arrays else (None, "", False)
        page = self.is_page(others)
        if best is None and arrays and (page or not (self.detail or self.is_record(one, others))):
            best, because, clear = self.main_of_several(one, arrays, page=page)
        # The only records next to a position and a total are those that the position counts.
        return best, because, clear or (self.paged and len(arrays) == 1 and _echoes(others))

    def may_hold(self, key: str, array: Shape) -> bool:
        """Whether an array of this name may be the list: messages of mail have an id, those of an outcome have not."""
        never = _NEVER | {"metadata", "meta"} if self.paged else _NEVER
        if key.lower() not in never and not set(words(key)) & _FAILED:
            return True
        members = shape(self.document, array.items).properties
        return key.lower() in ("messages", "notifications") and any(words(name)[-1:] == ("id",) for name in members)

    def is_page(self, others: list[str]) -> bool:
        """Whether what is next to the arrays says which part of a list it is, and inputs ask for one."""
        return self.paged and any(self.leads_on(key) or "".join(words(key)) in _PART for key in others)

    def leads_on(self, key: str) -> bool:
        return _leads_on(key) or key in self.onward

    def main_of_several(self, one: Shape, arrays: Mapping[str, Shape], *, page: bool) -> tuple[str | None, str, bool]:
        """Of several arrays the one that is required; in a ``page`` before it what is called the list of something, or
        the only one of objects."""
        objects = [key for key, array in arrays.items() if shape(self.document, array.items).properties]
        lists = [key for key in objects if len(words(key)) > 1 and words(key)[-1] in _LIST_OF]
        required = [key for key in objects if key in one.required]
        for group, because in ((lists, "called a list:"), (objects, "the only array of objects:"),
                               (required, "the only array that is required:")):  # fmt: skip
            if len(group) == 1 and (page or group is required):
                return group[0], because, True
        return None, "", False

    def is_list(self, record: bool, *, meta: bool, clear: bool, named: bool, signs: bool) -> bool:
        """Whether an object with an array is a list of it. ``record``: it has an identity; ``meta``: what is next
        to the array is about the list; ``clear`` and ``named``: the array is the one that is meant, by its name or by
        that of the resource; ``signs``: something is about pages."""
        if self.detail:
            if record and not self.paged:
                return False  # an invoice with its items, whatever else it counts
            if not signs and not (clear and meta and not record):
                return False
        if record and (self.detail or not named) and not (signs and clear):
            return False
        return meta or clear or named or signs

    def is_one(self, one: Shape, best: str, *, clear: bool, named: bool, signs: bool, page: bool) -> bool:
        """Whether the object is one record that holds the array ``best``: what is next to it does not only wrap it.
        Reference lists may be next to the list that the path asks for; in a ``page``, anything but an identity."""
        every = every_property(self.document, one)
        beside = {key: shape(self.document, node) for key, node in every.items() if key != best}
        own = [key for key in beside if not is_wrapper_word(key, of_list=True)]
        part = self.paged and (any(map(self.leads_on, beside)) or (self.sized and clear))
        if not own or (part and not self.detail):
            return False  # a page of a list, with both ends of it declared, or the part of it that is asked for
        values = [key for key in own if not beside[key].properties and beside[key].type != "array"]
        keyed = any(is_key(key, self.resource) for key in own if beside[key].type != "array")
        if (keyed and not (named and _echoes(beside))) or (self.detail and (not page or len(values) > 4)):
            return True
        return not signs and not (clear and all(self.refers(key, beside[key], named=named) for key in own))

    def refers(self, key: str, one: Shape, *, named: bool) -> bool:
        """Whether a member holds what the records refer to: lists, and next to a list that bears the resource's name
        objects that do not bear it too."""
        if one.type == "array" or (named and words(key)[-1:] == ("id",)):
            return True  # `dataset_id` of `/datasets/{id}/examples`
        kin = bool(self.resource) and self.resource[-1] in map(singular, words(key))
        return named and not kin and (bool(one.properties) or one.type == "object")

    def tells(self, array: Shape, others: list[str]) -> bool:
        """Whether a list of strings is next to the name of the one record that the path asks for."""
        names = {tuple(words(key)) for key in others}
        return bool({("name",), ("title",)} & names) and not shape(self.document, array.items).properties

    def array(self, node: Json) -> Shape | None:
        one = shape(self.document, node)
        if len(one.variants) > 1 and not one.properties:
            inner = [shape(self.document, option) for option in one.variants]
            return inner[0] if all(each.type == "array" for each in inner) else None
        return one if one.type == "array" else None

    def is_record(self, one: Shape, others: list[str]) -> bool:
        """Whether the object is a record of its own: it has an identity and further fields of its own."""
        names = {tuple(words(key)) for key in others}
        own = [key for key in others if not _about(key)]
        ids = {("id",), ("uuid",), ("guid",), ("_id",)} & names or any(
            said[-1:] == ("id",) and len(said) == 2 and said[0] not in {"request", "trace", "correlation", "session"}
            for said in names
        )
        return bool(ids) and bool(own)

    def choose(self, arrays: Mapping[str, Shape], meta: bool) -> tuple[str | None, str, bool]:
        spoken = {key: tuple(map(singular, words(key))) for key in arrays}
        last = self.resource[-1:]
        objects = [key for key, one in arrays.items() if shape(self.document, one.items).properties]
        usual = [key for name in CONTAINERS for key in arrays if key.lower() in (name, f"hydra:{name}")]
        for group in (
            [key for key, said in spoken.items() if said == self.resource != ()],
            [key for key, said in spoken.items() if said[-1:] == last != ()],
        ):
            # SCIM: `schemas` are the names of schemas, `Resources` the records, of `/Schemas` too.
            if len(group) == 1 and (group[0] in objects or not set(usual) & set(objects)):
                return group[0], "named like the resource:", True
        if usual:
            return usual[0], "an envelope's usual name:", True
        for group, like in (
            ([key for key in objects if spoken[key] in self.segments], "a part of the path"),
            ([key for key in objects if set(last) & set(spoken[key])], "the resource"),
        ):
            if len(group) == 1:
                return group[0], f"named like {like}:", True
        if len(arrays) == 1:
            return next(iter(arrays)), "the only array:", meta and bool(objects)
        return None, "", False

    def siblings(self, root: Shape, items: tuple[str, ...]) -> Iterator[Sibling]:
        """Beside the records, at the root, and in the blocks about paging of both, which are three levels deep."""
        levels: list[tuple[tuple[str, ...], Shape]] = [((), root)]
        here = root
        for index, key in enumerate(items[:-1]):
            here = shape(self.document, here.properties.get(key))
            levels.append((items[: index + 1], here))
        for above, one in reversed(levels):
            yield from self.level(one, above, items, 3)

    def level(self, one: Shape, above: tuple[str, ...], items: tuple[str, ...], depth: int) -> Iterator[Sibling]:
        for key, node in one.properties.items():
            keys = (*above, key)
            if keys == items[: len(keys)]:
                continue
            inner = shape(self.document, node)
            if depth and _paging_block(key) and (blocks := self.blocks(inner)):
                for block in blocks:
                    yield from self.level(block, keys, items, depth - 1)
            else:
                yield Sibling(keys, inner)

    def blocks(self, one: Shape) -> list[Shape]:
        """The object itself, or the objects that it may be (``anyOf``: links forward, links back)."""
        if one.properties:
            return [one]
        return [inner for option in one.variants if (inner := shape(self.document, option)).properties]


_PART = vocabulary(
    "page pagenumber pageno pageindex currentpage perpage pagesize limit offset skip take startat maxresults "
    "startindex itemsperpage resultsperpage totalcount totalresults numfound resultcount pagetoken pagecount "
    "numberofpages"
)
"""What a page says of itself."""
_LIST_OF = vocabulary("list collection page set results response")
_FAILED = vocabulary("failed failures failure invalid unprocessed rejected unreachable")
_NEVER = vocabulary("errors warnings messages error link links included facets notifications filters sort aggregations")


def _is_part(key: str) -> bool:
    return "".join(words(key)) in _PART or _counts(key)


def _echoes(keys: Iterable[str]) -> bool:
    """Whether an answer says by two members which part of a list it is: ``offset`` and ``total``."""
    return sum(map(_is_part, keys)) > 1


def _about(key: str) -> bool:
    said = words(key)
    return key.startswith(("_", "@", "$")) or (bool(said) and all(word in _ABOUT or word.isdigit() for word in said))


_SUMS = vocabulary(
    "amount price cost tax vat net gross paid value due discount sub sum fee fees balance tip refund refunded weight "
    "shipping duration time distance score points spent sent received"
)


def _counts(key: str) -> bool:
    """Whether a property name is about more than one page: totals, next pages, has_more."""
    spoken = words(key)
    said = set(spoken)
    # `auto_change_next_password` is a word of the record, `next_page` and `has_next` are words about the list.
    ends = "next" in (*spoken[:1], *spoken[-1:])
    # `total_count` counts records, `sub_total_amount` money.
    total = "total" in said and not said & _SUMS
    return (
        ends
        or total
        or spoken == ("more",)
        or bool(said & {"pagination", "paging", "cursor", "cursors"})
        or {"has", "more"} <= said
    )


def _leads_on(key: str) -> bool:
    """Whether a property name is about further pages or holds what does."""
    return _counts(key) or _paging_block(key)


def _paging_block(key: str) -> bool:
    said = words(key)
    if len(said) > 1 and said[0] in _ABOUT_PAGES and said[-1] in _TELLS:
        return True
    return bool(said) and (said[-1] in _PAGE_WORDS or key in {"next", "_links", "link"})
