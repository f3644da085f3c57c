"""A web server on loopback, in a thread of this process, that answers what a test says and keeps what it was asked."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request as it came: ``target`` is the request target, not decoded."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query, not decoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        """The query, decoded."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Said:
    """An answer; ``body`` is bytes, or what becomes JSON."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def data(self) -> bytes:
        """The bytes of the body."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Answer = Callable[[Asked], Any]


class Web:
    """``answer`` gives a :class:`Said`, JSON for a 200, or None for a connection that is closed without an answer."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.seen: list[Asked] = []
        self.url = ""

    def of(self, method: str) -> list[Asked]:
        """The requests with one HTTP method."""
        return [one for one in self.seen if one.method == method]

    @property
    def log(self) -> str:
        """Everything that arrived, as one text: request lines, headers and bodies."""
        lines = []
        for one in self.seen:
            lines.append(f"{one.method} {one.target}")
            lines += [f"{name}: {value}" for name, value in one.headers.items()]
            lines.append(one.body.decode("utf-8", "replace"))
        return "\n".join(lines)


@contextmanager
def web(answer: Answer) -> Iterator[Web]:
    """The server for the length of a block."""
    made = Web(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # an answer is two packets

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except ConnectionError:
                self.close_connection = True  # whoever asked has left

        def _serve(self) -> None:
            size = int(self.headers.get("Content-Length", "0"))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, self.rfile.read(size))
            made.seen.append(asked)
            said = made.answer(asked)
            if said is None:
                self.close_connection = True
                return
            said = said if isinstance(said, Said) else Said(said)
            data = said.data()
            lines = {"Content-Type": "application/json", "Content-Length": str(len(data)), **said.headers}
            self.send_response(said.status)
            for name, value in lines.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def get_request(self) -> tuple[socket.socket, Any]:
            connection, address = super().get_request()
            connections.append(connection)
            return connection, address

    connections: list[socket.socket] = []
    with Server(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
            for one in connections:  # the thread of one that a client keeps would go on
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)


def forwarding(url: str, change: Callable[[Asked], Asked] = lambda asked: asked) -> Answer:
    """Hands every request on to ``url`` (its path replaces the one asked for), as ``change`` makes it."""
    place = urlsplit(url)

    def answer(asked: Asked) -> Said:
        sent = change(asked)
        return post(url, sent.body, {name: one for name, one in sent.headers.items() if name not in _HOP}, sent.method)

    assert place.hostname is not None
    return answer


_HOP = frozenset({"host", "connection", "content-length", "accept-encoding"})


def post(url: str, body: bytes, headers: Mapping[str, str], method: str = "POST") -> Said:
    """One request and its answer."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
    try:
        connection.request(method, place.path or "/", body, dict(headers))
        reply = connection.getresponse()
        passed = ("Content-Type", "Mcp-Session-Id")
        kept = {name: value for name in passed if (value := reply.getheader(name)) is not None}
        return Said(reply.read(), reply.status, kept)
    finally:
        connection.close()
