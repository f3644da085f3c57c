"""Everything that is no tool: prompts, resources, completion, subscriptions, decided by name and swept."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from adaptgen.govern.audit import AuditError
from adaptgen.govern.calls import Refusal, admit
from adaptgen.govern.desk import Context, Facts, RpcError, Target
from adaptgen.govern.governed import Governed
from adaptgen.govern.recorder import Recorder
from adaptgen.model import Json
from adaptgen.runtime.caller import Caller
from adaptgen.runtime.store import StoreError

if TYPE_CHECKING:
    from adaptgen.govern.audit import Trail
    from adaptgen.govern.parts import Parts

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
_OPEN = frozenset({"logging/setLevel", "subscriptions/listen"})
"""Requests that name nothing of a server's."""
_REFUSED = -32000
"""Refused for now (JSON-RPC 2.0, 5.1: a code of the implementation's own)."""
_GONE: dict[What, str] = {
    "prompt": "Unknown prompt",
    "resource": "Resource not found",
    "completion": "Nothing to complete",
}


class Passage:
    """The other requests of one target."""

    def __init__(self, target: Target, trail: Trail | None) -> None:
        self._target = target
        self._trail = trail

    async def request(
        self, parts: Parts, caller: Caller, method: str, params: Mapping[str, Json], context: Context
    ) -> dict[str, Json]:
        """Decide, ask the target, tokenize.

        Raises:
            RpcError: what is not permitted is answered as what does not exist.
        """
        server = ""
        if method in _USES:
            key, what = _USES[method]
            server = await self._decide(parts, caller, what, params.get(key), context)
        elif method == "completion/complete":
            reference = params.get("ref")
            named = reference if isinstance(reference, dict) else {}
            server = await self._decide(parts, caller, "completion", named.get("name", named.get("uri")), context)
        elif method not in _LISTS and method not in _OPEN:
            raise RpcError(-32601, "Method not found")
        tokenizer = parts.tokenizer
        below = context if tokenizer is None else Governed(context, tokenizer, caller, server)
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

    async def _decide(self, parts: Parts, caller: Caller, what: What, name: Json, context: Context) -> str:
        if not isinstance(name, str):
            raise RpcError(-32602, "Invalid params")
        server = self._target.server_of(what, name)
        if parts.authorizer is None:
            return server
        # The names of prompts are the server's own; a URI may say whom a resource is about, and is an HMAC alone.
        known = name if server and what == "prompt" else ""
        asked = Facts(what, server, known, "read", open=False, wire={})
        recorder = Recorder(
            self._trail,
            parts.settings.hash,
            caller,
            context.request_id,
            asked,
            {what: name},
            time.perf_counter(),
            what,
        )
        try:
            try:
                await admit(parts, caller, asked)
            except Refusal as refusal:
                recorder.refused(refusal.reason, ())
                raise RpcError(_REFUSED, refusal.text) from None
            except StoreError:
                recorder.refused("state", ())
                raise RpcError(_REFUSED, "The shared state cannot be reached; try again later.") from None
            decision = await parts.authorizer.other(caller, server, what, name) if server else None
            if decision is not None and decision.allowed:
                recorder.decided(decision, ())
                return server
            recorder.refused("denied" if decision is not None else "unknown", getattr(decision, "policies", ()))
        except AuditError:
            raise RpcError(-32603, "The audit trail cannot be written, so nothing is answered") from None
        # The handshake revisions have a code of their own for resources, the later ones do not (SEP-2164).
        raise RpcError(-32002 if what == "resource" and not context.modern else -32602, _GONE[what])

    async def _filtered(self, parts: Parts, caller: Caller, method: str, result: dict[str, Json]) -> dict[str, Json]:
        key, naming, what = _LISTS[method]
        entries = result.get(key)
        if not isinstance(entries, list):
            return result
        if parts.switch is not None:
            await parts.switch.fresh()
            if parts.switch.cuts(caller):
                return {**result, key: []}
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
