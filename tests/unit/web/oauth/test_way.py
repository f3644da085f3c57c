"""The way of a client: it registers, its person logs in and agrees, it gets tokens, calls, refreshes and leaves."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.idp import Idp
from support.logins import RESOURCE, Site, site
from support.oauth_clients import OAuthClient, call, json_of

from adaptgen.govern.settings.model import Switch

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


async def test_tokens_of_the_provider_count_as_before(bank: Site) -> None:
    assert (await call(bank, bank.idp.issue(org="north"))).status == 200
    assert (await call(bank, bank.idp.issue(org="north", aud="https://other.example"))).status == 401


@pytest.mark.parametrize("form", ["{0}, Bearer {0}", "{0} {0}", "{0}x", "mcp_at_", "mcp_at_{0}"])
async def test_exactly_one_whole_token_is_accepted(bank: Site, form: str) -> None:
    token = (await OAuthClient(bank).log_in())["access_token"]
    assert (await call(bank, form.format(token))).status in (400, 401)


async def test_tokens_for_other_steps_do_not_call(bank: Site) -> None:
    client = OAuthClient(bank)
    tokens = await client.log_in()
    for text in (tokens["refresh_token"], client.client_id, "mcp_at_" + client.client_id):
        assert (await call(bank, text)).status == 401
    swapped = tokens["refresh_token"].replace("mcp_rt_", "mcp_at_")
    assert (await call(bank, swapped)).status == 401


async def test_the_kill_switch_sees_the_same_caller(bank: Site) -> None:
    tokens = await OAuthClient(bank).log_in()
    assert bank.governed.handler.parts.switch is not None
    bank.governed.handler.parts.switch.apply(Switch(callers=("north/ann",)))
    answer = json_of(await call(bank, tokens["access_token"]))
    assert answer == json_of(await call(bank, bank.idp.issue(sub="ann", org="north", groups=["staff"])))
    assert "look" not in str(answer)


async def test_a_token_without_the_scopes_of_the_settings_is_not_issued(tmp_path: Path, idp: Idp) -> None:
    async with site(tmp_path, idp, authenticate={"scopes": ["mcp:use"]}) as one:
        tokens = await OAuthClient(one).log_in(scope="something_else")
        assert tokens["scope"] == "mcp:use"
        assert (await call(one, tokens["access_token"])).status == 200


async def test_settings_without_login_accept_no_token_of_ours(tmp_path: Path, idp: Idp) -> None:
    async with site(tmp_path, idp) as one:
        token = (await OAuthClient(one).log_in())["access_token"]
        assert one.governed.handler.parts.authenticator is not None
        one.governed.handler.parts.authenticator._own_tokens = None
        assert (await call(one, token)).status == 401


async def test_another_server_with_the_same_keys_refuses_the_token(tmp_path: Path, idp: Idp) -> None:
    (tmp_path / "other").mkdir()
    async with (
        site(tmp_path, idp) as one,
        site(tmp_path / "other", idp, resource="https://mcp.bank.example/b/mcp") as two,
    ):
        two.governed.handler.parts.authenticator._own_tokens._store = one.governed.store  # type: ignore[union-attr]
        token = (await OAuthClient(one).log_in())["access_token"]
        two.base = one.base
        assert (await call(two, token)).status == 401


async def test_settings_that_change_are_checked_as_at_the_start(tmp_path: Path, idp: Idp) -> None:
    async with site(tmp_path, idp, authenticate={"audience": [RESOURCE, "other"]}) as one:
        path = tmp_path / "governance.yaml"
        path.write_text(path.read_text().replace('"client_id": "web"', '"client_id": "other"'))
        assert not await one.governed.watch.look()
        assert one.governed.settings.login is not None
        assert one.governed.settings.login.client_id == "web"
