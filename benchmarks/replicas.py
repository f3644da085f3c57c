"""What one replica of the proxy carries, what a session costs, and how long a replica takes to stop.

A governed proxy (authentication, policies, one limit, audit) before a third-party server that keeps sessions, with the
state in Redis. Printed: CPU of the proxy per call and so calls per second and core; requests to Redis per warm call;
memory per session; the time from SIGTERM to the end, and what calls saw meanwhile. CPU seconds and not wall clock: the
figures hold on a machine that has other things to do.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from figures import Figure, options, report

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support import redis
from support.idp import Idp
from support.replicas import KEY, ROOT
from support.services import Service, free_port, launch, plain_environ

CALLS, WORKERS, SESSIONS, DRAIN = 4_000, 16, 2_000, 2.0

KEEPER = """\
import asyncio, itertools, json, sys

numbers = itertools.count(1)
text = json.dumps({"items": [{"id": n, "status": "active", "city": "Springfield"} for n in range(20)]})
tool = {"name": "find", "description": "Find tickets", "inputSchema": {"type": "object"},
        "annotations": {"readOnlyHint": True}}
answers = {
    "initialize": {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "k"}},
    "tools/list": {"tools": [tool]},
    "tools/call": {"content": [{"type": "text", "text": text}]},
}

async def client(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
            lines = head.decode("latin-1").lower().split("\\r\\n")
            size = next((int(one[15:]) for one in lines if one.startswith("content-length:")), 0)
            body = await reader.readexactly(size)
            said = json.loads(body) if body else {}
            if head.startswith(b"GET /ready"):
                status, kind, out = "200 OK", "", b""
            elif said.get("method") in answers:
                more = f"mcp-session-id: s{next(numbers)}\\r\\n" if said["method"] == "initialize" else ""
                status, kind = "200 OK", "content-type: application/json\\r\\n" + more
                out = json.dumps({"jsonrpc": "2.0", "id": said["id"], "result": answers[said["method"]]}).encode()
            elif said.get("method") == "server/discover":
                status, kind, out = "404 Not Found", "", b""
            else:
                status, kind, out = ("202 Accepted" if said else "405 No"), "", b""
            writer.write(f"HTTP/1.1 {status}\\r\\n{kind}content-length: {len(out)}\\r\\n\\r\\n".encode() + out)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()

async def main():
    await (await asyncio.start_server(client, "127.0.0.1", int(sys.argv[1]))).serve_forever()

asyncio.run(main())
"""


@dataclass
class Line:
    """One connection to the proxy."""

    port: int
    token: str
    session: str = ""
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, method: str, params: Any, verb: str = "POST") -> tuple[int, bytes]:
        """Status and body of one request."""
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        session = f"mcp-session-id: {self.session}\r\n" if self.session else ""
        head = (
            f"{verb} /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {self.token}\r\n"
            "content-type: application/json\r\naccept: application/json, text/event-stream\r\n"
            f"mcp-protocol-version: 2025-11-25\r\n{session}content-length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        found = {
            name.lower(): value for name, _, value in (one.partition(": ") for one in answer.split("\r\n")[1:] if one)
        }
        self.session = found.get("mcp-session-id", self.session)
        return int(answer.split(" ", 2)[1]), await reader.readexactly(int(found.get("content-length", "0")))

    async def open(self) -> None:
        status, _ = await self.send("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}})
        assert status == 200, status

    async def call(self) -> int:
        return (await self.send("tools/call", {"name": "tickets__find", "arguments": {}}))[0]

    def close(self) -> None:
        if self.streams is not None:
            self.streams[1].close()
            self.streams = None


@dataclass
class Place:
    """The processes."""

    folder: Path
    idp: Idp
    port: int = field(default_factory=free_port)
    keeper: int = field(default_factory=free_port)
    running: list[Service] = field(default_factory=list)

    @property
    def resource(self) -> str:
        return f"http://127.0.0.1:{self.port}/mcp"

    def token(self, name: str) -> str:
        return self.idp.issue(sub=name, aud=self.resource, exp=int(time.time()) + 3600)

    def start(self) -> Service:
        """Redis, the server that keeps sessions, and the proxy, which is returned."""
        state = redis.start(self.folder)
        self.running.append(state)
        environ = plain_environ(self.folder, PYTHONPATH=str(ROOT), AUDIT=KEY, ADAPTGEN_DRAIN=str(DRAIN))
        url = f"http://127.0.0.1:{self.keeper}"
        command = [sys.executable, "-c", KEEPER, str(self.keeper)]
        self.running.append(
            launch("keeper", command, url=url, ready="/ready", environ=environ, folder=self.folder, seconds=30)
        )
        settings = {
            "adaptgen": 1,
            "mode": "proxy",
            "listen": {"resource": self.resource},
            "authenticate": {"issuer": self.idp.url, "audience": self.resource, "jwks": f"{self.idp.url}/jwks"},
            "authorize": {"default": "read", "policies": ["all.cedar"]},
            "limits": [{"per": ["sub"], "rate": "1000000/s"}],
            "keys": {"audit": "${env:AUDIT}"},
            "state": {"store": "redis", "url": state.url},
            "audit": {"sink": "audit.jsonl"},
            "upstreams": {"tickets": {"url": f"{url}/mcp"}},
        }
        (self.folder / "governance.yaml").write_text(json.dumps(settings))
        (self.folder / "all.cedar").write_text("permit (principal, action, resource);")
        environ |= {
            "ADAPTGEN_GOVERNANCE": str(self.folder / "governance.yaml"),
            "ADAPTGEN_LISTEN": f"127.0.0.1:{self.port}",
        }
        proxy = launch(
            "proxy", [sys.executable, "-m", "adaptgen.transports.container"], url=f"http://127.0.0.1:{self.port}",
            ready="/readyz", environ=environ, folder=self.folder, seconds=60,
        )  # fmt: skip
        self.running.append(proxy)
        return proxy


def cpu(pid: int) -> float:
    """CPU seconds of a process."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """Resident bytes of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def requests(place: Place) -> int:
    """Requests that Redis has answered. It also counts what a script runs: that of a limit reads the time and the
    bucket, and writes the bucket."""
    from redis.asyncio import Redis

    client: Any = Redis.from_url(place.running[0].url)
    try:
        every = int((await client.info("stats"))["total_commands_processed"])
        scripts = (await client.info("commandstats")).get("cmdstat_eval", {}).get("calls", 0)
        return every - 3 * int(scripts)
    finally:
        await client.aclose()


async def calls(place: Place, pid: int) -> tuple[float, float]:
    """CPU milliseconds of the proxy and requests to Redis, each per warm call."""
    lines = [Line(place.port, place.token(f"caller{at}")) for at in range(WORKERS)]
    for line in lines:
        await line.open()
        for _ in range(10):
            await line.call()
    before, asked = cpu(pid), await requests(place)

    async def work(line: Line) -> None:
        for _ in range(CALLS // WORKERS):
            assert await line.call() == 200

    await asyncio.gather(*map(work, lines))
    # Two of those are the question itself.
    found = (cpu(pid) - before) / CALLS * 1000, (await requests(place) - asked - 2) / CALLS
    for line in lines:
        line.close()
    return found


async def memory(place: Place, pid: int) -> float:
    """Bytes of the proxy for each session with one of the server behind it."""
    line = Line(place.port, "")
    for at in range(SESSIONS // 4):  # what is allocated once
        line.token, line.session = place.token(f"early{at % 20}"), ""
        await line.open()
        await line.call()
    before = resident(pid)
    for at in range(SESSIONS):
        line.token, line.session = place.token(f"person{at % 40}"), ""
        await line.open()
        assert await line.call() == 200
    line.close()
    return (resident(pid) - before) / SESSIONS


async def drain(place: Place, proxy: Service) -> tuple[float, int, int]:
    """Seconds from SIGTERM to the end of the process; calls that were answered after the signal, and that failed while
    /readyz still said that it serves."""
    process = proxy.process
    assert process is not None
    line, ready = Line(place.port, place.token("last")), Line(place.port, "")
    await line.open()
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    answered = failed = 0
    while time.monotonic() - began < DRAIN * 0.8:
        try:
            answered += await line.call() == 200
        except (OSError, asyncio.IncompleteReadError):
            failed += 1
            line.close()
    line.close()
    ready.close()
    await asyncio.to_thread(process.wait, 60)
    return time.monotonic() - began, answered, failed


async def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        idp = Idp()
        await idp.start()
        place = Place(Path(folder), idp)
        try:
            proxy = await asyncio.to_thread(place.start)
            assert proxy.process is not None
            pid = proxy.process.pid
            started = resident(pid)
            per_call, asked = await calls(place, pid)
            per_session = await memory(place, pid)
            seconds, answered, failed = await drain(place, proxy)
        finally:
            for one in reversed(place.running):
                await asyncio.to_thread(one.stop)
            await idp.stop()
    return [
        Figure("CPU of the proxy per governed call in a session", per_call, "ms", bar=6.0),
        Figure("calls per second and core", 1000 / per_call, "/s"),
        Figure("requests to Redis per warm call", asked, "", bar=1.1),
        Figure("memory of the proxy at start", started / 2**20, "MB"),
        Figure("memory per session and its session with the server", per_session / 1024, "KB", bar=40.0),
        Figure("SIGTERM to the end, draining for 2 s", seconds, "s", bar=DRAIN + 5),
        Figure("calls answered while it drained", answered, ""),
        Figure("calls that failed while it drained", failed, "", bar=0),
    ]


if __name__ == "__main__":
    given = options(str(__doc__)).parse_args()
    sys.exit(report(asyncio.run(measure()), given))
