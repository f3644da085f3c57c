"""Asks a server in the revision that it and the client share, and translates where they share none.

A client of the handshake revisions gets a session of its own with a server that keeps sessions. Where the server
speaks 2026-07-28 alone, each of its requests for input is put to the client as a question, and the call repeated with
the answers. A client of 2026-07-28 before an older server shares one session with the caller's other requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from adaptgen.mcp.headers import HeaderParameter
from adaptgen.mcp.json_text import as_object
from adaptgen.mcp.protocol import Context, RpcError
from adaptgen.mcp.revisions import CAPABILITIES_KEY, CLIENT_KEY, LOG_LEVEL_KEY, VERSION_KEY
from adaptgen.model.tables import Caller, Json
from adaptgen.proxy.http_client import UpstreamError
from adaptgen.proxy.response_reader import ClientRelay
from adaptgen.proxy.session_pool import Sessions, key_of
from adaptgen.proxy.shared_sessions import SessionEnded
from adaptgen.proxy.upstream_client import (
    Key,
    Session,
    SessionExpired,
    UpstreamClient,
    capabilities_of,
    forwarded,
    level_of,
)
from adaptgen.runtime.core.caches import LruCache

_ROUNDS = 10
_LATER = frozenset({"inputResponses", "requestState"})
"""Params that came with 2026-07-28."""


class RevisionBridge:
    """One way to all servers. ``opened`` is called for each new session of a client."""

    def __init__(
        self,
        sessions: Sessions,
        heard: Callable[[UpstreamClient, str], None],
        opened: Callable[[UpstreamClient, Key, Session], None],
    ) -> None:
        self._sessions = sessions
        self._heard = heard
        self._opened = opened
        self._levels: LruCache[Key, str] = LruCache(10_000)

    def stateful(self, remote: UpstreamClient, context: Context) -> bool:
        """Whether this client's requests to the server go through a session."""
        if context.modern:
            return not remote.modern
        return not (remote.modern and (remote.ours or remote.handshake is False))

    async def keeps(self, remote: UpstreamClient, caller: Caller, context: Context) -> bool:
        """Whether there is a session for this client's requests to the server; it is opened (:meth:`session`), to know
        for sure."""
        if not self.stateful(remote, context):
            return False
        try:
            await self.session(remote, caller, context)
        except _NoHandshake:
            return False
        return True

    def set_level(self, caller: Caller, context: Context, level: str) -> None:
        """The log level that a client of the handshake revisions wants from servers that are asked in the later."""
        self._levels.put(key_of(caller, context), level)

    async def forget(self, key: Key, remotes: Iterable[UpstreamClient], caller: Caller | None) -> None:
        """A client has left; ``caller``: who it was, where the client itself says so."""
        self._levels.pop(key)
        await self._sessions.end(key, remotes, caller)

    async def ask(
        self,
        remote: UpstreamClient,
        caller: Caller,
        method: str,
        params: Mapping[str, Json],
        context: Context,
        rows: tuple[HeaderParameter, ...] = (),
    ) -> dict[str, Json]:
        """One request for a client. ``params`` without ``_meta``.

        Raises:
            RpcError: the server's error, in the codes of the client's revision.
            UpstreamError: there is no answer.
        """
        relay = ClientRelay(context, lambda kind: self._heard(remote, kind))
        if self.stateful(remote, context):
            try:
                return await self._in_session(remote, caller, method, params, context, relay)
            except _NoHandshake:
                pass
        if context.modern:
            return await remote.ask(caller, method, params, context.meta, relay, rows)
        return await self._translated(remote, caller, method, params, context, relay, rows)

    # -------------------------------------------------------------------------------------------------------- session

    async def session(self, remote: UpstreamClient, caller: Caller, context: Context) -> Session:
        """The session that this client's requests use; RpcError or UpstreamError where it cannot be opened."""
        key = key_of(caller, context)
        known = self._sessions.held(remote, key)
        declared = capabilities_of(context) if key[0] == "session" else {}
        try:
            session = await self._sessions.get(remote, caller, key, _askable(declared))
        except SessionEnded:
            raise
        except (RpcError, UpstreamError) as problem:
            refused = isinstance(problem, RpcError) or problem.status in (400, 404, 405)
            if remote.modern and remote.handshake is None and refused:
                remote.handshake = False
                raise _NoHandshake from None
            raise
        if known is None:
            self._opened(remote, key, session)
        return session

    async def _in_session(
        self,
        remote: UpstreamClient,
        caller: Caller,
        method: str,
        params: Mapping[str, Json],
        context: Context,
        relay: ClientRelay,
    ) -> dict[str, Json]:
        meta = _earlier(context.meta)
        if "progressToken" in context.meta:
            meta["progressToken"] = context.meta["progressToken"]
        sent = {key: value for key, value in params.items() if key not in _LATER}
        # What this replica knows may be older than what another one has renewed, and that older than the server.
        for _ in range(2 if self._sessions.shared is None else 3):
            session = await self.session(remote, caller, context)
            try:
                level = level_of(context) if context.modern else ""
                if level and level != session.level and remote.can("logging"):
                    session.level = level
                    await remote.ask(caller, "logging/setLevel", {"level": level}, {}, session=session)
                return await remote.ask(caller, method, sent, meta, relay, session=session)
            except SessionExpired:
                # A 404 says that nothing was executed (2025-03-26, Session Management, 3).
                await self._sessions.lost(remote, caller, key_of(caller, context), session)
            except RpcError as error:
                if context.modern and method == "resources/read" and error.code == -32002:
                    raise RpcError(-32602, error.message, error.data) from None
                raise
        raise UpstreamError("it forgets its sessions", sent=False, status=404)

    # ---------------------------------------------------------------------------------------------------- translation

    async def _translated(
        self,
        remote: UpstreamClient,
        caller: Caller,
        method: str,
        params: Mapping[str, Json],
        context: Context,
        relay: ClientRelay,
        rows: tuple[HeaderParameter, ...],
    ) -> dict[str, Json]:
        meta = _earlier(context.meta)
        if context.meta.get("progressToken") is not None:
            meta["progressToken"] = context.meta["progressToken"]
        meta[CAPABILITIES_KEY] = _askable(capabilities_of(context))
        level = self._levels.get(key_of(caller, context))
        if level:
            meta[LOG_LEVEL_KEY] = level
        sent = dict(params)
        for _ in range(_ROUNDS):
            try:
                result = await remote.ask(caller, method, sent, meta, relay, rows)
            except RpcError as error:
                if method == "resources/read" and error.code == -32602:
                    raise RpcError(-32002, error.message, error.data) from None
                raise
            if result.get("resultType") != "input_required":
                return result
            requests = as_object(result.get("inputRequests"))
            responses = {name: await _put(request, relay) for name, request in requests.items()}
            sent = {**params, "inputResponses": responses}
            if "requestState" in result:
                sent["requestState"] = result["requestState"]
        raise RpcError(-32603, "The server asks for input again and again")


class _NoHandshake(Exception):
    """A server of 2026-07-28 that does not know ``initialize``."""


async def _put(request: Json, relay: ClientRelay) -> Json:
    """One request for input as a question to the client, and its answer."""
    known = as_object(request)
    return dict(await relay.ask(str(known.get("method")), as_object(known.get("params"))))


def _earlier(meta: Mapping[str, Json]) -> dict[str, Json]:
    """``_meta`` without what only one revision or one connection has."""
    later = ("progressToken", VERSION_KEY, CAPABILITIES_KEY, CLIENT_KEY, LOG_LEVEL_KEY)
    return {key: value for key, value in forwarded(meta).items() if key not in later}


def _askable(capabilities: Mapping[str, Json]) -> dict[str, Json]:
    """What the proxy can pass on of what a client declares."""
    return {key: value for key, value in capabilities.items() if key in ("sampling", "elicitation", "roots")}
