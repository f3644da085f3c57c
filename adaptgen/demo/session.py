"""An agent-like session without a model: scripted tool calls, each taking values out of earlier answers.

A script is data, so that what is claimed about it (turns, bytes, what the text contains) can be read and checked. A
*turn* is one tool call: the model writes its arguments, then reads its answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from adaptgen.evals.answers import read_answer as read
from adaptgen.model.tables import Json
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.templates import Reference, fill

Caller = Callable[[str, dict[str, Json]], Awaitable[str]]
"""Calls a tool by name with arguments and returns the text of its answer. Raises :class:`Refusal` for an error."""


class Refusal(Exception):
    """A tool answered with an error; the text says why."""


@dataclass(frozen=True, slots=True)
class Say:
    """One tool call of a script.

    ``arguments`` are templates over earlier answers, by the names that ``keep`` gave them: ``{customer.items.0.id}``;
    ``{customers.items[*].id}`` is the list of what all of them have.
    ``resend`` names an earlier answer, or a part of one (``read.data``), whose members are sent along as the body,
    ``arguments["body"]`` on top of them, as a full replacement wants it; ``only`` the members that may be sent.
    """

    tool: str
    arguments: Mapping[str, Json] = field(default_factory=dict)
    keep: str = ""
    resend: str = ""
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """What went over the wire in one turn, as text."""

    tool: str
    asked: str
    answered: str

    @property
    def size(self) -> int:
        """UTF-8 bytes of both directions."""
        return len(self.asked.encode()) + len(self.answered.encode())


@dataclass(slots=True)
class Conversation:
    """Everything the model wrote and read. ``answers``: name -> the answer, lists in columns turned into objects."""

    turns: list[Turn] = field(default_factory=list)
    answers: dict[str, Json] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return sum(turn.size for turn in self.turns)

    @property
    def text(self) -> str:
        return "\n".join(f"{turn.asked}\n{turn.answered}" for turn in self.turns)

    @property
    def last(self) -> Json:
        return self.answers[""]


async def play(script: Iterable[Say], call: Caller, scope: Mapping[str, Json] | None = None) -> Conversation:
    """Run a script. ``scope``: values that templates may name besides earlier answers. KeyError: a template names what
    no earlier answer has; Refusal: from ``call``."""
    said = Conversation()
    for one in script:
        known = {**(scope or {}), **said.answers}
        arguments = fill(_listed(dict(one.arguments), known), known, _no_references)
        if one.resend:
            before = fill(f"{{{one.resend}}}", said.answers, _no_references)
            kept = {name: before[name] for name in one.only or before if name in before}
            arguments["body"] = {**kept, **arguments.get("body", {})}
        answer = await call(one.tool, arguments)
        said.turns.append(Turn(one.tool, json.dumps(arguments, separators=(",", ":"), ensure_ascii=False), answer))
        said.answers[""] = read(answer)
        if one.keep:
            said.answers[one.keep] = said.answers[""]
    return said


_EACH = re.compile(r"\{([A-Za-z_]\w*)\.([^{}]*\[\*\][^{}]*)\}")


def _listed(value: Json, scope: Mapping[str, Json]) -> Json:
    """``value`` with every ``{name.path[*].path}`` replaced by the list that it stands for."""
    if isinstance(value, dict):
        return {key: _listed(member, scope) for key, member in value.items()}
    if isinstance(value, list):
        return [_listed(element, scope) for element in value]
    found = _EACH.fullmatch(value) if isinstance(value, str) else None
    return value if found is None else fields.get(scope[found[1]], found[2])


def _no_references(reference: Reference) -> str:
    raise KeyError(str(reference))
