"""Which fields a call names, however it writes them: policies that forbid one must not miss it."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.govern.authorization.canonical import canonicalize
from adaptgen.mcp.protocol import ToolInfo

TOOL = ToolInfo(name="list_people", server="people", own="list_people", effect="read", open=True, wire={})


@pytest.mark.parametrize(
    ("arguments", "paths"),
    [
        ({"sum": "salary"}, ("salary",)),
        (
            {"avg": "age, lines[*].salary", "group_by": 'team["name"],city'},
            ("age", "city", "lines.salary", "team.name"),
        ),
        ({"min": "a", "max": "b", "count": "true"}, ("a", "b")),
        ({"sort": ["-salary"], "where": {"age": 3}}, ("age", "salary")),
        ({"page": 3}, ()),
    ],
)
def test_every_field_that_a_call_names_is_in_its_paths(arguments: dict[str, Any], paths: tuple[str, ...]) -> None:
    assert canonicalize(TOOL, arguments).paths == paths
