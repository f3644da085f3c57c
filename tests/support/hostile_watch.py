"""Builds and imports hostile documents under an audit hook (PEP 578), in a process of its own.

``python hostile_watch.py``: standard input is a JSON list of [document, output folder]; the first one is trusted and
makes the process import what it needs. Standard output is one JSON line for each of the others: the exit code, what was
printed, and every event of the interpreter that reaches out of it.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

# Not marshal and code: importing a compiled module gives these too, and then exec with the module's path.
_REACHING = (
    *("open", "exec", "compile", "socket.", "subprocess.", "os.", "shutil.", "ctypes.", "urllib.", "ssl.", "pty."),
    *("webbrowser.", "mmap.", "pickle.", "tempfile.", "fcntl.", "signal.", "syslog.", "http.", "sqlite3."),
)
events: list[list[Any]] = []
armed = False


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not armed or not event.startswith(_REACHING):
        return
    if event == "exec":
        events.append([event, arguments[0].co_filename])
    elif event == "compile":
        events.append([event, str(arguments[1])])
    elif event == "open":
        path, mode, flags = arguments
        writes = bool(set(mode or "") & set("wax+")) or bool(
            (flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        )
        if isinstance(path, (str, bytes)):
            events.append([f"open {'write' if writes else 'read'}", absolute(path)])
    else:
        paths = [absolute(one) for one in arguments if isinstance(one, (str, bytes, os.PathLike))]
        events.append([event, *paths])


def absolute(path: Any) -> str:
    """Not resolved: a symbolic link is what is opened."""
    return str(Path(os.fsdecode(path)).absolute())[:1000]


def served(document: str, out: str) -> tuple[int, str]:
    """The exit code of the build and what it printed; what was built is imported and its contracts are read."""
    from adaptgen.cli import main
    from adaptgen.runtime.engine import Engine
    from adaptgen.transports.load import load_server

    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = main(["build", document, "--out", out])
    for package in sorted(Path(out).glob("*/server.py")):
        Engine(load_server(package.parent), environ={}, cursor_key=bytes(32))
    return code, said.getvalue()


def run() -> None:
    global armed
    (trusted, place), *jobs = json.load(sys.stdin)
    served(trusted, place)
    sys.addaudithook(watch)
    for document, out in jobs:
        events.clear()
        armed = True
        try:
            code, said = served(document, out)
        finally:
            armed = False
        print(
            json.dumps({"code": code, "said": said, "events": [list(one) for one in dict.fromkeys(map(tuple, events))]})
        )


if __name__ == "__main__":
    run()
