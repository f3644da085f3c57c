"""One MCP server behind the proxy, over Streamable HTTP: revision 2026-07-28 and the handshake revisions."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from itertools import count
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias

from adaptgen import __version__
from adaptgen.govern.settings.model import Upstream
from adaptgen.mcp import json_text
from adaptgen.mcp.headers import HeaderParameter, encode_value, parameter_headers
from adaptgen.mcp.json_text import as_object
from adaptgen.mcp.jsonrpc import MessageId
from adaptgen.mcp.protocol import HANDOVER_HEADER, META, META_HANDOVER, Context, RpcError
from adaptgen.mcp.revisions import CAPABILITIES_KEY, CLIENT_KEY, HANDSHAKE, LOG_LEVEL_KEY, NAMED, STATELESS, VERSION_KEY
from adaptgen.model.tables import Caller, Json
from adaptgen.proxy.http_client import Address, HttpClient, Reply, UpstreamError
from adaptgen.proxy.response_reader import Relay, ResponseReader
from adaptgen.syntax.identifiers import vocabulary

if TYPE_CHECKING:
    from adaptgen.govern.identity.identity_assertion import AssertionIssuer
    from adaptgen.proxy.upstream_auth import UpstreamAuthenticator

Key: TypeAlias = tuple[str, ...]
"""Whose session with a server it is: that of a client's session, or of a caller."""
PROXY = Caller("adaptgen-proxy")
"""Who asks when the proxy itself does: for lists, and to hear of changes."""
SELF = {"name": "adaptgen-proxy", "version": __version__}
SAFE = vocabulary(
    "server/discover tools/list prompts/list prompts/get resources/list resources/templates/list resources/read "
    "completion/complete"
)
"""Requests that may be sent twice."""
_JSON_SSE = "application/json, text/event-stream"
_LONGEST = 10.0
"""A call that keeps sending may take this many times its timeout."""
_LARGE = 32 * 1024
"""Bytes of a body above which its handover is in the head, too."""
_SILENCE = 300.0
"""Seconds for which a stream that only listens may be silent."""
_BAGGAGE = frozenset({"baggage", "tracestate"})


class Session:
    """A session of the handshake revisions with one server. ``id`` is None where the server keeps no state."""

    def __init__(self, id: str | None, version: str) -> None:
        self.id = id
        self.version = version
        self.fresh = True
        """It is still being opened."""
        self.level = ""
        self.tasks: set[asyncio.Task[None]] = set()

    def headers(self) -> dict[str, str]:
        """What every request carries but the one that opens it; before 2025-06-18 the revision was not among it."""
        if self.fresh:
            return {}
        headers = {"mcp-session-id": self.id} if self.id else {}
        if self.version >= "2025-06-18":
            headers["mcp-protocol-version"] = self.version
        return headers

    def opened(self, reply: Reply) -> None:
        """Take over the id that the server sent; UpstreamError where it could do harm in a header."""
        self.fresh = False
        self.id = _session_id(reply.header("mcp-session-id"))

    def soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the background, kept alive until it is done."""
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def _session_id(value: str | None) -> str | None:
    """The id that a server sent; "" unless it is visible ASCII. UpstreamError where it could do harm in a header."""
    if not value:
        return None
    if len(value) > 1024 or not all("\x21" <= one <= "\x7e" for one in value):
        raise UpstreamError("its session id is not visible ASCII", sent=False, status=400)
    return value


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
        http: HttpClient,
        auth: UpstreamAuthenticator | None,
        signer: AssertionIssuer | None,
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
        self._http = http
        self._auth = auth
        self._signer = signer if settings.handover else None
        self._numbers = count(1)
        self.mark = ""
        """What separates the requests of this process from those that others send in the same session."""

    def can(self, what: str, flag: str = "") -> bool:
        """Whether the server declares a capability, and in it a flag."""
        found = self.capabilities.get(what)
        return isinstance(found, dict) and (not flag or found.get(flag) is True)

    def learn(self, result: Mapping[str, Json]) -> None:
        """Take over the result of ``server/discover`` or ``initialize``."""
        text = result.get("instructions")
        self.capabilities = as_object(result.get("capabilities"))
        self.instructions = text if isinstance(text, str) else ""

    async def discover(self) -> bool:
        """Ask in 2026-07-28 what the server is; False where it does not speak it. UpstreamError where it cannot be
        reached."""
        try:
            result = await self.ask(PROXY, "server/discover", {}, {})
        except RpcError:
            return False
        except UpstreamError as failure:
            if failure.status in (400, 404, 405, 406, 415):
                return False
            raise
        versions = result.get("supportedVersions")
        self.modern = isinstance(versions, list) and STATELESS in versions
        if self.modern:
            self.learn(result)
        return self.modern

    # ------------------------------------------------------------------------------------------------------- requests

    async def ask(
        self,
        caller: Caller,
        method: str,
        params: Mapping[str, Json],
        meta: Mapping[str, Json],
        relay: Relay | None = None,
        rows: tuple[HeaderParameter, ...] = (),
        *,
        session: Session | None = None,
        endless: bool = False,
    ) -> dict[str, Json]:
        """One request, in ``session`` or (None) in 2026-07-28, and its result.

        ``meta``: the ``_meta`` of the client's request; ``rows``: arguments that are repeated in headers; ``endless``:
        the answer is a stream that only silence ends.

        Raises:
            RpcError: the server's error.
            UpstreamError: there is no answer.
            SessionExpired: the session has ended.
        """
        number: MessageId = f"{self.mark}{next(self._numbers)}" if self.mark else next(self._numbers)
        if session is None:
            meta, headers = _stateless(meta), _standard_headers(method, params, rows)
        else:
            headers = session.headers()
        # The request that opens a session is not cancelled (2025-03-26, Cancellation), and no session ends with it.
        running = session if session is not None and not session.fresh else None
        if "progressToken" in meta:
            meta = {**meta, "progressToken": number}  # unique among the proxy's own; the relay gives the client its own
        if meta:
            params = {**params, "_meta": meta}
        left = _Repetitions(method in SAFE, self._auth is not None)
        while True:
            # Each attempt is signed anew: the server accepts an identity once.
            message = {"jsonrpc": "2.0", "id": number, "method": method, "params": self._signed(caller, method, params)}
            body = json_text.encode(message)
            deadline = _Deadline(None if endless else self.settings.timeout)
            reader = ResponseReader(self, caller, session, relay, number, deadline.extend)
            try:
                async with deadline:
                    sent = await self._headers("POST", caller, _with_identity(headers, message, body), body)
                    silence = _SILENCE if endless else self.settings.timeout
                    reply = await self._http.send("POST", self.url, sent, body, silence=silence)
                    return await reader.read(reply)
            except UpstreamError as failure:
                if not self._may_repeat(caller, failure, left):
                    self._give_up(running, caller, number, failure)
                    raise
            except asyncio.CancelledError:
                if running is not None:
                    self.cancel(running, caller, number, "the client cancelled")
                raise
            finally:
                reader.close()

    def _may_repeat(self, caller: Caller, failure: UpstreamError, left: _Repetitions) -> bool:
        """Whether the request may be sent once more: with new credentials, or where nothing of an answer came."""
        if failure.status == 401 and left.renewed and self._auth is not None:
            left.renewed = False
            if self._auth.renew(_whose(caller)):
                return True
        again, left.early = failure.early and left.early, False
        return again

    def _give_up(self, session: Session | None, caller: Caller, number: MessageId, failure: UpstreamError) -> None:
        """Raise SessionExpired where that is what the failure means."""
        if session is None:
            return
        if failure.status == 404 and session.id:
            raise SessionExpired from None
        if failure.sent and not failure.status:
            self.cancel(session, caller, number, "timeout or broken connection")

    def _signed(self, caller: Caller, method: str, params: Mapping[str, Json]) -> Mapping[str, Json]:
        """``params`` with the caller's identity handed over, signed over them as they are sent."""
        if self._signer is None:
            return params
        token = self._signer.sign(caller, self.settings.handover, method, params)
        return {**params, "_meta": {**as_object(params.get("_meta")), META_HANDOVER: token}}

    async def _headers(self, verb: str, caller: Caller, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
        """All headers of a request, with the proxy's credentials."""
        sent = {"accept": _JSON_SSE, "accept-encoding": "gzip, deflate", "user-agent": "adaptgen", **headers}
        if verb == "POST":
            sent["content-type"] = "application/json"
        if self._auth is not None:
            sent.update(await self._auth.headers(_whose(caller), verb, self.url.text, body))
        return sent

    # ------------------------------------------------------------------------------------------------------- sessions

    def cancel(self, session: Session, caller: Caller, number: MessageId, reason: str) -> None:
        """Send the server a cancellation without holding up the task that ends."""
        params: dict[str, Json] = {"requestId": number, "reason": reason}
        session.soon(self.tell(session, caller, "notifications/cancelled", params))

    async def tell(self, session: Session, caller: Caller, method: str, params: Mapping[str, Json]) -> None:
        """A notification in a session; what becomes of it is not known."""
        signed = self._signed(caller, method, params)
        await self.post(session, caller, {"jsonrpc": "2.0", "method": method, "params": signed})

    async def post(self, session: Session, caller: Caller, message: Mapping[str, Any]) -> None:
        """A message that has no answer: a notification, or the response to a question of the server."""
        await self._send_unanswered("POST", session, caller, json_text.encode(message))

    async def close(self, session: Session, caller: Caller) -> None:
        """End a session (2025-03-26, Session Management, 5)."""
        if session.id:
            await self._send_unanswered("DELETE", session, caller, b"")

    async def _send_unanswered(self, verb: str, session: Session, caller: Caller, body: bytes) -> None:
        try:
            headers = await self._headers(verb, caller, session.headers(), body)
            reply = await self._http.send(verb, self.url, headers, body, silence=self.settings.timeout)
            await reply.aclose()
        except (UpstreamError, RpcError):
            pass

    async def listen(self, session: Session, caller: Caller, last: str | None = None) -> Reply:
        """The GET stream of a session, which the caller reads and closes; UpstreamError where the server has none."""
        headers = {**session.headers(), "accept": "text/event-stream"}
        if last is not None:
            headers["last-event-id"] = last
        sent = await self._headers("GET", caller, headers, b"")
        reply = await self._http.send("GET", self.url, sent, b"", silence=_SILENCE)
        if reply.status != 200 or reply.kind != "text/event-stream":
            await reply.aclose()
            raise UpstreamError("it has no stream of its own", sent=False, status=reply.status)
        return reply

    async def initialize(self, caller: Caller, capabilities: Mapping[str, Json]) -> tuple[Session, dict[str, Json]]:
        """Open a session, with the newest revision that both speak, and what the server says of itself. RpcError or
        UpstreamError where that fails."""
        params: dict[str, Json] = {
            "protocolVersion": HANDSHAKE[-1],
            "capabilities": dict(capabilities),
            "clientInfo": dict(SELF),
        }
        session = Session(None, HANDSHAKE[-1])
        result = await self.ask(caller, "initialize", params, {}, session=session)
        version = result.get("protocolVersion")
        if version not in HANDSHAKE:
            raise UpstreamError("it speaks no revision of MCP that the proxy knows", sent=False, status=400)
        session.version = str(version)
        await self.tell(session, caller, "notifications/initialized", {})
        return session, result


@dataclass(slots=True)
class _Repetitions:
    """What is left to try: a request without consequences, and new credentials, once each."""

    early: bool
    renewed: bool


class _Deadline:
    """How long an answer may take (None: without end): it starts anew with every sign of life, within limits."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.time() + (seconds or 0.0) * _LONGEST
        self._timeout = asyncio.timeout(seconds)

    def extend(self, patience: float | None = None) -> None:
        """The server is alive; ``patience``: seconds that people have to answer its question."""
        if self._seconds is not None:
            now = self._loop.time()
            self._timeout.reschedule(min(now + (patience or self._seconds), max(self._end, now + (patience or 0))))

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._timeout.__aexit__(kind, problem, trace)
            if isinstance(problem, TimeoutError):
                raise problem
        except TimeoutError:
            raise UpstreamError(f"it did not answer within {self._seconds or 0:g} s", sent=True) from None


def forwarded(meta: Mapping[str, Json]) -> dict[str, Json]:
    """The ``_meta`` of a client's request as it may travel on: without our own keys, and without baggage, which may
    hold anything (W3C Trace Context; the trace itself goes on).
    """
    return {key: value for key, value in meta.items() if key not in _BAGGAGE and not key.startswith(META)}


def _stateless(meta: Mapping[str, Json]) -> dict[str, Json]:
    """The ``_meta`` of a request of 2026-07-28."""
    sent = forwarded(meta)
    sent[VERSION_KEY] = STATELESS
    if not isinstance(sent.get(CAPABILITIES_KEY), dict):
        sent[CAPABILITIES_KEY] = {}
    sent.setdefault(CLIENT_KEY, dict(SELF))
    return sent


def _standard_headers(method: str, params: Mapping[str, Json], rows: tuple[HeaderParameter, ...]) -> dict[str, str]:
    """What a request of 2026-07-28 repeats in its headers (Transports, Standard Headers)."""
    headers = {"mcp-protocol-version": STATELESS, "mcp-method": method}
    subject = params.get(NAMED.get(method, ""))
    if isinstance(subject, str):
        headers["mcp-name"] = encode_value(subject)
    if rows:
        headers.update(parameter_headers(rows, as_object(params.get("arguments"))))
    return headers


def _with_identity(headers: dict[str, str], message: Mapping[str, Any], body: bytes) -> dict[str, str]:
    """``headers``, with the handover of a body that is too large to be read for a stranger."""
    token = as_object(message["params"].get("_meta")).get(META_HANDOVER)
    return {**headers, HANDOVER_HEADER: token} if isinstance(token, str) and len(body) > _LARGE else headers


def _whose(caller: Caller) -> Caller | None:
    return None if caller is PROXY else caller


def capabilities_of(context: Context) -> Mapping[str, Json]:
    """What the client can be asked: from the request in 2026-07-28, from its session before."""
    declared = context.meta.get(CAPABILITIES_KEY)
    return declared if isinstance(declared, dict) else context.capabilities


def level_of(context: Context) -> str:
    """The log level that a request of 2026-07-28 asks for."""
    level = context.meta.get(LOG_LEVEL_KEY)
    return level if isinstance(level, str) else ""
