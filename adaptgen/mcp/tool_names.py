"""Names of tools that every client and provider takes."""

from __future__ import annotations

import hashlib
import re
from typing import Final

LONGEST: Final = 48
"""Characters: clients put the server's name before the tool's, and some count 60 for both."""

_OTHERS = re.compile(r"[^a-zA-Z0-9_-]+")


def short_name(name: str) -> str:
    """``name`` in ``[a-zA-Z0-9_-]`` and at most :data:`LONGEST` characters: itself, or its first words with a digest;
    the same for the same name."""
    plain = _OTHERS.sub("_", name)
    if len(plain) <= LONGEST and plain:
        return plain
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:6]
    head = plain[: LONGEST - len(digest)]
    words = head.rpartition("_")[0].rstrip("_")
    # A name of one long word is cut inside it.
    return f"{words if len(words) > LONGEST // 2 else head[:-1]}_{digest}"
