"""What the authorization server says of itself, at every place where clients look."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.idp import Idp
from support.logins import BASE, Site, site
from support.oauth_clients import json_of, send

pytestmark = pytest.mark.asyncio

WELL_KNOWN = "/.well-known/oauth-authorization-server"
OPENID = "/.well-known/openid-configuration"


async def test_discovery_has_what_openid_requires_and_promises_no_id_token(bank: Site) -> None:
    document = json_of(await send(bank, "GET", OPENID))
    assert document["subject_types_supported"] == ["public"]
    assert document["id_token_signing_alg_values_supported"] == []
    assert "openid" not in document["scopes_supported"]
    keys = json_of(await send(bank, "GET", document["jwks_uri"].removeprefix(BASE)))
    assert keys == {"keys": []}


async def test_what_is_switched_off_is_not_offered(tmp_path: Path, idp: Idp) -> None:
    async with site(tmp_path, idp, login={"clients": ["metadata"]}) as one:
        document = json_of(await send(one, "GET", WELL_KNOWN))
        assert "registration_endpoint" not in document
        assert document["client_id_metadata_document_supported"] is True
        assert (await send(one, "POST", "/oauth/register", b"{}", {"content-type": "application/json"})).status == 404
