"""The engine: lists the contracts of a server and executes calls of its tools."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from adaptgen.model import Contract, Json, Server, Tool
from adaptgen.runtime.answer import Answer, Text
from adaptgen.runtime.caller import Caller
from adaptgen.runtime.errors import ToolError

if TYPE_CHECKING:
    import httpx


class Engine:
    """One server, ready to be called.

    ``environ`` is where credentials and addresses are looked up (default: the process environment), ``transport``
    replaces the network (an ``httpx.AsyncBaseTransport``), ``cursor_key`` the 32 bytes that seal cursors, ``state``
    the folder where sessions of ``store="file"`` live. Nothing is sent or resolved before the first call.
    """

    def __init__(
        self,
        server: Server,
        *,
        environ: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        cursor_key: bytes | None = None,
        state: Path | None = None,
    ) -> None:
        from adaptgen.runtime.contracts import load

        self.server = server
        self._environ = os.environ if environ is None else environ
        self._contracts = load(server)
        self._listed = tuple(self._contracts[name] for name in sorted(self._contracts))
        self._tools: dict[str, Tool] = {old: tool for tool in server.tools for old in tool.was}
        self._tools |= {tool.name: tool for tool in server.tools}

    def list(self, caller: Caller) -> Sequence[Contract]:
        """The contracts of every tool, ordered by name."""
        return self._listed

    def get(self, name: str) -> Contract | None:
        """The contract of the tool that is, or was, called ``name``."""
        tool = self._tools.get(name)
        return self._contracts.get(tool.name) if tool else None

    async def call(self, caller: Caller, tool: str, arguments: Mapping[str, Json]) -> Answer:
        """Execute one tool. A failure of the tool is an answer with ``is_error``, never an exception."""
        try:
            raise ToolError(f"there is no tool {tool!r}")
        except ToolError as problem:
            return Answer((Text(problem.text),), is_error=True)

    async def aclose(self) -> None:
        """Close pooled connections."""
