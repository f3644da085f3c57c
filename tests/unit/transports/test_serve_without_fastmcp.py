"""``adaptgen serve DIR --http`` imports nothing of FastMCP or of the generator."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
WITHOUT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("fastmcp", "mcp", "mcp_types", "pydantic", "jinja2", "yaml", "cedarpy"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
from adaptgen.cli import main
sys.exit(main(sys.argv[1:]))
"""
SERVE = ["serve", str(ROOT / "generated" / "crm"), "--no-governance"]


def environ() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("CRM_", "ADAPTGEN_"))}
    return kept | {"CRM_BASE_URL": "http://127.0.0.1:9"}


@pytest.mark.parametrize("profile", [[], ["--for", "openai-strict"]])
def test_over_http_a_server_lists_its_tools_without_fastmcp(profile: list[str]) -> None:
    command = [sys.executable, "-c", WITHOUT, *SERVE, "--http", "127.0.0.1:0", *profile]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environ()) as running:
        assert running.stderr is not None
        try:
            found = re.search(r"http://[^ ]+/mcp", running.stderr.readline())
            assert found, running.stderr.read()
            head = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
            meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
                    "io.modelcontextprotocol/clientCapabilities": {}}  # fmt: skip
            head |= {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list"}
            body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}}
            request = urllib.request.Request(found[0], json.dumps(body).encode(), head)
            with urllib.request.urlopen(request, timeout=20) as answer:
                said = answer.read().decode()
        finally:
            running.send_signal(signal.SIGTERM)
    tools = json.loads(said[said.index("{") :])["result"]["tools"]
    assert {"list_customers", "search_tools"} & {one["name"] for one in tools}
    closed = [one["inputSchema"].get("additionalProperties") is False for one in tools]
    assert all(closed) if profile else not any(closed)


def test_on_stdio_the_missing_package_is_named_with_the_line_that_installs_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, *SERVE], capture_output=True, text=True, env=environ(), timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].strip() == "help: pip install adaptgen"
