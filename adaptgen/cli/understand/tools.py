"""``adaptgen tools``: what the tools of a server do and take, and who may call them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING

from adaptgen.cli import terminal
from adaptgen.cli.govern import governance
from adaptgen.cli.tabular import columns
from adaptgen.model.contract_file import names_added
from adaptgen.model.tables import Contract, Json, Server, Tool

if TYPE_CHECKING:
    from adaptgen.govern.authorization.policies import Policy

_FIELDS = 4
"""Paths of a view that are shown."""


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies about each tool. ``elsewhere``: who decides instead, "" where these policies do."""

    of: Mapping[str, Sequence[Policy]]
    elsewhere: str = ""


def run(options: SimpleNamespace) -> int:
    """Print a row for each tool."""
    from adaptgen.readiness.document_server import is_document
    from adaptgen.runtime.contracts import load

    options.allow_writes = is_document(options.folder)  # nothing is called: all of them are shown
    server, named = governance.open_server(options, os.environ)
    contracts = load(server)
    policies = asyncio.run(_policies(server, named)) if named is not None else None
    if options.json:
        tools = [_to_json(tool, contracts[tool.name], policies) for tool in server.tools]
        terminal.say_json({"server": server.name, "governance": named, "tools": tools})
        return 0
    rows = [
        (tool.name, tool.effect, _arguments(tool, contracts[tool.name]), _view(tool), _policy(tool, policies))
        for tool in server.tools
    ]
    columns(("tool", "effect", "arguments", "view", "policy"), rows)
    return 0


async def _policies(server: Server, named: str) -> Policies:
    from adaptgen.cli.govern.policy_explain import governed_tools
    from adaptgen.govern.authorization.cedar_engine import CedarAuthorizer

    settings = await governance.load(named, os.environ)
    if settings.mode == "behind":
        return Policies({}, "the proxy decides")
    if settings.authorize is not None and settings.authorize.engine != "cedar":
        return Policies({}, "Verified Permissions decides")
    async with governed_tools(server, named, http=True) as governed:
        authorizer = governed.authorizer
        assert isinstance(authorizer, CedarAuthorizer)
        return Policies({name: authorizer.policies_of(tool) for name, tool in governed.tools.items()})


def _own_arguments(tool: Tool, contract: Contract) -> list[tuple[str, str, bool]]:
    """Name, type and whether it is required of each argument but those that the runtime adds to every such tool."""
    required, added = contract.input_schema.get("required", ()), names_added(tool)
    found = []
    for name, schema in contract.input_schema.get("properties", {}).items():
        if name not in added:
            given = schema.get("type", "any") if isinstance(schema, Mapping) else "any"
            found.append((name, " or ".join(given) if isinstance(given, list) else str(given), name in required))
    return sorted(found, key=lambda one: not one[2])


def _arguments(tool: Tool, contract: Contract) -> str:
    return ", ".join(f"{name}*" if required else name for name, _, required in _own_arguments(tool, contract))


def _view(tool: Tool) -> str:
    if tool.view is None:
        return "by the first answer" if tool.effect == "read" else ""
    more = len(tool.view) - _FIELDS
    return ", ".join(tool.view[:_FIELDS]) + (f", {more} more" if more > 0 else "")


def _policy(tool: Tool, policies: Policies | None) -> str:
    if policies is None or policies.elsewhere:
        return policies.elsewhere if policies is not None else "-"
    found = policies.of[tool.name]
    permits = [_named(one) for one in found if one.body["effect"] == "permit"]
    forbids = [_named(one) for one in found if one.body["effect"] == "forbid"]
    return "; ".join([", ".join(permits) or "nobody", *([f"forbid: {', '.join(forbids)}"] if forbids else [])])


def _named(policy: Policy) -> str:
    groups = policy.groups()
    return f"{policy.id} [{', '.join(groups)}]" if groups and policy.body["effect"] == "permit" else policy.id


def _to_json(tool: Tool, contract: Contract, policies: Policies | None) -> dict[str, Json]:
    known = policies is not None and not policies.elsewhere
    return {
        "name": tool.name,
        "effect": tool.effect,
        "list": tool.page is not None,
        "description": contract.description,
        "arguments": [
            {"name": name, "type": kind, "required": required}
            for name, kind, required in _own_arguments(tool, contract)
        ],
        "added_arguments": [name for name in names_added(tool) if name in contract.input_schema.get("properties", {})],
        "view": list(tool.view) if tool.view is not None else None,
        "policies": [
            {
                "id": one.id,
                "effect": one.body["effect"],
                "groups": list(one.groups()),
                "where": None if one.built_in else str(one.where),
            }
            for one in policies.of[tool.name]
        ]
        if policies is not None and known
        else None,
    }
