"""Puts a pipeline together from its settings: what is read once at start, and what each version of them makes anew."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adaptgen.diagnostics import error
from adaptgen.govern.audit.trail import trail
from adaptgen.govern.limits.usage import Usage
from adaptgen.govern.pipeline.factory import ComponentFactory, Components, ServingContext, TargetFactory, TargetInputs
from adaptgen.govern.pipeline.pipeline import Pipeline
from adaptgen.govern.pipeline.reload import Watch
from adaptgen.govern.settings import keys
from adaptgen.govern.settings.audit_signing import checkpoint_signer
from adaptgen.govern.settings.keys import SIZE, KeyMaterial
from adaptgen.govern.settings.load import advice, check_target
from adaptgen.govern.settings.model import LOGIN_CALLBACK, Settings
from adaptgen.govern.settings.references import begin, open_store
from adaptgen.govern.settings.source import Source, source
from adaptgen.govern.telemetry import tracer
from adaptgen.govern.tokenization.tool_plans import is_released, released_types
from adaptgen.model.tables import Server, Tool
from adaptgen.net.addresses import base_url
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.runtime.store.protocol import MemoryStore, Store

if TYPE_CHECKING:
    from adaptgen.runtime.files.desk import FileDesk


_ON_THEIR_WAY = 0.003
"""Seconds until the first requests of a start have been sent."""


class GovernedServer:
    """A pipeline and all that it holds. ``handler`` is what a front serves; ``notices`` what a person should know."""

    def __init__(
        self, handler: Pipeline, watch: Watch, stack: AsyncExitStack, notices: tuple[str, ...], store: Store
    ) -> None:
        self.handler = handler
        self.watch = watch
        self.store = store
        self.notices = notices
        self.server: Server | None = None
        """The generated server that is governed; None for the proxy."""
        self.files: FileDesk | None = None
        """How its files travel besides base64."""
        self.web: dict[type, Any] = {}
        """What the routes of its web share, by type."""
        self._stack = stack

    @property
    def settings(self) -> Settings:
        """Those in effect."""
        return self.handler.parts.settings

    def session_keys(self) -> tuple[bytes, ...]:
        """The keys in effect that seal MCP sessions; none where no key outlives the process."""
        return self.handler.parts.session_keys

    def on_close(self, close: Callable[[], Awaitable[object]]) -> None:
        """Await ``close`` before everything else when the server ends: of connections that its web has opened."""
        self._stack.push_async_callback(close)

    async def aclose(self) -> None:
        """Stop watching, close connections, flush what was traced and counted, end the audit trail."""
        if self.files is not None:
            await self.files.aclose()
        await self._stack.aclose()


async def assemble(origin: Source, make: TargetFactory, place: ServingContext) -> GovernedServer:
    """A pipeline over the target that ``make`` returns, ready to serve, and watching its settings.

    Raises:
        AdaptgenError: whatever is wrong with the settings and with what they name, at its place; nothing is left
            running then.
    """
    async with AsyncExitStack() as stack:
        settings = await origin.load()
        check_target(settings, place.loopback)
        credentials = place.credentials or Credentials(place.environ)
        begin(settings, credentials, http=place.http)
        opening = asyncio.create_task(open_store(settings, credentials))
        if place.frozen and settings.mode != "proxy" and settings.state.store != "memory":
            # What the first call would load, while secrets and state are on their way.
            asyncio.get_running_loop().call_later(_ON_THEIR_WAY, importlib.import_module, "adaptgen.runtime.calls")
        stack.push_async_callback(_close_store, opening)
        material = await keys.material(settings, credentials)
        store = await opening
        factory = ComponentFactory(place, credentials, material, store, make)
        stack.push_async_callback(factory.aclose)
        made = await factory.new_target(settings)
        assert made is not None
        factory.take(made)
        tools = factory.target.tools()
        parts = await factory.parts(settings, tools)
        traced = place.tracer or tracer(
            parts.settings, listening=place.http and not place.frozen, environ=place.environ
        )
        stack.callback(traced.close)
        signer = await checkpoint_signer(parts.settings, material.checkpoints)
        record = trail(parts.settings, material.audit, signer=signer, stdio=not place.http, notify=traced.checkpoint)
        if record is not None:
            stack.callback(record.close)
        usage = Usage(store)
        stack.push_async_callback(usage.aclose)
        handler = Pipeline(
            factory.target,
            parts,
            tools,
            trail=record,
            tracer=traced,
            usage=usage,
        )
        watch = Watch(origin, settings, factory, handler, record)
        stack.push_async_callback(watch.aclose)
        if not place.frozen:
            watch.start()
        return GovernedServer(handler, watch, stack.pop_all(), _notices(parts, material, place), store)


async def _close_store(opening: asyncio.Task[Store]) -> None:
    """Close the store, also one that is opened for nothing: other settings are wrong."""
    await asyncio.wait([opening])
    if opening.exception() is None:
        await opening.result().aclose()


async def govern_server(named: str, server: Server, place: ServingContext) -> GovernedServer:
    """``server`` under the settings at ``named``: a path, ``s3://…`` or ``appconfig://…``. AdaptgenError with whatever
    is wrong with the settings; nothing is served then."""
    files: list[FileDesk] = []
    governed = await assemble(source(named, place.environ), _engine_targets(server, place, files), place)
    governed.server = server
    governed.files = files[0] if files else None
    return governed


async def lower_policies(server: Server, settings: Settings) -> bytes:
    """The policies of ``settings``, checked for ``server`` as it is served where others can reach it, for
    :mod:`adaptgen.govern.authorization.lowered`; b"" where this process does not decide by Cedar.

    Raises:
        AdaptgenError: AG072, and whatever else is wrong with the server.
    """
    rules = settings.authorize
    if settings.mode != "embedded" or (rules is not None and rules.engine != "cedar"):
        return b""
    from adaptgen.govern.authorization.lowered import lower

    place = ServingContext(http=True, loopback=False, environ={}, frozen=True)
    material = KeyMaterial(cursors=bytes(SIZE))
    target = await _engine_targets(server, place, [])(TargetInputs(settings, material, _SharedByNobody(), place))
    try:
        claims = settings.authenticate.caller.keep if settings.authenticate else ()
        return await asyncio.to_thread(lower, settings.policies, target.tools().values(), claims)
    finally:
        await target.aclose()


class _SharedByNobody(MemoryStore):
    """Stands for the store of a deployed server, which is not asked."""

    local = False


def _engine_targets(server: Server, place: ServingContext, files: list[FileDesk]) -> TargetFactory:
    """Makes engines of ``server``. ``files`` holds how files travel, once it is known."""
    # Here and not above: a proxy has no engine.
    from adaptgen.govern.pipeline.engine_target import Served
    from adaptgen.runtime.engine import Engine

    async def make(given: TargetInputs) -> Served:
        settings = given.settings
        if settings.files is not None and not files:
            files.append(_open_files(settings, given.material, place))
        if settings.mode == "proxy":
            help = "adaptgen proxy runs it; a server wants mode: embedded or mode: behind"
            raise error("AG070", "mode is 'proxy', and this is a server", settings.where("mode"), help)
        behind = settings.mode == "behind"
        shared = not getattr(given.store, "local", False)
        if shared and "cursors" in given.material.ephemeral and any(auth.consent for auth in server.auth):
            text = "the accounts of callers are shared, and the key that seals them would end with this process"
            raise error("AG073", text, settings.where("keys"), 'keys: {cursors: "${secret:name#key}"}')
        engine = Engine(
            server,
            environ=place.environ,
            cursor_key=given.material.cursors,
            state_key=None if "cursors" in given.material.ephemeral else given.material.cursors,
            store=given.store,
            classify=behind or settings.tokenize is not None,
            kinds=settings.tokenize.kinds if settings.tokenize is not None else None,
            files=files[0] if files else None,
            released=_release_rule(settings, server.name),
        )
        return Served(engine, behind=behind)

    return make


def _open_files(settings: Settings, material: KeyMaterial, place: ServingContext) -> FileDesk:
    from adaptgen.runtime.files.desk import open_desk

    assert settings.files is not None
    folder = settings.folder or Path()
    rules = replace(
        settings.files,
        roots=tuple(str(folder / Path(one).expanduser()) for one in settings.files.roots),
        downloads=str(folder / Path(settings.files.downloads).expanduser()) if settings.files.downloads else "",
    )
    return open_desk(rules, http=place.http, frozen=place.frozen, key=material.cursors)


def _release_rule(settings: Settings, server: str) -> Callable[[Tool, str], bool] | None:
    """Whether bytes of a media type may leave by a link, as they may inside of an answer; None where that is decided
    elsewhere: by the proxy, which does not see what is behind a link."""
    if settings.mode == "behind":
        return None
    if settings.tokenize is None or settings.tokenize.direction == "api":
        return lambda tool, media: True

    def released(tool: Tool, media: str) -> bool:
        return is_released(media, released_types(settings, [f"{server}/{one}" for one in (tool.name, *tool.aliases)]))

    return released


def _notices(parts: Components, material: KeyMaterial, place: ServingContext) -> tuple[str, ...]:
    said = []
    if material.ephemeral:
        said.append(f"the keys of {', '.join(material.ephemeral)} are random and end with this process")
    if parts.authorizer is None and parts.settings.mode == "embedded":
        said.append("no policies: the local caller may call every tool")
    if parts.authorizer is not None and parts.settings.authorize is None:
        said.append("no policies: nobody may call a tool; `authorize: {default: read}` permits those that only read")
    if parts.tokenizer is None and parts.settings.mode != "behind":
        said.append("nothing is tokenized")
    if parts.settings.audit is None:
        said.append("nothing is audited")
    if parts.settings.authorize is not None and parts.settings.authorize.mode == "log_only":
        said.append("policies are logged and not enforced")
    login = parts.settings.login if place.http else None
    if login is not None and parts.settings.authenticate is not None:
        there = login.issuer or parts.settings.authenticate.issuer
        back = base_url(parts.settings.listen.resource) + LOGIN_CALLBACK
        said.append(f"people log in at {there} (redirect URI there: {back})")
    if parts.authorizer is not None and parts.authorizer.asks_for_approval and login is None:
        said.append("policies ask for approvals, but nobody can approve: there is no login, so these calls fail")
    if place.http and parts.settings.authenticate is None and parts.settings.mode != "behind":
        said.append("callers are not authenticated: loopback only")
    rules = parts.settings.authenticate
    if place.http and rules is not None and rules.development:
        said.append(f"callers come with tokens of {rules.issuer}, an issuer for development")
    # What others can reach may be served by several processes; a laptop's server is one.
    said += [one.message for one in advice(parts.settings, processes=not place.loopback)]
    return tuple(said)
