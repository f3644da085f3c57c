"""An engine without governance as a handler: one caller, every tool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adaptgen.govern.pipeline.engine_target import Served, about
from adaptgen.mcp.json_text import as_object
from adaptgen.mcp.protocol import Context, RpcError, ServerInfo, ToolInfo
from adaptgen.mcp.tool_listing import listed
from adaptgen.model.tables import LOCAL, Caller, Json
from adaptgen.runtime.core import call_context
from adaptgen.runtime.core.answer import make_result
from adaptgen.runtime.engine import Engine


class UngovernedHandler:
    """Lists and calls the tools of one engine; the caller is always ``local``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._about = about(engine)
        self._listing: dict[str, Any] | None = None
        self._tools: Mapping[str, ToolInfo] | None = None

    def tools(self) -> Mapping[str, ToolInfo]:
        """What is known of the tools besides their list; they do not change."""
        if self._tools is None:
            self._tools = Served(self._engine).tools()
        return self._tools

    def about(self) -> ServerInfo:
        return self._about

    async def authenticate(self, headers: Mapping[str, str], context: Context) -> Caller:
        """Everybody is ``local``: for loopback only."""
        return LOCAL

    async def schema(self, caller: Caller, tool: str, context: Context) -> Mapping[str, Json] | None:
        if self._engine.uploads is not None and tool == self._engine.uploads.name:
            return self._engine.uploads.schema
        contract = self._engine.get(tool)
        return contract.input_schema if contract is not None else None

    async def request(
        self, caller: Caller, method: str, params: Mapping[str, Json], context: Context
    ) -> dict[str, Any]:
        """tools/list and tools/call."""
        if method == "tools/call":
            given = as_object(params.get("arguments"))
            uploads = self._engine.uploads
            if uploads is not None and params["name"] == uploads.name:
                return (await uploads.call(caller, given))[0]
            with call_context.channel(context.notify, context.deadline), call_context.watching() as changes:
                answer = await self._engine.call(caller, str(params["name"]), given)
            result = make_result(answer)
            if answer.connection is not None:
                from adaptgen.govern.pipeline.connection_links import with_advice

                changed = changes.possible or answer.unknown
                result = with_advice(result, answer.connection[0], local=True, changed=changed)
            return result
        if method != "tools/list":
            raise RpcError(-32601, "Method not found")
        if self._listing is None:
            self._listing = self._listed()
        return self._listing

    def _listed(self) -> dict[str, Any]:
        # Made when it is first asked for: a process that only calls never needs it.
        known = {tool.name: tool for tool in self._engine.server.tools}
        tools = [listed(one, known.get(one.name)) for one in self._engine.list(LOCAL)]
        if self._engine.uploads is not None:
            tools.append(self._engine.uploads.wire)
        # The list lasts as long as the process; clients may keep it for a minute.
        return {"tools": tools, "resultType": "complete", "ttlMs": 60_000, "cacheScope": "private"}

    async def notification(self, caller: Caller, method: str, params: Mapping[str, Json], context: Context) -> None:
        """Notifications change nothing here."""

    async def close_session(self, session: str, caller: Caller | None = None) -> None:
        """There are no sessions."""

    def jwks(self) -> Mapping[str, Json] | None:
        """Nothing is signed."""
        return None

    def metadata(self) -> Mapping[str, Json] | None:
        """Nobody authenticates."""
        return None
