"""Everything that is no tool: prompts, resources, completion, subscriptions, decided by name and swept."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from adaptgen.govern.audit.call_record import Recorder
from adaptgen.govern.audit.trail import AuditError
from adaptgen.govern.pipeline.stream_guard import Cut, StreamGuard
from adaptgen.govern.pipeline.tool_call import RedactingContext, Refusal, admit, limit
from adaptgen.mcp.json_text import as_object
from adaptgen.mcp.protocol import Challenge, Context, RpcError, Target, ToolInfo
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.store.protocol import StoreError

if TYPE_CHECKING:
    from adaptgen.govern.audit.trail import AuditLog
    from adaptgen.govern.pipeline.factory import Components

What = Literal["prompt", "resource", "completion"]

_LISTS: dict[str, tuple[str, str, What]] = {
    "prompts/list": ("prompts", "name", "prompt"),
    "resources/list": ("resources", "uri", "resource"),
    "resources/templates/list": ("resourceTemplates", "uriTemplate", "resource"),
}
_USES: dict[str, tuple[str, What]] = {
    "prompts/get": ("name", "prompt"),
    "resources/read": ("uri", "resource"),
    "resources/subscribe": ("uri", "resource"),
    "resources/unsubscribe": ("uri", "resource"),
}
_LISTEN = "subscriptions/listen"
_OPEN = frozenset({"logging/setLevel"})
"""Requests that name nothing of a server's."""
_CUT = "Switched off by the operators: this caller. Trying again does not help now."
_REFUSED = -32000
"""Refused for now (JSON-RPC 2.0, 5.1: a code of the implementation's own)."""
_GONE: dict[What, str] = {
    "prompt": "Unknown prompt",
    "resource": "Resource not found",
    "completion": "Nothing to complete",
}


class NonToolRequests:
    """The other requests of one target."""

    def __init__(self, target: Target, trail: AuditLog | None, current: Callable[[], Components] | None = None) -> None:
        """``current``: the parts that are in effect, which may be others while a stream is open."""
        self._target = target
        self._trail = trail
        self._current = current

    async def request(
        self, parts: Components, caller: Caller, method: str, params: Mapping[str, Json], context: Context
    ) -> dict[str, Json]:
        """Decide, ask the target, tokenize. RpcError: what is not permitted is answered as what does not exist."""
        server = ""
        if method == _LISTEN:
            return await self._listen(parts, caller, params, context)
        if method in _USES:
            key, what = _USES[method]
            server = await self._decide(parts, caller, what, params.get(key), context)
        elif method == "completion/complete":
            named = as_object(params.get("ref"))
            server = await self._decide(parts, caller, "completion", named.get("name", named.get("uri")), context)
        elif method not in _LISTS and method not in _OPEN:
            raise RpcError(-32601, "Method not found")
        elif not await self.enter(parts, caller, method, context):
            if method in _LISTS:
                return {_LISTS[method][0]: [], "resultType": "complete", "ttlMs": 0, "cacheScope": "private"}
            raise RpcError(_REFUSED, _CUT)
        tokenizer = parts.tokenizer
        below = context if tokenizer is None else RedactingContext(context, tokenizer, caller, server)
        try:
            result = await self._target.request(caller, method, params, below)
        except RpcError as problem:
            if tokenizer is None:
                raise
            data = (await tokenizer.other(caller, server, {"data": problem.data})).result["data"]
            raise RpcError(problem.code, await tokenizer.text(caller, problem.message), data) from None
        if method in _LISTS:
            result = await self._filtered(parts, caller, method, result)
        if tokenizer is not None:
            result = (await tokenizer.other(caller, server, result)).result
        return result

    async def enter(self, parts: Components, caller: Caller, method: str, context: Context) -> bool:
        """Let a request pass that names nothing of a server's, counted and on record; false for a caller who is cut
        off, and gets lists without entries. ``method`` "": a list that no client gets is not counted.

        Raises:
            RpcError: a limit is reached, or it cannot be counted or recorded.
        """
        asked = ToolInfo(method, "", method, "read", open=False, wire={})
        recorder = self._recorder(parts, caller, context, asked, {}, "request")
        with _refusals(recorder):
            if await is_cut(parts, caller):
                if method:
                    recorder.refused("switch", ())
                return False
            if method:
                await limit(parts, caller, asked, requests=False)
                recorder.decided(None, ())
        return True

    def _recorder(
        self, parts: Components, caller: Caller, context: Context, asked: ToolInfo, given: Mapping[str, Json], what: str
    ) -> Recorder:
        began = time.perf_counter()
        return Recorder(self._trail, parts.settings.hash, caller, context.request_id, asked, given, began, what)

    async def _listen(
        self, parts: Components, caller: Caller, params: Mapping[str, Json], context: Context
    ) -> dict[str, Json]:
        """Hold a stream open for as long as its caller may hear what comes on it."""
        asked = ToolInfo(_LISTEN, "", _LISTEN, "read", open=False, wire={})
        recorder = self._recorder(parts, caller, context, asked, {}, "request")
        guard = StreamGuard(self._current or (lambda: parts), self._target, caller, context)
        with _refusals(recorder):
            permitted = await guard.permitted(params)
            try:
                await guard.ask_switch()
            except Cut as cut:
                raise Refusal(str(cut), "switch") from None
            await limit(parts, caller, asked, requests=False)
            recorder.decided(None, ())
        below: Context = context
        if parts.tokenizer is not None:
            below = RedactingContext(context, parts.tokenizer, caller, "")
        outcome = "ok"
        try:
            result = await guard.run(lambda: self._target.request(caller, _LISTEN, permitted, guard.heard(below)))
        except Cut as cut:
            outcome = "ended"
            raise RpcError(_REFUSED, str(cut)) from None
        except Challenge:
            outcome = "ended"
            raise
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        except RpcError:
            outcome = "error"
            raise
        finally:
            with contextlib.suppress(AuditError):
                recorder.answered(outcome)
        return result if parts.tokenizer is None else (await parts.tokenizer.other(caller, "", result)).result

    async def _decide(self, parts: Components, caller: Caller, what: What, name: Json, context: Context) -> str:
        if not isinstance(name, str):
            raise RpcError(-32602, "Invalid params")
        server = self._target.server_of(what, name)
        # The names of prompts are the server's own; a URI may say whom a resource is about, and is an HMAC alone.
        known = name if server and what == "prompt" else ""
        asked = ToolInfo(what, server, known, "read", open=False, wire={})
        recorder = self._recorder(parts, caller, context, asked, {what: name}, what)
        with _refusals(recorder):
            await admit(parts, caller, asked)
            if parts.authorizer is None:
                recorder.decided(None, ())
                return server
            decision = await parts.authorizer.other(caller, server, what, name) if server else None
            if decision is not None and decision.allowed:
                recorder.decided(decision, ())
                return server
            recorder.refused("denied" if decision is not None else "unknown", getattr(decision, "policies", ()))
        # The handshake revisions have a code of their own for resources, the later ones do not (SEP-2164).
        raise RpcError(-32002 if what == "resource" and not context.modern else -32602, _GONE[what])

    async def _filtered(
        self, parts: Components, caller: Caller, method: str, result: dict[str, Json]
    ) -> dict[str, Json]:
        key, naming, what = _LISTS[method]
        entries = result.get(key)
        if not isinstance(entries, list):
            return result
        if parts.authorizer is None:
            return result
        kept = []
        for entry in entries:
            name = entry.get(naming) if isinstance(entry, dict) else None
            if isinstance(name, str):
                server = self._target.server_of(what, name)
                if (await parts.authorizer.other(caller, server, what, name)).allowed:
                    kept.append(entry)
        return {**result, key: kept}


async def is_cut(parts: Components, caller: Caller) -> bool:
    """Whether the kill switch cuts a caller off. StoreError: it cannot be read."""
    if parts.switch is None:
        return False
    await parts.switch.fresh()
    return parts.switch.cuts(caller)


@contextlib.contextmanager
def _refusals(recorder: Recorder) -> Iterator[None]:
    """While a request is decided: a refusal is put on record, and becomes the answer."""
    try:
        try:
            yield
        except Refusal as refusal:
            recorder.refused(refusal.reason, ())
            raise RpcError(_REFUSED, refusal.text) from None
        except StoreError:
            recorder.refused("state", ())
            raise RpcError(_REFUSED, "The shared state cannot be reached; try again later.") from None
    except AuditError:
        raise RpcError(-32603, "The audit trail cannot be written, so nothing is answered") from None
