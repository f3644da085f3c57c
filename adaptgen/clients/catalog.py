"""The MCP clients that adaptgen knows: where each keeps its servers, in which form, and how it is given a secret.

One row a client, after its documentation:

- Claude Desktop: modelcontextprotocol.io, "Connect to local MCP servers". Local servers only; no variables.
- Claude Code: code.claude.com, "Connect Claude Code to tools via MCP": ``${NAME}`` and ``${NAME:-default}``; a variable
  without a value and a default fails the whole file.
- Cursor: cursor.com/docs, "Model Context Protocol": ``${env:NAME}``.
- VS Code: code.visualstudio.com, "MCP configuration reference": JSON with comments; ``inputs`` are asked for, and kept
  in the secret storage of the system.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

Scope: TypeAlias = Literal["user", "project"]
Placeholder: TypeAlias = Literal["", "${%s:-}", "${env:%s}", "${input:%s}"]


@dataclass(frozen=True, slots=True)
class Client:
    """``user``: the file of a user by platform (``linux``, ``darwin``, ``win32``), below the home folder or, with
    ``%APPDATA%``, below that; ``project``: the file in a folder of work, "" where the client has none. ``key``: the
    object of the servers. ``typed``: entries have a ``type``. ``remote``: it connects to URLs. ``variable``: the text
    of a reference to a variable; "" where the client replaces none. ``after``: what makes it read the file."""

    title: str
    user: Mapping[str, str]
    project: str
    key: str
    typed: bool
    remote: bool
    variable: Placeholder
    after: str
    scope: Scope

    def file(self, scope: Scope, project: Path, environ: Mapping[str, str], platform: str = sys.platform) -> Path:
        """The configuration file for a scope."""
        if scope == "project":
            return project / self.project
        name = self.user.get(platform, self.user["linux"])
        if name.startswith("%APPDATA%/"):
            base = environ.get("APPDATA", "")
            return (Path(base) if base else Path.home() / "AppData" / "Roaming") / name.removeprefix("%APPDATA%/")
        if name.startswith(".config/") and environ.get("XDG_CONFIG_HOME", "").startswith("/"):
            return Path(environ["XDG_CONFIG_HOME"]) / name.removeprefix(".config/")
        return Path.home() / name


_CODE = "Code/User/mcp.json"
_DESKTOP = "Claude/claude_desktop_config.json"
_SUPPORT = "Library/Application Support"

CLIENTS: Mapping[str, Client] = {
    "claude": Client(
        title="Claude Desktop",
        user={"linux": f".config/{_DESKTOP}", "darwin": f"{_SUPPORT}/{_DESKTOP}", "win32": f"%APPDATA%/{_DESKTOP}"},
        project="",
        key="mcpServers",
        typed=False,
        remote=False,
        variable="",
        after="quit Claude Desktop and start it again",
        scope="user",
    ),
    "claude-code": Client(
        title="Claude Code",
        user={"linux": ".claude.json"},
        project=".mcp.json",
        key="mcpServers",
        typed=True,
        remote=True,
        variable="${%s:-}",
        after="start claude in this folder and approve the server; /mcp shows it",
        scope="project",
    ),
    "cursor": Client(
        title="Cursor",
        user={"linux": ".cursor/mcp.json"},
        project=".cursor/mcp.json",
        key="mcpServers",
        typed=False,
        remote=True,
        variable="${env:%s}",
        after="turn the server on in Cursor's settings, under MCP",
        scope="user",
    ),
    "vscode": Client(
        title="VS Code",
        user={"linux": f".config/{_CODE}", "darwin": f"{_SUPPORT}/{_CODE}", "win32": f"%APPDATA%/{_CODE}"},
        project=".vscode/mcp.json",
        key="servers",
        typed=True,
        remote=True,
        variable="${input:%s}",
        after="start the server from the file, or with the command MCP: List Servers",
        scope="project",
    ),
}
