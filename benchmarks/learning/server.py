"""A mock API on a free loopback port, in a thread of this process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from learning.service import Asked, Said, Service


@contextmanager
def serving(service: Service, change: Callable[[Asked, Said], Said | None] | None = None) -> Iterator[Service]:
    """``service`` with its URL set, for the length of a block. ``change`` may replace an answer, or close the
    connection without one (None); a callable body is called while the client waits."""
    connections: list[socket.socket] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (ConnectionError, ValueError):
                self.close_connection = True

        def _serve(self) -> None:
            size = int(self.headers.get("Content-Length", "0"))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, self.rfile.read(size))
            said: Said | None = service(asked)
            if change is not None and said is not None:
                said = change(asked, said)
            if said is None:
                self.close_connection = True
                return
            data = said.data()
            lines = {"Content-Type": "application/json", "Content-Length": str(len(data)), **said.headers}
            head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
            self.wfile.write(f"HTTP/1.1 {said.status} Said\r\n{head}\r\n".encode() + data)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def get_request(self) -> tuple[socket.socket, Any]:
            connection, address = super().get_request()
            connections.append(connection)
            return connection, address

        def handle_error(self, *_: object) -> None:
            """A client that has left is none of its business."""

    with Server(("127.0.0.1", 0), Handler) as server:
        service.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()
            for one in connections:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
