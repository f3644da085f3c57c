"""Servers of the API of files as processes of their own, MCP clients of the SDK, and the memory that a server took."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from support.services import plain_environ

ROOT = Path(__file__).parents[2]
MB = 1_000_000
WITHIN = 'echo $$ > "$0"; exec "$@"'
"""A shell that writes its process id into a file and becomes the command."""


def peak(pid: int) -> float:
    """The most memory that a process had resident, in MB (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / MB
    raise AssertionError("no VmHWM")


def environ(folder: Path, api: str, **more: str) -> dict[str, str]:
    """Of a server over ``api``, which keeps what it keeps in ``folder``."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return plain_environ(folder, FILES_BASE_URL=api, PYTHONPATH=path, XDG_STATE_HOME=str(folder), **more)


def command(package: Path, *more: str) -> list[str]:
    """``adaptgen serve``; without settings among ``more`` it is not governed."""
    settings = [] if "--governance" in more else ["--no-governance"]
    return [sys.executable, "-m", "adaptgen", "serve", str(package), *settings, *more]


@contextlib.asynccontextmanager
async def over_stdio(
    serve: list[str], environ: Mapping[str, str], folder: Path
) -> AsyncIterator[tuple[ClientSession, int]]:
    """A session of the MCP SDK on stdio, and the process id of the server."""
    note = folder / "pid"
    parameters = StdioServerParameters(command="sh", args=["-c", WITHIN, str(note), *serve], env=dict(environ))
    with (folder / "stderr").open("w") as errors:
        async with stdio_client(parameters, errlog=errors) as streams, ClientSession(*streams) as session:
            await session.initialize()
            yield session, int(note.read_text())


@contextlib.contextmanager
def serving_http(
    serve: list[str], environ: Mapping[str, str], errors: list[str] | None = None
) -> Iterator[tuple[str, int]]:
    """The URL and the process id of a server on HTTP, while the block runs. ``errors`` gets what it said on stderr."""
    whole = [*serve, "--http", "127.0.0.1:0"]
    with subprocess.Popen(whole, env=dict(environ), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        try:
            said = []
            while line := process.stderr.readline().decode():
                said.append(line)
                if " on http" in line:
                    yield line.partition(" on ")[2].partition(" ")[0], process.pid
                    break
            else:
                raise AssertionError("".join(said))
        finally:
            process.terminate()
            _, rest = process.communicate(timeout=20)
            if errors is not None:
                errors.append(rest.decode())


@contextlib.asynccontextmanager
async def over_http(url: str) -> AsyncIterator[ClientSession]:
    """A session of the MCP SDK over streamable HTTP."""
    async with streamable_http_client(url) as streams, ClientSession(streams[0], streams[1]) as session:
        await session.initialize()
        yield session


async def call(session: ClientSession, tool: str, **arguments: Any) -> Any:
    """The answer of a tool: JSON, or the block that is not text."""
    result = await session.call_tool(tool, arguments)
    (block,) = result.content
    if block.type != "text":
        return block
    assert not result.is_error, block.text
    return json.loads(block.text)


async def upload(session: ClientSession, file: Path, media: str = "application/pdf") -> str:
    """What stands for ``file``, which was sent into an upload slot, piece by piece."""
    offer = await call(session, "create_upload", filename=file.name, size=file.stat().st_size, media_type=media)
    to = offer["upload"]

    async def pieces() -> AsyncIterator[bytes]:
        with file.open("rb") as opened:
            while data := opened.read(MB):
                yield data

    headers = {**to["headers"], "Content-Length": str(file.stat().st_size)}
    async with httpx.AsyncClient(timeout=60) as client:
        sent = await client.put(to["url"], content=pieces(), headers=headers)
    assert sent.status_code in (200, 201), (sent.status_code, sent.text)
    return str(offer["source"])


async def fetch(uri: str) -> tuple[str, int]:
    """SHA-256 and size of what is behind a link."""
    found, size = hashlib.sha256(), 0
    async with httpx.AsyncClient(timeout=60) as client, client.stream("GET", uri) as answer:
        assert answer.status_code == 200, answer.status_code
        async for chunk in answer.aiter_raw():
            found.update(chunk)
            size += len(chunk)
    return found.hexdigest(), size


def run(coroutine: Any) -> Any:
    """In a loop of its own."""
    return asyncio.run(coroutine)
