"""Executing tools: requests with their credentials, refusals as errors, updates, steps, dry runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import copy
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from adaptgen.model import steps as stepped
from adaptgen.model.caller import Caller
from adaptgen.model.tables import Base, Call, Json, Server, Tool
from adaptgen.runtime.answers.record import answer_detail
from adaptgen.runtime.auth.authenticator import Authenticator
from adaptgen.runtime.auth.login_attempts import Attempts
from adaptgen.runtime.auth.session import Session
from adaptgen.runtime.auth.session_files import folder
from adaptgen.runtime.auth.sessions import Sessions
from adaptgen.runtime.auth.shared_context import SessionContext
from adaptgen.runtime.auth.shared_sessions import SharedSessionStore
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.runtime.core.answer import Answer
from adaptgen.runtime.core.errors import ToolError
from adaptgen.runtime.http.client import Client, Transport
from adaptgen.runtime.http.error_messages import Scrub, check
from adaptgen.runtime.http.expected_answer import likeness, refuse_page, withheld
from adaptgen.runtime.http.logged_out import Like
from adaptgen.runtime.http.page import LARGE, Fetch, is_json
from adaptgen.runtime.http.page_fetcher import page_fetcher
from adaptgen.runtime.http.page_parameters import PageParameters
from adaptgen.runtime.http.request import Inputs, Request, build, origin, templates
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.store.protocol import Store
from adaptgen.runtime.workflow.continuation_state import Continuation, UsedContinuations
from adaptgen.runtime.workflow.runner import run
from adaptgen.runtime.writes.dry_run import described, record_classifier
from adaptgen.runtime.writes.merge_update import CREATED, WOULD_CREATE, MergeUpdate, check_filled
from adaptgen.runtime.writes.record_lock import RecordLocks
from adaptgen.syntax.templates import fill, references


class Execution:
    """What the calls of one server share: connections, credentials and sessions."""

    def __init__(
        self,
        server: Server,
        environ: Mapping[str, str],
        transport: Transport | None,
        state: Path | None,
        shared: SharedSessionStore | None = None,
        store: Callable[[], Store | None] = lambda: None,
    ) -> None:
        """``store`` gives the store that several processes share, if there is one."""
        self.server = server
        self.used = UsedContinuations()
        self._environ = environ
        self._credentials = Credentials(environ)
        reaching = None
        if server.connection is not None:
            from adaptgen.runtime.http.connection import ConnectionSettings

            reaching = ConnectionSettings(server, self._credentials)
        self.client = Client(timeout=server.timeout, transport=transport, reaching=reaching)
        self._bases = {base.name: base for base in server.bases}
        common = SessionContext(
            server=server.name,
            credentials=self._credentials,
            client=self.client,
            address=self.base,
            folder=state or folder(environ),
            region=environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "",
            shared=shared,
        )
        self._common = common
        self._auth = Authenticator(Sessions(server.auth, common), self._credentials, self.client)
        self._locks = RecordLocks(common.folder, store)
        self._merged = frozenset(tool.call.path for tool in server.tools if tool.update is not None and tool.call)

    def by(self, caller: Caller) -> Execution:
        """The same, in the name of ``caller``: what is sent under an auth of ``per="caller"`` is sent for it."""
        if not self._auth.sessions.personal:
            return self
        other = copy(self)
        other._auth = self._auth.by(caller)
        return other

    async def aclose(self) -> None:
        """Finish renewals under way and close the connections."""
        await self._auth.sessions.settle()
        await self.client.aclose()

    def sessions(self, names: Sequence[str]) -> list[Session]:
        """The sessions behind the names of auths."""
        return self._auth.of(names)

    @property
    def attempts(self) -> Attempts:
        """The logins that failed."""
        return self._common.attempts

    # ---------------------------------------------------------------------------------------------------- addresses

    def base(self, name: str) -> str:
        """The URL of a base, without a trailing slash.

        Raises:
            ToolError: it is not set, or no http or https URL; the text names the environment variable.
        """
        found = self._bases.get(name)
        if found is None:
            raise ToolError(f"The server has no base {name!r}.")
        url = self._override(found) or self._moved(found)
        if not url and found.url:
            missing = self._credentials.missing(references(found.url))
            if missing:
                raise ToolError(f"The environment variable {' and '.join(missing)} is not set. Nothing was sent.")
            url = str(fill(found.url, {}, self._credentials.resolve)).strip()
        if not url:
            raise ToolError(
                f"The environment variable {found.env or 'for the base URL'} is not set; it gives the address of the "
                "API. Nothing was sent."
            )
        try:
            origin(url)
        except ToolError:
            named = found.env or "the base URL of the hints"
            raise ToolError(f"{named} must be an absolute http or https URL. Nothing was sent.") from None
        return _cleaned(url, found.env or "The base URL")

    def _override(self, base: Base) -> str:
        return (self._environ.get(base.env, "") if base.env else "").strip()

    def _moved(self, base: Base) -> str:
        """Where a base is whose neighbour of the same declared origin was moved by the environment or the hints; ""
        where none was."""
        if base.follows:
            main = self.base("")
            return "" if main == base.follows.rstrip("/") else moved(base.url, base.follows, main)
        if base.name:
            return ""
        others = [one for one in self.server.bases if one.follows and one.follows.rstrip("/") == base.url.rstrip("/")]
        for one in others:
            if url := self._override(one):
                return moved(base.url, one.url, url)
        return ""

    def _way_into(self, base: str) -> tuple[str, ...]:
        """The one way into the origin of ``base`` that other tools use; () without one. Of several the one that logs
        in."""
        ways: set[tuple[str, ...]] = set()
        for tool in self.server.tools:
            if tool.call is not None and tool.auth and self._same_origin(tool.call.base, base):
                ways.add(tool.auth)
        if len(ways) > 1:
            ways = {way for way in ways if all(one.logs_in for one in self._auth.of(way))}
        return next(iter(ways)) if len(ways) == 1 else ()

    def _same_origin(self, name: str, url: str) -> bool:
        try:
            return origin(self.base(name)) == origin(url)
        except ToolError:
            return False

    # ------------------------------------------------------------------------------------------------------ requests

    def inputs(self, arguments: Mapping[str, Json], scope: Mapping[str, Json] | None = None) -> Inputs:
        """Where the parameters of a call get their values."""
        return Inputs(arguments, self._credentials.resolve, scope)

    async def request(self, tool: Tool, arguments: Mapping[str, Json]) -> Request:
        """The request of a tool's call; of a partial update that of a plain write.

        Raises:
            ToolError: an argument cannot stand where it belongs, or a create would have no member.
        """
        assert tool.call is not None
        await self.constants(tool.call)
        inputs = self.inputs(arguments)
        if tool.filled:
            check_filled(tool.call, inputs)
        request = build(tool.call, self.base(tool.call.base), inputs)
        request.safe = tool.effect == "read"
        return request

    async def merge(self, tool: Tool, arguments: Mapping[str, Json], marks: PiiTracker) -> MergeUpdate:
        """The partial update of a tool."""
        assert tool.call is not None
        assert tool.update is not None
        await self.constants(tool.call)
        await self.constants(tool.update.read)
        read_base = self.base(tool.update.read.base)
        send = self.sender(tool, tool.auth, read_base, arguments, marks)

        known = record_classifier(tool, self._readers(tool)) if marks.on else None

        async def read(request: Request) -> Response:
            response = await send(request)
            if known is not None:
                marks.learn(response.json(), known)
            return response

        return MergeUpdate(tool.call, tool.update, self.inputs(arguments), self.base(tool.call.base), read_base, read)

    async def constants(self, call: Call) -> None:
        """Look up the references in the constant parameters of a call."""
        found = references(templates(call))
        if found:
            await self._credentials.prepare(found, "this call needs")

    def sender(
        self,
        tool: Tool,
        auth: Sequence[str],
        base: str,
        arguments: Mapping[str, Json],
        marks: PiiTracker | None = None,
    ) -> Callable[[Request], Awaitable[Response]]:
        """Sends requests under ``auth``; every answer that is no success is a ToolError. ``marks`` notes the status."""

        scrub = self.scrubbing(tool, auth, arguments, marks)

        async def send(request: Request) -> Response:
            response = await self.exchange(tool, request, auth, base, arguments, marks, likeness(tool))
            check(response, scrub, reads=request.harmless, addressed=tool.call is not None and "{" in tool.call.path)
            refuse_page(tool, response, self.to_check(tool.call, auth))
            return response

        return send

    async def exchange(
        self,
        tool: Tool,
        request: Request,
        auth: Sequence[str],
        base: str,
        arguments: Mapping[str, Json],
        marks: PiiTracker | None = None,
        like: Like | None = None,
    ) -> Response:
        """The answer to a request of ``tool`` under ``auth``, whatever its status, without any token of a session.
        ``like``: whether a body is like the declared one, where JSON was asked for."""
        response = await self._auth.exchange(
            request, auth, base, optional=tool.anonymous, like=like, spare=lambda: () if auth else self._way_into(base)
        )
        if marks is not None:
            marks.status = response.status
        return withheld(response, self._auth.tokens(auth))

    def to_check(self, call: Call | None, auth: Sequence[str]) -> str:
        """What a person looks at when something else than the API answers."""
        base = self._bases.get(call.base if call is not None else "")
        named = base.env if base is not None and base.env else "the base URL of the hints"
        return f"{named} and the credentials of the server" if auth else named

    def scrubbing(
        self, tool: Tool, auth: Sequence[str], arguments: Mapping[str, Json], marks: PiiTracker | None = None
    ) -> Callable[[], Scrub]:
        """Gives what cleans the words of the API."""
        return lambda: Scrub([*self._auth.secrets(auth), *self._constants(tool)], tool.sensitive, arguments, marks)

    # --------------------------------------------------------------------------------------------------------- tools

    def fetch(self, tool: Tool, arguments: Mapping[str, Json], marks: PiiTracker | None = None) -> Fetch:
        """How a list is read: the tool's request with the values of paging, or a next-page URL of the same origin."""

        async def make(placed: PageParameters | None) -> Request:
            if placed is None:
                return await self.request(tool, arguments)
            assert tool.call is not None
            request = build(tool.call, self.base(tool.call.base), self.inputs(arguments), placed=placed)
            request.safe = tool.effect == "read"
            return request

        async def send(request: Request) -> Response:
            assert tool.call is not None
            return await self.sender(tool, tool.auth, self.base(tool.call.base), arguments, marks)(request)

        return page_fetcher(tool.page, make, send)

    async def detail(
        self,
        tool: Tool,
        arguments: Mapping[str, Json],
        *,
        fields: Sequence[str] | None,
        max_bytes: int,
        dry_run: bool,
        marks: PiiTracker,
        inspect: Callable[[Json], None] | None = None,
    ) -> Answer:
        """A tool of one call that is no list. ``inspect`` raises where the body must not be shown."""
        assert tool.call is not None
        send = self.sender(tool, tool.auth, self.base(tool.call.base), arguments, marks)
        note = ""
        if tool.update is not None:
            merge = await self.merge(tool, arguments, marks)
            if dry_run:
                request = await merge.prepare()
                return self.dry(tool, request, marks, note=WOULD_CREATE if merge.creates else "")
            async with self._locks.hold(merge.address, self.server.timeout):
                response = await send(await merge.prepare())
                await merge.confirm(response)
            note = CREATED if merge.creates else ""
        else:
            request = await self.request(tool, arguments)
            if dry_run:
                return self.dry(tool, request, marks)
            if tool.effect != "read" and tool.call.path in self._merged:
                async with self._locks.hold(request.url, self.server.timeout):
                    response = await send(request)
            else:
                response = await send(request)
        if inspect is not None:
            inspect(response.json() if is_json(response) else None)
        if len(response.content) > LARGE and not is_json(response):
            return await asyncio.to_thread(
                answer_detail, tool, response, fields=fields, max_bytes=max_bytes, note=note, marks=marks
            )
        return answer_detail(tool, response, fields=fields, max_bytes=max_bytes, note=note, marks=marks)

    def dry(
        self, tool: Tool, request: Request, marks: PiiTracker, auth: Sequence[str] | None = None, note: str = ""
    ) -> Answer:
        """What would be sent, with a mark in the place of each credential."""
        auth = tool.auth if auth is None else auth
        hidden = self._constants(tool)
        shown = self._auth.redacted(request, auth)
        return described(shown, hidden, marks, note, tool=tool, readers=self._readers(tool))

    def _readers(self, tool: Tool) -> list[Tool]:
        """The tools that read the record which ``tool`` updates: what they withhold is withheld from it."""
        if tool.update is None:
            return []
        path = tool.update.read.path
        calls = [(one, one.call) for one in self.server.tools if one.page is None]
        return [one for one, call in calls if call is not None and call.method == "GET" and call.path == path]

    def _constants(self, tool: Tool) -> list[str]:
        """The values behind references in the tool's own parameters."""
        calls = stepped.calls(tool.steps) + [one for one in (tool.call,) if one is not None]
        return self._credentials.values(references([template for call in calls for template in templates(call)]))

    async def steps(
        self,
        tool: Tool,
        arguments: Mapping[str, Json],
        *,
        fields: Sequence[str] | None,
        max_bytes: int,
        dry_run: bool,
        marks: PiiTracker,
        carry: Continuation,
    ) -> Answer:
        """A tool of several calls."""
        return await run(
            self, tool, arguments, fields=fields, max_bytes=max_bytes, dry_run=dry_run, marks=marks, carry=carry
        )


def moved(url: str, neighbour: str, to: str) -> str:
    """``url`` where its ``neighbour`` of the same origin is now at ``to``: same host, and the same path before both."""
    here, old, new = urlsplit(url), urlsplit(neighbour), urlsplit(to)
    was, now = old.path.rstrip("/"), new.path.rstrip("/")
    path = here.path
    if now.endswith(was):
        path = now[: len(now) - len(was)] + path
    elif path.startswith(f"{was}/"):
        path = now + path[len(was) :]
    return urlunsplit((new.scheme, new.netloc, path, "", ""))


@lru_cache(maxsize=64)
def _cleaned(url: str, what: str) -> str:
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise ToolError(f"{what} must not hold a user name or password. Nothing was sent.")
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
