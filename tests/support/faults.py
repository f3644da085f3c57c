"""A proxy in front of moto's server that lets calls of AWS go wrong, each by its operation and number: refused,
throttled, cut off, answered and lost, or answered with another text."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

_ERROR = (
    '<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>'
    "<Code>{code}</Code><Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
)
_DONE = (
    "<{name}Response xmlns='http://cloudformation.amazonaws.com/doc/2010-05-15/'><{name}Result/>"
    "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{name}Response>"
)


@dataclass
class Fault:
    """``kind``: ``error`` (``status``, ``code``, ``message``), ``cut`` (the connection ends without an answer),
    ``lost`` (the call goes through, its answer does not), ``late`` (the same, and the connection stays open),
    ``swallow`` (it is answered, and nothing happens), ``rewrite`` (``change`` gets the text of the answer). It happens
    ``times`` times, after ``skip`` calls that go well; ``when`` decides too."""

    operation: str
    kind: str
    status: int = 400
    code: str = ""
    message: str = "no"
    times: int = 1
    skip: int = 0
    change: Callable[[str], str] = str
    when: Callable[[], bool] = lambda: True


class FaultProxy:
    """``url``: what clients call. ``calls``: the operations that arrived, in order, those that failed too."""

    def __init__(self, upstream: str) -> None:
        self.calls: list[str] = []
        self.faults: list[Fault] = []
        self._upstream = urlsplit(upstream)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _handle(self) -> None:
                proxy.handle(self)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _handle  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fail(self, operation: str, kind: str = "error", **more: object) -> Fault:
        """Let an operation go wrong from now on."""
        fault = Fault(operation, kind, **more)  # type: ignore[arg-type]
        with self._lock:
            self.faults.append(fault)
        return fault

    def count(self, operation: str) -> int:
        """How often an operation arrived."""
        return self.calls.count(operation)

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        name = _operation(request, body)
        fault = self._fault(name)
        if fault is not None and fault.kind in ("error", "cut", "swallow"):
            if fault.kind == "cut":
                request.close_connection = True
                return
            text = _DONE.format(name=name) if fault.kind == "swallow" else _ERROR.format(**vars(fault))
            _answer(request, 200 if fault.kind == "swallow" else fault.status, {}, text.encode())
            return
        status, headers, data = self._forward(request, body)
        if fault is not None and fault.kind in ("lost", "late"):
            if fault.kind == "late":
                self._closing.wait()
            request.close_connection = True
            return
        if fault is not None:
            data = fault.change(data.decode()).encode()
        _answer(request, status, headers, data)

    def _fault(self, name: str) -> Fault | None:
        with self._lock:
            self.calls.append(name)
            for fault in self.faults:
                if fault.operation != name or not fault.times or not fault.when():
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                return fault
        return None

    def _forward(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, dict[str, str], bytes]:
        upstream = http.client.HTTPConnection(self._upstream.hostname or "", self._upstream.port, timeout=60)
        try:
            headers = {name: one for name, one in request.headers.items() if name.lower() not in ("host", "expect")}
            headers["Host"] = request.headers["Host"]
            upstream.request(request.command, request.path, body or None, headers)
            answer = upstream.getresponse()
            data = answer.read()
            return answer.status, dict(answer.getheaders()), data
        finally:
            upstream.close()


def _answer(request: BaseHTTPRequestHandler, status: int, headers: dict[str, str], data: bytes) -> None:
    request.send_response(status)
    length = len(data)
    for name, one in headers.items():
        if name.lower() == "content-length" and request.command == "HEAD":
            length = int(one)
        elif name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
            request.send_header(name, one)
    request.send_header("Content-Length", str(length))
    request.end_headers()
    if request.command != "HEAD":
        request.wfile.write(data)


def _operation(request: BaseHTTPRequestHandler, body: bytes) -> str:
    """The name of the operation, for the protocols that deployments speak: query, JSON, REST of S3 and Lambda."""
    if target := request.headers.get("X-Amz-Target"):
        return target.rpartition(".")[2]
    if "x-www-form-urlencoded" in (request.headers.get("Content-Type") or ""):
        return parse_qs(body.decode()).get("Action", ["?"])[0]
    path = urlsplit(request.path).path
    verb = {"GET": "Get", "HEAD": "Head", "PUT": "Put", "DELETE": "Delete"}.get(request.command, request.command)
    return f"{verb}{'Bucket' if re.fullmatch(r'/[^/]+/?', path) else 'Object'}"


@contextmanager
def faults(upstream: str) -> Iterator[FaultProxy]:
    """A proxy in front of ``upstream`` that is gone afterwards."""
    proxy = FaultProxy(upstream)
    try:
        yield proxy
    finally:
        proxy.close()
