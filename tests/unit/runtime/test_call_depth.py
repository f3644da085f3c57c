"""How many frames of adaptgen lie between the engine's call of a list tool and httpx.

Run this file to print them: ``python tests/unit/runtime/test_call_depth.py``.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import pytest

import adaptgen
from adaptgen.demo.crm import PASSWORD, USERNAME, Crm, running
from adaptgen.runtime import LOCAL, Engine
from adaptgen.transports.load import load_server

ROOT = Path(__file__).parents[3]
OURS = str(Path(adaptgen.__file__).parent)
MOST = 7


class Watched(httpx.AsyncHTTPTransport):
    """Notes the frames of adaptgen above each request, from the engine's call (left out) down to httpx."""

    def __init__(self) -> None:
        super().__init__()
        self.stacks: list[tuple[str, list[str]]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        frames: list[str] = []
        frame: FrameType | None = sys._getframe()
        while frame is not None and frame.f_code is not Engine.call.__code__:
            if frame.f_code.co_filename.startswith(OURS):
                file = Path(frame.f_code.co_filename).relative_to(OURS)
                frames.insert(0, f"{file}:{frame.f_lineno} {frame.f_code.co_qualname}")
            frame = frame.f_back
        if frame is not None:  # logins run in a task of their own
            self.stacks.append((str(request.url.copy_with(host="crm", port=None)), frames))
        return await super().handle_async_request(request)


async def watched(tool: str, arguments: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The frames above each request of one call of the CRM's ``tool``."""
    transport = Watched()
    with running(Crm(slow=0.0)) as crm:
        environ = {"CRM_BASE_URL": crm.url, "CRM_USERNAME": USERNAME, "CRM_PASSWORD": PASSWORD}
        engine = Engine(
            load_server(ROOT / "generated" / "crm"), environ=environ, cursor_key=b"k" * 32, transport=transport
        )
        try:
            answer = await engine.call(LOCAL, tool, arguments)
            assert not answer.is_error, answer.content
        finally:
            await engine.aclose()
    return transport.stacks


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("tool", "arguments"), [("list_customers", {"limit": 120}), ("list_contacts", {"limit": 400, "fields": ["id"]})]
)
async def test_few_frames_lie_between_a_list_call_and_httpx(tool: str, arguments: dict[str, Any]) -> None:
    stacks = await watched(tool, arguments)
    assert len(stacks) > 1, "a list of several pages"
    for url, frames in stacks:
        assert len(frames) <= MOST, "\n".join([url, *frames])


if __name__ == "__main__":
    where = {"where": {"status": "ACTIVE"}}
    for name, given in (("list_customers", {"limit": 120}), ("list_customers", where)):
        for url, frames in asyncio.run(watched(name, given))[:2]:
            print(len(frames), name, given, url, *(f"    {one}" for one in frames), sep="\n  ")
