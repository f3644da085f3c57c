"""Who speaks MCP: thin skins over ``engine.list(caller)`` and ``engine.call(caller, tool, arguments)``."""

from __future__ import annotations

import logging
import sys
from importlib.util import find_spec

_TALKATIVE = ("fastmcp", "mcp", "httpx", "httpcore", "httpx2")


def settle() -> None:
    """Only warnings are worth a line on stderr (the log of httpx would hold every URL with its query), and what is
    not installed is not looked for again and again.
    """
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    # It warns of every malformed request: anyone could fill the log.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    # httpcore asks for sniffio several times a request. Where it is not installed, each time searches the whole path:
    # a third of a call. Known to be absent, it is absent at once.
    if find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment]
    # httpx looks for what its command line needs, and where that happens to be installed it costs 5 MB.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
