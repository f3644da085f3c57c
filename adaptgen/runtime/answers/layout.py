"""The form of an answer: which paths of the items it keeps, and whether they are rows or objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, Final

from adaptgen.model.tables import Json, Layout, Tool
from adaptgen.pii.field_kinds import kind_of
from adaptgen.runtime.answers.projection import View, view
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.pii.tagged_values import Tagged, tag
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.field_paths import Segment
from adaptgen.syntax.identifiers import words
from adaptgen.syntax.tables import UNREADABLE
from adaptgen.views.vocabulary import TEXT

WITHHELD: Final = "[withheld]"
_NAMES: Final = 40
_BULKY: Final = 200
"""Bytes of a text that is named where it is left out, whatever it is called."""
_OTHERS: Final = 500
"""Bytes of the names of fields that an answer leaves out."""


class AnswerLayout:
    """How the items of one answer are shown.

    ``columns``: rows under ``fields``, else objects. ``chosen``: the paths, where they must be kept in the cursor
    because the agent asked for them or because they were chosen from the data. ``note``: what the agent should know.
    ``others``: names of fields that the items have and the view does not. ``empty``: columns of the declared view in
    which no item has had a value so far.
    ``torn``: lines of a table that could not be read are among the items (``tabular.UNREADABLE``); their text is shown
    unless other fields are asked for, and never under governance, which cannot classify it.
    """

    def __init__(
        self,
        tool: Tool,
        items: Sequence[Json],
        asked: Sequence[str] | None,
        kept: Sequence[str] | None,
        marks: PiiTracker | None = None,
        *,
        torn: bool = False,
    ) -> None:
        self.note = ""
        self.torn = torn
        self._marks = marks or PiiTracker()
        self.others: tuple[str, ...] = ()
        self.chosen: tuple[str, ...] | None = tuple(asked or kept or ()) or None
        objects = [item for item in items if isinstance(item, (dict, list)) and not (torn and UNREADABLE in item)]
        if self.chosen is not None:
            self.view = parse_view(self.chosen)
            if asked:
                self._say_unmet(objects)
        else:
            self.view = self._default(tool, objects)
        if torn and not asked and not self.view.whole:
            self.view = view((*self.view.paths, UNREADABLE))
        plain = bool(items) and all(isinstance(item, (dict, list)) for item in items)
        self._secrets = Secrets(tool.sensitive, self.view, self._marks)
        self._nested = tool.layout == "columns"
        self.columns = plain and self._in_columns(tool.layout, items)
        declared = self.columns and self.chosen is None and not torn
        self.empty = set(range(len(self.view.paths))) if declared else set()

    def _default(self, tool: Tool, objects: Sequence[Json]) -> View:
        if tool.view is not None:
            declared = view(tool.view)
            if not objects:
                return declared
            if fits(declared, objects):
                self.others = find_left_out(declared, objects)
                return declared
        chosen, self.others = choose_from(tool, objects)
        if not objects or not chosen:
            return view(("*",))
        self.chosen = chosen
        return view(chosen)

    def _in_columns(self, form: Layout | None, items: Sequence[Json]) -> bool:
        if form in ("objects", "structured") or self.view.whole or not self.view.paths:
            return False
        if form == "columns":
            return True
        return self.view.flat and not any(_nests(cell) for row in self.view.rows(items) for cell in row)

    def _say_unmet(self, objects: Sequence[Json]) -> None:
        unmet = self.view.unmet(objects) if objects else ()
        if unmet:
            self.note = f"No item has {', '.join(unmet)}. Fields: {', '.join(list_paths(objects))}."

    def project(self, items: Sequence[Json]) -> list[Json]:
        """Rows or objects of ``items``, secrets withheld, classified values marked."""
        if self.torn and self._marks.enabled:
            items = [_withheld(item) for item in items]
        shown = self._secrets.hide(self._marks.mark(list(items), cuts=self.view.cuts) if self._marks.enabled else items)
        if not self.columns:
            return [withhold_secrets(item) for item in self.view.objects(list(shown))]
        rows = self.view.rows(shown)
        self.empty = {at for at in self.empty if all(row[at] is None or row[at] in ("", []) for row in rows)}
        return [[withhold_secrets(cell) for cell in row] for row in rows] if self._nested else list(rows)

    def drop_empty(self) -> tuple[tuple[str, ...], list[int]]:
        """Leave out the columns in which no item has a value: their names, and the positions of the others. None is
        left out where none would be left."""
        names = self.view.paths
        if not 0 < len(self.empty) < len(names):
            return (), list(range(len(names)))
        empty, self.empty = self.empty, set()
        left = [at for at in range(len(names)) if at not in empty]
        self.view = view([names[at] for at in left])
        return tuple(names[at] for at in sorted(empty)), left

    @property
    def paths(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.view.paths


def _withheld(item: Json) -> Json:
    """A line that could not be read, without its text."""
    if not isinstance(item, dict) or UNREADABLE not in item:
        return item
    return {**item, UNREADABLE: f"{str(item[UNREADABLE]).partition(':')[0]}: {WITHHELD}"}


def fits(declared: View, records: Sequence[Json]) -> bool:
    """Whether a declared view shows anything of ``records``, and no more than half of its paths are missing."""
    if declared.whole or not declared.paths:
        return True
    missing = len(declared.lacking(records))
    return 2 * missing <= len(declared.paths) and len(declared.unmet(records)) < len(declared.paths)


def choose_from(tool: Tool, records: Sequence[Json], *, alone: bool = False) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The view of received records that the declared one does not fit, and the other paths that they have: what of the
    declared view they have, then what the default view of such records would show, but for declared secrets."""
    # Here and not above: most answers fit the declared view.
    from adaptgen.views.candidates import candidates_from
    from adaptgen.views.field_choice import FieldRanking
    from adaptgen.views.pipeline import choose_view

    secret = {fields.keys_of(path) for path, kind in tool.sensitive.items() if kind == "secret"}
    candidates = [
        replace(one, secret=any(_overlap(fields.keys_of(one.path), path) for path in secret))
        for one in candidates_from(records)
    ]
    ranked = choose_view(FieldRanking(candidates, (), (), entry=False), alone=alone)
    declared = view(tool.view or ())
    unmet = () if declared.whole else {*declared.unmet(records)}
    chosen = tuple(dict.fromkeys((*(path for path in declared.paths if path not in unmet), *ranked)))
    return chosen if ranked else (), tuple(one.path for one in candidates if one.path not in chosen and not one.secret)


def parse_view(paths: Sequence[str]) -> View:
    """The view of the paths that an agent asked for.

    Raises:
        ToolError: one of them cannot be read.
    """
    try:
        return view(paths)
    except fields.PathError as problem:
        raise ToolError(
            f"`fields`: {problem}. A path looks like `name`, `owner.name`, `tags[*].name` or `*` (everything)."
        ) from None


def _nests(cell: Any) -> bool:
    return isinstance(cell, dict) or (isinstance(cell, list) and any(isinstance(one, (dict, list)) for one in cell))


def find_left_out(shown: View, records: Sequence[Json]) -> tuple[str, ...]:
    """The members of ``records`` that a view shows nothing of though they say much: objects and free text; none
    that is called like a secret."""
    if shown.whole:
        return ()
    kept = {segments[0] for segments in shown.segments}
    found = {
        key: None
        for record in records[:50]
        if isinstance(record, dict)
        for key, value in record.items()
        if key not in kept and value and (isinstance(value, dict) or _is_prose(key, value))
    }
    return tuple(fields.text((key,)) for key in found if not is_secret(key))


def _is_prose(key: str, value: Json) -> bool:
    return isinstance(value, str) and (len(value) > _BULKY or bool(TEXT.intersection(words(key)[-1:])))


def name_few(names: Sequence[str]) -> list[str]:
    """The first of ``names``, and how many more there are."""
    kept: list[str] = []
    used = 0
    for name in names:
        used += len(name) + 3
        if used > _OTHERS:
            return [*kept, f"and {len(names) - len(kept)} more"]
        kept.append(name)
    return kept


def list_paths(objects: Sequence[Json]) -> list[str]:
    """The names that items have, at most forty; an object by its members."""
    names: dict[str, None] = {}
    for item in objects[:50]:
        if isinstance(item, dict):
            for key, value in item.items():
                if isinstance(value, dict) and value and len(value) <= 12:
                    names.update(dict.fromkeys(fields.text((key, inner)) for inner in value))
                else:
                    names[fields.text((key,))] = None
    found = list(names)
    return found if len(found) <= _NAMES else [*found[:_NAMES], f"and {len(found) - _NAMES} more"]


# --------------------------------------------------------------------------------------------------------- secrets


@lru_cache(maxsize=4096)
def is_secret(key: str) -> bool:
    """Whether the name of a field says that it holds a secret."""
    return kind_of(key, type="string") == "secret"


class Secrets:
    """Replaces secrets in what a view shows: declared ones by path, and undeclared ones by the name of their field. A
    plain value on the way of a path is what the path is declared to be."""

    def __init__(self, sensitive: Mapping[str, str], shown: View, marks: PiiTracker | None = None) -> None:
        declared = {fields.keys_of(path): kind for path, kind in sensitive.items()}
        kept = [_keys(segments) for segments in shown.segments]
        self._marks = marks or PiiTracker()
        self._paths = [
            path
            for path, kind in declared.items()
            if kind == "secret" and (shown.whole or any(_overlap(path, segments) for segments in kept))
        ]
        self._paths += [path for path in kept if path and is_secret(path[-1]) and path not in self._paths]
        around = {path[:end] for path in kept for end in range(1, len(path))}
        secret = {path[:end] for path, kind in declared.items() if kind == "secret" for end in range(1, len(path))}
        self._plain = [path for path in sorted(around) if path in secret or is_secret(path[-1])]
        self._kinds = [
            (path, kind) for path in kept if len(path) > 1 and (kind := declared.get(path)) not in (None, "secret")
        ]

    def hide(self, items: Sequence[Json]) -> Sequence[Json]:
        """The items, copied where something in them is replaced."""
        for path in self._paths:
            items = [_changed(item, path, _hidden) for item in items]
        for path in self._plain:
            items = [_changed(item, path, _hidden_plain) for item in items]
        for path, kind in self._kinds if self._marks.enabled else ():
            items = [_changed(item, path, partial(self._tagged, kind)) for item in items]
        return items

    def _tagged(self, kind: str, value: Json) -> Json:
        if isinstance(value, (Tagged, bool)) or not fields.is_plain(value):
            return value
        marked = tag(value, kind)
        self._marks.seen[kind, str(marked)] = None
        return marked


def _keys(segments: Sequence[Segment]) -> tuple[str, ...]:
    return tuple(segment for segment in segments if isinstance(segment, str))


def _overlap(one: Sequence[str], other: Sequence[str]) -> bool:
    return all(a == b for a, b in zip(one, other, strict=False))


def _changed(value: Json, path: Sequence[str], change: Callable[[Json], Json], *, below: bool = False) -> Json:
    """``value`` with what is at ``path``, or a plain value before its end, changed."""
    if not path:
        return change(value)
    if isinstance(value, list):
        return [_changed(element, path, change, below=below) for element in value]
    if not isinstance(value, dict):
        return change(value) if below else value
    if path[0] not in value:
        return value
    inner = value[path[0]]
    replaced = _changed(inner, path[1:], change, below=True)
    return value if replaced is inner else {**value, path[0]: replaced}


def _hidden(value: Json) -> Json:
    return value if value in (None, "") or isinstance(value, bool) else WITHHELD


def _hidden_plain(value: Json) -> Json:
    if isinstance(value, list):
        return [_hidden_plain(element) for element in value]
    return value if isinstance(value, dict) else _hidden(value)


def withhold_secrets(value: Json) -> Json:
    """``value`` without text under keys that name secrets."""
    if isinstance(value, list):
        return [withhold_secrets(element) for element in value]
    if isinstance(value, dict):
        return {
            key: WITHHELD if isinstance(member, str) and member and is_secret(key) else withhold_secrets(member)
            for key, member in value.items()
        }
    return value
