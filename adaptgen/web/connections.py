"""The pages where people connect their own accounts at the APIs behind this server, and take them back.

A link is for the caller whose call lacked the account: the person who opens it must be the same one (MCP
2025-11-25, Elicitation, Phishing). The way to the API and back is bound to the login of one browser and goes through
once. What a person enters, and what the API sends, is passed on to the server that keeps it, and shown nowhere.
"""

from __future__ import annotations

import secrets
from asyncio import gather
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote, urlsplit

from adaptgen.govern.pipeline.connection_links import LASTS, PATH, Ticket, make_ticket, read_ticket
from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest
from adaptgen.mcp.protocol import RpcError
from adaptgen.model.frozen import lazy, value
from adaptgen.model.tables import Json
from adaptgen.runtime.store.protocol import StoreError
from adaptgen.web.browser.login import form_refused
from adaptgen.web.browser.pages import fields_of, form_of, page, problem, short
from adaptgen.web.browser.people import Person, people_of

if TYPE_CHECKING:
    from adaptgen.govern.pipeline.assemble import GovernedServer
    from adaptgen.runtime.core.seals import Seals

CALLBACK: Final = f"{PATH}/callback"
"""Where APIs send people back to. Each has an address of its own below it, which operators register there: an answer
that arrives at another one comes from another authorization server (mix-up; RFC 9700, 4.4.2.2)."""
_LONGEST_KEY: Final = 8192
_ERROR: Final = lazy(r"[a-z_]{1,60}")
_REQUEST: Final = frozenset({"invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope"})
"""Codes that are about the request, which no person can correct at the API (RFC 6749, 4.1.2.1)."""
_AGAIN: Final = "Go back to your client and repeat the request there: it answers with a new link."
_OVER: Final = "It was made more than 10 minutes ago, or is incomplete."


@value()
class _Account:
    """One account of a person, as the server behind says. ``ask``: what its key is called."""

    server: str
    auth: str
    title: str
    kind: str
    connected: bool
    since: str
    ask: str
    permitted: bool
    link: str = ""
    token: str = ""

    @property
    def name(self) -> str:
        """What the list calls it: one API may have an account to log in to, and one with a key."""
        return f"{self.title} ({self.ask})" if self.kind == "api_key" else self.title


class ConnectionsRoute:
    """Answers ``/connections`` and what lies below."""

    def __init__(self, governed: GovernedServer) -> None:
        self._governed = governed
        self._people = people_of(governed)

    async def answer(self, request: HttpRequest) -> HttpAnswer:
        """The answer to one request."""
        rest = request.path.removeprefix(PATH).removeprefix("/")
        back = request.path.startswith(f"{CALLBACK}/")
        allowed = ("GET", "HEAD") if back else ("GET", "HEAD", "POST")
        if request.method not in allowed:
            return HttpAnswer(405, {"allow": ", ".join(allowed)})
        if "/" in rest and not back:
            return problem(404, "There is no such page", "This server has no page at this address.")
        person = self._people.person(request)
        try:
            if person is not None:
                await self._governed.handler.accounts.enter(person.caller)
            if back:
                return await self._finish(request, person)
            if person is None:
                if request.method == "POST":
                    return form_refused()
                return await self._people.log_in(request, request.path)
            if rest:
                return await self._connect(request, person, rest)
            return await self._list(request, person)
        except RpcError as refusal:
            ours = refusal.code == -32000
            text = refusal.message if ours else "The server of this account cannot answer now."
            return problem(403 if ours else 502, "Nothing was done", text, "Try again later.")
        except StoreError:
            return problem(503, "Nothing was done", "The shared state cannot be reached.", "Try again in a minute.")

    # ----------------------------------------------------------------------------------------------------------- list

    async def _list(self, request: HttpRequest, person: Person) -> HttpAnswer:
        """All accounts of a person, and what becomes of one that it disconnects."""
        note = ""
        if request.method == "POST":
            fields = await form_of(request)
            server, auth = fields.get("server", ""), fields.get("auth", "")
            if not await self._people.check_form(request, person, _disconnects(server, auth), fields.get("token", "")):
                return form_refused()
            result = await self._ask(person, server, {"action": "disconnect", "auth": auth})
            note = _disconnected(result)
        accounts, silent = await self._accounts(person)
        return page("Your accounts", "connections", name=person.name, accounts=accounts, silent=silent, note=note)

    async def _accounts(self, person: Person) -> tuple[list[_Account], list[str]]:
        """The accounts that a person has or may connect, and the servers that do not answer."""
        found: list[_Account] = []
        silent: list[str] = []
        servers = await self._governed.handler.accounts.servers(person.caller)
        names = sorted(servers)
        answers = await gather(*(self._accounts_at(person, one, servers) for one in names), return_exceptions=True)
        for server, said in zip(names, answers, strict=True):
            if isinstance(said, RpcError):
                if said.code != _NO_METHOD and servers[server]:
                    silent.append(server)
            elif isinstance(said, BaseException):
                raise said
            else:
                found += [one for one in said if one.connected or one.permitted]
        return found, silent

    async def _accounts_at(self, person: Person, server: str, servers: Mapping[str, bool]) -> list[_Account]:
        result = await self._governed.handler.accounts.ask(person.caller, server, {"action": "list"}, servers)
        rows = result.get("connections")
        return [
            self._account(person, server, servers[server], one)
            for one in (rows if isinstance(rows, list) else [])
            if isinstance(one, dict) and isinstance(one.get("auth"), str)
        ]

    def _account(self, person: Person, server: str, permitted: bool, row: Mapping[str, Json]) -> _Account:
        auth = str(row["auth"])
        ticket = make_ticket(self._seals, person.caller, server, auth)
        return _Account(
            server=server,
            auth=auth,
            title=short(row.get("title") or auth),
            kind=str(row.get("kind")),
            connected=row.get("connected") is True,
            since=str(row.get("since") or "")[:10],
            ask=short(row.get("ask") or "key"),
            permitted=permitted,
            link=f"{self._people.base}{PATH}/{ticket}",
            token=self._people.form_token(person, _disconnects(server, auth)),
        )

    # -------------------------------------------------------------------------------------------------------- connect

    async def _connect(self, request: HttpRequest, person: Person, text: str) -> HttpAnswer:
        """The page of a link, and the form that it sends."""
        ticket = read_ticket(self._seals, text)
        if ticket is None:
            return problem(410, "This link is no longer valid", _OVER, _AGAIN)
        if not ticket.belongs_to(person.caller):
            who = f"You are logged in as {short(person.name)}. " if person.name else ""
            return problem(
                403,
                "This link is for somebody else",
                f"{who}Only the person whose request created it can use it. "
                "If you have another account, log out and open the link again.",
            )
        fields = await form_of(request) if request.method == "POST" else {}
        if request.method == "POST" and not await self._people.check_form(
            request, person, _connects(ticket), fields.get("token", "")
        ):
            return form_refused()
        servers = await self._governed.handler.accounts.servers(person.caller)
        accounts = await self._accounts_at(person, ticket.server, servers) if servers.get(ticket.server) else []
        account = next((one for one in accounts if one.auth == ticket.auth), None)
        if account is None:
            return problem(404, "There is no such account", "It is gone, or you may no longer use its tools.")
        if request.method != "POST":
            # Also for one that is connected: the API may refuse its key, and the call then leads here again.
            return self._form(person, ticket, account)
        if account.kind == "api_key":
            return await self._take_key(person, ticket, account, fields.get("key", "").strip())
        return await self._begin(person, ticket)

    def _form(self, person: Person, ticket: Ticket, account: _Account, problem: str = "") -> HttpAnswer:
        token = self._people.form_token(person, _connects(ticket))
        title = f"Connect your account at {account.title}"
        return page(title, "connect", 400 if problem else 200, name=person.name, account=account, token=token,
                    problem=problem)  # fmt: skip

    async def _take_key(self, person: Person, ticket: Ticket, account: _Account, key: str) -> HttpAnswer:
        if not key or len(key) > _LONGEST_KEY or not key.isprintable():
            return self._form(person, ticket, account, "This is not a key.")
        result = await self._ask(person, ticket.server, {"action": "key", "auth": ticket.auth, "key": key})
        if result.get("connected") is True:
            return self._done(account.title)
        # The server's words may quote the API, and that what it was sent.
        return self._form(person, ticket, account, _text(result).replace(key, "…") or "The API refuses this key.")

    async def _begin(self, person: Person, ticket: Ticket) -> HttpAnswer:
        """Send the browser to the API. What is needed when it comes back is kept for this login of this browser."""
        state = secrets.token_urlsafe(24)
        callback = self._callback(ticket.server, ticket.auth)
        given = {"action": "begin", "auth": ticket.auth, "redirect_uri": callback, "state": state}
        result = await self._ask(person, ticket.server, given)
        url, sealed = result.get("url"), result.get("sealed")
        if not isinstance(url, str) or not isinstance(sealed, str) or not _is_url(url):
            text = _text(result) or "The server of this account cannot answer now."
            return problem(502, "Nothing was done", text, "Tell the operators of this server.")
        about: dict[str, Json] = {"server": ticket.server, "auth": ticket.auth, "sealed": sealed}
        held = self._seals.seal("connection state", about, LASTS, bound=_bound(person))
        await self._governed.store.put(self._key(state), held.encode(), ttl=LASTS)
        # Not a redirect: browsers apply form-action to all that follow a form, and an API may use hosts that nobody
        # knows here.
        answer = page("Continue at the API", "leaving", url=url, host=urlsplit(url).hostname)
        answer.headers["refresh"] = f"0; url={url}"
        return answer

    async def _finish(self, request: HttpRequest, person: Person | None) -> HttpAnswer:
        """The browser comes back from the API."""
        answer = fields_of(request.query)
        key = self._key(answer.get("state", ""))
        kept = await self._governed.store.get(key) if person is not None else None
        held = self._seals.open("connection state", kept.decode(), bound=_bound(person)) if kept and person else None
        if person is None or kept is None or held is None or not await self._governed.store.swap(key, kept, None):
            return problem(
                400,
                "This connection cannot continue",
                "It was started in another browser, it was used already, or it took longer than 10 minutes.",
                _AGAIN,
            )
        server, auth = str(held["server"]), str(held["auth"])
        if request.path != unquote(_callback_path(server, auth)):
            text = "The answer does not come from the API that was asked."
            return problem(400, "Your account is not connected", text, _AGAIN)
        if "error" in answer or not answer.get("code"):
            code = answer.get("error", "")
            said = f" The API says: {code}." if _ERROR.fullmatch(code) else ""
            if code in _REQUEST:
                text = f"The API does not accept what this server asks for.{said}"
                return problem(400, "Your account is not connected", text, "Tell the operators of this server.")
            return problem(400, "Your account is not connected", f"The API granted no access.{said}", _AGAIN)
        given: dict[str, Json] = {
            "action": "finish",
            "auth": auth,
            "redirect_uri": self._callback(server, auth),
            "sealed": held["sealed"],
            "code": answer["code"],
            "iss": answer.get("iss"),
        }
        result = await self._ask(person, server, given)
        if result.get("connected") is not True:
            return problem(400, "Your account is not connected", _text(result) or "The API granted no access.", _AGAIN)
        return self._done("")

    # --------------------------------------------------------------------------------------------------------- inside

    def _done(self, title: str) -> HttpAnswer:
        accounts = self._people.base + PATH
        return page("Your account is connected", "connected", title_of=title, accounts=accounts)

    def _callback(self, server: str, auth: str) -> str:
        return self._people.base + _callback_path(server, auth)

    @property
    def _seals(self) -> Seals:
        found = self._governed.handler.parts.seals
        assert found is not None
        return found

    def _key(self, state: str) -> str:
        return f"connections:state:{self._seals.name('connection state', state)}"

    async def _ask(self, person: Person, server: str, params: Mapping[str, Json]) -> dict[str, Json]:
        return await self._governed.handler.accounts.ask(person.caller, server, params)


_NO_METHOD: Final = -32601


def _bound(person: Person) -> bytes:
    """This login of this browser, and whose it is."""
    return repr((person.session, person.caller.tenant, person.caller.sub)).encode()


def _callback_path(server: str, auth: str) -> str:
    """Where the API of an account sends people back to."""
    return f"{CALLBACK}/{quote(server, safe='')}/{quote(auth, safe='')}"


def _connects(ticket: Ticket) -> str:
    return f"connections.connect/{ticket.server}/{ticket.auth}"


def _disconnects(server: str, auth: str) -> str:
    return f"connections.disconnect/{server}/{auth}"


def _disconnected(result: Mapping[str, Any]) -> str:
    if result.get("disconnected") is not True:
        return "There was no account to disconnect."
    if result.get("revoked") is True:
        return "The account is disconnected, and the API has revoked the access."
    return "The account is disconnected here. The API may still accept the token or key: revoke it there too."


def _is_url(url: str) -> bool:
    """Whether a browser can be sent there."""
    parts = urlsplit(url)
    known = parts.scheme in ("https", "http") and bool(parts.hostname)
    return known and url.isascii() and url.isprintable() and " " not in url


def _text(result: Mapping[str, Json]) -> str:
    said = result.get("problem")
    return short(said, 300) if isinstance(said, str) else ""


def route(governed: GovernedServer) -> ConnectionsRoute:
    """What answers the requests of this module."""
    return ConnectionsRoute(governed)
