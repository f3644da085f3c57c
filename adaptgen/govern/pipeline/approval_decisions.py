"""What a person who approves calls of others sees and decides."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from adaptgen.govern.audit.trail import AuditError
from adaptgen.govern.identity.own_tokens import begin_time
from adaptgen.govern.pipeline.other_methods import is_cut
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.frozen import value
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.store.protocol import StoreError

if TYPE_CHECKING:
    from adaptgen.govern.approvals.requests import Held, Request
    from adaptgen.govern.audit.trail import AuditLog
    from adaptgen.govern.pipeline.factory import Components
    from adaptgen.govern.pipeline.pipeline import Pipeline

Verdict: TypeAlias = Literal["approved", "denied", "over", "changed", "unrecorded", "undecided", "unknown"]
"""``over``: it is not open any more; ``changed``: another process was faster, or it is another request than the one
that was shown; ``unrecorded``: the audit trail cannot be written, so nothing was decided; ``undecided``: nor
can the shared state be reached; ``unknown``: it did not say whether it was decided."""

REASON = 200
"""Characters of a reason."""
_AT_ONCE = 20
"""Requests of a list that are read at once."""
_BRIEF = 2000
"""Characters of arguments up to which a list has them: they are searched for personal values, hundreds of times."""


@value()
class Pending:
    """A request as its approver sees it. ``arguments``: personal values as the policies let the approver see them.
    ``over``: it can no longer be approved. ``other``: the tool is another one by now, or at this replica."""

    held: Held
    tool: ToolInfo
    arguments: Mapping[str, Json]
    over: bool
    other: bool = False

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
        here = [one for one in found if one is not None and not one.over and not one.other]
        return [one for one in here if one.request.state == "open"]

    async def decide(
        self, approver: Caller, pending: Pending, *, approve: bool, reason: str, request_id: str
    ) -> Verdict:
        """Approve or deny the request as it was found. ``reason``: for the audit trail."""
        parts = self._pipeline.parts
        approvals, before = parts.approvals, pending.held
        who = Caller(approver.sub, approver.tenant, approver.groups, approver.claims)
        if approvals is None or before.request.state != "open" or pending.over or pending.other:
            self._refuse(approver, before.request, "over", parts)
            return "over"
        step: Literal["approved", "denied"] = "approved" if approve else "denied"
        # Recorded before it takes effect: the call may be executed at once, by another process.
        try:
            began = await begin_time(approvals.requests.store, (who.tenant, who.sub), clock=approvals.requests.clock)
        except StoreError:
            return "undecided"
        intended = replace(before.request, by=who, at=approvals.requests.clock(), began=began)
        try:
            self._record("approving" if approve else "denying", intended, reason, request_id, parts)
        except AuditError:
            return "unrecorded"
        try:
            moved = await approvals.requests.move(before, step, decided=intended)
        except StoreError:
            return "unknown"
        if moved is None:
            self._refuse(approver, before.request, "changed", parts)
            return "changed"
        # A trail that fails now executes nothing either, and has the line above.
        with contextlib.suppress(AuditError):
            self._record(step, moved.request, reason, request_id, parts)
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
        if tool is None:
            return None
        if not await approvals.may_approve(approver, tool, request, arguments):
            if most is None:
                self._refuse(approver, request, "policy", parts)
            return None
        wanted = most is None or len(request.arguments) <= most
        shown = await self._shown(parts, approver, tool, arguments) if wanted else {}
        other = approvals.requests.id_of(request.caller, tool, request.arguments) != id
        return Pending(held, tool, shown, request.is_over(approvals.requests.clock()), other)

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

    def _refuse(self, approver: Caller, request: Request, reason: str, parts: Components) -> None:
        """Put on record that somebody could not approve or deny a request. Of many alike only the first are written in
        full."""
        if self._trail is None:
            return
        from adaptgen.govern.audit.call_record import describe_approval

        asked = replace(request, by=Caller(approver.sub, approver.tenant, approver.groups))
        with contextlib.suppress(AuditError):  # nothing happens in any case
            self._trail.refuse({
                "event": "approval", "step": "refused", **self._trail.who(request.caller), "server": request.server,
                "tool": request.tool, **describe_approval(self._trail, asked), "reason": reason,
                "settings": parts.settings.hash,
            })  # fmt: skip

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
