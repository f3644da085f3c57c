"""Hosts and origins."""

from __future__ import annotations

import pytest

from adaptgen.transports.streamable_http.header_checks import Guard


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        "127.0.0.1.evil.example:8000",
        "localhost.evil.example",
        "evil.example:80/localhost",
        "localhost@evil.example",
        "evil.example#localhost",
        "localhost:x",
        "[::1",
        "one:82",
        "127.0.0.1, evil.example",
    ],
)
def test_every_other_host(host: str | None) -> None:
    assert not Guard(hosts=("mcp.bank.example", "one:81")).host(host)


@pytest.mark.parametrize(
    ("origin", "fine"),
    [
        (None, True),
        ("http://localhost:5173", True),
        ("http://127.0.0.1", True),
        ("https://[::1]:3", True),
        ("https://app.example", True),
        ("https://APP.example", True),
        ("https://app.example:444", False),
        ("http://app.example", False),
        ("https://evil.example", False),
        ("http://localhost.evil.example", False),
        ("null", False),
        ("", False),
        ("file://localhost", False),
        ("http://[", False),
    ],
)
def test_origins(origin: str | None, fine: bool) -> None:
    assert Guard(origins=("https://app.example/",)).origin(origin) is fine
