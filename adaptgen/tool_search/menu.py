"""The menu: a handler in front of another handler, which shows a thousand tools as four.

It decides nothing. Callers see what the inner handler lists for them. A call reaches the inner handler with the name
and the arguments of the inner tool, so limits, policies, tokens, hooks, audit and traces see the tool and not its
wrapper. A tool that the caller may not see is answered like one that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from adaptgen.mcp.advertised_schema import Profile, advertised
from adaptgen.mcp.protocol import (
    Challenge,
    Context,
    McpHandler,
    RpcError,
    ServerInfo,
    ToolInfo,
    failed_result,
    nearest_tool,
    unknown_tool,
)
from adaptgen.mcp.restored_arguments import ArgumentReader
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.core.caches import LruCache
from adaptgen.runtime.files.rules import UPLOAD_TOOLS
from adaptgen.tool_search import menu_tools, messages, resources
from adaptgen.tool_search.tool_list import Shown, Wanted, show
from adaptgen.tool_search.toolsets import WHOLE, Part, slug

if TYPE_CHECKING:
    from adaptgen.tool_search.bm25 import Index
    from adaptgen.tool_search.vectors import Meaning

_LISTS = 256
"""Lists in the cache."""
_TAG = 200
"""Characters of the argument ``tag`` that are read."""
_SCHEMAS = 20_000
"""Advertised schemas in the cache."""

Tools = Callable[[], Mapping[str, ToolInfo]]


class Menu:
    """A :class:`~adaptgen.mcp.protocol.McpHandler` over ``handler``.

    ``tools``: what governance knows of the tools, the same object until something changes. ``wanted``: how to show
    them, asked for each list. ``part``: serve this part only (stdio has no path to name it). ``meaning``: ranks
    tools by meaning.
    """

    def __init__(
        self,
        handler: McpHandler,
        tools: Tools,
        wanted: Callable[[], Wanted],
        part: Part = WHOLE,
        meaning: Meaning | None = None,
    ) -> None:
        self._handler = handler
        self._tools = tools
        self._wanted = wanted
        self._part = part
        self._meaning = meaning
        self._schemas = ToolSchemas()
        self._shown: LruCache[tuple[int, Part, Wanted], tuple[Mapping[str, Json], Shown]] = LruCache(_LISTS)
        self._indexed: tuple[Mapping[str, ToolInfo], Index] | None = None
        self._named: tuple[Mapping[str, ToolInfo], Mapping[str, ToolInfo]] | None = None

    # --------------------------------------------------------------------------------------------------------- handler

    def about(self) -> ServerInfo:
        """The inner handler, with instructions on finding tools where they may be many."""
        about = self._handler.about()
        if self._wanted().mode == "list":
            return about
        text = f"{about.instructions}\n\n{messages.INSTRUCTIONS}" if about.instructions else messages.INSTRUCTIONS
        return replace(about, instructions=text)

    def metadata(self) -> Mapping[str, Json] | None:
        """Those of the inner handler: all parts are one resource."""
        return self._handler.metadata()

    def jwks(self) -> Mapping[str, Json] | None:
        """Passed to the inner handler."""
        return self._handler.jwks()

    async def authenticate(self, headers: Mapping[str, str], context: Context) -> Caller:
        """The caller.

        Raises:
            Challenge: 401 or 403; 404 for a part that does not exist or of which the caller sees no tool.
        """
        caller = await self._handler.authenticate(headers, context)
        if context.tag and not (await self._show(caller, context)).tools:
            raise Challenge(404, "", "Not found")
        return caller

    async def schema(self, caller: Caller, tool: str, context: Context) -> Mapping[str, Json] | None:
        """The input schema of a tool, None for those of the menu."""
        return None if tool in menu_tools.NAMES else await self._handler.schema(caller, tool, context)

    async def notification(self, caller: Caller, method: str, params: Mapping[str, Json], context: Context) -> None:
        """Passed to the inner handler."""
        await self._handler.notification(caller, method, params, context)

    async def close_session(self, session: str, caller: Caller | None = None) -> None:
        """Passed to the inner handler."""
        await self._handler.close_session(session, caller)

    async def request(
        self, caller: Caller, method: str, params: Mapping[str, Json], context: Context
    ) -> dict[str, Json]:
        """Answer one request.

        Raises:
            RpcError, Challenge: as the inner handler.
        """
        if method == "tools/list":
            return (await self._show(caller, context, params, listing=method)).result
        if method != "tools/call":
            return await self._handler.request(caller, method, params, context)
        name, arguments = params.get("name"), params.get("arguments")
        if isinstance(name, str) and await self._has(name, caller, context):
            return await self._own(name, arguments if isinstance(arguments, dict) else {}, caller, params, context)
        if isinstance(name, str) and not self._holds(name, context):
            return unknown_tool(name, sorted((await self._show(caller, context)).tools))
        return await self._handler.request(caller, method, self._read(params), context)

    async def tool(self, caller: Caller, name: str, context: Context) -> Mapping[str, Json] | None:
        """A tool that the caller may call by name, in the list or not."""
        shown = await self._show(caller, context)
        listed: Any = shown.result["tools"]
        row = next((other for other in listed if other["name"] == name), None)
        whole = shown.tools.get(self._name(name)) if row is None else None
        return self._schemas.listed(whole, self._wanted().profile) if whole is not None else row

    # -------------------------------------------------------------------------------------------------------- inside

    def _read(self, params: Mapping[str, Json]) -> Mapping[str, Json]:
        """The params of a call, with the arguments in the form of the tool's own schema."""
        facts = self._by_name().get(str(params.get("name")))
        arguments = params.get("arguments")
        if facts is None or not arguments:
            return params
        read = self._schemas.read(facts.wire.get("inputSchema"), arguments, self._wanted().profile)
        return params if read is arguments else {**params, "arguments": read}

    def _scope(self, context: Context) -> Part:
        return Part(context.tag or self._part.tag, context.effect or self._part.effect)

    async def _has(self, name: str, caller: Caller, context: Context) -> bool:
        """Whether ``name`` is a tool of the menu here. A server's tool of the same name comes first, unless the
        caller's list is a search."""
        if name not in menu_tools.NAMES or self._wanted().mode == "list":
            return False
        return name not in self._by_name() or name in (await self._show(caller, context)).own

    def _holds(self, name: str, context: Context) -> bool:
        """Whether a tool is in the requested part; the whole also holds names that do not exist."""
        part = self._scope(context)
        if part == WHOLE:
            return True
        return self._is_part(name, part, self._by_name())

    def _is_part(self, name: str, part: Part, facts: Mapping[str, ToolInfo]) -> bool:
        info = facts.get(name)
        if info is None:  # upload slots belong to every part with a tool that takes files
            return name in UPLOAD_TOOLS and any(
                one.files and part.holds(one.tags, one.effect) for one in facts.values()
            )
        return part.holds(info.tags, info.effect)

    async def _show(
        self, caller: Caller, context: Context, params: Mapping[str, Json] = {}, *, listing: str = ""
    ) -> Shown:
        # The current request has its own span: that of the list must not become its parent.
        meta, own_params, before = context.meta, context.params, context.listing
        context.listing = listing
        try:
            listed = await self._handler.request(caller, "tools/list", params, context)
        finally:
            context.meta, context.params, context.listing = meta, own_params, before
        part, wanted = self._scope(context), self._wanted()
        key = (id(listed), part, wanted)
        shown = self._shown.get(key)
        if shown is None:
            # The list is kept with its result: while it lives, no other object has its id.
            shown = self._shown.put(key, (listed, self._shown_of(listed, part, wanted)))
        return shown[1]

    def _shown_of(self, listed: Mapping[str, Json], part: Part, wanted: Wanted) -> Shown:
        rows: Any = listed.get("tools")
        tools = [tool for tool in rows if isinstance(tool, dict)] if isinstance(rows, list) else []
        if part != WHOLE:
            facts = self._tools()
            tools = [tool for tool in tools if self._is_part(str(tool["name"]), part, facts)]
        return show(listed, tools, wanted, part.effect != "read", self._tools())

    def _name(self, name: str) -> str:
        """The current name of a tool."""
        info = self._by_name().get(name)
        return info.name if info is not None else name

    def _by_name(self) -> Mapping[str, ToolInfo]:
        """The tools by their current and earlier names."""
        tools = self._tools()
        if self._named is None or self._named[0] is not tools:
            old = {name: facts for facts in tools.values() for name in facts.was}
            self._named = (tools, {**old, **tools})
        return self._named[1]

    # --------------------------------------------------------------------------------------------------- its own tools

    async def _own(
        self, name: str, arguments: Mapping[str, Json], caller: Caller, params: Mapping[str, Json], context: Context
    ) -> dict[str, Json]:
        if name not in (menu_tools.SEARCH, menu_tools.DESCRIBE):
            return await self._call(name, arguments, caller, params, context)
        try:
            shown = await self._show(caller, context, listing=name)
        except RpcError as problem:  # a limit, which the agent reads as with any other tool
            return failed_result(problem.message)
        return await self._search(arguments, shown) if name == menu_tools.SEARCH else self._describe(arguments, shown)

    async def _search(self, arguments: Mapping[str, Json], shown: Shown) -> dict[str, Json]:
        # Strict mode sends null for absent arguments.
        arguments = {name: value for name, value in arguments.items() if value is not None}
        problem = menu_tools.refused(arguments)
        if problem:
            return failed_result(problem)
        query, tag, effect = (str(arguments.get(name, "")) for name in ("query", "tag", "effect"))
        limit, narrow = int(str(arguments.get("limit", menu_tools.DEFAULT))), bool(tag.strip() or effect)
        infos = self._by_name()
        rows = {name: (tool, infos.get(name)) for name, tool in shown.tools.items()}
        held = [name for name, (_, facts) in rows.items() if not narrow or _has_part(facts, tag, effect)]
        if narrow and not held:
            return failed_result(f"No tool has this tag and effect. {shown.searched}")
        if not query.strip():
            return _said(messages.listed([rows[name] for name in held]))
        result = self._index().search(query, frozenset(held), len(held))
        ranked = result.names
        if self._meaning is not None:
            from adaptgen.tool_search.vectors import merge

            ranked = merge(ranked, await self._meaning.rank(query, frozenset(held)))
        hits = ranked[: min(limit, menu_tools.MOST)]
        others = list(dict.fromkeys([*ranked, *(held if narrow else ())]))[len(hits) :]
        text = messages.found(
            [rows[name] for name in hits],
            others,
            held,
            shown.searched,
            weak=result.weak,
            narrow=narrow,
            tagged=shown.tagged,
        )
        return _said(text)

    def _describe(self, arguments: Mapping[str, Json], shown: Shown) -> dict[str, Json]:
        names = messages.names(arguments.get("name", arguments.get("names")))
        if not names:
            return failed_result("Argument `name` is missing: the name of a tool, or several separated by commas.")
        infos = self._by_name()
        rows: list[tuple[Mapping[str, Json], ToolInfo | None]] = []
        absent: list[str] = []
        for name in names:
            tool = shown.tools.get(self._name(name))
            if tool is None:
                absent.append(name)
            else:
                rows.append((tool, infos.get(str(tool["name"]))))
        if not rows:
            return self._absent(absent, shown)
        text = messages.described(rows, searching=shown.mode == "search")
        return _said("\n".join([text, *(messages.missing(name, nearest_tool(name, shown.tools)) for name in absent)]))

    async def _call(
        self, wrapper: str, outer: Mapping[str, Json], caller: Caller, params: Mapping[str, Json], context: Context
    ) -> dict[str, Json]:
        name, arguments = outer.get("name"), outer.get("arguments")
        if not isinstance(name, str) or not name:
            return failed_result("Argument `name` is missing: the name of a tool. search_tools finds one.")
        if isinstance(arguments, str):
            arguments = messages.parsed(arguments)
        if arguments is None:
            arguments = {}
        if not isinstance(arguments, dict):
            return failed_result(
                f"Argument `arguments` must be an object: the arguments of {messages.plain(name, 80)}."
            )
        extra = sorted(outer.keys() - {"name", "arguments"})
        if extra:
            return failed_result(
                f"{wrapper} has no argument `{messages.plain(extra[0], 60)}`: put the arguments of the tool into "
                "`arguments`. Nothing was executed."
            )
        if name in menu_tools.NAMES and name not in self._by_name():
            return failed_result(f"Call {name} directly, without {wrapper}.")
        facts = self._by_name().get(name)
        reads = facts is not None and facts.effect == "read"
        if facts is None or reads is (wrapper == menu_tools.READ):
            if self._holds(name, context):
                inner = {**params, "name": name, "arguments": dict(arguments)}
                return await self._handler.request(caller, "tools/call", self._read(inner), context)
        elif self._holds(name, context) and await self._handler.schema(caller, name, context) is not None:
            other, does = (menu_tools.READ, "reads") if reads else (menu_tools.WRITE, "writes")
            return failed_result(f"{messages.plain(name, 128)} {does}: call it with {other}. Nothing was executed.")
        # A tool that the caller may not see is answered like one that does not exist.
        return unknown_tool(name, sorted((await self._show(caller, context)).tools))

    def _absent(self, names: list[str], shown: Shown) -> dict[str, Json]:
        return failed_result("\n".join(messages.missing(name, nearest_tool(name, shown.tools)) for name in names))

    def _index(self) -> Index:
        # Imported and made by the first search.
        from adaptgen.tool_search.bm25 import Index
        from adaptgen.tool_search.document import entry_of

        tools = self._tools()
        if self._indexed is None or self._indexed[0] is not tools:
            self._indexed = (tools, Index(entry_of(info) for info in tools.values()))
        return self._indexed[1]


def _has_part(facts: ToolInfo | None, tag: str, effect: str) -> bool:
    """Whether a tool has the effect and the tag, as written in the document or in the list of tags."""
    if facts is None or not Part(effect=effect).holds((), facts.effect):
        return False
    wanted = slug(tag[:_TAG])
    held = {name for own in facts.tags for name in (slug(own), slug(resources.plain_tag(own)))}
    return not tag.strip() or (bool(wanted) and wanted in held)


def _said(text: str) -> dict[str, Json]:
    return {"content": [{"type": "text", "text": text}], "resultType": "complete"}


class ToolSchemas:
    """Converts input schemas to what model providers accept, and arguments back; each is made at first use.

    Policies, limits, tokens and the audit come after it and see the tool's own names and values.
    """

    def __init__(self) -> None:
        self._forms: dict[tuple[int, Profile], tuple[Any, dict[str, Any]]] = {}
        self._readers: dict[tuple[int, Profile], tuple[Any, ArgumentReader]] = {}

    def listed(self, tool: Mapping[str, Any], profile: Profile = "") -> dict[str, Any]:
        """``tool`` of the inner list, with a schema for the providers of ``profile``."""
        schema = tool.get("inputSchema")
        key = (id(schema), profile)
        form = self._forms.get(key)
        if form is None:
            if len(self._forms) >= _SCHEMAS:
                self._forms.clear()
            plain = schema if isinstance(schema, Mapping) else {}
            # The schema is kept with its form: while it lives, no other object has its id.
            form = self._forms[key] = (schema, advertised(plain, profile))
        return {**tool, "inputSchema": form[1]}

    def read(self, schema: Json, arguments: Json, profile: Profile) -> Json:
        """``arguments`` in the form of ``schema``, the tool's own."""
        if not isinstance(schema, Mapping) or not isinstance(arguments, dict) or not arguments:
            return arguments
        key = (id(schema), profile)
        reader = self._readers.get(key)
        if reader is None:
            if len(self._readers) >= _SCHEMAS:
                self._readers.clear()
            reader = self._readers[key] = (schema, ArgumentReader(schema, profile))
        try:
            return reader[1].read(arguments)
        except RecursionError:
            return arguments  # too deep for any check, which refuses it
