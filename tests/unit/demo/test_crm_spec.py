"""specs/crm.yaml and the CRM agree: every documented operation is served and answers in the documented shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from adaptgen.demo.crm.app import PREFIX
from adaptgen.demo.crm.handlers import billing, people, reports, sales, service, system

SPEC = yaml.load((Path(__file__).parents[3] / "specs" / "crm.yaml").read_bytes(), yaml.CSafeLoader)
METHODS = ("get", "post", "put", "patch", "delete")
OPERATIONS = [(method, path) for path, item in SPEC["paths"].items() for method in METHODS if method in item]

KEYS = {"customerId": "1004", "contactId": "5001", "oppId": "3001", "contractId": "7001", "invoiceId": "40001",
        "ticketId": "9001", "taskId": "", "attachmentId": "18001", "Sku": "PRD-0001"}  # fmt: skip
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("post", "/customers"): {"json": {"name": "New", "status": "PROSPECT"}},
    ("put", "/customers/{customerId}"): {"json": {"name": "New", "status": "PROSPECT"}},
    ("post", "/customers/{customerId}/notes"): {"json": {"text": "Called"}},
    ("post", "/customers/{customerId}/attachments"): {
        "files": {"file": ("a.txt", b"a")},
        "data": {"category": "OFFER"},
    },
    ("post", "/contacts"): {"json": {"customer_id": 1004, "last_name": "Test"}},
    ("put", "/contacts/{contactId}"): {"json": {"customer_id": 1004, "last_name": "Test"}},
    ("patch", "/opportunities/{oppId}"): {"json": {"stage": "WON"}},
    ("put", "/contracts/{contractId}"): {"json": {"title": "T", "status": "ACTIVE"}},
    ("post", "/invoices/{invoiceId}/payments"): {"json": {"amount": 1}},
    ("post", "/tickets"): {"json": {"subject": "Help", "customerId": 1004}},
    ("patch", "/tickets/{ticketId}"): {"json": {"priority": "LOW"}},
    ("post", "/tickets/{ticketId}/comments"): {"json": {"text": "On it"}},
    ("post", "/reports"): {"json": {"kind": "REVENUE_BY_SEGMENT"}},
    ("post", "/tasks"): {"json": {"subject": "Call", "due_date": "2026-03-01"}},
}
REFUSED = {("delete", "/customers/{customerId}"): 403}
LOGIN = ("/auth/login", "/auth/refresh")


def test_documents_everything_that_is_served() -> None:
    modules = (system, people, sales, billing, service, reports)
    served = {(method.lower(), path.rstrip("/")) for module in modules for method, path, _ in module.ROUTES}
    assert served == set(OPERATIONS)
    assert SPEC["basePath"] == PREFIX


@pytest.mark.parametrize(("method", "path"), [one for one in OPERATIONS if one[1] not in LOGIN])
def test_answers_as_documented(client: httpx.Client, method: str, path: str) -> None:
    keys = {**KEYS, "taskId": str(_first_task(client)), "invoiceId": str(_open_invoice(client))}
    keys["reportId"] = str(_finished_report(client))
    url = path.format(**keys)
    answer = client.request(method, url, follow_redirects=True, **BODIES.get((method, path), {}))
    if answer.status_code == 503:
        answer = client.request(method, url)
    responses = SPEC["paths"][path][method]["responses"]
    expected = REFUSED.get((method, path), min(int(status) for status in responses if status.startswith("2")))
    assert answer.status_code == expected, answer.text
    _check_media(answer, responses[str(answer.status_code)].get("schema"))


def _first_task(client: httpx.Client) -> int:
    key: int = client.get("/tasks", params={"status": "OPEN"}).json()[0]["id"]
    return key


def _open_invoice(client: httpx.Client) -> int:
    key: int = client.get("/invoices", params={"status": "OPEN"}).json()["result"]["rows"][0]["id"]
    return key


def _finished_report(client: httpx.Client) -> int:
    key: int = client.post("/reports", json={"kind": "RECEIVABLES_BY_AGE"}).json()["reportId"]
    while client.get(f"/reports/{key}").json()["state"] != "DONE":
        pass
    return key


def _check_media(answer: httpx.Response, schema: dict[str, Any] | None) -> None:
    if schema is None:
        assert not answer.content
    elif schema == {"type": "file"}:
        assert answer.headers["content-disposition"].startswith("attachment")
    else:
        _check(answer.json(), schema, "$")


def _check(value: Any, schema: dict[str, Any], where: str) -> None:
    """Type and properties, both ways; null is let through everywhere, as 2.0 has no word for it."""
    parts = _flatten(schema)
    kind = parts["type"]
    if value is None:
        return
    if kind == "object":
        assert isinstance(value, dict), where
        properties = parts["properties"]
        if properties:
            assert set(value) <= set(properties), f"{where}: {sorted(set(value) - set(properties))} not documented"
        for name, member in value.items():
            if name in properties:
                _check(member, properties[name], f"{where}.{name}")
    elif kind == "array":
        assert isinstance(value, list), where
        for item in value[:3]:
            _check(item, parts["items"], f"{where}[]")
    else:
        python = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}[kind]
        assert isinstance(value, python), where
        assert value in parts.get("enum", [value]), where


def _flatten(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return _flatten(SPEC["definitions"][schema["$ref"].rpartition("/")[2]])
    if "allOf" in schema:
        parts = [_flatten(part) for part in schema["allOf"]]
        return {"type": "object", "properties": {k: v for part in parts for k, v in part["properties"].items()}}
    return {"properties": {}, **schema}
