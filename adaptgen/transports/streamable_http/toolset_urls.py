"""Which part of a server a URL asks for: ``/mcp/<tag>`` one toolset, ``?effect=read`` what reads."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote

from adaptgen.tool_search.toolsets import EFFECTS, WHOLE, Part, slug

_LONGEST = 200


def plain(path: str, endpoint: str) -> Part | None:
    """The whole, where ``path`` is the endpoint; None where it is not."""
    return WHOLE if path == endpoint or path.rstrip("/") == endpoint else None


def asked(path: str, query: str, endpoint: str) -> Part | None:
    """The part that a URL names; None where nothing is served: another path, a segment that is no slug of a tag, an
    effect that there is not. Other parameters of the query are the platform's, and not looked at.
    """
    effects = [value for name, value in parse_qsl(query[:2000], keep_blank_values=True) if name == "effect"]
    if len(effects) > 1 or not all(one in EFFECTS for one in effects):
        return None
    effect = effects[0] if effects else ""
    if plain(path, endpoint) is not None:
        return Part(effect=effect)
    prefix = endpoint.rstrip("/") + "/"
    if not path.startswith(prefix):
        return None
    # Only what is one segment after decoding: an encoded slash would be another path to whoever routes by it.
    rest = unquote(path[len(prefix) :].rstrip("/"))
    if not rest or "/" in rest or len(rest) > _LONGEST:
        return None
    tag = slug(rest)
    return Part(tag, effect) if tag else None
