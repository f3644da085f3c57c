"""``adaptgen connections``: whose accounts are connected at APIs, and their end, for operators.

A generated server keeps the accounts of its callers in the state of its settings, where this command finds them. A
proxy keeps none: it asks its servers, in the name of one caller, as the page of that caller does.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TypeAlias

from adaptgen.cli import terminal
from adaptgen.cli.govern import governance
from adaptgen.diagnostics import error
from adaptgen.govern.audit.trail import AuditError, AuditLog, trail
from adaptgen.govern.pipeline.factory import ServingContext, TargetInputs
from adaptgen.govern.settings.audit_signing import checkpoint_signer
from adaptgen.govern.settings.keys import KeyMaterial, material
from adaptgen.govern.settings.model import Settings
from adaptgen.govern.settings.references import open_store, resolve
from adaptgen.mcp.protocol import META_CONNECTIONS, Context, RpcError
from adaptgen.model.frozen import value
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.runtime.store.protocol import Store, StoreError

_Asking: TypeAlias = Callable[[str, dict[str, Json]], Awaitable[dict[str, Json]]]
"""Asks one server behind a proxy about the accounts of the caller."""


@value()
class Row:
    """One account. ``revoked``: the API has confirmed its end."""

    server: str
    auth: str
    tenant: str
    sub: str
    since: str
    revoked: bool = False


def run_list(options: SimpleNamespace) -> int:
    """Print the accounts; AdaptgenError where they cannot be read."""
    rows = asyncio.run(_at_server(options, ends=False) if _is_server(options) else _at_proxy(options, ends=False))
    if options.json:
        kept = [{name: one for name, one in asdict(row).items() if name != "revoked"} for row in rows]
        terminal.say(json.dumps(kept, indent=2))
    else:
        _print(("server", "auth", "tenant", "sub", "since"), [tuple(asdict(row).values())[:5] for row in rows])
    return 0


def run_revoke(options: SimpleNamespace) -> int:
    """End accounts, and print whose they were; AdaptgenError where it is not known whether all were ended."""
    rows = asyncio.run(_at_server(options, ends=True) if _is_server(options) else _at_proxy(options, ends=True))
    if options.json:
        terminal.say(json.dumps([asdict(row) for row in rows], indent=2))
        return 0
    said = [(one.server, one.auth, one.tenant, one.sub, "yes" if one.revoked else "not confirmed") for one in rows]
    _print(("server", "auth", "tenant", "sub", "ended at the API"), said)
    terminal.print_error(f"{terminal.count(len(rows), 'account')} revoked")
    return 0


def _is_server(options: SimpleNamespace) -> bool:
    return Path(options.where).is_dir()


# ------------------------------------------------------------------------------------------------- at a server of ours


async def _at_server(options: SimpleNamespace, *, ends: bool) -> list[Row]:
    """The accounts that a generated server keeps; ``ends``: they are ended."""
    from adaptgen.runtime.auth.accounts import Account
    from adaptgen.runtime.engine import Engine
    from adaptgen.transports.load import load_server

    folder = Path(options.where)
    server = load_server(folder)
    given = SimpleNamespace(governance=options.governance, no_governance=False)
    named = governance.reference(given, server, folder, os.environ)

    def wanted(one: Account) -> bool:
        return not options.sub or (one.tenant, one.sub) == (options.tenant, options.sub)

    def row(one: Account, revoked: bool = False) -> Row:
        return Row(server.name, one.auth, one.tenant, one.sub, f"{datetime.fromtimestamp(one.since, UTC):%Y-%m-%d}",
                   revoked)  # fmt: skip

    async with _opened(named) as (settings, keys, store):
        key = keys.cursors if keys else None
        lasting = key if keys and "cursors" not in keys.ephemeral else None
        engine = Engine(server, environ=os.environ, cursor_key=key, state_key=lasting, store=store)
        try:
            if engine.connections is None:
                return []
            accounts = [one for one in await engine.connections.all() if wanted(one)]
            whose = Caller(options.sub, options.tenant) if options.sub else None
            hidden = await engine.connections.unreadable(whose)
            if not ends:
                if hidden:
                    terminal.print_error(f"{terminal.count(len(hidden), 'account')} more: another key has sealed them")
                return [row(one) for one in accounts]
            async with _recording(settings, keys) as record:
                for one in accounts:
                    record(Caller(one.sub, one.tenant), server.name, one.auth)
                for name, _ in hidden:
                    record(whose or Caller(""), server.name, name)
            ended = [row(*one) for one in await engine.connections.revoke(wanted)]
            for name, state in hidden:  # processes that have the other key must not go on using it
                await state.delete()
                ended.append(Row(server.name, name, options.tenant, options.sub or "(another key)", ""))
            return ended
        except StoreError as problem:
            raise error("AG140", f"{problem}", settings.where("state") if settings else None) from None
        finally:
            await engine.aclose()


# --------------------------------------------------------------------------------------------------------- at a proxy


async def _at_proxy(options: SimpleNamespace, *, ends: bool) -> list[Row]:
    """The accounts of one caller at the servers behind a proxy; ``ends``: they are ended."""
    async with _opened(options.where) as (settings, keys, store):
        if settings is None or keys is None or store is None or settings.mode != "proxy":
            where = settings.where("mode") if settings else None
            raise error("AG139", "these are the settings of a server", where, "name the folder of the server")
        if not options.sub:
            raise error("AG139", "a proxy does not know whose accounts its servers keep", settings.where("upstreams"))
        caller = governance.named_caller(options, settings)
        only = getattr(options, "server", "")
        servers = {name: one for name, one in settings.upstreams.items() if one.handover and only in ("", name)}
        if not servers:
            raise error("AG139", f"there is no server {only or 'with handover'} behind this proxy",
                        settings.where("upstreams"))  # fmt: skip
        credentials = Credentials(os.environ)
        resolved = await resolve(replace(settings, upstreams=servers), credentials, http=False)
        async with _aggregated(resolved, keys, store, caller) as ask, _recording(settings, keys) as record:
            rows: list[Row] = []
            for server in servers:
                found = (await ask(server, {"action": "list"})).get("connections")
                for one in found if isinstance(found, list) else []:
                    if not isinstance(one, dict) or one.get("connected") is not True:
                        continue
                    auth, revoked = str(one.get("auth")), False
                    if ends:
                        record(caller, server, auth)
                        revoked = (await ask(server, {"action": "disconnect", "auth": auth})).get("revoked") is True
                    rows.append(Row(server, auth, caller.tenant, caller.sub, str(one.get("since"))[:10], revoked))
            return rows


@asynccontextmanager
async def _aggregated(settings: Settings, keys: KeyMaterial, store: Store, caller: Caller) -> AsyncIterator[_Asking]:
    """The servers behind a proxy, asked in the name of a caller. Their tools are pinned nowhere."""
    from adaptgen.proxy.pin_store import InMemoryPins
    from adaptgen.proxy.start import start_aggregator

    given = TargetInputs(settings, keys, store, ServingContext())
    aggregator = await start_aggregator(given, InMemoryPins())

    async def ask(server: str, params: dict[str, Json]) -> dict[str, Json]:
        context = Context(request_id=os.urandom(16).hex())
        try:
            return await aggregator.request(caller, META_CONNECTIONS, {**params, "server": server}, context)
        except RpcError as problem:
            if problem.code == -32601 and params["action"] == "list":
                return {}  # a server without accounts of callers
            raise error("AG140", f"{server}: {problem.message}", settings.where("upstreams", server)) from None

    try:
        yield ask
    finally:
        await aggregator.aclose()


# -------------------------------------------------------------------------------------------------------------- shared


@asynccontextmanager
async def _opened(named: str | None) -> AsyncIterator[tuple[Settings | None, KeyMaterial | None, Store | None]]:
    """The settings, their keys and their state. Without settings the server keeps accounts on this machine."""
    if named is None:
        yield None, None, None
        return
    settings = await governance.load(named, os.environ)
    credentials = Credentials(os.environ)
    store = await open_store(settings, credentials)
    try:
        yield settings, await material(settings, credentials), store
    finally:
        await store.aclose()


@asynccontextmanager
async def _recording(
    settings: Settings | None, keys: KeyMaterial | None
) -> AsyncIterator[Callable[[Caller, str, str], None]]:
    """Writes to the trail of the settings that an operator ends an account, before it is ended."""
    record: AuditLog | None = None
    if settings is not None and keys is not None:
        resolved = await resolve(settings, Credentials(os.environ), http=False)
        record = trail(resolved, keys.audit, signer=await checkpoint_signer(resolved, keys.checkpoints))

    def write(caller: Caller, server: str, auth: str) -> None:
        if record is not None:
            record.write({"event": "revoke", **record.who(caller), "server": server, "connection": auth})

    try:
        yield write
    except AuditError as problem:
        where = settings.where("audit") if settings else None
        raise error("AG077", f"{problem}; it is not known whether all were ended", where) from None
    finally:
        if record is not None:
            record.close()


def _print(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    cells = [tuple(map(str, row)) for row in rows]
    widths = [max(len(row[at]) for row in (tuple(heads), *cells)) for at in range(len(heads))]
    for row in (tuple(heads), *cells):
        terminal.say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
