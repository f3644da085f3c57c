"""Answers of tools that were not executed."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from adaptgen.model.tables import Json


def failed(text: str) -> dict[str, Json]:
    """A CallToolResult with ``isError`` and one text."""
    return {"content": [{"type": "text", "text": text}], "isError": True, "resultType": "complete"}


def unknown(name: str, names: Sequence[str]) -> dict[str, Json]:
    """What a tool answers that does not exist, or that the caller cannot see: ``names`` are those in its list."""
    near = difflib.get_close_matches(name[:80], names, 1, 0.6)
    shown = "".join(one if one.isprintable() else "?" for one in name[:80])
    return failed(f"There is no tool `{shown}`{f'; did you mean `{near[0]}`?' if near else '.'}")
