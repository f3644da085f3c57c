"""What is built, and how it is governed: the OpenAPI document of the API, its hints, policies and settings."""

from __future__ import annotations

from typing import Any

from governed.issuer import AUDIENCE

from soaking.api import PATIENCE

SWITCH_EVERY = 1.0
"""Seconds between two looks at the kill switch."""
KEYS = ("K1", "K2", "CURSORS", "SHOP_AUDIT", "FRONT_AUDIT")
"""Environment variables with 32 random bytes each; beside them HANDOVER, REDIS, SHOP_USER, SHOP_PASSWORD, SHOP_URL."""

_TEXT = {"type": "string"}
_NUMBER = {"type": "integer"}
_EMAIL = {"type": "string", "format": "email", "maxLength": 80}
_CUSTOMER = {"id": _NUMBER, "full_name": _TEXT, "email": _EMAIL, "city": _TEXT, "note": _TEXT}
_ORDER = {"id": _NUMBER, "ref": _TEXT, "customer_id": _NUMBER, "amount": _NUMBER, "contact": _EMAIL, "state": _TEXT}


def document() -> dict[str, Any]:
    """OpenAPI 3.0."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "Shop", "version": "1"},
        "servers": [{"url": "http://127.0.0.1"}],
        "paths": {
            "/login": {"post": _write("login", {"user": _TEXT, "password": _TEXT}, _object(_SESSION))},
            "/refresh": {"post": _write("refresh", {"refresh": _TEXT}, _object(_SESSION))},
            "/customers": {"get": _read("listCustomers", _CUSTOMER, city=_TEXT, limit=_NUMBER, offset=_NUMBER)},
            "/customers/search": {"get": _read("searchCustomers", _CUSTOMER, email=_EMAIL)},
            "/orders": {
                "get": _read("listOrders", _ORDER, ref=_TEXT),
                "post": _write(
                    "createOrder",
                    {"ref": _TEXT, "customer_id": _NUMBER, "amount": _NUMBER, "contact": _EMAIL},
                    _object(_ORDER),
                ),
            },
        },
    }


_SESSION = {"access": _TEXT, "refresh": _TEXT, "expires_in": _NUMBER}


def _object(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **more}


def _answer(schema: dict[str, Any]) -> dict[str, Any]:
    return {"200": {"description": "done", "content": {"application/json": {"schema": schema}}}}


def _read(name: str, item: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    answer = _object({"items": {"type": "array", "items": _object(item)}, "total": _NUMBER})
    given = [{"name": one, "in": "query", "schema": schema} for one, schema in parameters.items()]
    return {"operationId": name, "summary": name, "parameters": given, "responses": _answer(answer)}


def _write(name: str, given: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": _object(given, required=[*given])}}}
    return {"operationId": name, "summary": name, "requestBody": body, "responses": _answer(answer)}


HINTS = f"""\
adaptgen: 1
server: {{name: shop, base_url: "${{env:SHOP_URL}}"}}
connection: {{timeout: {PATIENCE:g}s}}
auth:
  session:
    kind: session
    store: redis
    chain:
      - id: login
        call: POST /login
        with: {{user: "${{env:SHOP_USER}}", password: "${{env:SHOP_PASSWORD}}"}}
        save: {{access: $.access, refresh: $.refresh}}
        expires: {{after: $.expires_in}}
    refresh:
      call: POST /refresh
      with: {{refresh: "{{refresh}}"}}
      save: {{access: $.access, refresh: $.refresh}}
      expires: {{after: $.expires_in}}
    send: [{{header: Authorization, as: "Bearer {{access}}"}}]
tools:
  list_customers:
    call: GET /customers
    view: [id, full_name, email, city, note]
    page: {{style: offset, limit: limit, offset: offset, in: query, items: $.items, total: $.total}}
  find_customers: {{call: GET /customers/search, view: [id, full_name, email, city, note]}}
  find_orders: {{call: GET /orders, view: [id, ref, customer_id, amount, contact, state]}}
  create_order: {{call: POST /orders}}
sensitive: {{contact: email}}
"""

LARGEST = 900
"""The largest amount that an order may have."""
POLICIES = f"""\
@id("sales-order")
permit (principal, action == Action::"shop__create_order", resource)
when {{ principal.groups.contains("sales") }};

@id("small-orders")
forbid (principal, action == Action::"shop__create_order", resource)
when {{ context.input.amount > {LARGEST} }};

@id("no-outsiders")
forbid (principal, action, resource)
when {{ principal.groups.contains("outside") }};

@id("look-up")
permit (principal, action == Action::"detokenize", resource)
when {{ context.kind == "email" && context.effect == "read" }};

@id("order")
permit (principal, action == Action::"detokenize", resource)
when {{ context.kind == "email" && context.tool == "shop__create_order" && principal.groups.contains("sales") }};
"""

TRIAL = "5/s"
"""How many calls a caller of the group ``trial`` has."""


def front(issuer: str, server: int, current: str) -> dict[str, Any]:
    """The settings of the proxy."""
    return {
        "adaptgen": 1,
        "mode": "proxy",
        "listen": {"resource": AUDIENCE},
        "upstreams": {"shop": {"url": f"http://127.0.0.1:{server}/mcp", "handover": "shop"}},
        "authenticate": {
            "issuer": issuer,
            "audience": AUDIENCE,
            "jwks": f"{issuer}/jwks",
            "caller": {"sub": "sub", "tenant": "org", "groups": "groups"},
        },
        "authorize": {"engine": "cedar", "default": "read", "policies": ["policies.cedar"]},
        "limits": [
            {"per": ["sub", "tool"], "rate": "100000/s"},
            {"per": ["sub"], "rate": TRIAL, "groups": ["trial"]},
        ],
        "tokenize": {"kinds": ["email", "phone", "card", "iban", "national_id", "name"], "scope": "tenant"},
        "switch": {"source": "switch.yaml", "every": f"{SWITCH_EVERY:g}s"},
        "keys": {
            "tokens": {"current": current, "all": {"k1": "${env:K1}", "k2": "${env:K2}"}},
            "handover": "${env:HANDOVER}",
            "audit": "${env:FRONT_AUDIT}",
        },
        "state": {"store": "redis", "url": "${env:REDIS}", "prefix": "front"},
        "audit": {"sink": "audit.jsonl", "copy": "checkpoints.jsonl"},
    }


def behind(keys: Any) -> dict[str, Any]:
    """The settings of the server; ``keys``: the public ones of the proxy."""
    return {
        "adaptgen": 1,
        "mode": "behind",
        "accept": {"issuer": AUDIENCE, "audience": "shop", "jwks": keys},
        "keys": {"cursors": "${env:CURSORS}", "audit": "${env:SHOP_AUDIT}"},
        "state": {"store": "redis", "url": "${env:REDIS}", "prefix": "shop"},
        "audit": {"sink": "audit.jsonl", "copy": "checkpoints.jsonl"},
    }
