"""The login chain, found by evidence: an operation that takes credentials and answers a token, and where the token
goes. Refresh, CSRF and cookies belong to it; the operations that serve it disappear from the surface.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from adaptgen.model import Auth, Expires, Login, Send
from adaptgen.plan.credentials import (
    Given,
    Token,
    answer_leaves,
    credentials,
    find_refresh_token,
    find_token,
    inputs,
    jsonpath,
)
from adaptgen.plan.logincall import login_call
from adaptgen.plan.operations import Operation
from adaptgen.plan.schemes import basic_send, place_of, reference, scheme_word, schemes
from adaptgen.references import escape
from adaptgen.words import vocabulary, words

if TYPE_CHECKING:
    from adaptgen.source import Document

_LOGIN = vocabulary(
    "login logins logon signin auth authenticate authentication authorize authorization token tokens session sessions "
    "oauth oauth2 jwt sso access connect credentials anmeldung connexion"
)
_NOT_LOGIN = vocabulary(
    "register registration signup reset forgot forget forgotten change recover recovery activate activation confirm "
    "confirmation invite invitation verify verification introspect introspection revoke logout signout logoff "
    "impersonate 2fa otp mfa totp refresh renew webhook social federated sms magic "
    "anonymous guest enroll signature device card payment delegate provision callback check validate exists pin admin"
)
_OUT = vocabulary("logout signout logoff")
_TOKEN_PARAMETERS = {
    ("token",), ("auth", "token"), ("access", "token"), ("session", "token"), ("session", "id"), ("session", "key"),
    ("session",), ("jwt",), ("jwt", "token"), ("authorization",), ("api", "token"), ("user", "token"), ("ticket",),
    ("security", "token"), ("sid",), ("auth",), ("bearer", "token"), ("bearer",), ("login", "token"), ("auth", "key"),
    ("authentication", "token"), ("authorization", "token"), ("authentication",), ("auth", "ticket"), ("app", "token"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chain:
    """A derived session. ``serves``: the declared scheme that the token satisfies. ``parameter``: place and name of
    the ordinary parameter it goes into. ``operations``: pointers of those that serve the chain, the login first."""

    auth: Auth
    login: Operation
    operations: tuple[str, ...]
    because: str
    serves: str | None = None
    parameter: tuple[str, str] | None = None
    csrf: tuple[str, str] | None = None
    also: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Candidate:
    operation: Operation
    given: tuple[Given, ...]
    token: Token | None
    header: str | None
    basic: bool
    cookie: bool
    score: int


@dataclass(frozen=True, slots=True)
class _Use:
    sends: tuple[Send, ...]
    because: str
    serves: str | None = None
    parameter: tuple[str, str] | None = None
    also: tuple[str, ...] = ()


def find_chain(document: Document, operations: Sequence[Operation], name: str) -> Chain | None:
    """The login chain of server ``name``, None where there is no sufficient evidence for one."""
    finder = _Finder(document, operations, name)
    for one in finder.candidates():
        if chain := finder.chain(one):
            return chain
    return None


def said_of(operation: Operation) -> frozenset[str]:
    """The words of an operation's path and id."""
    return frozenset((*words(re.sub(r"\{[^}]*\}", " ", operation.path)), *words(operation.id or "")))


def is_logout(operation: Operation) -> bool:
    """Whether the operation ends a session."""
    said = said_of(operation)
    pairs = set(zip(words(operation.id or ""), words(operation.id or "")[1:], strict=False))
    return bool(said & _OUT) or bool(pairs & {("log", "out"), ("sign", "out"), ("log", "off")})


class _Finder:
    def __init__(self, document: Document, operations: Sequence[Operation], name: str) -> None:
        # By pointer, so that the order of keys in the document decides nothing.
        self.document, self.operations, self.name = document, sorted(operations, key=lambda one: one.pointer), name
        self.schemes = schemes(document)
        self.given: dict[str, tuple[Given, ...]] = {}

    def inputs(self, operation: Operation) -> tuple[Given, ...]:
        if operation.pointer not in self.given:
            self.given[operation.pointer] = tuple(inputs(self.document, operation))
        return self.given[operation.pointer]

    # ------------------------------------------------------------------------------------------------- the login

    def candidates(self) -> list[_Candidate]:
        """Operations that may log in, the likeliest first."""
        found = [one for operation in self.operations if (one := self.candidate(operation))]
        return sorted(found, key=lambda one: -one.score)

    def candidate(self, operation: Operation) -> _Candidate | None:
        if operation.method not in {"POST", "PUT", "GET"} or (operation.deprecated and operation.method == "GET"):
            return None
        said = said_of(operation) | set(words(operation.summary)[:3])
        like = bool(said & _LOGIN) or {"log", "in"} <= said or {"sign", "in"} <= said
        if said_of(operation) & _NOT_LOGIN or "{" in operation.path.rpartition("/")[2]:
            return None
        given = self.inputs(operation)
        takes = credentials(given)
        basic = not takes and like and self.takes_basic(operation)
        if not takes and not basic:
            return None
        token = find_token(self.document, operation)
        header = None if token else self.token_header(operation)
        cookie = token is None and header is None and like and takes and self.gives_cookie(operation)
        if token is None and header is None and not cookie:
            return None
        roles = {one.role for one in given}
        others = [one for one in given if not one.role]
        if not like and (not {"password", "user"} <= roles or len(others) > 1 or operation.method == "GET"):
            return None
        if operation.method == "PUT" and not like:
            return None
        if roles <= {"api_key", ""} and (token is None or token.rank >= 300 or operation.method == "GET"):
            return None
        if operation.method == "GET" and not basic and not like:
            return None
        score = 40 * like + 10 * (operation.method == "POST") + 15 * bool(said & {"login", "signin", "authenticate"})
        score += 10 * (operation.security == ()) + 20 * (token is not None) - 3 * len(others)
        score += 8 * ("password" in roles) - 12 * basic - 20 * cookie - 5 * operation.deprecated
        score -= (token.rank // 10) if token else 0
        score += 20 * self.is_token_url(operation)
        return _Candidate(operation, given, token, header, basic, cookie, score)

    def takes_basic(self, operation: Operation) -> bool:
        """HTTP Basic on this operation, by a scheme that most others do not use."""
        names = {name for one in operation.security or () for name in one}
        basic = {name for name in names if self.is_basic(name)}
        if not basic:
            return False
        others = [one for one in self.operations if one.pointer != operation.pointer]
        using = [one for one in others if any(basic & set(option) for option in one.security or ())]
        return len(using) * 2 < len(others)

    def is_basic(self, name: str) -> bool:
        scheme = self.schemes.get(name, {})
        kind = str(scheme.get("type")).lower()
        return kind == "basic" or (kind == "http" and str(scheme.get("scheme", "")).lower() == "basic")

    def token_header(self, operation: Operation) -> str | None:
        answer = operation.success()
        for name in answer.headers if answer else ():
            said = tuple(word for word in words(name) if word != "x")
            if said in _TOKEN_PARAMETERS and said != ("authentication",):
                return name
        return None

    def gives_cookie(self, operation: Operation) -> bool:
        """A session cookie: declared as ``Set-Cookie``, or a cookie is how the document says to authenticate."""
        answer = operation.success()
        if answer is None:
            return False
        if any(name.lower() == "set-cookie" for name in answer.headers):
            return True
        return any((place_of(scheme) or ("", ""))[0] == "cookie" for scheme in self.schemes.values())

    def is_token_url(self, operation: Operation) -> bool:
        for scheme in self.schemes.values():
            flows = scheme.get("flows")
            for flow in flows.values() if isinstance(flows, Mapping) else ():
                url = flow.get("tokenUrl") if isinstance(flow, Mapping) else None
                if isinstance(url, str) and url.rstrip("/").endswith(operation.path.rstrip("/")):
                    return True
        return False

    # ------------------------------------------------------------------------------------------------- the chain

    def chain(self, one: _Candidate) -> Chain | None:
        call = login_call(self.document, one.operation, one.given, self.name, basic=one.basic)
        use = self.use(one)
        if call is None or use is None:
            return None
        save: dict[str, str] = {}
        if one.token:
            save["access"] = one.token.path
        elif one.header:
            save["access"] = f"header:{one.header}"
        first = Login(
            id="login",
            call=call,
            send=self.login_sends(one, use),
            save=save,
            expires=find_expiry(self.document, one.operation),
            cookies=one.cookie or any(send.place == "cookie" for send in use.sends),
        )
        served = [one.operation.pointer]
        refresh, first, pointer = self.refresh(one, first)
        if pointer:
            served.append(pointer)
        chain, sends, csrf, pointer = self.csrf(first, use.sends, one)
        if pointer:
            served.append(pointer)
        served += [
            each.pointer for each in self.operations if self.serves_login(each, one) and each.pointer not in served
        ]
        auth = Auth(
            name=f"{_snake(self.name)}_session",
            kind="session",
            chain=chain,
            send=sends,
            # Who has a token already need not log in.
            start={"access": reference(self.name, "TOKEN")} if "access" in save else {},
            refresh=refresh,
            then=tuple(each.id for each in chain[1:]) if refresh else (),
        )
        gives = one.token.path if one.token else f"header {one.header}" if one.header else "a cookie"
        takes = "HTTP Basic" if one.basic else " and ".join(_takes(call))
        because = f"takes {takes}, answers {gives}; {use.because}"
        return Chain(auth, one.operation, tuple(served), because, use.serves, use.parameter, csrf, use.also)

    def login_sends(self, one: _Candidate, use: _Use) -> tuple[Send, ...]:
        if one.basic:
            return (basic_send(self.name),)
        return ()

    def serves_login(self, operation: Operation, one: _Candidate) -> bool:
        """Further operations that only make sense for who logs in by hand: logging out, other ways to log in."""
        if is_logout(operation):
            return True
        if operation.path == one.operation.path and operation.method == "DELETE":
            return bool(said_of(operation) & _LOGIN)
        if operation.method not in {"POST", "PUT"} or not said_of(operation) & _LOGIN:
            return False
        roles = {each.role for each in self.inputs(operation)}
        secret = bool(roles & {"password", "client_secret", "refresh"})
        return (
            secret
            and find_token(self.document, operation) is not None
            and not said_of(operation) & (_NOT_LOGIN - {"refresh", "renew"})
        )

    # ------------------------------------------------------------------------------------- where the token goes

    def use(self, one: _Candidate) -> _Use | None:
        rest = [each for each in self.operations if each.pointer != one.operation.pointer]
        if one.cookie:
            names = [name for name, scheme in self.schemes.items() if (place_of(scheme) or ("",))[0] == "cookie"]
            return _Use((), "its cookies are kept", names[0] if names else None, None, tuple(names[1:]))
        declared = self.declared(rest, one)
        if declared is not None:
            return declared
        if parameter := self.parameter(rest, one):
            return parameter
        if any(set(option) & set(self.schemes) for each in rest for option in each.security or ()):
            return None
        if not self.schemes or all(self.is_basic(name) for name in self.schemes):
            send = Send("header", "Authorization", "Bearer {access}")
            return _Use((send,), "nothing says where the token goes: Authorization: Bearer (RFC 6750)")
        return None

    def declared(self, rest: Sequence[Operation], one: _Candidate) -> _Use | None:
        used: Counter[str] = Counter()
        for operation in rest:
            used.update({name for option in operation.security or () for name in option})
        if not used:
            used.update(dict.fromkeys(self.schemes, 1))
        ranked = sorted(
            (name for name in used if name in self.schemes), key=lambda name: (-self.fits(name, one), -used[name], name)
        )
        fitting = [name for name in ranked if self.fits(name, one) > 0]
        if not fitting:
            return None
        best = fitting[0]
        # A scheme of three operations out of hundreds does not make the login worth deriving.
        if used[best] * 10 < len([each for each in rest if each.security]):
            return None
        return _Use((self.send(best),), f"the scheme {best!r} takes it", best, None, tuple(fitting[1:]))

    def fits(self, name: str, one: _Candidate) -> int:
        """How well a token fits a declared scheme, 0 for not at all."""
        scheme = self.schemes[name]
        kind = str(scheme.get("type")).lower()
        if kind == "http":
            return 0 if self.is_basic(name) or str(scheme.get("scheme", "")).lower() == "digest" else 8
        if kind == "oauth2":
            return 9 if self.is_token_url(one.operation) else 5
        if kind == "openidconnect":
            return 4
        placed = place_of(scheme) if kind == "apikey" else None
        if placed is None:
            return 0
        said = tuple(word for word in words(placed[1]) if word not in {"x", "http"})
        about = set(said) | set(words(name))
        token = set(one.token.said if one.token else words(one.header or ""))
        if one.header and one.header.lower() == placed[1].lower():
            return 10
        if {"token", "session", "jwt", "bearer", "ticket", "sid"} & set(said):
            return 9 if set(said) & token else 7
        if said in {("authorization",), ("auth",), ("authentication",)}:
            return 6
        if "key" in said or "api" in said:
            return 7 if token and {"key"} & token else 0
        return 3 if {"token", "session", "jwt", "bearer"} & about else 0

    def send(self, name: str) -> Send:
        scheme = self.schemes[name]
        kind = str(scheme.get("type")).lower()
        if kind == "http":
            word = str(scheme.get("scheme", "bearer")).lower()
            shown = "Bearer" if word in {"bearer", ""} else word.capitalize()
            return Send("header", "Authorization", f"{escape(shown)} {{access}}")
        placed = place_of(scheme) if kind == "apikey" else None
        if placed is None:
            return Send("header", "Authorization", "Bearer {access}")
        place, key = placed
        if place == "header" and key.lower() == "authorization":
            word = scheme_word(name, scheme)
            return Send("header", key, f"{'Bearer' if word == 'Basic' else escape(word)} {{access}}")
        return Send(place, key, "{access}")

    def parameter(self, rest: Sequence[Operation], one: _Candidate) -> _Use | None:
        counts: Counter[tuple[str, str]] = Counter()
        shown: dict[tuple[str, str], Mapping[str, Any]] = {}
        for operation in rest:
            for each in operation.parameters:
                said = tuple(word for word in words(each.name) if word != "x")
                if each.place in {"header", "query", "cookie"} and said in _TOKEN_PARAMETERS:
                    counts[(each.place, each.name)] += 1
                    raw = each.raw if each.raw is not None else {}
                    shown.setdefault((each.place, each.name), {**raw, "description": _text_of(each.description, raw)})
        enough = [key for key, count in counts.items() if count >= 2 and count * 3 >= len(rest)]
        if not enough:
            return None
        token = set(one.token.said if one.token else ())
        best = max(enough, key=lambda key: (bool(set(words(key[1])) & token), counts[key], key))
        place, name = best
        template = "{access}"
        if name.lower() == "authorization":
            template = f"{escape(scheme_word(name, shown[best]))} {{access}}"
        send = Send(place, name, template)  # type: ignore[arg-type]
        return _Use((send,), f"{counts[best]} operations take it as {place} parameter {name!r}", None, best)

    # ------------------------------------------------------------------------------------- refresh, csrf, expiry

    def refresh(self, one: _Candidate, first: Login) -> tuple[Login | None, Login, str]:
        gives = find_refresh_token(self.document, one.operation)
        if gives is None:
            return None, first, ""
        for operation in sorted(self.operations, key=lambda each: each.pointer == one.operation.pointer):
            given = self.inputs(operation)
            takes = [each for each in given if each.role == "refresh"]
            if not takes and "refresh" in said_of(operation):
                takes = [
                    each for each in given if words(each.name) in {("refresh",), ("token",)} and each.place != "header"
                ]
                given = tuple(replace(each, role="refresh") if each in takes else each for each in given)
            token = find_token(self.document, operation)
            if not takes or token is None or operation.method not in {"POST", "PUT"}:
                continue
            if operation.pointer == one.operation.pointer and not any(each.role == "grant" for each in given):
                continue
            call = login_call(self.document, operation, given, self.name, refresh=True)
            if call is None:
                continue
            save = {"access": token.path}
            if again := find_refresh_token(self.document, operation):
                save["refresh"] = again
            made = Login(id="refresh", call=call, save=save, expires=find_expiry(self.document, operation))
            first = replace(first, save={**first.save, "refresh": gives})
            return made, first, operation.pointer
        return None, first, ""

    def csrf(
        self, first: Login, sends: tuple[Send, ...], one: _Candidate
    ) -> tuple[tuple[Login, ...], tuple[Send, ...], tuple[str, str] | None, str]:
        """A CSRF token that writes must send: from the login's answer, or from an operation of its own."""
        counts: Counter[str] = Counter()
        for operation in self.operations:
            if operation.method not in {"GET", "HEAD", "OPTIONS"}:
                counts.update(
                    each.name for each in operation.parameters if each.place == "header" and _is_csrf(each.name)
                )
        if not counts:
            return (first,), sends, None, ""
        header = max(counts, key=lambda name: (counts[name], name))
        send = Send("header", header, "{csrf}", only="write")
        for operation in (one.operation, *self.operations):
            found = [leaf for leaf in answer_leaves(self.document, operation) if _is_csrf(leaf.name)]
            if not found:
                continue
            path = jsonpath(found[0].path)
            if operation.pointer == one.operation.pointer:
                return (replace(first, save={**first.save, "csrf": path}),), (*sends, send), ("header", header), ""
            call = login_call(self.document, operation, self.inputs(operation), self.name, bare=True)
            if operation.method in {"GET", "POST"} and call is not None:
                step = Login(id="csrf", call=call, send=sends, save={"csrf": path}, cookies=True)
                return (first, step), (*sends, send), ("header", header), operation.pointer
        return (first,), sends, None, ""


def _is_csrf(name: str) -> bool:
    return "csrf" in words(name)


def _text_of(description: str, raw: Mapping[str, Any]) -> str:
    schema = raw.get("schema")
    more = [raw.get("example"), schema.get("default") if isinstance(schema, Mapping) else None]
    more += [schema.get("example"), schema.get("description")] if isinstance(schema, Mapping) else []
    shown = [f"Authorization: {one}" for one in more if isinstance(one, str)]
    return " ".join([description, *shown])


def _takes(call: Any) -> list[str]:
    params = [*call.query, *call.headers, *(call.body.params if call.body else ())]
    return [one.name for one in params if "${env:" in str(one.value)] or ["credentials"]


def _snake(name: str) -> str:
    made = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "api"
    return f"_{made}" if made[0].isdigit() else made


_SPAN = {("expires", "in"), ("expire", "in"), ("expires",), ("ttl",), ("expiration",), ("lifetime",), ("validity",),
         ("valid", "for"), ("expires", "in", "seconds"), ("expiry",), ("expire",), ("access", "expires", "in"),
         ("max", "age"), ("timeout",), ("duration",), ("expiresin",), ("access", "token", "expires", "in"),
         ("token", "expires", "in"), ("validity", "period"), ("session", "timeout"), ("exp", "in")}  # fmt: skip
_MOMENT = {("expires", "at"), ("expires", "on"), ("expiration", "date"), ("expiry", "date"), ("expires",), ("expiry",),
           ("expiration",), ("exp",), ("valid", "until"), ("expire", "at"), ("expiration", "time"), ("expires", "date"),
           ("token", "expiry"), ("access", "token", "expires", "at"), ("token", "expires", "at"), ("expire", "date"),
           ("expired", "at"), ("access", "expires", "at"), ("token", "expiration"), ("valid", "to"), ("expire",),
           ("expires", "utc"), ("expiry", "time"), ("expire", "time")}  # fmt: skip


def find_expiry(document: Document, operation: Operation) -> Expires | None:
    """When the token of an answer ends, by its declared fields. A number is seconds unless its description says
    otherwise (RFC 6749, 5.1)."""
    for one in answer_leaves(document, operation):
        said = words(one.name)
        if "refresh" in said or any("refresh" in words(key) for key in one.path.split(".")[:-1]):
            continue
        path, text = jsonpath(one.path), f"{one.name} {one.description}".lower()
        number = one.type in {"integer", "number"}
        if said in _MOMENT and (one.format == "date-time" or (one.type == "string" and said not in _SPAN)):
            return Expires(at=path, unit="iso")
        epoch = (
            said == ("exp",)
            or bool(re.search(r"epoch|unix|timestamp", text))
            or said[-1:] in {("at",), ("until",), ("on",)}
        )
        unit: Any = "ms" if re.search(r"milli|\bms\b", text) else "min" if re.search(r"\bminutes?\b", text) else "s"
        if number and said in _MOMENT and epoch:
            return Expires(at=path, unit=unit)
        if said in _SPAN and (number or (one.type in {"string", None} and said[-1] in {"in", "seconds", "ttl"})):
            return Expires(after=path, unit=unit)
    return None
