"""What a tool call gives back, in the terms of MCP's CallToolResult."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from adaptgen.model.tables import Json, value


@value()
class Text:
    """A text block."""

    text: str


@value()
class Binary:
    """Bytes of a media type: an image or audio block, or an embedded resource for every other type."""

    data: bytes
    media_type: str
    name: str = ""


Content = Text | Binary


@value()
class Answer:
    """The result of one tool call. ``structured`` is set only for tools that opted into structuredContent.

    What governance must know and agents never see: ``sensitive``, the positions of classified values in the JSON of
    the first text block, as JSON Pointers (RFC 6901) in which ``*`` stands for every element (``/items/*/1``; a key
    that is an asterisk is written ``~2``), with their kinds; ``found``, pairs of kind and value: classified values of
    the records at hand that may also occur in other text of the answer; ``status``, the API's last HTTP status;
    ``unknown``, whether a write may or may not have been executed.
    """

    content: tuple[Content, ...]
    is_error: bool = False
    structured: Json = None
    sensitive: Mapping[str, str] = field(default_factory=dict)
    found: tuple[tuple[str, str], ...] = ()
    status: int | None = None
    unknown: bool = False
