"""Makes the parts of a pipeline from each version of its settings."""

from __future__ import annotations

import asyncio
import os
import posixpath
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

from adaptgen.diagnostics import AdaptgenError, error
from adaptgen.govern.authorization.authorizer import Authorizer
from adaptgen.govern.identity.authenticator import Authenticator
from adaptgen.govern.identity.claims import login_source
from adaptgen.govern.identity.identity_assertion import AssertionIssuer, AssertionVerifier
from adaptgen.govern.identity.own_tokens import OwnTokens
from adaptgen.govern.limits.kill_switch import Switch, switch
from adaptgen.govern.limits.rate_limiter import Limiter
from adaptgen.govern.pipeline.hooks import Hooks
from adaptgen.govern.settings import keys
from adaptgen.govern.settings import model as vocabulary
from adaptgen.govern.settings.keys import KeyMaterial
from adaptgen.govern.settings.load import check_target
from adaptgen.govern.settings.login_rules import missing_key
from adaptgen.govern.settings.model import Settings
from adaptgen.govern.settings.references import begin, resolve
from adaptgen.govern.settings.rules import check_issuer
from adaptgen.govern.telemetry.spans import Tracer
from adaptgen.govern.tokenization.argument_checks import ArgumentChecks
from adaptgen.govern.tokenization.tokenizer import Tokenizer
from adaptgen.mcp.protocol import Target, ToolInfo
from adaptgen.model.frozen import value
from adaptgen.model.tables import LOCAL, Caller, Json
from adaptgen.net.addresses import base_url
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.runtime.core.seals import Seals
from adaptgen.runtime.store.protocol import Store

if TYPE_CHECKING:
    from adaptgen.govern.approvals.guard import Approvals

_T = TypeVar("_T")
_Part = TypeVar("_Part", Authenticator, AssertionVerifier, Switch)

GRACE = 60.0
"""Seconds that calls under way have when their target is replaced."""


@value()
class ServingContext:
    """Where a pipeline serves. ``http`` False: stdio, or a call on the command line. ``loopback``: nobody else can
    reach it. ``tracer`` replaces the one of the settings. ``frozen``: the process sleeps between requests, where no
    timer runs; the transport calls ``watch.look()`` and ``handler.flush()``. ``credentials``: those that are being read
    already."""

    http: bool = False
    loopback: bool = True
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    tracer: Tracer | None = None
    frozen: bool = False
    credentials: Credentials | None = None


@runtime_checkable
class DynamicTarget(Protocol):
    """A target whose tools change while it serves; ``changed`` is awaited when they have."""

    changed: Callable[[], Awaitable[object]] | None


@dataclass(frozen=True, slots=True, repr=False)
class TargetInputs:
    """What a target is made of."""

    settings: Settings
    material: KeyMaterial
    store: Store
    place: ServingContext


@value()
class Components:
    """One generation of the settings, put to work. A request uses the generation with which it began.

    ``local``: who calls on stdio. ``authenticator`` None: the local caller alone. ``authorizer`` None: everything
    that the target has is permitted (behind a proxy, which has decided; or one local caller). ``tokenizer`` None:
    nothing is tokenized. ``acceptance``: identities come from the proxy. ``published``: the public keys (JWK Set) of
    the identities that this proxy hands over. ``checks``: the arguments of every tool, by its schema. ``session_keys``:
    what seals MCP sessions, for the transports. ``seals``: what seals codes, tokens, cookies and links.
    ``new_approvals``: where a policy asks for approvals, or has writes done once; makes it at the first use.
    """

    settings: Settings
    local: Caller = LOCAL
    authenticator: Authenticator | None = None
    acceptance: AssertionVerifier | None = None
    authorizer: Authorizer | None = None
    tokenizer: Tokenizer | None = None
    limiter: Limiter | None = None
    switch: Switch | None = None
    hooks: Hooks | None = None
    published: Mapping[str, Json] | None = None
    checks: ArgumentChecks = field(default_factory=ArgumentChecks)
    session_keys: tuple[bytes, ...] = field(default=(), repr=False)
    seals: Seals | None = field(default=None, repr=False)
    new_approvals: Callable[[], Approvals] | None = field(default=None, repr=False)

    @property
    def approvals(self) -> Approvals | None:
        """What keeps requests for approval; None where no policy asks for any."""
        return self.new_approvals() if self.new_approvals is not None else None


_PROCESS = os.urandom(keys.SIZE)
"""Seals where no key outlives the process: what was sealed ends with it."""

TargetFactory = Callable[[TargetInputs], Awaitable[Target]]

_OF_LOGIN = ("authlib", "jinja2")
"""What ``adaptgen.web`` imports at the first request to it."""


def _check_installed(settings: Settings) -> None:
    """AG143: a login without the packages that it needs would fail at the first request of somebody. They are looked
    for and not imported. A bundle that was made for settings without login lacks them."""
    absent = [one for one in _OF_LOGIN if PathFinder.find_spec(one) is None]
    if absent:
        message = f"login needs {' and '.join(absent)}, which {'is' if len(absent) == 1 else 'are'} not installed"
        help = 'pip install "adaptgen[login]"'
        raise error("AG143", message, settings.where("login"), help)


class ComponentFactory:
    """Makes the parts of each version of the settings; what a version leaves as it was is used again."""

    def __init__(
        self, place: ServingContext, credentials: Credentials, first: KeyMaterial, store: Store, make: TargetFactory
    ) -> None:
        self._place = place
        self._credentials = credentials
        self._material = first
        self._store = store
        self._make = make
        self._made: tuple[object, Target] | None = None
        self._leaving: dict[asyncio.Task[None], Target] = {}
        self._running: dict[type, tuple[object, Any]] = {}

    @property
    def target(self) -> Target:
        """The one in use."""
        assert self._made is not None
        return self._made[1]

    def read_again(self, settings: Settings) -> None:
        """Begin to read the secrets of these settings, those that were read before as well: they may be others now."""
        self._credentials.forget()
        begin(settings, self._credentials, http=self._place.http)

    async def new_target(self, settings: Settings) -> tuple[object, Target] | None:
        """A target for these settings, where the one in use was made from others; :meth:`take` it to use it.
        AdaptgenError where it cannot be made, or what changed takes a restart."""
        used = settings.keys if settings.mode == "proxy" else (settings.keys.handover, settings.keys.cursors)
        known = (settings.mode, settings.upstreams, settings.tools, settings.tokenize, settings.listen.resource, used)
        if self._made is not None and self._made[0] == known:
            return None
        resolved = await resolve(settings, self._credentials, http=self._place.http)
        material = await keys.material(settings, self._credentials, ephemeral=self._material)
        return known, await self._make(TargetInputs(resolved, material, self._store, self._place))

    def take(self, made: tuple[object, Target]) -> None:
        """Use a target; calls that are under way in the one before have a minute."""
        if self._made is not None:
            task = asyncio.get_running_loop().create_task(self._leave(self._made[1]))
            self._leaving[task] = self._made[1]
            task.add_done_callback(lambda done: self._leaving.pop(done, None))
        self._made = made

    async def _leave(self, target: Target) -> None:
        await asyncio.sleep(GRACE)
        await target.aclose()

    async def parts(self, settings: Settings, tools: Mapping[str, ToolInfo]) -> Components:
        """The parts of these settings; AdaptgenError where something in them cannot be put to work: what served before
        goes on."""
        check_target(settings, self._place.loopback)
        settings = await resolve(settings, self._credentials, http=self._place.http)
        check_issuer(settings, self._place.loopback)
        if settings.login is not None and self._place.http:
            _check_installed(settings)
        material = await keys.material(settings, self._credentials, ephemeral=self._material)
        behind = settings.mode == "behind"
        web = keys.web_keys(material)
        if settings.login is not None and self._place.http and not web and not getattr(self._store, "local", False):
            raise AdaptgenError(missing_key(settings))
        # The keys of the issuer come while the policies are loaded.
        seals = Seals(web or [_PROCESS]) if settings.login is not None else None
        async with _meanwhile(self._authenticator(settings, material, seals)) as authenticator:
            authorizer = None if behind else await new_authorizer(settings, tools, http=self._place.http)
        found = None if behind else await self.switch(settings)
        return Components(
            settings=settings,
            local=Caller(settings.local.sub, settings.local.tenant, settings.local.groups),
            authenticator=await authenticator,
            acceptance=await self._acceptance(settings),
            authorizer=authorizer,
            tokenizer=self._tokenizer(settings, material),
            limiter=Limiter(settings.limits, self._store) if settings.limits else None,
            switch=found,
            hooks=Hooks(settings) if settings.before or settings.after else None,
            published=AssertionIssuer(material.handover, issuer(settings)).jwks() if material.handover else None,
            session_keys=tuple(keys.session_keys(material)),
            seals=seals,
            new_approvals=self._approvals(settings, material, authorizer, found),
        )

    def _approvals(
        self, settings: Settings, material: KeyMaterial, authorizer: Authorizer | None, switch: Switch | None
    ) -> Callable[[], Approvals] | None:
        """Makes what keeps requests for approval and answers of writes that are done once: when the first call asks for
        it. None where no policy asks."""
        if authorizer is None or not (authorizer.asks_for_approval or authorizer.asks_once):
            return None
        served = settings.login is not None and self._place.http
        noted = keys.once_keys(material)
        sealing = keys.web_keys(material) if served else noted  # only where people log in does anybody approve
        if not sealing and not getattr(self._store, "local", False):
            help = "keys: {cursors: …}"
            text = "@approval and @once need a key that every process has: no key of these settings outlives a process"
            raise error("AG142", text, settings.where("keys"), help)
        seals, once = Seals(sealing or [_PROCESS]), Seals(noted or [_PROCESS])
        if settings.listen.resource:  # another server may have the same keys and state, and other people
            seals, once = seals.within(settings.listen.resource), once.within(settings.listen.resource)
        resource = settings.listen.resource or f"http://{settings.listen.http}/mcp"

        @cache
        def made() -> Approvals:
            from adaptgen.govern.approvals.guard import Approvals
            from adaptgen.govern.approvals.repeats import Repeats
            from adaptgen.govern.approvals.requests import Requests

            return Approvals(
                requests=Requests(self._store, seals.within(login_source(settings)) if served else seals),
                repeats=Repeats(self._store, once),
                authorizer=authorizer,
                base=base_url(resource) if served else "",
                switch=switch,
            )

        return made

    async def switch(self, settings: Settings) -> Switch:
        known = (settings.switch.source, settings.switch.every, settings.path)
        found = await self._started(Switch, known, lambda: switch(settings, self._place.environ))
        found.apply(settings.switch)
        return found

    def switch_only(self, rules: vocabulary.Switch) -> None:
        """Act on the kill switch of a version that is otherwise not used."""
        if Switch in self._running:
            self._running[Switch][1].apply(rules)

    async def aclose(self) -> None:
        """Close the target, and stop what reads on its own."""
        leaving = dict(self._leaving)
        for task in leaving:
            task.cancel()
        for target in leaving.values():
            await target.aclose()
        if self._made is not None:
            await self._made[1].aclose()
        for _, part in self._running.values():
            await part.aclose()

    async def _authenticator(
        self, settings: Settings, material: KeyMaterial, seals: Seals | None
    ) -> Authenticator | None:
        if not self._place.http:
            return None
        # Whether callers' tokens are kept depends on the upstreams: one may exchange them.
        known = (
            (settings.mode, settings.authenticate, settings.accept, settings.listen, settings.upstreams),
            login_source(settings),  # its client is checked against audiences as well
            keys.web_keys(material) if seals is not None else None,
        )
        own = None
        if seals is not None:
            own = OwnTokens(seals, self._store, settings.listen.resource, login_source(settings))
        shared = None if getattr(self._store, "local", False) else self._store
        trusted = keys.jwks_keys(material)
        return await self._started(
            Authenticator, known, lambda: Authenticator(settings, store=shared, keys=trusted, own=own)
        )

    async def _acceptance(self, settings: Settings) -> AssertionVerifier | None:
        accept = settings.accept
        if accept is None:
            return None
        return await self._started(
            AssertionVerifier,
            accept,
            lambda: AssertionVerifier(accept, self._store, base=settings.folder, where=settings.where),
        )

    async def _started(self, kind: type[_Part], known: object, make: Callable[[], _Part]) -> _Part:
        """The part of that kind: the one that runs, or another one where it was made from something else than
        ``known``. One that cannot start is closed, and the one before stays."""
        before = self._running.get(kind)
        if before is not None and before[0] == known:
            running: _Part = before[1]
            return running
        made = make()
        try:
            await made.start()
        except BaseException:
            await made.aclose()
            raise
        if before is not None:
            await before[1].aclose()
        self._running[kind] = (known, made)
        return made

    def _tokenizer(self, settings: Settings, material: KeyMaterial) -> Tokenizer | None:
        if settings.tokenize is None or settings.mode == "behind":
            return None
        return Tokenizer(settings, material, self._store)


@asynccontextmanager
async def _meanwhile(work: Coroutine[Any, Any, _T]) -> AsyncIterator[asyncio.Task[_T]]:
    """``work`` as a task, which has begun when the block does; it is ended where the block fails."""
    task = asyncio.create_task(work)
    try:
        await asyncio.sleep(0)
        yield task
    except BaseException:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # the one of the block is the one that is told
        raise


async def new_authorizer(settings: Settings, tools: Mapping[str, ToolInfo], *, http: bool) -> Authorizer | None:
    """Who decides by these settings, its policies in force; None where one local caller may do everything.

    Raises:
        AdaptgenError: AG072, the policies cannot be used.
    """
    if settings.authorize is None and not http and settings.mode == "embedded":
        return None  # one local caller, and nothing said: as without governance
    rules = settings.authorize or vocabulary.Authorize()
    claims = settings.authenticate.caller.keep if settings.authenticate else ()
    made: Authorizer
    if rules.engine == "verified_permissions":
        from adaptgen.govern.authorization.verified_permissions import VerifiedPermissions

        made = VerifiedPermissions(rules.store, claims=claims, mode=rules.mode, default=rules.default)
    else:
        from adaptgen.govern.authorization.cedar_engine import CedarAuthorizer
        from adaptgen.govern.authorization.lowered import lowered_next_to

        made = CedarAuthorizer(
            claims=claims,
            mode=rules.mode,
            default=rules.default,
            folder=posixpath.dirname(settings.path),
            lowered=lambda: lowered_next_to(Path(settings.path)) if settings.folder is not None else b"",
        )
    await made.load(settings.policies, tools)
    return made


def issuer(settings: Settings) -> str:
    """Who signs handovers: the proxy's public URL; on loopback it may have none."""
    return settings.listen.resource or f"http://{settings.listen.http}/mcp"
