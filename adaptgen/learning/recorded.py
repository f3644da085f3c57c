"""What recorded traffic shows of paging, where nothing more can be asked: the place of the list, a size that the API
cut, and headers that lead on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from adaptgen.building.result import BuildResult
from adaptgen.learning.lists.observe import find_place, find_rivals
from adaptgen.learning.model import Experiment, Line, Notebook
from adaptgen.learning.probe import Probe, Reply
from adaptgen.learning.replies import readable_tools
from adaptgen.model.tables import Json, Paging, Unpaged
from adaptgen.plan.document.reader import operations
from adaptgen.syntax import hint_jsonpath as jsonpath
from adaptgen.syntax.field_paths import MISSING

QUESTION: Final = "paging.recorded"
_NEXT: Final = re.compile(r'<([^>]+)>\s*;[^,]*\brel="?next"?', re.IGNORECASE)
_NEXT_NAMES: Final = frozenset({"nextpage", "xnextpage", "xnext", "nextlink", "xnextlink"})
_SIZES: Final = frozenset(
    {"limit", "size", "pagesize", "perpage", "rows", "count", "maxresults", "top", "take"}
)  # fmt: skip

Found = dict[str, tuple[Json, str]]
"""Key of a page -> its value, and why."""


async def learn_recorded(result: BuildResult, probe: Probe, notebook: Notebook) -> None:
    """Look at what was recorded of each list whose paging no experiment showed."""
    tools = readable_tools(result)
    known = {one.keys[1] for one in notebook.lines if one.keys[:1] == ("operations",) and one.keys[2:3] == ("page",)}
    for operation in operations(result.document)[0]:
        tool = tools.get(operation.pointer)
        rows = probe.recorded(operation) if tool is not None and tool.page is not None else ()
        if tool is None or tool.page is None or not rows or operation.key in known:
            continue
        found = _look(tool.page, rows)
        if not found:
            continue
        because = "; ".join(dict.fromkeys(why for _, why in found.values()))
        value = {key: one for key, (one, _) in found.items()}
        seen: dict[str, Json] = {"answers": len(rows)}
        notebook.experiments.append(Experiment(operation.key, QUESTION, operation.key, seen, because, "likely"))
        notebook.lines.append(Line(("operations", operation.key, "page"), value, because, "likely"))


def _look(page: Paging, rows: Sequence[tuple[Mapping[str, str], Reply]]) -> Found:
    found: Found = {}
    places: set[str] = set()
    for query, reply in rows:
        if not reply.ok or not isinstance(reply.json, (dict, list)):
            continue
        place, records = find_place(reply.json, page.items) or (page.items, [])
        if place != page.items and not find_rivals(reply.json, records):
            places.add(place)
            found["items"] = (place, f"the list is at {place}, not at {page.items}")
        if isinstance(page, Unpaged):
            found |= _way_on(reply.headers)
        found |= _cut(page, query, reply, len(records))
    if len(places) > 1:  # what leads there is data
        del found["items"]
    return found


def _way_on(headers: Mapping[str, str]) -> Found:
    if _NEXT.search(headers.get("link", "")):
        return {"style": ("link", "a Link header with rel=next was answered")}
    for name, value in headers.items():
        if _plain(name) in _NEXT_NAMES and "/" in value:
            because = f"the header {name} was answered"
            return {"style": ("header", because), "header": (name, because)}
    return {}


def _cut(page: Paging, query: Mapping[str, str], reply: Reply, count: int) -> Found:
    """The largest page, where more was asked for and more is left."""
    limit = getattr(page, "limit", None) or getattr(page, "size", None)
    names = [limit] if limit else [one for one in query if _plain(one) in _SIZES]
    for name in names:
        asked = query.get(name, "")
        if asked.isdigit() and 0 < count < int(asked) and _goes_on(page, reply, count):
            because = f"{name}={asked} was answered with {count} items and more to come"
            return {"max_size": (count, because)}
    return {}


def _goes_on(page: Paging, reply: Reply, count: int) -> bool:
    following = getattr(page, "next", None)
    if isinstance(following, str) and following.startswith("$"):
        return jsonpath.first(following, reply.json) not in (None, "", MISSING)
    total = page.total
    if isinstance(total, str) and total.startswith("$"):
        said = jsonpath.first(total, reply.json)
        return isinstance(said, int) and said > count
    return bool(_way_on(reply.headers))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())
