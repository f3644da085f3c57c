"""A small document with a login, and a working folder for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


def operation(summary: str, schema: Any, **more: Any) -> dict[str, Any]:
    answer = {"description": "ok", "content": {"application/json": {"schema": schema}}}
    return {"summary": summary, "responses": {"200": answer}, **more}


NOTE = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "title": {"type": "string"}, "author_email": {"type": "string"}},
}
LIST = {
    "type": "object",
    "properties": {"results": {"type": "array", "items": NOTE}, "count": {"type": "integer"}},
}
QUERY = [{"name": name, "in": "query", "schema": {"type": "integer"}} for name in ("limit", "offset")]
SPEC = {
    "openapi": "3.0.3",
    "info": {"title": "Notes", "version": "1"},
    "servers": [{"url": "https://notes.example"}],
    "paths": {
        "/notes": {"get": operation("List notes", LIST, parameters=QUERY)},
        "/notes/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": operation("Get a note", NOTE),
            "delete": {"summary": "Delete a note", "responses": {"204": {"description": "gone"}}},
        },
    },
}


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with ``specs/notes.json``, entered."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "notes.json").write_text(json.dumps(SPEC, indent=1))
    monkeypatch.chdir(tmp_path)
    return tmp_path
