"""``adaptgen ci``: the workflow that keeps servers up to date."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from adaptgen import __version__
from adaptgen.cli import terminal
from adaptgen.diagnostics import Where, error


def run(options: argparse.Namespace) -> int:
    """Prints the workflow, or writes it where the platform looks for it."""
    from adaptgen.readiness.workflow import PATHS, install_line, workflow

    text = workflow(options.platform, options.install or install_line(__version__))
    if options.out is None:
        sys.stdout.write(text)
        return 0
    path = Path(PATHS[options.platform]) if options.out == "" else Path(options.out)
    if path.exists() and path.read_text("utf-8", "replace") != text:
        help = "compare it with what `adaptgen ci` prints, or delete it first"
        raise error("AG051", "there is another workflow already, which may be yours", Where(path.as_posix()), help)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as failure:
        reason = failure.strerror or type(failure).__name__
        raise error("AG051", f"the file cannot be written: {reason}", Where(path.as_posix())) from failure
    terminal.say(f"{path.as_posix()} written")
    return 0
