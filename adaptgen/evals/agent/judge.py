"""What became of a case: each way to fail has a check of its own, so that a report says how a model went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from adaptgen.evals.agent.conversation import Run
from adaptgen.evals.agent.facts import states
from adaptgen.evals.agent.matching import MadeCall, Match, Matching, compare, follows_order, match_calls
from adaptgen.evals.answers import read_answer, shown
from adaptgen.evals.matcher_checks import facts
from adaptgen.evals.matchers import mismatch
from adaptgen.evals.model import Case, CaseScore, Check, ExpectedCall, State
from adaptgen.evals.surface import Surface
from adaptgen.mcp.protocol import nearest_tool
from adaptgen.mcp.restored_arguments import ArgumentReader
from adaptgen.model.tables import Json, value

_FIXES: Final = {
    "model.wrong_tool": "compare the descriptions of both tools; the hints can change them",
    "model.arguments": "the description of the argument says what a model knows of it; the hints can change it",
    "model.invalid_arguments": "the description of the argument says what a model knows of it; the hints can change it",
    "model.state": "a test system: --live --allow-writes",
}
"""What to do about a check that did not pass."""
_MOST = 3
"""Problems of one check that its message names."""


@value()
class Judged:
    """One run: (check, what is wrong or "") in order; ``open``: checks that could not be made, with the reason."""

    checks: tuple[tuple[str, str], ...]
    open: tuple[tuple[str, str], ...] = ()
    matching: Matching = Matching((), ())

    @property
    def passed(self) -> bool:
        return not self.open and not any(problem for _, problem in self.checks)


def judge_case(
    case: Case, runs: Sequence[Run], surface: Surface, visible: frozenset[str]
) -> tuple[list[Check], CaseScore]:
    """The checks and figures of all runs of a case. A check passes where it passes in every run."""
    judged = [judge_run(case, run, surface, visible) for run in runs]
    checks: list[Check] = []
    for name in dict.fromkeys(name for one in judged for name, _ in (*one.checks, *one.open)):
        wrong = [problem for one in judged for other, problem in one.checks if other == name and problem]
        waiting = [reason for one in judged for other, reason in one.open if other == name]
        state: State = "failed" if wrong else "not run" if waiting else "passed"
        message = next(iter([*wrong, *waiting]), "")
        if len(judged) > 1 and message:
            message = f"{len(wrong or waiting)} of {len(judged)} runs: {message}"
        help = _FIXES.get(name, "") if state != "passed" else ""
        checks.append(Check("L3", case.id, name, state, message, case.where, help))
    return checks, _score(case, runs, judged)


def judge_run(case: Case, run: Run, surface: Surface, visible: frozenset[str]) -> Judged:
    """One conversation. Where the endpoint failed or the budget was used up, nothing is known of the model."""
    if run.ending in ("failed", "budget"):
        return Judged((), (("model.endpoint", run.note),))
    made = _made(run, surface)
    matching = _without_refused(match_calls(case.calls, made, _Tools(surface)))
    checks = [
        ("model.refused", _refused(case, run, made)),
        ("model.loop", run.note if run.ending in ("loop", "turn limit", "cut off") else ""),
        ("model.unknown_tool", _unknown(run, visible)),
        ("model.invalid_arguments", _invalid(run)),
        ("model.wrong_tool", _wrong_tool(case, matching)),
    ]
    if any(one.arguments or not one.more_arguments for one in case.calls):
        checks.append(("model.arguments", _arguments(matching)))
    if case.ordered and len(_needed(case)) > 1:
        in_order = follows_order(_needed(case), made, _Tools(surface))
        checks.append(("model.order", "" if in_order else "the expected calls were not made in this order"))
    if case.never:
        checks.append(("model.never", _never(case, made, surface)))
    if facts(case.answer):
        checks.append(("model.answer", _answer(case, run)))
    more, waiting = _state(case, run)
    checks += more
    if case.max_turns is not None:
        calls = sum(len(one.uses) for one in run.messages)
        over = calls > case.max_turns
        checks.append(("model.turns", f"{calls} calls; at most {case.max_turns} are expected" if over else ""))
    if case.max_bytes is not None:
        over = run.bytes > case.max_bytes
        checks.append(("model.bytes", f"{run.bytes:,} bytes; at most {case.max_bytes:,} are expected" if over else ""))
    return Judged(tuple(checks), waiting, matching)


def _without_refused(matching: Matching) -> Matching:
    """The matching without calls that must fail and were not made: a model that knows better need not try."""
    kept = tuple(one for one in matching.matches if one.right_tool or one.expected.error is None)
    taken = [one.made for one in matching.matches if one not in kept and one.made is not None]
    return Matching(kept, (*matching.extra, *taken))


def _needed(case: Case) -> tuple[ExpectedCall, ...]:
    """The calls that a model has to make."""
    return tuple(one for one in case.calls if one.error is None)


class _Tools:
    """The tools of a surface, for matching."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    def name(self, name: str) -> str:
        found = self._surface.find(name)
        return found.name if found is not None else name

    def read(self, tool: str, arguments: Mapping[str, Json]) -> Mapping[str, Json]:
        found = self._surface.find(tool)
        schema = found.wire.get("inputSchema") if found is not None else None
        try:
            return ArgumentReader(schema).read(arguments) if isinstance(schema, Mapping) else arguments
        except RecursionError:
            return arguments


def _made(run: Run, surface: Surface) -> list[MadeCall]:
    """The calls of the server's tools, also those that were refused: the model asked for them."""
    made: list[MadeCall] = []
    for message in run.messages:
        for answer in message.answers:
            if answer.tool:
                info = surface.find(answer.tool)
                writes = info is not None and info.effect != "read"
                made.append(MadeCall(answer.tool, answer.given, writes, len(made)))
    return made


def _refused(case: Case, run: Run, made: Sequence[MadeCall]) -> str:
    if not _needed(case):
        return ""  # here it is right
    if run.ending == "refused":
        return f"{run.note}; {_names(case)} is expected"
    if run.ending == "answered" and not made:
        return f"the model answered without a call; {_names(case)} is expected"
    return ""


def _names(case: Case) -> str:
    return ", ".join(dict.fromkeys(one.tool for one in _needed(case)))


def _unknown(run: Run, visible: frozenset[str]) -> str:
    names = dict.fromkeys(answer.tool for one in run.messages for answer in one.answers if answer.unknown)
    told = []
    for name in names:
        near = nearest_tool(name, sorted(visible))
        told.append(f"{_plain(name)}{f' (like {near})' if near else ''}")
    return f"the model called tools that this caller does not have: {', '.join(told[:_MOST])}" if told else ""


def _invalid(run: Run) -> str:
    wrong = [(answer.tool, answer.invalid) for one in run.messages for answer in one.answers if answer.invalid]
    if not wrong:
        return ""
    name, why = wrong[0]
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return f"{_plain(name) or 'a call'}: {_plain(why)}{more}"


def _wrong_tool(case: Case, matching: Matching) -> str:
    if not case.calls:
        calls = dict.fromkeys(one.tool for one in matching.extra)
        return f"no call is expected; the model called {', '.join(map(_plain, calls))}" if calls else ""
    wrong = [one for one in matching.matches if not one.right_tool]
    if wrong:
        called = wrong[0].made
        said = f"the model called {_plain(called.tool)}" if called is not None else "it was not called"
        return f"{wrong[0].expected.tool} is expected; {said}"
    writes = dict.fromkeys(one.tool for one in matching.extra if one.writes)
    return f"writes that are not expected: {', '.join(map(_plain, writes))}" if writes else ""


def _arguments(matching: Matching) -> str:
    wrong = [(one.expected.tool, problem) for one in matching.matches if one.right_tool for problem in one.problems]
    return "; ".join(f"{tool}: {_plain(problem)}" for tool, problem in wrong[:_MOST])


def _never(case: Case, made: Sequence[MadeCall], surface: Surface) -> str:
    tools = _Tools(surface)
    for one in case.never:
        if any(compare(one, call, tools).is_right for call in made):
            return f"{one.tool} must not be called this way"
    return ""


def _answer(case: Case, run: Run) -> str:
    if run.ending != "answered":
        return "the model did not answer"
    found = facts(case.answer)
    # What the question names need not be repeated, such as the id of the record that it asks for.
    wanted = [fact for fact in found if not states(case.question, fact)] or list(found)
    missing = [fact for fact in wanted if not states(run.text, fact)]
    if not missing:
        return ""
    more = f" and {len(missing) - _MOST} more" if len(missing) > _MOST else ""
    return f"the text does not state {', '.join(_fact(one) for one in missing[:_MOST])}{more}"


def _fact(fact: Json) -> str:
    return repr(fact) if isinstance(fact, str) else shown(fact)


def _state(case: Case, run: Run) -> tuple[list[tuple[str, str]], tuple[tuple[str, str], ...]]:
    if not case.state:
        return [], ()
    if not run.state:
        return [], (("model.state", "writes were not sent, so nothing has changed"),)
    pairs = zip(case.state, run.state, strict=False)
    wrong = [
        f"{call.tool}: {problem}" for (call, wanted), text in pairs if (problem := mismatch(wanted, read_answer(text)))
    ]
    wrong += ["the state was not read"] * (len(run.state) < len(case.state))
    return [("model.state", "; ".join(wrong[:_MOST]))], ()


def _plain(text: str) -> str:
    """A word of a model in one short line."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:200]


# --------------------------------------------------------------------------------------------------------------- scores


def _score(case: Case, runs: Sequence[Run], judged: Sequence[Judged]) -> CaseScore:
    known = [(run, one) for run, one in zip(runs, judged, strict=True) if run.ending not in ("failed", "budget")]
    costs = [run.cost for run in runs if run.cost is not None]
    return CaseScore(
        case.id,
        _mean([_precision(case, one.matching) for _, one in known]),
        _mean([_recall(one.matching) for _, one in known if one.matching.matches]),
        _held([match for _, one in known for match in one.matching.matches if match.right_tool]),
        _whole(_mean([run.turns for run, _ in known])),
        _whole(_mean([run.bytes for run, _ in known])),
        sum(run.usage.total for run in runs),
        sum(costs) if costs else None,
        tuple(pair for _, one in known for pair in _pairs(one.matching)),
        (sum(one.passed for _, one in known), len(known)) if known else None,
    )


def _held(matches: Sequence[Match]) -> float | None:
    """The share of matchers that hold, over the calls of right tools."""
    total = sum(match.total for match in matches)
    return sum(match.held for match in matches) / total if total else 1.0 if matches else None


def _whole(figure: float | None) -> int | None:
    return None if figure is None else round(figure)


def _precision(case: Case, matching: Matching) -> float:
    """The share of calls that are expected; without any call, 1 where none is expected."""
    right = sum(one.right_tool for one in matching.matches)
    made = sum(one.made is not None for one in matching.matches) + len(matching.extra)
    return right / made if made else float(not _needed(case))


def _recall(matching: Matching) -> float:
    return sum(one.right_tool for one in matching.matches) / len(matching.matches)


def _pairs(matching: Matching) -> Iterator[tuple[str, str]]:
    for one in matching.matches:
        called = one.made.tool if one.made is not None else ""
        yield one.expected.tool, one.expected.tool if one.right_tool else called
    for extra in matching.extra:
        yield "", extra.tool


def _mean(figures: Sequence[float]) -> float | None:
    return sum(figures) / len(figures) if figures else None
