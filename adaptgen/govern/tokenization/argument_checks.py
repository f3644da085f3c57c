"""Arguments against the schema of their tool, as the proxy knows it: before anything is restored, decided or sent.

Tokens are in place when the structure is checked, so that no text of a problem can hold a value that an agent may not
see. What the schema says of a value (its length, pattern, format, or that it is a number) is checked once it is
restored; a problem then names the argument and the rule, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.tables import Json
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.core.caches import IdentityCache
from adaptgen.runtime.validation import Arguments, describe_error, dotted_path

Path = tuple[str | int, ...]
Places = Callable[[], Collection[Path]]

_KEPT: Final = 20_000
_COMBINED: Final = frozenset({"anyOf", "oneOfNotValid", "oneOfMultipleValid", "not", "contains"})
"""Rules on an object or a list that may only fail because of a token in it."""


class ArgumentChecks:
    """The checks of all tools, kept while a tool stays the same."""

    def __init__(self) -> None:
        self._made = IdentityCache(_KEPT, _arguments)

    def read(self, tool: ToolInfo, arguments: Mapping[str, Json], token_places: Places) -> Mapping[str, Json]:
        """The arguments as they are meant, numbers in strings as numbers. ``token_places``: where tokens are.

        Raises:
            ToolError: the structure is wrong, or a value that is no token.
        """
        checked = self._made.get(tool)
        if checked is None:
            return arguments
        meant, problems = checked.read(arguments)
        if not problems:
            return meant
        tokens = token_places()
        told = [describe_error(one, meant) for one in problems if not _is_of_token(one, tokens)]
        if told:
            raise ToolError(f"{' '.join(dict.fromkeys(told))} Nothing was sent.")
        return meant

    def check_restored(
        self, tool: ToolInfo, arguments: Mapping[str, Json], tokens: Collection[Path]
    ) -> Mapping[str, Json]:
        """The arguments with restored values, as they are meant; ToolError names the argument and the rule that a value
        breaks."""
        checked = self._made.get(tool)
        if checked is None:
            return arguments
        meant, problems = checked.read(arguments)
        told = [_unmet(one, meant, tokens) for one in problems]
        if told:
            raise ToolError(f"{' '.join(dict.fromkeys(told))} Nothing was executed.")
        return meant


def _arguments(tool: ToolInfo) -> Arguments | None:
    schema = tool.wire.get("inputSchema")
    return Arguments(schema, closed=tool.trusted) if isinstance(schema, Mapping) else None


def _is_of_token(problem: Any, tokens: Collection[Path]) -> bool:
    """Whether a problem may only be there because a token is in the place of a value."""
    at = tuple(problem.instance_path)
    combined = getattr(problem.kind, "name", "") in _COMBINED
    return any(one == at or (combined and one[: len(at)] == at) for one in tokens)


def _unmet(problem: Any, given: Mapping[str, Json], tokens: Collection[Path]) -> str:
    at = tuple(problem.instance_path)
    below = [one for one in tokens if one[: len(at)] == at]
    if not below:
        return describe_error(problem, given)
    place = dotted_path(list(below[0] if len(below) == 1 else at)) or "the arguments"
    rule = getattr(problem.kind, "name", "") or "schema"
    return f"The value of the token in `{place}` does not meet the rule `{rule}` of this argument."


def find_token_places(arguments: Mapping[str, Json], holds_token: Callable[[str], bool]) -> Iterator[Path]:
    todo: list[tuple[Path, Json]] = [((name,), value) for name, value in arguments.items()]
    while todo:
        path, value = todo.pop()
        if isinstance(value, str):
            if holds_token(value):
                yield path
        elif isinstance(value, Mapping):
            todo += [((*path, str(key)), member) for key, member in value.items()]
        elif isinstance(value, (list, tuple)):
            todo += [((*path, at), member) for at, member in enumerate(value)]
