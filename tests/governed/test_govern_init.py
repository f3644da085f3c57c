"""``adaptgen govern init``: what it writes works as written, and so do the commands that it prints."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from support.web import Asked, Said, web

from adaptgen.cli import main

EMAIL = "grace.hopper@navy.example"
NOTE = {"type": "object", "properties": {"id": {"type": "integer"}, "title": {"type": "string"},
                                         "author_email": {"type": "string"}}}  # fmt: skip


def document(base: str, *, writes: bool = True) -> dict[str, Any]:
    def operation(summary: str, schema: Any) -> dict[str, Any]:
        answer = {"description": "ok", "content": {"application/json": {"schema": schema}}}
        return {"summary": summary, "responses": {"200": answer}}

    delete = {"delete": {"summary": "Delete a note", "responses": {"204": {"description": "gone"}}}} if writes else {}
    identified = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Notes", "version": "1"},
        "servers": [{"url": base}],
        "paths": {
            "/notes": {"get": operation("List notes", {"type": "array", "items": NOTE})},
            "/notes/{id}": {"parameters": [identified], "get": operation("Get a note", NOTE), **delete},
        },
    }


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, entered, with ``specs/notes.yaml``, which is built."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "notes.yaml").write_text(yaml.safe_dump(document("https://notes.example")))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ADAPTGEN_STATE", str(tmp_path / "state"))
    assert main(["build", "-q"]) == 0
    return tmp_path


def test_it_writes_settings_policies_and_keys_that_only_their_owner_reads(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    assert main(["govern", "init", "generated/notes", "-q"]) == 0
    folder = Path("specs/notes")
    keys = sorted((folder / "local").glob("*.key"))
    assert [path.name for path in keys] == ["audit.key", "cursors.key", "tokens.key"]
    for path in keys:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "local").stat().st_mode) == 0o700
    added = subprocess.run(
        ["git", "add", "--dry-run", "-A", "specs"], capture_output=True, text=True, check=True
    ).stdout
    assert sorted(line.split("'")[1] for line in added.splitlines()) == [
        "specs/.schemas/governance.schema.json",
        "specs/notes.yaml",
        "specs/notes/governance.yaml",
        "specs/notes/policies/admins.cedar",
        "specs/notes/policies/readers.cedar",
    ]
    assert main(["build", "-q"]) == 0
    assert main(["policy", "check", "specs/notes/governance.yaml"]) == 0
    assert "2 policies checked against 3 tools" in capsys.readouterr().out
    assert yaml.safe_load((folder / "governance.yaml").read_text())["tokenize"]["kinds"] == ["email", "name", "phone"]


def test_what_is_there_is_left_alone_and_keys_always(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["govern", "init", "specs/notes.yaml"]) == 0
    folder = Path("specs/notes")
    policy, key, lost = folder / "policies/readers.cedar", folder / "local/audit.key", folder / "local/tokens.key"
    policy.write_text("// mine\n")
    before = key.read_text()
    lost.unlink()
    capsys.readouterr()

    assert main(["govern", "init", "notes", "-q"]) == 0
    assert f"{policy} is there already and was left alone" in capsys.readouterr().out
    assert (policy.read_text(), key.read_text()) == ("// mine\n", before)
    assert len(lost.read_text()) == 45

    assert main(["govern", "init", "notes", "--force", "-q"]) == 0
    assert "members-read" in policy.read_text()
    assert key.read_text() == before


def test_missing_keys_are_made_as_the_settings_name_them(place: Path) -> None:
    from adaptgen.govern.settings.audit_signing import ed25519_signer

    settings = Path("specs/notes/governance.yaml")
    settings.parent.mkdir()
    settings.write_text(
        'adaptgen: 1\naudit: {sink: stderr}\nkeys: {audit: "${file:k/a}", checkpoints: "${file:k/signing.pem}"}\n'
    )
    assert main(["govern", "init", "notes", "-q"]) == 0
    assert ed25519_signer((settings.parent / "k" / "signing.pem").read_text().strip())
    assert (settings.parent / "k" / ".gitignore").read_text().endswith("\n*\n")


def test_an_api_that_only_reads_has_policies_that_hold(place: Path) -> None:
    Path("specs/notes.yaml").write_text(yaml.safe_dump(document("https://notes.example", writes=False)))
    assert main(["govern", "init", "notes"]) == 0
    assert main(["build", "-q"]) == 0
    assert main(["policy", "check", "specs/notes/governance.yaml"]) == 0


def test_an_issuer_elsewhere_is_kept_as_it_is_written_and_makes_its_own_tokens(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["govern", "init", "notes", "--issuer", "https://idp.example/"]) == 0
    settings = yaml.safe_load(Path("specs/notes/governance.yaml").read_text())
    assert settings["authenticate"]["issuer"] == "https://idp.example/"
    said = capsys.readouterr().out
    assert "adaptgen serve generated/notes --http 127.0.0.1:8000 &" in said
    assert "dev issuer" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["note"], "there is no server 'note'"),
        (["notes", "--http", "0.0.0.0:8000"], "0.0.0.0 is not loopback"),
        (["notes", "--issuer", "http://idp.example"], "is neither https nor on this machine"),
    ],
)
def test_what_it_does_not_write(place: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["govern", "init", *words]) == 2
    assert said in capsys.readouterr().err
    assert not Path("specs/notes").exists()


# ---------------------------------------------------------------------------------------------- the commands it prints


@pytest.fixture
def api() -> Iterator[str]:
    """Two notes of one author."""

    def answer(asked: Asked) -> Said:
        note = {"id": 1, "title": "COBOL", "author_email": EMAIL}
        if asked.method == "DELETE":
            return Said(status=204)
        return Said(note if asked.path.startswith("/notes/") else [note, {**note, "id": 2}])

    with web(answer) as made:
        yield made.url


def free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        return one.getsockname()[1], two.getsockname()[1]


async def seen_by_a_client(port: int, token: str) -> list[str]:
    """The tools that the MCP SDK lists for the bearer of ``token``."""
    async with (
        create_mcp_http_client({"authorization": f"Bearer {token}"}) as http,
        streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=http) as streams,
        ClientSession(streams[0], streams[1]) as client,
    ):
        await client.initialize()
        return [tool.name for tool in (await client.list_tools()).tools]


def test_the_commands_that_it_prints_govern_a_server_within_one_paste(
    place: Path, api: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("specs/notes.yaml").write_text(yaml.safe_dump(document(api)))
    port, issuer = free_ports()
    assert main(["govern", "init", "notes", "--http", str(port), "--issuer", f"http://127.0.0.1:{issuer}"]) == 0
    _, _, printed = capsys.readouterr().out.partition("next:\n")
    commands = [line.strip() for line in printed.splitlines()]
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "NOTES_BASE_URL": api}
    said, trace = Path("said.txt"), Path("trace.txt")

    def shell(lines: list[str]) -> str:
        done = subprocess.run(
            ["bash", "-ec", "\n".join(lines)], env=environ, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    with said.open("w") as out, trace.open("w") as err, subprocess.Popen(
        ["bash", "-ec", "\n".join([*commands, "echo done >&2; read line"])], env=environ, stdin=subprocess.PIPE,
        stdout=out, stderr=err, start_new_session=True,
    ) as running:  # fmt: skip
        try:
            # Its last command is done when the trail is verified; then the server is asked by an admin.
            while running.poll() is None and "done" not in trace.read_text():
                with suppress(subprocess.TimeoutExpired):
                    running.wait(0.1)
            assert running.poll() is None, trace.read_text()
            token = next(line for line in commands if line.startswith("TOKEN="))
            admin = shell([token.replace("bob", "ann").replace("interns", "admins"), 'echo "$TOKEN"'])
            intern = shell([token, 'echo "$TOKEN"'])

            def ask(caller: str, method: str, **params: Any) -> dict[str, Any]:
                body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
                answer = httpx.post(
                    f"http://127.0.0.1:{port}/mcp", json=body, headers={"authorization": f"Bearer {caller}"}, timeout=30
                )
                found: dict[str, Any] = answer.json()
                return found

            def tools(caller: str) -> list[str]:
                return [tool["name"] for tool in ask(caller, "tools/list")["result"]["tools"]]

            assert asyncio.run(seen_by_a_client(port, intern)) == ["get_note", "list_notes"]
            assert tools(intern) == ["get_note", "list_notes"]
            assert tools(admin) == ["delete_note", "get_note", "list_notes"]
            stranger = shell([token.replace("interns", "guests"), 'echo "$TOKEN"'])
            assert tools(stranger) == []
            read = ask(intern, "tools/call", name="get_note", arguments={"id": 1})
            assert "tok_email_" in json.dumps(read)
            assert EMAIL not in json.dumps(read)
            hidden = ask(intern, "tools/call", name="delete_note", arguments={"id": 1})["result"]
            assert "There is no tool `delete_note`" in hidden["content"][0]["text"]
            assert (
                ask(admin, "tools/call", name="delete_note", arguments={"id": 1})["result"].get("isError") is not True
            )
        finally:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGTERM)
    shown = said.read_text()
    assert "2 policies checked against 3 tools" in shown
    assert "bob [interns] does not see delete_note and may not call it: no policy permits it" in shown
    listed = next(json.loads(line) for line in shown.splitlines() if line.startswith('{"jsonrpc"'))
    assert [tool["name"] for tool in listed["result"]["tools"]] == ["get_note", "list_notes"]
    assert "the trail holds" in shown
    traced = [line for line in trace.read_text().splitlines() if line.startswith("adaptgen trace:")]
    for start in (
        "adaptgen trace: bob [interns] tools/list: ",
        "adaptgen trace: bob [interns] tools/call get_note: permitted by default-read, ",
        "adaptgen trace: bob [interns] tools/call delete_note: refused (hidden)",
        "adaptgen trace: ann [admins] tools/call delete_note: permitted by admins-change, ",
    ):
        assert any(line.startswith(start) for line in traced), (start, traced)
    assert EMAIL not in trace.read_text()
    assert EMAIL not in Path("specs/notes/local/audit.jsonl").read_text()
