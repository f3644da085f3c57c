"""A tokenizer for tests: settings, keys, a caller and tools in one line each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import orjson

from adaptgen.govern.settings.keys import KeyMaterial, KeyRing
from adaptgen.govern.settings.model import Settings, Tokenize, ToolRule
from adaptgen.govern.tokenization.tokenizer import Restored, Shielded, Tokenizer
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.tables import Caller
from adaptgen.runtime.store.protocol import MemoryStore, Store

ANNA = Caller("anna", "acme")
BEN = Caller("ben", "acme")
EVE = Caller("eve", "evil")
KEY = bytes(range(32))
OTHER_KEY = bytes(range(32, 64))
RING = KeyRing("k1", {"k1": KEY})


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Its result."""
    return asyncio.run(coroutine)


def tokenizer(
    *,
    ring: KeyRing = RING,
    store: Store | None = None,
    tools: Mapping[str, ToolRule] | None = None,
    **chosen: Any,
) -> Tokenizer:
    """A tokenizer; ``chosen`` are the settings below ``tokenize``."""
    settings = Settings(tokenize=Tokenize(**chosen), tools=tools or {})
    return Tokenizer(settings, KeyMaterial(tokens=ring, surrogates=KEY), store or MemoryStore())


def tool(
    arguments: Mapping[str, str] | None = None,
    sensitive: Mapping[str, str] | None = None,
    *,
    trusted: bool = False,
    schema: Mapping[str, Any] | None = None,
    **wire: Any,
) -> ToolInfo:
    """A tool; ``schema`` are the properties of its input schema."""
    given = {"type": "object", "properties": dict(schema or {})}
    return ToolInfo(
        name="find_people",
        server="crm",
        own="find_people",
        effect="read",
        open=True,
        wire={"name": "find_people", "inputSchema": given, **wire},
        arguments=arguments or {},
        sensitive=sensitive or {},
        trusted=trusted,
    )


async def always(kind: str) -> bool:
    """Every kind may be restored."""
    return True


async def never(kind: str) -> bool:
    """None may."""
    return False


def answer(value: Any, **meta: Any) -> dict[str, Any]:
    """CallToolResult with one text block: JSON, or ``value`` itself where it is text."""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    result: dict[str, Any] = {"content": [{"type": "text", "text": text}], "resultType": "complete"}
    if meta:
        result["_meta"] = meta
    return result


def shield(one: Tokenizer, value: Any, facts: ToolInfo | None = None, caller: Caller = ANNA, **meta: Any) -> Any:
    """What an agent gets of an answer: the JSON of its first block, or its text."""
    shielded: Shielded = run(one.result(caller, facts or tool(), answer(value, **meta)))
    text = shielded.result["content"][0]["text"]
    return text if isinstance(value, str) else orjson.loads(text)


def restore(
    one: Tokenizer,
    arguments: Mapping[str, Any],
    facts: ToolInfo,
    caller: Caller = ANNA,
    permitted: Callable[[str], Any] = always,
) -> Mapping[str, Any]:
    """What the tool gets."""
    restored: Restored = run(one.arguments(caller, facts, arguments, permitted))
    return restored.arguments
