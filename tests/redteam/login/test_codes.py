"""Authorization codes and PKCE.

The attacks, what must happen, and where they are described:

- a code is used again: refused, and the tokens of the first use end (RFC 9700, 4.3.1; OAuth 2.1, 7.5.3)
- many use one code at the same moment, on two replicas: one gets tokens at most (RFC 6749, 10.5)
- a stolen code is redeemed without its verifier, or with a wrong one: refused (RFC 9700, 4.5; MCP, Authorization Code
  Protection)
- a stolen code is injected into another session, or another client: refused (RFC 9700, 4.5)
- PKCE is left out, or only half of it: refused (RFC 9700, 4.8 and 2.1.1)
- the challenge itself is the verifier (``plain``): refused (RFC 7636, 7.2; OAuth 2.1, 4.1.1)
- the redirect URI of the token request is another one: refused (RFC 6749, 4.1.3)
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from support.login_scene import LOOPBACK, RESOURCE, Client, Scene, answer_of, challenge, refused, scene


def test_the_honest_login_works(it: Scene, client: Client) -> None:
    tokens = client.log_in()
    assert it.call(tokens["access_token"]).status_code == 200
    assert it.call(tokens["access_token"], "tools/call", name="look", arguments={}).status_code == 200
    caller = it.target.calls[-1][0]
    assert (caller.sub, caller.groups) == ("ann", ("staff",))
    again = client.refresh(tokens["refresh_token"]).json()
    assert it.call(again["access_token"]).status_code == 200


def test_a_code_that_is_used_again_ends_the_tokens_of_its_first_use(it: Scene, client: Client) -> None:
    code = client.authorize(it.browser())["code"]
    tokens = client.token(code=code).json()
    assert it.call(tokens["access_token"]).status_code == 200
    refused(client.token(code=code), "invalid_grant")
    assert it.call(tokens["access_token"]).status_code == 401
    refused(client.refresh(tokens["refresh_token"]), "invalid_grant")


def test_one_code_at_once_on_two_replicas_gives_tokens_once(tmp_path: Path) -> None:
    with scene(tmp_path, replicas=2) as it:
        client = it.client()
        code = client.authorize(it.browser())["code"]
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": LOOPBACK, "resource": RESOURCE,
            "client_id": client.id, "code_verifier": client.verifier,
        }  # fmt: skip
        endpoint = it.metadata["token_endpoint"]

        async def all_at_once() -> list[int]:
            asked = []
            for n in range(20):
                it.server = n % 2
                asked.append(asyncio.ensure_future(it.answer(it.http.build_request("POST", endpoint, data=form))))
                await asyncio.sleep(0)
            return [one.status_code for one in await asyncio.gather(*asked)]

        got = it.run(all_at_once())
        assert sorted(got) in ([200, *[400] * 19], [400] * 20)


@pytest.mark.parametrize("verifier", [None, "", "a" * 43, "the challenge"])
def test_a_stolen_code_without_its_verifier_is_worth_nothing(it: Scene, client: Client, verifier: str | None) -> None:
    code = client.authorize(it.browser())["code"]
    given = challenge(client.verifier) if verifier == "the challenge" else verifier
    refused(client.token(code=code, code_verifier=given), "invalid_grant", "invalid_request")


def test_a_stolen_code_is_not_injected_into_another_session_of_the_client(it: Scene, client: Client) -> None:
    stolen = client.authorize(it.browser("victim"))["code"]
    client.authorize(it.browser("thief"))  # the thief's own session has another verifier now
    refused(client.token(code=stolen), "invalid_grant")


def test_a_stolen_code_is_not_redeemed_by_another_client(it: Scene, client: Client) -> None:
    code = client.authorize(it.browser())["code"]
    other = it.client()
    assert other.id != client.id
    refused(client.token(code=code, client_id=other.id), "invalid_grant")
    refused(client.token(code=code, client_id=None), "invalid_request", "invalid_client", "invalid_grant")
    refused(client.token(code=code, client_id="somebody"), "invalid_client", "invalid_grant")


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},  # it would be plain (RFC 7636, 4.3)
        {"code_challenge_method": "s256"},
        {"code_challenge_method": ""},
        {"code_challenge": "a"},
        {"code_challenge": "é" * 43},
        {"code_challenge": "a" * 200},
    ],
    ids=str,
)
def test_pkce_is_not_left_out(it: Scene, client: Client, changes: dict[str, str | None]) -> None:
    page = it.browser().open(client.request(**changes), until=LOOPBACK)
    said = answer_of(page)
    assert said["error"] == "invalid_request"
    assert said["state"] == client.state
    assert "code" not in said
    assert not it.provider.asked, "nobody is sent to log in for it"


@pytest.mark.parametrize("redirect", [None, "", "http://127.0.0.1:33418/other", "http://127.0.0.1:9/callback"])
def test_the_redirect_uri_of_a_code_is_that_of_its_request(it: Scene, client: Client, redirect: str | None) -> None:
    """RFC 6749, 4.1.3. OAuth 2.1 leaves the parameter out: who has the verifier has made the request (10.2)."""
    code = client.authorize(it.browser())["code"]
    answer = client.token(code=code, redirect_uri=redirect)
    if not redirect:
        assert answer.status_code == 200
    else:
        refused(answer, "invalid_grant", "invalid_request")


@pytest.mark.parametrize("kind", ["implicit", "token", "id_token", "code token", "code id_token", "none", "", None])
def test_no_other_response_type(it: Scene, client: Client, kind: str | None) -> None:
    """RFC 9700, 2.1.2: access tokens never travel in a URL."""
    page = it.browser().open(client.request(response_type=kind), until=LOOPBACK)
    assert answer_of(page)["error"] in ("unsupported_response_type", "invalid_request", "unauthorized_client")
    assert "token" not in page.url.replace("unsupported_response_type", "")


@pytest.mark.parametrize("mode", ["fragment", "form_post", "query.jwt"])
def test_no_other_response_mode(it: Scene, client: Client, mode: str) -> None:
    """A response mode that is not supported is not ignored silently where the client would look elsewhere; or it is
    the query in any case."""
    page = it.browser().open(client.request(response_mode=mode), until=LOOPBACK)
    assert "#" not in page.url
    assert page.status != 200 or page.forms


@pytest.mark.parametrize("kind", ["password", "client_credentials", "implicit", "", None])
def test_no_other_grant(it: Scene, client: Client, kind: str | None) -> None:
    """RFC 9700, 2.4: the password grant must not be used."""
    answer = client.token(code="x", grant_type=kind, username="ann", password="secret")
    refused(answer, "unsupported_grant_type", "invalid_request", "unauthorized_client")
