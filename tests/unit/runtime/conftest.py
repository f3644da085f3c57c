"""An API of our own on loopback that misbehaves as told, and servers over it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from support.paged_api import kit as kit

from adaptgen.model.tables import Auth, Base, Server, Tool
from adaptgen.runtime import LOCAL, Answer, Caller, Engine
from adaptgen.runtime.contracts import arguments


@dataclass
class Received:
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """One answer: ``body`` is JSON unless it is bytes."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        content = (
            b"" if self.body is None else self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        )
        headers = {"Content-Type": "application/json", "Content-Length": str(len(content)), **self.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {self.status} X\r\n{head}\r\n".encode() + content


Raw = Callable[[asyncio.StreamWriter], Awaitable[None]]
"""Writes to the connection as it likes; the connection is closed after it."""

Handler = Callable[[Received], "Reply | Raw | Awaitable[Reply]"]


class Api:
    """An HTTP server; ``handler`` answers, ``received`` remembers."""

    def __init__(self) -> None:
        self.handler: Handler = lambda _: Reply(404, {"message": "nothing here"})
        self.received: list[Received] = []
        self.url = ""
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    def calls(self, path: str) -> int:
        return sum(one.path == path for one in self.received)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while await self._one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in head[1:] if line}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        one = Received(method, target, headers, body)
        self.received.append(one)
        reply = self.handler(one)
        if asyncio.iscoroutine(reply):
            reply = await reply
        if isinstance(reply, Reply):
            writer.write(reply.encoded())
            await writer.drain()
            return True
        await reply(writer)  # type: ignore[operator, misc]
        return False

    def stop(self) -> None:
        for writer in list(self._writers):
            writer.close()


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Api]:
    one = Api()
    server = await one.start()
    yield one
    one.stop()
    server.close()


class Calls:
    """An engine over tools, called as an agent would."""

    def __init__(self, engine: Engine, caller: Caller = LOCAL) -> None:
        self.engine = engine
        self.caller = caller

    def by(self, caller: Caller) -> Calls:
        """The same, in the name of another caller."""
        return Calls(self.engine, caller)

    async def answer(self, tool: str, **given: Any) -> Answer:
        return await self.engine.call(self.caller, tool, given)

    async def ok(self, tool: str, **given: Any) -> Any:
        """The answer as JSON; fails when the call did."""
        answer = await self.answer(tool, **given)
        assert not answer.is_error, answer.content
        return json.loads(answer.content[0].text)  # type: ignore[union-attr]

    async def error(self, tool: str, **given: Any) -> str:
        """The text of the error; fails when the call did not."""
        answer = await self.answer(tool, **given)
        assert answer.is_error, answer.content
        return answer.content[0].text  # type: ignore[union-attr]


Make = Callable[..., Calls]


@pytest_asyncio.fixture
async def make(api: Api, tmp_path: Path) -> AsyncIterator[Make]:
    """``make(*tools, auth=(), environ={}, schemas={}, timeout=…)``: contracts are derived from the tables."""
    made: list[Engine] = []

    def build(
        *tools: Tool,
        auth: tuple[Auth, ...] = (),
        environ: dict[str, str] | None = None,
        schemas: Mapping[str, Mapping[str, Any]] | None = None,
        timeout: float = 5.0,
        **more: Any,
    ) -> Calls:
        folder = tmp_path / f"contracts{len(made)}"
        folder.mkdir()
        contracts = {}
        for tool in tools:
            properties: dict[str, Any] = {name: {} for name in sorted(arguments(tool))}
            properties |= {"fields": {}} if tool.effect == "read" else {"dry_run": {"type": "boolean"}}
            properties |= (schemas or {}).get(tool.name, {})
            schema = {"type": "object", "properties": properties, "additionalProperties": False}
            contracts[tool.name] = {"description": "", "inputSchema": schema, "annotations": {}}
        (folder / "all.json").write_text(json.dumps(contracts))
        server = Server(
            name="crm",
            bases=(Base(env="CRM_BASE_URL"),),
            auth=auth,
            tools=tools,
            contracts=folder,
            timeout=timeout,
        )
        everything = {"CRM_BASE_URL": api.url} if environ is None else {"CRM_BASE_URL": api.url, **environ}
        engine = Engine(server, environ=everything, state=tmp_path / "state", **more)
        made.append(engine)
        return Calls(engine)

    yield build
    for engine in made:
        await engine.aclose()


@pytest.fixture
def environ() -> dict[str, str]:
    """The credentials of :data:`LOGIN`."""
    return {"CRM_USERNAME": "svc", "CRM_PASSWORD": "hunter22"}


@pytest.fixture
def silent() -> Handler:
    """A handler that keeps the connection open and never answers."""

    async def wait(_: Received) -> Reply:
        await asyncio.Event().wait()
        raise AssertionError

    return wait


@pytest.fixture
def reply() -> type[Reply]:
    """The answer class, for tests that make answers."""
    return Reply
