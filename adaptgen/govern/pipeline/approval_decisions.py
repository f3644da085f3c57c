"""What a person who approves calls of others sees and decides."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

from adaptgen.govern.audit.trail import AuditError
from adaptgen.govern.pipeline.other_methods import is_cut
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.frozen import value
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.core.answer import ToolError

if TYPE_CHECKING:
    from adaptgen.govern.approvals.requests import Held, Request
    from adaptgen.govern.audit.trail import AuditLog
    from adaptgen.govern.pipeline.factory import Components
    from adaptgen.govern.pipeline.pipeline import Pipeline

Verdict: TypeAlias = Literal["approved", "denied", "over", "changed", "unrecorded"]
"""``over``: it is not open any more; ``changed``: another process was faster, or it is another request than the one
that was shown; ``unrecorded``: the audit trail cannot be written, so nothing was decided."""

REASON = 200
"""Characters of a reason."""
_AT_ONCE = 20
"""Requests of a list that are read at once."""
_BRIEF = 2000
"""Characters of arguments up to which a list has them: they are searched for personal values, hundreds of times."""


@value()
class Pending:
    """A request as its approver sees it. ``arguments``: personal values as the policies let the approver see them.
    ``over``: it can no longer be approved."""

    held: Held
    tool: ToolInfo
    arguments: Mapping[str, Json]
    over: bool

    @property
    def request(self) -> Request:
        return self.held.request


class ApprovalDecisions:
    """For the pages of a pipeline. Every method decides by the policies in force."""

    def __init__(self, pipeline: Pipeline, trail: AuditLog | None) -> None:
        self._pipeline = pipeline
        self._trail = trail

    async def find(self, approver: Caller, id: str) -> Pending | None:
        """A request that ``approver`` may approve; None where it does not exist, or they may not: nobody else learns
        that it exists.

        Raises:
            StoreError: the shared state cannot be reached.
            ToolError: its arguments cannot be searched for personal values.
        """
        parts = self._pipeline.parts
        if parts.approvals is None or await is_cut(parts, approver):
            return None
        return await self._pending(parts, approver, id)

    async def listed(self, approver: Caller) -> list[Pending]:
        """The open requests that ``approver`` may approve, newest first. It has no
        arguments where they are long, or cannot be searched for personal values. StoreError."""
        parts = self._pipeline.parts
        if parts.approvals is None or await is_cut(parts, approver):
            return []
        ids = await parts.approvals.requests.listed(approver.tenant)
        found: list[Pending | None] = []
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            found += await asyncio.gather(*(self._brief(parts, approver, id) for id in some))
        return [one for one in found if one is not None and one.request.state == "open" and not one.over]

    async def decide(
        self, approver: Caller, pending: Pending, *, approve: bool, reason: str, request_id: str
    ) -> Verdict:
        """Approve or deny the request as it was found. ``reason``: for the audit trail."""
        parts = self._pipeline.parts
        approvals, before = parts.approvals, pending.held
        if approvals is None or before.request.state != "open" or pending.over:
            return "over"
        step: Literal["approved", "denied"] = "approved" if approve else "denied"
        who = Caller(approver.sub, approver.tenant, approver.groups, approver.claims)
        moved = await approvals.requests.move(before, step, by=who)
        if moved is None:
            return "changed"
        try:
            self._record(step, moved.request, reason, request_id, parts)
        except AuditError:
            await approvals.requests.move(moved, "open")
            return "unrecorded"
        return step

    async def _pending(
        self, parts: Components, approver: Caller, id: str, *, most: int | None = None
    ) -> Pending | None:
        approvals = parts.approvals
        assert approvals is not None
        held = await approvals.requests.find(id)
        if held is None:
            return None
        request = held.request
        tool = self._pipeline.tool_of(request.server, request.tool)
        arguments: dict[str, Json] = json.loads(request.arguments)
        if tool is None or not await approvals.may_approve(approver, tool, request, arguments):
            return None
        wanted = most is None or len(request.arguments) <= most
        shown = await self._shown(parts, approver, tool, arguments) if wanted else {}
        return Pending(held, tool, shown, request.is_over(approvals.requests.clock()))

    async def _brief(self, parts: Components, approver: Caller, id: str) -> Pending | None:
        """A request as a list has it."""
        try:
            return await self._pending(parts, approver, id, most=_BRIEF)
        except ToolError:
            return await self._pending(parts, approver, id, most=0)

    async def _shown(
        self, parts: Components, approver: Caller, tool: ToolInfo, arguments: Mapping[str, Json]
    ) -> Mapping[str, Json]:
        tokenizer, authorizer = parts.tokenizer, parts.authorizer
        if tokenizer is None:
            return arguments

        async def permitted(kind: str) -> bool:
            return authorizer is not None and (await authorizer.detokenize(approver, tool, kind)).allowed

        return await tokenizer.shown_arguments(approver, tool, arguments, permitted)

    def _record(self, step: str, request: Request, reason: str, request_id: str, parts: Components) -> None:
        if self._trail is None:
            return
        from adaptgen.govern.audit.call_record import describe_approval

        said: dict[str, Json] = {
            "event": "approval",
            "step": step,
            "request_id": request_id,
            **self._trail.who(request.caller),
            "server": request.server,
            "tool": request.tool,
            **describe_approval(self._trail, request),
            "settings": parts.settings.hash,
        }
        if reason := " ".join(reason.split())[:REASON]:
            said["reason"] = reason
        self._trail.write(said)
