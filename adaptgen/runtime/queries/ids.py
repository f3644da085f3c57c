"""Texts that are ids whatever else they could be: they are sent as they are, and no name is looked for."""

from __future__ import annotations

import re
from typing import Final

_ID: Final = re.compile(r"-?[0-9]{1,40}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_id(text: str) -> bool:
    """Whether ``text`` is a whole number or a UUID (RFC 9562, 4)."""
    return _ID.fullmatch(text.strip()) is not None
