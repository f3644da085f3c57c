"""Whether a write that finds no record may create it: what governance decided about this call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar

creation: ContextVar[Callable[[], Awaitable[str]] | None] = ContextVar("adaptgen_creation", default=None)
"""Says why the call must not create, "" where it may. Set around a governed call; without governance all may."""


async def permit_creation() -> None:
    """Raises ToolError where the caller must not create a record with this call."""
    ask = creation.get()
    reason = await ask() if ask is not None else ""
    if reason:
        from adaptgen.runtime.core.errors import ToolError

        raise ToolError(reason, status=404)
