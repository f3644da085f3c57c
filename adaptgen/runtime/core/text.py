"""Text of the API on its way to a model: without characters that a person does not see, as compact JSON.

Bidirectional controls, zero-width characters, tag characters (U+E0000 …) and control characters carry instructions
that a log does not show (Unicode TR 36, TR 39); they are dropped from keys and values, with the sequences that
command a terminal (ECMA-48). Newlines and tabs stay.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import orjson

from adaptgen.mcp.json_text import ExactNumber
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Json

_UNSEEN = lazy(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls but \t \n \r
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # format controls of scripts and music
    "\U000e0000-\U000e0fff"  # tags and supplementary variation selectors
    "\ud800-\udfff"  # halves of surrogate pairs: no UTF-8
    "]|[\ufe0e\ufe0f](?=[\ufe0e\ufe0f])"  # one selector after a character is spelling, more of them are a message
)
_TERMINAL = lazy(
    "(?:\x1b\\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]"  # control sequences, ECMA-48 5.4
    "|(?:\x1b[\\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\\\|\x9c)"  # strings, 5.6
)
_C1 = lazy("[\x90-\x9f]")
_BREAKS = lazy("\r\n?|[\u2028\u2029]")
_BEYOND = 2**53
"""From here on, a double does not hold each integer (RFC 8259, 6)."""
_ESCAPED = re.compile(rb"\\(?:u00|[bfr])|\x7f")


def clean(text: str) -> str:
    """``text`` without unseen characters; every kind of line break is ``\\n``."""
    if text.isascii() and text.isprintable():
        return text
    if "\x1b" in text or _C1.search(text) is not None:
        text = _TERMINAL.sub("", text)
    return _UNSEEN.sub("", _BREAKS.sub("\n", text))


def clean_strings(value: Any) -> Any:
    """A copy of the JSON ``value`` with every key and string cleaned."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): clean_strings(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean_strings(element) for element in value]
    return write_number(value) if isinstance(value, (int, float)) else value


def write_number(value: float) -> Json:
    """A number as clients read it without loss: text where it is beyond 2^53, or has more digits than a double."""
    if isinstance(value, bool):
        return value
    if isinstance(value, ExactNumber):
        return float(value) if value == float(value) else value.text
    if isinstance(value, int):
        return int(value) if abs(value) < _BEYOND else str(int(value))
    return float(value) if math.isfinite(value) else None  # JSON has no such number (RFC 8259, 6)


def encode(value: Any) -> bytes:
    """``value`` as compact JSON in UTF-8, cleaned. Numbers that a client in JavaScript would round are texts."""
    try:
        data = orjson.dumps(value, default=_number, option=orjson.OPT_STRICT_INTEGER)
    except TypeError:  # integers beyond 2^53, halves of surrogate pairs, very deep nesting
        return json.dumps(clean_strings(value), ensure_ascii=False, separators=(",", ":")).encode()
    if _suspicious(data):
        return orjson.dumps(clean_strings(value))
    return data


def _number(value: Any) -> Any:
    """A number of a class of its own (exact, classified)."""
    if isinstance(value, float):
        return write_number(value)
    raise TypeError


def _suspicious(data: bytes) -> bool:
    """Whether encoded text may hold unseen characters; looks at the bytes once, so that clean answers cost little."""
    if (b"\\" in data or b"\x7f" in data) and _ESCAPED.search(data) is not None:
        return True
    if data.isascii():
        return False
    text = data.decode()
    return _UNSEEN.search(text) is not None or "\u2028" in text or "\u2029" in text
