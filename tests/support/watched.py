"""Pipelines that are watched from every side: what agents see, spans, metrics, audit lines, logs, stderr."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from joserfc.jwk import ECKey
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from support.governing import KEYS
from support.handing import RESOURCE, Issuer, issuing
from support.wire import MODERN, Client

from adaptgen.demo.crm.serving import listen
from adaptgen.govern.identity.identity_assertion import AssertionIssuer
from adaptgen.govern.pipeline.assemble import GovernedServer, assemble, govern_server
from adaptgen.govern.pipeline.factory import ServingContext
from adaptgen.govern.settings.model import Settings
from adaptgen.govern.settings.source import source
from adaptgen.govern.telemetry import tracer
from adaptgen.proxy.start import start_aggregator
from adaptgen.transports.load import load_server
from adaptgen.transports.streamable_http import StreamableHttpServer, app
from adaptgen.transports.streamable_http.protocol import WireProtocol

KINDS = ("email", "phone", "card", "iban", "national_id", "name")
WAYS = ("embedded", "proxy")
HEAVY = ("embedded", pytest.param("proxy", marks=pytest.mark.slow))
"""For tests that take seconds."""


@dataclass
class Watched:
    """One pipeline with everything that it leaves behind. ``seen``: what agents received, headers too."""

    way: str
    name: str
    governed: GovernedServer
    kernel: StreamableHttpServer
    issuer: Issuer
    folder: Path
    spans: InMemorySpanExporter
    meter: InMemoryMetricReader
    seen: list[str] = field(default_factory=list)
    calls: int = 0

    def tool(self, own: str) -> str:
        """The name under which agents know a tool."""
        return f"{self.name}__{own}" if self.way == "proxy" else own

    def agent(self, sub: str = "ada", *groups: str, tenant: str = "bank", version: str = MODERN) -> Agent:
        """An agent that works for somebody."""
        token = self.issuer.token(sub, groups=list(groups), org=tenant)
        return Agent(self, Client(self.kernel, version, authorization=f"Bearer {token}"))

    def left(self) -> dict[str, str]:
        """What the pipeline left behind: spans, metrics, audit lines."""
        self.governed.handler._tracer.flush(5)
        spans = "\n".join(f"{one.to_json()}" for one in self.spans.get_finished_spans())
        data = self.meter.get_metrics_data()
        audit = "\n".join(one.read_text() for one in sorted(self.folder.rglob("*.jsonl")))
        return {"spans": spans, "metrics": data.to_json() if data is not None else "", "audit": audit}


@dataclass
class Agent:
    """Calls tools, and keeps what comes back."""

    at: Watched
    client: Client

    async def ask(self, method: str, params: Mapping[str, Any] | None = None, **meta: Any) -> dict[str, Any]:
        """The message that answers a request; notifications before it are kept too."""
        answer = await self.client.ask(method, params, meta=meta or None)
        body = answer.body
        if not isinstance(body, bytes):
            body = b"".join([one async for one in body])
        self.at.seen += [f"{answer.status} {answer.headers}", body.decode()]
        lines = [one[5:] for one in body.splitlines() if one.startswith(b"data:")] or [body]
        message: dict[str, Any] = json.loads(lines[-1])
        return message

    async def call(self, own: str, arguments: Mapping[str, Any] | None = None) -> tuple[str, bool]:
        """The text of a tool's answer, and whether it is an error."""
        self.at.calls += 1
        given = {"name": self.at.tool(own), "arguments": dict(arguments or {})}
        message = await self.ask("tools/call", given, progressToken=self.at.calls)
        result = message["result"]
        text = "\n".join(str(block.get("text", block)) for block in result["content"])
        return text, bool(result.get("isError"))

    async def rows(self, own: str, **arguments: Any) -> list[dict[str, Any]]:
        """Every page of a list."""
        found: list[dict[str, Any]] = []
        more: dict[str, Any] = {}
        for _ in range(400):
            text, failed = await self.call(own, {**arguments, **more})
            assert not failed, text
            answer = json.loads(text)
            items = answer["items"]
            found += [dict(zip(answer["fields"], one, strict=True)) for one in items] if "fields" in answer else items
            if "next_cursor" not in answer:
                return found
            more = {"cursor": answer["next_cursor"]}
        raise AssertionError(f"{own} does not end")


@asynccontextmanager
async def watched(
    way: str, folder: Path, package: Path, environ: Mapping[str, str], *, policies: Path | None = None, **more: Any
) -> AsyncIterator[Watched]:
    """The server of ``package`` with the pipeline inside it, or behind a proxy that is served in this loop too.

    ``more`` are further settings of the pipeline; with ``policies`` None everything is permitted.
    """
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    server = load_server(package)
    async with AsyncExitStack() as stack:
        issuer = stack.enter_context(issuing())
        environ = {**KEYS, **environ}
        key = ECKey.generate_key("P-256", private=True)
        path = _settings(folder / "pipeline", way, issuer, policies, more)
        if way == "proxy":
            environ["T_HANDOVER"] = key.as_pem(private=True).decode()
            url = await stack.enter_async_context(_behind(folder / "server", package, environ, key))
            settings = json.loads(path.read_text())
            settings["upstreams"] = {server.name: {"url": url, "handover": server.name}}
            path.write_text(json.dumps(settings))
        place = ServingContext(http=True, environ=environ, tracer=tracer(Settings(), exporter=exporter, reader=reader))
        if way == "proxy":
            governed = await assemble(source(str(path), environ), start_aggregator, place)
        else:
            governed = await govern_server(str(path), server, place)
        stack.push_async_callback(governed.aclose)
        kernel = StreamableHttpServer(governed.handler)
        stack.push_async_callback(kernel.aclose)
        yield Watched(way, server.name, governed, kernel, issuer, folder, exporter, reader)


def _settings(folder: Path, way: str, issuer: Issuer, policies: Path | None, more: Mapping[str, Any]) -> Path:
    folder.mkdir(parents=True)
    if policies is None:
        (folder / "policies").mkdir()
        (folder / "policies" / "all.cedar").write_text("permit (principal, action, resource);")
    else:
        shutil.copytree(policies, folder / "policies")
    tokens = {"tokens": {"current": "k1", "all": {"k1": "${env:T_TOKENS}"}}}
    made: dict[str, Any] = {
        "adaptgen": 1,
        "mode": way,
        "listen": {"http": "127.0.0.1:0", "resource": RESOURCE},
        "authenticate": {
            "issuer": issuer.url,
            "audience": RESOURCE,
            "jwks": f"{issuer.url}/jwks",
            "caller": {"sub": "sub", "tenant": "org", "groups": "groups"},
        },
        "authorize": {"default": "read", "policies": ["policies/"]},
        "tokenize": {"kinds": list(KINDS)},
        "keys": {**tokens, "audit": "${env:T_AUDIT}"},
        "audit": {"sink": "audit.jsonl"},
        **more,
    }
    own = {"handover": "${env:T_HANDOVER}"} if way == "proxy" else {"cursors": "${env:T_CURSORS}"}
    made["keys"] = {**made["keys"], **own}
    path = folder / "governance.yaml"
    path.write_text(json.dumps(made))
    return path


class _Quiet(uvicorn.Server):
    """Leaves signals to those who run the tests."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def _behind(folder: Path, package: Path, environ: Mapping[str, str], key: ECKey) -> AsyncIterator[str]:
    """The server behind the proxy, listening on loopback; its URL."""
    folder.mkdir(parents=True)
    server = load_server(package)
    path = folder / "governance.yaml"
    accept = {
        "issuer": RESOURCE,
        "audience": server.name,
        "jwks": AssertionIssuer(key.as_pem(private=True).decode(), "").jwks(),
    }
    keys = {"cursors": "${env:T_CURSORS}", "audit": "${env:T_AUDIT}"}
    audit = {"sink": "audit.jsonl"}
    path.write_text(json.dumps({"adaptgen": 1, "mode": "behind", "accept": accept, "keys": keys, "audit": audit}))
    governed = await govern_server(str(path), server, ServingContext(http=True, environ=environ))
    listening = listen()
    config = uvicorn.Config(
        app(governed.handler), http=WireProtocol, ws="none", lifespan="on", log_config=None, access_log=False
    )
    serving = _Quiet(config)
    task = asyncio.create_task(serving.serve([listening]))
    try:
        while not serving.started and not task.done():
            await asyncio.sleep(0)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
    finally:
        serving.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await governed.aclose()


class Everything(logging.Handler):
    """Every record of every logger, formatted, with what was raised."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record."""
        self.lines.append(self.format(record))


@contextmanager
def logs() -> Iterator[Everything]:
    """The root logger at DEBUG, and what it got."""
    kept = Everything()
    root = logging.getLogger()
    level = root.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    try:
        yield kept
    finally:
        root.removeHandler(kept)
        root.setLevel(level)
