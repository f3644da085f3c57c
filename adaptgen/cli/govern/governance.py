"""Finds the settings under which a generated server may serve, and governs it by them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from adaptgen.diagnostics import Where, error
from adaptgen.model.tables import Server

if TYPE_CHECKING:
    from adaptgen.govern.pipeline.assemble import GovernedServer
    from adaptgen.govern.pipeline.factory import ServingContext
    from adaptgen.govern.settings.model import Settings

VARIABLE = "ADAPTGEN_GOVERNANCE"
OPEN = "no governance: one caller, local, may call every tool; nothing is tokenized"


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
    from adaptgen.proxy.proxy_target import start_aggregator

    return await assemble(source(named, place.environ), start_aggregator, place)
