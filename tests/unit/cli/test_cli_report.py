"""The page of a build: complete for a small API, short for a large one."""

from __future__ import annotations

from pathlib import Path

import pytest

from adaptgen.cli.understand import report
from adaptgen.model.plan import Evidence, Input, LeftOut, Plan, Variable
from adaptgen.model.tables import Base, Server, Tool


def plan(number: int) -> Plan:
    """A plan of ``number`` tools; every fifth operation was left out."""
    tools = tuple(Tool(name=f"get_{at}", sensitive={"email": "email"}) for at in range(number))
    evidence = [Evidence(f"get_{at}", "view", f"id, field_{at}", f"the best of {at} fields") for at in range(number)]
    evidence += [Evidence(f"get_{at}", "paging", "page", f"parameters 'page_{at}' and 'size'") for at in range(number)]
    evidence.append(Evidence("session", "login", "POST /login", "it answers a token"))
    inputs = [Input(f"GET /{at}", "query", f"q{at}", "argument", f"get_{at}.q{at}") for at in range(number)]
    inputs += [Input(f"GET /{at}", "query", "page", "absorbed", "cursor paging") for at in range(number)]
    left = [LeftOut(f"GET /x{at}", "", "broken", "it is no object") for at in range(number // 5)]
    return Plan(
        server=Server(name="api", bases=(Base(),), tools=tools),
        modules=(),
        inputs=tuple(inputs),
        evidence=tuple(evidence),
        left_out=tuple(left),
        variables=(Variable("API_TOKEN", "an access token", secret=True),),
        operations=number + number // 5,
        title="An API",
    )


def page(number: int, capsys: pytest.CaptureFixture[str]) -> list[str]:
    report.show(plan(number), Path("specs/api.yaml"), "3.0.3")
    return capsys.readouterr().out.splitlines()


def test_a_large_api_is_told_by_pattern(capsys: pytest.CaptureFixture[str]) -> None:
    lines = page(1000, capsys)
    assert len(lines) < 60
    (paging,) = [line for line in lines if line.startswith("  paging")]
    assert "1,000 × such as get_0" in paging
    assert "(or alike)" in paging
    (view,) = [line for line in lines if line.startswith("  view")]
    assert "such as: id, field_0" in view
    assert any("176 more" in line and "it is no object" in line for line in lines)
    assert "  2,000 declared inputs" in lines
