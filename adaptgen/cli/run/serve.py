"""``adaptgen serve``: run a generated server on stdio or HTTP, under the governance settings that it names."""

from __future__ import annotations

import asyncio
import difflib
import json
import os
import socket
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

from adaptgen.cli import terminal
from adaptgen.cli.govern import governance
from adaptgen.cli.run import keys
from adaptgen.collector import gc_paused
from adaptgen.diagnostics import error
from adaptgen.model.tables import Server
from adaptgen.net.addresses import is_loopback
from adaptgen.syntax.templates import references

if TYPE_CHECKING:
    from adaptgen.mcp.advertised_schema import Profile
    from adaptgen.runtime.engine import Engine
    from adaptgen.runtime.files.desk import FileDesk
    from adaptgen.tool_search.toolsets import Part


def run(options: SimpleNamespace) -> int:
    """Serves until stdin ends or a signal comes. Nothing is printed on stdout: on stdio it belongs to MCP."""
    try:
        _serve(options)
    except KeyboardInterrupt:
        pass  # the usual end of a server, also while it starts
    return 0


def _serve(options: SimpleNamespace) -> None:
    with gc_paused():
        server, named = governance.open_server(options, os.environ)
        part = _part(options, server)
        if options.result:
            tools = tuple(replace(tool, layout=None) for tool in server.tools)
            server = replace(server, layout=options.result, tools=tools)
    if named is not None:
        open_files(options.files, governed=True, http=bool(options.http))
        asyncio.run(_governed(server, named, options.http, part, options.profile))
        return
    with gc_paused():
        engine, listener = _open(server, options.http, options.files)
        from adaptgen.transports import serve
    _announce(server, listener, governance.OPEN)
    if listener:
        serve.http(engine, listener, options.profile)
    else:
        serve.stdio(engine, part, options.profile)


def _part(options: SimpleNamespace, server: Server) -> Part:
    """The part of the server that is asked for; AG069 for an unknown tag, and over HTTP, where the URL names the
    part."""
    from adaptgen.tool_search.toolsets import Part, slug

    part = Part(slug(options.tag), options.effect)
    if options.http and part != Part():
        help = "over HTTP the client asks: http://HOST:PORT/mcp/<tag>?effect=read"
        raise error("AG069", "--tag and --effect are for stdio", None, help)
    tags = {slug(tag): tag for tool in server.tools for tag in tool.tags}
    if options.tag and part.tag not in tags:
        near = difflib.get_close_matches(part.tag, tags, 1, 0.6)
        known = ", ".join(sorted(tags)[:20]) + (", …" if len(tags) > 20 else "")
        help = f"did you mean {near[0]!r}?" if near else f"its tags: {known}" if tags else "its document has no tags"
        raise error("AG069", f"no tool of {server.name} has the tag {options.tag!r}", None, help)
    return part


def _open(server: Server, http: str | None, folders: Sequence[str]) -> tuple[Engine, socket.socket | None]:
    from adaptgen.runtime.engine import Engine
    from adaptgen.transports import address

    where = address.parse(http) if http else None
    files = open_files(folders, governed=False, http=where is not None)
    engine = Engine(server, cursor_key=keys.key_of_environ(os.environ), files=files)
    return engine, address.listening(*where) if where else None


def open_files(folders: Sequence[str], *, governed: bool, http: bool) -> FileDesk | None:
    """How files travel by the option ``--files``; None without it. AG106 under governance, whose settings say it."""
    if not folders:
        return None
    if governed:
        raise error("AG106", "--files is for servers without governance", None, "settings: files: {roots: [DIR]}")
    from adaptgen.runtime.files.desk import open_desk
    from adaptgen.runtime.files.rules import FileRules

    return open_desk(FileRules(roots=tuple(folders)), http=http)


async def _governed(server: Server, named: str, http: str | None, part: Part, profile: Profile) -> None:
    from adaptgen.govern.pipeline.assemble import govern_server
    from adaptgen.govern.pipeline.factory import ServingContext
    from adaptgen.transports import address

    where = address.parse(http, governed=True) if http else None
    place = ServingContext(http=where is not None, loopback=where is None or is_loopback(where[0]))
    with gc_paused():
        governed = await govern_server(named, server, place)
    try:
        listener = address.listening(*where) if where else None
        _announce(server, listener, f"governed by {named}", *governed.notices)
        if listener is not None:
            from adaptgen.transports.streamable_http import serve

            await serve.run_governed(governed, listener, profile)
        else:
            from adaptgen.tool_search import over
            from adaptgen.transports import settle
            from adaptgen.transports.fastmcp import front_of
            from adaptgen.transports.serve import stdio_of

            settle()
            await stdio_of(front_of(over(governed, part, profile), governed.aclose), governed.aclose)
    finally:
        await governed.aclose()


def _announce(server: Server, listener: socket.socket | None, *notices: str) -> None:
    place = "stdio"
    if listener:
        from adaptgen.transports import address

        place = address.url(listener)
    tools = terminal.count(len(server.tools), "tool")
    terminal.print_error(f"{server.name}: {tools} on {place} ({'; '.join(notices)})")
    if listener:
        entry = json.dumps({"mcpServers": {server.name: {"type": "http", "url": place}}})
        terminal.print_error(f"{server.name}: for an MCP client: {entry}; adaptgen install --client writes it")
    for base in server.bases:
        if not os.environ.get(base.env) and (not base.url or _unset(base.url)):
            terminal.print_error(f"{server.name}: {base.env or base.url} is not set: calls fail until it names the API")


def _unset(template: str) -> bool:
    """Whether a template names an environment variable that is not set."""
    return any(one.kind == "env" and not os.environ.get(one.name) for one in references(template))
