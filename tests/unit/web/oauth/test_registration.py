"""Clients register; what they get is what they registered, and nothing is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.idp import Idp
from support.logins import Site, site
from support.oauth_clients import HTTPS, OAuthClient, json_of, send

from adaptgen.web.oauth.registration import wait_for

pytestmark = pytest.mark.asyncio

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": None}, "invalid_redirect_uri"),
        ({"redirect_uris": "https://client.example/cb"}, "invalid_redirect_uri"),
        ({"redirect_uris": [HTTPS] * 11}, "invalid_redirect_uri"),
        ({"redirect_uris": [HTTPS, "javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
        ({"redirect_uris": [f"https://client.example/{n}{'x' * 900}" for n in range(5)]}, "invalid_client_metadata"),
    ],
)
async def test_what_cannot_be_served_is_refused(bank: Site, metadata: dict[str, Any], code: str) -> None:
    answer = await OAuthClient(bank).register(**metadata)
    assert (answer.status, json_of(answer)["error"]) == (400, code)


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff"])
async def test_the_body_is_an_object(bank: Site, body: bytes) -> None:
    assert (await send(bank, "POST", "/oauth/register", body, JSON)).status == 400


async def test_a_flood_waits(tmp_path: Path, idp: Idp) -> None:
    async with site(tmp_path, idp, login={"registrations": "3/m"}) as one:
        answers = [await OAuthClient(one).register() for _ in range(4)]
        assert [each.status for each in answers] == [201, 201, 201, 429]
        assert 1 <= int(answers[3].headers["retry-after"]) <= 21
        # What is refused for its content takes nothing from the others.
        assert (await OAuthClient(one).register(redirect_uris=[])).status == 400


async def test_one_sender_does_not_shut_out_the_others(tmp_path: Path, idp: Idp) -> None:
    async with site(tmp_path, idp, login={"registrations": "10/m"}) as one:
        seals = one.governed.handler.parts.seals
        assert seals is not None

        async def ask(source: str) -> bool:
            return await wait_for(one.governed.store, seals, "10/m", source) == 0.0

        assert [await ask("198.51.100.1") for _ in range(3)] == [True, True, False]
        assert await ask("198.51.100.2")
        assert [await ask(f"2001:db8:0:1::{n}") for n in range(3)] == [True, True, False]
        assert await ask("2001:db8:0:2::1")
        assert [await ask("") for _ in range(5)] == [True, True, True, True, False]  # ten in all


async def test_an_app_whose_scheme_the_settings_name_gets_a_code(tmp_path: Path, idp: Idp) -> None:
    back = "bankapp://oauth/callback"
    async with site(tmp_path, idp, login={"redirects": ["bankapp"]}) as one:
        client = OAuthClient(one, back)
        assert (await client.register(redirect_uris=[back])).status == 201
        assert "code" in await client.authorize()
        other = await OAuthClient(one).register(redirect_uris=["otherapp://oauth/callback"])
        assert json_of(other)["error"] == "invalid_redirect_uri"
