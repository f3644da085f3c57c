"""L0: each row finds its fault and leaves its harmless twin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pytest

from adaptgen.evals import static
from adaptgen.evals.surface import Surface
from adaptgen.mcp.protocol import ToolInfo


def tool(
    name: str,
    description: str = "Find invoices by status.",
    properties: Mapping[str, Any] = {},
    required: tuple[str, ...] = (),
    effect: Literal["read", "write", "delete"] = "read",
    **more: Any,
) -> ToolInfo:
    schema = {"type": "object", "properties": dict(properties), "required": list(required)}
    wire = {"name": name, "description": description, "inputSchema": schema}
    return ToolInfo(name=name, server="x", own=name, effect=effect, open=effect == "read", wire=wire, **more)


class Tools(Surface):
    """A surface that only has tools."""

    def __init__(self, *tools: ToolInfo) -> None:
        self.tools = {one.name: one for one in tools}


def failed(*tools: ToolInfo) -> list[tuple[str, str]]:
    return [(one.subject, one.name) for one in static.check(Tools(*tools)) if one.state == "failed"]


CITY = {"city": {}}
ID = {"customerId": {"type": "integer"}}
FIELDS = ' Each item has id, name; `fields` returns others instead, ["*"] all.'


@pytest.mark.parametrize(
    ("faulty", "twin", "check"),
    [
        ([tool("list_orders", "")], [tool("list_orders", "Lists the orders of a customer.")], "static.purpose"),
        (
            [tool("list_orders", "Sends a newsletter.")],
            [tool("list_orders", "What customers ordered.")],
            "static.purpose",
        ),
        ([tool("list_orders", "Gets all the data.")], [tool("list_orders", "Gets orders.")], "static.purpose"),
        ([tool("list_tags", "TODO." + FIELDS)], [tool("list_tags", "Tags." + FIELDS)], "static.purpose"),
        (
            [tool("find_invoices", properties={"timeout": {"type": "integer"}})],
            [tool("find_invoices", properties={"timeout": {"type": "integer", "description": "In seconds"}})],
            "static.units",
        ),
        (
            [tool("find_invoices", properties={"maxWeight": {"type": "number"}})],
            [tool("find_invoices", properties={"weightKg": {"type": "number"}, "weightClass": {"type": "integer"}})],
            "static.units",
        ),
        (
            [tool("get_invoice", properties=ID, required=("customerId",))],
            [
                tool("get_invoice", properties=ID, required=("customerId",)),
                tool("list_customers", "Find customers.", fields=("id", "name"), resource="customers"),
            ],
            "static.ids",
        ),
        (
            [tool("get_invoice", properties=ID, required=("customerId",)), tool("list_x", "All x.", fields=("id",))],
            [
                tool("get_invoice", properties=ID, required=("customerId",)),
                tool("list_x", "All x.", fields=("customer.id",)),
            ],
            "static.ids",
        ),
        (
            [tool("get_invoice", properties=ID, required=("customerId",))],
            [tool("get_invoice", "An invoice of a customer (list_x).", ID, ("customerId",)), tool("list_x", "All x.")],
            "static.ids",
        ),
        (
            [tool("list_invoices"), tool("search_invoices")],
            [tool("list_invoices"), tool("search_invoices", "Find invoices by words in their text.")],
            "static.confusable",
        ),
        (
            [tool("list_invoices"), tool("list_billing", fields=("invoiceNo",))],
            [tool("list_invoices"), tool("list_billing", "Billing of customers.")],
            "static.confusable",
        ),
        (
            [tool("get_task", "A task by id.", {"id": {}}), tool("get_task_details", "A task by id.", {"id": {}})],
            [tool("get_task", "A task by id.", {"id": {}}), tool("get_user", "A user by id.", {"id": {}})],
            "static.confusable",
        ),
        ([tool("orders" * 9, "Lists orders.")], [tool("orders" * 7, "Lists orders.")], "static.provider"),
    ],
)
def test_a_row_finds_its_fault_and_not_its_twin(faulty: list[ToolInfo], twin: list[ToolInfo], check: str) -> None:
    assert {name for _, name in failed(*faulty)} == {check}
    assert failed(*twin) == []


def test_what_differs_is_said() -> None:
    checks = static.check(
        Tools(tool("list_orders", "Orders by city.", CITY), tool("search_orders", "Orders by city.", CITY))
    )
    (problem,) = [one for one in checks if one.state == "failed"]
    assert problem.subject == "search_orders"
    assert problem.message == "it reads like list_orders: the same words, the same arguments"
    assert problem.help
