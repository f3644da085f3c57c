"""Whatever arrives is answered."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.wire import CAPABILITIES, MODERN, VERSION, FakeDesk, request

from adaptgen.transports.streamable_http import StreamableHttpServer

SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=8)
ANY = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)
META = ANY | st.fixed_dictionaries({VERSION: st.just(MODERN) | ANY, CAPABILITIES: ANY}, optional={"progressToken": ANY})
PARAMS = ANY | st.fixed_dictionaries(
    {}, optional={"_meta": META, "name": st.just("echo") | ANY, "arguments": ANY, "cursor": ANY, "requestId": ANY}
)
METHODS = st.sampled_from(
    ["tools/call", "tools/list", "ping", "initialize", "server/discover", "notifications/cancelled", "x"]
)
MESSAGES = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0") | ANY},
    optional={"id": st.integers(0, 3) | ANY, "method": METHODS | ANY, "params": PARAMS, "result": ANY, "error": ANY},
)
BODIES = (MESSAGES | st.lists(MESSAGES, max_size=3) | ANY).map(lambda value: json.dumps(value).encode()) | st.binary()
HEADERS = st.fixed_dictionaries(
    {"content_type": st.just("application/json")},
    optional={
        "mcp_protocol_version": st.sampled_from([MODERN, "2025-03-26", "2025-11-25", "x"]),
        "mcp_method": st.sampled_from(["tools/call", "tools/list", "server/discover"]),
        "mcp_name": st.sampled_from(["echo", "=?base64?ZWNobw==?=", "=?base64?x?="]),
        "mcp_param_region": st.sampled_from(["eu", ""]),
        "mcp_session_id": st.just("0"),
    },
)


@settings(max_examples=400, deadline=None)
@given(BODIES, HEADERS, st.booleans())
def test_every_body_is_answered_with_a_message_or_nothing(body: bytes, headers: dict[str, Any], stateful: bool) -> None:
    answer = asyncio.run(
        StreamableHttpServer(FakeDesk(stateful=stateful)).handle(request("POST", body=body, **headers))
    )
    assert answer.status in (200, 202, 400, 404)
    assert isinstance(answer.body, bytes)
    if answer.status == 202:
        assert answer.body == b""
    else:
        said = json.loads(answer.body)
        for one in said if isinstance(said, list) else [said]:
            assert one["jsonrpc"] == "2.0"
            assert ("result" in one) != ("error" in one)
            assert one.get("error", {}).get("code") != -32603
