"""A governed server, or the proxy, as an AWS Lambda function behind a Function URL or API Gateway.

A deployed module holds one line, ``handler = serve(Path(__file__).parent)`` or ``handler = proxy()``: everything is put
together once, when Lambda imports it, and what is wrong is said then. The secrets that the settings name are read while
modules are imported. Lambda answers in one piece, so progress and other notifications are dropped; whatever a call says
at its end is there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from adaptgen.collector import gc_paused
from adaptgen.diagnostics import Where, error
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.syntax.templates import references_in
from adaptgen.transports import settle

if TYPE_CHECKING:
    from adaptgen.govern.pipeline.assemble import GovernedServer
    from adaptgen.govern.pipeline.factory import ServingContext
    from adaptgen.transports.aws_lambda.handler import Handler

__all__ = ["proxy", "serve"]

VARIABLE = "ADAPTGEN_GOVERNANCE"
"""Names the settings: a file, ``s3://bucket/key`` or ``appconfig://application/environment/profile``."""


@gc_paused()  # a tenth of a start: modules are made to stay
def serve(folder: Path, environ: Mapping[str, str] = os.environ) -> Handler:
    """The handler of the generated server in ``folder``, governed by the settings that :data:`VARIABLE` names, else by
    its own (``governance.json`` next to its ``governance.yaml`` if it exists: JSON is read faster).

    Raises:
        AdaptgenError: AG078 without settings: callers of a function must be known. AG061 for a folder without a
            server. Whatever is wrong with the settings and with what they name.
    """
    named = environ.get(VARIABLE, "").strip()
    settle()  # before the first request, which asks for a module that is not installed
    begun = _begin(named or str(folder / "governance.json"), environ)
    from adaptgen.transports.aws_lambda.handler import Handler
    from adaptgen.transports.load import load_server

    server = load_server(folder)
    named = named or _own(folder, server.governance)

    async def make(place: ServingContext) -> GovernedServer:
        from adaptgen.govern.pipeline.assemble import govern_server

        return await govern_server(named, server, place)

    return Handler(make, environ, begun)


@gc_paused()
def proxy(environ: Mapping[str, str] = os.environ) -> Handler:
    """The handler of the governance proxy under the settings that :data:`VARIABLE` names.

    Raises:
        AdaptgenError: AG078 without settings, AG070 for those of a server, and whatever else is wrong with them.
    """
    named = environ.get(VARIABLE, "").strip()
    if not named:
        raise error("AG078", f"no governance settings: {VARIABLE} is not set", None, f"set {VARIABLE} on the function")

    settle()
    begun = _begin(named, environ)
    from adaptgen.transports.aws_lambda.handler import Handler

    async def make(place: ServingContext) -> GovernedServer:
        from adaptgen.govern.pipeline.assemble import assemble
        from adaptgen.govern.settings.source import source
        from adaptgen.proxy.start import start_aggregator

        settings = source(named, environ)
        found = await settings.load()
        if found.mode != "proxy":
            help = "the function of a generated server runs under these settings"
            raise error("AG070", f"mode is {found.mode}, and this is the proxy", found.where("mode"), help)
        return await assemble(settings, start_aggregator, place)

    return Handler(make, environ, begun)


def _begin(named: str, environ: Mapping[str, str]) -> Credentials | None:
    """Begin to read the secrets that settings in JSON name; None where they name no secret, or are elsewhere. What is
    wrong with them is said where they are read."""
    if not named.endswith(".json") or "://" in named:
        return None
    try:
        settings = json.loads(Path(named).read_bytes())
    except (OSError, ValueError):
        return None
    found = [one for one in references_in(settings) if one.kind != "env"]
    if not found:
        return None
    credentials = Credentials(environ)
    credentials.begin(found)
    return credentials


def _own(folder: Path, governance: str) -> str:
    help = f"set {VARIABLE}, or add a governance.yaml to the server and build it again"
    if not governance:
        raise error("AG078", "it has no governance settings, and others can reach it", Where(str(folder)), help)
    path = Path(os.path.normpath(folder / governance))
    for one in (path.with_suffix(".json"), path):
        if one.is_file():
            return str(one)
    raise error("AG078", f"its governance settings are not there: {path.as_posix()}", Where(str(folder)), help)
