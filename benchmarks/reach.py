"""Which declared properties of an answer no tool can show: what is called ``unreached``.

A tool shows what lies below its items or its payload, by ``fields``; what stands next to the items of a list, by
``$.name``. The root of an answer (``$``) is not counted: through it everything is reached, and nothing is found.
Next to what was unwrapped only wrapper words may stand. ``benchmarks/corpus.py`` holds the count at 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adaptgen.model.tables import Tool
from adaptgen.plan.document.reader import Operation, is_json, operations
from adaptgen.plan.document.schemas import every_property, shape
from adaptgen.source import Document
from adaptgen.syntax import field_paths as fields
from adaptgen.views.vocabulary import is_wrapper_word


def unreached(document: Document, tools: tuple[Tool, ...]) -> Iterator[str]:
    """``tool: property`` for each declared property of a 2xx answer that no path of its tool reaches."""
    known = {one.pointer: one for one in operations(document)[0]}
    for tool in tools:
        operation = known.get(tool.source)
        if operation is not None and tool.call is not None:
            for keys in _beyond(document, operation, tool):
                yield f"{tool.name}: {'.'.join(keys)}"


def _beyond(document: Document, operation: Operation, tool: Tool) -> Iterator[tuple[str, ...]]:
    path = tool.payload if tool.page is None else tool.page.items
    try:
        keys = tuple(key for key in fields.parse(path[1:].removeprefix(".") or "_") if isinstance(key, str))
    except fields.PathError:
        return  # a filter of a hint
    keys = () if path == "$" else keys
    for response in operation.responses:
        if response.status[:1] != "2" or response.schema is None or not is_json(response.media or "application/json"):
            continue
        for beside in _beside(document, response.schema, keys, of_list=tool.page is not None):
            # Next to the items of a list any path of the body may be asked for that does not lead to them.
            if tool.page is None or beside == keys[: len(beside)]:
                yield beside


def _beside(document: Document, schema: Any, keys: tuple[str, ...], *, of_list: bool) -> list[tuple[str, ...]]:
    """What stands next to the members on the way to the payload and does not only wrap it."""
    here: Any = schema
    found: list[tuple[str, ...]] = []
    for depth, key in enumerate(keys):
        members = every_property(document, shape(document, here))
        if key not in members:
            return []  # the path is absent: the whole answer is shown
        found += [
            (*keys[:depth], name) for name in members if name != key and not is_wrapper_word(name, of_list=of_list)
        ]
        here = members[key]
    return found
