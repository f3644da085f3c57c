"""The client of one API: addresses, credentials, sessions and connections, and the requests of one call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import lru_cache, partial
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from adaptgen.model.tables import Auth, Base, Call, Caller, Json, Login, Server, Step, Tool, calls_of
from adaptgen.runtime.auth.authenticator import Authenticator
from adaptgen.runtime.auth.destinations import Destinations
from adaptgen.runtime.auth.login_attempts import Attempts
from adaptgen.runtime.auth.session import Session
from adaptgen.runtime.auth.session_files import StateFiles, StateKeys
from adaptgen.runtime.auth.session_store import SharedSessionStore
from adaptgen.runtime.auth.sessions import Sessions, make_session
from adaptgen.runtime.auth.shared_context import SessionContext
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.client import Client, Transport
from adaptgen.runtime.http.error_messages import Scrub, check_success
from adaptgen.runtime.http.expected_answer import expected_body, refuse_page, withhold_tokens
from adaptgen.runtime.http.page import Fetch
from adaptgen.runtime.http.page_fetcher import PageFetcher
from adaptgen.runtime.http.page_parameters import PageParameters
from adaptgen.runtime.http.request import Inputs, Request, build, origin, templates
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.syntax.templates import fill, references
from adaptgen.text.files import state_folder


class DryRun(Exception):
    """A dry run has come to a ``request`` that changes something, sent under ``auth``. ``note``: what to say of it."""

    def __init__(self, request: Request, auth: Sequence[str], note: str = "") -> None:
        super().__init__("dry run")
        self.request = request
        self.auth = auth
        self.note = note


class ApiClient:
    """What the calls of one server share: connections, credentials and sessions."""

    def __init__(
        self,
        server: Server,
        environ: Mapping[str, str],
        transport: Transport | None,
        state: StateFiles | None,
        shared: SharedSessionStore | None = None,
    ) -> None:
        self.server = server
        self._environ = environ
        self._credentials = Credentials(environ)
        reaching = None
        if server.connection is not None:
            from adaptgen.runtime.http.connection import ConnectionSettings

            reaching = ConnectionSettings(server, self._credentials)
        self.client = Client(timeout=server.timeout, transport=transport, reaching=reaching)
        self._bases = {base.name: base for base in server.bases}
        accounts, files = None, state or StateFiles(state_folder(environ), StateKeys(environ))
        if any(auth.consent is not None for auth in server.auth):
            from adaptgen.runtime.auth.accounts import Accounts

            accounts = Accounts(server.name, shared, files)
        self._destinations = Destinations(server, environ, self.base, self._credentials.resolve)
        self._common = SessionContext(
            server=server.name,
            credentials=self._credentials,
            client=self.client,
            address=self.base,
            destinations=self._destinations,
            files=files,
            region=environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "",
            shared=shared,
            accounts=accounts,
        )
        self.auth = Authenticator(Sessions(server.auth, self._common), self._credentials, self.client)

    def by(self, caller: Caller) -> Self:
        """The same, in the name of ``caller``: what is sent under an auth of ``per="caller"`` is sent for it."""
        if not self.auth.sessions.personal:
            return self
        other = copy(self)
        other.auth = self.auth.by(caller)
        return other

    async def aclose(self) -> None:
        """Finish renewals under way and close the connections."""
        await self.auth.sessions.settle()
        await self.client.aclose()

    def sessions(self, names: Sequence[str]) -> list[Session]:
        """The sessions behind the names of auths."""
        return self.auth.of(names)

    def try_session(self, auth: Auth, observe: Callable[[Login, Response], None] | None = None) -> Session:
        """The session of an auth that is not the server's. ``observe`` is handed the answer of each login."""
        return make_session(auth, replace(self._common, observe=observe))

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
                f"The environment variable {found.env or 'for the base URL'} is not set; it holds the address of the "
                "API. Set it, or write in the hints: server: {base_url: https://HOST/PATH}. Nothing was sent."
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
            return "" if main == base.follows.rstrip("/") else move_url(base.url, base.follows, main)
        if base.name:
            return ""
        others = [one for one in self.server.bases if one.follows and one.follows.rstrip("/") == base.url.rstrip("/")]
        for one in others:
            if url := self._override(one):
                return move_url(base.url, one.url, url)
        return ""

    def way_into(self, base: str) -> tuple[str, ...]:
        """The one way into the origin of ``base`` that other tools use, with what the server itself has; () without
        one. Of several the one that logs in; () also where that depends on the caller: an operation that its
        document calls public is not sent with the account of a person.
        """
        ways: set[tuple[str, ...]] = set()
        for tool in self.server.tools:
            if tool.call is not None and tool.auth and self._same_origin(tool.call.base, base):
                ways.add(tool.auth)
        if len(ways) > 1:
            ways = {way for way in ways if all(one.logs_in for one in self.auth.of(way))}
        way = next(iter(ways)) if len(ways) == 1 else ()
        return () if self.auth.sessions.personal_among(way) else way

    def _same_origin(self, name: str, url: str) -> bool:
        try:
            return origin(self.base(name)) == origin(url)
        except ToolError:
            return False

    def to_check(self, call: Call | None, auth: Sequence[str]) -> str:
        """What a person looks at when something other than the API answers."""
        base = self._bases.get(call.base if call is not None else "")
        named = base.env if base is not None and base.env else "the base URL of the hints"
        return f"{named} and the credentials of the server" if auth else named

    # ------------------------------------------------------------------------------------------------------ requests

    def inputs(self, arguments: Mapping[str, Json], scope: Mapping[str, Json] | None = None) -> Inputs:
        """Where the parameters of a call get their values."""
        return Inputs(arguments, self._credentials.resolve, scope)

    async def constants(self, call: Call) -> None:
        """Look up the references in the constant parameters of a call."""
        found = references(templates(call))
        if found:
            self._destinations.check(found, self.base(call.base))
            await self._credentials.prepare(found, "this call needs")

    async def request(self, tool: Tool, arguments: Mapping[str, Json], placed: PageParameters | None = None) -> Request:
        """The request of a tool's call, with the values of paging ``placed``; of a partial update that of a plain
        write.

        Raises:
            ToolError: an argument does not fit where it belongs.
        """
        assert tool.call is not None
        await self.constants(tool.call)
        request = build(tool.call, self.base(tool.call.base), self.inputs(arguments), placed=placed)
        request.safe = tool.effect == "read"
        return request

    def shaped(self, tool: Tool, request: Request, arguments: Mapping[str, Json]) -> Request:
        """``request`` as it is sent; a side file may change it."""
        return request

    def fetch(self, tool: Tool, arguments: Mapping[str, Json], marks: PiiTracker | None = None) -> Fetch:
        """How a list is read: the tool's request with the values of paging, or a next-page URL of the same origin."""
        call = ApiCall(self, tool, arguments, marks)
        assert tool.call is not None
        make = partial(self.request, tool, arguments)
        return PageFetcher(tool.page, tool.call.path, make, call.exchange, call.accepted)

    def scrubbing(
        self,
        tool: Tool,
        auth: Callable[[], Sequence[str]],
        arguments: Mapping[str, Json],
        marks: PiiTracker | None = None,
    ) -> Callable[[], Scrub]:
        """Returns a function that makes what cleans the words of the API. ``auth``: under which a request was sent."""
        return lambda: Scrub([*self.auth.secrets(auth()), *self.hidden(tool)], tool.sensitive, arguments, marks)

    def hidden(self, tool: Tool) -> list[str]:
        """The values behind references in the tool's own parameters."""
        calls = calls_of(tool)
        return self._credentials.values(references([template for call in calls for template in templates(call)]))


class ApiCall:
    """The requests of one call of ``tool``, sent with its credentials or those of ``auth``.

    ``marks`` notes the status. ``step``: the step of the tool that sends them, if it has steps. ``base``: the name of
    the base that the credentials belong to, that of the call unless another is given.
    """

    def __init__(
        self,
        api: ApiClient,
        tool: Tool,
        arguments: Mapping[str, Json],
        marks: PiiTracker | None = None,
        *,
        step: Step | None = None,
        auth: Sequence[str] | None = None,
        base: str | None = None,
    ) -> None:
        self._api = api
        self._tool = tool
        self._declared = tool if step is None else step
        self._auth = self._declared.auth if auth is None else auth
        self._used = self._auth
        call = self._declared.call
        self._base = base if base is not None else call.base if call is not None else ""
        self._addressed = call is not None and "{" in call.path
        self._arguments = arguments
        self._marks = marks
        self.scrub = api.scrubbing(tool, lambda: self._used, arguments, marks)

    @property
    def whose(self) -> str:
        """In whose name it is sent, as error messages say it."""
        return self._api.auth.whose(self._used)

    def exchange(self, request: Request) -> Awaitable[Response]:
        """Send ``request`` and return the answer of the API unchanged."""
        api, auth = self._api, self._auth
        base = api.base(self._base)
        return api.auth.exchange(
            api.shaped(self._tool, request, self._arguments),
            auth,
            base,
            optional=self._tool.anonymous,
            like=expected_body(self._declared),
            spare=lambda: () if auth else self._other_way(base),
        )

    def _other_way(self, base: str) -> Sequence[str]:
        """What a refused request without credentials is sent with; its answers are shown without that too."""
        self._used = self._api.way_into(base)
        return self._used

    def received(self, response: Response) -> Response:
        """The answer, whatever its status, without any token of a session.

        Raises:
            ToolError: it is an HTML page where JSON is declared.
        """
        if self._marks is not None:
            self._marks.status = response.status
        response = withhold_tokens(response, self._api.auth.tokens(self._used))
        refuse_page(self._declared, response, self._api.to_check(self._declared.call, self._auth))
        return response

    def check(self, request: Request, response: Response) -> None:
        """Nothing for a success.

        Raises:
            ToolError: the API refused or failed; with its status.
        """
        check_success(response, self.scrub, reads=request.harmless, addressed=self._addressed, whose=self.whose)

    def accepted(self, request: Request, response: Response) -> Response:
        """The answer, :meth:`received` and checked to be a success."""
        response = self.received(response)
        self.check(request, response)
        return response

    async def send(self, request: Request) -> Response:
        """Send ``request``, and return the answer if it is a success."""
        return self.accepted(request, await self.exchange(request))


def move_url(url: str, neighbour: str, to: str) -> str:
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
