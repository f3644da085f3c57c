"""Invented operations of a table (``tests/labels/effects_invented*.txt``), each as a document of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adaptgen.source import Document

TYPES = {"i": "integer", "b": "boolean"}
_PART = re.compile(r"([^\[\]{},: ]*)(?::([ib])|(\[[^\]]*\])|(\{[^}]*\}))?(?:,|$)")


def invented(table: Path) -> Iterator[tuple[str, str, Document]]:
    """The effect, the row and the document of each row of ``table``."""
    for line in table.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            effect, key, name, said, body, answers = (part.strip() for part in line.split("|"))
            yield effect, line, _document(key, name, said, body, answers)


def _document(key: str, name: str, said: str, body: str, answers: str) -> Document:
    method, path = key.split(" ", 1)
    summary, _, description = (part.strip() for part in said.partition("//"))
    named = {"operationId": name, "summary": summary, "description": description}
    responses = dict(_answer(part.strip()) for part in answers.split(";"))
    raw: dict[str, Any] = {**{at: text for at, text in named.items() if text}, "responses": responses}
    if body not in {"", "-"}:
        raw["requestBody"] = {"content": {"application/json": {"schema": _schema(body)}}}
    inputs = [{"name": one, "in": "path", "required": True, "schema": {}} for one in re.findall(r"\{(\w+)\}", path)]
    if inputs:
        raw["parameters"] = inputs
    info = {"title": "Invented", "version": "1"}
    return Document({"openapi": "3.0.3", "info": info, "paths": {path: {method.lower(): raw}}})


def _answer(text: str) -> tuple[str, dict[str, Any]]:
    status, _, shape = text.partition(" ")
    if not shape:
        return status, {"description": ""}
    media = "application/octet-stream" if shape == "bin" else "application/json"
    return status, {"description": "", "content": {media: {"schema": _schema(shape)}}}


def _schema(text: str) -> dict[str, Any]:
    if text in {"*", "bin"}:
        return {} if text == "*" else {"type": "string", "format": "binary"}
    if text.startswith("["):
        return {"type": "array", "items": _schema(text[1:-1]) if text != "[]" else {"type": "string"}}
    properties = {}
    for part, kind, several, inner in _PART.findall(text):
        if part:
            nested = _schema(several or inner[1:-1]) if several or inner else {"type": TYPES.get(kind, "string")}
            properties[part] = nested
    return {"type": "object", "properties": properties}
