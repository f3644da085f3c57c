"""Listening on loopback and nowhere else."""

from __future__ import annotations

import socket

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.transports import address


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("127.0.0.1:8000", ("127.0.0.1", 8000)),
        ("localhost:0", ("127.0.0.1", 0)),
        ("8123", ("127.0.0.1", 8123)),
        ("[::1]:8000", ("::1", 8000)),
        ("127.9.9.9:1", ("127.9.9.9", 1)),
    ],
)
def test_loopback_is_taken(text: str, parsed: tuple[str, int]) -> None:
    assert address.parse(text) == parsed


@pytest.mark.parametrize(
    "text", ["0.0.0.0:80", ":80", "[::]:80", "example.com:80", "10.0.0.1:80", "127.0.0.1.evil.example:80", "127.1:80"]
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(AdaptgenError, match=r"AG062.*loopback") as caught:
        address.parse(text)
    assert "127.0.0.1:8000" in caught.value.diagnostics[0].help


@pytest.mark.parametrize("text", ["example.com:80", ":80", "0.0.0.0", "0.0.0.0:x"])
def test_but_an_address_it_must_be(text: str) -> None:
    with pytest.raises(AdaptgenError, match="AG062") as caught:
        address.parse(text, governed=True)
    assert "0.0.0.0:8000" in caught.value.diagnostics[0].help


def test_accepted_connections_can_send_without_delay() -> None:
    with address.listening("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
        assert address.url(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
