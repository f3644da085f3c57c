"""One MCP server behind the proxy, over Streamable HTTP: revision 2026-07-28 and the handshake revisions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import count
from typing import Any, Protocol

from adaptgen import __version__
from adaptgen.govern.settings.model import Upstream
from adaptgen.mcp.protocol import HANDOVER_HEADER, META_HANDOVER, Context, RpcError
from adaptgen.model.caller import Caller
from adaptgen.model.tables import Json
from adaptgen.proxy import messages as rpc
from adaptgen.proxy.http_client import Address, HttpClient, Reply, UpstreamError
from adaptgen.proxy.messages import CAPABILITIES_KEY, CLIENT_KEY, LEVEL_KEY, MODERN, NAMED, VERSION_KEY
from adaptgen.proxy.response_reader import Relay, ResponseReader
from adaptgen.proxy.upstream_session import Session, session_id

PROXY = Caller("adaptgen-proxy")
"""Who asks when the proxy itself does: for lists, and to hear of changes."""
SELF = {"name": "adaptgen-proxy", "version": __version__}
SAFE = frozenset(
    {
        "server/discover",
        "tools/list",
        "prompts/list",
        "prompts/get",
        "resources/list",
        "resources/templates/list",
        "resources/read",
        "completion/complete",
    }
)
"""Requests that may be sent twice."""
_JSON_SSE = "application/json, text/event-stream"
_ENDLESS = 10.0
_LARGE = 32 * 1024
"""Bytes of a body beyond which its handover stands in the head, too."""
"""A call that keeps talking may take so many times its timeout."""


class Outward(Protocol):
    """The proxy's credentials towards one server."""

    async def headers(self, caller: Caller | None, method: str, url: str, body: bytes) -> dict[str, str]:
        """The headers that authenticate this request; ``caller`` None: the proxy's own."""
        ...

    def renew(self, caller: Caller | None) -> bool:
        """They were refused: whether new ones may help."""
        ...


class IdentitySigner(Protocol):
    """Hands the caller's identity over."""

    def seal(self, caller: Caller, audience: str, method: str, params: Mapping[str, Json]) -> str:
        """A JWT for one request."""
        ...


class SessionExpired(Exception):
    """The server does not know the session any more; the request was not executed."""


class UpstreamClient:
    """What the proxy knows of one server, and how it asks it.

    ``modern``: it speaks 2026-07-28; ``handshake``: it accepts ``initialize`` (None: not tried yet).
    """

    def __init__(
        self,
        name: str,
        url: Address,
        settings: Upstream,
        line: HttpClient,
        outward: Outward | None,
        seal: IdentitySigner | None,
    ) -> None:
        self.name = name
        self.settings = settings
        self.prefix = f"{name}__" if settings.prefix is None else settings.prefix
        self.ours = bool(settings.handover) if settings.ours is None else settings.ours
        self.url = url
        self.modern = False
        self.handshake: bool | None = None
        self.capabilities: Mapping[str, Json] = {}
        self.instructions = ""
        self._text = url.text
        self._line = line
        self._outward = outward
        self._seal = seal if settings.handover else None
        self._numbers = count(1)

    def can(self, what: str, flag: str = "") -> bool:
        """Whether the server declares a capability, and in it a flag."""
        found = self.capabilities.get(what)
        return isinstance(found, dict) and (not flag or found.get(flag) is True)

    def learn(self, result: Mapping[str, Json]) -> None:
        """Take over what ``server/discover`` or ``initialize`` tells."""
        capabilities, text = result.get("capabilities"), result.get("instructions")
        self.capabilities = capabilities if isinstance(capabilities, dict) else {}
        self.instructions = text if isinstance(text, str) else ""

    async def discover(self) -> bool:
        """Ask in 2026-07-28 what the server is; False where it does not speak it.

        Raises:
            Failure: it cannot be reached.
        """
        try:
            result = await self.ask(PROXY, "server/discover", {}, {})
        except RpcError:
            return False
        except UpstreamError as failure:
            if failure.status in (400, 404, 405, 406, 415):
                return False
            raise
        versions = result.get("supportedVersions")
        self.modern = isinstance(versions, list) and MODERN in versions
        if self.modern:
            self.learn(result)
        return self.modern

    # ----------------------------------------------------------------------------------------------------- 2026-07-28

    async def ask(
        self,
        caller: Caller,
        method: str,
        params: Mapping[str, Json],
        meta: Mapping[str, Json],
        relay: Relay | None = None,
        rows: rpc.Mirrored = (),
        *,
        endless: bool = False,
    ) -> dict[str, Json]:
        """One request of 2026-07-28. ``meta``: of the client's request; ``rows``: arguments repeated in headers;
        ``endless``: the answer is a stream that only silence ends.

        Raises:
            RpcError: the server's error.
            Failure: there is no answer.
        """
        number = next(self._numbers)
        kept = rpc.forwarded(meta)
        kept[VERSION_KEY] = MODERN
        if not isinstance(kept.get(CAPABILITIES_KEY), dict):
            kept[CAPABILITIES_KEY] = {}
        kept.setdefault(CLIENT_KEY, dict(SELF))
        if "progressToken" in kept:
            kept["progressToken"] = number  # unique among the proxy's own; the relay gives the client its own again
        headers = {"mcp-protocol-version": MODERN, "mcp-method": method}
        subject = params.get(NAMED.get(method, ""))
        if isinstance(subject, str):
            headers["mcp-name"] = rpc.written(subject)
        if rows:
            arguments = params.get("arguments")
            headers.update(rpc.parameters(rows, arguments if isinstance(arguments, dict) else {}))
        return await self._exchange(caller, number, method, {**params, "_meta": kept}, headers, relay, endless=endless)

    # ------------------------------------------------------------------------------------------------------ handshake

    async def ask_in(
        self, session: Session, caller: Caller, method: str, params: Mapping[str, Json], relay: Relay | None = None
    ) -> dict[str, Json]:
        """One request in a session.

        Raises:
            RpcError: the server's error.
            Failure: there is no answer.
            Gone: the session has ended.
        """
        number = next(self._numbers)
        meta = params.get("_meta")
        if isinstance(meta, dict) and "progressToken" in meta:
            params = {**params, "_meta": {**meta, "progressToken": number}}
        try:
            return await self._exchange(caller, number, method, params, session.headers(), relay, session=session)
        except UpstreamError as failure:
            if failure.status == 404 and session.id:
                raise SessionExpired from None
            if failure.sent and not failure.status:
                self.cancel(session, caller, number, "timeout or broken connection")
            raise
        except asyncio.CancelledError:
            self.cancel(session, caller, number, "the client cancelled")
            raise

    def cancel(self, session: Session, caller: Caller, number: int, reason: str) -> None:
        """Tell the server, behind the back of a task that ends, that nobody waits any more."""
        params: dict[str, Json] = {"requestId": number, "reason": reason}
        session.soon(self.tell(session, caller, "notifications/cancelled", params))

    async def tell(self, session: Session, caller: Caller, method: str, params: Mapping[str, Json]) -> None:
        """A notification in a session; what becomes of it is not known."""
        sealed = self._sealed(caller, method, params)
        await self.post(session, caller, {"jsonrpc": "2.0", "method": method, "params": sealed})

    async def post(self, session: Session, caller: Caller, message: Mapping[str, Any]) -> None:
        """A message that has no answer: a notification, or the response to a question of the server."""
        try:
            reply = await self._send("POST", caller, session.headers(), rpc.dumps(message))
            await reply.aclose()
        except (UpstreamError, RpcError):
            pass

    async def listen(self, session: Session, caller: Caller, last: str | None = None) -> Reply:
        """The GET stream of a session; the caller reads and closes it.

        Raises:
            Failure: the server has none.
        """
        headers = {**session.headers(), "accept": "text/event-stream"}
        if last is not None:
            headers["last-event-id"] = last
        reply = await self._send("GET", caller, headers, None)
        if reply.status != 200 or reply.kind != "text/event-stream":
            await reply.aclose()
            raise UpstreamError("it has no stream of its own", sent=False, status=reply.status)
        return reply

    async def close(self, session: Session, caller: Caller) -> None:
        """End a session (2025-03-26, Session Management, 5)."""
        if session.id:
            try:
                reply = await self._send("DELETE", caller, session.headers(), None)
                await reply.aclose()
            except (UpstreamError, RpcError):
                pass

    async def initialize(self, caller: Caller, capabilities: Mapping[str, Json]) -> tuple[Session, dict[str, Json]]:
        """Open a session, with the newest revision that both speak, and what the server says of itself.

        Raises:
            RpcError, Failure: it cannot be opened.
        """
        params: dict[str, Json] = {
            "protocolVersion": rpc.HANDSHAKE[0],
            "capabilities": dict(capabilities),
            "clientInfo": dict(SELF),
        }
        number = next(self._numbers)
        session = Session(None, rpc.HANDSHAKE[0])
        result = await self._exchange(caller, number, "initialize", params, {}, None, session=session)
        version = result.get("protocolVersion")
        if version not in rpc.HANDSHAKE:
            raise UpstreamError("it speaks no revision of MCP that the proxy knows", sent=False, status=400)
        session.version = str(version)
        await self.tell(session, caller, "notifications/initialized", {})
        return session, result

    # ------------------------------------------------------------------------------------------------------- exchange

    async def _exchange(
        self,
        caller: Caller,
        number: int,
        method: str,
        params: Mapping[str, Json],
        headers: dict[str, str],
        relay: Relay | None,
        *,
        session: Session | None = None,
        endless: bool = False,
    ) -> dict[str, Json]:
        again, renewed = method in SAFE, False
        while True:
            # Each attempt is sealed anew: the server accepts a seal once.
            message = {"jsonrpc": "2.0", "id": number, "method": method, "params": self._sealed(caller, method, params)}
            body = rpc.dumps(message)
            try:
                return await self._once(caller, number, _proving(headers, message, body), body, relay, session, endless)
            except UpstreamError as failure:
                if failure.status == 401 and not renewed and self._outward is not None:
                    renewed = self._outward.renew(_whose(caller))
                    if renewed:
                        continue
                if not (again and failure.early):
                    raise
                again = False

    def _sealed(self, caller: Caller, method: str, params: Mapping[str, Json]) -> Mapping[str, Json]:
        """``params`` with the caller's identity handed over, sealed over them as they are sent."""
        if self._seal is None:
            return params
        token = self._seal.seal(caller, self.settings.handover, method, params)
        meta = params.get("_meta")
        return {**params, "_meta": {**(meta if isinstance(meta, dict) else {}), META_HANDOVER: token}}

    async def _once(
        self,
        caller: Caller,
        number: int,
        headers: dict[str, str],
        body: bytes,
        relay: Relay | None,
        session: Session | None,
        endless: bool,
    ) -> dict[str, Json]:
        budget = self.settings.timeout
        loop = asyncio.get_running_loop()
        end = loop.time() + budget * _ENDLESS
        deadline = asyncio.timeout(None if endless else budget)
        answers = ResponseReader(self, caller, session, relay, number)

        def heard(patience: float | None = None) -> None:
            """The server is alive: the clock starts anew, within what is bearable."""
            if not endless:
                deadline.reschedule(min(loop.time() + (patience or budget), max(end, loop.time() + (patience or 0))))

        answers.heard = heard
        try:
            async with deadline:
                reply = await self._send("POST", caller, headers, body, endless=endless)
                if session is not None and session.fresh:
                    session.fresh = False
                    session.id = session_id(reply.header("mcp-session-id"))
                try:
                    return await answers.read(reply)
                finally:
                    await reply.aclose()
        except TimeoutError:
            raise UpstreamError(f"it did not answer within {budget:g} s", sent=True) from None
        finally:
            answers.close()

    async def _send(
        self,
        verb: str,
        caller: Caller,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        endless: bool = False,
    ) -> Reply:
        sent = {"accept": _JSON_SSE, "accept-encoding": "gzip, deflate", "user-agent": "adaptgen", **headers}
        if body is not None:
            sent["content-type"] = "application/json"
        if self._outward is not None:
            sent.update(await self._outward.headers(_whose(caller), verb, self._text, body or b""))
        silence = 300.0 if endless or verb == "GET" else self.settings.timeout
        return await self._line.send(verb, self.url, sent, body, silence=silence)


def _proving(headers: dict[str, str], message: Mapping[str, Any], body: bytes) -> dict[str, str]:
    """``headers``, with the handover of a body that is too large to be read for a stranger."""
    meta = message["params"].get("_meta")
    token = meta.get(META_HANDOVER) if isinstance(meta, dict) else None
    return {**headers, HANDOVER_HEADER: token} if isinstance(token, str) and len(body) > _LARGE else headers


def _whose(caller: Caller) -> Caller | None:
    return None if caller is PROXY else caller


def capabilities_of(context: Context) -> Mapping[str, Json]:
    """What the client can be asked: from the request in 2026-07-28, from its session before."""
    declared = context.meta.get(CAPABILITIES_KEY)
    return declared if isinstance(declared, dict) else context.capabilities


def level_of(context: Context) -> str:
    """The log level that a request of 2026-07-28 asks for."""
    level = context.meta.get(LEVEL_KEY)
    return level if isinstance(level, str) else ""
