"""What one server offers: all its lists, read to their ends."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field
from typing import Any

from adaptgen.mcp.json_text import as_object
from adaptgen.mcp.protocol import RpcError
from adaptgen.model.frozen import value
from adaptgen.model.tables import Json
from adaptgen.proxy.http_client import UpstreamError

PAGES = 1000
ENTRIES = 20_000
"""Bounds of one list: beyond them a server is not served, for it may go on for ever."""

_LISTS = {
    "tools": ("tools/list", "tools", "name"),
    "prompts": ("prompts/list", "prompts", "name"),
    "resources": ("resources/list", "resources", "uri"),
    "templates": ("resources/templates/list", "resourceTemplates", "uriTemplate"),
}
_PINNED = ("name", "title", "description", "inputSchema", "outputSchema", "annotations", "arguments", "uri",
           "uriTemplate", "mimeType")  # fmt: skip

Entry = dict[str, Any]
Ask = Callable[[str, Mapping[str, Json]], Awaitable[dict[str, Json]]]


@value()
class ServerCatalog:
    """The lists of one server as it gave them, and what it said of itself."""

    capabilities: Mapping[str, Json] = field(default_factory=dict)
    instructions: str = ""
    tools: tuple[Entry, ...] = ()
    prompts: tuple[Entry, ...] = ()
    resources: tuple[Entry, ...] = ()
    templates: tuple[Entry, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "capabilities": dict(self.capabilities),
            "instructions": self.instructions,
            **{kind: list(getattr(self, kind)) for kind in _LISTS},
        }

    @staticmethod
    def from_json(value: Json) -> ServerCatalog | None:
        """The catalog that ``value`` stores; None for anything else."""
        if not isinstance(value, dict):
            return None
        instructions = value.get("instructions")
        return ServerCatalog(
            as_object(value.get("capabilities")),
            instructions if isinstance(instructions, str) else "",
            **{kind: _entries(value.get(kind), naming) for kind, (_, _, naming) in _LISTS.items()},
        )


async def read(ask: Ask, capabilities: Mapping[str, Json], instructions: str) -> ServerCatalog:
    """Every list that the server has, all at once; RpcError or UpstreamError where one of them cannot be read."""
    wanted = {kind: ("resources" if kind == "templates" else kind) in capabilities for kind in _LISTS}
    kinds = [kind for kind, has in wanted.items() if has]
    found = await asyncio.gather(*(_all(ask, kind) for kind in kinds))
    return ServerCatalog(capabilities, instructions, **dict(zip(kinds, found, strict=True)))


async def _all(ask: Ask, kind: str) -> tuple[Entry, ...]:
    method, member, naming = _LISTS[kind]
    entries: list[Entry] = []
    seen: set[str] = set()
    cursor: Json = None
    for _ in range(PAGES):
        try:
            page = await ask(method, {} if cursor is None else {"cursor": cursor})
        except RpcError as error:
            if error.code == -32601 and not entries and kind != "tools":
                return ()  # declared, but not there: templates above all
            raise
        entries += _entries(page.get(member), naming)
        cursor = page.get("nextCursor")
        if not isinstance(cursor, str) or not cursor:
            return tuple(entries)
        if cursor in seen or len(entries) > ENTRIES:
            break
        seen.add(cursor)
    raise UpstreamError(f"its list of {kind} does not end", sent=False, status=200)


def _entries(value: Json, naming: str) -> tuple[Entry, ...]:
    """The usable entries: objects with a name that can be shown."""
    if not isinstance(value, list):
        return ()
    return tuple(one for one in value if isinstance(one, dict) and _named(one.get(naming)))


def _named(name: Json) -> bool:
    return isinstance(name, str) and 0 < len(name) <= 2048 and name.isprintable()


def pin(entry: Mapping[str, Json]) -> str:
    """SHA-256, in hex, of what an agent reads of a tool, prompt, resource or template: names, descriptions, schemas,
    arguments, annotations."""
    import orjson

    shown = {key: entry[key] for key in _PINNED if key in entry}
    return hashlib.sha256(orjson.dumps(shown, option=orjson.OPT_SORT_KEYS)).hexdigest()


def pins_of(listing: ServerCatalog) -> dict[str, dict[str, str]]:
    """Kind -> name -> pin of everything that a listing shows to agents."""
    made = {
        kind: {entry[naming]: pin(entry) for entry in getattr(listing, kind)} for kind, (_, _, naming) in _LISTS.items()
    }
    return {**made, "instructions": {"": pin({"description": listing.instructions})} if listing.instructions else {}}


def without(listing: ServerCatalog, held: Mapping[str, frozenset[str]]) -> ServerCatalog:
    """The listing without what is held back, by kind and name."""
    if not held:
        return listing
    kept = {
        kind: tuple(entry for entry in getattr(listing, kind) if entry[naming] not in held.get(kind, ()))
        for kind, (_, _, naming) in _LISTS.items()
    }
    return ServerCatalog(listing.capabilities, "" if held.get("instructions") else listing.instructions, **kept)
