"""Where codes may be sent (RFC 6749, 3.1.2; RFC 8252; OAuth 2.1, 2.3)."""

from __future__ import annotations

import pytest

from adaptgen.web.oauth.redirects import find_problem, host_of, is_assured, matches


@pytest.mark.parametrize(
    "uri",
    [
        "http://client.example/cb",
        "http://10.0.0.1/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://localhost.evil.example/cb",
        "https://client.example/cb#fragment",
        "https://client.example/cb#",
        "https://user:secret@client.example/cb",
        "https://client.example@evil.example/cb",
        "https://*.client.example/cb",
        "https://client.example/*",
        "https://client.example\\@evil.example/cb",
        "https://client.example/\ncb",
        "https://client.example/ cb",
        "https://clïent.example/cb",
        "https:///cb",
        "https://client.example:99999/cb",
        "//client.example/cb",
        "/cb",
        "",
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "about:blank",
        "blob:https://client.example/1",
        "ms-word:ofe",
        "unknown://callback",
        "com.example.app:",
        "cursor://",
        "https://client.example/" + "x" * 1000,
    ],
)
def test_no_code_goes_there(uri: str) -> None:
    assert find_problem(uri) is not None


@pytest.mark.parametrize(
    ("uri", "registered", "same"),
    [
        ("https://client.example/cb", "https://client.example/cb", True),
        ("https://client.example/cb/", "https://client.example/cb", False),
        ("https://client.example/cb?x=1", "https://client.example/cb", False),
        ("https://client.example/CB", "https://client.example/cb", False),
        ("https://client.example:444/cb", "https://client.example/cb", False),
        ("http://127.0.0.1:5000/cb", "http://127.0.0.1/cb", True),
        ("http://127.0.0.1:5000/cb", "http://127.0.0.1:4000/cb", True),
        ("http://[::1]:5000/cb", "http://[::1]/cb", True),
        ("http://localhost:5000/cb", "http://localhost/cb", True),
        ("http://127.0.0.1:5000/other", "http://127.0.0.1/cb", False),
        ("http://127.0.0.1:5000/cb?x=1", "http://127.0.0.1/cb", False),
        ("http://localhost:5000/cb", "http://127.0.0.1/cb", False),
        ("http://127.0.0.1:5000@evil.example/cb", "http://127.0.0.1/cb", False),
        ("http://127.0.0.1.evil.example/cb", "http://127.0.0.1/cb", False),
        ("http://127.0.0.1:99999/cb", "http://127.0.0.1/cb", False),
        ("http://127.0.0.1:5000", "http://127.0.0.1", True),
        ("https://127.0.0.1:5000/cb", "https://127.0.0.1/cb", False),
        ("cursor://anysphere.cursor-mcp/x", "cursor://anysphere.cursor-mcp/oauth/callback", False),
    ],
)
def test_a_request_uses_what_was_registered(uri: str, registered: str, same: bool) -> None:
    assert matches(uri, [registered]) is same


def test_only_https_beyond_this_machine_reaches_one_party() -> None:
    assert is_assured("https://client.example/cb")
    assert not is_assured("https://localhost/cb")
    assert not is_assured("http://127.0.0.1/cb")
    assert not is_assured("cursor://anysphere.cursor-mcp/oauth/callback")
    assert host_of("https://client.example:444/cb") == "client.example:444"
    assert host_of("cursor://anysphere.cursor-mcp/x") == "cursor:"
