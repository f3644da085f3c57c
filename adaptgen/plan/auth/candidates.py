"""Operations that may log in: what they take proves who asks, and what they answer is a token or a session cookie.

:data:`LOGIN` is the table of evidence. It holds what looks like a login too and is something else: signing up returns a
token as well, a key that is kept is created like one, and the token endpoint of OAuth 2.0 may want a code that only a
browser brings.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

from adaptgen.model.evidence import RULES_OUT, Row, Score, Table
from adaptgen.model.frozen import lazy
from adaptgen.plan.auth.field_roles import (
    GRANTS,
    LoginInput,
    Token,
    basic_header,
    credentials,
    find_token,
    grants_of,
    has_other_token,
    read_inputs,
    text_token,
)
from adaptgen.plan.auth.login_request import SET_APART, WAYS
from adaptgen.plan.auth.prose import ParameterValue, TakenParameters, taken_parameters, values_from_description
from adaptgen.plan.auth.security_schemes import PLACES, is_basic, place_of, schemes
from adaptgen.plan.document.reader import Operation
from adaptgen.plan.effects.verbs import CHANGES_RECORD, DELETE, MAKES
from adaptgen.syntax.identifiers import singular, vocabulary, words
from adaptgen.syntax.token_names import TOKEN_PARAMETERS, takes_token, token_rank

if TYPE_CHECKING:
    from adaptgen.source import Document

_LOGS_IN = vocabulary(
    "login logon signin authenticate anmelden einloggen inloggen aanmelden entrar ingresar autenticar acessar acceder "
    "accedi connecter zaloguj giris masuk prihlasit prihlaseni"
)
_LOG_IN = (
    {"log", "in"}, {"sign", "in"}, {"log", "on"}, {"sign", "on"}, {"iniciar", "sesion"}, {"iniciar", "sessao"},
    {"logga", "in"}, {"dang", "nhap"},
)  # fmt: skip
# What the end of a path that signs in is called.
_SIGN_IN = _LOGS_IN | vocabulary(
    "logins auth authn authentication authorise authorization token tokens session sessions oauth jwt sso anmeldung "
    "connexion authentification autenticacao autenticacion acesso acceso accesso gettoken"
)
LOGIN_WORDS = _SIGN_IN | vocabulary("authorize oauth2 access connect credentials")
# "Log a user in", "Signs the customer in".
_PHRASE = lazy(r"\b(?:log|sign)(?:s|ging|ning)?(?:\s+[\w']+){1,3}\s+(?:in|on)\b", re.IGNORECASE)
_ASKS_IN = _LOGS_IN | vocabulary("auth authentication")
_PLAIN = vocabulary(
    "user users access api my me new create post get bearer web id do generate obtain request issue start open v rest"
)
OTHER_WORDS = vocabulary(
    "register registration signup reset forgot forget forgotten change recover recovery activate activation confirm "
    "confirmation invite invitation verify verification introspect introspection revoke logout signout logoff "
    "impersonate fa otp mfa totp unlock refresh renew webhook social federated sms magic "
    "anonymous guest enroll signature device card payment delegate provision callback check validate exists pin "
    "rotate rotation regenerate reissue bulk batch enrol join subscribe onboard onboarding registrieren registrierung "
    "inscription inscribir registro registrar cadastro cadastrar registrazione registreren"
)
_CHANGES = CHANGES_RECORD | DELETE | vocabulary("rotate consent consents approve accept reject deny confirm extend")
# In a path; "Start a session" is what a login does.
_STARTS = vocabulary("start begin init initiate")
_BEGINS = MAKES | vocabulary("generate generates issue issues mint new")
_PAIRED = {"user", "client_id", "api_key"}, {"password", "client_secret", "api_secret"}
_WHO = {"user", "password"}
_NAME_WORDS = vocabulary("id no number nr name code login identifier")
_NO_USER = vocabulary("transaction txn request session device tenant company client otp captcha trace correlation")
# "Obtain a session cookie", "sets a cookie that authenticates further calls".
_COOKIE = lazy(
    r"\b(session|auth\w*|login) cookies?\b|\bcookies?\b[^.]{0,80}\b(authenticat\w*|subsequent|further|future)\b",
    re.IGNORECASE,
)
_CREATES = vocabulary("create creates add adds register registers invite invites onboard onboards provision provisions")
_SIGN_UP = {("sign", "up"), ("signs", "up"), ("signing", "up"), ("new", "user"), ("new", "account")}
_PEOPLE = vocabulary(
    "user account customer consumer member guest subuser subaccount client merchant tenant employee administrator "
    "organization company contact profile person player seller partner"
)
_END_OF_OBJECT = vocabulary("for with of by in on at from to using via and or if as when which that given")
_RECORDS = vocabulary("token key apikey authorization secret credential")
_TWICE = vocabulary("repeat repeated confirm confirmation confirmed new old current again retype verify")
_MAKES = vocabulary("create creates generate generates issue issues make makes mint mints new add adds")
_LASTING = ({"api", "key"}, {"access", "key"}, {"personal", "token"}, {"personal", "access"})
_MOST_OTHERS = 4
_FOREIGN = 300
"""The rank of a token with an unknown word before it."""
_CODE = lazy(r"\bauthori[sz]ation[ _]code\b", re.IGNORECASE)
_OTHER_GRANT = lazy(r"\bclient[ _]credentials?\b|\bgrant_type\W{0,5}password\b|\bpassword grant\b", re.IGNORECASE)


def logs_in(spoken: Collection[str]) -> bool:
    """Whether words say that somebody logs in."""
    return not _LOGS_IN.isdisjoint(spoken) or any(phrase <= {*spoken} for phrase in _LOG_IN)


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
            keys = {place_of(scheme) for scheme in self.schemes.values()}
            declared = read_inputs(self.document, operation)
            # What a declared scheme takes is sent with it, and is not what one logs in with.
            own = [each for each in declared if (each.place, each.name) not in keys or basic_header(each)]
            signs_in = operation_signs_in(operation)
            # A "key" is that of a caller only where somebody signs in: others open a vault, or name a record.
            own = [each if signs_in or words(each.name) != ("key",) else replace(each, role="") for each in own]
            self._inputs[operation.pointer] = _with_user(own, signs_in)
        return self._inputs[operation.pointer]

    @cached_property
    def taken(self) -> TakenParameters:
        return taken_parameters(self.operations)

    @cached_property
    def likeliest(self) -> list[Candidate]:
        """Operations that may log in, the likeliest first."""
        candidates = [Candidate(self, operation) for operation in self.operations]
        likely = [candidate for candidate in candidates if not candidate.score.ruled_out]
        return sorted(likely, key=lambda candidate: -candidate.score.total)

    def uses(self, names: set[str], besides: Operation, needed: bool = False) -> float:
        """The share of the other operations that one of the security schemes ``names`` secures; ``needed``: of those
        that nothing else secures."""
        others = [each for each in self.operations if each.pointer != besides.pointer]
        every = all if needed else any
        using = [each for each in others if each.security and every(names & set(option) for option in each.security)]
        return len(using) / len(others) if others else 1.0

    def is_common(self, one: LoginInput) -> bool:
        """Whether most operations take this header or query parameter."""
        place = PLACES.get(one.place)
        taken = self.taken.get((place, one.name)) if place else None
        return taken is not None and taken[1] * 2 > len(self.operations) > 2

    def is_cookie(self, scheme: str) -> bool:
        return (place_of(self.schemes.get(scheme, {})) or ("",))[0] == "cookie"

    def flows_at(self, operation: Operation) -> set[str]:
        """The grants of the flows whose token URL is ``operation``."""
        path, found = operation.path.rstrip("/"), set()
        for scheme in self.schemes.values():
            for flow, url in token_urls(scheme).items():
                called = f"/{url.lstrip('./').rstrip('/')}" if url.strip("./") else ""
                if called and path and (called.endswith(path) or path.endswith(called)):
                    found.add("_".join(words(flow)))
        return found


def token_urls(scheme: Mapping[str, Any]) -> dict[str, str]:
    """The token URLs of a scheme, by flow, as it declares them."""
    flows = scheme.get("flows")
    given = flows if isinstance(flows, Mapping) else {}
    urls = {str(flow): node.get("tokenUrl") for flow, node in given.items() if isinstance(node, Mapping)}
    return {flow: url.strip() for flow, url in urls.items() if isinstance(url, str)}


_USER = lazy(
    r"\W*(the |your |a |an )?(user'?s? ?)?(user ?name|e-?mail|login|nick ?name)\b(?! (?:type|method))", re.IGNORECASE
)


def _with_user(inputs: Sequence[LoginInput], signs_in: bool) -> tuple[LoginInput, ...]:
    """The inputs, and who logs in among them where no usual word says so: next to a password see :func:`_who`, next to
    a secret the only other input that is required, if it is called an id or a key."""
    roles = {each.role for each in inputs}
    if not roles & {"password", "api_secret", "client_secret"} or roles & {"user", "client_id", "api_key"}:
        return tuple(inputs)
    others = [each for each in inputs if not each.role and each.enum is None]
    if "password" in roles:
        who = _who(others, signs_in)
        return tuple(replace(each, role="user") if each is who else each for each in inputs)
    needed = [each for each in others if each.required]
    who = needed[0] if signs_in and len(needed) == 1 and {*words(needed[0].name)[-1:]} & {"id", "key"} else None
    if who is None or {*words(who.name)} & (_NO_USER - {"client", "company"}):
        return tuple(inputs)
    return tuple(replace(each, role="client_id") if each is who else each for each in inputs)


def _who(others: Sequence[LoginInput], signs_in: bool) -> LoginInput | None:
    """The only input that is described as who logs in, else the only one that is called a number or a name of something
    (``memberNo``), or, where ``signs_in``, the only text (``cpf``)."""
    described = [each for each in others if _USER.match(each.description)]
    if len(described) == 1:
        return described[0]
    others = [each for each in others if each.type in {"string", "integer", None}]
    named = [each for each in others if set(words(each.name)[-1:]) & _NAME_WORDS]
    if not named and signs_in:
        texts = [each for each in others if each.type == "string" and each.place in {"body", "query"}]
        named = [each for each in texts if not {*words(each.name)} & SET_APART] if len(texts) == 1 else []
    if len(named) != 1 or set(words(named[0].name)) & _NO_USER:
        return None
    return None if any(each.required and each not in named for each in others) else named[0]


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
        """Whether path, id or the summary's first words mention logging in."""
        nouns = LOGIN_WORDS - {"connect", "credentials", *(() if {"user", "password"} <= self.roles else ("access",))}
        if self.spoken & nouns or logs_in(self.spoken):
            return True
        return _PHRASE.match(self.operation.summary[:200]) is not None

    @cached_property
    def changes(self) -> bool:
        """Whether its path, or the first word of its name or summary, says that something changes or begins, or
        that something is made without proof of who it is for: ``/generate-root``, ``/auth/start``."""
        parts = [words(part) for part in self.operation.path.split("/") if part and not part.startswith("{")]
        named = self.about & {*chain.from_iterable(parts)}
        first = {word for text in (self.operation.id or "", self.operation.summary) for word in words(text)[:1]}
        if named & (_CHANGES | _STARTS) or (first & _CHANGES and not (self.proves_person and logs_in(self.about))):
            return True
        who, secret = _PAIRED
        hands_out = bool(parts) and {*parts[-1]} <= _BEGINS | _SIGN_IN | _PLAIN  # "generate-token"
        proved = self.basic or (self.roles & secret and (hands_out or self.roles & who))
        return bool(named & _BEGINS) and not proved

    @cached_property
    def spoken(self) -> frozenset[str]:
        return self.named | set(words(self.operation.summary)[:3])

    @cached_property
    def about(self) -> frozenset[str]:
        """The words that say what it does: where a password goes in at ``…/login``, what is above says whose."""
        last = frozenset(words(self.operation.path.rstrip("/").rpartition("/")[2]))
        return last if self.proves_person and logs_in(last) else self.named

    @cached_property
    def signs_in(self) -> bool:
        return operation_signs_in(self.operation)

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
    def told(self) -> int:
        """How many of them are not headers, which say what system is meant."""
        return sum(not each.role and each.place != "header" for each in self.inputs)

    @cached_property
    def takes_secret(self) -> bool:
        if credentials(self.inputs) or not self.signs_in:
            return credentials(self.inputs)
        return "password" in self.roles or any(each.role == "api_secret" and each.required for each in self.inputs)

    @cached_property
    def proves_person(self) -> bool:
        """It takes a password, or a key with its secret, under a sign-in path."""
        return self.signs_in and ("password" in self.roles or {"api_key", "api_secret"} <= self.roles)

    @cached_property
    def basic(self) -> bool:
        """It takes HTTP Basic, by its own header or by a scheme that most others do not use, or need not."""
        if self.takes_secret or not self.named_login:
            return False
        if any(basic_header(each) for each in self.inputs):
            return True
        named = {name for option in self.operation.security or () for name in option}
        basic = {name for name in named if is_basic(self.candidates.schemes.get(name, {}))}
        # Where basic and a token are alternatives everywhere, it is exchanged where nothing else is, or for a token.
        clear = named == basic or bool(self.token or self.header)
        exchanged = clear and self.signs_in and self.operation.method == "POST"
        return bool(basic) and self.candidates.uses(basic, self.operation, needed=exchanged) < 0.5

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
    def exchanges(self) -> bool:
        """It exchanges something for "the access token of header X-Session": that is a login, whatever it takes."""
        return self.operation.method != "GET" and any(each.mentioned for each in self.promised)

    @cached_property
    def wants_code(self) -> bool:
        """It exchanges the code of a redirect (RFC 6749, 4.1.3), and nothing else is said of it."""
        grants = grants_of(self.inputs) & GRANTS
        if not grants and "grant" in self.roles:
            grants = self.candidates.flows_at(self.operation)
        if grants or "password" in self.roles:
            return bool(grants) and not grants & {"client_credentials", "password"}
        text = f"{self.operation.summary}\n{self.operation.description}"
        text += "".join(f"\n{each.description}" for each in self.inputs)
        return bool(_CODE.search(text)) and not _OTHER_GRANT.search(text)

    # -------------------------------------------------------------------------------------------------- what it answers

    @cached_property
    def token(self) -> Token | None:
        """The token in the answer."""
        taken = {
            words(name) for (_, name), (_, count) in self.candidates.taken.items() if count > 1 and takes_token(name)
        }
        token = find_token(self.document, self.operation, taken) or self._standard_token()
        if token is not None and token.rank >= _FOREIGN and self.keeps_cookie:
            token = None  # that of another service, next to the cookie of the session
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
            known = plain in TOKEN_PARAMETERS and plain != ("authentication",)
            if known or (self.proves_person and plain[-1:] == ("token",) and token_rank(name) is not None):
                return name
        return None

    @cached_property
    def keeps_cookie(self) -> bool:
        """Whether operations take a cookie, or the description says that the session is one."""
        secured = [option for each in self.candidates.operations for option in each.security or ()]
        if any(self.candidates.is_cookie(name) for option in secured for name in option):
            return True
        answer = self.operation.success()
        told = f"{self.operation.summary}\n{self.operation.description}\n{answer.description if answer else ''}"
        return bool(_COOKIE.search(told))

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

    @cached_property
    def untyped(self) -> bool:
        """It takes a password under a sign-in path, and its answer declares nothing of a session: what it returns is
        looked for at first use."""
        if self.token or self.header or self.cookie or self.promised:
            return False
        statuses = {one.status[:1] for one in self.operation.responses}
        if statuses and not statuses & {"2", "3", "d"}:
            return False
        if self.operation.method == "GET" and not (self.spoken & _ASKS_IN or logs_in(self.spoken)):
            return False  # it reads sessions or tokens
        if has_other_token(self.document, self.operation):
            return False
        keys = [each for each in self.inputs if each.role == "api_key" or each.name.lower() == "authorization"]
        if any(map(self.candidates.is_common, keys)):
            return False  # it checks a password for a caller who is let in by a key
        return (
            (self.proves_person or (self.signs_in and self.basic))
            and self.operation.method != "PUT"
            and (self.others <= _MOST_OTHERS or logs_in(self.about))
        )

    # ---------------------------------------------------------------------------------------------- what else it may be

    @cached_property
    def replaced(self) -> bool:
        """A deprecated login counts only where a password goes in."""
        return self.operation.deprecated and (self.operation.method == "GET" or "password" not in self.roles)

    @cached_property
    def of_a_record(self) -> bool:
        """Its path ends in a placeholder; only who logs in with a password, or by what, may be named there."""
        last = self.operation.path.rpartition("/")[2]
        if not last.endswith("}"):
            return False  # "/auth-methods/{id}:authenticate" names what is done with it
        users = {f"{{{each.name}}}" for each in self.inputs if each.place == "path" and each.role in _WHO}
        named = last in users or ("user" in self.roles and {*words(last)} & WAYS)
        return not (self.named_login and named and "password" in self.roles)

    @cached_property
    def creates_account(self) -> bool:
        """It creates somebody or something that may log in afterwards: "Sign up", "Create a new managed account", not
        "Create an account token"."""
        texts = (self.operation.summary, self.operation.description)
        phrases = [words(re.split(r"[(,.;:\n]", text[:200].strip())[0]) for text in texts]
        names = [words(self.operation.id or ""), *map(words, self.operation.path.split("/"))]
        signs_up = any(pair in _SIGN_UP for spoken in (*names, phrases[0]) for pair in pairwise(spoken))
        return signs_up or any(map(_creates_account, (*phrases, names[0])))

    @cached_property
    def echoes(self) -> bool:
        """The answer's token is what goes in: a member of the same name, next to more than who asks."""
        if self.token is None or "password" in self.roles or ("user" in self.roles and self.others < 2):
            return False
        last = words(self.token.path.rpartition(".")[2])
        return any(words(each.name) == last for each in self.inputs)

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
    def sets_password(self) -> bool:
        """It takes a password twice, or an old and a new one."""
        named = [spoken for each in self.inputs if "password" in (spoken := {*words(each.name)})]
        return len(named) > 1 and any(spoken & _TWICE for spoken in named)

    @cached_property
    def creates_key(self) -> bool:
        """It creates an API key or a personal access token, which lasts until somebody deletes it."""
        if "api_key" in self.roles:
            return False
        called = (words(self.operation.path.rpartition("/")[2]), words(self.operation.id or ""))
        made = words(re.split(r"[(,.;:\n]", self.operation.summary[:200].strip())[0])
        texts = (*called, made if made[:1] and made[0] in _MAKES else ())
        return any(
            {singular(first), singular(second)} in _LASTING for text in texts for first, second in pairwise(text)
        )

    @cached_property
    def only_key(self) -> bool:
        """It takes nothing but a key, and what it returns may be anything."""
        if not self.roles <= {"api_key", ""} or self.promised or self.untyped or (self.basic and self.signs_in):
            return False
        return self.token is None or self.operation.method == "GET"


def operation_signs_in(operation: Operation) -> bool:
    """Whether the end of an operation's path, or its id, says that somebody signs in."""
    parts = [part for part in operation.path.split("/") if part and (not part.startswith("{") or ":" in part)]
    ends = [words(re.sub(r"\{[^{}]*\}", " ", part)) for part in parts[-2:]]
    if any(map(_signs_in, (words(operation.id or ""), *ends[-1:]))):
        return True
    # "/auth/local", "/authenticate/user": in a folder for it, unless it is the collection of users there.
    if len(ends) < 2 or not {*ends[0]} <= _SIGN_IN:
        return False
    return (logs_in(ends[0]) and ends[1] == ("user",)) or not {singular(word) for word in ends[1]} & _PEOPLE


def _signs_in(spoken: Sequence[str]) -> bool:
    """Whether a name is that of signing in, or of a session or token and nothing more ("payment session")."""
    named = {*spoken[: spoken.index("with") if "with" in spoken else None]}
    return logs_in(named) or (bool(named & _SIGN_IN) and named <= _SIGN_IN | _PLAIN)


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
    Row(RULES_OUT, "its name is about something else", lambda c: c.about & OTHER_WORDS),
    Row(RULES_OUT, "its path names a record", lambda c: c.of_a_record),
    Row(
        RULES_OUT,
        "nothing that it takes proves who asks",
        lambda c: not (c.takes_secret or c.basic or c.keyed or c.exchanges),
    ),
    Row(RULES_OUT, "nothing calls it a login", lambda c: not c.named_login),
    Row(RULES_OUT, "its name is that of a change", lambda c: c.changes),
    Row(RULES_OUT, "it creates an account", lambda c: c.creates_account),
    Row(RULES_OUT, "it wants a code that a browser brings", lambda c: c.wants_code),
    Row(
        RULES_OUT,
        "it answers no token",
        lambda c: not (c.token or c.header or c.cookie or c.promised or c.untyped),
    ),
    Row(RULES_OUT, "it answers the token that it takes", lambda c: c.echoes),
    Row(RULES_OUT, "it sets a password", lambda c: c.sets_password),
    Row(RULES_OUT, "it creates a key that lasts", lambda c: c.creates_key),
    Row(RULES_OUT, "the token is a record that stays", lambda c: c.keeps_tokens),
    Row(RULES_OUT, "it takes only a key, and answers no clear token", lambda c: c.only_key),
    Row(10, "it is a POST", lambda c: c.operation.method == "POST"),
    Row(10, "a person's password goes in", lambda c: c.proves_person),
    Row(-3, "it takes other inputs", lambda c: min(c.others, 5)),
    Row(-12, "its answer does not declare a token", lambda c: c.untyped),
    Row(-20, "its path takes an argument", lambda c: "{" in c.operation.path),
    Row(-15, "it is for administrators", lambda c: "admin" in c.named),
)
