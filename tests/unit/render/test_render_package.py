"""The files of a generated server."""

from __future__ import annotations

import dataclasses
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from adaptgen import render
from adaptgen.model.plan import Module, Plan
from adaptgen.model.tables import Call, Contract, Server, Tool


def test_a_package_imports_and_holds_the_planned_server(full_plan: Plan, tmp_path: Path) -> None:
    for path, text in render.render(full_plan, spec="specs/crm.yaml", side="specs/crm").items():
        target = tmp_path / "rendered_crm" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    sys.path.insert(0, str(tmp_path))
    try:
        server = importlib.import_module("rendered_crm.server").server
    finally:
        sys.path.remove(str(tmp_path))

    tools = sorted((tool for module in full_plan.modules for tool in module.tools), key=lambda tool: tool.name)
    assert sorted(server.tools, key=lambda tool: tool.name) == tools
    assert sorted(server.auth, key=lambda auth: auth.name) == sorted(full_plan.server.auth, key=lambda auth: auth.name)
    assert server.contracts == tmp_path / "rendered_crm" / "tools"
    same = dataclasses.replace(full_plan.server, tools=(), auth=(), contracts=Path())
    assert dataclasses.replace(server, tools=(), auth=(), contracts=Path()) == same


def test_a_contract_survives_numbers_and_text_that_json_cannot_hold() -> None:
    schema = {"maximum": 2**70, "minimum": float("-inf"), "default": -(2**70), "const": "\ud800", "x": 10**5000}
    contract = Contract(name="t", description="", input_schema=schema)
    module = Module(name="m", title="M", tools=(Tool(name="t", call=Call("GET", "/")),), contracts={"t": contract})
    plan = Plan(server=Server(name="s", bases=()), modules=(module,))

    found = json.loads(render.render(plan, spec="s", side="d")["tools/m.json"])["t"]["inputSchema"]

    assert found == {
        "maximum": 2**70,
        "minimum": None,
        "default": -(2**70),
        "const": "\N{REPLACEMENT CHARACTER}",
        "x": None,
    }


@pytest.mark.slow
def test_generated_code_is_strictly_typed(full_plan: Plan, tmp_path: Path) -> None:
    package = tmp_path / "crm"
    for path, text in render.render(full_plan, spec="specs/crm.yaml", side="specs/crm").items():
        (package / path).parent.mkdir(parents=True, exist_ok=True)
        (package / path).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "-p", "crm"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
