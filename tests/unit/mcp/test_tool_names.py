"""Names that clients take, for generated tools and those behind the proxy; the longer ones are served on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.generated import engine, generate

from adaptgen.govern.settings.model import ToolRule
from adaptgen.mcp.protocol import nearest_tool
from adaptgen.mcp.provider_rules import short_name
from adaptgen.model.tables import LOCAL
from adaptgen.proxy.third_party_tools import facts
from adaptgen.runtime.engine import Engine

LONG = "create_organization_authentication_configuration_template"


@given(st.text(max_size=120))
def test_a_short_name_is_one(name: str) -> None:
    short = short_name(name)
    assert short == short_name(name)
    assert 0 < len(short) <= 48
    assert set(short) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def test_names_that_fit_stay() -> None:
    assert short_name("list_customers") == "list_customers"
    assert short_name(LONG).startswith("create_organization_authentication_")
    assert short_name(LONG) != short_name(LONG + "s")


DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "T", "version": "1"},
    "servers": [{"url": "http://127.0.0.1:9"}],
    "paths": {
        "/organizations/{id}/payment-instrument-network-token-activation-data": {
            method: {"parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                     "responses": {"200": {"description": "ok"}}}
            for method in ("post", "get")
        }
    },
}  # fmt: skip


def built(folder: Path, hints: str = "") -> Engine:
    return engine(generate(folder, "long", {"long.json": json.dumps(DOCUMENT).encode()}, hints), {})


def test_a_longer_name_is_served_on(tmp_path: Path) -> None:
    made = built(tmp_path)
    tools = {one.name: one for one in made.server.tools}
    assert len(tools) == 2
    assert all(len(one) <= 48 for one in tools)
    assert all(len(old) > 48 for one in tools.values() for old in one.aliases)
    for one in tools.values():
        (old,) = one.aliases
        contract = made.get(old)
        assert contract is not None
        assert contract.name == one.name


def test_a_name_that_hints_use_stays(tmp_path: Path) -> None:
    (old,) = next(one.aliases for one in built(tmp_path / "a").server.tools if one.name.startswith("create"))
    made = built(tmp_path / "b", f"tools:\n  {old}:\n    description: Activates it.\n")
    assert old in {one.name for one in made.list(LOCAL)}


def test_a_proxy_shortens_what_its_prefix_made_too_long() -> None:
    tool = {"name": "tickets.search_everything_that_was_said_about_a_customer", "inputSchema": {"type": "object"}}
    known = facts(tool, "helpdesk", "helpdesk__", ours=False, rule=ToolRule())
    assert len(known.name) <= 48
    assert known.name.startswith("helpdesk__tickets_search_")
    assert known.was == (f"helpdesk__{tool['name']}",)
    # Policies and rules know it by its own name.
    assert (known.own, known.action) == (tool["name"], f"helpdesk__{tool['name']}")
    short = facts({**tool, "name": "find"}, "helpdesk", "helpdesk__", ours=False, rule=ToolRule())
    assert (short.name, short.was) == ("helpdesk__find", ())


@pytest.mark.parametrize(
    ("name", "near"),
    [("get_server_pid", "get_pid"), ("list_layer", "list_layers"), ("make_tea", "")],
)
def test_the_nearest_tool_is_told_by_its_words_and_its_letters(name: str, near: str) -> None:
    names = ["get_series_episode", "get_pid", "list_layers", "get_user", "list_users"]
    assert nearest_tool(name, names) == near
