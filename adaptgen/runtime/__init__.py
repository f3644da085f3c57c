"""What generated servers import: the vocabulary of the model, and the engine that executes it.

Importing this package costs nothing but the model: the engine, and with it httpx, jsonschema_rs and cryptography, are
loaded when they are first named (PEP 562).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adaptgen.model.tables import (
    FORMAT,
    LOCAL,
    Auth,
    Base,
    Body,
    Call,
    Caller,
    Check,
    Connection,
    Consent,
    Contract,
    Cursor,
    Expires,
    Flow,
    Link,
    Login,
    Lookup,
    NextHeader,
    NextUrl,
    Offset,
    PageNumber,
    Param,
    Refused,
    Send,
    Server,
    SigV4,
    Step,
    Then,
    Tool,
    Toolset,
    Unpaged,
    Until,
    Update,
    When,
)
from adaptgen.runtime.core.answer import Answer, Binary, Text, ToolError

if TYPE_CHECKING:
    from adaptgen.runtime.engine import Engine
    from adaptgen.runtime.override_calls import Outgoing, ToolCall, value_of
    from adaptgen.runtime.overrides import Overrides, Proceed, Result

__all__ = [
    "FORMAT", "LOCAL", "Answer", "Auth", "Base", "Binary", "Body", "Call", "Caller", "Check", "Connection",
    "Consent", "Contract", "Cursor", "Engine", "Expires", "Flow", "Link", "Login", "Lookup", "NextHeader", "NextUrl",
    "Offset", "Outgoing", "Overrides", "PageNumber", "Param", "Proceed", "Refused", "Result", "Send", "Server", "SigV4",
    "Step", "Text", "Then", "Tool", "ToolCall", "ToolError", "Toolset", "Unpaged", "Until", "Update", "When",
    "value_of",
]  # fmt: skip


_LATER = {
    "Engine": "engine",
    "Outgoing": "override_calls",
    "Overrides": "overrides",
    "Proceed": "overrides",
    "Result": "overrides",
    "ToolCall": "override_calls",
    "value_of": "override_calls",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
