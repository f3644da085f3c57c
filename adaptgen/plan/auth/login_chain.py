"""The login chain, found by evidence: an operation that takes credentials and answers a token, and where the token
goes. Refresh, CSRF and cookies belong to it; the operations that serve it disappear from the surface.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from adaptgen.model.tables import Auth, Call, Expires, Login, Send, value
from adaptgen.plan.auth.candidates import LOGIN_WORDS, OTHER_WORDS, Candidate, Candidates, name_words
from adaptgen.plan.auth.field_roles import answer_leaves, basic_header, find_refresh_token, find_token, jsonpath
from adaptgen.plan.auth.login_request import login_call
from adaptgen.plan.auth.security_schemes import basic_send, identifier, reference, static
from adaptgen.plan.auth.token_placement import TokenPlacement, find_use
from adaptgen.plan.document.reader import Operation
from adaptgen.syntax.identifiers import vocabulary, words

if TYPE_CHECKING:
    from adaptgen.source import Document

_OUT = vocabulary("logout signout logoff")
_TOKEN = vocabulary("csrf xsrf token")
_CSRF_HEADERS = ("X-CSRF-Token", "X-CSRFToken")
_SPAN = {("expires", "in"), ("expire", "in"), ("expires",), ("ttl",), ("expiration",), ("lifetime",), ("validity",),
         ("valid", "for"), ("expires", "in", "seconds"), ("expiry",), ("expire",), ("access", "expires", "in"),
         ("max", "age"), ("timeout",), ("duration",), ("expiresin",), ("access", "token", "expires", "in"),
         ("token", "expires", "in"), ("validity", "period"), ("session", "timeout"), ("exp", "in")}  # fmt: skip
_MOMENT = {("expires", "at"), ("expires", "on"), ("expiration", "date"), ("expiry", "date"), ("expires",), ("expiry",),
           ("expiration",), ("exp",), ("valid", "until"), ("expire", "at"), ("expiration", "time"), ("expires", "date"),
           ("token", "expiry"), ("access", "token", "expires", "at"), ("token", "expires", "at"), ("expire", "date"),
           ("expired", "at"), ("access", "expires", "at"), ("token", "expiration"), ("valid", "to"), ("expire",),
           ("expires", "utc"), ("expiry", "time"), ("expire", "time")}  # fmt: skip


@value()
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


def find_chain(document: Document, operations: Sequence[Operation], name: str) -> Chain | None:
    """The login chain of server ``name``, None where there is no sufficient evidence for one."""
    candidates = Candidates(document, operations)
    finder = _Finder(candidates, name)
    for one in candidates.likeliest():
        if chain := finder.chain(one):
            return chain
    return None


def is_logout(operation: Operation) -> bool:
    """Whether the operation ends a session."""
    said = name_words(operation)
    pairs = set(zip(words(operation.id or ""), words(operation.id or "")[1:], strict=False))
    return bool(said & _OUT) or bool(pairs & {("log", "out"), ("sign", "out"), ("log", "off")})


def ends_session(operation: Operation, login: Operation) -> bool:
    """Whether the operation ends the session that ``login`` begins: by its name, or as the DELETE of the same path."""
    if is_logout(operation):
        return True
    return operation.path == login.path and operation.method == "DELETE" and bool(name_words(operation) & LOGIN_WORDS)


class _Finder:
    def __init__(self, candidates: Candidates, name: str) -> None:
        self.candidates, self.document, self.operations = candidates, candidates.document, candidates.operations
        self.inputs, self.name = candidates.inputs, name

    def chain(self, one: Candidate) -> Chain | None:
        loose = any(each.mentioned for each in one.promised)
        use = find_use(self.candidates, one)
        if use is None:
            return None
        call = login_call(
            self.document,
            one.operation,
            one.inputs,
            self.name,
            basic=one.basic or one.keyed,
            loose=loose,
            sure=self.sure(one, use),
            where=self.where(one.operation),
            encoded=use.encoded,
            renews=one.renews,
        )
        if call is None:
            return None
        save: dict[str, str] = {}
        if one.token:
            save["access"] = one.token.path
        elif one.header:
            save["access"] = f"header:{one.header}"
        save |= use.save
        first = Login(
            id="login",
            call=call,
            send=self.own(one, use),
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
            name=f"{identifier(self.name)}_session",
            kind="session",
            chain=chain,
            send=sends,
            # Who has a token already need not log in.
            start={"access": reference(self.name, "TOKEN")} if "access" in save else {},
            refresh=refresh,
            then=tuple(each.id for each in chain[1:]) if refresh else (),
        )
        gives = " and ".join(save.values()) or "a cookie"
        takes = "HTTP Basic" if one.basic else " and ".join(_takes(call))
        because = "; ".join([f"takes {takes}, answers {gives}", use.because, *one.score.because])
        return Chain(auth, one.operation, tuple(served), because, use.serves, use.parameter, csrf, use.also)

    def sure(self, one: Candidate, use: TokenPlacement) -> bool:
        """Whether the rest of the evidence leaves no doubt: a user with a password, a token, and where it goes."""
        roles = {each.role for each in one.inputs}
        return {"password", "user"} <= roles and one.token is not None and bool(use.serves or use.parameter)

    def where(self, operation: Operation) -> frozenset[str]:
        """The placeholders of a login's path before which most other paths are the same: whose service it is."""
        found = set()
        for at in re.finditer(r"\{([^{}]+)\}", operation.path):
            same = sum(each.path.startswith(operation.path[: at.end()]) for each in self.operations)
            if same > 2 and same * 5 >= len(self.operations) * 4:
                found.add(at[1])
        return frozenset(found)

    def own(self, one: Candidate, use: TokenPlacement) -> tuple[Send, ...]:
        """What the login itself must be sent with: HTTP Basic, by a header that it declares of the client's identity
        (RFC 6749, 2.3.1), and the API keys that its security names beside the token."""
        sends = [basic_send(self.name)] if one.basic else []
        if not one.basic and any(basic_header(each) and each.required for each in one.inputs):
            pair = f"{reference(self.name, 'CLIENT_ID')}:{reference(self.name, 'CLIENT_SECRET')}"
            sends.append(Send("header", "Authorization", pair, basic=True))
        schemes = self.candidates.schemes
        keys = [name for name, scheme in schemes.items() if str(scheme.get("type")).lower() == "apikey"]
        for scheme in sorted(next(iter(one.operation.security or ()), ())):
            if scheme not in keys or scheme in {use.serves, *use.also}:
                continue
            made = static(self.document, self.name, scheme, schemes[scheme], alone=len(keys) <= 1)
            sends += made.send if made and made.kind == "api_key" else ()
        return tuple(sends)

    def serves_login(self, operation: Operation, one: Candidate) -> bool:
        """Further operations that only make sense for who logs in by hand: logging out, other ways to log in."""
        if ends_session(operation, one.operation):
            return True
        if operation.method not in {"POST", "PUT"} or not name_words(operation) & LOGIN_WORDS:
            return False
        roles = {each.role for each in self.inputs(operation)}
        secret = bool(roles & {"password", "client_secret", "refresh"})
        return (
            secret
            and find_token(self.document, operation) is not None
            and not name_words(operation) & (OTHER_WORDS - {"refresh", "renew"})
        )

    def refresh(self, one: Candidate, first: Login) -> tuple[Login | None, Login, str]:
        gives = find_refresh_token(self.document, one.operation)
        if gives is None:
            return None, first, ""
        for operation in sorted(self.operations, key=lambda each: _far(each, one.operation)):
            given = self.inputs(operation)
            takes = [each for each in given if each.role == "refresh"]
            if not takes and "refresh" in name_words(operation):
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
        self, first: Login, sends: tuple[Send, ...], one: Candidate
    ) -> tuple[tuple[Login, ...], tuple[Send, ...], tuple[str, str] | None, str]:
        """A CSRF token that writes must send: from the login's answer, or from an operation of its own."""
        counts: Counter[str] = Counter()
        for operation in self.operations:
            if operation.method not in {"GET", "HEAD", "OPTIONS"}:
                counts.update(
                    each.name for each in operation.parameters if each.place == "header" and _is_csrf(each.name)
                )
        if not counts:
            return self.csrf_untold(first, sends, one)
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

    def csrf_untold(
        self, first: Login, sends: tuple[Send, ...], one: Candidate
    ) -> tuple[tuple[Login, ...], tuple[Send, ...], None, str]:
        """A CSRF token that an operation of that name hands out, where no write declares the header that it goes into:
        the two that frameworks read."""
        for operation in self.operations:
            if operation.method != "GET" or operation.pointer == one.operation.pointer:
                continue
            if not any(map(_is_csrf, (operation.path, operation.id or ""))):
                continue
            texts = [leaf for leaf in answer_leaves(self.document, operation) if leaf.type == "string"]
            named = [leaf for leaf in texts if set(words(leaf.name)) & _TOKEN] or texts
            call = login_call(self.document, operation, self.inputs(operation), self.name, bare=True)
            if len(named) == 1 and call is not None:
                step = Login(id="csrf", call=call, send=sends, save={"csrf": jsonpath(named[0].path)}, cookies=True)
                more = tuple(Send("header", name, "{csrf}", only="write") for name in _CSRF_HEADERS)
                return (first, step), (*sends, *more), None, operation.pointer
        return (first,), sends, None, ""


def _far(other: Operation, login: Operation) -> tuple[bool, int, int]:
    """How far an operation's path is from the login's; the login itself comes last."""
    here, there = login.path.strip("/").split("/"), other.path.strip("/").split("/")
    same = next((at for at, pair in enumerate(zip(here, there, strict=False)) if pair[0] != pair[1]), len(here))
    return other.pointer == login.pointer, -same, abs(len(here) - len(there))


def _is_csrf(name: str) -> bool:
    return "csrf" in words(name)


def _takes(call: Call) -> list[str]:
    """The names of the inputs that credentials go into, who logs in before the secret."""
    params = [*call.query, *call.headers, *(call.body.params if call.body else ())]
    filled = [one for one in params if "${env:" in str(one.value)]
    filled.sort(key=lambda one: "PASSWORD" in str(one.value) or "SECRET" in str(one.value))
    return [one.name for one in filled] or ["credentials"]


def find_expiry(document: Document, operation: Operation) -> Expires | None:
    """When the token of an answer ends, by its declared fields. A number is seconds unless its description says
    otherwise (RFC 6749, 5.1)."""
    for leaf in answer_leaves(document, operation):
        spoken = words(leaf.name)
        if "refresh" in spoken or any("refresh" in words(key) for key in leaf.path.split(".")[:-1]):
            continue
        path, text = jsonpath(leaf.path), f"{leaf.name} {leaf.description}".lower()
        number = leaf.type in {"integer", "number"}
        if spoken in _MOMENT and (leaf.format == "date-time" or (leaf.type == "string" and spoken not in _SPAN)):
            return Expires(at=path, unit="iso")
        epoch = (
            spoken == ("exp",)
            or bool(re.search(r"epoch|unix|timestamp", text))
            or spoken[-1:] in {("at",), ("until",), ("on",)}
        )
        unit: Any = "ms" if re.search(r"milli|\bms\b", text) else "min" if re.search(r"\bminutes?\b", text) else "s"
        if number and spoken in _MOMENT and epoch:
            return Expires(at=path, unit=unit)
        if spoken in _SPAN and (number or (leaf.type in {"string", None} and spoken[-1] in {"in", "seconds", "ttl"})):
            return Expires(after=path, unit=unit)
    return None
