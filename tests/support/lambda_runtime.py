"""AWS Lambda on loopback: the Runtime API, behind it the real ``awslambdaric`` with a function, and before it the front
doors that make events of HTTP requests, as a Function URL, an HTTP API and a REST API do.
"""

from __future__ import annotations

import base64
import itertools
import json
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from support.services import plain_environ

import adaptgen

Door = Literal["url", "http", "rest"]
MOST = 6_291_556
"""Bytes of a response; Lambda fails the invocation beyond them."""
ANN = "arn:aws:iam::123456789012:user/ann"
_API = "/2018-06-01/runtime"
_TEXT = ("text/", "application/json", "application/xml", "application/javascript")


@dataclass
class Invocation:
    """One event on its way. ``answered`` gets the response, or None when the function failed."""

    event: dict[str, Any]
    id: str
    answered: queue.Queue[dict[str, Any] | None] = field(default_factory=lambda: queue.Queue(1))


class LambdaFunction:
    """A function in its sandbox: one process, one event at a time. ``errors`` holds what the runtime reported;
    ``ahead``: the seconds by which its clock, and the platform's, are ahead."""

    def __init__(
        self,
        folder: Path,
        handler: str,
        environ: Mapping[str, str],
        *,
        python: str = sys.executable,
        snap_start: bool = False,
        seconds: float = 30.0,
    ) -> None:
        """``folder``: what the zip unpacks to; ``handler``: as in the function's configuration; ``python``: one that
        has awslambdaric."""
        self.ahead = 0.0
        self.errors: list[dict[str, Any]] = []
        self.payloads: list[int] = []
        self._seconds = seconds
        self._events: queue.Queue[Invocation | None] = queue.Queue()
        self._open: dict[str, Invocation] = {}
        self._numbers = itertools.count(1)
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._servers: list[ThreadingHTTPServer] = []
        address = self._listen(_runtime_api(self))
        given = plain_environ(
            folder,
            AWS_LAMBDA_RUNTIME_API=address,
            AWS_LAMBDA_FUNCTION_NAME="function",
            AWS_LAMBDA_FUNCTION_MEMORY_SIZE="512",
            AWS_LAMBDA_INITIALIZATION_TYPE="snap-start" if snap_start else "on-demand",
            LAMBDA_TASK_ROOT=str(folder),
            **environ,
        )
        for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH"):
            given.pop(name, None)
        self.log = folder.parent / f"{folder.name}.log"
        with self.log.open("ab") as log:
            command = [python, "-m", "awslambdaric", handler]
            self.process = subprocess.Popen(command, cwd=folder, env=given, stdout=log, stderr=log)

    def door(self, kind: Door, *, stage: str = "prod", principal: str = ANN, port: int = 0) -> str:
        """Open a front door (on a free port); the URL under which clients reach the function."""
        address = self._listen(_front_door(self, kind, stage, principal), port)
        return f"http://{address}" if kind == "url" else f"http://{address}/{stage}"

    def invoke(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """The response to one event, None when the invocation failed."""
        one = Invocation(event, f"{next(self._numbers):08d}-0000-4000-8000-000000000000")
        self._open[one.id] = one
        self._events.put(one)
        while True:
            try:
                return one.answered.get(timeout=0.5)
            except queue.Empty:
                if self.process.poll() is not None:
                    raise RuntimeError(f"the runtime ended: {self.log.read_text(errors='replace')[-2000:]}") from None

    def wait(self) -> None:
        """Until the function has initialised, or failed to."""
        while not self._ready.wait(0.1):
            if self.process.poll() is not None:
                raise RuntimeError(f"the runtime ended: {self.log.read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        """End the sandbox and close the doors."""
        self._stopping.set()
        self.process.terminate()
        self.process.wait(20)
        self._events.put(None)
        for server in self._servers:
            server.shutdown()
            server.server_close()

    # ------------------------------------------------------------------------------------------------ the Runtime API

    def next(self) -> Invocation | None:
        self._ready.set()
        while not self._stopping.is_set():
            try:
                return self._events.get(timeout=0.5)
            except queue.Empty:
                pass
        return None

    def deadline(self) -> int:
        return int((time.time() + self.ahead + self._seconds) * 1000)

    def finish(self, number: str, payload: bytes | None) -> bool:
        one = self._open.pop(number)
        if payload is not None:
            self.payloads.append(len(payload))
        one.answered.put(None if payload is None or len(payload) > MOST else json.loads(payload))
        return payload is None or len(payload) <= MOST

    def failed(self, error: dict[str, Any]) -> None:
        self.errors.append(error)
        self._ready.set()

    def _listen(self, handler: type[BaseHTTPRequestHandler], port: int = 0) -> str:
        server = _Server(("127.0.0.1", port), handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self._servers.append(server)
        return f"127.0.0.1:{server.server_port}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients leave as they like."""


class _Http(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one piece

    def answer(self, status: int, headers: Mapping[str, str], body: bytes, cookies: Iterable[str] = ()) -> None:
        self.send_response(status)
        for line in cookies:
            self.send_header("Set-Cookie", line)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def _runtime_api(function: LambdaFunction) -> type[BaseHTTPRequestHandler]:
    class RuntimeApi(_Http):
        def do_GET(self) -> None:
            if self.path == f"{_API}/restore/next":
                self.answer(200, {}, b"")
                return
            one = function.next()
            if one is None:
                self.close_connection = True
                return
            headers = {
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": one.id,
                "Lambda-Runtime-Deadline-Ms": str(function.deadline()),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:function",
                "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
            }
            self.answer(200, headers, json.dumps(one.event).encode())

        def do_POST(self) -> None:
            body = self.body()
            if not self.path.startswith(f"{_API}/invocation/"):
                function.failed(json.loads(body))
                self.answer(202, {}, b"{}")
                return
            number, what = self.path.removeprefix(f"{_API}/invocation/").split("/")
            if what == "error":
                function.errors.append(json.loads(body))
            taken = function.finish(number, body if what == "response" else None)
            self.answer(202 if taken else 413, {}, b"{}")

    return RuntimeApi


def _front_door(function: LambdaFunction, kind: Door, stage: str, principal: str) -> type[BaseHTTPRequestHandler]:
    make: Callable[..., dict[str, Any]] = rest_event if kind == "rest" else http_event

    class FrontDoor(_Http):
        def serve(self) -> None:
            lines = list(self.headers.items())
            url = urlsplit(self.path)
            domain = f"127.0.0.1:{self.server.server_address[1]}"
            prefix = "" if kind == "url" else stage
            event = make(self.command, url.path, url.query, lines, self.body(), prefix, domain, principal)
            result = function.invoke(event)
            if result is None:
                self.answer(502, {"Content-Type": "application/json"}, b'{"message":"Internal Server Error"}')
                return
            body = result.get("body") or ""
            data = base64.b64decode(body) if result.get("isBase64Encoded") else body.encode()
            several = result.get("multiValueHeaders") or {}
            cookies = [*result.get("cookies", []), *several.get("Set-Cookie", several.get("set-cookie", []))]
            self.answer(result["statusCode"], result.get("headers") or {}, data, cookies)

    for method in ("GET", "POST", "DELETE", "HEAD", "OPTIONS"):
        setattr(FrontDoor, f"do_{method}", FrontDoor.serve)
    return FrontDoor


def _content(lines: list[tuple[str, str]], body: bytes) -> tuple[str | None, bool]:
    kind = next((value for name, value in lines if name.lower() == "content-type"), "")
    if not body:
        return None, False
    if kind.startswith(_TEXT):
        return body.decode(), False
    return base64.b64encode(body).decode(), True


def http_event(
    method: str,
    path: str,
    query: str = "",
    lines: list[tuple[str, str]] | None = None,
    body: bytes = b"",
    stage: str = "",
    domain: str = "abc.lambda-url.eu-west-1.on.aws",
    principal: str = ANN,
) -> dict[str, Any]:
    """Payload 2.0, as Function URLs (without a stage) and HTTP APIs send it."""
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for name, value in lines or []:
        if name.lower() == "cookie":
            cookies += [one.strip() for one in value.split(";")]
        else:
            known = headers.get(name.lower())
            headers[name.lower()] = value if known is None else f"{known},{value}"
    text, encoded = _content(lines or [], body)
    iam = {"accessKey": "AKIA", "accountId": "123456789012", "callerId": "AIDA", "userArn": principal, "userId": "AIDA"}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc",
            "domainName": domain,
            "domainPrefix": "abc",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "x"},
            "requestId": "r",
            "routeKey": "$default",
            "stage": stage or "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1767225600000,
            **({"authorizer": {"iam": iam}} if principal else {}),
        },
        "isBase64Encoded": encoded,
    }
    if cookies:
        event["cookies"] = cookies
    if query:
        event["queryStringParameters"] = dict(parse_qsl(query))
    if text is not None:
        event["body"] = text
    return event


def rest_event(
    method: str,
    path: str,
    query: str = "",
    lines: list[tuple[str, str]] | None = None,
    body: bytes = b"",
    stage: str = "prod",
    domain: str = "abc.execute-api.eu-west-1.amazonaws.com",
    principal: str = ANN,
) -> dict[str, Any]:
    """Payload 1.0, as REST APIs send it: ``path`` is without the stage that the URL has."""
    several: dict[str, list[str]] = {}
    for name, value in lines or []:
        several.setdefault(name, []).append(value)
    text, encoded = _content(lines or [], body)
    short = path.removeprefix(f"/{stage}") if path.startswith(f"/{stage}/") else path
    return {
        "resource": "/{proxy+}",
        "path": unquote(short),
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in several.items()} or None,
        "multiValueHeaders": several or None,
        "queryStringParameters": dict(parse_qsl(query)) or None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": short.lstrip("/")},
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc",
            "domainName": domain,
            "httpMethod": method,
            "identity": {"sourceIp": "192.0.2.1", "userArn": principal or None, "userAgent": "x"},
            "path": f"/{stage}{short}",
            "protocol": "HTTP/1.1",
            "requestId": "r",
            "resourcePath": "/{proxy+}",
            "stage": stage,
        },
        "body": text,
        "isBase64Encoded": encoded,
    }


def unpacked(folder: Path, package: Path) -> Path:
    """A folder laid out as a deployed bundle: the serving half of adaptgen, the generated server ``package``, and the
    side files that it refers to."""
    bundle = folder / "task"
    bytecode = shutil.ignore_patterns("__pycache__")
    leave = shutil.ignore_patterns("__pycache__", "cli", "demo", "plan", "render", "source", "templates")
    shutil.copytree(Path(adaptgen.__file__).parent, bundle / "adaptgen", ignore=leave)
    shutil.copytree(package, bundle / "generated" / package.name, ignore=bytecode)
    side = package.parent.parent / "specs" / package.name
    if side.is_dir():
        shutil.copytree(side, bundle / "specs" / package.name, ignore=bytecode)
    return bundle
