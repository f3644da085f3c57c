"""The token endpoint: a code is used once, by its client, with its verifier; errors are those of RFC 6749, 5.2."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest
from support.logins import BASE, Site
from support.oauth_clients import HTTPS, OAuthClient, call, json_of, send

from adaptgen.govern.identity.claims import login_source
from adaptgen.runtime.store.protocol import MemoryStore, StoreError

pytestmark = pytest.mark.asyncio


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


async def coded(bank: Site, **metadata: Any) -> tuple[OAuthClient, str]:
    client = OAuthClient(bank)
    await client.register(**metadata)
    return client, (await client.authorize())["code"]


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_verifier": "b" * 43}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"code_verifier": "a" * 42}, "invalid_request"),
        ({"code_verifier": "a" * 129}, "invalid_request"),
        ({"redirect_uri": HTTPS + "/"}, "invalid_grant"),
        ({"resource": "https://other.example/mcp"}, "invalid_target"),
        ({"code": ""}, "invalid_request"),
        ({"code": "mcp_ac_" + "x" * 43}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
    ],
)
async def test_what_is_wrong_gets_no_token(bank: Site, changed: dict[str, str], error: str) -> None:
    client, code = await coded(bank)
    answer = await client.redeem(code, **changed)
    assert (answer.status, json_of(answer)["error"]) == (400, error)
    assert answer.headers["cache-control"] == "no-store"


async def test_a_client_of_oauth_2_1_does_not_repeat_its_redirect_uri(bank: Site) -> None:
    """OAuth 2.1, 10.2: it must be served. An empty parameter is an omitted one (3.2)."""
    client, code = await coded(bank)
    assert (await client.redeem(code, redirect_uri="")).status == 200


async def test_a_code_is_for_its_client(bank: Site) -> None:
    client, code = await coded(bank)
    other = OAuthClient(bank)
    await other.register()
    assert json_of(await other.redeem(code))["error"] == "invalid_grant"
    assert (await client.redeem(code)).status == 200  # others cannot use it up


async def test_a_code_that_is_used_again_ends_what_it_gave(bank: Site) -> None:
    client, code = await coded(bank)
    tokens = json_of(await client.redeem(code))
    assert json_of(await client.redeem(code))["error"] == "invalid_grant"
    assert json_of(await client.refresh(tokens["refresh_token"]))["error"] == "invalid_grant"
    assert (await call(bank, tokens["access_token"])).status == 401


async def test_of_many_at_once_one_gets_tokens_at_most(bank: Site) -> None:
    client, code = await coded(bank)
    answers = await asyncio.gather(*(client.redeem(code) for _ in range(10)))
    assert sum(one.status == 200 for one in answers) <= 1


async def test_a_code_that_is_used_twice_at_the_same_moment_gives_nothing(
    bank: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, code = await coded(bank)
    real, both, waits = bank.governed.store.get, asyncio.Barrier(2), iter(range(2))

    async def get(key: str) -> bytes | None:
        found = await real(key)
        if "oauth/code/" in key and next(waits, None) is not None:
            await both.wait()  # both have seen it unused
        return found

    with monkeypatch.context() as patched:
        patched.setattr(bank.governed.store, "get", get)
        answers = await asyncio.gather(client.redeem(code), client.redeem(code))
    tokens = [json_of(one) for one in answers if one.status == 200]
    assert len(tokens) <= 1
    for one in tokens:
        assert (await call(bank, one["access_token"])).status == 401
        assert json_of(await client.refresh(one["refresh_token"]))["error"] == "invalid_grant"


async def test_a_code_ends_after_a_minute(bank: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client, code = await coded(bank)
    store = bank.governed.store
    assert isinstance(store, MemoryStore)
    now = store._clock()
    monkeypatch.setattr(store, "_clock", lambda: now + 61)
    assert json_of(await client.redeem(code))["error"] == "invalid_grant"


async def test_the_state_holds_nothing_that_opens_without_the_code(bank: Site) -> None:
    bank.idp.person = {**(bank.idp.person or {}), "sub": "ann-canary"}
    _, code = await coded(bank)
    store = bank.governed.store
    assert isinstance(store, MemoryStore)
    held = {key: one[0] for key, one in store._values.items() if "oauth/code/" in key}
    assert len(held) == 1
    settings = bank.governed.handler.parts.seals
    assert settings is not None
    seals = settings.within(bank.base).within(login_source(bank.governed.settings))  # of this server and its people
    [sealed] = held.values()
    assert code not in repr(held)
    assert b"ann-canary" not in sealed
    assert seals.open("code", sealed.decode()) is None  # the keys of the settings alone do not
    assert seals.within(code).open("code", sealed.decode()) is not None


# ------------------------------------------------------------------------------------------------------------ clients


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_a_client_with_a_secret_needs_it(bank: Site, method: str) -> None:
    client, code = await coded(bank, token_endpoint_auth_method=method)
    secret = client.registered["client_secret"]
    for answer in (
        await client.redeem(code),
        await client.redeem(code, client_secret="wrong"),
        await client.redeem(code, headers=basic(client.client_id, "wrong")),
    ):
        assert (answer.status, json_of(answer)["error"]) == (401, "invalid_client")
        assert answer.headers["www-authenticate"].startswith("Basic")
    if method == "client_secret_post":
        answer = await client.redeem(code, client_secret=secret)
    else:
        answer = await client.redeem(code, client_id="", headers=basic(client.client_id, secret))
    assert answer.status == 200, answer.body


async def test_the_secret_of_another_client_does_not_do(bank: Site) -> None:
    client, code = await coded(bank, token_endpoint_auth_method="client_secret_post")
    other = OAuthClient(bank)
    await other.register(token_endpoint_auth_method="client_secret_post")
    assert (await client.redeem(code, client_secret=other.registered["client_secret"])).status == 401


async def test_a_client_authenticates_in_one_way(bank: Site) -> None:
    client, code = await coded(bank, token_endpoint_auth_method="client_secret_basic")
    secret = client.registered["client_secret"]
    both = basic(client.client_id, secret)
    assert (await client.redeem(code, client_secret=secret, headers=both)).status == 400
    assert (await client.redeem(code, client_id="other", headers=both)).status == 400


@pytest.mark.parametrize("text", ["Basic !!!", "Basic /w==", "Basic", "Bearer abc", "Basic OnM="])
async def test_a_malformed_header_is_no_error_of_ours(bank: Site, text: str) -> None:
    client, code = await coded(bank)
    answer = await client.redeem(code, headers={"authorization": text})
    assert answer.status == 401


async def test_an_unknown_client_registers_anew(bank: Site) -> None:
    client, code = await coded(bank)
    answer = await client.redeem(code, client_id="gone")
    assert (answer.status, json_of(answer)["error"]) == (401, "invalid_client")


# ----------------------------------------------------------------------------------------------------------- requests


async def test_parameters_belong_in_the_body_once(bank: Site) -> None:
    client, code = await coded(bank)
    assert (await client.redeem(code, path="/oauth/token?x=1")).status == 400
    twice = f"grant_type=authorization_code&code={code}&code={code}&client_id=x".encode()
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert (await send(bank, "POST", "/oauth/token", twice, form)).status == 400
    assert (await send(bank, "POST", "/oauth/token", b"{}", {"content-type": "application/json"})).status == 400
    assert (await send(bank, "GET", "/oauth/token")).status == 405
    assert (await send(bank, "POST", "/oauth/token", b"a=" + b"x" * 40_000, form)).status == 413


async def test_a_token_request_may_come_from_a_page_of_the_client(bank: Site) -> None:
    client, code = await coded(bank)
    answer = await client.redeem(code, headers={"origin": "https://client.example"})
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "https://client.example"


async def test_a_store_that_is_away_is_said_to_be(bank: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client, code = await coded(bank)

    async def away(*_: object, **__: object) -> None:
        raise StoreError("away")

    with monkeypatch.context() as patched:
        patched.setattr(bank.governed.store, "get", away)
        answer = await client.redeem(code)
    assert (answer.status, json_of(answer)["error"]) == (503, "temporarily_unavailable")
    assert (await client.redeem(code)).status == 200


# --------------------------------------------------------------------------------------------------------- revocation


async def test_a_client_ends_its_tokens_and_no_others(bank: Site) -> None:
    first, second = OAuthClient(bank), OAuthClient(bank)
    mine, others = await first.log_in(), await second.log_in()
    stolen = await second.token("/oauth/revoke", token=mine["access_token"])
    assert stolen.status == 200
    assert (await call(bank, mine["access_token"])).status == 200
    assert (await first.token("/oauth/revoke", token=mine["access_token"], token_type_hint="nonsense")).status == 200
    assert json_of(await first.refresh(mine["refresh_token"]))["error"] == "invalid_grant"
    assert (await call(bank, others["access_token"])).status == 200


async def test_the_end_is_at_once(bank: Site) -> None:
    client = OAuthClient(bank)
    tokens = await client.log_in()
    assert (await call(bank, tokens["access_token"])).status == 200
    await client.token("/oauth/revoke", token=tokens["access_token"])
    assert (await call(bank, tokens["access_token"])).status == 401


async def test_unknown_tokens_are_ended_already(bank: Site) -> None:
    client = OAuthClient(bank)
    await client.register()
    assert (await client.token("/oauth/revoke", token="unknown")).status == 200
    assert (await client.token("/oauth/revoke")).status == 400
    assert (await client.token("/oauth/revoke", token="unknown", client_id="gone")).status == 401


async def test_the_issuer_is_part_of_no_token(bank: Site) -> None:
    tokens = await OAuthClient(bank).log_in()
    assert BASE not in str(tokens)
