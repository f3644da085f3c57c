"""JSON text to values and back, compact; also for numbers that 64 bits do not hold."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

_LONG = re.compile(r"[0-9]{19}")
"""Where it may be a number, orjson would make it a float."""


def loads(text: str) -> Any:
    """The value of JSON text.

    Raises:
        ValueError: it is none.
    """
    try:
        if _LONG.search(text) is None:
            return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("too deep") from None


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON (RFC 8259, 6)")


def dumps(value: Any) -> str:
    """``value`` as compact JSON."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
