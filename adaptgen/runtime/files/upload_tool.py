"""``create_upload``: the tool that the server adds where tools take files and clients may send them out of band."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from adaptgen.mcp.json_text import dumps
from adaptgen.mcp.protocol import ToolInfo, failed_result
from adaptgen.mcp.tool_listing import listed
from adaptgen.model.tables import Caller, Contract, Json
from adaptgen.runtime.core.answer import Answer, Text, ToolError, make_result
from adaptgen.runtime.files import media_types
from adaptgen.runtime.files.content import clean_name, size_text
from adaptgen.runtime.files.desk import FileDesk
from adaptgen.runtime.files.rules import UPLOAD_TOOLS


class UploadTool:
    """The tool on a server that has ``tools``. ``wire``: the Tool of MCP, ``info`` what governance knows of it."""

    def __init__(self, desk: FileDesk, server: str, tools: Container[str]) -> None:
        self.desk = desk
        self.name = next(name for name in (*UPLOAD_TOOLS, "") if name not in tools)
        known = _contract(self.name, desk)
        self.schema: Mapping[str, Json] = known.input_schema
        self.wire = listed(known)
        self.info = ToolInfo(self.name, server, self.name, "write", open=False, wire=self.wire)

    async def call(self, caller: Caller, arguments: Mapping[str, Json]) -> tuple[dict[str, Json], dict[str, Json]]:
        """CallToolResult, and what the audit says of the slot ({} for none)."""
        try:
            answer, told = await _call(self.desk, caller, arguments)
        except ToolError as problem:
            return failed_result(problem.text), {}
        return make_result(answer), told


def _contract(name: str, desk: FileDesk) -> Contract:
    """The contract of the tool."""
    rules = desk.rules
    types = f"; {', '.join(rules.media_types)}" if rules.media_types else ""
    return Contract(
        name=name,
        description="Get a URL to send a file to, and the `source` that stands for it in arguments of other tools. "
        f"Send the file with HTTP PUT before you use it. At most {size_text(rules.max_bytes)}{types}.",
        input_schema={
            "type": "object",
            "properties": {
                "filename": {"type": "string", "maxLength": 255},
                "size": {"type": "integer", "minimum": 0, "description": "Bytes of the file, exactly"},
                "media_type": {"type": "string", "description": "By default what the end of the name says"},
            },
            "required": ["filename", "size"],
            "additionalProperties": False,
        },
        annotations={
            "title": "Get an upload slot",
            "readOnlyHint": False,
            "destructiveHint": False,
            "openWorldHint": False,
        },
    )


async def _call(desk: FileDesk, caller: Caller, arguments: Mapping[str, Json]) -> tuple[Answer, dict[str, Json]]:
    """The answer of the tool, and what the audit says of the slot.

    Raises:
        ToolError: the arguments do not fit, or no slot is to be had.
    """
    extra = sorted(arguments.keys() - {"filename", "size", "media_type"})
    name, size, media = arguments.get("filename"), arguments.get("size"), arguments.get("media_type")
    if extra:
        raise ToolError(f"There is no argument `{extra[0][:60]}`.")
    if isinstance(size, str) and size.isascii() and size.isdecimal() and len(size) < 16:
        size = int(size)
    if not isinstance(name, str) or not name.strip() or len(name) > 255:
        raise ToolError("Argument `filename` must be the name of the file.")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise ToolError("Argument `size` must be the number of bytes of the file.")
    if media is not None and not media_types.is_media_type(media):
        raise ToolError("Argument `media_type` must be a media type such as application/pdf.")
    name = clean_name(name)
    declared = str(media) if media else media_types.of_name(name, media_types.OCTETS)
    desk.check_declared("The file", declared, size)
    assert desk.slots is not None
    offer = await desk.slots.create(caller, name, size, declared)
    said: dict[str, Any] = {
        "source": offer.reference,
        "upload": {"method": "PUT", "url": offer.url, "headers": dict(offer.headers)},
        "expires_in": int(offer.expires),
        "next": "PUT the bytes of the file to the URL with these headers"
        + (", and the credentials of this server if it wants any" if offer.credentials else "")
        + '; then pass {"source": …} as the file argument of the tool.',
    }
    told: dict[str, Json] = {"direction": "slot", "slot": offer.reference, "size": size,
                             "media_type": media_types.plain(declared)}  # fmt: skip
    return Answer((Text(dumps(said)),)), told
