"""A desk without decisions: every caller is one, and everything goes straight to the target."""

from __future__ import annotations

from collections.abc import Mapping

from adaptgen.govern.desk import About, Context, RpcError, Target
from adaptgen.model import Json
from adaptgen.runtime.caller import LOCAL, Caller


class PassingDesk:
    """The target as it is."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def about(self) -> About:
        """The target's own word."""
        return self._target.about()

    async def authenticate(self, headers: Mapping[str, str], context: Context) -> Caller:
        """Everybody is ``local``."""
        return LOCAL

    async def schema(self, caller: Caller, tool: str) -> Mapping[str, Json] | None:
        """The input schema of a tool."""
        facts = self._target.tools().get(tool)
        schema = facts.wire.get("inputSchema") if facts is not None else None
        return schema if isinstance(schema, dict) else None

    async def request(
        self, caller: Caller, method: str, params: Mapping[str, Json], context: Context
    ) -> dict[str, Json]:
        """Tools from the snapshot, everything else from the target."""
        context.params = params
        if method == "tools/list":
            tools: list[Json] = [dict(one.wire) for one in self._target.tools().values()]
            return {"tools": tools, "resultType": "complete", "ttlMs": 0, "cacheScope": "private"}
        if method != "tools/call":
            return await self._target.request(caller, method, params, context)
        name, arguments = params.get("name"), params.get("arguments")
        given = arguments if isinstance(arguments, dict) else {}
        facts = self._target.tools().get(str(name))
        if facts is None:
            raise RpcError(-32602, "Unknown tool")
        return await self._target.call(caller, facts, given, context)

    async def notice(self, caller: Caller, method: str, params: Mapping[str, Json], context: Context) -> None:
        """Straight on."""
        await self._target.notice(caller, method, params, context)

    async def leave(self, session: str) -> None:
        """Straight on."""
        await self._target.leave(session)

    def metadata(self) -> Mapping[str, Json] | None:
        """Nobody authenticates."""
        return None
