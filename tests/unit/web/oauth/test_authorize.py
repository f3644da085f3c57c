"""A request for a code: what is shown to the person, what goes back to the client, and what is never redirected."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from support.idp import Idp
from support.logins import BASE, Site, field_of, site
from support.oauth_clients import CHALLENGE, HTTPS, OAuthClient

from adaptgen.model.tables import Caller
from adaptgen.runtime.core.seals import Seals
from adaptgen.runtime.store.protocol import MemoryStore
from adaptgen.web.oauth.authorize import Consents
from adaptgen.web.oauth.clients import Client

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def strict(tmp_path: Path, idp: Idp) -> AsyncIterator[Site]:
    """Its settings name the host of the client."""
    async with site(tmp_path, idp, login={"redirects": ["client.example"]}) as one:
        yield one


async def registered(bank: Site, redirect_uri: str = HTTPS, **metadata: object) -> OAuthClient:
    client = OAuthClient(bank, redirect_uri)
    assert (await client.register(**metadata)).status == 201
    return client


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": CHALLENGE[:-1]}, "invalid_request"),
        ({"code_challenge": CHALLENGE + "="}, "invalid_request"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"resource": "https://other.example/mcp"}, "invalid_target"),
        ({"resource": f"{BASE}.evil.example/mcp"}, "invalid_target"),
        ({"resource": f"{BASE}/MCP"}, "invalid_target"),
        ({"resource": f"{BASE}/mcp#here"}, "invalid_target"),
        ({"resource": f"{BASE}/mcp?x=1"}, "invalid_target"),
        ({"resource": "https://ann@mcp.bank.example/mcp"}, "invalid_target"),
        ({"resource": "https://mcp.bank.example:port/mcp"}, "invalid_target"),
        ({"resource": "http://mcp.bank.example/mcp"}, "invalid_target"),
        ({"prompt": "none"}, "login_required"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),
    ],
)
async def test_the_client_gets_the_error(strict: Site, changed: dict[str, str | None], error: str) -> None:
    client = await registered(strict)
    answer = await client.browser.get(client.url(**changed))
    found = client.answer(answer)
    assert answer.headers["location"].startswith(HTTPS + "?")
    assert (found["error"], found["state"], found["iss"]) == (error, "st4te", BASE)
    assert strict.idp.counts["/authorize"] == 0


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
async def test_two_clients_or_addresses_are_an_error_for_the_person(bank: Site, name: str) -> None:
    client = await registered(bank)
    answer = await client.browser.get(f"{client.url()}&{name}=https%3A%2F%2Fevil.example%2Fcb")
    assert (answer.status, answer.headers.get("location")) == (400, None)


async def test_a_form_is_good_for_its_own_request(bank: Site) -> None:
    client, other = await registered(bank), await registered(bank, "https://evil.example/cb")
    other.browser = client.browser
    token = field_of(await client.open(), "token")
    await other.open()
    answer = await client.browser.post(client.browser.seen[-1], {"token": token, "decision": "allow"})
    assert (answer.status, answer.headers.get("location")) == (403, None)


async def test_an_agreement_is_used_once(bank: Site) -> None:
    client = await registered(bank)
    page = await client.open()
    assert (await client.decide(page)).status == 303
    assert (await client.decide(page)).status == 403


# ------------------------------------------------------------------------------------------------ remembered consents


async def test_a_consent_lasts_as_long_as_the_settings_of_now_say() -> None:
    store, seals = MemoryStore(), Seals([b"k" * 32])
    ann, client = Caller("ann", "north"), Client("c1", "", (HTTPS,))
    await Consents(store, seals, 90.0).remember(ann, client, HTTPS, "s", refresh=True)
    assert await Consents(store, seals, 90.0).given(ann, client, HTTPS, "s", refresh=True)
    assert not await Consents(store, seals, 90.0).given(ann, client, HTTPS, "s offline_access", refresh=True)
    assert not await Consents(store, seals, 1e-9).given(ann, client, HTTPS, "s", refresh=True)


async def test_what_grows_on_its_way_is_too_long_at_once(tmp_path: Path, idp: Idp) -> None:
    """A slash in a query may stay as it is, and is three characters as we write it."""
    async with site(tmp_path, idp) as one:
        client = await registered(one)
        assert (await client.browser.get(f"{client.url(state=None)}&state={'/' * 500}")).status == 302
        answer = await client.browser.get(f"{client.url(state=None)}&state={'/' * 1500}")
        assert (answer.status, "too long" in answer.body.decode()) == (400, True)
