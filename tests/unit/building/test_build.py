"""``adaptgen.build``: the one build, and what it says of each operation."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import adaptgen
from adaptgen.building import summary
from adaptgen.building.spec_files import SpecFiles
from adaptgen.diagnostics import AdaptgenError
from adaptgen.source import EMPTY

ROOT = Path(__file__).parents[3]
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Shop", "version": "1"},
    "servers": [{"url": "https://shop.example"}],
    "paths": {
        "/login": {
            "post": {
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["username", "password"],
                                "properties": {"username": {"type": "string"}, "password": {"type": "string"}},
                            }
                        }
                    }
                },
                "responses": {
                    "200": {
                        "description": "A token",
                        "content": {
                            "application/json": {
                                "schema": {"type": "object", "properties": {"access_token": {"type": "string"}}}
                            }
                        },
                    }
                },
            }
        },
        "/orders": {
            "get": {
                "operationId": "listOrders",
                "parameters": [
                    {"name": name, "in": "query", "schema": {"type": "integer"}} for name in ("offset", "limit")
                ],
                "responses": {
                    "200": {
                        "description": "Them",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "properties": {
                                        "total": {"type": "integer"},
                                        "items": {
                                            "type": "array",
                                            "items": {
                                                "type": "object",
                                                "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
                                            },
                                        },
                                    },
                                }
                            }
                        },
                    }
                },
                "security": [{"token": []}],
            },
        },
        "/orders/{id}/audit": {
            "delete": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
                "responses": {"204": {"description": "Gone"}},
                "security": [{"token": []}],
            }
        },
    },
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
}
HINTS = """\
adaptgen: 1
hide:
  - DELETE /orders/{id}/audit
tools:
  list_orders:
    view: [id]
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    spec = tmp_path / "specs" / "shop.json"
    (tmp_path / "specs" / "shop").mkdir(parents=True)
    spec.write_text(json.dumps(DOCUMENT, indent=1))
    SpecFiles(spec).hints.write_text(HINTS)
    return spec


def test_each_operation_is_a_tool_hidden_or_absorbed_and_says_why(shop: Path) -> None:
    operations = {one.operation: one for one in adaptgen.build(shop).operations}
    exposures = {name: one.exposure.value for name, one in operations.items()}
    assert exposures == {
        "POST /login": "absorbed",
        "GET /orders": "tool",
        "DELETE /orders/{id}/audit": "hidden",
    }
    (hidden,) = operations["DELETE /orders/{id}/audit"].exposure.evidence
    assert (hidden.basis, hidden.because) == ("hint", "hide: DELETE /orders/{id}/audit")
    assert hidden.place.endswith("shop/hints.yaml:3:5")
    (absorbed,) = operations["POST /login"].exposure.evidence
    assert absorbed.basis == "inference"
    assert operations["POST /login"].exposure.certainty == "likely"


def test_the_import_is_cheap() -> None:
    code = "import sys, adaptgen; print(sorted(name for name in sys.modules if name.startswith('adaptgen')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.replace(", 'adaptgen._version'", "") == "['adaptgen']\n"  # a checkout may have no version file


CASES = sorted(path for path in (ROOT / "tests/cases").glob("*/spec.*") if not path.parent.name.startswith("wrong_"))


@pytest.mark.parametrize("spec", CASES, ids=lambda path: path.parent.name)
def test_every_operation_and_every_tool_is_explained_once(spec: Path) -> None:
    hints = spec.with_name("hints.yaml")
    try:
        result = adaptgen.build(spec, hints=hints if hints.exists() else EMPTY)
    except AdaptgenError:
        pytest.skip("a case that is refused")
    own = [operation for operation in result.operations if not operation.document]
    assert len(own) == result.plan.operations
    assert all(not one.tools for one in own if one.exposure.value != "tool")
    tools = [tool.name.value for operation in result.operations for tool in operation.tools]
    tools += [tool.name.value for tool in result.summary.workflows]
    assert sorted(map(str, tools)) == sorted(tool.name for tool in result.plan.server.tools)
    json.dumps(result.to_json())


# ------------------------------------------------------------------------------------------------------- the JSON


def documented() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    keys: list[str] = []
    for line in (ROOT / "docs/explain.md").read_text("utf-8").splitlines():
        if line.startswith("**"):
            keys = found.setdefault(line.strip("*"), [])
        elif line.startswith("| `"):
            keys.append(line.split("`")[1])
    return found


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Server", summary.ServerSummary),
        ("Operation", summary.OperationSummary),
        ("Tool", summary.ToolSummary),
        ("Auth", summary.AuthSummary),
        ("Input", summary.InputSummary),
        ("Decision", summary.Decision),
        ("Reason", summary.Reason),
    ],
)
def test_the_page_names_every_key(heading: str, kind: Any) -> None:
    own = [one.name for one in fields(kind)]
    assert documented()[heading] == (["adaptgen", *own] if kind is summary.ServerSummary else own)
