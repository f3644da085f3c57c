"""Who counts the requests that a call makes to the API: each page, step and repetition is one, a login is none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar

Meter = Callable[[], Awaitable[None]]
"""Awaited before each request; may raise a ToolError, then nothing is sent."""

meter: ContextVar[Meter | None] = ContextVar("adaptgen_requests", default=None)
