"""Whatever a server of others answers: the agent gets an answer of MCP, and no personal data in any part of it."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from support.fake_mcp import Exchange, FakeServer, running, tool
from support.governing import KEYS, settings
from support.wire import Client, said

from adaptgen.govern.pipeline.assemble import assemble
from adaptgen.govern.pipeline.factory import ServingContext
from adaptgen.govern.settings.source import source
from adaptgen.proxy.start import start_aggregator
from adaptgen.transports.streamable_http import StreamableHttpServer

EMAIL = "ada@example.org"
IBAN = "DE02120300000000202051"
PERSONAL = (EMAIL, IBAN)
LEAVES = st.one_of(
    st.sampled_from((EMAIL, f"to <{EMAIL}>", EMAIL.upper(), IBAN, f"'{IBAN}'", json.dumps({"mail": EMAIL}))),
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(("\ud800", f"\udfff {EMAIL}", "\x00", "[" * 40)),
)
NAMES = st.sampled_from(
    ("content", "type", "text", "resource", "uri", "blob", "data", "mimeType", "structuredContent", "isError", "_meta",
     "resultType", "name", "email", "value", EMAIL, f"x {EMAIL}", "dev.adaptgen/sensitive", "fields", "items", "")
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=16,
)
BLOCKS = st.one_of(
    st.builds(lambda text: {"type": "text", "text": text}, VALUES),
    st.builds(lambda value: {"type": "text", "text": json.dumps(value)}, VALUES),
    st.builds(lambda kind, value: {"type": kind, "data": value}, st.sampled_from(("image", "audio", "odd")), VALUES),
    st.builds(lambda value: {"type": "resource", "resource": value}, VALUES),
    st.builds(lambda uri, name: {"type": "resource_link", "uri": uri, "name": name}, LEAVES, LEAVES),
    VALUES,
)
RESULTS = st.one_of(
    st.fixed_dictionaries(
        {"content": st.lists(BLOCKS, max_size=3)},
        optional={"structuredContent": VALUES, "isError": st.sampled_from((True, False, "yes", None)), "_meta": VALUES},
    ),
    VALUES,
)


@examples(max_examples=25, deadline=None)
@given(st.lists(RESULTS, min_size=1, max_size=8), st.booleans())
def test_no_shape_lets_anything_through(results: list[Any], failing: bool) -> None:
    """As results, or as JSON-RPC errors."""

    async def run(folder: Path) -> None:
        waiting = list(results)

        async def call(exchange: Exchange) -> None:
            value = waiting.pop(0)
            answer = (
                {"error": {"code": -32000, "message": json.dumps(value), "data": value}}
                if failing
                else {"result": value}
            )
            exchange.json({"jsonrpc": "2.0", "id": exchange.message["id"], **answer})

        server = FakeServer(tools=[tool("x")], on={"tools/call": call})
        environ = {**os.environ, **KEYS}
        async with running(server):
            path = settings(folder, mode="proxy", upstreams={"x": {"url": server.url, "timeout": 5}})
            made = await assemble(
                source(str(path), environ), start_aggregator, ServingContext(http=True, environ=environ)
            )
            try:
                client = Client(StreamableHttpServer(made.handler), accept="application/json")
                for value in results:
                    answer = said(await client.call("x__x"))
                    text = json.dumps(answer, ensure_ascii=False)
                    for one in PERSONAL:
                        assert one.lower() not in text.lower(), (value, text)
                    assert "Internal error" not in text, (value, text)
                    assert "could not be processed" not in text, (value, text)
                    assert ("result" in answer) is not ("error" in answer)
            finally:
                await made.aclose()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))
