"""Sums and groups of the CRM against SQL on its database: exact, or ``complete: false``."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.sums import FUNCTIONS, Flaky, differs, in_sql, try_once

from adaptgen.demo.building import build
from adaptgen.demo.crm import Crm, Running, running
from adaptgen.demo.story import environment
from adaptgen.model.tables import LOCAL
from adaptgen.runtime.core.answer import Text
from adaptgen.runtime.engine import Engine
from adaptgen.transports.load import load_server

CASES: tuple[tuple[str, dict[str, Any], str, list[str], str, str, list[str], str], ...] = (
    ("list_invoices", {}, "amountGross", [], "invoices", "amount_gross", [], "1=1"),
    ("list_invoices", {}, "amountGross", ["status"], "invoices", "amount_gross", ["status"], "1=1"),
    (
        "list_invoices",
        {"where": {"currency": "EUR"}},
        "amountPaid",
        ["status", "dunningLevel"],
        "invoices",
        "amount_paid",
        ["status", "dunning_level"],
        "currency = 'EUR'",
    ),
    (
        "list_invoices",
        {"status": "OVERDUE"},
        "amountNet",
        ["currency"],
        "invoices",
        "amount_net",
        ["currency"],
        "status = 'OVERDUE'",
    ),
    (
        "list_customers",
        {},
        "creditLimit",
        ["segment", "status"],
        "customers",
        "credit_limit",
        ["segment", "status"],
        "1",
    ),
)


@pytest.fixture(scope="module")
def crm() -> Iterator[Running]:
    with running(Crm(slow=0.0)) as serving:
        yield serving


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("generated"))


async def ask(crm: Running, package: Path, transport: Any, tool: str, asked: Mapping[str, Any]) -> Any:
    """The last answer to a question that is continued as long as it has a cursor, and asked again where it fails."""
    engine = Engine(load_server(package), environ=environment(crm), transport=transport)
    cursor = None
    try:
        for _ in range(100):
            answer = await engine.call(LOCAL, tool, {**asked, **({"cursor": cursor} if cursor else {})})
            (block,) = answer.content
            assert isinstance(block, Text)
            if answer.is_error:
                assert answer.status == 500, block.text
                continue
            told = json.loads(block.text)
            cursor = told.get("next_cursor")
            if cursor is None:
                return told
            assert told["complete"] is False
    finally:
        await engine.aclose()
    raise AssertionError("it never ends")


@pytest.mark.parametrize("faults", [0.0, 0.3])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[2]} {'+'.join(case[3])}")
def test_the_crm_adds_up_as_its_database_does(crm: Running, package: Path, case: Any, faults: float) -> None:
    tool, more, path, groups, table, amount, columns, where = case
    asked = {**more, **dict.fromkeys(FUNCTIONS, path), "limit": 1000}
    asked |= {"group_by": groups} if groups else {}
    told = asyncio.run(ask(crm, package, Flaky(7, faults), tool, asked))
    assert "complete" not in told
    assert differs(told, in_sql(crm.crm.state.database, table, amount, columns, where), path, groups) == ""


def test_the_rows_of_the_crm_add_up_through_every_paging_style(crm: Running) -> None:
    found = Counter(try_once(crm.crm.state.database, seed)[0] for seed in range(60))
    assert found["wrong"] == 0
    assert found["exact"] > 30 < 60 - found["incomplete"]
