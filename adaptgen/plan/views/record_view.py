"""The default view of an answer that is no list: one record, or a result that holds records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from adaptgen.pii.field_kinds import is_described_as_secret, kind_of
from adaptgen.plan.document.envelope import CONTAINERS
from adaptgen.plan.document.reader import PLACEHOLDER
from adaptgen.plan.document.schemas import Leaf, Shape, identity, join, leaves, memory, shape
from adaptgen.plan.views.identity import identifying, identifying_records
from adaptgen.syntax.identifiers import singular, vocabulary, words
from adaptgen.views.field_choice import KEEP, Candidate, FieldRanking
from adaptgen.views.pipeline import CONTENT, choose_view

if TYPE_CHECKING:
    from adaptgen.plan.facts import OperationFacts
    from adaptgen.source import Document

Json = Any
_WHOLE = 12  # properties of a result that is no record
_SMALL, _PART = 5, 5  # leaves from which a record inside such a result is shown by so many of them
_LARGE = 12  # leaves from which any part of it is
_FRACTION, _WIDE = 0.2, 26  # of the leaves of a record with more than so many
_ROWS = 6  # fields of the only list of a record
_LISTS = 4  # sibling lists of a detail that are shown by their labels
_DEEP = 3  # objects around a record
_LOOKED = 3000  # properties among which records are looked for
_BESIDE = 3  # values of its own that what holds a record may have
_MANY = 50  # lists of a record that are looked at
_OWN, _MOST = 6, 3  # values of its own, and how many times as many all are, of what is mostly a list
_LEAVES = 2000
# Lists that serve the forms of a user interface.
_LOOKUP = vocabulary(
    "country currency timezone language locale choice option permission role_choice link image errors error "
    "warning message"
)
HOLDERS = {(word,) for word in ("data", "result", "response", "payload", "record", "item", "entity", "object")}
_ROOMS = HOLDERS | {(word,) for word in ("value", "body", "entry", "content", "results", "output", "resource")}
_FILLERS = vocabulary("obj object data detail details info information record result response item resource current")
OUTCOME = vocabulary(
    "status success message messages error errors code ok meta metadata links request id version time timestamp "
    "info warnings detail response result jsonapi included api type server exec execution took elapsed duration"
)


def candidates(document: Document, record: Json) -> list[Candidate]:
    """The declared values of ``record``. Of a schema that never ends only those near its root, so that none of them is
    missing: what is deeper identifies nothing. Read once for all operations that answer with the same record."""
    known, key = memory(document), ("candidates", identity(record))
    if key not in known:
        # The node is kept beside the result, so that no other can take its place in memory.
        known[key] = (record, _candidates(document, record))
    return list(known[key][1])


def ranking(
    document: Document,
    found: Sequence[Candidate],
    names: frozenset[str] = frozenset(),
    about: tuple[str, ...] = (),
    *,
    entry: bool = False,
) -> FieldRanking:
    """The ranking of ``found``, which :func:`candidates` returned; made once for all operations that answer with the
    same record, called the same."""
    known, key = memory(document), ("ranking", tuple(map(id, found)), names, about, entry)
    if key not in known:
        known[key] = FieldRanking(found, names, about, entry=entry)
    made: FieldRanking = known[key]
    return made


def _candidates(document: Document, record: Json) -> list[Candidate]:
    found = leaves(document, record, limit=_LEAVES)
    for depth in (3, 2):
        if len(found) >= _LEAVES:
            near = leaves(document, record, depth=depth, limit=_LEAVES)
            found = [leaf for leaf in near if leaf.type not in {"object", "array"}]
    # A value that is one text or a list of them is read whole: its elements are none where it is a text.
    single = {f"{leaf.path}[*]" for leaf in found if leaf.type not in {"object", "array"}}
    return [candidate(leaf) for leaf in found if leaf.path and not leaf.write_only and leaf.path not in single]


def candidate(leaf: Leaf) -> Candidate:
    """What the ranking needs to know of a declared leaf."""
    enum = bool(leaf.enum and len(leaf.enum) > 1)
    secret = leaf.type == "string" and not enum and is_described_as_secret(leaf.name, leaf.description)
    return Candidate(
        leaf.path, leaf.type, leaf.format, enum,
        optional=leaf.late, required=leaf.required, secret=secret, small=leaf.plain_map,
    )  # fmt: skip


def detail_view(facts: OperationFacts, answer: Json) -> tuple[str, ...]:
    """The fields of the record, and of each list next to them the labels; of a result that is no record all of it where
    it is small, else what identifies its parts. Paths are relative to ``answer``."""
    return _Detail(facts, answer).view(answer)


class _Detail:
    def __init__(self, facts: OperationFacts, answer: Json) -> None:
        self.document = facts.document
        self.left = _LOOKED
        self.names = identifying(facts, answer)
        self.about = facts.subject
        self.reads_many = facts.operation.method == "GET" and not facts.names_record
        # What the path asks for is the record's own, also where it sounds like a word about the call: `result_id`.
        self.asked = PLACEHOLDER.findall(facts.operation.path) if facts.names_record else []

    def view(self, answer: Json) -> tuple[str, ...]:
        whole = shape(self.document, answer)
        if whole.type == "array":  # of a call that writes: no list
            return self.under("[*]", self.rank(self.candidates(whole.items)))
        keys = self.main(answer)
        found = self.candidates(answer)
        if not whole.properties and any(shape(self.document, one).type == "array" for one in whole.variants):
            alone = [one for one in found if "[*]" not in one.path]
            return self.result(answer, []) or self.rank(alone)  # a list, or one of its records
        if not keys and not self.is_record([one for one in found if words(one.path) not in _OF_THE_CALL]):
            return self.whole(whole) or self.result(answer, found)
        prefix, inner = "", answer
        for key in keys:
            prefix, inner = join(prefix, key), shape(self.document, inner).properties[key]
        if keys:
            self.names |= identifying_records(self.document, inner, keys[-1])[0]
        within = self.candidates(inner) if keys else found
        if keys and not self.is_record(within):
            return self.under(prefix, self.result(inner, within))
        if held := self.mostly_held(inner, within):
            return self.under(prefix, held)
        telling = within if keys else [one for one in found if "[*]" not in one.path or _by_language(one.path)]
        return self.record(telling, within, found, prefix, [whole, shape(self.document, inner)] if keys else [whole])

    def record(
        self,
        telling: list[Candidate],
        within: list[Candidate],
        found: list[Candidate],
        prefix: str,
        holders: list[Shape],
    ) -> tuple[str, ...]:
        """The ``telling`` fields of the record at ``prefix``, and of each list in the ``holders``, the answer and the
        record in it, the labels. ``within``: the values of the record, ``found``: those of the answer."""
        view = choose_view(self.ranked(telling), alone=True, of=len(found))
        contents = tuple(self.contents(holders[-1]))
        view = tuple(
            path for path in view if not path.startswith(tuple(f"{key}{end}" for key in contents for end in ".["))
        )
        view = self.under(prefix, tuple(dict.fromkeys((*view, *contents))))
        most = len(view) + _LISTS  # of a record of thousands of lists no more are looked at
        lists = [
            each for one, above in zip(holders, ("", prefix), strict=False) for each in self.lists(one, above, most)
        ]
        fresh = _of_lists(lists, view)
        if len(found) > _WIDE:  # the view of a wide record stays a fraction, but for the list that is asked for
            least = _PART if max(map(len, lists), default=0) > 2 else 2
            fresh = fresh[: max(least, int(_FRACTION * len(found)) - len(view))]
        return (*view, *fresh)

    def contents(self, record: Shape) -> Iterator[str]:
        """The small objects and lists that hold what the record says."""
        for key, node in record.properties.items():
            one, path = shape(self.document, node), join("", key)
            if not set(words(key)[-1:]) & CONTENT or one.write_only:
                continue
            if (one.properties or one.variants or one.items is not None) and kind_of(key) is None:
                inside = self.candidates(node)
                if 0 < len(inside) <= _LARGE and not any(each.secret for each in inside):
                    yield path

    def candidates(self, record: Json) -> list[Candidate]:
        return candidates(self.document, record) if record is not None else []

    def is_record(self, found: list[Candidate]) -> bool:
        return self.ranked(found).is_record

    def rank(self, found: list[Candidate], keep: int = KEEP) -> tuple[str, ...]:
        return self.ranked(found).rank(keep)

    def ranked(self, found: list[Candidate]) -> FieldRanking:
        return ranking(self.document, found, self.names, self.about)

    def holds_records(self, items: Json) -> bool:
        return items is not None and ranking(self.document, self.candidates(items), entry=True).is_record

    def under(self, prefix: str, paths: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(under(prefix, path) for path in paths)

    # ------------------------------------------------------------------------------------------- where the record is

    def main(self, answer: Json) -> tuple[str, ...]:
        """The keys of what holds the record where the answer wraps it together with other data."""
        keys: tuple[str, ...] = ()
        here = shape(self.document, answer)
        while len(keys) < _DEEP and (key := self.inside(here)) is not None:
            keys, here = (*keys, key), shape(self.document, here.properties[key])
        return keys

    def inside(self, whole: Shape) -> str | None:
        inner = {key: shape(self.document, node) for key, node in whole.properties.items()}
        scalar = [key for key, one in inner.items() if one.type not in {"object", "array"} and not one.properties]
        if any(_own_name(words(key)) or key in self.asked for key in scalar):
            return None
        named = [key for key, one in inner.items() if len(one.properties) > 2 and self.called(key)]
        if len(named) == 1:
            return named[0]
        objects = [key for key, one in inner.items() if one.properties and not set(words(key)) <= OUTCOME - _SAME]
        rooms = [key for key in objects if words(key) in _ROOMS]
        beside = [key for key in scalar if not set(words(key)) <= OUTCOME]
        if len(rooms) == 1 and len(objects) <= 2 and len(beside) <= _BESIDE:
            return rooms[0]
        return None

    def called(self, key: str) -> bool:
        """Whether the property bears the resource's name, and no other thing's: not ``nominalCode`` of a pay code."""
        said = tuple(map(singular, words(key)))
        if not self.about or self.about[-1] not in said:
            return False
        return set(said) <= set(self.about) | _FILLERS

    # ----------------------------------------------------------------------------------------------- what is no record

    def whole(self, one: Shape) -> tuple[str, ...]:
        """Every property of a small result, of records inside it the most telling fields; a large one is left to the
        ranking."""
        keys = [
            key
            for key, node in one.properties.items()
            if not shape(self.document, node).write_only
            and kind_of(key, type=shape(self.document, node).type) != "secret"
        ]
        if len(keys) > _WHOLE:
            return ()
        return tuple(path for key in keys for path in self.part(key, one.properties[key]))

    def part(self, key: str, node: Json) -> tuple[str, ...]:
        """A property of a result: whole where it is small, else the most telling fields of what it holds."""
        inner = shape(self.document, node)
        each = inner.type == "array"
        record = inner.items if each else node
        found = self.candidates(record) if record is not None and shape(self.document, record).properties else []
        prefix = join("", key) + ("[*]" if each else "")
        if len(found) > _SMALL and ranking(self.document, found, entry=each).is_record:
            own = [one for one in found if "[*]" not in one.path]
            names, about = identifying_records(self.document, record, key)
            return self.under(prefix, ranking(self.document, own, names, about, entry=each).rank(_PART))
        if len(found) > _LARGE and (view := self.result(record, found)):
            return self.under(prefix, view)
        return (join("", key),)

    def result(self, answer: Json, found: list[Candidate]) -> tuple[str, ...]:
        """The most telling values of a large result, and its records."""
        own = [one for one in found if "[*]" not in one.path]
        self.left = _LOOKED
        held = self.records(answer, "", _DEEP)[: 2 * _LISTS]
        keep = _PART if len(held) <= _LISTS else 2
        records: list[str] = []
        for path, record in held:
            inside = [one for one in self.candidates(record) if "[*]" not in one.path]
            names, about = identifying_records(self.document, record, path)
            ranked = ranking(self.document, inside, names, about, entry=True)
            records += self.under(path, choose_view(ranked) if len(held) == 1 else ranked.rank(keep))
        return (*self.rank(own, _PART if records else KEEP), *records)

    def mostly_held(self, answer: Json, found: list[Candidate]) -> tuple[str, ...]:
        """The view of what has an id and no name, and little but a list: ``{"queryId": 3, "rows": [{…}]}``."""
        own = [one for one in found if "[*]" not in one.path]
        named = any(set(words(one.path.rpartition(".")[2])[-1:]) & _LABELS for one in own)
        if named or len(own) > _OWN or len(found) < _MOST * len(own):
            return ()
        # What has nothing but an id may hold its list in an object: `{"id": 3, "stream": {"posts": [{"id": 4}]}}`.
        self.left = _LOOKED
        return self.result(answer, found) if self.records(answer, "", 2 if len(own) == 1 else 1) else ()

    def records(self, node: Json, path: str, depth: int) -> list[tuple[str, Json]]:
        """Where lists of records are in a result: paths that end in ``[*]``, and the schema of a record."""
        found: list[tuple[str, Json]] = []
        whole = shape(self.document, node)
        for option in whole.variants if not whole.properties else ():
            each = shape(self.document, option)
            if each.type == "array" and self.holds_records(each.items):
                found.append((f"{path}[*]", each.items))
            elif each.properties:
                found += self.records(option, path, depth - 1)
        for key, inner in whole.properties.items():
            self.left -= 1
            if self.left < 0:
                break
            one, here = shape(self.document, inner), join(path, key)
            said = words(key)
            if one.write_only or not said or singular(said[-1]) in _LOOKUP:
                continue
            if one.type == "array":
                if self.holds_records(one.items):
                    found.append((f"{here}[*]", one.items))
            elif one.properties and depth > 1:
                found += self.records(inner, here, depth - 1)
            if len(found) >= 2 * _LISTS:
                break
        return found

    # ---------------------------------------------------------------------------------------------- lists of a record

    def lists(self, one: Shape, above: str, most: int) -> list[tuple[str, ...]]:
        """What distinguishes the records of each list, the label first (``comments[*].text``, ``comments[*].id``), of
        ``most`` lists at most; of the list that the path asks for the most telling fields."""
        found: list[tuple[str, ...]] = []
        asked = self.asked_for(one)
        shown = list(islice(self.shown_lists(one), _MANY))
        objects = [key for key, inner in shown if shape(self.document, inner.items).properties]
        for key, inner in shown:
            if len(found) >= most:
                break
            path = join(above, key) + "[*]"
            item = shape(self.document, inner.items)
            if item.properties:
                if key == asked:
                    fields = self.rows(inner.items, key)
                elif objects == [key]:  # perhaps all that the record is there for
                    rows = self.rows(inner.items, key, deep=True)
                    said = [each for each in rows if _ends(each, CONTENT)]
                    fields = tuple(dict.fromkeys((*self.labels(inner.items), *said[:2], *rows)))[:_ROWS]
                else:
                    fields = self.labels(inner.items)
                if fields:
                    found.append(self.under(path, fields))
            elif item.type in {"string", "integer"} and item.format not in {"uri", "url"}:
                found.append((path,))
        return found

    def shown_lists(self, one: Shape) -> Iterator[tuple[str, Shape]]:
        """The lists of the record, those of objects first."""
        plain: list[tuple[str, Shape]] = []
        for key, node in one.properties.items():
            inner = shape(self.document, node)
            said = words(key)
            if inner.type == "array" and not inner.write_only and said and singular(said[-1]) not in _LOOKUP:
                if shape(self.document, inner.items).properties:
                    yield key, inner
                elif len(plain) < _MANY:
                    plain.append((key, inner))
        yield from plain

    def asked_for(self, one: Shape) -> str | None:
        """The list for which the path asks though something of its own is next to it: the only list of objects,
        or the one with its name: ``{"city": "Oslo", "data": [{"hour": 1, "temperature": 3.5}]}``."""
        lists = [key for key, inner in islice(self.shown_lists(one), _MANY)
                 if shape(self.document, inner.items).properties]  # fmt: skip
        named = [key for key in lists if self.is_resource(tuple(map(singular, words(key))))]
        if self.reads_many and not named:
            named = lists if len(lists) == 1 else [key for key in lists if key.lower() in CONTAINERS]
        return named[0] if len(named) == 1 else None

    def is_resource(self, said: tuple[str, ...]) -> bool:
        """Whether a name is the resource's, or its end: ``searchResults`` of ``/SectionSearchResults``."""
        return said[-1:] == self.about[-1:] and set(said) <= set(self.about)

    def rows(self, record: Json, key: str, *, deep: bool = False) -> tuple[str, ...]:
        """The most telling fields of the records of a list; ``deep``: those of lists in them too."""
        inside = [one for one in self.candidates(record) if deep or "[*]" not in one.path]
        names, about = identifying_records(self.document, record, key)
        return choose_view(ranking(self.document, inside, names, about, entry=True), alone=deep)

    def labels(self, record: Json) -> tuple[str, ...]:
        """What distinguishes the records of a list, and their id; once for all lists of one schema."""
        known, key = memory(self.document), ("label", identity(record))
        if key not in known:
            inside = [one for one in self.candidates(record) if "[*]" not in one.path]
            ranked = ranking(self.document, inside)
            best = ranked.rank(3)
            told = [next((each for each in best if _ends(each, kind)), None) for kind in (_LABELS, _IDS)]
            told[:1] = told[:1] if told[0] else ranked.says
            # The node is kept beside the result, so that no other can take its place in memory.
            known[key] = (record, tuple(filter(None, told)))
        labels: tuple[str, ...] = known[key][1]
        return labels


def _of_lists(lists: list[tuple[str, ...]], view: tuple[str, ...]) -> tuple[str, ...]:
    """What a view may show of ``lists``: the fields of the one that is asked for or alone, the first path of each of
    some, then the others of these."""
    fresh = [paths for each in lists if (paths := [path for path in each if path not in view])][:_LISTS]
    main = max(fresh, key=len, default=[])
    others = (path for paths in fresh for path in paths[1:])
    return tuple(dict.fromkeys((*(main if len(main) > 2 else ()), *(paths[0] for paths in fresh), *others)))


_OF_THE_CALL = {(one, "id") for one in ("request", "trace", "correlation", "response", "message", "log")}
_LABELS = vocabulary("name title subject label username login comment")
_IDS = vocabulary("number code key id uuid")
_SAME = vocabulary("response result")
_TRANSLATED = vocabulary("translations localizations")
_NAMED = vocabulary("name title label")


def _own_name(said: tuple[str, ...]) -> bool:
    """Whether a value of what holds objects is an id or a name of its own."""
    return said[:1] == ("id",) or (said[-1:] in {("id",), ("name",), ("title",)} and not set(said) <= OUTCOME)


def _by_language(path: str) -> bool:
    """``names[*].text``: what the names of a thing are in one language or another."""
    said = words(path.split("[", 1)[0].split(".", 1)[0])
    return bool(said) and (said[-1] in _TRANSLATED or (singular(said[-1]) != said[-1] and singular(said[-1]) in _NAMED))


def under(prefix: str, path: str) -> str:
    return f"{prefix}{path}" if path.startswith("[") or not prefix else f"{prefix}.{path}"


def _ends(path: str, kind: frozenset[str]) -> bool:
    return bool(kind & set(words(path.rpartition(".")[2])[-1:]))
