"""Refresh tokens: replaced at each use, asked at the provider, used again by nobody."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from support.logins import Site
from support.oauth_clients import OAuthClient, call, json_of

from adaptgen.config.types import Duration
from adaptgen.govern.identity.own_tokens import REMEMBERED
from adaptgen.govern.settings.table import LOGIN
from adaptgen.runtime.store.protocol import MemoryStore
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


async def error_of(client: OAuthClient, token: str) -> str:
    answer = await client.refresh(token)
    assert answer.status == 400
    found: str = json_of(answer)["error"]
    return found


async def test_who_was_refused_by_the_provider_is_logged_out(bank: Site) -> None:
    client = OAuthClient(bank)
    tokens = await client.log_in()
    bank.idp.refresh_tokens.clear()
    assert await error_of(client, tokens["refresh_token"]) == "invalid_grant"
    assert (await call(bank, tokens["access_token"])).status == 401


async def test_what_the_provider_replaced_before_it_failed_is_kept(bank: Site) -> None:
    client = OAuthClient(bank)
    token = (await client.log_in())["refresh_token"]
    bank.idp.answers["/jwks"] = (500, {}, {})
    bank.idp.rotate("k2")
    bank.idp.id_token = {"nonce": "another"}  # granted, and then not accepted
    assert (await client.refresh(token)).status == 503
    bank.idp.id_token = {}
    assert (await client.refresh(token)).status == 200


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


# ----------------------------------------------------------------------------------------------------------- operators


async def test_what_operators_ended_is_known_for_as_long_as_anything_lasts() -> None:
    lasting = [one.type for name, one in LOGIN.keys.items() if name in ("access", "refresh", "consent", "browser")]
    assert len(lasting) == 4
    assert all(isinstance(one, Duration) and one.most < REMEMBERED for one in lasting)
