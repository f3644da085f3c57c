"""Bytes that are messages, and bytes that are none."""

from __future__ import annotations

import pytest

from adaptgen.mcp import jsonrpc as message
from adaptgen.mcp.jsonrpc import Malformed


@pytest.mark.parametrize(
    "value",
    [
        [],
        "x",
        None,
        {},
        {"jsonrpc": "1.0", "id": 1, "method": "x"},
        {"jsonrpc": "2.0", "id": 1, "method": 5},
        {"jsonrpc": "2.0", "id": None, "method": "x"},
        {"jsonrpc": "2.0", "id": True, "method": "x"},
        {"jsonrpc": "2.0", "id": 1.5, "method": "x"},
        {"jsonrpc": "2.0", "id": {}, "method": "x"},
        {"jsonrpc": "2.0", "id": 1, "method": "x", "params": []},
        {"jsonrpc": "2.0", "id": 1, "result": 5},
        {"jsonrpc": "2.0", "id": 1},
        {"jsonrpc": "2.0", "result": {}},
    ],
)
def test_what_is_no_message(value: object) -> None:
    with pytest.raises(Malformed) as caught:
        message.message(value)
    assert caught.value.code == -32600


@pytest.mark.parametrize(("depth", "fine"), [(100, True), (101, False)])
@pytest.mark.parametrize("pair", [(b"[", b"]"), (b'{"a":', b"}")])
def test_what_nests_too_deep_is_refused(depth: int, fine: bool, pair: tuple[bytes, bytes]) -> None:
    body = pair[0] * depth + b"1" + pair[1] * depth
    if fine:
        message.read(body)
    else:
        with pytest.raises(Malformed, match="100 levels"):
            message.read(body)


def test_half_a_pair_is_answered_all_the_same() -> None:
    """UTF-8 cannot hold it, and an answer that cannot be written would never come."""
    assert message.encode({"text": "a\ud800"}) == b'{"text":"a?"}'
