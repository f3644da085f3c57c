"""The tools that the conformance suite calls, as ``specs/suite/overrides.py`` of a generated server."""

from __future__ import annotations

from pathlib import Path

from support.conformance_server import PNG, WAV
from support.generated import generate

DOCUMENT = b"""
openapi: 3.0.3
info: {title: Suite, version: "1"}
servers: [{url: "https://suite.example"}]
paths:
  /things:
    get: {operationId: list_things, responses: {"200": {description: ok}}}
"""
OVERRIDES = f'''
import base64

from adaptgen.runtime import Answer, Binary, Overrides, Text, ToolCall, ToolError

PNG = base64.b64decode("{PNG}")
WAV = base64.b64decode("{WAV}")
overrides = Overrides()


@overrides.add(name="test_simple_text", description="A text.", input_schema={{"type": "object"}}, effect="read")
async def simple(call: ToolCall):
    return "This is a simple text response for testing."


@overrides.add(name="test_image_content", description="An image.", input_schema={{"type": "object"}}, effect="read")
async def image(call: ToolCall):
    return Answer((Binary(PNG, "image/png"),))


@overrides.add(name="test_audio_content", description="Sound.", input_schema={{"type": "object"}}, effect="read")
async def audio(call: ToolCall):
    return Answer((Binary(WAV, "audio/wav"),))


@overrides.add(name="test_embedded_resource", description="A file.", input_schema={{"type": "object"}}, effect="read")
async def embedded(call: ToolCall):
    return Answer((Binary(b"This is an embedded resource content.", "text/plain", "resource"),))


@overrides.add(name="test_multiple_content_types", description="All.", input_schema={{"type": "object"}}, effect="read")
async def mixed(call: ToolCall):
    parts = (Text("Multiple content types test:"), Binary(PNG, "image/png"), Binary(b"{{}}", "text/plain", "x"))
    return Answer(parts)


@overrides.add(name="test_error_handling", description="Fails.", input_schema={{"type": "object"}}, effect="read")
async def failing(call: ToolCall):
    raise ToolError("This tool intentionally returns an error for testing")


@overrides.add(name="test_tool_with_progress", description="Slow.", input_schema={{"type": "object"}}, effect="read")
async def slow(call: ToolCall):
    return "Progress reported."


@overrides.add(name="test_tool_with_logging", description="Logs.", input_schema={{"type": "object"}}, effect="read")
async def logging(call: ToolCall):
    return "Logged."


@overrides.add(name="crash", description="A defect.", input_schema={{"type": "object"}}, effect="read")
async def crash(call: ToolCall):
    raise RuntimeError("a defect")


@overrides.add(name="leave", description="Worse.", input_schema={{"type": "object"}}, effect="read")
async def leave(call: ToolCall):
    raise SystemExit(3)


@overrides.add(name="long", description="7 MB.", input_schema={{"type": "object"}}, effect="read")
async def long(call: ToolCall):
    return Answer((Text('"' * 7_000_000),))
'''


def suite_server(folder: Path) -> Path:
    """Build it below ``folder``; the generated folder."""
    side = folder / "specs" / "suite"
    side.mkdir(parents=True)
    (side / "overrides.py").write_text(OVERRIDES)
    return generate(folder, "suite", {"suite.yaml": DOCUMENT})
