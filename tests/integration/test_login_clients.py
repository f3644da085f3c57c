"""Real MCP clients log in at a company's identity provider through the proxy, with nothing configured but its URL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from support import login_places
from support.certificates import serving
from support.login_clients import (
    CLIENTS,
    ClientFailed,
    LoginClient,
    NewTypeScriptClient,
    OldPythonClient,
    PythonClient,
    TypeScriptClient,
)
from support.login_places import ACCESS, KINDS, Company, Place
from support.services import Unavailable

pytestmark = [pytest.mark.slow, pytest.mark.network, pytest.mark.timeout(300)]

RUNNING = [PythonClient, OldPythonClient, TypeScriptClient, NewTypeScriptClient]
"""Clients that go on running between calls. ``mcp-remote`` 0.15.1 is none of them: when several calls are refused at
once, it renames its own files away under its feet."""
LATEST = 6.0
"""Seconds after which a token that was revoked counts at no replica."""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    try:
        with login_places.company(tmp_path_factory.mktemp("company")) as made:
            yield made
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module", params=KINDS)
def place(request: pytest.FixtureRequest, company: Company) -> Iterator[Place]:
    try:
        with login_places.place(request.param, company) as made:
            yield made
    except Unavailable as reason:
        pytest.skip(str(reason))


def refused(client: LoginClient, tool: str) -> bool:
    """Whether a call is not done."""
    try:
        return bool(client.call(tool, {"number": 7})["error"])
    except ClientFailed:
        return True


@pytest.mark.parametrize("kind", CLIENTS, ids=[one.name for one in CLIENTS])
def test_a_client_logs_in_lists_calls_refreshes_and_logs_out(
    place: Place, kind: type[LoginClient], tmp_path: Path
) -> None:
    idp, person = place.company.idp, f"{kind.name}.{place.kind}"
    idp.person(person, groups=["support"], tenant="acme", name="Ann Lee")
    with (
        place.company.browser(person) as browser,
        kind(place.url, tmp_path, browser, clock=place.company.clock) as client,
    ):
        client.connect()
        assert client.tools() == ["desk__read_case"]
        assert client.call("desk__read_case", {"number": 7}) == {"text": "case 7", "error": False}
        assert client.logins == 1
        first = client.tokens()
        assert first["expires_in"] <= ACCESS

        idp.person(person, groups=["support", "lead"])
        assert refused(client, "desk__close_case")
        place.company.advance(ACCESS + 30)
        assert not place.accepts(first["access_token"])
        assert client.call("desk__close_case", {"number": 7}) == {"text": "closed 7", "error": False}
        assert client.logins == 1
        second = client.tokens()
        assert first["refresh_token"] != second["refresh_token"]
        assert place.accepts(second["access_token"])

        client.log_out()
        if kind is PythonClient:  # the same for all, and it may take seconds
            took = place.ends(second["access_token"])
            print(f"{place.kind}: access ended {took:.2f} s after the log-out")
            assert took < LATEST
        place.company.advance(ACCESS + 30)
        assert client.call("desk__read_case", {"number": 8}) == {"text": "case 8", "error": False}
        assert client.logins == 2
        said = place.said()
        assert f'"{person}"'.encode() in said
        for tokens in (first, second, client.tokens()):
            assert not any(tokens[name].encode() in said for name in ("access_token", "refresh_token"))
    if place.kind != "process":
        assert min(place.served.values()) > 1


@pytest.mark.parametrize("kind", CLIENTS, ids=[one.name for one in CLIENTS])
def test_a_client_that_has_a_document_registers_nothing(place: Place, kind: type[LoginClient], tmp_path: Path) -> None:
    """Client ID Metadata Documents: the URL of the document is the client's id, and a port of loopback is free."""
    company, person = place.company, f"{kind.name}.document.{place.kind}"
    company.idp.person(person, groups=["support"], tenant="acme")
    documents: dict[str, object] = {}
    with serving(company.certificate, documents) as base, company.browser(person) as browser:
        document = f"{base}/clients/{kind.name}.json"
        documents[f"/clients/{kind.name}.json"] = {
            "client_id": document,
            "client_name": "A client with a document",
            "redirect_uris": [f"http://127.0.0.1{kind.redirect}"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        }
        with kind(place.url, tmp_path, browser, clock=company.clock, metadata=document) as client:
            client.connect()
            assert client.tools() == ["desk__read_case"]
            assert parse_qs(urlsplit(client.asked[0]).query)["client_id"] == [document]
            company.advance(ACCESS + 30)
            assert client.call("desk__read_case", {"number": 7}) == {"text": "case 7", "error": False}
            assert client.logins == 1


@pytest.mark.parametrize("kind", RUNNING, ids=[one.name for one in RUNNING])
def test_calls_that_refresh_at_once_end_no_login(place: Place, kind: type[LoginClient], tmp_path: Path) -> None:
    """Some clients refresh for each call that was refused, with one refresh token, at several replicas."""
    company, person = place.company, f"{kind.name}.at-once.{place.kind}"
    company.idp.person(person, groups=["support"], tenant="acme")
    with (
        company.browser(person) as browser,
        kind(place.url, tmp_path, browser, clock=company.clock) as client,
    ):
        client.connect()
        assert client.tools() == ["desk__read_case"]
        for turn in range(3):
            company.advance(ACCESS + 30)
            given = [{"number": number} for number in range(10)]
            found = client.call_at_once("desk__read_case", given)
            assert found == [{"text": f"case {number}", "error": False} for number in range(10)], turn
        assert client.logins == 1


@pytest.mark.parametrize("kind", [PythonClient, TypeScriptClient], ids=["python-2", "typescript"])
def test_a_provider_that_does_only_what_the_standard_demands(
    company: Company, kind: type[LoginClient], tmp_path: Path
) -> None:
    """Claims at userinfo alone, its own consent, and refresh tokens for nothing but ``prompt=consent`` (OpenID Connect
    Core, 5.4 and 11)."""
    person = f"{kind.name}.strict"
    company.idp.person(person, groups=["support"], tenant="acme", name="Ann Lee")
    company.idp.set(thin=True, consent=True, strict_offline=True)
    try:
        with (
            login_places.place("process", company, f"strict-{kind.name}", claims="userinfo") as strict,
            company.browser(person) as browser,
            kind(strict.url, tmp_path, browser, clock=company.clock) as client,
        ):
            client.connect()
            assert client.tools() == ["desk__read_case"]
            company.idp.person(person, groups=["lead"])
            company.advance(ACCESS + 30)
            assert client.call("desk__close_case", {"number": 7}) == {"text": "closed 7", "error": False}
            assert refused(client, "desk__read_case")
            assert client.logins == 1
            company.idp.forget(person)
            company.advance(ACCESS + 30)
            with pytest.raises((ClientFailed, AssertionError)):
                client.call("desk__close_case", {"number": 7})
            assert client.logins == 1
    finally:
        company.idp.set(thin=False, consent=False, strict_offline=False)


@pytest.mark.parametrize("kind", [PythonClient, TypeScriptClient], ids=["python-2", "typescript"])
def test_a_load_balancer_chooses_by_a_path_and_leaves_it(
    company: Company, kind: type[LoginClient], tmp_path: Path
) -> None:
    person = f"{kind.name}.below"
    company.idp.person(person, groups=["support"], tenant="acme")
    with (
        login_places.place("below", company, f"below-{kind.name}") as below,
        company.browser(person) as browser,
        kind(below.url, tmp_path, browser, clock=company.clock) as client,
    ):
        client.connect()
        assert client.call("desk__read_case", {"number": 7}) == {"text": "case 7", "error": False}
        company.advance(ACCESS + 30)
        assert client.call("desk__read_case", {"number": 8}) == {"text": "case 8", "error": False}
        assert client.logins == 1


def test_a_server_without_a_proxy_serves_its_own_login(company: Company, tmp_path: Path) -> None:
    company.idp.person("embedded", groups=["support"], tenant="acme")
    with (
        login_places.place("embedded", company) as embedded,
        company.browser("embedded") as browser,
        TypeScriptClient(embedded.url, tmp_path, browser) as client,
    ):
        client.connect()
        assert client.logins == 1
        found = client.call("list_customers", {"limit": 3})
        assert len(json.loads(found["text"])["items"]) == 3
        client.log_out()
        company.advance(ACCESS + 30)
        client.call("list_customers", {"limit": 1})
        assert client.logins == 2
