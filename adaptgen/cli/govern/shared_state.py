"""``adaptgen usage``, ``erase`` and ``logout``: what processes share about callers, read and forgotten."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from types import SimpleNamespace

from adaptgen.cli import terminal
from adaptgen.cli.govern import governance
from adaptgen.diagnostics import error
from adaptgen.govern.audit.trail import AuditError, trail
from adaptgen.govern.identity.own_tokens import client_mark, end_all
from adaptgen.govern.limits.usage import Row, Usage
from adaptgen.govern.settings.audit_signing import checkpoint_signer
from adaptgen.govern.settings.keys import material
from adaptgen.govern.settings.model import Settings
from adaptgen.govern.settings.references import open_store, resolve
from adaptgen.govern.tokenization.tokenizer import Tokenizer
from adaptgen.model.tables import Caller
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.runtime.store.protocol import StoreError


def run_usage(options: SimpleNamespace) -> int:
    """Print the counters; AdaptgenError where the settings are wrong, or no other process can read their state."""
    rows = asyncio.run(_read(str(options.governance)))
    if options.json:
        terminal.say(json.dumps([asdict(one) for one in rows], indent=2))
    else:
        for line in _table(rows):
            terminal.say(line)
    return 0


async def _read(named: str) -> list[Row]:
    settings = await governance.load(named, os.environ)
    if settings.state.store == "memory":
        where = settings.where("state", "store") or settings.where("mode")
        help = "state: {store: redis, url: …} or {store: dynamodb, table: …}"
        raise error("AG076", "counters in memory are known to the serving process alone", where, help)
    store = await open_store(settings, Credentials(os.environ))
    try:
        return await Usage(store).read()
    finally:
        await store.aclose()


def _table(rows: Sequence[Row]) -> list[str]:
    heads = ("tenant", "group", "tool", "calls", "errors", "bytes")
    cells = [(r.tenant, r.group, r.tool, f"{r.calls:,}", f"{r.errors:,}", f"{r.bytes_out:,}") for r in rows]
    widths = [max(len(row[at]) for row in (heads, *cells)) for at in range(6)]
    return [
        "  ".join(
            c.ljust(w) if at < 3 else c.rjust(w) for at, (c, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (heads, *cells)
    ]


# ---------------------------------------------------------------------------------------------------------------- erase


def run_erase(options: SimpleNamespace) -> int:
    """Erase one entry of the vault, for good; AdaptgenError where processes share none, or it cannot be reached."""
    # Others on the machine can read command lines: the value comes on standard input.
    value = "" if options.token else sys.stdin.read().rstrip("\n")
    asyncio.run(_erase(str(options.governance), options, value))
    terminal.say("forgotten: the token resolves no more")
    return 0


async def _erase(named: str, options: SimpleNamespace, value: str) -> None:
    settings = await governance.load(named, os.environ)
    _refuse_other_settings(settings)
    credentials = Credentials(os.environ)
    keys = await material(settings, credentials)
    store = await open_store(settings, credentials)
    caller = Caller(options.sub, options.tenant)
    try:
        resolved = await resolve(settings, credentials, http=False)
        record = trail(resolved, keys.audit, signer=await checkpoint_signer(resolved, keys.checkpoints))
        try:
            if record is not None:
                record.write({"event": "erase", **record.who(caller), "server": options.server, "kind": options.kind})
            tokenizer = Tokenizer(settings, keys, store)
            await tokenizer.erase(caller, options.server, token=options.token, kind=options.kind, value=value)
        finally:
            if record is not None:
                record.close()
    except StoreError as problem:
        raise error("AG076", f"{problem}; it is not known whether it was erased", settings.where("state")) from None
    except AuditError as problem:
        raise error("AG077", f"{problem}; nothing was erased", settings.where("audit")) from None
    finally:
        await store.aclose()


def _refuse_other_settings(settings: Settings) -> None:
    chosen = settings.tokenize
    if chosen is None or chosen.form != "short":
        where = settings.where("tokenize", "form") or settings.where("tokenize") or settings.where("mode")
        help = "sealed tokens hold their value: take their key out of keys.tokens.all instead"
        raise error("AG070", "only tokens of form: short can be erased", where, help)
    if settings.state.store == "memory":
        where = settings.where("state", "store") or settings.where("mode")
        help = "state: {store: redis, url: …} or {store: dynamodb, table: …}; restart a server with memory instead"
        raise error("AG076", "a vault in memory is known to the serving process alone", where, help)
    if settings.keys.tokens is None:
        raise error(
            "AG073", "keys.tokens is missing: the vault cannot be found without its key", settings.where("keys")
        )


# --------------------------------------------------------------------------------------------------------------- logout


def run_logout(options: SimpleNamespace) -> int:
    """End the logins of a person or a client; AdaptgenError where that cannot be done everywhere."""
    asyncio.run(_log_out(str(options.governance), options))
    tenant = f" of tenant {options.tenant}" if options.tenant else ""
    whom, where = (f"{options.sub}{tenant}", "caller") if options.sub else (f"the client {options.client}", "client")
    terminal.say(f"logged out: {terminal.clean(whom)}. No token issued until now is valid any longer.")
    # A typing error would look like success otherwise.
    terminal.say(f"No list of people or clients is kept: compare with {where} in the audit trail.")
    return 0


async def _log_out(named: str, options: SimpleNamespace) -> None:
    settings = await governance.load(named, os.environ)
    login = settings.login
    if login is None:
        raise error("AG132", "these settings have no login", settings.where("mode"))
    caller = governance.named_caller(options, settings) if options.sub else None
    if settings.state.store == "memory":
        where = settings.where("state", "store") or settings.where("mode")
        help = "restart that process, which ends all logins; or state: {store: redis, url: …} for replicas"
        raise error("AG076", "logins in memory are known to the serving process alone", where, help)
    credentials = Credentials(os.environ)
    keys = await material(settings, credentials)
    store = await open_store(settings, credentials)
    try:
        resolved = await resolve(settings, credentials, http=False)
        record = trail(resolved, keys.audit, signer=await checkpoint_signer(resolved, keys.checkpoints))
        try:
            if record is not None:
                about = record.who(caller) if caller else {"client": client_mark(options.client)}
                record.write({"event": "logout_by_operator", **about})
        finally:
            if record is not None:
                record.close()
        await end_all(store, person=(caller.tenant, caller.sub) if caller else None, client=options.client)
    except StoreError as problem:
        raise error("AG076", f"{problem}", settings.where("state")) from None
    except AuditError as problem:
        raise error("AG077", f"{problem}; nobody was logged out", settings.where("audit")) from None
    finally:
        await store.aclose()
