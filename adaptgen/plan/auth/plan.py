"""How calls authenticate: by the hints, by a login chain found in the document, by its declared security schemes, by
an ordinary parameter that takes a key, or, where nothing is declared, by the credentials in the environment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from adaptgen.diagnostics import Diagnostic
from adaptgen.model.plan import Evidence, Variable
from adaptgen.model.tables import Auth, Send, Server, calls_of
from adaptgen.plan.auth import AuthPlan
from adaptgen.plan.auth.consent import offered_flows
from adaptgen.plan.auth.field_roles import answer_leaves, jsonpath
from adaptgen.plan.auth.hints import hinted
from adaptgen.plan.auth.login_chain import Chain, LoginReport, find_logins
from adaptgen.plan.auth.origins import Places
from adaptgen.plan.auth.security_schemes import (
    PLACES,
    SendPlace,
    basic_send,
    before,
    identifier,
    name_of_kind,
    place_of,
    reference,
    scheme_word,
    schemes,
    static,
    unserved_auths,
    variable,
)
from adaptgen.plan.document.base_urls import Bases, find_bases
from adaptgen.syntax.identifiers import vocabulary, words
from adaptgen.syntax.json_pointer import escape
from adaptgen.syntax.templates import references
from adaptgen.syntax.token_names import OTHER_TOKEN, is_csrf, takes_token

if TYPE_CHECKING:
    from adaptgen.plan.document.reader import Operation
    from adaptgen.source import Document
    from adaptgen.source.hints.model import Hints


def find_auth(
    document: Document, operations: Sequence[Operation], hints: Hints, name: str, bases: Bases | None = None
) -> AuthPlan:
    """How the calls of server ``name`` authenticate.

    Hinted auth takes the place of all inference and serves every operation that is not declared public. No credential
    goes to an origin that is not its own; see :mod:`adaptgen.plan.auth.origins`.

    Raises:
        AdaptgenError: for hints that cannot be carried out (AG031, AG033, AG034, AG035, AG036, AG037).
    """
    places = Places(document, hints, bases or find_bases(document, hints, operations, name))
    if hints.auth:
        plan = hinted(document, operations, hints, name)
    else:
        certificate = bool(hints.connection and hints.connection.client_cert)
        plan = _Inference(document, operations, name, places, certificate).plan()
    return _finish(_at_home(plan, operations, places), operations, name)


def _declared(auth: Auth, because: str, pointer: str = "") -> Evidence:
    return Evidence(auth.name, "auth", auth.kind, because, pointer, "document")


def _assumed(name: str, because: str) -> Evidence:
    return Evidence(name, "auth", "credentials from the environment", because, basis="default")


class _Inference:
    def __init__(
        self, document: Document, operations: Sequence[Operation], name: str, places: Places, certificate: bool
    ) -> None:
        """``certificate``: connections present one of a client, which is what mutual TLS wants."""
        self.places, self.certificate = places, certificate
        # By pointer, so that the order of keys in the document decides nothing.
        self.document, self.operations, self.name = document, sorted(operations, key=lambda one: one.pointer), name
        self.schemes = schemes(document)
        self.logins = find_logins(document, operations, name)
        self.chain = self.completed(self.logins.chain)
        self.made: dict[str, Auth | None] = {}
        keys = [one for one in self.schemes.values() if str(one.get("type")).lower() == "apikey"]
        self.alone = len(keys) <= 1
        self.alike: dict[tuple[tuple[Send, ...], str], Auth] = {}
        self.taken: set[str] = set()

    def completed(self, chain: Chain | None) -> Chain | None:
        """``chain`` with the headers that most operations require and whose value its login answers (a user's id)."""
        if chain is None:
            return None
        auth, (first, *rest) = chain.auth, chain.auth.chain
        leaves = {_plain_words(leaf.name): leaf.path for leaf in answer_leaves(self.document, chain.login)}
        where = chain.parameter
        taking = [each for each in self.operations if self.takes(each, where)] if where else self.operations
        for name in self.usual_headers(taking):
            path, key = leaves.get(_plain_words(name)), "_".join(_plain_words(name))
            if path and key not in first.save and all(send.name.lower() != name.lower() for send in auth.send):
                first = replace(first, save={**first.save, key: jsonpath(path)})
                auth = replace(auth, chain=(first, *rest), send=(*auth.send, Send("header", name, f"{{{key}}}")))
        return replace(chain, auth=auth)

    def plan(self) -> AuthPlan:
        chain = self.chain
        auths: dict[str, Auth] = {chain.auth.name: chain.auth} if chain else {}
        login = dict.fromkeys(chain.operations, chain.auth.name) if chain else {}
        declared = any(self.asks(operation) for operation in self.operations)
        unapplied = not declared and bool(self.schemes)
        extra = None if declared or chain else self.parameter_auth() or self.fallback(unapplied)
        found = {
            operation.pointer: self.of(operation, auths, extra, declared)
            for operation in self.operations
            if operation.pointer not in login
        }
        by_operation = {pointer: names for pointer, names in found.items() if names}
        unsaid = self.unsaid(by_operation, login) if declared else {}
        by_operation |= unsaid
        absorbed = self.credentials(by_operation, auths, extra)
        used = {name for names in by_operation.values() for name in names}
        evidence = list(self.evidence(used, unsaid))
        if extra and extra.name in used:
            auths[extra.name] = extra
            evidence.append(self.because(extra, unapplied))
        evidence += [
            _declared(auth, "it cannot be served: nothing is sent")
            for auth in auths.values()
            if auth.kind == "unserved"
        ]
        used |= set(login.values())
        kept = tuple(auth for name, auth in auths.items() if name in used)
        report = LoginReport(self.document, self.logins, self.name, [*self.made_for(by_operation)])
        return AuthPlan(
            kept, by_operation, login, absorbed, (), (*evidence, *report.evidence()), (),
            (*report.diagnostics(), *self.not_served(kept, by_operation)),
            frozenset(unsaid), report.instead(), report.likely(),
        )  # fmt: skip

    def credentials(
        self, by_operation: dict[str, tuple[str, ...]], auths: dict[str, Auth], extra: Auth | None
    ) -> dict[tuple[str, str, str], str]:
        """Parameters that are credentials though another scheme serves their operation: (pointer, place, name) -> the
        auth in whose place they are. One that the operation requires gets an auth of its own."""
        keys = {placed: name for name, scheme in self.schemes.items() if (placed := place_of(scheme)) is not None}
        usual, every = self.usual_headers(self.operations), {**auths, **({extra.name: extra} if extra else {})}
        absorbed: dict[tuple[str, str, str], str] = {}
        for operation in self.operations:
            names = by_operation.get(operation.pointer, ())
            sent = {(send.place, send.name.lower()) for name in names for send in every[name].send}
            for one in operation.parameters:
                place = PLACES.get(one.place)
                if not names or place is None or (place, one.name.lower()) in sent:
                    continue
                scheme = keys.get((place, one.name))
                if place == "cookie" and not one.required and (takes_token(one.name) or is_csrf(one.name)):
                    scheme = scheme or one.name
                own = self.auth(scheme) if scheme in self.schemes else None
                own = own or usual.get(one.name if place == "header" else "")
                if own is not None and one.required and own.name not in names:
                    names = by_operation[operation.pointer] = (*names, own.name)
                    auths[own.name] = every[own.name] = own
                elif scheme is not None and not one.required:
                    absorbed[operation.pointer, one.place, one.name] = names[0]
        return absorbed

    def usual_headers(self, operations: Sequence[Operation]) -> dict[str, Auth]:
        """Headers that most of the operations require and that are called a user's id, a token or a key."""
        counts = Counter(
            one.name
            for operation in operations
            for one in operation.parameters
            if one.place == "header" and one.required and words(one.name)[-2:] and _is_key(one.name)
        )
        usual = [name for name, count in counts.items() if count > 1 and count * 2 > len(operations)]
        return {
            name: Auth(
                name=identifier(name), kind="api_key",
                send=(Send("header", name, reference(self.name, "_".join(_plain_words(name)).upper())),),
            )
            for name in usual
        }  # fmt: skip

    def made_for(self, by_operation: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
        """The declared schemes that operations use."""
        used = {name for names in by_operation.values() for name in names}
        yield from (scheme for scheme, auth in self.made.items() if auth is not None and auth.name in used)

    def not_served(self, auths: Iterable[Auth], by_operation: Mapping[str, tuple[str, ...]]) -> Iterator[Diagnostic]:
        """What declared schemes cannot be served, and where they are wanted (AG028)."""
        lacking = {auth.name for auth in auths if auth.kind == "unserved"}
        for scheme, node in self.schemes.items() if lacking else ():
            if (name := self.unserved_auths[scheme].name) not in lacking:
                continue
            wanting = sum(name in names for names in by_operation.values())
            who = "1 operation wants" if wanting == 1 else f"{wanting} operations want"
            message = f"{who} {scheme!r}, which is {name_of_kind(node)} and cannot be served: no credential is sent"
            token = reference(self.name, "TOKEN")
            help = f'where the API takes a token as well, write auth: {{{name}: {{kind: bearer, token: "{token}"}}}}'
            if self.is_mutual_tls(scheme):
                help = "write connection: {client_cert: FILE}, a certificate with its key in PEM"
            where = self.document.where(f"#/components/securitySchemes/{escape(scheme)}")
            yield Diagnostic("AG028", message, where, help, "warning")

    def evidence(self, used: Set[str], unsaid: Mapping[str, tuple[str, ...]]) -> Iterator[Evidence]:
        """Why the login and the declared schemes are used, and what is sent where nothing is declared."""
        if chain := self.chain:
            yield Evidence(chain.auth.name, "login", chain.login.key, chain.because, chain.login.pointer)
        if unsaid:
            names = next(iter(unsaid.values()))
            because = f"{len(unsaid)} operations declare no security, and there is one way in"
            yield Evidence(names[0], "auth", "sent there too", because)
        offered = {one.scheme for one in offered_flows(self.document)}
        for scheme, auth in self.made.items():
            if auth is not None and auth.name in used:
                pointer = f"#/components/securitySchemes/{scheme}"
                own = "; each caller could connect an account of its own: grant: authorization_code, per: caller"
                because = f"the scheme {scheme!r} is declared{own if scheme in offered else ''}"
                yield _declared(auth, because, pointer)

    def unsaid(self, known: Mapping[str, tuple[str, ...]], login: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
        """Operations whose security nobody declares, with the one way into their origin; none where it has several."""
        ways: dict[str, set[tuple[str, ...]]] = {}
        for one in self.operations:
            if one.pointer in known:
                ways.setdefault(self.places.of(one), set()).add(known[one.pointer])
        found = {}
        for one in self.operations:
            into = ways.get(self.places.of(one), set())
            if one.pointer in known or one.pointer in login or one.security == () or len(into) != 1:
                continue
            if self.chain and self.chain.parameter:
                continue  # who does not declare the parameter says so
            found[one.pointer] = next(iter(into))
        return found

    def because(self, auth: Auth, unapplied: bool) -> Evidence:
        if unapplied and not auth.optional:
            return _declared(auth, "a scheme is declared")
        if unapplied:
            return Evidence(auth.name, "auth", auth.kind, "schemes are declared, but no operation names one")
        if auth.optional and len(auth.send) > 1:
            return _assumed(auth.name, "the document says nothing about security")
        send = auth.send[0]
        return Evidence(auth.name, "auth", auth.kind, f"most operations take {send.place} parameter {send.name!r}")

    # --------------------------------------------------------------------------------------------- one operation

    def asks(self, operation: Operation) -> bool:
        """Whether the operation names a scheme that the document has; ``{}`` and names of none say nothing."""
        return any(scheme in self.schemes for option in operation.security or () for scheme in option)

    def of(self, operation: Operation, auths: dict[str, Auth], extra: Auth | None, declared: bool) -> tuple[str, ...]:
        if operation.security and self.asks(operation):
            return self.best(operation.security, auths)
        public = operation.security == () and (declared or bool(self.schemes))
        if public:
            return ()
        if (
            self.chain
            and (self.chain.parameter is None or self.takes(operation, self.chain.parameter))
            and not declared
        ):
            return (self.chain.auth.name,)
        if self.chain and self.chain.parameter and self.takes(operation, self.chain.parameter):
            return (self.chain.auth.name,)
        return (extra.name,) if extra else ()

    def takes(self, operation: Operation, parameter: tuple[str, str]) -> bool:
        return any(_same(one.place, one.name, *parameter) for one in operation.parameters)

    def best(self, options: Sequence[Mapping[str, Any]], auths: dict[str, Auth]) -> tuple[str, ...]:
        """The names of the alternative that asks least of a person."""
        ranked: list[tuple[int, int, tuple[Auth, ...]]] = []
        for index, option in enumerate(options):
            wanted = [scheme for scheme in sorted(option) if not (self.certificate and self.is_mutual_tls(scheme))]
            if option and not wanted:
                return ()  # the connection shows who is calling
            found = [self.auth(scheme) for scheme in wanted]
            if not found or any(one is None for one in found):
                continue
            usable = tuple(one for one in found if one is not None)
            ranked.append((sum(map(self.cost, usable)), index, usable))
        if not ranked:
            return self.unserved(next(iter(options)), auths)
        served: dict[tuple[Send, ...], Auth] = {}
        for auth in min(ranked, key=lambda one: one[:2])[2]:
            # Two schemes that send the same (OAuth 2.0 by two flows) are satisfied by one.
            served.setdefault(auth.send or (Send("cookie", auth.name, ""),), auth)
        for auth in served.values():
            auths.setdefault(auth.name, auth)
        return tuple(auth.name for auth in served.values())

    @cached_property
    def unserved_auths(self) -> Mapping[str, Auth]:
        return unserved_auths(self.schemes)

    def unserved(self, option: Iterable[str], auths: dict[str, Auth]) -> tuple[str, ...]:
        """The names of what stands for the schemes of ``option`` that cannot be served: no credential is sent in
        their place, as the schemes next to them would not do alone (OpenAPI 3.1, 4.8.30)."""
        lacking = [scheme for scheme in sorted(option) if scheme in self.schemes and self.auth(scheme) is None]
        made = [self.unserved_auths[scheme] for scheme in lacking]
        auths |= {auth.name: auth for auth in made}
        return tuple(auth.name for auth in made)

    def is_mutual_tls(self, scheme: str) -> bool:
        return str(self.schemes.get(scheme, {}).get("type")).lower() == "mutualtls"

    def cost(self, auth: Auth) -> int:
        if self.chain and auth is self.chain.auth:
            return 30
        if auth.chain:
            return 50 if any(str(param.value) == "client_credentials" for param in _params(auth)) else 70
        if auth.kind == "api_key":
            return {"header": 20, "query": 22}.get(auth.send[0].place, 65)
        return {"bearer": 40, "basic": 60, "oauth2": 80}.get(auth.kind, 90)

    def auth(self, scheme_name: str) -> Auth | None:
        """The auth that serves a declared scheme: the chain's where its token goes there."""
        chain = self.chain
        if chain and (chain.serves == scheme_name or scheme_name in chain.also):
            return chain.auth
        if scheme_name not in self.made:
            scheme = self.schemes.get(scheme_name)
            made = static(self.document, self.name, scheme_name, scheme, alone=self.alone) if scheme else None
            if made is not None and (made.name in self.taken or (chain and made.name == chain.auth.name)):
                made = replace(made, name=f"{made.name}_{len(self.taken) + 1}")
            if made is not None:
                # Of those that log in and send the same the first.
                made = self.alike.setdefault((made.send, repr(made.chain)), made)
                self.taken.add(made.name)
            self.made[scheme_name] = made
        return self.made[scheme_name]

    # ------------------------------------------------------------------------------------------ nothing declared

    def parameter_auth(self) -> Auth | None:
        """A key that most operations take as an ordinary parameter."""
        counts: Counter[tuple[SendPlace, str]] = Counter()
        required: Counter[tuple[SendPlace, str]] = Counter()
        described: dict[tuple[SendPlace, str], Mapping[str, Any]] = {}
        for operation in self.operations:
            for one in operation.parameters:
                said = tuple(word for word in words(one.name) if word != "x")
                place = PLACES.get(one.place)
                if place is not None and (said in _KEY_PARAMETERS or said[-2:] in _KEY_ENDS):
                    counts[(place, one.name)] += 1
                    required[(place, one.name)] += one.required
                    described.setdefault((place, one.name), {"description": one.description})
        enough = [key for key, count in counts.items() if count * 2 >= len(self.operations)]
        if not enough:
            return None
        best = max(enough, key=lambda key: (counts[key], key))
        home, key = best
        optional = required[best] * 2 < counts[best]
        if key.lower() == "authorization":
            word = scheme_word("", described[best])
            if word.lower() == "basic":
                return Auth(name="basic", kind="basic", send=(basic_send(self.name),), optional=optional)
            template = f"{before(word)}{reference(self.name, 'TOKEN')}"
            return Auth(name="bearer", kind="bearer", send=(Send("header", key, template),), optional=optional)
        token = {"token", "session", "jwt"} & set(words(key))
        template = reference(self.name, "TOKEN" if token else "API_KEY")
        return Auth(name=identifier(key), kind="api_key", send=(Send(home, key, template),), optional=optional)

    def fallback(self, unapplied: bool) -> Auth | None:
        """Credentials from the environment: a declared scheme that no operation names, or any of the usual
        credentials."""
        if unapplied:
            ranked = [
                (self.cost(auth), index, auth) for index, name in enumerate(self.schemes) if (auth := self.auth(name))
            ]
            if ranked:
                best = min(ranked, key=lambda one: one[:2])[2]
                return best if best.chain else replace(best, optional=True)
            return next(iter(self.unserved_auths.values()))
        return optional_auth(self.name)


def _plain_words(name: str) -> tuple[str, ...]:
    return tuple(word for word in words(name) if word != "x")


_OTHER_KEY = OTHER_TOKEN | vocabulary(
    "idempotency partition routing sort row range shard cache object correlation transaction message primary foreign"
)


def _is_key(name: str) -> bool:
    spoken = _plain_words(name)
    ends = spoken[-2:] == ("user", "id") or spoken[-1:] in {("token",), ("key",)}
    return ends and not {*spoken} & _OTHER_KEY


_KEY_ENDS = {("api", "key"), ("subscription", "key"), ("auth", "token"), ("access", "token")}
_KEY_PARAMETERS = {
    ("api", "key"), ("key",), ("access", "key"), ("token",), ("auth", "token"), ("access", "token"), ("api", "token"),
    ("authorization",), ("subscription", "key"), ("app", "key"), ("jwt",),
    ("session", "token"), ("session", "id"), ("auth", "key"), ("security", "token"), ("user", "token"), ("user", "key"),
    ("secret", "key"), ("client", "key"), ("auth",),
}  # fmt: skip


def optional_auth(name: str) -> Auth:
    """For documents that say nothing about security: the first of a token, a user with a password and an API key that
    the environment of server ``name`` holds; none of them is sent where none is set."""
    return Auth(
        name="credentials",
        kind="bearer",
        send=(
            Send("header", "Authorization", f"Bearer {reference(name, 'TOKEN')}"),
            basic_send(name),
            Send("header", "X-API-Key", reference(name, "API_KEY")),
        ),
        optional=True,
    )


def _params(auth: Auth) -> list[Any]:
    return [param for login in auth.chain for param in (login.call.body.params if login.call.body else ())]


def _same(place: str, name: str, other_place: str, other: str) -> bool:
    return place == other_place and (name.lower() == other.lower() if place == "header" else name == other)


def _finish(plan: AuthPlan, operations: Sequence[Operation], name: str) -> AuthPlan:
    """The parameters that the auths send, and the variables that they read."""
    by_name = {auth.name: auth for auth in plan.auths}
    absorbed: dict[tuple[str, str, str], str] = dict(plan.absorbed)
    for operation in operations:
        names = plan.by_operation.get(operation.pointer, ())
        for auth_name in names:
            for send in by_name[auth_name].send:
                for one in operation.parameters:
                    if _same(one.place, one.name, send.place, send.name):
                        absorbed.setdefault((operation.pointer, one.place, one.name), auth_name)
    read = {env for auth in (*plan.auths, *plan.instead) for env in _env_of(auth) | _beginnings(auth)}
    variables = {env: variable(env, name) for env in sorted(read)}
    shared = ("redis", "dynamodb", "state")
    if any(auth.store in shared and (auth.chain or auth.refresh or auth.consent) for auth in plan.auths):
        # The settings of governance may give both.
        where = Variable("ADAPTGEN_STORE_URL", "where processes share sessions", required=False, secret=True)
        key = Variable("ADAPTGEN_CURSOR_KEY", "32 bytes in base64 that seal sessions and cursors", False, True)
        variables |= {one.name: one for one in (where, key)}
    for base in plan.bases:
        if base.env:
            purpose = f"base URL of the calls that log in, instead of {base.url}"
            variables[base.env] = Variable(base.env, purpose, required=False)
    return replace(plan, absorbed=absorbed, variables=tuple(variables.values()))


def _beginnings(auth: Auth) -> set[str]:
    """The variables of what a session may begin with in the place of its login."""
    return _named(auth.start.values()) if auth.chain else set()


def optional_variables(server: Server) -> frozenset[str]:
    """The variables that a server can do without: what a session may begin with in the place of its login, credentials
    that are optional, and addresses that are known. An address that only the document names is needed as soon as a
    credential is, which goes nowhere before a person has named the address."""
    needed: set[str] = set()
    spare: set[str] = set()
    for auth in (*server.auth, *server.instead):
        beginnings = _beginnings(auth)
        needed |= set() if auth.optional else _env_of(auth) - beginnings
        spare |= beginnings | _env_of(auth)
    reached = {call.base for tool in server.tools if tool.auth for call in calls_of(tool)}
    reached |= {login.call.base for auth in server.auth for login in auth.chain}
    unnamed = reached if needed - server.credentials.keys() else set()
    for base in server.bases:
        is_needed = not base.url or (base.name in unnamed and base.url in server.declared)
        (needed if is_needed else spare).update({base.env} - {""})
    return frozenset(spare - needed)


def _at_home(plan: AuthPlan, operations: Sequence[Operation], places: Places) -> AuthPlan:
    """``plan`` without the credentials that would go to an origin that is not theirs."""
    by_name = {auth.name: auth for auth in plan.auths}
    # What reads the same variables is the same credential.
    owner = {
        name: name if auth.chain or auth.refresh or auth.consent else " ".join(sorted(_env_of(auth))) or name
        for name, auth in by_name.items()
    }
    homes = places.homes(operations, {key: {owner[one] for one in names} for key, names in plan.by_operation.items()})
    kept: dict[str, tuple[str, ...]] = {}
    away: dict[str, list[str]] = {}
    for operation in operations:
        names = plan.by_operation.get(operation.pointer, ())
        here = places.of(operation)
        stays = tuple(name for name in names if homes[owner[name]] == here)
        if stays:
            kept[operation.pointer] = stays
        if any(not by_name[name].optional for name in names if name not in stays):
            away.setdefault(here, []).append(operation.key)
    used = {name for names in kept.values() for name in names} | set(plan.login_operations.values())
    auths = plan.auths if not away else tuple(auth for auth in plan.auths if auth.name in used or auth.chain)
    found = [places.not_sent(place, keys) for place, keys in sorted(away.items())]
    return replace(plan, auths=auths, by_operation=kept, diagnostics=(*plan.diagnostics, *found))


def _env_of(auth: Auth) -> set[str]:
    logins = (*auth.chain, *((auth.refresh,) if auth.refresh else ()))
    templates: list[Any] = [send.as_ for send in auth.send] + ([] if auth.chain else list(auth.start.values()))
    if auth.sign is not None:
        templates += [auth.sign.region, auth.sign.role]
    if (consent := auth.consent) is not None:
        templates += [consent.authorization_url, consent.client_id, consent.issuer, *consent.params.values()]
        logins += tuple(login for login in (consent.exchange, consent.revoke) if login is not None)
    for login in logins:
        templates += [send.as_ for send in login.send]
        body = login.call.body
        params = [*login.call.path_params, *login.call.query, *login.call.headers, *login.call.cookies]
        params += [*body.params, *((body.whole,) if body.whole else ())] if body else []
        templates += [param.value for param in params] + [login.call.path]
    return _named(templates)


def _named(templates: Iterable[Any]) -> set[str]:
    """The environment variables in templates."""
    return {one.name for template in templates for one in references(template) if one.kind == "env"}
