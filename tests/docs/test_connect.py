"""docs/connect.md: entries, callback URLs and versions are those of the code and of the tests."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from support.login_clients import INSPECTOR, NEW_SDK, REMOTE, SDK

from adaptgen.clients.catalog import CLIENTS
from adaptgen.clients.entry import remote, snippet
from adaptgen.web.oauth import redirects
from adaptgen.web.oauth.clients import GRANTS
from adaptgen.web.oauth.registration import described_client

PAGE = (Path(__file__).parents[2] / "docs" / "connect.md").read_text()
URL = "https://mcp.bank.example/mcp"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", ["cursor", "vscode"])
def test_an_entry_is_what_install_writes(name: str) -> None:
    written = json.loads(snippet(CLIENTS[name], "bank", remote(CLIENTS[name], URL)))
    assert written in [json.loads(one) for one in blocks("json")]


def test_the_entry_of_claude_code_is_what_install_writes() -> None:
    assert f"`{json.dumps(remote(CLIENTS['claude-code'], URL).value)}`" in PAGE


def test_codes_reach_every_client_of_the_table_with_the_hosts_of_the_page() -> None:
    (settings,) = blocks("yaml")
    allowed = yaml.safe_load(settings)["login"]["redirects"]
    listed = re.findall(r"`((?:https?|cursor)://[^`]+)`", PAGE.partition("| AgentCore Identity")[0])
    listed = [one.replace("PORT", "8123") for one in listed if "mcp.bank.example" not in one]
    assert len(listed) >= 10
    assert [one for one in listed if redirects.find_problem(one, allowed)] == []
    assert redirects.find_problem("https://elsewhere.example/callback", allowed)


def test_what_was_tried_is_what_the_tests_run() -> None:
    tried = PAGE.partition("**What was tried.**")[2].partition("**Not tried**")[0]
    for one in (SDK, NEW_SDK.rpartition(".")[0], INSPECTOR, REMOTE, version("mcp").rpartition(".")[0]):
        assert one in tried
    assert f"mcp-remote@{REMOTE}" in PAGE


def test_a_client_that_is_made_by_hand_stays_logged_in() -> None:
    (command,) = [one for one in blocks("console") if "/oauth/register" in one]
    client = described_client("id", json.loads(command.partition("-d '")[2].rpartition("'")[0]), [])
    assert client.grants == GRANTS
