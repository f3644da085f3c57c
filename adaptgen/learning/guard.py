"""The safety of learning, below everything that sends: each request is counted, and judged by its method and address.

Logins, retries and redirects come by here too. What is not known to be safe is not sent.
"""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from adaptgen.learning.probe import BudgetSpent
from adaptgen.output.write import write_file
from adaptgen.plan.effects.verbs import ACTIONS, CHANGE, DELETE, NOUNS, THIRD
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.client import MOVED, Elsewhere, Origin, Transport
from adaptgen.runtime.http.request import origin
from adaptgen.syntax.identifiers import vocabulary, words

LOGINS: Final = 3
"""Login attempts within :data:`_HOUR`."""
_HOUR: Final = 3600.0
_ACTS: Final = (CHANGE | DELETE) - THIRD - NOUNS | vocabulary("logout logoff signout cancel reset")
_NAMES_ACT: Final = ACTIONS | vocabulary("op operation do method")
_OVERRIDES: Final = vocabulary(
    "xhttpmethodoverride xhttpmethod xmethodoverride httpmethodoverride methodoverride xoriginalurl xrewriteurl "
    "xoriginaluri"
)
"""Headers and inputs, folded, by which frameworks take another method or address than that of the request."""


@dataclass(slots=True)
class Budget:
    """How many requests may be sent in all. ``told`` is called after each."""

    requests: int
    spent: int = 0
    told: Callable[[], None] = lambda: None

    @property
    def remaining(self) -> int:
        return max(0, self.requests - self.spent)

    def take(self) -> None:
        """Count one request.

        Raises:
            BudgetSpent: none is left.
        """
        if self.spent >= self.requests:
            raise BudgetSpent(f"{self.requests} requests have been sent")
        self.spent += 1
        self.told()


class LoginLog:
    """The login attempts of the last hour. Those that failed are kept in ``folder`` between runs: times, nothing
    else."""

    def __init__(self, folder: Path, server: str, clock: Callable[[], float] = time.time) -> None:
        self._path = folder / f"learn-logins-{sha256(server.encode()).hexdigest()[:16]}.json"
        self._clock = clock
        self._times = self._load()
        self._failed = list(self._times)

    @property
    def remaining(self) -> int:
        return max(0, LOGINS - len(self._recent(self._times)))

    def take(self) -> None:
        """Count one attempt, and keep it as one that failed until :meth:`succeeded` is called.

        Raises:
            ToolError: there were three within the hour.
        """
        if not self.remaining:
            raise ToolError(f"There were {LOGINS} login attempts within an hour. Nothing was sent.")
        now = self._clock()
        self._times.append(now)
        self._failed.append(now)
        self._save()

    def succeeded(self) -> None:
        """The last attempt was accepted."""
        if self._failed:
            self._failed.pop()
            self._save()

    def _recent(self, times: Iterable[float]) -> list[float]:
        now = self._clock()
        # A clock that was set back must not lock anybody out.
        return [one for one in times if now - _HOUR < one <= now + _HOUR]

    def _load(self) -> list[float]:
        try:
            known = json.loads(self._path.read_bytes())
            return self._recent(float(one) for one in known["failed"])
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def _save(self) -> None:
        failed = self._recent(self._failed)
        try:
            if not failed:
                self._path.unlink(missing_ok=True)
                return
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_file(self._path, json.dumps({"failed": failed}).encode(), mode=0o600)
        except OSError:
            return  # a folder that cannot be written keeps nothing


@dataclass(frozen=True, slots=True)
class Route:
    """The requests of one operation: ``pattern`` matches their path."""

    method: str
    origin: Origin
    pattern: re.Pattern[str]
    weight: tuple[int, int]
    safe: bool


def make_route(method: str, url: str, path: str, safe: bool) -> Route | None:
    """The route of an operation below the base ``url``; None where the base is not an address."""
    try:
        here = origin(url)
    except ToolError:
        return None
    parts = re.split(r"(\{[^{}]*\})", unquote(urlsplit(url).path).rstrip("/") + path)
    text = "".join("([^/]+)" if part[:1] == "{" else re.escape(unquote(part)) for part in parts)
    pattern = re.compile(text.removesuffix("/") + "/?")
    return Route(method, here, pattern, (sum(len(part) for part in parts if part[:1] != "{"), -len(parts)), safe)


class Rules:
    """Which requests are safe: those of routes that are, and logins that were announced. Where an API leads, by a link
    or a redirect, is judged alike: what is not declared is not sent."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = sorted(routes, key=lambda one: one.weight, reverse=True)
        self._logins: dict[tuple[str, str], bool] = {}

    def allow_login(self, method: str, url: str, *, attempt: bool) -> None:
        """Let the request of a login pass. ``attempt``: it carries the credentials, here or elsewhere: a renewal may
        have the address of the login."""
        key = method, _plain(url)
        self._logins[key] = attempt or self._logins.get(key, False)

    def judge(self, method: str, url: str) -> str:
        """``login``, ``step`` (of a login, without its credentials), ``read``, or "" for what must not be sent.

        The most literal path that fits decides, whatever its method: ``/things/purge`` is not a thing. A verb of
        changing in the place of a placeholder may be an undeclared operation."""
        plain = _plain(url)
        attempt = self._logins.get((method, plain))
        if attempt is not None:
            return "login" if attempt else "step"
        try:
            here = origin(url)
        except ToolError:
            return ""
        path = unquote(urlsplit(url).path)
        matches = [(route, route.pattern.fullmatch(path)) for route in self._routes if route.origin == here]
        fitting = [(route, match.groups()) for route, match in matches if match is not None]
        literal = [row for row in fitting if row[0].weight == fitting[0][0].weight]
        own = [row for row in literal if row[0].method in (method, "GET" if method == "HEAD" else method)]
        values = [value for _, groups in own for value in groups]
        safe = bool(own) and all(route.safe for route, _ in own)
        return "read" if safe and not any(_ACTS & {*words(value)} for value in values) else ""


def find_change(request: httpx.Request) -> str:
    """The input by which a safe method would be carried out as another one, or for another host; "" for none."""
    host = request.headers.get("host", "")
    if host.lower() != request.url.netloc.decode("ascii", "replace").lower():
        return "Host"
    for name in request.headers:
        if _fold(name) in _OVERRIDES:
            return str(name)
    for name, value in request.url.params.multi_items():
        if _fold(name) in _OVERRIDES or name.lower().strip("_") == "method" != name.lower():
            return name
        named, verb = words(name), words(value)[:1]
        if len(named) == 1 and named[0] in _NAMES_ACT and verb and verb[0] in _ACTS:
            return name
    return ""


def _fold(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _plain(url: str) -> str:
    """A URL without its query, with or without a slash at its end."""
    return unquote(url.partition("?")[0].partition("#")[0]).rstrip("/")


class Guard(Transport):
    """A transport that counts each request and refuses what is not safe."""

    def __init__(
        self,
        budget: Budget,
        rules: Rules,
        logins: LoginLog,
        network: Transport | Callable[[], Awaitable[Transport]],
    ) -> None:
        """``network``: what sends, or what makes it at the first request."""
        self.budget, self.rules, self.logins = budget, rules, logins
        self._network = network
        self._moved: dict[str, int] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request.

        Raises:
            BudgetSpent: no request is left.
            Elsewhere: the API redirected there, and it is not known to be a read.
            ToolError: it is not safe, or the login attempts are used up.
        """
        method, url = request.method, str(request.url)
        kind = self.rules.judge(method, url)
        if not kind and (status := self._moved.get(_plain(url))) is not None:
            raise Elsewhere("The API redirects elsewhere. It was not followed.", status=status, target=url)
        if not kind:
            raise ToolError(f"{method} of this address is not known to be a read. Nothing was sent.")
        if kind == "read" and (changing := find_change(request)):
            raise ToolError(f"`{changing}` may make of this read another request. Nothing was sent.")
        if not self.budget.remaining:
            self.budget.take()
        if kind == "login":
            self.logins.take()
        self.budget.take()
        if not isinstance(self._network, Transport):
            self._network = await self._network()
        response = await self._network.handle_async_request(request)
        if response.status_code in MOVED and (target := response.headers.get("location")):
            self._redirected(kind, method, url, response.status_code, urljoin(url, target))
        return response

    def _redirected(self, kind: str, method: str, url: str, status: int, target: str) -> None:
        try:
            if origin(target) != origin(url):
                return
        except ToolError:
            return
        self._moved[_plain(target)] = status
        slash = _plain(target) == _plain(url)
        if kind in ("login", "step") and (status in (307, 308) or slash):
            self.rules.allow_login(method, target, attempt=kind == "login")

    async def aclose(self) -> None:
        """Close the connections."""
        if isinstance(self._network, Transport):
            await self._network.aclose()


def open_network(url: str, context: ssl.SSLContext | None, proxy: str) -> Transport:
    """What sends to the origin of ``url``: through the egress proxy of the hints, else that of the environment."""
    parts = urlsplit(url)
    if not proxy and parts.hostname and not proxy_bypass(parts.hostname):
        proxy = getproxies().get(parts.scheme, "")
    if context is None:
        return httpx.AsyncHTTPTransport(proxy=proxy or None)
    return httpx.AsyncHTTPTransport(verify=context, proxy=proxy or None)
