"""Reads of one list with values of paging, each sent once."""

from __future__ import annotations

import json
from collections.abc import Mapping

from adaptgen.learning.lists.candidates import Knob
from adaptgen.learning.lists.observe import Seen
from adaptgen.learning.probe import Probe, ReadInputs, Reply
from adaptgen.learning.targets import Target
from adaptgen.model.tables import Json
from adaptgen.syntax import field_paths as fields

Values = Mapping[Knob, Json]


class Asker:
    """``path``: what fills the placeholders of the address. ``place``: where the records were in the first answer."""

    def __init__(self, target: Target, probe: Probe, path: Mapping[str, Json]) -> None:
        self.target, self.probe, self.path = target, probe, dict(path)
        self.place: str | None = None
        self.declared = target.page.items if target.page is not None else "$"
        self.is_list = target.is_list
        self.requests = 0
        self._seen: dict[tuple[tuple[Knob, str], ...], Seen] = {}
        self._followed: dict[str, Seen] = {}

    async def ask(self, values: Values | None = None, *, again: bool = False) -> Seen:
        """The answer to a request with ``values``; ``again``: although it was sent before. What fails without a word
        about the request is sent a second time.

        Raises:
            BudgetSpent: no request is left.
        """
        given = dict(values or {})
        key = tuple((knob, json.dumps(one)) for knob, one in given.items())
        if not again and key in self._seen:
            return self._seen[key]
        seen = await self._read(given)
        if seen.broken and seen.reply.status not in (401, 403, 407):
            seen = await self._read(given)
        if not again:
            self._seen[key] = seen
        return seen

    async def follow(self, url: str) -> Seen:
        """The answer at the address of a next page.

        Raises:
            BudgetSpent: no request is left.
        """
        if url not in self._followed:
            self.requests += 1
            self._followed[url] = self._of(await self.probe.follow(self.target.operation, url))
        return self._followed[url]

    def answers(self) -> list[Seen]:
        """Every answer so far."""
        return [*self._seen.values(), *self._followed.values()]

    async def _read(self, values: Mapping[Knob, Json]) -> Seen:
        self.requests += 1
        return self._of(await self.probe.read(self.target.operation, self.request(values)))

    def _of(self, reply: Reply) -> Seen:
        return Seen(reply, self.declared, self.place, self.is_list, self.target.facts.resource)

    def request(self, values: Values) -> ReadInputs:
        """What the request with ``values`` holds."""
        query, headers, path = dict(self.target.query), dict(self.target.headers), dict(self.path)
        body: dict[str, Json] = {}
        held: dict[str, dict[str, Json]] = {}
        for knob, one in values.items():
            text = one if isinstance(one, str) else json.dumps(one)
            if knob.place == "header":
                headers[knob.name] = text
            elif knob.place == "path":
                path[knob.name] = one
            elif knob.place == "body":
                keys = (*(fields.keys_of(knob.inside) if knob.inside else ()), *fields.keys_of(knob.name))
                _put(body, keys, one)
            elif knob.inside:
                _put(held.setdefault(knob.inside, {}), fields.keys_of(knob.name), one)
            else:
                query[knob.name] = text
        declared = {one.name: one for one in self.target.operation.parameters if one.place in ("query", "header")}
        for name, inner in held.items():
            one_declared = declared.get(name)
            if one_declared is not None and one_declared.style == "deepObject":
                query |= {f"{name}[{key}]": str(each) for key, each in inner.items()}
            elif one_declared is not None and one_declared.place == "header":
                headers[name] = json.dumps(inner)
            else:
                query[name] = json.dumps(inner)
        has_body = bool(body) or self.target.operation.body is not None
        return ReadInputs(path, query, headers, body if has_body else None)

    def show(self, values: Values | None = None) -> str:
        """The request in words: placeholders for values of the API."""
        shown = [
            f"{knob.shown}={one if isinstance(one, int) else '<token>'}" for knob, one in dict(values or {}).items()
        ]
        place = {knob.place for knob in values or {}} - {"query"}
        said = f" ({', '.join(sorted(place))})" if place else ""
        return self.target.key + ("?" + "&".join(shown) if shown else "") + said


def _put(target: dict[str, Json], keys: tuple[str, ...], one: Json) -> None:
    for key in keys[:-1]:
        inner = target.setdefault(key, {})
        if not isinstance(inner, dict):
            return
        target = inner
    target[keys[-1]] = one
