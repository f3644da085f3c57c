"""``adaptgen demo``: the story of the bundled CRM."""

from __future__ import annotations

import argparse
from importlib.util import find_spec

from adaptgen.diagnostics import error


def run(options: argparse.Namespace) -> int:
    """Hands over to the demo; says what to install when its packages are missing."""
    missing = [name for name in ("starlette", "uvicorn", "fastmcp") if find_spec(name) is None]
    if missing:
        raise error("AG061", f"the demo needs {', '.join(missing)}", help='pip install "adaptgen[demo]"')
    from adaptgen.demo.story import main

    return int(main() or 0)
