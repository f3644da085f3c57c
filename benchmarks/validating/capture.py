"""The requests that a generated server sends for synthesised arguments, caught at its transport."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from adaptgen.building.build import build
from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.plan import Plan
from adaptgen.model.tables import LOCAL, Call, Param, Server, Tool
from adaptgen.plan.document.inline_schema import inline
from adaptgen.plan.document.reader import Operation, operations
from adaptgen.plan.document.request_bodies import read_body
from adaptgen.plan.document.schemas import shape
from adaptgen.plan.tools.arguments import parameter_slot
from adaptgen.runtime.engine import Engine
from adaptgen.source import EMPTY, Document
from adaptgen.syntax import hint_jsonpath as jsonpath
from adaptgen.transports.load import load_server
from validating.values import MANNERS, Maker

BASE = "http://mock.test"
_FULL = 300_000
_CREDENTIAL = "3f2b6c1e8a4d4c7e9b1a5d6e7f8091a2"


@dataclass
class Sent:
    """One call and what came of it. ``requests``: those of the operation; ``refused``: why nothing was sent."""

    tool: str
    manner: str
    arguments: Any
    requests: list[dict[str, Any]] = field(default_factory=list)
    refused: str = ""
    unfit: str = ""
    opened: int = 0


@dataclass
class Caught:
    """What one document gave."""

    operations: int = 0
    hidden: int = 0
    tools: int = 0
    covered: int = 0
    login: int = 0
    left_out: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    calls: list[Sent] = field(default_factory=list)


class Recorder(httpx.AsyncBaseTransport):
    """Answers every request with ``answer`` and keeps it. ``mock``: the URL of a mock that is asked first; what it
    answers (status and headers) is kept in the request's extensions as ``mocked``."""

    def __init__(self, mock: str = "") -> None:
        self.seen: list[httpx.Request] = []
        self.answer: Any = {}
        self._mock = mock
        self._network = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.seen.append(request)
        if self._mock:
            address = httpx.URL(self._mock).copy_with(raw_path=request.url.raw_path)
            again = httpx.Request(request.method, address, headers=request.headers, content=request.content)
            answer = await self._network.handle_async_request(again)
            await answer.aread()
            request.extensions["mocked"] = (answer.status_code, dict(answer.headers))
        stream = httpx.ByteStream(json.dumps(self.answer).encode())
        # A change that is only accepted is not looked for afterwards.
        status = 202 if request.method == "PUT" else 200
        return httpx.Response(status, headers={"content-type": "application/json"}, stream=stream)

    async def aclose(self) -> None:
        await self._network.aclose()


def catch(spec: Path, folder: Path, sample: int, manners: tuple[str, ...] = MANNERS, mock: str = "") -> Caught:
    """Build ``spec`` into ``folder`` and call at most ``sample`` of its tools (0: all), spread evenly, in each
    manner; ``mock`` as :class:`Recorder` takes it."""
    caught = Caught()
    try:
        result = build(spec, hints=EMPTY, name="server", side_files=False)
        document, made, files = result.document, result.plan, result.files
    except AdaptgenError as refused:
        caught.refused = [note.code for note in refused.diagnostics]
        return caught
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    gone = {left.pointer for left in made.left_out}
    caught.operations, caught.tools = made.operations, len(made.server.tools)
    caught.covered = len({tool.source for tool in made.server.tools if tool.source} - gone)
    caught.login = sum(left.why == "login" for left in made.left_out)
    caught.hidden = sum(left.why == "hidden" for left in made.left_out)
    caught.left_out = [f"{one.operation}: {one.reason}" for one in made.left_out if one.why == "broken"]
    asyncio.run(_calls(document, made, load_server(folder), caught, sample, manners, mock))
    return caught


async def _calls(
    document: Document,
    made: Plan,
    server: Server,
    caught: Caught,
    sample: int,
    manners: tuple[str, ...],
    mock: str,
) -> None:
    recorder = Recorder(mock)
    known = {one.pointer: one for one in operations(document)[0]}
    sends = sorted({(one.place, one.name) for auth in server.auth for one in auth.send})
    credential = secret(document, known, sends)
    key = hashlib.sha256(b"valid").digest()
    variables = environ(made, credential)
    engine = Engine(agreed(server, variables), environ=variables, transport=recorder, cursor_key=key)
    tools = [tool for tool in server.tools if tool.call is not None and tool.source in known]
    if sample and len(tools) > sample:
        tools = [tools[index * len(tools) // sample] for index in range(sample)]
    session = answers(server)
    logins = {urlsplit(one.call.path).path for auth in server.auth for one in (*auth.chain, auth.refresh) if one}
    for tool in tools:
        contract = engine.get(tool.name)
        assert contract is not None
        operation, places = known[tool.source], arguments_of(tool.call)
        recorder.answer = {**session, **resource(document, tool, known)}
        try:
            Draft202012Validator.check_schema(contract.input_schema)
            problem = ""
        except SchemaError as wrong:
            problem = f"the contract is no schema: {wrong.message[:100]}"
        validator = Draft202012Validator(contract.input_schema)
        fuller = wider(document, operation, tool, contract.input_schema)
        told: list[str] = []
        for manner in manners:
            maker = Maker(manner, changes=tool.update is not None or tool.filled)
            given = maker.arguments(contract.input_schema, {arg: place for arg, (place, _) in places.items()}, fuller)
            text = json.dumps(given, sort_keys=True)
            if text in told:
                continue
            told.append(text)
            sent = Sent(tool.name, manner, given, opened=maker.opened)
            caught.calls.append(sent)
            sent.unfit = problem or next(
                (f"{'.'.join(map(str, one.path))}: {one.message}"[:200] for one in validator.iter_errors(given)), ""
            )
            if sent.unfit:
                continue
            recorder.seen.clear()
            answer = await engine.call(LOCAL, tool.name, given)
            for request in recorder.seen:
                path = urlsplit(str(request.url)).path
                if (path in logins and path != tool.call.path) or request.url.host != "mock.test":
                    continue
                sent.requests.append(recorded(request, tool, operation, places, given) | {"auth": sends})
            if not sent.requests:
                sent.refused = " ".join(getattr(one, "text", "") for one in answer.content)[:300]
    await engine.aclose()


def secret(document: Document, known: Mapping[str, Operation], sends: list[tuple[str, str]]) -> str:
    """A dummy credential, a UUID where the document wants one for what carries it."""
    named = {(place, name.lower()) for place, name in sends}
    declared = [one for operation in known.values() for one in operation.parameters]
    carriers = [shape(document, one.schema) for one in declared if (one.place, one.name.lower()) in named]
    return str(uuid.UUID(_CREDENTIAL)) if any(one.format == "uuid" for one in carriers) else _CREDENTIAL


def environ(made: Plan, credential: str) -> dict[str, str]:
    """Dummy credentials, and one address for every base."""
    found = {one.name: credential for one in made.variables}
    found |= {base.env: BASE for base in made.server.bases if base.env}
    return {**found, "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "dummy", "AWS_SECRET_ACCESS_KEY": "dummy"}


def agreed(server: Server, variables: Mapping[str, str]) -> Server:
    """``server``, whose hints let each of ``variables`` go to the one address."""
    return replace(server, credentials=dict.fromkeys(variables, (BASE,)))


def answers(server: Server) -> dict[str, Any]:
    """A body in which every login of the server finds what it looks for."""
    whole: dict[str, Any] = {}
    for auth in server.auth:
        for login in (*auth.chain, *([auth.refresh] if auth.refresh else ())):
            paths: list[tuple[str, Any]] = [(path, "token") for path in login.save.values()]
            if login.expires is not None:
                paths.append((login.expires.after or login.expires.at or "", 3600))
            for path, value in paths:
                names = re.findall(r"\.([A-Za-z_][\w-]*)|\['([^']*)'\]", path)
                node = whole
                for name in ["".join(one) for one in names[:-1]]:
                    node = node.setdefault(name, {})
                    if not isinstance(node, dict):
                        break
                if names and isinstance(node, dict):
                    node.setdefault("".join(names[-1]), value)
    return whole


def resource(document: Document, tool: Tool, known: Mapping[str, Operation]) -> dict[str, Any]:
    """What the GET of an update answers: every property of its schema."""
    if tool.update is None:
        return {}
    read_path = tool.update.read.path
    one = next((op for op in known.values() if op.method == "GET" and op.path == read_path), None)
    answer = one.success() if one else None
    if answer is None or answer.schema is None:
        return {}
    schema, _ = inline(document, answer.schema, budget=_FULL, direction="output")
    made = Maker("all", known=True).value(schema, None, "body", 0)
    record = jsonpath.first(tool.update.answer, made)
    write = known[tool.source]
    if isinstance(record, dict) and write.body is not None:
        # What was written once is what is read: a value that the write would take, where it is one of the same type.
        for slot in read_body(document, write.body).slots:
            schema, _ = inline(document, slot.schema, budget=_FULL, direction="input")
            value = Maker("all", known=True).value(schema, None, "body", 1)
            if type(value) is type(record.get(slot.name)):
                record[slot.name] = value
    return made if isinstance(made, dict) else {}


def rows(call: Call | None) -> Iterator[tuple[str, Param]]:
    """Every parameter of a call with its place."""
    if call is None:
        return
    named = {one.name for one in call.path_params}
    for name in re.findall(r"\{([^{}]+)\}", call.path):
        if name not in named:
            yield "path", Param(name)
    yield from (("path", one) for one in call.path_params)
    yield from (("query", one) for one in call.query)
    yield from (("header", one) for one in call.headers)
    yield from (("cookie", one) for one in call.cookies)
    if call.body is not None:
        yield from (("body", one) for one in call.body.params)
        if call.body.whole is not None:
            yield "body", call.body.whole
        if call.body.extra is not None:
            yield "body", Param("extra", arg=call.body.extra)


def arguments_of(call: Call | None) -> dict[str, tuple[str, Param]]:
    """Argument -> its place and parameter."""
    return {one.arg or one.name: (place, one) for place, one in rows(call) if one.value is None}


def wider(document: Document, operation: Operation, tool: Tool, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Fuller schemas of the arguments of which less is published."""
    told = schema.get("properties", {})
    slots = [parameter_slot(document, one) for one in operation.parameters]
    slots += read_body(document, operation.body).all() if operation.body else []
    nodes = {(slot.place, slot.name): slot for slot in slots}
    found: dict[str, Any] = {}
    for arg, (place, param) in arguments_of(tool.call).items():
        slot = nodes.get((place, param.name))
        if arg in told and slot is not None and slot.made is None:
            whole, _ = inline(document, slot.schema, budget=_FULL, direction="input")
            if whole != told[arg]:
                found[arg] = whole
    return found


def recorded(
    request: httpx.Request,
    tool: Tool,
    operation: Operation,
    places: Mapping[str, tuple[str, Param]],
    given: Mapping[str, Any],
) -> dict[str, Any]:
    """A request as the validators are given it. ``expect``: place -> parameter -> the texts that must arrive."""
    assert tool.call is not None
    own = request.method == tool.call.method
    target = request.url.raw_path.decode("ascii")
    path, _, query = target.partition("?")
    return {
        "operation": {"method": request.method, "path": operation.written},
        "method": request.method,
        "path": path,
        "query": query,
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "body": base64.b64encode(request.content).decode(),
        "expect": expected(places, given) if own else {},
        **({"mocked": request.extensions["mocked"]} if "mocked" in request.extensions else {}),
    }


def expected(places: Mapping[str, tuple[str, Param]], given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What a server must read back from the parameters: scalars and lists of them."""
    found: dict[str, dict[str, Any]] = {}
    for arg, (place, param) in places.items():
        value = given.get(arg)
        if place == "body" or param.encode is not None or value is None:
            continue
        texts = [_text(one) for one in value] if isinstance(value, list) else _text(value)
        if texts is None or (isinstance(texts, list) and (not texts or None in texts)):
            continue
        found.setdefault(place, {})[param.name] = texts
    return found


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, str)):
        return str(value)
    return None
