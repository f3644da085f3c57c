"""Prints what a client that writes code gets of the bundled CRM: the declared type of an item, and typed answers."""

from __future__ import annotations

import asyncio
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastmcp import Client

from adaptgen.demo.building import build
from adaptgen.demo.crm import running
from adaptgen.demo.story import environment
from adaptgen.runtime.engine import Engine
from adaptgen.transports.fastmcp import front
from adaptgen.transports.load import load_server


async def overdue(client: Client[Any]) -> float:
    """The open amount of the invoices that are overdue, those of one customer left out."""
    amount, cursor = 0.0, {}
    while True:
        answer = await client.call_tool("list_invoices", {"status": "OVERDUE", "limit": 100, **cursor})
        found = answer.structured_content
        amount += sum(item["amountOpen"] for item in found["items"] if item["customer"]["name"] != "Coral Freight")
        if "next_cursor" not in found:
            return amount
        cursor = {"cursor": found["next_cursor"]}


async def show(folder: Path) -> list[str]:
    with running() as crm:
        engine = Engine(replace(load_server(build(folder)), layout="structured"), environ=environment(crm))
        try:
            async with Client(front(engine)) as client:
                (tool,) = [tool for tool in await client.list_tools() if tool.name == "list_invoices"]
                items = tool.output_schema["properties"]["items"]["items"]["properties"]
                types = {name: part["type"] for name, part in items.items() if "properties" not in part}
                return [
                    *(f"{name:<12} {json.dumps(kinds)}" for name, kinds in types.items()),
                    f"overdue      {await overdue(client):.2f}",
                ]
        finally:
            await engine.aclose()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        print("\n".join(asyncio.run(show(Path(folder)))))


if __name__ == "__main__":
    main()
