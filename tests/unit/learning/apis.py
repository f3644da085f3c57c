"""Tiny APIs for tests of learning, and a probe that asks them without a connection."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from adaptgen.building.build import build
from adaptgen.building.result import BuildResult
from adaptgen.learning.model import Line, Notebook
from adaptgen.learning.probe import NO_INPUTS, BudgetSpent, Credentials, ReadInputs, Reply
from adaptgen.plan.document.operation import Operation

Query = Mapping[str, str]
Answer = tuple[int, Mapping[str, str], Any]
Handler = Callable[[Query], Any]


def people(count: int) -> list[dict[str, Any]]:
    """Records that differ in every field."""
    return [{"id": 1000 + one, "name": f"Item number {one}", "rank": one * 7 % 31} for one in range(count)]


class TinyProbe:
    """Asks functions: path -> what answers a query, as a body or as status, headers and body."""

    def __init__(self, handlers: Mapping[str, Handler], budget: int = 200) -> None:
        self.handlers, self.left, self.asked = handlers, budget, list[tuple[str, dict[str, str]]]()

    @property
    def remaining(self) -> int:
        return self.left

    def may_read(self, operation: Operation) -> bool:
        return operation.method in ("GET", "HEAD")

    async def read(
        self, operation: Operation, inputs: ReadInputs = NO_INPUTS, *, credentials: Credentials = "session"
    ) -> Reply:
        address = operation.path
        for name, one in inputs.path.items():
            address = address.replace("{" + name + "}", quote(str(one), safe=""))
        return self._answer(address, dict(inputs.query))

    async def follow(self, operation: Operation, url: str) -> Reply:
        parts = urlsplit(url)
        return self._answer(parts.path or operation.path, dict(parse_qsl(parts.query)))

    def _answer(self, path: str, query: dict[str, str]) -> Reply:
        if not self.left:
            raise BudgetSpent
        self.left -= 1
        self.asked.append((path, query))
        handler = self.handlers.get(path)
        said = handler(query) if handler is not None else (404, {}, {"error": "no such path"})
        status, headers, content = said if isinstance(said, tuple) else (200, {}, said)
        return Reply(status, headers, content, "application/json", len(json.dumps(content)))


def made(tmp_path: Path, paths: Mapping[str, Any], schemas: Mapping[str, Any] | None = None) -> BuildResult:
    """The build of a document with these paths."""
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Tiny", "version": "1"},
        "servers": [{"url": "https://tiny.example.com"}],
        "paths": paths,
        "components": {"schemas": schemas or {}},
    }
    spec = tmp_path / "tiny.json"
    spec.write_text(json.dumps(document))
    return build(spec, out=tmp_path / "out")


RECORD = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "rank": {"type": "integer"}},
}


def listing(
    *names: str, items: str = "", record: Mapping[str, Any] | None = None, kinds: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A list operation with these query parameters; the list is in the member ``items``, or is the answer."""
    rows = {"type": "array", "items": record or RECORD}
    schema = {"type": "object", "properties": {items: rows}} if items else rows
    parameters = [
        {"name": name, "in": "query", "schema": (kinds or {}).get(name, {"type": "integer"})} for name in names
    ]
    answer = {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}}
    return {"get": {"parameters": parameters, "responses": answer}}


def page_of(notebook: Notebook, key: str = "GET /items") -> Line | None:
    """The line about paging of an operation."""
    return next((one for one in notebook.lines if one.keys == ("operations", key, "page")), None)


def concluded(notebook: Notebook, question: str, key: str = "GET /items") -> Sequence[tuple[str, str]]:
    """What was concluded about a question, and how sure that is."""
    return [
        (one.conclusion, one.confidence)
        for one in notebook.experiments
        if (one.subject, one.question) == (key, question)
    ]
