"""Where codes may be sent (RFC 6749, 3.1.2; RFC 8252; OAuth 2.1, 2.3)."""

from __future__ import annotations

import pytest

from adaptgen.web.oauth.redirects import find_problem, host_of, is_assured, matches


@pytest.mark.parametrize(
    "uri",
    [
        "https://claude.ai/api/mcp/auth_callback",
        "https://client.example:8443/cb?x=1",
        "http://127.0.0.1/cb",
        "http://127.0.0.1:33418/",
        "http://[::1]:9/cb",
        "http://localhost:6274/oauth/callback",
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "com.example.app:/callback",
        "vscode://publisher.extension/cb",
    ],
)
def test_a_code_may_go_there(uri: str) -> None:
    assert find_problem(uri) is None


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


def test_settings_limit_hosts_and_schemes_but_not_loopback() -> None:
    allowed = ("client.example", "cursor")
    assert find_problem("https://client.example/cb", allowed) is None
    assert find_problem("cursor://anysphere.cursor-mcp/oauth/callback", allowed) is None
    assert find_problem("http://127.0.0.1:1/cb", allowed) is None
    assert find_problem("https://evil.client.example/cb", allowed)
    assert find_problem("vscode://publisher.extension/cb", allowed)


def test_settings_may_name_the_scheme_of_an_app_that_is_not_known_here() -> None:
    assert find_problem("bankapp://oauth/callback", ("bankapp",)) is None
    assert find_problem("bankapp://oauth/callback")
    assert find_problem("otherapp://oauth/callback", ("bankapp",))
    for scheme in ("javascript", "data", "file", "blob", "vbscript"):
        assert find_problem(f"{scheme}:alert(1)", (scheme,))


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


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.2",
        "localhost.",
        "app.localhost",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "127.1",
        "2130706433",
        "[::]",
        "LOCALHOST",
    ],
)
def test_no_spelling_of_this_machine_is_another_party(host: str) -> None:
    assert not is_assured(f"https://{host}/cb")
