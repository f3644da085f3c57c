"""What one call passes before it is executed, where a policy asks for an approval or has its write done once."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal

from adaptgen.govern.approvals.repeats import Claim, Doubtful, Outcome, Repeated, Repeats
from adaptgen.govern.approvals.requests import (
    LARGEST,
    LEASE,
    Held,
    Request,
    Requests,
    State,
    TooMany,
    call_text,
    canonical_text,
    new_round,
    settled,
)
from adaptgen.govern.authorization.canonical import canonicalize
from adaptgen.govern.identity.own_tokens import ended_keys, is_ended
from adaptgen.mcp.json_text import as_object
from adaptgen.mcp.protocol import META_CHANGED, META_CONNECTION, META_STATUS, META_UNKNOWN, ToolInfo
from adaptgen.model.frozen import value
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.store.protocol import StoreError

if TYPE_CHECKING:
    from adaptgen.govern.audit.call_record import Recorder
    from adaptgen.govern.authorization.authorizer import Authorizer, Decision
    from adaptgen.govern.limits.kill_switch import Switch

PATH: Final = "/approvals"
_URL_REQUIRED: Final = -32042
_INVALID: Final = (-32601, -32602)
"""Errors of a request that was not executed (JSON-RPC 2.0, 5.1)."""
_INPUT_REQUIRED: Final = "input_required"
_TRIES: Final = 5


class NotApproved(Exception):
    """The call is not executed. ``text`` is for the agent; ``reason`` a word for the audit."""

    def __init__(self, text: str, reason: str = "approval") -> None:
        super().__init__(reason)
        self.text = text
        self.reason = reason


class NeedsApproval(NotApproved):
    """Somebody may approve it at ``url``; ``own``: the caller too, who is then asked with ``message``."""

    def __init__(self, text: str, message: str, url: str, id: str, *, own: bool) -> None:
        super().__init__(text)
        self.message = message
        self.url = url
        self.id = id
        self.own = own


@value()
class Approvals:
    """What calls that need an approval, and writes that are done once, share. ``base``: the URL below which the pages
    are; "" without a login, where there are no approvers."""

    requests: Requests
    repeats: Repeats
    authorizer: Authorizer
    base: str = ""
    switch: Switch | None = None

    def link(self, id: str) -> str:
        """Where a request can be approved."""
        return f"{self.base}{PATH}/{id}"

    async def may_approve(
        self, approver: Caller, tool: ToolInfo, request: Request, arguments: Mapping[str, Json]
    ) -> bool:
        """Whether the policies in force let ``approver`` approve this request, and the operators have not cut them off.
        Nobody approves for another tenant."""
        if approver.tenant != request.caller.tenant or (self.switch is not None and self.switch.cuts(approver)):
            return False
        own = approver.key == request.caller.key
        judged = canonicalize(tool, arguments).judged
        return (await self.authorizer.approve(approver, tool, judged, own=own)).allowed

    async def stands(self, request: Request, tool: ToolInfo, arguments: Mapping[str, Json]) -> bool:
        """Whether an approval still counts: who gave it may give it now, and operators have not ended since then what
        that person had (somebody else may have been logged in as them)."""
        by = request.by
        if by is None or not await self.may_approve(by, tool, request, arguments):
            return False
        [key] = ended_keys(person=(by.tenant, by.sub))
        return not is_ended(await self.requests.store.get(key), request.began)


class WriteGuard:
    """One call. :meth:`enter` before it is executed; :meth:`leave` when it has ended."""

    def __init__(
        self, approvals: Approvals, caller: Caller, tool: ToolInfo, decision: Decision, recorder: Recorder
    ) -> None:
        self._all = approvals
        self._requests = approvals.requests
        self._caller = caller
        self._tool = tool
        self._decision = decision
        self._recorder = recorder
        self._held: Held | None = None
        self._claim: Claim | None = None
        self._renewal: asyncio.Task[None] | None = None
        self._asks = False

    @property
    def request(self) -> Request | None:
        """The approved request that is being executed."""
        return self._held.request if self._held is not None else None

    async def enter(self, arguments: Mapping[str, Json]) -> Repeated | None:
        """Take the right to execute the call with these arguments; the first answer where the write was done already.

        Raises:
            NotApproved: it must not be executed now.
            AuditError: what happened cannot be put on record.
            StoreError: the shared state cannot be reached.
        """
        text = canonical_text(arguments)
        once = self._decision.once if _is_write(self._tool, arguments) else None
        keys: tuple[str, ...] = ()
        if once is not None:
            same = canonical_text({"": settled(arguments, dry_run=self._tool.trusted)})
            keys = self._all.repeats.keys_of(self._caller, self._tool, call_text(self._caller, self._tool, same))
            if (found := await self._first_answer(keys, once)) is not None:
                return found
        held = await self._approved(arguments, text) if self._decision.approval is not None else None
        if once is not None:
            self._claim = await self._all.repeats.claim(keys, once)
            if self._claim is None:  # another call was faster
                found = await self._first_answer(keys, once)
                if found is None:
                    raise NotApproved(_BUSY, "repeated")
                return found
        if held is not None:
            try:
                moved = await self._requests.execute(held)
                if moved is None:
                    raise NotApproved(_BUSY)
            except BaseException:  # nothing is executed: neither now nor under this claim
                with contextlib.suppress(StoreError):
                    await self._end_claim("nothing", None)
                raise
            self._held = moved
        if self._held is not None or self._claim is not None:
            self._renewal = asyncio.create_task(self._renew())
        return None

    async def leave(self, result: Mapping[str, Json] | None, code: int | None = None) -> None:
        """The call has ended with this result, or with the code of an RpcError, or nobody knows how. Its approval is
        used up, unless it certainly changed nothing. Where the state cannot be reached, the lease ends, and the call
        counts as one that may have been executed."""
        if result is not None:
            self._asks = not self._tool.trusted and result.get("resultType") == _INPUT_REQUIRED
            await self._leave(outcome_of(self._tool, result), result)
        else:
            self._asks = not self._tool.trusted and code == _URL_REQUIRED
            asks = code == _URL_REQUIRED or (self._tool.trusted and code in _INVALID)
            await self._leave("nothing" if asks else "unknown", None)

    async def give_up(self) -> None:
        """The call is not executed after all."""
        await self._leave("nothing", None)

    async def _leave(self, outcome: Outcome, result: Mapping[str, Json] | None) -> None:
        if self._renewal is not None:
            self._renewal.cancel()
            self._renewal = None
        with contextlib.suppress(StoreError):
            if self._held is not None:
                held, self._held = self._held, None
                # A third party may have done a part of it before it asks, and no answer can be approved.
                state: State = "unknown" if self._asks else "approved" if outcome == "nothing" else outcome
                moved = await self._requests.move(held, state)
                if moved is not None:
                    await self._requests.let_go(held)
        with contextlib.suppress(StoreError):
            await self._end_claim(outcome, result)

    async def _end_claim(self, outcome: Outcome, result: Mapping[str, Json] | None) -> None:
        if self._claim is not None:
            claim, self._claim = self._claim, None
            await self._all.repeats.finish(claim, outcome, result)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(LEASE / 3)
            with contextlib.suppress(StoreError):
                if self._held is not None:
                    await self._requests.hold(self._held)
                if self._claim is not None:
                    await self._all.repeats.hold(self._claim)

    # ---------------------------------------------------------------------------------------------------------- once

    async def _first_answer(self, keys: tuple[str, ...], once: float) -> Repeated | None:
        try:
            return await self._all.repeats.find(keys, once)
        except Doubtful as doubt:
            if doubt.busy:
                raise NotApproved(_BUSY, "repeated") from None
            raise NotApproved(
                f"The same call began at {moment(doubt.at)}, and may have been executed: check first. It is not "
                f"executed again before {moment(doubt.at + once)}.",
                "repeated",
            ) from None

    # ------------------------------------------------------------------------------------------------------ approvals

    async def _approved(self, arguments: Mapping[str, Json], text: str) -> Held:
        """The approved request of this call.

        Raises:
            NotApproved: it is not approved.
        """
        self._check_approvable(arguments, text)
        id = self._requests.id_of(self._caller, self._tool, text)
        for _ in range(_TRIES):
            held = await self._requests.find(id)
            ended = await self._ended(held, arguments) if held is not None else True
            if held is not None and not ended:
                if held.request.state == "approved" and held.request.arguments == text:
                    return held
                raise await self._waiting(held.request, arguments)
            opened = await self._open(id, text, held)
            if opened is not None:
                self._recorder.approval("requested", opened.request)
                raise await self._waiting(opened.request, arguments)
        raise StoreError("the request for approval changes all the time")

    def _check_approvable(self, arguments: Mapping[str, Json], text: str) -> None:
        name = self._tool.name
        if not self._all.base:
            raise NotApproved(
                f"Not executed: {name} needs an approval, and nobody can approve here: this server has no login, so it "
                "has no page to approve on. Trying again does not help."
            )
        if len(text) > LARGEST:
            raise NotApproved(
                f"Not executed: {name} needs an approval, and these arguments are too long for a person to read: "
                f"{len(text):,} characters, {LARGEST:,} at most. Send less at once."
            )
        if any(_refers(arguments.get(one)) for one in self._tool.files):
            raise NotApproved(
                f"Not executed: {name} needs an approval, and a file passed by reference cannot be approved: it "
                "could change. Send the file in base64."
            )

    async def _ended(self, held: Held, arguments: Mapping[str, Json]) -> bool:
        """Whether a request can no longer be executed, so that another one may be opened in its place."""
        request, requests = held.request, self._requests
        if request.state in ("done", "unknown"):
            return True
        if request.state == "executing":
            if await requests.is_held(request.id):
                return False
            now = await requests.find(request.id)
            if now is None or now.data != held.data:
                return now is None or await self._ended(now, arguments)
            self._recorder.approval("unknown", request)
            return True
        if request.state == "denied":
            return requests.clock() >= request.ends
        if request.is_over(requests.clock(), self._decision.approval):
            self._recorder.approval("expired", request)
            return True
        if request.state == "approved" and not await self._all.stands(request, self._tool, arguments):
            self._recorder.approval("withdrawn", request)
            return True
        return False

    async def _open(self, id: str, text: str, before: Held | None) -> Held | None:
        assert self._decision.approval is not None
        request = Request(
            id=id,
            round=new_round(),
            state="open",
            caller=Caller(self._caller.sub, self._caller.tenant, self._caller.groups, name=self._caller.name),
            server=self._tool.server,
            tool=self._tool.own,
            arguments=text,
            asked=self._requests.clock(),
            lasts=self._decision.approval,
            earlier=_earlier(before),
        )
        try:
            return await self._requests.ask(request, before)
        except TooMany as many:
            if before is None and await self._requests.find(id) is not None:
                return None
            seconds = max(1, round(many.seconds + 0.5))
            raise NotApproved(
                f"Not executed: you have requested too many approvals. Try again in {seconds} s.", "limit"
            ) from None

    async def _waiting(self, request: Request, arguments: Mapping[str, Json]) -> NotApproved:
        """Why a call is not executed whose request is in this state."""
        name, ends = self._tool.name, moment(request.ends)
        if request.state == "executing":
            return NotApproved(
                f"Not executed again: the same call of {name} is in progress and uses up its approval. It may "
                "have been executed: check first."
            )
        if request.state == "denied":
            return NotApproved(
                f"Not executed: this call of {name} was denied. It cannot be requested again before {ends}."
            )
        judged = canonicalize(self._tool, arguments).judged
        own = (await self._all.authorizer.approve(self._caller, self._tool, judged, own=True)).allowed
        url = self._all.link(request.id)
        earlier = _EARLIER[request.earlier]
        who = "your approval" if own else "the approval of another person"
        give = "Show this link to the user" if own else "Show this link to the user, who can pass it on"
        text = (
            f"{earlier}Not executed: {name} needs {who}. {give}: {url} (open until {ends}). When it is approved, "
            "repeat exactly the same call: it is then executed once. Other arguments need another approval."
        )
        message = f"{earlier}{name} needs your approval (before {ends})."
        return NeedsApproval(text, message, url, request.id, own=own)


_EARLIER: Final = {
    "": "",
    "done": "The same call was approved and executed before. ",
    "unknown": "An earlier call like this one may have been executed: check first. ",
}
_BUSY: Final = "Not executed again: the same call is in progress. It may have been executed: check first."


def moment(seconds: float) -> str:
    """A moment for people and models, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _earlier(before: Held | None) -> Literal["", "done", "unknown"]:
    """What became of the call in the rounds before."""
    if before is None:
        return ""
    if before.request.state in ("executing", "unknown"):
        return "unknown"
    return "done" if before.request.state == "done" else before.request.earlier


def _refers(file: Json) -> bool:
    """Whether a file argument names a file in place of holding it."""
    if isinstance(file, Mapping):
        return "source" in file or any(map(_refers, file.values()))
    if isinstance(file, (list, tuple)):
        return any(map(_refers, file))
    return isinstance(file, str) and "://" in file[:200]


def _is_write(tool: ToolInfo, arguments: Mapping[str, Json]) -> bool:
    dry = tool.trusted and arguments.get("dry_run") in (True, "true", "True")
    return tool.effect != "read" and not dry


def outcome_of(tool: ToolInfo, result: Mapping[str, Json]) -> Outcome:
    """What the answer of a tool says about its execution. What a third party says of itself does not count."""
    if result.get("resultType") == _INPUT_REQUIRED:
        return "nothing"
    own = as_object(result.get("_meta")) if tool.trusted else {}
    if own.get(META_UNKNOWN) is True or own.get(META_CHANGED) is True:
        return "unknown"
    if not result.get("isError"):
        return "done"
    if META_CONNECTION in own:
        return "nothing"
    if not tool.trusted:
        return "unknown"
    status = own.get(META_STATUS)
    refused = isinstance(status, int) and 400 <= status < 500
    # Our servers say what may have been changed. Earlier ones do not: there, of several requests, those before the one
    # that failed may have changed something.
    return "nothing" if len(tool.calls) <= 1 and (refused or status is None) else "unknown"
