"""The menu: a handler before another handler, which shows a thousand tools as four.

It decides nothing. What a caller may see is what the inner handler lists for it; what a caller calls goes to the inner
handler under the inner name with the inner arguments, so that limits, policies, tokens, hooks, the audit and traces
know the tool and never its wrapper. What a caller may not see is answered like what does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    unknown_tool,
)
from adaptgen.mcp.restored_arguments import ArgumentReader
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.core.caches import LruCache
from adaptgen.tool_search import menu_tools, messages, resources
from adaptgen.tool_search.tool_list import Shown, Wanted, show
from adaptgen.tool_search.toolsets import WHOLE, Part, slug

if TYPE_CHECKING:
    from adaptgen.tool_search.bm25 import Index

_LISTS = 256
"""Lists kept as made, like those of the pipeline."""
_TAG = 200
"""Characters of a tag that is searched."""
_SCHEMAS = 20_000
"""Schemas whose advertised form is kept."""

Tools = Callable[[], Mapping[str, ToolInfo]]


class Menu:
    """A :class:`~adaptgen.mcp.protocol.McpHandler` over ``handler``.

    ``tools``: what is known of the tools, the same object until something changes. ``wanted``: how they are to be
    shown, asked for each list. ``part``: serve this part only (stdio, where there is no path to say so).
    """

    def __init__(self, handler: McpHandler, tools: Tools, wanted: Callable[[], Wanted], part: Part = WHOLE) -> None:
        self._handler = handler
        self._tools = tools
        self._wanted = wanted
        self._part = part
        self._schemas = ToolSchemas()
        self._shown: LruCache[tuple[int, Part, Wanted], tuple[Mapping[str, Json], Shown]] = LruCache(_LISTS)
        self._indexed: tuple[Mapping[str, ToolInfo], Index] | None = None
        self._named: tuple[Mapping[str, ToolInfo], Mapping[str, ToolInfo]] | None = None

    # --------------------------------------------------------------------------------------------------------- handler

    def about(self) -> ServerInfo:
        """The inner handler, with a word on how to find tools where there may be many."""
        about = self._handler.about()
        if self._wanted().mode == "list":
            return about
        said = f"{about.instructions}\n\n{messages.INSTRUCTIONS}" if about.instructions else messages.INSTRUCTIONS
        return ServerInfo(about.name, about.version, about.title, said, about.capabilities, about.stateful)

    def metadata(self) -> Mapping[str, Json] | None:
        """As the inner handler: every part belongs to one resource."""
        return self._handler.metadata()

    def jwks(self) -> Mapping[str, Json] | None:
        """As the inner handler."""
        return self._handler.jwks()

    async def authenticate(self, headers: Mapping[str, str], context: Context) -> Caller:
        """Who calls.

        Raises:
            Challenge: 401 or 403; 404 for a part of which the caller sees no tool, or which does not exist.
        """
        caller = await self._handler.authenticate(headers, context)
        if context.tag and not (await self._show(caller, context)).tools:
            raise Challenge(404, "", "Not found")
        return caller

    async def schema(self, caller: Caller, tool: str, context: Context) -> Mapping[str, Json] | None:
        """The input schema of a tool. Those of the menu annotate no headers."""
        return None if tool in menu_tools.NAMES else await self._handler.schema(caller, tool, context)

    async def notification(self, caller: Caller, method: str, params: Mapping[str, Json], context: Context) -> None:
        """As the inner handler."""
        await self._handler.notification(caller, method, params, context)

    async def close_session(self, session: str) -> None:
        """As the inner handler."""
        await self._handler.close_session(session)

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
        name, given = params.get("name"), params.get("arguments")
        if isinstance(name, str) and await self._has(name, caller, context):
            return await self._own(name, given if isinstance(given, dict) else {}, caller, params, context)
        if isinstance(name, str) and not self._holds(name, context):
            return unknown_tool(name, sorted((await self._show(caller, context)).tools))
        return await self._handler.request(caller, method, self._read(params), context)

    async def tool(self, caller: Caller, name: str, context: Context) -> Mapping[str, Json] | None:
        """A tool that the caller may call by name, whether the list has it or not."""
        shown = await self._show(caller, context)
        listed: Any = shown.result["tools"]
        found = next((one for one in listed if one["name"] == name), None)
        whole = shown.tools.get(self._name(name)) if found is None else None
        return self._schemas.listed(whole, self._wanted().profile) if whole is not None else found

    # -------------------------------------------------------------------------------------------------------- inside

    def _read(self, params: Mapping[str, Json]) -> Mapping[str, Json]:
        """The params of a call with the arguments as the tool's own schema has them."""
        facts = self._known().get(str(params.get("name")))
        given = params.get("arguments")
        if facts is None or not given:
            return params
        read = self._schemas.read(facts.wire.get("inputSchema"), given, self._wanted().profile)
        return params if read is given else {**params, "arguments": read}

    def _scope(self, context: Context) -> Part:
        return Part(context.tag or self._part.tag, context.effect or self._part.effect)

    async def _has(self, name: str, caller: Caller, context: Context) -> bool:
        """Whether ``name`` is one of the menu's own tools here. A server whose tool has the same name keeps it, unless
        the caller's list is a search."""
        if name not in menu_tools.NAMES or self._wanted().mode == "list":
            return False
        return name not in self._known() or name in (await self._show(caller, context)).own

    def _holds(self, name: str, context: Context) -> bool:
        """Whether a tool belongs to the part that is asked; of the whole, also what there is not."""
        part = self._scope(context)
        if part == WHOLE:
            return True
        facts = self._known().get(name)
        return facts is not None and part.holds(facts.tags, facts.effect)

    async def _show(
        self, caller: Caller, context: Context, params: Mapping[str, Json] = {}, *, listing: str = ""
    ) -> Shown:
        # The request at hand has a span of its own: that of the list must not become its parent.
        meta, given, before = context.meta, context.params, context.listing
        context.listing = listing
        try:
            listed = await self._handler.request(caller, "tools/list", params, context)
        finally:
            context.meta, context.params, context.listing = meta, given, before
        part, wanted = self._scope(context), self._wanted()
        key = (id(listed), part, wanted)
        known = self._shown.get(key)
        if known is None:
            # The list is kept beside what was made of it: as long as it lives, nothing else has its identity.
            known = self._shown.put(key, (listed, self._made(listed, part, wanted)))
        return known[1]

    def _made(self, listed: Mapping[str, Json], part: Part, wanted: Wanted) -> Shown:
        given: Any = listed.get("tools")
        tools = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
        if part != WHOLE:
            facts = self._tools()
            tools = [one for one in tools if (known := facts.get(one["name"])) and part.holds(known.tags, known.effect)]
        return show(listed, tools, wanted, part.effect != "read", self._tools())

    def _name(self, name: str) -> str:
        """The name that a tool has now."""
        found = self._known().get(name)
        return found.name if found is not None else name

    def _known(self) -> Mapping[str, ToolInfo]:
        """The tools by every name that they have or had."""
        tools = self._tools()
        if self._named is None or self._named[0] is not tools:
            old = {name: facts for facts in tools.values() for name in facts.was}
            self._named = (tools, {**old, **tools})
        return self._named[1]

    # --------------------------------------------------------------------------------------------------- its own tools

    async def _own(
        self, name: str, given: Mapping[str, Json], caller: Caller, params: Mapping[str, Json], context: Context
    ) -> dict[str, Json]:
        if name not in (menu_tools.SEARCH, menu_tools.DESCRIBE):
            return await self._call(name, given, caller, params, context)
        try:
            shown = await self._show(caller, context, listing=name)
        except RpcError as problem:  # a limit: the agent reads it like that of any other tool
            return failed_result(problem.message)
        return self._search(given, shown) if name == menu_tools.SEARCH else self._describe(given, shown)

    def _search(self, given: Mapping[str, Json], shown: Shown) -> dict[str, Json]:
        # Strict mode requires every argument and sends null for those that are absent.
        given = {name: said for name, said in given.items() if said is not None}
        problem = menu_tools.refused(given)
        if problem:
            return failed_result(problem)
        query, tag, effect = (str(given.get(name, "")) for name in ("query", "tag", "effect"))
        limit, narrow = int(str(given.get("limit", menu_tools.DEFAULT))), bool(tag.strip() or effect)
        known = self._known()
        rows = {name: (tool, known.get(name)) for name, tool in shown.tools.items()}
        held = [name for name, (_, facts) in rows.items() if not narrow or _has_part(facts, tag, effect)]
        if narrow and not held:
            return failed_result(f"No tool has this tag and effect. {shown.searched}")
        if not query.strip():
            return _said(messages.listed([rows[name] for name in held]))
        found = self._index().search(query, frozenset(held), len(held))
        hits = found.names[: min(limit, menu_tools.MOST)]
        others = list(dict.fromkeys([*found.names, *(held if narrow else ())]))[len(hits) :]
        text = messages.found(
            [rows[name] for name in hits], others, held, shown.searched, weak=found.weak, narrow=narrow
        )
        return _said(text)

    def _describe(self, given: Mapping[str, Json], shown: Shown) -> dict[str, Json]:
        names = messages.names(given.get("name", given.get("names")))
        if not names:
            return failed_result("Argument `name` is missing: the name of a tool, or several separated by commas.")
        known = self._known()
        rows: list[tuple[Mapping[str, Json], ToolInfo | None]] = []
        absent: list[str] = []
        for name in names:
            tool = shown.tools.get(self._name(name))
            if tool is None:
                absent.append(name)
            else:
                rows.append((tool, known.get(str(tool["name"]))))
        if not rows:
            return self._absent(absent, shown)
        text = messages.described(rows, searching=shown.mode == "search")
        return _said("\n".join([text, *(messages.missing(name, self._near(name, shown)) for name in absent)]))

    async def _call(
        self, wrapper: str, given: Mapping[str, Json], caller: Caller, params: Mapping[str, Json], context: Context
    ) -> dict[str, Json]:
        name, arguments = given.get("name"), given.get("arguments")
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
        extra = sorted(given.keys() - {"name", "arguments"})
        if extra:
            told = f"There is no argument `{messages.plain(extra[0], 60)}` of {wrapper}"
            return failed_result(f"{told}: what the tool takes goes into `arguments`. Nothing was executed.")
        if name in menu_tools.NAMES and name not in self._known():
            return failed_result(f"{name} is called directly, without {wrapper}.")
        facts = self._known().get(name)
        reads = facts is not None and facts.effect == "read"
        if facts is None or reads is (wrapper == menu_tools.READ):
            if self._holds(name, context):
                inner = {**params, "name": name, "arguments": dict(arguments)}
                return await self._handler.request(caller, "tools/call", self._read(inner), context)
        elif self._holds(name, context) and await self._handler.schema(caller, name, context) is not None:
            other, does = (menu_tools.READ, "reads") if reads else (menu_tools.WRITE, "writes")
            return failed_result(f"{messages.plain(name, 128)} {does}: call it with {other}. Nothing was executed.")
        # What the caller may not see is answered like what there is not.
        return unknown_tool(name, sorted((await self._show(caller, context)).tools))

    def _absent(self, names: list[str], shown: Shown) -> dict[str, Json]:
        return failed_result("\n".join(messages.missing(name, self._near(name, shown)) for name in names))

    def _near(self, name: str, shown: Shown) -> str:
        import difflib

        return next(iter(difflib.get_close_matches(name[:80], list(shown.tools), 1, 0.6)), "")

    def _index(self) -> Index:
        # Loaded with its tables, and made, when somebody searches.
        from adaptgen.tool_search.bm25 import Index
        from adaptgen.tool_search.document import entry_of

        tools = self._tools()
        if self._indexed is None or self._indexed[0] is not tools:
            self._indexed = (tools, Index(entry_of(one) for one in tools.values()))
        return self._indexed[1]


def _has_part(facts: ToolInfo | None, tag: str, effect: str) -> bool:
    """Whether a tool has the effect and the tag, as the document or as the list of tags writes it."""
    if facts is None or not Part(effect=effect).holds((), facts.effect):
        return False
    wanted = slug(tag[:_TAG])
    held = {name for one in facts.tags for name in (slug(one), slug(resources.plain_tag(one)))}
    return not tag.strip() or (bool(wanted) and wanted in held)


def _said(text: str) -> dict[str, Json]:
    return {"content": [{"type": "text", "text": text}], "resultType": "complete"}


class ToolSchemas:
    """Input schemas on their way out, as model providers accept them, and arguments on their way in; each form is made
    when it is first wanted.

    They come before everything that decides: policies, limits, tokens and the audit see the tool's own names and
    values.
    """

    def __init__(self) -> None:
        self._made: dict[tuple[int, Profile], tuple[Any, dict[str, Any]]] = {}
        self._readers: dict[tuple[int, Profile], tuple[Any, ArgumentReader]] = {}

    def listed(self, tool: Mapping[str, Any], profile: Profile = "") -> dict[str, Any]:
        """``tool`` of the inner list, with a schema that the providers of ``profile`` take."""
        schema = tool.get("inputSchema")
        key = (id(schema), profile)
        known = self._made.get(key)
        if known is None:
            if len(self._made) >= _SCHEMAS:
                self._made.clear()
            given = schema if isinstance(schema, Mapping) else {}
            # The schema is kept with its form: as long as it lives, no other has its identity.
            known = self._made[key] = (schema, advertised(given, profile))
        return {**tool, "inputSchema": known[1]}

    def read(self, schema: Json, arguments: Json, profile: Profile) -> Json:
        """``arguments`` as ``schema``, the tool's own, means them."""
        if not isinstance(schema, Mapping) or not isinstance(arguments, dict) or not arguments:
            return arguments
        key = (id(schema), profile)
        known = self._readers.get(key)
        if known is None:
            if len(self._readers) >= _SCHEMAS:
                self._readers.clear()
            known = self._readers[key] = (schema, ArgumentReader(schema, profile))
        try:
            return known[1].read(arguments)
        except RecursionError:
            return arguments  # nested beyond what any check takes, so it is refused as it is
