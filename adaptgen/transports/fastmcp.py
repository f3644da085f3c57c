"""The FastMCP front: for stdio, for the laptop, and for mounting into other FastMCP servers.

FastMCP learns of the tools through a lazy provider, so a server of a thousand tools starts without building one of
them. On the wire the two hot requests, ``tools/list`` and ``tools/call``, go straight to the handler as long as nothing
was added to the front (middleware, tools, providers, transforms); with any of those, FastMCP's own way is taken.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastmcp import FastMCP
from fastmcp.server.providers import Provider
from fastmcp.tools.base import Tool, ToolResult
from fastmcp.utilities.versions import VersionSpec
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolRequestParams, CallToolResult, PaginatedRequestParams, ToolAnnotations
from pydantic import ConfigDict, PrivateAttr

from adaptgen.govern.pipeline.ungoverned import UngovernedHandler
from adaptgen.mcp.advertised_schema import Profile
from adaptgen.mcp.protocol import Challenge, Context, McpHandler, RpcError
from adaptgen.model.tables import Json
from adaptgen.runtime.core import call_context
from adaptgen.runtime.core.caches import IdentityCache
from adaptgen.runtime.engine import Engine
from adaptgen.tool_search import Menu, menu_of
from adaptgen.tool_search.toolsets import WHOLE, Part


class Asking:
    """Asks one handler for the caller that it takes a request without credentials for: this front has no others."""

    def __init__(self, handler: McpHandler) -> None:
        self.handler = handler

    async def __call__(self, method: str, params: Mapping[str, Json], session: Any = None) -> dict[str, Json]:
        """The result of one request, or MCPError; ``session`` (of the SDK) hears how far it is."""
        context = Heard(session)
        try:
            caller = await self.handler.authenticate({}, context)
            return await self.handler.request(caller, method, params, context)
        except RpcError as problem:
            raise MCPError(problem.code, problem.message, problem.data) from None
        except Challenge as refused:
            raise MCPError(-32001, refused.text) from None

    async def tools(self) -> list[dict[str, Any]]:
        tools: list[dict[str, Any]] = (await self("tools/list", {}))["tools"]
        return tools

    async def tool(self, name: str) -> Mapping[str, Any] | None:
        """One tool, also one that the list leaves to the search."""
        found: Mapping[str, Any] | None = next((wire for wire in await self.tools() if wire["name"] == name), None)
        if found is None and isinstance(self.handler, Menu):
            context = Context(request_id=uuid.uuid4().hex)
            found = await self.handler.tool(await self.handler.authenticate({}, context), name, context)
        return found


class Heard(Context):
    """A request whose client hears of progress by the SDK's session; anything else that is notified is dropped."""

    def __init__(self, session: Any) -> None:
        super().__init__(request_id=uuid.uuid4().hex)
        self._session = session

    async def notify(self, method: str, params: Mapping[str, Json]) -> None:
        """Report progress; the session drops it where the client asked for none."""
        if self._session is not None and method == call_context.METHOD:
            await self._session.report_progress(params["progress"], params.get("total"), params.get("message"))


class DeskTool(Tool):
    """One tool of a handler as a FastMCP tool; FastMCP does not validate its arguments, the handler does."""

    # What checks its members is made with the first tool: lists and calls are answered without any.
    model_config = ConfigDict(defer_build=True)

    _asking: Asking = PrivateAttr()

    @classmethod
    def of(cls, asking: Asking, wire: Mapping[str, Any]) -> DeskTool:
        """The tool that hands its calls to the handler; ``wire`` is the Tool as ``tools/list`` gives it."""
        annotations = wire.get("annotations")
        tool = cls(
            name=wire["name"],
            title=wire.get("title"),
            description=wire.get("description"),
            parameters=wire["inputSchema"],
            output_schema=wire.get("outputSchema"),
            annotations=ToolAnnotations.model_validate(annotations) if annotations else None,
        )
        tool._asking = asking
        return tool

    async def run(self, arguments: dict[str, Any]) -> ToolResult:
        result = await self._asking("tools/call", {"name": self.name, "arguments": arguments})
        return ToolResult.from_mcp_result(CallToolResult.model_validate(result))


class DeskProvider(Provider):
    """The handler's tools, each made when it is first asked for."""

    def __init__(self, asking: Asking) -> None:
        super().__init__()
        self._asking = asking
        # The handler gives the same dictionaries as long as nothing changes.
        self._made: IdentityCache[Mapping[str, Any], DeskTool] = IdentityCache(
            20_000, lambda wire: DeskTool.of(asking, wire)
        )

    async def _list_tools(self) -> Sequence[Tool]:
        return [self._made.get(wire) for wire in await self._asking.tools()]

    async def _get_tool(self, name: str, version: VersionSpec | None = None) -> Tool | None:
        wire = await self._asking.tool(name)
        return self._made.get(wire) if wire is not None else None


def front(engine: Engine, part: Part = WHOLE, profile: Profile = "") -> FastMCP[Any]:
    """A FastMCP server of an engine's tools, without governance. The end of its lifespan closes the engine."""
    return front_of(menu_of(UngovernedHandler(engine), engine.server, part, profile), engine.aclose)


def front_of(handler: McpHandler, closing: Callable[[], Awaitable[None]]) -> FastMCP[Any]:
    """A FastMCP server of a handler's tools. The end of its lifespan awaits ``closing``."""

    @asynccontextmanager
    async def lifespan(_: FastMCP[Any]) -> AsyncIterator[dict[str, Any]]:
        try:
            yield {}
        finally:
            await closing()

    about = handler.about()
    asking = Asking(handler)
    mcp: FastMCP[Any] = FastMCP(
        about.name,
        about.instructions,
        version=about.version,
        providers=[DeskProvider(asking)],
        lifespan=lifespan,
        dereference_schemas=False,
        mask_error_details=True,
    )
    _shorten(mcp, asking)
    return mcp


def _shorten(mcp: FastMCP[Any], asking: Asking) -> None:
    """Answer ``tools/list`` and ``tools/call`` from the handler. FastMCP's own way costs every call a context, a
    middleware chain and a pydantic model a step, and on 2026-07-28 every call with arguments lists all tools again to
    look for header annotations (SEP-2243); the schema lookup that the SDK's server takes ends that."""
    server = mcp._mcp_server
    usual_list, usual_call = mcp._on_list_tools, mcp._on_call_tool
    own = list(mcp.providers)
    added = mcp.local_provider._components

    def untouched() -> bool:
        return not (mcp.middleware or mcp.transforms or mcp._extensions or added) and mcp.providers == own

    async def list_tools(context: Any, params: PaginatedRequestParams | None) -> Any:
        return await asking("tools/list", {}) if untouched() else await usual_list(context, params)

    async def call_tool(context: Any, params: CallToolRequestParams) -> Any:
        if not untouched():
            return await usual_call(context, params)
        return await asking("tools/call", {"name": params.name, "arguments": params.arguments or {}}, context.session)

    server.add_request_handler("tools/list", PaginatedRequestParams, list_tools)
    server.add_request_handler("tools/call", CallToolRequestParams, call_tool)
    # Generated tools annotate no headers, so there is nothing that the SDK would find in their schemas.
    server.get_tool_input_schema = lambda name: {}
