"""What one request leaves in the audit trail: who, what, how it was decided, how it ended; never a value."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from adaptgen.model.tables import Caller, Json

if TYPE_CHECKING:
    from adaptgen.govern.approvals.requests import Request
    from adaptgen.govern.audit.trail import AuditLog
    from adaptgen.govern.authorization.authorizer import Decision
    from adaptgen.mcp.protocol import ToolInfo


def describe_file(trail: AuditLog, receipt: Mapping[str, Json]) -> dict[str, Json]:
    """What a line says of a file: HMACs in place of its hash and its slot, which would let others find it."""
    said: dict[str, Json] = {}
    for name in ("direction", "place", "media_type"):
        if isinstance(text := receipt.get(name), str):
            said[name] = text[:200]
    if isinstance(receipt.get("size"), int):
        said["size"] = receipt["size"]
    for name, to in (("sha256", "content"), ("slot", "slot")):
        if isinstance(text := receipt.get(name), str):
            said[to] = trail.digest({name: text.rpartition("/")[2]})
    return said


def describe_approval(trail: AuditLog, request: Request) -> dict[str, Json]:
    """What a line says of a request for approval: which one, and who approved or denied it."""
    by = {"approver": trail.who(request.by)["caller"]} if request.by is not None else {}
    return {"approval": request.id, "round": request.round, **by}


class Recorder:
    """The lines of one request. ``facts`` None: a tool that does not exist, whose name is not written down. ``what``: a
    request for something else than a tool (``prompt``, ``resource``, ``completion``); then ``facts`` says whose. Its
    methods raise AuditError where the line cannot be written: then the call must not run, nor its answer leave."""

    def __init__(
        self,
        trail: AuditLog | None,
        settings: str,
        caller: Caller,
        request_id: str,
        facts: ToolInfo | None,
        arguments: Mapping[str, Json],
        began: float,
        what: str = "tool",
    ) -> None:
        self._trail = trail
        self._began = began
        self._base: dict[str, Any] = {}
        if trail is not None:
            self._base = {
                "request_id": request_id,
                **trail.who(caller),
                "server": facts.server if facts is not None else "",
                what: facts.own if facts is not None else "",
                "args": trail.digest(arguments),
                "settings": settings,
            }

    def approval(self, step: str, request: Request) -> None:
        """Something happened to the request for approval of the call: it was ``requested``, ``expired``, was
        ``withdrawn`` by the policies, or its outcome is ``unknown``."""
        if self._trail is not None:
            self._trail.write(
                {"event": "approval", "step": step, **self._base, **describe_approval(self._trail, request)}
            )

    def decided(self, decision: Decision | None, tokens: tuple[str, ...], approved: Request | None = None) -> None:
        """The call is let through; it is on record before it runs. ``approved``: the request that was approved."""
        if self._trail is not None:
            allowed = "permit" if decision is None or not decision.logged_only else "log_only"
            policies = list(decision.policies) if decision is not None else []
            more = describe_approval(self._trail, approved) if approved is not None else {}
            self._trail.write({
                "event": "decision", **self._base, "decision": allowed, "policies": policies, "tokens": list(tokens),
                **more,
            })  # fmt: skip

    def refused(self, reason: str, policies: tuple[str, ...]) -> None:
        """The call is not let through. Of many alike only the first are written in full."""
        if self._trail is not None:
            self._trail.refuse(
                {
                    "event": "decision",
                    **self._base,
                    "decision": "refuse",
                    "reason": reason,
                    "policies": list(policies),
                    "latency_ms": self._latency(),
                }
            )

    def answered(
        self,
        outcome: str,
        *,
        status: Json = None,
        tokens: tuple[str, ...] = (),
        code: Json = None,
        files: Sequence[Mapping[str, Json]] = (),
    ) -> None:
        """The call has ended. ``files``: the receipts of those that it took and handed out."""
        if self._trail is not None:
            record: dict[str, Any] = {
                "event": "result",
                "request_id": self._base["request_id"],
                "settings": self._base["settings"],
                "result": outcome,
                "tokens": list(tokens),
                "latency_ms": self._latency(),
            }
            if status is not None:
                record["status"] = status
            if code is not None:
                record["code"] = code
            if files:
                record["files"] = [describe_file(self._trail, one) for one in files]
            self._trail.write(record)

    def _latency(self) -> float:
        return round((time.perf_counter() - self._began) * 1000, 2)
