"""Answers that are not lists: one record, the outcome of a write, a scalar, a file.

The view applies to the payload (``tool.payload``). Lists of objects that the view leaves out, in the payload and
next to it, stay as a count and a few labels under ``omitted``, by the path that gives them through ``fields``; there a
path that starts with ``$`` is about the whole body.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from adaptgen.model.tables import Json, Tool
from adaptgen.runtime.answers.budget import reduce_value
from adaptgen.runtime.answers.layout import (
    Secrets,
    choose_from,
    find_left_out,
    fits,
    is_secret,
    list_paths,
    name_few,
    parse_view,
    withhold_secrets,
)
from adaptgen.runtime.answers.projection import View, view
from adaptgen.runtime.answers.samples import Samples
from adaptgen.runtime.answers.tables import answer_table
from adaptgen.runtime.core.answer import Answer, ToolError, answer_json
from adaptgen.runtime.core.text import encode
from adaptgen.runtime.http.completeness import find_doubt, find_sizes, read_answer
from adaptgen.runtime.http.page import is_json
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.pii.classifier import make_classifier
from adaptgen.syntax import field_paths as paths
from adaptgen.syntax import hint_jsonpath as jsonpath
from adaptgen.syntax.field_paths import MISSING

if TYPE_CHECKING:
    from adaptgen.runtime.http.response import Response

TOO_DEEP: Final = "The API's answer nests too deep to be shown whole. Ask for single values with `fields`."
_SMALL: Final = 800
"""Bytes up to which a record without a declared view is shown whole."""
_BULKY: Final = 200
"""Bytes from which a member that the view leaves out is named."""
_LISTS: Final = 12
_MANY: Final = 5
"""Records from which an object of nothing else is a map of them."""


def answer_detail(
    tool: Tool,
    response: Response,
    *,
    fields: Sequence[str] | None,
    max_bytes: int,
    note: str = "",
    marks: PiiTracker | None = None,
) -> Answer:
    """The answer of a tool that is not a list: the payload under its view, as JSON or as what its media type is.

    ``note`` is added where the answer is JSON.

    Raises:
        ToolError: a path in ``fields`` cannot be read, or the answer claims to be JSON and is not.
    """
    if response.status in (204, 205) or not response.content.strip():
        return _json({**_done(response), **({"note": note} if note else {})}, None, tool, marks or PiiTracker())
    if not is_json(response):
        table = answer_table(tool, response, fields=fields, max_bytes=max_bytes, marks=marks or PiiTracker())
        if table is not None:
            return table
        from adaptgen.runtime.answers.media import answer_media

        return answer_media(response, max_bytes=max_bytes, marks=marks)
    body = response.json()
    missing = _unfinished(tool, response, body) if not fields else {}
    return show(tool, body, fields=fields, max_bytes=max_bytes, note=note, marks=marks, missing=missing)


def _unfinished(tool: Tool, response: Response, body: Json) -> dict[str, Json]:
    """What is to be said of an array where the document declares an object: it is a list, perhaps a part of one."""
    payload = jsonpath.first(tool.payload, body, body)
    if not isinstance(payload, list) or tool.page is not None or tool.effect != "read":
        return {}
    why, _ = find_doubt(read_answer(body, tool.payload, len(payload), response.headers, find_sizes(response.url)))
    return {"complete": f"no: {why}"} if why else {}


def _done(response: Response) -> dict[str, Json]:
    done: dict[str, Json] = {"accepted" if response.status == 202 else "done": True}
    if "location" in response.headers:
        done["location"] = response.headers["location"]
    return done


def show(
    tool: Tool,
    body: Json,
    *,
    fields: Sequence[str] | None,
    max_bytes: int,
    note: str = "",
    marks: PiiTracker | None = None,
    missing: Mapping[str, Json] = {},
) -> Answer:
    """The answer for ``body``, a JSON value, under the tool's view or ``fields``; ``marks`` says what is personal,
    ``missing`` what else is under ``omitted``.

    Raises:
        ToolError: a path in ``fields`` cannot be read, or the body nests too deep.
    """
    try:
        return _show(
            tool, body, fields, max_bytes, {"note": note, **missing} if note else missing, marks or PiiTracker()
        )
    except RecursionError:
        raise ToolError(TOO_DEEP) from None


def _show(
    tool: Tool, body: Json, fields: Sequence[str] | None, max_bytes: int, missing: Mapping[str, Json], marks: PiiTracker
) -> Answer:
    if marks.enabled:
        body = marks.mark(body, cuts=any("[" in path for path in fields or ()))
    own = [path for path in fields or () if not path.startswith("$")]
    beside = [path for path in fields or () if path.startswith("$")]
    payload = jsonpath.first(tool.payload, body)
    if payload is MISSING or payload is None:
        # The API did not wrap its answer, or says why there is no record: all of it is shown.
        payload = body = mark_body(tool, body, marks)
    shown, omitted = _shown(tool, payload, own or None, marks) if own or not beside else ({}, {})
    if beside:
        shown = {**(shown if isinstance(shown, dict) else {"result": shown}), **_beside(tool, body, beside)}
    elif not fields and payload is not body:
        omitted = {**_siblings(body, tool.payload, Samples(tool.sensitive)), **omitted}
    return _fitted(tool, shown, {**missing, **omitted}, max_bytes, marks)


def mark_body(tool: Tool, body: Json, marks: PiiTracker, *, cuts: bool = False) -> Json:
    """``body`` with classified values marked: what is declared of the payload is declared of what lies below it, also
    where the API put it elsewhere."""
    if marks.enabled:
        for place in _places(tool.payload, body):
            body = marks.mark(body, make_classifier(replace(tool, payload=place, page=None)), cuts=cuts)
    return body


def _places(answer: str, body: Json) -> list[str]:
    """Where the payload may be: at its path, or where that leads nowhere, anywhere near the root."""
    if answer == "$" or jsonpath.first(answer, body, None) is not None:
        return [answer]
    keys = body if isinstance(body, dict) else ()
    return [answer, "$", *(paths.join("$", paths.text((key,))) for key in keys)]


def _shown(tool: Tool, payload: Json, asked: Sequence[str] | None, marks: PiiTracker) -> tuple[Json, dict[str, Json]]:
    if not isinstance(payload, (dict, list)):
        return {"result": payload}, {}
    records = payload if isinstance(payload, list) else [payload]
    chosen = parse_view(asked) if asked else _default(tool, records, payload)
    hidden = list(Secrets(tool.sensitive, chosen, marks).hide(records))
    projected = withhold_secrets(chosen.objects(hidden))
    shown = projected if isinstance(payload, list) else projected[0]
    omitted: dict[str, Json] = {}
    if asked:
        unmet = chosen.unmet(records)
        if unmet and records:
            omitted["fields"] = f"there is no {', '.join(unmet)}; there are: {', '.join(list_paths(records))}"
    elif isinstance(payload, dict) and not chosen.whole:
        omitted |= _left_out(payload, chosen, Samples(tool.sensitive))
    return shown, omitted


def _default(tool: Tool, records: Sequence[Json], payload: Json) -> View:
    if tool.steps:
        return view(("*",))  # the steps have their own views, and the result was put together by hand
    if tool.view is not None:
        declared = view(tool.view)
        if isinstance(payload, list):  # of a call that answers a list where a record is declared
            declared = view([path.removeprefix("[*].") for path in declared.paths] or ("*",))
        if fits(declared, records):
            return declared
    if len(encode(payload)) <= _SMALL or _is_map(payload):
        return view(("*",))
    return view(choose_from(tool, records, alone=True)[0] or ("*",))


# ----------------------------------------------------------------------------------------------------- left-out lists


def _left_out(payload: dict[str, Json], chosen: View, samples: Samples) -> dict[str, Json]:
    """The lists of objects in the payload that the view does not keep, and its other bulky members by name."""
    kept = {segments[0] for segments in chosen.segments if isinstance(segments[0], str)}
    found: dict[str, Json] = {}
    bulky: dict[str, Json] = {}
    for key, value in payload.items():
        name = paths.text((key,))
        if key in kept:
            continue
        if isinstance(value, list) and _objects(value):
            found[name] = samples.summary((key,), value)
        elif isinstance(value, dict) and any(isinstance(one, list) and _objects(one) for one in value.values()):
            for inner, members in value.items():
                if isinstance(members, list) and _objects(members):
                    found[paths.text((key, inner))] = samples.summary((key, inner), members)
        elif isinstance(value, (dict, list, str)) and len(encode(value)) > _BULKY and not is_secret(key):
            bulky[name] = f"left out; fields {name}"
    shown = dict(list({**found, **bulky}.items())[:_LISTS])
    under = {paths.keys_of(path)[0] for path in shown}
    small = [name for name in find_left_out(chosen, [payload]) if paths.keys_of(name)[0] not in under]
    return {**shown, "fields": name_few(small)} if small else shown


def _siblings(body: Json, answer: str, samples: Samples) -> dict[str, Json]:
    """The lists next to the payload, by their JSONPath."""
    found: dict[str, Json] = {}
    if isinstance(body, dict):
        for key, value in body.items():
            name = paths.join("$", paths.text((key,)))
            if isinstance(value, list) and value and name != answer and not answer.startswith((f"{name}.", f"{name}[")):
                found[name] = samples.summary((key,), value)
    return dict(list(found.items())[:_LISTS])


def _objects(value: list[Json]) -> bool:
    return bool(value) and all(isinstance(one, dict) for one in value)


def _beside(tool: Tool, body: Json, asked: Sequence[str]) -> dict[str, Json]:
    """What ``fields`` asks of the whole body, by path."""
    inner = [path.removeprefix("$").removeprefix(".") or "*" for path in asked]
    parse_view([path for path in inner if path != "*"])
    sensitive: dict[str, str] = {}
    for place in _places(tool.payload, body):
        prefix = place.removeprefix("$").removeprefix(".")
        sensitive |= {paths.join(prefix, path): kind for path, kind in tool.sensitive.items()}
    found: dict[str, Any] = {}
    for name, path in zip(asked, inner, strict=True):
        (hidden,) = Secrets(sensitive, view((path,))).hide([body])
        value = hidden if path == "*" else paths.get(hidden, path)
        found[name] = None if value is MISSING else withhold_secrets(value)
    return found


# ------------------------------------------------------------------------------------------------------------- fitting


def _fitted(tool: Tool, shown: Json, omitted: dict[str, Json], max_bytes: int, marks: PiiTracker) -> Answer:
    if isinstance(shown, list):
        return _fitted_list(tool, shown, omitted, max_bytes, marks)
    if marks.whole(_joined(shown, omitted)) <= max_bytes:
        return _json(shown, omitted, tool, marks)
    if _is_map(shown) and (answer := _fitted_map(tool, shown, omitted, max_bytes, marks)) is not None:
        return answer
    room = max(max_bytes - (marks.size(omitted) + 14 if omitted else 0) - 200, 200)
    value: Json = shown
    for _ in range(5):
        value, cuts = reduce_value(shown, room, size=marks.whole)
        both = {**omitted, **cuts}
        over = marks.whole(_joined(value, both)) - max_bytes
        if over <= 0:
            return _json(value, both, tool, marks)
        room = max(room - over - 20, 60)
    return _json(value, {"fields": "much is left out; ask for single paths with `fields`"}, tool, marks)


def _fitted_list(tool: Tool, shown: list[Json], omitted: dict[str, Json], max_bytes: int, marks: PiiTracker) -> Answer:
    lines = [marks.size(one) + 1 for one in shown]
    room = max_bytes - marks.size(omitted) - 90 - marks.repeated([shown, omitted])
    count = 0
    used = 0
    while count < len(lines) and used + lines[count] <= room:
        used += lines[count]
        count += 1
    if count == len(shown):
        return _json({"items": shown}, omitted, tool, marks)
    if count == 0:
        value, cuts = reduce_value(shown[0], max(room - 200, 60), size=marks.whole)
        more = f"1 of {len(shown)} elements; fields {tool.payload}[1:]"
        return _json({"items": [value]}, {**omitted, **cuts, "items": more}, tool, marks)
    more = f"{count} of {len(shown)} elements; fields {tool.payload}[{count}:]"
    return _json({"items": shown[:count]}, {**omitted, "items": more}, tool, marks)


def _is_map(value: Json) -> bool:
    """Whether an object is a map of many records: all of them objects, with a member that they share."""
    if not isinstance(value, dict) or len(value) < _MANY:
        return False
    records = list(value.values())
    return all(isinstance(one, dict) for one in records) and bool(set(records[0]).intersection(*records[1:]))


def _fitted_map(
    tool: Tool, shown: dict[str, Json], omitted: dict[str, Json], max_bytes: int, marks: PiiTracker
) -> Answer | None:
    """As many whole records of a map as fit; None where not even one does."""
    keys = list(shown)
    low, high = 0, len(keys)
    while high - low > 1:
        count = (low + high) // 2
        made = _part_of_map(shown, keys[:count], omitted)
        low, high = (count, high) if marks.whole(_joined(*made)) <= max_bytes else (low, count)
    return _json(*_part_of_map(shown, keys[:low], omitted), tool, marks) if low else None


def _part_of_map(
    shown: dict[str, Json], keys: list[str], omitted: dict[str, Json]
) -> tuple[dict[str, Json], dict[str, Json]]:
    said = f"{len(keys)} of {len(shown)} entries are here; `fields` with the key of an entry returns any other"
    return {key: shown[key] for key in keys}, {**omitted, "entries": said}


def _joined(shown: Json, omitted: dict[str, Json] | None) -> Json:
    if not omitted:
        return shown
    key = "omitted"
    while key in shown:
        key = f"_{key}"
    return {**shown, key: omitted}


def _json(shown: Json, omitted: dict[str, Json] | None, tool: Tool, marks: PiiTracker) -> Answer:
    whole = _joined(shown, omitted)
    return marks.finish(answer_json(encode(whole), tool), whole)
