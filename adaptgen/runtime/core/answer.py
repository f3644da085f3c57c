"""The result of a tool call: an answer or an error, and its wire form.

The wire form has the keys of MCP's CallToolResult in revision 2026-07-28; the SDK drops those that 2025-11-25 does not
know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, Final

from adaptgen.model.tables import Json, Tool, value


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


@value()
class FileLink:
    """A file that is fetched with ``uri``, a URL or the address of a local file. It may be signed: keep it out of
    logs."""

    uri: str = field(repr=False)
    media_type: str
    size: int
    name: str = ""


Content = Text | Binary | FileLink


@value()
class Answer:
    """The result of one tool call. ``structured`` is set only for tools that opted into structuredContent.

    What governance must know and agents never see: ``sensitive``, the positions of classified values in the JSON of
    the first text block, as JSON Pointers (RFC 6901) in which ``*`` stands for every element (``/items/*/1``; a key
    that is an asterisk is written ``~2``), with their kinds; ``found``, pairs of kind and value: classified values of
    the records at hand that may also occur in other text of the answer; ``status``, the API's last HTTP status;
    ``unknown``, whether a write may or may not have been executed; ``unreachable``, whether the API did not answer;
    ``files``, what the audit says of the files that the call took and handed out; ``connection``, as
    :class:`NotConnected` has it.
    """

    content: tuple[Content, ...]
    is_error: bool = False
    structured: Json = None
    sensitive: Mapping[str, str] = field(default_factory=dict)
    found: tuple[tuple[str, str], ...] = ()
    status: int | None = None
    unknown: bool = False
    unreachable: bool = False
    files: tuple[Mapping[str, Json], ...] = ()
    connection: tuple[str, str, str] | None = None


class ToolError(Exception):
    """Ends a tool call with ``isError``. The text reaches the agent: no secret, no stack, no raw body of the API.

    ``retry_after``: seconds after which the same call may help, where the API said so. ``status``: the API's HTTP
    status, where there was an answer. ``unknown``: a write may or may not have been carried out. ``unreachable``: the
    API did not answer. ``connection``: as :class:`NotConnected` has it.
    """

    connection: tuple[str, str, str] | None = None

    def __init__(
        self,
        text: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        unknown: bool = False,
        unreachable: bool = False,
    ) -> None:
        super().__init__(text)
        self.text = text
        self.status = status
        self.retry_after = retry_after
        self.unknown = unknown
        self.unreachable = unreachable

    def reworded(self, text: str) -> ToolError:
        """The same failure in other words."""
        return ToolError(
            text,
            status=self.status,
            retry_after=self.retry_after,
            unknown=self.unknown,
            unreachable=self.unreachable,
        )

    def told(self, tool: str) -> str:
        """The text as callers of ``tool`` read it."""
        return self.text


REFUSED: Final = "refused"
"""The API did not accept the key."""
ENDED: Final = "ended"
"""The API has ended the connection, or it cannot be renewed."""


class NotConnected(ToolError):
    """The caller has no account at the API that could be used; nothing was sent. ``auth``: the one that needs it;
    ``title``: what people call the account; ``lost``: what became of an earlier one: :data:`REFUSED`, :data:`ENDED`,
    or nothing that is known ("")."""

    def __init__(self, auth: str, title: str, text: str, lost: str = "") -> None:
        super().__init__(text)
        self.connection: tuple[str, str, str] = (auth, title, lost)

    def reworded(self, text: str) -> ToolError:
        """The same failure in other words."""
        auth, title, lost = self.connection
        return NotConnected(auth, title, text, lost)


def answer_json(text: bytes, tool: Tool) -> Answer:
    """JSON as an answer of ``tool``, also as structured content where it opted in."""
    from adaptgen.mcp.json_text import loads  # not at the start of a server

    return Answer((Text(text.decode()),), structured=loads(text) if tool.layout == "structured" else None)


def with_structure(answer: Answer, tool: Tool, returns: Mapping[str, str]) -> Answer:
    """``answer`` with structured content that fits the tool's output schema: its JSON, whatever made it (a dry run, an
    override). What is not JSON stays where it is: governance knows it in ``content``, and would not elsewhere."""
    from adaptgen.mcp.json_text import loads_or_none  # not at the start of a server
    from adaptgen.mcp.output_schema import NOT_JSON, make_fitting, output_schema

    structured: Json = answer.structured
    if structured is None:
        texts = [one.text for one in answer.content if isinstance(one, Text)]
        if len(texts) == 1 and texts[0].lstrip()[:1] in ("{", "["):
            structured = loads_or_none(texts[0])
        if structured is None:
            structured = {"note": NOT_JSON}
    return replace(answer, structured=make_fitting(structured, output_schema(tool, returns)))


def make_result(answer: Answer) -> dict[str, Any]:
    """CallToolResult. ``structuredContent`` only where the tool opted in; its text stays next to it, for clients that
    show a model nothing else (MCP, Tools: structured content)."""
    blocks = [make_block(one, at) for at, one in enumerate(answer.content)]
    wire: dict[str, Any] = {"content": blocks, "resultType": "complete"}
    if answer.is_error:
        wire["isError"] = True
    elif answer.structured is not None:
        structured = answer.structured
        wire["structuredContent"] = structured if isinstance(structured, dict) else {"result": structured}
    return wire


def make_block(content: Content, at: int = 0) -> dict[str, Any]:
    """ContentBlock: text, image, audio, or an embedded resource for bytes of any other media type."""
    if isinstance(content, Text):
        return {"type": "text", "text": content.text}
    if isinstance(content, FileLink):
        name = content.name or f"answer-{at + 1}"
        return {"type": "resource_link", "uri": content.uri, "name": name, "mimeType": content.media_type,
                "size": content.size}  # fmt: skip
    from base64 import b64encode  # not at the start of a server
    from urllib.parse import quote

    data = b64encode(content.data).decode()
    family = content.media_type.partition("/")[0].lower()
    if family in ("image", "audio"):
        return {"type": family, "data": data, "mimeType": content.media_type}
    uri = f"file:///{quote(content.name or f'answer-{at + 1}', safe='')}"
    return {"type": "resource", "resource": {"uri": uri, "mimeType": content.media_type, "blob": data}}
