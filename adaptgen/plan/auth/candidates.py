"""Operations that may log in: what they take proves who asks, and what they answer is a token or a session cookie."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from adaptgen.model.tables import value
from adaptgen.plan.auth.exclusions import grants_of, keeps_tokens, makes_account, wants_code
from adaptgen.plan.auth.field_roles import (
    TOKEN_PARAMETERS,
    LoginInput,
    Token,
    basic_header,
    credentials,
    find_token,
    inputs,
    text_token,
)
from adaptgen.plan.auth.prose import Taken, Told, parameters, told
from adaptgen.plan.auth.security_schemes import is_basic, place_of, schemes
from adaptgen.plan.document.reader import Operation
from adaptgen.syntax.identifiers import vocabulary, words
from adaptgen.syntax.lazy_regex import lazy

if TYPE_CHECKING:
    from adaptgen.source import Document

LOGIN = vocabulary(
    "login logins logon signin auth authenticate authentication authorize authorization token tokens session sessions "
    "oauth oauth2 jwt sso access connect credentials anmeldung connexion"
)
NOT_LOGIN = vocabulary(
    "register registration signup reset forgot forget forgotten change recover recovery activate activation confirm "
    "confirmation invite invitation verify verification introspect introspection revoke logout signout logoff "
    "impersonate 2fa otp mfa totp refresh renew webhook social federated sms magic "
    "anonymous guest enroll signature device card payment delegate provision callback check validate exists pin"
)
_NAMES = vocabulary("id no number nr name code login identifier")
_OTHERS = vocabulary("transaction txn request session device tenant company client otp captcha trace correlation")
# "Obtain a session cookie", "sets a cookie that authenticates further calls".
_COOKIE = lazy(
    r"\b(session|auth\w*|login) cookies?\b|\bcookies?\b[^.]{0,80}\b(authenticat\w*|subsequent|further|future)\b",
    re.IGNORECASE,
)


@value()
class Candidate:
    """``token``: in the answer; ``header``: of the answer, which holds it; ``basic``: it takes HTTP Basic;
    ``cookie``: the session is a cookie; ``told``: parameters that take fields of the answer. The higher ``score``,
    the likelier. ``renews``: by a refresh token that a person gives; ``keyed``: by an API key of its own security."""

    operation: Operation
    given: tuple[LoginInput, ...]
    token: Token | None
    header: str | None
    basic: bool
    cookie: bool
    score: int
    told: tuple[Told, ...] = ()
    renews: bool = False
    keyed: bool = False


def said_of(operation: Operation) -> frozenset[str]:
    """The words of an operation's path and id."""
    return frozenset((*words(re.sub(r"\{[^{}]*\}", " ", operation.path)), *words(operation.id or "")))


def _named(given: Sequence[LoginInput]) -> tuple[LoginInput, ...]:
    """The inputs, and who logs in among them where no usual word says so: the only other one beside a password that
    is called a number or a name of something (``memberNo``)."""
    roles = {one.role for one in given}
    if "password" not in roles or roles & {"user", "client_id", "api_key"}:
        return tuple(given)
    others = [one for one in given if not one.role and one.type in {"string", "integer", None} and one.enum is None]
    named = [one for one in others if words(one.name)[-1:] and words(one.name)[-1] in _NAMES]
    if (
        len(named) != 1
        or any(one.required and one not in named for one in others)
        or set(words(named[0].name)) & _OTHERS
    ):
        return tuple(given)
    return tuple(replace(one, role="user") if one is named[0] else one for one in given)


class Candidates:
    """The operations of a document, read as logins."""

    def __init__(self, document: Document, operations: Sequence[Operation]) -> None:
        # By pointer, so that the order of keys in the document decides nothing.
        self.document, self.operations = document, sorted(operations, key=lambda one: one.pointer)
        self.schemes = schemes(document)
        self.given: dict[str, tuple[LoginInput, ...]] = {}
        self.taken: Taken | None = None

    def inputs(self, operation: Operation) -> tuple[LoginInput, ...]:
        if operation.pointer not in self.given:
            self.given[operation.pointer] = _named(inputs(self.document, operation))
        return self.given[operation.pointer]

    def likeliest(self) -> list[Candidate]:
        """Operations that may log in, the likeliest first."""
        found = [one for operation in self.operations if (one := self.candidate(operation))]
        return sorted(found, key=lambda one: -one.score)

    def candidate(self, operation: Operation) -> Candidate | None:
        if operation.method not in {"POST", "PUT", "GET"} or not self.lasts(operation):
            return None
        said = said_of(operation) | set(words(operation.summary)[:3])
        like = bool(said & LOGIN) or {"log", "in"} <= said or {"sign", "in"} <= said
        if said_of(operation) & NOT_LOGIN or not self.of_no_record(operation, like):
            return None
        given = self.inputs(operation)
        takes = credentials(given)
        basic = not takes and like and self.takes_basic(operation)
        token = find_token(self.document, operation) or self.standard_token(operation, given)
        token = token or (text_token(self.document, operation) if like else None)
        known = self.told(operation) if like and token is None else ()
        # Who exchanges something for "the access token of header X-Session" logs in, whatever it is.
        exchanges = operation.method != "GET" and any(one.mentioned for one in known)
        # A token endpoint that wants a code or an assertion renews as well: who has a refresh token needs neither.
        renews = self.renews(operation, given, takes)
        keyed = like and not takes and operation.method == "POST" and self.takes_key(operation)
        if not takes and not basic and not exchanges and not renews and not keyed:
            return None
        if makes_account(operation) or (wants_code(operation, given) and not renews):
            return None
        header = None if token or known else self.token_header(operation)
        cookie = token is None and header is None and not known and like and takes and self.gives_cookie(operation)
        if token is None and header is None and not cookie and not known:
            return None
        roles = {one.role for one in given}
        if "password" not in roles and keeps_tokens(operation, self.operations):
            return None
        others = [one for one in given if not one.role]
        if not like and (not {"password", "user"} <= roles or len(others) > 1 or operation.method == "GET"):
            return None
        if operation.method == "PUT" and not like:
            return None
        if roles <= {"api_key", ""} and not known and (token is None or token.rank >= 300 or operation.method == "GET"):
            return None
        if operation.method == "GET" and not basic and not like:
            return None
        score = 40 * like + 10 * (operation.method == "POST") + 15 * bool(said & {"login", "signin", "authenticate"})
        score += 10 * (operation.security == ()) + 20 * (token is not None) - 3 * len(others)
        score += 8 * ("password" in roles) - 12 * basic - 20 * cookie - 5 * operation.deprecated
        score -= (token.rank // 10) if token else 0
        score += 20 * self.is_token_url(operation) - 15 * ("admin" in said_of(operation)) - 30 * renews
        return Candidate(operation, given, token, header, basic, cookie, score, known, renews, keyed)

    def renews(self, operation: Operation, given: Sequence[LoginInput], takes: bool) -> bool:
        """Whether a token endpoint serves only by a refresh token (RFC 6749, 6) whoever has no browser."""
        roles = {one.role for one in given}
        if operation.method != "POST" or not {"grant", "refresh"} <= roles or "password" in roles:
            return False
        grants = grants_of(given)
        return (wants_code(operation, given) or not takes) and (not grants or "refresh_token" in grants)

    def lasts(self, operation: Operation) -> bool:
        """Whether the operation is no old way that another one has replaced: a deprecated login counts where a
        password goes in."""
        if not operation.deprecated:
            return True
        return operation.method != "GET" and any(one.role == "password" for one in self.inputs(operation))

    def of_no_record(self, operation: Operation, like: bool) -> bool:
        """Whether the path names no record; who logs in may stand at its end, beside a password."""
        last = operation.path.rpartition("/")[2]
        if "{" not in last:
            return True
        given = self.inputs(operation)
        users = {f"{{{one.name}}}" for one in given if one.place == "path" and one.role == "user"}
        return like and last in users and "password" in {one.role for one in given}

    def standard_token(self, operation: Operation, given: Sequence[LoginInput]) -> Token | None:
        """What an OAuth 2.0 token endpoint answers without saying so (RFC 6749, 5.1)."""
        answer = operation.success()
        roles = {one.role for one in given}
        if answer is None or answer.schema is not None or "grant" not in roles or operation.method != "POST":
            return None
        return Token("$.access_token", ("access", "token"), 5) if roles & {"client_secret", "password"} else None

    def told(self, operation: Operation) -> tuple[Told, ...]:
        if self.taken is None:
            self.taken = parameters(self.operations)
        return told(self.document, operation, self.taken, len(self.operations) - 1)

    def takes_basic(self, operation: Operation) -> bool:
        """HTTP Basic on this operation, by its own header or by a scheme that most others do not use."""
        if any(basic_header(one) for one in self.inputs(operation)):
            return True
        names = {name for one in operation.security or () for name in one}
        basic = {name for name in names if is_basic(self.schemes.get(name, {}))}
        if not basic:
            return False
        others = [one for one in self.operations if one.pointer != operation.pointer]
        using = [one for one in others if any(basic & set(option) for option in one.security or ())]
        return len(using) * 2 < len(others)

    def takes_key(self, operation: Operation) -> bool:
        """Whether the operation is secured by an API key that hardly any other one takes: it is exchanged here."""
        wanted = set(next(iter(operation.security or ()), ()))
        keys = {name for name in wanted if str(self.schemes.get(name, {}).get("type")).lower() == "apikey"}
        if not wanted or keys != wanted:
            return False
        others = [one for one in self.operations if one.pointer != operation.pointer]
        using = [one for one in others if any(keys & set(option) for option in one.security or ())]
        return len(using) * 5 < len(others)

    def token_header(self, operation: Operation) -> str | None:
        answer = operation.success()
        for name in answer.headers if answer else ():
            said = tuple(word for word in words(name) if word != "x")
            if said in TOKEN_PARAMETERS and said != ("authentication",):
                return name
        return None

    def gives_cookie(self, operation: Operation) -> bool:
        """A session cookie: declared as ``Set-Cookie``, or a cookie is how the document says to authenticate."""
        answer = operation.success()
        if answer is None:
            return False
        if any(set(option) & set(self.schemes) for one in self.operations for option in one.security or ()):
            # What the other operations want is declared, and it may be something else.
            return any(self.is_cookie(name) for one in self.operations for each in one.security or () for name in each)
        if any(name.lower() == "set-cookie" for name in answer.headers):
            return True
        if _COOKIE.search(f"{operation.summary}\n{operation.description}\n{answer.description}"):
            return True
        return any((place_of(scheme) or ("", ""))[0] == "cookie" for scheme in self.schemes.values())

    def is_cookie(self, scheme: str) -> bool:
        return (place_of(self.schemes.get(scheme, {})) or ("",))[0] == "cookie"

    def is_token_url(self, operation: Operation) -> bool:
        for scheme in self.schemes.values():
            flows = scheme.get("flows")
            for flow in flows.values() if isinstance(flows, Mapping) else ():
                url = flow.get("tokenUrl") if isinstance(flow, Mapping) else None
                if isinstance(url, str) and url.rstrip("/").endswith(operation.path.rstrip("/")):
                    return True
        return False
