"""The servers behind the proxy as one target: everything they have, under names that do not collide."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from adaptgen import __version__
from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where
from adaptgen.govern.identity.identity_assertion import AssertionIssuer
from adaptgen.govern.pipeline.elicitation import without_our_responses
from adaptgen.govern.settings.model import ToolRule, Upstream
from adaptgen.mcp import protocol
from adaptgen.mcp.json_text import as_object
from adaptgen.mcp.protocol import (
    META_UNKNOWN,
    META_UNREACHABLE,
    Context,
    RpcError,
    ServerInfo,
    ToolInfo,
    without_own_meta,
)
from adaptgen.model.tables import Caller, Json
from adaptgen.proxy.catalog import Catalog, make
from adaptgen.proxy.catalog_sync import CatalogSync
from adaptgen.proxy.http_client import Address, HttpClient, UpstreamError, address, secure
from adaptgen.proxy.pin_store import InMemoryPins, Pins, UntrustedPins
from adaptgen.proxy.revision_bridge import RevisionBridge
from adaptgen.proxy.session_pool import IDLE, Sessions, key_of
from adaptgen.proxy.shared_sessions import SharedUpstreamSessions
from adaptgen.proxy.subscriptions import Subscription, Subscriptions, kinds_of, wanted
from adaptgen.proxy.third_party_tools import suspected
from adaptgen.proxy.upstream_auth import UpstreamAuthenticator
from adaptgen.proxy.upstream_client import Key, Session, UpstreamClient
from adaptgen.runtime.auth.session_store import SharedSessionStore
from adaptgen.runtime.store.protocol import StoreError

_log = logging.getLogger("adaptgen.proxy")
_LISTS = {"prompts/list": "prompts", "resources/list": "resources", "resources/templates/list": "resourceTemplates"}
_ROUTED = {"prompts/get": "name", "resources/read": "uri", "resources/subscribe": "uri", "resources/unsubscribe": "uri"}
_HANDED = frozenset({"inputResponses", "requestState"})
"""Params that answer a server's request for input (2026-07-28, SEP-2322)."""
_REVIEW = "review it, then adaptgen proxy GOVERNANCE --accept SERVER/NAME"
_LOOK, _LOOK_LATER = 1.0, 15.0
"""Seconds after which a client's sessions of other replicas are looked for, at first and later on."""
_FRESH = 5_000
"""Milliseconds for which clients may keep a list."""

Place = Callable[..., Where | None]


def _nowhere(*keys: str | int) -> Where | None:
    return None


class UpstreamAggregator:
    """N servers. ``changed``, where it is set, is awaited when the tools have changed, before clients are notified."""

    def __init__(
        self,
        upstreams: Mapping[str, Upstream],
        *,
        rules: Mapping[str, ToolRule] | None = None,
        credentials: Mapping[str, UpstreamAuthenticator] | None = None,
        handover: AssertionIssuer | None = None,
        environ: Mapping[str, str] | None = None,
        where: Place = _nowhere,
        pins: Pins | None = None,
        shared: SharedSessionStore | None = None,
        name: str = "adaptgen-proxy",
        insecure: bool = False,
    ) -> None:
        """``upstreams``: with their templates resolved; ``rules``: the ``tools:`` of the settings; ``credentials``: the
        proxy's credentials per server; ``handover``: seals identities for servers that have an audience; ``pins``:
        where tools stay pinned (default: in this process); ``shared``: where replicas share their sessions with
        servers; ``insecure``: http to other machines is allowed.

        Raises:
            AdaptgenError: AG075, an address cannot be used.
        """
        self.changed: Callable[[], Awaitable[object]] | None = None
        self._where = where
        self._rules = rules or {}
        self._credentials = credentials or {}
        self._http = HttpClient()
        self._subscriptions = Subscriptions()
        self._sessions = Sessions(
            busy=lambda key: bool(self._subscriptions.at(key)),
            shared=SharedUpstreamSessions(shared, IDLE) if shared is not None else None,
        )
        mark = f"{secrets.token_hex(4)}-" if shared is not None else ""
        self._bridge = RevisionBridge(
            self._sessions, lambda remote, kind: self._syncs[remote.name].on_change(kind), self._opened
        )
        self._catalog = Catalog()
        self._said: tuple[str, ...] = ()
        self._name = name
        pins = pins or InMemoryPins()
        self._syncs: dict[str, CatalogSync] = {}
        for key, settings in upstreams.items():
            url = self._address(key, settings, insecure)
            remote = UpstreamClient(key, url, settings, self._http, self._credentials.get(key), handover)
            remote.mark = mark
            self._syncs[key] = CatalogSync(remote, self._sessions, pins, self._renewed)

    async def start(self) -> None:
        """Find out what every server is and has, and go on watching them. AG075 names every server that cannot be read
        and of which nothing is remembered."""
        results = await asyncio.gather(*(one.start() for one in self._syncs.values()), return_exceptions=True)
        findings: list[Diagnostic] = []
        for (name, _), result in zip(self._syncs.items(), results, strict=True):
            if isinstance(result, BaseException):
                findings.append(self._dead(name, result))
        if findings:
            await self.aclose()
            raise AdaptgenError(*findings)
        self._swap()
        for one in self._syncs.values():
            one.run()

    def findings(self) -> list[Diagnostic]:
        """What a person should know: servers that are down, tools that changed, names that collide."""
        found = [self._finding(("upstreams",), text) for text in self._catalog.name_conflicts]
        for name, sync in self._syncs.items():
            at = ("upstreams", name)
            if sync.last_error:
                found.append(self._finding(at, f"the server {name} cannot be read: {sync.last_error}"))
            for kind, names in sorted(sync.differing.items()):
                for one in sorted(names):
                    found.append(self._finding(at, sync.told(kind, one), _REVIEW))
        return found

    async def accept(self, glob: str) -> list[str]:
        """Pin what differs and fits ``glob`` as it is now, as :meth:`CatalogSync.accept`; what it was."""
        return [one for sync in self._syncs.values() for one in await sync.accept(glob)]

    def suspected(self) -> list[str]:
        """Arguments of third parties that may hold personal data, as lines for ``tools`` of the settings."""
        found: list[str] = []
        for tool in self._catalog.tools.values():
            if not tool.trusted:
                kinds = suspected(tool.wire.get("inputSchema"))
                found += [
                    f'"{tool.server}/{tool.own}": {{arguments: {{{name}: {kind}}}}}'
                    for name, kind in kinds
                    if name not in tool.arguments
                ]
        return found

    # --------------------------------------------------------------------------------------------------------- target

    def about(self) -> ServerInfo:
        """All servers together. Handshake clients need sessions as soon as one server keeps any."""
        catalog = self._catalog
        return ServerInfo(
            name=self._name,
            version=__version__,
            instructions=catalog.instructions,
            capabilities=catalog.capabilities or {"tools": {}},
            stateful=any(not one.remote.ours for one in self._syncs.values()),
        )

    def tools(self) -> Mapping[str, ToolInfo]:
        """The tools of all servers: the same object until one changes."""
        return self._catalog.tools

    def server_of(self, what: str, name: str) -> str:
        """The server that has this prompt, resource or template; "" if there is no such server."""
        catalog = self._catalog
        if what == "prompt" or (what == "completion" and name in catalog.prompts):
            shown = catalog.prompts.get(name)
            return shown.server if shown is not None else ""
        return catalog.reader(name)

    async def call(
        self, caller: Caller, tool: ToolInfo, arguments: Mapping[str, Json], context: Context
    ) -> dict[str, Json]:
        """The server's answer as it gave it; a server that cannot answer makes an error that the agent can act on."""
        sync = self._syncs.get(tool.server)
        if sync is None or tool.name not in self._catalog.tools:  # it went, or is quarantined, since it was listed
            raise RpcError(-32602, "Unknown tool")
        params: dict[str, Json] = {"name": tool.own, "arguments": dict(arguments)}
        params.update({key: value for key, value in without_our_responses(context.params).items() if key in _HANDED})
        rows = self._catalog.headers.get(tool.name, ())
        try:
            result = await self._bridge.ask(sync.remote, caller, "tools/call", params, context, rows)
        except UpstreamError as failure:
            return _failed(tool, failure)
        if not sync.remote.ours:
            result = without_own_meta(result)
        result.setdefault("resultType", "complete")
        return result

    async def request(
        self, caller: Caller, method: str, params: Mapping[str, Json], context: Context
    ) -> dict[str, Json]:
        try:
            return await self._request(caller, method, params, context)
        except UpstreamError as failure:
            again = "" if failure.sent else " Trying again later may help."
            raise RpcError(-32603, f"The server behind this cannot answer: {failure.text}.{again}") from None

    async def notification(self, caller: Caller, method: str, params: Mapping[str, Json], context: Context) -> None:
        """The client's roots have changed: servers that keep a session with it are notified."""
        if method != "notifications/roots/list_changed" or context.modern:
            return
        for held in await self._sessions.adopt(self._third_parties(), caller, key_of(caller, context)):
            await held.remote.tell(held.opening.result(), caller, method, without_own_meta(params))

    async def close_session(self, session: str, caller: Caller | None = None) -> None:
        """A client's session has ended; so do those that were held for it."""
        key = ("session", session)
        self._subscriptions.forget(key)
        await self._bridge.forget(key, self._third_parties(), caller)

    def _third_parties(self) -> list[UpstreamClient]:
        """The servers that may keep sessions."""
        return [one.remote for one in self._syncs.values() if not one.remote.ours]

    async def aclose(self) -> None:
        """Stop watching, end all sessions, close all connections."""
        self._subscriptions.end()
        await asyncio.gather(*(one.aclose() for one in self._syncs.values()))
        await self._sessions.aclose()
        await self._http.aclose()
        for one in self._credentials.values():
            await one.aclose()

    # ------------------------------------------------------------------------------------------------------- requests

    async def _request(
        self, caller: Caller, method: str, params: Mapping[str, Json], context: Context
    ) -> dict[str, Json]:
        if method in _LISTS:
            return self._list(method, params)
        if method in _ROUTED:
            return await self._routed(caller, method, params, context)
        match method:
            case "completion/complete":
                return await self._complete(caller, params, context)
            case "logging/setLevel":
                return await self._level(caller, params, context)
            case "subscriptions/listen":
                return await self._listen(caller, params, context)
            case protocol.META_CONNECTIONS:
                return await self._connections(caller, params)
        raise RpcError(-32601, "Method not found")

    def _list(self, method: str, params: Mapping[str, Json]) -> dict[str, Json]:
        if params.get("cursor") is not None:
            raise RpcError(-32602, "Invalid cursor: the list comes whole")
        catalog = self._catalog
        if ("prompts" if method == "prompts/list" else "resources") not in catalog.capabilities:
            raise RpcError(-32601, "Method not found")
        shown: Any = {
            "prompts/list": catalog.prompts.values(),
            "resources/list": catalog.resources.values(),
            "resources/templates/list": catalog.templates,
        }[method]
        listed: list[Json] = [one.wire for one in shown]
        return {_LISTS[method]: listed, "resultType": "complete", "ttlMs": _FRESH, "cacheScope": "private"}

    async def _routed(
        self, caller: Caller, method: str, params: Mapping[str, Json], context: Context
    ) -> dict[str, Json]:
        key = _ROUTED[method]
        name = params.get(key)
        if not isinstance(name, str):
            raise RpcError(-32602, f"Invalid params: {key} must be a string")
        if method == "prompts/get":
            shown = self._catalog.prompts.get(name)
            if shown is None:
                raise RpcError(-32602, "Unknown prompt")
            return await self._pass(shown.server, caller, method, {**params, "name": shown.own}, context)
        server = self._catalog.reader(name)
        if not server:
            raise RpcError(-32602 if context.modern else -32002, "Resource not found", {"uri": name})
        remote = self._syncs[server].remote
        if method == "resources/read" or await self._bridge.keeps(remote, caller, context):
            return await self._pass(server, caller, method, params, context)
        # A subscription of the handshake revisions at a server that has streams for it instead.
        whose = key_of(caller, context)
        if method == "resources/subscribe":
            self._subscriptions.subscribe(whose, remote, name)
        else:
            self._subscriptions.unsubscribe(whose, remote, name)
        return {}

    async def _pass(
        self, server: str, caller: Caller, method: str, params: Mapping[str, Json], context: Context
    ) -> dict[str, Json]:
        remote = self._syncs[server].remote
        sent = {key: value for key, value in params.items() if key != "_meta"}
        result = await self._bridge.ask(remote, caller, method, sent, context)
        return without_own_meta(result)

    async def _complete(self, caller: Caller, params: Mapping[str, Json], context: Context) -> dict[str, Json]:
        known = as_object(params.get("ref"))
        name, uri = known.get("name"), known.get("uri")
        if isinstance(name, str) and name in self._catalog.prompts:
            shown = self._catalog.prompts[name]
            sent: dict[str, Json] = {**params, "ref": {**known, "name": shown.own}}
            return await self._pass(shown.server, caller, "completion/complete", sent, context)
        server = self._catalog.reader(uri) if isinstance(uri, str) else ""
        if not server:
            raise RpcError(-32602, "Nothing to complete")
        return await self._pass(server, caller, "completion/complete", params, context)

    async def _level(self, caller: Caller, params: Mapping[str, Json], context: Context) -> dict[str, Json]:
        level = params.get("level")
        if not isinstance(level, str):
            raise RpcError(-32602, "Invalid params: level must be a string")
        self._bridge.set_level(caller, context, level)
        for sync in self._syncs.values():
            remote = sync.remote
            if remote.can("logging") and await self._bridge.keeps(remote, caller, context):
                await self._bridge.ask(remote, caller, "logging/setLevel", {"level": level}, context)
        return {}

    async def _listen(self, caller: Caller, params: Mapping[str, Json], context: Context) -> dict[str, Json]:
        catalog = self._catalog
        honoured = wanted(params, catalog.capabilities, catalog.reader)
        key = key_of(caller, context)
        listener = Subscription(caller, context, key, kinds_of(honoured))
        await context.notify("notifications/subscriptions/acknowledged", {"notifications": honoured})
        self._subscriptions.add(listener)
        try:
            uris = honoured.get("resourceSubscriptions")
            await self._follow(listener, [str(uri) for uri in uris] if isinstance(uris, list) else [])
            await listener.wait()
        finally:
            self._subscriptions.remove(listener)
        return {"resultType": "complete"}

    async def _connections(self, caller: Caller, params: Mapping[str, Json]) -> dict[str, Json]:
        """What a page asks about the caller's accounts at the API of one server: of ours only, which knows from the
        handover whose they are. The params may hold secrets."""
        sync = self._syncs.get(str(params.get("server")))
        if sync is None or not (sync.remote.ours and sync.remote.settings.handover and sync.remote.modern):
            raise RpcError(-32601, "Method not found")
        asked = {key: value for key, value in params.items() if key != "server"}
        return without_own_meta(await sync.remote.ask(caller, protocol.META_CONNECTIONS, asked, {}))

    async def _follow(self, listener: Subscription, uris: list[str]) -> None:
        """Hold the streams of servers from which this client hears of updates."""
        context = listener.context
        for sync in self._syncs.values():
            remote = sync.remote
            own = tuple(uri for uri in uris if self._catalog.reader(uri) == remote.name)
            if not own:
                continue
            if not await self._bridge.keeps(remote, listener.caller, context):
                listener.follow_updates(remote, own)
            else:
                for uri in own:
                    await self._bridge.ask(remote, listener.caller, "resources/subscribe", {"uri": uri}, context)
                session = await self._bridge.session(remote, listener.caller, context)
                listener.follow_session(remote, session, self._sessions.lost)
        if not context.modern:
            self._subscriptions.resume(listener)
            for held in await self._sessions.adopt(self._third_parties(), listener.caller, listener.key):
                listener.follow_session(held.remote, held.opening.result(), self._sessions.lost)
            if self._sessions.shared is not None:
                listener.start(self._follow_others(listener))

    async def _follow_others(self, listener: Subscription) -> None:
        """Find the sessions that other replicas open for a client that listens here, and keep them from being
        closed."""
        pause = _LOOK
        while True:
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LOOK_LATER)
            for held in await self._sessions.adopt(self._third_parties(), listener.caller, listener.key):
                listener.follow_session(held.remote, held.opening.result(), self._sessions.lost)
                self._sessions.touch(held, time.monotonic())

    def _opened(self, remote: UpstreamClient, key: Key, session: Session) -> None:
        """A client that listens already hears what comes in its new session, too."""
        for listener in self._subscriptions.at(key):
            if not listener.context.modern:
                listener.follow_session(remote, session, self._sessions.lost)

    # -------------------------------------------------------------------------------------------------------- changes

    async def _renewed(self, sync: CatalogSync, changes: frozenset[str]) -> None:
        before = self._catalog.tools
        self._swap()
        if self.changed is not None and self._catalog.tools is not before:
            try:
                await self.changed()
            except Exception as problem:  # the proxy goes on serving what it served
                _log.error("the new tools could not be adopted: %s", type(problem).__name__)
        await self._subscriptions.tell(changes)

    def _swap(self) -> None:
        listings = [(one.remote, one.listing) for one in self._syncs.values() if one.listing is not None]
        quarantined = {name: one.quarantined for name, one in self._syncs.items()}
        self._catalog = make(listings, self._rules, quarantined, self._catalog)
        for text in self._catalog.name_conflicts:
            if text not in self._said:
                _log.warning("%s", text)
        self._said = self._catalog.name_conflicts

    # ------------------------------------------------------------------------------------------------------- findings

    def _address(self, name: str, settings: Upstream, insecure: bool) -> Address:
        where = self._place(name)
        try:
            url = address(settings.url)
        except ValueError as problem:
            raise AdaptgenError(Diagnostic("AG075", f"the URL of {name} cannot be used: {problem}", where)) from None
        if not insecure and not secure(url):
            text = f"the URL of {name} is http to another machine: everybody on the way could read along"
            raise AdaptgenError(Diagnostic("AG075", text, where, "use https"))
        return url

    def _dead(self, name: str, problem: BaseException) -> Diagnostic:
        if isinstance(problem, asyncio.CancelledError):
            raise problem
        if isinstance(problem, UpstreamError):
            text = problem.text
        elif isinstance(problem, RpcError):
            text = "it answers with an error, or the proxy cannot authenticate to it"
        elif isinstance(problem, UntrustedPins):
            help = f"review what it offers, then adaptgen proxy GOVERNANCE --accept {name}"
            return Diagnostic("AG075", f"the server {name} is not served: {problem}", self._place(name), help)
        elif isinstance(problem, (StoreError, ValueError)):
            text = f"its pins cannot be read ({type(problem).__name__})"
        else:
            raise problem
        help = "check its URL and auth"
        if isinstance(problem, UpstreamError) and problem.status == 401 and self._where("upstreams", name, "handover"):
            help = (
                "accept in its settings must have this proxy's listen.resource as issuer, the name after handover as "
                "audience, and as jwks what adaptgen proxy GOVERNANCE --jwks prints"
            )
        return Diagnostic("AG075", f"the server {name} cannot be used: {text}", self._place(name), help)

    def _place(self, name: str) -> Where | None:
        return self._where("upstreams", name, "url") or self._where("upstreams", name)

    def _finding(self, at: tuple[str, ...], text: str, help: str = "") -> Diagnostic:
        return Diagnostic("AG075", text, self._where(*at), help, "warning")


def _failed(tool: ToolInfo, failure: UpstreamError) -> dict[str, Json]:
    """A CallToolResult that says whether the call was executed, and whether trying again helps."""
    what = f"The server of {tool.name} did not answer: {failure.text}."
    meta: dict[str, Json] = {META_UNREACHABLE: True}
    if not failure.sent:
        wait = f" Try again in {failure.retry_after:g} s." if failure.retry_after else " Trying again later may help."
        text = f"{what} Nothing was executed.{wait if failure.status not in (401, 403) else ''}"
    elif tool.effect == "read":
        text = f"{what} Trying again may help."
    else:
        meta[META_UNKNOWN] = True
        text = (
            f"{what} It is unknown whether the change was carried out: it may have been. Read the current state before "
            "trying again."
        )
    content = [{"type": "text", "text": text}]
    return {"content": content, "isError": True, "resultType": "complete", "_meta": meta}
