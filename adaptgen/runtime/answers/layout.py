"""The form of an answer: which paths of the items it keeps, and whether they are rows or objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from adaptgen.model.tables import Json, Layout, Tool
from adaptgen.pii.field_kinds import kind_of
from adaptgen.runtime.answers.projection import View, view
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.field_paths import Segment
from adaptgen.syntax.tables import UNREADABLE
from adaptgen.views import field_choice

WITHHELD: Final = "[withheld]"
_NAMES: Final = 40


class AnswerLayout:
    """How the items of one answer are shown.

    ``columns``: rows under ``fields``, else objects. ``chosen``: the paths, where they must be kept in the cursor
    because the agent asked for them or because they were chosen from the data. ``note``: what the agent should know.
    ``torn``: lines of a table that could not be read are among the items (``tabular.UNREADABLE``); their text is shown
    where nobody asks for other fields, and never under governance, which cannot tell what is in it.
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
        self._secrets = Secrets(tool.sensitive, self.view)
        self._nested = tool.layout == "columns"
        self.columns = plain and self._in_columns(tool.layout, items)

    def _default(self, tool: Tool, objects: Sequence[Json]) -> View:
        if tool.view is not None:
            declared = view(tool.view)
            if not objects or fits(declared, objects):
                return declared
        candidates = field_choice.candidates_from(objects)
        ranked = field_choice.rank(candidates)
        if not objects or not ranked:
            return view(("*",))
        self.chosen = ranked
        self.others = tuple(one.path for one in candidates if one.path not in ranked)
        return view(ranked)

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
        return [[withhold_secrets(cell) for cell in row] for row in rows] if self._nested else list(rows)

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
    """Whether a declared view shows anything of ``records``."""
    return declared.whole or not declared.paths or len(declared.unmet(records)) < len(declared.paths)


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
    """Replaces secrets in what a view shows: declared ones by path, and undeclared ones by the name of their field."""

    def __init__(self, sensitive: Mapping[str, str], shown: View) -> None:
        declared = [_keys(fields.parse(path)) for path, kind in sensitive.items() if kind == "secret"]
        kept = [_keys(segments) for segments in shown.segments]
        self._paths = [path for path in declared if shown.whole or any(_overlap(path, segments) for segments in kept)]
        self._paths += [path for path in kept if path and is_secret(path[-1]) and path not in self._paths]

    def hide(self, items: Sequence[Json]) -> Sequence[Json]:
        """The items, copied where something in them is replaced."""
        for path in self._paths:
            items = [_without(item, path) for item in items]
        return items


def _keys(segments: Sequence[Segment]) -> tuple[str, ...]:
    return tuple(segment for segment in segments if isinstance(segment, str))


def _overlap(one: Sequence[str], other: Sequence[str]) -> bool:
    return all(a == b for a, b in zip(one, other, strict=False))


def _without(value: Json, path: Sequence[str]) -> Json:
    if isinstance(value, list):
        return [_without(element, path) for element in value]
    if not path or not isinstance(value, dict) or path[0] not in value:
        return value
    inner = value[path[0]]
    if len(path) > 1:
        replaced = _without(inner, path[1:])
    else:
        replaced = inner if inner in (None, "") or isinstance(inner, bool) else WITHHELD
    return value if replaced is inner else {**value, path[0]: replaced}


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
