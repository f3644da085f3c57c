"""``where``, ``sort``, ``count``, ``sum`` and the others: what an agent asks of all items of a list, read once and
checked.

``where`` is ``{path: value}``, all of them hold: a value, a list of values (any of them), or comparisons
``{">=": 1, "<": 5}``; an object of paths is about the fields inside. A path through a list means any of its elements;
``!=`` means none of them. Conditions on several fields of one list hold for one of its elements. What is missing is
null. Values are never repeated in an error: they may have been PII tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from adaptgen.model import frozen
from adaptgen.model.tables import Json
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.queries.comparison import OPERATORS, Operand, flatten_conditions, parse_moment, read_operator
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.field_paths import EACH, MISSING, Segment

FUNCTIONS: Final = ("sum", "avg", "min", "max")
"""The arguments that compute a figure, in the order of the answer."""
EQUALITY: Final = frozenset({"=", "!=", "in"})
"""Operators that reveal whether a value is a known one, and nothing else about it."""

_ORDER: Final[Mapping[str, Callable[[int], bool]]] = {
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
}
_MOST: Final = 20
EXAMPLES: Final = 3
"""Values in a refusal of a condition."""
Show: TypeAlias = "Callable[[Json], str | None]"
"""A value as an agent may see it; None where it may not."""
_GROUPS: Final = 2
_VALUES: Final = 500

OBJECT: Final = object()
"""Stands for an object at the end of a path: it is there, and equals nothing."""


@frozen.value()
class Field:
    """A path, as the agent wrote it (``said``) and parsed."""

    said: str
    segments: tuple[Segment, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Its keys alone."""
        return tuple(one for one in self.segments if isinstance(one, str))


@frozen.value()
class Test:
    """One comparison; several ``wanted`` are alternatives."""

    operator: str
    wanted: tuple[Operand, ...]

    def holds(self, there: Json, *, whole: bool = False) -> bool:
        """Whether the scalar ``there`` passes; for ``!=`` whether it is one of those that must not be. ``whole``: equal
        is only what is the same value whole."""
        if self.operator == "contains":
            return any(one.within(there) for one in self.wanted)
        meets = _ORDER.get(self.operator)
        if meets is None:
            return any(one.is_same(there) if whole else one.equals(there) for one in self.wanted)
        order = self.wanted[0].order(there)
        return order is not None and meets(order)

    def may_hold(self, there: Json) -> bool:
        """Whether a value of the kind of ``there``, which is not null, could pass, or fail to be excluded."""
        if there is OBJECT:
            return any(one.value is None for one in self.wanted)
        if self.operator == "!=":
            return True
        if self.operator == "contains":
            return any(one.may_be_within(there) for one in self.wanted)
        if self.operator in _ORDER:
            return self.wanted[0].may_precede(there)
        return any(one.may_equal(there) for one in self.wanted)


@frozen.value()
class Condition:
    """What ``where`` says about one path."""

    field: Field
    tests: tuple[Test, ...]

    def holds(
        self,
        values: Sequence[Json],
        compared: Sequence[Json] | None = None,
        hides: Callable[[Json], bool] = lambda value: False,
    ) -> bool:
        """Whether one value passes all tests, and none is excluded. ``compared``: the values as far as more than
        equality may be asked of them; ``hides``: whether agents see a token in place of a value."""
        wanted = [one for one in self.tests if one.operator != "!="]
        excluded = [one for one in self.tests if one.operator == "!="]
        if any(test.holds(there, whole=hides(there)) for test in excluded for there in values):
            return False
        seen = values if compared is None else compared
        return not wanted or any(all(test.holds(there, whole=hides(there)) for test in wanted) for there in seen)


class ConditionEvidence:
    """What was read at the path of one condition. ``answerable``: a value is of a kind that could meet all of its
    tests; ``kinds``: those of all values that were read until then; ``examples``: three of these values."""

    def __init__(self, condition: Condition) -> None:
        self.condition = condition
        self.answerable = False
        self.kinds: dict[str, None] = {}
        self.examples: dict[str, None] = {}

    def look(self, values: Iterable[Json], show: Show) -> None:
        """Take the values of one item; null and empty texts say nothing."""
        for value in values:
            if value is None or value == "":
                continue
            if all(test.may_hold(value) for test in self.condition.tests):
                self.answerable = True
                return
            self.kinds[_describe_kind(value)] = None
            if len(self.examples) < EXAMPLES and (text := show(value)) is not None:
                self.examples[text] = None

    @property
    def is_against(self) -> bool:
        """Whether values were read, and none of them could meet the condition."""
        return bool(self.kinds) and not self.answerable


def _describe_kind(value: Json) -> str:
    """What a scalar, or :data:`OBJECT`, is: in the plural."""
    if value is OBJECT:
        return "objects"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "numbers"
    return "dates" if parse_moment(value) is not None else "texts"


@frozen.value()
class Key:
    """One key of ``sort``."""

    field: Field
    descending: bool


@frozen.value()
class Figure:
    """A figure that is computed from the values at a path; ``function`` is one of :data:`FUNCTIONS`."""

    function: str
    field: Field


@frozen.value()
class Question:
    """What is asked of all items. ``groups``: the paths whose values make the groups that ``count`` and ``figures`` are
    about; without them they are about all items."""

    where: tuple[Condition, ...] = ()
    sort: tuple[Key, ...] = ()
    count: bool = False
    distinct: Field | None = None
    figures: tuple[Figure, ...] = ()
    groups: tuple[Field, ...] = ()

    @property
    def fields(self) -> tuple[Field, ...]:
        """Every path in it."""
        named = [*(one.field for one in self.where), *(one.field for one in self.sort), *self.groups]
        named += dict.fromkeys(one.field for one in self.figures)
        return (*named, self.distinct) if self.distinct is not None else tuple(named)

    @property
    def aggregates(self) -> bool:
        """Whether the answer is about the items and shows none of them."""
        return self.count or self.distinct is not None or bool(self.figures)


def parse_question(given: Mapping[str, Json]) -> Question | None:
    """What the arguments :data:`adaptgen.model.contract_file.QUESTIONS` in ``given`` ask; None where they ask nothing.

    Raises:
        ToolError: one of them cannot be read; the text says what is allowed.
    """
    where, sort, distinct, group_by = (given.get(name) for name in ("where", "sort", "distinct", "group_by"))
    tallies = _count(given.get("count"))
    figures = tuple(Figure(name, one) for name in FUNCTIONS for one in _fields(given.get(name), name, _MOST))
    groups = _groups(_fields(group_by, "group_by", _GROUPS), tallies)
    asked = Question(
        _where(where) if where else (),
        _sort(sort) if sort else (),
        bool(tallies) or (bool(groups) and not figures),
        _field(distinct, "distinct") if distinct else None,
        figures,
        groups,
    )
    if asked == Question():
        return None
    if asked.distinct is not None and isinstance(tallies, Field):
        raise ToolError("Give `count` with a path or `distinct`, not both: `count` with a path names the values too.")
    if asked.distinct is not None and (figures or groups):
        raise ToolError(
            "`distinct` lists values and computes nothing. Give `group_by` in place of it, or leave it out."
        )
    if asked.sort and asked.aggregates:
        raise ToolError(
            "`sort` orders items; with `count`, `distinct`, `sum` and the like no items are given. Leave it out: "
            "the largest groups come first."
        )
    return asked


def _groups(groups: tuple[Field, ...], tallies: Field | bool) -> tuple[Field, ...]:
    """The paths of ``group_by`` and of ``count``."""
    if not isinstance(tallies, Field):
        return groups
    if groups and groups != (tallies,):
        raise ToolError("Give all paths to `group_by`, and `count: true`.")
    return (tallies,)


def find_scalars(item: Json, segments: Sequence[Segment]) -> list[Json]:
    """What ``item`` has at a path: its scalars, through lists; [None] where it has nothing."""
    found: list[Json] = []
    _flatten(fields.get(item, segments), found)
    return found or [None]


@frozen.value()
class Place:
    """A condition, seen from inside a record. ``segments``: what is left of its path there."""

    condition: Condition
    segments: tuple[Segment, ...]

    @property
    def excludes(self) -> bool:
        """Whether it only says what must not be."""
        return all(test.operator == "!=" for test in self.condition.tests)


def hold_together(record: Json, places: Sequence[Place], holds: Callable[[Condition, list[Json]], bool]) -> bool:
    """Whether every condition holds in ``record``, those on fields of one list for the same element of it. ``holds``
    judges a condition by the scalars at its path. Where conditions only exclude, no element may have what they name.
    """
    members: dict[Segment, list[Place]] = {}
    for place in places:
        name = place.segments[0] if len(place.segments) > 1 else None
        if isinstance(name, str) and isinstance(record, dict):
            members.setdefault(name, []).append(Place(place.condition, place.segments[1:]))
        elif not holds(place.condition, find_scalars(record, place.segments)):
            return False
    return all(_member_holds(record.get(name, MISSING), inner, holds) for name, inner in members.items())


def _member_holds(member: Any, places: Sequence[Place], holds: Callable[[Condition, list[Json]], bool]) -> bool:
    """The same for the conditions on one member of a record."""
    if len(places) > 1 and isinstance(member, dict):
        return hold_together(member, places, holds)
    # A number names one element, so it says nothing of the others.
    each = [place for place in places if not isinstance(place.segments[0], (int, slice))]
    elements = _elements(member) if isinstance(member, list) else []
    if len(each) < 2 or not elements or all(place.excludes for place in each):
        return all(holds(place.condition, find_scalars(member, place.segments)) for place in places)
    within = [Place(place.condition, _inside(place.segments)) for place in each]
    if not any(hold_together(element, within, holds) for element in elements):
        return False
    numbered = [place for place in places if place not in each]
    return all(holds(place.condition, find_scalars(member, place.segments)) for place in numbered)


def _elements(value: list[Json]) -> list[Json]:
    """The elements of a list, those of lists in it in their place."""
    elements: list[Json] = []
    for element in value:
        elements += _elements(element) if isinstance(element, list) else [element]
    return elements


def _inside(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """A path below a list as seen from one of its elements."""
    while segments and segments[0] is EACH:
        segments = segments[1:]
    return segments


def _flatten(value: Any, into: list[Json]) -> None:
    if isinstance(value, list):
        for element in value:
            _flatten(element, into)
    elif value is not MISSING:
        into.append(OBJECT if isinstance(value, dict) else value)


# ------------------------------------------------------------------------------------------------------------ reading


def _field(said: Json, place: str) -> Field:
    if not isinstance(said, str):
        raise ToolError(f"`{place}` takes the path of a field, such as `status` or `owner.name`.")
    try:
        segments = fields.parse(said)
    except fields.PathError as problem:
        raise ToolError(f"`{place}`: {problem}. A path looks like `status`, `owner.name` or `tags[*].name`.") from None
    if any(isinstance(one, slice) for one in segments) or segments == ("*",):
        raise ToolError(f"`{place}`: a path names one field here, whole: `status`, `owner.name`, `tags[*].name`.")
    return Field(_shown(said), segments)


def _fields(given: Json, place: str, most: int) -> tuple[Field, ...]:
    if isinstance(given, str):
        given = fields.split(given)
    named = list(given) if isinstance(given, (list, tuple)) else [given] if given not in (None, False) else []
    if len(named) > most:
        raise ToolError(f"`{place}` takes at most {most} paths.")
    return tuple(dict.fromkeys(_field(one, place) for one in named))


def _where(given: Json) -> tuple[Condition, ...]:
    if not isinstance(given, Mapping):
        raise ToolError(
            '`where` takes an object of paths and values, such as {"status": "OPEN", "amount": {">=": 100}}.'
        )
    given = flatten_conditions(given)
    if len(given) > _MOST:
        raise ToolError(f"`where` takes at most {_MOST} paths.")
    return tuple(Condition(_field(path, "where"), _tests(path, said)) for path, said in given.items())


def _tests(path: str, said: Json) -> tuple[Test, ...]:
    if not isinstance(said, Mapping):
        return (_test(path, "=", said),)
    if not said:
        raise ToolError(f"`where.{_shown(path)}` is empty; pass a value, a list of values or comparisons.")
    tests = []
    for name, value in said.items():
        operator = read_operator(str(name))
        if operator not in OPERATORS:
            raise ToolError(
                f"`where.{_shown(path)}`: `{_shown(name)}` is not a comparison; use {' '.join(OPERATORS)}. "
                f"A field inside is written `{_shown(path)}.{_shown(name)}`."
            )
        tests.append(_test(path, operator, value))
    return tuple(tests)


def _test(path: str, operator: str, value: Json) -> Test:
    several = list(value) if isinstance(value, (list, tuple)) else [value]
    place = f"`where.{_shown(path)}`"
    if any(isinstance(one, (Mapping, list, tuple)) for one in several):
        raise ToolError(f"{place} compares with texts, numbers, true, false and null.")
    if not several:
        raise ToolError(f"{place}: the list of values is empty.")
    if len(several) > _VALUES:
        raise ToolError(f"{place} takes at most {_VALUES} values.")
    if operator in _ORDER and (len(several) != 1 or several[0] is None or isinstance(several[0], bool)):
        raise ToolError(f"{place}: `{operator}` compares with one number, date or text.")
    if operator == "contains" and any(one is None or isinstance(one, bool) or one == "" for one in several):
        raise ToolError(f"{place}: `contains` looks for a text.")
    return Test(operator, tuple(map(Operand, several)))


def _sort(given: Json) -> tuple[Key, ...]:
    named = list(given) if isinstance(given, (list, tuple)) else [given]
    if len(named) > _MOST:
        raise ToolError(f"`sort` takes at most {_MOST} paths.")
    made = []
    for one in named:
        text = one.strip() if isinstance(one, str) else one
        descending = isinstance(text, str) and text[:1] == "-"
        made.append(Key(_field(text[1:].strip() if descending else text, "sort"), descending))
    return tuple(made)


def _count(given: Json) -> Field | bool:
    if given is None or given is False or given in ("false", ""):
        return False
    return True if given is True or given in ("true", "*") else _field(given, "count")


def _shown(name: Any) -> str:
    """A name as the agent wrote it; nothing of it leaves the quotes."""
    text = "".join(one if one.isprintable() and one != "`" else "?" for one in str(name))
    return text if len(text) <= 80 else f"{text[:79]}…"
