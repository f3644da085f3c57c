"""Tables and lines in text: CSV and TSV with a header, and JSON line by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any, Final

from adaptgen.mcp.json_text import dumps, loads
from adaptgen.pii.structured_text import table_header as header

__all__ = ["header", "json_lines", "lines", "rewritten"]

_MOST: Final = 131_072


def rewritten(text: str, delimiter: str, change: Callable[[list[list[str]]], None]) -> str:
    """The table with its rows (below the header) changed in place; quotes only where they are needed.

    Raises:
        ValueError: the rows cannot be read.
    """
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    end = "\r\n" if "\r\n" in text else "\n"
    try:
        csv.field_size_limit(max(_MOST, len(text)))
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter))
    except csv.Error:
        raise ValueError("no table") from None
    change(rows[1:])
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, lineterminator=end).writerows(rows)
    whole = written.getvalue()
    return mark + (whole if text.endswith("\n") else whole.removesuffix(end))


def json_lines(text: str) -> list[Any] | None:
    """The values of NDJSON; None for other text."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < 2 or not all(line.lstrip()[:1] in "{[" for line in lines):
        return None
    try:
        return [loads(line) for line in lines]
    except ValueError:
        return None


def lines(values: list[Any]) -> str:
    """Values as NDJSON."""
    return "".join(dumps(value) + "\n" for value in values)
