"""Build a server from a document and call it the way an agent does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adaptgen.cli import main
from adaptgen.model.tables import LOCAL
from adaptgen.runtime.core.answer import Answer, Text
from adaptgen.runtime.engine import Engine
from adaptgen.transports.load import load_server


def generate(folder: Path, name: str, documents: Mapping[str, bytes], hints: str = "") -> Path:
    """Writes ``specs/`` below ``folder``, runs ``adaptgen build`` and gives the generated folder.

    ``documents``: file name -> bytes; the first one is built, the others lie beside the hints.
    """
    specs = folder / "specs"
    side = specs / name
    side.mkdir(parents=True, exist_ok=True)
    (entry, data), *others = documents.items()
    (specs / entry).write_bytes(data)
    for other, more in others:
        (side / other).write_bytes(more)
    if hints:
        (side / "hints.yaml").write_text(hints)
    code = main(["build", str(specs / entry), "--out", str(folder / "generated")])
    if code != 0:
        raise AssertionError(f"build ended with {code}")
    return folder / "generated" / name


def engine(package: Path, environ: Mapping[str, str], state: Path | None = None) -> Engine:
    """The engine of a generated server."""
    return Engine(load_server(package), environ=dict(environ), cursor_key=bytes(range(32)), state=state)


def text(answer: Answer) -> str:
    """The one text block of an answer."""
    (block,) = answer.content
    if not isinstance(block, Text):
        raise AssertionError(f"no text but {block}")
    return block.text


async def call(engine: Engine, tool: str, **arguments: Any) -> tuple[Any, int]:
    """A call that must succeed: the parsed answer and its bytes."""
    answer = await engine.call(LOCAL, tool, arguments)
    said = text(answer)
    if answer.is_error:
        raise AssertionError(f"{tool}: {said}")
    return json.loads(said), len(said.encode())


def rows(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The items of a list answer as objects, whatever its form."""
    if "fields" in answer:
        return [dict(zip(answer["fields"], row, strict=True)) for row in answer["items"]]
    return list(answer["items"])


async def walk(engine: Engine, tool: str, most: int = 60, **arguments: Any) -> tuple[list[dict[str, Any]], list[int]]:
    """Every page of a list: all its items, and the bytes of each answer."""
    items: list[dict[str, Any]] = []
    sizes: list[int] = []
    cursor = None
    while len(sizes) < most:
        more = {"cursor": cursor} if cursor else {}
        answer, size = await call(engine, tool, **arguments, **more)
        items += rows(answer)
        sizes.append(size)
        cursor = answer.get("next_cursor")
        if not cursor:
            return items, sizes
    raise AssertionError(f"{tool} does not end: {len(items)} items in {len(sizes)} answers")
