"""L2: whether the expected calls return the right answer, for this caller and for no other, without a model.

The calls fit their contracts; the policies permit them for the caller and refuse them for others; made in order, they
return the answer and leave the state that the case says, within its turns and bytes, and show no personal data that
should be tokens. They are made on a replay or, with ``live``, on the API. A write is made only there and only with
``writes``; what cannot be made did not run, and has not passed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from adaptgen.diagnostics import did_you_mean
from adaptgen.evals.answers import measured_bytes, text_of
from adaptgen.evals.drafting import example_of
from adaptgen.evals.matchers import NO_EXAMPLE, example, is_absent, mismatch
from adaptgen.evals.model import Case, CaseScore, Check, ExpectedCall, State
from adaptgen.evals.recordings import Replay
from adaptgen.evals.retrieval import Retrieval
from adaptgen.evals.surface import Called, Surface
from adaptgen.evals.verdicts import call_problem, check_limit, kinds_in_clear, name_of, redacted
from adaptgen.mcp.protocol import ToolInfo, unknown_tool
from adaptgen.model.frozen import value
from adaptgen.model.tables import Caller, Json

_LIVE: Final = "--live asks the API"
_CUT: Final = "the recording of {} holds the first elements only"
_UNGOVERNED: Final = "without governance nothing is refused"
_NO_POLICIES: Final = "no policies of this folder decide about it"


@value()
class Made:
    """The calls of a case, as far as they could be made. ``open``: why the others were not, "" where all were.
    ``cut``: which recorded answer may have been longer: it proves no answer wrong."""

    answers: tuple[Called, ...]
    open: str
    help: str = ""
    cut: str = ""


class Oracle:
    """Checks cases on one surface. ``replay``: the network of a replay, None for the live API."""

    def __init__(self, surface: Surface, retrieval: Retrieval, replay: Replay | None, *, writes: bool) -> None:
        self._surface = surface
        self._retrieval = retrieval
        self._replay = replay
        self._writes = writes and replay is None

    def changes(self, case: Case) -> bool:
        """Whether a call of the case is to change something."""
        return any(self._changes(call) for call in case.calls)

    async def check(self, case: Case) -> AsyncIterator[Check | CaseScore]:
        """The checks of one case, and what it cost."""
        contracts = [self._contract(case, call) for call in (*case.calls, *(call for call, _ in case.state))]
        for found in contracts:
            yield found
        async for found in self._policy(case):
            yield found
        async for found in self._never(case):
            yield found
        if not case.calls:
            return
        if any(one.state == "failed" for one in contracts):
            yield self._check(case, "oracle.answer", "not run", "a call of it does not fit its contract")
            return
        made, problems = await self._make(case)
        for found in problems:
            yield found
        for found in self._answered(case, made):
            yield found
        async for found in self._equivalents(case, made):
            yield found
        async for found in self._state(case, made):
            yield found
        if not made.open:
            turns = len(made.answers) + await self._retrieval.steps(case)
            size = sum(measured_bytes(one.text, one.answer) for one in made.answers)
            yield check_limit(case, "oracle.turns", turns, case.max_turns, "turns")
            yield check_limit(case, "oracle.bytes", size, case.max_bytes, "bytes")
            yield CaseScore(case.id, turns=turns, bytes=size)

    # ------------------------------------------------------------------------------------------------------- contracts

    def _contract(self, case: Case, call: ExpectedCall) -> Check:
        """The call and those that are as good fit what the tools take. A call that must fail may not fit."""
        for one in (call, *call.instead):
            problem, help = self._unknown_name(one)
            if not problem and call.error is None:
                problem, help = self._misfit(one, {})
            if problem:
                return Check("L2", case.id, "oracle.contract", "failed", problem, call.where, help)
        return Check("L2", case.id, "oracle.contract", "passed", where=call.where)

    def _unknown_name(self, call: ExpectedCall) -> tuple[str, str]:
        """The tool or argument of a call that does not exist, and the nearest name; "" where all do."""
        tool = self._surface.find(call.tool)
        if tool is None:
            help = did_you_mean(call.tool, self._surface.tools) or "adaptgen tools DIR lists them"
            return f"there is no tool {call.tool}", help
        for name, matcher in call.arguments.items():
            if name not in tool.properties and not is_absent(matcher):
                help = did_you_mean(name, tool.properties) or f"arguments: {', '.join(tool.properties)}"
                return f"{tool.name} has no argument {name}", help
        return "", ""

    def _misfit(self, call: ExpectedCall, scope: Mapping[str, Json]) -> tuple[str, str]:
        """What the contract of an existing tool says against a call."""
        tool = self._surface.find(call.tool)
        assert tool is not None
        arguments = self._arguments(tool, call, scope, stand_ins=True)
        open_names = [name for name, matcher in call.arguments.items()
                      if name not in arguments and not is_absent(matcher)]  # fmt: skip
        required: Any = (tool.wire.get("inputSchema") or {}).get("required", ())
        if absent := [name for name in open_names if name in required]:
            return f"{absent[0]} of {tool.name} has no value to call with", "add $example to its matcher"
        problem = self._surface.invalid(tool, arguments)
        return (f"{tool.name}: {problem}", "correct the arguments of the case") if problem else ("", "")

    def _arguments(
        self, tool: ToolInfo, call: ExpectedCall, scope: Mapping[str, Json], *, stand_ins: bool = False
    ) -> dict[str, Json]:
        """Arguments that fit the matchers of a call. ``stand_ins``: some value for what comes from an answer that is
        not known yet."""
        made: dict[str, Json] = {}
        for name, matcher in call.arguments.items():
            found = example(matcher, scope)
            if found is NO_EXAMPLE and stand_ins and isinstance(matcher, dict) and "$from" in matcher:
                found = example_of(tool.properties.get(name))
            if found is not NO_EXAMPLE:
                made[name] = found
        return made

    def _changes(self, call: ExpectedCall) -> bool:
        tool = self._surface.find(call.tool)
        return tool is not None and tool.effect != "read" and call.arguments.get("dry_run") is not True

    # ---------------------------------------------------------------------------------------------------------- policy

    async def _policy(self, case: Case) -> AsyncIterator[Check]:
        calls = [call for call in case.calls if self._surface.find(call.tool) is not None]
        for call in calls:
            allowed, why = await self._permits(case.caller, call)
            if call.error is not None:
                if found := self._denied(case, call, allowed):
                    yield found
                continue
            if allowed is None:
                yield self._check(case, "oracle.permitted", "not run", _NO_POLICIES, call)
            elif allowed:
                yield self._check(case, "oracle.permitted", "passed", "", call)
            else:
                help = "permit it in the policies, or correct the caller of the case"
                message = f"{name_of(case.caller)} may not call {call.tool}: {why}"
                yield self._check(case, "oracle.permitted", "failed", message, call, help)
        for other in case.refused_for if calls else ():
            decided = [await self._permits(other, call) for call in calls]
            if self._surface.settings is None:
                yield self._check(case, "oracle.refused", "not run", _UNGOVERNED)
            elif all(allowed is None for allowed, _ in decided):
                yield self._check(case, "oracle.refused", "not run", _NO_POLICIES)
            elif any(allowed is False for allowed, _ in decided):
                yield self._check(case, "oracle.refused", "passed")
            else:
                names = ", ".join(dict.fromkeys(call.tool for call in calls))
                help = "forbid it in the policies: adaptgen policy explain shows what permits it"
                yield self._check(case, "oracle.refused", "failed", f"{name_of(other)} may call {names}", None, help)

    def _denied(self, case: Case, call: ExpectedCall, allowed: bool | None) -> Check | None:
        """The check of a call that the policies must refuse, so that nothing needs to be executed to find a hole; None
        where something else is to refuse it."""
        tool = self._surface.find(call.tool)
        assert tool is not None
        hidden = text_of(unknown_tool(call.tool, ()))
        refusals = (f"Not permitted: {tool.name} with these arguments. Nothing was executed.", hidden)
        if all(mismatch(call.error, one) for one in refusals):
            return None
        if self._surface.settings is None:
            return self._check(case, "oracle.denied", "not run", _UNGOVERNED, call)
        if allowed is None:
            return self._check(case, "oracle.denied", "not run", _NO_POLICIES, call)
        if not allowed:
            return self._check(case, "oracle.denied", "passed", "", call)
        help = "forbid it in the policies: adaptgen policy explain shows what permits it"
        message = f"{name_of(case.caller)} may call {tool.name} with these arguments"
        return self._check(case, "oracle.denied", "failed", message, call, help)

    async def _never(self, case: Case) -> AsyncIterator[Check]:
        for call in case.never:
            tool = self._surface.find(call.tool)
            problem, help = self._unknown_name(call)
            if problem:
                # A call with a misspelt name never happens, and shows nothing.
                yield self._check(case, "oracle.never", "failed", problem, call, help)
                continue
            if call.permitted:
                continue  # only a model can make it or leave it
            if tool is None or tool.name not in await self._surface.visible(case.caller):
                yield self._check(case, "oracle.never", "passed", "", call)
                continue
            if call.arguments and self._surface.invalid(tool, self._arguments(tool, call, {}, stand_ins=True)):
                yield self._check(case, "oracle.never", "passed", "", call)
                continue
            allowed = (await self._permits(case.caller, call))[0] if call.arguments else True
            if allowed is False:
                yield self._check(case, "oracle.never", "passed", "", call)
            elif self._surface.authorizer is None:
                why = _NO_POLICIES if self._surface.settings is not None else _UNGOVERNED
                yield self._check(case, "oracle.never", "not run", why, call)
            else:
                message = f"{name_of(case.caller)} may call {tool.name}, which must not happen"
                help = "forbid it in the policies; or write permitted: true where only a model can leave it"
                yield self._check(case, "oracle.never", "failed", message, call, help)

    async def _permits(self, caller: Caller, call: ExpectedCall) -> tuple[bool | None, str]:
        """Whether the policies permit a call, None where none decide here; and why not."""
        tool = self._surface.find(call.tool)
        assert tool is not None
        if self._surface.settings is None:
            return True, ""  # without governance every caller may call every tool
        if self._surface.authorizer is None:
            return None, ""
        decision = await self._surface.decide(caller, tool, self._arguments(tool, call, {}, stand_ins=True))
        assert decision is not None
        if decision.logged_only:
            return True, "it is only logged"
        by = f" ({', '.join(decision.policies)})" if decision.policies else ""
        return decision.allowed, f"{decision.reason}{by}"

    # --------------------------------------------------------------------------------------------------------- answers

    async def _make(self, case: Case) -> tuple[Made, list[Check]]:
        """The calls in their order, until one cannot be made or is wrong."""
        answers: list[Called] = []
        checks: list[Check] = []
        scope: dict[str, Json] = {}
        if self._replay is not None:
            self._replay.cut.clear()
        for call in case.calls:
            made = await self._call(case.caller, call, scope)
            if isinstance(made, Made):
                return Made(tuple(answers), made.open, made.help), checks
            answers.append(made)
            checks += self._personal(case, call, made)
            problem, help = call_problem(call, made)
            if problem and self._cut(call):
                return Made(tuple(answers), _CUT.format(self._cut(call)), _LIVE), checks
            if problem:
                checks.append(self._check(case, "oracle.call", "failed", problem, call, help))
                return Made(tuple(answers), f"the call of {call.tool} before it is wrong"), checks
            checks.append(self._check(case, "oracle.call", "passed", "", call))
            if call.keep:
                scope[call.keep] = made.answer
        return Made(tuple(answers), "", cut=next(filter(None, map(self._cut, case.calls)), "")), checks

    def _cut(self, call: ExpectedCall) -> str:
        """Which answer of the replay may have been longer, where a call reads lists; "" where none was, and for one
        record."""
        tool = self._surface.find(call.tool)
        reads_lists = tool is not None and ("cursor" in tool.properties or tool.lookups or len(tool.calls) > 1)
        return self._replay.cut[-1] if reads_lists and self._replay is not None and self._replay.cut else ""

    async def _call(self, caller: Caller, call: ExpectedCall, scope: Mapping[str, Json]) -> Called | Made:
        tool = self._surface.find(call.tool)
        assert tool is not None
        arguments = self._arguments(tool, call, scope)
        if self._changes(call) and not self._writes and not await self._is_refused(caller, tool, arguments):
            return Made((), f"{call.tool} writes", "a test system: --live --allow-writes")
        if self._replay is None:
            # Dry also where the call should be refused: what refuses it may be wrong.
            return await self._surface.call(caller, call.tool, arguments, dry=not self._writes)
        if self._replay.empty and not await self._is_refused(caller, tool, arguments):
            return Made((), "nothing is recorded", f"adaptgen record makes cassettes; {_LIVE}")
        missing, requests = len(self._replay.missing), self._replay.requests
        called = await self._surface.call(caller, call.tool, arguments)
        # A login that is not recorded is tried once: the calls after it fail without a request.
        silent = called.is_error and self._replay.requests == requests
        if missing and silent and not await self._is_refused(caller, tool, arguments):
            missing = 0
        if self._replay.missing[missing:]:
            return Made((), f"no recording answers {self._replay.missing[missing]}", _LIVE)
        return called

    async def _is_refused(self, caller: Caller, tool: ToolInfo, arguments: Mapping[str, Json]) -> bool:
        """Whether a call never reaches the API: then it can be made without writing."""
        if self._surface.invalid(tool, arguments):
            return True
        decision = await self._surface.decide(caller, tool, arguments)
        return decision is not None and not decision.allowed

    async def _equivalents(self, case: Case, made: Made) -> AsyncIterator[Check]:
        """Calls that are as good return the same answer. What writes is made once."""
        if made.open or case.answer is None or self.changes(case):
            return
        for at, call in enumerate(case.calls):
            for other in call.instead:
                if self._changes(other):
                    continue
                swapped = replace(other, keep=call.keep)
                variant = replace(case, calls=(*case.calls[:at], swapped, *case.calls[at + 1 :]))
                done, problems = await self._make(variant)
                problem = next((one.message for one in problems if one.state == "failed"), "")
                if not problem and not done.open:
                    problem = mismatch(case.answer, done.answers[-1].answer)
                if (done.open and not problem) or (problem and done.cut):
                    why = done.open or _CUT.format(done.cut)
                    yield self._check(case, "oracle.instead", "not run", why, call, _LIVE)
                else:
                    help = f"{other.tool} is not as good as {call.tool}: take it out of instead" if problem else ""
                    yield self._check(case, "oracle.instead", "failed" if problem else "passed", problem, call, help)

    def _answered(self, case: Case, made: Made) -> Iterator[Check]:
        if case.answer is None and not made.open:
            return
        if made.open:
            yield self._check(case, "oracle.answer", "not run", made.open, None, made.help)
            return
        problem = mismatch(case.answer, made.answers[-1].answer)
        if problem and made.cut:
            yield self._check(case, "oracle.answer", "not run", _CUT.format(made.cut), None, _LIVE)
        elif problem:
            help = f"look at it: adaptgen call DIR {case.calls[-1].tool} …; correct the case, the hints or the API"
            yield self._check(case, "oracle.answer", "failed", problem, None, help)
        else:
            yield self._check(case, "oracle.answer", "passed")

    def _personal(self, case: Case, call: ExpectedCall, made: Called) -> Iterator[Check]:
        """Nothing that is classified, and nothing that detectors find, may be read in clear."""
        kinds = self._surface.tokenized
        if not kinds:
            return
        clear = kinds_in_clear(made, kinds)
        if clear:
            message = f"the answer of {call.tool} shows personal data in clear: {', '.join(clear)}"
            help = "classify the field under sensitive in the hints, and its kind under tokenize in the settings"
            yield self._check(case, "oracle.personal", "failed", message, call, help)
        else:
            yield self._check(case, "oracle.personal", "passed", "", call)

    async def _state(self, case: Case, made: Made) -> AsyncIterator[Check]:
        for call, wanted in case.state:
            if made.open or not self._writes:
                why = made.open or "nothing was written"
                yield self._check(case, "oracle.state", "not run", why, call, "a test system: --live --allow-writes")
                continue
            called = await self._call(case.caller, call, {})
            if isinstance(called, Made):
                yield self._check(case, "oracle.state", "not run", called.open, call, called.help)
                continue
            problem = redacted(called.text) if called.is_error else mismatch(wanted, called.answer)
            state: State = "failed" if problem else "passed"
            help = "the change did not happen, or another one did" if problem else ""
            yield self._check(case, "oracle.state", state, problem, call, help)

    def _check(
        self,
        case: Case,
        name: str,
        state: State,
        message: str = "",
        call: ExpectedCall | None = None,
        help: str = "",
    ) -> Check:
        where = call.where if call is not None and call.where is not None else case.where
        return Check("L2", case.id, name, state, message, where, help)
