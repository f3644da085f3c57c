"""The token endpoint: a code is used once, by its client, with its verifier; errors are those of RFC 6749, 5.2."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest
from support.logins import Site
from support.oauth_clients import OAuthClient, call, json_of, send

pytestmark = pytest.mark.asyncio


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


async def coded(bank: Site, **metadata: Any) -> tuple[OAuthClient, str]:
    client = OAuthClient(bank)
    await client.register(**metadata)
    return client, (await client.authorize())["code"]


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


# --------------------------------------------------------------------------------------------------------- revocation


async def test_unknown_tokens_are_ended_already(bank: Site) -> None:
    client = OAuthClient(bank)
    await client.register()
    assert (await client.token("/oauth/revoke", token="unknown")).status == 200
    assert (await client.token("/oauth/revoke")).status == 400
    assert (await client.token("/oauth/revoke", token="unknown", client_id="gone")).status == 401
