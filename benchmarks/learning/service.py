"""The service of a mock API: what it answers to a request, and what it was asked."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from learning.behaviour import Api, Listing

HTML = "text/html; charset=utf-8"
PAGE = b"<!doctype html><html><body><form action=/login><input name=user><input type=password name=p></form></html>"


@dataclass(frozen=True)
class Asked:
    """One request. ``target`` is not decoded; header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))


@dataclass(frozen=True)
class Said:
    """One answer; ``body`` is bytes, or what becomes JSON."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def data(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Refused(Exception):
    """The request gets an error."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


class Service:
    """Answers for one API and keeps every request. ``url`` is its origin, set by what serves it."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.url = "http://127.0.0.1"
        self.seen: list[Asked] = []
        self.logins = self.refused_logins = 0
        self._token = ""
        self._used = 0

    # ----------------------------------------------------------------------------------------------- what was asked

    @property
    def unsafe(self) -> list[str]:
        """Requests that may change something: every method but GET and HEAD save the login, and unsafe GETs."""
        api = self.api
        login = api.base + api.login.path
        dangerous = {api.base + one.partition(" ")[2] for one in api.unsafe}
        return [
            f"{one.method} {one.path}"
            for one in self.seen
            if (one.method not in ("GET", "HEAD") and (one.method, one.path) != ("POST", login))
            or one.path in dangerous
        ]

    # ---------------------------------------------------------------------------------------------------- answering

    def __call__(self, asked: Asked) -> Said:
        self.seen.append(asked)
        try:
            said = self._answer(asked)
        except Refused as error:
            said = self.error(error.status, error.text)
        return Said(b"", said.status, said.headers) if asked.method == "HEAD" else said

    def _answer(self, asked: Asked) -> Said:
        api = self.api
        if asked.path == "/login" and asked.method == "GET":
            return Said(PAGE, 200, {"Content-Type": HTML})
        if not asked.path.startswith(api.base + "/"):
            raise Refused(404, "No such path")
        path = asked.path[len(api.base) :]
        if api.login.kind == "session" and (asked.method, path) == ("POST", api.login.path):
            return self._log_in(asked)
        if path == "/status":
            return Said({"status": "up", "version": "4.1"})
        if (problem := self._refuse(asked)) is not None:
            return problem
        if asked.method not in ("GET", "HEAD"):
            return Said({"changed": True}, 200 if asked.method != "POST" else 201)
        for one in api.lists:
            parent = _match(one.path, path)
            if parent is not None:
                return self._list(one, parent, asked)
            if not one.parent and path.startswith(one.path + "/") and "/" not in path[len(one.path) + 1 :]:
                return self._record(one, path[len(one.path) + 1 :])
        if f"GET {path}" in api.unsafe:
            return Said({"changed": True})
        raise Refused(404, "No such path")

    def error(self, status: int, text: str) -> Said:
        """An error in the form of this API."""
        form = self.api.errors
        if form == "problem":
            body: Any = {"type": "about:blank", "title": text, "status": status, "detail": text}
            return Said(body, status, {"Content-Type": "application/problem+json"})
        if form == "spring":
            body = {"timestamp": "2026-01-01T00:00:00Z", "status": status, "error": text, "path": "/"}
        elif form == "nested":
            body = {"error": {"code": f"E{status}", "message": text}}
        else:
            body = {"code": status, "message": text}
        return Said(body, status)

    # -------------------------------------------------------------------------------------------------------- login

    def _log_in(self, asked: Asked) -> Said:
        login, secrets = self.api.login, self.api.secrets
        self.logins += 1
        try:
            given = dict(parse_qsl(asked.body.decode())) if login.form else json.loads(asked.body)
        except ValueError:
            given = {}
        wanted = {login.user: secrets["user"], login.password: secrets["password"]}
        if not isinstance(given, dict) or {name: given.get(name) for name in wanted} != wanted:
            self.refused_logins += 1
            return self.error(401, "Wrong user or password")
        self._used = 0
        self._token = hashlib.sha256(f"{self.api.seed} {self.logins}".encode()).hexdigest()[:40]
        body: dict[str, Any] = {}
        if login.lifetime:
            body["expires_in"] = login.lifetime
        if login.token.startswith("cookie:"):
            return Said({"status": "ok"}, 200, {"Set-Cookie": f"{login.token[7:]}={self._token}; Path=/; HttpOnly"})
        if login.token.startswith("header:"):
            return Said({"status": "ok"}, 200, {login.token[7:]: self._token})
        if login.token == "$":
            return Said(self._token, 200)
        return Said(put(body, login.token, self._token))

    def expected(self) -> str:
        """The token that is good now."""
        login, secrets = self.api.login, self.api.secrets
        if login.kind == "basic":
            return base64.b64encode(f"{secrets['user']}:{secrets['password']}".encode()).decode()
        return secrets["key"] if login.kind == "key" else self._token

    def _refuse(self, asked: Asked) -> Said | None:
        login = self.api.login
        if login.kind == "none":
            return None
        token = self.expected()
        if login.kind == "session" and login.uses is not None and self._used >= login.uses:
            token = ""
        if token and _carried(asked, login.sent, token):
            self._used += 1
            return None
        if login.refused == "redirect":
            return Said(b"", 302, {"Location": "/login"})
        if login.refused == "200":
            return Said({"success": False, "errorCode": "SESSION_INVALID", "message": "Please log in"}, 200)
        said = self.error(int(login.refused), "Not authenticated")
        headers = {"WWW-Authenticate": 'Basic realm="mock"'} if login.kind == "basic" else {}
        return Said(said.body, said.status, {**said.headers, **headers})

    # -------------------------------------------------------------------------------------------------------- lists

    def _record(self, one: Listing, key: str) -> Said:
        for record in one.records:
            if quote(str(record[one.identity]), safe="") == key:
                return Said(dict(record))
        raise Refused(404, "Not found")

    def _list(self, one: Listing, parent: str, asked: Asked) -> Said:
        query, paging = asked.query, one.paging
        known = {paging.position, paging.size, *one.filters}
        known |= set(_credential_names(self.api.login.sent))
        if self.api.strict and (unknown := sorted(set(query) - known)):
            raise Refused(400, f"Unknown parameter {unknown[0]}")
        if one.parent:
            above = self.api.listing(one.parent)
            if parent not in {quote(str(record[above.identity]), safe="") for record in above.records}:
                raise Refused(404, "Not found")
        records = one.below(parent) if one.parent else list(one.records)
        for name in one.filters:
            if query.get(name):
                records = [record for record in records if str(record[name]) == query[name]]
        start, size = self._position(one, records, query)
        part = records[start : start + size]
        headers: dict[str, str] = {}
        body: Any = {} if one.items != "$" else part
        if one.items != "$":
            put(body, one.items, part)
            self._extras(one, body, records, part, size)
        if one.total.startswith("header:"):
            headers[one.total[7:]] = str(len(records))
        elif one.total:
            put(body, one.total, len(records))
        self._announce(one, body, headers, asked, start + len(part), len(records), size)
        return Said(body, 200, headers)

    def _position(self, one: Listing, records: list[Any], query: Mapping[str, str]) -> tuple[int, int]:
        paging = one.paging
        size = paging.page_size(_number(query.get(paging.size)) if paging.size else None)
        if size is None:
            raise Refused(400, f"{paging.size} may be at most {paging.maximum}")
        given = query.get(paging.position) if paging.position else None
        if paging.mechanics == "none" or not given:
            return 0, size
        if paging.mechanics == "cursor":
            return self._cursor_position(one, records, given), size
        number = _number(given)
        if number is None:
            raise Refused(400, f"{paging.position} is not a number")
        start = number if paging.mechanics == "offset" else (number - paging.first) * size
        if start < 0:
            if paging.zero == "400" or number < 0:
                raise Refused(400, f"{paging.position} is too small")
            return (0, size) if paging.zero == "first" else (len(records), size)
        if start >= max(1, len(records)):
            if paging.end in ("404", "400"):
                raise Refused(int(paging.end), "No such page")
            if paging.end == "repeated":
                start = max(0, (len(records) - 1) // size * size)
        return start, size

    def _cursor_position(self, one: Listing, records: list[Any], given: str) -> int:
        if one.paging.next == "last":
            for at, record in enumerate(records):
                if str(record[one.identity]) == given:
                    return at + 1
        for at in range(len(records) + 1):
            if given == self.token(one, at):
                return at
        raise Refused(400, f"{one.paging.position} is invalid")

    def token(self, one: Listing, at: int) -> str:
        """The cursor that leads to position ``at``."""
        mark = hashlib.sha256(f"{self.api.seed} {one.name} {at}".encode()).digest()[:9]
        return base64.urlsafe_b64encode(mark).decode()

    def _announce(
        self, one: Listing, body: Any, headers: dict[str, str], asked: Asked, reached: int, count: int, size: int
    ) -> None:
        paging = one.paging
        if not paging.announce or paging.next == "last":
            return
        over = reached >= count
        if over and (paging.last != "more" or reached == 0 or len(_at(body, one.items)) == 0):
            if paging.last in ("null", "blank") and paging.next.startswith("$"):
                put(body, paging.next, None if paging.last == "null" else "")
            return
        if paging.announce == "token":
            value = self.token(one, reached)
        else:
            query = dict(asked.query)
            number = {"offset": str(reached), "page": str(reached // size + paging.first)}
            query[paging.position] = number.get(paging.mechanics) or self.token(one, reached)
            value = f"{asked.path}?{urlencode(query)}"
            value = self.url + value if paging.absolute or paging.announce == "link" else value
            value = f'<{value}>; rel="next"' if paging.announce == "link" else value
        if paging.next.startswith("header:"):
            headers[paging.next[7:]] = value
        else:
            put(body, paging.next, value)

    def _extras(self, one: Listing, body: Any, records: list[Any], part: list[Any], size: int) -> None:
        values: dict[str, Any] = {
            "true": True, "text": "OK", "pages": -(-len(records) // max(1, size)), "size": size, "count": len(part),
            "list": [], "names": ["a", "b"],
            "links": [{"rel": rel, "href": f"{self.url}/{rel}"} for rel in ("self", "up", "help")],
        }  # fmt: skip
        for place, kind in one.extras.items():
            put(body, place, values[kind])


def put(body: Any, place: str, value: Any) -> Any:
    """``body`` with ``value`` at a place such as ``$.meta.total``."""
    *above, last = parts_of(place)
    inner = body
    for name in above:
        inner = inner.setdefault(name, {})
    inner[last] = value
    return body


def parts_of(place: str) -> list[str]:
    """The names of a place."""
    if place.startswith("$['"):
        return [place[3:-2]]
    return [name for name in place.removeprefix("$").split(".") if name]


def _at(body: Any, place: str) -> Any:
    for name in parts_of(place):
        body = body[name]
    return body


def _number(text: str | None) -> int | None:
    try:
        return None if text is None else int(text)
    except ValueError:
        raise Refused(400, "Not a number") from None


def _match(template: str, path: str) -> str | None:
    """What fills the placeholder of a template, "" where it has none, or None where the path is another."""
    wanted, given = template.split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    filled = ""
    for one, other in zip(wanted, given, strict=True):
        if one.startswith("{"):
            filled = other
        elif one != other:
            return None
    return filled


def _credential_names(sent: str) -> list[str]:
    return [sent[6:]] if sent.startswith("query ") else []


def _carried(asked: Asked, sent: str, token: str) -> bool:
    """Whether the request carries the token where the API takes it."""
    if sent.startswith("query "):
        return asked.query.get(sent[6:]) == token
    if sent.startswith("cookie:"):
        cookies = SimpleCookie(asked.headers.get("cookie", ""))
        return sent[7:] in cookies and cookies[sent[7:]].value == token
    name, _, template = sent.removeprefix("header ").partition(": ")
    return asked.headers.get(name.lower()) == template.replace("{token}", token)
