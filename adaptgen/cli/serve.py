"""``adaptgen serve``: run a generated server on stdio or loopback HTTP."""

from __future__ import annotations

import argparse
import gc
import os

from adaptgen.cli import keys, terminal

_OPEN = "no governance: one caller, local, may call every tool; nothing is tokenized"


def run(options: argparse.Namespace) -> int:
    """Serves until stdin ends or a signal comes. Nothing is printed on stdout: on stdio it belongs to MCP."""
    try:
        _serve(options)
    except KeyboardInterrupt:
        pass  # the usual end of a server, also while it starts
    return 0


def _serve(options: argparse.Namespace) -> None:
    # Everything that is loaded now stays: collecting in between finds nothing and costs more than the loading.
    gc.disable()
    from adaptgen.fronts import address
    from adaptgen.fronts.load import load_server
    from adaptgen.runtime.engine import Engine

    where = address.parse(options.http) if options.http else None
    server = load_server(options.folder)
    engine = Engine(server, cursor_key=keys.given(os.environ))
    listener = address.listening(*where) if where else None
    from adaptgen.fronts import serve

    gc.enable()
    place = address.url(listener) if listener else "stdio"
    terminal.complain(f"{server.name}: {terminal.count(len(server.tools), 'tool')} on {place} ({_OPEN})")
    if listener:
        serve.http(engine, listener)
    else:
        serve.stdio(engine)
