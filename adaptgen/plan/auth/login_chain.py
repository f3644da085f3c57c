"""The login chain, found by evidence: an operation that takes credentials and answers a token, and where the token
goes. Refresh, CSRF and cookies belong to it; the operations that serve it disappear from the surface.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, Literal

from adaptgen.diagnostics import Diagnostic, Severity
from adaptgen.model.plan import Evidence
from adaptgen.model.tables import Auth, Call, Expires, Login, Send, value
from adaptgen.plan.auth.candidates import LOGIN_WORDS, OTHER_WORDS, Candidate, Candidates, logs_in, name_words
from adaptgen.plan.auth.field_roles import (
    answer_leaves,
    basic_header,
    find_refresh_token,
    find_token,
    grants_of,
    jsonpath,
)
from adaptgen.plan.auth.login_request import WAYS, is_code, login_call
from adaptgen.plan.auth.security_schemes import basic_send, identifier, reference, static
from adaptgen.plan.auth.token_placement import TokenPlacement, find_use, use_instead
from adaptgen.plan.auth.written_hint import auth_hint
from adaptgen.plan.document.reader import Operation
from adaptgen.plan.document.shapes import Leaf
from adaptgen.syntax.identifiers import singular, vocabulary, words
from adaptgen.syntax.token_names import CSRF_HEADERS, FIND_CSRF, FIND_TOKEN, is_csrf

if TYPE_CHECKING:
    from adaptgen.source import Document

_OTHERS = 6
"""Logins that are offered behind a sure one."""
_SECRETS = {"password", "client_secret"}
_OUT = vocabulary("logout signout logoff")
_TOKEN = vocabulary("csrf xsrf token")
SPANS = {("expires", "in"), ("expire", "in"), ("expires",), ("ttl",), ("expiration",), ("lifetime",), ("validity",),
         ("valid", "for"), ("expires", "in", "seconds"), ("expiry",), ("expire",), ("access", "expires", "in"),
         ("max", "age"), ("timeout",), ("duration",), ("expiresin",), ("access", "token", "expires", "in"),
         ("token", "expires", "in"), ("validity", "period"), ("session", "timeout"), ("exp", "in")}  # fmt: skip
MOMENTS = {("expires", "at"), ("expires", "on"), ("expiration", "date"), ("expiry", "date"), ("expires",), ("expiry",),
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
    untyped: bool = False


@value()
class Logins:
    """The logins of a document. ``chain``: the one that is used; ``instead``: the one for an API that refuses what
    the document declares, or that is not sure; ``possible``: all that may be tried, the likeliest first.
    ``others``: operations that authenticate too, pointer -> key. ``by_hand``: an operation that takes a code which a
    person receives, and the name of that input."""

    chain: Chain | None = None
    instead: Chain | None = None
    others: Mapping[str, str] = field(default_factory=dict)
    by_hand: tuple[Operation, str] | None = None
    possible: tuple[Chain, ...] = ()


def find_logins(document: Document, operations: Sequence[Operation], name: str) -> Logins:
    """What there is of logins for server ``name``."""
    finder = _Finder(candidates := Candidates(document, operations), name)
    possible = list(finder.chains())
    chain = next((one for one, certainty in possible if certainty == "sure"), None)
    instead = next((one for one, certainty in possible if certainty == "likely"), None) if chain is None else None
    named = {pointer for each in (chain, instead) if each for pointer in each.operations}
    hidden = {
        one.operation.pointer: one.operation.key
        for one in candidates.likeliest
        if one.takes_secret and one.signs_in and one.roles & _SECRETS and one.told < 2
        if one.operation.pointer not in named
    }
    hidden |= {each.pointer: each.key for each in operations if each.pointer not in named and finder.renews(each)}
    by_hand = None if chain or instead else finder.by_hand()
    if by_hand:
        hidden[by_hand[0].pointer] = by_hand[0].key
    return Logins(chain, instead, hidden, by_hand, tuple(one for one, _ in possible))


def find_chain(document: Document, operations: Sequence[Operation], name: str) -> Chain | None:
    """The login chain of server ``name``, None where there is no sufficient evidence for one."""
    logins = find_logins(document, operations, name)
    return logins.chain or logins.instead


def find_renewals(document: Document, operations: Sequence[Operation], name: str) -> list[Auth]:
    """Sessions that begin with a refresh token of the environment, for who logged in by hand. A token that can be used
    once is kept on disk."""
    finder = _Finder(Candidates(document, operations), name)
    found: list[Auth] = []
    for operation in filter(finder.renews, operations):
        token = find_token(document, operation)
        call = login_call(document, operation, finder.inputs(operation), name, refresh=True)
        if call is None or token is None:
            continue
        again = find_refresh_token(document, operation)
        save = {"access": token.path, **({"refresh": again} if again else {})}
        renewal = Login(id="refresh", call=call, save=save, expires=find_expiry(document, operation))
        send = (Send("header", "Authorization", "Bearer {access}"),)
        start = {"refresh": reference(name, "REFRESH_TOKEN")}
        called = f"{identifier(name)}_session"
        found.append(Auth(name=called, kind="session", send=send, start=start, refresh=renewal, store="file"))
    return found


def is_logout(operation: Operation) -> bool:
    """Whether the operation ends the session of who calls it; one that names a record ends somebody else's."""
    if "{" in operation.path.rpartition("/")[0].rpartition("/")[2]:
        return False
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

    def chains(self) -> Iterator[tuple[Chain, Literal["sure", "likely", "possible"]]]:
        """What the operations that may log in would be as logins, the likeliest first, and how certain they are. Behind
        a sure one only a few more are looked at."""
        left = len(self.candidates.likeliest)
        for one in self.candidates.likeliest:
            if (left := left - 1) < 0:
                return
            use = find_use(self.candidates, one)
            if (chain := self.chain(one, use or use_instead(one))) is None:
                continue
            if use is not None and use.told:
                left = min(left, _OTHERS)
                yield chain, "sure"
            else:
                yield chain, "likely" if use is not None or one.proves_person else "possible"

    def chain(self, one: Candidate, use: TokenPlacement | None) -> Chain | None:
        loose = any(each.mentioned for each in one.promised)
        if use is None:
            return None
        call = login_call(
            self.document,
            one.operation,
            one.inputs,
            self.name,
            basic=one.basic or one.keyed,
            loose=loose,
            sure=self.sure(one),
            where=self.where(one),
            encoded=use.encoded,
        )
        if call is None:
            return None
        save: dict[str, str] = {}
        if one.token:
            save["access"] = one.token.path
        elif one.header:
            save["access"] = f"header:{one.header}"
        elif one.untyped:
            save["access"] = FIND_TOKEN
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
            each.pointer for each in self.operations if ends_session(each, one.operation) and each.pointer not in served
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
        gives = "a token or a cookie that is not declared" if one.untyped else " and ".join(save.values()) or "a cookie"
        takes = "HTTP Basic" if one.basic else " and ".join(_takes(call))
        because = "; ".join([f"takes {takes}, answers {gives}", use.because, *one.score.because])
        return Chain(
            auth, one.operation, tuple(served), because, use.serves, use.parameter, csrf, use.also, one.untyped
        )

    def sure(self, one: Candidate) -> bool:
        """Whether a user logs in with a password, so that what else is required stays the same from login to login."""
        return {"password", "user"} <= one.roles and one.signs_in

    def where(self, one: Candidate) -> frozenset[str]:
        """The placeholders of a login's path before which most other paths are the same: whose service it is. Where a
        user logs in with a password, also those that say by what or where (``/auth/{provider}``,
        ``/auth-methods/{id}:login``, ``/login/{shop}/local``).
        """
        found, path = set(), one.operation.path
        for at in re.finditer(r"\{([^{}]+)\}", path):
            same = sum(each.path.startswith(path[: at.end()]) for each in self.operations)
            above = path[: at.start()].rstrip("/").rpartition("/")[2]
            named = {singular(word) for word in (*words(at[1]), *words(above))}
            whose = self.sure(one) and (named & WAYS or logs_in(words(above)))
            if (same > 2 and same * 5 >= len(self.operations) * 4) or whose:
                found.add(at[1])
        return frozenset(found)

    def own(self, one: Candidate, use: TokenPlacement) -> tuple[Send, ...]:
        """What the login itself must be sent with: HTTP Basic, by a header that it declares of the client's identity
        (RFC 6749, 2.3.1), and the API keys that its security names next to the token."""
        client = one.basic and "client_credentials" in grants_of(one.inputs)
        sends = [basic_send(self.name)] if one.basic and not client else []
        if client or (not one.basic and any(basic_header(each) and each.required for each in one.inputs)):
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

    def renews(self, operation: Operation) -> bool:
        """Whether an operation only makes sense for who renews a session by hand."""
        if operation.method not in {"POST", "PUT"} or not name_words(operation) & LOGIN_WORDS or "{" in operation.path:
            return False
        return (
            any(each.role == "refresh" for each in self.inputs(operation))
            and find_token(self.document, operation) is not None
            and not name_words(operation) & (OTHER_WORDS - {"refresh", "renew"})
        )

    def by_hand(self) -> tuple[Operation, str] | None:
        """An operation that answers a token for a code that a person receives, and the input that takes the code."""
        for operation in self.operations:
            if operation.method != "POST" or not name_words(operation) & LOGIN_WORDS:
                continue
            inputs = self.inputs(operation)
            code = next((each.name for each in inputs if is_code(each) and each.required), None)
            asks = code is not None and any(each.role in {"user", "password"} for each in inputs)
            typed = asks and find_token(self.document, operation) is not None
            read = Candidate(self.candidates, operation)
            if asks and (typed or read.signs_in) and not read.creates_account:
                return operation, str(code)
        return None

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
                    each.name for each in operation.parameters if each.place == "header" and is_csrf(each.name)
                )
        if not counts:
            return self.csrf_untold(first, sends, one)
        header = max(counts, key=lambda name: (counts[name], name))
        send = Send("header", header, "{csrf}", only="write")
        for operation in (one.operation, *self.operations):
            found = [leaf for leaf in answer_leaves(self.document, operation) if is_csrf(leaf.name)]
            if not found:
                continue
            path = jsonpath(found[0].path)
            if operation.pointer == one.operation.pointer:
                save = {**first.save, "csrf": _csrf_source(found[0])}
                return (replace(first, save=save),), (*sends, send), ("header", header), ""
            call = login_call(self.document, operation, self.inputs(operation), self.name, bare=True)
            if operation.method in {"GET", "POST"} and call is not None:
                step = Login(id="csrf", call=call, send=sends, save={"csrf": path}, cookies=True)
                return (first, step), (*sends, send), ("header", header), operation.pointer
        if not (one.untyped or one.cookie):
            return (first,), sends, None, ""
        return (replace(first, save={**first.save, "csrf": FIND_CSRF}),), (*sends, send), ("header", header), ""

    def csrf_untold(
        self, first: Login, sends: tuple[Send, ...], one: Candidate
    ) -> tuple[tuple[Login, ...], tuple[Send, ...], None, str]:
        """A CSRF token that an operation of that name hands out, where no write declares the header that it goes into:
        those that frameworks read."""
        own = [leaf for leaf in answer_leaves(self.document, one.operation) if is_csrf(leaf.name)]
        if own:
            save = {**first.save, "csrf": _csrf_source(own[0])}
            return (replace(first, save=save),), (*sends, *_csrf_sends(own[0].name)), None, ""
        for operation in self.operations:
            if operation.method != "GET" or operation.pointer == one.operation.pointer:
                continue
            if not any(map(is_csrf, (operation.path, operation.id or ""))):
                continue
            texts = [leaf for leaf in answer_leaves(self.document, operation) if leaf.type == "string"]
            named = [leaf for leaf in texts if set(words(leaf.name)) & _TOKEN] or texts
            call = login_call(self.document, operation, self.inputs(operation), self.name, bare=True)
            if len(named) == 1 and call is not None:
                step = Login(id="csrf", call=call, send=sends, save={"csrf": jsonpath(named[0].path)}, cookies=True)
                return (first, step), (*sends, *_csrf_sends()), None, operation.pointer
        if not (one.untyped or (one.cookie and not sends)):
            return (first,), sends, None, ""
        return (replace(first, save={**first.save, "csrf": FIND_CSRF}),), (*sends, *_csrf_sends()), None, ""


def _far(other: Operation, login: Operation) -> tuple[bool, int, int]:
    """How far an operation's path is from the login's; the login itself comes last."""
    here, there = login.path.strip("/").split("/"), other.path.strip("/").split("/")
    same = next((at for at, pair in enumerate(zip(here, there, strict=False)) if pair[0] != pair[1]), len(here))
    return other.pointer == login.pointer, -same, abs(len(here) - len(there))


def _csrf_source(leaf: Leaf) -> str:
    """Where the CSRF token of a login's answer is; one that need not come is only looked for."""
    return jsonpath(leaf.path) if leaf.required else FIND_CSRF


def _csrf_sends(member: str = "csrf") -> tuple[Send, ...]:
    """What sends the CSRF token of ``member``: a header of its name, or those of frameworks where it is a usual one."""
    names = CSRF_HEADERS if {*words(member)} <= {"csrf", "token", "x"} else (member,)
    return tuple(Send("header", name, "{csrf}", only="write") for name in names)


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
        if spoken in MOMENTS and (leaf.format == "date-time" or (leaf.type == "string" and spoken not in SPANS)):
            return Expires(at=path, unit="iso")
        epoch = (
            spoken == ("exp",)
            or bool(re.search(r"epoch|unix|timestamp", text))
            or spoken[-1:] in {("at",), ("until",), ("on",)}
        )
        unit: Any = "ms" if re.search(r"milli|\bms\b", text) else "min" if re.search(r"\bminutes?\b", text) else "s"
        if number and spoken in MOMENTS and epoch:
            return Expires(at=path, unit=unit)
        if spoken in SPANS and (number or (leaf.type in {"string", None} and spoken[-1] in {"in", "seconds", "ttl"})):
            return Expires(after=path, unit=unit)
    return None


# -------------------------------------------------------------------------------------------------- what is said of it


@value()
class LoginReport:
    """What a build says of the logins of a document. ``declared``: the schemes that its operations use."""

    document: Document
    logins: Logins
    name: str
    declared: Sequence[str]

    def instead(self) -> tuple[Auth, ...]:
        """The login for an API that refuses the declared schemes."""
        chain = self.logins.instead
        return (replace(chain.auth, optional=True),) if chain else ()

    def likely(self) -> dict[str, str]:
        """Operations that are not tools because they authenticate -> why."""
        hidden = dict.fromkeys(self.logins.others, "it logs in; a hint can make it a tool")
        if chain := self.logins.instead:
            hidden |= dict.fromkeys(chain.operations, f"it serves the login {chain.auth.name}, which is not used")
        return hidden

    def evidence(self) -> tuple[Evidence, ...]:
        """Why there is a login that no tool uses."""
        chain = self.logins.instead
        return (
            (Evidence(chain.auth.name, "login", chain.login.key, chain.because, chain.login.pointer),) if chain else ()
        )

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What a person should know of the logins (AG028)."""
        return tuple(
            Diagnostic("AG028", message, self.document.where(pointer), help, severity)
            for pointer, message, help, severity in self._messages()
        )

    def _messages(self) -> Iterator[tuple[str, str, str, Severity]]:
        logins = self.logins
        token = reference(self.name, "TOKEN").removeprefix("${env:").removesuffix("}")
        if (chain := logins.chain) and chain.untyped:
            message = f"{chain.login.key} is used to log in ({chain.because}); its answer is searched at first use"
            yield chain.login.pointer, message, "adaptgen doctor tries it", "note"
        if chain := logins.instead:
            declared = " and ".join(map(repr, self.declared))
            doubt = f"operations declare {declared}" if declared else "nothing declares how calls authenticate"
            message = f"{chain.login.key} may log in ({chain.because}), but {doubt}: it is not used"
            hint = json.dumps({chain.auth.name: auth_hint(chain.auth)})
            help = f"adaptgen doctor tries it; if the API wants it, write auth: {hint}"
            yield chain.login.pointer, message, help, "warning"
        if logins.by_hand:
            operation, code = logins.by_hand
            message = f"{operation.key} takes {code!r}, which a person receives: the server cannot log in by itself"
            yield operation.pointer, message, f"log in by hand and set {token}", "warning"
        if logins.others:
            keys = sorted(logins.others.values())
            more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
            message = f"{', '.join(keys[:3])}{more} authenticate, and are not tools"
            help = f"to have one as a tool, write tools: {{log_in: {{call: {keys[0]}}}}}"
            yield min(logins.others), message, help, "note"
