"""A reader that knows the truth: reads every list of a mock API once, so that the generator itself is checked."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from learning.behaviour import Listing
from learning.service import Asked, Said, Service, parts_of

MOST = 200
"""Requests that one list may take."""

Send = Callable[[Asked], Said]


class Oracle:
    """Reads through ``send``, which defaults to the service itself without a connection."""

    def __init__(self, service: Service, send: Send | None = None) -> None:
        self.api = service.api
        self._service = service
        self._send = send or service
        self._token = ""

    def log_in(self) -> None:
        """Mints a token as the API does."""
        login, secrets = self.api.login, self.api.secrets
        if login.kind != "session":
            self._token = self._service.expected()
            return
        given = {login.user: secrets["user"], login.password: secrets["password"]}
        body = urlencode(given) if login.form else json.dumps(given)
        said = self._send(Asked("POST", self.api.base + login.path, {}, body.encode()))
        if login.token.startswith("header:"):
            self._token = said.headers[login.token[7:]]
        elif login.token.startswith("cookie:"):
            found = re.match(r"[^=]+=([^;]+)", said.headers["Set-Cookie"])
            self._token = found[1] if found else ""
        else:
            self._token = member(json.loads(said.data()), login.token)

    def get(self, path: str, query: dict[str, str]) -> Said:
        """One read with the credentials; it logs in where it is refused."""
        for _ in range(2):
            headers, more = {}, dict(query)
            sent = self.api.login.sent
            if sent.startswith("query "):
                more[sent[6:]] = self._token
            elif sent.startswith("cookie:"):
                headers["cookie"] = f"{sent[7:]}={self._token}"
            elif sent:
                name, _, template = sent.removeprefix("header ").partition(": ")
                headers[name.lower()] = template.replace("{token}", self._token)
            said = self._send(Asked("GET", f"{path}?{urlencode(more)}" if more else path, headers))
            if not self.refused(said):
                return said
            self.log_in()
        raise AssertionError(f"refused: {path}")

    def refused(self, said: Said) -> bool:
        """Whether an answer means that nobody is logged in."""
        how = self.api.login.refused
        if how == "redirect":
            return said.status == 302
        return (b"SESSION_INVALID" in said.data()) if how == "200" else said.status == int(how)

    def read(self, one: Listing, parent: Any = None) -> list[Any]:
        """The ids of all records of a list, in the order in which they come."""
        paging = one.paging
        path = self.api.base + re.sub(r"{\w+}", str(parent), one.path)
        size = min(paging.maximum or 7, 7)
        query = {paging.size: str(size)} if paging.size and paging.above != "ignored" else {}
        found: list[Any] = []
        position: Any = None
        for turn in range(MOST):
            if position is not None:
                query[paging.position] = str(position)
            said = self.get(path, query)
            if said.status != 200 and turn and paging.end in ("400", "404"):
                return found
            if said.status != 200:
                raise AssertionError(f"{path}: {said.status} {said.data()[:200]!r}")
            body = json.loads(said.data())
            part = [record[one.identity] for record in member(body, one.items)]
            if not part or (turn and part[0] in found):
                return found
            found += part
            if paging.mechanics == "none":
                return found
            if not paging.announce and paging.mechanics != "cursor":
                position = len(found) if paging.mechanics == "offset" else turn + 1 + paging.first
                continue
            position = None
            after = self.announced(one, said, body, part)
            if not after:
                return found
            if paging.announce == "token":
                position = after
            else:
                place = urlsplit(after)
                path, query = place.path, Asked("GET", after, {}).query
        raise AssertionError(f"{path} does not end")

    @staticmethod
    def announced(one: Listing, said: Said, body: Any, part: list[Any]) -> str:
        """The next token or URL that an answer names."""
        place = one.paging.next
        if place == "last":
            return str(part[-1])
        if place.startswith("header:"):
            text = said.headers.get(place[7:], "")
            found = re.match(r"<([^>]*)>", text)
            return found[1] if found else text
        return member(body, place) or ""


def member(body: Any, place: str) -> Any:
    """The value at a place of an answer, or None."""
    for name in parts_of(place):
        body = body.get(name) if isinstance(body, dict) else None
    return body


def over_http(service: Service) -> Send:
    """Sends to the loopback port of a service."""
    place = urlsplit(service.url)

    def send(asked: Asked) -> Said:
        connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=10)
        try:
            connection.request(asked.method, asked.target, asked.body or None, dict(asked.headers))
            reply = connection.getresponse()
            return Said(reply.read(), reply.status, dict(reply.headers.items()))
        finally:
            connection.close()

    return send


def misread(service: Service, send: Send | None = None) -> list[str]:
    """The lists that the oracle does not read exactly once."""
    oracle = Oracle(service, send)
    wrong = []
    for one in service.api.lists:
        parent = None
        if one.parent:
            above = service.api.listing(one.parent)
            parent = above.records[0][above.identity]
        expected = [record[one.identity] for record in one.below(parent)]
        if oracle.read(one, parent) != expected:
            wrong.append(one.operation)
    return wrong
