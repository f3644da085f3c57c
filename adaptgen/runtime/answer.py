"""What a tool call gives back, in the terms of MCP's CallToolResult."""

from __future__ import annotations

from dataclasses import dataclass

from adaptgen.model import Json


@dataclass(frozen=True, slots=True)
class Text:
    """A text block."""

    text: str


@dataclass(frozen=True, slots=True)
class Binary:
    """Bytes of a media type: an image or audio block, or an embedded resource for every other type."""

    data: bytes
    media_type: str
    name: str = ""


Content = Text | Binary


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of one tool call. ``structured`` is set only for tools that opted into structuredContent."""

    content: tuple[Content, ...]
    is_error: bool = False
    structured: Json = None
