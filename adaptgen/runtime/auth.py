"""Authenticated requests: the sessions of a server, refusals, and the one safe replay."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from functools import lru_cache

from adaptgen import fields
from adaptgen.model import Refused, Send
from adaptgen.runtime.caller import LOCAL, Caller
from adaptgen.runtime.credentials import Credentials
from adaptgen.runtime.errors import ToolError
from adaptgen.runtime.http import Client
from adaptgen.runtime.request import Request, origin
from adaptgen.runtime.response import Response
from adaptgen.runtime.sending import REDACTED, due, place
from adaptgen.runtime.serialize import scalar
from adaptgen.runtime.session import Session
from adaptgen.runtime.sessions import Sessions

_RENEWALS = 6
"""A token so short-lived that it ends between its renewal and the replay is renewed once more, and so is one that
another process had renewed; so many times in all."""


def refused(rules: Sequence[Refused], response: Response) -> Refused | None:
    """The rule by which this answer means "not logged in, not executed"."""
    for rule in rules:
        if rule.status == response.status and all(_matches(response, *one) for one in rule.body.items()):
            return rule
    return None


def _matches(response: Response, path: str, pattern: str) -> bool:
    try:
        found = fields.get(response.json(), path)
    except ToolError:
        return False
    return found is not fields.MISSING and _glob(pattern).match(scalar(found)) is not None


@lru_cache(maxsize=256)
def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern), re.IGNORECASE)


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

    async def exchange(self, request: Request, names: Sequence[str], home: str) -> Response:
        """Send ``request`` with its credentials, renew once and replay once where it is refused.

        ``home`` is the base URL whose origin the credentials are meant for.

        Raises:
            ToolError: a credential is missing or refused, the call is forbidden, or the API cannot be reached.
        """
        sessions = self.of(names)
        if sessions and origin(request.url) != origin(home):
            raise ToolError("This address is not the API's own; credentials are not sent there.")
        keep = frozenset(rule.status for one in sessions for rule in one.auth.refused)
        renewed = 0
        while True:
            generations = [(one, await one.ready()) for one in sessions]
            response = await self._send(request, generations, keep)
            verdict = next(
                ((one, at, rule) for one, at in generations if (rule := refused(one.auth.refused, response))), None
            )
            if verdict is None:
                return response
            session, generation, rule = verdict
            if not session.logs_in or generation < 0:
                if not renewed and await session.reread():
                    renewed += 1
                    continue
                raise self._unaccepted(session, response)
            again = session.expired() or not session.fresh(generation)
            if renewed and not (renewed < _RENEWALS and again):
                raise ToolError(
                    f"The API refuses this call ({response.status}) even after a fresh login: the server's account is "
                    "not permitted to do it. Trying again does not help.",
                    status=response.status,
                )
            await session.renew(generation)
            renewed += 1
            if not rule.replay and not request.reads:
                raise ToolError(
                    f"The API refused the session ({response.status}); it has been renewed, but the change was not "
                    "repeated. Read the current state, then try again.",
                    status=response.status,
                )

    async def _send(
        self, request: Request, generations: Sequence[tuple[Session, int]], keep: frozenset[int]
    ) -> Response:
        ready = request.copy()
        for session, generation in generations:
            if generation >= 0:
                session.apply(ready)
        for session, _ in generations:
            await session.sign(ready)
        response = await self._client.send(ready, keep=keep)
        for session, _ in generations:
            session.absorb(response)
        return response

    @staticmethod
    def _unaccepted(session: Session, response: Response) -> ToolError:
        names = session.variables()
        check = f"Check {' and '.join(names)}." if names else "The hints name no credentials for it."
        return ToolError(
            f"The API did not accept the credentials of the server ({response.status}). {check}",
            status=response.status,
        )

    def secrets(self, names: Sequence[str]) -> list[str]:
        """Every value that must not be shown."""
        sessions = self.of([name for name in names if name in self.sessions])
        return [value for session in sessions for value in session.secrets()]

    def redacted(self, request: Request, names: Sequence[str]) -> Request:
        """A copy of ``request`` with a mark in the place of each credential."""
        shown = request.copy()
        for session in self.of(names):
            for send in due(session.auth.send, request, self._credentials, optional=session.auth.optional):
                place(shown, send, REDACTED)
            if session.auth.sign is not None:
                place(shown, Send("header", "Authorization", ""), REDACTED)
        return shown
