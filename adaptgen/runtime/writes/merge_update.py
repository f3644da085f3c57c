"""Partial updates: read the raw resource, merge, write it back, guarded against other writers (RFC 9110, 13.1.1)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from adaptgen.model.tables import Body, Call, Json, Update
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.core.call_context import permit_creation
from adaptgen.runtime.http.body import MISSING, collect
from adaptgen.runtime.http.request import Inputs, Request, build
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.writes.comparison import Verdict, compare_answer
from adaptgen.syntax import hint_jsonpath as jsonpath
from adaptgen.syntax.field_paths import MISSING as ABSENT
from adaptgen.syntax.identifiers import words
from adaptgen.views.vocabulary import is_wrapper_word

Send = Callable[[Request], Awaitable[Response]]
"""Sends an authenticated request; raises ToolError for every answer that is not a success."""

CREATED: Final = "There was no such record: it was created."
WOULD_CREATE: Final = "There is no such record: the request would create it."
_CHANGED: Final = (
    "The record was changed by somebody else between reading and writing; nothing was written. Read it again and "
    "repeat the change."
)
_AGAIN: Final = (0.0, 0.3, 0.9)
"""Seconds before each look at what was written: some APIs show a change a moment later."""
_IDS: Final = (("id",), ("uuid",), ("guid",))


class MergeUpdate:
    """One partial update: :meth:`prepare` reads and merges, the caller sends, :meth:`confirm` looks afterwards.

    ``base`` and ``read_base`` are the URLs of the write's and the read's base; ``read`` is used for the reads.
    """

    def __init__(self, call: Call, update: Update, inputs: Inputs, base: str, read_base: str, read: Send) -> None:
        """Read the arguments.

        Raises:
            ToolError: nothing to change was given.
        """
        self.creates = False
        self._call = call
        self._update = update
        self._inputs = inputs
        self._base = base
        self._send_read = read
        self._changes = _changes(call, inputs, patch=update.patch)
        self._reading = build(update.read, read_base, inputs)
        self._resource: dict[str, Json] = {}
        self._before: dict[str, Json] = {}
        self._confirms = False

    @property
    def address(self) -> str:
        """The URL of the record."""
        return self._reading.url

    async def prepare(self) -> Request:
        """The guarded write; the resource is read, nothing is written.

        Raises:
            ToolError: the resource cannot be read or is not an object, lacks what the write requires, or changed
                meanwhile.
        """
        try:
            response = await self._read()
        except ToolError as problem:
            if problem.status not in (404, 410) or not self._update.creates:
                raise
            return await self._creation()
        own = next((name for name in self._inputs.arguments if name.lower() in ("if_match", "if-match")), None)
        etag = response.headers.get("etag", "")
        strong = etag if etag.startswith('"') else ""
        resource = self._resource = self._taken(response)
        merged = bool(resource) or not self._update.patch
        if merged and not strong and not (own and self._inputs.arguments[own]):
            await self._compare()
        if merged and not strong:
            self._confirms = True
            self._before = self._shown(response)
        request = build(self._call, self._base, self._inputs, self._body(resource))
        if strong and not any(name.lower() == "if-match" for name in request.headers):
            request.headers["If-Match"] = strong
        return request

    async def _read(self) -> Response:
        """The record; its numbers are written back as they are."""
        return (await self._send_read(self._reading)).as_written()

    async def confirm(self, response: Response) -> None:
        """Look whether what was written is there, where nothing else guards the write. An accepted write (202) is done
        later.

        Raises:
            ToolError: it is not there, or the record cannot be read again.
        """
        if not self._confirms or response.status == 202 or not isinstance(self._changes, dict):
            return
        verdict = Verdict()
        echo = self._echo(response)
        for pause in _AGAIN:
            await asyncio.sleep(pause)
            try:
                after = await self._read()
            except ToolError as problem:
                if problem.status in (404, 410) and self._renamed():
                    return
                text = "The API accepted the change, but the record could not be read again to see whether it is there."
                raise ToolError(f"{text} Read it before you go on.", status=problem.status, unknown=True) from None
            verdict = compare_answer(self._changes, self._before, self._shown(after), echo, self._update)
            if not verdict.stale:
                break
        if verdict.text:
            raise ToolError(verdict.text, status=response.status, unknown=True)

    # ------------------------------------------------------------------------------------------------------- reading

    def _taken(self, response: Response) -> dict[str, Json]:
        """What is written of that which was read: for a PATCH what it requires next to its changes, else what it
        accepts; nothing may be missing that the write requires."""
        update = self._update
        if update.patch:
            return self._sent_along(response)
        resource = self._whole(response)
        given = self._changes if isinstance(self._changes, dict) else {}
        lacking = [name for name in update.needs if name not in resource and name not in given]
        if lacking:
            listed = ", ".join(f"`{name}`" for name in lacking)
            raise ToolError(
                f"The record that was read has no {listed}, which the write requires: writing it back would lose data. "
                f"Nothing was written. Give {listed} as well."
            )
        names = resource if update.accepts is None else [name for name in update.accepts if name in resource]
        left_out = {*update.omits, *(name for name in update.not_null if resource.get(name) is None)}
        return {name: _part(update, name, resource[name]) for name in names if name not in left_out}

    def _shown(self, response: Response) -> dict[str, Json]:
        """All of the record, in the form in which it is written."""
        return {name: _part(self._update, name, value) for name, value in self._whole(response).items()}

    def _whole(self, response: Response) -> dict[str, Json]:
        body = response.json()
        resource = jsonpath.first(self._update.answer, body)
        if resource is ABSENT or not isinstance(resource, dict):
            raise ToolError("The record that is to be changed cannot be read: the API's answer holds no object for it.")
        places = {name: jsonpath.first(path, body) for name, path in self._update.places.items()}
        return {**{name: value for name, value in places.items() if value is not ABSENT}, **self._unwrapped(resource)}

    def _unwrapped(self, resource: dict[str, Json]) -> dict[str, Json]:
        """The record, also where the API answers it in a member that is not declared: ``{"version": 1, "tag": {…}}``.

        Raises:
            ToolError: the answer holds nothing of what the write takes, and does not name the record either.
        """
        taken = {param.name for param in self._call.body.params if param.value is None} if self._call.body else set()
        taken -= {*(self._update.unshown or ()), *self._update.places}
        here = taken & resource.keys()
        inner = [
            value for value in resource.values() if isinstance(value, dict) and len(taken & value.keys()) > len(here)
        ]
        keys = {str(value) for name, value in resource.items() if words(name)[-1:] in _IDS and value is not None}
        # What has the id that was asked for is the record, and what is in it are others: an owner, a parent.
        if not taken or keys & self._address() or (here and not (inner and all(map(is_wrapper_word, here)))):
            return resource
        if len(inner) == 1:
            return inner[0]
        scalars = {str(value) for value in resource.values() if isinstance(value, (str, int))}
        if inner or not scalars & self._address():
            raise ToolError(
                "The record that is to be changed was not found in the API's answer: it holds none of "
                f"{', '.join(f'`{name}`' for name in sorted(taken)[:8])}. Nothing was written."
            )
        return resource

    def _address(self) -> set[str]:
        """The arguments, of which some are the record's address."""
        return {str(value) for value in self._inputs.arguments.values() if isinstance(value, (str, int))}

    def _sent_along(self, response: Response) -> dict[str, Json]:
        missing = [
            name for name in self._update.requires if isinstance(self._changes, dict) and name not in self._changes
        ]
        resource = jsonpath.first(self._update.answer, response.json()) if missing else None
        if not isinstance(resource, dict):
            return {}  # the API says what it lacks
        return {name: _part(self._update, name, resource[name]) for name in missing if resource.get(name) is not None}

    async def _compare(self) -> None:
        """Read again: the record must be what was merged. Members that each reading changes (view counters) do not
        count.

        Raises:
            ToolError: another client wrote.
        """
        second = self._taken(await self._read())
        changed = _differing(self._resource, second)
        if changed:
            third = self._taken(await self._read())
            if not changed <= _differing(second, third):
                raise ToolError(_CHANGED, status=412)

    def _echo(self, response: Response) -> Mapping[str, Json]:
        """The record as the write answered it; nothing where it did not."""
        try:
            body = response.json()
        except ToolError:
            return {}
        for place in (self._update.answer, "$"):
            record = jsonpath.first(place, body)
            if isinstance(record, dict) and record.keys() & self._changes.keys():
                return {name: _part(self._update, name, value) for name, value in record.items()}
        return {}

    def _renamed(self) -> bool:
        """Whether the change is one of the record's address."""
        return any(str(self._resource.get(name)) in self._address() for name in self._changes)

    # ------------------------------------------------------------------------------------------------------- writing

    def _body(self, resource: dict[str, Json]) -> Json:
        if self._update.patch:
            return {**resource, **self._changes} if resource else self._changes
        top = self._call.body is not None and self._call.body.whole is not None
        return {**resource, **self._changes} if top else merge(resource, self._changes)

    async def _creation(self) -> Request:
        """What was given, for a record that does not exist: nobody may have created it meanwhile (RFC 9110, 13.1.2).

        Raises:
            ToolError: what the record needs was not given, or the caller may change records and not create them.
        """
        lacking = [name for name in self._update.needs if name not in self._changes]
        if lacking:
            listed = ", ".join(f"`{name}`" for name in lacking)
            text = f"There is no such record. Creating it takes {listed} as well. Nothing was written."
            raise ToolError(text, status=404)
        await permit_creation()
        self.creates = True
        request = build(self._call, self._base, self._inputs, self._changes)
        if not any(name.lower() in ("if-none-match", "if-match") for name in request.headers):
            request.headers["If-None-Match"] = "*"
        return request


def make_nothing_given(body: Body, what: str) -> ToolError:
    """The refusal of a write that has nothing to ``what`` (change, create)."""
    named = [param.arg or param.name for param in body.params if param.value is None]
    if body.whole is not None:
        named = [body.whole.arg or body.whole.name]
    return ToolError(f"There is nothing to {what}. Give at least one of: {', '.join(named[:40])}.")


def check_filled(call: Call, inputs: Inputs) -> None:
    """Raises ToolError where a create would have no member at all."""
    if call.body is not None and _given(call, inputs) in (MISSING, {}, None):
        raise make_nothing_given(call.body, "create")


def _changes(call: Call, inputs: Inputs, *, patch: bool) -> Json:
    """What was given: an object, or for a PATCH anything, since a patch may be a list (JSON Patch, RFC 6902)."""
    changes = _given(call, inputs)
    if changes is MISSING or changes in ({}, [], "", None) or not (patch or isinstance(changes, dict)):
        assert call.body is not None
        raise make_nothing_given(call.body, "change")
    return changes


def _given(call: Call, inputs: Inputs) -> Json:
    assert call.body is not None
    extra = inputs.arguments.get(call.body.extra, MISSING) if call.body.extra else MISSING
    return collect(call.body, inputs.get, extra)


def _differing(one: Mapping[str, Json], other: Mapping[str, Json]) -> set[str]:
    return {name for name in one.keys() | other.keys() if one.get(name, MISSING) != other.get(name, MISSING)}


def _part(update: Update, name: str, value: Json) -> Json:
    """What the write takes for a property: of an object that stands for its id, the id."""
    part = update.parts.get(name)
    if part is None:
        return value
    if isinstance(value, list):
        return [one[part] if isinstance(one, dict) and part in one else one for one in value]
    return value[part] if isinstance(value, dict) and part in value else value


def merge(old: Mapping[str, Json], new: Mapping[str, Json]) -> dict[str, Json]:
    """``old`` with the members of ``new``: objects member by member, arrays replaced, null set as null."""
    merged = dict(old)
    for name, value in new.items():
        before = merged.get(name)
        merged[name] = merge(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged
