"""Where an operation takes the values of paging: in its query, inside one parameter that is an object, or in the body.

The body counts for what reads with a body (a POST that searches). A block about paging is looked into
(``paging.cursor``, ``page.size``); other objects are the agent's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import field
from typing import TYPE_CHECKING, Literal

from adaptgen import fields
from adaptgen.model import Json, Paging, Unpaged, value
from adaptgen.patterns import lazy
from adaptgen.plan.bodies import FORM, read_body
from adaptgen.plan.operations import Operation, Parameter, base_media, is_json
from adaptgen.plan.paging_parameters import CURSOR, LIMIT, OFFSET, PAGE, fold
from adaptgen.plan.schemas import Shape, shape
from adaptgen.words import vocabulary, words

if TYPE_CHECKING:
    from adaptgen.source import Document

_BLOCK = vocabulary("page paging pagination pager pageable paginator paginate pageinfo pagerequest")
_MEMBER = lazy(r"([\w$]+)(?:\.|\[)(\w+)\]?")
_OPTIONS = {("options",), ("params",), ("parameters",), ("query",), ("request",), ("criteria",)}
_KEYS = ("offset", "page", "cursor", "limit", "size")


@value()
class Space:
    """The inputs of one place that may page. ``queries``: name, as the model has it (a path, but in the query), ->
    the input as a parameter; ``folded``: name -> what it is compared by."""

    place: Literal["query", "body"]
    inside: str
    queries: Mapping[str, Parameter]
    folded: Mapping[str, str] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """How evidence names the place."""
        if self.inside:
            return f" inside {self.inside!r}"
        return " in the body" if self.place == "body" else ""

    @property
    def signs(self) -> bool:
        """Whether the names speak of a list in parts."""
        names = set(self.folded.values())
        return bool(names & (PAGE | CURSOR | OFFSET) and names & LIMIT) or bool(names & {"offset", "page", "cursor"})

    def takes_numbers(self, document: Document, page: Paging) -> bool:
        """Whether what counts is no text: JSON tells ``5`` from ``"5"``."""
        names = [getattr(page, key, None) for key in ("offset", "page", "limit", "size")]
        return all(shape(document, self.queries[name].schema).type != "string" for name in names if name)


def spaces(document: Document, operation: Operation) -> Iterator[Space]:
    """The places of ``operation``: the query first, then objects in query and headers, then the body."""
    queries = {one.name: one for one in operation.parameters if one.place == "query"}
    yield Space("query", "", queries, {name: _query(name) for name in queries})
    for one in operation.parameters:
        if one.place in ("query", "header") and (one.content or one.style == "deepObject"):
            members = _members(document, one.schema)
            if members and (one.content is None or is_json(one.content)):
                folds = {key: _folded(one.name, key) for key in members}
                yield _space(document, "query", one.name, {(key,): node for key, node in members.items()}, folds)
    if operation.body is not None:
        yield from _body(document, operation)


def _body(document: Document, operation: Operation) -> Iterator[Space]:
    assert operation.body is not None
    media = base_media(operation.body.media)
    if not is_json(media) and media != FORM:
        return
    body = read_body(document, operation.body)
    above = (body.inside,) if body.inside is not None else ()
    found: dict[tuple[str, ...], Json] = {}
    folds: dict[str, str] = {}
    for slot in body.slots:
        if slot.read_only or slot.made is not None:
            continue
        path = (*above, slot.name)
        inner = _members(document, slot.schema) if is_json(media) and _block(slot.name) else {}
        for key, node in inner.items():
            found[(*path, key)] = node
            folds[fields.text((*path, key))] = _folded(slot.name, key)
        if not inner:
            found[path] = slot.schema
            folds[fields.text(path)] = fold(slot.name)
    required = {(*above, slot.name) for slot in body.slots if slot.required}
    yield _space(document, "body", "", found, folds, required)


def _space(
    document: Document,
    place: Literal["query", "body"],
    inside: str,
    found: Mapping[tuple[str, ...], Json],
    folds: Mapping[str, str],
    required: Set[tuple[str, ...]] = frozenset(),
) -> Space:
    queries: dict[str, Parameter] = {}
    for path, node in found.items():
        one = shape(document, node)
        name = fields.text(path)
        folded = folds[name] if name in folds else folds[path[-1]]  # a name without letters folds to nothing
        # In JSON a number is a number: a text may only be a token, by its name or by what is said of it.
        text = place == "body" and one.type == "string" and bool(one.description)
        if folded not in CURSOR and one.type not in ("integer", "number", None) and not text:
            continue
        queries[name] = Parameter(
            name, place, path in required, node, one.description, raw=one.raw if isinstance(one.raw, Mapping) else {}
        )
    named = {name: folds[name] if name in folds else folds[last_key(name)] for name in queries}
    return Space(place, inside, queries, named)


def last_key(path: str) -> str:
    """The last key of a path."""
    return str(fields.parse(path)[-1])


def _members(document: Document, schema: Json) -> dict[str, Json]:
    one: Shape = shape(document, schema)
    return dict(one.properties) if one.type in ("object", None) and not one.variants else {}


def _block(name: str) -> bool:
    said = words(name)
    return bool(said) and (said[-1] in _BLOCK or said[0] in _BLOCK or "".join(said) in _BLOCK)


def _query(name: str) -> str:
    """What a query parameter is compared by: ``paging.offset``, ``queryOptions.page`` and ``pagination[limit]`` are
    members of something about the list."""
    found = _MEMBER.fullmatch(name)
    if found is None or fold(name) in PAGE | LIMIT | OFFSET | CURSOR:
        return fold(name)
    made = _folded(found[1], found[2])
    about = _block(found[1]) or words(found[1])[-1:] in _OPTIONS
    return made if about and made in PAGE | LIMIT | OFFSET | CURSOR else fold(name)


def _folded(holder: str, key: str) -> str:
    """A member as it would be called in the query: ``page: {number}`` is ``page[number]``."""
    plain = fold(key)
    if _block(holder) and plain in ("number", "no", "num", "index", "nr", "current"):
        return "page[number]"
    return "page[size]" if _block(holder) and plain in ("size", "perpage") else plain


def absorbed(page: Paging | None, operation: Operation) -> dict[tuple[str, str], str]:
    """(place, name) -> ``paging`` for everything that ``page`` supplies; members by their path."""
    return {
        (place, fields.text(keys) if len(keys) > 1 else keys[0]): "paging" for place, keys in supplied(page, operation)
    }


def supplied(page: Paging | None, operation: Operation) -> list[tuple[str, tuple[str, ...]]]:
    """The place and the keys of every value of paging: a parameter or property, or a member of one."""
    if page is None or isinstance(page, Unpaged):
        return []
    names = [name for key in _KEYS if (name := getattr(page, key, None))]
    if page.place == "body":
        return [("body", (*_path(page.inside), *_path(name))) for name in names]
    if not page.inside:
        return [("query", (name,)) for name in names]
    place = "query"
    declared = {one.name: one.place for one in operation.parameters if one.place in ("query", "header")}
    for name in declared:
        if name == page.inside or (declared[name] == "header" and name.lower() == page.inside.lower()):
            place = declared[name]
    return [(place, (page.inside, *_path(name))) for name in names]


def _path(path: str) -> tuple[str, ...]:
    return tuple(key for key in fields.parse(path) if isinstance(key, str)) if path else ()
