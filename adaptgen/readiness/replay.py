"""Contract tests: the calls of a recording once more, through the engine, answered from cassettes alone."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from adaptgen.model.tables import LOCAL, Base, Json, Server, Tool
from adaptgen.readiness.cassettes import Index, parsed, read_index
from adaptgen.runtime.auth.accounts import with_stand_ins
from adaptgen.runtime.core.answer import Text
from adaptgen.runtime.engine import Engine
from adaptgen.runtime.http.page import find_items
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax import hint_jsonpath as jsonpath
from adaptgen.syntax.field_paths import MISSING
from adaptgen.syntax.templates import Reference
from adaptgen.transports.load import load_server

_PLACE = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Case:
    """One recorded call of one tool."""

    server: Server
    tool: Tool | None
    name: str
    cassette: Path
    index: Index

    def __str__(self) -> str:
        return self.name


def cases(folder: Path, cassettes: Path) -> list[Case]:
    """The recorded calls of the server in ``folder``, by the names of their tools.

    Raises:
        AdaptgenError: the server cannot be loaded, or there are no cassettes.
    """
    server = load_server(folder)
    index = read_index(cassettes)
    bases = tuple(Base(index.bases[one.name], name=one.name) for one in server.bases if one.name in index.bases)
    server = replace(server, bases=bases, connection=None)
    own = {old: tool for tool in server.tools for old in tool.aliases} | {tool.name: tool for tool in server.tools}
    return [Case(server, own.get(name), name, cassettes / f"{name}.yaml", index) for name in sorted(index.calls)]


def replay(case: Case) -> None:
    """Make the call again. No socket is opened.

    Raises:
        AssertionError: the tool is gone, asks for something else than what was recorded, fails, or an answer of the
            API has none of the values that a path of the tool's view names.
    """
    tool = case.tool
    assert tool is not None, f"the tool {case.name} no longer exists: delete its cassette, or record again"
    with _offline(), stand_in_secrets(case.index.secrets), _answers(case.cassette) as cassette:
        answer = asyncio.run(_called(case, tool))
        pairs = list(zip(cassette.requests, cassette.responses, strict=True))
    bodies = [
        _json(answered)
        for asked, answered in pairs
        if answered["status"]["code"] < 400 and is_own(tool, asked.method, asked.path)
    ]
    text = next((one.text for one in answer.content if isinstance(one, Text)), "")
    assert not answer.is_error, text
    for path in [one for one in missing_view_paths(tool, bodies) if one not in case.index.absent.get(case.name, ())]:
        raise AssertionError(f"no record that {case.name} was answered has {path}, which its view keeps")
    if tool.view is not None and answer.content and isinstance(answer.content[0], Text):
        _fits(tool, text)


async def _called(case: Case, tool: Tool) -> Any:
    engine = Engine(
        with_stand_ins(case.server), environ={"HOME": "/nowhere", **case.index.environ}, cursor_key=bytes(32)
    )
    try:
        return await engine.call(LOCAL, tool.name, dict(case.index.calls[case.name]))
    finally:
        await engine.aclose()


def is_own(tool: Tool, method: str, path: str) -> bool:
    """Whether a request is the tool's own call, and not that of a login before it."""
    if tool.call is None or method != tool.call.method:
        return False
    parts = [re.escape(one) for one in _PLACE.split(urlsplit(tool.call.path).path)]
    return re.search(f"{'[^/]+'.join(parts)}$", path) is not None


def missing_view_paths(tool: Tool, bodies: list[Json]) -> list[str]:
    """The paths of the view that no answer has; none where the answers hold no record."""
    if tool.call is None or not tool.view:
        return []
    records = [record for body in bodies for record in _records(tool, body)]
    if not records:
        return []
    return [path for path in tool.view if all(_absent(record, path) for record in records)]


def _records(tool: Tool, body: Json) -> list[Json]:
    if tool.page is not None:
        return find_items(tool.page.items, body) or []
    payload = jsonpath.first(tool.payload, body) if body is not None else MISSING
    if payload is MISSING or payload is None:
        return []
    return payload if isinstance(payload, list) else [payload]


def _absent(record: Json, path: str) -> bool:
    """Whether nothing is found at a path. A null or an empty list on the way says nothing about what could be below."""
    here = [record]
    for segment in fields.parse(path):
        found: list[Json] = []
        for one in here:
            if one is None or one == []:
                return False
            if isinstance(one, list):
                found += one if not isinstance(segment, str) else [x[segment] for x in one if _has(x, segment)]
            elif _has(one, segment):
                found.append(one[segment])
        here = found
        if not here:
            return True
    return False


def _has(value: Json, segment: object) -> bool:
    return isinstance(value, dict) and segment in value


def _fits(tool: Tool, text: str) -> None:
    """Rows have a cell for each field."""
    shown = json.loads(text)
    if isinstance(shown, dict) and isinstance(shown.get("fields"), list):
        wide = {len(row) for row in shown["items"]}
        assert wide <= {len(shown["fields"])}, f"rows of {tool.name} do not fit its fields"


def _json(response: Mapping[str, Any]) -> Json:
    try:
        return parsed(response["body"]["string"], ", ".join(_header(response, "content-type")))
    except ValueError:
        return None


def _header(response: Mapping[str, Any], name: str) -> list[str]:
    return next((list(values) for key, values in response["headers"].items() if key.lower() == name), [])


@contextmanager
def _answers(path: Path) -> Iterator[Any]:
    """The cassette: answers to the same request come in the order of the recording, and the last one from then on."""
    import vcr  # type: ignore[import-untyped]

    player = vcr.VCR(record_mode=vcr.mode.NONE, match_on=["method", "host", "path", "query"])
    asked: Counter[tuple[str, str]] = Counter()
    with player.use_cassette(str(path), allow_playback_repeats=True) as cassette:

        def play(request: Any) -> Any:
            answers = cassette.responses_of(request)
            number = asked[request.method, request.uri]
            asked[request.method, request.uri] += 1
            return answers[min(number, len(answers) - 1)]

        cassette.play_response = play
        yield cassette


@contextmanager
def _offline() -> Iterator[None]:
    """Every attempt to reach another machine, and this one, fails."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a contract test tried to open a connection")

    with (
        mock.patch.object(socket.socket, "connect", refuse),
        mock.patch.object(socket.socket, "connect_ex", refuse),
        mock.patch.object(socket, "getaddrinfo", refuse),
    ):
        yield


@contextmanager
def stand_in_secrets(secrets: Mapping[str, str]) -> Iterator[None]:
    """Secrets are their stand-ins: reference -> value."""

    def begin(stored: object, region: str) -> Future[str]:
        done: Future[str] = Future()
        done.set_result("")
        return done

    def pick(reference: Reference, text: str) -> str:
        return secrets.get(str(reference), "fake")

    with (
        mock.patch("adaptgen.runtime.aws.credentials.begin_reading", begin),
        mock.patch("adaptgen.runtime.aws.credentials.pick", pick),
    ):
        yield
