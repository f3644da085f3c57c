"""Edits of the same year that concern answers alone: what their readers have to cope with afterwards."""

from __future__ import annotations

from typing import Any

import yaml
from regenerate.year import Edit, Means, of, swap, tree

ORDERS = ("get_order", "list_orders", "create_order")
"""The tools that answer an order."""
AMOUNT, PLACED = "amount: {type: number}", "placedAt: {type: string, format: date-time}"
STATES = "status: {type: string, enum: [open, shipped, closed]}\n        reference"
REFERENCE = "reference: {type: string}\n        amount"
REPORT = "properties: {id: {type: integer}, title: {type: string}, pages: {type: integer}}"
REQUIRED = swap(
    ("    Order:\n      type: object\n", "    Order:\n      type: object\n      required: [id, reference]\n")
)
STEPS = """\
adaptgen: 1
tools:
  order_sheet:
    description: An order with its state.
    arguments: {orderId: {type: integer}}
    steps:
      - {id: order, call: "GET /orders/{orderId}"}
    result: {state: "{order.status}", amount: "{order.amount}"}
"""


def each(level: str, kind: str, *tools: str) -> Means:
    return {(level, tool, kind) for tool in tools}


def reference(text: str) -> tuple[str, str]:
    return REFERENCE, f"reference: {text}\n        amount"


def renamed_schema(document: Any) -> Any:
    text = yaml.safe_dump(document, sort_keys=False).replace("#/components/schemas/Order", "#/components/schemas/Sale")
    document = yaml.safe_load(text)
    document["components"]["schemas"]["Sale"] = document["components"]["schemas"].pop("Order")
    return document


def divided_schema(document: Any) -> None:
    schemas = document["components"]["schemas"]
    properties = schemas["Order"]["properties"]
    amount = {"type": "object", "properties": {"amount": properties.pop("amount")}}
    schemas["Order"] = {"allOf": [{"type": "object", "properties": properties}, amount]}


def nested(document: Any) -> None:
    properties = document["components"]["schemas"]["Order"]["properties"]
    properties["details"] = {"type": "object", "properties": {"reference": properties.pop("reference")}}


def undeclared(document: Any) -> None:
    document["paths"]["/orders/{orderId}"]["get"]["responses"]["200"] = {"description": "The order"}


MOVED = (
    each("breaking", "field-gone", *ORDERS)
    | each("additive", "field-new", *ORDERS)
    | each("unchanged", "description", "get_order", "list_orders")
)
ORDER_FILES = frozenset({"tools/orders.json"})
EDITS = [
    Edit(
        "a number of answers becomes a text",
        swap((AMOUNT, "amount: {type: string}")),
        each("breaking", "field-type", *ORDERS),
        ORDER_FILES,
    ),
    Edit(
        "an identifier of answers becomes a text",
        swap((REPORT, REPORT.replace("{id: {type: integer}", "{id: {type: string}"))),
        each("breaking", "field-type", "search_reports"),
        frozenset({"tools/reports.json"}),
    ),
    Edit(
        "a whole number of answers may have decimals",
        swap((REPORT, REPORT.replace("pages: {type: integer}", "pages: {type: number}"))),
        each("breaking", "field-type", "search_reports"),
        frozenset({"tools/reports.json"}),
    ),
    Edit(
        "a number of answers is always whole",
        swap((AMOUNT, "amount: {type: integer}")),
        each("unchanged", "field-type", *ORDERS),
        ORDER_FILES,
    ),
    Edit(
        "a field of answers may be null",
        swap(reference("{type: string, nullable: true}")),
        each("breaking", "field-type", *ORDERS),
    ),
    Edit(
        "a field of answers is a text or a number",
        swap(reference("{oneOf: [{type: string}, {type: integer}]}")),
        each("breaking", "field-type", *ORDERS),
    ),
    Edit(
        "a field of answers becomes a list",
        swap(reference("{type: array, items: {type: string}}")),
        MOVED,
        of("orders"),
    ),
    Edit(
        "answers have one more state",
        swap((STATES, STATES.replace("closed]", "closed, lost]"))),
        each("review", "field-values", *ORDERS),
    ),
    Edit(
        "answers have one state less",
        swap((STATES, STATES.replace(", closed]", "]"))),
        each("unchanged", "field-values", *ORDERS),
    ),
    Edit(
        "a time of answers becomes a day",
        swap((PLACED, "placedAt: {type: string, format: date}")),
        each("breaking", "field-type", *ORDERS),
    ),
    Edit(
        "a time of answers has any form",
        swap((PLACED, "placedAt: {type: string}")),
        each("review", "field-type", *ORDERS),
    ),
    Edit(
        "a field of answers need not be there",
        swap(("required: [id, reference]", "required: [id]")),
        each("breaking", "field-optional", *ORDERS),
        before=REQUIRED,
    ),
    Edit(
        "a field of answers is always there",
        REQUIRED,
        each("unchanged", "field-optional", *ORDERS),
    ),
    Edit("a schema of answers has another name", tree(renamed_schema), set()),
    Edit("a schema of answers is divided", tree(divided_schema), set()),
    Edit(
        "a field of answers moves into another",
        tree(nested),
        MOVED,
        of("orders"),
    ),
    Edit(
        "an answer is no longer declared",
        tree(undeclared),
        {
            ("breaking", "get_order", "field-gone"),
            ("breaking", "get_order", "field-type"),
            ("unchanged", "get_order", "description"),
        },
        of("orders"),
    ),
    Edit(
        "a number of a step becomes a text",
        swap((AMOUNT, "amount: {type: string}")),
        each("breaking", "field-type", *ORDERS, "order_sheet"),
        ORDER_FILES,
        hints=STEPS,
        hinted_before=STEPS,
    ),
]
