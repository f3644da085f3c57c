"""What hostile clients cost a governed server before they are known: memory, and the time of everybody else's calls.

For each kind of attack a thousand connections are open at once (those that the server ends come again), while one
client with a token goes on calling a tool. The server is the proxy as it is deployed, with every control on.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from attacking.clients import KINDS
from figures import Figure, options, report
from govern import HERE, SMALL, settings
from governed.client import Lean
from governed.issuer import issuer

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from support.services import free_port

MEMORY, PATIENCE = 100.0, 1000.0
"""Bars: MB above rest, and milliseconds of the slowest legitimate call."""


@contextlib.contextmanager
def process(*command: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A server for the length of a block, ready to connect to."""
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    started = subprocess.Popen(
        [sys.executable, *command], env={**inherited, "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parent}"}
    )
    try:
        for _ in range(400):
            if started.poll() is not None:
                raise SystemExit("a server did not start")
            with (
                contextlib.suppress(OSError),
                contextlib.closing(__import__("socket").create_connection(("127.0.0.1", port), 1)),
            ):
                break
            time.sleep(0.05)
        yield started
    finally:
        started.terminate()
        started.wait()


def resident(pid: int) -> float:
    """MB of memory that a process has now."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("the server has ended")


def worked(pid: int) -> float:
    """Milliseconds that a process has had of a processor."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


async def call(port: int, token: str) -> float:
    """Milliseconds of one call on a connection of its own."""
    begun = time.perf_counter()
    async with Lean(port, token) as client:
        await client.call(SMALL, {"status": "active"})
    return (time.perf_counter() - begun) * 1000


async def attacked(kind: str, port: int, token: str, pid: int, count: int, seconds: float) -> tuple[float, float, int]:
    """The highest memory, the slowest legitimate call and the number of connections during one attack."""
    command = [sys.executable, "-m", "attacking.clients", kind, str(port), str(count), str(seconds)]
    attack = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(HERE)}
    )
    highest = slowest = 0.0
    finished = asyncio.create_task(attack.communicate())
    while not finished.done():
        slowest = max(slowest, await asyncio.wait_for(call(port, token), 30))
        highest = max(highest, resident(pid))
        await asyncio.sleep(0.02)
    return highest, slowest, int((await finished)[0])


def main() -> int:
    parser = options(__doc__ or "")
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each attack")
    parser.add_argument("--only", choices=sorted(KINDS), action="append", help="this kind of attack")
    given = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = given.connections + 200
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(needed, hard), hard))
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder, issuer() as one, contextlib.ExitStack() as stack:
        direct = free_port()
        stack.enter_context(process("-m", "governed.upstream", str(direct), port=direct))
        path, port = settings(Path(folder), one, direct, mode="proxy"), free_port()
        server = stack.enter_context(
            process("-m", "adaptgen", "proxy", str(path), "--http", f"127.0.0.1:{port}", port=port)
        )
        token = one.token("ada", "staff")
        for _ in range(50):
            asyncio.run(call(port, token))
        rest = resident(server.pid)
        for kind in given.only or KINDS:
            before = worked(server.pid)
            highest, slowest, opened = asyncio.run(
                attacked(kind, port, token, server.pid, given.connections, given.seconds)
            )
            name = kind.replace("_", " ")
            figures += [
                Figure(f"{name}: memory above rest", highest - rest, "MB", rest, "at rest", MEMORY),
                Figure(f"{name}: slowest call meanwhile", slowest, "ms", opened, "connections", PATIENCE),
                Figure(f"{name}: work of the server", worked(server.pid) - before, "ms"),
            ]
    return report(figures, given)


if __name__ == "__main__":
    raise SystemExit(main())
