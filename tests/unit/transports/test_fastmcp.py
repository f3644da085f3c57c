"""The FastMCP front, in process, in both eras."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from fastmcp import Client, FastMCP

from adaptgen.runtime.engine import Engine
from adaptgen.transports.fastmcp import front

if TYPE_CHECKING:
    from .conftest import FakeEngine


def talk(mcp: FastMCP[Any], era: str, *calls: tuple[str, dict[str, Any]]) -> tuple[list[Any], list[Any]]:
    """The listed tools and the results of ``calls``."""

    async def session() -> tuple[list[Any], list[Any]]:
        async with Client(mcp, mode=era) as client:
            tools = await client.list_tools()
            return tools, [await client.call_tool(name, given, raise_on_error=False) for name, given in calls]

    return asyncio.run(session())


def test_a_tool_that_someone_adds_is_listed_and_called(engine: Engine) -> None:
    mcp = front(engine)

    @mcp.tool
    def extra() -> str:
        """Something of our own."""
        return "ours"

    tools, (result,) = talk(mcp, "2026-07-28", ("extra", {}))
    assert len(tools) == 6
    assert result.content[0].text == "ours"


def test_the_front_can_be_mounted(engine: Engine, fake: FakeEngine) -> None:
    outer: FastMCP[Any] = FastMCP("outer")
    outer.mount(front(engine), "inner")
    tools, (text, image) = talk(outer, "2026-07-28", ("inner_text", {"a": 2}), ("inner_image", {}))
    assert "inner_text" in {tool.name for tool in tools}
    assert text.content[0].text == '{"items":[]}'
    assert text.structured_content is None
    assert image.content[0].type == "image"
    assert fake.calls[0] == ("text", {"a": 2})
