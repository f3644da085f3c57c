"""One governed call of a tool: limited, decided, restored, executed, tokenized, and on record twice.

The decision is written to the audit trail before the tool runs, so nothing that is not on record is ever executed; the
outcome is written before the answer leaves.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adaptgen.govern.audit.trail import AuditError
from adaptgen.govern.authorization.canonical import canonicalize
from adaptgen.govern.limits.rate_limiter import RequestMeter
from adaptgen.govern.pipeline.connection_links import (
    LOOK_FIRST,
    MissingAccount,
    link_for,
    missing_account,
    with_advice,
    with_text,
)
from adaptgen.govern.pipeline.elicitation import ask_to_open, without_our_responses
from adaptgen.govern.pipeline.hooks import Call, HookError
from adaptgen.govern.tokenization.content_blocks import OWN_FILE
from adaptgen.govern.tokenization.detokenize import Unrestored
from adaptgen.govern.tokenization.search_guard import SearchRefused
from adaptgen.mcp.json_text import as_object
from adaptgen.mcp.protocol import (
    META_CHANGED,
    META_FILES,
    META_LINKS,
    META_REQUESTS,
    META_STATUS,
    META_UNKNOWN,
    META_UNREACHABLE,
    Context,
    RpcError,
    ToolInfo,
    failed_result,
    without_own_meta,
)
from adaptgen.mcp.revisions import CAPABILITIES_KEY, CLIENT_KEY, LOG_LEVEL_KEY, VERSION_KEY
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.core import call_context
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.core.call_context import creation
from adaptgen.runtime.store.protocol import StoreError
from adaptgen.syntax.identifiers import is_id

if TYPE_CHECKING:
    from adaptgen.govern.approvals.guard import NeedsApproval, WriteGuard
    from adaptgen.govern.approvals.repeats import Repeated
    from adaptgen.govern.audit.call_record import Recorder
    from adaptgen.govern.authorization.authorizer import Decision
    from adaptgen.govern.pipeline.factory import Components
    from adaptgen.govern.telemetry.spans import Span, Tracer
    from adaptgen.govern.tokenization.argument_checks import Path as Place
    from adaptgen.govern.tokenization.echoes import RestoredValue
    from adaptgen.govern.tokenization.tokenizer import Tokenizer

_log = logging.getLogger("adaptgen.govern")


_UNSEEN = (
    "Not executed: this call needs an approval, and answers to questions of its server are not part of what is "
    "approved. Pass everything as arguments."
)
_HARMLESS = frozenset({VERSION_KEY, CLIENT_KEY, LOG_LEVEL_KEY, "progressToken", "traceparent", "tracestate"})
"""Members of a client's ``_meta`` that say nothing about what a tool does."""
_UNWRITTEN = "The audit trail cannot be written, so nothing is executed."
_MOST_FILES = 40
_MOST_REQUESTS = 100_000
"""What a server may say that one call took."""


class Refusal(Exception):
    """A call that governance does not let through. ``text`` is for the agent, ``reason`` a word for the audit."""

    def __init__(
        self, text: str, reason: str, policies: tuple[str, ...] = (), needed: NeedsApproval | None = None
    ) -> None:
        """``needed``: the caller may approve it."""
        super().__init__(reason)
        self.text = text
        self.reason = reason
        self.policies = policies
        self.needed = needed


async def admit(parts: Components, caller: Caller, tool: ToolInfo) -> None:
    """What the operators and the limits say, before anything is decided.

    Raises:
        Refusal: the kill switch acts, or a limit is reached.
        StoreError: the shared state cannot be reached.
    """
    if parts.switch is not None:
        await parts.switch.fresh()
        why = parts.switch.refuses(caller, tool)
        if why is not None:
            raise Refusal(f"Switched off by the operators: {why}. Trying again does not help now.", "switch")
    await limit(parts, caller, tool)


async def limit(parts: Components, caller: Caller, tool: ToolInfo, *, requests: bool = True) -> None:
    """Count one call, and with ``requests`` the first one that it makes to the API; raises as :func:`admit`."""
    if parts.limiter is not None:
        wait = await parts.limiter.take(caller, tool, requests=requests)
        if wait > 0:
            seconds = max(1, round(wait + 0.5))
            text = f"The limit of calls is reached. Nothing was executed. Try again in {seconds} s."
            raise Refusal(text, "limit")


class Delegating(Context):
    """A context in front of another one."""

    def __init__(self, context: Context) -> None:
        self.__dict__.update(vars(context))
        self._context = context

    async def notify(self, method: str, params: Mapping[str, Json]) -> None:
        await self._context.notify(method, params)

    async def ask(self, method: str, params: Mapping[str, Json]) -> Mapping[str, Json]:
        return await self._context.ask(method, params)


class RedactingContext(Delegating):
    """The context that a target gets: what it says to the client while it works is tokenized too, and shows none of
    the values that the call restored."""

    def __init__(self, context: Context, tokenizer: Tokenizer, caller: Caller, server: str) -> None:
        super().__init__(context)
        self._tokenizer = tokenizer
        self._caller = caller
        self._server = server
        self.restored: Sequence[RestoredValue] = ()
        """Values of the call that must not be in what is said."""

    async def notify(self, method: str, params: Mapping[str, Json]) -> None:
        shielded = await self._tokenizer.other(self._caller, self._server, dict(params), self.restored)
        await self._context.notify(method, shielded.result)

    async def ask(self, method: str, params: Mapping[str, Json]) -> Mapping[str, Json]:
        """A question without personal data; the client's answer as it gives it."""
        shielded = await self._tokenizer.other(self._caller, self._server, dict(params), self.restored)
        return await self._context.ask(method, shielded.result)


class Unasked(Delegating):
    """The context of a call that was approved: nobody has approved what the client says besides the arguments, in
    ``_meta`` or while the call runs."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.meta = {key: value for key, value in context.meta.items() if key in _HARMLESS}
        if context.modern:
            self.meta[CAPABILITIES_KEY] = {}

    async def ask(self, method: str, params: Mapping[str, Json]) -> Mapping[str, Json]:
        raise RpcError(-32601, "Nobody can be asked during a call that was approved")


def _adds_input(context: Context) -> bool:
    """Whether the client answers questions of the server with the call."""
    given = without_our_responses(context.params)
    return bool(given.get("inputResponses")) or given.get("requestState") is not None


class GovernedCall:
    """One call under way."""

    def __init__(
        self,
        parts: Components,
        caller: Caller,
        tool: ToolInfo,
        arguments: Mapping[str, Json],
        recorder: Recorder,
        span: Span,
        tracer: Tracer,
        tools: Mapping[tuple[str, str], ToolInfo],
    ) -> None:
        """``tools``: all that there are, by server and name there."""
        self._tools = tools
        self._parts = parts
        self._caller = caller
        self._tool = tool
        self._given = arguments
        self._arguments: Mapping[str, Json] = arguments
        self._recorder = recorder
        self._tracer = tracer
        self._span = span
        self._restored: tuple[str, ...] = ()
        self._searched: dict[str, bool] = {}
        self._values: tuple[RestoredValue, ...] = ()
        self._decision: Decision | None = None
        self._executed = False
        self._repeats = False
        self._guard: WriteGuard | None = None
        self._files: list[Mapping[str, Json]] = []
        self.below = 0.0
        """Seconds spent in the target."""

    async def run(self, target: Any, context: Context) -> dict[str, Json]:
        """The answer of the call; refusals and failures are answers too."""
        try:
            await self._admit()
            repeated = await self._before(context)
        except Refusal as refusal:
            return self._refuse(refusal, context)
        except StoreError:
            return self._refuse(Refusal("The shared state cannot be reached; try again later.", "state"), context)
        try:
            if repeated is not None:
                return await self._finish(self._first_answer(repeated, context), None)
            result, error = await self._execute(target, context)
            return await self._finish(result, error)
        except asyncio.CancelledError:
            # The client has left, or its time is over: what the tool did stays done.
            self._note("cancelled")
            raise
        except HookError as problem:
            return self._withheld(await self._hidden(f"{problem}"), "hook")
        except (ToolError, StoreError):
            return self._withheld("what it holds cannot be tokenized", "tokenize")
        except RpcError:
            raise
        except Exception as problem:
            # A defect of ours. An agent that heard of an internal error alone would make the call once more.
            where = traceback.extract_tb(problem.__traceback__)[-1]
            _log.error(
                "the answer of %s is withheld: %s at %s:%s",
                self._tool.action,
                type(problem).__name__,
                Path(where.filename).name,
                where.lineno,
            )
            if not self._executed and self._tool.effect != "read":
                self._note("unknown", code="internal")
                return failed_result(
                    "The call failed inside the server. Whether it was executed is not known: check first."
                )
            return self._withheld("it could not be processed", "internal")

    # -------------------------------------------------------------------------------------------------------- before

    async def _admit(self) -> None:
        parts, caller, tool = self._parts, self._caller, self._tool
        await admit(parts, caller, tool)
        governed = parts.authorizer is not None or parts.tokenizer is not None
        if governed:
            self._read()
        if parts.tokenizer is not None:
            await self._restore()
        unmet = self._check_restored() if self._values else ""
        call = canonicalize(tool, self._arguments)
        self._arguments = call.arguments if governed else self._arguments
        if parts.authorizer is not None:
            # Behind the proxy nobody can ask again once it is known that there is no such record.
            more = {"creates": True} if tool.creates and parts.settings.mode == "proxy" else {}
            decision = await parts.authorizer.decide(caller, tool, call.judged, call.paths, **more)
            self._decision = decision
            if not decision.allowed:
                raise Refusal(
                    f"Not permitted: {tool.name} with these arguments. Nothing was executed.",
                    "denied",
                    decision.policies,
                )
        if tool.lookups:
            refused = await _lookup_refusal(parts, caller, tool, self._arguments, self._tools)
            if refused is not None:
                raise Refusal(refused[0], "denied", refused[1])
        if unmet:
            raise Refusal(unmet, "arguments")

    def _read(self) -> None:
        """The arguments as their schema means them, tokens in place."""
        parts = self._parts
        try:
            self._arguments = parts.checks.read(self._tool, self._given, self._token_places)
        except ToolError as problem:
            raise Refusal(problem.text, "arguments") from None

    def _token_places(self) -> list[Place]:
        return self._parts.tokenizer.token_places(self._given) if self._parts.tokenizer is not None else []

    def _check_restored(self) -> str:
        """What the schema says against restored values; ""."""
        try:
            self._arguments = self._parts.checks.check_restored(self._tool, self._arguments, self._token_places())
        except ToolError as problem:
            return problem.text
        return ""

    async def _restore(self) -> None:
        parts, caller, tool = self._parts, self._caller, self._tool
        assert parts.tokenizer is not None

        async def permitted(kind: str) -> bool:
            if parts.authorizer is None:
                return True
            return (await parts.authorizer.detokenize(caller, tool, kind)).allowed

        try:
            self._searched = await parts.tokenizer.searches(caller, tool, self._arguments, permitted)
            restored = await parts.tokenizer.arguments(caller, tool, self._arguments, permitted)
        except SearchRefused as problem:
            raise Refusal(problem.text, "search") from None
        except Unrestored as problem:
            self._tracer.tokens(problem.outcome, problem.kind)
            raise Refusal(problem.text, "token") from None
        except ToolError as problem:
            raise Refusal(problem.text, "token") from None
        for kind in restored.kinds:
            self._tracer.tokens("hit", kind)
        self._arguments = restored.arguments
        self._restored = restored.tokens
        self._values = restored.values

    async def _before(self, context: Context) -> Repeated | None:
        """What comes between the decision and the execution; the first answer of a write that was done already."""
        decision = self._decision
        if decision is not None:
            self._span.decided(decision.policies, logged_only=decision.logged_only)
        self._span.restored(len(self._restored))
        if decision is not None and (decision.approval is not None or decision.once is not None):
            if decision.approval is not None and _adds_input(context):
                raise Refusal(_UNSEEN, "approval", decision.policies)
            await self._run_hooks(context)  # what is approved is what is executed
            return await self._guarded(decision)
        try:
            self._recorder.decided(self._decision, self._restored)
        except AuditError:
            raise Refusal(_UNWRITTEN, "audit") from None
        await self._run_hooks(context)
        return None

    async def _run_hooks(self, context: Context) -> None:
        hooks = self._parts.hooks
        if hooks is None:
            return
        try:
            self._arguments = await hooks.before(self._hooked(context))
        except HookError as problem:
            raise Refusal(await self._hidden(f"Refused: {problem}. Nothing was executed."), "hook") from None

    async def _guarded(self, decision: Decision) -> Repeated | None:
        """Take the right to execute a call that needs an approval, or is done once."""
        from adaptgen.govern.approvals.guard import NeedsApproval, NotApproved, WriteGuard

        approvals = self._parts.approvals
        if approvals is None:  # the policies of another generation: they ask for what is not there
            raise Refusal("The policies have just changed. Nothing was executed. Try again.", "approval")
        guard = WriteGuard(approvals, self._caller, self._tool, decision, self._recorder)
        try:
            repeated = await guard.enter(self._arguments)
        except NotApproved as why:
            needed = why if isinstance(why, NeedsApproval) and why.own else None
            raise Refusal(why.text, why.reason, decision.policies, needed) from None
        except AuditError:
            raise Refusal(_UNWRITTEN, "audit") from None
        if repeated is None:
            self._guard = guard
        try:
            self._recorder.decided(decision, self._restored, guard.request)
        except AuditError:
            await guard.give_up()
            raise Refusal(_UNWRITTEN, "audit") from None
        if guard.request is not None:
            self._span.set("adaptgen.approval", guard.request.id)
        return repeated

    def _first_answer(self, repeated: Repeated, context: Context) -> dict[str, Json]:
        """The result of a write that was done already."""
        from adaptgen.govern.approvals.guard import moment

        self._context = context
        self._executed = self._repeats = True
        if repeated.result is not None:
            return repeated.result
        text = f"Done already at {moment(repeated.at)}, and not executed again. Its answer was not kept: look it up."
        # Without an answer there is no structured content, which a result that is no error must have.
        return {"content": [{"type": "text", "text": text}], "isError": "outputSchema" in self._tool.wire}

    async def _hidden(self, text: str) -> str:
        """A text of ours that may quote an argument, without the values that the call restored."""
        tokenizer = self._parts.tokenizer
        if tokenizer is None or not self._values:
            return text
        try:
            return await tokenizer.text(self._caller, text, self._tool.server, self._values)
        except (ToolError, StoreError):
            return "Refused. Nothing was executed."

    def _hooked(self, context: Context) -> Call:
        return Call(
            caller=self._caller,
            tool=self._tool.name,
            server=self._tool.server,
            effect=self._tool.effect,
            arguments=self._arguments,
            request_id=context.request_id,
        )

    # --------------------------------------------------------------------------------------------------------- after

    async def _execute(self, target: Any, context: Context) -> tuple[dict[str, Json], RpcError | None]:
        self._context = context
        if isinstance(context, RedactingContext):
            context.restored = self._values
        began = time.perf_counter()
        answered: dict[str, Json] | None = None
        code: int | None = None
        try:
            caller = self._caller
            form = parts.tokenizer.form if (parts := self._parts).tokenizer is not None else "sealed"
            if self._searched or form != "sealed":
                caller = replace(caller, searched=self._searched, tokens=form)
            creation.set(self._refuse_creation if self._tool.creates and parts.authorizer is not None else None)
            approved = self._guard is not None and self._guard.request is not None
            with self._metered() as meter:
                given = Unasked(context) if approved else context
                result = await target.call(caller, self._tool, self._arguments, given)
            self._executed = True
            answered = result
            self._files = _receipts(self._tool, result)
            if meter is not None:
                result = await self._settle(meter, result)
            return result, None
        except RpcError as problem:
            code = problem.code
            return {}, problem
        finally:
            self.below = time.perf_counter() - began
            if self._guard is not None:
                await self._guard.leave(answered, code)

    @contextlib.contextmanager
    def _metered(self) -> Iterator[RequestMeter | None]:
        """While the tool runs: what it asks of the API is counted, where a limit or the proxy wants to know it."""
        limiter = self._parts.limiter
        limited = limiter if limiter is not None and limiter.counts_requests else None
        if limited is None and self._parts.settings.mode != "behind":
            yield None
            return
        meter = RequestMeter(limited, self._caller, self._tool)
        before = call_context.meter.set(meter)
        try:
            yield meter
        finally:
            call_context.meter.reset(before)

    async def _settle(self, meter: RequestMeter, result: dict[str, Json]) -> dict[str, Json]:
        """Tell the proxy what was counted here, or count what a server behind this one reports."""
        known = as_object(result.get("_meta"))
        if self._parts.settings.mode == "behind" and meter.count > 1:
            return {**result, "_meta": {**known, META_REQUESTS: meter.count}}
        told = known.get(META_REQUESTS)
        if isinstance(told, int) and self._tool.trusted:
            with contextlib.suppress(StoreError):  # it was executed: the answer is the caller's
                await meter.report(min(told, _MOST_REQUESTS))
        return result

    async def _refuse_creation(self) -> str:
        """Why the call must not create a missing record; "" if it may, which is then audited."""
        authorizer, tool = self._parts.authorizer, self._tool
        assert authorizer is not None
        call = canonicalize(tool, self._arguments)
        decision = await authorizer.decide(self._caller, tool, call.judged, call.paths, creates=True)
        approved = decision.approval is None or (self._guard is not None and self._guard.request is not None)
        try:
            if decision.allowed and approved:
                self._recorder.decided(decision, self._restored)
                return ""
            self._recorder.refused("approval" if decision.allowed else "denied", decision.policies)
        except AuditError:
            return _UNWRITTEN
        if decision.allowed:
            return "There is no such record, and creating it needs an approval, which this call does not have."
        return f"There is no such record, and creating it is not permitted: {tool.name} with these arguments."

    async def _finish(self, result: dict[str, Json], error: RpcError | None) -> dict[str, Json]:
        parts = self._parts
        if error is not None:
            text = error.message
            data = error.data
            if parts.tokenizer is not None:
                caller, server, values = self._caller, self._tool.server, self._values
                text = await parts.tokenizer.text(caller, text, server, values)
                told = await parts.tokenizer.other(caller, server, {"data": data}, values, error=True)
                data = told.result["data"]
            self._note("error", code=error.code)
            raise RpcError(error.code, text, data)
        if parts.hooks is not None:
            result = await parts.hooks.after(self._hooked(self._context), result)
        missing = missing_account(self._tool, result)
        own = as_object(result.get("_meta"))
        # Without its account a call of several requests may end after one that changed something.
        halfway = missing is not None and (own.get(META_CHANGED) is True or own.get(META_UNKNOWN) is True)
        after = ""
        if missing is not None and (link := link_for(parts, self._caller, self._tool, missing)) is not None:
            if not halfway:
                return self._connect(missing, link)
            after = f"{missing.text} {LOOK_FIRST} Give the person this link: {link}"
        elif missing is not None and parts.settings.mode != "behind":
            result = with_advice(result, missing.auth, local=parts.settings.authenticate is None, changed=halfway)
        status, unsure = own.get(META_STATUS), own.get(META_UNKNOWN) is True or halfway
        tokens: tuple[str, ...] = ()
        if parts.tokenizer is not None:
            # A link of ours is signed, or names a file: nothing personal is in it, and one letter less would break it.
            links, result = take_links(result) if parts.settings.mode == "embedded" else ({}, result)
            shielded = await parts.tokenizer.result(self._caller, self._tool, result, self._values)
            result, tokens = put_links(links, shielded.result), shielded.ids
        if parts.settings.mode != "behind":
            result = without_own_meta(result)
        if after:  # it is ours and signed: nothing personal is in it, and one letter less would break it
            result = with_text(result, after)
        outcome = "unknown" if unsure else "error" if result.get("isError") else "ok"
        if self._repeats:
            outcome = "repeated"
        self._span.answered(status, len(tokens), unreachable=own.get(META_UNREACHABLE) is True)
        if not self._note(outcome, status=status, tokens=tokens):
            return failed_result(
                "The call was executed, but the audit trail cannot be written; its answer is withheld."
            )
        return result

    def _connect(self, missing: MissingAccount, link: str) -> dict[str, Json]:
        """The answer to a call that lacks the caller's own account: where to connect it. RpcError for some clients."""
        refusal = Refusal(missing.text, "connection")
        if not self._record_refusal(refusal):
            return failed_result(_UNWRITTEN)
        return ask_to_open(self._context, link, refusal.text, id=f"connect.{self._tool.server}.{missing.auth}")

    def _withheld(self, why: str, reason: str) -> dict[str, Json]:
        self._note("withheld", code=reason)
        done = "was executed" if self._tool.effect != "read" else "ran"
        return failed_result(f"The call {done}, but its answer is withheld: {why}.")

    def _note(self, outcome: str, **more: Any) -> bool:
        self._span.outcome(outcome, self._caller)
        try:
            self._recorder.answered(outcome, files=self._files, **more)
        except AuditError:
            return False
        return True

    def _refuse(self, refusal: Refusal, context: Context) -> dict[str, Json]:
        """The answer to a call that is not executed. RpcError for clients that ask their person in this way."""
        if not self._record_refusal(refusal):
            return failed_result(_UNWRITTEN)
        needed = refusal.needed
        if needed is not None:
            return ask_to_open(context, needed.url, needed.message, id=f"approval.{needed.id}")
        return failed_result(refusal.text)

    def _record_refusal(self, refusal: Refusal) -> bool:
        policies = refusal.policies or getattr(self._decision, "policies", ())
        self._span.outcome(f"refused:{refusal.reason}", self._caller)
        self._span.refused(refusal.reason, policies)
        try:
            self._recorder.refused(refusal.reason, policies)
        except AuditError:
            return False
        return True


def _receipts(tool: ToolInfo, result: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    said = as_object(result.get("_meta")).get(META_FILES)
    known = said if isinstance(said, list) and tool.trusted else []
    return [one for one in known[:_MOST_FILES] if isinstance(one, dict)]


def take_links(result: dict[str, Json]) -> tuple[dict[int, str], dict[str, Json]]:
    """The links to our own files, by their place in the content, and the result with a mark in place of each."""
    content, own = result.get("content"), as_object(result.get("_meta")).get(META_LINKS)
    if not isinstance(content, list) or not isinstance(own, list):
        return {}, result
    links = {at: one["uri"] for at, one in enumerate(content) if at in own and _is_link(one)}
    marked = [{**one, "uri": OWN_FILE} if at in links else one for at, one in enumerate(content)]
    return links, {**result, "content": marked}


def put_links(links: Mapping[int, str], result: dict[str, Json]) -> dict[str, Json]:
    """``result`` with the links that may leave."""
    content = result.get("content")
    if not links or not isinstance(content, list):
        return result
    shown = [
        {**one, "uri": links[at]} if at in links and _is_link(one) and one["uri"] == OWN_FILE else one
        for at, one in enumerate(content)
    ]
    return {**result, "content": shown}


def _is_link(block: Any) -> bool:
    return isinstance(block, dict) and block.get("type") == "resource_link" and isinstance(block.get("uri"), str)


def _looked_up(tool: ToolInfo, arguments: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Argument and list tool for every argument of a call whose name may be looked up."""
    for name, said in tool.lookups.items():
        lists = said.get("tool") if isinstance(said, Mapping) else None
        keep = said.get("keep") if isinstance(said, Mapping) else None
        value = arguments.get(name)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str) and one.strip() and one not in (keep or ()) and not is_id(one):
                yield name, str(lists)
                break


async def _lookup_refusal(
    parts: Components,
    caller: Caller,
    tool: ToolInfo,
    arguments: Mapping[str, Json],
    tools: Mapping[tuple[str, str], ToolInfo],
) -> tuple[str, tuple[str, ...]] | None:
    """Why a call is refused, and the policies that refuse it, because a list may not be read for its names. ``tools``:
    by server and name there."""
    for name, own in _looked_up(tool, arguments):
        lists = tools.get((tool.server, own))
        allowed = lists is not None
        policies: tuple[str, ...] = ()
        if lists is not None and parts.switch is not None:
            allowed = parts.switch.refuses(caller, lists) is None
        if lists is not None and allowed and parts.authorizer is not None:
            decision = await parts.authorizer.decide(caller, lists, {})
            allowed, policies = decision.allowed and decision.approval is None, decision.policies
        if not allowed:
            text = f"Not permitted: what `{name}` names is looked up with {own}, which you may not call."
            return f"{text} Nothing was executed.", policies
    return None
