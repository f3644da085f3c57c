"""Auth as the hints say it: sessions with a chain of calls, and the short forms for keys, Basic, tokens and OAuth."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from adaptgen.diagnostics import Diagnostic, error
from adaptgen.model.plan import Evidence
from adaptgen.model.tables import Auth, Call, Expires, Login, Refused, Send, SigV4
from adaptgen.plan.auth import AuthPlan
from adaptgen.plan.auth.consent import Consents
from adaptgen.plan.auth.hinted_calls import HintedCalls, Keys
from adaptgen.plan.auth.login_chain import ends_session, find_chain, find_logins
from adaptgen.plan.auth.security_schemes import (
    exchange_session,
    identifier,
    oauth2_session,
    reference,
    schemes,
    static,
)
from adaptgen.plan.document.reader import Operation
from adaptgen.syntax.templates import placeholders

if TYPE_CHECKING:
    from adaptgen.source import Document
    from adaptgen.source.hints.model import AuthHint, Hints, LoginHint, SendHint


def hinted(document: Document, operations: Sequence[Operation], hints: Hints, name: str) -> AuthPlan:
    """The auths of the hints. One whose name is a declared security scheme, as the document writes it or as ``build``
    shows it, serves the operations that ask for that scheme; the others serve every operation that is not public.

    Raises:
        AdaptgenError: as in ``find_auth``.
    """
    reader = _Reader(document, operations, hints, name)
    auths = tuple(reader.auth(key, hint) for key, hint in hints.auth.items())
    by_operation: dict[str, tuple[str, ...]] = {}
    anywhere = any(one.security for one in operations)
    for operation in operations:
        if operation.pointer in reader.served:
            continue
        public = operation.security == () and anywhere
        if not public:
            by_operation[operation.pointer] = tuple(auth.name for auth in _named(operation, auths) or auths)
    served = [one for one in operations if reader.consents.calls(one)]
    reader.notes += _left_out(document, served, hints, auths, by_operation)
    logins = find_logins(document, operations, name)
    learned = hints.learned is not None and hints.auth is hints.learned.auth
    authenticating = [*logins.others, *(chain.login.pointer for chain in (logins.chain, logins.instead) if chain)]
    evidence = tuple(
        Evidence(
            auth.name,
            "login" if auth.chain or auth.refresh else "auth",
            auth.kind,
            "learned by trying" if learned else reader.because.get(auth.name, "the hints say so"),
            basis="learned" if learned else "hint",
        )
        for auth in auths
    )
    return AuthPlan(
        auths=auths,
        by_operation=by_operation,
        login_operations={**reader.ended(auths), **reader.served},
        evidence=evidence,
        bases=tuple(reader.calls.bases.values()),
        diagnostics=tuple(reader.notes),
        likely=dict.fromkeys(authenticating, "it logs in; a hint can make it a tool"),
    )


def _named(operation: Operation, auths: Sequence[Auth]) -> Sequence[Auth]:
    """The auths with the names of schemes that the operation asks for. Where two of them are sent in one place, those
    of one way in: the first that lacks the fewest."""
    ways = [(option, set(option) | {identifier(one) for one in option}) for option in operation.security or ()]
    known = [([auth for auth in auths if auth.name in names], len(option)) for option, names in ways]
    named = [auth for auth in auths if any(auth in way for way, _ in known)]
    places = [place for auth in named for place in _places(auth)]
    if len(places) == len(set(places)):
        return named
    return min((way for way in known if way[0]), key=lambda way: way[1] - len(way[0]))[0]


def _left_out(
    document: Document,
    operations: Sequence[Operation],
    hints: Hints,
    auths: Sequence[Auth],
    by_operation: Mapping[str, tuple[str, ...]],
) -> Iterator[Diagnostic]:
    """Warnings of credentials that operations declare next to the accounts of callers, or in their place, and that
    the hints leave out: as soon as there are hints of logins, nothing else is sent."""
    declared = schemes(document)
    if {auth.name for auth in auths if auth.consent is not None}.isdisjoint({*declared, *map(identifier, declared)}):
        return  # what has a name of its own may stand for any of them
    needed = {
        scheme: {(place, made.kind == "basic") for place in _places(made)}
        for scheme, node in declared.items()
        if (made := static(document, "", scheme, node, alone=False)) is not None
    }
    found: dict[tuple[str, ...], list[str]] = {}
    for one in operations:
        own = [auth for auth in auths if auth.name in by_operation.get(one.pointer, ())]
        sent = {(place, auth.kind == "basic") for auth in own for place in _places(auth)}
        ways = [tuple(sorted(name for name in way if needed.get(name, set()) - sent)) for way in one.security or ()]
        if sent and ways and all(ways):
            found.setdefault(min(ways, key=len), []).append(one.key)
    for names, keys in found.items():
        more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
        message = f"{keys[0]}{more}: the document asks for {' and '.join(map(repr, names))}, which the hints leave out"
        help = f"add {' and '.join(map(identifier, names))} to auth; with per: caller and ask: true it is each caller's"
        yield Diagnostic("AG039", message, hints.where("auth"), help, "warning")


def _places(auth: Auth) -> set[tuple[str, str]]:
    return {(send.place, send.name.lower() if send.place == "header" else send.name) for send in auth.send}


class _Reader:
    def __init__(self, document: Document, operations: Sequence[Operation], hints: Hints, name: str) -> None:
        self.document, self.operations, self.hints, self.name = document, operations, hints, name
        self.calls = HintedCalls(document, operations, hints, name)
        self.served = self.calls.served
        self.consents = Consents(document, operations, hints, name)
        self.notes: list[Diagnostic] = []
        self.kept_cookies: frozenset[str] = frozenset()
        self.because: dict[str, str] = {}

    def ended(self, auths: Sequence[Auth]) -> dict[str, str]:
        """The operations that would end a session that an operation of this document begins: as in an inferred chain
        they are not tools, unless a hint calls them."""
        first = {auth: pointer for pointer, auth in reversed(self.served.items())}
        sessions = {auth.name: first[auth.name] for auth in auths if auth.chain and auth.name in first}
        logins = {one.pointer: one for one in self.operations}
        return {
            one.pointer: auth
            for one in self.operations
            for auth, login in reversed(sessions.items())
            if ends_session(one, logins[login])
        }

    def auth(self, name: str, hint: AuthHint) -> Auth:
        keys: Keys = ("auth", name)
        kind = hint.kind
        if kind == "session":
            return self.session(name, hint, keys)
        known = frozenset({"access", "refresh"} if kind in ("oauth2", "exchange") else ()) | self.caller(hint)
        known |= frozenset({"key"} if hint.ask else ())
        send = self.sends(hint.send, known, (*keys, "send"))
        if (hint.grant == "authorization_code" or hint.ask) and hint.store == "memory":
            self.transient(name, keys)
        if hint.grant == "authorization_code":
            self.because[name] = "the hints say so; each caller connects an account of its own"
            return replace(self.consents.account(name, hint, keys, send), refused=self.refused(hint))
        if hint.ask:
            self.because[name] = "the hints say so; each caller enters its own"
        if kind == "oauth2":
            return self.oauth2(name, hint, keys, send)
        if kind == "exchange":
            return self.exchange(name, hint, keys, send)
        if kind == "sigv4":
            sign = SigV4(
                service=hint.service or "execute-api", region=hint.region or "", role=hint.role or "", tags=hint.tags
            )
            return Auth(name=name, kind=kind, send=send, sign=sign, per=hint.per, refused=self.refused(hint))
        if kind == "basic" and hint.ask:
            made = Send("header", "Authorization", "{key}", basic=True)
        elif kind == "basic":
            who, word = (
                hint.username or reference(self.name, "USERNAME"),
                hint.password or reference(self.name, "PASSWORD"),
            )
            made = Send("header", "Authorization", f"{who}:{word}", basic=True)
        elif kind == "bearer":
            token = "{key}" if hint.ask else hint.token or reference(self.name, "TOKEN")
            made = Send("header", "Authorization", f"Bearer {token}")
        else:
            made = self.key(hint, keys)
        self.check(made.as_, known, keys)
        return Auth(
            name=name, kind=kind, send=send or (made,), refused=self.refused(hint), store=hint.store, per=hint.per,
            consent=self.consents.key(hint) if hint.ask else None,
        )  # fmt: skip

    def caller(self, hint: AuthHint) -> frozenset[str]:
        """The name under which templates mention the caller, where they may."""
        return frozenset({"caller"} if hint.per == "caller" else ())

    def key(self, hint: AuthHint, keys: Keys) -> Send:
        value = "{key}" if hint.ask else hint.value or reference(self.name, "API_KEY")
        if hint.header:
            return Send("header", hint.header, value)
        if hint.query:
            return Send("query", hint.query, value)
        if hint.cookie:
            return Send("cookie", hint.cookie, value)
        raise error("AG031", "an API key needs the place it goes to", self.hints.where(*keys), "add header: X-API-Key")

    def oauth2(self, name: str, hint: AuthHint, keys: Keys, send: tuple[Send, ...]) -> Auth:
        assert hint.grant != "authorization_code"
        grant = hint.grant or "client_credentials"
        if not hint.token_url:
            raise error("AG031", "OAuth 2.0 needs a token_url", self.hints.where(*keys), "add token_url: https://…")
        made = oauth2_session(
            self.name, name, grant, hint.token_url,
            client_id=hint.client_id, client_secret=hint.client_secret, username=hint.username,
            password=hint.password, scopes=hint.scopes, audience=hint.audience, refresh_token=hint.refresh_token,
        )  # fmt: skip
        if made.start and hint.store == "memory":
            self.forgotten(f"every renewal of {name!r} may change what it starts from", keys)
        return Auth(
            name=name, kind="oauth2", send=send or made.send, chain=made.chain, refresh=made.refresh,
            start=made.start, refused=self.refused(hint), store=hint.store, per=hint.per,
        )  # fmt: skip

    def exchange(self, name: str, hint: AuthHint, keys: Keys, send: tuple[Send, ...]) -> Auth:
        if not hint.token_url:
            raise error("AG031", "an exchange needs a token_url", self.hints.where(*keys), "add token_url: https://…")
        made = exchange_session(
            self.name, name, hint.token_url, client_id=hint.client_id, client_secret=hint.client_secret,
            scopes=hint.scopes, audience=hint.audience, resource=hint.resource,
        )  # fmt: skip
        return replace(made, send=send or made.send, refused=self.refused(hint), store=hint.store)

    def forgotten(self, what: str, keys: Keys) -> None:
        """Warn of a refresh token that only the memory of one process holds."""
        message = f"{what}, which store: memory forgets at exit"
        help = "write store: file, or redis or dynamodb where several processes share it"
        self.notes.append(Diagnostic("AG039", message, self.hints.where(*keys, "store"), help, "warning"))

    def transient(self, name: str, keys: Keys) -> None:
        """Warn of accounts that only the memory of one process holds."""
        message = f"the accounts of {name!r} live in the memory of one process, and end with it"
        help = "leave store out: they are kept where the settings keep what processes share, else in files"
        self.notes.append(Diagnostic("AG039", message, self.hints.where(*keys, "store"), help, "warning"))

    def refused(self, hint: AuthHint) -> tuple[Refused, ...]:
        found = tuple(Refused(one.status, dict(one.body or {}), one.replay is not False) for one in hint.refused or ())
        return found or (Refused(401),)

    # ------------------------------------------------------------------------------------------------- sessions

    def session(self, name: str, hint: AuthHint, keys: Keys) -> Auth:
        if not hint.chain and hint.refresh is None:
            return self.taken_over(name, hint, keys)
        start = dict(hint.start or {})
        renewed = frozenset(hint.refresh.save or {}) if hint.refresh else frozenset()
        known = frozenset(start) | renewed | self.caller(hint)
        chain: list[Login] = []
        for index, one in enumerate(hint.chain or ()):
            if any(each.cookies for each in chain):
                self.kept_cookies = _cookies(self.calls.operations)
            chain.append(self.login(name, one, one.id or f"login{index + 1}", known, (*keys, "chain", index)))
            known |= frozenset(one.save or {})
        refresh = self.login(name, hint.refresh, "refresh", known, (*keys, "refresh")) if hint.refresh else None
        ids = {one.id for one in chain}
        then = tuple(hint.refresh.then or ()) if hint.refresh else ()
        for index, one_id in enumerate(then):
            if one_id not in ids:
                where = self.hints.where(*keys, "refresh", "then", index)
                raise error(
                    "AG037", f"the chain has no call {one_id!r}", where, f"known: {', '.join(sorted(ids)) or 'none'}"
                )
        return self.kept(hint, keys, Auth(
            name=name, kind="session", send=self.sends(hint.send, known, (*keys, "send")), chain=tuple(chain),
            start=start, refresh=refresh, then=then,
        ))  # fmt: skip

    def taken_over(self, name: str, hint: AuthHint, keys: Keys) -> Auth:
        """The session that the document shows, under the hint's name and with what else the hint says."""
        found = find_chain(self.document, self.operations, self.name)
        if found is None:
            message = "a session needs a chain of calls or a refresh: the document shows no login"
            raise error("AG031", message, self.hints.where(*keys), "add chain:")
        auth = found.auth
        start = {**auth.start, **(hint.start or {})}
        known = frozenset(start) | self.caller(hint) | {saved for one in auth.chain for saved in one.save}
        send = self.sends(hint.send, known, (*keys, "send")) or auth.send
        self.served.update(dict.fromkeys(found.operations, name))
        said = [key for key in ("per", "store", "start", "send", "refused") if getattr(hint, key) != _SILENT[key]]
        self.because[name] = f"{found.because}; the hints say {' and '.join(said) or 'its name'}"
        return self.kept(hint, keys, replace(auth, name=name, start=start, send=send))

    def kept(self, hint: AuthHint, keys: Keys, made: Auth) -> Auth:
        """``made`` with what the hint says of refusals, of whose it is and of where it lives."""
        name, refresh, start, store = made.name, made.refresh, made.start, hint.store
        if not made.send and not any(login.cookies for login in (*made.chain, *((refresh,) if refresh else ()))):
            help = (
                'add send: [{header: Authorization, as: "Bearer {access}"}], or cookies: keep to the call that logs in'
            )
            raise error("AG031", f"the session {name!r} sends nothing with its requests", self.hints.where(*keys), help)
        rotating = refresh is not None and placeholders(_templates(refresh.call)) & set(refresh.save) & set(start)
        if rotating and hint.per == "caller":
            raise error(
                "AG039", f"every caller would begin {name!r} with a token that the first one's renewal changes",
                self.hints.where(*keys, "start"), "begin with a chain: that logs in for the caller",
            )  # fmt: skip
        if rotating and store == "memory":
            self.forgotten(f"every renewal of {name!r} changes what it starts from", keys)
        return replace(made, refused=self.refused(hint), store=store, per=hint.per)

    def login(self, auth: str, hint: LoginHint, id: str, known: frozenset[str], keys: Keys) -> Login:
        values = dict(hint.with_ or {})
        self.check(values, known, (*keys, "with"))
        sends = self.sends(hint.send, known | frozenset(hint.save or {}), (*keys, "send"))
        beside = {name for one in sends for name in (one.name, one.name.lower(), one.name.title())}
        call = self.calls.call(auth, hint.call, values, keys, beside | self.kept_cookies)
        given = hint.expires
        expires = Expires(given.after, given.at, given.unit or "s") if given else None
        return Login(
            id=id,
            call=call,
            send=sends,
            save=dict(hint.save or {}),
            expires=expires,
            cookies=bool(hint.cookies),
        )

    def sends(self, hints: Sequence[SendHint] | None, known: frozenset[str], keys: Keys) -> tuple[Send, ...]:
        made = []
        for index, one in enumerate(hints or ()):
            self.check(one.as_, known, (*keys, index, "as"))
            made.append(Send(one.place, one.name, one.as_, only=one.only))
        return tuple(made)

    def check(self, value: Any, known: frozenset[str], keys: Keys) -> None:
        """Every ``{name}`` of a template is saved before, or there from the start."""
        for name in sorted(placeholders(value)):
            if name.partition(".")[0] not in known and name not in known:
                help = f"known here: {', '.join(sorted(known))}" if known else "nothing is saved before this"
                close = difflib.get_close_matches(name, known, 1)
                help = f"did you mean {close[0]!r}? {help}" if close else help
                raise error("AG037", f"nothing saves {name!r}", self.hints.where(*keys), help)


_SILENT: dict[str, Any] = {"per": "server", "store": "memory", "start": {}, "send": (), "refused": None}


def _cookies(operations: Sequence[Operation]) -> frozenset[str]:
    """The cookies that operations declare: those of a session come with it."""
    return frozenset(one.name for each in operations for one in each.parameters if one.place == "cookie")


def _templates(call: Call) -> list[Any]:
    params = [*call.path_params, *call.query, *call.headers, *call.cookies, *(call.body.params if call.body else ())]
    return [param.value for param in params]
