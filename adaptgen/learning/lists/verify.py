"""Whether what was learned makes the runtime read on: two pages by the runtime's own reader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from adaptgen.diagnostics import AdaptgenError
from adaptgen.learning.lists.candidates import Knob, knobs_of
from adaptgen.learning.lists.observe import Seen
from adaptgen.learning.lists.state import ListState
from adaptgen.model.tables import Json, Paging
from adaptgen.plan.paging.infer import find_paging
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.page import NoList, first_place, is_positional, read_page
from adaptgen.runtime.http.response import Response
from adaptgen.source.hints.model import PageHint

_NAMES = {"in": "place"}
_HERE = "http://api.invalid/"


async def reads_on(state: ListState, page: Mapping[str, Json]) -> str:
    """Why the runtime does not read two different pages with the hint ``page``; empty where it does."""
    hint = PageHint(**{_NAMES.get(key, key): one for key, one in page.items()})
    try:
        paging = find_paging(state.target.facts, "read", hint).page
    except AdaptgenError as wrong:
        return wrong.diagnostics[0].message
    if paging is None:
        return "the build would not read it as a list"
    count = max(state.count, len(state.known.marks))
    size = max(state.least, min(4, count // 2))
    try:
        first = await read_page(paging, _fetch(state, paging), first_place(paging), size)
        at: Json = first.next
        if is_positional(paging):
            step = len(first.items) if "offset" in page else 1
            at = (first_place(paging) or 0) + step
        if at is None:
            return "nothing leads on from the first page"
        second = await read_page(paging, _fetch(state, paging), at, size)
    except (ToolError, NoList) as problem:
        return f"the second page cannot be read ({type(problem).__name__})"
    one = {orjson.dumps(each, option=orjson.OPT_SORT_KEYS) for each in first.items}
    two = [orjson.dumps(each, option=orjson.OPT_SORT_KEYS) for each in second.items]
    if not two:
        return "the second page is empty"
    return "" if one.isdisjoint(two) else "the second page overlaps the first"


def _fetch(state: ListState, paging: Paging) -> Any:
    known = {knob.name: knob for knob in knobs_of(paging)}

    async def fetch(query: Mapping[str, Json] = {}, url: str | None = None) -> Response:
        if url is not None:
            return _response(await state.asker.follow(url))
        values = {known.get(name, Knob(name, "size", declared=False)): one for name, one in query.items()}
        return _response(await state.asker.ask(values))

    return fetch


def _response(seen: Seen) -> Response:
    reply = seen.reply
    if not reply.ok:
        raise ToolError("no answer", status=reply.status)
    content = orjson.dumps(reply.json) if reply.status != 204 else b""
    return Response(reply.status, seen.headers, content, url=_HERE, media_type="application/json")
