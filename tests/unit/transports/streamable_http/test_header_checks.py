"""Headers that must say what the body says."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest
from support.wire import CAPABILITIES, MODERN, SCHEMA, VERSION, Client, FakeDesk, said

from adaptgen.mcp.headers import header_parameters
from adaptgen.mcp.protocol import RpcError
from adaptgen.transports.streamable_http import StreamableHttpServer
from adaptgen.transports.streamable_http.header_checks import Parameters


def encoded(text: str) -> str:
    return f"=?base64?{base64.b64encode(text.encode()).decode()}?="


def code_of(method: str, params: dict[str, Any], body: dict[str, Any] | None = None, **headers: str) -> tuple[int, int]:
    """HTTP status and error code of a request with its own _meta and headers."""

    async def ask() -> tuple[int, int]:
        client = Client(StreamableHttpServer(FakeDesk()))
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params, **(body or {})}
        answer = await client.send(message, **headers)
        return answer.status, said(answer).get("error", {}).get("code", 0)

    return asyncio.run(ask())


META = {"_meta": {VERSION: MODERN, CAPABILITIES: {}}}
CALL = {"name": "echo", "arguments": {}, **META}
RIGHT = {"mcp_method": "tools/call", "mcp_name": "echo"}


@pytest.mark.parametrize(
    ("params", "headers", "found"),
    [
        (CALL, RIGHT, (200, 0)),
        (CALL, {**RIGHT, "mcp_name": encoded("echo")}, (200, 0)),
        (CALL, {**RIGHT, "mcp_name": " echo\t"}, (200, 0)),
        (CALL, {"mcp_method": "tools/call"}, (400, -32020)),
        (CALL, {**RIGHT, "mcp_name": "Echo"}, (400, -32020)),
        (CALL, {**RIGHT, "mcp_name": "=?base64?ZWNobw?="}, (400, -32020)),
        (CALL, {"mcp_name": "echo"}, (400, -32020)),
        (CALL, {**RIGHT, "mcp_method": "TOOLS/CALL"}, (400, -32020)),
        (CALL, {**RIGHT, "mcp_method": "tools/list"}, (400, -32020)),
        (CALL, {**RIGHT, "mcp_protocol_version": "2027-01-01"}, (400, -32020)),
        ({"name": "echo"}, RIGHT, (400, -32602)),
        ({"name": "echo", "_meta": {VERSION: MODERN}}, RIGHT, (400, -32602)),
        ({"name": "echo", "_meta": {CAPABILITIES: {}}}, RIGHT, (400, -32602)),
        ({"name": "echo", "_meta": []}, RIGHT, (400, -32602)),
        ({**META, "name": 5}, RIGHT, (400, -32020)),
        ({**META}, RIGHT, (400, -32602)),
        ({**CALL, "arguments": []}, RIGHT, (400, -32602)),
        ({**CALL, "_meta": {**META["_meta"], "progressToken": {}}}, RIGHT, (400, -32602)),
        ({**CALL, "_meta": {**META["_meta"], "progressToken": True}}, RIGHT, (400, -32602)),
    ],
)
def test_headers_and_body_agree(params: dict[str, Any], headers: dict[str, str], found: tuple[int, int]) -> None:
    assert code_of("tools/call", params, **headers) == found


def test_a_revision_that_nobody_knows_is_told_which_there_are() -> None:
    async def ask() -> Any:
        client = Client(StreamableHttpServer(FakeDesk()), mcp_protocol_version="2031-01-01", mcp_method="tools/list")
        params = {"_meta": {VERSION: "2031-01-01", CAPABILITIES: {}}}
        return said(await client.send({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params}))["error"]

    error = asyncio.run(ask())
    assert error["code"] == -32022
    assert error["data"]["requested"] == "2031-01-01"
    assert "2026-07-28" in error["data"]["supported"]


def test_a_modern_body_without_its_header_does_not_pass_for_an_old_one() -> None:
    assert code_of("tools/list", META, mcp_protocol_version="2025-11-25", mcp_method="tools/list") == (400, -32020)


def parameter(kind: str = "string", token: Any = "Region") -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"a": {"type": "object", "properties": {"b": {"type": kind, "x-mcp-header": token}}}},
    }


@pytest.mark.parametrize(
    ("schema", "arguments", "headers", "fine"),
    [
        (SCHEMA, {"region": "eu"}, {"mcp-param-region": "eu"}, True),
        (SCHEMA, {"region": "eu"}, {"mcp-param-region": encoded("eu")}, True),
        (SCHEMA, {}, {}, True),
        (SCHEMA, {"region": None}, {}, True),
        (SCHEMA, {"region": "eu"}, {}, False),
        (SCHEMA, {"region": "eu"}, {"mcp-param-region": "us"}, False),
        (SCHEMA, {"region": "eu"}, {"mcp-param-region": "=?base64?!?="}, False),
        (SCHEMA, {}, {"mcp-param-region": "eu"}, False),
        (SCHEMA, {"region": ["eu"]}, {"mcp-param-region": "eu"}, False),
        (SCHEMA, {"region": ["eu"]}, {}, True),
        (SCHEMA, {"other": 1}, {"mcp-param-other": "2"}, True),
        (parameter(), {"a": {"b": "x"}}, {"mcp-param-region": "x"}, True),
        (parameter(), {"a": {"b": "x"}}, {"mcp-param-region": "y"}, False),
        (parameter(), {"a": "no object"}, {}, True),
        (parameter("integer"), {"a": {"b": 42}}, {"mcp-param-region": "42.0"}, True),
        (parameter("integer"), {"a": {"b": 42.0}}, {"mcp-param-region": "42"}, True),
        (parameter("integer"), {"a": {"b": 42}}, {"mcp-param-region": "42.5"}, False),
        (parameter("integer"), {"a": {"b": 42}}, {"mcp-param-region": "4e1"}, False),
        (parameter("integer"), {"a": {"b": 42}}, {"mcp-param-region": "9" * 5000}, False),
        (parameter("boolean"), {"a": {"b": True}}, {"mcp-param-region": "true"}, True),
        (parameter("boolean"), {"a": {"b": True}}, {"mcp-param-region": "1"}, False),
    ],
)
def test_parameters_and_their_headers_agree(
    schema: dict[str, Any], arguments: dict[str, Any], headers: dict[str, str], fine: bool
) -> None:
    if fine:
        Parameters().check(schema, arguments, headers)
    else:
        with pytest.raises(RpcError) as caught:
            Parameters().check(schema, arguments, headers)
        assert caught.value.code == -32020


@pytest.mark.parametrize(
    "schema",
    [
        parameter("number"),
        parameter(token="no token"),
        parameter(token=5),
        {"x-mcp-header": "Root", "type": "string"},
        {"items": {"properties": {"a": {"type": "string", "x-mcp-header": "A"}}}},
        {"allOf": [{"properties": {"a": {"type": "string", "x-mcp-header": "A"}}}]},
        {"$defs": {"d": {"type": "string", "x-mcp-header": "A"}}, **SCHEMA},
        {"properties": {n: {"type": "string", "x-mcp-header": h} for n, h in (("a", "Same"), ("b", "same"))}},
    ],
)
def test_a_schema_with_one_invalid_annotation_asks_for_no_header(schema: dict[str, Any]) -> None:
    assert header_parameters(schema) == ()


def test_the_wire_compares_parameters_of_a_call() -> None:
    async def call(**headers: str) -> int:
        return (await Client(StreamableHttpServer(FakeDesk())).call("echo", {"region": "eu"}, **headers)).status

    assert asyncio.run(call(mcp_param_region="eu")) == 200
    assert asyncio.run(call(mcp_param_region="us")) == 400
    assert asyncio.run(call()) == 400
