"""Which call of a model is which expected one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from adaptgen.evals.matchers import assign, mismatch
from adaptgen.evals.model import ExpectedCall
from adaptgen.model.tables import Json, value
from adaptgen.syntax.field_paths import MISSING


class Tools(Protocol):
    """What is known of the tools of a server."""

    def name(self, name: str) -> str:
        """The name of a tool today, of one that it had before."""

    def read(self, tool: str, arguments: Mapping[str, Json]) -> Mapping[str, Json]:
        """Arguments by the tool's own schema: providers are shown a plainer one, so models write ``"true"`` for
        ``true``, and JSON in a text for an object."""


@value()
class MadeCall:
    """A call that a model asked for. ``writes``: its tool does not only read. ``at``: which call of the conversation it
    was."""

    tool: str
    arguments: Mapping[str, Json]
    writes: bool = False
    at: int = 0


@value()
class Match:
    """An expected call with the call that was taken for it; None where no call is left. ``held`` of ``total`` matchers
    hold; ``problems``: why the others do not."""

    expected: ExpectedCall
    made: MadeCall | None
    held: int
    total: int
    problems: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        return self.made is not None and not self.problems and self.right_tool

    @property
    def right_tool(self) -> bool:
        """Whether the right tool was called, whatever the arguments."""
        return self.made is not None and self.total >= 0


@value()
class Matching:
    """``matches``: one for each expected call; ``extra``: calls that none of them is taken for."""

    matches: tuple[Match, ...]
    extra: tuple[MadeCall, ...]


def match_calls(expected: Sequence[ExpectedCall], made: Sequence[MadeCall], tools: Tools) -> Matching:
    """The assignment with the most right calls; then, of what is left, calls of the right tool, most matchers first;
    then any calls, which were mistaken for the expected ones: those with the most alike names, the last ones first."""
    fits = [[compare(one, call, tools) for call in made] for one in expected]
    holder = assign([[fit.is_right for fit in row] for row in fits])
    near = sorted(
        (-fit.held / max(fit.total, 1), row, column)
        for row, found in enumerate(fits)
        for column, fit in enumerate(found)
        if fit.right_tool
    )
    for _, row, column in near:
        if row not in holder and column not in holder.values():
            holder[row] = column
    open_columns = [column for column in range(len(made)) if column not in holder.values()]
    matches: list[Match] = []
    for row, one in enumerate(expected):
        if row in holder:
            matches.append(fits[row][holder[row]])
        elif open_columns:
            column = max(open_columns, key=lambda each: (_likeness(one.tool, made[each].tool), each))
            open_columns.remove(column)
            matches.append(Match(one, made[column], 0, -1))
        else:
            matches.append(Match(one, None, 0, -1))
    return Matching(tuple(matches), tuple(made[column] for column in open_columns))


def _likeness(one: str, other: str) -> float:
    """The share of words that two names have in common."""
    first, second = {*one.split("_")}, {*other.split("_")}
    return len(first & second) / len(first | second)


def compare(expected: ExpectedCall, made: MadeCall, tools: Tools) -> Match:
    """How far a call is an expected one, or the best of the calls that are as good."""
    ways = [_compare(one, expected, made, tools) for one in (expected, *expected.instead)]
    return max(ways, key=lambda way: (way.is_right, way.right_tool, way.held / max(way.total, 1)))


def _compare(way: ExpectedCall, expected: ExpectedCall, made: MadeCall, tools: Tools) -> Match:
    if tools.name(way.tool) != made.tool:
        return Match(expected, made, 0, -1)
    # Strict mode sends null for arguments that are absent.
    given = {name: one for name, one in made.arguments.items() if one is not None}
    read = tools.read(made.tool, given)
    literal = {name: matcher for name, matcher in way.arguments.items() if not _has_matchers(matcher)}
    wanted = tools.read(made.tool, literal)
    problems = []
    for name, matcher in way.arguments.items():
        problem = mismatch(matcher, given.get(name, MISSING), None, name)
        if problem and mismatch(matcher, read.get(name, MISSING), None, name):
            same = name in literal and name in read and not mismatch({"$is": wanted.get(name)}, read[name])
            problems += [] if same else [problem]
    held, total = len(way.arguments) - len(problems), len(way.arguments)
    more = sorted(given.keys() - way.arguments.keys())
    if more and not way.more_arguments:
        problems.append(f"{', '.join(more[:5])}: not expected")
        total += 1
    return Match(expected, made, held, total, tuple(problems))


def _has_matchers(matcher: Json) -> bool:
    if isinstance(matcher, dict):
        return any(key.startswith("$") or _has_matchers(one) for key, one in matcher.items())
    return isinstance(matcher, list) and any(map(_has_matchers, matcher))


def follows_order(expected: Sequence[ExpectedCall], made: Sequence[MadeCall], tools: Tools) -> bool:
    """Whether the expected calls were made in their order, with any others between them."""
    at = 0
    for call in made:
        if at < len(expected) and compare(expected[at], call, tools).is_right:
            at += 1
    return at == len(expected)
