"""Names where the API wants ids: read the list that has both, and put the id in place of the name.

Only small lists are searched, whole: a name that fits one of the items read may fit another one too. The list is read
under the caller's own credentials and kept for a moment; what comes of it reaches the API and, where a name fits
nothing or several, the caller, who could read the list as well (governance sees to that).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from adaptgen.model.frozen import lazy, value
from adaptgen.model.tables import Json, Lookup, Tool
from adaptgen.runtime.answers.layout import is_secret
from adaptgen.runtime.answers.list import MOST_SIZE
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.core.caches import LruCache
from adaptgen.runtime.core.text import clean
from adaptgen.runtime.http.page import Fetch, NoList
from adaptgen.runtime.paging.cursor import CursorBox
from adaptgen.runtime.paging.pages import PageIterator, first_state
from adaptgen.runtime.paging.scan import TOO_LARGE, Bounds, RequestBudget, Scan
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.queries.comparison import fold
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.field_paths import MISSING
from adaptgen.syntax.identifiers import is_id

BOUNDS: Final = Bounds(items=1000, requests=20, seconds=10.0)
"""How much of a list is read for its names."""
LIFETIME: Final = 60.0
"""Seconds that names are kept for a caller."""

_KEPT: Final = 256
_USUAL: Final = 25
"""Items in a page where the API refuses larger ones."""
_NEAREST: Final = 5
_UNSENT: Final = " Nothing was sent."
_INTEGER = lazy(r"-?(?:0|[1-9][0-9]{0,17})\Z")


@value()
class Named:
    """One item: its id, and what people call it, the likeliest first."""

    id: Json
    labels: tuple[str, ...]


Read = Callable[[Tool], tuple[Fetch, PiiTracker]]
"""How a list tool is read for the caller at hand, and what is personal in it."""


def integer_arguments(schema: Mapping[str, Json]) -> frozenset[str]:
    """The arguments of an input schema that take whole numbers, one or several."""
    properties = schema.get("properties")
    found = set()
    for name, one in (properties if isinstance(properties, Mapping) else {}).items():
        inner = one.get("items", one) if isinstance(one, Mapping) else {}
        kinds = inner.get("type") if isinstance(inner, Mapping) else None
        if "integer" in ([kinds] if isinstance(kinds, str) else kinds or ()):
            found.add(name)
    return frozenset(found)


class Lookups:
    """The names of one server's lists. ``clock`` returns seconds."""

    def __init__(self, tools: Mapping[str, Tool], box: Callable[[], CursorBox], clock: Callable[[], float]) -> None:
        self._tools = tools
        self._box = box
        self._clock = clock
        self._kept: LruCache[tuple[str, str, Lookup], tuple[float, tuple[Named, ...]]] = LruCache(_KEPT)

    async def resolved(
        self, tool: Tool, arguments: Mapping[str, Json], integers: frozenset[str], caller: str, read: Read
    ) -> dict[str, Json]:
        """``arguments`` with ids in place of names. ``integers``: arguments whose ids are whole numbers; ``caller``:
        what callers see differs.

        Raises:
            ToolError: a name fits nothing or several, or the list cannot be read; nothing was sent to the tool's call.
        """
        found = dict(arguments)
        for name, lookup in tool.lookups.items():

            async def one(value: Json, name: str = name, lookup: Lookup = lookup) -> Json:
                return await self._one(value, name, lookup, name in integers, caller, read)

            value = found.get(name)
            if isinstance(value, list):
                found[name] = [await one(element) for element in value]
            elif value is not None:
                found[name] = await one(value)
        return found

    async def _one(self, value: Json, name: str, lookup: Lookup, integer: bool, caller: str, read: Read) -> Json:
        if not isinstance(value, str) or not value.strip():
            return value
        text = value.strip()
        if is_id(text):
            return int(text) if integer and _INTEGER.match(text) else value
        if any(fold(text) == fold(one) for one in lookup.keep):
            return value
        known: tuple[Named, ...] = ()
        began = self._clock()
        for oldest in (began - LIFETIME, began):  # what is kept may be too old for a name that is new
            known = await self._named(lookup, caller, read, oldest)
            for fits in (_by_id, _exactly, _likewise):
                ids = list(dict.fromkeys(one.id for one in known if fits(one, text)))
                if len(ids) == 1:
                    return ids[0]
                if ids:
                    several = [one for one in known if one.id in ids]
                    raise ToolError(f"`{name}` fits several of {lookup.tool}: {_told(several)}. Give the id.{_UNSENT}")
        nearest = _nearest(known, text)
        hint = f" The nearest are {_told(nearest)}." if nearest else ""
        raise ToolError(f"Nothing in {lookup.tool} is called as `{name}` says.{hint}{_UNSENT}")

    async def _named(self, lookup: Lookup, caller: str, read: Read, oldest: float) -> tuple[Named, ...]:
        """What is kept, if it was read at ``oldest`` or later, else what is read now."""
        key = (lookup.tool, caller, lookup)
        known = self._kept.get(key)
        if known is not None and known[0] >= oldest:
            return known[1]
        now = self._clock()
        tool = self._tools[lookup.tool]
        assert tool.page is not None
        fetch, marks = read(tool)
        labels = [path for path in lookup.labels if _tellable(path, marks)]
        sizes = [MOST_SIZE] if first_state(tool.page, MOST_SIZE).size in (None, _USUAL) else [MOST_SIZE, _USUAL]
        for size in sizes:
            meter = RequestBudget(BOUNDS)
            scan = Scan(PageIterator(tool.page, meter.metered(fetch), self._box(), first_state(tool.page, size)), meter)
            found: list[Named] = []
            try:
                async for page in scan.pages(resumed=False):
                    found += [named for item in page if (named := _read(item, lookup.id, labels)) is not None]
                break
            except NoList:
                raise ToolError(f"{lookup.tool} returned no list, so it has no names. Pass the id.{_UNSENT}") from None
            except ToolError as problem:
                if size == sizes[-1] or problem.status not in TOO_LARGE:
                    raise
        if scan.why or scan.torn or scan.walk.note:
            raise ToolError(f"{lookup.tool} is too long to look up names in it. Give the id.{_UNSENT}")
        return self._kept.put(key, (now, tuple(found)))[1]


def _tellable(path: str, marks: PiiTracker) -> bool:
    """Whether the caller may see what is at a path, and compare it with guesses."""
    keys = [one for one in fields.parse(path) if isinstance(one, str)]
    kind = marks.kind_at(keys)
    return not any(map(is_secret, keys)) and not (kind is not None and marks.will_tokenize(kind))


def _read(item: Json, id: str, labels: Sequence[str]) -> Named | None:
    key = fields.get(item, id)
    if key is MISSING or isinstance(key, (dict, list, bool)) or key is None:
        return None
    said = (fields.get(item, path) for path in labels)
    return Named(key, tuple(str(one) for one in said if isinstance(one, (str, int, float)) and one != ""))


def _by_id(one: Named, text: str) -> bool:
    return str(one.id) == text


def _exactly(one: Named, text: str) -> bool:
    return text in one.labels


def _likewise(one: Named, text: str) -> bool:
    wanted = fold(text)
    return any(fold(label) == wanted for label in (str(one.id), *one.labels))


def _nearest(known: Sequence[Named], text: str) -> list[Named]:
    """Those whose labels are most alike, or hold the text."""
    wanted = fold(text)
    by_label = {fold(label): one for one in known for label in one.labels}
    near = [label for label in by_label if wanted in label][:_NEAREST]
    near += difflib.get_close_matches(wanted, list(by_label), _NEAREST, 0.6)
    return list(dict.fromkeys(by_label[label] for label in near))[:_NEAREST]


def _told(several: Sequence[Named]) -> str:
    shown = [f"{clean(one.labels[0])[:60]} ({one.id})" if one.labels else str(one.id) for one in several[:_NEAREST]]
    return ", ".join(shown) + (", …" if len(several) > _NEAREST else "")
