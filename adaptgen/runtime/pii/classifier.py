"""Classified values in what an API answered: by the paths that the tool declares, and by the names of all others.

A classifier learns the keys of an API as it meets them, so that a record costs one look per member.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from adaptgen.model.tables import Json, Tool
from adaptgen.pii.field_kinds import LeafKinds, leaf_kinds
from adaptgen.pii.structured_text import pair_kind
from adaptgen.runtime.core.text import clean
from adaptgen.runtime.pii.arguments import resource
from adaptgen.runtime.pii.personal_text import SliceSafeText
from adaptgen.runtime.pii.tagged_values import Tagged, tag
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.json_pointer import matching, pattern

UNCUT = 80
"""Characters of free text that no budget cuts."""
_KNOWN = 1000
"""Keys that are remembered at one place; records keyed by an id would otherwise fill the memory."""

_NO_KINDS = LeafKinds()


class _Place:
    """A place in records: what a string and a number there are, and what is below."""

    __slots__ = ("declared", "inner", "kinds", "members", "name", "no_number", "no_text")

    def __init__(self, name: str) -> None:
        self.name = name
        self.kinds = _NO_KINDS
        self.declared = False
        self.no_text = self.no_number = True
        self.inner: str | None = None
        self.members: dict[str, _Place] = {}

    def holds(self, kinds: LeafKinds) -> None:
        """Everything here is of ``kinds``."""
        self.kinds = kinds
        self.no_text = kinds.text is None and not kinds.person
        self.no_number = kinds.digits is None

    def holds_all(self, kind: str | None) -> None:
        """Everything here and below is of ``kind``."""
        self.holds(LeafKinds(kind, kind, kind))
        self.inner = kind


class Classifier:
    """``sensitive``: path -> kind, as in :class:`adaptgen.model.tables.Tool`; ``plain``: what is said not to be
    personal, as paths, or as ``$..name`` for every field of that name; ``resource``: what the records are, in one word;
    ``prefix``: the keys under which the records are in what is given to :meth:`mark`.
    """

    def __init__(
        self,
        sensitive: Mapping[str, str],
        plain: Iterable[str] = (),
        *,
        resource: str = "",
        prefix: Iterable[str] = (),
    ) -> None:
        self._root = _Place(resource)
        plain, before = tuple(plain), tuple(prefix)
        self.never = tuple(path for path in plain if path.startswith("$.."))
        """What is not personal wherever it is."""
        self._never = frozenset(path[3:] for path in self.never)
        for path in plain:
            if not path.startswith("$"):
                self._declare((*before, *fields.keys_of(path)), None)
        for path, kind in sensitive.items():
            keys = fields.keys_of(path)
            self._declare((*before, *keys), kind)
            if kind != "secret":
                self._declare_before((*before, *keys), len(before), kind)
        if before:
            self._at(before).name = resource

    def _at(self, keys: Iterable[str]) -> _Place:
        here = self._root
        for key in keys:
            found = here.members.get(key)
            if found is None:
                found = here.members[key] = self._new(here, key)
            here = found
        return here

    def _declare(self, keys: tuple[str, ...], kind: str | None) -> None:
        place = self._at(keys)
        place.holds_all(kind)
        place.declared = True

    def _declare_before(self, keys: tuple[str, ...], first: int, kind: str) -> None:
        """Text where an object with personal data is declared is that data."""
        for end in range(first + 1, len(keys)):
            place = self._at(keys[:end])
            if not place.declared and place.kinds.text is None:
                place.holds(replace(place.kinds, text=kind))

    def _new(self, holder: _Place, key: str) -> _Place:
        place = _Place(key)
        if holder.inner is not None:
            place.holds_all(holder.inner)
        elif key not in self._never:
            place.holds(leaf_kinds(key, holder.name))
        return place

    def mark(self, value: Json, seen: dict[tuple[str, str], None], *, guard: int = UNCUT) -> Json:
        """A copy of ``value`` (a record, a list of records, a whole body) whose classified leaves are marked.

        ``seen`` gets every classified value with its kind, secrets too, which stay unmarked: they are not shown
        anyway. Other strings of more than ``guard`` characters do not let themselves be cut inside personal data.
        """
        return self._mark(value, self._root, seen, guard)

    def _mark(self, value: Any, place: _Place, seen: dict[tuple[str, str], None], guard: int) -> Any:
        if isinstance(value, dict):
            return self._mark_members(value, place, seen, guard)
        if isinstance(value, list):
            return [self._mark(element, place, seen, guard) for element in value]
        if isinstance(value, str):
            if not value or isinstance(value, Tagged):
                return value
            kind = place.kinds.of_text(value)
            if kind is None:
                return SliceSafeText(clean(value), seen) if len(value) > guard else value
        elif value is None or isinstance(value, bool) or (kind := place.kinds.of_number(value)) is None:
            return value
        made = value if kind == "secret" else tag(value, kind)
        seen[kind, str(made)] = None
        return made

    def _mark_members(
        self, value: dict[str, Any], place: _Place, seen: dict[tuple[str, str], None], guard: int
    ) -> dict[str, Any]:
        members = place.members
        marked: dict[str, Any] = {}
        pair = pair_kind(value, _text_kind)
        for key, member in value.items():
            of = type(member)
            if member is None or of is bool:
                marked[key] = member
                continue
            child = members.get(key)
            if pair is not None and key == pair[0] and (child is None or not child.declared):
                marked[key] = self._mark(member, _place_of(pair[1]), seen, guard)
                continue
            if child is None:
                child = self._new(place, key)
                if len(members) < _KNOWN:
                    members[key] = child
            if (child.no_text and of is str and len(member) <= guard) or (child.no_number and of is int):
                marked[key] = member  # the most frequent case, without a call
            else:
                marked[key] = self._mark(member, child, seen, guard)
        return marked


@lru_cache(maxsize=64)
def _place_of(kind: str) -> _Place:
    """A place where everything is of ``kind``."""
    place = _Place("")
    place.holds_all(kind)
    return place


def _text_kind(name: str, holder: str) -> str | None:
    return leaf_kinds(name, holder).text


def make_classifier(tool: Tool) -> Classifier:
    """The classifier of what a tool's API answers: of its items, or of the whole body around its payload."""
    about = resource(tool.call) if tool.call is not None else ""
    prefix: tuple[str, ...] = ()
    if tool.page is None and tool.payload.startswith(("$.", "$[")):
        prefix = fields.keys_of(tool.payload.removeprefix("$").removeprefix("."))
    return Classifier(tool.sensitive, tool.not_sensitive, resource=about, prefix=prefix)


def mark_values(arguments: Mapping[str, Json], given: Iterable[tuple[str, str]]) -> dict[str, Json]:
    """A copy of ``arguments`` in which every value of ``given`` (kind, value) is marked."""
    kinds = {value: kind for kind, value in given}

    def copy(value: Json) -> Json:
        if isinstance(value, Mapping):
            return {key: copy(member) for key, member in value.items()}
        if isinstance(value, list):
            return [copy(element) for element in value]
        kind = kinds.get(str(value)) if value is not None and not isinstance(value, bool) else None
        return value if kind is None else tag(value, kind)

    return {name: copy(value) for name, value in arguments.items()}


def classified_values(value: Json, kinds: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Kind and value of every classified scalar in arguments. ``kinds``: argument, or pattern of a JSON Pointer
    (:mod:`adaptgen.syntax.json_pointer`), -> kind.
    """
    for name, kind in kinds.items():
        for leaf in matching(value, pattern(name)):
            for scalar in scalar_texts(leaf):
                yield kind, scalar


def scalar_texts(value: Json) -> Iterator[str]:
    """The strings and numbers within a value, as text."""
    if isinstance(value, (list, tuple)):
        for element in value:
            yield from scalar_texts(element)
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from scalar_texts(member)
    elif value is not None and not isinstance(value, bool) and value != "":
        yield str(value)
