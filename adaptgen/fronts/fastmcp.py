"""The FastMCP front: for stdio, for the laptop, and for mounting into other FastMCP servers.

FastMCP learns of the tools through a lazy provider, so a server of a thousand tools starts without building one of
them. On the wire the two hot requests, ``tools/list`` and ``tools/call``, go straight to the engine as long as nothing
was added to the front (middleware, tools, providers, transforms); with any of those, FastMCP's own way is taken.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastmcp import FastMCP
from fastmcp.server.providers import Provider
from fastmcp.tools.base import Tool, ToolResult
from fastmcp.utilities.versions import VersionSpec
from mcp_types import CallToolRequestParams, CallToolResult, PaginatedRequestParams, ToolAnnotations
from pydantic import PrivateAttr

from adaptgen import __version__
from adaptgen.model import Contract
from adaptgen.runtime import content
from adaptgen.runtime.caller import LOCAL
from adaptgen.runtime.engine import Engine

INSTRUCTIONS = (
    "Lists come a page at a time: pass next_cursor as cursor to go on. Answers show the most useful fields; pass "
    'fields to choose others (paths such as organization.name), or ["*"] for all of them.'
)


class EngineTool(Tool):
    """One contract as a FastMCP tool; FastMCP does not validate its arguments, the engine does."""

    _engine: Engine = PrivateAttr()

    @classmethod
    def of(cls, engine: Engine, contract: Contract, structured: bool) -> EngineTool:
        """The tool that hands its calls to ``engine``."""
        wire = content.listed(contract, structured)
        tool = cls(
            name=contract.name,
            title=wire["title"],
            description=contract.description,
            parameters=wire["inputSchema"],
            output_schema=wire.get("outputSchema"),
            annotations=ToolAnnotations.model_validate(contract.annotations) if contract.annotations else None,
        )
        tool._engine = engine
        return tool

    async def run(self, arguments: dict[str, Any]) -> ToolResult:
        """One call of the engine."""
        answer = await self._engine.call(LOCAL, self.name, arguments)
        return ToolResult.from_mcp_result(CallToolResult.model_validate(content.result(answer)))


class EngineProvider(Provider):
    """The engine's tools, each made when it is first asked for."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine
        self._structured = frozenset(tool.name for tool in engine.server.tools if tool.form == "structured")
        self._made: dict[str, EngineTool] = {}

    def wire(self) -> list[dict[str, Any]]:
        """Every tool as ``tools/list`` gives it."""
        return [content.listed(one, one.name in self._structured) for one in self._engine.list(LOCAL)]

    async def _list_tools(self) -> Sequence[Tool]:
        return [self._tool(contract) for contract in self._engine.list(LOCAL)]

    async def _get_tool(self, name: str, version: VersionSpec | None = None) -> Tool | None:
        contract = self._engine.get(name)
        return self._tool(contract) if contract is not None else None

    def _tool(self, contract: Contract) -> EngineTool:
        made = self._made.get(contract.name)
        if made is None:
            made = EngineTool.of(self._engine, contract, contract.name in self._structured)
            self._made[contract.name] = made
        return made


def front(engine: Engine) -> FastMCP[Any]:
    """A FastMCP server of the engine's tools. The end of its lifespan closes the engine."""

    @asynccontextmanager
    async def lifespan(_: FastMCP[Any]) -> AsyncIterator[dict[str, Any]]:
        try:
            yield {}
        finally:
            await engine.aclose()

    # The title is the document's word; the client shows it to the model beside ours.
    title = " ".join("".join(one if one.isprintable() else " " for one in engine.server.title).split())[:100]
    provider = EngineProvider(engine)
    mcp: FastMCP[Any] = FastMCP(
        engine.server.name,
        f"{title}. {INSTRUCTIONS}" if title else INSTRUCTIONS,
        version=__version__,
        providers=[provider],
        lifespan=lifespan,
        dereference_schemas=False,
        mask_error_details=True,
    )
    _shorten(mcp, engine, provider.wire())
    return mcp


def _shorten(mcp: FastMCP[Any], engine: Engine, tools: list[dict[str, Any]]) -> None:
    """Answer ``tools/list`` and ``tools/call`` from the engine.

    FastMCP's own way costs every call a context, a middleware chain and a pydantic model a step, and on 2026-07-28
    every call with arguments lists all tools again to look for header annotations (SEP-2243). The schema lookup that
    the SDK's server takes ends that.
    """
    server = mcp._mcp_server
    usual_list, usual_call = mcp._on_list_tools, mcp._on_call_tool
    answer = content.listing(tools)
    own = list(mcp.providers)
    added = mcp.local_provider._components

    def untouched() -> bool:
        return not (mcp.middleware or mcp.transforms or mcp._extensions or added) and mcp.providers == own

    async def list_tools(context: Any, params: PaginatedRequestParams | None) -> Any:
        return answer if untouched() else await usual_list(context, params)

    async def call_tool(context: Any, params: CallToolRequestParams) -> Any:
        if not untouched():
            return await usual_call(context, params)
        return content.result(await engine.call(LOCAL, params.name, params.arguments or {}))

    def input_schema(name: str) -> Mapping[str, Any] | None:
        contract = engine.get(name)
        return contract.input_schema if contract is not None else None

    server.add_request_handler("tools/list", PaginatedRequestParams, list_tools)
    server.add_request_handler("tools/call", CallToolRequestParams, call_tool)
    server.get_tool_input_schema = input_schema
