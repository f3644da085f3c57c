"""What a field of a record is worth to who sees it first, judged by its name, type and place.

Every field gets a tier (identity, label, status, amount, date, reference, other) or none; which of them a view keeps
is decided by :mod:`adaptgen.views.ranking`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

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


@lru_cache(maxsize=8192)
def plain(name: str) -> str:
    """The words of a name in one piece, to compare names however they are written."""
    return "".join(words(name))


@dataclass(slots=True, eq=False)
class Field:
    """A candidate under judgement. ``names``: the keys on the way, without wrappers; ``many``: inside a list; ``tier``
    None: left out; ``sub``: lower comes first within a tier; ``given``: the operation says that it identifies."""

    path: str
    candidate: Candidate
    index: int
    names: tuple[str, ...]
    many: bool
    tier: int | None = None
    sub: int = 0
    given: bool = False
    spoken: tuple[str, ...] = field(default=())

    def order(self) -> tuple[int, bool, int, int]:
        return (OTHER if self.tier is None else self.tier, self.candidate.late, self.sub, self.index)

    def set(self, tier: int | None, sub: int = 0) -> None:
        self.tier, self.sub = tier, sub


@lru_cache(maxsize=8192)
def _segments(path: str) -> tuple[str, ...]:
    try:
        return tuple(one if isinstance(one, str) else "*" for one in fields.parse(path))
    except ValueError:
        return ()


@lru_cache(maxsize=8192)
def _names(path: str) -> tuple[str, ...]:
    """The keys on the way, without those of wrappers around them."""
    return _unwrapped(_segments(path), WRAPPERS)


def _unwrapped(segments: tuple[str, ...], wrappers: frozenset[str]) -> tuple[str, ...]:
    names = tuple(part for part in segments if part != "*")
    start = 0
    while len(names) > start + 1 and names[start] in wrappers:
        start += 1
    return names[start:]


@lru_cache(maxsize=8192)
def _around(path: str) -> tuple[tuple[str, ...], ...]:
    """What a path goes through."""
    segments = _segments(path)
    return tuple(segments[:end] for end in range(len(segments)))


_DIGITS = re.compile(r"\d+")
_NO_SCALAR = frozenset({"object", "array", "null"})


def judged(
    candidates: Sequence[Candidate], identifying: frozenset[str], resource: Sequence[str] = (), *, entry: bool = False
) -> list[Field]:
    """The scalars among ``candidates`` with their tiers; ``identifying`` holds :func:`plain` names, ``resource`` the
    words of what the records are, in the singular. ``entry``: they may be entries that only hold the records."""
    found: list[Field] = []
    # What is an object in one alternative is no value in the other.
    around = set(chain.from_iterable([_around(one.path) for one in candidates]))
    wrappers = _holders(candidates, resource) if entry else frozenset()
    wrapping = wrappers | WRAPPERS
    for index, one in enumerate(candidates):
        if one.type in _NO_SCALAR:
            continue
        segments = _segments(one.path)
        if segments in around:
            continue
        names = _unwrapped(segments, wrapping) if wrappers else _names(one.path)
        if not 0 < len(names) <= 3:
            continue
        found.append(Field(one.path, one, index, names, "*" in segments, spoken=words(names[-1])))
    # `{"game": {"gameId": …}}`: what holds the record says what it is.
    identifying |= {plain(name) + end for name in wrappers for end in (*ID, "number", "code", "key")}
    families = _families(found)
    for one_field in found:
        if _family(one_field.names) not in families:
            _judge(one_field, identifying)
    _one_language(found)
    _one_per_object(found, identifying)
    _once(found)
    return found


def has_identity(candidates: Sequence[Candidate], identifying: frozenset[str]) -> bool:
    """Whether a value of the record itself identifies it, for sure: the cheap half of the question whether the fields
    are those of a record."""
    for one in candidates:
        path = one.path
        if not path.isidentifier() or one.type in _NO_SCALAR or _DIGITS.search(path):
            continue
        long = one.size is not None and one.size > _LONG
        asked = plain(path) in identifying
        if (
            asked
            or _worth((path,), False, one.type, one.format, bool(one.enum), one.constant, long, False)[0] == IDENTITY
        ):
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
        segments = _segments(one.path)
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


@lru_cache(maxsize=16384)
def _family(names: tuple[str, ...]) -> str:
    """``legacy_udf_07`` -> ``legacy_udf_#``; the name itself where it holds no number."""
    return _DIGITS.sub("#", ".".join(names))


def _families(given: Sequence[Field]) -> frozenset[str]:
    members: dict[str, set[str]] = {}
    for one in given:
        name = ".".join(one.names)
        if (family := _family(one.names)) != name:
            members.setdefault(family, set()).add(name)
    return frozenset(family for family, found in members.items() if len(found) >= 3)


def _judge(one: Field, identifying: frozenset[str]) -> None:
    given, asked = one.candidate, plain(one.names[-1]) in identifying
    if asked and len(one.names) == 1 and not one.many:
        one.given = True
        one.set(IDENTITY, 0)
    else:
        long = given.size is not None and given.size > _LONG
        one.tier, one.sub = _worth(
            one.names, one.many, given.type, given.format, bool(given.enum), given.constant, long, asked
        )


@lru_cache(maxsize=16384)
def _worth(
    names: tuple[str, ...], many: bool, type: str | None, format: str | None, enum: bool, constant: bool, long: bool,
    asked: bool,
) -> tuple[int | None, int]:  # fmt: skip
    """The tier of a field and its place in it. Large APIs have few fields, and those again and again. ``asked``: the
    operation says that what is called so identifies."""
    candidate = Candidate("", type, format, enum, constant=constant, size=_LONG + 1 if long else None)
    one = Field("", candidate, 0, names, many, spoken=words(names[-1]))
    if len(names) == 1 and not many:
        _judge_own(one)
    elif not _hidden_branch(one):
        _judge_nested(one, asked)
    return one.tier, one.sub


def _hidden_branch(one: Field) -> bool:
    """Whether the field lies below something that is left out whole: links, pictures, audit and paging blocks."""
    return any(hides(name) for name in one.names[:-1])


@lru_cache(maxsize=4096)
def hides(name: str) -> bool:
    spoken = words(name)
    if not spoken or name.startswith("_") or singular(spoken[-1]) in {"link", "image", "avatar", "icon", "photo"}:
        return True
    return bool(
        {"audit", "permission", "permissions", "pagination", "paging", "meta", "settings", "config"} & set(spoken)
    )


def _judge_own(one: Field) -> None:
    name, spoken, format = one.names[0], one.spoken, one.candidate.format
    if not spoken:
        return
    last = singular(next((word for word in reversed(spoken) if not word.isdigit()), spoken[-1]))
    if (last in ID and len(spoken) == 1) or (name.startswith("_") and spoken == ("id",)):
        one.set(IDENTITY, 1)
    elif name.startswith("_") or _is_noise(one, last):
        return
    elif is_label(last) and format not in {"uri", "url"} and one.candidate.type != "boolean":
        one.set(LABEL, label_order(spoken))
    elif spoken in SHORT or (len(spoken) == 2 and spoken[0] in {"name", "title"} and said_as(spoken[1])):
        one.set(LABEL, 1)
    elif kind_of(name, type=one.candidate.type, format=format) not in {None, "name"}:
        return
    else:
        _judge_value(one, spoken, last)


def _is_noise(one: Field, last: str) -> bool:
    spoken, given = set(one.spoken), one.candidate
    if given.format in {"uri", "url", "uri-reference", "iri", "byte", "binary", "html", "password"}:
        return True
    if last in LINK or last in HASH or spoken & AUDIT or one.spoken[0] in OLD:
        return True
    if "by" in spoken and spoken & (MADE | CHANGED | {"deleted"}):
        return True
    if given.size is not None and given.size > _LONG:
        return True
    return last in TEXT and given.type in {"string", None} and not given.enum


def _judge_value(one: Field, spoken: tuple[str, ...], last: str) -> None:
    given = one.candidate
    numeric = given.type in {"integer", "number"}
    if last in STATUS_WORDS and len(spoken) <= 3:
        one.set(STATUS, 0)
    elif last in GRADES:
        one.set(STATUS, 1)
    elif given.type == "boolean":
        one.set(STATUS, 2) if last in FLAGS else one.set(OTHER, 4)
    elif last in KINDS and given.type in {"string", None}:
        one.set(STATUS, 3)
    elif (last in AMOUNT_WORDS and given.type != "boolean") or (last in {"due", "paid"} and numeric):
        one.set(AMOUNT, 0 if last not in {"rate", "score", "value", "quantity", "duration"} else 1)
    elif last == "currency":
        one.set(AMOUNT, 2)
    elif given.format in {"date", "date-time"} or last in DATE_WORDS or spoken[0] in {"date", "time"}:
        _judge_date(one, spoken)
    elif last in REFERENCE_WORDS or last in ID or last.endswith("nummer") or (spoken[0] == "id" and len(spoken) > 1):
        one.set(REFERENCE, 4 if last in ID or spoken[0] == "id" else 0)
    elif given.enum and given.type in {"string", None}:
        one.set(OTHER, 0)
    elif given.constant:
        one.set(OTHER, 6)
    else:
        one.set(OTHER, 1 if given.type == "string" else 2 if numeric else 3)


def _judge_date(one: Field, spoken: tuple[str, ...]) -> None:
    said = set(spoken)
    if said & CHANGED or "deleted" in said:
        return
    one.set(DATE, 3 if said & MADE else 0)


def _judge_nested(one: Field, asked: bool) -> None:
    """A nested object gives its label, or its value where it stands for a status, an amount or a date."""
    given, spoken = one.candidate, one.spoken
    if not spoken or given.format in {"uri", "url", "byte", "binary"} or (given.size or 0) > _LONG:
        return
    parent, last = words(one.names[-2]) if len(one.names) > 1 else spoken, singular(spoken[-1])
    head = singular(parent[-1]) if parent else ""
    if one.many:
        if len(one.names) == 1 and given.type in {"string", "integer", "number", None}:
            if head not in LINK and not _is_noise(one, last) and kind_of(one.names[0], type=given.type) is None:
                one.set(OTHER, 5)
        elif is_label(last) and label_order(spoken) <= 2 and not given.constant:
            one.set(OTHER, 5)
        return
    if kind_of(one.names[-1], type=given.type, format=given.format) not in {None, "name"}:
        return
    value = last in LABELS | STATUS_WORDS or last in {"value", "code", "id", "key", "display", "text"}
    if head in STATUS_WORDS | GRADES and value and _of_the_record(one):
        one.set(STATUS, 0 if last in LABELS else 1)
    elif head in AMOUNT_WORDS and last in {"amount", "value", "currency", "total", "gross", "net"}:
        one.set(AMOUNT, 1 if last != "currency" else 2)
    elif head in DATE_WORDS and given.format in {"date", "date-time"}:
        one.set(DATE, 1)
    elif (
        head in LABELS
        and len(one.names) == 2
        and (last in NAME_PARTS or said_as(last))
        and given.type in {"string", None}
    ):
        # `name.first` names the record, `shopperName.first` somebody in it.
        one.set(*(LABEL, 1 if last not in TEXT else 4) if len(parent) == 1 else (REFERENCE, 1))
    elif is_label(last) and given.type in {"string", None} and not given.constant:
        # `task.task_name` is the name of the task, `task.queue_name` is not.
        own = label_order(spoken) <= 1 or (len(one.names) == 2 and spoken[0] == parent[0])
        one.set(REFERENCE, 1 if own else 3)
    elif len(one.names) == 2 and not given.constant and (spoken in ID_WORDS or _own_id(one, parent) or asked):
        one.set(REFERENCE, 6)  # what the record belongs to, where nothing names it


def _own_id(one: Field, parent: tuple[str, ...]) -> bool:
    """Whether a value in an object is called the id of that object."""
    return one.spoken[:-1] == parent and one.spoken[-1] in ID


def _of_the_record(one: Field) -> bool:
    """Whether a state is the record's: not of a part of a part of it."""
    return len(one.names) <= 2 or singular((words(one.names[0]) or ("",))[-1]) in STATUS_WORDS | GRADES


def _own_ids(found: Sequence[Field], nested: Sequence[Field], identifying: frozenset[str]) -> list[Field]:
    """The id of each nested object that the path asks for, or that has a name only deeper inside, of another."""
    named = any(one.tier == LABEL and one.sub <= 1 for one in found)
    chosen: dict[str, Field] = {}
    for one in nested:
        if one.tier == REFERENCE and one.sub == 6 and one.names[0] not in chosen:
            names = [each for each in nested if each.names[0] == one.names[0] and each.tier == REFERENCE]
            names = [each for each in names if each.sub < 6]
            asked = plain(one.names[-1]) in identifying and one.spoken not in ID_WORDS
            best = min(names, key=lambda each: (each.sub, len(each.names)), default=None)
            if asked or (best is not None and len(best.names) > 2):
                chosen[one.names[0]] = one
                one.set(REFERENCE, 0 if asked else 2)
    if len(chosen) == 1 and not named:  # all that the record is about
        for one in chosen.values():
            one.set(REFERENCE, 0)
    return list(chosen.values())


def _one_per_object(found: Sequence[Field], identifying: frozenset[str]) -> None:
    """Of several paths into one nested object keep the best of each tier; first and last name go together."""
    best: dict[tuple[str, int], tuple[int, int, int]] = {}
    nested = [one for one in found if one.tier in {STATUS, DATE, REFERENCE, OTHER} and len(one.names) > 1]
    ids = _own_ids(found, nested, identifying)
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
    """What is said twice (``alert_id`` beside ``metadata.alert_id``, ``state_name`` beside ``state.name``) is shown
    once, a state where it is known as one."""
    shown: dict[tuple[bool, tuple[str, ...]], Field] = {}
    for one in sorted(found, key=lambda one: (len(_segments(one.path)), one.index)):
        if one.tier is None:
            continue
        said = (one.many, tuple(word for name in one.names[:-1] for word in words(name)) + one.spoken)
        before = shown.setdefault(said, one)
        if before is not one:
            left = before if one.tier == STATUS != before.tier and before.tier != IDENTITY else one
            shown[said] = one if left is before else before
            left.tier = None
