"""How many frames of adaptgen lie between the proxy's call of a tool and the socket."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from types import FrameType

import pytest
from support.fake_mcp import FakeServer, aggregated, tool

import adaptgen
from adaptgen.mcp.protocol import Context
from adaptgen.model.tables import Caller
from adaptgen.proxy.connection_pool import Connection
from adaptgen.proxy.proxy_target import UpstreamAggregator

OURS = str(Path(adaptgen.__file__).parent)


def frames() -> list[str]:
    """The functions of adaptgen below ``UpstreamAggregator.call``, down to the one that writes."""
    found: list[str] = []
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code is not UpstreamAggregator.call.__code__:
        if frame.f_code.co_filename.startswith(OURS):
            found.insert(0, frame.f_code.co_qualname)
        frame = frame.f_back
    return found if frame is not None else []


@pytest.mark.asyncio
@pytest.mark.parametrize("version", ["2026-07-28", "2025-11-25"])
async def test_a_proxied_post_takes_two_layers(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    stacks: list[list[str]] = []
    made = Connection.connection_made

    def connection_made(self: Connection, transport: asyncio.BaseTransport) -> None:
        class Noting:
            def write(self, data: bytes) -> None:
                stacks.append(frames())
                transport.write(data)  # type: ignore[attr-defined]

            def __getattr__(self, name: str) -> object:
                return getattr(transport, name)

        made(self, transport)
        self._transport = Noting()  # type: ignore[assignment]

    monkeypatch.setattr(Connection, "connection_made", connection_made)
    async with aggregated(FakeServer(tools=[tool("x")])) as aggregator:
        context = Context(request_id="1", version=version)
        for _ in range(2):  # the first opens what the later ones use again
            stacks.clear()
            result = await aggregator.call(Caller("alice"), aggregator.tools()["a__x"], {}, context)
            assert not result.get("isError"), result
    ((bridge, *translation, client, http, write),) = filter(None, stacks)
    assert bridge == "RevisionBridge.ask"
    assert translation in ([], ["RevisionBridge._in_session"], ["RevisionBridge._translated"])
    assert [client, http, write] == ["UpstreamClient.ask", "HttpClient.send", "Connection.send"]
