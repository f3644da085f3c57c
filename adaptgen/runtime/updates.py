"""Partial updates: read the raw resource, merge, write it back, guarded against other writers (RFC 9110, 13.1.1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from adaptgen.fields import MISSING as ABSENT
from adaptgen.model import Call, Json, Update
from adaptgen.runtime import jsonpath
from adaptgen.runtime.body import MISSING, collect
from adaptgen.runtime.errors import ToolError
from adaptgen.runtime.request import Inputs, Request, build
from adaptgen.runtime.response import Response

Send = Callable[[Request], Awaitable[Response]]
"""Sends an authenticated request; raises ToolError for every answer that is no success."""

_CHANGED = (
    "The record was changed by somebody else between reading and writing; nothing was written. Read it again and "
    "repeat the change."
)


async def prepare(call: Call, update: Update, inputs: Inputs, base: str, read_base: str, send: Send) -> Request:
    """The guarded write of a partial update; the resource is read, nothing is written.

    ``base`` and ``read_base`` are the URLs of the write's and the read's base; ``send`` is used for the reads.

    Raises:
        ToolError: nothing to change was given, the resource cannot be read or is no object, or it changed meanwhile.
    """
    changes = _patch(call, inputs) if update.patch else _changes(call, inputs)
    reading = build(update.read, read_base, inputs)
    response = await send(reading)
    own = next((name for name in inputs.arguments if name.lower() in ("if_match", "if-match")), None)
    etag = response.headers.get("etag", "")
    strong = etag if etag.startswith('"') else ""
    take = _taker(update, changes)
    resource = take(response)
    merged = bool(resource) or not update.patch
    if merged and not strong and not (own and inputs.arguments[own]):
        await _compare(resource, take, lambda: send(reading))
    if update.patch:
        body = {**resource, **changes} if resource else changes
    else:
        top = call.body is not None and call.body.whole is not None
        body = {**resource, **changes} if top else merge(resource, changes)
    request = build(call, base, inputs, body)
    if strong and not any(name.lower() == "if-match" for name in request.headers):
        request.headers["If-Match"] = strong
    return request


def _taker(update: Update, changes: Json) -> Callable[[Response], dict[str, Json]]:
    """What is written of that which was read: for a PATCH what it requires beside its changes, else what it accepts."""
    if not update.patch:
        return lambda response: _accepted(_resource(update, response), update)
    missing = [name for name in update.requires if isinstance(changes, dict) and name not in changes]
    if not missing:
        return lambda response: {}

    def take(response: Response) -> dict[str, Json]:
        resource = jsonpath.first(update.answer, response.json())
        if not isinstance(resource, dict):
            return {}  # the API says what it lacks
        return {name: _part(update, name, resource[name]) for name in missing if resource.get(name) is not None}

    return take


async def _compare(
    first: dict[str, Json], take: Callable[[Response], dict[str, Json]], read: Callable[[], Awaitable[Response]]
) -> None:
    """Read again: the record must be what was merged. Members that each reading changes (view counters) do not count.

    Raises:
        ToolError: somebody else wrote.
    """
    second = take(await read())
    changed = _differing(first, second)
    if changed:
        third = take(await read())
        if not changed <= _differing(second, third):
            raise ToolError(_CHANGED, status=412)


def _differing(one: Mapping[str, Json], other: Mapping[str, Json]) -> set[str]:
    return {name for name in one.keys() | other.keys() if one.get(name, MISSING) != other.get(name, MISSING)}


def _changes(call: Call, inputs: Inputs) -> dict[str, Json]:
    changes = _given(call, inputs)
    if not isinstance(changes, dict) or not changes:
        raise _nothing(call)
    return changes


def _patch(call: Call, inputs: Inputs) -> Json:
    """What a PATCH sends: as it was given, since a patch need be no object (JSON Patch, RFC 6902, is a list)."""
    changes = _given(call, inputs)
    if changes is MISSING or changes in ({}, [], "", None):
        raise _nothing(call)
    return changes


def _given(call: Call, inputs: Inputs) -> Json:
    assert call.body is not None
    extra = inputs.arguments.get(call.body.extra, MISSING) if call.body.extra else MISSING
    return collect(call.body, inputs.get, extra)


def _nothing(call: Call) -> ToolError:
    assert call.body is not None
    named = [param.arg or param.name for param in call.body.params if param.value is None]
    if call.body.whole is not None:
        named = [call.body.whole.arg or call.body.whole.name]
    return ToolError(f"There is nothing to change. Give at least one of: {', '.join(named[:40])}.")


def _resource(update: Update, response: Response) -> dict[str, Json]:
    resource = jsonpath.first(update.answer, response.json())
    if resource is ABSENT or not isinstance(resource, dict):
        raise ToolError("The record that is to be changed cannot be read: the API's answer holds no object for it.")
    return resource


def _accepted(resource: Mapping[str, Json], update: Update) -> dict[str, Json]:
    names = resource if update.accepts is None else [name for name in update.accepts if name in resource]
    return {name: _part(update, name, resource[name]) for name in names}


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
