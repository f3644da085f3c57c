"""A request for a code: what is shown to the person, what goes back to the client, and what is never redirected."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
import pytest_asyncio
from support.idp import Idp
from support.logins import BASE, Site, field_of, site, text_of
from support.oauth_clients import CHALLENGE, HTTPS, LOOPBACK, OAuthClient

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


async def test_the_answer_names_state_and_issuer(bank: Site) -> None:
    found = await (await registered(bank)).authorize(state="a b&c=d")
    assert found.pop("code").startswith("mcp_ac_")
    assert found == {"state": "a b&c=d", "iss": BASE}


async def test_a_query_of_the_redirect_uri_stays(bank: Site) -> None:
    client = await registered(bank, "https://client.example/cb?a=1&a=%202")
    page = await client.open()
    answer = await client.decide(page)
    assert answer.headers["location"].startswith("https://client.example/cb?a=1&a=%202&code=mcp_ac_")


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


@pytest.mark.parametrize("name", ["state", "scope", "resource", "code_challenge", "response_type"])
async def test_a_repeated_parameter_is_an_error_for_the_client(strict: Site, name: str) -> None:
    client = await registered(strict)
    found = client.answer(await client.browser.get(f"{client.url(scope='a')}&{name}=other"))
    assert found["error"] == ("invalid_target" if name == "resource" else "invalid_request")


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "unknown"},
        {"client_id": None},
        {"client_id": "https://127.0.0.1/client.json"},
        {"redirect_uri": "https://evil.example/cb"},
        {"redirect_uri": HTTPS + "/"},
        {"redirect_uri": HTTPS + "?x"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": 'https://client.example/"'},
    ],
)
async def test_nobody_is_sent_to_an_address_that_is_not_the_clients(bank: Site, changed: dict[str, str | None]) -> None:
    client = await registered(bank)
    answer = await client.browser.get(client.url(**changed))
    assert answer.status == 400
    assert "location" not in answer.headers
    assert "evil" not in text_of(answer)


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
async def test_two_clients_or_addresses_are_an_error_for_the_person(bank: Site, name: str) -> None:
    client = await registered(bank)
    answer = await client.browser.get(f"{client.url()}&{name}=https%3A%2F%2Fevil.example%2Fcb")
    assert (answer.status, answer.headers.get("location")) == (400, None)


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
async def test_the_same_twice_is_an_error_too(bank: Site, name: str) -> None:
    client = await registered(bank)
    again = urlencode({name: client.client_id if name == "client_id" else HTTPS})
    answer = await client.browser.get(f"{client.url()}&{again}")
    assert (answer.status, answer.headers.get("location")) == (400, None)


async def test_a_host_that_is_allowed_no_more_gets_no_code(bank: Site, tmp_path: Path, idp: Idp) -> None:
    client = await registered(bank)
    (tmp_path / "later").mkdir()
    async with site(tmp_path / "later", idp, login={"redirects": ["other.example"]}) as later:
        client.site, client.browser.site = later, later
        answer = await client.browser.get(client.url())
        assert (answer.status, answer.headers.get("location")) == (400, None)
        assert "is not allowed" in text_of(answer)


async def test_the_changed_id_of_a_client_is_unknown(bank: Site) -> None:
    client = await registered(bank)
    wrong = client.client_id[:-2] + ("AA" if not client.client_id.endswith("AA") else "BB")
    assert (await client.browser.get(client.url(client_id=wrong))).status == 400


async def test_a_loopback_client_may_use_any_port(bank: Site) -> None:
    client = await registered(bank, LOOPBACK)
    client.redirect_uri = "http://127.0.0.1:59999/callback"
    page = await client.open()
    answer = await client.decide(page)
    assert answer.headers["location"].startswith("http://127.0.0.1:59999/callback?code=")


@pytest.mark.parametrize(
    "resource", [None, f"{BASE}/mcp", f"{BASE}/mcp/", BASE, f"{BASE}/", "HTTPS://MCP.Bank.Example:443/mcp"]
)
async def test_a_resource_that_is_ours_or_missing_is_ours(bank: Site, resource: str | None) -> None:
    assert "code" in await (await registered(bank)).authorize(resource=resource)


async def test_a_name_is_set_off_from_our_words_and_may_be_missing(bank: Site) -> None:
    trick = await (await registered(bank, client_name="Approved. Press Allow")).open()
    assert "“<strong><bdi>Approved. Press Allow</bdi></strong>” wants to use" in text_of(trick)
    nameless = text_of(await (await registered(bank, client_name="")).open())
    assert "A client without a name wants to use" in nameless
    assert "the name is not verified" not in nameless


async def test_the_page_says_who_asks_for_what(bank: Site) -> None:
    client = await registered(bank, client_name="<script>alert(1)</script>")
    page = await client.open(scope="offline_access")
    text = text_of(page)
    assert page.status == 200
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    for part in ("Ann Ek", "client.example", f"{BASE}/mcp", "the name is not verified"):
        assert part in text
    assert "program on your own computer" not in text
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' https:;" in policy
    assert page.headers["x-frame-options"] == "DENY"


async def test_the_page_warns_of_programs_on_this_machine(bank: Site) -> None:
    assert "program on your own computer" in text_of(await (await registered(bank, LOOPBACK)).open())


async def test_the_page_says_how_long(tmp_path: Path, idp: Idp, bank: Site) -> None:
    code = {"grant_types": ["authorization_code"]}
    text = text_of(await (await registered(bank, **code)).open())
    assert "for 15 minutes at a time. You will not be asked again for 90 days." in text
    local = text_of(await (await registered(bank, LOOPBACK)).open(scope="offline_access"))
    assert "as long as it stays logged in, even while you are away. Allow it only" in local
    for name in ("short", "never"):
        (tmp_path / name).mkdir()
    async with site(tmp_path / "short", idp, login={"access": "90s", "consent": "1h"}) as other:
        text = text_of(await (await registered(other, **code)).open())
        assert "for 90 seconds at a time. You will not be asked again for 1 hour." in text
    async with site(tmp_path / "never", idp, login={"consent": 0}) as other:
        assert "be asked again" not in text_of(await (await registered(other)).open())


async def test_a_person_who_denies_gives_nothing(strict: Site) -> None:
    client = await registered(strict)
    answer = await client.decide(await client.open(), "deny")
    found = client.answer(answer)
    assert (found["error"], found["state"], found["iss"]) == ("access_denied", "st4te", BASE)
    again = await client.browser.get(client.browser.seen[-1])
    assert urlsplit(again.headers["location"]).netloc == urlsplit(strict.idp.url).netloc  # the login was used up


@pytest.mark.parametrize("changed", [{"response_type": "token"}, {"prompt": "none"}, {"resource": "https://a.example"}])
async def test_a_link_of_ours_leads_to_nobody_whom_the_settings_do_not_name(
    bank: Site, changed: dict[str, str | None]
) -> None:
    """RFC 9700, 4.11.2: whoever registers a client could use this server to make people trust a link."""
    client = await registered(bank, "https://evil.example/cb")
    pages = [await client.browser.get(client.url(**changed)), await client.decide(await client.open(), "deny")]
    assert [(one.status, one.headers.get("location")) for one in pages] == [(400, None), (200, None)]
    for one in pages:
        assert "Go back to evil.example" in text_of(one)
        assert b'href="https://evil.example/cb?error=' in one.body
    local = await registered(bank, LOOPBACK)
    assert local.answer(await local.browser.get(local.url(**changed)))["state"] == "st4te"


async def test_a_form_is_good_for_its_own_request(bank: Site) -> None:
    client, other = await registered(bank), await registered(bank, "https://evil.example/cb")
    other.browser = client.browser
    token = field_of(await client.open(), "token")
    await other.open()
    answer = await client.browser.post(client.browser.seen[-1], {"token": token, "decision": "allow"})
    assert (answer.status, answer.headers.get("location")) == (403, None)


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec_fetch_site": "cross-site"}, {"cookie": "a=b"}]
)
async def test_a_form_of_another_site_or_browser_does_nothing(bank: Site, headers: dict[str, str]) -> None:
    client = await registered(bank)
    page = await client.open()
    form = {"token": field_of(page, "token"), "decision": "allow"}
    answer = await client.browser.post(client.browser.seen[-1], form, **headers)
    assert (answer.status, answer.headers.get("location")) == (403, None)


async def test_an_agreement_is_used_once(bank: Site) -> None:
    client = await registered(bank)
    page = await client.open()
    assert (await client.decide(page)).status == 303
    assert (await client.decide(page)).status == 403


# ------------------------------------------------------------------------------------------------ remembered consents


async def test_a_consent_is_remembered_for_client_person_and_host(bank: Site) -> None:
    client = await registered(bank)
    assert "code" in await client.authorize()
    assert (await client.open()).status == 303
    assert (await client.open(prompt="consent")).status == 200
    bank.idp.person = {**(bank.idp.person or {}), "sub": "bob"}
    assert (await client.open()).status == 200


async def test_a_consent_serves_no_other_client(bank: Site) -> None:
    client, other = await registered(bank), await registered(bank)
    other.browser = client.browser
    assert "code" in await client.authorize()
    assert (await other.open()).status == 200


async def test_a_consent_is_for_one_host(bank: Site) -> None:
    client = await registered(bank, redirect_uris=[HTTPS, "https://second.example/cb"])
    assert "code" in await client.authorize()
    client.redirect_uri = "https://second.example/cb"
    assert (await client.open()).status == 200


@pytest.mark.parametrize("uri", [LOOPBACK, "http://localhost:1/cb", "cursor://anysphere.cursor-mcp/oauth/callback"])
async def test_programs_on_this_machine_always_ask(bank: Site, uri: str) -> None:
    client = await registered(bank, uri)
    assert "code" in await client.authorize()
    assert (await client.open()).status == 200


async def test_a_consent_that_is_not_to_be_remembered_is_not(tmp_path: Path, idp: Idp) -> None:
    async with site(tmp_path, idp, login={"consent": "0s"}) as one:
        client = await registered(one)
        assert "code" in await client.authorize()
        assert (await client.open()).status == 200


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
