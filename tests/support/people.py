"""A small API of people and notes: its OpenAPI document, and an implementation that answers what a test wants."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from support.web import Asked, Said

PERSON = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "full_name": {"type": "string"},
        "email": {"type": "string", "format": "email"},
        "phone": {"type": "string"},
        "note": {"type": "string"},
        "extra": {"type": "string"},
    },
}
EVENT = {"type": "object", "properties": {"id": {"type": "integer"}, "title": {"type": "string"}}}
NOTE = {
    "type": "object",
    "required": ["text"],
    "properties": {
        "text": {"type": "string"},
        "email": {"type": "string", "format": "email", "maxLength": 40, "pattern": "^[^@ ]+@[^@ ]+$"},
        "phone": {"type": "string", "enum": ["+49 30 901820", "+49 30 901821"]},
        "color": {"type": "string", "enum": ["red", "green"]},
    },
}


def _get(name: str, what: str, answer: Any, *parameters: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": answer}}
    return {
        "operationId": name,
        "summary": what,
        "parameters": list(parameters),
        "responses": {"200": {"description": "ok", "content": content}},
    }


def _parameter(name: str, place: str = "query", kind: str = "string") -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": {"type": kind}}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    number = {"type": "integer"}
    return {
        "type": "object",
        "properties": {"count": number, "next": {"type": "string"}, "results": {"type": "array", "items": of}},
    }


DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "People", "version": "1"},
    "servers": [{"url": "https://people.example"}],
    "paths": {
        "/people": {
            "get": _get("list_people", "List people", _list(PERSON), _parameter("limit", kind="integer"),
                        _parameter("offset", kind="integer"), _parameter("email")),
        },
        "/people/{id}": {"get": _get("get_person", "Get one person", PERSON, _parameter("id", "path", "integer"))},
        "/files/{name}": {
            "get": _get("get_file", "Get a file", NOTE, _parameter("name", "path"), _parameter("X-Trace", "header")),
        },
        "/events": {"get": _get("list_events", "List events", _list(EVENT))},
        "/notes": {
            "post": {
                "operationId": "create_note",
                "summary": "Create a note",
                "requestBody": {"required": True, "content": {"application/json": {"schema": NOTE}}},
                "responses": {"201": {"description": "made", "content": {"application/json": {"schema": NOTE}}}},
            },
        },
    },
}  # fmt: skip


HINTS = """
adaptgen: 1
connection: {timeout: 2s}
tools:
  list_events:
    page: {style: next_url, items: $.results, next: $.next}
"""


def document() -> bytes:
    """The OpenAPI document."""
    return json.dumps(DOCUMENT).encode()


def person(number: int = 1, **more: Any) -> dict[str, Any]:
    """One person."""
    return {
        "id": number,
        "full_name": "Ada Lovelace",
        "email": "ada@example.org",
        "phone": "+49 30 901820",
        "note": "prefers mornings",
        **more,
    }


class People:
    """Answers for :func:`support.web.web`: ``on`` replaces the answer of ``METHOD /path``."""

    def __init__(self) -> None:
        self.people = [person()]
        self.on: dict[str, Callable[[Asked], Any]] = {}

    def __call__(self, asked: Asked) -> Any:
        """The answer to one request."""
        own = self.on.get(f"{asked.method} {asked.path}")
        if own is not None:
            return own(asked)
        if asked.method == "POST":
            return Said({"id": 7, **asked.json()}, 201)
        if asked.path == "/people":
            start = int(asked.query.get("offset", "0"))
            most = int(asked.query.get("limit", "100"))
            return {"count": len(self.people), "results": self.people[start : start + most]}
        if asked.path.startswith("/people/"):
            return self.people[0]
        if asked.path.startswith("/files/"):
            return {"text": "a file"}
        return Said({"detail": "not found"}, 404)
