"""The example of docs/hints.md builds."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from adaptgen import plan, source
from adaptgen.model.tables import Cursor, Offset, PageNumber

ROOT = Path(__file__).parents[4]
ROWS = {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}}
NUMBER = {"name": "number", "in": "path", "required": True, "schema": {"type": "integer"}}
FILTER = {"name": "filter", "in": "query", "schema": {"type": "string"}}


def test_the_example_of_the_page_builds(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "hints.md").read_text(encoding="utf-8")
    block = re.search(r"## Paging\n.*?```yaml\n(.*?)```", page, re.DOTALL)
    assert block is not None
    body = {"type": "object", "properties": {"q": {"type": "string"}, "page": {"type": "object"}}}

    def operation(schema: Any, **more: Any) -> dict[str, Any]:
        return {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}, **more}

    paths = {
        "/parts/_find": {
            "post": operation(
                {"type": "object", "properties": {"hits": ROWS}},
                requestBody={"content": {"application/json": {"schema": body}}},
            )
        },
        "/orders": {"get": operation(ROWS, parameters=[FILTER])},
        "/visits": {"get": operation(ROWS)},
        "/offers/page/{number}": {"get": operation(ROWS, parameters=[NUMBER])},
    }
    document = {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": paths}
    (tmp_path / "parts.json").write_text(json.dumps(document))
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "hints.yaml").write_text(block[1], encoding="utf-8")
    hints = source.read_hints(tmp_path / "parts" / "hints.yaml")
    planned, found = plan.plan(source.read(tmp_path / "parts.json"), hints, "parts")
    tools = {tool.name: tool for tool in planned.server.tools}
    assert tools["search_parts"].page == Cursor(
        cursor="search_after", limit="page.size", next="$.hits[-1].sort", items="$.hits", place="body"
    )
    assert tools["list_orders"].page == Offset(offset="skip", limit="limit", inside="filter")
    assert tools["list_visits"].page == Cursor(
        cursor="X-Next-Token", limit="X-Limit", next="header:X-Next-Token", place="header"
    )
    assert tools["list_offers"].page == PageNumber(page="number", size="size", place="path", size_in_query=True)
    assert {"q", "page", "cursor"} <= set(
        next(one.contracts["search_parts"] for one in planned.modules if "search_parts" in one.contracts).input_schema[
            "properties"
        ]
    )
    assert not [one for one in found if one.severity == "error"]
