"""What meets at the pipeline: a front above it, a target below it, and one request between them.

A *front* speaks MCP to callers and hands requests to a *handler*. The governed handler is the pipeline; it decides, and
asks a *target*: the engine of a generated server, or the proxy over other servers. All of them exchange
JSON-RPC methods, params and results as MCP revision 2026-07-28 writes them on the wire, as plain dictionaries, so that
nothing that this code does not know is lost on the way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import field
from typing import Protocol

from adaptgen.model.tables import Caller, Effect, Json, value
from adaptgen.pii.search_arguments import SearchArgument

META = "dev.adaptgen/"
"""The prefix of our own keys in ``_meta``: what servers and the proxy exchange. It never reaches an agent."""
META_ARGUMENTS = META + "arguments"
"""On a Tool, from a server behind a proxy: argument -> kind of personal data."""
META_SENSITIVE = META + "sensitive"
"""On a Tool and on a CallToolResult: where classified values are (see ``runtime.answer.Answer``)."""
META_FOUND = META + "found"
"""On a CallToolResult: pairs of kind and value that may also occur in other text of the answer."""
META_SEARCHES = META + "searches"
"""On a Tool, from a server behind a proxy: ``{"arguments": {name: {"role", "fields"}}, "plain": [...], "resource"}``:
what its arguments search, and what is needed to classify a path of its records."""
META_EFFECT = META + "effect"
"""On a Tool: ``{"effect": "read"|"write"|"delete", "open": bool}``; open: permitted without a policy. ``creates``: true
where it changes a record or creates it."""
META_LOOKUPS = META + "lookups"
"""On a Tool, from a server behind a proxy: argument -> ``{"tool", "keep"}``, whose names are looked up in a list."""
META_MENU = META + "menu"
"""On a Tool: ``{"tags": [...], "calls": ["GET /contacts/{id}"], "was": [...], "also": [...], "fields": [...]}``: its
toolsets, its requests, its earlier names, other words for it and the fields of its answer."""
META_STATUS = META + "status"
"""On a CallToolResult: the API's HTTP status."""
META_UNKNOWN = META + "unknown"
"""On a CallToolResult: true where a write may or may not have been executed."""
META_CHANGED = META + "changed"
"""On a CallToolResult with ``isError``: true where a request may have changed something before the call failed."""
META_UNREACHABLE = META + "unreachable"
"""On a CallToolResult: true where the API, or the server behind the proxy, did not answer."""
META_REQUESTS = META + "requests"
"""On a CallToolResult: how many requests to the API the call took."""
META_FILES = META + "files"
"""On a CallToolResult: what the audit says of the files that the call took and handed out."""
META_LINKS = META + "links"
"""On a CallToolResult of an engine: which blocks of its content are links to files that the engine itself put there."""
META_CONNECTION = META + "connection"
"""On a CallToolResult with ``isError``: ``{"auth", "title"}`` of an account at the API that the caller has yet to
connect, and with ``lost`` what became of an earlier one: ``refused`` or ``ended``. Nothing was done, unless
:data:`META_CHANGED` or :data:`META_UNKNOWN` is there too."""
META_CONNECTIONS = META + "connections"
"""The method by which pages ask a target about the caller's accounts at the API; no MCP client can. Params: ``action``,
``auth``, ``server`` at a proxy, and of ``list``: nothing, ``begin``: ``redirect_uri``, ``finish``: ``redirect_uri``,
``sealed``, ``code``, ``iss``, ``key``: ``key``, ``disconnect``: nothing. Params and results hold secrets: nothing
traces, audits or logs them. See ``runtime.auth.connections``."""
META_HANDOVER = META + "handover"
"""On a request: the JWT in which the proxy hands over the caller's identity."""
HANDOVER_HEADER = "adaptgen-handover"
"""The same JWT in the head of a large request, so that its body is read for nobody else."""


def without_own_meta(value: Mapping[str, Json]) -> dict[str, Json]:
    """A result, tool or params without what servers and the proxy exchange in ``_meta``."""
    plain = dict(value)
    meta = plain.get("_meta")
    if isinstance(meta, dict) and any(key.startswith(META) for key in meta):
        others = {key: item for key, item in meta.items() if not key.startswith(META)}
        if others:
            plain["_meta"] = others
        else:
            del plain["_meta"]
    return plain


class RpcError(Exception):
    """A JSON-RPC error response (JSON-RPC 2.0, 5.1). The text reaches the caller."""

    def __init__(self, code: int, message: str, data: Json = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


class Challenge(Exception):
    """The caller is not authenticated (401), or its token does not reach far enough (403, RFC 6750 3.1).

    ``header`` is the value of WWW-Authenticate, ``text`` a sentence for people without any part of the token.
    """

    def __init__(self, status: int, header: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.header = header
        self.text = text


class Context:
    """One request under way. Fronts derive their own, which can reach the client while the request runs."""

    def __init__(
        self,
        *,
        request_id: str,
        version: str = "2026-07-28",
        meta: Mapping[str, Json] | None = None,
        headers: Mapping[str, str] | None = None,
        session: str | None = None,
        principal: str = "",
        deadline: float | None = None,
        capabilities: Mapping[str, Json] | None = None,
    ) -> None:
        """``request_id`` is ours and unique; ``version`` the MCP revision that the client speaks; ``meta`` the
        ``_meta`` of the params; ``headers`` those of the HTTP request, lower case, without credentials; ``session``
        the MCP session of the handshake revisions; ``principal`` the IAM principal that the platform vouches for;
        ``deadline`` a moment of ``time.monotonic()``; ``capabilities`` what the client says it can do.
        """
        self.request_id = request_id
        self.version = version
        self.meta: Mapping[str, Json] = meta or {}
        self.headers: Mapping[str, str] = headers or {}
        self.session = session
        self.principal = principal
        self.deadline = deadline
        self.capabilities: Mapping[str, Json] = capabilities or {}
        self.tag = ""
        """The toolset that is asked, as a slug; "" for all tools."""
        self.effect = ""
        """``read`` or ``write`` where only such tools are asked for."""
        self.proven = True
        """Whether the head of the request says who calls. Where the body must be read to know, it has to be small."""
        self.listing = "tools/list"
        """What a list of tools is made for: the method itself or a tool of the menu; "" where no client gets it."""
        self.recheck: Callable[[], Awaitable[Caller]] | None = None
        """Authenticates the same request once more: for what stays open longer than a token lives."""
        self.visible: object = None
        """What the handler found out of the tools that the caller may see: it is asked for more than once."""
        self.params: Mapping[str, Json] = {}
        """The params as received: a target hands on what it does not know (``inputResponses``, ``requestState``)."""

    @property
    def modern(self) -> bool:
        """Whether the client speaks a revision without handshake (2026-07-28 and later)."""
        return self.version >= "2026-07-28"

    async def notify(self, method: str, params: Mapping[str, Json]) -> None:
        """Send a notification to the client besides the answer; dropped where the transport cannot."""

    async def ask(self, method: str, params: Mapping[str, Json]) -> Mapping[str, Json]:
        """Ask the client (sampling, elicitation, roots) in a handshake revision, and wait for the answer, which may be
        an RpcError."""
        raise RpcError(-32601, "this client cannot be asked")


@value()
class ServerInfo:
    """What a target is, for ``initialize`` and ``server/discover``.

    ``stateful``: in handshake revisions every client needs a session of its own. ``remembers``: such a client gets a
    session, which says what it can be asked; it need not use it.
    """

    name: str
    version: str
    title: str = ""
    instructions: str = ""
    capabilities: Mapping[str, Json] = field(default_factory=lambda: {"tools": {}})
    stateful: bool = False
    remembers: bool = False


@value()
class ToolInfo:
    """What governance knows of one tool.

    ``name`` is what callers call it, ``server`` whose it is, ``own`` its name there. ``open``: permitted without a
    policy. ``wire`` is the Tool as callers see it, before governance adjusts it. ``arguments`` and ``sensitive`` are
    the classified arguments (JSON Pointers with ``*``, or plain names) and positions of answers. ``trusted``: the
    server is ours, so what it says of itself counts;
    of others every string of an answer is swept, and judged by the name of its key. ``tags``: the toolsets that it
    belongs to; for search: ``calls``: ``GET /contacts/{id}`` of each of its requests, ``also``: other words for it,
    ``fields``: paths of its default view. ``lookups``: argument ->
    ``{"tool", "keep"}`` for names that are looked up with another tool of the server. ``searches``: the arguments that
    search, compare or order by classified fields; ``plain`` and ``resource``: how a path of its records is classified
    (see ``adaptgen.model.tables.Tool``). ``creates``: it changes a record, or creates a missing one. ``was``: earlier
    names, as callers use them; ``own_was``: as its server and settings have them.
    ``files``: the arguments that take files by reference. ``revision``: what it sends, as a hash, or "" where that is
    not known; it is computed when it is asked for.
    """

    name: str
    server: str
    own: str
    effect: Effect
    open: bool
    wire: Mapping[str, Json]
    arguments: Mapping[str, str] = field(default_factory=dict)
    sensitive: Mapping[str, str] = field(default_factory=dict)
    trusted: bool = True
    was: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    lookups: Mapping[str, Json] = field(default_factory=dict)
    searches: Mapping[str, SearchArgument] = field(default_factory=dict)
    plain: tuple[str, ...] = ()
    resource: str = ""
    creates: bool = False
    own_was: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    revision: Callable[[], str] = field(default=str, compare=False, repr=False)

    @property
    def properties(self) -> Mapping[str, Json]:
        """The schemas of its arguments, by name."""
        schema = self.wire.get("inputSchema")
        found = schema.get("properties") if isinstance(schema, Mapping) else None
        return found if isinstance(found, Mapping) else {}

    @property
    def action(self) -> str:
        """The identifier of its Cedar action: the same in an embedded server and in a proxy before it."""
        return f"{self.server}__{self.own}"

    @property
    def actions_before(self) -> tuple[str, ...]:
        """The actions of its earlier names: a policy that names one of them holds for the tool."""
        return tuple(f"{self.server}__{name}" for name in self.own_was)

    @property
    def paths(self) -> tuple[str, ...]:
        """``server/tool`` as settings name it, with its name now first, then the earlier ones."""
        return tuple(f"{self.server}/{name}" for name in (self.own, *self.own_was))


class _Answering(Protocol):
    """What targets and handlers share."""

    def about(self) -> ServerInfo:
        """What it is."""

    async def request(
        self, caller: Caller, method: str, params: Mapping[str, Json], context: Context
    ) -> dict[str, Json]:
        """Answer one request: of a target every one but ``tools/list`` and ``tools/call``.

        Raises:
            RpcError: a JSON-RPC error is the answer; -32601 for methods that it does not have.
            Challenge: the caller's scope does not suffice (403).
        """

    async def notification(self, caller: Caller, method: str, params: Mapping[str, Json], context: Context) -> None:
        """A notification of the client (roots changed, ...)."""

    async def close_session(self, session: str, caller: Caller | None = None) -> None:
        """A client's session has ended; ``caller``: whose it was, where the client itself has ended it. Without it,
        other replicas may go on to serve the session."""


class Target(_Answering, Protocol):
    """What answers below the pipeline."""

    def tools(self) -> Mapping[str, ToolInfo]:
        """All tools by the name that callers use: a snapshot, the same object until something changes."""

    async def call(
        self, caller: Caller, tool: ToolInfo, arguments: Mapping[str, Json], context: Context
    ) -> dict[str, Json]:
        """CallToolResult of a tool (or InputRequiredResult); ``_meta`` holds our own keys. RpcError: it could not be
        called."""

    def server_of(self, what: str, name: str) -> str:
        """The server of a prompt, resource or resource template (by URI); "" if there is no such server."""

    async def aclose(self) -> None:
        """Close connections."""


class McpHandler(_Answering, Protocol):
    """What a front serves: :class:`Target` behind decisions, or (without governance) as it is.

    ``tools/list`` and ``tools/call`` are ordinary methods here: ``request(caller, "tools/list", {}, context)``.
    """

    async def authenticate(self, headers: Mapping[str, str], context: Context) -> Caller:
        """Who calls, else Challenge (401, 403). ``headers``: all of the HTTP request, lower case, with
        ``authorization``."""

    async def schema(self, caller: Caller, tool: str, context: Context) -> Mapping[str, Json] | None:
        """The input schema of a tool in the caller's list (SEP-2243 header validation); None if there is no such
        tool."""

    def metadata(self) -> Mapping[str, Json] | None:
        """OAuth 2.0 Protected Resource Metadata (RFC 9728) for ``/.well-known/``, if there is any."""

    def jwks(self) -> Mapping[str, Json] | None:
        """The public keys (RFC 7517) of the identities that a proxy hands over, if it does."""


def failed_result(text: str) -> dict[str, Json]:
    """A CallToolResult with ``isError`` and one text."""
    return {"content": [{"type": "text", "text": text}], "isError": True, "resultType": "complete"}


def unknown_tool(name: str, names: Sequence[str]) -> dict[str, Json]:
    """What a tool answers that does not exist, or that the caller cannot see: ``names`` are those in its list."""
    near = nearest_tool(name, names)
    shown = "".join(one if one.isprintable() else "?" for one in name[:80])
    return failed_result(f"There is no tool `{shown}`{f'; did you mean `{near}`?' if near else '.'}")


def nearest_tool(name: str, names: Iterable[str]) -> str:
    """The name that is most like ``name`` by its words and its letters; "" where none is."""
    from difflib import SequenceMatcher  # most servers never need it

    asked = name[:80].lower()
    letters, spoken = SequenceMatcher(b=asked, autojunk=False), {*asked.split("_")}
    best, nearest = 0.0, ""
    for one in names:
        letters.set_seq1(one.lower())
        own = {*one.lower().split("_")}
        words = 2 * len(own & spoken) / (len(own) + len(spoken))
        alike = letters.ratio() if words >= 0.6 or letters.quick_ratio() >= 0.6 else 0
        if max(words, alike) >= 0.6 and words + alike > best:
            best, nearest = words + alike, one
    return nearest
