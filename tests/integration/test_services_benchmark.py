"""The checks of a running service hold of one that keeps its word, and name what a broken one does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

pytestmark = pytest.mark.slow

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "services.py"
NOTE = {
    "type": "object",
    "required": ["id"],
    "properties": {name: {"type": kind} for name, kind in (("id", "integer"), ("text", "string"), ("color", "string"))},
}
PAGE = {"type": "object", "properties": {"items": {"type": "array", "items": NOTE}, "total": {"type": "integer"}}}
TOKEN = {"type": "object", "properties": {"access_token": {"type": "string"}}}
LOGIN = {"type": "object", "required": ["username", "password"]} | {
    "properties": {"username": {"type": "string"}, "password": {"type": "string"}}
}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
WINDOW = [{"name": name, "in": "query", "schema": {"type": "integer"}} for name in ("offset", "limit")]


def answers(schema: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}}}


def takes(schema: Any, answer: Any) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}} | answers(answer)


DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Notes", "version": "1"},
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    "security": [{"token": []}],
    "paths": {
        "/login": {"post": {"security": [], **takes(LOGIN, TOKEN)}},
        "/notes": {"get": {"parameters": WINDOW, **answers(PAGE)}},
        "/notes/{id}": {"parameters": [ID], "get": answers(NOTE), "put": takes(NOTE, NOTE)},
    },
}
PLAN = {
    "document": "notes.json",
    "direct": {
        "login": {
            "path": "/login",
            "json": {"username": "${NOTES_USERNAME}", "password": "${NOTES_PASSWORD}"},
            "token": "access_token",
        },
        "headers": {"Authorization": "Bearer ${token}"},
    },
    "lists": {"GET /notes": {"path": "/notes", "at": "total"}},
    "payload": [{"call": "GET /notes/{id}", "arguments": {"id": 3}, "shows": ["Note 3"]}],
    "update": {
        "call": "PUT /notes/{id}",
        "arguments": {"id": 5, "text": "At ${NOW}"},
        "path": "/notes/5",
        "changed": ["text"],
    },
}


class Notes(BaseHTTPRequestHandler):
    """130 notes. A broken service ends its list after 100 of them and forgets a color with every write."""

    notes: list[dict[str, Any]]
    broken: bool

    def answer(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def do_POST(self) -> None:
        good = self.body() == {"username": "ada", "password": "pass-1"}
        self.answer(200 if good else 401, {"access_token": "t-1"} if good else {})

    def do_PUT(self) -> None:
        note = self.notes[int(self.path.rpartition("/")[2])]
        note |= self.body() | ({"color": ""} if self.broken else {})
        self.answer(200, note)

    def do_GET(self) -> None:
        if self.headers["Authorization"] != "Bearer t-1":
            return self.answer(401, {})
        parts = urlsplit(self.path)
        if parts.path != "/notes":
            return self.answer(200, self.notes[int(parts.path.rpartition("/")[2])])
        asked = {name: int(values[0]) for name, values in parse_qs(parts.query).items()}
        shown = self.notes[:100] if self.broken and "limit" in asked else self.notes
        page = shown[asked.get("offset", 0) :][: asked.get("limit", 20)]
        return self.answer(200, {"items": page, "total": len(shown)})

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Any]:
    servers = []

    def start(*, broken: bool) -> tuple[int, str]:
        notes = [{"id": n, "text": f"Note {n}", "color": "red"} for n in range(130)]
        handler = type("Handler", (Notes,), {"notes": notes, "broken": broken})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        (tmp_path / "notes.json").write_text(json.dumps(DOCUMENT))
        plan = {**PLAN, "base_url": f"http://127.0.0.1:{server.server_address[1]}"}
        (tmp_path / "plan.yaml").write_text(yaml.safe_dump(plan))
        environ = {**os.environ, "NOTES_USERNAME": "ada", "NOTES_PASSWORD": "pass-1"}
        command = [sys.executable, str(BENCHMARK), str(tmp_path / "plan.yaml"), "--check"]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stdout + done.stderr

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_service_that_is_understood_holds(run: Any) -> None:
    code, text = run(broken=False)
    assert code == 0, text
    assert "| notes | 3 | ok | 1 of 1 | 1 of 1 | 0 | ok |" in text


def test_what_a_broken_service_does_is_named(run: Any) -> None:
    code, text = run(broken=True)
    assert code == 1
    assert "GET /notes: 100 of 130 records, and called complete" in text
    assert "update: changed too: ['color']" in text or "update: refused" in text
