"""A small shop as a server, and its API in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from adaptgen.building.build import build
from adaptgen.model.tables import Server
from adaptgen.output.write import write
from adaptgen.transports.load import load_server

INVOICES = [
    {"id": 7, "status": "OPEN", "amount": 1200.5, "due": "2026-03-31"},
    {"id": 8, "status": "PAID", "amount": 80.0, "due": "2026-02-01"},
]


def _answer(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"200": {"description": "done", "content": {"application/json": {"schema": schema}}}}


def document(**summaries: str) -> dict[str, Any]:
    """The document; ``summaries`` replace those of operations."""
    invoice = {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "status": {"type": "string", "enum": ["OPEN", "PAID"]},
            "amount": {"type": "number"},
            "due": {"type": "string", "format": "date"},
        },
    }
    number = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    status = {"name": "status", "in": "query", "schema": {"type": "string", "enum": ["OPEN", "PAID"]}}
    body = {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number"}}}
    rows = {"type": "array", "items": invoice}

    def operation(name: str, summary: str, schema: Mapping[str, Any], *parameters: Any, **more: Any) -> dict[str, Any]:
        said = summaries.get(name, summary)
        return {"operationId": name, "summary": said, "parameters": [*parameters], "responses": _answer(schema), **more}

    return {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "servers": [{"url": "https://shop.example/api"}],
        "paths": {
            "/invoices": {"get": operation("listInvoices", "Invoices, by status", rows, status)},
            "/orders": {"get": operation("listOrders", "Orders, by status", rows, status)},
            "/invoices/{id}": {"get": operation("getInvoice", "One invoice", invoice, number)},
            "/invoices/{id}/pay": {
                "post": operation(
                    "payInvoice",
                    "Pay an invoice",
                    invoice,
                    number,
                    requestBody={"required": True, "content": {"application/json": {"schema": body}}},
                )
            },
        },
    }


def make_server(folder: Path, given: Mapping[str, Any], hints: str = "") -> Server:
    """The server of a document and its hints."""
    spec = folder / "shop.json"
    (folder / "shop").mkdir(parents=True, exist_ok=True)
    spec.write_text(json.dumps(given))
    if hints:
        (folder / "shop" / "hints.yaml").write_text(hints)
    write(folder / "generated" / "shop", build(spec, out=folder / "generated").files)
    return load_server(folder / "generated" / "shop")


class Api(httpx.AsyncBaseTransport):
    """The API. ``seen``: (method, path, body) of each request."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, bytes]] = []
        self.invoices = [dict(one) for one in INVOICES]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api")
        self.seen.append((request.method, path, await request.aread()))
        if path == "/invoices":
            wanted = request.url.params.get("status")
            return _json([one for one in self.invoices if wanted in (None, one["status"])])
        if path == "/customers":
            return _json([{"id": 1, "fullName": "Ada Lovelace", "city": "London"}])
        if path == "/orders":
            return _json([{"id": 1, "status": "OPEN"}])
        number = int(path.split("/")[2])
        found = next(one for one in self.invoices if one["id"] == number)
        if path.endswith("/pay"):
            found["status"] = "PAID"
        return _json(found)

    @property
    def writes(self) -> list[str]:
        """The paths of requests that write."""
        return [path for method, path, _ in self.seen if method != "GET"]


def _json(value: Any) -> httpx.Response:
    content = httpx.ByteStream(json.dumps(value).encode())
    return httpx.Response(200, headers={"content-type": "application/json"}, stream=content)
