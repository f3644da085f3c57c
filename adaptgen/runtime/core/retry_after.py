"""``Retry-After``: when to try again (RFC 9110, 10.2.3)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from now, from a number or an HTTP date (against the server's own ``Date`` where it sends one)."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        return max(0.0, float(text)) if float(text) < 1e9 else None
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, until - read_server_time(headers))


def read_server_time(headers: Mapping[str, str]) -> float:
    """The server's clock by its ``Date`` header, else ours, in seconds since the epoch."""
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError, TypeError, OverflowError):
        return time.time()
