"""A generated server under governance: the pipeline inside it, or the part of it that remains behind a proxy."""

from __future__ import annotations

from adaptgen.diagnostics import error
from adaptgen.govern.pipeline.assemble import GovernedServer, ServingContext, TargetInputs, assemble
from adaptgen.govern.pipeline.engine_target import Served
from adaptgen.govern.settings.source import source
from adaptgen.model.tables import Server
from adaptgen.runtime.engine import Engine


async def govern_server(named: str, server: Server, place: ServingContext) -> GovernedServer:
    """``server`` under the settings at ``named``: a path, ``s3://…`` or ``appconfig://…``.

    Raises:
        AdaptgenError: whatever is wrong with the settings; nothing is served then.
    """

    async def make(given: TargetInputs) -> Served:
        settings = given.settings
        if settings.mode == "proxy":
            help = "adaptgen proxy runs it; a server wants mode: embedded or mode: behind"
            raise error("AG070", "mode is proxy, and this is a server", settings.where("mode"), help)
        behind = settings.mode == "behind"
        engine = Engine(
            server,
            environ=place.environ,
            cursor_key=given.material.cursors,
            store=given.store,
            classify=behind or settings.tokenize is not None,
            kinds=settings.tokenize.kinds if settings.tokenize is not None else None,
        )
        return Served(engine, behind=behind)

    governed = await assemble(source(named, place.environ), make, place)
    governed.server = server
    return governed
