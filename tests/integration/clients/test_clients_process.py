"""``adaptgen serve`` as a process: what it prints, how it ends, what it loads."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from .conftest import Served, serving

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "raw", "version": "1"},
    },
}


Ask = Callable[[Mapping[str, Any]], Any]


@contextlib.contextmanager
def raw(served: Served) -> Iterator[tuple[subprocess.Popen[bytes], Ask]]:
    """The stdio server and a function that sends one message and reads one line."""
    pipe = subprocess.PIPE
    with subprocess.Popen(served.command, env=served.environ, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None

        def ask(message: Mapping[str, Any]) -> Any:
            stdin.write(json.dumps(message).encode() + b"\n")
            stdin.flush()
            return json.loads(stdout.readline())

        yield process, ask
        stdin.close()
        process.wait(20)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_stdio_at_once_and_quietly(notes: Served, sign: signal.Signals) -> None:
    with raw(notes) as (process, ask):
        assert ask(INITIALIZE)["result"]["serverInfo"]["name"] == "notes"
        process.send_signal(sign)
        assert process.wait(20) == 0
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read() == b""
        assert process.stderr.read().count(b"\n") == 1


def test_the_end_of_stdin_ends_stdio_and_only_mcp_is_on_stdout(notes: Served) -> None:
    call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "get_note", "arguments": {"id": 1}}}
    with raw(notes) as (process, ask):
        assert [ask(INITIALIZE)["id"], ask(call)["id"]] == [1, 2]
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(20) == 0
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read() == b""
        said = process.stderr.read().decode()
    assert said.startswith("notes: 2 tools on stdio (no governance: one caller, local,")
    assert said.count("\n") == 1


def test_an_interrupt_ends_http_cleanly(notes: Served) -> None:
    with serving(notes) as served:
        assert served.process is not None
        assert served.url.startswith("http://127.0.0.1:")
        assert httpx2.get(served.url).status_code == 405
        served.process.send_signal(signal.SIGINT)
        assert served.process.wait(20) == 0
        assert served.process.stdout is not None
        assert served.process.stderr is not None
        assert served.process.stdout.read() == b""
        (entry,) = served.process.stderr.read().decode().splitlines()
        assert f'{{"mcpServers": {{"notes": {{"type": "http", "url": "{served.url}"}}}}}}' in entry


def test_only_loopback_is_served(notes: Served) -> None:
    done = subprocess.run([*notes.command, "--http", "0.0.0.0:0"], env=notes.environ, capture_output=True, text=True)
    assert done.returncode == 2
    assert "AG062" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_an_error_of_the_user(notes: Served) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = subprocess.run([*notes.command, "--http", address], env=notes.environ, capture_output=True, text=True)
    assert done.returncode == 2
    assert "AG062" in done.stderr


LOADED = """\
import sys
from mcp.server.lowlevel.server import Server

usual = Server.get_request_handler

def told(self, method):
    if method == "ping":
        print(sum(name.startswith("key_value") for name in sys.modules), file=sys.stderr)
    return usual(self, method)

Server.get_request_handler = told
"""


def test_the_first_legacy_requests_do_not_load_the_state_store(notes: Served) -> None:
    """FastMCP's session state brings some four hundred modules, 150 ms of the first answer."""
    argv = ["adaptgen", *notes.command[3:]]
    code = f"{LOADED}\nsys.argv = {argv!r}\nfrom adaptgen.cli import main; sys.exit(main())"
    call = {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "get_note", "arguments": {"id": 1}}}
    ping = {"jsonrpc": "2.0", "id": 4, "method": "ping"}
    with raw(replace(notes, command=[sys.executable, "-c", code])) as (process, ask):
        ask(INITIALIZE)
        assert "find_notes" in str(ask({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}))
        assert "note 1" in str(ask(call))
        ask(ping)
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.close()
        assert process.stderr.read().splitlines()[-1] == b"0"
