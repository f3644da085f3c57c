"""What a person writes by hand about a generated server, in ``specs/<name>/overrides.py``.

    from adaptgen.runtime import Overrides, Outgoing, Proceed, ToolCall

    overrides = Overrides()

    @overrides.wrap("list_invoices")
    async def polite(call: ToolCall, proceed: Proceed):
        return await proceed({**call.arguments, "status": call.arguments.get("status", "OPEN")})

The file survives every regeneration. The build reads it without running it, so names, schemas and effects are
literals (or names of literals at the top of the file); see docs/overrides.md.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where
from adaptgen.model.contract_file import OWN_ARGUMENTS
from adaptgen.model.frozen import value
from adaptgen.model.tables import Contract, Effect, Json, Server, Tool, Unpaged
from adaptgen.runtime.core.answer import Answer

if TYPE_CHECKING:
    from adaptgen.runtime.override_calls import Outgoing, ToolCall

Kind: TypeAlias = Literal["replace", "wrap", "request", "add", "embed"]
Proceed: TypeAlias = Callable[..., Awaitable[Answer]]
"""``await proceed()``: the tool as generated (or replaced); ``await proceed(arguments)``: with other arguments."""
Result: TypeAlias = Any
"""A JSON value, a text, or a whole :class:`adaptgen.runtime.Answer`."""
Replacement: TypeAlias = "Callable[[ToolCall], Awaitable[Result]]"
Wrapper: TypeAlias = "Callable[[ToolCall, Proceed], Awaitable[Result]]"
Shaper: TypeAlias = "Callable[[Outgoing], None]"
Embedder: TypeAlias = "Callable[[Sequence[str]], Awaitable[Sequence[Sequence[float]]]]"
_F = TypeVar("_F", bound=Callable[..., Any])

TAKES: Mapping[str, tuple[str, ...]] = {
    "replace": ("call",),
    "wrap": ("call", "proceed"),
    "request": ("request",),
    "add": ("call",),
    "embed": ("texts",),
}
"""What a function of each kind is called with."""
_FIELDS = {
    "type": "array",
    "items": {"type": "string"},
    "description": 'Fields to return instead of the default ones, such as ["id", "organization.name"]; ["*"]: all.',
}
_LIMIT = {"type": "integer", "minimum": 1, "maximum": 1000, "description": "Items per answer."}
_CURSOR = {"type": "string", "description": "`next_cursor` of the previous answer, to go on."}
_DRY_RUN = {"type": "boolean", "description": "true: change nothing, return the request that would be sent."}
_QUESTIONS: Mapping[str, Json] = {
    "where": OWN_ARGUMENTS["where"],
    "sort": {"type": "array", "items": {"type": "string"}, "description": "Paths; -path: largest first."},
    "count": {"type": "string", "description": "true: how many; a path: how many of each value."},
    "distinct": {"type": "string", "description": "A path: its values."},
    **{name: OWN_ARGUMENTS[name] for name in ("sum", "avg", "min", "max", "group_by")},
}
_RESERVED = ("cursor", "limit", "fields", "dry_run")


@value()
class Override:
    """One decorated function, and the place of its decorator."""

    kind: Kind
    tool: str
    function: Callable[..., Any]
    where: Where


class Overrides:
    """Collects what a side file says, which holds one called ``overrides``."""

    def __init__(self) -> None:
        self.embedder: Embedder | None = None
        """What makes vectors of texts for search."""
        self._declared: list[Override] = []
        self._added: dict[str, tuple[Tool, Contract]] = {}
        self._acting: dict[str, tuple[Override, ...]] = {}
        self._shaping: dict[str, tuple[Override, ...]] = {}

    def __repr__(self) -> str:
        return f"Overrides({', '.join(f'{one.kind} {one.tool}' for one in self._declared)})"

    # ------------------------------------------------------------------------------------------------------ decorators

    def replace(self, tool: str) -> Callable[[_F], _F]:
        """``async def f(call: ToolCall)`` answers in place of ``tool``, under its contract, view and marks.

        A list tool answers a list (it is cut into pages), other tools a JSON value, a text or an Answer.
        """
        return self._declare("replace", tool)

    def wrap(self, tool: str) -> Callable[[_F], _F]:
        """``async def f(call: ToolCall, proceed: Proceed)`` acts before and after ``tool``. Of several the first in the
        file is the outermost."""
        return self._declare("wrap", tool)

    def request(self, *tools: str) -> Callable[[_F], _F]:
        """``def f(request: Outgoing)`` changes headers, query and body of every request that ``tools`` send, before
        credentials are put into it. Where it goes cannot be changed."""

        def decorate(function: _F) -> _F:
            for tool in tools:
                self._declare("request", tool)(function)
            return function

        return decorate

    def add(
        self,
        *,
        name: str,
        description: str,
        input_schema: Mapping[str, Json],
        effect: Effect,
        sensitive: Mapping[str, str] = {},
        sensitive_arguments: Mapping[str, str] = {},
        lists: bool = False,
        view: Sequence[str] | None = None,
        annotations: Mapping[str, Json] = {},
    ) -> Callable[[_F], _F]:
        """``async def f(call: ToolCall)`` is a tool of its own.

        ``input_schema`` is an object schema (JSON Schema 2020-12); arguments are checked by it. ``effect`` decides what
        governance permits without a policy: say what the tool does, not what it is hoped to do. ``sensitive`` and
        ``sensitive_arguments`` as in :class:`adaptgen.model.tables.Tool`. ``lists``: it answers a list, which is cut
        into pages; it takes ``limit``, ``cursor`` and ``fields`` then. ``view``: the fields kept (None: all of them). A
        tool that does not read takes ``dry_run``.
        """

        def decorate(function: _F) -> _F:
            self._declare("add", name)(function)
            made = find_added(
                name=name,
                description=description,
                input_schema=input_schema,
                effect=effect,
                sensitive=sensitive,
                sensitive_arguments=sensitive_arguments,
                lists=lists,
                view=view,
                annotations=annotations,
            )
            if name in self._added:
                raise AdaptgenError(_broken(f"the tool {name!r} is added twice", self._declared[-1].where))
            self._added[name] = made
            return function

        return decorate

    def embed(self, function: _F) -> _F:
        """``async def f(texts)`` returns a vector of numbers for each text, all of one length. The build calls it with
        the texts of new and changed tools, search with a query; see docs/menus.md."""
        where = _checked("embed", function)
        if self.embedder is not None:
            raise AdaptgenError(_broken("an embedder is declared twice", where))
        self.embedder = function
        return function

    def _declare(self, kind: Kind, tool: str) -> Callable[[_F], _F]:
        def decorate(function: _F) -> _F:
            self._declared.append(Override(kind, tool, function, _checked(kind, function)))
            return function

        return decorate

    # ------------------------------------------------------------------------------------------------------ in a server

    def of(self, server: Server) -> Server:
        """``server`` with the added tools among its own, and all of this in effect.

        Raises:
            AdaptgenError: AG045 for every override whose tool is not there, and added tools that are.
        """
        names = {old: tool.name for tool in server.tools for old in tool.aliases} | {
            t.name: t.name for t in server.tools
        }
        problems = [
            _broken(f"there is no tool {one.tool!r} to {one.kind}", one.where)
            for one in self._declared
            if one.kind != "add" and one.tool not in names and one.tool not in self._added
        ]
        problems += [
            _broken(f"there is a tool {one.tool!r} already", one.where, "overrides.replace puts another in its place")
            for one in self._declared
            if one.kind == "add" and one.tool in names
        ]
        acting: dict[str, list[Override]] = {}
        shaping: dict[str, list[Override]] = {}
        for one in self._declared:
            name = names.get(one.tool, one.tool)
            into = shaping if one.kind == "request" else acting
            if one.kind == "replace" and any(other.kind in ("replace", "add") for other in into.get(name, ())):
                problems.append(_broken(f"the tool {one.tool!r} is replaced twice", one.where))
            into.setdefault(name, []).append(one)
        if problems:
            raise AdaptgenError(*problems)
        self._acting = {name: tuple(found) for name, found in acting.items()}
        self._shaping = {name: tuple(found) for name, found in shaping.items()}
        tools = sorted((*server.tools, *(tool for tool, _ in self._added.values())), key=lambda tool: tool.name)
        return replace(server, tools=tuple(tools), edits=self)

    @property
    def contracts(self) -> dict[str, Contract]:
        """What agents see of the added tools."""
        return {name: contract for name, (_, contract) in self._added.items()}

    @property
    def shapes(self) -> bool:
        """Whether any request is changed."""
        return bool(self._shaping)

    def acting(self, tool: str) -> tuple[Override, ...]:
        """What answers in place of ``tool`` and around it, in the order of the file; () for nothing."""
        return self._acting.get(tool, ())

    def shaping(self, tool: str) -> tuple[Override, ...]:
        """What changes the requests of ``tool``, in the order of the file."""
        return self._shaping.get(tool, ())


def find_added(
    *,
    name: str,
    description: str,
    input_schema: Mapping[str, Json],
    effect: Effect,
    sensitive: Mapping[str, str] = {},
    sensitive_arguments: Mapping[str, str] = {},
    lists: bool = False,
    view: Sequence[str] | None = None,
    annotations: Mapping[str, Json] = {},
) -> tuple[Tool, Contract]:
    """The table and the contract of an added tool."""
    schema = dict(input_schema)
    own: dict[str, Json] = {}
    if lists or view is not None:
        own["fields"] = _FIELDS
    if lists:
        own |= {"limit": _LIMIT, "cursor": _CURSOR, **_QUESTIONS}
    if effect != "read":
        own["dry_run"] = _DRY_RUN
    schema.setdefault("type", "object")
    schema["properties"] = {**schema.get("properties", {}), **own}
    if own or "additionalProperties" not in schema:
        schema["additionalProperties"] = schema.get("additionalProperties", False)
    tool = Tool(
        name=name,
        view=tuple(view) if view is not None else None,
        page=Unpaged() if lists else None,
        sensitive=sensitive,
        sensitive_arguments=sensitive_arguments,
        effect=effect,
    )
    hints = {"readOnlyHint": effect == "read", "destructiveHint": effect == "delete"}
    return tool, Contract(
        name=name, description=description, input_schema=schema, annotations={**hints, **dict(annotations)}
    )


def load(path: Path, module: Any) -> Overrides:
    """The ``overrides`` of a side file that was imported.

    Raises:
        AdaptgenError: AG045, it has none.
    """
    found = getattr(module, "overrides", None)
    if not isinstance(found, Overrides):
        message = "it defines no overrides"
        raise AdaptgenError(_broken(message, Where(str(path)), "begin with: overrides = adaptgen.runtime.Overrides()"))
    return found


def _checked(kind: Kind, function: Callable[..., Any]) -> Where:
    """The place of a decorated function.

    Raises:
        AdaptgenError: AG045, it cannot be called as it will be.
    """
    code = getattr(function, "__code__", None)
    where = Where(code.co_filename, code.co_firstlineno, 1) if code else Where("overrides.py")
    problem = _unfit(kind, function)
    if problem:
        raise AdaptgenError(_broken(f"{getattr(function, '__name__', 'it')} {problem}", where))
    return where


def _unfit(kind: Kind, function: Callable[..., Any]) -> str:
    takes = TAKES[kind]
    if inspect.iscoroutinefunction(function) != (kind != "request"):
        return "must be a plain function (def)" if kind == "request" else "must be an async function (async def)"
    try:
        inspect.signature(function).bind(*takes)
    except TypeError:
        return f"must take ({', '.join(takes)})"
    return ""


def _broken(message: str, where: Where, help: str = "") -> Diagnostic:
    return Diagnostic("AG045", message, where, help or "see docs/overrides.md")
