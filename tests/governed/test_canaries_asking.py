"""Seeded values in every place of the CRM: whatever is asked about all items of its lists, nobody sees one of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.canaries import TOKEN, Canaries
from support.canary_crm import WatchedCrm, fill
from support.watched import WAYS, watched

from adaptgen.demo.crm import PASSWORD, USERNAME, running
from adaptgen.syntax import field_paths as fields

ROOT = Path(__file__).parents[2]
NEEDS: dict[str, dict[str, Any]] = {
    name: {"customerId": 1001} for name in ("list_attachments", "list_customer_contacts", "list_customer_notes")
}


def paths(item: Any, above: tuple[Any, ...] = ()) -> Iterator[str]:
    """Every path of a record that ends in a scalar."""
    for key, value in item.items() if isinstance(item, dict) else ():
        here = (*above, str(key))
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, dict):
            yield from paths(inner, (*here, fields.EACH) if isinstance(value, list) else here)
        elif not isinstance(value, list) or value:
            yield fields.text(here)


@pytest.mark.parametrize("way", WAYS)
def test_no_value_is_told_whatever_is_asked(way: str, tmp_path: Path) -> None:
    crm, canaries = WatchedCrm(), Canaries()
    fill(crm.state.database, canaries, 0.02)

    async def whole() -> tuple[list[str], int]:
        with running(crm) as api:
            environ = {"CRM_BASE_URL": api.url, "CRM_USERNAME": USERNAME, "CRM_PASSWORD": PASSWORD}
            policies = ROOT / "specs" / "crm" / "policies"
            async with watched(way, tmp_path, ROOT / "generated" / "crm", environ, policies=policies) as at:
                agent, said, asked = at.agent("sam", "sales"), [], 0
                lists = [one.own for one in at.governed.handler.adopted.values() if "distinct" in _arguments(one)]
                assert len(lists) > 12
                for tool in lists:
                    needed = NEEDS.get(tool, {})
                    text, failed = await agent.call(tool, {**needed, "fields": ["*"], "limit": 1})
                    assert not failed, f"{tool}: {text}"
                    for path in {path for item in json.loads(text)["items"] for path in paths(item)}:
                        for question in _questions(path):
                            text, _ = await agent.call(tool, {**needed, **question})
                            said.append(text)
                            asked += 1
                return said, asked

    said, asked = asyncio.run(whole())
    assert asked > 400
    assert canaries.leaks("\n".join(said)) == []
    assert len(set(TOKEN.findall("\n".join(said)))) > 50


def _arguments(facts: Any) -> Any:
    return facts.wire["inputSchema"]["properties"]


def _questions(path: str) -> Iterator[dict[str, Any]]:
    yield {"count": path, "limit": 200}
    yield {"distinct": path}
    yield {"sort": path, "fields": ["id"], "limit": 3}
    yield {"where": {path: {"contains": "a"}}, "fields": [path], "limit": 3}
    yield {"where": {path: "nobody is called so"}, "count": True}
