"""Replicas of the proxy behind a round robin, before a third-party server that keeps sessions (mcp 1.30).

The server remembers the words of each session, so an answer shows whether its session was the caller's, and whether it
was the same as before.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.services import Service, free_port, launch, plain_environ

ROOT = Path(__file__).parents[2]
DRAIN = 1.0
KEY = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="

KEEPER = """\
import json, sys
from mcp.server.fastmcp import Context, FastMCP
from mcp.types import SamplingMessage, TextContent
from starlette.responses import JSONResponse

mcp = FastMCP("keeper", host="127.0.0.1", port=int(sys.argv[1]), log_level="WARNING")
words, seen = {}, set()

@mcp.tool()
def remember(word: str, ctx: Context) -> str:
    "Remember a word in this session, and say all words of this session."
    seen.update(mcp.session_manager._server_instances)
    known = words.setdefault(id(ctx.session), (ctx.session, []))[1]
    if word not in known:
        known.append(word)
    return json.dumps(known)

@mcp.tool()
async def ask(question: str, ctx: Context) -> str:
    "Ask the client's model."
    asked = [SamplingMessage(role="user", content=TextContent(type="text", text=question))]
    found = await ctx.session.create_message(asked, max_tokens=10, related_request_id=ctx.request_id)
    return found.content.text

@mcp.tool()
async def count(to: int, ctx: Context) -> str:
    "Report progress, and say done."
    for at in range(to):
        await ctx.report_progress(at + 1, to)
    return "done"

@mcp.custom_route("/sessions", methods=["GET"])
async def sessions(request):
    held = mcp.session_manager._server_instances
    return JSONResponse({"held": list(held), "seen": sorted(seen), "words": [sorted(one) for _, one in words.values()]})

mcp.run(transport="streamable-http")
"""

PYTHON = """\
import asyncio, json, sys
from datetime import timedelta

from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from mcp.types import CreateMessageResult, TextContent

url, given = sys.argv[1], json.loads(sys.argv[2])
found = {"name": given["name"], "calls": 0, "mixed": [], "lost": [], "failed": [], "answers": [], "progress": 0}


async def model(context, params):
    text = "answer to " + params.messages[0].content.text
    return CreateMessageResult(role="assistant", content=TextContent(type="text", text=text), model="m")


async def progress(at, total, message):
    found["progress"] += 1


async def work(session, worker):
    mine = []
    for at in range(given["rounds"]):
        word = f"{given['name']}-{worker}-{at}"
        while True:
            result = await session.call_tool("keeper__remember", {"word": word})
            found["calls"] += 1
            if not result.isError:
                break
            found["failed"].append(result.content[0].text)
            await asyncio.sleep(0.1)
        words = json.loads(result.content[0].text)
        found["mixed"] += [one for one in words if not one.startswith(given["name"] + "-")]
        mine.append(word)
        lost = [one for one in mine if one not in words]
        if lost:
            found["lost"] += lost
            mine = [word]
        await asyncio.sleep(given["pause"])


async def main():
    headers = {"authorization": "Bearer " + given["token"]}
    async with streamablehttp_client(url, headers=headers) as (read, write, _):
        wait = timedelta(seconds=60)
        async with ClientSession(read, write, sampling_callback=model, read_timeout_seconds=wait) as session:
            await session.initialize()
            found["tools"] = sorted(tool.name for tool in (await session.list_tools()).tools)
            await asyncio.gather(*(work(session, worker) for worker in range(given["workers"])))
            for at in range(given["questions"]):
                result = await session.call_tool("keeper__ask", {"question": f"{given['name']} {at}"})
                found["answers"].append(result.content[0].text)
            if given["questions"]:
                await session.call_tool("keeper__count", {"to": 5}, progress_callback=progress)
    print(json.dumps(found))


asyncio.run(main())
"""

TYPESCRIPT = """\
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, url, text] = process.argv.slice(2);
const given = JSON.parse(text);
const require = createRequire(modules + "/");
const load = async (name) => import(pathToFileURL(require.resolve("@modelcontextprotocol/sdk/" + name)).href);
const { Client } = await load("client/index.js");
const { StreamableHTTPClientTransport } = await load("client/streamableHttp.js");
const { CreateMessageRequestSchema } = await load("types.js");
const found = { name: given.name, calls: 0, mixed: [], lost: [], failed: [], answers: [], progress: 0 };
const client = new Client({ name: "replicas", version: "1" }, { capabilities: { sampling: {} } });
client.setRequestHandler(CreateMessageRequestSchema, async (request) => ({
  role: "assistant", model: "m",
  content: { type: "text", text: "answer to " + request.params.messages[0].content.text },
}));
const headers = { authorization: "Bearer " + given.token };
const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
await client.connect(transport);
found.tools = (await client.listTools()).tools.map((tool) => tool.name).sort();
const sleep = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));
const work = async (worker) => {
  let mine = [];
  for (let at = 0; at < given.rounds; at += 1) {
    const word = `${given.name}-${worker}-${at}`;
    let result;
    for (;;) {
      result = await client.callTool({ name: "keeper__remember", arguments: { word } });
      found.calls += 1;
      if (!result.isError) break;
      found.failed.push(result.content[0].text);
      await sleep(0.1);
    }
    const words = JSON.parse(result.content[0].text);
    found.mixed.push(...words.filter((one) => !one.startsWith(given.name + "-")));
    mine.push(word);
    const lost = mine.filter((one) => !words.includes(one));
    if (lost.length) { found.lost.push(...lost); mine = [word]; }
    await sleep(given.pause);
  }
};
await Promise.all(Array.from({ length: given.workers }, (_, worker) => work(worker)));
for (let at = 0; at < given.questions; at += 1) {
  const result = await client.callTool({ name: "keeper__ask", arguments: { question: `${given.name} ${at}` } });
  found.answers.push(result.content[0].text);
}
if (given.questions) {
  const onprogress = () => { found.progress += 1; };
  await client.callTool({ name: "keeper__count", arguments: { to: 5 } }, undefined, { onprogress });
}
await transport.terminateSession();
await client.close();
console.log(JSON.stringify(found));
"""


class RoundRobin:
    """Sends each HTTP request to the next replica, as a load balancer without stickiness does.

    A replica that does not accept, or breaks before the first byte of its answer, is left out, and the request goes to
    the next one. With :meth:`watch` requests go to replicas that are ready, and none is sent again. ``statuses``: how
    many answers of each status passed; ``served``: how many each replica gave;
    ``said``: the bytes of all answers.
    """

    def __init__(self, ports: list[int]) -> None:
        self.ports = list(ports)
        self.port = 0
        self.statuses: Counter[int] = Counter()
        self.served: Counter[int] = Counter()
        self.said = bytearray()
        self._turn = 0
        self._ready: set[int] | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._client, "127.0.0.1", port, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    def watch(self, every: float) -> None:
        """Ask each replica from now on whether it is ready, as the probes of a platform do."""
        self._ready = set()
        self._tasks.update(asyncio.ensure_future(self._probe(port, self._ready, every)) for port in self.ports)

    @property
    def ready(self) -> int:
        """How many are."""
        return len(self._ready or ())

    async def _probe(self, port: int, ready: set[int], every: float) -> None:
        while True:
            try:
                theirs, ours = await asyncio.open_connection("127.0.0.1", port)
                ours.write(b"GET /readyz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
                serves = (await theirs.read(64)).startswith(b"HTTP/1.1 200")
                ours.close()
            except ConnectionError:
                serves = False
            (ready.add if serves else ready.discard)(port)
            await asyncio.sleep(every)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._relay(reader, writer)
        writer.close()
        self._tasks.discard(task)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = [one for one in head[:-4].split(b"\r\n") if not one.lower().startswith(b"connection:")]
        length = next((int(one.split(b":")[1]) for one in lines if one.lower().startswith(b"content-length:")), 0)
        asked = b"\r\n".join([*lines, b"connection: close"]) + b"\r\n\r\n" + await reader.readexactly(length)
        for _ in range(20 if self._ready is None else 1):
            self._turn += 1
            ports = self.ports if self._ready is None else sorted(self._ready)
            port = ports[self._turn % len(ports)]
            with contextlib.suppress(ConnectionError):
                theirs, ours = await asyncio.open_connection("127.0.0.1", port)
                try:
                    ours.write(asked)
                    first = await theirs.read(65536)
                    if first:
                        self.statuses[int(first.split(b" ", 2)[1])] += 1
                        self.served[port] += 1
                        await self._pass(first, theirs, reader, writer)
                        return
                finally:
                    ours.close()
            await asyncio.sleep(0.05)
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        self.statuses[502] += 1

    async def _pass(
        self, first: bytes, theirs: asyncio.StreamReader, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """The rest of an answer, until either side leaves."""
        left = asyncio.ensure_future(reader.read(1))
        data = first
        try:
            while data:
                self.said += data
                writer.write(data)
                await writer.drain()
                more = asyncio.ensure_future(theirs.read(65536))
                await asyncio.wait([more, left], return_when=asyncio.FIRST_COMPLETED)
                if not more.done():
                    more.cancel()
                    return
                data = more.result()
        finally:
            left.cancel()


@dataclass
class Replicas:
    """The processes of one test. ``state``: the settings of the shared state, with what they need in ``environ``."""

    folder: Path
    issuer: str
    state: Mapping[str, str]
    environ: Mapping[str, str]
    python: str
    keeper_port: int = field(default_factory=free_port)
    ports: list[int] = field(default_factory=list)
    running: dict[str, Service] = field(default_factory=dict)

    def start_keeper(self) -> None:
        """The third-party server; its port stays."""
        command = [self.python, "-c", KEEPER, str(self.keeper_port)]
        url = f"http://127.0.0.1:{self.keeper_port}"
        folder = self._folder("keeper")
        self.running["keeper"] = launch(
            "keeper", command, url=url, ready="/sessions", environ=plain_environ(folder), folder=folder, seconds=60
        )

    def start_proxies(self, count: int, resource: str) -> None:
        settings = {
            "adaptgen": 1,
            "mode": "proxy",
            "listen": {"resource": resource},
            "authenticate": {"issuer": self.issuer, "audience": resource, "jwks": f"{self.issuer}/jwks"},
            "authorize": {"engine": "cedar", "default": "read", "policies": ["all.cedar"]},
            "limits": [{"per": ["sub"], "rate": "100000/s"}],
            "keys": {"audit": "${env:AUDIT}"},
            "state": dict(self.state),
            "audit": {"sink": "audit.jsonl"},
            "upstreams": {"keeper": {"url": f"http://127.0.0.1:{self.keeper_port}/mcp", "timeout": 20}},
        }
        for at in range(count):
            folder = self._folder(f"proxy{at}")
            (folder / "governance.yaml").write_text(json.dumps(settings))
            (folder / "all.cedar").write_text("permit (principal, action, resource);")
            self.ports.append(free_port())
            self.start_proxy(at)

    def start_proxy(self, at: int) -> None:
        """One replica, as in a container; its port stays."""
        folder, port = self._folder(f"proxy{at}"), self.ports[at]
        environ = plain_environ(folder, PYTHONPATH=str(ROOT), AUDIT=KEY, ADAPTGEN_DRAIN=str(DRAIN))
        environ |= {
            "ADAPTGEN_GOVERNANCE": str(folder / "governance.yaml"),
            "ADAPTGEN_LISTEN": f"127.0.0.1:{port}",
            **self.environ,
        }
        command = [sys.executable, "-m", "adaptgen.transports.container"]
        self.running[f"proxy{at}"] = launch(
            f"proxy{at}", command, url=f"http://127.0.0.1:{port}", ready="/readyz",
            environ=environ, folder=folder, seconds=60,
        )  # fmt: skip

    def kill(self, name: str, sign: int = signal.SIGKILL) -> float:
        """End a process, without a warning unless ``sign`` is one; the seconds that it took."""
        process = self.running[name].process
        assert process is not None
        began = time.monotonic()
        os.killpg(process.pid, sign)
        process.wait(30)
        return time.monotonic() - began

    def sessions(self) -> Any:
        """What the third-party server holds."""
        return self.running["keeper"].json("GET", "/sessions")

    def stop(self) -> None:
        for one in reversed(list(self.running.values())):
            one.stop()

    def _folder(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir(exist_ok=True)
        return path


async def talk(command: list[str], folder: Path) -> dict[str, Any]:
    """What a client found, which runs in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(200):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, err.decode()[-3000:]
    found: dict[str, Any] = json.loads(out)
    return found


@contextlib.contextmanager
def relayed(ports: list[int]) -> Iterator[RoundRobin]:
    """A round robin in a thread of its own."""
    relay, loop = RoundRobin(ports), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(relay.start(), loop).result(20)
        yield relay
    finally:
        asyncio.run_coroutine_threadsafe(relay.stop(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()
