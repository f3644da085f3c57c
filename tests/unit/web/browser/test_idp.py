"""What the identity provider says is believed only as OpenID Connect has it verified; who was removed is noticed."""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
from support.idp import OIDC, Idp
from support.logins import ANN, RESOURCE

from adaptgen.govern.identity.http_fetch import Fetch
from adaptgen.govern.settings.model import Authenticate, Claims, Listen, Login, Settings
from adaptgen.web.browser.idp import Identity, IdentityProvider, ProviderError, Refused

pytestmark = pytest.mark.asyncio

BACK = "https://mcp.bank.example/login/callback"


@pytest_asyncio.fixture
async def idp() -> AsyncIterator[Idp]:
    one = Idp()
    one.person = dict(ANN)
    one.clients["web"] = "web-secret"
    await one.start()
    yield one
    await one.stop()


@pytest_asyncio.fixture
async def requests() -> AsyncIterator[Fetch]:
    one = Fetch()
    yield one
    await one.aclose()


def settings(idp: Idp, rules: dict[str, Any] | None = None, **login: Any) -> Settings:
    caller = Claims(tenant="org", groups="groups", keep=("level",))
    given = {"issuer": idp.url, "audience": (RESOURCE,), "caller": caller, **(rules or {})}
    return Settings(
        authenticate=Authenticate(**given),
        login=Login(**{"client_id": "web", "client_secret": "web-secret", **login}),
        listen=Listen(resource=RESOURCE),
    )


async def log_in(provider: IdentityProvider) -> Identity | Refused:
    """Through the provider and back."""
    url, transaction = await provider.begin(BACK, offline=True)
    async with httpx.AsyncClient() as client:
        back = (await client.get(url)).headers["location"]
    answer = {name: text[0] for name, text in parse_qs(urlsplit(back).query).items()}
    return await provider.identify(answer, transaction, BACK)


async def identity(provider: IdentityProvider) -> Identity:
    found = await log_in(provider)
    assert isinstance(found, Identity), found
    return found


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"nonce": "another"}, id="wrong nonce"),
        pytest.param({"nonce": None}, id="no nonce"),
        pytest.param({"iss": "https://evil.example"}, id="another issuer"),
        pytest.param({"aud": "other"}, id="another audience"),
        pytest.param({"aud": None}, id="no audience"),
        pytest.param({"aud": None, "client_id": "web"}, id="no audience, our client"),
        pytest.param({"aud": ["web", "other"]}, id="two audiences and no party"),
        pytest.param({"aud": ["web", "other"], "azp": "other"}, id="two audiences, another party"),
        pytest.param({"azp": "other"}, id="another party"),
        pytest.param({"exp": 1}, id="expired"),
        pytest.param({"exp": None}, id="endless"),
        pytest.param({"iat": None}, id="without a date"),
        pytest.param({"iat": int(time.time()) + 3600}, id="from tomorrow"),
        pytest.param({"sub": ""}, id="nobody"),
        pytest.param({"sub": 7}, id="a number"),
        pytest.param({"token_use": "access"}, id="an access token"),
        pytest.param({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, id="another access token"),
    ],
)
async def test_an_id_token_that_is_not_for_this_login_is_refused(
    idp: Idp, requests: Fetch, claims: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    idp.id_token = claims
    with caplog.at_level(logging.DEBUG, "adaptgen"):
        found = await log_in(IdentityProvider(settings(idp), requests))
    assert isinstance(found, Refused)
    for secret in ("ann", "web-secret", "code-1", "refresh-", "eyJ"):
        assert secret not in caplog.text.replace("an access token", "")
        assert secret not in found.why


async def test_an_id_token_without_signature_is_refused_and_the_log_names_the_setting(
    idp: Idp, requests: Fetch, monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    issue = idp.issue
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    monkeypatch.setattr(idp, "issue", lambda **given: f"{head}.{issue(**given).split('.')[1]}.")
    assert isinstance(await log_in(IdentityProvider(settings(idp), requests)), Refused)
    assert "the signature algorithm of the ID token is not accepted (authenticate.algorithms lists" in caplog.text


async def test_userinfo_of_another_person_is_refused(idp: Idp, requests: Fetch) -> None:
    idp.userinfo = {"sub": "bob"}
    found = await log_in(IdentityProvider(settings(idp, claims="userinfo"), requests))
    assert found == Refused("The identity provider answers for another person.")


async def test_claims_are_read_where_the_settings_say(idp: Idp, requests: Fetch) -> None:
    idp.id_token, idp.userinfo = {"groups": ["id"]}, {"groups": ["info"]}
    got = [
        (await identity(IdentityProvider(settings(idp, claims=source), requests))).caller.groups
        for source in ("id_token", "userinfo", "access_token")
    ]
    assert got == [("id",), ("info",), ("staff",)]


async def test_an_access_token_for_others_says_nothing_about_a_person(idp: Idp, requests: Fetch) -> None:
    rules = settings(idp, {"audience": ("https://other.example/mcp",)}, claims="access_token")
    assert isinstance(await log_in(IdentityProvider(rules, requests)), Refused)
    scoped = settings(idp, {"scopes": ("crm.read",)}, claims="access_token")
    assert isinstance(await log_in(IdentityProvider(scoped, requests)), Refused)


async def test_an_issuer_that_differs_by_a_slash_is_named(idp: Idp, requests: Fetch) -> None:
    idp.metadata = {"issuer": f"{idp.url}/"}
    with pytest.raises(ProviderError, match=f"write exactly {idp.url}/$"):
        await IdentityProvider(settings(idp), requests).begin(BACK, offline=False)


@pytest.mark.parametrize(
    ("metadata", "secret", "basic", "form"),
    [
        ({}, "web-secret", True, None),
        ({"token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"]}, "web-secret", True,
         None),
        ({"token_endpoint_auth_methods_supported": ["client_secret_post"]}, "web-secret", False, "web-secret"),
        ({"token_endpoint_auth_methods_supported": ["none"]}, "", False, None),
    ],
)  # fmt: skip
async def test_the_client_authenticates_as_the_provider_wants(
    idp: Idp, requests: Fetch, metadata: dict[str, Any], secret: str, basic: bool, form: str | None
) -> None:
    idp.metadata, idp.clients["web"] = metadata, secret
    await identity(IdentityProvider(settings(idp, client_secret=secret), requests))
    sent = idp.forms[-1]
    assert (sent.get("client_secret"), sent.get("client_id")) == (form, None if basic else "web")


async def test_a_client_that_is_registered_for_the_form_is_served(
    idp: Idp, requests: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider offers both, and takes from each client what that is registered for."""
    token = idp._token

    def strict(headers: dict[str, str], form: dict[str, str]) -> Any:
        if "authorization" in headers:
            return 401, {}, {"error": "invalid_client"}
        return token(headers, form)

    monkeypatch.setattr(idp, "_token", strict)
    provider = IdentityProvider(settings(idp), requests)
    before = await identity(provider)
    assert isinstance(await provider.refresh(before.upstream), Identity)
    assert idp.counts["/token"] == 3  # by Basic once, then in the form


async def test_a_secret_that_the_provider_takes_in_no_way_is_not_sent(idp: Idp, requests: Fetch) -> None:
    idp.metadata = {"token_endpoint_auth_methods_supported": ["private_key_jwt"]}
    with pytest.raises(ProviderError, match="accepts no client secret"):
        await log_in(IdentityProvider(settings(idp), requests))
    assert idp.counts["/token"] == 0


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"issuer": "https://evil.example"}, "is that of another issuer"),
        ({"authorization_endpoint": "http://evil.example/authorize"}, "http://evil.example is not https"),
        ({"authorization_endpoint": "https://169.254.169.254/x"}, "metadata service"),
        ({"authorization_endpoint": None}, "has no authorization_endpoint"),
    ],
)
async def test_metadata_that_cannot_be_right_is_refused(
    idp: Idp, requests: Fetch, metadata: dict[str, Any], said: str
) -> None:
    idp.metadata = metadata
    with pytest.raises(ProviderError, match=said):
        await IdentityProvider(settings(idp), requests).begin(BACK, offline=False)


async def test_metadata_is_kept_while_the_provider_is_away(idp: Idp, requests: Fetch) -> None:
    now = [time.time()]
    provider = IdentityProvider(settings(idp), requests, clock=lambda: now[0])
    await provider.metadata()
    now[0] += 299
    await provider.metadata()
    assert idp.counts[OIDC] == 1
    idp.answers[OIDC] = (503, {}, b"")
    now[0] += 2
    assert (await provider.metadata())["issuer"] == idp.url
    now[0] += 3600
    for _ in range(3):
        with pytest.raises(ProviderError, match="answers 503"):
            await provider.metadata()
    assert idp.counts[OIDC] == 3
    del idp.answers[OIDC]
    now[0] += 3
    assert (await provider.metadata())["issuer"] == idp.url


# -------------------------------------------------------------------------------------------------------------- refresh


@pytest.mark.parametrize(
    "answer",
    [(500, {}, {"error": "invalid_grant"}), (401, {}, {"error": "invalid_client"}), (429, {}, b""), (302, {}, b"")],
)
async def test_a_provider_that_is_away_says_nothing_about_a_person(idp: Idp, requests: Fetch, answer: Any) -> None:
    provider = IdentityProvider(settings(idp), requests)
    before = await identity(provider)
    idp.answers["/token"] = answer
    with pytest.raises(ProviderError) as caught:
        await provider.refresh(before.upstream)
    assert caught.value.upstream is None
    assert "refresh-1" not in str(caught.value)


async def test_a_new_refresh_token_is_not_lost_by_what_fails_after_it(idp: Idp, requests: Fetch) -> None:
    provider = IdentityProvider(settings(idp, claims="userinfo"), requests)
    before = await identity(provider)
    idp.answers["/userinfo"] = (503, {}, b"")
    with pytest.raises(ProviderError) as caught:
        await provider.refresh(before.upstream)
    assert caught.value.upstream is not None
    del idp.answers["/userinfo"]
    assert isinstance(await provider.refresh(caught.value.upstream), Identity)


async def test_a_refresh_without_id_token_asks_userinfo(idp: Idp, requests: Fetch, monkeypatch: Any) -> None:
    provider = IdentityProvider(settings(idp), requests)
    before = await identity(provider)
    logged_in = idp._logged_in

    def without(*given: Any) -> Any:
        status, headers, content = logged_in(*given)
        content.pop("id_token", None)
        content.pop("refresh_token", None)  # and the old refresh token goes on
        return status, headers, content

    monkeypatch.setattr(idp, "_logged_in", without)
    idp.userinfo = {"groups": ["board"]}
    after = await provider.refresh(before.upstream)
    assert isinstance(after, Identity)
    assert (after.caller.groups, after.upstream["refresh"]) == (("board",), before.upstream["refresh"])


async def test_another_provider_is_not_asked_with_a_token_of_this_one(idp: Idp, requests: Fetch) -> None:
    before = await identity(IdentityProvider(settings(idp), requests))
    other = IdentityProvider(
        replace(settings(idp), login=Login(client_id="web", issuer="https://other.example")), requests
    )
    assert isinstance(await other.refresh(before.upstream), Refused)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"sub": "bob"}, id="another subject who has the name"),
        pytest.param({"email": "bob@bank.example"}, id="another name of the subject"),
    ],
)
async def test_neither_the_subject_nor_who_it_stands_for_may_change(
    idp: Idp, requests: Fetch, changed: dict[str, str]
) -> None:
    assert idp.person is not None
    idp.person["email"] = "ann@bank.example"
    provider = IdentityProvider(settings(idp, {"caller": Claims(sub="email")}), requests)
    before = await identity(provider)
    assert isinstance(await provider.refresh(before.upstream), Identity)
    before = await identity(provider)
    idp.person |= changed
    assert await provider.refresh(before.upstream) == Refused("The identity provider answers for another person.")


@pytest.mark.parametrize(
    "answer",
    [{"access_token": "t\u00e4ken"}, {"access_token": "to ken"}, {"access_token": "a\r\nx: y"}, {"id_token": ["x"]}],
)
async def test_what_a_provider_has_replaced_is_kept_whatever_else_it_says(
    idp: Idp, requests: Fetch, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]
) -> None:
    provider = IdentityProvider(settings(idp, claims="userinfo"), requests)
    found = await log_in(provider)
    assert isinstance(found, Identity)
    granted = IdentityProvider._granted

    async def odd(*given: Any) -> Any:
        return {**await granted(*given), "refresh_token": "the-new-one", **answer}

    monkeypatch.setattr(IdentityProvider, "_granted", odd)
    with pytest.raises(ProviderError) as caught:
        await provider.refresh(found.upstream)
    assert caught.value.upstream == {**found.upstream, "refresh": "the-new-one"}


async def test_an_error_of_ours_does_not_lose_it_either(
    idp: Idp, requests: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = IdentityProvider(settings(idp), requests)
    found = await log_in(provider)
    assert isinstance(found, Identity)

    async def broken(*_: Any) -> Any:
        raise KeyError("x")

    monkeypatch.setattr(IdentityProvider, "_identity", broken)
    with pytest.raises(ProviderError) as caught:
        await provider.refresh(found.upstream)
    assert caught.value.upstream is not None
    assert caught.value.upstream["refresh"]


async def test_an_endpoint_is_a_url(idp: Idp, requests: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = IdentityProvider(settings(idp), requests)
    told = {**await provider.metadata(), "authorization_endpoint": "https://idp.ex\u00e4mple/a"}

    async def metadata(*_: Any) -> Any:
        return told

    monkeypatch.setattr(IdentityProvider, "metadata", metadata)
    with pytest.raises(ProviderError, match="authorization_endpoint"):
        await provider.begin(BACK, offline=False)
