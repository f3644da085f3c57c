"""The probe of a live API: requests by the project's own runtime, through the guard."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urljoin

from adaptgen.building.result import BuildResult
from adaptgen.learning.guard import Budget, Guard, LoginLog, Rules, make_route, open_network
from adaptgen.learning.login.tokens import BrokenVariables, break_token
from adaptgen.learning.probe import NO_INPUTS, BudgetSpent, Credentials, ReadInputs, Reply
from adaptgen.learning.replies import Came, make_reply, readable_tools
from adaptgen.model.tables import Auth, Body, Call, Json, Param, Server, Tool
from adaptgen.plan.document.operation import Operation
from adaptgen.plan.document.reader import operations
from adaptgen.runtime.api_client import ApiClient
from adaptgen.runtime.auth.authenticator import find_refusal
from adaptgen.runtime.auth.credentials_in_requests import add_credentials, select_sends
from adaptgen.runtime.auth.login_call import references_of
from adaptgen.runtime.auth.session import Session
from adaptgen.runtime.aws.credentials import Credentials as Variables
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.client import Elsewhere, Origin, Transport
from adaptgen.runtime.http.connection import ConnectionSettings
from adaptgen.runtime.http.expected_answer import expected_body
from adaptgen.runtime.http.logged_out import find_sign
from adaptgen.runtime.http.request import Inputs, Request, build, origin
from adaptgen.runtime.http.response import read_retry_after
from adaptgen.syntax.templates import Reference, fill
from adaptgen.text.files import state_folder

TIMEOUT: Final = 20.0
"""Seconds for one request at most: an endpoint that is slower than this is not learned from."""
_PATIENCE: Final = 60.0
"""Seconds of one ``Retry-After`` that are waited for."""
_WAITED: Final = 300.0
"""Seconds that are waited in all for an API that says "too many"."""
_TRIES: Final = 3
_BUSY: Final = frozenset({429, 503})


class LiveProbe:
    """Sends reads of one API, one at a time. ``witness``: the read that shows whether a session is alive, once it is
    known; ``answered``: whether the API answered at all."""

    def __init__(
        self,
        result: BuildResult,
        environ: Mapping[str, str] | None = None,
        *,
        requests: int = 200,
        spent: int = 0,
        network: Transport | None = None,
    ) -> None:
        """``network``: what sends instead of a connection."""
        environ = os.environ if environ is None else environ
        self.result = result
        self.environ = environ
        self.server: Server = replace(
            result.plan.server, timeout=min(result.plan.server.timeout, TIMEOUT), contracts=result.folder
        )
        self.tools = readable_tools(result)
        self.budget = Budget(requests, spent)
        self.rules = Rules(())
        self.logins = LoginLog(state_folder(environ), f"{self.server.name} {environ.get(_env_of(self.server), '')}")
        self.guard = Guard(self.budget, self.rules, self.logins, network or self._network)
        self.api = ApiClient(self.server, environ, self.guard, None)
        self.variables = Variables(environ)
        self.sessions: dict[str, Session] = {}
        self.way: tuple[str, ...] | None = None
        self.witness: Operation | None = None
        self.answered = False
        self._waited = 0.0
        self._ended = False
        # What an address of a next page is relative to: it has the path that was asked for.
        self._last: dict[str, Request] = {}
        self._turn = asyncio.Lock()
        self._own = self._find_own()
        self._route()

    # ------------------------------------------------------------------------------------------------------ protocol

    @property
    def remaining(self) -> int:
        return self.budget.remaining

    def may_read(self, operation: Operation) -> bool:
        return operation.pointer in self.tools

    def recorded(self, operation: Operation) -> Sequence[tuple[Mapping[str, str], Reply]]:
        return ()

    async def read(
        self, operation: Operation, inputs: ReadInputs = NO_INPUTS, *, credentials: Credentials = "session"
    ) -> Reply:
        if not self.may_read(operation):
            raise ValueError(f"{operation.key} may not be read")
        return make_reply(await self.send(operation, inputs, credentials=credentials))

    async def follow(self, operation: Operation, url: str) -> Reply:
        if not self.may_read(operation):
            raise ValueError(f"{operation.key} may not be read")
        try:
            last = self._last.get(operation.pointer)
            request = last.copy() if last is not None else await self.request(operation, NO_INPUTS)
            target = urljoin(request.url, url.strip())
            if origin(target) != origin(request.url) or "@" in target.split("/")[2]:
                return Reply(0, {}, None, failed="redirect")
        except ToolError:
            return Reply(0, {}, None, failed="unreadable")
        request.url = target.partition("#")[0]
        return make_reply(await self._exchange(operation, request, "session"))

    # ------------------------------------------------------------------------------------------------------- sending

    async def send(
        self,
        operation: Operation,
        inputs: ReadInputs = NO_INPUTS,
        *,
        credentials: Credentials = "session",
        sends: Callable[[Request], None] | None = None,
    ) -> Came:
        """As :meth:`read`, but what came is whole. ``sends`` puts other credentials into the request."""
        try:
            request = await self.request(operation, inputs)
        except ToolError:
            return Came(failed="unreadable")
        self._last[operation.pointer] = request.copy()
        return await self._exchange(operation, request, credentials, sends)

    async def request(self, operation: Operation, inputs: ReadInputs) -> Request:
        """The request of an operation: what hints and document fill in, and ``inputs``."""
        tool = self.tools[operation.pointer]
        assert tool.call is not None
        call, arguments = _bare(tool.call, inputs.body), dict(inputs.path)
        if inputs.body is not None:
            arguments[_WHOLE] = inputs.body
        await self.api.constants(call)
        request = build(call, self.api.base(call.base), self.api.inputs(arguments, {}))
        request.safe = True
        request.set_query(inputs.query)
        for name, value in inputs.headers.items():
            request.headers = {old: said for old, said in request.headers.items() if old.lower() != name.lower()}
            request.headers[name] = value
        return request

    def is_own(self, url: str) -> bool:
        """Whether credentials may be sent to ``url``: the API itself, and what the environment names. Other servers of
        the document get none while their answers are not known."""
        try:
            return origin(url) in self._own
        except ToolError:
            return False

    def is_home(self, tool: Tool) -> bool:
        """Whether credentials may be sent with the request of a tool."""
        try:
            return tool.call is not None and self.is_own(self.api.base(tool.call.base))
        except ToolError:
            return False

    def names_of(self, operation: Operation) -> tuple[str, ...]:
        """The auths that a read of the operation carries."""
        tool = self.tools[operation.pointer]
        if not self.is_home(tool):
            return ()
        if self.way is None:
            return tool.auth
        public = operation.security == () and not tool.auth
        return () if public else self.way

    def session_of(self, name: str) -> Session:
        """The session behind the name of an auth of the plan, or of one that :meth:`use` was given."""
        if name not in self.sessions:
            auth = next(one for one in self.server.auth if one.name == name)
            self.sessions[name] = self.try_session(auth)
        return self.sessions[name]

    def try_session(self, auth: Auth, observe: Callable[..., None] | None = None) -> Session:
        """A session of ``auth``, whose logins the guard lets pass."""
        steps = [(one, len(auth.chain) == 1 or bool(references_of(one))) for one in auth.chain]
        steps += [(auth.refresh, False)] if auth.refresh is not None else []
        for login, attempt in steps:
            try:
                request = build(login.call, self.api.base(login.call.base), _Anything({}, self._resolve, {}))
            except (ToolError, KeyError):
                continue
            if login.call.base and not self.is_own(request.url):
                continue
            self.rules.allow_login(login.call.method, request.url, attempt=attempt)
        return self.api.try_session(auth, observe)

    def use(self, sessions: Mapping[str, Session]) -> None:
        """Send every read that is not public with these sessions from here on."""
        self.sessions |= sessions
        self.way = tuple(sessions)

    def secrets(self) -> list[str]:
        """Every credential that is known, which no file may hold whatever an API calls its fields."""
        held = [one for session in self.sessions.values() for one in session.tokens()]
        named = [Reference("env", one.name) for one in self.result.plan.variables if one.secret]
        return [*held, *self.variables.values(named)]

    async def aclose(self) -> None:
        """Close the connections."""
        for session in self.sessions.values():
            await session.settle()
        await self.api.aclose()

    async def _exchange(
        self,
        operation: Operation,
        request: Request,
        credentials: Credentials,
        sends: Callable[[Request], None] | None = None,
    ) -> Came:
        async with self._turn:
            return await self._with_credentials(operation, request, credentials, sends)

    async def _with_credentials(
        self,
        operation: Operation,
        request: Request,
        credentials: Credentials,
        sends: Callable[[Request], None] | None,
    ) -> Came:
        names = () if credentials == "none" else self.names_of(operation)
        if sends is not None and not self.is_own(request.url):
            return Came(failed="login")
        if sends is not None:
            try:
                sends(request)
            except ToolError:  # the login handed out nothing that could go there
                return Came(failed="unreadable")
            return await self._once(request)
        if not names:
            return await self._once(request)
        if credentials == "broken":
            for name in names:
                self.break_into(request, self.session_of(name))
            return await self._once(request)
        return await self._in_session(operation, request, [self.session_of(name) for name in names])

    async def _in_session(self, operation: Operation, request: Request, sessions: Sequence[Session]) -> Came:
        """Send with the sessions; once more after a renewal where they turn out to have ended."""
        if self._ended:
            return Came(failed="login")
        for again in (True, False):
            prepared = request.copy()
            try:
                ready = [(one, await one.ready(optional=self._optional(operation))) for one in sessions]
                for session, generation in ready:
                    if generation >= 0:
                        session.apply(prepared)
                for session, _ in ready:
                    await session.sign(prepared)
            except ToolError:
                return Came(failed="login")
            came = await self._once(prepared)
            if came.response is not None:
                for session in sessions:
                    session.absorb(came.response)
            ended = [(one, at) for one, at in ready if one.logs_in and at >= 0 and self._refuses(one, came, operation)]
            if not (again and ended and not await self._is_alive(operation, sessions)):
                return came
            try:
                for session, generation in ended:
                    await session.renew(generation)
            except ToolError:
                self._ended = not self.logins.remaining  # nothing brings it back within this hour
                return Came(failed="login")
        return came

    def _optional(self, operation: Operation) -> bool:
        return self.tools[operation.pointer].anonymous

    def _refuses(self, session: Session, came: Came, operation: Operation) -> bool:
        if came.response is None:
            return False
        if find_refusal(session.auth.refused, came.response) is not None:
            return True
        sign = find_sign(came.response, expected_body(self.tools[operation.pointer]))
        return sign is not None

    async def _is_alive(self, operation: Operation, sessions: Sequence[Session]) -> bool:
        """Whether the read that is known to need a session still succeeds: then the refusal was of this call alone."""
        witness = self.witness
        if witness is None or witness.pointer == operation.pointer:
            return False
        request = await self.request(witness, NO_INPUTS)
        for session in sessions:
            session.apply(request)
            await session.sign(request)
        came = await self._once(request)
        return (
            came.response is not None
            and 200 <= came.response.status < 300
            and not any(self._refuses(one, came, witness) for one in sessions)
        )

    def break_into(self, request: Request, session: Session) -> None:
        """Put credentials into ``request`` that look like those of ``session`` and cannot be valid."""
        live, cookies = session.held()
        broken = {name: break_token(value) if isinstance(value, str) else value for name, value in live.items()}
        auth, variables = session.auth, BrokenVariables(self.variables)
        for send in select_sends(auth.send, request, self.variables, optional=auth.optional):
            if set(session.auth.start) and not live:
                return
            add_credentials(request, (send,), broken, variables)
        request.cookies += [f"{name}={break_token(value)}" for name, value in cookies.items()]

    async def _once(self, request: Request) -> Came:
        """Send; again after what the API asks to be left alone for, where that is not too long."""
        for attempt in range(_TRIES):
            wait: float | None
            came: Came
            try:
                response = await self.api.client.send(request.copy())
                self.answered = True
                came = Came(response, status=response.status)
                if response.status not in _BUSY:
                    return came
                wait = read_retry_after(response.headers)
            except Elsewhere as away:
                return Came(failed="redirect", status=away.status or 0, target=away.target)
            except BudgetSpent:
                raise
            except ToolError as problem:
                if problem.retry_after is None:
                    slow = "did not finish" in problem.text or "too slow" in problem.text
                    return Came(failed="timeout" if slow else "connection", status=problem.status or 0)
                came, wait = Came(failed="busy", status=429), problem.retry_after
            wait = wait if wait is not None else 0.5 * 2**attempt
            if attempt + 1 == _TRIES or wait > _PATIENCE or self._waited + wait > _WAITED:
                break
            self._waited += wait
            await asyncio.sleep(wait)
        return replace(came, failed="busy")

    # ------------------------------------------------------------------------------------------------------- set up

    def _resolve(self, reference: Reference) -> str:
        return self.environ.get(reference.name, "") if reference.kind == "env" else ""

    def _find_own(self) -> frozenset[Origin]:
        found = set()
        for base in self.server.bases:
            if not base.name or (base.env and self.environ.get(base.env, "").strip()):
                try:
                    found.add(origin(self.api.base(base.name)))
                except ToolError:
                    continue
        return frozenset(found)

    def _route(self) -> None:
        routes = []
        bases = {}
        by_operation = {tool.source: tool for tool in self.server.tools if tool.call is not None and not tool.steps}
        for operation in operations(self.result.document)[0]:
            tool = by_operation.get(operation.pointer)
            name = tool.call.base if tool is not None and tool.call is not None else ""
            if name not in bases:
                try:
                    bases[name] = self.api.base(name)
                except ToolError:
                    bases[name] = ""
            route = make_route(operation.method, bases[name], operation.path, operation.pointer in self.tools)
            if route is not None:
                routes.append(route)
        self.rules = self.guard.rules = Rules(routes)

    async def _network(self) -> Transport:
        context, proxy = None, ""
        if self.server.connection is not None:
            context, proxy = await ConnectionSettings(self.server, self.variables).ready()
        return open_network(self.api.base(""), context, proxy)


_WHOLE: Final = "body of the request"


def _bare(call: Call, body: Json) -> Call:
    """``call`` with its constant inputs alone, and path parameters under their own names."""
    path = tuple(one if one.value is not None else replace(one, arg=None) for one in call.path_params)
    sent = call.body
    if body is not None:
        sent = Body(media=sent.media if sent else "application/json", whole=Param(_WHOLE))
    elif sent is not None:
        sent = replace(sent, params=tuple(one for one in sent.params if one.value is not None), whole=None, extra=None)
    query, headers, cookies = (tuple(filter(_is_filled, rows)) for rows in (call.query, call.headers, call.cookies))
    return replace(call, path_params=path, body=sent, query=query, headers=headers, cookies=cookies)


def _is_filled(param: Param) -> bool:
    return param.value is not None


class _Anything(Inputs):
    """Inputs of a login whose address is all that is wanted."""

    def get(self, param: Param) -> Json:
        value = param.value
        return fill(value, {}, self.resolve) if isinstance(value, str) and "{" not in value.replace("${", "") else "x"


def _env_of(server: Server) -> str:
    return next((base.env for base in server.bases if not base.name), "")
