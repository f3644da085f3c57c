"""Operations that may log in: what they take proves who asks, and what they answer is a token or a session cookie.

:data:`LOGIN` is the table of evidence. It holds what looks like a login too and is something else: signing up gives a
token as well, a key that is kept is created like one, and the token endpoint of OAuth 2.0 may want a code that only a
browser brings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from adaptgen.model.evidence import RULES_OUT, Row, Score, Table
from adaptgen.model.frozen import lazy
from adaptgen.plan.auth.field_roles import (
    GRANTS,
    TOKEN_PARAMETERS,
    LoginInput,
    Token,
    basic_header,
    credentials,
    find_token,
    grants_of,
    read_inputs,
    text_token,
)
from adaptgen.plan.auth.prose import ParameterValue, TakenParameters, taken_parameters, values_from_description
from adaptgen.plan.auth.security_schemes import is_basic, place_of, schemes
from adaptgen.plan.document.reader import Operation
from adaptgen.syntax.identifiers import singular, vocabulary, words

if TYPE_CHECKING:
    from adaptgen.source import Document

LOGIN_WORDS = vocabulary(
    "login logins logon signin auth authenticate authentication authorize authorization token tokens session sessions "
    "oauth oauth2 jwt sso access connect credentials anmeldung connexion"
)
OTHER_WORDS = vocabulary(
    "register registration signup reset forgot forget forgotten change recover recovery activate activation confirm "
    "confirmation invite invitation verify verification introspect introspection revoke logout signout logoff "
    "impersonate 2fa otp mfa totp refresh renew webhook social federated sms magic "
    "anonymous guest enroll signature device card payment delegate provision callback check validate exists pin"
)
_NAME_WORDS = vocabulary("id no number nr name code login identifier")
_NO_USER = vocabulary("transaction txn request session device tenant company client otp captcha trace correlation")
# "Obtain a session cookie", "sets a cookie that authenticates further calls".
_COOKIE = lazy(
    r"\b(session|auth\w*|login) cookies?\b|\bcookies?\b[^.]{0,80}\b(authenticat\w*|subsequent|further|future)\b",
    re.IGNORECASE,
)
_CREATES = vocabulary("create creates add adds register registers invite invites onboard onboards provision provisions")
_PEOPLE = vocabulary(
    "user account customer consumer member guest subuser subaccount client merchant tenant employee administrator "
    "organization company contact profile person player seller partner"
)
_END_OF_OBJECT = vocabulary("for with of by in on at from to using via and or if as when which that given")
_RECORDS = vocabulary("token key apikey authorization secret credential")
_CODE = lazy(r"\bauthori[sz]ation[ _]code\b", re.IGNORECASE)
_OTHER_GRANT = lazy(r"\bclient[ _]credentials?\b|\bgrant_type\W{0,5}password\b|\bpassword grant\b", re.IGNORECASE)


def name_words(operation: Operation) -> frozenset[str]:
    """The words of an operation's path and id."""
    return frozenset((*words(re.sub(r"\{[^{}]*\}", " ", operation.path)), *words(operation.id or "")))


class Candidates:
    """The operations of a document, read as logins."""

    def __init__(self, document: Document, operations: Sequence[Operation]) -> None:
        # By pointer, so that the order of keys in the document decides nothing.
        self.document, self.operations = document, sorted(operations, key=lambda operation: operation.pointer)
        self.schemes = schemes(document)
        self._inputs: dict[str, tuple[LoginInput, ...]] = {}

    def inputs(self, operation: Operation) -> tuple[LoginInput, ...]:
        if operation.pointer not in self._inputs:
            self._inputs[operation.pointer] = _with_user(read_inputs(self.document, operation))
        return self._inputs[operation.pointer]

    @cached_property
    def taken(self) -> TakenParameters:
        return taken_parameters(self.operations)

    def likeliest(self) -> list[Candidate]:
        """Operations that may log in, the likeliest first."""
        candidates = [Candidate(self, operation) for operation in self.operations]
        likely = [candidate for candidate in candidates if not candidate.score.ruled_out]
        return sorted(likely, key=lambda candidate: -candidate.score.total)

    def uses(self, names: set[str], besides: Operation) -> float:
        """The share of the other operations that one of the security schemes ``names`` secures."""
        others = [each for each in self.operations if each.pointer != besides.pointer]
        using = [each for each in others if any(names & set(option) for option in each.security or ())]
        return len(using) / len(others) if others else 1.0

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


def _with_user(inputs: Sequence[LoginInput]) -> tuple[LoginInput, ...]:
    """The inputs, and who logs in among them where no usual word says so: the only other one next to a password that
    is called a number or a name of something (``memberNo``)."""
    roles = {each.role for each in inputs}
    if "password" not in roles or roles & {"user", "client_id", "api_key"}:
        return tuple(inputs)
    others = [each for each in inputs if not each.role and each.type in {"string", "integer", None}]
    others = [each for each in others if each.enum is None]
    named = [each for each in others if set(words(each.name)[-1:]) & _NAME_WORDS]
    if len(named) != 1 or set(words(named[0].name)) & _NO_USER:
        return tuple(inputs)
    if any(each.required and each not in named for each in others):
        return tuple(inputs)
    return tuple(replace(each, role="user") if each is named[0] else each for each in inputs)


class Candidate:
    """One operation, read as a login: the facts that :data:`LOGIN` weighs. The higher ``score``, the likelier."""

    def __init__(self, candidates: Candidates, operation: Operation) -> None:
        self.candidates, self.document, self.operation = candidates, candidates.document, operation

    @cached_property
    def score(self) -> Score:
        return LOGIN.score(self)

    # ------------------------------------------------------------------------------------------------ what it is called

    @cached_property
    def named(self) -> frozenset[str]:
        return name_words(self.operation)

    @cached_property
    def named_login(self) -> bool:
        """Whether path, id or the summary's first words speak of logging in."""
        spoken = self.spoken
        return bool(spoken & LOGIN_WORDS) or {"log", "in"} <= spoken or {"sign", "in"} <= spoken

    @cached_property
    def spoken(self) -> frozenset[str]:
        return self.named | set(words(self.operation.summary)[:3])

    # ---------------------------------------------------------------------------------------------------- what it takes

    @cached_property
    def inputs(self) -> tuple[LoginInput, ...]:
        return self.candidates.inputs(self.operation)

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset(each.role for each in self.inputs)

    @cached_property
    def others(self) -> int:
        """How many inputs have no role in a login."""
        return sum(not each.role for each in self.inputs)

    @cached_property
    def takes_secret(self) -> bool:
        return credentials(self.inputs)

    @cached_property
    def basic(self) -> bool:
        """It takes HTTP Basic, by its own header or by a scheme that most others do not use."""
        if self.takes_secret or not self.named_login:
            return False
        if any(basic_header(each) for each in self.inputs):
            return True
        named = {name for option in self.operation.security or () for name in option}
        basic = {name for name in named if is_basic(self.candidates.schemes.get(name, {}))}
        return bool(basic) and self.candidates.uses(basic, self.operation) < 0.5

    @cached_property
    def keyed(self) -> bool:
        """Its own security is an API key that hardly any other operation takes: it is exchanged here."""
        if not self.named_login or self.takes_secret or self.operation.method != "POST":
            return False
        wanted = set(next(iter(self.operation.security or ()), ()))
        known = self.candidates.schemes
        keys = {name for name in wanted if str(known.get(name, {}).get("type")).lower() == "apikey"}
        return bool(wanted) and keys == wanted and self.candidates.uses(keys, self.operation) < 0.2

    @cached_property
    def renews(self) -> bool:
        """A token endpoint that, without a browser, serves only by a refresh token (RFC 6749, 6), which a person
        gives."""
        if self.operation.method != "POST" or not {"grant", "refresh"} <= self.roles or "password" in self.roles:
            return False
        grants = grants_of(self.inputs)
        return (self.wants_code or not self.takes_secret) and (not grants or "refresh_token" in grants)

    @cached_property
    def exchanges(self) -> bool:
        """It exchanges something for "the access token of header X-Session": that is a login, whatever it takes."""
        return self.operation.method != "GET" and any(each.mentioned for each in self.promised)

    @cached_property
    def wants_code(self) -> bool:
        """It exchanges the code of a redirect (RFC 6749, 4.1.3), and nothing else is said of it."""
        if "password" in self.roles:
            return False
        grants = grants_of(self.inputs)
        if grants & GRANTS:
            return not grants & {"client_credentials", "password"}
        text = f"{self.operation.summary}\n{self.operation.description}"
        text += "".join(f"\n{each.description}" for each in self.inputs)
        return bool(_CODE.search(text)) and not _OTHER_GRANT.search(text)

    # -------------------------------------------------------------------------------------------------- what it answers

    @cached_property
    def token(self) -> Token | None:
        """The token in the answer."""
        token = find_token(self.document, self.operation) or self._standard_token()
        return token or (text_token(self.document, self.operation) if self.named_login else None)

    def _standard_token(self) -> Token | None:
        """What an OAuth 2.0 token endpoint answers without saying so (RFC 6749, 5.1)."""
        answer = self.operation.success()
        if answer is None or answer.schema is not None or "grant" not in self.roles or self.operation.method != "POST":
            return None
        if not self.roles & {"client_secret", "password"}:
            return None
        return Token("$.access_token", ("access", "token"), 5)

    @cached_property
    def promised(self) -> tuple[ParameterValue, ...]:
        """Parameters of other operations that take fields of the answer, where none of them is called a token."""
        if not self.named_login or self.token is not None:
            return ()
        others = len(self.candidates.operations) - 1
        return values_from_description(self.document, self.operation, self.candidates.taken, others)

    @cached_property
    def header(self) -> str | None:
        """The header of the answer that holds the token."""
        answer = self.operation.success()
        if self.token or self.promised or answer is None:
            return None
        for name in answer.headers:
            plain = tuple(word for word in words(name) if word != "x")
            if plain in TOKEN_PARAMETERS and plain != ("authentication",):
                return name
        return None

    @cached_property
    def cookie(self) -> bool:
        """The session is a cookie: declared as ``Set-Cookie``, described, or how the document says to authenticate."""
        answer = self.operation.success()
        if answer is None or self.token or self.header or self.promised or not (self.named_login and self.takes_secret):
            return False
        known = self.candidates.schemes
        secured = [option for each in self.candidates.operations for option in each.security or ()]
        if any(set(option) & set(known) for option in secured):
            # What the other operations want is declared, and it may be something else.
            return any(self.candidates.is_cookie(name) for option in secured for name in option)
        if any(name.lower() == "set-cookie" for name in answer.headers):
            return True
        if _COOKIE.search(f"{self.operation.summary}\n{self.operation.description}\n{answer.description}"):
            return True
        return any(map(self.candidates.is_cookie, known))

    # ---------------------------------------------------------------------------------------------- what else it may be

    @cached_property
    def replaced(self) -> bool:
        """A deprecated login counts only where a password goes in."""
        return self.operation.deprecated and (self.operation.method == "GET" or "password" not in self.roles)

    @cached_property
    def of_a_record(self) -> bool:
        """Its path ends in a placeholder; only who logs in with a password may be named there."""
        last = self.operation.path.rpartition("/")[2]
        if "{" not in last:
            return False
        users = {f"{{{each.name}}}" for each in self.inputs if each.place == "path" and each.role == "user"}
        return not (self.named_login and last in users and "password" in self.roles)

    @cached_property
    def creates_account(self) -> bool:
        """It creates somebody or something that may log in afterwards: "Create a new managed account", not "Create an
        account token"."""
        texts = (self.operation.summary, self.operation.description)
        phrases = [re.split(r"[(,.;:\n]", text[:200].strip())[0] for text in texts]
        return any(_creates_account(words(phrase)) for phrase in (*phrases, self.operation.id or ""))

    @cached_property
    def keeps_tokens(self) -> bool:
        """It creates a record that stays, one of a collection of tokens or keys: the collection is listed, and each
        member is read, changed or deleted by its id."""
        path = self.operation.path.rstrip("/")
        last = words(path.rpartition("/")[2])
        if "password" in self.roles or not last or singular(last[-1]) not in _RECORDS:
            return False
        member = re.compile(rf"{re.escape(path)}/\{{[^/]+\}}/?")
        every = self.candidates.operations
        return any(each.method == "GET" and each.path.rstrip("/") == path for each in every) and any(
            each.method in {"GET", "PUT", "PATCH", "DELETE"} and member.fullmatch(each.path) for each in every
        )

    @cached_property
    def only_key(self) -> bool:
        """It takes nothing but a key, and what it gives may be anything."""
        if not self.roles <= {"api_key", ""} or self.promised:
            return False
        return self.token is None or self.token.rank >= 300 or self.operation.method == "GET"


def _creates_account(spoken: Sequence[str]) -> bool:
    if not spoken or spoken[0] not in _CREATES:
        return False
    noun: list[str] = []
    for word in spoken[1:]:
        if word in _END_OF_OBJECT or (word == "the" and noun):
            break
        noun.append(word)
    return bool(noun) and singular(noun[-1]) in _PEOPLE


LOGIN: Table[Candidate] = Table(
    "is this a login?",
    Row(RULES_OUT, "its method does not log in", lambda c: c.operation.method not in {"POST", "PUT", "GET"}),
    Row(RULES_OUT, "it is deprecated and takes no password", lambda c: c.replaced),
    Row(RULES_OUT, "its name speaks of something else", lambda c: c.named & OTHER_WORDS),
    Row(RULES_OUT, "its path names a record", lambda c: c.of_a_record),
    Row(
        RULES_OUT,
        "nothing that it takes proves who asks",
        lambda c: not (c.takes_secret or c.basic or c.renews or c.keyed or c.exchanges),
    ),
    Row(RULES_OUT, "it creates an account", lambda c: c.creates_account),
    Row(RULES_OUT, "it wants a code that a browser brings", lambda c: c.wants_code and not c.renews),
    Row(RULES_OUT, "it answers no token", lambda c: not (c.token or c.header or c.cookie or c.promised)),
    Row(RULES_OUT, "the token is a record that stays", lambda c: c.keeps_tokens),
    Row(
        RULES_OUT,
        "it is not called a login, and takes more or less than a user with a password",
        lambda c: not c.named_login and (not {"password", "user"} <= c.roles or c.others > 1),
    ),
    Row(
        RULES_OUT,
        "it is not called a login, and is no POST",
        lambda c: not c.named_login and c.operation.method != "POST",
    ),
    Row(RULES_OUT, "it takes only a key, and answers no clear token", lambda c: c.only_key),
    Row(10, "it is a POST", lambda c: c.operation.method == "POST"),
    Row(-3, "it takes other inputs", lambda c: c.others),
    Row(-15, "it is for administrators", lambda c: "admin" in c.named),
)
