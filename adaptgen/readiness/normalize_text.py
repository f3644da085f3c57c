"""A fetched document as text that can be reviewed: UTF-8, LF, a final newline, JSON on many lines.

The order of keys stays that of the source. YAML stays as it is written, comments too.
"""

from __future__ import annotations

import codecs
import json
import math
from decimal import Decimal
from typing import Any

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class _Odd(ValueError):
    """JSON that would not be the same after it was printed anew."""


def normalize(body: bytes) -> str:
    """The text to be kept.

    Raises:
        UnicodeDecodeError: it is not text.
    """
    text = _decoded(body).replace("\r\n", "\n").replace("\r", "\n")
    if text.lstrip().startswith(("{", "[")):
        text = _pretty(text)
    return text.rstrip("\n") + "\n"


def _decoded(body: bytes) -> str:
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding)
    return body.decode("utf-8")


def _pretty(text: str) -> str:
    """JSON on many lines; what is not JSON, or would lose something (a key that occurs twice, a number that floating
    point cannot hold), as it was."""
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_float=_exact, parse_constant=_refused)
        printed = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
        printed.encode("utf-8")
    except (ValueError, RecursionError):
        return text
    return printed


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Odd
    return found


def _exact(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or Decimal(text) != Decimal(repr(value)):
        raise _Odd
    return value


def _refused(text: str) -> Any:
    raise _Odd(text)
