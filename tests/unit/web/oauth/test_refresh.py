"""Refresh tokens: replaced at each use, asked at the provider, used again by nobody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from support.idp import Idp
from support.logins import RESOURCE, Site, site
from support.oauth_clients import OAuthClient, call, json_of

from adaptgen.config.types import Duration
from adaptgen.govern.identity import own_tokens
from adaptgen.govern.identity.own_tokens import REMEMBERED, end_all
from adaptgen.govern.settings.table import LOGIN
from adaptgen.runtime.store.protocol import MemoryStore, StoreError
from adaptgen.web.oauth import families

pytestmark = pytest.mark.asyncio


class Clock:
    """Of seals, families and store alike."""

    def __init__(self, site: Site, patch: pytest.MonkeyPatch) -> None:
        self.later = 0.0
        seals, store = site.governed.handler.parts.seals, site.governed.store
        assert seals is not None
        assert isinstance(store, MemoryStore)
        wall, steady = seals._clock, store._clock
        patch.setattr(seals, "_clock", lambda: wall() + self.later)
        patch.setattr(store, "_clock", lambda: steady() + self.later)
        first = families.Families.__init__

        def init(self_: Any, *given: Any, **more: Any) -> None:
            first(self_, *given, **more, clock=lambda: wall() + self.later)

        patch.setattr(families.Families, "__init__", init)


@pytest.fixture
def clock(bank: Site, monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(bank, monkeypatch)


@pytest_asyncio.fixture
async def proxy(tmp_path: Path, idp: Idp) -> AsyncIterator[Site]:
    """A proxy that hands no token of the provider on."""
    async with site(tmp_path, idp) as one:
        yield one


async def error_of(client: OAuthClient, token: str) -> str:
    answer = await client.refresh(token)
    assert answer.status == 400
    found: str = json_of(answer)["error"]
    return found


async def test_each_refresh_asks_the_provider_and_replaces_the_token(bank: Site) -> None:
    client = OAuthClient(bank)
    token = (await client.log_in())["refresh_token"]
    seen = {token}
    for count in range(2, 5):
        token = json_of(await client.refresh(token))["refresh_token"]
        assert bank.idp.counts["/token"] == count
        seen.add(token)
    assert len(seen) == 4
    assert len(bank.idp.refresh_tokens) == 1


async def test_groups_are_those_of_now(bank: Site) -> None:
    client = OAuthClient(bank)
    tokens = await client.log_in()
    bank.idp.person = {**(bank.idp.person or {}), "groups": ["guests"]}
    later = json_of(await client.refresh(tokens["refresh_token"]))
    authenticator = bank.governed.handler.parts.authenticator
    assert authenticator is not None
    from adaptgen.mcp.protocol import Context

    found = await authenticator({"authorization": f"Bearer {later['access_token']}"}, Context(request_id="r"))
    assert (found.sub, found.tenant, found.groups) == ("ann", "north", ("guests",))


async def test_a_lost_answer_is_given_again(bank: Site) -> None:
    client = OAuthClient(bank)
    token = (await client.log_in())["refresh_token"]
    first, again = json_of(await client.refresh(token)), json_of(await client.refresh(token))
    assert (again["refresh_token"], again["access_token"]) == (first["refresh_token"], first["access_token"])
    assert bank.idp.counts["/token"] == 2
    assert (await client.refresh(first["refresh_token"])).status == 200


async def test_many_at_once_get_the_same(bank: Site) -> None:
    client = OAuthClient(bank)
    token = (await client.log_in())["refresh_token"]
    answers = [json_of(one) for one in await asyncio.gather(*(client.refresh(token) for _ in range(8)))]
    assert len({one["refresh_token"] for one in answers}) == 1
    assert bank.idp.counts["/token"] == 2


async def test_an_old_token_ends_the_family(bank: Site, clock: Clock) -> None:
    client = OAuthClient(bank)
    token = (await client.log_in())["refresh_token"]
    tokens = json_of(await client.refresh(token))
    clock.later = 31
    assert await error_of(client, token) == "invalid_grant"
    assert await error_of(client, tokens["refresh_token"]) == "invalid_grant"
    assert (await call(bank, tokens["access_token"])).status == 401


async def test_a_late_request_of_many_gets_the_newest_answer(bank: Site, clock: Clock) -> None:
    """The TypeScript SDK refreshes for each request that was refused, with the token that it had then: one of them
    comes when the family is two tokens further."""
    client = OAuthClient(bank)
    first = (await client.log_in())["refresh_token"]
    second = json_of(await client.refresh(first))["refresh_token"]
    third = json_of(await client.refresh(second))
    for token in (first, second, first):
        again = json_of(await client.refresh(token))
        assert (again["refresh_token"], again["access_token"]) == (third["refresh_token"], third["access_token"])
    assert bank.idp.counts["/token"] == 3
    assert (await client.refresh(third["refresh_token"])).status == 200
    clock.later = 31
    assert await error_of(client, first) == "invalid_grant"


async def test_the_token_before_the_one_before_ends_the_family(bank: Site, clock: Clock) -> None:
    client = OAuthClient(bank)
    first = (await client.log_in())["refresh_token"]
    second = json_of(await client.refresh(first))["refresh_token"]
    clock.later = 31
    third = json_of(await client.refresh(second))["refresh_token"]
    assert await error_of(client, first) == "invalid_grant"
    assert await error_of(client, third) == "invalid_grant"


async def test_a_family_knows_a_few_replaced_tokens_only(bank: Site) -> None:
    client = OAuthClient(bank)
    first = token = (await client.log_in())["refresh_token"]
    for _ in range(9):
        token = json_of(await client.refresh(token))["refresh_token"]
    assert await error_of(client, first) == "invalid_grant"


async def test_an_unused_token_ends(bank: Site, clock: Clock) -> None:
    client = OAuthClient(bank)
    token = (await client.log_in())["refresh_token"]
    clock.later = 29 * 86400
    token = json_of(await client.refresh(token))["refresh_token"]
    clock.later += 31 * 86400
    assert await error_of(client, token) == "invalid_grant"


async def test_an_access_token_ends(bank: Site, clock: Clock) -> None:
    tokens = await OAuthClient(bank).log_in()
    clock.later = 899
    assert (await call(bank, tokens["access_token"])).status == 200
    clock.later = 901
    assert (await call(bank, tokens["access_token"])).status == 401


async def test_a_token_is_for_its_client(bank: Site) -> None:
    client, other = OAuthClient(bank), OAuthClient(bank)
    token = (await client.log_in())["refresh_token"]
    await other.register()
    assert await error_of(other, token) == "invalid_grant"
    assert (await client.refresh(token)).status == 200


async def test_the_resource_is_ours(bank: Site) -> None:
    client = OAuthClient(bank)
    token = (await client.log_in())["refresh_token"]
    assert json_of(await client.refresh(token, resource="https://other.example/mcp"))["error"] == "invalid_target"
    assert (await client.refresh(token, resource=RESOURCE)).status == 200


async def test_a_client_may_repeat_a_scope_that_it_was_not_granted(bank: Site) -> None:
    """Authlib's does: it sends the scopes of its first request with each refresh."""
    client = OAuthClient(bank)
    answer = await client.refresh((await client.log_in())["refresh_token"], scope="offline_access notes:read")
    assert answer.status == 200
    assert "notes:read" not in json_of(answer)["scope"]


async def test_who_was_refused_by_the_provider_is_logged_out(bank: Site) -> None:
    client = OAuthClient(bank)
    tokens = await client.log_in()
    bank.idp.refresh_tokens.clear()
    assert await error_of(client, tokens["refresh_token"]) == "invalid_grant"
    assert (await call(bank, tokens["access_token"])).status == 401


async def test_a_provider_that_is_away_costs_nothing(bank: Site) -> None:
    client = OAuthClient(bank)
    token = (await client.log_in())["refresh_token"]
    bank.idp.answers["/token"] = (500, {}, {})
    answer = await client.refresh(token)
    assert (answer.status, json_of(answer)["error"]) == (503, "temporarily_unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    del bank.idp.answers["/token"]
    assert (await client.refresh(token)).status == 200


async def test_what_the_provider_replaced_before_it_failed_is_kept(bank: Site) -> None:
    client = OAuthClient(bank)
    token = (await client.log_in())["refresh_token"]
    bank.idp.answers["/jwks"] = (500, {}, {})
    bank.idp.rotate("k2")
    bank.idp.id_token = {"nonce": "another"}  # granted, and then not accepted
    assert (await client.refresh(token)).status == 503
    bank.idp.id_token = {}
    assert (await client.refresh(token)).status == 200


async def test_another_person_ends_it(bank: Site) -> None:
    client = OAuthClient(bank)
    token = (await client.log_in())["refresh_token"]
    bank.idp.person = {**(bank.idp.person or {}), "sub": "bob"}
    assert await error_of(client, token) == "invalid_grant"


async def test_another_tenant_ends_it(bank: Site) -> None:
    client = OAuthClient(bank)
    token = (await client.log_in())["refresh_token"]
    bank.idp.person = {**(bank.idp.person or {}), "org": "south"}
    assert await error_of(client, token) == "invalid_grant"


async def test_a_client_that_goes_loses_nothing(bank: Site) -> None:
    client = OAuthClient(bank)
    token = (await client.log_in())["refresh_token"]
    bank.idp.gate = asyncio.Event()
    asking = asyncio.create_task(client.refresh(token))
    while bank.idp.counts["/token"] < 2:
        await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    bank.idp.gate.set()
    answer = await client.refresh(token)
    assert answer.status == 200
    assert bank.idp.counts["/token"] == 2


async def test_a_store_that_comes_back_gets_the_new_token(bank: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client = OAuthClient(bank)
    token = (await client.log_in())["refresh_token"]
    real, failures = bank.governed.store.swap, [1]

    async def swap(key: str, *given: Any, **more: Any) -> bool:
        if "family" in key and not key.endswith("lease") and failures:
            failures.pop()
            raise StoreError("away")
        return await real(key, *given, **more)

    monkeypatch.setattr(bank.governed.store, "swap", swap)
    assert (await client.refresh(token)).status == 200
    assert failures == []


async def test_revoking_during_a_refresh_wins(bank: Site) -> None:
    client = OAuthClient(bank)
    tokens = await client.log_in()
    bank.idp.gate = asyncio.Event()
    asking = asyncio.create_task(client.refresh(tokens["refresh_token"]))
    while bank.idp.counts["/token"] < 2:
        await asyncio.sleep(0)
    await client.token("/oauth/revoke", token=tokens["refresh_token"])
    bank.idp.gate.set()
    assert json_of(await asking)["error"] == "invalid_grant"
    assert (await call(bank, tokens["access_token"])).status == 401


# ------------------------------------------------------------------------------------------------------- when there is


async def test_no_refresh_token_without_one_of_the_provider(tmp_path: Path, idp: Idp) -> None:
    async with site(tmp_path, idp, login={"scopes": ["openid"]}) as one:
        tokens = await OAuthClient(one).log_in(scope="offline_access")
        assert "refresh_token" not in tokens
        assert (await call(one, tokens["access_token"])).status == 200


async def test_a_client_that_wants_none_gets_none(bank: Site) -> None:
    client = OAuthClient(bank)
    await client.register(grant_types=["authorization_code"])
    assert "refresh_token" not in await client.log_in()
    assert "refresh_token" in await client.log_in(scope="offline_access")


async def test_our_token_ends_with_the_providers_that_travels_in_it(bank: Site) -> None:
    bank.idp.expires_in = 300
    assert 295 <= (await OAuthClient(bank).log_in())["expires_in"] <= 300


# ----------------------------------------------------------------------------------------------------------- operators


@pytest.mark.parametrize("whom", ["person", "client"])
async def test_an_operator_ends_what_began_before(bank: Site, whom: str) -> None:
    client = OAuthClient(bank)
    tokens = await client.log_in()
    if whom == "person":
        await end_all(bank.governed.store, person=("north", "ann"))
    else:
        await end_all(bank.governed.store, client=client.client_id)
    assert await error_of(client, tokens["refresh_token"]) == "invalid_grant"
    assert (await call(bank, tokens["access_token"])).status == 401
    assert (await client.open()).status == 200  # the consent has ended with it
    assert (await call(bank, (await client.log_in())["access_token"])).status == 200


async def test_a_code_under_way_ends_as_well(bank: Site) -> None:
    client = OAuthClient(bank)
    await client.register()
    code = (await client.authorize())["code"]
    await end_all(bank.governed.store, person=("north", "ann"))
    answer = await client.redeem(code)
    assert (await call(bank, json_of(answer)["access_token"])).status == 401


async def test_what_operators_ended_is_known_for_as_long_as_anything_lasts() -> None:
    lasting = [one.type for name, one in LOGIN.keys.items() if name in ("access", "refresh", "consent", "browser")]
    assert len(lasting) == 4
    assert all(isinstance(one, Duration) and one.most < REMEMBERED for one in lasting)


@pytest.mark.parametrize("behind", [0.0, 30.0])
async def test_an_operator_whose_clock_is_behind_ends_all_the_same(
    bank: Site, monkeypatch: pytest.MonkeyPatch, behind: float
) -> None:
    """Twice, as what begins soon after the first time begins after it, whatever the clocks say."""
    monkeypatch.setattr(own_tokens, "FRESH", 0.0)
    for _ in range(2):
        client = OAuthClient(bank)
        tokens = await client.log_in()
        assert (await call(bank, tokens["access_token"])).status == 200
        with monkeypatch.context() as operator:
            now = time.time
            operator.setattr(time, "time", lambda now=now: now() - behind)
            await end_all(bank.governed.store, person=("north", "ann"))
        assert (await call(bank, tokens["access_token"])).status == 401


async def test_a_client_and_a_person_are_ended_by_clocks_that_differ(
    bank: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_tokens, "FRESH", 0.0)
    client = OAuthClient(bank)
    await client.log_in()
    await end_all(bank.governed.store, client=client.client_id)
    tokens = await client.log_in()
    assert (await call(bank, tokens["access_token"])).status == 200
    with monkeypatch.context() as operator:
        now = time.time
        operator.setattr(time, "time", lambda: now() - 30)
        await end_all(bank.governed.store, person=("north", "ann"))
    assert (await call(bank, tokens["access_token"])).status == 401


async def test_another_person_goes_on(bank: Site) -> None:
    tokens = await OAuthClient(bank).log_in()
    await end_all(bank.governed.store, person=("south", "ann"))
    assert (await call(bank, tokens["access_token"])).status == 200
