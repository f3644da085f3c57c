"""An API with a login, people and canaries in every corner of its answers, and a server generated for it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from adaptgen.cli import main

SECRETS = ("hunter22-canary", "canary-user-1", "sess-canary-8d1f0a77", "cookie-canary-77aa")
CANARIES = (
    "ada.canary@example.org",
    "grace.canary@example.org",
    "Ada Canarysson",
    "Grace Canarysdottir",
    "+49 30 901820",
    "DE02120300000000202051",
)
PERSON = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "fullName": {"type": "string"},
        "email": {"type": "string"},
        "phone": {"type": "string"},
        "note": {"type": "string"},
    },
}


def people() -> list[dict[str, Any]]:
    ada = {"id": 7, "fullName": CANARIES[2], "email": CANARIES[0], "phone": CANARIES[4]}
    ada["note"] = f"{CANARIES[2]} pays from {CANARIES[5]}; ask {CANARIES[1]}"
    grace = {"id": 8, "fullName": CANARIES[3], "email": CANARIES[1], "phone": "", "note": CANARIES[0]}
    return [ada, grace]


def document() -> dict[str, Any]:
    def answers(schema: Any) -> dict[str, Any]:
        return {"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}}

    number = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    listed = {"type": "object", "properties": {"items": {"type": "array", "items": PERSON}}}
    body = {"content": {"application/json": {"schema": PERSON}}, "required": True}
    words = {"type": "object", "properties": {"user": {"type": "string"}, "password": {"type": "string"}}}
    login = {"content": {"application/json": {"schema": words}}, "required": True}
    return {
        "openapi": "3.0.3",
        "info": {"title": "People", "version": "1"},
        "servers": [{"url": "https://people.example"}],
        "paths": {
            "/login": {"post": {"operationId": "login", "requestBody": login, "responses": answers({})}},
            "/people": {
                "get": {"operationId": "listPeople", "responses": answers(listed)},
                "post": {"operationId": "createPerson", "requestBody": body, "responses": answers(PERSON)},
            },
            "/people/{id}": {"get": {"operationId": "getPerson", "parameters": [number], "responses": answers(PERSON)}},
        },
    }


HINTS = """\
server: {base_url: "${env:PEOPLE_BASE_URL}"}
auth:
  login:
    kind: session
    chain:
      - id: login
        call: POST /login
        with: {user: "${env:PEOPLE_USER}", password: "${env:PEOPLE_PASSWORD}"}
        save: {session: $.session}
        cookies: keep
    send: [{header: X-Session, as: "{session}"}]
hide: [POST /login]
"""


class Api:
    """``change`` is applied to every person before it is answered."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.change: Callable[[dict[str, Any]], dict[str, Any]] = lambda person: person
        self.headers: dict[str, str] = {}
        self.url = ""

    def answer(self, method: str, path: str) -> tuple[Any, dict[str, str]]:
        self.asked.append(f"{method} {path}")
        found = [self.change(one) for one in people()]
        if path == "/login":
            return {"session": SECRETS[2], "user": found[0]}, {"Set-Cookie": f"sid={SECRETS[3]}; Path=/"}
        if path == "/people":
            return ({"items": found} if method == "GET" else found[0]), self.headers
        return next(one for one in found if one["id"] == int(path.rsplit("/", 1)[1])), {}


@pytest.fixture
def api() -> Iterator[Api]:
    one = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            value, headers = one.answer(self.command, self.path.partition("?")[0])
            body = json.dumps(value).encode()
            self.send_response(200)
            for name, text in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    one.url = f"http://127.0.0.1:{server.server_port}"
    yield one
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api: Api) -> Path:
    """A folder with a generated server, entered; its environment set."""
    (tmp_path / "specs" / "people").mkdir(parents=True)
    (tmp_path / "specs" / "people.json").write_text(json.dumps(document()))
    (tmp_path / "specs" / "people" / "hints.yaml").write_text(HINTS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PEOPLE_BASE_URL", api.url)
    monkeypatch.setenv("PEOPLE_USER", SECRETS[1])
    monkeypatch.setenv("PEOPLE_PASSWORD", SECRETS[0])
    assert main(["build", "specs/people.json", "--quiet"]) == 0
    return tmp_path
