"""``adaptgen serve``: run a generated server on stdio or loopback HTTP."""

from __future__ import annotations

import argparse
import os
import socket
from typing import TYPE_CHECKING

from adaptgen.cli import keys, terminal
from adaptgen.references import references
from adaptgen.runtime.garbage import paused

if TYPE_CHECKING:
    from adaptgen.runtime.engine import Engine

_OPEN = "no governance: one caller, local, may call every tool; nothing is tokenized"


def run(options: argparse.Namespace) -> int:
    """Serves until stdin ends or a signal comes. Nothing is printed on stdout: on stdio it belongs to MCP."""
    try:
        _serve(options)
    except KeyboardInterrupt:
        pass  # the usual end of a server, also while it starts
    return 0


def _serve(options: argparse.Namespace) -> None:
    with paused():
        engine, listener = _loaded(options)
        from adaptgen.fronts import serve
    place = "stdio"
    if listener:
        from adaptgen.fronts import address

        place = address.url(listener)
    server = engine.server
    terminal.complain(f"{server.name}: {terminal.count(len(server.tools), 'tool')} on {place} ({_OPEN})")
    for base in server.bases:
        if not os.environ.get(base.env) and (not base.url or _unset(base.url)):
            terminal.complain(f"{server.name}: {base.env or base.url} is not set: calls fail until it names the API")
    if listener:
        serve.http(engine, listener)
    else:
        serve.stdio(engine)


def _loaded(options: argparse.Namespace) -> tuple[Engine, socket.socket | None]:
    from adaptgen.fronts import address
    from adaptgen.fronts.load import load_server
    from adaptgen.runtime.engine import Engine

    where = address.parse(options.http) if options.http else None
    engine = Engine(load_server(options.folder), cursor_key=keys.given(os.environ))
    return engine, address.listening(*where) if where else None


def _unset(template: str) -> bool:
    """Whether a template names an environment variable that is not set."""
    return any(one.kind == "env" and not os.environ.get(one.name) for one in references(template))
