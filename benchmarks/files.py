"""What a file costs the server: memory and time for 50 MB up and down, by reference and link, and as base64.

Each figure is of a server process of its own, asked by the client of the MCP SDK over an API on loopback; memory is
what its peak (VmHWM) grew by after a small call of the same kind. ``--mb`` changes the size. Over HTTP base64 ends at
the 4 MB that a message may have, so its reference is 2 MB, and is not comparable in size. Answers above 4 MB were never
sent as base64. Linux only.
"""

from __future__ import annotations

import asyncio
import base64
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from figures import Figure, options, report
from support.file_api import content, document, serving, sha
from support.file_clients import (
    MB,
    call,
    command,
    environ,
    fetch,
    over_http,
    over_stdio,
    peak,
    run,
    serving_http,
    upload,
)
from support.generated import generate

Act = Callable[[Any, Path, bytes], Awaitable[None]]
MEMORY_BAR = 25.0


async def by_path(client: Any, folder: Path, data: bytes) -> None:
    """A local file as an argument."""
    (folder / "file.pdf").write_bytes(data)
    got = await call(client, "upload_document", file={"source": str(folder / "file.pdf")})
    assert got["sha256"] == sha(data)


async def by_slot(client: Any, folder: Path, data: bytes) -> None:
    """An upload slot."""
    (folder / "file.pdf").write_bytes(data)
    got = await call(client, "upload_document", file={"source": await upload(client, folder / "file.pdf")})
    assert got["sha256"] == sha(data)


async def by_base64(client: Any, folder: Path, data: bytes) -> None:
    """The file inside of the message."""
    file = {"filename": "file.pdf", "base64": base64.b64encode(data).decode()}
    assert (await call(client, "upload_document", file=file))["sha256"] == sha(data)


async def download(client: Any, folder: Path, data: bytes) -> None:
    """An answer: a link where it is large."""
    block = await call(client, "download_document", name="back.pdf", size=len(data))
    if block.type == "resource":
        assert sha(base64.b64decode(block.resource.blob)) == sha(data)
    elif str(block.uri).startswith("file:"):
        path = Path(unquote(urlsplit(str(block.uri)).path))
        assert sha(await asyncio.to_thread(path.read_bytes)) == sha(data)
    else:
        assert await fetch(str(block.uri)) == (sha(data), len(data))


async def grown(act: Act, client: Any, pid: int, folder: Path, data: bytes) -> tuple[float, float]:
    """MB and seconds that one file took, after a small one."""
    await act(client, folder, content(1000))
    before, began = peak(pid), time.perf_counter()
    await act(client, folder, data)
    return peak(pid) - before, time.perf_counter() - began


def measure(package: Path, api: str, act: Act, data: bytes, *, http: bool, files: bool = True) -> tuple[float, float]:
    """One server, one file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        serve = command(package, *(["--files", str(folder)] if files else []))
        if http:

            async def over(url: str, pid: int) -> tuple[float, float]:
                async with over_http(url) as client:
                    return await grown(act, client, pid, folder, data)

            with serving_http(serve, environ(folder, api)) as (url, pid):
                return run(over(url, pid))  # type: ignore[no-any-return]

        async def session() -> tuple[float, float]:
            async with over_stdio(serve, environ(folder, api), folder) as (client, pid):
                return await grown(act, client, pid, folder, data)

        return run(session())  # type: ignore[no-any-return]


def main() -> int:
    parser = options(__doc__ or "")
    parser.add_argument("--mb", type=float, default=50.0, help="megabytes of the file")
    given = parser.parse_args()
    size = int(given.mb * MB)
    data, small = content(size), content(min(size, 2 * MB))
    figures = []
    with tempfile.TemporaryDirectory() as name, serving() as (web, _):
        package = generate(Path(name), "files", {"files.json": document()})
        inline = measure(package, web.url, by_base64, data, http=False, files=False)
        posted = measure(package, web.url, by_base64, small, http=True, files=False)
        shown = measure(package, web.url, download, small, http=False, files=False)
        rows: list[tuple[str, Act, bool, tuple[float, float], str]] = [
            ("up, stdio, local path", by_path, False, inline, f"base64, {given.mb:g} MB"),
            ("up, HTTP, slot", by_slot, True, posted, "base64, 2 MB"),
            ("down, stdio, file", download, False, shown, "base64, 2 MB"),
            ("down, HTTP, link", download, True, shown, "base64, 2 MB"),
        ]
        for label, act, http, (memory, seconds), reference in rows:
            used, took = measure(package, web.url, act, data, http=http)
            figures.append(Figure(f"{label}: memory", used, "MB", memory, reference, MEMORY_BAR))
            figures.append(Figure(f"{label}: time", took, "s", seconds, reference))
    return report(figures, given)


if __name__ == "__main__":
    raise SystemExit(main())
