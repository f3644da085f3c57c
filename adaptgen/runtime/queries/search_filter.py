"""Drops what a search found by a part of a hidden value.

Under governance an agent may search personal data by a whole value or by a whole word of a name (see
``govern.tokenization.search_guard``). APIs find more: "an" in every Anna. Which records these are, and how many, would
reveal the values bit by bit; so all pages are read, and what does not match whole is dropped before anything is
counted, sorted, cut or shown.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from adaptgen.model import frozen
from adaptgen.model.tables import Call, Json, Tool, Unpaged
from adaptgen.pii.field_kinds import kind_of
from adaptgen.pii.search_arguments import SearchArgument
from adaptgen.runtime.answers.list import MOST_SIZE
from adaptgen.runtime.core import call_context
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.page import Fetch, NoList
from adaptgen.runtime.paging.cursor import CursorBox
from adaptgen.runtime.paging.pages import PageIterator, first_state
from adaptgen.runtime.paging.scan import Bounds, RequestBudget, Scan
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.pii.classifier import scalar_texts
from adaptgen.runtime.pii.tagged_values import Tagged, canonical
from adaptgen.runtime.queries import query as asking
from adaptgen.runtime.queries.filters import find_scalars
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.json_pointer import matching, pattern
from adaptgen.syntax.templates import placeholders

NOTE: Final = "Records that match only by a part of a hidden value are left out."
_DIGITS: Final = frozenset({"phone", "card", "iban", "account", "national_id"})


@frozen.value()
class Searched:
    """One argument of a call: its texts, and the fields that must hold one of them whole. ``clear``: the texts did not
    come as tokens."""

    search: SearchArgument
    texts: tuple[str, ...]
    clear: bool


class SearchFilter:
    """Of one call of ``tool``."""

    def __init__(self, tool: Tool, marks: PiiTracker, searched: Sequence[Searched]) -> None:
        self._tool = tool
        self._marks = marks
        self._searched = searched
        self.clear = any(one.clear for one in searched)

    def keeps(self, item: Json) -> bool:
        """Whether a record matches whole by every searching argument."""
        record, personal = self._marks.record(item)
        return all(self._matches(one, record, personal) for one in self._searched)

    def _matches(self, one: Searched, record: Json, personal: Mapping[tuple[str, str], None]) -> bool:
        hidden: list[tuple[str, str]] = []
        for path in one.search.fields:
            for value in _scalars(record, path):
                if isinstance(value, Tagged):
                    hidden.append((canonical(value.kind), str(value)))
                elif isinstance(value, str) and any(_folded(text) in _folded(value) for text in one.texts):
                    return True
        if not hidden:
            kinds = {canonical(self._tool.sensitive.get(path) or kind_of(path) or "") for path in one.search.fields}
            hidden = [(canonical(kind), value) for kind, value in personal if canonical(kind) in kinds]
        if not hidden:  # nothing shows what the API compared
            return not one.clear
        return any(is_whole(text, hidden) for text in one.texts)

    async def whole(self, tool: Tool, fetch: Fetch, box: CursorBox) -> tuple[Tool, Fetch, str] | None:
        """The list without what matches in part, as one that an API returns at once, and why it is not all of it ("":
        it is). None where the API answers no list, and nothing was searched in clear text.

        Raises:
            ToolError: the API failed; or it answers no list, so that nothing can be dropped.
        """
        assert tool.page is not None
        meter = RequestBudget(Bounds())
        scan = Scan(PageIterator(tool.page, meter.metered(fetch), box, first_state(tool.page, MOST_SIZE)), meter)
        items: list[Json] = []
        try:
            # How many items an API finds is what nobody must learn: the client hears nothing of the reading.
            with call_context.channel(None, call_context.ends()):
                async for page in scan.pages(resumed=False):
                    items += [item for item in page if self.keeps(item)]
        except NoList:
            if self.clear:
                raise self.unshown() from None
            return None
        return replace(tool, page=Unpaged()), asking.serve_items(items), asking.why_partial(scan)

    def check(self, body: Json) -> None:
        """A record, or whatever else is not a list.

        Raises:
            ToolError: it was found by a part of a hidden value, or nothing shows what it was found by.
        """
        if not self.keeps(body):
            raise self.unshown()

    def searches(self, call: Call) -> bool:
        """Whether ``call`` searches with one of the arguments."""
        return any(_takes(call, one.search.name) for one in self._searched)

    def remaining(self, body: Json) -> Json:
        """A body without the records that match in part.

        Raises:
            ToolError: nothing is left, or nothing shows what it was found by.
        """
        if isinstance(body, list):
            return [item for item in body if self.keeps(item)]
        if not isinstance(body, dict):
            return body
        lists = {key for key, one in body.items() if isinstance(one, list) and (not one or dict in map(type, one))}
        around = {key: value for key, value in body.items() if key not in lists}
        if lists and not self._marks.record(around)[1]:
            # A number next to the list may count what was dropped.
            return {
                key: self.remaining(one) if key in lists else one for key, one in body.items() if not _is_number(one)
            }
        inner = [key for key, value in body.items() if isinstance(value, dict)]
        if not lists and len(inner) == 1 and not self._marks.record({**body, inner[0]: None})[1]:
            return {**body, inner[0]: self.remaining(body[inner[0]])}
        self.check(body)
        return body

    def unshown(self) -> ToolError:
        """What was found is not shown."""
        named = ", ".join(f"`{one.search.name}`" for one in self._searched)
        why = " Clear text was searched for, and nothing shows that it is a whole value: pass a token." * self.clear
        return ToolError(f"No record is known to hold what {named} says as a whole value.{why}")


def make_search_filter(
    tool: Tool,
    roles: Mapping[str, SearchArgument],
    searched: Mapping[str, bool],
    arguments: Mapping[str, Json],
    marks: PiiTracker,
) -> SearchFilter | None:
    """The filter of a call; None where nothing hidden is searched. ``searched``: argument -> whether it holds clear
    text; an argument of the path names one record whole."""
    if not searched or not marks.enabled:
        return None
    found: list[Searched] = []
    for name, clear in searched.items():
        if tool.call is not None and name in _in_path(tool):
            continue
        search = roles.get(name) or SearchArgument(name, "match", (name.rsplit("/", 1)[-1],), "")
        texts = tuple(text for leaf in matching(arguments, pattern(name)) for text in scalar_texts(leaf))
        if texts:
            found.append(Searched(search, texts, clear))
    return SearchFilter(tool, marks, found) if found else None


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _takes(call: Call, argument: str) -> bool:
    """Whether a request is filled with an argument."""
    body = call.body
    rows = [*call.query, *call.headers, *call.cookies, *(body.params if body is not None else ())]
    rows += [body.whole] if body is not None and body.whole is not None else []
    name = pattern(argument)[0]
    return any(
        name == (row.arg or row.name) if row.value is None else name in placeholders(row.value) for row in rows
    ) or bool(body is not None and body.extra == name)


def is_whole(text: str, hidden: Sequence[tuple[str, str]]) -> bool:
    """Whether ``text`` is one of the values of ``hidden`` (kind, value), or nothing but whole words of the names."""
    wanted = _folded(text)
    if not wanted:
        return False
    digits = _plain(wanted)
    for kind, value in hidden:
        if _folded(value) == wanted:
            return True
        if kind in _DIGITS and digits and _plain(_folded(value)) == digits:
            return True
    spoken = set(_spoken(wanted))
    words = {word for kind, value in hidden if kind == "name" for word in _spoken(_folded(value))}
    return bool(spoken) and spoken <= words


def _scalars(record: Json, path: str) -> Iterator[Any]:
    try:
        segments = fields.parse(path)
    except fields.PathError:
        return
    yield from find_scalars(record, segments) if isinstance(record, (dict, list)) else ()


def _in_path(tool: Tool) -> frozenset[str]:
    assert tool.call is not None
    rows = {param.name: param.arg or param.name for param in tool.call.path_params}
    return frozenset(rows.get(name, name) for name in placeholders(tool.call.path))


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", str(text)).casefold().split())


def _plain(text: str) -> str:
    """Letters and digits alone, without the zeros or the plus before a number."""
    return "".join(filter(str.isalnum, text)).lstrip("0")


def _spoken(text: str) -> list[str]:
    return [word for word in "".join(one if one.isalnum() or one in "'’-" else " " for one in text).split() if word]
