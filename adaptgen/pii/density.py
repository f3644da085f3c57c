"""Which answers take so long to be searched that they must not be searched on an event loop."""

from __future__ import annotations

from typing import Any, Final

from adaptgen.pii.structured_text import base64_size

ALWAYS: Final = 65_536
"""Characters above which an answer takes long, whatever it holds."""
NEVER: Final = 16_384
"""Characters up to which none does."""
DENSE: Final = 5_000
"""Characters that may be of numbers, as they are or encoded, above which an answer takes long."""

_OF_NUMBERS: Final = b"0123456789" + bytes(range(128, 256))
_ESCAPE: Final = 6
"""Characters that an escape may be written with."""


def takes_long(value: Any) -> bool:
    """Whether the search of ``value`` would keep an event loop waiting."""
    texts: list[str] = []
    size = 0
    pending = [value]
    while pending:
        member = pending.pop()
        if isinstance(member, str):
            size += len(member)
            texts.append(member)
        elif isinstance(member, dict):
            texts += member
            size += sum(map(len, member))
            pending += member.values()
        elif isinstance(member, (list, tuple)):
            pending += member
        else:
            size += 1
        if size > ALWAYS:
            return True
    return size > NEVER and _is_dense(texts)


def _is_dense(texts: list[str]) -> bool:
    data = "\n".join(texts).encode("utf-8", "replace")
    dense = len(data) - len(data.translate(None, _OF_NUMBERS)) + _ESCAPE * data.count(b"\\")
    return dense > DENSE or dense + sum(map(base64_size, texts)) > DENSE
