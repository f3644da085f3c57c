"""Documents made from a few lines, and plans of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from support.planned_documents import api as api

from adaptgen.diagnostics import Diagnostic
from adaptgen.model.plan import Plan
from adaptgen.model.tables import Contract, Tool
from adaptgen.plan import plan
from adaptgen.source import EMPTY, Document, Hints

Make = Callable[..., Document]


@pytest.fixture
def make() -> Make:
    """``make(paths, schemas=…, **root)``: a document; other members of its root by keyword."""

    def build(paths: Mapping[str, Any], schemas: Mapping[str, Any] | None = None, **root: Any) -> Document:
        components = {"schemas": dict(schemas or {}), **root.pop("components", {})}
        return Document(
            {"openapi": "3.1.0", "info": {"title": "Test"}, "paths": dict(paths), "components": components, **root}
        )

    return build


@dataclass(frozen=True)
class Planned:
    """A plan with its tools and contracts by name."""

    plan: Plan
    diagnostics: tuple[Diagnostic, ...]

    @property
    def tools(self) -> dict[str, Tool]:
        return {tool.name: tool for tool in self.plan.server.tools}

    @property
    def contracts(self) -> dict[str, Contract]:
        return {name: one for module in self.plan.modules for name, one in module.contracts.items()}

    def properties(self, name: str) -> dict[str, Any]:
        return dict(self.contracts[name].input_schema["properties"])

    def fates(self) -> dict[tuple[str, str], str]:
        return {(one.place, one.name): one.fate for one in self.plan.inputs}


@pytest.fixture
def planned(make: Make) -> Callable[..., Planned]:
    """``planned(paths, hints=…, …)``: the plan of such a document, server ``crm``."""

    def build(paths: Mapping[str, Any], hints: Hints = EMPTY, name: str = "crm", **rest: Any) -> Planned:
        return Planned(*plan(make(paths, **rest), hints, name))

    return build
