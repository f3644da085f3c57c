"""Parts of a server and their URLs: the tools of one tag (``/mcp/<tag>``), those that read (``?effect=read``)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import parse_qsl, unquote

from adaptgen.model.frozen import value
from adaptgen.model.tables import Effect

EFFECTS = ("read", "write")


@value()
class Part:
    """``tag``: the slug of a tag, "" for all tools. ``effect``: ``read`` or ``write``, "" for both."""

    tag: str = ""
    effect: str = ""

    def holds(self, tags: tuple[str, ...], effect: Effect) -> bool:
        """Whether a tool with these tags and this effect is in the part."""
        if self.effect and (effect == "read") is not (self.effect == "read"):
            return False
        return not self.tag or any(slug(tag) == self.tag for tag in tags)


WHOLE = Part()


@lru_cache(maxsize=65536)
def slug(tag: str) -> str:
    """A tag as a segment of a path: ``Code Scanning`` -> ``code-scanning``."""
    plain = unicodedata.normalize("NFKD", tag)
    plain = "".join(character for character in plain if not unicodedata.combining(character)).lower()
    return re.sub(r"[^\w]+|_", "-", plain).strip("-")


_LONGEST = 200


def plain(path: str, endpoint: str) -> Part | None:
    """The whole server if ``path`` is the endpoint, else None."""
    return WHOLE if path == endpoint or path.rstrip("/") == endpoint else None


def asked(path: str, query: str, endpoint: str) -> Part | None:
    """The part that a URL names; None for another path, a segment that is not the slug of a tag, or an unknown effect.
    Other parameters of the query are ignored."""
    effects = [value for name, value in parse_qsl(query[:2000], keep_blank_values=True) if name == "effect"]
    if len(effects) > 1 or not set(effects) <= set(EFFECTS):
        return None
    effect = effects[0] if effects else ""
    if plain(path, endpoint) is not None:
        return Part(effect=effect)
    prefix = endpoint.rstrip("/") + "/"
    if not path.startswith(prefix):
        return None
    # One segment after decoding: for a router, an encoded slash would be another path.
    rest = unquote(path[len(prefix) :].rstrip("/"))
    if not rest or "/" in rest or len(rest) > _LONGEST:
        return None
    tag = slug(rest)
    return Part(tag, effect) if tag else None
