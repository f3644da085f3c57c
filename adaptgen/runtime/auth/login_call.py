"""One call of an authentication chain: sent with its templates filled, its answer read for what it must contain."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Json, Login
from adaptgen.runtime.auth.credentials_in_requests import add_credentials, client_forms
from adaptgen.runtime.auth.login_attempts import LoginRefused, speaks_of_credentials, speaks_of_token
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.client import Client
from adaptgen.runtime.http.error_messages import SHORTEST, Scrub, check_success
from adaptgen.runtime.http.expected_answer import withhold_tokens
from adaptgen.runtime.http.logged_out import leads_to_login
from adaptgen.runtime.http.request import Inputs, Request, build, find_references, templates
from adaptgen.runtime.http.response import Response
from adaptgen.syntax import hint_jsonpath as jsonpath
from adaptgen.syntax.field_paths import MISSING
from adaptgen.syntax.identifiers import vocabulary, words
from adaptgen.syntax.templates import Reference, placeholders, references
from adaptgen.syntax.token_names import FIND_CSRF, FIND_TOKEN, is_csrf, takes_token, token_rank

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that say nothing about the credentials."""


def references_of(login: Login) -> frozenset[Reference]:
    """The credentials that a login needs."""
    return references(_templates(login)) | find_references(login.call.path)


def placeholders_of(login: Login) -> frozenset[str]:
    """The saved values that a login sends."""
    return placeholders(_templates(login))


UNTIL_CHANGED: Final = " It is not tried again until they change."


def _templates(login: Login) -> list[Json]:
    return [*templates(login.call), *(send.as_ for send in login.send)]


@dataclass(frozen=True, slots=True, repr=False)
class LoginResult:
    """The result of a login: ``found`` has every name of its ``save`` that has a value."""

    response: Response
    found: Mapping[str, Json]
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class LoginCall:
    """Where a login runs. ``who`` names the auth in messages, and ``variables`` what it is given from outside;
    ``permit`` raises where its credentials may not go to the URL. ``client_forms``: auth -> which form of the client's
    secret its token endpoint took."""

    who: str
    variables: tuple[str, ...]
    credentials: Credentials
    client: Client
    secrets: Callable[[], list[str]]
    permit: Callable[[Login, str], None]
    client_forms: dict[str, int] = field(default_factory=dict)

    async def run(self, login: Login, base: str, saved: Mapping[str, Json], cookies: Mapping[str, str]) -> LoginResult:
        """Send it. A token endpoint that does not know the client (``invalid_client``: RFC 6749, 5.2) gets the secret
        once in each other form, and from then on in the one that it took.

        Raises:
            ToolError: it failed, was refused, or its answer cannot be read; the text names no value. The status is None
                where the API was not reached, else what it answered.
        """
        forms = client_forms(login)
        last = len(forms) - 1
        at = min(self.client_forms.get(self.who, 0), last)
        while True:
            try:
                result = await self._send(forms[at], base, saved, cookies)
            except LoginRefused as refused:
                if refused.error != "invalid_client" or at == last or self.who in self.client_forms:
                    raise
                at += 1
            else:
                self.client_forms[self.who] = at
                return result

    async def _send(
        self, login: Login, base: str, saved: Mapping[str, Json], cookies: Mapping[str, str]
    ) -> LoginResult:
        named = f"The login {login.id!r} of {self.who!r}"
        request = build(login.call, base, Inputs({}, self.credentials.resolve, saved, absent=False))
        self.permit(login, request.url)
        add_credentials(request, login.send, saved, self.credentials)
        request.cookies += [f"{name}={value}" for name, value in cookies.items()]
        # A login form answers with a redirect to the first page; what it gives comes in its headers.
        searched = FIND_TOKEN in login.save.values()
        by_header = login.cookies or any(
            source.startswith(("cookie:", "header:", "find:")) for source in login.save.values()
        )
        try:
            response = await self.client.send(request, keep=(302, 303) if by_header else (), login=True)
        except ToolError as problem:
            raise ToolError(f"{named} failed. {problem.text}", unreachable=problem.unreachable) from None
        if not (by_header and response.status in (302, 303)):
            self._check(named, login, response, self._sent(login, request))
        if _second_step(response, sure=True):
            raise _needs_person(named, response)
        try:
            found = {name: read_saved(source, response) for name, source in login.save.items()}
        except ToolError as problem:
            text = f"{named} returned no token. {problem.text} {self.look(login)}"
            raise LoginRefused(text, status=response.status, final=speaks_of_credentials(response)) from None
        found = {name: value for name, value in found.items() if value not in (None, "", MISSING)}
        kept = {name: value for name, value in response.cookies.items() if value}
        if searched and not any(login.save[name] == FIND_TOKEN for name in found):
            if not kept:
                raise self._nothing(named, login, response)
            if _is_refusal(response):
                text = f"{named} was refused. {self.look(login)}{UNTIL_CHANGED}"
                raise LoginRefused(text, status=response.status, final=True)
        kept = kept if login.cookies or searched else {}
        return LoginResult(response, found, kept)

    def _nothing(self, named: str, login: Login, response: Response) -> ToolError:
        """The error of an answer in which neither a token nor a cookie was found."""
        if _second_step(response):
            return _needs_person(named, response)
        name = next(name for name, source in login.save.items() if source == FIND_TOKEN)
        text = (
            f"The API answered {named[0].lower()}{named[1:]} with {response.status}, but neither a token nor a cookie "
            f"was found in the answer. {self.look(login)} If they are right, write in the hints where it is: save: "
            f'{{{name}: "$.…"}}'
        )
        return LoginRefused(text, status=response.status, final=speaks_of_credentials(response))

    def look(self, login: Login) -> str:
        """Where to look: the variables whose values were sent."""
        names = sorted({one.name if one.kind == "env" else str(one) for one in references_of(login)}) or self.variables
        return f"Check {' and '.join(names)}." if names else "Check the hints of this login."

    def _sent(self, login: Login, request: Request) -> list[str]:
        """What the words of the answer must not repeat: every secret, and the pairs of HTTP Basic as they were sent."""
        pairs = [request.headers.get(send.name, "").partition(" ")[2] for send in login.send if send.basic]
        return [one for one in (*self.secrets(), *pairs) if len(one) >= SHORTEST]

    def _check(self, named: str, login: Login, response: Response, secrets: list[str]) -> None:
        try:
            # Of the whole answer: what is cut from it later may end in the middle of a secret.
            shown = withhold_tokens(response, secrets, cut=True)
            check_success(shown, lambda: Scrub(secrets), reads=True)
        except ToolError as problem:
            if problem.status in TRANSIENT:
                text = f"{named} failed. {problem.text}"
                raise LoginRefused(
                    text, status=problem.status, retry_after=problem.retry_after, error=error_code(response)
                ) from None
            words = problem.text.partition(". ")[0].rstrip(".")
            of_token = speaks_of_token(response)
            if not speaks_of_credentials(response):
                text = f"{named} failed: {words}. The answer is not about the credentials; {_elsewhere(response)}"
                raise LoginRefused(
                    text, status=response.status, retry_after=problem.retry_after, error=error_code(response),
                    of_token=of_token,
                ) from None  # fmt: skip
            text = f"{named} was refused: {words}. {self.look(login)}{UNTIL_CHANGED}"
            raise LoginRefused(
                text, status=response.status, final=True, error=error_code(response), of_token=of_token
            ) from None

    def without(self, login: Login, name: str, response: Response) -> ToolError:
        """The error of an answer that does not have what something sends."""
        return LoginRefused(
            f"The API answered the login {login.id!r} of {self.who!r} with {response.status}, but without {name!r} "
            f"at {login.save[name]}. {self.look(login)}",
            status=response.status,
            final=speaks_of_credentials(response),
            error=error_code(response),
        )


def error_code(response: Response) -> str:
    """The member ``error`` of an answer of a token endpoint (RFC 6749, 5.2); "" without one."""
    try:
        body = response.json()
    except ToolError:
        return ""
    code = body.get("error") if isinstance(body, dict) else None
    return code if isinstance(code, str) else ""


def _elsewhere(response: Response) -> str:
    """The sender of an answer to a login in place of the API."""
    if "html" in response.media_type or response.content[:64].lstrip()[:1] == b"<":
        return "a web page came: a gateway or a firewall may be in the way, or the base URL is wrong."
    if response.status in (404, 405):
        return "check the base URL, and the call of this login in the hints."
    return "check the login in the hints, or wait."


def read_saved(source: str, response: Response) -> Json:
    """The value at ``source``, a place of ``save``, in the answer of a login; MISSING or None without.

    Raises:
        ToolError: the answer is not JSON, which ``source`` reads.
    """
    if source == FIND_TOKEN:
        return _search_token(response)
    if source == FIND_CSRF:
        return _search_csrf(response)
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


# --------------------------------------------------------------------------------- answers that no document describes

_DEPTH: Final = 4
_TOKEN: Final = lazy(r"(?:Bearer\s+)?([!-~]{8,8192})", re.IGNORECASE)
_ALONE: Final = lazy(r"[\w.~+/=:-]{16,8192}", re.ASCII)
_CSRF: Final = lazy(r"[!-~]{1,8192}")
_GRANTED: Final = vocabulary("success successful succeeded ok authenticated authorized logged valid")
_STEP: Final = vocabulary("mfa otp totp fa factor challenge")
_NEEDED: Final = vocabulary("required require requires requiring needed needs pending challenge")
_STATES: Final = vocabulary("status state stage step result")
_WRAPPERS: Final = {(), ("data",), ("result",), ("response",), ("meta",), ("payload",), ("login",), ("auth",)}


def _members(response: Response) -> list[tuple[int, tuple[str, ...], str, Json]]:
    """(depth, words of the holder, name, value) of the members of a JSON answer; of a list those that its first item
    has itself."""
    try:
        waiting: list[tuple[int, tuple[str, ...], Json]] = [(0, (), response.json())]
    except ToolError:
        return []
    members: list[tuple[int, tuple[str, ...], str, Json]] = []
    for depth, above, holder in waiting:  # it grows
        listed = isinstance(holder, list) and depth < 2
        node = holder[0] if listed and holder else holder
        for name, value in node.items() if isinstance(node, dict) and depth < _DEPTH else ():
            members.append((depth, above, name, value))
            if not listed:
                waiting.append((depth + 1, words(name), value))
    return members


def _search_token(response: Response) -> Json:
    """The token in the usual members, headers and cookies of an answer; MISSING without."""
    ranked = [
        (rank, depth, matched[1])
        for depth, above, name, value in _members(response)
        if isinstance(value, str) and (matched := _TOKEN.fullmatch(value.strip()))
        if (rank := token_rank(name, above)) is not None
    ]
    if ranked:
        return min(ranked)[2]
    alone = response.text().strip().strip('"')
    # "INVALID_CREDENTIALS" is a message: its words are longer than the letters between changes of case at random.
    message = not re.search(r"\d", alone) and len(alone) >= 4 * len(words(alone))
    if "html" not in response.media_type and _ALONE.fullmatch(alone) and not message:
        return alone
    named = [
        (name, value) for name, value in response.headers.items() if takes_token(name) or words(name)[-1:] == ("token",)
    ]
    named += [(name, value or "") for name, value in response.cookies.items() if {"token", "jwt"} & {*words(name)}]
    for name, value in named:
        if token_rank(name) is not None and (matched := _TOKEN.fullmatch(value.strip())):
            return matched[1]
    return MISSING


def _search_csrf(response: Response) -> Json:
    """The token against forged requests in a member, header or cookie of an answer; MISSING without."""
    values = [value for _, _, name, value in _members(response) if is_csrf(name)]
    values += [value for name, value in response.headers.items() if is_csrf(name)]
    values += [unquote(value) for name, value in response.cookies.items() if value and is_csrf(name)]
    texts = (value.strip() for value in values if isinstance(value, str))
    return next((text for text in texts if _CSRF.fullmatch(text)), MISSING)


def _is_refusal(response: Response) -> bool:
    """Whether an answer with cookies alone says that the login failed: a redirect to a login page, or a plain no."""
    if response.status in (302, 303):
        return leads_to_login(response.headers.get("location", ""))
    return any(value is False and bool(_GRANTED & {*words(name)}) for *_, name, value in _members(response))


def _second_step(response: Response, sure: bool = False) -> bool:
    """Whether an answer says that a second step follows; ``sure``: what else it has is not the session then
    (``requires_2fa: true``, ``challenge_name``, ``status: mfa_required``)."""
    members = [(name, value) for _, above, name, value in _members(response) if not sure or above in _WRAPPERS]
    return any(_wants_step(*one) if sure else bool(one[1]) and bool(_STEP & {*words(one[0])}) for one in members)


def _wants_step(name: str, value: Json) -> bool:
    spoken = {*words(name)}
    if spoken == {"challenge", "name"}:
        return bool(value)
    if isinstance(value, str) and len(value) < 60 and spoken & _STATES:
        spoken |= {*words(value)}
    elif value is not True:
        return False
    return bool(spoken & _STEP) and bool(spoken & _NEEDED) and "not" not in spoken


def _needs_person(named: str, response: Response) -> ToolError:
    """The error of a login that is not complete."""
    text = f"{named} wants a second step, such as a code by mail, which needs a person. Set a token to begin with."
    return LoginRefused(text, status=response.status, final=True)
