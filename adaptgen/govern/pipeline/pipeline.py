"""The governed handler: authenticate, limit, authorize, restore, execute, tokenize, answer; in one span and on record.

It lies below the fronts and knows no MCP library. Every decision is made on the request at hand: a list that a client
keeps gives it nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from adaptgen.govern.audit.call_record import Recorder, describe_file
from adaptgen.govern.audit.trail import AuditError
from adaptgen.govern.pipeline.account_requests import AccountRequests
from adaptgen.govern.pipeline.approval_decisions import ApprovalDecisions
from adaptgen.govern.pipeline.other_methods import NonToolRequests, is_cut
from adaptgen.govern.pipeline.tool_call import GovernedCall, RedactingContext, Refusal, admit
from adaptgen.govern.telemetry.spans import Tracer
from adaptgen.mcp.protocol import (
    HANDOVER_HEADER,
    META,
    META_CONNECTIONS,
    META_EFFECT,
    META_HANDOVER,
    Challenge,
    Context,
    RpcError,
    ServerInfo,
    Target,
    ToolInfo,
    failed_result,
    unknown_tool,
    without_own_meta,
)
from adaptgen.model.frozen import value
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.core.caches import LruCache
from adaptgen.runtime.store.protocol import StoreError

if TYPE_CHECKING:
    from adaptgen.govern.audit.trail import AuditLog
    from adaptgen.govern.limits.usage import Usage
    from adaptgen.govern.pipeline.factory import Components
    from adaptgen.govern.telemetry.spans import Span
    from adaptgen.runtime.files.upload_tool import UploadTool

TOKENS = (
    "A value such as tok_email_… stands for personal data that is withheld, and is the same for the same value. Pass "
    "it as it is, alone in its argument, wherever that value is wanted."
)
_LISTS = 256
"""Lists kept as made: callers of the same rights share one."""


class Pipeline:
    """A :class:`~adaptgen.mcp.protocol.McpHandler` over one target."""

    def __init__(
        self,
        target: Target,
        parts: Components,
        tools: Mapping[str, ToolInfo],
        *,
        trail: AuditLog | None,
        tracer: Tracer,
        usage: Usage | None = None,
    ) -> None:
        self._trail = trail
        self._tracer = tracer
        self._usage = usage
        self.accounts = AccountRequests(self, trail)
        self.approvals = ApprovalDecisions(self, trail)
        self.adopt(parts, tools, target)

    def adopt(self, parts: Components, tools: Mapping[str, ToolInfo], target: Target) -> None:
        """Work with these parts, tools and target from the next request on."""
        self._tracer.adopt(parts.settings)
        self.target = target
        self._other_methods = NonToolRequests(target, self._trail, lambda: self.parts)
        self.parts = parts
        self.adopted = tools
        self._uploads: UploadTool | None = getattr(target, "uploads", None)
        self._owned = {(facts.server, facts.own): facts for facts in tools.values()}
        self._known = {old: facts for facts in tools.values() for old in facts.was} | dict(tools)
        self._lists: LruCache[frozenset[str], dict[str, Json]] = LruCache(_LISTS)

    # --------------------------------------------------------------------------------------------------------- handler

    def about(self) -> ServerInfo:
        """What the target is; and what tokens are, where agents get any."""
        about, chosen = self.target.about(), self.parts.settings.tokenize
        if self.parts.settings.login is not None:
            about = replace(about, remembers=True)
        if chosen is None or chosen.direction != "model" or self.parts.settings.mode == "behind":
            return about
        return replace(about, instructions=f"{about.instructions} {TOKENS}".lstrip())

    def metadata(self) -> Mapping[str, Json] | None:
        authenticator = self.parts.authenticator
        return authenticator.metadata() if authenticator is not None else None

    def jwks(self) -> Mapping[str, Json] | None:
        return self.parts.published

    async def authenticate(self, headers: Mapping[str, str], context: Context) -> Caller:
        """Who calls, else Challenge (401, 403); behind a proxy the identity follows with the request."""
        context.recheck = lambda: self._authenticated(headers, context)
        try:
            return await self._authenticated(headers, context)
        except Challenge as refusal:
            self._challenged(refusal, context)
            raise

    async def _authenticated(self, headers: Mapping[str, str], context: Context) -> Caller:
        authenticator, acceptance = self.parts.authenticator, self.parts.acceptance
        caller = await authenticator(headers, context) if authenticator is not None else self.parts.local
        if acceptance is not None and not self._from_proxy(context):
            token = headers.get(HANDOVER_HEADER)
            context.proven = token is not None
            if token is not None:
                await acceptance.verify(token)
        return caller

    def _from_proxy(self, context: Context) -> bool:
        """Whether the platform vouches that this is the proxy (else a Challenge was raised for it)."""
        accept = self.parts.settings.accept
        return accept is not None and bool(accept.principal) and bool(context.principal)

    async def schema(self, caller: Caller, tool: str, context: Context) -> Mapping[str, Json] | None:
        if self._uploads is not None and tool == self._uploads.name:
            offered = self._takes_files(await self.visible(self.parts, caller, context))
            return self._uploads.schema if offered else None
        facts = self._known.get(tool)
        if facts is None or not await self._sees(self.parts, caller, facts, context):
            return None
        schema = facts.wire.get("inputSchema")
        return schema if isinstance(schema, dict) else None

    async def request(
        self, caller: Caller, method: str, params: Mapping[str, Json], context: Context
    ) -> dict[str, Json]:
        began = time.perf_counter()
        parts = self.parts
        if parts.acceptance is not None:
            try:
                caller = await self._handed_over(parts, method, params, context)
            except Challenge as refusal:
                self._challenged(refusal, context)
                raise
            if method == META_CONNECTIONS:  # the proxy has decided; what the params hold is for no span and no trail
                return await self.target.request(caller, method, params, context)
        name = params.get("name")
        with self._tracer.request(
            method, name if isinstance(name, str) and name in self._known else "", context
        ) as span:
            span.caller(caller)
            context.params = params
            context.meta = _meta(context.meta, self._tracer.carrier(span))
            if method == "tools/list":
                return await self._list(parts, caller, params, context, span)
            if method == "tools/call":
                return await self._call(parts, caller, params, context, span, began)
            return await self._other_methods.request(parts, caller, method, params, context)

    async def notification(self, caller: Caller, method: str, params: Mapping[str, Json], context: Context) -> None:
        await self.target.notification(caller, method, params, context)

    async def close_session(self, session: str, caller: Caller | None = None) -> None:
        await self.target.close_session(session, caller)

    async def flush(self, seconds: float) -> None:
        """Send what was traced and add what was counted, before a process that may sleep does: what cannot be had in
        ``seconds`` is tried again at the next time.
        """
        if self._trail is not None:
            try:
                self._trail.settle()
            except AuditError:
                pass  # the next line fails as well, and with it the request that it is about
        jobs: list[Awaitable[object]] = []
        if self._tracer.buffers:
            jobs.append(asyncio.to_thread(self._tracer.flush, seconds))
        if self._usage is not None and self._usage.waiting:
            jobs.append(self._usage.flush_quietly())
        if jobs:
            try:
                async with asyncio.timeout(seconds):
                    await asyncio.gather(*jobs)
            except TimeoutError:
                pass

    # -------------------------------------------------------------------------------------------------------- inside

    def _challenged(self, refusal: Challenge, context: Context) -> None:
        """Put a request on record that was not authenticated, or not sufficiently."""
        self._tracer.challenged(refusal)
        if self._trail is not None:
            record = {"event": "challenge", "request_id": context.request_id, "status": refusal.status}
            try:
                self._trail.refuse({**record, "reason": refusal.text[:200], "settings": self.parts.settings.hash})
            except AuditError:
                pass  # nothing is executed either way

    async def _handed_over(
        self, parts: Components, method: str, params: Mapping[str, Json], context: Context
    ) -> Caller:
        assert parts.acceptance is not None
        token = context.meta.get(META_HANDOVER)
        if not isinstance(token, str):
            raise Challenge(401, "Bearer", "this server answers its proxy only: the handover is missing")
        return await parts.acceptance.open(token, method, params)

    async def visible(self, parts: Components, caller: Caller, context: Context) -> frozenset[str]:
        """The names of the tools that the caller may see: worked out once for a request."""
        tools = self.adopted
        if parts.authorizer is None:
            return frozenset(tools)
        known = self._worked_out(parts, caller, context)
        if known is not None:
            return known
        names = await parts.authorizer.visible(caller, tools)
        context.visible = _Visible(parts, caller, tools, names)
        return names

    async def _sees(self, parts: Components, caller: Caller, tool: ToolInfo, context: Context) -> bool:
        """Whether the caller may see one tool: worked out once for a request."""
        tools = self.adopted
        if parts.authorizer is None:
            return tool.name in tools
        known = self._worked_out(parts, caller, context, tool.name)
        if known is not None:
            return tool.name in known
        seen = await parts.authorizer.sees(caller, tool.name, tools)
        names = frozenset((tool.name,)) if seen else frozenset[str]()
        context.visible = _Visible(parts, caller, tools, names, only=tool.name)
        return seen

    def _worked_out(
        self, parts: Components, caller: Caller, context: Context, only: str | None = None
    ) -> frozenset[str] | None:
        """What the caller sees, if that was worked out for this request: of all tools, or of the one that is asked
        for."""
        known = context.visible
        if not isinstance(known, _Visible) or known.parts is not parts or known.caller is not caller:
            return None
        return known.names if known.tools is self.adopted and known.only in (None, only) else None

    async def _list(
        self, parts: Components, caller: Caller, params: Mapping[str, Json], context: Context, span: Span
    ) -> dict[str, Json]:
        if params.get("cursor") is not None:
            raise RpcError(-32602, "Invalid cursor: the list of tools comes whole")
        names = await self.visible(parts, caller, context)
        if not await self._other_methods.enter(parts, caller, context.listing, context):
            names = frozenset()
        span.listed(len(names), len(self.adopted))
        made = self._lists.get(names)
        if made is None:
            listed = parts.tokenizer.listed if parts.tokenizer is not None else _as_is
            tools = [dict(listed(facts)) for name, facts in self.adopted.items() if name in names]
            if self._uploads is not None and self._takes_files(names):
                effect = {META_EFFECT: {"effect": "write", "open": False}}
                tools.append({**self._uploads.wire, "_meta": effect})
            if parts.settings.mode != "behind":
                tools = [without_own_meta(tool) for tool in tools]
            made = {"tools": tools, "resultType": "complete", "ttlMs": 60_000, "cacheScope": "private"}
            self._lists.put(names, made)
        return made

    async def _call(
        self,
        parts: Components,
        caller: Caller,
        params: Mapping[str, Json],
        context: Context,
        span: Span,
        began: float,
    ) -> dict[str, Json]:
        name, arguments = params.get("name"), params.get("arguments")
        if not isinstance(name, str) or not (arguments is None or isinstance(arguments, dict)):
            raise RpcError(-32602, "Invalid params: name must be a string and arguments an object")
        given: dict[str, Any] = arguments or {}
        facts, target = self._known.get(name), self.target
        if self._uploads is not None and name == self._uploads.name:
            return await self._upload(parts, caller, given, context, span, began)
        recorder = Recorder(self._trail, parts.settings.hash, caller, context.request_id, facts, given, began)
        if facts is None or not await self._sees(parts, caller, facts, context):
            # The caller learns nothing of a tool that it may not see; the trail says what stopped it.
            hidden = facts is not None
            span.outcome("refused:hidden" if hidden else "refused:unknown", caller)
            stopping = await _stopping(parts, caller, facts, given)
            span.refused("hidden" if hidden else "unknown", stopping)
            recorder.refused("hidden" if hidden else "unknown", stopping)
            return unknown_tool(name, sorted(await self.visible(parts, caller, context)))
        call = GovernedCall(parts, caller, facts, given, recorder, span, self._tracer, self._owned)
        governed = (
            context if parts.tokenizer is None else RedactingContext(context, parts.tokenizer, caller, facts.server)
        )
        try:
            result = await call.run(target, governed)
        finally:
            self._tracer.called(facts, time.perf_counter() - began, call.below)
        if self._usage is not None:
            await self._usage.count(caller, facts, bytes_out=_size(result), error=bool(result.get("isError")))
        return result

    def tool_of(self, server: str, own: str) -> ToolInfo | None:
        """The tool that its server calls ``own``."""
        return self._owned.get((server, own))

    async def admit_file(self, caller: Caller, request_id: str, receipt: Mapping[str, Json]) -> None:
        """Put a file on record that a caller sent or fetched past the tools.

        Raises:
            Challenge: the kill switch cuts the caller off.
            AuditError: it cannot be put on record.
        """
        if await is_cut(self.parts, caller):
            raise Challenge(403, "", "Switched off by the operators: this caller.")
        if self._trail is not None:
            said = {"event": "file", "request_id": request_id, **self._trail.who(caller),
                    "file": describe_file(self._trail, receipt), "settings": self.parts.settings.hash}  # fmt: skip
            self._trail.write(said)

    def record_login(
        self, event: str, caller: Caller | None, about: Mapping[str, Json], *, refused: bool = False
    ) -> None:
        """Put on record what the authorization server did for somebody; ``refused``: as one of many refusals.

        Raises:
            AuditError: it cannot be put on record.
        """
        if self._trail is None:
            return
        who = self._trail.who(caller) if caller is not None else {}
        record = {"event": event, **who, **about, "settings": self.parts.settings.hash}
        (self._trail.refuse if refused else self._trail.write)(record)

    def _takes_files(self, names: frozenset[str]) -> bool:
        return any(self.adopted[name].files for name in names)

    async def _upload(
        self,
        parts: Components,
        caller: Caller,
        given: Mapping[str, Any],
        context: Context,
        span: Span,
        began: float,
    ) -> dict[str, Json]:
        """An upload slot, for callers who may see a tool that takes files. What it is used for is decided then."""
        assert self._uploads is not None
        tool = self._uploads.info
        recorder = Recorder(self._trail, parts.settings.hash, caller, context.request_id, tool, given, began)
        visible = await self.visible(parts, caller, context)
        refused: Refusal | None = None
        if not self._takes_files(visible):
            refused = Refusal(str(unknown_tool(tool.name, sorted(visible))["content"][0]["text"]), "hidden")
        try:
            if refused is None:
                await admit(parts, caller, tool)
                recorder.decided(None, ())
                result, told = await self._uploads.call(caller, given)
                outcome = "error" if result.get("isError") else "ok"
                span.outcome(outcome, caller)
                recorder.answered(outcome, files=[told] if told else [])
                return result
        except Refusal as refusal:
            refused = refusal
        except StoreError:
            refused = Refusal("The shared state cannot be reached; try again later.", "state")
        except AuditError:
            return failed_result("The audit trail cannot be written, so nothing is executed.")
        assert refused is not None
        span.outcome(f"refused:{refused.reason}", caller)
        span.refused(refused.reason, refused.policies)
        try:
            recorder.refused(refused.reason, refused.policies)
        except AuditError:
            return failed_result("The audit trail cannot be written, so nothing is executed.")
        return failed_result(refused.text)


@value()
class _Visible:
    """The ``names`` of the ``tools`` that ``caller`` may see by the decisions of ``parts``; ``only``: the one tool that
    was asked for, None for all."""

    parts: Components
    caller: Caller
    tools: Mapping[str, ToolInfo]
    names: frozenset[str]
    only: str | None = None


async def _stopping(
    parts: Components, caller: Caller, facts: ToolInfo | None, given: Mapping[str, Json]
) -> tuple[str, ...]:
    """The policies for which a tool is hidden from a caller."""
    if facts is None or parts.authorizer is None:
        return ()
    decision = await parts.authorizer.decide(caller, facts, given)
    return () if decision.allowed else decision.policies


def _as_is(facts: ToolInfo) -> Mapping[str, Json]:
    return facts.wire


def _meta(meta: Mapping[str, Json], carrier: Mapping[str, str]) -> dict[str, Json]:
    """The client's ``_meta`` without what only servers and the proxy say, with our trace context."""
    kept = {key: value for key, value in meta.items() if not key.startswith(META)}
    if carrier:
        kept.update(carrier)
    return kept


def _size(result: Mapping[str, Json]) -> int:
    size = 0
    content = result.get("content")
    for block in content if isinstance(content, list) else ():
        if isinstance(block, dict):
            said = str(block.get("text") or block.get("data") or block.get("resource") or "")
            size += len(said.encode(errors="surrogatepass"))
    return size
