"""The merging updates of one document, against a mock that holds the record."""

from __future__ import annotations

import asyncio
import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from validating.capture import agreed, answers, arguments_of, environ, resource, secret
from validating.values import Maker

from adaptgen.building.build import build
from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import LOCAL, Param, Tool
from adaptgen.plan.document.reader import Operation, operations
from adaptgen.runtime.engine import Engine
from adaptgen.source import EMPTY, Document
from adaptgen.syntax import hint_jsonpath as jsonpath
from adaptgen.transports.load import load_server
from adaptgen.views.vocabulary import is_selector
from updating.texts import contradictions, silent_losses


@dataclass
class Outcome:
    """What became of the updates. ``selecting``: those with optional inputs of the read; ``lost``, ``false`` and
    ``refused`` say which and why; ``silent`` and ``contradicting`` are tools whose texts do not fit their calls."""

    updates: int = 0
    selecting: int = 0
    lost: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    contradicting: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        self.updates += other.updates
        self.selecting += other.selecting
        self.lost += other.lost
        self.false += other.false
        self.refused += other.refused
        self.silent += other.silent
        self.contradicting += other.contradicting


class Mock(httpx.AsyncBaseTransport):
    """An API of one record. ``state``: what a whole read answers, the record at JSONPath ``place``; ``whole``: the
    query parameters of a read that leave the record whole."""

    def __init__(self) -> None:
        self.state: Any = {}
        self.place = "$"
        self.whole: frozenset[str] = frozenset()
        self.inside: str | None = None
        self.beside: Mapping[str, str] = {}
        self.session: dict[str, Any] = {}
        self.writes = 0
        self.read_path = ""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        if request.method == "GET":
            self.read_path = request.url.path
            return self._answer(self._read(request))
        if request.method != "PUT" and not (request.method == "POST" and request.url.path == self.read_path):
            return self._answer(self.session)
        self.writes += 1
        body = json.loads(request.content)
        self._write(body[self.inside] if self.inside is not None else body)
        return self._answer(self.state)

    def _read(self, request: httpx.Request) -> Any:
        state = copy.deepcopy(self.state)
        record = jsonpath.first(self.place, state)
        if not set(request.url.params) <= self.whole and isinstance(record, dict):
            for name in list(record)[1:]:
                del record[name]
            for path in self.beside.values():
                state.pop(path.removeprefix("$."), None)
        return {**self.session, **state} if isinstance(state, dict) else state

    def _write(self, body: dict[str, Any]) -> None:
        record = jsonpath.first(self.place, self.state)
        beside = {name: value for name, value in body.items() if name in self.beside}
        for name, path in self.beside.items():
            target = jsonpath.first(path.rpartition(".")[0] or "$", self.state)
            target[path.rpartition(".")[2]] = beside.get(name)
        kept = {name: record[name] for name in self.kept if name in record}
        record.clear()
        record.update({**kept, **{name: value for name, value in body.items() if name not in beside}})

    kept: frozenset[str] = frozenset()
    """Members of the record that a PUT does not take: they stay."""

    @staticmethod
    def _answer(body: Any) -> httpx.Response:
        stream = httpx.ByteStream(json.dumps(body).encode())
        return httpx.Response(200, headers={"content-type": "application/json"}, stream=stream)


def update_all(spec: Path, folder: Path, sample: int) -> Outcome:
    """Build ``spec`` into ``folder`` and make at most ``sample`` of its merging updates (0: all)."""
    outcome = Outcome()
    try:
        result = build(spec, hints=EMPTY, name="server", side_files=False)
        document, made, files = result.document, result.plan, result.files
    except AdaptgenError:
        return outcome
    known = {one.pointer: one for one in operations(document)[0]}
    outcome.silent += silent_losses(made, known)
    outcome.contradicting += contradictions(made, known)
    tools = [tool for tool in made.server.tools if tool.update is not None and not tool.update.patch]
    if not tools:
        return outcome
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    if sample and len(tools) > sample:
        tools = [tools[index * len(tools) // sample] for index in range(sample)]
    mock = Mock()
    server = load_server(folder)
    mock.session = answers(server)
    sends = sorted({(one.place, one.name) for auth in server.auth for one in auth.send})
    variables = environ(made, secret(document, known, sends))
    engine = Engine(
        agreed(server, variables),
        environ=variables,
        transport=mock,
        cursor_key=hashlib.sha256(b"updates").digest(),
        state=folder / "state",
    )

    async def every() -> None:
        for tool in tools:
            await _update(engine, mock, document, tool, known, outcome)
        await engine.aclose()

    asyncio.run(every())
    return outcome


async def _update(
    engine: Engine, mock: Mock, document: Document, tool: Tool, known: Mapping[str, Operation], outcome: Outcome
) -> None:
    assert tool.update is not None
    assert tool.call is not None
    assert tool.call.body is not None
    contract = engine.get(tool.name)
    assert contract is not None
    state = resource(document, tool, known)
    record = jsonpath.first(tool.update.answer, state)
    if not isinstance(record, dict) or not record:
        return
    places = arguments_of(tool.call)
    taken = {param.name for param in tool.call.body.params} | set(tool.update.accepts or record)
    change = _change(contract.input_schema, places, record, tool)
    if change is None:
        return
    name, argument, value = change
    schema = contract.input_schema
    given: dict[str, Any] = {}
    body_required = []
    for one in schema.get("properties", {}):
        place = places.get(one, ("", Param("")))[0]
        if place in ("path", "query", "header", "cookie"):
            made = Maker("all").value(schema["properties"][one], None, place, 0)
            given[one] = made if isinstance(made, (str, int, float, bool, list, dict)) else "text"
        elif place == "body" and one in schema.get("required", ()) and one != argument:
            body_required.append(one)
            given[one] = Maker("all").value(schema["properties"][one], None, "body", 0)
    given[argument] = value
    mock.state = copy.deepcopy(state)
    mock.place, mock.inside, mock.beside = tool.update.answer, tool.call.body.inside, tool.update.places
    # By the document, not by what was planned: a read is whole where it has nothing but what it requires and what
    # chooses the record.
    read_path = tool.update.read.path
    reads = next(op for op in known.values() if op.method == "GET" and op.path == read_path)
    queries = [one for one in reads.parameters if one.place == "query"]
    mock.whole = frozenset(one.name for one in queries if one.required or is_selector(one.name))
    mock.whole |= {name for name, _ in reads.constants}
    sends = {send.name for auth in engine.server.auth for send in auth.send if send.place == "query"}
    mock.whole |= sends
    mock.kept = frozenset(record) - taken if tool.update.accepts is not None else frozenset(tool.update.omits)
    before = copy.deepcopy(record)
    mock.writes = 0
    answer = await engine.call(LOCAL, tool.name, given)
    outcome.updates += 1
    optional = {one.name for one in queries} - mock.whole
    outcome.selecting += any(
        places[one][0] == "query" and places[one][1].name in optional for one in given if one in places
    )
    after = jsonpath.first(mock.place, mock.state)
    told = " ".join(getattr(one, "text", "") for one in answer.content)
    if not mock.writes:
        outcome.refused.append(f"{tool.name}: {told[:160]}")
        return
    changed = {name, *(places[one][1].name for one in body_required)}
    lost = [
        one
        for one in before
        if one not in changed
        and after.get(one) != before[one]
        and one not in tool.update.parts
        and one not in mock.beside
    ]
    outcome.lost += [f"{tool.name}: {one}" for one in lost]
    wanted = value if tool.call.body.whole is None else value[name]
    if not answer.is_error and after.get(name) != wanted and name not in mock.beside:
        outcome.false.append(f"{tool.name}: {name}")
    if answer.is_error:
        outcome.refused.append(f"{tool.name}: written and {told[:160]}")


def _change(
    schema: Mapping[str, Any], places: Mapping[str, tuple[str, Param]], record: Mapping[str, Any], tool: Tool
) -> tuple[str, str, Any] | None:
    """What is changed: the property, the argument, and its value; the first text that is not there yet."""
    assert tool.call is not None
    assert tool.call.body is not None
    whole = tool.call.body.whole
    if whole is not None:
        return "changed", whole.arg or whole.name, {"changed": "by an update"}
    for argument, (place, param) in places.items():
        one = schema.get("properties", {}).get(argument)
        if place != "body" or not isinstance(one, Mapping) or param.name in (tool.update.parts if tool.update else ()):
            continue
        for manner in ("long", "all", "required"):
            value = Maker(manner).value(one, None, "body", 0)
            if isinstance(value, (str, int, float, bool)):
                return param.name, argument, value
    return None
