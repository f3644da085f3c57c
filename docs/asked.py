"""Prints what the bundled CRM's generated server answers to some questions about all items of a list."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from adaptgen.demo.building import build
from adaptgen.demo.crm import running
from adaptgen.demo.story import environment
from adaptgen.model.tables import LOCAL
from adaptgen.runtime.core.answer import Text
from adaptgen.runtime.engine import Engine
from adaptgen.transports.load import load_server

CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("search_tickets", {"open": True, "count": "priority"}),
    ("list_customers", {"country": "Germany", "where": {"creditLimit": {">=": 70000}}, "count": True}),
    ("list_invoices", {"status": "OVERDUE", "sort": "-amountOpen", "limit": 1, "fields": ["invoiceNo", "amountOpen"]}),
    ("list_customers", {"status": "BLOCKED", "distinct": "segment"}),
    ("list_invoices", {"status": "OVERDUE", "sum": "amountOpen", "max": "amountOpen", "min": "dueDate"}),
    ("list_invoices", {"status": "OVERDUE", "sum": "amountOpen", "group_by": "customer.name", "limit": 2}),
    ("list_customers", {"where": {"status": "lapsed"}, "count": True}),
)


async def answers(folder: Path) -> list[str]:
    """Each call and its answer, cursors shortened."""
    said: list[str] = []
    with running() as crm:
        engine = Engine(load_server(build(folder)), environ=environment(crm))
        try:
            for tool, arguments in CALLS:
                answer = await engine.call(LOCAL, tool, arguments)
                (block,) = answer.content
                assert isinstance(block, Text)
                value = json.loads(block.text)
                if "next_cursor" in value:
                    value["next_cursor"] = "…"
                asked = json.dumps(arguments, separators=(", ", ": "))
                said += [f"{tool} {asked}", f"  {json.dumps(value, ensure_ascii=False, separators=(',', ':'))}"]
        finally:
            await engine.aclose()
    return said


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        print("\n".join(asyncio.run(answers(Path(folder)))))


if __name__ == "__main__":
    main()
