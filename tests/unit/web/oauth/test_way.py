"""The way of a client: it registers, its person logs in and agrees, it gets tokens, calls, refreshes and leaves."""

from __future__ import annotations

import pytest
from support.logins import Site
from support.oauth_clients import OAuthClient, call, json_of

pytestmark = pytest.mark.asyncio


async def test_a_client_gets_tokens_and_calls(bank: Site) -> None:
    client = OAuthClient(bank)
    tokens = await client.log_in(scope="offline_access")
    assert tokens["access_token"].startswith("mcp_at_")
    assert tokens["refresh_token"].startswith("mcp_rt_")
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
    answer = await call(bank, tokens["access_token"])
    assert answer.status == 200, answer.body
    assert "look" in str(json_of(answer)["result"]["tools"])

    later = json_of(await client.refresh(tokens["refresh_token"]))
    assert later["refresh_token"] != tokens["refresh_token"]
    assert (await call(bank, later["access_token"])).status == 200

    gone = await client.token("/oauth/revoke", token=later["refresh_token"])
    assert gone.status == 200
    assert json_of(await client.refresh(later["refresh_token"]))["error"] == "invalid_grant"
