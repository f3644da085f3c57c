"""Finding a tool of a generated server by its name."""

from __future__ import annotations

from difflib import get_close_matches

from adaptgen.diagnostics import error
from adaptgen.model.tables import Server, Tool


def find(server: Server, name: str) -> Tool:
    """The tool that is, or was, called ``name``.

    Raises:
        AdaptgenError: AG063, with the nearest names.
    """
    names = {old: tool for tool in server.tools for old in tool.was} | {tool.name: tool for tool in server.tools}
    if name in names:
        return names[name]
    near = get_close_matches(name, names, 3, 0.5) or sorted(names)[:8]
    more = "" if len(near) == len(names) else f" (of {len(names)} tools)"
    raise error("AG063", f"{server.name} has no tool {name!r}", help=f"tools: {', '.join(near)}{more}")
