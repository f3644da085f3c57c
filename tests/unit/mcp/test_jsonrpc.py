"""Bytes that are messages, and bytes that are none."""

from __future__ import annotations

import pytest

from adaptgen.mcp import jsonrpc as message
from adaptgen.mcp.jsonrpc import Malformed, Notice, Request, Response


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"jsonrpc": "2.0", "id": 0, "method": "ping"}, Request(0, "ping")),
        ({"jsonrpc": "2.0", "id": "a", "method": "x", "params": {"b": 1}}, Request("a", "x", {"b": 1})),
        ({"jsonrpc": "2.0", "method": "x", "params": None}, Notice("x")),
        ({"jsonrpc": "2.0", "id": 3, "result": {"a": 1}}, Response(3, {"a": 1})),
        ({"jsonrpc": "2.0", "id": 3, "error": {"code": -1, "message": "no"}}, Response(3, None, (-1, "no"))),
        ({"jsonrpc": "2.0", "id": 3, "error": {"code": [], "message": 5}}, Response(3, None, (-32603, ""))),
    ],
)
def test_the_four_kinds(value: object, found: object) -> None:
    assert message.message(value) == found


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


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"a": "\\ud800"}', b"NaN", b"[" * 2000, b"1" * 5000])
def test_what_is_no_json_says_nothing_of_the_body(body: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        message.read(body)
    assert (caught.value.code, caught.value.text) == (-32700, "the body is not JSON")


@pytest.mark.parametrize(("depth", "fine"), [(100, True), (101, False)])
@pytest.mark.parametrize("pair", [(b"[", b"]"), (b'{"a":', b"}")])
def test_what_nests_too_deep_is_refused(depth: int, fine: bool, pair: tuple[bytes, bytes]) -> None:
    body = pair[0] * depth + b"1" + pair[1] * depth
    if fine:
        message.read(body)
    else:
        with pytest.raises(Malformed, match="100 levels"):
            message.read(body)


def test_many_small_arrays_are_not_deep() -> None:
    assert message.read(b"[" + b",".join([b"[]"] * 5000) + b"]") == [[]] * 5000


def test_integers_of_any_size_stay_what_they_are() -> None:
    assert message.read(b'{"id": 123456789012345678901234567890}') == {"id": 123456789012345678901234567890}
    assert message.encode({"id": 2**70}) == b'{"id":%d}' % 2**70


def test_responses_are_written_around_their_result() -> None:
    assert message.answered('a"', b'{"x":1}') == b'{"jsonrpc":"2.0","id":"a\\"","result":{"x":1}}'
    assert message.failed(None, -1, "no") == b'{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"no"}}'
    assert message.failed(1, -1, "no", [2]).endswith(b'"message":"no","data":[2]}}')


def test_an_event_is_one_line_of_data() -> None:
    assert message.event(message.encode({"a": "x\r\n\ny"})) == b'event: message\ndata: {"a":"x\\r\\n\\ny"}\n\n'


def test_half_a_pair_is_answered_all_the_same() -> None:
    """UTF-8 cannot hold it, and an answer that cannot be written would never come."""
    assert message.encode({"text": "a\ud800"}) == b'{"text":"a?"}'
