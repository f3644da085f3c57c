"""The wire under uvicorn, as a process."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parents[3]
SERVE = """\
import asyncio, sys
from support.wire import FakeDesk
from adaptgen.transports import address
from adaptgen.transports.streamable_http.serve import serve

async def slow(params, context):
    await context.notify("notifications/message", {"level": "info", "data": "begun"})
    await asyncio.sleep(0.3)
    return {"content": [{"type": "text", "text": "finished"}]}

async def closing():
    print("closed", flush=True)

listener = address.listening("127.0.0.1", 0)
print(listener.getsockname()[1], flush=True)
serve(FakeDesk(stateful=True, tools_call=slow), listener, closing=closing, drain=float(sys.argv[1]))
"""
HEADERS = {
    "content-type": "application/json",
    "accept": "application/json, text/event-stream",
    "mcp-protocol-version": "2025-11-25",
}


@contextlib.contextmanager
def serving(drain: float = 0.0) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The process and its port."""
    python_path = os.pathsep.join((str(TESTS), str(TESTS.parent)))
    environ = {**os.environ, "PYTHONPATH": python_path}
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", SERVE, str(drain)], env=environ, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


class Wire:
    """Requests, each on a connection of its own; all of them are closed in the end."""

    def __init__(self, port: int, closing: contextlib.ExitStack) -> None:
        self._port = port
        self._closing = closing
        self.headers = dict(HEADERS)

    def send(self, method: str, body: str | None = None) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        self._closing.callback(connection.close)
        connection.request(method, "/mcp", body, self.headers)
        return self._closing.enter_context(connection.getresponse())

    def ask(self, method: str, params: dict[str, Any]) -> http.client.HTTPResponse:
        return self.send("POST", json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_streams_and_lets_calls_finish(sign: signal.Signals) -> None:
    with serving() as (process, port), contextlib.ExitStack() as closing:
        wire = Wire(port, closing)
        opened = wire.ask("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}})
        assert opened.getheader("server") is None
        wire.headers["mcp-session-id"] = opened.getheader("mcp-session-id") or ""
        stream = wire.send("GET")
        assert stream.getheader("content-type") == "text/event-stream"
        call = wire.ask("tools/call", {"name": "slow"})
        assert b"message" in call.readline()
        process.send_signal(sign)
        assert b"finished" in call.read()
        assert b"data" not in stream.read()
        assert process.wait(20) == 0
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read() == b"closed\n"
        assert process.stderr.read() == b""


def status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_server_that_is_to_stop_serves_until_the_load_balancer_knows() -> None:
    with serving(600.0) as (process, port):
        assert (status(port, "/readyz"), status(port, "/healthz")) == (200, 200)
        process.send_signal(signal.SIGTERM)
        while status(port, "/readyz") == 200:  # the signal arrives when it arrives
            pass
        assert (status(port, "/readyz"), status(port, "/healthz")) == (503, 200)
        process.send_signal(signal.SIGTERM)  # a second one is obeyed at once
        assert process.wait(20) == 0


def pour(connection: socket.socket) -> None:
    """Sends more than anybody would read."""
    for _ in range(1000):
        connection.sendall(b"x" * 60_000)


def test_a_head_has_a_size() -> None:
    with serving() as (_, port), socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 60_000 + b"\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ")
        with pytest.raises(OSError, match=r"reset|[Bb]roken pipe|aborted"):
            pour(connection)
