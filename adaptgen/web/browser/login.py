"""What answers below ``/login/`` (logging in, the way back from the identity provider, logging out), at ``/``, and
where there is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adaptgen.govern.identity.own_tokens import end_all
from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest
from adaptgen.web.browser.pages import form_of, page, problem
from adaptgen.web.browser.people import CALLBACK, people_of

if TYPE_CHECKING:
    from adaptgen.govern.pipeline.assemble import GovernedServer

OUT = "/login/out"
IN = "/login/in"


class LoginRoute:
    """Answers ``/login/callback``, ``/login/in`` and ``/login/out``, and browsers that open ``/`` or nothing."""

    def __init__(self, governed: GovernedServer) -> None:
        self._governed = governed
        self._people = people_of(governed)

    async def answer(self, request: HttpRequest) -> HttpAnswer:
        """The answer to one request."""
        match request.method, request.path:
            case "GET", path if path == CALLBACK:
                return await self._people.finish(request)
            case "GET" | "HEAD", "" | "/":
                return self._welcome(request)
            case "GET", path if path == IN:
                return await self._people.log_in(request, "/")
            case "GET" | "HEAD", path if path == OUT:
                return self._ask(request)
            case "POST", path if path == OUT:
                return await self._leave(request)
            case _, path if path in (CALLBACK, IN, OUT):
                return HttpAnswer(405, {"allow": "GET, HEAD, POST" if path == OUT else "GET"})
        return problem(404, "There is no such page", "This server has no page at this address.")

    def _welcome(self, request: HttpRequest) -> HttpAnswer:
        """What this server is, and where people go on. Strangers learn nothing of its tools."""
        person = self._people.person(request)
        return page(
            "This server is for MCP clients",
            "home",
            resource=self._governed.settings.listen.resource,
            base=self._people.base,
            log_in=self._people.base + IN,
            logged_in=person is not None,
            name=person.name if person is not None else "",
        )

    def _ask(self, request: HttpRequest) -> HttpAnswer:
        person = self._people.person(request)
        if person is None:
            return page("You are not logged in", "logged_out", everywhere=False)
        token = self._people.form_token(person, "login.out")
        return page("Log out", "log_out", name=person.name, token=token)

    async def _leave(self, request: HttpRequest) -> HttpAnswer:
        person = self._people.person(request)
        fields = await form_of(request)
        if person is None:
            return page("You are not logged in", "logged_out", everywhere=False)
        if not await self._people.check_form(request, person, "login.out", fields.get("token", "")):
            return form_refused()
        everywhere = fields.get("where") == "everywhere"
        if everywhere:
            caller = person.caller
            self._governed.handler.record_login("logout", caller, {"everywhere": True})
            await end_all(self._governed.store, person=(caller.tenant, caller.sub))
        left = page("You are logged out", "logged_out", everywhere=everywhere)
        left.cookies = self._people.log_out(request)
        return left


def form_refused() -> HttpAnswer:
    """The answer to a form that did not come from a page of ours."""
    return problem(
        403,
        "This form is no longer valid",
        "Nothing was done.",
        "Open the page again, and send the form from there.",
    )


def route(governed: GovernedServer) -> LoginRoute:
    """What answers the requests of this module."""
    return LoginRoute(governed)
