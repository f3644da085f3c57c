"""A year of an API: edits of ``year.yaml``, each with what it means for agents, worked out by hand.

``means``: (level, subject, kind) of every change that a comparison of the two documents must find, and no other.
``before``: what BASE is made into first. ``files``: the generated files that differ, beside the lock; "orders" stands
for the module and its contract.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

BASE = (Path(__file__).parent / "year.yaml").read_text()
Means = set[tuple[str, str, str]]


@dataclass(frozen=True)
class Edit:
    name: str
    make: Callable[[str], str]
    means: Means
    files: frozenset[str] = frozenset()
    hints: str = ""
    hinted_before: str = ""
    before: Callable[[str], str] = str


def swap(*pairs: tuple[str, str]) -> Callable[[str], str]:
    def make(text: str) -> str:
        for old, new in pairs:
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
            text = text.replace(old, new)
        return text

    return make


def tree(change: Callable[[Any], Any]) -> Callable[[str], str]:
    """An edit of the tree; the text is written anew in the order of the keys."""

    def make(text: str) -> str:
        document = yaml.safe_load(text)
        return yaml.safe_dump(change(document) or document, sort_keys=False)

    return make


def turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(item) for item in value] if isinstance(value, list) else value


def parameters_turned(document: Any) -> None:
    document["paths"]["/orders"]["get"]["parameters"].reverse()


def without_paging(document: Any) -> None:
    operation = document["paths"]["/orders"]["get"]
    operation["parameters"] = operation["parameters"][:2]


def without(path: str, method: str) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        del document["paths"][path][method]
        if not document["paths"][path]:
            del document["paths"][path]

    return change


def archive(document: Any) -> None:
    document["paths"]["/orders/{orderId}/archive"] = {
        "post": {
            "operationId": "archiveOrder",
            "summary": "Archive an order",
            "tags": ["orders"],
            "parameters": [{"name": "orderId", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "responses": {"204": {"description": "Archived"}},
        }
    }


def one_report(document: Any) -> None:
    """The search answers one report instead of a list."""
    content = document["paths"]["/reports/search"]["post"]["responses"]["200"]["content"]["application/json"]
    content["schema"] = content["schema"]["items"]


def moved(document: Any) -> None:
    document["paths"]["/v2/customers"] = document["paths"].pop("/customers")


def note_is_formatted(document: Any) -> None:
    body = document["paths"]["/orders"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    body["properties"]["note"]["format"] = "uuid"


def of(*modules: str) -> frozenset[str]:
    return frozenset(f"tools/{module}.{end}" for module in modules for end in ("py", "json"))


QUERY = "{name: reference, in: query, schema: {type: string}}"
STATUS = "{name: status, in: query, schema: {type: string, enum: [open, shipped, closed]}}"
COUNTRY = '{name: country, in: query, schema: {type: string, pattern: "^[A-Z]{2}$"}}'
KEEPS = '{adaptgen: 1, tools: {get_customer: {call: "GET /customers/{customerId}", view: [id, segment]}}}'
CONTRACT = frozenset({"policy.cedarschema", "README.md"})

_NO_LIST = {
    ("breaking", "search_reports", "effect"),
    ("breaking", "search_reports", "argument-gone"),
    ("additive", "search_reports", "argument-new"),
    ("unchanged", "search_reports", "description"),
    ("breaking", "search_reports", "answer-form"),
    ("breaking", "search_reports", "field-gone"),
}
EDITS = [
    # ------------------------------------------------------------------------------------------- nothing for agents
    Edit("a comment", lambda text: f"# reviewed in spring\n{text}# the end\n", set()),
    Edit("reformatted", tree(lambda document: None), set()),
    Edit("reordered", tree(turned), set()),
    Edit("parameters reordered", tree(parameters_turned), set(), of("orders")),
    Edit("another version", swap(('version: "1.0"', 'version: "1.1"')), set(), frozenset({"server.json"})),
    Edit(
        "an operationId with another verb of reading", swap(("operationId: getOrder", "operationId: readOrder")), set()
    ),
    # ------------------------------------------------------------------------------------------------ tools
    Edit(
        "an operation is renamed",
        swap(("operationId: getOrder", "operationId: orderSheet")),
        set(),
    ),
    Edit(
        "an operation is renamed, and the hints keep the old name",
        swap(("operationId: getOrder", "operationId: orderSheet")),
        {("additive", "order_sheet", "tool-renamed")},
        of("orders") | CONTRACT,
        hints='{adaptgen: 1, tools: {order_sheet: {call: "GET /orders/{orderId}", was: [get_order]}}}',
    ),
    Edit(
        "the hints rename a tool",
        lambda text: text,
        {("additive", "order_sheet", "tool-renamed")},
        of("orders") | CONTRACT,
        hints='{adaptgen: 1, tools: {order_sheet: {call: "GET /orders/{orderId}"}}}',
    ),
    Edit(
        "the answer of a list becomes a record",
        swap(("operationId: listOrders", "operationId: getOrders")),
        set(),
    ),
    Edit(
        "an operation is removed",
        tree(without("/orders/{orderId}", "delete")),
        {("breaking", "cancel_order", "tool-gone")},
        of("orders") | CONTRACT,
    ),
    Edit(
        "an operation is added",
        tree(archive),
        {("additive", "archive_order", "tool-new")},
        of("orders") | CONTRACT,
    ),
    Edit(
        "an operation moves to another path",
        tree(moved),
        {("review", "list_customers", "destination")},
        of("customers") - {"tools/customers.json"} | {"README.md"},
    ),
    Edit(
        "a search becomes a write",
        swap(
            ("/reports/search:", "/reports/archive:"),
            ("searchReports", "archiveReports"),
            ("Search the reports", "Archive the reports"),
        ),
        {
            # A POST under another path and name is another operation: nothing says that it does the same.
            ("breaking", "search_reports", "tool-gone"),
            ("additive", "archive_reports", "tool-new"),
        },
        of("reports") | CONTRACT,
    ),
    # ------------------------------------------------------------------------------------------------ arguments
    Edit(
        "an optional argument is added",
        swap((QUERY, f"{QUERY}\n        - {{name: port, in: query, schema: {{type: string}}}}")),
        {("additive", "list_orders", "argument-new")},
        of("orders") | CONTRACT,  # the page of the server counts inputs
    ),
    Edit(
        "a required argument is added",
        swap((QUERY, f"{QUERY}\n        - {{name: port, in: query, required: true, schema: {{type: string}}}}")),
        {("breaking", "list_orders", "argument-required")},
        of("orders") | CONTRACT,  # the page of the server counts inputs
    ),
    Edit(
        "an argument is removed",
        swap((f"        - {QUERY}\n", "")),
        {("breaking", "list_orders", "argument-gone")},
        of("orders") | CONTRACT,  # the page of the server counts inputs
    ),
    Edit(
        "an optional argument becomes required",
        swap(("required: [customerId, quantity]", "required: [customerId, quantity, priority]")),
        {("breaking", "create_order", "argument-required")},
        of("orders") | CONTRACT,  # the page of the server puts required arguments first
    ),
    Edit(
        "a required argument becomes optional",
        swap(("required: [customerId, quantity]", "required: [customerId]")),
        {("additive", "create_order", "argument-optional")},
        of("orders") | CONTRACT,
    ),
    Edit(
        "a type is narrowed",
        swap((QUERY, "{name: reference, in: query, schema: {type: integer}}")),
        {("breaking", "list_orders", "argument-narrowed")},
        frozenset({"tools/orders.json", "policy.cedarschema"}),
    ),
    Edit(
        "a type is widened",
        swap(("quantity: {type: integer, minimum: 1}", "quantity: {type: number, minimum: 1}")),
        {("additive", "create_order", "argument-widened")},
        frozenset({"tools/orders.json", "policy.cedarschema"}),
    ),
    Edit(
        "a value of an enum is removed",
        swap((STATUS, "{name: status, in: query, schema: {type: string, enum: [open, shipped]}}")),
        {("breaking", "list_orders", "argument-narrowed")},
        frozenset({"tools/orders.json"}),
    ),
    Edit(
        "a value of an enum is added",
        swap((STATUS, "{name: status, in: query, schema: {type: string, enum: [open, shipped, closed, lost]}}")),
        {("additive", "list_orders", "argument-widened")},
        frozenset({"tools/orders.json"}),
    ),
    Edit(
        "a pattern is dropped",
        swap((COUNTRY, "{name: country, in: query, schema: {type: string}}")),
        {("additive", "list_customers", "argument-widened")},
        frozenset({"tools/customers.json"}),
    ),
    Edit(
        "a minimum rises",
        swap(("quantity: {type: integer, minimum: 1}", "quantity: {type: integer, minimum: 10}")),
        {("breaking", "create_order", "argument-narrowed")},
        frozenset({"tools/orders.json"}),
    ),
    Edit(
        "a text may be longer",
        swap(("note: {type: string, maxLength: 200}", "note: {type: string, maxLength: 500}")),
        {("additive", "create_order", "argument-widened")},
        frozenset({"tools/orders.json"}),
    ),
    Edit(
        "a format is added",
        tree(note_is_formatted),
        {("breaking", "create_order", "argument-narrowed")},
        frozenset({"tools/orders.json"}),
    ),
    Edit(
        "a default changes",
        swap((STATUS, STATUS.replace("type: string", "type: string, default: open"))),
        {("review", "list_orders", "argument-default")},
        frozenset({"tools/orders.json"}),
    ),
    # ------------------------------------------------------------------------------------------------ answers
    Edit(
        "a field of the answer is removed",
        swap(("        segment: {type: string}\n", "")),
        {
            ("breaking", "get_customer", "field-gone"),
            ("breaking", "list_customers", "field-gone"),
            ("unchanged", "get_customer", "description"),
            ("unchanged", "list_customers", "description"),
        },
        of("customers"),
    ),
    Edit(
        "a field that the hints keep is removed",
        swap(("        segment: {type: string}\n", "")),
        {
            ("breaking", "get_customer", "field-gone"),
            ("breaking", "list_customers", "field-gone"),
            ("unchanged", "list_customers", "description"),
        },
        of("customers"),
        hints=KEEPS,
        hinted_before=KEEPS,
    ),
    Edit(
        "a field of the answer is added",
        swap(
            ("        segment: {type: string}\n", "        segment: {type: string}\n        rating: {type: integer}\n")
        ),
        {
            ("additive", "get_customer", "field-new"),
            ("additive", "list_customers", "field-new"),
            ("unchanged", "get_customer", "description"),
            ("unchanged", "list_customers", "description"),
        },
        of("customers"),
    ),
    Edit(
        "a field of the answer changes its type",
        swap(("pages: {type: integer}", "pages: {type: string}")),
        {("breaking", "search_reports", "field-type")},
        files=frozenset({"tools/reports.json"}),
    ),
    Edit(
        "a list becomes one record",
        tree(one_report),
        # Its words still ask, but no list is a witness any more that it only reads.
        {
            ("breaking", "search_reports", "answer-form"),
            ("breaking", "search_reports", "argument-gone"),
            ("breaking", "search_reports", "effect"),
            ("additive", "search_reports", "argument-new"),
            ("unchanged", "search_reports", "description"),
        },
        of("reports") | CONTRACT,
    ),
    Edit(
        "a sensitive field is added",
        swap(
            (
                "        segment: {type: string}\n",
                "        segment: {type: string}\n        email: {type: string, format: email}\n",
            )
        ),
        # All of a small record is shown; under governance the value is a token.
        {
            ("additive", "get_customer", "field-new"),
            ("additive", "list_customers", "field-new"),
            ("unchanged", "get_customer", "description"),
            ("unchanged", "list_customers", "description"),
            ("review", "get_customer", "sensitivity"),
            ("review", "list_customers", "sensitivity"),
        },
        of("customers"),
    ),
    # ------------------------------------------------------------------------------------------------ paging
    Edit(
        "another style of paging",
        swap(
            ("{name: page, in: query", "{name: offset, in: query"),
            ("{name: per_page, in: query", "{name: limit, in: query"),
        ),
        {("unchanged", "list_customers", "paging")},
        frozenset({"tools/customers.py"}),
    ),
    Edit(
        "paging is dropped",
        tree(without_paging),
        {("unchanged", "list_orders", "paging")},
        frozenset({"tools/orders.py", "README.md"}),
    ),
    # ------------------------------------------------------------------------------- auth, destination, effect, words
    Edit(
        "the key moves from a header to the query",
        swap(("key: {type: apiKey, in: header, name: X-Key}", "key: {type: apiKey, in: query, name: api_key}")),
        {("review", "auth key", "auth")},
        frozenset({"auth.py"}),
    ),
    Edit(
        "one operation needs no key",
        swap(("      operationId: searchReports\n", "      operationId: searchReports\n      security: []\n")),
        {("review", "search_reports", "auth")},
        frozenset({"tools/reports.py"}),
    ),
    Edit(
        "the server moves",
        swap(("https://orders.harbour-works.com/api", "https://api.harbour-works.com/v2")),
        {("review", "orders", "destination")},
        frozenset({"server.py", "README.md"}),
    ),
    Edit(
        "an effect changes",
        lambda text: text,
        # What writes is no list any more: its answer is one array, whose fields stay in the view.
        _NO_LIST | {("additive", "search_reports", "field-new")},
        of("reports") | CONTRACT,
        hints="{adaptgen: 1, tools: {search_reports: {call: POST /reports/search, effect: write}}}",
    ),
    Edit(
        "a description alone",
        swap(("summary: One customer\n", "summary: One customer of the harbour\n")),
        {("unchanged", "get_customer", "description")},
        frozenset({"tools/customers.json", "README.md"}),
    ),
]
