"""What a field of a record is worth to who sees it first, judged by its name, type and place.

Every field gets a tier (identity, label, status, amount, date, reference, other) or none; which of them a view keeps
is decided by :mod:`adaptgen.views.field_choice`. Two tables of evidence decide the tier: one for fields of the record
itself, one for those of objects and lists in it. The strongest row that matches decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, lru_cache
from itertools import chain
from operator import attrgetter
from typing import Final

from adaptgen.model.evidence import CACHES, Row, Table
from adaptgen.model.frozen import lazy
from adaptgen.pii.field_kinds import kind_of
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.identifiers import singular, vocabulary, words
from adaptgen.views.candidates import Candidate
from adaptgen.views.vocabulary import (
    AMOUNT_WORDS,
    AUDIT,
    CHANGED,
    DATE_WORDS,
    FLAGS,
    GRADES,
    HASH,
    ID,
    ID_WORDS,
    KINDS,
    LABELS,
    LINK,
    MADE,
    NAME_PARTS,
    NAMES,
    OLD,
    REFERENCE_WORDS,
    SHORT,
    STATUS_WORDS,
    TEXT,
    WRAPPERS,
    is_label,
    label_order,
    said_as,
)

IDENTITY, LABEL, STATUS, AMOUNT, DATE, REFERENCE, OTHER = range(7)
_LONG = 160.0
_Answer = tuple[int | None, int]
_OUT: Final[_Answer] = (None, 0)
_LINK_FORMATS = frozenset({"uri", "url", "uri-reference", "iri", "byte", "binary", "html", "password"})
_MINOR_AMOUNTS = vocabulary("rate score value quantity duration")
_AMOUNT_PARTS = vocabulary("amount value currency total gross net")
_VALUE_PARTS = vocabulary("value code id key display text")
_TEXTS = frozenset({"string", None})
_DIGITS = lazy(r"\d+")
_FIRST = vocabulary("first given forename vorname prenom")
_LAST = vocabulary("last family surname nachname cognome apellido")


@lru_cache(maxsize=32768)
def plain(name: str) -> str:
    """The words of a name in one piece, to compare names however they are written."""
    return "".join(words(name))


class FieldKind:
    """What a field is by its name, place and type: the facts that the tables weigh.

    ``names``: the keys on the way, without wrappers; ``spoken``: the words of the last, ``last`` the noun among them;
    ``many``: inside a list; ``asked``: called as the operation calls what identifies a record; ``long``: its values
    are long texts.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        many: bool,
        asked: bool,
        type: str | None,
        format: str | None,
        enum: bool,
        constant: bool,
        long: bool,
    ) -> None:
        self.names, self.many, self.asked, self.type, self.format = names, many, asked, type, format
        self.enum, self.constant, self.long = enum, constant, long
        self.spoken = words(names[-1])
        literal = [word for word in self.spoken if not word.isdigit()] or self.spoken
        self.last = singular(literal[-1]) if literal else ""
        self.own = len(names) == 1 and not many
        self.is_text = type in _TEXTS
        self.dotted = ".".join(names)
        self.family = _DIGITS.sub("#", self.dotted)  # `legacy_udf_07` -> `legacy_udf_#`
        self.numbered = self.family != self.dotted

    @cached_property
    def said(self) -> tuple[bool, tuple[str, ...]]:
        """The words on the way to it and its own, by which what is said twice is known."""
        return self.many, tuple(word for name in self.names[:-1] for word in words(name)) + self.spoken

    @cached_property
    def answer(self) -> _Answer:
        """The tier, and the place in it."""
        if self.own and self.asked:
            return IDENTITY, 0
        if not self.spoken or (not self.own and not self.asked and any(map(_hides_inside, self.names[:-1]))):
            return _OUT
        row = (OWN_FIELD if self.own else NESTED_FIELD).strongest(self)
        return row.answer if row else _OUT

    @cached_property
    def half(self) -> tuple[tuple[tuple[str, ...], frozenset[str]], str] | None:
        """Whose name the field is a half of, and which half: first or last."""
        said = set(self.spoken)
        if self.many or not self.is_text or not said & (_FIRST | _LAST) or len(said) > 3:
            return None
        if len(said) > 1 and "name" not in said:
            return None
        rest = frozenset(said - _FIRST - _LAST - {"name"})
        return (self.names[:-1], rest), "first" if said & _FIRST else "last"

    @property
    def narrow(self) -> int:
        """How many words its name has: `total` says more about the record than `discount_tax_total`. A half of a name
        counts as the whole."""
        return len(self.spoken) - (self.half is not None)

    @property
    def is_number(self) -> bool:
        return self.type in {"integer", "number"}

    @cached_property
    def personal(self) -> str | None:
        """The kind of personal data that it is."""
        return kind_of(self.names[-1], type=self.type, format=self.format)

    @property
    def is_personal(self) -> bool:
        """Whether the value is personal beyond the name of something."""
        return self.personal not in {None, "name"}

    @property
    def is_mail(self) -> bool:
        """Whether it is the record's own address of mail, or a list of them."""
        return len(self.names) == 1 and self.personal == "email" and self.is_text and len(self.spoken) < 3

    @cached_property
    def label_order(self) -> int | None:
        """How well its name says that it is what the record is called, None for not at all."""
        label = is_label(self.last) and self.format not in {"uri", "url"} and self.type != "boolean"
        return label_order(self.spoken) if label else None

    @cached_property
    def is_date(self) -> bool:
        dated = self.format in {"date", "date-time"}
        return dated or self.last in DATE_WORDS or self.spoken[:1] in {("date",), ("time",)}

    @cached_property
    def is_noise(self) -> bool:
        """Whether it is a link, a hash, a column of bookkeeping or a long text."""
        spoken = set(self.spoken)
        if self.format in _LINK_FORMATS or self.last in LINK or self.last in HASH or spoken & AUDIT:
            return True
        if self.spoken[0] in OLD or is_by_whom(self.spoken):
            return True
        return self.long or (self.last in TEXT and self.is_text and not self.enum)

    # ------------------------------------------------------------------------------------- inside an object or a list

    @cached_property
    def parent(self) -> tuple[str, ...]:
        """The words of what holds it."""
        return words(self.names[-2]) if len(self.names) > 1 else self.spoken

    @cached_property
    def head(self) -> str:
        """The noun of what holds it."""
        return singular(self.parent[-1]) if self.parent else ""

    @cached_property
    def end(self) -> str:
        return singular(self.spoken[-1])

    @property
    def is_state(self) -> bool:
        """Whether its object is a state of the record, and not of a part of a part of it."""
        if self.head not in STATUS_WORDS | GRADES:
            return False
        first = singular((words(self.names[0]) or ("",))[-1])
        return len(self.names) <= 2 or first in STATUS_WORDS | GRADES

    @property
    def is_name_part(self) -> bool:
        """Whether it is a part or a form of a name: ``name.first``, ``title.rendered``."""
        part = self.end in NAME_PARTS or said_as(self.end)
        return self.head in LABELS and len(self.names) == 2 and part and self.is_text

    @property
    def is_listed_name(self) -> bool:
        return is_label(self.end) and label_order(self.spoken) <= 2 and not self.constant

    @property
    def is_name_in(self) -> bool:
        """Whether it is the name of something in the record."""
        return is_label(self.end) and self.is_text and not self.constant

    @property
    def is_id_of_its_object(self) -> bool:
        """Whether it is the id of the object that holds it: called after it, or what the path asks for."""
        if len(self.names) != 2 or self.constant:
            return False
        return self.spoken in ID_WORDS or self.asked or (self.spoken[:-1] == self.parent and self.spoken[-1] in ID)


def _row(weight: int, because: str, answer: _Answer, when: Callable[[FieldKind], object]) -> Row[FieldKind]:
    return Row(weight, because, when, answer)


OWN_FIELD: Table[FieldKind] = Table(
    "what is a field of the record?",
    _row(30, "it is the id", (IDENTITY, 1), lambda f: f.last in ID and len(f.spoken) == 1),
    _row(29, "it is private", _OUT, lambda f: f.names[0].startswith("_")),
    _row(28, "it is a link, a hash, bookkeeping or a long text", _OUT, lambda f: f.is_noise),
    _row(27, "it is what records are called by", (LABEL, 0), lambda f: f.label_order == 0),
    _row(26, "it is one of the usual names", (LABEL, 1), lambda f: f.label_order == 1),
    _row(25, "it is a name of something", (LABEL, 2), lambda f: f.label_order == 2),
    _row(24, "it may be a name", (LABEL, 3), lambda f: f.label_order == 3),
    _row(23, "it is a part of a name", (LABEL, 1), lambda f: f.spoken in SHORT),
    _row(
        22,
        "it is the name in a language or form",
        (LABEL, 1),
        lambda f: len(f.spoken) == 2 and f.spoken[0] in {"name", "title"} and said_as(f.spoken[1]),
    ),
    _row(21, "it is personal", _OUT, lambda f: f.is_personal),
    _row(20, "it is the state", (STATUS, 0), lambda f: f.last in STATUS_WORDS and len(f.spoken) <= 3),
    _row(19, "it is a grade", (STATUS, 1), lambda f: f.last in GRADES),
    _row(18, "it is a flag of a state", (STATUS, 2), lambda f: f.type == "boolean" and f.last in FLAGS),
    _row(17, "it is a flag", (OTHER, 4), lambda f: f.type == "boolean"),
    _row(16, "it is a kind", (STATUS, 3), lambda f: f.last in KINDS and f.is_text),
    _row(15, "it is a measure", (AMOUNT, 1), lambda f: f.last in _MINOR_AMOUNTS),
    _row(14, "it is an amount", (AMOUNT, 0), lambda f: f.last in AMOUNT_WORDS),
    _row(13, "it is what is owed", (AMOUNT, 0), lambda f: f.last in {"due", "paid"} and f.is_number),
    _row(12, "it is a currency", (AMOUNT, 2), lambda f: f.last == "currency"),
    _row(11, "it says when it was changed", _OUT, lambda f: f.is_date and set(f.spoken) & (CHANGED | {"deleted"})),
    _row(10, "it says when it was created", (DATE, 3), lambda f: f.is_date and set(f.spoken) & MADE),
    _row(9, "it is a date", (DATE, 0), lambda f: f.is_date),
    _row(
        8,
        "it is the id of something else",
        (REFERENCE, 4),
        lambda f: f.last in ID or (f.spoken[0] == "id" and len(f.spoken) > 1),
    ),
    _row(
        7,
        "it is a code or a number",
        (REFERENCE, 0),
        lambda f: f.last in REFERENCE_WORDS or f.last.endswith("nummer"),
    ),
    _row(6, "it is one of several values", (OTHER, 0), lambda f: f.enum and f.is_text),
    _row(5, "it is the same in all records", (OTHER, 6), lambda f: f.constant),
    _row(4, "it is text", (OTHER, 1), lambda f: f.type == "string"),
    _row(3, "it is a number", (OTHER, 2), lambda f: f.is_number),
    _row(2, "it is a value", (OTHER, 3), lambda f: True),
)

NESTED_FIELD: Table[FieldKind] = Table(
    "what is a field of an object or a list in the record?",
    _row(
        20,
        "it is a link or a long text",
        _OUT,
        lambda f: f.format in {"uri", "url", "byte", "binary"} or f.long,
    ),
    _row(
        19,
        "it is a list of values",
        (OTHER, 5),
        lambda f: (
            f.many
            and len(f.names) == 1
            and f.type in {"string", "integer", "number", None}
            and f.head not in LINK
            and not f.is_noise
            and kind_of(f.names[0], type=f.type) is None
        ),
    ),
    _row(
        21,
        "it is the ids of the record",
        (REFERENCE, 0),
        lambda f: f.many and len(f.names) == 1 and f.spoken == ("id",),
    ),
    _row(
        18,
        "it names what a list holds",
        (OTHER, 5),
        lambda f: f.many and len(f.names) > 1 and f.is_listed_name,
    ),
    _row(17, "it is something in a list", _OUT, lambda f: f.many),
    _row(16, "it is personal", _OUT, lambda f: f.is_personal),
    _row(15, "it names the state", (STATUS, 0), lambda f: f.is_state and f.end in LABELS),
    _row(14, "it is the value of a state", (STATUS, 1), lambda f: f.is_state and f.end in STATUS_WORDS | _VALUE_PARTS),
    _row(13, "it is the currency of an amount", (AMOUNT, 2), lambda f: f.head in AMOUNT_WORDS and f.end == "currency"),
    _row(12, "it is an amount", (AMOUNT, 1), lambda f: f.head in AMOUNT_WORDS and f.end in _AMOUNT_PARTS),
    _row(11, "it is a date", (DATE, 1), lambda f: f.head in DATE_WORDS and f.format in {"date", "date-time"}),
    # `name.first` names the record, `shopperName.first` somebody in it.
    _row(10, "it is a part of somebody's name", (REFERENCE, 1), lambda f: f.is_name_part and len(f.parent) > 1),
    _row(9, "it is a form of the name", (LABEL, 4), lambda f: f.is_name_part and f.end in TEXT),
    _row(8, "it is a part of the name", (LABEL, 1), lambda f: f.is_name_part),
    # `task.task_name` is the name of the task, `task.queue_name` is not.
    _row(
        7,
        "it names an object of the record",
        (REFERENCE, 1),
        lambda f: f.is_name_in and (label_order(f.spoken) <= 1 or (len(f.names) == 2 and f.spoken[:1] == f.parent[:1])),
    ),
    _row(6, "it is a name in an object", (REFERENCE, 3), lambda f: f.is_name_in),
    # What the record belongs to, where nothing names it.
    _row(5, "it is the id of its object", (REFERENCE, 6), lambda f: f.is_id_of_its_object),
)


@lru_cache(maxsize=16384)
def _kind(
    names: tuple[str, ...],
    many: bool,
    asked: bool,
    type: str | None,
    format: str | None,
    enum: bool,
    constant: bool,
    long: bool,
) -> FieldKind:
    return FieldKind(names, many, asked, type, format, enum, constant, long)


CACHES.append(_kind.cache_clear)


def _kind_of(candidate: Candidate, names: tuple[str, ...], many: bool, asked: bool) -> FieldKind:
    long = candidate.size is not None and candidate.size > _LONG
    return _kind(names, many, asked, candidate.type, candidate.format, candidate.enum, candidate.constant, long)


class Field:
    """A candidate under judgement. ``kind``: what it is; ``given``: the operation says that it identifies; ``tier``
    None: left out; ``sub``: lower comes first within a tier; ``depth``: the steps of its path."""

    __slots__ = (
        "candidate",
        "depth",
        "given",
        "index",
        "is_text",
        "kind",
        "many",
        "names",
        "own",
        "path",
        "spoken",
        "sub",
        "tier",
        "type",
    )

    def __init__(self, candidate: Candidate, index: int, kind: FieldKind, depth: int) -> None:
        self.path, self.candidate, self.index, self.kind, self.depth = candidate.path, candidate, index, kind, depth
        self.names, self.many, self.own, self.spoken = kind.names, kind.many, kind.own, kind.spoken
        self.type, self.is_text = kind.type, kind.is_text
        self.given = kind.own and kind.asked
        self.tier: int | None = None
        self.sub = 0

    def order(self) -> tuple[int, bool, int, int, int]:
        tier = OTHER if self.tier is None else self.tier
        return (tier, self.candidate.optional, self.sub, self.kind.narrow, self.index)

    def set(self, tier: int | None, sub: int = 0) -> None:
        self.tier, self.sub = tier, sub


class _Place:
    """A path taken apart. ``names``: the keys on the way, without those of wrappers around them; ``around``: what it
    goes through; ``last``: the last key as :func:`plain` writes it."""

    __slots__ = ("around", "last", "many", "names", "segments")

    def __init__(self, path: str) -> None:
        try:
            segments = tuple(one if isinstance(one, str) else "*" for one in fields.parse(path))
        except ValueError:
            segments = ()
        self.segments, self.many = segments, "*" in segments
        self.names = _unwrapped(segments, WRAPPERS)
        self.around = tuple(segments[:end] for end in range(len(segments)))
        self.last = plain(self.names[-1]) if self.names else ""


place_of = lru_cache(maxsize=32768)(_Place)


def _unwrapped(segments: tuple[str, ...], wrappers: frozenset[str]) -> tuple[str, ...]:
    names = tuple(part for part in segments if part != "*")
    start = 0
    while len(names) > start + 1 and names[start] in wrappers:
        start += 1
    return names[start:]


_NO_SCALAR = frozenset({"object", "array", "null"})


def score_fields(
    candidates: Sequence[Candidate], identifying: frozenset[str], resource: Sequence[str] = (), *, entry: bool = False
) -> list[Field]:
    """The scalars among ``candidates`` with their tiers; ``identifying`` holds :func:`plain` names, ``resource`` the
    words of what the records are, in the singular. ``entry``: they may be entries that only hold the records."""
    # What is an object in one alternative is no value in the other.
    places = [place_of(candidate.path) for candidate in candidates]
    around = set(chain.from_iterable([place.around for place in places]))
    holders = _holders(candidates, resource) if entry else frozenset()
    wrapping = holders | WRAPPERS
    # `{"game": {"gameId": …}}`: what holds the record says what it is.
    identifying |= {plain(name) + end for name in holders for end in (*ID, "number", "code", "key")}
    found: list[Field] = []
    for index, (candidate, place) in enumerate(zip(candidates, places, strict=True)):
        if candidate.type in _NO_SCALAR or place.segments in around:
            continue
        names = _unwrapped(place.segments, wrapping) if holders else place.names
        if 0 < len(names) <= 3:
            # `slug` and `code` of what a record holds are of something else, but for `id.slug`.
            near = len(names) == 1 or place.last not in REFERENCE_WORDS or words(names[-2]) in ID_WORDS
            asked = near and place.last in identifying
            kind = _kind_of(candidate, names, place.many, asked)
            found.append(Field(candidate, index, kind, len(place.segments)))
    families = _families(found)
    for field in found:
        if not field.kind.numbered or field.kind.family not in families:
            field.tier, field.sub = field.kind.answer
    _one_language(found)
    _one_per_object(found)
    _once(found)
    return found


def has_identity(candidates: Sequence[Candidate], identifying: frozenset[str]) -> bool:
    """Whether a value of the record itself identifies it, for sure: the cheap half of the question whether the fields
    are those of a record."""
    for candidate in candidates:
        path = candidate.path
        if not path.isidentifier() or candidate.type in _NO_SCALAR or _DIGITS.search(path):
            continue
        if _kind_of(candidate, (path,), False, plain(path) in identifying).answer[0] == IDENTITY:
            return not any(other.path.startswith((f"{path}.", f"{path}[")) for other in candidates)
    return False


# What stands beside the record that an entry only holds: ``{"score": 1.2, "item": {…}}``.
_BESIDE = vocabulary(
    "score rank relevance match cursor method rel href url self object kind type etag version position"
)


def _holders(candidates: Sequence[Candidate], resource: Sequence[str]) -> frozenset[str]:
    """The member that holds the record where an entry has nothing of its own: one name, or none."""
    inside: dict[str, bool] = {}
    for one in candidates:
        segments = place_of(one.path).segments
        if not segments:
            continue
        if len(segments) == 1:
            if not set(words(segments[0])) <= _BESIDE and one.type not in {"object", "array", "null"}:
                return frozenset()
        elif segments[1] != "*":
            own = len(segments) == 2 and (words(segments[1]) in ID_WORDS or words(segments[1]) in NAMES)
            inside[segments[0]] = inside.get(segments[0], False) or own
    likely = [name for name in inside if not hides(name)]
    for found in (
        likely,
        [name for name in likely if _called(name, resource)],
        [name for name in likely if inside[name]],
    ):
        if len(found) == 1:
            return frozenset(found)
    return frozenset()


def _called(name: str, resource: Sequence[str]) -> bool:
    said = words(name)
    return bool(said and resource) and singular(said[-1]) == resource[-1]


def _families(given: Sequence[Field]) -> frozenset[str]:
    members: dict[str, set[str]] = {}
    for one in given:
        if one.kind.numbered:
            members.setdefault(one.kind.family, set()).add(one.kind.dotted)
    return frozenset(family for family, found in members.items() if len(found) >= 3)


@lru_cache(maxsize=4096)
def hides(name: str) -> bool:
    spoken = words(name)
    if not spoken or name.startswith("_") or singular(spoken[-1]) in {"link", "image", "avatar", "icon", "photo"}:
        return True
    return bool(
        {"audit", "permission", "permissions", "pagination", "paging", "meta", "settings", "config"} & set(spoken)
    )


def _hides_inside(name: str) -> bool:
    return hides(name) or is_by_whom(words(name))


def is_by_whom(spoken: Sequence[str]) -> bool:
    """Whether it says who made or changed the record."""
    return "by" in spoken and bool(set(spoken) & (MADE | CHANGED | {"deleted"}))


def _own_ids(found: Sequence[Field], nested: Sequence[Field]) -> list[Field]:
    """The id of each nested object that the path asks for, or that has a name only deeper inside, of another."""
    named = any(one.tier == LABEL and one.sub <= 1 for one in found)
    chosen: dict[str, Field] = {}
    for one in nested:
        if one.tier == REFERENCE and one.sub == 6 and one.names[0] not in chosen:
            names = [each for each in nested if each.names[0] == one.names[0] and each.tier == REFERENCE]
            names = [each for each in names if each.sub < 6]
            asked = one.kind.asked and one.spoken not in ID_WORDS
            best = min(names, key=lambda each: (each.sub, len(each.names)), default=None)
            if asked or (best is not None and len(best.names) > 2):
                chosen[one.names[0]] = one
                one.set(REFERENCE, 0 if asked else 2)
    if len(chosen) == 1 and not named:  # all that the record is about
        for one in chosen.values():
            one.set(REFERENCE, 0)
    return list(chosen.values())


def _one_per_object(found: Sequence[Field]) -> None:
    """Of several paths into one nested object keep the best of each tier; first and last name go together."""
    best: dict[tuple[str, int], tuple[int, int, int]] = {}
    nested = [one for one in found if one.tier in {STATUS, DATE, REFERENCE, OTHER} and len(one.names) > 1]
    ids = _own_ids(found, nested)
    nested = [one for one in nested if one not in ids]
    for one in nested:
        key = (one.names[0], one.tier or 0)
        best[key] = min(best.get(key, (99, 0, 0)), (one.sub, len(one.names), one.index))
    for one in nested:
        top = best[(one.names[0], one.tier or 0)]
        pair = one.sub == top[0] and set(one.spoken) & {"first", "last", "given", "family"}
        if (one.sub, len(one.names), one.index) != top and not pair:
            one.tier = None


def _one_language(found: Sequence[Field]) -> None:
    """Of a name in several languages (``name_de``, ``title.fr``) the English one is kept, or the first."""
    groups: dict[tuple[str, ...], list[Field]] = {}
    for one in found:
        if one.tier == LABEL and one.sub == 1 and len(one.spoken[-1]) == 2 and len((*one.names, *one.spoken)) > 2:
            groups.setdefault((*one.names[:-1], *one.spoken[:-1]), []).append(one)
    for group in groups.values():
        best = next((one for one in group if one.spoken[-1] == "en"), group[0])
        for one in group:
            if one is not best:
                one.tier = None


def _once(found: Sequence[Field]) -> None:
    """What is said twice (``alert_id`` and ``metadata.alert_id``, ``state_name`` and ``state.name``) is shown
    once, a state where it is known as one."""
    shown: dict[tuple[bool, tuple[str, ...]], Field] = {}
    # The fields are in the order of their index.
    for one in sorted([one for one in found if one.tier is not None], key=attrgetter("depth")):
        before = shown.setdefault(one.kind.said, one)
        if before is not one:
            left = before if one.tier == STATUS != before.tier and before.tier != IDENTITY else one
            shown[one.kind.said] = one if left is before else before
            left.tier = None


def through(paths: Iterable[str]) -> frozenset[str]:
    """Those of ``paths`` through which others go: what is a value in one alternative is an object in another."""
    around = set(chain.from_iterable(place_of(path).around for path in paths))
    return frozenset(path for path in paths if place_of(path).segments in around)
