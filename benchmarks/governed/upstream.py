"""An MCP server with constant answers, in a process of its own: what is measured is what stands before it.

``python -m governed.upstream PORT [SETTINGS]``: with settings the same answers are governed in process.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Mapping
from typing import Any

import orjson

from adaptgen.govern.pipeline.assemble import assemble
from adaptgen.govern.pipeline.factory import ServingContext, TargetInputs
from adaptgen.govern.settings.source import source
from adaptgen.mcp.protocol import META_ARGUMENTS, META_EFFECT, META_SENSITIVE, Context, RpcError, ServerInfo, ToolInfo
from adaptgen.model.tables import Caller, Effect
from adaptgen.transports import address
from adaptgen.transports.streamable_http.serve import run_governed, serve

PEOPLE = 84
FIELDS = ("id", "status", "city", "amount", "full_name", "email", "phone", "iban", "note")
KINDS = {"full_name": "name", "email": "email", "phone": "phone", "iban": "iban"}
ARGUMENTS = {"status": {"type": "string"}, "email": {"type": "string"}, "limit": {"type": "integer"}}


def person(n: int) -> list[object]:
    """One row: four of its nine values are personal, and its note names two of them."""
    name, mail = f"Person{n} Example{n}", f"person.{n}@mail.example"
    note = "Paid on time; prefers to be called in the morning; contract renewed for another year" if n % 4 else ""
    iban = f"DE{(98 - int(f'10000000{n:010d}131400') % 97):02d}10000000{n:010d}"
    return [n, "active", "Springfield", n * 1.5, name, mail, f"+49 30 {9000000 + n}", iban, f"{note} {n}".strip()]


LARGE = orjson.dumps({"fields": FIELDS, "items": [person(n) for n in range(PEOPLE)], "total": PEOPLE}).decode()
SMALL = orjson.dumps({"fields": FIELDS[:4], "items": [person(n)[:4] for n in range(3)], "total": 3}).decode()
HUGE = "12 34 56 " * 111_112
"""A megabyte of digits: nothing to find, and much to look at."""
POSITIONS = {f"/items/*/{FIELDS.index(name)}": kind for name, kind in KINDS.items()}


class Constant:
    """A target with two tools, and as a desk for whoever comes when nothing governs it."""

    def __init__(self) -> None:
        self._tools = {name: _tool(name) for name in ("list_small", "list_large", "list_huge", "write_note")}
        self._listed = {
            "tools": [facts.wire for facts in self._tools.values()],
            "resultType": "complete",
            "ttlMs": 60_000,
            "cacheScope": "private",
        }

    def about(self) -> ServerInfo:
        return ServerInfo(name="bench", version="1")

    def tools(self) -> Mapping[str, ToolInfo]:
        return self._tools

    async def call(
        self, caller: Caller, tool: ToolInfo, arguments: Mapping[str, Any], context: Context
    ) -> dict[str, Any]:
        large = tool.own == "list_large"
        block = {"type": "text", "text": LARGE if large else HUGE if tool.own == "list_huge" else SMALL}
        result: dict[str, Any] = {"content": [block], "resultType": "complete"}
        if large:
            result["_meta"] = {META_SENSITIVE: POSITIONS}
        return result

    async def request(self, caller: Caller, method: str, params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        if method == "tools/list":
            return self._listed
        if method == "tools/call":
            return await self.call(caller, self._tools[str(params["name"])], params.get("arguments") or {}, context)
        raise RpcError(-32601, "Method not found")

    async def authenticate(self, headers: Mapping[str, str], context: Context) -> Caller:
        return Caller("bench")

    async def schema(self, caller: Caller, tool: str, context: Context) -> Mapping[str, Any] | None:
        return self._tools[tool].wire["inputSchema"] if tool in self._tools else None

    async def notification(self, caller: Caller, method: str, params: Mapping[str, Any], context: Context) -> None:
        pass

    def server_of(self, what: str, name: str) -> str:
        return ""

    async def close_session(self, session: str, caller: Caller | None = None) -> None:
        pass

    def metadata(self) -> None:
        return None

    async def aclose(self) -> None:
        pass


def _tool(name: str) -> ToolInfo:
    effect: Effect = "read" if name.startswith("list") else "write"
    wire_form = {
        "name": name,
        "title": name,
        "description": "Lists people.",
        "inputSchema": {"type": "object", "properties": ARGUMENTS, "additionalProperties": False},
        "_meta": {
            META_ARGUMENTS: {"email": "email"},
            META_SENSITIVE: KINDS,
            META_EFFECT: {"effect": effect, "open": effect == "read"},
        },
    }
    return ToolInfo(
        name=name,
        server="bench",
        own=name,
        effect=effect,
        open=effect == "read",
        wire=wire_form,
        arguments={"email": "email"},
        sensitive=KINDS,
    )


async def governed(settings: str, listener: socket.socket) -> None:
    """The same tools with the pipeline in the same process."""

    async def make(_: TargetInputs) -> Constant:
        return Constant()

    made = await assemble(source(settings, os.environ), make, ServingContext(http=True))
    try:
        await run_governed(made, listener)
    finally:
        await made.aclose()


def main() -> None:
    port, settings = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    listener = address.listening("127.0.0.1", port)
    if settings:
        asyncio.run(governed(settings, listener))
    else:
        serve(Constant(), listener)


if __name__ == "__main__":
    main()
