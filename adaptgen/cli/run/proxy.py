"""``adaptgen proxy``: the stand-alone governance proxy before any number of MCP servers."""

from __future__ import annotations

import asyncio
import json
import os
from types import SimpleNamespace

from adaptgen.cli import terminal
from adaptgen.cli.govern import governance
from adaptgen.collector import gc_paused
from adaptgen.diagnostics import error
from adaptgen.model.tables import Json
from adaptgen.net.addresses import is_loopback


def run(options: SimpleNamespace) -> int:
    """Serves until a signal comes."""
    try:
        if options.jwks:
            terminal.say(json.dumps(asyncio.run(_jwks(str(options.governance)))))
        elif options.review or options.accept:
            return asyncio.run(_review(str(options.governance), options.accept))
        else:
            asyncio.run(_serve(str(options.governance), options.http))
    except KeyboardInterrupt:
        pass
    return 0


async def _jwks(named: str) -> dict[str, Json]:
    from adaptgen.govern.identity.identity_assertion import AssertionIssuer
    from adaptgen.govern.settings.keys import material
    from adaptgen.runtime.aws.credentials import Credentials

    settings = await governance.load(named, os.environ)
    key = (await material(settings, Credentials(os.environ))).handover if settings.keys.handover else None
    if key is None:
        where = settings.where("keys") or settings.where("mode")
        raise error("AG073", "keys.handover is missing", where, 'keys: {handover: "${secret:name#key}"}')
    return AssertionIssuer(key, "").jwks()


async def _review(named: str, accept: list[str]) -> int:
    """What servers have changed or added; exit code 1 while something is not accepted."""
    from adaptgen.proxy.pin_review import review

    settings = await governance.load(named, os.environ)
    if settings.mode != "proxy":
        raise error("AG070", f"mode is {settings.mode!r}, and this is the proxy", settings.where("mode"))
    found = await review(settings, os.environ, accept)
    for one in found.accepted:
        terminal.say(f"accepted: {one}")
    if accept and not found.accepted:
        terminal.say("nothing was accepted: nothing that fits is new or has changed")
    for one in found.open:
        terminal.say(one)
    if found.suspected:
        terminal.say("arguments that may hold personal data; agents have no values for them until the settings say so:")
        for one in found.suspected:
            terminal.say(f"  {one}")
    return 1 if found.open else 0


async def _serve(named: str, http: str | None) -> None:
    from adaptgen.govern.pipeline.factory import ServingContext
    from adaptgen.transports import address
    from adaptgen.transports.streamable_http import serve

    settings = await governance.load(named, os.environ)
    if settings.mode != "proxy":
        help = "adaptgen serve DIR --governance FILE runs a server under these settings"
        raise error("AG070", f"mode is {settings.mode!r}, and this is the proxy", settings.where("mode"), help)
    host, port = address.parse(http or settings.listen.http, governed=True)
    with gc_paused():
        governed = await governance.govern_upstreams(named, ServingContext(http=True, loopback=is_loopback(host)))
    try:
        listener = address.listening(host, port)
        count = terminal.count(len(governed.handler.adopted), "tool")
        of = ", ".join(settings.upstreams)
        notices = "".join(f"; {one}" for one in governed.notices)
        terminal.print_error(f"proxy: {count} of {of} on {address.url(listener)} (governed by {named}{notices})")
        await serve.run_governed(governed, listener)
    finally:
        await governed.aclose()
