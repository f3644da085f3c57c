"""Documents that ``adaptgen inspect`` judges: one without faults, and one with many."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

INT, TEXT = {"type": "integer"}, {"type": "string"}
PERSON = {"type": "object", "properties": {"id": INT, "name": TEXT, "email": TEXT, "state": TEXT}}


def answer(schema: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}}}


def listed(schema: Any) -> dict[str, Any]:
    return answer({"type": "object", "properties": {"items": {"type": "array", "items": schema}}})


PAGES = [{"name": name, "in": "query", "description": "x", "schema": INT} for name in ("limit", "offset")]
GOOD: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Club", "version": "1"},
    "servers": [{"url": "https://club.example"}],
    "security": [{"key": []}],
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
    "paths": {
        "/clubs": {
            "get": {
                "operationId": "listClubs", "summary": "List clubs", "parameters": PAGES,
                **listed({"type": "object", "properties": {"id": INT, "state": TEXT}}),
            }
        }
    },
}  # fmt: skip
BAD: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Club", "version": "1"},
    "servers": [{"url": "https://club.example"}],
    "paths": {
        "/members": {"get": {"parameters": [{"name": "top", "in": "query", "schema": INT}], **listed(PERSON)}},
        "/clubs": {"get": {"operationId": "listClubs", "summary": "Clubs", **listed({"type": "object"})}},
        "/members/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": INT}],
            "put": {
                "operationId": "saveMember",
                "summary": "Save",
                "requestBody": {"content": {"application/json": {"schema": PERSON}}},
                "responses": {"204": {"description": "ok"}},
            },
        },
        "/lookup": {
            "post": {"operationId": "lookup", "summary": "Look up", "responses": {"200": {"description": "ok"}}}
        },
        "/reset": {"get": {"operationId": "resetAll", "summary": "Reset everything", **answer(TEXT)}},
    },
}


def write_spec(folder: Path, spec: Any) -> Path:
    """``club.yaml`` in ``folder``, with an empty folder of side files."""
    (folder / "club").mkdir(parents=True, exist_ok=True)
    path = folder / "club.yaml"
    path.write_text(yaml.safe_dump(spec, sort_keys=False))
    return path
