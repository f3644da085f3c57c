"""Logging in at a certified OpenID Connect provider, as companies set theirs up: one person, whatever it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support import oidc_provider
from support.oidc_provider import SECRET, OidcProvider
from support.scripted_browser import Browser
from support.services import Unavailable

from adaptgen.govern.identity.http_fetch import Fetch
from adaptgen.govern.settings.model import Authenticate, Claims, Listen, Login, Settings
from adaptgen.web.browser.idp import Identity, IdentityProvider, Refused

pytestmark = [pytest.mark.slow, pytest.mark.network]

RESOURCE = "https://mcp.bank.example/mcp"
BACK = "http://127.0.0.1:9/login/callback"  # never opened


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OidcProvider]:
    try:
        made = oidc_provider.start(tmp_path_factory.mktemp("idp"), resources={RESOURCE: "read"})
    except Unavailable as problem:
        pytest.skip(str(problem))
    yield made
    made.stop()


WAYS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "as it is": ({}, {}, {}),
    "secret in the form": ({}, {"token_endpoint_auth_method": "client_secret_post"}, {}),
    "public client": ({}, {"secret": ""}, {"client_secret": ""}),
    "short ID tokens": ({"thin": True}, {}, {"claims": "userinfo"}),
    "access tokens for this server": ({}, {"audience": RESOURCE}, {"claims": "access_token"}),
    "access tokens that are asked for": ({}, {}, {"claims": "access_token", "resource": RESOURCE}),
    "refresh tokens with consent only": ({"strict_offline": True, "consent": True}, {}, {}),
    "one refresh token for good": ({"rotate": False}, {}, {}),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_person_is_who_the_provider_says_until_it_says_otherwise(company: OidcProvider, way: str) -> None:
    options, client, login = WAYS[way]
    company.set(**{**oidc_provider.OPTIONS, "resources": {RESOURCE: "read"}, "audiences": {}, **options})
    name = way.replace(" ", "-")
    company.client(name, BACK, **client)
    company.person("ann", groups=["support"], tenant="acme", name="Ann Ek")
    settings = Settings(
        authenticate=Authenticate(
            issuer=company.url, audience=(RESOURCE,), caller=Claims(tenant="tenant", groups="groups")
        ),
        login=Login(**{"client_id": name, "client_secret": SECRET, **login}),
        listen=Listen(resource=RESOURCE),
    )
    asyncio.run(_play(company, settings))


async def _play(company: OidcProvider, settings: Settings) -> None:
    requests = Fetch()
    try:
        provider = IdentityProvider(settings, requests)
        with Browser("ann") as browser:
            found = await _log_in(provider, browser)
            if not found.renewable:
                assert await provider.wants_consent()
                found = await _log_in(provider, browser, consent=True)
        assert (found.caller.key, found.caller.groups) == ("4:acme/ann", ("support",))
        company.person("ann", groups=["lead"], tenant="acme")
        for _ in range(2):
            renewed = await provider.refresh(found.upstream)
            assert isinstance(renewed, Identity)
            assert renewed.caller.groups == ("lead",)
            found = renewed
        company.forget("ann")
        assert isinstance(await provider.refresh(found.upstream), Refused)
    finally:
        await requests.aclose()


async def _log_in(provider: IdentityProvider, browser: Browser, *, consent: bool = False) -> Identity:
    url, transaction = await provider.begin(BACK, offline=True, consent=consent)
    page = await asyncio.to_thread(lambda: browser.finish(browser.open(url, until=BACK), BACK))
    answer = {name: text[0] for name, text in parse_qs(urlsplit(page.url).query).items()}
    found = await provider.identify(answer, transaction, BACK)
    assert isinstance(found, Identity), found
    return found
