"""When the answer to the agent must be on its way."""

from __future__ import annotations

import math
from contextvars import ContextVar

until: ContextVar[float] = ContextVar("adaptgen_until", default=math.inf)
"""A moment of ``time.monotonic()``: no request or retry goes on beyond it. Set where the platform ends a call at a
fixed time."""
