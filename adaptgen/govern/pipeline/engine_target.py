"""The engine of a generated server as a target of the pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from adaptgen import __version__
from adaptgen.mcp.json_text import as_object
from adaptgen.mcp.protocol import (
    META_ARGUMENTS,
    META_CHANGED,
    META_CONNECTION,
    META_CONNECTIONS,
    META_EFFECT,
    META_FILES,
    META_FOUND,
    META_LINKS,
    META_LOOKUPS,
    META_MENU,
    META_SEARCHES,
    META_SENSITIVE,
    META_STATUS,
    META_UNKNOWN,
    META_UNREACHABLE,
    Context,
    RpcError,
    ServerInfo,
    ToolInfo,
)
from adaptgen.mcp.tool_listing import listed
from adaptgen.model.tables import LOCAL, Caller, Json, Tool
from adaptgen.pii.search_arguments import SearchArgument
from adaptgen.runtime.core import call_context
from adaptgen.runtime.core.answer import Answer, FileLink, make_result
from adaptgen.runtime.engine import Engine
from adaptgen.runtime.pii import arguments as inside
from adaptgen.runtime.pii.arguments import resource_of, search_arguments

if TYPE_CHECKING:
    from adaptgen.runtime.files.upload_tool import UploadTool

LISTS = "Lists come a page at a time: pass next_cursor as cursor to go on."
FIELDS = (
    "Answers show the most useful fields; fields returns others instead (paths such as organization.name), "
    '["*"] all of them.'
)
QUESTIONS = (
    "Do not page to find, count, order or add up: where, sort, count, distinct, sum, avg, min, max and group_by read "
    'all pages inside one call. where takes paths and values: {"status": "OPEN", "amount": {">=": 100}}, comparing '
    "with = != > >= < <= contains in."
)
DRY_RUN = "dry_run: true returns the request of a write instead of sending it."
INSTRUCTIONS = f"{LISTS} {FIELDS} {QUESTIONS} {DRY_RUN}"
_SAID = {"cursor": LISTS, "fields": FIELDS, "where": QUESTIONS, "dry_run": DRY_RUN}
"""An argument of the runtime -> what is said where a tool has it."""


def about(engine: Engine) -> ServerInfo:
    """What is said of a generated server: what the API is, in the document's words, and how the arguments are used
    that its tools have."""
    server = engine.server
    title = _line(server.title, 100)
    known = {name for one in engine.list(LOCAL) for name in one.input_schema.get("properties", {})}
    said = [text for name, text in _SAID.items() if name in known]
    head = [f"{one.rstrip('.')}." for one in (title, _line(server.summary, 300)) if one]
    return ServerInfo(server.name, __version__, instructions=" ".join([*head, *said]))


def _line(text: str, cap: int) -> str:
    """Text of a document in one printable line: clients show it to the model."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:cap]


class Served:
    """One engine. ``behind``: the tools list for the proxy what is classified, in ``_meta``, which agents never see."""

    def __init__(self, engine: Engine, *, behind: bool = False) -> None:
        self._engine = engine
        server = engine.server
        self._about = about(engine)
        own = {tool.name: tool for tool in server.tools}
        self._tools = {
            contract.name: _facts(
                own[contract.name],
                server.name,
                listed(contract, own[contract.name]),
                behind,
                engine.file_arguments(contract.name),
                engine.revision,
            )
            for contract in engine.list(LOCAL)
        }

    @property
    def uploads(self) -> UploadTool | None:
        """The tool with which clients get upload slots, where there are any."""
        return self._engine.uploads

    def about(self) -> ServerInfo:
        return self._about

    def tools(self) -> Mapping[str, ToolInfo]:
        return self._tools

    async def call(
        self, caller: Caller, tool: ToolInfo, arguments: Mapping[str, Json], context: Context
    ) -> dict[str, Json]:
        """CallToolResult, with what governance must know of it in ``_meta``."""
        with call_context.channel(context.notify, context.deadline), call_context.watching() as changes:
            answer = await self._engine.call(caller, tool.own, arguments)
        result = make_result(answer)
        meta = _meta(answer)
        if answer.is_error and changes.possible:
            meta[META_CHANGED] = True
        if meta:
            result["_meta"] = meta
        return result

    async def request(
        self, caller: Caller, method: str, params: Mapping[str, Json], context: Context
    ) -> dict[str, Json]:
        """A generated server has tools and nothing else, and for our own pages the accounts of its callers."""
        if method == META_CONNECTIONS and self._engine.connections is not None:
            return await self._engine.connections.answer(caller, params)
        raise RpcError(-32601, "Method not found")

    async def notification(self, caller: Caller, method: str, params: Mapping[str, Json], context: Context) -> None:
        """Nothing that a client announces changes a generated server."""

    def server_of(self, what: str, name: str) -> str:
        """A generated server has neither prompts nor resources."""
        return ""

    async def close_session(self, session: str, caller: Caller | None = None) -> None:
        """There are no sessions."""

    async def aclose(self) -> None:
        await self._engine.aclose()


class _Searches(Mapping[str, SearchArgument]):
    """What the arguments of a tool search, found at the first use: a process that starts needs that of one tool."""

    def __init__(self, find: Callable[[], Mapping[str, SearchArgument]]) -> None:
        self._find = find

    @cached_property
    def _found(self) -> Mapping[str, SearchArgument]:
        return self._find()

    def __getitem__(self, name: str) -> SearchArgument:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __repr__(self) -> str:
        return repr(self._found)


def _facts(
    tool: Tool,
    server: str,
    wire: dict[str, Any],
    behind: bool,
    files: frozenset[str],
    revision: Callable[[str], str],
) -> ToolInfo:
    # Without a hint the build calls a tool reading only if all of its calls are GET or HEAD and nothing speaks for a
    # mutation, so "reads" is what may be permitted without a policy.
    reads = tool.effect == "read"
    creates = tool.update is not None and tool.update.creates
    arguments = inside.argument_kinds(tool)
    made = (tool.call, *(step.call for step in tool.steps))
    lookups = {name: {"tool": one.tool, "keep": list(one.keep)} for name, one in tool.lookups.items()}
    schema = as_object(wire.get("inputSchema"))
    searches = _Searches(lambda: search_arguments(tool, schema))
    calls = tuple(dict.fromkeys(f"{call.method} {call.path}" for call in made if call is not None))
    if behind:
        wire = {
            **wire,
            "_meta": {
                META_ARGUMENTS: dict(arguments),
                META_SENSITIVE: dict(tool.sensitive),
                META_EFFECT: {"effect": tool.effect, "open": reads, **({"creates": True} if creates else {})},
                META_MENU: {
                    "tags": list(tool.tags),
                    "calls": list(calls),
                    "was": list(tool.aliases),
                    "also": list(tool.also),
                    "fields": list(tool.view or ()),
                    **({"revision": revision(tool.name)} if not reads else {}),
                },
                META_SEARCHES: {
                    "arguments": {
                        name: {"role": one.role, "fields": list(one.fields)} for name, one in searches.items()
                    },
                    "plain": list(tool.not_sensitive),
                    "resource": resource_of(tool),
                },
                **({META_LOOKUPS: lookups} if lookups else {}),
            },
        }
    return ToolInfo(
        name=tool.name,
        server=server,
        own=tool.name,
        effect=tool.effect,
        open=reads,
        wire=wire,
        arguments=arguments,
        sensitive=tool.sensitive,
        was=tool.aliases,
        own_was=tool.aliases,
        tags=tool.tags,
        also=tool.also,
        fields=tool.view or (),
        calls=calls,
        lookups=lookups,
        creates=creates,
        searches=searches,
        plain=tool.not_sensitive,
        resource=resource_of(tool),
        files=tuple(sorted(files)),
        revision=lambda: revision(tool.name),
    )


def _meta(answer: Answer) -> dict[str, Json]:
    meta: dict[str, Json] = {}
    if answer.sensitive:
        meta[META_SENSITIVE] = dict(answer.sensitive)
    if answer.found:
        meta[META_FOUND] = [list(pair) for pair in answer.found]
    if answer.status is not None:
        meta[META_STATUS] = answer.status
    if answer.unknown:
        meta[META_UNKNOWN] = True
    if answer.unreachable:
        meta[META_UNREACHABLE] = True
    if answer.connection is not None:
        auth, title, lost = answer.connection
        meta[META_CONNECTION] = {"auth": auth, "title": title, **({"lost": lost} if lost else {})}
    if links := [at for at, one in enumerate(answer.content) if isinstance(one, FileLink)]:
        meta[META_LINKS] = links
    if answer.files:
        meta[META_FILES] = [dict(one) for one in answer.files]
    return meta
