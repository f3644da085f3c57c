"""Where the records of a list stand in its answer, and what stands beside them.

An answer is a list when it is an array, or an object whose main array is what the path asks for: the array bears the
resource's name or one that envelopes use, or it is alone among words *about* a list. A record that happens to hold
arrays is none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

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
_PAGE_WORDS = vocabulary("meta metadata pagination paging page pages pageinfo cursors cursor links paginator")


@value()
class Sibling:
    """A property beside the records or in a block about paging: its keys from the body's root, and its shape."""

    keys: tuple[str, ...]
    shape: Shape

    @property
    def path(self) -> str:
        return jsonpath(self.keys)


@value()
class Envelope:
    """``items``: JSONPath of the records. ``siblings``: what stands beside them. ``item``: the schema of a record.
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


_VERBS = vocabulary("search find list query filter all lookup json xml index get browse v")


def ends_in_placeholder(operation: Operation) -> bool:
    """Whether the path names one record: its last segment is a placeholder."""
    parts = [part for part in operation.path.split("/") if part]
    return bool(parts) and "{" in parts[-1]


def find_envelope(
    document: Document,
    answer: Response | None,
    resource: tuple[str, ...],
    *,
    names_record: bool = False,
    paged: bool = False,
) -> Envelope | None:
    """How ``answer`` holds a list of ``resource``; None where it is not a list. ``names_record``: the path names one
    record; ``paged``: the operation has parameters for paging, which speaks for a list."""
    if answer is None or answer.schema is None or (answer.media is not None and not is_json(answer.media)):
        return None
    one = shape(document, answer.schema)
    if one.type == "array":
        return Envelope("$", one.items, (), "the answer is an array")
    if len(one.variants) > 1 and not one.properties:
        lists = [option for option in one.variants if shape(document, option).type == "array"]
        if len(lists) == len(one.variants):
            return Envelope("$", shape(document, lists[0]).items, (), "the answer is an array")
    if not one.properties:
        return None
    return _Reader(document, resource, names_record, paged).read(one)


class _Reader:
    def __init__(self, document: Document, resource: tuple[str, ...], detail: bool, paged: bool) -> None:
        self.document = document
        self.resource = resource
        self.detail = detail
        self.paged = paged

    def read(self, root: Shape) -> Envelope | None:
        found = self.main(root, ())
        if found is None:
            found = self.wrapped(root)
        if found is None:
            return None
        keys, item, because = found
        return Envelope(jsonpath(keys), item, tuple(self.siblings(root, keys)), because, frozenset(root.properties))

    def wrapped(self, root: Shape) -> tuple[tuple[str, ...], Json, str] | None:
        """The list one level down: ``{"data": {"items": […]}}``, ``{"_embedded": {"orders": […]}}``."""
        inner = []
        for key, node in root.properties.items():
            one = shape(self.document, node)
            if one.properties and self.wraps(key, root):
                inner.append((key, one))
        found = []
        for key, one in inner:
            if lower := self.main(one, (key,)):
                found.append(lower)
        if not found:
            found = [lower for key, node in root.properties.items() if (lower := self.listed(key, node)) is not None]
        if not found and len(root.properties) == 1 and self.paged:
            # {"albums": {"items": […], "next": …}}: nothing but the page of a list.
            for key, node in root.properties.items():
                lower = self.main(shape(self.document, node), (key,))
                if lower and lower[2].startswith("an envelope's"):
                    found.append(lower)
        if not found and all(map(_about, root.properties)):
            # {"status": 200, "meta": {"contacts": […]}}: the records stand where others tell about them.
            for key, node in root.properties.items():
                lower = self.main(shape(self.document, node), (key,))
                if lower and lower[2].startswith("named"):
                    found.append(lower)
        return found[0] if len(found) == 1 else None

    def listed(self, key: str, node: Json) -> tuple[tuple[str, ...], Json, str] | None:
        """``{"topic_list": {"topics": […], …}, "users": […]}``: what is called the list of something holds it."""
        said = words(key)
        if len(said) < 2 or said[-1] not in _LIST_OF:
            return None
        one = shape(self.document, node)
        of = tuple(map(singular, said[:-1]))
        for name, inner in one.properties.items():
            if tuple(map(singular, words(name))) == of and (array := self.array(inner)) is not None:
                return (key, name), array.items, f"the list of what {key!r} names:"
        return None

    def wraps(self, key: str, root: Shape) -> bool:
        if key.lower() in _WRAPPER:
            return True
        others = [name for name in root.properties if name != key]
        return all(_about(name) for name in others) and tuple(map(singular, words(key))) == self.resource

    def main(self, one: Shape, above: tuple[str, ...]) -> tuple[tuple[str, ...], Json, str] | None:
        arrays = {key: found for key, node in one.properties.items() if (found := self.array(node)) is not None}
        asked = {key for key in arrays if tuple(map(singular, words(key))) == self.resource}
        arrays = {key: found for key, found in arrays.items() if key in asked or key.lower() not in _NEVER}
        others = [key for key in one.properties if key not in arrays]
        meta = all(map(_about, others))
        best, because, clear = self.choose(arrays, meta) if arrays else (None, "", False)
        if best is None:
            return None
        named = because.startswith("named")
        signs = self.paged or any(map(_counts, others))
        if self.is_one(one, best, clear=named or clear, named=named, signs=signs):
            return None
        if not self.paged and not named and self.tells(arrays[best], others):
            return None
        if not self.is_list(self.is_record(one, others), meta=meta, clear=clear, named=named, signs=signs):
            return None
        return (*above, best), arrays[best].items, f"{because} {best!r}"

    def is_list(self, record: bool, *, meta: bool, clear: bool, named: bool, signs: bool) -> bool:
        """Whether an object with an array is a list of it. ``record``: it has an identity; ``meta``: what stands next
        to the array is about the list; ``clear`` and ``named``: the array is the one that is meant, by its name or by
        that of the resource; ``signs``: something speaks of pages."""
        if self.detail:
            if record and not self.paged:
                return False  # an invoice with its items, whatever else it counts
            if not signs and not (clear and meta and not record):
                return False
        if record and (self.detail or not named) and not (signs and clear):
            return False
        return meta or clear or named or signs

    def is_one(self, one: Shape, best: str, *, clear: bool, named: bool, signs: bool) -> bool:
        """Whether the object is one record that holds the array ``best``: what stands next to it does not only wrap
        it. Reference lists may stand next to the list that the path asks for."""
        every = every_property(self.document, one)
        beside = {key: shape(self.document, node) for key, node in every.items() if key != best}
        own = [key for key in beside if not is_wrapper_word(key, of_list=True)]
        if not own or (self.paged and not self.detail and any(map(_leads_on, beside))):
            return False  # a page of a list, with both ends of it declared
        if self.detail or any(identifies(key) for key in own):
            return True
        return not signs and not (clear and all(self.refers(key, beside[key], named=named) for key in own))

    def refers(self, key: str, one: Shape, *, named: bool) -> bool:
        """Whether a member holds what the records refer to: lists, and next to a list that bears the resource's name
        objects that do not bear it too."""
        if one.type == "array":
            return True
        kin = bool(self.resource) and self.resource[-1] in map(singular, words(key))
        return named and not kin and (bool(one.properties) or one.type == "object")

    def tells(self, array: Shape, others: list[str]) -> bool:
        """Whether a list of texts stands beside the name of the one record that the path asks for."""
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
        exact = [key for key, said in spoken.items() if said and said == self.resource]
        tails = [key for key, said in spoken.items() if said and self.resource and said[-1] == self.resource[-1]]
        for group in (exact, tails):
            if len(group) == 1:
                return group[0], "named like the resource:", True
        for name in CONTAINERS:
            for key in arrays:
                if key.lower() == name or key.lower() == f"hydra:{name}":
                    return key, "an envelope's usual name:", True
        objects = [key for key, one in arrays.items() if shape(self.document, one.items).properties]
        holding = [key for key in objects if self.resource and self.resource[-1] in spoken[key]]
        if len(holding) == 1:
            return holding[0], "named like the resource:", True
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


_LIST_OF = vocabulary("list collection page set results response")
_NEVER = vocabulary("errors warnings messages error link links included facets notifications filters sort aggregations")


def _about(key: str) -> bool:
    said = words(key)
    return key.startswith(("_", "@", "$")) or (bool(said) and all(word in _ABOUT or word.isdigit() for word in said))


_SUMS = vocabulary(
    "amount price cost tax vat net gross paid value due discount sub sum fee fees balance tip refund refunded weight "
    "shipping duration time distance score points spent sent received"
)


def _counts(key: str) -> bool:
    """Whether a property name speaks of more than one page: totals, next pages, has_more."""
    spoken = words(key)
    said = set(spoken)
    # `auto_change_next_password` is a word of the record, `next_page` and `has_next` are words about the list.
    ends = "next" in (*spoken[:1], *spoken[-1:])
    # `total_count` counts records, `sub_total_amount` money.
    total = "total" in said and not said & _SUMS
    return ends or total or bool(said & {"pagination", "paging", "cursor", "cursors"}) or {"has", "more"} <= said


def _leads_on(key: str) -> bool:
    """Whether a property name speaks of further pages or holds what does."""
    return _counts(key) or _paging_block(key)


def _paging_block(key: str) -> bool:
    said = words(key)
    if len(said) > 1 and said[0] in _ABOUT_PAGES and said[-1] in _TELLS:
        return True
    return bool(said) and (said[-1] in _PAGE_WORDS or key in {"next", "_links", "link"})
