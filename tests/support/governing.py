"""Pipelines for tests: settings as a mapping, put to work over any target."""

from __future__ import annotations

import base64
import json
import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from adaptgen.govern.pipeline.assemble import GovernedServer, assemble
from adaptgen.govern.pipeline.engine_target import Served
from adaptgen.govern.pipeline.factory import ServingContext, TargetInputs
from adaptgen.govern.settings.source import source
from adaptgen.mcp.protocol import META, Context, RpcError, ServerInfo, Target, ToolInfo
from adaptgen.model.tables import Caller, Server
from adaptgen.runtime.engine import Engine

__all__ = ["KEYS", "META", "FakeTarget", "ask", "fact", "governed", "served", "settings"]

KEYS = {
    name: base64.b64encode(bytes(range(n, n + 32))).decode()
    for n, name in enumerate(("T_TOKENS", "T_OLD", "T_CURSORS", "T_AUDIT", "T_SURROGATES"))
}
"""Environment variables with keys: fixed, so that tokens are the same in every run."""

EVERYTHING = "permit (principal, action, resource);"


def settings(folder: Path, policies: str = EVERYTHING, **given: Any) -> Path:
    """``governance.yaml`` in ``folder``: embedded, e-mails and the like tokenized, audited to ``audit.jsonl``.

    Keys of ``given`` replace those of the file; None takes one away.
    """
    (folder / "all.cedar").write_text(policies)
    made: dict[str, Any] = {
        "adaptgen": 1,
        "mode": "embedded",
        "authorize": {"default": "read", "policies": ["all.cedar"]},
        "tokenize": {"kinds": ["email", "phone", "card", "iban", "national_id", "name"]},
        "keys": {
            "tokens": {"current": "k1", "all": {"k1": "${env:T_TOKENS}"}},
            "cursors": "${env:T_CURSORS}",
            "audit": "${env:T_AUDIT}",
        },
        "audit": {"sink": str(folder / "audit.jsonl")},
        **given,
    }
    path = folder / "governance.yaml"
    path.write_text(json.dumps({key: value for key, value in made.items() if value is not None}))
    return path


@asynccontextmanager
async def governed(
    path: Path, target: Target | None = None, *, server: Server | None = None, **given: Any
) -> AsyncIterator[GovernedServer]:
    """A pipeline under the settings in ``path``, over ``target`` or over an engine of ``server``.

    ``given``: of :class:`ServingContext` (``environ`` is added to that of :data:`KEYS`), and ``transport`` of the
    engine.
    """
    transport = given.pop("transport", None)
    environ = {**os.environ, **KEYS, **given.pop("environ", {})}

    async def make(what: TargetInputs) -> Target:
        if target is not None:
            return target
        assert server is not None
        return served(server, what, transport)

    made = await assemble(source(str(path), environ), make, ServingContext(environ=environ, **given))
    try:
        yield made
    finally:
        await made.aclose()


def served(server: Server, what: TargetInputs, transport: Any = None) -> Served:
    """An engine under governance, as ``adaptgen serve`` makes it."""
    behind = what.settings.mode == "behind"
    engine = Engine(
        server,
        environ=what.place.environ,
        transport=transport,
        cursor_key=what.material.cursors,
        store=what.store,
        classify=behind or what.settings.tokenize is not None,
        kinds=what.settings.tokenize.kinds if what.settings.tokenize is not None else None,
    )
    return Served(engine, behind=behind)


async def ask(
    made: GovernedServer, caller: Caller, method: str, params: Mapping[str, Any], **given: Any
) -> dict[str, Any]:
    """One request of ``caller``."""
    context = Context(request_id=os.urandom(8).hex(), **given)
    return await made.handler.request(caller, method, dict(params), context)


def fact(name: str, *, effect: str = "read", server: str = "fake", **given: Any) -> ToolInfo:
    """A tool whose arguments are all text."""
    names = given.pop("names", ("text", "email", "name"))
    schema = {
        "type": "object",
        "properties": {one: {"type": "string"} for one in names},
        "additionalProperties": False,
    }
    wire = given.pop("wire", {"name": name, "description": f"The tool {name}.", "inputSchema": schema})
    return ToolInfo(
        name=name,
        server=server,
        own=given.pop("own", name),
        effect=effect,  # type: ignore[arg-type]
        open=effect == "read",
        wire=wire,
        arguments=given.pop("arguments", {"email": "email", "name": "name"}),
        **given,
    )


class FakeTarget:
    """Tools that answer what the test says: ``answers`` by tool, a CallToolResult or a function of the arguments.

    ``calls`` holds what reached the target: caller, tool and arguments.
    """

    def __init__(self, *tools: ToolInfo, answers: Mapping[str, Any] | None = None) -> None:
        self.known = {tool.name: tool for tool in tools}
        self.answers = dict(answers or {})
        self.calls: list[tuple[Caller, str, Mapping[str, Any]]] = []
        self.contexts: list[Context] = []

    def about(self) -> ServerInfo:
        return ServerInfo("fake", "1")

    def tools(self) -> Mapping[str, ToolInfo]:
        return self.known

    async def call(
        self, caller: Caller, tool: ToolInfo, arguments: Mapping[str, Any], context: Context
    ) -> dict[str, Any]:
        self.calls.append((caller, tool.name, arguments))
        self.contexts.append(context)
        answer = self.answers.get(tool.name, {"content": [{"type": "text", "text": "done"}]})
        if callable(answer):
            answer = answer(arguments)
        if isinstance(answer, BaseException):
            raise answer
        return dict(answer)

    async def request(self, caller: Caller, method: str, params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        if method not in self.answers:
            raise RpcError(-32601, "Method not found")
        answer = self.answers[method]
        return dict(answer(params) if callable(answer) else answer)

    async def notification(self, caller: Caller, method: str, params: Mapping[str, Any], context: Context) -> None:
        pass

    def server_of(self, what: str, name: str) -> str:
        return "fake"

    async def close_session(self, session: str, caller: Caller | None = None) -> None:
        pass

    async def aclose(self) -> None:
        logging.getLogger(__name__).debug("closed")
