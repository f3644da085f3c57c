"""Every command block of README.md and of the tutorial runs as printed, in order, in an empty folder and a clean
environment with nothing but what their own install lines install. Addresses of the outside are those of :func:`here`.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.scripts import script
from support.services import free_port, launch, plain_environ, running

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/tutorial.md")
COMMANDS = ("pip ", "adaptgen ", "make ", "python ", "export ", "git clone ")
MADE = Path(sys.prefix, ".installed")
"""What `make` leaves where it has installed everything: .ci/run begins with that."""
session = script("session.py")


def blocks(page: str) -> list[Any]:
    return list(session.blocks((ROOT / page).read_text("utf-8")))


def here(origin: Path, document: str) -> dict[str, str]:
    """The one table of what the pages name -> what there is on this machine. ``origin``: this repository as it is now;
    ``document``: the address of an OpenAPI document."""
    table = {
        "git+<repository>": f"file://{origin}",  # "git+file:///…" is not a valid requirement
        "<repository>": f"file://{origin}",
        "https://api.example/openapi.json": document,
        # The tests themselves: .ci/run begins with them.
        "make test": "make --dry-run test",
    }
    newest = max((ROOT / name).stat().st_mtime for name in ("requirements.lock", "pyproject.toml"))
    if MADE.is_file() and MADE.stat().st_mtime > newest:
        # Without --old-file make would install the clone into this environment, since its files are newer.
        table["make demo"] = f"make --old-file={MADE} VENV={sys.prefix} demo"
    return table


@pytest.mark.parametrize("page", PAGES)
def test_every_block_without_a_language_is_one_of_commands(page: str) -> None:
    commands = [line for block in blocks(page) if block.kind == "commands" for line in block.commands]
    assert len(commands) >= 8
    assert [line for line in commands if not line.startswith(COMMANDS)] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150


def test_every_install_line_in_a_message_can_be_run() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    said = []
    for path in (ROOT / "adaptgen").rglob("*.py"):
        source = path.read_bytes()
        for one in ast.walk(ast.parse(source if b"install" in source else b"")):
            if isinstance(one, ast.Constant) and isinstance(one.value, str) and "install" in one.value:
                said += [(path.name, found) for found in re.findall(r"(\S+ install \S*adaptgen\S*)", one.value)]
    assert said
    for name, line in said:
        named = re.fullmatch(r'pip install ("adaptgen\[(\w+)\]"|adaptgen)\.?', line)
        assert named or line.endswith('"adaptgen['), (name, line)
        extra = re.search(r"\[(\w+)\]", line)
        assert extra is None or extra[1] in extras, (name, line)


# ------------------------------------------------------------------------------------------------- a clean environment


class Machine:
    """An empty folder, an environment that holds nothing, and the repository as it is now, to install from."""

    def __init__(self, folder: Path) -> None:
        self.origin = folder / "origin"
        self.empty = folder / "home" / "empty"
        self.empty.mkdir(parents=True)
        files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        for name in filter(None, files.decode().split("\0")):
            if not name.startswith("tests/") and (ROOT / name).exists():
                (self.origin / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.origin / name)
        who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"]
        for words in (["init", "-q"], ["add", "-f", "."], [*who, "commit", "-qm", "all"]):
            subprocess.run(["git", *words], cwd=self.origin, check=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        # Few of the installed modules are imported; pip reads its --no- options as "no" when they are to be used.
        pip = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_COMPILE": "no"}
        kept = {key: one for key, one in os.environ.items() if not key.startswith(("CRM_", "ADAPTGEN_", "PYTHON"))}
        home = {"PATH": f"{folder / 'venv' / 'bin'}:/usr/bin:/bin", "HOME": str(self.empty.parent)}
        self.environ = {key: one for key, one in kept.items() if not key.startswith("XDG_")} | pip | home

    def play(self, page: list[Any], text: str, instead: dict[str, str]) -> list[str]:
        """What the blocks print."""
        table = instead | session.free_ports(text)
        return list(session.Shell(self.empty, self.environ, table).play(page, timeout=2500))


@contextmanager
def service(folder: Path, *command: str, port: int) -> Iterator[str]:
    """A process that serves its OpenAPI document; yields the address of that."""
    url = f"http://127.0.0.1:{port}"
    environ = plain_environ(folder, PYTHONPATH=str(ROOT))
    start = [sys.executable, *command, "--port", str(port)]
    with running(
        launch, "api", start, url=url, ready="/openapi.json", environ=environ, folder=folder, seconds=30
    ) as api:
        yield f"{api.url}/openapi.json"


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("page", PAGES)
def test_every_command_block_runs_as_printed(page: str, tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    with service(tmp_path, "-m", "adaptgen.demo.library", port=free_port()) as document:
        machine.play(blocks(page), (ROOT / page).read_text("utf-8"), here(machine.origin, document))


OTHER_API = """
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

ITEMS = [{"sku": f"P{n}", "zone": "ABC"[n % 3], "state": "FREE" if n % 4 else "SOLD", "weight": n} for n in range(230)]
TEXT = {"type": "string"}
ITEM = {"type": "object", "properties": {"sku": TEXT, "zone": TEXT, "state": TEXT, "weight": {"type": "integer"}}}
KEY = {"type": "http", "scheme": "bearer"}


def query(name, kind):
    return {"name": name, "in": "query", "schema": {"type": kind}}


def answer(schema):
    return {"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}}


DOCUMENT = {
    "openapi": "3.0.0", "info": {"title": "Yard", "version": "1"}, "security": [{"key": []}],
    "components": {"securitySchemes": {"key": KEY}},
    "paths": {
        "/pallets": {"get": {"operationId": "listPallets", "parameters": [
            query("state", "string"), query("offset", "integer"), query("limit", "integer")],
            "responses": answer({"type": "object", "properties": {
                "items": {"type": "array", "items": ITEM}, "total": {"type": "integer"}}})}},
        "/login": {"post": {"operationId": "login", "summary": "Log in", "security": [], "requestBody": {"content": {
            "application/json": {"schema": {"type": "object", "required": ["username", "password"],
            "properties": {"username": TEXT, "password": TEXT}}}}},
            "responses": answer({"type": "object", "properties": {"token": TEXT}})}},
    },
}


class Yard(BaseHTTPRequestHandler):
    def send(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        fits = body == {"username": "crane", "password": "lift-7"}
        self.send({"token": "t-1"} if fits else {}, 200 if fits else 401)

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/openapi.json":
            return self.send({**DOCUMENT, "servers": [{"url": f"http://{self.headers['host']}"}]})
        if self.headers["authorization"] != "Bearer t-1":
            return self.send({}, 401)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        rows = [one for one in ITEMS if asked.get("state") in (None, one["state"])]
        at, most = int(asked.get("offset", 0)), min(int(asked.get("limit", 20)), 20)
        self.send({"items": rows[at : at + most], "total": len(rows)})

    def log_message(self, *_):
        pass


HTTPServer(("127.0.0.1", int(sys.argv[2])), Yard).serve_forever()
"""


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.timeout(3000)
def test_the_first_answer_of_an_unknown_api_takes_six_commands_and_three_minutes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From ``pip install``: the first block of the tutorial, with the names of this API in place of the tutorial's."""
    machine = Machine(tmp_path)
    (tmp_path / "yard.py").write_text(OTHER_API)
    (first, *_) = (block for block in blocks("docs/tutorial.md") if block.kind == "commands")
    names = {
        "python -m adaptgen.demo.library": f"{sys.executable} {tmp_path / 'yard.py'}",
        "LIBRARY_BASE_URL": "YARD_BASE_URL",
        "LIBRARY_USERNAME=clerk LIBRARY_PASSWORD=ex-libris": "YARD_USERNAME=crane YARD_PASSWORD=lift-7",
        "list_members stsCd=ACTIVE count=grpCd": "list_pallets state=FREE count=zone",
    }
    assert all(name in first.body for name in names)
    assert len(first.commands) <= 6
    began = time.monotonic()
    (printed,) = machine.play([first], first.body, here(machine.origin, "") | names)
    seconds = time.monotonic() - began
    # Of 230 pallets each fourth one, from the first, is sold: 172 are free, in three zones that take turns.
    free = [number for number in range(230) if number % 4]
    expected = sorted([[zone, sum(number % 3 == at for number in free)] for at, zone in enumerate("ABC")])
    answer = json.loads(next(line for line in printed.splitlines() if line.startswith("{")))
    assert sorted(answer["items"]) == expected
    assert answer["count"] == 172
    with capsys.disabled():
        print(f"\nfirst answer: {len(first.commands)} commands, {seconds:.0f} s from pip install")
    assert seconds <= 180
