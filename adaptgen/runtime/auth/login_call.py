"""One call of an authentication chain: sent with its templates filled, its answer read for what it must give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from adaptgen.model.tables import Json, Login
from adaptgen.runtime.auth.credentials_in_requests import add_credentials
from adaptgen.runtime.auth.login_attempts import LoginRefused, speaks_of_credentials
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.client import Client
from adaptgen.runtime.http.error_messages import Scrub, check_success
from adaptgen.runtime.http.request import Inputs, build, find_references, templates
from adaptgen.runtime.http.response import Response
from adaptgen.syntax import hint_jsonpath as jsonpath
from adaptgen.syntax.field_paths import MISSING
from adaptgen.syntax.templates import Reference, placeholders, references

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that say nothing about the credentials."""


def references_of(login: Login) -> frozenset[Reference]:
    """The credentials that a login needs."""
    return references(_templates(login)) | find_references(login.call.path)


def placeholders_of(login: Login) -> frozenset[str]:
    """The saved values that a login sends."""
    return placeholders(_templates(login))


def _templates(login: Login) -> list[Json]:
    return [*templates(login.call), *(send.as_ for send in login.send)]


@dataclass(frozen=True, slots=True, repr=False)
class LoginResult:
    """What a login gave: ``found`` has every name of its ``save`` that has a value."""

    response: Response
    found: Mapping[str, Json]
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class LoginCall:
    """Where a login runs. ``who`` names the auth in messages, and ``variables`` what it is given from outside."""

    who: str
    variables: tuple[str, ...]
    credentials: Credentials
    client: Client
    secrets: Callable[[], list[str]]

    async def run(self, login: Login, base: str, saved: Mapping[str, Json], cookies: Mapping[str, str]) -> LoginResult:
        """Send it. The status of an error is None where the API was not reached, else what it answered.

        Raises:
            ToolError: it failed, was refused, or its answer cannot be read; the text names no value.
        """
        named = f"The login {login.id!r} of {self.who!r}"
        request = build(login.call, base, Inputs({}, self.credentials.resolve, saved, absent=False))
        add_credentials(request, login.send, saved, self.credentials)
        request.cookies += [f"{name}={value}" for name, value in cookies.items()]
        # A login form answers with a redirect to the first page; what it gives comes in its headers.
        by_header = login.cookies or any(source.startswith(("cookie:", "header:")) for source in login.save.values())
        try:
            response = await self.client.send(request, keep=(302, 303) if by_header else (), login=True)
        except ToolError as problem:
            raise ToolError(f"{named} failed. {problem.text}") from None
        if not (by_header and response.status in (302, 303)):
            self._check(named, login, response)
        try:
            found = {name: _value(source, response) for name, source in login.save.items()}
        except ToolError as problem:
            text = f"{named} gave no token. {problem.text} {self.look(login)}"
            raise LoginRefused(text, status=response.status, final=speaks_of_credentials(response)) from None
        kept = {name: value for name, value in response.cookies.items() if value} if login.cookies else {}
        return LoginResult(
            response, {name: value for name, value in found.items() if value not in (None, "", MISSING)}, kept
        )

    def look(self, login: Login) -> str:
        """Where to look: the variables whose values were sent."""
        names = sorted({one.name if one.kind == "env" else str(one) for one in references_of(login)}) or self.variables
        return f"Check {' and '.join(names)}." if names else "Check the hints of this login."

    def _check(self, named: str, login: Login, response: Response) -> None:
        try:
            check_success(response, lambda: Scrub(self.secrets()), reads=True)
        except ToolError as problem:
            if problem.status in TRANSIENT:
                text = f"{named} failed. {problem.text}"
                raise LoginRefused(text, status=problem.status, retry_after=problem.retry_after) from None
            words = problem.text.partition(". ")[0].rstrip(".")
            if not speaks_of_credentials(response):
                text = f"{named} failed: {words}. The answer does not speak of the credentials; {_elsewhere(response)}"
                raise LoginRefused(text, status=response.status, retry_after=problem.retry_after) from None
            text = f"{named} was refused: {words}. {self.look(login)} It is not tried again until they change."
            raise LoginRefused(text, status=response.status, final=True) from None

    def without(self, login: Login, name: str, response: Response) -> ToolError:
        """The error of an answer that does not have what something sends."""
        return LoginRefused(
            f"The API answered the login {login.id!r} of {self.who!r} with {response.status}, but without {name!r} "
            f"at {login.save[name]}. {self.look(login)}",
            status=response.status,
            final=speaks_of_credentials(response),
        )


def _elsewhere(response: Response) -> str:
    """What may have answered a login in place of the API."""
    if "html" in response.media_type or response.content[:64].lstrip()[:1] == b"<":
        return "a web page came: a gateway or a firewall may stand in the way, or the base URL is wrong."
    if response.status in (404, 405):
        return "check the base URL, and the call of this login in the hints."
    return "check the login in the hints, or wait."


def _value(source: str, response: Response) -> Json:
    kind, colon, name = source.partition(":")
    if colon and kind == "header":
        return response.headers.get(name.strip().lower())
    if colon and kind == "cookie":
        return response.cookies.get(name.strip())
    if not response.content.strip():
        return MISSING
    if source == "$" and "json" not in response.headers.get("content-type", "").lower():
        return response.text().strip().strip('"')
    return jsonpath.first(source, response.json())
