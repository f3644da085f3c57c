"""Tools and callers for the tests of authorization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adaptgen.govern.authorization.authorizer import Default
from adaptgen.govern.authorization.cedar_engine import CedarAuthorizer
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.tables import Caller, Effect

PROPERTIES: Mapping[str, Any] = {
    "id": {"type": "integer"},
    "amount": {"type": "number"},
    "note": {"type": "string"},
    "urgent": {"type": "boolean"},
    "tags": {"type": "array", "items": {"type": "string"}},
    "place": {"type": "object", "properties": {"city": {"type": "string"}, "zip": {"type": ["string", "null"]}}},
    "anything": {},
}


def facts(
    own: str,
    effect: Effect = "read",
    *,
    server: str = "crm",
    trusted: bool = True,
    open: bool | None = None,
    properties: Mapping[str, Any] = PROPERTIES,
    required: tuple[str, ...] = (),
) -> ToolInfo:
    """A tool of ``server``; one that reads is open."""
    schema = {"type": "object", "properties": dict(properties), "required": list(required)}
    may = effect == "read" if open is None else open
    return ToolInfo(
        name=own,
        server=server,
        own=own,
        effect=effect,
        open=may,
        wire={"name": own, "inputSchema": schema},
        trusted=trusted,
    )


TOOLS = {
    one.name: one
    for one in (
        facts("find"),
        facts("pay", "write"),
        facts("erase", "delete"),
        facts("search", server="other", trusted=False),
    )
}
ANN = Caller("ann", "acme", ("sales",), {"department": "north", "roles": ["clerk", "buyer"]})
EVE = Caller("eve", "evil", ("sales",))


async def loaded(
    policy: str = "", *, tools: Mapping[str, ToolInfo] = TOOLS, default: Default = "read", **options: Any
) -> CedarAuthorizer:
    """An engine with one file of policies."""
    made = CedarAuthorizer(claims=("department", "roles"), default=default, **options)
    await made.load({"policies/p.cedar": policy}, tools)
    return made
