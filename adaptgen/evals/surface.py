"""The tools of a server as a caller finds them: its list or its menu, governed as its settings say, without a front.

What operators do at run time is left out, so that two runs agree: the kill switch, limits of calls and the audit trail.
Keys are fixed, so tokens of personal data are the same in every run; they are good for nothing else.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from adaptgen.diagnostics import error
from adaptgen.evals.answers import text_of, value_of
from adaptgen.govern.pipeline.engine_target import Served
from adaptgen.govern.pipeline.pipeline import Pipeline
from adaptgen.govern.pipeline.ungoverned import UngovernedHandler
from adaptgen.govern.telemetry.spans import Tracer
from adaptgen.mcp.json_text import as_object
from adaptgen.mcp.protocol import Context, RpcError, ToolInfo, failed_result
from adaptgen.model.frozen import value
from adaptgen.model.tables import Caller, Json, Server
from adaptgen.runtime.auth.accounts import with_stand_ins
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.engine import Engine
from adaptgen.tool_search import Menu, menu_of, menu_over

if TYPE_CHECKING:
    from adaptgen.govern.authorization.authorizer import Authorizer, Decision
    from adaptgen.govern.pipeline.factory import Components
    from adaptgen.govern.settings.model import Settings
    from adaptgen.runtime.http.client import Transport

_KEY: Final = hashlib.sha256(b"adaptgen eval: a key for evaluation alone").digest()


@value()
class Called:
    """One call as a model finds it. ``text``: what it reads; ``answer``: its value, lists in columns as lists of
    objects. ``before``: the same text before personal data became tokens, "" where nothing was executed. ``personal``:
    (kind, value) of what is classified in it. ``executed``: the tool that answered, "" where none did. ``dry``: it
    writes, and nothing was sent."""

    text: str
    answer: Json
    is_error: bool
    before: str = ""
    personal: tuple[tuple[str, str], ...] = ()
    executed: str = ""
    dry: bool = False


@value()
class _Seen:
    """What one call of the target answered before governance changed it."""

    tool: str
    text: str
    personal: tuple[tuple[str, str], ...]
    dry: bool


class _Call:
    """One call under way. ``dry``: no write is sent; ``seen``: what the target answered."""

    def __init__(self, dry: bool) -> None:
        self.dry = dry
        self.seen: list[_Seen] = []


_call: ContextVar[_Call | None] = ContextVar("call", default=None)
"""Calls may run at the same time."""


class Surface:
    """Lists and calls tools as callers. ``tools``: all of them, by the names that callers use; ``settings``: those in
    effect, None without governance."""

    def __init__(self, server: Server, handler: Menu, target: ObservedTarget, parts: Components | None) -> None:
        self.server = server
        self.tools: Mapping[str, ToolInfo] = target.tools()
        self.settings: Settings | None = parts.settings if parts is not None else None
        self.menu = handler
        self._parts = parts
        self._known = {old: tool for tool in self.tools.values() for old in tool.was} | dict(self.tools)
        self._requests = 0

    @property
    def authorizer(self) -> Authorizer | None:
        """Who decides; None without policies, or where they are elsewhere."""
        return self._parts.authorizer if self._parts is not None else None

    @property
    def tokenized(self) -> frozenset[str]:
        """The kinds of personal data that models see as tokens."""
        chosen = self.settings.tokenize if self.settings is not None else None
        tokenizes = chosen is not None and self._parts is not None and self._parts.tokenizer is not None
        return frozenset(chosen.kinds) if chosen is not None and tokenizes else frozenset()

    def find(self, name: str) -> ToolInfo | None:
        """The tool that is, or was, called ``name``."""
        return self._known.get(name)

    async def list(self, caller: Caller) -> list[dict[str, Any]]:
        """The list of tools as the client of a caller gets it."""
        result = await self.menu.request(caller, "tools/list", {}, self._context())
        return cast("list[dict[str, Any]]", result["tools"])

    async def digest(self, caller: Caller) -> str:
        """The SHA-256 of that list."""
        listed = json.dumps(await self.list(caller), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(listed.encode()).hexdigest()

    async def visible(self, caller: Caller) -> frozenset[str]:
        """The names of the tools that a caller may see, whether they are in the list or are found by search."""
        authorizer = self.authorizer
        return await authorizer.visible(caller, self.tools) if authorizer is not None else frozenset(self.tools)

    async def call(self, caller: Caller, name: str, arguments: Mapping[str, Json], *, dry: bool = False) -> Called:
        """Call a tool, or one of the menu, as the client of a caller does. ``dry``: a write is not sent; it answers
        with the request that it would send."""
        made = _Call(dry)
        token = _call.set(made)
        params: dict[str, Json] = {"name": name, "arguments": dict(arguments)}
        try:
            result: Mapping[str, Json] = await self.menu.request(caller, "tools/call", params, self._context())
        except RpcError as problem:
            result = failed_result(problem.message)
        finally:
            _call.reset(token)
        last = made.seen[-1] if made.seen else _Seen("", "", (), False)
        is_error = bool(result.get("isError"))
        return Called(text_of(result), value_of(result), is_error, last.text, last.personal, last.tool, last.dry)

    def invalid(self, tool: ToolInfo, arguments: Mapping[str, Json]) -> str:
        """What the contract of a tool says against arguments, or ""."""
        from adaptgen.govern.tokenization.argument_checks import ArgumentChecks

        try:
            ArgumentChecks().read(tool, arguments, list)
        except ToolError as problem:
            return problem.text
        return ""

    async def decide(self, caller: Caller, tool: ToolInfo, arguments: Mapping[str, Json]) -> Decision | None:
        """What the policies say of one call; None where none decide here."""
        from adaptgen.govern.authorization.canonical import canonicalize

        authorizer = self.authorizer
        if authorizer is None:
            return None
        call = canonicalize(tool, arguments)
        return await authorizer.decide(caller, tool, call.judged, call.paths)

    def _context(self) -> Context:
        self._requests += 1
        return Context(request_id=f"eval-{self._requests}")


@asynccontextmanager
async def open_surface(
    server: Server, named: str | None, *, environ: Mapping[str, str] = os.environ, transport: Transport | None = None
) -> AsyncIterator[Surface]:
    """The surface of ``server`` under the settings at ``named`` (None: without governance). ``transport`` replaces the
    network."""
    settings = await _load(named, environ) if named is not None else None
    if settings is not None and settings.mode == "proxy":
        if server.name not in settings.upstreams:
            help = "name the settings of the server, or of its proxy: --governance FILE"
            raise error("AG072", f"these settings have no upstream {server.name}", settings.where("mode"), help)
        settings = replace(settings, mode="embedded")
    tokenize = settings.tokenize if settings is not None else None
    engine = Engine(
        server if transport is None else with_stand_ins(server),
        environ=environ,
        transport=transport,
        cursor_key=_KEY,
        classify=settings is not None,
        kinds=tokenize.kinds if tokenize is not None else None,
    )
    try:
        target = ObservedTarget(engine)
        if settings is None:
            yield Surface(server, menu_of(ObservedHandler(engine, target), server), target, None)
        else:
            parts = await _parts(settings, target.tools())
            handler = Pipeline(target, parts, target.tools(), trail=None, tracer=Tracer())
            yield Surface(server, menu_over(handler, server), target, parts)
    finally:
        await engine.aclose()


async def _load(named: str, environ: Mapping[str, str]) -> Settings:
    from adaptgen.govern.settings.source import source

    return await source(named, environ).load()


async def _parts(settings: Settings, tools: Mapping[str, ToolInfo]) -> Components:
    """What decides and what tokenizes, by the settings: callers have what their token would say."""
    from adaptgen.govern.authorization.cedar_engine import CedarAuthorizer
    from adaptgen.govern.pipeline.factory import Components
    from adaptgen.govern.pipeline.hooks import Hooks
    from adaptgen.govern.settings.keys import KeyMaterial, KeyRing
    from adaptgen.govern.settings.model import Authorize
    from adaptgen.govern.tokenization.tokenizer import Tokenizer
    from adaptgen.runtime.store.protocol import MemoryStore

    authorizer: Authorizer | None = None
    rules = settings.authorize or Authorize()
    if settings.mode != "behind" and rules.engine == "cedar":
        claims = settings.authenticate.caller.keep if settings.authenticate else ()
        folder = posixpath.dirname(settings.path)
        authorizer = CedarAuthorizer(claims=claims, mode=rules.mode, default=rules.default, folder=folder)
        await authorizer.load(settings.policies, tools)
    tokenizer = None
    if settings.tokenize is not None and settings.mode != "behind":
        ring = KeyRing("eval", {"eval": _KEY})
        tokenizer = Tokenizer(settings, KeyMaterial(tokens=ring, surrogates=_KEY, cursors=_KEY), MemoryStore())
    hooks = Hooks(settings) if settings.before or settings.after else None
    return Components(settings, authorizer=authorizer, tokenizer=tokenizer, hooks=hooks)


class ObservedTarget(Served):
    """The engine as a target that notes what each call answered before governance changed it, and sends no write where
    the call is dry."""

    async def call(
        self, caller: Caller, tool: ToolInfo, arguments: Mapping[str, Json], context: Context
    ) -> dict[str, Json]:
        result = await super().call(caller, tool, self.harmless(tool.effect, arguments), context)
        self.note(tool.name, tool.effect, result, _personal(result))
        return result

    def harmless(self, effect: str, arguments: Mapping[str, Json]) -> Mapping[str, Json]:
        """The arguments of a call, which does not write where it is dry."""
        made = _call.get()
        return {**arguments, "dry_run": True} if made is not None and made.dry and effect != "read" else arguments

    def note(
        self, tool: str, effect: str, result: Mapping[str, Any], personal: tuple[tuple[str, str], ...] = ()
    ) -> None:
        """Keep what a call answered for its caller."""
        made = _call.get()
        if made is not None:
            made.seen.append(_Seen(tool, text_of(result), personal, made.dry and effect != "read"))


class ObservedHandler(UngovernedHandler):
    """The same without governance."""

    def __init__(self, engine: Engine, target: ObservedTarget) -> None:
        super().__init__(engine)
        self._observed = target
        tools = target.tools()
        self._by_name = {old: tool for tool in tools.values() for old in tool.was} | dict(tools)

    async def request(
        self, caller: Caller, method: str, params: Mapping[str, Json], context: Context
    ) -> dict[str, Any]:
        tool = self._by_name.get(str(params.get("name"))) if method == "tools/call" else None
        if tool is None:
            return await super().request(caller, method, params, context)
        arguments = self._observed.harmless(tool.effect, as_object(params.get("arguments")))
        result = await super().request(caller, method, {**params, "arguments": arguments}, context)
        self._observed.note(tool.name, tool.effect, result)
        return result


def _personal(result: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The classified values of an answer: by their positions, and those that may be in other text of it."""
    from adaptgen.mcp.protocol import META_FOUND, META_SENSITIVE
    from adaptgen.runtime.pii.classifier import scalar_texts
    from adaptgen.syntax.json_pointer import matching, pattern

    meta = result.get("_meta")
    if not isinstance(meta, Mapping):
        return ()
    found: dict[tuple[str, str], None] = {}
    try:
        body = json.loads(text_of(result))
    except ValueError:
        body = None
    for pointer, kind in (meta.get(META_SENSITIVE) or {}).items():
        for place in matching(body, pattern(pointer)):
            found |= {(str(kind), text): None for text in scalar_texts(place)}
    found |= {(str(kind), str(text)): None for kind, text in meta.get(META_FOUND) or ()}
    return tuple(found)
