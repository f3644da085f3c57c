"""One record without ETags that callers in two processes change at the same time."""

from __future__ import annotations

import asyncio
import io
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support import redis as redis_server
from support.generated import generate
from support.services import Unavailable, running

__all__ = ["CALLERS", "Raced", "Unavailable", "change_at_once"]

CALLERS = 50
PROCESSES = 2
NAMES = [f"p{one}" for one in range(CALLERS)]

CHILD = """\
import asyncio, json, sys, time
from pathlib import Path
from adaptgen.transports.load import load_server
from adaptgen.model.tables import Caller
from adaptgen.runtime.engine import Engine

async def change(engine, name):
    answer = await engine.call(Caller(sub=f"caller {name}"), "update_record", {"id": "7", name: f"by {name}"})
    return name, not answer.is_error, answer.content[0].text

async def main():
    engine = Engine(load_server(Path(sys.argv[1])), state=Path(sys.argv[2]))
    await asyncio.sleep(max(float(sys.argv[3]) - time.time(), 0))
    done = await asyncio.gather(*(change(engine, name) for name in sys.argv[4:]))
    await engine.aclose()
    print(json.dumps(done))

asyncio.run(main())
"""


@dataclass(frozen=True)
class Raced:
    """What became of the record."""

    calls: int
    lost: int
    false: int
    refused: int
    seconds: float


class Service:
    """A record that a PUT replaces; no ETag, and an answer takes a few milliseconds."""

    def __init__(self) -> None:
        self.record: dict[str, Any] = {"id": "7", **dict.fromkeys(NAMES, "old")}
        self.url = ""
        self._server: asyncio.Server | None = None
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Service:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                size = next(
                    (
                        int(line.partition(":")[2])
                        for line in head.split("\r\n")
                        if line.lower()[:15] == "content-length:"
                    ),
                    0,
                )
                body = await reader.readexactly(size)
                await asyncio.sleep(0.003)
                if head.startswith("PUT"):
                    self.record = {"id": "7", **json.loads(body)}
                content = json.dumps(self.record).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(content)
                )
                writer.write(content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def _document() -> bytes:
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in NAMES}}
    content = {"application/json": {"schema": schema}}
    done = {"200": {"description": "ok", "content": content}}
    return json.dumps(
        {
            "openapi": "3.0.3",
            "info": {"title": "Records", "version": "1"},
            "paths": {
                "/records/{id}": {
                    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                    "get": {"operationId": "getRecord", "responses": done},
                    "put": {
                        "operationId": "updateRecord",
                        "requestBody": {"required": True, "content": content},
                        "responses": done,
                    },
                }
            },
        }
    ).encode()


def change_at_once(folder: Path, kind: str) -> Raced:
    """Let all callers change the record. ``kind``: ``redis`` or ``files``.

    Raises:
        Unavailable: there is no Redis.
    """
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        package = generate(folder, "records", {"records.json": _document()})
    with ExitStack() as stack:
        service = stack.enter_context(Service())
        variables = {"PATH": "/usr/bin:/bin", "RECORDS_BASE_URL": service.url}
        variables |= {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
        if kind == "redis":
            variables["ADAPTGEN_STORE_URL"] = stack.enter_context(running(redis_server.start, folder)).url
        begin = time.time() + 2.5
        children = [
            subprocess.Popen(
                [sys.executable, "-c", CHILD, str(package), str(folder / "state"), str(begin), *NAMES[at::PROCESSES]],
                stdout=subprocess.PIPE,
                env=variables,
            )
            for at in range(PROCESSES)
        ]
        done: list[tuple[str, bool, str]] = []
        for child in children:
            text, _ = child.communicate(timeout=120)
            done += [(name, bool(ok), str(told)) for name, ok, told in json.loads(text)]
        seconds = time.time() - begin
        changed = {name for name in NAMES if service.record.get(name) == f"by {name}"}
        lost = [name for name in NAMES if service.record.get(name) not in ("old", f"by {name}")]
    succeeded = {name for name, ok, _ in done if ok}
    for told in sorted({told for _, ok, told in done if not ok})[:5]:
        print(f"{kind}: {told}", file=sys.stderr)
    return Raced(len(done), len(lost), len(succeeded - changed), len(done) - len(succeeded), seconds)
