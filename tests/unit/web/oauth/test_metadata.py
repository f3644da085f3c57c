"""What the authorization server says of itself, at every place where clients look."""

from __future__ import annotations

from pathlib import Path

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from support.idp import Idp
from support.logins import BASE, Site, site
from support.oauth_clients import json_of, send

pytestmark = pytest.mark.asyncio

WELL_KNOWN = "/.well-known/oauth-authorization-server"
PROTECTED = "/.well-known/oauth-protected-resource"
OPENID = "/.well-known/openid-configuration"


async def test_the_metadata_are_valid_and_complete(bank: Site) -> None:
    document = json_of(await send(bank, "GET", WELL_KNOWN))
    AuthorizationServerMetadata(document).validate()
    assert document["issuer"] == BASE
    assert document["authorization_endpoint"] == f"{BASE}/oauth/authorize"
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["authorization_response_iss_parameter_supported"] is True
    assert document["client_id_metadata_document_supported"] is True
    assert document["registration_endpoint"] == f"{BASE}/oauth/register"
    assert "offline_access" in document["scopes_supported"]


@pytest.mark.parametrize("path", [OPENID, f"{OPENID}/mcp", f"/mcp{OPENID}", f"{WELL_KNOWN}/mcp"])
async def test_clients_find_it_at_other_places(bank: Site, path: str) -> None:
    document = json_of(await send(bank, "GET", path))
    assert document["issuer"] == BASE


async def test_discovery_has_what_openid_requires_and_promises_no_id_token(bank: Site) -> None:
    document = json_of(await send(bank, "GET", OPENID))
    assert document["subject_types_supported"] == ["public"]
    assert document["id_token_signing_alg_values_supported"] == []
    assert "openid" not in document["scopes_supported"]
    keys = json_of(await send(bank, "GET", document["jwks_uri"].removeprefix(BASE)))
    assert keys == {"keys": []}


@pytest.mark.parametrize("path", [PROTECTED, f"{PROTECTED}/mcp", WELL_KNOWN, OPENID, "/oauth/register", "/oauth/token"])
async def test_a_client_in_a_browser_may_ask(bank: Site, path: str) -> None:
    """It sends a header of MCP with each request, so the browser asks first (Fetch, CORS-preflight)."""
    asked = {"access-control-request-method": "GET", "access-control-request-headers": "mcp-protocol-version"}
    answer = await send(bank, "OPTIONS", path, headers={"origin": "http://localhost:6274", **asked})
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "http://localhost:6274"
    assert "*" in answer.headers["access-control-allow-headers"]


async def test_a_browser_does_not_take_what_another_origin_got(bank: Site) -> None:
    answer = await send(bank, "GET", WELL_KNOWN)
    assert "max-age" in answer.headers["cache-control"]
    assert answer.headers["vary"] == "origin"


async def test_the_resource_names_this_server_first(bank: Site) -> None:
    found = json_of(await send(bank, "GET", "/.well-known/oauth-protected-resource/mcp"))
    assert found["authorization_servers"] == [BASE, bank.idp.url]


async def test_what_is_switched_off_is_not_offered(tmp_path: Path, idp: Idp) -> None:
    async with site(tmp_path, idp, login={"clients": ["metadata"]}) as one:
        document = json_of(await send(one, "GET", WELL_KNOWN))
        assert "registration_endpoint" not in document
        assert document["client_id_metadata_document_supported"] is True
        assert (await send(one, "POST", "/oauth/register", b"{}", {"content-type": "application/json"})).status == 404


async def test_documents_that_are_switched_off_are_not_offered(tmp_path: Path, idp: Idp) -> None:
    async with site(tmp_path, idp, login={"clients": ["dynamic"]}) as one:
        document = json_of(await send(one, "GET", WELL_KNOWN))
        assert document["client_id_metadata_document_supported"] is False
        assert "registration_endpoint" in document


async def test_without_login_there_is_none(tmp_path: Path, idp: Idp) -> None:
    from support.governing import FakeTarget, fact, governed, settings

    from adaptgen.transports.streamable_http.server import StreamableHttpServer
    from adaptgen.web import web_of

    path = settings(tmp_path, authenticate={"issuer": idp.url, "audience": f"{BASE}/mcp"})
    async with governed(path, FakeTarget(fact("look")), http=True) as made:
        server = StreamableHttpServer(made.handler, hosts=("mcp.bank.example",), web=web_of(made))
        assert (await send(Site(made, server, idp), "GET", WELL_KNOWN)).status == 404
