"""Parameters that two readers would read differently, and resources of others.

The attacks, what must happen, and where they are described:

- a parameter twice, also with one value: invalid_request (RFC 6749, 3.1 and 3.2; OAuth 2.1, 3.1)
- a parameter of the token request in the query: refused (RFC 6749, 3.2; OAuth 2.1, 3.2.2)
- a token in the query of an MCP request: refused (OAuth 2.1, 5.2; MCP, Token Usage)
- a body that is no form, or too large, or not text: refused (RFC 6749, 3.2)
- the resource of another server: invalid_target (RFC 8707, 2; MCP, Token Audience Binding)
- several resources: invalid_target (RFC 8707, 2)
- another resource at the token endpoint, or at a refresh: invalid_target (RFC 8707, 2.2)
- a GET of an endpoint that takes POST: 405 (RFC 6749, 3.2)
"""

from __future__ import annotations

import pytest
from support.login_scene import LOOPBACK, RESOURCE, Client, Scene, answer_of, refused

TWICE = ["client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method", "response_type", "scope"]


@pytest.mark.parametrize("name", TWICE)
@pytest.mark.parametrize("value", ["other", "same"])
def test_a_parameter_twice_is_refused(it: Scene, client: Client, name: str, value: str) -> None:
    url = client.request(scope="x")
    known = dict(one.split("=") for one in url.partition("?")[2].split("&"))
    given = known[name] if value == "same" else "other"
    page = it.browser().open(f"{url}&{name}={given}", until=LOOPBACK)
    assert not it.provider.asked
    if page.status == 302:
        assert name not in ("client_id", "redirect_uri"), "which of the two gets the answer?"
        assert answer_of(page)["error"] == "invalid_request"
    else:
        assert page.status == 400


@pytest.mark.parametrize("name", ["code", "client_id", "redirect_uri", "code_verifier", "grant_type"])
@pytest.mark.parametrize("value", ["other", "same"])
def test_a_parameter_twice_gets_no_token(it: Scene, client: Client, name: str, value: str) -> None:
    code = client.authorize(it.browser())["code"]
    said = {"grant_type": "authorization_code", "code": code, "redirect_uri": LOOPBACK, "client_id": client.id}
    said |= {"code_verifier": client.verifier}
    pairs = [*said.items(), (name, said[name] if value == "same" else "other")]
    body = "&".join(f"{key}={one}" for key, one in pairs)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    refused(it.http.post(it.metadata["token_endpoint"], content=body, headers=headers), "invalid_request")


def test_a_parameter_of_the_token_request_is_in_the_body(it: Scene, client: Client) -> None:
    """URLs are in logs and histories."""
    said = {"grant_type": "authorization_code", "redirect_uri": LOOPBACK, "client_id": client.id}
    code = client.authorize(it.browser())["code"]
    said |= {"code_verifier": client.verifier}
    endpoint = it.metadata["token_endpoint"]
    refused(it.http.post(endpoint, params={**said, "code": code}), "invalid_request")
    refused(it.http.post(endpoint, params={"code": code}, data=said), "invalid_request", "invalid_grant")
    refused(it.http.post(endpoint, params={"code": code}, data={**said, "code": code}), "invalid_request")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"grant_type": "authorization_code"}', "application/json"),
        (b"grant_type=authorization_code", "text/plain"),
        (b"grant_type=authorization_code", ""),
        (b"grant_type=refresh_token&refresh_token=%ff%fe", "application/x-www-form-urlencoded"),
        (b"grant_type=refresh_token&refresh_token=\xff", "application/x-www-form-urlencoded"),
        (b"", "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(1000)), "application/x-www-form-urlencoded"),
        (b"grant_type=refresh_token&refresh_token=" + b"a" * 20_000, "application/x-www-form-urlencoded"),
    ],
    ids=range(8),
)
def test_a_body_that_is_no_form_is_refused(it: Scene, content: bytes, kind: str) -> None:
    endpoint = it.metadata["token_endpoint"]
    answer = it.http.post(endpoint, content=content, headers={"content-type": kind} if kind else {})
    refused(answer, "invalid_request", "invalid_grant", "invalid_client", "unsupported_grant_type")


@pytest.mark.parametrize("path", ["token_endpoint", "registration_endpoint", "revocation_endpoint"])
def test_a_large_body_is_not_read(it: Scene, path: str) -> None:
    for kind in ("application/x-www-form-urlencoded", "application/json"):
        answer = it.http.post(it.metadata[path], content=b"a" * 2_000_000, headers={"content-type": kind})
        assert answer.status_code in (400, 413, 415)
        assert len(answer.content) < 2000


@pytest.mark.parametrize("path", ["token_endpoint", "registration_endpoint", "revocation_endpoint"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_only_post_changes_something(it: Scene, path: str, method: str) -> None:
    assert it.http.request(method, it.metadata[path]).status_code == 405


def test_a_token_in_a_url_is_no_token(it: Scene, client: Client) -> None:
    token = client.log_in()["access_token"]
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    for query in (f"access_token={token}", f"token={token}"):
        assert it.http.post(f"{RESOURCE}?{query}", json=body).status_code == 401
    form = {"access_token": token}
    assert it.http.post(RESOURCE, data=form).status_code in (401, 415)
    assert it.http.get(RESOURCE, headers={"cookie": f"access_token={token}"}).status_code == 401


# ----------------------------------------------------------------------------------------------------------- resource

OTHERS = [
    "https://other.bank.example/mcp",
    f"{RESOURCE}x",
    f"{RESOURCE}/../other",
    f"{RESOURCE}#x",
    f"{RESOURCE}?x=1",
    "http://mcp.bank.example/mcp",
    "https://mcp.bank.example:8443/mcp",
    "https://mcp.bank.example.evil.example/mcp",
    "https://user@mcp.bank.example/mcp",
    "mcp",
    "javascript:x",
]


@pytest.mark.parametrize("resource", OTHERS)
def test_the_resource_of_another_server_is_refused(it: Scene, client: Client, resource: str) -> None:
    said = answer_of(it.browser().open(client.request(resource=resource), until=LOOPBACK))
    assert said["error"] == "invalid_target"
    assert not it.provider.asked


@pytest.mark.parametrize("resource", OTHERS)
def test_a_code_gives_no_token_for_another_server(it: Scene, client: Client, resource: str) -> None:
    code = client.authorize(it.browser())["code"]
    refused(client.token(code=code, resource=resource), "invalid_target")


@pytest.mark.parametrize("resource", ["https://other.bank.example/mcp", "mcp"])
def test_a_refresh_gives_no_token_for_another_server(it: Scene, client: Client, resource: str) -> None:
    tokens = client.log_in()
    refused(client.refresh(tokens["refresh_token"], resource=resource), "invalid_target")


def test_several_resources_are_refused(it: Scene, client: Client) -> None:
    """A token for two servers could be used by either at the other."""
    url = client.request() + "&resource=https%3A%2F%2Fother.bank.example%2Fmcp"
    assert answer_of(it.browser().open(url, until=LOOPBACK))["error"] in ("invalid_target", "invalid_request")


def test_a_token_without_a_named_resource_is_for_this_server_alone(it: Scene, client: Client) -> None:
    """Clients of 2025-03-26 name none: there is one resource only."""
    answer = client.authorize(it.browser(), resource=None)
    tokens = client.token(code=answer["code"], resource=None).json()
    assert it.call(tokens["access_token"]).status_code == 200


def test_scopes_are_not_more_than_there_are(it: Scene, client: Client) -> None:
    """A scope that is not offered is refused or left out, and never given."""
    browser = it.browser()
    page = browser.open(client.request(scope="admin everything openid"), until=LOOPBACK)
    if page.status == 302:
        assert answer_of(page)["error"] == "invalid_scope"
        return
    answer = answer_of(browser.finish(page, LOOPBACK))
    granted = client.token(code=answer["code"]).json().get("scope", "").split()
    assert not {"admin", "everything"} & set(granted)
