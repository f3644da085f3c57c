"""Clients that introduce themselves, and the metadata of the server.

The attacks, what must happen, and where they are described:

- a flood of registrations: 429 with Retry-After, and the state does not grow with clients (RFC 7591, 5; MCP)
- huge or nested registrations: refused before they are understood (RFC 7591, 5)
- a client that chooses its own id, or a secret: it gets another one (RFC 7591, 3.1; RFC 9700, 4.15)
- a registration that was tightened since: the settings of today count (RFC 7591, 5)
- a client that pretends to have a secret, or has a wrong one: refused (RFC 6749, 2.3 and 10.1)
- Host and X-Forwarded headers of an attacker: the issuer stays (RFC 8414, 6.2; RFC 9700, 4.13)
- metadata of another issuer below the same host: 404 (RFC 8414, 3.3)
- scripts of any origin at pages of people: no CORS (RFC 9700, 2.6)
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from support.login_scene import BASE, LOOPBACK, WEB, Client, Scene, challenge, refused, scene

from adaptgen.runtime.store.protocol import MemoryStore


def rows(store: MemoryStore) -> int:
    """How many keys the shared state has."""
    return len(store._values) if hasattr(store, "_values") else store._held()


def test_a_flood_of_registrations_is_stopped_and_leaves_nothing(tmp_path: Path) -> None:
    with scene(tmp_path, login={"registrations": "20/m"}) as it:
        before = rows(it.store)
        got = [it.register(redirect_uris=[WEB], client_name=f"client {n}") for n in range(60)]
        codes = [one.status_code for one in got]
        assert codes.count(201) in range(15, 31)
        assert set(codes) == {201, 429}
        stopped = got[-1]
        assert int(stopped.headers["retry-after"]) >= 1
        assert "client_id" not in stopped.text
        assert rows(it.store) - before <= 1, "the rate, and nothing for a client"


def test_requests_for_codes_leave_nothing_either(it: Scene, client: Client) -> None:
    """RFC 6819, 4.4.1.11: anybody can send them."""
    it.browser().open(client.request(), until=LOOPBACK)
    before = rows(it.store)
    for _ in range(8):
        it.browser().open(client.request(), until=it.provider.url)
    assert rows(it.store) - before <= 1


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 50_000,
        b'{"redirect_uris": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        json.dumps({"redirect_uris": [WEB], "client_name": "a" * 200_000}).encode(),
        json.dumps({"redirect_uris": [f"https://a{n}.example/" for n in range(5000)]}).encode(),
        json.dumps({"redirect_uris": [WEB], **{f"x{n}": n for n in range(20_000)}}).encode(),
        b'{"redirect_uris": ["https://a.example/"]}{"a": 1}',
        b"\xff\xfe",
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"{}",
        json.dumps({"redirect_uris": WEB}).encode(),
        json.dumps({"redirect_uris": [7]}).encode(),
        json.dumps({"redirect_uris": [None]}).encode(),
        json.dumps({"redirect_uris": {"a": WEB}}).encode(),
        b'{"redirect_uris": ["https://a.example/\\ud800"]}',
        b'{"redirect_uris": ["https://a.example/"], "grant_types": "authorization_code"}',
        b'{"redirect_uris": ["https://a.example/"], "grant_types": ["implicit"], "response_types": ["token"]}',
        b'{"redirect_uris": ["https://a.example/"], "token_endpoint_auth_method": "client_secret_jwt"}',
        b'{"redirect_uris": ["https://a.example/"], "token_endpoint_auth_method": 7}',
    ],
    ids=range(21),
)
def test_a_registration_that_is_none(it: Scene, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = it.http.post(it.metadata["registration_endpoint"], content=body, headers=headers)
    assert answer.status_code in (400, 413), answer.text[:200]
    assert len(answer.content) < 1000
    if answer.status_code == 400 and answer.headers["content-type"].startswith("application/json"):
        assert "client_id" not in answer.json()


def test_a_client_chooses_neither_id_nor_secret(it: Scene) -> None:
    """RFC 9700, 4.15: an id that looks like a person could be taken for one."""
    wanted = {"client_id": "ann", "client_secret": "chosen", "registration_access_token": "x", "sub": "ann"}
    wanted |= {"software_statement": "eyJhbGciOiJub25lIn0.e30.", "client_id_issued_at": 1}
    answer = it.register(redirect_uris=[WEB], token_endpoint_auth_method="client_secret_post", **wanted).json()
    assert answer["client_id"] != "ann"
    assert not answer["client_id"].startswith("http"), "an id that is a URL is that of a document (CIMD, 6.8)"
    assert answer["client_secret"] != "chosen"
    assert len(answer["client_secret"]) >= 32
    assert "registration_access_token" not in answer


def test_two_registrations_are_two_clients(it: Scene) -> None:
    ids = {it.client().id for _ in range(3)}
    assert len(ids) == 3


def test_a_client_with_a_secret_needs_it(it: Scene) -> None:
    registered = it.register(redirect_uris=[LOOPBACK], token_endpoint_auth_method="client_secret_basic").json()
    client = Client(it, registered["client_id"], LOOPBACK)
    secret = registered["client_secret"]
    endpoint = it.metadata["token_endpoint"]
    code = client.authorize(it.browser())["code"]
    for wrong in ({}, {"client_secret": ""}, {"client_secret": secret[:-1]}, {"client_secret": secret + "x"}):
        refused(client.token(code=code, **wrong), "invalid_client")
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": LOOPBACK}
    form |= {"code_verifier": client.verifier}
    other = it.register(redirect_uris=[LOOPBACK], token_endpoint_auth_method="client_secret_basic").json()
    for id, word in ((client.id, "x"), (client.id, other["client_secret"]), (other["client_id"], secret)):
        given = "Basic " + base64.b64encode(f"{id}:{word}".encode()).decode()
        refused(it.http.post(endpoint, data=form, headers={"authorization": given}))
    given = "Basic " + base64.b64encode(f"{client.id}:{secret}".encode()).decode()
    both = it.http.post(endpoint, data={**form, "client_secret": secret}, headers={"authorization": given})
    refused(both, "invalid_request", "invalid_client")
    assert it.http.post(endpoint, data=form, headers={"authorization": given}).status_code == 200


def test_a_client_without_a_secret_has_none(it: Scene, client: Client) -> None:
    code = client.authorize(it.browser())["code"]
    refused(client.token(code=code, client_secret="guess"), "invalid_client", "invalid_request")


@pytest.mark.parametrize("now", [{"redirects": ["trusted.example"]}, {"clients": ["metadata"]}], ids=str)
def test_the_settings_of_today_count_for_clients_of_yesterday(tmp_path: Path, now: dict[str, Any]) -> None:
    """The id is what was registered, sealed: it lives longer than the settings."""
    for name in ("before", "after"):
        (tmp_path / name).mkdir()
    with scene(tmp_path / "before") as it:
        id = it.client(WEB).id
    with scene(tmp_path / "after", login=now) as it:
        query = {
            "response_type": "code", "client_id": id, "redirect_uri": WEB, "state": "x",
            "code_challenge": challenge("v" * 43), "code_challenge_method": "S256",
        }  # fmt: skip
        answer = it.http.get(it.metadata["authorization_endpoint"], params=query)
        assert answer.status_code == 400, answer.headers
        assert not it.provider.asked


# ----------------------------------------------------------------------------------------------------------- metadata


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "mcp.bank.example.evil.example"},
        {"host": "mcp.bank.example@evil.example"},
        {"host": "evil.example:443"},
        {"x-forwarded-host": "evil.example"},
        {"x-forwarded-host": "evil.example", "x-forwarded-proto": "http", "x-forwarded-port": "80"},
        {"forwarded": "host=evil.example;proto=http"},
        {"x-original-url": "/evil", "x-rewrite-url": "/evil", "x-host": "evil.example"},
    ],
    ids=str,
)
def test_headers_do_not_change_the_issuer(it: Scene, client: Client, headers: dict[str, str]) -> None:
    known = it.discover()
    for path in ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"):
        answer = it.http.get(BASE + path, headers=headers)
        assert "evil" not in answer.text
        assert answer.status_code in (200, 400, 403, 421)
    assert "evil" not in it.http.get(f"{BASE}/.well-known/oauth-protected-resource", headers=headers).text
    page = it.http.get(client.request(), headers=headers)
    assert "evil" not in page.text + page.headers.get("location", "")
    assert "evil" not in it.call(None).headers["www-authenticate"]
    assert it.discover() == known


def test_metadata_says_what_protects(it: Scene) -> None:
    said = it.metadata
    assert said["issuer"] == BASE
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert said["response_types_supported"] == ["code"]
    assert "none" not in said.get("id_token_signing_alg_values_supported", [])
    assert not {"implicit", "password"} & set(said["grant_types_supported"])
    for name, url in said.items():
        if name.endswith("_endpoint"):
            assert url.startswith(f"{BASE}/oauth/"), name
    protected = it.http.get(f"{BASE}/.well-known/oauth-protected-resource").json()
    assert protected["authorization_servers"][0] == BASE
    assert protected["resource"] == f"{BASE}/mcp"


@pytest.mark.parametrize("path", ["/other", "/../x", "/mcp/x"])
def test_there_is_no_metadata_of_another_issuer(it: Scene, path: str) -> None:
    answer = it.http.get(f"{BASE}/.well-known/oauth-authorization-server{path}")
    assert answer.status_code == 404 or answer.json()["issuer"] == BASE


def test_a_server_with_a_path_has_its_own_issuer(tmp_path: Path) -> None:
    """Proxies below one host: everything of this one begins with its path, and the cookies are its own."""
    base = "https://mcp.bank.example/front"
    with scene(tmp_path, base=base) as it:
        said = it.metadata
        assert said["issuer"] == base
        assert all(url.startswith(f"{base}/oauth/") for name, url in said.items() if name.endswith("_endpoint"))
        assert it.http.get(f"{BASE}/.well-known/oauth-protected-resource/front/mcp").json()["resource"] == f"{base}/mcp"
        client, browser = it.client(), it.browser()
        assert it.call(client.log_in(browser)["access_token"]).status_code == 200
        assert {one["redirect_uri"] for one in it.provider.asked} == {f"{base}/login/callback"}


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://mcp.bank.example.evil.example"])
def test_scripts_of_other_origins_read_no_page_of_people(it: Scene, client: Client, origin: str) -> None:
    """RFC 9700, 2.6: CORS must not be supported at the authorization endpoint."""
    headers = {"origin": origin}
    for url in (client.request(), f"{BASE}/login/callback?code=x&state=y", f"{BASE}/login/out", f"{BASE}/connections"):
        for method in ("GET", "POST", "OPTIONS"):
            answer = it.http.request(method, url, headers=headers)
            assert "access-control-allow-origin" not in answer.headers, (method, url, answer.status_code)
            assert "access-control-allow-credentials" not in answer.headers
    for name in ("token_endpoint", "registration_endpoint"):
        answer = it.http.options(it.metadata[name], headers={**headers, "access-control-request-method": "POST"})
        assert answer.status_code in (200, 204)
        assert "access-control-allow-credentials" not in answer.headers
