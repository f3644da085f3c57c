"""What adaptgen says when a user does something wrong. ``said.md`` holds all of it, to be read as a page; it is written
anew with ADAPTGEN_UPDATE_CASES=1. Each mistake is told with a cause, a place where there is one, and a next step."""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from mistakes.mistaken_commands import COMMANDS
from mistakes.mistaken_documents import DOCUMENTS
from mistakes.mistaken_governance import GOVERNANCE
from mistakes.mistaken_hints import HINTS
from mistakes.mistaken_runs import RUNS
from mistakes.notes_project import FILES, Mistake, write
from support.web import Asked, Said, web

from adaptgen.cli import main

UPDATES = os.environ.get("ADAPTGEN_UPDATE_CASES") == "1"
SAID = Path(__file__).with_name("said.md")
CHAPTERS = {
    "The command line": COMMANDS,
    "Documents": DOCUMENTS,
    "Hints, hand edits and output": HINTS,
    "Running": RUNS,
    "Governance": GOVERNANCE,
}
ALL = [one for rows in CHAPTERS.values() for one in rows]
HEAD = """# What adaptgen says to mistakes

Written by `ADAPTGEN_UPDATE_CASES=1 python -m pytest tests/mistakes` and reviewed by hand: read a change as the user who
made the mistake would.
"""
_WITHOUT = """
import sys
sys.modules.update(dict.fromkeys({without!r}))
from adaptgen.cli import main
sys.exit(main())
"""


@dataclass(frozen=True)
class Addresses:
    web: str
    refused: str
    taken: str

    def filled(self, text: str) -> str:
        return text.replace("{web}", self.web).replace("{refused}", self.refused).replace("{taken}", self.taken)

    def removed(self, text: str) -> str:
        for name, address in (("WEB", self.web), ("REFUSED", self.refused), ("TAKEN", self.taken)):
            text = text.replace(address, f"127.0.0.1:{name}").replace(address.partition(":")[2], name)
        return text


class Screen(io.StringIO):
    """What a user sees: both streams, in order."""

    encoding = "utf-8"


@pytest.fixture(scope="session")
def addresses() -> Iterator[Addresses]:
    def answer(asked: Asked) -> Said:
        if asked.path.startswith("/page"):
            return Said(b"<!DOCTYPE html>\n<title>Sign in</title>\n", headers={"Content-Type": "text/html"})
        return Said({"detail": "no"}, 404)

    with web(answer) as server, socket.socket() as taken, socket.socket() as refused:
        for one in (taken, refused):
            one.bind(("127.0.0.1", 0))
        taken.listen()
        yield Addresses(
            server.url.removeprefix("http://"),
            f"127.0.0.1:{refused.getsockname()[1]}",
            f"127.0.0.1:{taken.getsockname()[1]}",
        )


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mistakes") / "project"
    write(folder, FILES)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["build", "--quiet"]) == 0
    return folder


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a user who has set nothing, and names of hosts that nobody resolves."""
    for name in list(os.environ):
        if name.startswith(("NOTES_", "ADAPTGEN_", "AWS_", "OTEL_")) and name != "ADAPTGEN_TESTDATA":
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("ADAPTGEN_STATE", str(tmp_path / "state"))
    resolve = socket.getaddrinfo

    def resolved(host: object, *arguments: object, **more: object) -> object:
        if str(host).endswith((".example", ".invalid")):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)


@pytest.fixture(scope="session")
def golden() -> Iterator[dict[str, str]]:
    """Title -> what is said, as the page has it; written back where that is asked for."""
    text = SAID.read_text("utf-8") if SAID.exists() else ""
    known = dict(re.findall(r"^### ([^\n]+)\n\n```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    if UPDATES:
        known = {one.title: known[one.title] for one in ALL if one.title in known}
    yield known
    if UPDATES:
        page = HEAD
        for chapter, rows in CHAPTERS.items():
            page += f"\n## {chapter}\n"
            page += "".join(f"\n### {one.title}\n\n```text\n{known.get(one.title, '')}```\n" for one in rows)
        SAID.write_text(page, "utf-8")


@pytest.mark.parametrize("mistake", ALL, ids=lambda one: one.title.replace(" ", "-"))
def test_a_mistake_is_told_so_that_the_user_can_go_on(
    mistake: Mistake, project: Path, addresses: Addresses, golden: dict[str, str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    folder = tmp_path / "project"
    shutil.copytree(project, folder, ignore=None if mistake.built else shutil.ignore_patterns("generated"))
    write(folder, {name: addresses.filled(text) if isinstance(text, str) else text
                   for name, text in mistake.files.items()})  # fmt: skip
    if mistake.prepare is not None:
        mistake.prepare(folder)
    monkeypatch.chdir(folder)
    for name, value in mistake.env.items():
        monkeypatch.setenv(name, addresses.filled(value))
    line = addresses.filled(mistake.line)
    code, printed = _run(line, mistake, monkeypatch)
    said = f"$ adaptgen {line}\n{printed}".replace(str(folder), "/project").replace(str(tmp_path), "/home")
    said = addresses.removed(
        re.sub(r"^--- a/(?:.|\n)*?(?=^generated/)", "[the difference]\n", said, flags=re.MULTILINE)
    )
    if UPDATES:
        golden[mistake.title] = said

    assert code == mistake.code, said
    assert "Traceback" not in said
    assert "internal error" not in said
    if not mistake.answered:
        assert re.search(r"error AG\d\d\d: |^error: ", said, re.MULTILINE), said
        assert "    help: " in said, said
    assert mistake.place in said, said
    assert said == golden.get(mistake.title)


def _run(line: str, mistake: Mistake, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """The exit code, and what is printed."""
    if mistake.without:
        program = _WITHOUT.format(without=mistake.without)
        done = subprocess.run([sys.executable, "-c", program, *shlex.split(line)], input=mistake.stdin, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)  # fmt: skip
        return done.returncode, done.stdout
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(sys, "stdin", io.StringIO(mistake.stdin))
    signal.signal(signal.SIGALRM, _serves)
    signal.alarm(30)
    try:
        return main(shlex.split(line)), screen.getvalue()
    finally:
        signal.alarm(0)


def _serves(*_: object) -> None:
    """Nothing is wrong, and a server runs."""
    raise KeyboardInterrupt


def test_the_page_has_nothing_but_these_mistakes(golden: dict[str, str]) -> None:
    titles = [one.title for one in ALL]
    assert len(titles) == len(set(titles)) >= 60
    assert sorted(golden) == sorted(titles)
