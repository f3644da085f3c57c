"""Puts a pipeline together from its settings: what is read once at start, and what each version of them makes anew."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from adaptgen.govern import keys, vocabulary
from adaptgen.govern.audit import trail
from adaptgen.govern.authenticate import Authenticator
from adaptgen.govern.authorize import Authorizer, authorizer
from adaptgen.govern.desk import Facts, Target
from adaptgen.govern.handover import Acceptance, Handover
from adaptgen.govern.hooks import Hooks
from adaptgen.govern.keys import Material
from adaptgen.govern.limit import Limiter
from adaptgen.govern.parts import Parts
from adaptgen.govern.pipeline import Pipeline
from adaptgen.govern.resolve import resolve
from adaptgen.govern.settings import advice, check_target
from adaptgen.govern.sources import Source
from adaptgen.govern.state import open_store
from adaptgen.govern.switch import Switch, switch
from adaptgen.govern.tokenize import Tokenizer
from adaptgen.govern.trace import Tracer, tracer
from adaptgen.govern.usage import Usage
from adaptgen.govern.vocabulary import Settings
from adaptgen.govern.watch import Watch
from adaptgen.model import Json
from adaptgen.runtime.caller import Caller
from adaptgen.runtime.credentials import Credentials
from adaptgen.runtime.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pipeline serves. ``http`` False: stdio, or a call on the command line. ``loopback``: nobody else can
    reach it. ``tracer`` replaces the one of the settings."""

    http: bool = False
    loopback: bool = True
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    tracer: Tracer | None = None


@runtime_checkable
class Changing(Protocol):
    """A target whose tools change while it serves; ``changed`` is awaited when they have."""

    changed: Callable[[], Awaitable[object]] | None


@dataclass(frozen=True, slots=True, repr=False)
class Given:
    """What a target is made of."""

    settings: Settings
    material: Material
    store: Store
    place: Place


Make = Callable[[Given], Awaitable[Target]]


class Governed:
    """A pipeline and all that it holds. ``desk`` is what a front serves; ``notices`` what a person should know."""

    def __init__(self, desk: Pipeline, watch: Watch, stack: AsyncExitStack, notices: tuple[str, ...]) -> None:
        self.desk = desk
        self.watch = watch
        self.notices = notices
        self._stack = stack

    @property
    def settings(self) -> Settings:
        """Those in effect."""
        return self.desk.parts.settings

    async def aclose(self) -> None:
        """Stop watching, close connections, flush what was traced and counted, end the audit trail."""
        await self._stack.aclose()


class Workshop:
    """Makes the parts of each version of the settings; what a version leaves as it was is used again."""

    def __init__(self, place: Place, first: Material, store: Store, target: Target) -> None:
        self._place = place
        self._credentials = Credentials(place.environ)
        self._material = first
        self._store = store
        self._target = target
        self._authenticated: tuple[object, Authenticator] | None = None
        self._accepted: tuple[object, Acceptance] | None = None
        self._switched: tuple[object, Switch] | None = None

    def tools(self) -> Mapping[str, Facts]:
        """The tools of the target as they are now."""
        return self._target.tools()

    async def parts(self, settings: Settings, tools: Mapping[str, Facts]) -> Parts:
        """The parts of these settings.

        Raises:
            AdaptgenError: something in them cannot be put to work; whatever served before goes on serving.
        """
        check_target(settings, self._place.loopback)
        settings = await resolve(settings, self._credentials, http=self._place.http)
        material = await keys.material(settings, self._place.environ, ephemeral=self._material)
        behind = settings.mode == "behind"
        return Parts(
            settings=settings,
            local=Caller(settings.local.sub, settings.local.tenant, settings.local.groups),
            authenticator=await self._authenticator(settings),
            acceptance=await self._acceptance(settings),
            authorizer=None if behind else await self._authorizer(settings, tools),
            tokenizer=self._tokenizer(settings, material),
            limiter=Limiter(settings.limits, self._store) if settings.limits else None,
            switch=None if behind else await self.switch(settings),
            hooks=Hooks(settings) if settings.before or settings.after else None,
        )

    async def switch(self, settings: Settings) -> Switch:
        """The kill switch of these settings."""
        known = (settings.switch.source, settings.switch.every, settings.path)
        if self._switched is None or self._switched[0] != known:
            made = switch(settings, self._place.environ)
            await made.start()
            if self._switched is not None:
                await self._switched[1].aclose()
            self._switched = (known, made)
        self._switched[1].apply(settings.switch)
        return self._switched[1]

    def switch_only(self, rules: vocabulary.Switch) -> None:
        """Act on the kill switch of a version that is otherwise not used."""
        if self._switched is not None:
            self._switched[1].apply(rules)

    async def aclose(self) -> None:
        """Stop what reads on its own."""
        if self._switched is not None:
            await self._switched[1].aclose()
        for one in (self._authenticated, self._accepted):
            if one is not None:
                await one[1].aclose()

    async def _authenticator(self, settings: Settings) -> Authenticator | None:
        if not self._place.http:
            return None
        # Whether callers' tokens are kept depends on the upstreams: one may exchange them.
        known = (settings.mode, settings.authenticate, settings.accept, settings.listen, settings.upstreams)
        if self._authenticated is None or self._authenticated[0] != known:
            made = Authenticator(settings)
            await _started(made)
            if self._authenticated is not None:
                await self._authenticated[1].aclose()
            self._authenticated = (known, made)
        return self._authenticated[1]

    async def _acceptance(self, settings: Settings) -> Acceptance | None:
        if settings.accept is None:
            return None
        if self._accepted is None or self._accepted[0] != settings.accept:
            made = Acceptance(settings.accept, self._store, base=folder(settings), where=settings.where)
            await _started(made)
            if self._accepted is not None:
                await self._accepted[1].aclose()
            self._accepted = (settings.accept, made)
        return self._accepted[1]

    async def _authorizer(self, settings: Settings, tools: Mapping[str, Facts]) -> Authorizer | None:
        if settings.authorize is None and not self._place.http and settings.mode == "embedded":
            return None  # one local caller, and nothing said: as without governance
        made = authorizer(settings, settings.authorize.store if settings.authorize else "")
        await made.load(settings.policies, tools)
        return made

    def _tokenizer(self, settings: Settings, material: Material) -> Tokenizer | None:
        if settings.tokenize is None or settings.mode == "behind":
            return None
        return Tokenizer(settings, material, self._store)


async def _started(part: Authenticator | Acceptance) -> None:
    """Start it; where that fails its connections are closed."""
    try:
        await part.start()
    except BaseException:
        await part.aclose()
        raise


def folder(settings: Settings) -> Path | None:
    """The folder of settings that lie in a file."""
    from pathlib import Path

    return Path(settings.path).parent if settings.path and "://" not in settings.path else None


async def assemble(source: Source, make: Make, place: Place) -> Governed:
    """A pipeline over the target that ``make`` gives, ready to serve, and watching its settings.

    Raises:
        AdaptgenError: whatever is wrong with the settings and with what they name, at its place; nothing is left
            running then.
    """
    async with AsyncExitStack() as stack:
        settings = await source.load()
        check_target(settings, place.loopback)
        resolved = await resolve(settings, Credentials(place.environ), http=place.http)
        material = await keys.material(settings, place.environ)
        store = await open_store(settings, place.environ)
        stack.push_async_callback(store.aclose)
        target = await make(Given(resolved, material, store, place))
        stack.push_async_callback(target.aclose)
        workshop = Workshop(place, material, store, target)
        stack.push_async_callback(workshop.aclose)
        tools = target.tools()
        parts = await workshop.parts(settings, tools)
        traced = place.tracer or tracer(parts.settings)
        stack.callback(traced.close)
        record = trail(parts.settings, material.audit, stdio=not place.http, notify=traced.checkpoint)
        if record is not None:
            stack.callback(record.close)
        usage = Usage(store)
        stack.push_async_callback(usage.aclose)
        desk = Pipeline(
            target,
            parts,
            tools,
            trail=record,
            tracer=traced,
            usage=usage,
            published=_published(parts.settings, material),
        )
        watch = Watch(source, settings, workshop, desk, record)
        stack.push_async_callback(watch.aclose)
        watch.start()
        if isinstance(target, Changing):
            target.changed = watch.look  # before clients hear of it
        return Governed(desk, watch, stack.pop_all(), _notices(parts, material, place))


def _published(settings: Settings, material: Material) -> Mapping[str, Json] | None:
    if material.handover is None:
        return None
    return Handover(material.handover, issuer(settings)).jwks()


def issuer(settings: Settings) -> str:
    """Who signs handovers: the proxy's public URL; on loopback it may have none."""
    return settings.listen.resource or f"http://{settings.listen.http}/mcp"


def _notices(parts: Parts, material: Material, place: Place) -> tuple[str, ...]:
    said = []
    if material.ephemeral:
        said.append(f"the keys of {', '.join(material.ephemeral)} are random and end with this process")
    if parts.authorizer is None and parts.settings.mode == "embedded":
        said.append("no policies: the local caller may call every tool")
    if parts.tokenizer is None and parts.settings.mode != "behind":
        said.append("nothing is tokenized")
    if parts.settings.audit is None:
        said.append("nothing is audited")
    if parts.settings.authorize is not None and parts.settings.authorize.mode == "log_only":
        said.append("policies are logged and not enforced")
    if place.http and parts.settings.authenticate is None and parts.settings.mode != "behind":
        said.append("callers are not authenticated: loopback only")
    # What others can reach may be served by several processes; a laptop's server is one.
    said += [one.message for one in advice(parts.settings, processes=not place.loopback)]
    return tuple(said)
