"""Where a browser is sent with a code or an error.

The attacks, what must happen, and where they are described:

- a redirect URI that looks like the registered one: a page with the error; no redirect, no login (RFC 9700, 2.1 and
  4.1; OAuth 2.1, 4.1.3)
- another spelling of loopback: as above; only the port may differ (RFC 8252, 7.3 and 8.3; RFC 9700, 4.1.3)
- an error sent to a URI that is not registered: as above (RFC 9700, 4.11.2; RFC 6749, 4.1.2.1)
- a scheme that runs code, or no TLS: not registered (RFC 9700, 2.6; OAuth 2.1, 7.12.2; RFC 8252, 8.4)
- the identity provider's answer is led elsewhere: the server's own redirect URI, always (RFC 9700, 4.11)
- an open redirector of the server: only paths of its own (RFC 9700, 4.11)
"""

from __future__ import annotations

import pytest
from support.login_scene import BASE, LOOPBACK, WEB, Client, Scene, answer_of
from support.scripted_browser import Page


def shown(it: Scene, page: Page) -> None:
    """The browser stays here, with an error, and nobody is asked to log in."""
    assert page.status in (400, 403), (page.status, page.url)
    assert page.url.startswith(BASE)
    assert page.headers["content-type"].startswith("text/html")
    assert "location" not in page.headers
    assert not it.delivered
    assert not it.provider.asked


LIKE_IT = [
    "https://client.example/callback/",
    "https://client.example/callback2",
    "https://client.example/callback/../other",
    "https://client.example/callback/..;/other",
    "https://client.example/x/../callback",
    "https://client.example/./callback",
    "https://client.example//callback",
    "https://client.example/call%62ack",
    "https://client.example/callback%2f..%2fother",
    "https://client.example/callback%00",
    "https://client.example/callback\n",
    "https://client.example/callback ",
    " https://client.example/callback",
    "https://client.example/callback?",
    "https://client.example/callback?next=https://evil.example",
    "https://client.example/callback#",
    "https://client.example/callback#fragment",
    "https://client.example/Callback",
    "https://CLIENT.example/callback",
    "HTTPS://client.example/callback",
    "https://client.example:443/callback",
    "https://client.example:8443/callback",
    "https://client.example./callback",
    "https://client.example.evil.example/callback",
    "https://evil.client.example/callback",
    "https://evilclient.example/callback",
    "https://evil.example/https://client.example/callback",
    "https://client.example@evil.example/callback",
    "https://user@client.example/callback",
    "https://evil.example\\@client.example/callback",
    "https://client.example\\.evil.example/callback",
    "https:\\\\client.example\\callback",
    "https:/client.example/callback",
    "https:client.example/callback",
    "//client.example/callback",
    "/callback",
    "http://client.example/callback",
    "https://сlient.example/callback",  # a Cyrillic letter
    "https://xn--lient-0ye.example/callback",
    "https://client.example/callback%",
    "https://client。example/callback",
    "javascript:alert(1)//https://client.example/callback",
    "data:text/html,https://client.example/callback",
    "",
    None,
]


@pytest.mark.parametrize("redirect", LIKE_IT, ids=repr)
def test_a_redirect_uri_like_the_registered_one_is_another_one(it: Scene, redirect: str | None) -> None:
    client = it.client(WEB)
    page = it.browser().open(client.request(redirect_uri=redirect), until="https://never.example")
    if not redirect and page.status == 200:  # left out where there is one only: it is that one (RFC 6749, 3.1.2.3)
        assert "client.example" in page.words
        return
    shown(it, page)


LOOPBACKS = [
    "http://localhost:33418/callback",
    "http://[::1]:33418/callback",
    "http://127.0.0.2:33418/callback",
    "http://127.1:33418/callback",
    "http://2130706433:33418/callback",
    "http://0x7f000001:33418/callback",
    "http://0177.0.0.1:33418/callback",
    "http://[::ffff:127.0.0.1]:33418/callback",
    "http://0.0.0.0:33418/callback",
    "http://127.0.0.1.evil.example:33418/callback",
    "http://127.0.0.1:33418@evil.example/callback",
    "http://user@127.0.0.1:33418/callback",
    "http://127.0.0.1:33418/other",
    "http://127.0.0.1:33418/callback/",
    "http://127.0.0.1:33418/callback?x=1",
    "http://127.0.0.1:33418/callback#x",
    "http://127.0.0.1:99999/callback",
    "http://127.0.0.1:-1/callback",
    "http://127.0.0.1:80 /callback",
    "http://127.0.0.1:٣٣/callback",
    "https://127.0.0.1:33418/callback",
    "http:\\\\127.0.0.1:33418\\callback",
]


@pytest.mark.parametrize("redirect", LOOPBACKS, ids=repr)
def test_another_spelling_of_loopback_is_another_place(it: Scene, client: Client, redirect: str) -> None:
    shown(it, it.browser().open(client.request(redirect_uri=redirect), until="https://never.example"))


@pytest.mark.parametrize(
    ("registered", "asked"),
    [
        ("http://127.0.0.1:33418/callback", "http://127.0.0.1:50123/callback"),
        ("http://127.0.0.1/callback", "http://127.0.0.1:50123/callback"),
        ("http://[::1]:33418/callback", "http://[::1]:50123/callback"),
        ("http://localhost:33418/callback", "http://localhost:50123/callback"),
    ],
)
def test_the_port_of_loopback_may_differ(it: Scene, registered: str, asked: str) -> None:
    """RFC 8252, 7.3: the honest counterpart. The code is bound to the port that was asked for."""
    client = it.client(registered)
    client.redirect = asked
    assert it.call(client.log_in()["access_token"]).status_code == 200


def test_the_port_of_other_hosts_may_not_differ(it: Scene) -> None:
    client = it.client("https://client.example:8443/callback")
    url = client.request(redirect_uri="https://client.example:9443/callback")
    shown(it, it.browser().open(url, until="https://never.example"))


@pytest.mark.parametrize(
    "changes",
    [{"response_type": "token"}, {"code_challenge": None}, {"resource": "https://x.example/mcp"}, {"scope": "\x00"}],
    ids=str,
)
def test_an_error_goes_nowhere_else_either(it: Scene, client: Client, changes: dict[str, str | None]) -> None:
    """The redirect URI is checked before anything is answered to it."""
    url = client.request(redirect_uri="https://evil.example/", **changes)
    shown(it, it.browser().open(url, until="https://never.example"))


@pytest.mark.parametrize("id", ["", "unknown", "../../etc/passwd", "x" * 5000, "https://127.0.0.1/client.json", "💥"])
def test_an_unknown_client_gets_no_redirect(it: Scene, client: Client, id: str) -> None:
    shown(it, it.browser().open(client.request(client_id=id), until="https://never.example"))


@pytest.mark.parametrize(
    "redirect",
    [
        "javascript:alert(1)",
        "javascript://client.example/%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "blob:https://client.example/x",
        "file:///etc/passwd",
        "about:blank",
        "view-source:https://client.example/",
        "http://client.example/callback",
        "http://192.168.1.1/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://127.1/callback",
        "ftp://client.example/callback",
        "ws://client.example/callback",
        "https://client.example/callback#fragment",
        "https://user:pass@client.example/callback",
        "https://*.client.example/callback",
        "https://client.example/*",
        "https://client.example\\@evil.example/callback",
        "https://сlient.example/callback",
        "https://client.example/callback\r\nSet-Cookie: a=b",
        "https:///callback",
        "https://",
        "/callback",
        "callback",
        "",
        "https://client.example/" + "a" * 5000,
    ],
    ids=lambda one: repr(one)[:50],
)
def test_a_redirect_uri_that_can_harm_is_not_registered(it: Scene, redirect: str) -> None:
    for uris in ([redirect], [WEB, redirect]):
        answer = it.register(redirect_uris=uris)
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"] in ("invalid_redirect_uri", "invalid_client_metadata")


def test_the_identity_provider_answers_to_this_server_only(it: Scene, client: Client) -> None:
    """Nothing that a client sends changes where the provider's code goes."""
    client.authorize(it.browser())
    assert {asked["redirect_uri"] for asked in it.provider.asked} == {f"{BASE}/login/callback"}


@pytest.mark.parametrize(
    "path",
    [
        "/login/callback?code=x&state=https://evil.example/",
        "/login/callback?error=access_denied&state=x&redirect_uri=https://evil.example/",
        "/login/start?back=https://evil.example/",
        "/login/?back=//evil.example/",
        "/login/logout?back=https://evil.example/",
        "/oauth/authorize?redirect_uri=https://evil.example/",
    ],
)
def test_the_server_is_no_open_redirector(it: Scene, path: str) -> None:
    answer = it.http.get(BASE + path)
    assert answer.status_code not in (301, 303, 307, 308)
    assert not answer.headers.get("location", "/").startswith(("https://evil", "//", "http://evil"))
    assert "refresh" not in answer.headers


def test_the_answer_names_its_issuer_also_with_an_error(it: Scene, client: Client) -> None:
    """RFC 9207, 2: clients tell authorization servers apart by it (mix-up)."""
    assert it.metadata["authorization_response_iss_parameter_supported"] is True
    said = answer_of(it.browser().open(client.request(response_type="token"), until=LOOPBACK))
    assert said["iss"] == it.metadata["issuer"] == BASE


APPS = [
    "cursor://anysphere.cursor-deeplink/mcp/install?name=bank&config=e30",
    "cursor://anysphere.cursor-mcp.evil/oauth/callback",
    "CURSOR://anysphere.cursor-deeplink/mcp/install",
    "vscode:mcp/install?x",
    "vscode://file/etc/passwd",
    "vscode://vscode.git/clone?url=https://evil.example/r.git",
    "vscode://VSCODE.git/clone?url=https://evil.example/r.git",
    "vscode-insiders://vscode%2egit/clone?url=https://evil.example/r.git",
    "windsurf://settings/x",
    "warp://action/new_tab?path=/",
    "x-apple.systempreferences:com.apple.preference.security",
    "ms-settings.x:privacy",
]


@pytest.mark.parametrize("redirect", APPS, ids=repr)
def test_a_link_of_this_server_gives_an_app_no_command(it: Scene, redirect: str) -> None:
    assert it.register(redirect_uris=[redirect]).json()["error"] == "invalid_redirect_uri"


@pytest.mark.parametrize(
    "redirect",
    [
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "vscode://vscode.github-authentication/did-authenticate",
        "com.example.app:/callback",
        "https://localhost.:8000/callback",
        "https://127.0.0.2/callback",
    ],
)
def test_without_a_person_nobody_is_sent_to_an_app(it: Scene, redirect: str) -> None:
    page = it.browser().open(it.client(redirect).request(prompt="none"), until=redirect)
    assert page.status == 400
    assert page.url.startswith(BASE)
    assert not it.delivered


def test_who_decides_sees_what_an_app_is_told(it: Scene) -> None:
    redirect = "com.example.app:/do/something?now=1"
    page = it.browser().open(it.client(redirect).request(), until=redirect)
    assert page.forms
    assert redirect in page.words
