"""The authorization endpoint (OAuth 2.1, 3.1): check, log in, ask, and hand out a code.

Nothing is kept between these steps: the request stays in the URL, and is checked again at each of them.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit

import orjson

from adaptgen.govern.identity.own_tokens import begin_time, ended_keys, is_ended
from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest
from adaptgen.model.frozen import value
from adaptgen.model.tables import Caller
from adaptgen.runtime.core.seals import Seals
from adaptgen.runtime.store.protocol import Store
from adaptgen.web.browser.idp import Identity
from adaptgen.web.browser.pages import form_of, page, pairs_of, problem, spoken
from adaptgen.web.browser.people import IDENTIFIED
from adaptgen.web.oauth import redirects
from adaptgen.web.oauth.client_documents import Crowded
from adaptgen.web.oauth.clients import OFFLINE, Client
from adaptgen.web.oauth.codes import Authorized, Codes
from adaptgen.web.oauth.metadata import scopes_of
from adaptgen.web.oauth.protocol import OAuth2Error, ProtocolServer, request_of
from adaptgen.web.oauth.server import Context, about_client, repeated
from adaptgen.web.oauth.tokens import wants_refresh

PATH: Final = "/oauth/authorize"
LONGEST: Final = 3800
"""Characters of the parameters: they travel through the login as a URL of ours."""
_STATE: Final = 2000
_QUOTES: Final = dict.fromkeys(map(ord, '"«»“”„‟‹›″‶〝〞〟＂❝❞🙶🙷🙸'), "'")
"""Quotation marks, with which a name could end the quotation in which it is shown and go on in our words."""
_ASKING: Final = frozenset({"consent", "login", "select_account"})
"""Values of ``prompt`` (OpenID Connect Core, 3.1.2.1) with which the person is asked whatever is remembered."""


@value()
class Asked:
    """A request that was checked. ``again``: the person is asked, whatever is remembered."""

    client: Client
    redirect_uri: str
    state: str | None
    scope: str
    challenge: str
    again: bool


class AuthorizationEndpoint:
    """Answers ``/oauth/authorize``."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def answer(self, request: HttpRequest) -> HttpAnswer:
        """The answer to one request: a page, or the way to the provider or back to the client."""
        if request.method not in ("GET", "POST"):
            return HttpAnswer(405, {"allow": "GET, POST"})
        pairs = pairs_of(request.query)
        if pairs is not None:
            pairs = [(name, text) for name, text in pairs if name != IDENTIFIED]
        if pairs is None or max(len(request.query), len(urlencode(pairs))) > LONGEST:  # it travels as we write it
            return _wrong("Its parameters are malformed, or too long.")
        asked = await self._check(pairs, request.source)
        if isinstance(asked, HttpAnswer):
            return asked
        people = self._context.people
        found = await people.identified(request)
        if found is None:
            if request.method == "POST":
                return problem(
                    403,
                    "This login has ended",
                    "It was used already, or it took longer than 10 minutes. Nothing was done.",
                    "Go back to your client, and connect again.",
                )
            return await people.log_in(request, f"{PATH}?{urlencode(pairs)}", keep=True)
        if request.method == "POST":
            return await self._decide(request, asked, found)
        context = self._context
        consents = Consents(context.store, context.person_seals, context.login.consent)
        refresh = _refreshable(asked, found)
        if not asked.again and await consents.given(
            found.caller, asked.client, asked.redirect_uri, asked.scope, refresh=refresh
        ):
            return await self._agree(request, asked, refresh=refresh, remembered=True)
        return self._ask(request, asked, found)

    # --------------------------------------------------------------------------------------------------------- check

    async def _check(self, pairs: list[tuple[str, str]], source: str) -> Asked | HttpAnswer:
        """The request. What is wrong with client or redirect URI is shown here: the browser must not be sent on. All
        else goes to the client (RFC 6749, 4.1.2.1)."""
        context = self._context
        given = {name: text for name, text in pairs if text}
        twice = repeated(pairs)
        if twice in ("client_id", "redirect_uri"):
            return _wrong("client_id or redirect_uri occurs more than once.")
        try:
            client = await context.client(given.get("client_id", ""), source)
        except Crowded:
            return problem(503, "Too many clients are connecting", "Nothing is wrong.", "Try again in a minute.")
        if client is None:
            return problem(
                400,
                "Unknown client",
                "The program that sent you here is not registered with this server, or its description cannot be read.",
                "Remove the connection in your client, and add it again.",
            )
        redirect_uri = given.get("redirect_uri") or client.get_default_redirect_uri() or ""
        if not client.check_redirect_uri(redirect_uri) or redirects.find_problem(redirect_uri, context.allowed):
            return _wrong("Its redirect URI is not registered for the client, or is not allowed here.")
        state = given.get("state")

        def fail(code: str, text: str) -> HttpAnswer:
            return self._refuse(redirect_uri, state, code, text)

        if twice is not None:
            code = "invalid_target" if twice == "resource" else "invalid_request"
            return fail(code, "A parameter occurs more than once.")
        if state is not None and len(state) > _STATE:
            state = None
            return fail("invalid_request", "The state is too long.")
        if "request" in given or "request_uri" in given:
            return fail("request_not_supported", "Request objects are not supported.")
        if given.get("response_mode", "query") != "query":
            return fail("invalid_request", "Only response_mode=query is supported.")
        try:
            url = f"{context.issuer}{PATH}"
            ProtocolServer(client).check_authorization(request_of("GET", url, given.items(), {}))
        except OAuth2Error as wrong:
            text = str(wrong.description or "") if wrong.error == "invalid_request" else ""
            return fail(str(wrong.error), text or "The request is not valid.")
        resource = given.get("resource")
        if resource is not None and not context.names_us(resource):
            return fail("invalid_target", "The resource is not this server.")
        prompt = frozenset(given.get("prompt", "").split())
        if "none" in prompt:
            # Whether the provider would ask something is not known before it does.
            return fail("login_required", "The person has to log in.")
        asked_scopes = given.get("scope", "").split()
        scopes = [*scopes_of(context.settings), *([OFFLINE] if OFFLINE in asked_scopes else [])]
        return Asked(client, redirect_uri, state, " ".join(scopes), given["code_challenge"], bool(prompt & _ASKING))

    # ----------------------------------------------------------------------------------------------------------- ask

    def _ask(self, request: HttpRequest, asked: Asked, found: Identity) -> HttpAnswer:
        context = self._context
        person = context.people.person(request)
        assert person is not None  # else nobody would have been identified
        consents = Consents(context.store, context.person_seals, context.login.consent)
        refresh = _refreshable(asked, found)
        return page(
            "Allow access?",
            "consent",
            forms_to=[asked.redirect_uri],
            client=asked.client.name.translate(_QUOTES),
            verified=urlsplit(asked.client.client_id).netloc if asked.client.assured else "",
            host=redirects.place_of(asked.redirect_uri),
            local=not redirects.is_assured(asked.redirect_uri),
            resource=context.settings.listen.resource,
            name=found.name or found.caller.sub,
            refresh=refresh,
            access=spoken(context.login.access),
            remembered=spoken(context.login.consent) if consents.remembers(asked.redirect_uri) else "",
            token=context.people.form_token(person, _purpose(request, refresh=refresh)),
        )

    async def _decide(self, request: HttpRequest, asked: Asked, found: Identity) -> HttpAnswer:
        context = self._context
        fields = await form_of(request)
        person = context.people.person(request)
        refresh = _refreshable(asked, found)
        checked = person is not None and await context.people.check_form(
            request, person, _purpose(request, refresh=refresh), fields.get("token", "")
        )
        if not checked or fields.get("decision") not in ("allow", "deny"):
            return problem(
                403,
                "This form is no longer valid",
                "Nothing was done.",
                "Go back to your client, and connect again.",
            )
        consents = Consents(context.store, context.person_seals, context.login.consent)
        if fields["decision"] == "deny":
            await consents.forget(found.caller, asked.client, asked.redirect_uri)
            await context.people.identified(request, take=True)
            context.record("consent_denied", found.caller, about_client(asked.client))
            return self._refuse(asked.redirect_uri, asked.state, "access_denied", "The user denied access.")
        answer = await self._agree(request, asked, refresh=refresh)
        await consents.remember(found.caller, asked.client, asked.redirect_uri, asked.scope, refresh=refresh)
        return answer

    async def _agree(
        self, request: HttpRequest, asked: Asked, *, refresh: bool, remembered: bool = False
    ) -> HttpAnswer:
        """A code. ``refresh``: as the page said; ``remembered``: nobody was asked this time."""
        context = self._context
        found = await context.people.identified(request, take=True)
        if found is None:  # another request was faster
            return problem(
                403, "This login has ended", "It was used already.", "Go back to your client, and connect again."
            )
        held = Authorized(
            asked.client.client_id,
            asked.redirect_uri,
            asked.challenge,
            asked.scope,
            refresh,
            found.caller,
            found.upstream,
        )
        about = about_client(asked.client)
        context.record("consent", found.caller, {**about, "remembered": True} if remembered else about)
        code = await Codes(context.store, context.person_seals).issue(held)
        return self._back(asked.redirect_uri, asked.state, {"code": code})

    def _refuse(self, redirect_uri: str, state: str | None, code: str, text: str) -> HttpAnswer:
        """An error for the client. Anyone may register any host, and links here look like ours: nobody is sent there
        who has not agreed to it, unless the settings name the host or the scheme (RFC 9700, 4.11.2). A program on the
        person's machine that listens expects what anybody sends it; what a URL does that opens an app is the app's to
        say."""
        back = self._back(redirect_uri, state, {"error": code, "error_description": text})
        if self._context.allowed or redirects.is_loopback_uri(redirect_uri):
            return back
        denied = code == "access_denied"
        said = "You denied access." if denied else f"Your client sent an invalid request: {text}"
        title, host = "Access was not granted", redirects.host_of(redirect_uri)
        return page(title, "going_back", 200 if denied else 400, text=said, host=host, url=back.headers["location"])

    def _back(self, redirect_uri: str, state: str | None, parameters: Mapping[str, str]) -> HttpAnswer:
        """Back to the client; who answers is part of it (RFC 9207)."""
        more = {**parameters, **({"state": state} if state is not None else {}), "iss": self._context.issuer}
        # 303, so that what a form held is not sent on (RFC 9700, 4.12). What the URI has already stays as written.
        joint = "&" if urlsplit(redirect_uri).query else "" if redirect_uri.endswith("?") else "?"
        location = f"{redirect_uri}{joint}{urlencode(more)}"
        headers = {"location": location, "cache-control": "no-store", "referrer-policy": "no-referrer"}
        return HttpAnswer(303, headers)


class Consents:
    """What people have agreed to, so that they are not asked each time. Only where the code goes to one party alone: on
    the person's own machine any program may get it (RFC 8252, 8.6). Each is for one person, one ``client_id`` and one
    host: another client, also one with the same name, asks anew. So does who wants more than was agreed to: another
    scope, or to stay logged in."""

    def __init__(self, store: Store, seals: Seals, seconds: float) -> None:
        self._store = store
        self._seals = seals
        self._seconds = seconds

    async def given(self, caller: Caller, client: Client, redirect_uri: str, scope: str, *, refresh: bool) -> bool:
        """Whether this person has agreed before, and no operator has ended it since."""
        if not self.remembers(redirect_uri):
            return False
        found = await self._store.get(self._key(caller, client, redirect_uri))
        if found is None:
            return False
        since, agreed, lasting = orjson.loads(found)
        if time.time() - since >= self._seconds:  # the settings may be shorter than they were
            return False
        if agreed != scope or (refresh and not lasting):
            return False
        marks = ended_keys(person=(caller.tenant, caller.sub), client=client.client_id)
        ended = [await self._store.get(one) for one in marks]
        return not any(is_ended(one, since) for one in ended)

    async def remember(self, caller: Caller, client: Client, redirect_uri: str, scope: str, *, refresh: bool) -> None:
        """Remember that this person has agreed, where that may be."""
        if self.remembers(redirect_uri):
            since = await begin_time(self._store, (caller.tenant, caller.sub), client.client_id)
            key = self._key(caller, client, redirect_uri)
            await self._store.put(key, orjson.dumps([since, scope, refresh]), ttl=self._seconds)

    async def forget(self, caller: Caller, client: Client, redirect_uri: str) -> None:
        """This person no longer agrees."""
        await self._store.delete(self._key(caller, client, redirect_uri))

    def remembers(self, redirect_uri: str) -> bool:
        """Whether people who agree to send a code there are not asked again."""
        return self._seconds > 0 and redirects.is_assured(redirect_uri)

    def _key(self, caller: Caller, client: Client, redirect_uri: str) -> str:
        parts = (caller.tenant, caller.sub, client.client_id, redirects.host_of(redirect_uri))
        return f"oauth/consent/{self._seals.name('consent', repr(parts))}"


def _refreshable(asked: Asked, found: Identity) -> bool:
    """Whether the client stays logged in while the person is away: it wants to, and the provider can be asked again."""
    return found.renewable and wants_refresh(asked.client, frozenset(asked.scope.split()))


def _purpose(request: HttpRequest, *, refresh: bool) -> str:
    """What a form of the consent page is for: this request and no other, and what the page said of it."""
    return f"consent {'lasting ' if refresh else ''}{hashlib.sha256(request.query.encode()).hexdigest()}"


def _wrong(text: str) -> HttpAnswer:
    help = "Update your client, or report this to its vendor."
    return problem(400, "Your client sent an invalid request", text, help)
