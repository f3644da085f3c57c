"""Where an operation takes the values of paging: in its query, inside one parameter that is an object, or in the body.

The body counts for what reads with a body (a POST that searches). A block about paging is looked into
(``paging.cursor``, ``page.size``); other objects are the agent's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import field, replace
from typing import TYPE_CHECKING, Literal

from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Json, Paging, Place, value
from adaptgen.plan.document.reader import Operation, Parameter, base_media, is_json
from adaptgen.plan.document.request_bodies import FORM, BodyInputs
from adaptgen.plan.document.schemas import Shape, shape
from adaptgen.plan.paging.parameter_signals import CURSOR, LIMIT, OFFSET, PAGE, WIRE_NUMBERS, fold
from adaptgen.plan.paging.prose import page_told, size_told
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.identifiers import vocabulary, words

if TYPE_CHECKING:
    from adaptgen.source import Document

_BLOCK = vocabulary(
    "page paging pagination pager pageable paginator paginate pageinfo pagerequest paginacao paginacion"
)
_MEMBER = lazy(r"([\w$]+)(?:\.|\[)(\w+)\]?")
_IN_HEADERS = vocabulary(
    "cursor pagetoken nexttoken nextpagetoken continuationtoken continuation nextcursor pagecursor paginationtoken "
    "startcursor offset skip page pagenumber pageno pageindex limit pagesize perpage pagelimit maxresults maxitems "
    "itemsperpage resultsperpage maxitemcount"
)
_ALIKE = {"continuation": "continue", "maxitemcount": "maxitems"}
_IN_ADDRESS = vocabulary(
    "page pagenumber pageno pagenum pageindex currentpage offset skip startindex startat start limit pagesize perpage "
    "size count take top maxresults maxitems itemsperpage pagelimit"
)
# What stands before a number and is no collection: a version, the root of an API.
_NO_LIST = lazy(r"^(?:v?\d+(?:\.\d+)*|api|rest|public|service)$", re.IGNORECASE)
_ASKS = vocabulary("search find query term terms keyword keywords")
_OPTIONS = {("options",), ("params",), ("parameters",), ("query",), ("request",), ("criteria",)}
_POSITIONS = PAGE | OFFSET | CURSOR
_KEYS = ("offset", "page", "cursor", "limit", "size")


@value()
class PagingLocation:
    """The inputs of one place that may page. ``queries``: name, as the model has it (a path, but in the query), ->
    the input as a parameter; ``folded``: name -> what it is compared by."""

    place: Place
    inside: str
    queries: Mapping[str, Parameter]
    folded: Mapping[str, str] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """How evidence names the place."""
        if self.inside:
            return f" inside {self.inside!r}"
        return {"body": " in the body", "header": " in headers", "path": " in the address"}.get(self.place, "")

    @property
    def signs(self) -> bool:
        """Whether the names are about a list in parts; what an address names may as well be one record."""
        if self.place == "path":
            return False
        names = set(self.folded.values())
        paged = bool(names & CURSOR and names & LIMIT) or bool(names & {"offset", "page", "cursor", "pagesize"})
        return self.is_sized or paged

    @property
    def is_sized(self) -> bool:
        """Whether the names are those of a position and of a size."""
        names = set(self.folded.values())
        return self.place != "path" and bool(names & (PAGE | OFFSET)) and (bool(names & LIMIT) or self.tells_size)

    @property
    def tells_size(self) -> bool:
        """Whether a size is described as that of a page, so that the answer has results."""
        return self._tells(size_told, frozenset(self.folded.values()) - _POSITIONS)

    @property
    def tells_page(self) -> bool:
        """Whether the number of a page is described as that."""
        return self._tells(page_told, PAGE)

    def _tells(self, told: Callable[[str], bool], names: Set[str]) -> bool:
        inputs = [one for name, one in self.queries.items() if self.folded[name] in names]
        own = (one.schema.get("description", "") if isinstance(one.schema, Mapping) else "" for one in inputs)
        said = (f"{one.description} {text}".lower() for one, text in zip(inputs, own, strict=True))
        return self.place != "path" and any(map(told, said))

    def takes_numbers(self, document: Document, page: Paging) -> bool:
        """Whether what counts is not a string: in JSON ``5`` is not ``"5"``."""
        names = [getattr(page, key, None) for key in ("offset", "page", "limit", "size")]
        shapes = (shape(document, self.queries[name].schema) for name in names if name)
        return all(one.type != "string" or one.format in WIRE_NUMBERS for one in shapes)


def spaces(document: Document, operation: Operation, body: BodyInputs | None) -> Iterator[PagingLocation]:
    """The places of ``operation``: the query first, then objects in query and headers, the body, headers of their own,
    and placeholders of the address."""
    queries = {one.name: one for one in operation.parameters if one.place == "query"}
    yield PagingLocation("query", "", queries, {name: _query(name) for name in queries})
    for one in operation.parameters:
        if one.place in ("query", "header") and (one.content or one.style == "deepObject"):
            members = _members(document, one.schema)
            if members and (one.content is None or is_json(one.content)):
                folds = {key: _folded(one.name, key) for key in members}
                yield _space(document, "query", one.name, {(key,): node for key, node in members.items()}, folds)
    if body is not None:
        yield from _body(document, body)
    if headers := _headers(operation):
        yield PagingLocation("header", "", headers, {name: header_name(name) for name in headers})
    if numbers := _address(document, operation):
        yield PagingLocation("path", "", numbers, {name: fold(name) for name in numbers})


def header_name(name: str) -> str:
    """What a header is compared by: ``X-Next-Token`` and ``x-ms-continuation`` without what makes it a vendor's."""
    own = name[2:] if name.lower().startswith("x-") else name
    tries = (own, own.partition("-")[2]) if own != name else (own,)
    found = next((fold(part) for part in tries if fold(part) in _IN_HEADERS), fold(name))
    return _ALIKE.get(found, found)


def _headers(operation: Operation) -> dict[str, Parameter]:
    """Headers whose names are those of paging and of nothing else."""
    found = (one for one in operation.parameters if one.place == "header" and not one.content)
    return {one.name: one for one in found if header_name(one.name) in _IN_HEADERS | set(_ALIKE.values())}


def _address(document: Document, operation: Operation) -> dict[str, Parameter]:
    """Numbers at the end of the address that count pages or records of the list before them: ``/items/page/{page}``,
    ``/list/{offset}/{limit}``. A placeholder after the plural of its name is an identity (``/pages/{page}``)."""
    declared = {one.name: one for one in operation.parameters if one.place == "path"}
    parts = [part for part in operation.path.split("/") if part]
    found: dict[str, Parameter] = {}
    while parts:
        part = parts[-1]
        one = declared.get(part[1:-1]) if part.startswith("{") and part.endswith("}") else None
        if one is None:
            if not found or fold(part) not in _IN_ADDRESS:
                break
        elif fold(one.name) not in _IN_ADDRESS:
            break
        elif not _counts(document, one) or (len(parts) > 1 and _plural(parts[-2], one.name)):
            return {}
        else:
            found[one.name] = replace(one, required=False)
        parts.pop()
    return dict(reversed(found.items())) if _lists(parts) else {}


def _counts(document: Document, one: Parameter) -> bool:
    """Whether a placeholder is any integer: a list of values names things."""
    known = shape(document, one.schema)
    return known.type == "integer" and known.enum is None


def _lists(parts: list[str]) -> bool:
    """Whether an address that ends so is that of a list: after a placeholder it is that of one thing, whose page or
    part the number names, but for what is searched for (``/search/{query}/{page}``)."""
    if parts and parts[-1].startswith("{"):
        before = parts[-2] if len(parts) > 1 else ""
        return bool({*words(before), *words(parts[-1].strip("{}"))} & _ASKS)
    return bool(parts) and _NO_LIST.match(parts[-1]) is None


def _plural(part: str, name: str) -> bool:
    """Whether a segment is the plural of a placeholder's name."""
    return fold(part) in {f"{fold(name)}s", f"{fold(name).removesuffix('number')}s"}


def _body(document: Document, body: BodyInputs) -> Iterator[PagingLocation]:
    media = base_media(body.media)
    if not is_json(media) and media != FORM:
        return
    above = (body.inside,) if body.inside is not None else ()
    found: dict[tuple[str, ...], Json] = {}
    folds: dict[str, str] = {}
    for slot in body.slots:
        if slot.read_only or slot.made is not None:
            continue
        path = (*above, slot.name)
        block, inner = _block(slot.name), {}
        if is_json(media) and (block or words(slot.name) in _OPTIONS):
            inner = _members(document, slot.schema)
            folded = set(map(fold, inner))
            if not block and not (folded & _POSITIONS and folded & LIMIT):
                inner = {}
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
) -> PagingLocation:
    queries: dict[str, Parameter] = {}
    for path, node in found.items():
        one = shape(document, node)
        name = fields.text(path)
        folded = folds[name] if name in folds else folds[path[-1]]  # a name without letters folds to nothing
        # In JSON a number is a number: a text may only be a token, by its name or by what is said of it.
        text = place == "body" and one.type == "string" and bool(one.description)
        number = one.type in ("integer", "number", None) or one.format in WIRE_NUMBERS
        if folded not in CURSOR and not number and not text:
            continue
        queries[name] = Parameter(
            name, place, path in required, node, one.description, raw=one.raw if isinstance(one.raw, Mapping) else {}
        )
    named = {name: folds[name] if name in folds else folds[last_key(name)] for name in queries}
    return PagingLocation(place, inside, queries, named)


def last_key(path: str) -> str:
    """The last key of a path."""
    return str(fields.parse(path)[-1])


def _members(document: Document, schema: Json) -> dict[str, Json]:
    one: Shape = shape(document, schema)
    return dict(one.properties) if one.type in ("object", None) and not one.variants else {}


def _block(name: str) -> bool:
    said = words(name)
    return bool(said) and (said[-1] in _BLOCK or said[0] in _BLOCK or fold(name) in _BLOCK)


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
    if page is None:
        return []
    names = [name for key in _KEYS if (name := getattr(page, key, None))]
    if page.place == "body":
        return [("body", (*_path(page.inside), *_path(name))) for name in names]
    if not page.inside:
        size = getattr(page, "size", None) or getattr(page, "limit", None)
        aside = size if getattr(page, "size_in_query", False) else None
        return [("query" if name == aside else page.place, (name,)) for name in names]
    place = "query"
    declared = {one.name: one.place for one in operation.parameters if one.place in ("query", "header")}
    for name in declared:
        if name == page.inside or (declared[name] == "header" and name.lower() == page.inside.lower()):
            place = declared[name]
    return [(place, (page.inside, *_path(name))) for name in names]


def _path(path: str) -> tuple[str, ...]:
    return tuple(key for key in fields.parse(path) if isinstance(key, str)) if path else ()
