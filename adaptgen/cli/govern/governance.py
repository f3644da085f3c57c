"""Finds the settings under which a generated server may serve, and governs it by them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from adaptgen.cli import terminal
from adaptgen.diagnostics import Where, error
from adaptgen.model.tables import Caller, Server

if TYPE_CHECKING:
    from adaptgen.govern.pipeline.assemble import GovernedServer
    from adaptgen.govern.pipeline.factory import ServingContext
    from adaptgen.govern.settings.model import Settings

VARIABLE = "ADAPTGEN_GOVERNANCE"
OPEN = "no governance: one caller, local, may call every tool; nothing is tokenized"


def open_server(options: SimpleNamespace, environ: Mapping[str, str]) -> tuple[Server, str | None]:
    """The server that a command names, a folder that ``adaptgen build`` wrote or a document, and where its settings are
    (:func:`reference`). Of a document only tools that read are served, unless the command says otherwise or policies
    decide: nobody has looked at it."""
    from adaptgen.readiness.document_server import is_document, open_document, settings_of
    from adaptgen.transports.load import load_server

    if not is_document(options.folder):
        if options.allow_writes:
            help = "policies limit what a generated server does; on stdio also --effect read"
            raise error("AG069", "--allow-writes is for documents: a generated server has all its tools", None, help)
        folder = Path(options.folder)
        server = load_server(folder)
        return server, reference(options, server, folder, environ)
    named = str(options.governance or environ.get(VARIABLE, "").strip() or settings_of(options.folder) or "")
    decided = not options.no_governance and _decides_about_writes(named)
    with terminal.progress(f"{options.folder}: building"):
        opened = open_document(options.folder, allow_writes=options.allow_writes or decided, environ=environ)
    server = opened.server
    if opened.left_out:
        tools = terminal.count(opened.left_out, "tool")
        terminal.print_error(f"{server.name}: {tools} left out, because they may write; --allow-writes serves them too")
    for base in server.bases:
        if base.url and base.env and not environ.get(base.env):
            terminal.print_error(f"{server.name}: calls go to {base.url}; {base.env} names another address")
    terminal.print_error(f"{server.name}: to keep this server: {opened.keep}")
    return server, reference(options, server, opened.spec.parent, environ)


def _decides_about_writes(named: str) -> bool:
    """Whether the settings in a file have policies. Those elsewhere (``s3://``) are only read when it is served."""
    path = Path(named)
    if not named or not path.is_file():
        return False
    from adaptgen.govern.settings.load import read

    return read(path).authorize is not None


def reference(options: SimpleNamespace, server: Server, folder: Path, environ: Mapping[str, str]) -> str | None:
    """Where the settings are (AG078 where they are named and not there); None where the server has none and none are
    named."""
    if options.no_governance:
        return None
    given = options.governance or environ.get(VARIABLE, "").strip()
    if given:
        return str(given)
    if not server.governance:
        return None
    path = Path(os.path.normpath(folder / server.governance))
    if not path.is_file():
        help = f"name them: --governance FILE or {VARIABLE}; or --no-governance, on this machine alone"
        raise error("AG078", f"its governance settings are not there: {path.as_posix()}", Where(str(folder)), help)
    return str(path)


async def load(named: str, environ: Mapping[str, str]) -> Settings:
    """The settings at an address, once, or an AdaptgenError with all that is wrong with them."""
    from adaptgen.govern.settings.source import source

    return await source(named, environ).load()


async def govern_upstreams(named: str, place: ServingContext) -> GovernedServer:
    """The servers behind the proxy that the settings describe, or an AdaptgenError: then nothing is served."""
    from adaptgen.govern.pipeline.assemble import assemble
    from adaptgen.govern.settings.source import source
    from adaptgen.proxy.start import start_aggregator

    return await assemble(source(named, place.environ), start_aggregator, place)


def named_caller(options: SimpleNamespace, settings: Settings) -> Caller:
    """The caller that ``--sub`` and ``--tenant`` name; AdaptgenError where it can be nobody, as all have a tenant."""
    tenant = settings.authenticate.caller.tenant if settings.authenticate is not None else ""
    if tenant and not options.tenant:
        where = settings.where("authenticate", "caller", "tenant")
        help = "pass --tenant, as the audit trail has it for the caller"
        raise error("AG058", f"--tenant is missing: everybody has one (claim {tenant})", where, help)
    return Caller(options.sub, options.tenant)
