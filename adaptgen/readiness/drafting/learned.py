"""What recorded answers show of a tool that its document does not say. Values are looked at and never kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from adaptgen.model.tables import Json, Tool, Unpaged
from adaptgen.pii import detectors
from adaptgen.plan.document.envelope import jsonpath as at
from adaptgen.plan.document.reader import Operation, operations
from adaptgen.plan.document.schemas import join, leaves, shape
from adaptgen.readiness.cassettes import Exchange
from adaptgen.readiness.drafting.lines import flow
from adaptgen.runtime.http.page import find_items
from adaptgen.syntax import hint_jsonpath as jsonpath
from adaptgen.syntax.field_paths import MISSING
from adaptgen.syntax.field_paths import parse as segments

if TYPE_CHECKING:
    from adaptgen.source import Document

_KINDS = ("email", "phone", "card", "iban", "national_id")
_ENOUGH = 5
"""Records from which on "always" is said."""
_DEPTH = 5
_SHOWN = 12
_NUMBERED = re.compile(r"\d{4}|@.+\.|[0-9a-f]{8}-[0-9a-f]{4}", re.IGNORECASE)
"""What no name of a field holds, and keys of maps do: numbers of records, addresses, UUIDs."""
_LONGEST = 60
_NEXT = re.compile(r'<([^>]+)>\s*;[^,]*\brel="?next"?', re.IGNORECASE)
_NEXT_NAMES = frozenset({"nextpage", "xnextpage", "xnext", "nextlink", "xnextlink"})
_SIZES = frozenset({"limit", "size", "pagesize", "perpage", "rows", "count", "maxresults", "top", "take"})


@dataclass(slots=True)
class Learned:
    """``null`` and ``constant``: fields without information; ``undeclared``: fields that the document does not have;
    ``sensitive``: field -> (kind, how many of how many values); ``page``: what of paging was seen, and where;
    ``view``: the default view without what says nothing, where that makes a difference."""

    answers: int = 0
    records: int = 0
    null: list[str] = field(default_factory=list)
    constant: list[str] = field(default_factory=list)
    undeclared: list[str] = field(default_factory=list)
    sensitive: dict[str, tuple[str, str]] = field(default_factory=dict)
    page: dict[str, tuple[Json, str]] = field(default_factory=dict)
    view: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[tuple[str, str]]:
        """Hints and their evidence."""
        seen = f"{self.records} records in {self.answers} answers"
        if self.view:
            dull = [*self.null, *self.constant]
            yield f"view: {flow(self.view)}", f"always null or the same: {_few(dull)}; {seen}"
        elif self.null or self.constant:
            null, same = _few(self.null) or "nothing", _few(self.constant) or "nothing"
            yield "", f"always null: {null}; always the same: {same}; {seen}"
        if self.undeclared:
            yield "", f"answered and not declared: {_few(self.undeclared)}; {seen}"
        if self.page:
            because = "; ".join(dict.fromkeys(why for _, why in self.page.values()))
            yield f"page: {flow({key: value for key, (value, _) in self.page.items()})}", because
        if self.sensitive:
            because = "; ".join(f"{path}: {why}" for path, (_, why) in self.sensitive.items())
            yield f"sensitive: {flow({path: kind for path, (kind, _) in self.sensitive.items()})}", because


def learn(document: Document, tools: Sequence[Tool], traffic: Sequence[Exchange]) -> dict[str, Learned]:
    """Tool -> what the answers to its calls show. Answers that belong to no tool, and errors, are left aside."""
    known = {one.pointer: one for one in operations(document)[0]}
    routes = [_Route(tool) for tool in tools if tool.call is not None]
    seen: dict[str, list[Exchange]] = {}
    for exchange in traffic:
        if 200 <= exchange.status < 300:
            fitting = [route for route in routes if route.fits(exchange)]
            if fitting:
                best = max(fitting, key=lambda route: route.weight)
                seen.setdefault(best.tool.name, []).append(exchange)
    named = {tool.name: tool for tool in tools}
    found = {}
    for name, exchanges in sorted(seen.items()):
        operation = known.get(named[name].source)
        if operation is not None:
            found[name] = _Reader(document, operation, named[name]).read(exchanges)
    return found


class _Route:
    """Which requests are calls of a tool. Where the API is mounted is not known, so the path is compared at its end."""

    def __init__(self, tool: Tool) -> None:
        assert tool.call is not None
        self.tool = tool
        self.method = tool.call.method
        parts = re.split(r"(\{[^{}]*\})", tool.call.path.rstrip("/"))
        self.pattern = re.compile("".join("[^/]+" if part[:1] == "{" else re.escape(part) for part in parts) + "/?$")
        self.weight = (sum(len(part) for part in parts if part[:1] != "{"), -len(parts))

    def fits(self, exchange: Exchange) -> bool:
        return exchange.method == self.method and self.pattern.search(urlsplit(exchange.url).path) is not None


class _Reader:
    def __init__(self, document: Document, operation: Operation, tool: Tool) -> None:
        self._document, self._operation, self._tool = document, operation, tool
        self._values: dict[str, list[Json]] = {}
        self._places: set[str] = set()

    def read(self, exchanges: Sequence[Exchange]) -> Learned:
        found = Learned()
        for exchange in exchanges:
            body = exchange.json()
            if not isinstance(body, (dict, list)):
                continue
            found.answers += 1
            records = self._records(body, found)
            for record in records:
                found.records += 1
                self._note(record, "", _DEPTH)
            if self._tool.page is not None:
                self._paging(exchange, body, len(records), found)
        self._judge(found)
        return found

    # ------------------------------------------------------------------------------------------------------ records

    def _records(self, body: Json, found: Learned) -> list[Json]:
        page = self._tool.page
        if page is None:
            record = jsonpath.first(self._tool.payload, body)
            return [record] if isinstance(record, dict) else []
        place = _list_in(body)
        if place is not None and not isinstance(jsonpath.first(page.items, body), list):
            path, items = place
            self._places.add(path)
            # Different places in different answers: what leads there is data.
            found.page.pop("items", None)
            if len(self._places) == 1:
                found.page["items"] = (path, f"the list is at {path}, not at {page.items}")
            return items
        return list(find_items(page.items, body) or ())

    def _note(self, value: Json, path: str, depth: int) -> None:
        if isinstance(value, dict) and value and depth:
            for name, member in value.items():
                self._note(member, join(path, name), depth - 1)
        elif isinstance(value, list) and value and depth:
            for member in value[:20]:
                self._note(member, f"{path}[*]", depth - 1)
        elif path:
            self._values.setdefault(path, []).append(value)

    def _judge(self, found: Learned) -> None:
        declared = self._declared()
        for path, values in sorted(self._values.items()):
            if not (declared is not None and path in declared) and not _is_field(path, len(values), found.records):
                continue
            if found.records >= _ENOUGH:
                if all(one in (None, "", [], {}) for one in values):
                    found.null.append(path)
                elif len(values) >= _ENOUGH and all(one == values[0] for one in values):
                    found.constant.append(path)
            if declared is not None and not _covered(path, declared):
                found.undeclared.append(path)
            if path not in self._tool.sensitive and (kind := _kind(values)) is not None:
                found.sensitive[path] = kind
        view = self._tool.view or ()
        dull = {*found.null, *found.constant}
        kept = [one for one in view if one not in dull]
        if kept and len(kept) < len(view):
            found.view = kept

    def _declared(self) -> dict[str, bool] | None:
        """Path -> whether anything may be below it; None where the answer is not described."""
        response = self._operation.success()
        if response is None or response.schema is None:
            return None
        node = response.schema
        path = self._tool.page.items if self._tool.page is not None else self._tool.payload
        for key in [one for one in path.removeprefix("$").replace("[*]", "").split(".") if one]:
            node = shape(self._document, node).properties.get(key)
            if node is None:
                return None
        if self._tool.page is not None:
            node = shape(self._document, node).items
        found = leaves(self._document, node, depth=_DEPTH + 1)
        return {one.path: one.type in (None, "object") for one in found} or None

    # ------------------------------------------------------------------------------------------------------- paging

    def _paging(self, exchange: Exchange, body: Json, count: int, found: Learned) -> None:
        page = self._tool.page
        query = dict(parse_qsl(urlsplit(exchange.url).query))
        if isinstance(page, Unpaged):
            self._way_on(exchange, found)
        limit = getattr(page, "limit", None) or getattr(page, "size", None)
        names = [limit] if limit else [one for one in query if re.sub(r"[^a-z]", "", one.lower()) in _SIZES]
        for name in names:
            asked = query.get(name, "")
            more = self._goes_on(exchange, body, count)
            if asked.isdigit() and 0 < count < int(asked) and more:
                found.page["max_size"] = (count, f"{name}={asked} was answered with {count} items and more to come")

    def _way_on(self, exchange: Exchange, found: Learned) -> None:
        headers = exchange.headers
        if _NEXT.search(_header(headers, "link")):
            found.page["style"] = ("link", "a Link header with rel=next was answered")
            return
        for name, value in headers.items():
            if re.sub(r"[^a-z]", "", name.lower()) in _NEXT_NAMES and "/" in value:
                found.page["style"] = ("header", f"the header {name} was answered")
                found.page["header"] = (name, f"the header {name} was answered")
                return

    def _goes_on(self, exchange: Exchange, body: Json, count: int) -> bool:
        page = self._tool.page
        following = getattr(page, "next", None)
        if isinstance(following, str) and following.startswith("$"):
            return jsonpath.first(following, body) not in (None, "", MISSING)
        total = getattr(page, "total", None)
        if isinstance(total, str) and total.startswith("$"):
            said = jsonpath.first(total, body)
            return isinstance(said, int) and said > count
        headers = exchange.headers
        return bool(_NEXT.search(_header(headers, "link"))) or any(
            re.sub(r"[^a-z]", "", name.lower()) in _NEXT_NAMES and value for name, value in headers.items()
        )


def _is_field(path: str, count: int, records: int) -> bool:
    """Whether a path that the document does not have is one of fields. The keys of a map are data, perhaps personal,
    and no draft may hold them: they occur in few records, or look like identifiers."""
    return count >= 2 and 2 * count >= records and all(map(_is_name, segments(path)))


def _is_name(one: object) -> bool:
    if not isinstance(one, str):
        return True
    return len(one) <= _LONGEST and not _NUMBERED.search(one) and not detectors.find(one, _KINDS)


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _list_in(body: Json, path: tuple[str, ...] = (), depth: int = 3) -> tuple[str, list[Json]] | None:
    """The longest list of objects at the top of an answer, and where it is."""
    if isinstance(body, list):
        return (at(path), body) if body and isinstance(body[0], dict) else None
    if not isinstance(body, dict) or not depth:
        return None
    inner = ((name, one) for name, one in body.items() if _is_name(name) and not re.search(r"\s", name))
    found = [place for name, one in inner if (place := _list_in(one, (*path, name), depth - 1)) is not None]
    return max(found, key=lambda place: len(place[1]), default=None)


def _covered(path: str, declared: Mapping[str, bool]) -> bool:
    if path in declared:
        return True
    return any(opened and path.startswith((f"{one}.", f"{one}[")) for one, opened in declared.items()) or any(
        one.startswith((f"{path}.", f"{path}[")) for one in declared
    )


def _kind(values: Sequence[Json]) -> tuple[str, str] | None:
    """The kind of personal data that most of the values are, and how many."""
    texts = [one for one in values if isinstance(one, str) and one]
    if len(texts) < 2:
        return None
    counts: dict[str, int] = {}
    for text in texts[:500]:
        for span in detectors.find(text, _KINDS):
            if span.end - span.start >= 0.8 * len(text):
                counts[span.kind] = counts.get(span.kind, 0) + 1
    best = max(counts, key=lambda kind: counts[kind], default=None)
    if best is None or counts[best] < len(texts[:500]) / 2:
        return None
    return best, f"{counts[best]} of {len(texts[:500])} values are such"


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
