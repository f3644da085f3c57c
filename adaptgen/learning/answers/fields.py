"""The values of each path in the records of one operation: always null, always the same, of which type and form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from adaptgen.learning.records import is_field
from adaptgen.learning.targets import Target
from adaptgen.model.evidence import Row, Table
from adaptgen.model.tables import Json
from adaptgen.plan.document.envelope import at
from adaptgen.plan.document.schemas import Leaf, join, leaves, shape

ENOUGH: Final = 5
"""Records from which on "always" is said."""
MANY: Final = 20
"""Records from which on "always the same" counts."""
DEPTH: Final = 5
BULKY: Final = 2_000
"""Bytes of one value that is bulky."""
_ELEMENTS: Final = 20
_SHAPED: Final = 0.9


@dataclass
class Values:
    """What is at ``path``: every value, and in how many ``records`` there is one. ``declared``: as the document has
    it, None where it does not."""

    path: str
    values: list[Json] = field(default_factory=list)
    records: int = 0
    of: int = 0
    declared: Leaf | None = None

    @property
    def name(self) -> str:
        return self.path.replace("[*]", "").rpartition(".")[2]

    @cached_property
    def known(self) -> list[Json]:
        """The values that are not empty."""
        return [one for one in self.values if one not in (None, "", [], {})]

    @property
    def texts(self) -> list[str]:
        return [one for one in self.known if isinstance(one, str)]

    @property
    def is_null(self) -> bool:
        return self.of >= ENOUGH and not self.known

    @property
    def is_constant(self) -> bool:
        return (
            len(self.known) >= ENOUGH and self.records == self.of and all(one == self.values[0] for one in self.values)
        )

    @property
    def types(self) -> frozenset[str]:
        return frozenset(_type(one) for one in self.known)

    @property
    def bytes(self) -> float:
        """The mean length."""
        return sum(len(str(one)) for one in self.known) / max(len(self.known), 1)

    @property
    def form(self) -> str:
        """The form that nearly all values have; "" for none."""
        row = FORM.strongest(self) if self.known else None
        return str(row.answer) if row is not None else ""

    def all_match(self, pattern: re.Pattern[str]) -> bool:
        """Whether nearly all values are texts that match."""
        texts = self.texts[:200]
        return bool(texts) and len(self.texts) == len(self.known) and _share(texts, pattern) >= _SHAPED

    @property
    def is_few(self) -> bool:
        """Whether few texts come again and again."""
        different = len({str(one) for one in self.texts})
        return len(self.texts) >= MANY and 1 < different <= 12 and 4 * different <= len(self.texts)


def _share(texts: Sequence[str], pattern: re.Pattern[str]) -> float:
    return sum(pattern.fullmatch(one) is not None for one in texts) / len(texts)


def _type(one: Json) -> str:
    if isinstance(one, bool):
        return "boolean"
    if isinstance(one, int):
        return "integer"
    if isinstance(one, float):
        return "integer" if one.is_integer() else "number"
    return "string" if isinstance(one, str) else "array" if isinstance(one, list) else "object"


_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,12})?")
_URL = re.compile(r"https?://\S+")
_EPOCHS = ((946_684_800, 4_102_444_800), (946_684_800_000, 4_102_444_800_000))
_TIMES = re.compile(r"(?i).*(?:time|date|stamp|_at|created|updated|modified|expires?|epoch|At)$")


def _is_epoch(one: Values) -> bool:
    """Whether numbers are seconds or milliseconds since 1970, under a name that is one of times."""
    whole = [each for each in one.known if isinstance(each, int) and not isinstance(each, bool)]
    within = any(all(low <= each <= high for each in whole) for low, high in _EPOCHS)
    return len(whole) == len(one.known) and within and _TIMES.match(one.name) is not None


FORM: Table[Values] = Table(
    "which form do the values of a field have?",
    Row(60, "they are UUIDs", lambda v: v.all_match(_UUID), "uuid"),
    Row(50, "they are times of ISO 8601", lambda v: v.all_match(_TIME), "date-time"),
    Row(50, "they are dates of ISO 8601", lambda v: v.all_match(_DATE), "date"),
    Row(40, "they are addresses", lambda v: v.all_match(_URL), "url"),
    Row(30, "they are numbers in texts", lambda v: v.all_match(_NUMBER), "number in a text"),
    Row(20, "they are times since 1970", _is_epoch, "epoch"),
    Row(10, "few texts come again and again", lambda v: v.is_few, "few values"),
)


def read_fields(target: Target, records: Sequence[Json], place: str) -> dict[str, Values]:
    """Path -> what is there, of the paths that are names of fields. Keys of maps are data: they are left out."""
    declared = declared_leaves(target, place)
    found: dict[str, Values] = {}
    for record in records:
        seen: set[str] = set()
        _walk(record, "", DEPTH, found, seen)
        for path in seen:
            found[path].records += 1
    named = {one.path: one for one in declared} if declared is not None else {}
    kept: dict[str, Values] = {}
    for path, one in sorted(found.items()):
        one.of, one.declared = len(records), named.get(path)
        if one.declared is not None or is_field(path, one.records, len(records)):
            kept[path] = one
    return kept


def _walk(one: Json, path: str, depth: int, found: dict[str, Values], seen: set[str]) -> None:
    if isinstance(one, dict) and one and depth:
        for name, member in one.items():
            _walk(member, join(path, str(name)), depth - 1, found, seen)
    elif isinstance(one, list) and one and depth:
        for member in one[:_ELEMENTS]:
            _walk(member, f"{path}[*]", depth - 1, found, seen)
    elif path:
        found.setdefault(path, Values(path)).values.append(one)
        seen.add(path)


def declared_leaves(target: Target, place: str) -> list[Leaf] | None:
    """The declared fields of a record at ``place``; None where the document does not describe it."""
    facts, page = target.facts, target.page
    if facts.schema is None:
        return None
    document = facts.document
    node = at(document, facts.schema, place)
    if node is None and page is not None:
        node = at(document, facts.schema, page.items)
    if node is None:
        return None
    form = shape(document, node)
    if page is not None:
        node = form.items or (node if form.properties else None)
    elif form.items is not None and not form.properties:
        node = form.items
    return (leaves(document, node, depth=DEPTH + 1) or None) if node is not None else None


def is_covered(path: str, declared: Sequence[Leaf]) -> bool:
    """Whether the document has a path, or something open above it."""
    opened: Mapping[str, bool] = {one.path: one.type in (None, "object") for one in declared}
    if path in opened:
        return True
    above = any(is_open and path.startswith((f"{one}.", f"{one}[")) for one, is_open in opened.items())
    return above or any(one.startswith((f"{path}.", f"{path}[")) for one in opened)
