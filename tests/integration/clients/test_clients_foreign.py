"""Clients that need an environment of their own: mcp 1.30 and the MCP Inspector."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from support.services import Unavailable, cache, environment

from .conftest import Served

pytestmark = [pytest.mark.slow, pytest.mark.network]

INSPECTOR = "@modelcontextprotocol/inspector@2.12.0"
OLD_CLIENT = """\
import asyncio, json, sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client


async def talk(streams):
    async with ClientSession(streams[0], streams[1]) as session:
        begun = await session.initialize()
        tools = await session.list_tools()
        result = await session.call_tool(sys.argv[1], json.loads(sys.argv[2]))
        print(json.dumps([begun.protocolVersion, [tool.name for tool in tools.tools], result.content[0].text]))


async def main():
    if sys.argv[3].startswith("http"):
        async with streamablehttp_client(sys.argv[3]) as streams:
            await talk(streams)
    else:
        command = json.loads(sys.argv[3])
        parameters = StdioServerParameters(command=command[0], args=command[1:], env=json.loads(sys.argv[4]))
        async with stdio_client(parameters) as streams:
            await talk(streams)


asyncio.run(main())
"""


@pytest.fixture(scope="session")
def old_python() -> str:
    """An interpreter with mcp 1.30."""
    try:
        return str(environment("mcp1", sys.executable) / "python")
    except Unavailable as reason:
        pytest.skip(f"mcp 1.30: {reason}")


@pytest.fixture(scope="session")
def inspector() -> list[str]:
    """The command of the MCP Inspector, installed by npm at first use."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("MCP Inspector: node and npm are not installed")
    folder = cache() / f"inspector-{INSPECTOR.rpartition('@')[2]}"
    program = folder / "node_modules" / ".bin" / "mcp-inspector"
    if not program.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Workers that install it at once do not see each other's half.
        made = tempfile.mkdtemp(dir=folder.parent)
        install = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", made, INSPECTOR]
        done = subprocess.run(install, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"MCP Inspector: npm cannot install it: {done.stderr.strip()[-300:]}")
        with contextlib.suppress(OSError):
            Path(made).rename(folder)
    return [str(program), "--cli"]


def answered(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def old(python: str, tool: str, given: dict[str, Any], *target: str) -> list[Any]:
    """Revision, tools and text of one call by mcp 1.30."""
    command = [python, "-c", OLD_CLIENT, tool, json.dumps(given), *target]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    found: list[Any] = answered(done)
    return found


def expect_old(found: list[Any]) -> None:
    version, names, text = found
    assert version == "2025-11-25"
    assert names == ["find_notes", "get_note"]
    assert json.loads(text)["text"] == "note 3"


def test_mcp_1_over_http(old_python: str, notes_http: Served) -> None:
    expect_old(old(old_python, "get_note", {"id": 3}, notes_http.url))


def test_mcp_1_sees_no_difference_on_the_wire(old_python: str, notes_fronts: tuple[Served, Served]) -> None:
    for given in ({"id": 3}, {"id": 99}, {"id": "no integer"}):
        usual, wire = (old(old_python, "get_note", given, served.url) for served in notes_fronts)
        assert wire == usual


def test_mcp_1_over_stdio(old_python: str, notes: Served) -> None:
    expect_old(old(old_python, "get_note", {"id": 3}, json.dumps(notes.command), json.dumps(notes.environ)))


def test_mcp_1_on_the_crm(old_python: str, crm_http: Served) -> None:
    version, names, text = old(old_python, "list_customers", {"limit": 3}, crm_http.url)
    assert version == "2025-11-25"
    assert "list_customers" in names
    assert len(json.loads(text)["items"]) == 3


def inspect(command: list[str], folder: Path, *words: str) -> Any:
    return answered(
        subprocess.run([*command, *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    )


def test_the_inspector_over_http(inspector: list[str], notes_http: Served, tmp_path: Path) -> None:
    target = [notes_http.url, "--transport", "http"]
    listed = inspect(inspector, tmp_path, *target, "--method", "tools/list")
    assert [tool["name"] for tool in listed["tools"]] == ["find_notes", "get_note"]
    call = ["--method", "tools/call", "--tool-name", "get_note", "--tool-arg", "id=3"]
    result = inspect(inspector, tmp_path, *target, *call)
    assert json.loads(result["content"][0]["text"])["text"] == "note 3"


def test_the_inspector_sees_no_difference_on_the_wire(
    inspector: list[str], notes_fronts: tuple[Served, Served], tmp_path: Path
) -> None:
    call = ["--method", "tools/call", "--tool-name", "get_note", "--tool-arg", "id=3"]
    for words in (["--method", "tools/list"], call):
        usual, wire = (
            inspect(inspector, tmp_path, served.url, "--transport", "http", *words) for served in notes_fronts
        )
        assert wire == usual


def test_the_inspector_on_the_crm(inspector: list[str], crm_http: Served, tmp_path: Path) -> None:
    target = [crm_http.url, "--transport", "http"]
    listed = inspect(inspector, tmp_path, *target, "--method", "tools/list")
    assert "list_customers" in {tool["name"] for tool in listed["tools"]}
    call = ["--method", "tools/call", "--tool-name", "list_customers", "--tool-arg", "limit=3"]
    result = inspect(inspector, tmp_path, *target, *call)
    assert len(json.loads(result["content"][0]["text"])["items"]) == 3
