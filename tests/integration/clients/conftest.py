"""A generated server made by hand, the API behind it, and the server run as users run it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support.services import plain_environ

from adaptgen.cli import main
from adaptgen.demo.crm import PASSWORD, USERNAME, running

ROOT = Path(__file__).parents[3]
NOTES = [{"id": at, "text": f"note {at}", "author": {"name": "Ada"}} for at in range(1, 6)]

SERVER = """\
from pathlib import Path

from adaptgen.runtime import Base, Server

from .tools.notes import TOOLS

server = Server(
    name="notes",
    title="Notes",
    bases=(Base("", env="NOTES_BASE_URL"),),
    tools=TOOLS,
    contracts=Path(__file__).parent / "tools",
)
"""
TOOLS = """\
from adaptgen.runtime import Call, Offset, Param, Tool

find_notes = Tool(
    name="find_notes",
    call=Call("GET", "/notes", query=(Param("q"),)),
    view=("id", "text"),
    page=Offset(limit="limit", offset="offset", items="$.results", total="$.count"),
)
get_note = Tool(
    name="get_note",
    call=Call("GET", "/notes/{id}"),
    view=("id", "text", "author.name"),
)
TOOLS = (find_notes, get_note)
"""
WIRE = """\
import sys
from pathlib import Path

from adaptgen.transports import address
from adaptgen.transports.load import load_server
from adaptgen.tool_search import menu_of
from adaptgen.govern.pipeline.ungoverned import UngovernedHandler
from adaptgen.transports.streamable_http.serve import serve
from adaptgen.runtime.engine import Engine

engine = Engine(load_server(Path(sys.argv[1])))
listener = address.listening("127.0.0.1", 0)
print(address.url(listener), flush=True)
serve(menu_of(UngovernedHandler(engine), engine.server), listener, closing=engine.aclose)
"""
PAGED = {
    "cursor": {"type": "string"},
    "limit": {"type": "integer"},
    "fields": {"type": "array", "items": {"type": "string"}},
}
CONTRACTS = {
    "find_notes": {
        "description": "Find notes.",
        "inputSchema": {"type": "object", "properties": {"q": {"type": "string"}, **PAGED}},
        "annotations": {"readOnlyHint": True},
    },
    "get_note": {
        "description": "One note.",
        "inputSchema": {
            "type": "object",
            "properties": {"id": {"type": "integer"}, "fields": PAGED["fields"]},
            "required": ["id"],
        },
        "annotations": {"readOnlyHint": True},
    },
}


class Api(BaseHTTPRequestHandler):
    """The API: a list by offset, and one note."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        given = {name: values[0] for name, values in parse_qs(url.query).items()}
        status = 200
        body: Mapping[str, Any] = {}
        if url.path == "/notes":
            found = [note for note in NOTES if given.get("q", "") in str(note["text"])]
            start = int(given.get("offset", 0))
            body = {"count": len(found), "results": found[start : start + int(given.get("limit", 2))]}
        else:
            one = [note for note in NOTES if url.path == f"/notes/{note['id']}"]
            status, body = (200, one[0]) if one else (404, {"detail": "not found"})
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="session")
def notes_api() -> Iterator[str]:
    """The base URL of the API."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def notes_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated server's folder."""
    folder = tmp_path_factory.mktemp("generated") / "notes"
    (folder / "tools").mkdir(parents=True)
    for path in ("__init__.py", "tools/__init__.py"):
        (folder / path).write_text("")
    (folder / "server.py").write_text(SERVER)
    (folder / "tools" / "notes.py").write_text(TOOLS)
    (folder / "tools" / "notes.json").write_text(json.dumps(CONTRACTS))
    return folder


@dataclass(frozen=True)
class Served:
    """How to start the server, and where it listens once it runs."""

    command: list[str]
    environ: dict[str, str]
    url: str = ""
    process: subprocess.Popen[bytes] | None = None


def unstarted(package: Path, api: str, folder: Path) -> Served:
    """The stdio server over ``api``, with ``folder`` for what it keeps."""
    python_path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environ = plain_environ(folder, NOTES_BASE_URL=api, PYTHONPATH=python_path)
    environ.pop("PYTHONWARNINGS")
    return Served([sys.executable, "-m", "adaptgen", "serve", "--no-governance", str(package)], environ)


@pytest.fixture
def notes(notes_package: Path, notes_api: str, tmp_path: Path) -> Served:
    """The stdio server, not yet started."""
    return unstarted(notes_package, notes_api, tmp_path)


@contextlib.contextmanager
def serving(notes: Served, address: str = "127.0.0.1:0") -> Iterator[Served]:
    """The HTTP server while the block runs."""
    command = [*notes.command, "--http", address]
    with subprocess.Popen(command, env=notes.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        line = process.stderr.readline().decode()
        try:
            yield Served(command, notes.environ, line.partition(" on ")[2].partition(" ")[0], process)
        finally:
            process.terminate()
            process.wait(20)


@contextlib.contextmanager
def wired(notes: Served) -> Iterator[Served]:
    """The same server on the lean wire, over HTTP, while the block runs."""
    command = [sys.executable, "-c", WIRE, notes.command[-1]]
    with subprocess.Popen(command, env=notes.environ, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        try:
            yield Served(command, notes.environ, line.strip(), process)
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="session")
def notes_fronts(
    notes_package: Path, notes_api: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Served, Served]]:
    """The FastMCP front and the lean wire, each serving the same package over HTTP."""
    notes = unstarted(notes_package, notes_api, tmp_path_factory.mktemp("fronts"))
    with serving(notes) as usual, wired(notes) as wire:
        yield usual, wire


@pytest.fixture(scope="session")
def crm_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``generated/crm``, or a build of its document where that is not there."""
    committed = ROOT / "generated" / "crm"
    if (committed / "server.py").is_file():
        return committed
    out = tmp_path_factory.mktemp("crm") / "generated"
    assert main(["build", str(ROOT / "specs" / "crm.yaml"), "--out", str(out), "--quiet"]) == 0
    return out / "crm"


@pytest.fixture
def crm_http(crm_package: Path, notes: Served) -> Iterator[Served]:
    """The bundled CRM behind its generated server."""
    with running() as crm:
        given = {"CRM_BASE_URL": crm.url, "CRM_USERNAME": USERNAME, "CRM_PASSWORD": PASSWORD}
        with serving(Served([*notes.command[:-1], str(crm_package)], notes.environ | given)) as served:
            yield served


@pytest.fixture
def notes_http(notes: Served) -> Iterator[Served]:
    """The running HTTP server."""
    with serving(notes) as served:
        yield served
