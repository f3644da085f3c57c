"""A stream that stays open is decided again and again: it ends when its caller may not hear it any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from adaptgen.govern.pipeline.tool_call import Delegating
from adaptgen.mcp.protocol import Context, Target, ToolInfo
from adaptgen.model.tables import Caller, Json

if TYPE_CHECKING:
    from adaptgen.govern.pipeline.factory import Components

EVERY = 1.0
"""Seconds between two decisions."""
_UPDATED = "notifications/resources/updated"


class Cut(Exception):
    """The caller is cut off. The text is for the client."""


class StreamGuard:
    """Decides for one stream by what is in effect at the time: token, keys, kill switch, policies."""

    def __init__(self, parts: Callable[[], Components], target: Target, caller: Caller, context: Context) -> None:
        self._parts = parts
        self._target = target
        self._caller = caller
        self._context = context
        self._uris: tuple[str, ...] = ()

    async def permitted(self, params: Mapping[str, Json]) -> Mapping[str, Json]:
        """The params of ``subscriptions/listen`` without the resources that the caller may not read."""
        asked = params.get("notifications")
        uris = asked.get("resourceSubscriptions") if isinstance(asked, dict) else None
        if not isinstance(asked, dict) or not isinstance(uris, list):
            return params
        kept = [uri for uri in uris[:1000] if isinstance(uri, str) and await self.may_read(uri)]
        self._uris = tuple(kept)
        return {**params, "notifications": {**asked, "resourceSubscriptions": list[Json](kept)}}

    async def run(self, work: Callable[[], Awaitable[dict[str, Json]]]) -> dict[str, Json]:
        """The result of ``work``, which lasts as long as the stream.

        Raises:
            Cut: an operator or a policy ends it.
            Challenge: the caller's token has expired, or its key counts no more.
        """
        task = asyncio.ensure_future(work())
        try:
            while True:
                done, _ = await asyncio.wait({task}, timeout=EVERY)
                if done:
                    return task.result()
                await self.check()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def check(self) -> None:
        """Decide once more; Cut or Challenge where the stream ends."""
        parts = self._parts()
        if self._context.recheck is not None:
            caller = await self._context.recheck()
            if parts.acceptance is None:  # else the proxy says who it is, and it sees to its own streams
                if (caller.tenant, caller.sub) != (self._caller.tenant, self._caller.sub):
                    raise Cut("The stream has ended: its caller is another one now.")
                self._caller = caller
        await self.ask_switch()
        for uri in self._uris:
            if not await self.may_read(uri):
                raise Cut("The stream has ended: a policy permits it no more.")

    async def ask_switch(self) -> None:
        """Ask the kill switch for the caller and for the servers of all that it listens to; Cut where it acts. Before
        the stream begins as well as while it is open."""
        switch = self._parts().switch
        if switch is None:
            return
        await switch.fresh()
        for server in {"", *(self._target.server_of("resource", uri) for uri in self._uris)}:
            why = switch.refuses(self._caller, ToolInfo("", server, "", "read", open=False, wire={}))
            if why is not None:
                raise Cut(f"Switched off by the operators: {why}. Trying again does not help now.")

    async def may_read(self, uri: str) -> bool:
        """Whether the caller may hear of a resource now."""
        server = self._target.server_of("resource", uri)
        authorizer = self._parts().authorizer
        if not server or authorizer is None:
            return bool(server)
        return (await authorizer.other(self._caller, server, "resource", uri)).allowed

    def heard(self, context: Context) -> Context:
        """``context``, where updates are heard of resources alone that the caller may read at that moment."""
        return _Heard(context, self)


class _Heard(Delegating):
    def __init__(self, context: Context, guard: StreamGuard) -> None:
        super().__init__(context)
        self._guard = guard

    async def notify(self, method: str, params: Mapping[str, Any]) -> None:
        if method == _UPDATED and not await self._guard.may_read(str(params.get("uri"))):
            return
        await self._context.notify(method, params)
