"""What a field of a record is worth to who sees it first, judged by its name, type and place.

Every field gets a tier (identity, label, status, amount, date, reference, other) or none; which of them a view keeps
is decided by :mod:`adaptgen.ranking`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from adaptgen import fields
from adaptgen.candidates import Candidate
from adaptgen.sensitivity import kind_of
from adaptgen.words import singular, vocabulary, words

IDENTITY, LABEL, STATUS, AMOUNT, DATE, REFERENCE, OTHER = range(7)
_LONG = 160.0

# Objects that only hold the fields of the record (JSON:API, FHIR-like and Kubernetes-like envelopes).
_WRAPPERS = frozenset(
    {"attributes", "metadata", "properties", "fields", "data", "resource", "node", "_source", "record", "result"}
)

ID = vocabulary("id uuid guid pk urn uid oid rid arn")
LABELS = vocabulary("name title subject label headline caption username login fullname displayname")
_NAME_PARTS = vocabulary(
    "first last given family middle full display rendered text value raw plain formatted en default name title official"
)
_SAID_AS = vocabulary("original highlighted localized localised translated raw text short long full en english")
_STATUS = vocabulary("status state stage phase lifecycle")
_GRADES = vocabulary("priority severity condition outcome result health conclusion")
_FLAGS = vocabulary(
    "active enabled disabled archived paused closed open paid published suspended locked completed done failed "
    "cancelled canceled running available online draft read resolved approved"
)
_KINDS = vocabulary("type kind category")
_AMOUNT = vocabulary(
    "amount price balance cost subtotal revenue salary fee budget sum value quantity qty score rate total payment "
    "discount turnover margin probability duration"
)
_DATE = vocabulary("date time datetime at on deadline due start end expires expiry begin timestamp when day")
_MADE = vocabulary("created creation create inserted added registered joined")
_CHANGED = vocabulary("updated update modified modification changed change edited synced accessed viewed indexed")
_AUDIT = vocabulary("audit rowversion lockversion etag revision rev checksum")
_REFERENCE = vocabulary("code sku number ref reference slug key no nr isbn ean symbol abbreviation iata iso")
_TEXT = vocabulary(
    "description body content text notes note comment comments remarks bio about html markdown readme message "
    "details summary snippet excerpt instructions script query data payload raw xml json config configuration "
    "settings metadata template diff patch log logs trace stacktrace doc docs md"
)
LINK = vocabulary(
    "url urls uri href link links self thumbnail avatar image images icon logo photo photos picture gravatar src "
    "permalink endpoint website webpage homepage"
)
HASH = vocabulary("hash sha sha1 sha256 md5 digest signature fingerprint salt crc")
ID_WORDS = {(word,) for word in ID}


def plain(name: str) -> str:
    """The words of a name in one piece, to compare names however they are written."""
    return "".join(words(name))


@dataclass(slots=True)
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

    def order(self) -> tuple[int, int, int]:
        return (OTHER if self.tier is None else self.tier, self.sub, self.index)

    def set(self, tier: int | None, sub: int = 0) -> None:
        self.tier, self.sub = tier, sub


@lru_cache(maxsize=8192)
def _segments(path: str) -> tuple[str, ...]:
    try:
        return tuple(one if isinstance(one, str) else "*" for one in fields.parse(path))
    except ValueError:
        return ()


_DIGITS = re.compile(r"\d+")


def judged(candidates: Sequence[Candidate], identifying: frozenset[str]) -> list[Field]:
    """The scalars among ``candidates`` with their tiers; ``identifying`` holds :func:`plain` names."""
    found: list[Field] = []
    # What is an object in one alternative is no value in the other.
    around = {
        segments[:end] for one in candidates for segments in (_segments(one.path),) for end in range(len(segments))
    }
    for index, one in enumerate(candidates):
        segments = _segments(one.path)
        if segments in around:
            continue
        names = tuple(part for part in segments if part != "*")
        while len(names) > 1 and names[0] in _WRAPPERS:
            names = names[1:]
        if not 0 < len(names) <= 3 or one.type in {"object", "array", "null"}:
            continue
        found.append(Field(one.path, one, index, names, "*" in segments, spoken=words(names[-1])))
    families = _families(found)
    for one_field in found:
        if _family(one_field.names) not in families:
            _judge(one_field, identifying)
    _one_per_object(found)
    _once(found)
    return found


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
    if len(one.names) == 1 and not one.many:
        if plain(one.names[0]) in identifying:
            one.given = True
            one.set(IDENTITY, 0)
        else:
            _judge_own(one)
    elif not _hidden_branch(one):
        _judge_nested(one)


def _hidden_branch(one: Field) -> bool:
    """Whether the field lies below something that is left out whole: links, pictures, audit and paging blocks."""
    return any(_hides(name) for name in one.names[:-1])


@lru_cache(maxsize=4096)
def _hides(name: str) -> bool:
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
    elif last in LABELS and format not in {"uri", "url"}:
        one.set(LABEL, _label_order(spoken))
    elif len(spoken) == 2 and spoken[0] in {"name", "title"} and spoken[1] in _SAID_AS:
        one.set(LABEL, 1)
    elif kind_of(name, type=one.candidate.type, format=format) not in {None, "name"}:
        return
    else:
        _judge_value(one, spoken, last)


def _is_noise(one: Field, last: str) -> bool:
    spoken, given = set(one.spoken), one.candidate
    if given.format in {"uri", "url", "uri-reference", "iri", "byte", "binary", "html", "password"}:
        return True
    if last in LINK or last in HASH or spoken & _AUDIT:
        return True
    if "by" in spoken and spoken & (_MADE | _CHANGED | {"deleted"}):
        return True
    if given.size is not None and given.size > _LONG:
        return True
    return last in _TEXT and given.type in {"string", None} and not given.enum


def _label_order(spoken: tuple[str, ...]) -> int:
    if spoken in {("name",), ("title",), ("subject",), ("display", "name"), ("full", "name"), ("label",), ("login",)}:
        return 0
    if spoken in {("first", "name"), ("last", "name"), ("given", "name"), ("family", "name"), ("company", "name")}:
        return 1
    return 2 if spoken[-1] in {"name", "title"} and len(spoken) <= 3 and "file" not in spoken else 3


def _judge_value(one: Field, spoken: tuple[str, ...], last: str) -> None:
    given = one.candidate
    numeric = given.type in {"integer", "number"}
    if last in _STATUS and len(spoken) <= 3:
        one.set(STATUS, 0)
    elif last in _GRADES:
        one.set(STATUS, 1)
    elif given.type == "boolean":
        one.set(STATUS, 2) if last in _FLAGS else one.set(OTHER, 4)
    elif last in _KINDS and given.type in {"string", None}:
        one.set(STATUS, 3)
    elif (last in _AMOUNT and given.type != "boolean") or (last in {"due", "paid"} and numeric):
        one.set(AMOUNT, 0 if last not in {"rate", "score", "value", "quantity", "duration"} else 1)
    elif last == "currency":
        one.set(AMOUNT, 2)
    elif given.format in {"date", "date-time"} or last in _DATE or spoken[0] in {"date", "time"}:
        _judge_date(one, spoken)
    elif last in _REFERENCE or last in ID:
        one.set(REFERENCE, 0 if last not in ID else 4)
    elif given.enum and given.type in {"string", None}:
        one.set(OTHER, 0)
    elif given.constant:
        one.set(OTHER, 6)
    else:
        one.set(OTHER, 1 if given.type == "string" else 2 if numeric else 3)


def _judge_date(one: Field, spoken: tuple[str, ...]) -> None:
    said = set(spoken)
    if said & _CHANGED or "deleted" in said:
        return
    one.set(DATE, 3 if said & _MADE else 0)


def _judge_nested(one: Field) -> None:
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
        elif last in LABELS and _label_order(spoken) <= 2 and not given.constant:
            one.set(OTHER, 5)
        return
    if kind_of(one.names[-1], type=given.type, format=given.format) not in {None, "name"}:
        return
    value = last in LABELS | _STATUS or last in {"value", "code", "id", "key", "display", "text"}
    if head in _STATUS | _GRADES and value:
        one.set(STATUS, 0 if last in LABELS else 1)
    elif head in _AMOUNT and last in {"amount", "value", "currency"}:
        one.set(AMOUNT, 1 if last != "currency" else 2)
    elif head in _DATE and given.format in {"date", "date-time"}:
        one.set(DATE, 1)
    elif head in LABELS and len(one.names) == 2 and last in _NAME_PARTS and given.type in {"string", None}:
        # `name.first` names the record, `shopperName.first` somebody in it.
        one.set(*(LABEL, 1 if last not in _TEXT else 4) if len(parent) == 1 else (REFERENCE, 1))
    elif last in LABELS and given.type in {"string", None} and not given.constant:
        one.set(REFERENCE, 1 if _label_order(spoken) <= 1 else 3)
    elif spoken in ID_WORDS and len(one.names) == 2 and not given.constant:
        one.set(REFERENCE, 6)  # what the record belongs to, where nothing names it


def _one_per_object(found: Sequence[Field]) -> None:
    """Of several paths into one nested object keep the best of each tier; first and last name go together."""
    best: dict[tuple[str, int], tuple[int, int]] = {}
    nested = [one for one in found if one.tier in {STATUS, DATE, REFERENCE, OTHER} and len(one.names) > 1]
    for one in nested:
        key = (one.names[0], one.tier or 0)
        best[key] = min(best.get(key, (99, 0)), (one.sub, one.index))
    for one in nested:
        top = best[(one.names[0], one.tier or 0)]
        pair = one.sub == top[0] and set(one.spoken) & {"first", "last", "given", "family"}
        if (one.sub, one.index) != top and not pair:
            one.tier = None


def _once(found: Sequence[Field]) -> None:
    """What a wrapper repeats (``alert_id`` beside ``metadata.alert_id``) is shown once."""
    shown: set[tuple[str, ...]] = set()
    for one in sorted(found, key=lambda one: (len(_segments(one.path)), one.index)):
        if one.tier is not None and one.names in shown:
            one.tier = None
        elif one.tier is not None:
            shown.add(one.names)
