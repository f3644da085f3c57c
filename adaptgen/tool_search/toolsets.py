"""Parts of a server: the tools of one tag (``/mcp/<tag>``), those that read (``?effect=read``), or both."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from adaptgen.model.tables import Effect

EFFECTS = ("read", "write")


@dataclass(frozen=True, slots=True)
class Part:
    """``tag``: the slug of a tag, "" for all tools. ``effect``: ``read`` or ``write``, "" for both."""

    tag: str = ""
    effect: str = ""

    def holds(self, tags: tuple[str, ...], effect: Effect) -> bool:
        """Whether a tool of these tags and this effect belongs to it."""
        if self.effect and (effect == "read") is not (self.effect == "read"):
            return False
        return not self.tag or any(slug(tag) == self.tag for tag in tags)


WHOLE = Part()


@lru_cache(maxsize=4096)
def slug(tag: str) -> str:
    """A tag as a segment of a path: ``Code Scanning`` -> ``code-scanning``."""
    plain = unicodedata.normalize("NFKD", tag)
    plain = "".join(one for one in plain if not unicodedata.combining(one)).lower()
    return re.sub(r"[^\w]+|_", "-", plain).strip("-")
