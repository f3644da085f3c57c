"""Who uses a browser: they log in at the identity provider, and a sealed cookie remembers them.

Nothing is stored for somebody who has not logged in: what a login needs on its way travels in a sealed cookie of the
same browser, so that an answer that arrives in another browser is refused.
"""

from __future__ import annotations

import base64
import logging
import secrets
import time
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson

from adaptgen.govern.identity.claims import caller_of, caller_value, login_source
from adaptgen.govern.identity.http_fetch import Fetch
from adaptgen.govern.identity.own_tokens import begin_time, ended_keys, is_ended
from adaptgen.govern.settings.model import LOGIN_CALLBACK
from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest
from adaptgen.model.frozen import lazy, value
from adaptgen.model.tables import Caller, Json
from adaptgen.net.addresses import is_loopback, read_host, split_url
from adaptgen.runtime.core.caches import LruCache
from adaptgen.web.browser.cookies import Cookies
from adaptgen.web.browser.idp import Identity, IdentityProvider, ProviderError, Refused
from adaptgen.web.browser.pages import fields_of, problem, redirect
from adaptgen.web.routes import base_url, same_origin

if TYPE_CHECKING:
    from adaptgen.govern.pipeline.assemble import GovernedServer
    from adaptgen.govern.settings.model import Settings
    from adaptgen.runtime.core.seals import Seals

_log = logging.getLogger("adaptgen.web")

CALLBACK: Final = LOGIN_CALLBACK
WAIT: Final = 600.0
"""Seconds that a person may take to log in, and for which an identity waits for the route that wanted it."""
IDENTIFIED: Final = "identified"
"""The parameter of ``back`` that names an identity."""
_SESSION: Final = "session"
_TRANSACTION: Final = "login-"
_AT_ONCE: Final = 4
"""Logins that one browser has under way; the oldest give way."""
_TRIES: Final = 5
"""Answers with which a browser may come back from one login: its first request may be lost, or the provider away. Each
process counts them, for nothing is stored for somebody who has not logged in."""
_TRANSACTIONS: Final = 10_000
_LONG: Final = 1500
"""Bytes of an identity above which it is compressed: lists of groups are long."""
_STATE: Final = lazy(r"[A-Za-z0-9_-]{32}")
_BACK: Final = lazy(r"/(?![/\\])[!-\[\]-~]{0,4000}")
"""A path of ours with its query: no backslash, which browsers read as a slash, nothing unseen."""


@value()
class Person:
    """Who is logged in with this browser. ``caller``: as a token of theirs would give it. ``name``: for display, ""
    where unknown; never used to decide. ``since``, ``ends``: seconds since the epoch. ``session``: different for each
    login, also of the same person; never shown."""

    caller: Caller
    name: str
    since: float
    ends: float
    session: str = ""


class People:
    """The people of one server. The settings may change while it runs: they are asked each time."""

    def __init__(self, governed: GovernedServer) -> None:
        self._governed = governed
        self._requests = Fetch()
        self._provider: tuple[object, IdentityProvider] | None = None
        self._tries: LruCache[str, int] = LruCache(_TRANSACTIONS)
        governed.on_close(self._requests.aclose)

    @property
    def base(self) -> str:
        """Where the pages lie; see :func:`adaptgen.web.routes.base_url`."""
        return base_url(self._settings.listen.resource)

    @property
    def provider(self) -> IdentityProvider:
        """The identity provider of the settings in effect."""
        settings = self._settings
        known = (settings.login, settings.authenticate, settings.upstreams)
        if self._provider is None or self._provider[0] != known:
            self._provider = known, IdentityProvider(settings, self._requests)
        return self._provider[1]

    def person(self, request: HttpRequest) -> Person | None:
        """Who is logged in with the browser that sends this; None for nobody, no longer, or somebody whom the kill
        switch cuts off."""
        found = self._held(request)
        return None if found is None or self._cuts(found.caller) else found

    async def without_ended(self, request: HttpRequest) -> HttpRequest:
        """The request, without a login that began before operators ended what the person had (StoreError)."""
        found = self._held(request)
        if found is None:
            return request
        [key] = ended_keys(person=(found.caller.tenant, found.caller.sub))
        ended = await self._governed.store.get(key)
        return Cookies(self.base).without(request, _SESSION) if is_ended(ended, found.since) else request

    def _held(self, request: HttpRequest) -> Person | None:
        text = Cookies(self.base).get(request, _SESSION)
        held = self._seals.open("login.session", text, bound=self._bound()) if text else None
        if held is None:
            return None
        about = _unpacked(held)
        return Person(caller_of(about["caller"]), about["name"], about["since"], _number(held["exp"]), about["id"])

    async def log_in(self, request: HttpRequest, back: str, *, keep: bool = False) -> HttpAnswer:
        """Send the browser to the identity provider; afterwards it comes back to ``back``: a path of this server as
        routes see it, with its query.

        ``keep``: the route wants the :class:`~adaptgen.web.browser.idp.Identity` with its ``upstream``, as
        ``/oauth/authorize`` does. Then ``back`` comes with one more parameter, and :meth:`identified` returns the
        identity to a request with it. That happens also if somebody is logged in already: the provider is asked now.

        The answer to a form is a page that says so, with a link to ``back``: begin there with a GET.
        """
        path, _, query = back.partition("?")
        rest = "&".join(one for one in query.split("&") if one and not one.startswith(f"{IDENTIFIED}="))
        back = f"{path}?{rest}" if rest else path
        back = back if _BACK.fullmatch(back) else "/login/out"
        held = self._held(request)
        if held is not None and self._cuts(held.caller):
            return _cut_off()
        if request.method == "POST":  # browsers would follow a redirect of a form to places in its policy alone
            text = "Your login has ended, so nothing was done."
            return problem(403, "You are not logged in", text, again=self.base + back)
        if self._is_other_name(request):
            return redirect(self.base + back)  # the provider will send the browser there, with the cookies of there
        return await self._begin(request, back, keep=keep)

    async def identified(self, request: HttpRequest, *, take: bool = False) -> Identity | None:
        """The identity for which :meth:`log_in` was called with ``keep``: within 10 minutes, in the same browser, by
        the parameter of its URL. None otherwise: log in (again). ``take``: it is used, and will not be there again;
        of several that take it one gets it.

        A page that asks something first (consent) leaves it, and takes it when the answer comes: a form without
        ``action`` is sent to the URL of its page, which has the parameter.
        """
        handle = fields_of(request.query).get(IDENTIFIED, "")
        person = self.person(request)
        if not handle or person is None:
            return None
        key = self._key("identity", handle)
        kept = await self._governed.store.get(key)
        held = self._seals.open("login.identity", kept.decode(), bound=person.session.encode()) if kept else None
        if held is None or (take and not await self._governed.store.swap(key, kept, None)):
            return None
        about = _unpacked(held)
        token = about["upstream"].get("access", "")
        return Identity(caller_of(about["caller"], token), about["name"], about["upstream"])

    def form_token(self, person: Person, purpose: str) -> str:
        """The value of the hidden field ``token`` of a form of this person. ``purpose``: what the form does, and to
        what (``connections.disconnect/crm``)."""
        return self._seals.seal(f"form {purpose}", {}, max(person.ends - time.time(), 1), bound=person.session.encode())

    async def check_form(self, request: HttpRequest, person: Person, purpose: str, token: str) -> bool:
        """Whether a form was sent by this person from a page of this server: a POST of our own origin, with a token of
        :meth:`form_token` for the same login and purpose. The login is looked at once more, as the fields of a form may
        come half a minute after its head (StoreError)."""
        if request.method != "POST" or not same_origin(request, self.base):
            return False
        if self._seals.open(f"form {purpose}", token, bound=person.session.encode()) is None:
            return False
        return self.person(await self.without_ended(request)) is not None

    def log_out(self, request: HttpRequest) -> tuple[str, ...]:
        """The cookies that end the login of this browser."""
        return Cookies(self.base).end(request, _SESSION)

    async def finish(self, request: HttpRequest) -> HttpAnswer:
        """Answer the browser that comes back from the identity provider."""
        answer = fields_of(request.query)
        cookies, state = Cookies(self.base), answer.get("state", "")
        name = _transaction_name(state)
        text = cookies.get(request, name)
        begun = self._seals.open("login.transaction", text, bound=self._bound()) if text else None
        if "error" in answer and not _STATE.fullmatch(state):  # some providers refuse without state; anyone can say so
            return problem(
                400,
                "You are not logged in",
                "The identity provider refused the login.",
                "Go back to where you started, and try again. If it happens again, ask the administrators of the "
                "identity provider whether you may use this server.",
            )
        if begun is None or begun.get("state") != state:
            return problem(
                400,
                "This login cannot continue",
                "It was started in another browser, it was used already, or it took longer than 10 minutes.",
                "Go back to where you started, and try again.",
            )
        back, keep = str(begun["back"]), begun.get("keep") is True
        ended = cookies.end(request, name)
        provider = self.provider
        tried = self._tries.get(state) or 0
        if tried >= _TRIES:  # each of them makes this server ask the provider
            return _with(_refused("This login was tried too often.", self.base + back), ended)
        self._tries.put(state, tried + 1)
        try:
            found = await provider.identify(answer, begun, self.base + CALLBACK)
            if isinstance(found, Refused):
                return _with(_refused(found.why, self.base + back), ended)
            if not await self._governed.store.add(self._key("used", state), b"1", ttl=WAIT):
                return _with(_refused("This login was used already.", self.base + back), ended)
            if keep and not found.renewable and not begun.get("again") and await provider.wants_consent():
                return _with(await self._begin(request, back, keep=True, again=True), ended)
        except ProviderError as failure:
            return _with(_unavailable(failure, self.base + back), ended)
        if self._cuts(found.caller):
            return _with(_cut_off(), ended)
        before = self.person(request)
        same = before is not None and before.caller.key == found.caller.key
        session = before.session if same and before is not None else secrets.token_urlsafe(16)
        try:
            made = cookies.set(_SESSION, await self._session(found, session), self._browser)
        except ValueError:
            text = "Your identity has more groups and claims than a browser can keep."
            help = "Tell the operators of this server: authenticate.caller names the groups and claims that are used."
            return _with(problem(403, "You cannot log in", text, help), ended)
        if keep:
            back = await self._keep(found, session, back)
        return redirect(self.base + back, *made, *ended)

    # -------------------------------------------------------------------------------------------------------- inside

    @property
    def _settings(self) -> Settings:
        return self._governed.settings

    @property
    def _seals(self) -> Seals:
        found = self._governed.handler.parts.seals
        assert found is not None
        return found

    @property
    def _browser(self) -> float:
        assert self._settings.login is not None
        return self._settings.login.browser

    def _bound(self) -> bytes:
        """What a cookie is good for: this server, this provider, and the way from its claims to callers."""
        return repr((self.base, login_source(self._settings))).encode()

    def _is_other_name(self, request: HttpRequest) -> bool:
        """Whether the browser came to this machine by another name of it (localhost). Elsewhere nobody can say: what
        forwards requests may give them another host."""
        try:
            ours = split_url(self.base).hostname
        except ValueError:
            return False
        theirs = read_host(request.headers.get("host"))
        if ours is None or theirs is None:
            return False
        return theirs != ours and is_loopback(ours) and is_loopback(theirs)

    def _cuts(self, caller: Caller) -> bool:
        switch = self._governed.handler.parts.switch
        return switch is not None and switch.cuts(caller)

    def _key(self, what: str, name: str) -> str:
        return f"login:{what}:{self._seals.name(f'login.{what}', name)}"

    async def _begin(self, request: HttpRequest, back: str, *, keep: bool, again: bool = False) -> HttpAnswer:
        try:
            url, begun = await self.provider.begin(self.base + CALLBACK, offline=keep, consent=again)
        except ProviderError as failure:
            return _unavailable(failure, self.base + back)
        about: dict[str, Json] = {**begun, "back": back, "keep": keep, "again": again}
        text = self._seals.seal("login.transaction", about, WAIT, bound=self._bound())
        cookies = Cookies(self.base)
        name = _transaction_name(str(begun["state"]))
        under_way = list(dict.fromkeys(one[: len(name)] for one in cookies.names(request, _TRANSACTION)))
        new = cookies.set(name, text, WAIT)
        # The login to the pages gives way last: there will be another one soon.
        old = cookies.make_room(request, [*under_way, _SESSION], new, least=len(under_way) - _AT_ONCE + 1)
        return redirect(url, *old, *new)

    async def _session(self, found: Identity, session: str) -> str:
        since = await begin_time(self._governed.store, (found.caller.tenant, found.caller.sub))
        about = {"caller": caller_value(found.caller), "name": found.name, "since": since, "id": session}
        return self._seals.seal("login.session", _packed(about), self._browser, bound=self._bound())

    async def _keep(self, found: Identity, session: str, back: str) -> str:
        handle = secrets.token_urlsafe(16)
        about = {"caller": caller_value(found.caller), "name": found.name, "upstream": dict(found.upstream)}
        text = self._seals.seal("login.identity", _packed(about), WAIT, bound=session.encode())
        await self._governed.store.put(self._key("identity", handle), text.encode(), ttl=WAIT)
        return f"{back}{'&' if '?' in back else '?'}{IDENTIFIED}={handle}"


def people_of(governed: GovernedServer) -> People:
    """The people of a server: the same object for all its routes."""
    if People not in governed.web:
        governed.web[People] = People(governed)
    found: People = governed.web[People]
    return found


def _packed(about: Mapping[str, Any]) -> dict[str, Json]:
    data = orjson.dumps(about)
    return {"z": base64.b85encode(zlib.compress(data, 9)).decode()} if len(data) > _LONG else {"v": dict(about)}


def _unpacked(held: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = held["v"] if "v" in held else orjson.loads(zlib.decompress(base64.b85decode(held["z"])))
    return found


def _number(found: Json) -> float:
    assert isinstance(found, int)
    return float(found)


def _transaction_name(state: str) -> str:
    return f"{_TRANSACTION}{state[:12] if _STATE.fullmatch(state) else 'none'}"


def _with(answer: HttpAnswer, cookies: tuple[str, ...]) -> HttpAnswer:
    answer.cookies += cookies
    return answer


def _refused(why: str, again: str) -> HttpAnswer:
    help = "If it happens again, ask the administrator of this server to read its log."
    return problem(403, "You are not logged in", why, help, again=again)


def _cut_off() -> HttpAnswer:
    return problem(403, "Your access is switched off", "The operators of this server have done this. Ask them why.")


def _unavailable(failure: ProviderError, again: str) -> HttpAnswer:
    _log.warning("nobody can log in: %s", failure)
    return problem(
        503,
        "Nobody can log in now",
        "You were not logged in, because this server's identity provider is not responding correctly.",
        "Try again in a minute. The log of this server has the reason.",
        again=again,
    )
