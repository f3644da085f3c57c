"""``adaptgen connect`` and ``disconnect``: the account of the local caller at an API, without a proxy and its pages.

A consent comes back to a port of this machine (RFC 8252, 7.3), which listens for this one answer. What keeps another
program from finishing it: the state of the request, the verifier (RFC 7636), and the sealed beginning.
"""

from __future__ import annotations

import asyncio
import getpass
import hmac
import logging
import os
import re
import secrets
import sys
import uuid
import webbrowser
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from adaptgen.cli import terminal
from adaptgen.cli.govern import governance
from adaptgen.cli.run import keys
from adaptgen.diagnostics import AdaptgenError, did_you_mean, error
from adaptgen.mcp.protocol import META_CONNECTIONS, Challenge, Context
from adaptgen.model.tables import LOCAL, Auth, Json, Server

Ask: TypeAlias = Callable[[Mapping[str, Json]], Awaitable[dict[str, Json]]]
"""Carries out an action of :mod:`adaptgen.runtime.auth.connections` for the local caller."""

_SECONDS: Final = 600.0
_LONGEST: Final = 16 * 1024
"""Bytes of the request in which the answer comes back."""
_CODE: Final = re.compile(r"[a-z_]{1,40}")
_PATH: Final = "/callback"


def connect(options: SimpleNamespace) -> int:
    """Exit code 0, or 1 when no account is connected."""
    server, named = _open(options)
    auth = _choose(server, options.auth)

    async def run() -> str:
        async with _asking(server, named) as ask:
            listed = (await _act(ask, action="list"))["connections"]
            row = next(one for one in listed if one["auth"] == auth.name)
            if row["kind"] == "api_key":
                done = await ask({"action": "key", "auth": auth.name, "key": _read_key(row)})
            else:
                done = await _by_consent(ask, auth.name, options)
            if problem := done.get("problem"):
                raise error("AG138", str(problem))
            return str(row["title"])

    title = asyncio.run(run())
    terminal.say(f"{server.name}: connected with {title}")
    return 0


def disconnect(options: SimpleNamespace) -> int:
    """Exit code 0, also where no account was connected."""
    server, named = _open(options)
    auth = _choose(server, options.auth)

    async def run() -> dict[str, Json]:
        async with _asking(server, named) as ask:
            return await _act(ask, action="disconnect", auth=auth.name)

    done = asyncio.run(run())
    if not done["disconnected"]:
        terminal.say(f"{server.name}: no account was connected")
    elif done["revoked"]:
        terminal.say(f"{server.name}: disconnected; the API has ended the tokens")
    else:
        terminal.say(f"{server.name}: disconnected here; end the access at the service, too")
    return 0


def _open(options: SimpleNamespace) -> tuple[Server, str | None]:
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return governance.open_server(options, os.environ)


def _choose(server: Server, name: str) -> Auth:
    """The auth that is meant.

    Raises:
        AdaptgenError: AG138, no account can be connected, or several can.
    """
    asking = {auth.name: auth for auth in server.auth if auth.consent is not None}
    if not asking:
        help = (
            "the hints say so: {kind: oauth2, grant: authorization_code, per: caller}; see docs/howto/own-accounts.md"
        )
        raise error("AG138", f"{server.name} has no accounts that callers connect", None, help)
    if name and name not in asking:
        raise error("AG138", f"{server.name} has no account {name!r}", None, did_you_mean(name, asking))
    if not name and len(asking) > 1:
        raise error("AG138", f"{server.name} has several accounts", None, f"add --auth {' or --auth '.join(asking)}")
    return asking[name] if name else next(iter(asking.values()))


@asynccontextmanager
async def _asking(server: Server, named: str | None) -> AsyncIterator[Ask]:
    """What carries out actions for the caller who calls on stdio."""
    if named is None:
        from adaptgen.runtime.engine import Engine

        engine = Engine(server, cursor_key=keys.stored_key(os.environ))
        assert engine.connections is not None
        connections = engine.connections
        try:
            yield lambda params: connections.answer(LOCAL, params)
        finally:
            await engine.aclose()
        return
    from adaptgen.govern.pipeline.assemble import govern_server
    from adaptgen.govern.pipeline.factory import ServingContext

    governed = await govern_server(named, server, ServingContext())
    try:
        context = Context(request_id=uuid.uuid4().hex)
        help = "people connect their accounts at /connections of the server or of its proxy"
        if governed.settings.mode == "behind":
            raise error("AG138", f"the callers of {server.name} are those of its proxy", None, help)
        try:
            caller = await governed.handler.authenticate({}, context)
        except Challenge:
            raise error("AG138", f"callers of {server.name} log in, and nobody is logged in here", None, help) from None
        target = governed.handler.target
        yield lambda params: target.request(caller, META_CONNECTIONS, params, context)
    finally:
        await governed.aclose()


async def _act(ask: Ask, **params: Json) -> dict[str, Json]:
    done = await ask(params)
    if problem := done.get("problem"):
        raise error("AG138", str(problem))
    return done


def _read_key(row: Mapping[str, Json]) -> str:
    asked = f"{row['ask']} for {row['title']}: "
    return getpass.getpass(asked) if sys.stdin.isatty() else sys.stdin.readline()


async def _by_consent(ask: Ask, auth: str, options: SimpleNamespace) -> dict[str, Json]:
    state = secrets.token_urlsafe(24)
    async with _receiver(state, options.port) as (redirect, answered):
        begun = await _act(ask, action="begin", auth=auth, redirect_uri=redirect, state=state)
        url = str(begun["url"])
        terminal.print_error(f"open this page and agree:\n  {url}")
        if not options.no_browser:
            await asyncio.to_thread(webbrowser.open, url)
        try:
            async with asyncio.timeout(_SECONDS):
                query = await answered
        except TimeoutError:
            raise error("AG138", "nobody agreed within ten minutes") from None
    if "error" in query or "code" not in query:
        raise _refusal(query)
    return await ask(
        {"action": "finish", "auth": auth, "redirect_uri": redirect, "sealed": begun["sealed"], "code": query["code"],
         "iss": query.get("iss")}
    )  # fmt: skip


def _refusal(query: Mapping[str, str]) -> AdaptgenError:
    """The code of an error alone: what else comes with it may be anybody's words."""
    code = query.get("error", "")
    if code == "access_denied":
        return error("AG138", "the person did not agree")
    return error("AG138", f"the service refused: {code if _CODE.fullmatch(code) else 'it returned no code'}")


@asynccontextmanager
async def _receiver(state: str, port: int) -> AsyncIterator[tuple[str, asyncio.Future[dict[str, str]]]]:
    """Listens on this machine for the answer with ``state``: the address to come back to, and the query that came."""
    answered: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(10):
                head = await reader.readuntil(b"\r\n\r\n")
            status, text = _take(head, state, answered)
            writer.write(_page(status, text))
            await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # not the answer of a browser
        finally:
            writer.close()

    try:
        listening = await asyncio.start_server(take, "127.0.0.1", port, limit=_LONGEST)
    except OSError as problem:
        why = problem.strerror or type(problem).__name__
        raise error(
            "AG138", f"port {port} of this machine cannot be used ({why})", None, "use another --port"
        ) from None
    async with listening:
        at = listening.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{at}{_PATH}", answered


def _take(head: bytes, state: str, answered: asyncio.Future[dict[str, str]]) -> tuple[str, str]:
    """The status and the text that a browser gets for its request."""
    method, _, rest = head.decode("latin-1").partition("\r\n")[0].partition(" ")
    parts = urlsplit(rest.partition(" ")[0])
    if method != "GET" or parts.path != _PATH:
        return "404 Not Found", "There is nothing here."
    query: dict[str, Any] = dict(parse_qsl(parts.query))
    if not hmac.compare_digest(query.get("state", "").encode(), state.encode()):
        return "400 Bad Request", "This answer does not belong to a request of adaptgen."
    if not answered.done():
        answered.set_result(query)
    return "200 OK", "Done. You can close this page and go back to the terminal."


def _page(status: str, text: str) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(text)}\r\n"
        "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + text.encode()
