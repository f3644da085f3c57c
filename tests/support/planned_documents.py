"""Small documents, written in the way of the APIs that people have."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from adaptgen.plan.document.reader import Operation, operations
from adaptgen.source import Document


def document(paths: dict[str, Any], **root: Any) -> tuple[Document, dict[str, Operation]]:
    """A document with these paths, and its operations by ``METHOD /path``."""
    made = Document({"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": paths, **root})
    return made, {one.key: one for one in operations(made)[0]}


def answer(schema: Any, **more: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": schema}}, **more}}}


def query(*names: str, **schemas: Any) -> list[dict[str, Any]]:
    """Query parameters: integers by name alone, others by schema."""
    listed = [{"name": name, "in": "query", "schema": {"type": "integer"}} for name in names]
    return listed + [{"name": name, "in": "query", "schema": schema} for name, schema in schemas.items()]


def record(**properties: str) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": kind} for name, kind in properties.items()}}


def rows(**properties: str) -> dict[str, Any]:
    return {"type": "array", "items": record(**(properties or {"id": "integer", "name": "string"}))}


def body(schema: Any, media: str = "application/json") -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media: {"schema": schema}}}}


def login(token: Any = None, credentials: Any = None, **more: Any) -> dict[str, Any]:
    """A login operation: user name and password for a token, unless told otherwise."""
    given = {**record(username="string", password="string"), "required": ["username", "password"]}
    return {
        "operationId": "login",
        **body(credentials or given),
        **answer(token if token is not None else record(token="string")),
        **more,
    }


@pytest.fixture
def api() -> SimpleNamespace:
    """The builders above."""
    return SimpleNamespace(
        document=document, answer=answer, query=query, record=record, rows=rows, body=body, login=login
    )
