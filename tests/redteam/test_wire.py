"""Clients that mean harm at the HTTP server, before anybody knows them, and next to each what clients may do."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SERVE = """\
import sys
from support.wire import FakeDesk
from adaptgen.transports import address
from adaptgen.transports.streamable_http import asgi, protocol
from adaptgen.transports.streamable_http.serve import serve

async def size(params, context):
    return {"content": [{"type": "text", "text": str(len(params["arguments"].get("text", "")))}]}

protocol.HEAD_SECONDS, protocol.IDLE_SECONDS, protocol.LINGER_SECONDS, asgi.UPLOAD = 1.0, 2.0, 1.0, 1.5
listener = address.listening("127.0.0.1", 0)
print(listener.getsockname()[1], flush=True)
serve(FakeDesk(locked=True, tools_call=size), listener)
"""
HOST = b"Host: 127.0.0.1\r\n"
POST = b"POST /mcp HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nAccept: application/json\r\n"
KNOWN = POST + b"Authorization: Bearer acme/ann\r\nMCP-Protocol-Version: 2025-11-25\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\n" + HOST


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[int, int]]:
    """The port and the process id of a server that knows callers by their token, with short patience."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join((str(TESTS), str(TESTS.parent)))}
    with subprocess.Popen([sys.executable, "-c", SERVE], env=environ, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), process.pid
        finally:
            process.kill()


def call(text: str = "") -> bytes:
    """A call of a tool that answers with the length of ``text``."""
    params = {"name": "echo", "arguments": {"text": text}}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()


def sized(head: bytes, body: bytes) -> bytes:
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunked(head: bytes, body: bytes, *, size: int = 1000, trailers: bytes = b"", extension: bytes = b"") -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    chunks = b"".join(b"%x%b\r\n%b\r\n" % (len(part), extension, part) for part in parts)
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n" + trailers + b"\r\n"


class Line:
    """One connection. ``sent`` counts bytes that the server's end of it took."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.sent = 0
        self.ended = False
        self._seen = b""

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, *parts: bytes, pause: float = 0.0) -> Line:
        with contextlib.suppress(OSError):
            for part in parts:
                self._socket.sendall(part)
                self.sent += len(part)
                time.sleep(pause)
        return self

    def flood(self, piece: bytes, most: int = 40_000_000) -> Line:
        """Sends ``piece`` again and again until nobody takes it."""
        self._socket.settimeout(1.5)
        try:
            while self.sent < most:
                self._socket.sendall(piece)
                self.sent += len(piece)
        except OSError:
            pass
        return self

    def answers(self, seconds: float = 5.0) -> list[bytes]:
        """The status lines of what comes until the end, or for so long; ``ended`` tells whether it was the end."""
        until = time.monotonic() + seconds
        try:
            while (left := until - time.monotonic()) > 0:
                self._socket.settimeout(left)
                part = self._socket.recv(65536)
                if not part:
                    self.ended = True
                    break
                self._seen += part
        except TimeoutError:
            pass
        except OSError:
            self.ended = True
        return [one[:3] for one in self._seen.split(b"HTTP/1.1 ")[1:]]

    def text(self) -> bytes:
        return self._seen


def memory(pid: int) -> int:
    """KB of memory that a process has."""
    return next(int(one.split()[1]) for one in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmRSS" in one)


def asked(
    server: tuple[int, int], *parts: bytes, seconds: float = 5.0, pause: float = 0.0
) -> tuple[list[bytes], bytes]:
    """Statuses and text of the answers; a client that is finished says so."""
    with Line(server[0]) as line:
        line.send(*parts, pause=pause)
        deadline = time.monotonic() + seconds
        while not (found := line.answers(0.3)) and not line.ended and time.monotonic() < deadline:
            pass
        return found, line.text()


# ------------------------------------------------------------------------------------------------------------- trailers


@pytest.mark.parametrize(
    "tail",
    [
        b"0\r\n" + (b"X: " + b"x" * 1000 + b"\r\n") * 30,
        b"0\r\nX: " + b"x" * 40_000,
        b"0\r\n" + b"a:b\r\n" * 8000,
        b"0\r\nX: y\r\n" + b" folded\r\n" * 5000,
    ],
    ids=["lines", "one line", "short lines", "folded lines"],
)
@pytest.mark.parametrize("head", [POST, KNOWN], ids=["stranger", "caller"])
def test_trailers_have_a_size(server: tuple[int, int], head: bytes, tail: bytes) -> None:
    before = memory(server[1])
    with Line(server[0]) as line:
        body = call()
        line.send(head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n" + tail).flood(
            tail[3:]
        )
        statuses = line.answers()
        assert line.ended
        assert line.sent < 8_000_000
    assert not any(one.startswith(b"2") for one in statuses)
    assert memory(server[1]) - before < 20_000


@pytest.mark.parametrize(
    "trailer",
    [
        b"Authorization: Bearer acme/ann\r\n",
        b"authorization:Bearer acme/ann\r\n",
        b"X: y\r\nAUTHORIZATION: Bearer acme/ann\r\n",
    ],
)
@pytest.mark.parametrize("apart", [True, False])
def test_a_trailer_proves_nothing(server: tuple[int, int], trailer: bytes, apart: bool) -> None:
    whole = chunked(POST, call(), trailers=trailer)
    parts = (whole[:200], whole[200:]) if apart else (whole,)
    assert asked(server, *parts, pause=0.05)[0] == [b"401"]


def test_chunks_with_small_trailers_and_extensions_are_read(server: tuple[int, int]) -> None:
    for size in (1, 7, 4096):
        whole = chunked(KNOWN, call("x" * 3000), size=size, trailers=b"X-Checksum: 12ab\r\n", extension=b";a=b")
        statuses, text = asked(server, whole)
        assert statuses == [b"200"]
        assert b'"3000"' in text


# ---------------------------------------------------------------------------------------------------------------- heads


@pytest.mark.parametrize("way", ["one packet", "pieces"])
@pytest.mark.parametrize(
    "head",
    [
        HEALTH + b"X: " + b"x" * 70_000 + b"\r\n\r\n",
        HEALTH + b"X: y\r\n" * 400 + b"\r\n",
        HEALTH + b"X: y\r\n" + b" folded\r\n" * 10_000 + b"\r\n",
        b"GET /healthz?" + b"x" * 70_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /healthz?" + b"x" * 10_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        HEALTH + (b"X: " + b"x" * 7000 + b"\r\n") * 10 + b"\r\n",
        b"\r\n" * 40_000 + HEALTH + b"\r\n",
    ],
    ids=[
        "giant header",
        "many headers",
        "folded header",
        "giant target",
        "long target",
        "large headers",
        "line breaks",
    ],
)
def test_a_head_has_a_size_however_it_comes(server: tuple[int, int], head: bytes, way: str) -> None:
    parts = (head,) if way == "one packet" else tuple(head[at : at + 1400] for at in range(0, len(head), 1400))
    with Line(server[0]) as line:
        statuses = line.send(*parts).answers()
        assert line.ended
    assert statuses in ([], [b"400"], [b"414"], [b"431"])


def test_a_head_byte_by_byte_is_a_head(server: tuple[int, int]) -> None:
    request = HEALTH + b"Connection: close\r\n\r\n"
    assert asked(server, *(request[at : at + 1] for at in range(len(request))), pause=0.001)[0] == [b"200"]
    request = HEALTH + b"X: " + b"x" * 60_000 + b"\r\n" + b"Y: z\r\n" * 80 + b"\r\n"
    assert asked(server, *(request[at : at + 500] for at in range(0, len(request), 500)))[0] == [b"200"]


# ------------------------------------------------------------------------------------------------------------- patience


BEGUN = {
    "nothing": b"",
    "target": b"GET /hea",
    "lines": HEALTH,
    "header": HEALTH + b"X: ",
    "line break": b"\r\n",
    "keep-alive": HEALTH + b"\r\n",
    "next": HEALTH + b"\r\nGET",
    "body": KNOWN + b"Content-Length: 100\r\n\r\n{",
    "chunk": KNOWN + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    "trailer": KNOWN + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: ",
    "early answer": POST + b"Content-Length: 100\r\n\r\n{",
    "upgrade": HEALTH + b"Connection: upgrade\r\nUpgrade: h2c\r\n\r\n",
}
"""What a client may have sent when it stops, or goes on a byte at a time."""


def test_nobody_stays_for_ever(server: tuple[int, int]) -> None:
    with contextlib.ExitStack() as stack:
        lines = {
            (name, trickle): stack.enter_context(Line(server[0])).send(begun)
            for name, begun in BEGUN.items()
            for trickle in (b"", b"1", b"\r\n")
        }
        end = time.monotonic() + 8
        while (open_ := {key: line for key, line in lines.items() if not line.ended}) and time.monotonic() < end:
            for (_, trickle), line in open_.items():
                line.answers(0.005)
                if trickle and not line.ended:
                    line.send(trickle)
        assert not open_, open_.keys()


def test_a_slow_client_that_is_alive_is_answered(server: tuple[int, int]) -> None:
    request = sized(KNOWN, call("x" * 2000))
    at = len(request) - 2000
    parts = (request[:at], *(request[one : one + 200] for one in range(at, len(request), 200)))
    statuses, text = asked(server, *parts, pause=0.08)
    assert statuses == [b"200"]
    assert b'"2000"' in text


def test_a_large_body_over_a_slow_line_is_read(server: tuple[int, int]) -> None:
    request = sized(KNOWN, call("x" * 400_000))
    parts = tuple(request[at : at + 20_000] for at in range(0, len(request), 20_000))
    statuses, text = asked(server, *parts, pause=0.12)  # longer than a small body may take
    assert statuses == [b"200"]
    assert b'"400000"' in text


# --------------------------------------------------------------------------------------------------------------- bodies


@pytest.mark.parametrize(
    "head",
    [
        POST + b"Content-Length: 4000000000\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\nfffffff\r\n",
        POST + b"Authorization: Basic eDp5\r\nContent-Length: 60000000\r\n\r\n".replace(b"Basic eDp5", b"Bearer "),
        b"POST /nothing HTTP/1.1\r\n" + HOST + b"Content-Length: 60000000\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: 60000000\r\n\r\n",
        b"DELETE /mcp HTTP/1.1\r\n" + HOST + b"Content-Length: 60000000\r\n\r\n",
        HEALTH + b"Connection: upgrade\r\nUpgrade: h2c\r\n\r\n",
        KNOWN + b"Content-Length: 5000000\r\n\r\n",
    ],
)
def test_a_body_that_nobody_wants_is_not_read(server: tuple[int, int], head: bytes) -> None:
    before = memory(server[1])
    with Line(server[0]) as line:
        line.send(head)
        assert line.answers(0.5) in ([b"200"], [b"401"], [b"404"], [b"413"]), "the answer does not wait for the body"
        line.flood(b"x" * 65536)
        line.answers()
        assert line.ended
        assert line.sent < 10_000_000  # what both ends of loopback hold
    assert memory(server[1]) - before < 20_000


def test_a_stranger_with_a_small_body_may_ask_again(server: tuple[int, int]) -> None:
    with Line(server[0]) as line:
        line.send(sized(POST, call("x" * 30_000)))
        assert line.answers(0.5) == [b"401"]
        line.send(sized(KNOWN, call("x")))
        assert line.answers(0.5) == [b"401", b"200"]


def test_callers_send_megabytes(server: tuple[int, int]) -> None:
    for request in (sized(KNOWN, call("x" * 4_000_000)), chunked(KNOWN, call("x" * 4_000_000), size=50_000)):
        statuses, text = asked(server, request, seconds=10)
        assert statuses == [b"200"]
        assert b'"4000000"' in text
    waiting = KNOWN + b"Expect: 100-continue\r\n"
    assert asked(server, sized(waiting, call("x")))[0] == [b"100", b"200"]


def test_a_stranger_is_not_told_to_continue(server: tuple[int, int]) -> None:
    head = POST + b"Expect: 100-continue\r\nContent-Length: 3000000\r\n\r\n"
    assert asked(server, head)[0] == [b"401"]


@pytest.mark.parametrize("request_", [HEALTH + b"\r\n", sized(POST, b"{}"), sized(KNOWN, call())])
def test_pipelines_are_short(server: tuple[int, int], request_: bytes) -> None:
    before = memory(server[1])
    with Line(server[0]) as line:
        line.flood(request_ * 200, 4_000_000)
        assert len(line.answers()) < 1000
        assert line.ended
    assert memory(server[1]) - before < 20_000
    with Line(server[0]) as line:
        assert len(line.send((HEALTH + b"\r\n") * 3).answers(0.5)) == 3


# ------------------------------------------------------------------------------------------------------- duplicate keys


@pytest.mark.parametrize(
    "body",
    [
        b'{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}',
        b'{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"echo"}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"x":[{"a":1,"\\u0061":2}]}}}',
        b'[{"jsonrpc":"2.0","id":1,"method":"ping","params":{},"params":{}}]',
        b'{"jsonrpc":"2.0","id":12345678901234567890,"method":"ping","x":{"":0,"":1}}',
    ],
)
def test_a_key_that_stands_twice_is_refused(server: tuple[int, int], body: bytes) -> None:
    statuses, text = asked(server, sized(KNOWN, body))
    assert statuses == [b"400"]
    error = json.loads(text.partition(b"\r\n\r\n")[2])
    assert error["error"]["code"] == -32600
    assert error["id"] is None
    assert "twice" in error["error"]["message"]


def test_the_same_key_in_two_objects_is_fine(server: tuple[int, int]) -> None:
    params = {"name": "echo", "arguments": {"text": "a", "list": [{"a": 1}, {"a": 1}], "a": {"a": {"a": ":"}}}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()
    assert asked(server, sized(KNOWN, body))[0] == [b"200"]
