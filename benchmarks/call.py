"""What one call costs beyond the API itself, and what a view of a large answer costs.

The API answers 25 small records. A client calls the generated tool over streamable HTTP; a bare httpx client calls
the API. The difference is the overhead; the reference is a whole call, over the same transport and by the same client,
of one decorated FastMCP tool that returns a constant. Rounds are interleaved; the figures are medians.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import orjson
from fastmcp import Client
from figures import Figure, median, options, report

from adaptgen.runtime.answers.projection import view

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from support.services import free_port

API = """
import sys, uvicorn
row = b'{"id":%d,"name":"Customer %d","status":"active","email":"c%d@example.com","note":"n"}'
body = b'{"items":[' + b",".join(row % (n, n, n) for n in range(25)) + b'],"total":25}'
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", lifespan="off")
"""
CONSTANT = """
import sys
from fastmcp import FastMCP
mcp = FastMCP("constant")
@mcp.tool
def list_customers(limit: int = 25) -> str:
    return "constant"
quiet = {"show_banner": False, "log_level": "warning"}
mcp.run("http", host="127.0.0.1", port=int(sys.argv[1]), stateless_http=True, json_response=True, **quiet)
"""
ROW = {"type": "object", "properties": {name: {"type": "string"} for name in ("name", "status", "email", "note")}}
ROW["properties"] |= {"id": {"type": "integer"}}
LISTED = {"type": "object", "properties": {"items": {"type": "array", "items": ROW}, "total": {"type": "integer"}}}
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "bench", "version": "1"},
    "paths": {
        "/customers": {
            "get": {
                "operationId": "list_customers",
                "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": LISTED}}}},
            }
        }
    },
}


@contextmanager
def process(*command: str, port: int, **environ: str) -> Iterator[None]:
    """A server for the length of a block, ready to connect to."""
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    started = subprocess.Popen(command, env={**inherited, **environ}, stdin=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                httpx.get(f"http://127.0.0.1:{port}/", timeout=2)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield
    finally:
        started.terminate()
        started.wait()


async def timed(count: int, one: Callable[[], Awaitable[object]]) -> list[float]:
    """Milliseconds of each of ``count`` calls, one after the other."""
    taken = []
    for _ in range(count):
        begun = time.perf_counter()
        await one()
        taken.append((time.perf_counter() - begun) * 1000)
    return taken


async def calls(api: int, ours: int, constant: int, rounds: int) -> tuple[float, float, float]:
    """Medians of a bare call, a generated tool and a constant tool."""
    taken: dict[str, list[float]] = {"bare": [], "ours": [], "constant": []}
    async with (
        httpx.AsyncClient() as http,
        Client(f"http://127.0.0.1:{ours}/mcp") as mine,
        Client(f"http://127.0.0.1:{constant}/mcp") as theirs,
    ):
        jobs: dict[str, Callable[[], Awaitable[object]]] = {
            "bare": lambda: http.get(f"http://127.0.0.1:{api}/customers"),
            "ours": lambda: mine.call_tool("list_customers", {"limit": 25}),
            "constant": lambda: theirs.call_tool("list_customers", {"limit": 25}),
        }
        for job in jobs.values():
            await timed(30, job)
        for _ in range(rounds):
            for name, job in jobs.items():
                taken[name].append(median(await timed(20, job)))
    return median(taken["bare"]), median(taken["ours"]), median(taken["constant"])


def views(runs: int = 200) -> tuple[float, float]:
    """Milliseconds of a five-field view of a 200 KB answer, and of parsing that answer."""
    row = {f"field_{n:02d}": "x" * 12 for n in range(30)} | {"organization": {"id": 1, "name": "Acme"}}
    body = orjson.dumps(
        [{"id": n, "name": f"n{n}", "status": "on", "amount": n * 1.5, **row} for n in range(200_000 // 900)]
    )
    compiled = view(("id", "name", "status", "amount", "organization.name"))
    rows = orjson.loads(body)
    parsed, projected = [], []
    for _ in range(runs):
        begun = time.perf_counter()
        orjson.loads(body)
        between = time.perf_counter()
        compiled.rows(rows)
        projected.append((time.perf_counter() - between) * 1000)
        parsed.append((between - begun) * 1000)
    return median(projected), median(parsed)


def main() -> int:
    parser = options(__doc__ or "")
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    api, ours, constant = free_port(), free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder, "bench.json")
        spec.write_text(json.dumps(DOCUMENT))
        adaptgen = [sys.executable, "-m", "adaptgen"]
        subprocess.run([*adaptgen, "build", str(spec), "--out", folder + "/out"], check=True, capture_output=True)
        serve = [*adaptgen, "serve", folder + "/out/bench", "--http", f"127.0.0.1:{ours}"]
        with (
            process(sys.executable, "-c", API, str(api), port=api),
            process(*serve, port=ours, BENCH_BASE_URL=f"http://127.0.0.1:{api}"),
            process(sys.executable, "-c", CONSTANT, str(constant), port=constant),
        ):
            bare, mine, theirs = asyncio.run(calls(api, ours, constant, given.rounds))
    projected, parsed = views()
    return report(
        [
            Figure("a call of a generated tool", mine, "ms", bare, "the bare httpx call of the API"),
            Figure(
                "  its overhead over the bare call",
                mine - bare,
                "ms",
                theirs,
                "a FastMCP tool returning a constant",
                theirs,
            ),
            Figure("a view of a 200 KB answer", projected, "ms", parsed, "parsing it (orjson)", 0.5),
        ],
        given,
    )


if __name__ == "__main__":
    raise SystemExit(main())
