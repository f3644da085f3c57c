"""What a Lambda function costs: from the start of its process to the first answer, and a warm call.

The same 100 generated tools, called with the same Function URL events: by our handler, and by FastMCP (a lazy provider,
dereferencing and its list of all tools at every call switched off) behind Mangum. Each start is a fresh process, with
bytecode on both sides; the variants are interleaved, the figures are medians. Nobody deploys a server without
governance; it is what can be compared. The governed starts are printed beside it.
"""

from __future__ import annotations

import compileall
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from figures import Figure, median, options, report

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from support.generated import generate
from support.governing import KEYS, settings
from support.lambda_runtime import http_event

TOOLS = 100
WARM = 400
MODERN = "2026-07-28"
PREFIX = "io.modelcontextprotocol/"
SHARED = """
import json, os, sys, time
sys.path.insert(0, os.getcwd())
listed, called = json.loads(sys.argv[2])

def told(handler):
    first = handler(listed, None)
    tools = len(json.loads(first["body"])["result"]["tools"])
    print(tools, time.process_time() * 1000, flush=True)

def measured(handler, bare):
    for _ in range(50):
        answer = handler(called, None)
    assert answer["statusCode"] == 200 and '"isError":true' not in answer["body"], answer
    taken = []
    for _ in range(int(sys.argv[3])):
        begun = time.perf_counter()
        handler(called, None)
        between = time.perf_counter()
        bare()
        taken.append((between - begun, time.perf_counter() - between))
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    print(json.dumps([sorted(one[at] for one in taken)[len(taken) // 2] * 1000 for at in (0, 1)] + [peak / 1024]))
"""
# An API that answers at once. Made after the first list: it is no part of a start.
API = """
import httpx

class Body(httpx.AsyncByteStream):
    async def __aiter__(self):
        yield b'{"id":7,"name":"Customer 7","status":"active"}'

class Api(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request):
        return httpx.Response(200, headers={"content-type": "application/json"}, stream=Body())

api = Api()
"""
BARE = """
async def plain():
    return await client.get("http://api.invalid/thing_7/7")
client = httpx.AsyncClient(transport=api)
def bare():
    loop.run_until_complete(plain())
"""
OPEN = (
    SHARED
    + """
import asyncio
from pathlib import Path
from adaptgen.transports.aws_lambda import answer, event
from adaptgen.transports.load import load_server
from adaptgen.govern.pipeline.ungoverned import UngovernedHandler
from adaptgen.transports import settle
from adaptgen.transports.streamable_http.server import StreamableHttpServer
from adaptgen.runtime.engine import Engine

settle()
engine = Engine(load_server(Path(sys.argv[1])), cursor_key=bytes(32))
loop = asyncio.new_event_loop()
kernel = StreamableHttpServer(UngovernedHandler(engine), hosts=("*",))

async def answered(given):
    asked = event.read(given, 30.0)
    return answer.response(await kernel.handle(asked.http), asked)

def handler(given, context):
    return loop.run_until_complete(answered(given))

told(handler)
"""
    + API
    + """
engine._transport = api
"""
    + BARE
    + """
measured(handler, bare)
"""
)
GOVERNED = (
    SHARED
    + """
from pathlib import Path
from adaptgen.transports.aws_lambda import serve
handler = serve(Path(sys.argv[1]))
told(handler)
loop = handler._loop
"""
    + API
    + """
handler._governed.handler._target._engine._transport = api
"""
    + BARE
    + """
measured(handler, bare)
"""
)
FASTMCP = (
    SHARED
    + """
import asyncio, logging
from pathlib import Path
from mangum import Mangum
from adaptgen.transports.fastmcp import front
from adaptgen.transports.load import load_server
from adaptgen.runtime.engine import Engine

logging.disable(logging.WARNING)
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
engine = Engine(load_server(Path(sys.argv[1])), cursor_key=bytes(32))
app = front(engine).http_app(path="/mcp", json_response=True, stateless_http=True, host_origin_protection=False)
mangum = Mangum(app, lifespan="auto")

class Context:
    aws_request_id = "r"

def handler(given, context):
    return mangum(given, Context())

told(handler)
"""
    + API
    + """
engine._transport = api
"""
    + BARE
    + """
measured(handler, bare)
"""
)


def document() -> bytes:
    """An API of 100 operations."""
    one = {"type": "object", "properties": {name: {"type": "string"} for name in ("name", "status")}}
    one["properties"]["id"] = {"type": "integer"}
    paths = {
        f"/thing_{n}/{{id}}": {
            "get": {
                "operationId": f"get_thing_{n}",
                "summary": f"One of the things of kind {n}",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
                    {"name": "status", "in": "query", "schema": {"type": "string", "enum": ["active", "closed"]}},
                ],
                "responses": {
                    "200": {"description": "ok", "content": {"application/json": {"schema": one}}},
                },
            }
        }
        for n in range(TOOLS)
    }
    info = {"title": "Bench", "version": "1"}
    servers = [{"url": "http://api.invalid"}]
    return json.dumps({"openapi": "3.0.3", "info": info, "servers": servers, "paths": paths}).encode()


def event(method: str, **params: Any) -> dict[str, Any]:
    """A request of 2026-07-28 as a Function URL hands it over."""
    meta = {
        f"{PREFIX}protocolVersion": MODERN,
        f"{PREFIX}clientCapabilities": {},
        f"{PREFIX}clientInfo": {"name": "bench", "version": "1"},
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
    lines = [
        ("host", "abc.lambda-url.eu-west-1.on.aws"),
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
        ("mcp-protocol-version", MODERN),
        ("mcp-method", method),
        *([("mcp-name", params["name"])] if "name" in params else []),
    ]
    return http_event("POST", "/mcp", lines=lines, body=json.dumps(body).encode())


@dataclass
class Variant:
    """A way to serve, and what its runs took: milliseconds to the first list on the clock and of the processor, of a
    warm call and of the bare request; megabytes at most."""

    code: str
    environ: dict[str, str] = field(default_factory=dict)
    start: list[float] = field(default_factory=list)
    work: list[float] = field(default_factory=list)
    call: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    def run(self, package: Path, events: str, warm: int) -> None:
        """One process."""
        environ = {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")}
        command = [sys.executable, "-c", self.code, str(package), events, str(warm)]
        begun = time.perf_counter()
        root = Path(__file__).parent.parent
        with (
            tempfile.TemporaryFile() as log,
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, env=environ | self.environ, cwd=root
            ) as child,
        ):
            assert child.stdout is not None
            first = child.stdout.readline()
            self.start.append((time.perf_counter() - begun) * 1000)
            rest = child.stdout.read()
            tools, _, work = first.decode().partition(" ")
            if child.wait() or int(tools) != TOOLS:
                log.seek(0)
                raise RuntimeError(log.read().decode())
        self.work.append(float(work))
        call, bare, memory = json.loads(rest.splitlines()[-1])
        self.call.append(call)
        self.bare.append(bare)
        self.memory.append(memory)


def governance(folder: Path, **given: Any) -> dict[str, str]:
    """Settings as they are packaged; the environment that names them."""
    folder.mkdir()
    path = settings(folder, authenticate={"iam": True}, **given)
    path = path.rename(path.with_suffix(".json"))
    return {**KEYS, "ADAPTGEN_GOVERNANCE": str(path)}


def main() -> int:
    parser = options(__doc__ or "")
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    events = json.dumps([event("tools/list"), event("tools/call", name="get_thing_7", arguments={"id": 7})])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with contextlib.redirect_stdout(io.StringIO()):
            package = generate(folder, "bench", {"bench.json": document()}, "adaptgen: 1\nserver: {surface: list}\n")
        compileall.compile_dir(package, quiet=1)
        least = governance(folder / "least", tokenize=None, audit=None)
        limits = [{"per": ["sub", "tool"], "rate": "1000000/s"}]
        every = governance(folder / "every", limits=limits, switch={"read_only": True})
        variants = {
            "ours": Variant(OPEN),
            "fastmcp": Variant(FASTMCP),
            "least": Variant(GOVERNED, least),
            "every": Variant(GOVERNED, every),
        }
        for one in variants.values():
            one.run(package, events, 10)
            for taken in (one.start, one.work, one.call, one.bare, one.memory):
                taken.clear()  # the first run of each writes bytecode and warms the disk
        for _ in range(given.rounds):
            for one in variants.values():
                one.run(package, events, WARM)
    ours, fastmcp, least_run, every_run = variants.values()
    theirs = median(fastmcp.start)
    name = "FastMCP + Mangum"
    return report(
        [
            Figure("process start to first list", median(ours.start), "ms", theirs, name, theirs / 3),
            Figure("  governed: identity and policies", median(least_run.start), "ms", theirs, name),
            Figure("  governed: every control", median(every_run.start), "ms", theirs, name),
            Figure("  processor time", median(ours.work), "ms", median(fastmcp.work), name),
            Figure("  processor time, every control", median(every_run.work), "ms", median(fastmcp.work), name),
            Figure(
                "a warm call, beyond the bare request",
                median(ours.call) - median(ours.bare),
                "ms",
                median(fastmcp.call) - median(fastmcp.bare),
                name,
                0.5,
            ),
            Figure("  governed: identity and policies", median(least_run.call) - median(least_run.bare), "ms"),
            Figure("  governed: every control", median(every_run.call) - median(every_run.bare), "ms"),
            Figure("memory at most", median(ours.memory), "MB", median(fastmcp.memory), name, 60),
            Figure("  governed: every control", median(every_run.memory), "MB", None, "", 60),
        ],
        given,
    )


if __name__ == "__main__":
    raise SystemExit(main())
