"""``adaptgen install``: entries merged into the files of each client, as their documentation has them."""

from __future__ import annotations

import asyncio
import json
import os
import re
import stat
import sys
from importlib.metadata import PathDistribution
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from adaptgen.cli.entry import main

CRM = Path(__file__).parents[2] / "generated" / "crm"
ARGS = ["-P", "-m", "adaptgen", "serve", str(CRM)]
NAMES = ("CRM_BASE_URL", "CRM_PASSWORD", "CRM_USERNAME")

# A file that each client might have: servers of others, settings that adaptgen does not know.
CLAUDE = """{
  "globalShortcut": "Alt+Space",
  "mcpServers": {
    "files": {"command": "npx", "args": ["-y", "files"]}
  }
}
"""
CLAUDE_CODE = '{\n\t"mcpServers": {}\n}'
CURSOR = '{"mcpServers": {"docs": {"url": "https://docs.example/mcp"}}}'
VSCODE = """{
  // our servers
  "inputs": [],
  "servers": {
    "files": {
      "type": "stdio",
      "command": "npx", // from npm
    }, /* the last one */
  },
}
"""
BEFORE = {"claude": CLAUDE, "claude-code": CLAUDE_CODE, "cursor": CURSOR, "vscode": VSCODE}

AFTER = {
    "claude": """{
  "globalShortcut": "Alt+Space",
  "mcpServers": {
    "files": {"command": "npx", "args": ["-y", "files"]},
    "crm": {
      "command": PYTHON,
      "args": ARGS,
      "env": {
        "CRM_BASE_URL": "https://crm.example",
        "CRM_PASSWORD": "",
        "CRM_USERNAME": ""
      }
    }
  }
}
""",
    "claude-code": """{
\t"mcpServers": {
\t\t"crm": {
\t\t\t"type": "stdio",
\t\t\t"command": PYTHON,
\t\t\t"args": ARGS,
\t\t\t"env": {
\t\t\t\t"CRM_BASE_URL": "https://crm.example",
\t\t\t\t"CRM_PASSWORD": "${CRM_PASSWORD:-}",
\t\t\t\t"CRM_USERNAME": "${CRM_USERNAME:-}"
\t\t\t}
\t\t}
\t}
}""",
    "cursor": """{
  "mcpServers": {
    "docs": {
      "url": "https://docs.example/mcp"
    },
    "crm": {
      "command": PYTHON,
      "args": ARGS,
      "env": {
        "CRM_BASE_URL": "https://crm.example",
        "CRM_PASSWORD": "${env:CRM_PASSWORD}",
        "CRM_USERNAME": "${env:CRM_USERNAME}"
      }
    }
  }
}
""",
    "vscode": """{
  // our servers
  "inputs": [
    {
      "type": "promptString",
      "id": "crm-password",
      "description": "CRM_PASSWORD",
      "password": true
    },
    {
      "type": "promptString",
      "id": "crm-username",
      "description": "CRM_USERNAME",
      "password": false
    }
  ],
  "servers": {
    "files": {
      "type": "stdio",
      "command": "npx", // from npm
    }, /* the last one */
    "crm": {
      "type": "stdio",
      "command": PYTHON,
      "args": ARGS,
      "env": {
        "CRM_BASE_URL": "https://crm.example",
        "CRM_PASSWORD": "${input:crm-password}",
        "CRM_USERNAME": "${input:crm-username}"
      }
    }
  },
}
""",
}


@pytest.fixture(autouse=True)
def environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CRM_BASE_URL", "https://crm.example")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("ADAPTGEN_GOVERNANCE", raising=False)


def install(client: str, file: Path, *more: str) -> int:
    return main(["install", str(CRM), "--client", client, "--config", str(file), *more])


@pytest.mark.parametrize("client", BEFORE)
def test_the_entry_is_merged_and_nothing_else_changes(client: str, tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_text(BEFORE[client])
    assert install(client, file) == 0
    expected = AFTER[client].replace("PYTHON", json.dumps(sys.executable)).replace("ARGS", json.dumps(ARGS))
    assert file.read_text() == expected
    assert install(client, file) == 0
    assert file.read_text() == expected
    assert main(["install", "--client", client, "--config", str(file), "--remove", "--name", "crm"]) == 0
    assert '"crm"' not in file.read_text()
    if client == "claude":
        assert file.read_text() == CLAUDE


PLACES = {
    ("claude", "linux"): "home/.config/Claude/claude_desktop_config.json",
    ("claude", "darwin"): "home/Library/Application Support/Claude/claude_desktop_config.json",
    ("claude", "win32"): "appdata/Claude/claude_desktop_config.json",
    ("claude-code", "linux"): "work/.mcp.json",
    ("cursor", "linux"): "home/.cursor/mcp.json",
    ("cursor", "win32"): "home/.cursor/mcp.json",
    ("vscode", "linux"): "work/.vscode/mcp.json",
}


@pytest.mark.parametrize(("client", "platform"), PLACES)
def test_a_new_file_is_where_the_client_looks_and_for_its_user_alone(
    client: str, platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from adaptgen.clients.catalog import CLIENTS

    monkeypatch.setenv("APPDATA", str(tmp_path / "appdata"))
    found = CLIENTS[client].file(CLIENTS[client].scope, tmp_path / "work", os.environ, platform)
    assert found == tmp_path / PLACES[client, platform]
    if platform != "linux":
        return
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    assert main(["install", str(CRM), "--client", client]) == 0
    assert stat.S_IMODE(found.stat().st_mode) == 0o600
    assert set(json.loads(found.read_text())) <= {"mcpServers", "servers", "inputs"}


def test_the_variables_of_the_settings_are_in_the_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tmp_path / "governance.yaml"
    keys = 'keys: {audit: "${env:AUDIT_KEY}"}'
    known = 'authenticate: {issuer: "${env:ISSUER}", audience: "https://mcp.example"}'  # not on stdio
    settings.write_text(f"adaptgen: 1\nmode: embedded\n{keys}\n{known}\naudit: {{sink: none}}\n")
    monkeypatch.setenv("AUDIT_KEY", "hunter2")
    file = tmp_path / "mcp.json"
    assert install("cursor", file, "--governance", str(settings)) == 0
    entry = json.loads(file.read_text())["mcpServers"]["crm"]
    assert entry["args"] == [*ARGS, "--governance", str(settings)]
    assert entry["env"]["AUDIT_KEY"] == "${env:AUDIT_KEY}"
    assert "ISSUER" not in entry["env"]


def test_what_was_added_by_hand_stays(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    assert install("cursor", file) == 0
    said = json.loads(file.read_text())
    said["mcpServers"]["crm"]["disabled"] = True
    said["mcpServers"]["crm"]["env"] |= {"CRM_PASSWORD": "typed", "HTTPS_PROXY": "http://proxy.example"}
    file.write_text(json.dumps(said, indent=2))
    assert install("cursor", file) == 0
    assert json.loads(file.read_text()) == said


def test_an_entry_of_another_server_is_not_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mcp.json"
    file.write_text('{"mcpServers": {"crm": {"command": "npx", "args": ["crm"]}}}')
    assert install("claude", file) == 2
    assert "AG095" in capsys.readouterr().err
    assert "npx" in file.read_text()
    assert install("claude", file, "--name", "our-crm") == 0
    assert set(json.loads(file.read_text())["mcpServers"]) == {"crm", "our-crm"}


def test_a_broken_file_is_told_at_its_place_and_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mcp.json"
    file.write_text('{\n  "mcpServers": {"a": {}}\n  "b": 1\n}\n')
    assert install("claude", file) == 2
    assert f"{file}:3:3: error AG002" in capsys.readouterr().err
    assert file.read_text() == '{\n  "mcpServers": {"a": {}}\n  "b": 1\n}\n'


def test_secrets_are_written_only_when_asked_for_and_never_for_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CRM_PASSWORD", "hunter2")
    file = tmp_path / "mcp.json"
    assert install("claude", file) == 0
    assert "hunter2" not in file.read_text()
    monkeypatch.chdir(tmp_path)
    assert main(["install", str(CRM), "--client", "claude-code", "--with-secrets"]) == 2
    assert not (tmp_path / ".mcp.json").exists()
    assert install("claude", file, "--with-secrets") == 0
    assert json.loads(file.read_text())["mcpServers"]["crm"]["env"]["CRM_PASSWORD"] == "hunter2"
    printed = capsys.readouterr()
    assert "hunter2" not in printed.out + printed.err


def test_a_dry_run_prints_the_entry_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mcp.json"
    assert install("vscode", file, "--dry-run") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["servers"]["crm"]["command"] == sys.executable
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("client", "entry"),
    [
        ("claude-code", {"type": "http", "url": "https://mcp.example/mcp"}),
        ("cursor", {"url": "https://mcp.example/mcp"}),
        ("vscode", {"type": "http", "url": "https://mcp.example/mcp"}),
    ],
)
def test_a_server_elsewhere_is_named_by_its_url(client: str, entry: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    command = ["install", "--client", client, "--config", str(file), "--name", "crm", "--url"]
    assert main([*command, "https://mcp.example/mcp"]) == 0
    (servers,) = json.loads(file.read_text()).values()
    assert servers == {"crm": entry}
    assert main([*command, "http://mcp.example/mcp"]) == 2


def test_claude_desktop_takes_no_url_in_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = "https://mcp.example/mcp"
    assert main(["install", "--client", "claude", "--config", str(tmp_path / "a"), "--name", "crm", "--url", url]) == 2
    assert "onnectors" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("origin", "source"),
    [
        (None, "adaptgen==1.2.3"),
        ({"url": "file:///srv/my%20tools/adaptgen", "dir_info": {}}, "/srv/my tools/adaptgen"),
        (
            {"url": "https://git.example/adaptgen", "vcs_info": {"vcs": "git", "commit_id": "abc123"}},
            "git+https://git.example/adaptgen@abc123",
        ),
        ({"url": "https://dist.example/adaptgen.whl", "archive_info": {}}, "https://dist.example/adaptgen.whl"),
    ],
)
def test_what_uvx_runs_is_made_again_by_uv(
    origin: dict[str, Any] | None, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "METADATA").write_text("Metadata-Version: 2.1\nName: adaptgen\nVersion: 1.2.3\n")
    if origin is not None:
        (tmp_path / "direct_url.json").write_text(json.dumps(origin))
    monkeypatch.setattr("adaptgen.clients.entry.distribution", lambda name: PathDistribution(tmp_path))
    monkeypatch.setattr(sys, "prefix", "/home/ada/.cache/uv/archive-v0/abc")
    monkeypatch.setenv("UV", "/home/ada/.local/bin/uv")
    file = tmp_path / "mcp.json"
    assert install("claude", file) == 0
    entry = json.loads(file.read_text())["mcpServers"]["crm"]
    expected = ["tool", "run", "--from", source, "adaptgen", "serve", str(CRM)]
    assert (entry["command"], entry["args"]) == ("/home/ada/.local/bin/uv", expected)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "dotfiles.json", tmp_path / "mcp.json"
    real.write_text("{}\n")
    link.symlink_to(real)
    assert install("claude", link) == 0
    assert link.is_symlink()
    assert "crm" in real.read_text()


def value(text: str, asked: dict[str, str]) -> str:
    """A value of an env block as the client replaces it."""
    found = re.fullmatch(r"\$\{(?:env:|input:)?([A-Za-z_-]+)(?::-)?\}", text)
    return asked[found[1].upper().replace("-", "_")] if found else text


@pytest.mark.slow
@pytest.mark.parametrize("client", BEFORE)
def test_the_sdk_starts_the_server_from_the_written_entry(client: str, tmp_path: Path) -> None:
    file, empty = tmp_path / "mcp.json", tmp_path / "empty"
    empty.mkdir()
    assert install(client, file) == 0
    (entry,) = [one["crm"] for name, one in json.loads(file.read_text()).items() if name != "inputs"]
    env = {name: value(text, {"CRM_PASSWORD": "x", "CRM_USERNAME": "y"}) for name, text in entry["env"].items()}
    given = {**env, "PATH": "", "HOME": str(empty)}
    parameters = StdioServerParameters(command=entry["command"], args=entry["args"], env=given, cwd=empty)

    async def session() -> list[Any]:
        async with stdio_client(parameters) as streams, ClientSession(streams[0], streams[1]) as opened:
            await opened.initialize()
            return list((await opened.list_tools()).tools)

    assert "list_invoices" in {tool.name for tool in asyncio.run(session())}
    assert list(empty.iterdir()) == []


def test_the_folders_of_files_are_in_the_entry(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mcp.json"
    assert install("cursor", file, "--no-governance", "--files", str(tmp_path / ".")) == 0
    arguments = json.loads(file.read_text())["mcpServers"]["crm"]["args"]
    assert arguments[-3:] == ["--no-governance", "--files", str(tmp_path.resolve())]
    assert install("cursor", file, "--no-governance", "--files", str(tmp_path / "nowhere")) == 2
    assert "AG106" in capsys.readouterr().err
