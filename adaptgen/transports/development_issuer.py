"""The issuer for development over HTTP, on loopback alone: its documents, and tokens for one caller.

Web pages reach loopback too: a request that a browser sends for one (``Origin``), or under a name that is not
loopback (DNS rebinding), gets nothing.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from adaptgen.diagnostics import error
from adaptgen.govern.identity.development import DevelopmentIssuer
from adaptgen.model.tables import Json
from adaptgen.net.addresses import is_loopback, read_host
from adaptgen.transports import address

_BODY = 8 * 1024
_SECONDS = 10.0

Issue = Callable[[], dict[str, Json]]
"""The answer of the token endpoint (RFC 6749, 5.1)."""


def listen(text: str) -> tuple[socket.socket, str]:
    """A socket for ``HOST:PORT`` and the issuer's URL on it; AG062 beyond loopback, and where the port is taken."""
    listener = address.listening(*_parse(text))
    return listener, address.origin(*listener.getsockname()[:2])


def url_at(text: str) -> str:
    """The URL of an issuer that listens on ``HOST:PORT``; AG062 beyond loopback, and for port 0."""
    host, port = _parse(text)
    if not port:
        raise error("AG062", "with port 0 nobody knows where the issuer is", None, "write --http 127.0.0.1:9000")
    return address.origin(host, port)


def _parse(text: str) -> tuple[str, int]:
    host, port = address.parse(text, governed=True)
    if not is_loopback(host):
        raise error(
            "AG062",
            f"{host} is not loopback, and anyone who reaches this issuer is any caller",
            None,
            "write --http 127.0.0.1:9000",
        )
    return host, port


def serve(listener: socket.socket, issuer: DevelopmentIssuer, issue: Issue | None) -> None:
    """Serve until the process is interrupted. ``issue`` None: there is no caller to issue tokens for."""
    with server(listener, issuer, issue) as running:
        running.serve_forever()


def server(listener: socket.socket, issuer: DevelopmentIssuer, issue: Issue | None) -> ThreadingHTTPServer:
    """The server on ``listener``, not running yet."""

    class Handler(BaseHTTPRequestHandler):
        timeout = _SECONDS
        server_version = "adaptgen-dev-issuer"
        sys_version = ""

        def do_GET(self) -> None:
            match self._path():
                case "/.well-known/oauth-authorization-server" | "/.well-known/openid-configuration":
                    self._answer(200, issuer.metadata())
                case "/jwks":
                    self._answer(200, issuer.jwks())
                case _:
                    self._answer(404, {"error": "not_found"})

        def do_POST(self) -> None:
            if self._path() != "/token":
                self._answer(404, {"error": "not_found"})
                return
            size = self.headers.get("content-length", "")
            if not (size.isascii() and size.isdigit() and int(size) <= _BODY):
                self._answer(400, {"error": "invalid_request"})
                return
            form = parse_qs(self.rfile.read(int(size)).decode("ascii", "replace"))
            if form.get("grant_type") != ["client_credentials"]:
                self._answer(400, {"error": "unsupported_grant_type"})
            elif issue is None:
                about = "start adaptgen dev issuer with --sub"
                self._answer(400, {"error": "invalid_client", "error_description": about})
            else:
                self._answer(200, issue())

        def _path(self) -> str:
            """The path that is asked for; "" where the request may come from a web page."""
            host = read_host(self.headers.get("host")) or ""
            return urlsplit(self.path).path if is_loopback(host) and "origin" not in self.headers else ""

        def _answer(self, status: int, body: dict[str, Json]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.send_header("cache-control", "no-store")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is logged: an answer may hold a token."""

    made = ThreadingHTTPServer(listener.getsockname()[:2], Handler, bind_and_activate=False)
    made.socket.close()
    made.socket = listener
    made.daemon_threads = True
    return made
