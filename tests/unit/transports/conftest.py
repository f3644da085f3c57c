"""A generated package made by hand, and an engine that answers without an API."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from adaptgen.model.tables import Caller, Contract, Server, Tool
from adaptgen.runtime.core.answer import Answer, Binary, Text
from adaptgen.runtime.engine import Engine

SERVER = """\
from pathlib import Path

from adaptgen.runtime import Base, Server

from .tools.notes import TOOLS

server = Server(
    name="notes",
    title="Notes",
    bases=(Base("http://127.0.0.1:9"),),
    tools=TOOLS,
    contracts=Path(__file__).parent / "tools",
)
"""
TOOLS = """\
from adaptgen.runtime import Body, Call, Offset, Param, Tool

create_note = Tool(
    name="create_note",
    call=Call("POST", "/notes", body=Body(params=(Param("text"),))),
    effect="write",
)
find_notes = Tool(
    name="find_notes",
    call=Call("GET", "/notes/{folder}", query=(Param("q", arg="search"), Param("sort_by", value="date"))),
    page=Offset(limit="limit", offset="offset"),
    aliases=("list_notes",),
)
TOOLS = (create_note, find_notes)
"""
CONTRACT: dict[str, Any] = {
    "create_note": {
        "description": "Create a note.",
        "inputSchema": {
            "type": "object",
            "properties": {"text": {"type": "string"}, "dry_run": {"type": "boolean"}},
            "required": ["text"],
        },
        "annotations": {"readOnlyHint": False},
    },
    "find_notes": {
        "description": "Find notes.",
        "inputSchema": {
            "type": "object",
            "properties": {"folder": {"type": "string"}, "search": {"type": "string"}, "cursor": {"type": "string"}},
            "required": ["folder"],
        },
        "annotations": {"readOnlyHint": True, "title": "Find notes"},
    },
}


@pytest.fixture
def package(tmp_path: Path) -> Callable[..., Path]:
    """Writes the package; each text of it can be another."""

    def make(server: str = SERVER, tools: str = TOOLS, contract: Any = CONTRACT, name: str = "notes") -> Path:
        folder = tmp_path / name
        (folder / "tools").mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").write_text("")
        (folder / "tools" / "__init__.py").write_text("")
        (folder / "server.py").write_text(server)
        (folder / "tools" / "notes.py").write_text(tools)
        text = contract if isinstance(contract, str) else json.dumps(contract)
        (folder / "tools" / "notes.json").write_text(text)
        return folder

    return make


class FakeEngine:
    """The interface of the engine, over prepared answers; what was called is kept."""

    uploads = None
    files = None

    def revision(self, name: str) -> str:
        return ""

    def file_arguments(self, name: str) -> frozenset[str]:
        return frozenset()

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        names = sorted(answers)
        tools = tuple(Tool(name=name, layout="structured" if name == "structured" else None) for name in names)
        self.server = Server(name="fake", title="Fake", bases=(), tools=tools)
        self.answers = answers
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self.closed = 0
        self.contracts = {
            name: Contract(
                name=name,
                description=f"The tool {name}.",
                input_schema={"type": "object", "properties": {"a": {"type": "integer"}}},
                annotations={"readOnlyHint": True},
            )
            for name in names
        }

    def list(self, caller: Caller) -> Sequence[Contract]:
        return tuple(self.contracts.values())

    def get(self, name: str) -> Contract | None:
        return self.contracts.get(name)

    async def call(self, caller: Caller, tool: str, arguments: Mapping[str, Any]) -> Answer:
        self.calls.append((tool, dict(arguments)))
        if tool not in self.answers:
            return Answer((Text(f"there is no tool {tool!r}"),), is_error=True)
        return self.answers[tool]

    async def aclose(self) -> None:
        self.closed += 1


@pytest.fixture
def fake() -> FakeEngine:
    """An engine with one tool for every kind of answer."""
    return FakeEngine(
        {
            "text": Answer((Text('{"items":[]}'),)),
            "refused": Answer((Text("no such folder"),), is_error=True),
            "image": Answer((Binary(b"\x89PNG", "image/png"),)),
            "file": Answer((Text("report"), Binary(b"%PDF", "application/pdf", "a b.pdf"))),
            "structured": Answer((), structured={"items": [1]}),
        }
    )


@pytest.fixture
def engine(fake: FakeEngine) -> Engine:
    """The fake, as what it stands for."""
    return cast(Engine, fake)
