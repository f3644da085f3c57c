"""Authenticated requests: the sessions of a server, refusals, and the one safe replay."""

from __future__ import annotations

import fnmatch
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial

from adaptgen.model.frozen import value
from adaptgen.model.tables import LOCAL, Caller, Refused, Send
from adaptgen.runtime.auth.credentials_in_requests import REDACTED, add_credential, select_sends
from adaptgen.runtime.auth.session import Session
from adaptgen.runtime.auth.sessions import Sessions
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.client import Client, Elsewhere
from adaptgen.runtime.http.error_messages import OWN, OWN_KEY, SERVICE
from adaptgen.runtime.http.logged_out import Like, Sign, find_sign, redirect_sign
from adaptgen.runtime.http.parameters import scalar
from adaptgen.runtime.http.request import Request, origin
from adaptgen.runtime.http.response import Response
from adaptgen.syntax import field_paths as fields

_RENEWALS = 6
"""A token so short-lived that it ends between its renewal and the replay is renewed once more, and so is one that
another process had renewed; six times in all."""
_PAGE = 65_536


_log = logging.getLogger("adaptgen.runtime")


def find_refusal(rules: Sequence[Refused], response: Response) -> Refused | None:
    """The rule by which this answer means "not logged in, not executed"."""
    for rule in rules:
        if rule.status == response.status and all(_matches(response, *one) for one in rule.body.items()):
            return rule
    return None


def _matches(response: Response, path: str, pattern: str) -> bool:
    try:
        found = response.json() if path == "$" else fields.get(response.json(), path)
    except ToolError:
        if path != "$":
            return False
        found = response.content[:_PAGE].decode("utf-8", "replace")  # a page, or a text
    return found is not fields.MISSING and _glob(pattern).match(scalar(found)) is not None


@lru_cache(maxsize=256)
def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern), re.IGNORECASE)


@value()
class Refusal:
    """A session that a request was sent with, and the rule of it by which the API refused that."""

    session: Session
    generation: int
    rule: Refused


def _is_worth(refusal: Refusal, renewed: int) -> bool:
    """Whether a session is renewed for a refusal. ``renewed``: how often it was for the same request."""
    session, generation = refusal.session, refusal.generation
    if not session.renews or generation < 0:
        return False
    return not renewed or (renewed < _RENEWALS and (session.may_have_expired() or not session.fresh(generation)))


def _most_likely(session: Session) -> tuple[bool, float]:
    """Orders the sessions that can be renewed by how likely each of them has ended, the likeliest first."""
    return not session.may_have_expired(), session.obtained


@value()
class Doubt:
    """A session that was renewed for a sign that no rule of the hints names."""

    session: Session
    sign: Sign

    def cured(self) -> None:
        """Keep the sign, and log once what to write."""
        if self.session.signs.cured(self.sign):
            _log.warning(
                "the session %s had ended, and the API said so by %s; to say it for good, write in the hints: %s",
                self.session.auth.name, self.sign, describe_sign(self.sign, self.session),
            )  # fmt: skip


def describe_sign(sign: Sign, session: Session) -> str:
    """The line of the hints that says what was learnt."""
    known = ("…" if rule.body or not rule.replay else str(rule.status) for rule in session.auth.refused)
    return sign.line(session.auth.name, ", ".join(known))


def _sign_of(came: Response | Elsewhere, request: Request, like: Like | None) -> Sign | None:
    if isinstance(came, Elsewhere):
        return redirect_sign(came.status or 302, came.target, request.url)
    return find_sign(came, like)


def _told_otherwise(sign: Sign, session: Session) -> bool:
    """Whether the hints say which answers with this status mean it: others then mean something else."""
    return not sign.sure and any(rule.status == sign.status for rule in session.auth.refused)


def raise_for(sign: Sign, session: Session, request: Request, *, in_vain: bool) -> None:
    """Turn a success that says that no user is logged in into an error; other statuses are errors already.

    Raises:
        ToolError: naming the credentials to check.
    """
    if sign.status != 200:
        return
    names = session.sent(request)
    look = f"Check {' and '.join(names)}." if names else "Check the credentials of the server."
    tried = "even after a fresh login" if in_vain else "to the credentials of the server"
    raise ToolError(f"The API answers 200, but says {tried} that no user is logged in. {look}", status=200)


def _reformed(
    generations: Sequence[tuple[Session, int]], request: Request, response: Response, before: Session | None
) -> Session | None:
    """The session whose token is to be sent once more in its other form, as the API refuses a read right behind a
    login. ``before``: the one of which that was done for this request."""
    refused = response.status in (401, 403)
    if before is not None:
        before.settle_form(accepted=not refused)
    elif refused and request.harmless:
        return next((session for session, generation in generations if session.try_other_form(generation)), None)
    elif response.status < 400:
        for session, _ in generations:
            session.settle_form(accepted=True)
    return None


def _undone_by(sessions: Sequence[Session], response: Response) -> bool | None:
    """Whether an answer says that the request was not carried out; None where no rule of the sessions knows it."""
    rules = [rule for one in sessions if (rule := find_refusal(one.auth.refused, response)) is not None]
    return all(rule.replay for rule in rules) if rules else None


async def _with_credentials(request: Request, generations: Sequence[tuple[Session, int]]) -> Request:
    """A copy of ``request`` with the credentials of the sessions, signed where they sign."""
    prepared = request.copy()
    for session, generation in generations:
        if generation >= 0:
            session.apply(prepared)
    for session, _ in generations:
        await session.sign(prepared)
    return prepared


class Authenticator:
    """Sends requests under the auths of a tool, in the name of ``caller``."""

    def __init__(self, sessions: Sessions, credentials: Credentials, client: Client, caller: Caller = LOCAL) -> None:
        self.sessions = sessions
        self._caller = caller
        self._credentials = credentials
        self._client = client

    def by(self, caller: Caller) -> Authenticator:
        """The same in the name of another caller."""
        return Authenticator(self.sessions, self._credentials, self._client, caller)

    def of(self, names: Sequence[str]) -> list[Session]:
        """The sessions behind ``names``.

        Raises:
            ToolError: the server has no such auth.
        """
        return [self.sessions.of(name, self._caller) for name in names]

    async def require(self, names: Iterable[str]) -> None:
        """Make sure that the caller has the accounts at the API without which its requests are not sent: before
        anything is answered from what was read earlier.

        Raises:
            NotConnected: it lacks one.
        """
        for name in names:
            if self.sessions.connects(name):
                await self.sessions.of(name, self._caller).ready()

    def whose(self, names: Iterable[str]) -> str:
        """In whose name requests are sent: of the server, of an account that the caller has connected, or its key."""
        consents = [self.sessions.of(name, self._caller).auth.consent for name in names if self.sessions.connects(name)]
        if not consents:
            return SERVICE
        return OWN_KEY if any(one is not None and one.ask for one in consents) else OWN

    def accounts(self, names: Iterable[str]) -> tuple[str, ...]:
        """Which accounts at the API the caller has used last, as :meth:`require` has found them: others after another
        one was connected, and the same after a renewal."""
        sessions = self.sessions
        return tuple(sessions.of(name, self._caller).connection for name in names if sessions.connects(name))

    async def exchange(
        self,
        request: Request,
        names: Sequence[str],
        home: str,
        *,
        optional: bool = False,
        like: Like | None = None,
        spare: Callable[[], Sequence[str]] = tuple,
    ) -> Response:
        """Send ``request`` with its credentials, renew once and replay once where it is refused.

        ``home`` is the base URL whose origin the credentials are meant for. ``optional``: without credentials it is
        sent without. ``like``: whether a body is like the declared one (None: it is not declared to be JSON).
        ``spare``: the one way in, tried once where the API refuses a request without credentials.

        Raises:
            ToolError: a credential is missing or refused, the call is forbidden, or the API cannot be reached.
        """
        sessions = self.of(names)
        if sessions and origin(request.url) != origin(home):
            raise ToolError("This address is not the API's own; credentials are not sent there.")
        if not sessions:
            response = await self._client.send(request.copy())
            if response.status not in (401, 403) or not (way := spare()) or not self._may_repeat(request, way):
                return response
            return await self.exchange(request, way, home, like=like)
        for session in sessions:
            session.may_go(request.url)
        keep = frozenset(rule.status for session in sessions for rule in session.auth.refused)
        undone = None if request.harmless else partial(_undone_by, sessions)
        renewed: Counter[str] = Counter()
        doubt: Doubt | None = None
        reformed: Session | None = None
        while True:
            generations = [(session, await session.ready(optional=optional)) for session in sessions]
            prepared = await _with_credentials(request, generations)
            try:
                response = await self._client.send(prepared, keep=keep, undone=undone)
            except Elsewhere as away:
                if (doubt := await self._renewed_for(generations, request, away, doubt)) is None:
                    raise
                continue
            for session in sessions:
                session.absorb(response)
            if (reformed := _reformed(generations, request, response, reformed)) is not None:
                continue
            refusals = [
                Refusal(*held, rule) for held in generations if (rule := find_refusal(held[0].auth.refused, response))
            ]
            if refusals:
                await self._renew_refused(refusals, request, response, renewed)
                continue
            if optional and response.status == 403 and all(generation < 0 for _, generation in generations):
                raise self._unaccepted(sessions[0], request, response)
            doubt = await self._renewed_for(generations, request, response, doubt, like)
            if doubt is None:
                return response

    async def _renew_refused(
        self, refusals: Sequence[Refusal], request: Request, response: Response, renewed: Counter[str]
    ) -> None:
        """Renew one of the sessions that the API may have refused, so that the request can be sent again. ``renewed``:
        how often that was done for this request.

        Nobody knows which of several it means. Those that can be renewed are, one after the other; only then is it
        what somebody would have to replace.

        Raises:
            ToolError: none can be renewed, all were in vain, or the request must not be repeated.
        """
        again = [one for one in refusals if _is_worth(one, renewed[one.session.auth.name])]
        if again:
            found = min(again, key=lambda one: (renewed[one.session.auth.name], *_most_likely(one.session)))
            renewed[found.session.auth.name] += 1
            await found.session.renew(found.generation)
        else:
            await self._blame(refusals, request, response, renewed)
        if not request.reads and not all(one.rule.replay for one in refusals):
            raise ToolError(
                f"The API refused the session ({response.status}); it has been renewed, but the change was not "
                "repeated. Read the current state, then try again.",
                status=response.status,
                unknown=True,
            )

    async def _blame(
        self, refusals: Sequence[Refusal], request: Request, response: Response, renewed: Counter[str]
    ) -> None:
        """Turn a refusal that no renewal helps against into an error; nothing where there is another credential now.

        Raises:
            ToolError: naming what to check, or saying that it is not permitted.
        """
        fixed = [one.session for one in refusals if not one.session.logs_in or one.generation < 0]
        for session in fixed:
            if not renewed[session.auth.name]:
                renewed[session.auth.name] += 1
                if await session.reread():
                    return
        for one in refusals:
            if one.session in fixed:
                raise self._unaccepted(one.session, request, response)
            if not one.session.renews:
                await one.session.renew(one.generation)  # it raises, unless its person has replaced it meanwhile
                return
        own = any(one.session.auth.consent for one in refusals)
        raise ToolError(
            f"The API refuses this call ({response.status}) even after a fresh login: "
            f"{OWN if own else SERVICE} is not permitted to do it. Trying again does not help.",
            status=response.status,
        )

    def _may_repeat(self, request: Request, names: Sequence[str]) -> bool:
        """Whether a refusal means that nothing was done, as the rules of the auths have it."""
        rules = [rule for one in self.of(names) for rule in one.auth.refused if not rule.body]
        return request.harmless or not any(not rule.replay for rule in rules)

    async def _renewed_for(
        self,
        generations: Sequence[tuple[Session, int]],
        request: Request,
        came: Response | Elsewhere,
        doubt: Doubt | None,
        like: Like | None = None,
    ) -> Doubt | None:
        """What was renewed for an answer that says in its own way that no user is logged in; None where the answer is
        to be used as it is.

        Raises:
            ToolError: it still says so, or the change that was asked for cannot be repeated.
        """
        sign = _sign_of(came, request, like)
        if doubt is not None:
            if sign is None:
                doubt.cured()
                return None
            doubt.session.signs.in_vain(doubt.sign)
            raise_for(sign, doubt.session, request, in_vain=True)
            return None
        if sign is None:
            return None
        able = [held for held in generations if held[0].logs_in and held[1] >= 0]
        session, generation = min(
            able, key=lambda held: (not held[0].renews, *_most_likely(held[0])), default=(generations[0][0], -1)
        )
        if generation < 0 or _told_otherwise(sign, session) or not session.signs.worth(sign):
            raise_for(sign, session, request, in_vain=session.logs_in)
            return None
        sure = sign.sure or session.signs.known(sign)
        if not sure and not request.harmless:
            return None  # forbidden, as far as anybody knows
        try:
            await session.renew(generation)
        except ToolError:
            if sure:
                raise
            return None
        if not request.harmless and sign.status not in (401, 403):
            raise ToolError(
                f"The API answered the change as one that is not logged in does ({sign}). The session has been "
                "renewed, but the change was not repeated: read the current state, then try again. "
                f"The operator can say it for good in the hints: {describe_sign(sign, session)}",
                status=sign.status,
                unknown=True,
            )
        return Doubt(session, sign)

    @staticmethod
    def _unaccepted(session: Session, request: Request, response: Response) -> ToolError:
        if session.auth.kind == "unserved":
            return ToolError(
                f"The API refused the call ({response.status}): it wants {session.auth.name!r}, which cannot be "
                "served, so no credential was sent. The operator can write another way in as auth: in the hints.",
                status=response.status,
            )
        names = session.sent(request)
        check = f"Check {' and '.join(names)}." if names else "The hints name no credentials for it."
        if names and not session.equipped():
            check = f"Nothing was sent with it: set {' or '.join(names)}."
        return ToolError(
            f"The API did not accept the credentials of the server ({response.status}). {check}",
            status=response.status,
        )

    def tokens(self, names: Iterable[str]) -> list[str]:
        """The values that no answer may show: of the server's sessions, and of this caller's behind ``names``."""
        return [value for one in self.sessions.at_hand(names, self._caller) for value in one.tokens()]

    def secrets(self, names: Sequence[str]) -> list[str]:
        """Every value that must not be shown."""
        sessions = self.of([name for name in names if name in self.sessions])
        return [value for session in sessions for value in session.secrets()]

    def redacted(self, request: Request, names: Sequence[str]) -> Request:
        """A copy of ``request`` with a mark in place of each credential."""
        shown = request.copy()
        for session in self.of(names):
            for send in select_sends(session.auth.send, request, self._credentials, optional=session.auth.optional):
                add_credential(shown, send, REDACTED)
            if session.auth.sign is not None:
                add_credential(shown, Send("header", "Authorization", ""), REDACTED)
        return shown
