"""Accounts of callers at the APIs behind the servers: the link for a call that lacks one, and what the pages ask.

A page asks in the name of a person who is logged in; an MCP client cannot ask at all. What is asked may hold secrets
(a key, a code), so it reaches neither the trail nor a span: both learn what was done, by whom, and at which server.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from adaptgen.govern.audit.call_record import Recorder
from adaptgen.govern.audit.trail import AuditError
from adaptgen.govern.pipeline.connection_links import AUTH_NAME
from adaptgen.govern.pipeline.other_methods import is_cut
from adaptgen.govern.pipeline.tool_call import Refusal, limit
from adaptgen.mcp.protocol import META_CONNECTIONS, Context, RpcError, ToolInfo
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.store.protocol import StoreError

if TYPE_CHECKING:
    from adaptgen.govern.audit.trail import AuditLog
    from adaptgen.govern.pipeline.pipeline import Pipeline

ACTIONS: Final = frozenset({"list", "begin", "finish", "key", "disconnect"})
_ALWAYS: Final = frozenset({"list", "disconnect"})
"""What a caller may do at a server of which it sees no tool any more: take its account back."""
_REFUSED: Final = -32000


class AccountRequests:
    """What the pages ask of the servers of one pipeline."""

    def __init__(self, pipeline: Pipeline, trail: AuditLog | None) -> None:
        self._pipeline = pipeline
        self._trail = trail

    async def servers(self, caller: Caller) -> dict[str, bool]:
        """The servers that are ours, and whether the caller may connect an account there: it sees one of their tools,
        which is not switched off. Empty for a caller who is cut off.

        Raises:
            RpcError: the shared state cannot be reached.
        """
        parts, tools = self._pipeline.parts, self._pipeline.adopted
        try:
            if await is_cut(parts, caller):
                return {}
        except StoreError:
            raise RpcError(_REFUSED, "The shared state cannot be reached; try again later.") from None
        seen = await self._pipeline.visible(parts, caller, _context())
        found: dict[str, bool] = {}
        for tool in tools.values():
            if tool.trusted:
                usable = tool.name in seen and (parts.switch is None or parts.switch.refuses(caller, tool) is None)
                found[tool.server] = found.get(tool.server, False) or usable
        return found

    async def enter(self, caller: Caller) -> None:
        """Count one request of a browser.

        Raises:
            RpcError: a limit is reached, or the shared state cannot be.
        """
        parts = self._pipeline.parts
        asked = ToolInfo(META_CONNECTIONS, "", META_CONNECTIONS, "read", open=False, wire={})
        try:
            await limit(parts, caller, asked, requests=False)
        except Refusal as refusal:
            raise RpcError(_REFUSED, refusal.text) from None
        except StoreError:
            raise RpcError(_REFUSED, "The shared state cannot be reached; try again later.") from None

    async def ask(
        self, caller: Caller, server: str, params: Mapping[str, Json], servers: Mapping[str, bool] | None = None
    ) -> dict[str, Json]:
        """One request about the caller's own accounts at ``server``: see :data:`META_CONNECTIONS` for ``params``.
        ``servers``: what :meth:`servers` has just said.

        Raises:
            RpcError: it is not permitted, or the server cannot answer.
        """
        parts, action, auth = self._pipeline.parts, str(params.get("action")), str(params.get("auth", ""))
        servers = await self.servers(caller) if servers is None else servers
        # Names alone are written down: whatever else somebody has put into a form is not.
        named = auth if AUTH_NAME.fullmatch(auth) else ""
        asked = ToolInfo(META_CONNECTIONS, server if server in servers else "", f"{action} {named}".strip(), "read",
                         open=False, wire={})  # fmt: skip
        context = _context()
        recorder = Recorder(self._trail, parts.settings.hash, caller, context.request_id, asked,
                            {"action": action, "auth": named}, time.perf_counter(), "connection")  # fmt: skip
        try:
            if server not in servers or action not in ACTIONS or (action != "list" and not named):
                raise Refusal("There is no such account.", "unknown")
            if not (servers[server] or action in _ALWAYS):
                raise Refusal("There is no such account.", "hidden")
            if action != "list":
                recorder.decided(None, ())
        except Refusal as refusal:
            with contextlib.suppress(AuditError):
                recorder.refused(refusal.reason, ())
            raise RpcError(_REFUSED, refusal.text) from None
        except AuditError:
            raise RpcError(-32603, "The audit trail cannot be written, so nothing is done") from None
        outcome = "error"
        try:
            result = await self._pipeline.target.request(
                caller, META_CONNECTIONS, {**params, "server": server}, context
            )
            outcome = "error" if "problem" in result else "ok"
            return result
        finally:
            if action != "list":
                with contextlib.suppress(AuditError):  # that it was permitted is on record
                    recorder.answered(outcome)


def _context() -> Context:
    return Context(request_id=os.urandom(16).hex())
