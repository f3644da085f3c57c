"""A governed server, or the proxy, in a container: ``python -m adaptgen.transports.container``, configured by its
image.

AgentCore Runtime speaks MCP with ``POST /mcp`` on port 8000 of every address, and names a session of its own in
``Mcp-Session-Id``. ``--healthy`` is the image's health check: it requests ``/ping`` and reports by its exit code.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from adaptgen.diagnostics import AdaptgenError, error
from adaptgen.govern.pipeline.assemble import GovernedServer
from adaptgen.govern.pipeline.factory import ServingContext
from adaptgen.net.addresses import is_loopback
from adaptgen.transports import address

LISTEN = "ADAPTGEN_LISTEN"
"""Where it listens: ``HOST:PORT``."""
SERVER = "ADAPTGEN_SERVER"
"""The folder of the generated server; without it this is the proxy."""
GOVERNANCE = "ADAPTGEN_GOVERNANCE"
DRAIN = "ADAPTGEN_DRAIN"
"""Seconds for which it goes on to accept after SIGTERM, while ``/readyz`` answers 503."""
DEFAULT = "0.0.0.0:8000"


def main(arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Serve until SIGTERM; exit code 2 where what is wrong was said on stderr."""
    try:
        host, port = address.parse(environ.get(LISTEN, "") or DEFAULT, governed=True)
        if "--healthy" in arguments:
            return 0 if healthy(port) else 1
        asyncio.run(_serve(host, port, environ))
    except AdaptgenError as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass
    return 0


def healthy(port: int) -> bool:
    from http.client import HTTPConnection, HTTPException

    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


async def _serve(host: str, port: int, environ: Mapping[str, str]) -> None:
    from adaptgen.tool_search import over
    from adaptgen.transports import settle
    from adaptgen.transports.streamable_http import serve
    from adaptgen.transports.streamable_http.shared_sessions import shared_sessions
    from adaptgen.web import web_of

    settle()
    drain = _drain(environ)
    governed = await _governed(ServingContext(http=True, loopback=is_loopback(host), environ=environ), environ)
    try:
        listener = address.listening(host, port)
        notices = "".join(f"; {one}" for one in governed.notices)
        print(f"adaptgen: serving on {address.url(listener)}{notices}", file=sys.stderr, flush=True)
        # The platform comes under a name of its own, which nobody knows before. Every caller is authenticated: clients
        # by their tokens, people by cookies that browsers send to the public name alone.
        handler = over(governed)
        origins, shared = governed.settings.listen.origins, shared_sessions(governed)
        web = web_of(governed)
        base = serve.base_of(governed)
        await serve.run(
            handler, listener, hosts=("*",), drain=drain, origins=origins, shared=shared, web=web, base=base
        )
    finally:
        await governed.aclose()


def _drain(environ: Mapping[str, str]) -> float:
    given = environ.get(DRAIN, "").strip() or "0"
    try:
        seconds = float(given)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 600:
        raise error("AG078", f"{DRAIN} is not a number of seconds from 0 to 600", help=f"{DRAIN}=5")
    return seconds


async def _governed(place: ServingContext, environ: Mapping[str, str]) -> GovernedServer:
    named = environ.get(GOVERNANCE, "").strip()
    if not named:
        raise error("AG078", f"no governance settings: {GOVERNANCE} is not set", help="give it to the container")
    folder = environ.get(SERVER, "").strip()
    if folder:
        from adaptgen.govern.pipeline.assemble import govern_server
        from adaptgen.transports.load import load_server

        governed = await govern_server(named, load_server(Path(folder)), place)
        files = governed.settings.files
        if files is not None and not files.store:
            await governed.aclose()
            help = "files: {store: s3://bucket/prefix}"
            raise error("AG107", "files need a store in a container: its disk is its own", None, help)
        return governed
    from adaptgen.govern.pipeline.assemble import assemble
    from adaptgen.govern.settings.source import source
    from adaptgen.proxy.start import start_aggregator

    return await assemble(source(named, environ), start_aggregator, place)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
