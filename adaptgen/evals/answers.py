"""What a tool answered, as a value: lists in columns as lists of objects."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from adaptgen.model.tables import Json
from adaptgen.syntax.field_paths import MISSING


def read_answer(text: str) -> Json:
    """The value of the text of an answer. Lists in columns (``fields`` and rows) become lists of objects under
    ``items``."""
    try:
        value = json.loads(text) if text else None
    except ValueError:
        return text
    return _objects(value)


def text_of(result: Mapping[str, Any]) -> str:
    """The text of a CallToolResult, as a model reads it."""
    return "\n".join(
        str(block.get("text", ""))
        for block in result.get("content", ())
        if isinstance(block, Mapping) and block.get("type") == "text"
    )


def value_of(result: Mapping[str, Any]) -> Json:
    """The value of a CallToolResult."""
    structured = result.get("structuredContent")
    return _objects(structured) if structured is not None else read_answer(text_of(result))


def _objects(value: Json) -> Json:
    if isinstance(value, list):
        return [_objects(item) for item in value]
    if not isinstance(value, dict):
        return value
    names, rows = value.get("fields"), value.get("items")
    if isinstance(names, list) and isinstance(rows, list):
        items = [_record(names, row) for row in rows]
        return {**value, "items": items}
    return {key: _objects(member) for key, member in value.items()}


def _record(names: list[Any], row: Any) -> Any:
    # A row that does not fit its columns stays as it is: it must not look right.
    return dict(zip(map(str, names), row, strict=True)) if isinstance(row, list) and len(row) == len(names) else row


_CURSOR_BYTES = 120
"""What a cursor counts: its own length differs by a few letters from run to run, as it holds when it ends."""


def measured_bytes(text: str, answer: Json) -> int:
    """The bytes of the text of an answer, the same in every run."""
    cursor = answer.get("next_cursor") if isinstance(answer, dict) else None
    own = len(text.encode(errors="surrogatepass"))
    return own if not isinstance(cursor, str) else own - len(cursor.encode()) + _CURSOR_BYTES


def shown(value: Any) -> str:
    """A value of an answer, for a report that others read: a number, a word of a code, or what kind of value it is.
    A text may be personal data, so only one that reads like a code is shown."""
    if value is MISSING:
        return "nothing"
    if isinstance(value, str):
        return repr(value) if _is_code(value) else f"a text of {len(value)} characters"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"an object of {len(value)} members"
    return json.dumps(value)


def _is_code(text: str) -> bool:
    from adaptgen.pii.detectors import FOUND, find

    if not re.fullmatch(r"[A-Z][A-Z_]{1,39}|(?=.*[A-Z])(?=.*[0-9])[A-Z0-9_-]{2,24}|[0-9]{4}-[0-9]{2}-[0-9]{2}|tok_\w+",
                        text):  # fmt: skip
        return False
    return not find(text, FOUND)
