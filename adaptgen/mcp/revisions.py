"""What the revisions of MCP have, and the shape of their results.

A handler speaks 2026-07-28. Clients of the handshake revisions get results without the keys that came later; clients of
2026-07-28 get those that the revision demands (``resultType``, the caching hints of SEP-2549, ``serverInfo``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adaptgen.mcp.json_text import dumps
from adaptgen.model.tables import Json
from adaptgen.syntax.identifiers import vocabulary

HANDSHAKE = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
STATELESS = "2026-07-28"
"""The revision without sessions."""
MODERN = (STATELESS,)
SUPPORTED = HANDSHAKE + MODERN
UNSAID = "2025-03-26"
"""What a request without MCP-Protocol-Version speaks (2025-11-25, Transports, Protocol Version Header)."""
BATCHES = "2025-03-26"
"""The one revision whose HTTP transport has JSON-RPC batches."""

RESERVED = "io.modelcontextprotocol/"
VERSION_KEY = RESERVED + "protocolVersion"
CAPABILITIES_KEY = RESERVED + "clientCapabilities"
CLIENT_KEY = RESERVED + "clientInfo"
LOG_LEVEL_KEY = RESERVED + "logLevel"
SUBSCRIPTION_KEY = RESERVED + "subscriptionId"
SERVER_KEY = RESERVED + "serverInfo"

LISTEN = "subscriptions/listen"
NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""Methods whose subject is in the Mcp-Name header too, and the parameter that it must equal."""
LIST_CHANGES = {
    "notifications/tools/list_changed": "tools",
    "notifications/prompts/list_changed": "prompts",
    "notifications/resources/list_changed": "resources",
}
"""What a server says when one of its lists has changed."""
CACHEABLE = vocabulary("prompts/list resources/list resources/read resources/templates/list server/discover tools/list")
ONLY_HANDSHAKE = frozenset({"initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"})
ONLY_MODERN = frozenset({"server/discover", LISTEN})
ASKED = {"sampling/createMessage": "sampling", "elicitation/create": "elicitation", "roots/list": "roots"}
"""What a server may ask a client, and the capability with which the client says so."""
LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")


def exists(method: str, modern: bool) -> bool:
    """Whether the revision has ``method``; an unknown one is left to the handler."""
    return method not in (ONLY_HANDSHAKE if modern else ONLY_MODERN)


def shaped(method: str, result: Mapping[str, Json], version: str, server: Mapping[str, Json]) -> dict[str, Any]:
    """``result`` as a client of ``version`` expects it; ``server`` is the ``serverInfo`` of this server."""
    if version in MODERN:
        return _modern(method, result, server)
    return _handshake(method, result, version)


def _modern(method: str, result: Mapping[str, Json], server: Mapping[str, Json]) -> dict[str, Any]:
    shape: dict[str, Any] = dict(result)
    kind = shape.setdefault("resultType", "complete")
    if method in CACHEABLE and kind == "complete":
        # What a server behind authentication says is for the one who asked, whatever an upstream says of it.
        shape["cacheScope"] = "private"
        if not isinstance(shape.get("ttlMs"), int):
            shape["ttlMs"] = 0
    meta = shape.get("_meta")
    if isinstance(meta, dict):
        if meta.get(SERVER_KEY) is None:
            shape["_meta"] = {**meta, SERVER_KEY: server}
    else:
        shape["_meta"] = {SERVER_KEY: server}
    return shape


def _handshake(method: str, result: Mapping[str, Json], version: str) -> dict[str, Any]:
    shape: dict[str, Any] = dict(result)
    shape.pop("resultType", None)
    if method in CACHEABLE:
        shape.pop("ttlMs", None)
        shape.pop("cacheScope", None)
    meta = shape.get("_meta")
    if isinstance(meta, dict) and SERVER_KEY in meta:
        rest = {key: value for key, value in meta.items() if key != SERVER_KEY}
        shape["_meta"] = rest
        if not rest:
            del shape["_meta"]
    if method == "tools/list" and isinstance(shape.get("tools"), list):
        shape["tools"] = [_tool(one, version) for one in shape["tools"]]
    elif method == "tools/call":
        if version < "2025-06-18" and isinstance(shape.get("content"), list):
            shape["content"] = [_unlinked(one) for one in shape["content"]]
        if "structuredContent" in shape:
            _unstructured(shape, version)
    return shape


def _tool(tool: Json, version: str) -> Json:
    """Clients before 2026-07-28 refuse the whole list over an output schema that is not one of an object."""
    if not isinstance(tool, dict):
        return tool
    schema = tool.get("outputSchema")
    if schema is None and "outputSchema" not in tool:
        return tool
    if version >= "2025-06-18" and isinstance(schema, dict) and schema.get("type") == "object":
        return tool
    return {key: value for key, value in tool.items() if key != "outputSchema"}


def _unlinked(block: Json) -> Json:
    """A link to a resource, which came with 2025-06-18, as text."""
    if not isinstance(block, dict) or block.get("type") != "resource_link":
        return block
    said = [str(block[key]) for key in ("mimeType", "size") if block.get(key) is not None]
    about = f" ({', '.join(said)} bytes)" if "size" in block else ""
    return {"type": "text", "text": f"{block.get('name', 'file')}{about}: {block.get('uri', '')}"}


def _unstructured(shape: dict[str, Any], version: str) -> None:
    """structuredContent came with 2025-06-18, for objects only; where it must go, its text stays."""
    structured = shape["structuredContent"]
    if version >= "2025-06-18" and isinstance(structured, dict):
        return
    del shape["structuredContent"]
    if structured is not None and not shape.get("content"):
        shape["content"] = [{"type": "text", "text": dumps(structured)}]


def audible(method: str, params: Mapping[str, Json], meta: Mapping[str, Json], version: str) -> bool:
    """Whether a notification may accompany the answer to a request with ``meta``.

    Progress only to those who sent a token; on 2026-07-28 log messages only from the level that was asked for.
    """
    if method == "notifications/progress":
        return meta.get("progressToken") is not None
    if version not in MODERN:
        return method != "notifications/subscriptions/acknowledged"
    if method == "notifications/message":
        wanted, given = meta.get(LOG_LEVEL_KEY), params.get("level")
        return wanted in LEVELS and given in LEVELS and LEVELS.index(str(given)) >= LEVELS.index(str(wanted))
    return True
