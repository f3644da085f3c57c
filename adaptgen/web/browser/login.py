"""What answers below ``/login/``: the way back from the identity provider, and logging out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest
from adaptgen.web.browser.pages import form_of, page, problem
from adaptgen.web.browser.people import CALLBACK, people_of

if TYPE_CHECKING:
    from adaptgen.govern.pipeline.assemble import GovernedServer

OUT = "/login/out"


class LoginRoute:
    """Answers ``/login/callback`` and ``/login/out``."""

    def __init__(self, governed: GovernedServer) -> None:
        self._people = people_of(governed)

    async def answer(self, request: HttpRequest) -> HttpAnswer:
        """The answer to one request."""
        match request.method, request.path:
            case "GET", path if path == CALLBACK:
                return await self._people.finish(request)
            case "GET" | "HEAD", path if path == OUT:
                return self._ask(request)
            case "POST", path if path == OUT:
                return await self._leave(request)
            case _, path if path in (CALLBACK, OUT):
                return HttpAnswer(405, {"allow": "GET" if path == CALLBACK else "GET, HEAD, POST"})
        return problem(404, "There is no such page", "The address is not one of this server.")

    def _ask(self, request: HttpRequest) -> HttpAnswer:
        person = self._people.person(request)
        if person is None:
            return page("You are not logged in", "logged_out")
        token = self._people.form_token(person, "login.out")
        return page("Log out", "log_out", name=person.name, token=token)

    async def _leave(self, request: HttpRequest) -> HttpAnswer:
        person = self._people.person(request)
        fields = await form_of(request)
        if person is None:
            return page("You are not logged in", "logged_out")
        if not self._people.check_form(request, person, "login.out", fields.get("token", "")):
            return form_refused()
        left = page("You are logged out", "logged_out")
        left.cookies = self._people.log_out(request)
        return left


def form_refused() -> HttpAnswer:
    """The answer to a form that did not come from a page of ours."""
    return problem(
        403,
        "This form is not valid any more",
        "Nothing was done.",
        "Open the page again, and send the form from there.",
    )


def route(governed: GovernedServer) -> LoginRoute:
    """What answers the requests of this module."""
    return LoginRoute(governed)
