"""Access tokens and refresh tokens.

The attacks, what must happen, and where they are described:

- a token for another server of the same keys: 401 (RFC 9700, 2.3 and 4.10.2; MCP, Token Passthrough)
- a token of the provider for another audience, or its ID token: 401 (RFC 9068, 5; RFC 9700, 4.10.2)
- one kind of token as another (code, refresh token, access token, client id): refused (RFC 8725, 3.12; RFC 9068, 5)
- a refresh token is used again: thief and client lose everything (RFC 9700, 4.14.2; OAuth 2.1, 4.3.1)
- a refresh token of another client: refused (RFC 6749, 6; RFC 9700, 4.14.2)
- what was revoked is used on another replica: refused (RFC 7009, 2.1)
- a person or a group is gone: the next refresh is refused, or without the group (RFC 9700, 4.14.2)
- a token lives long: 15 minutes at most (RFC 9700, 4.14; MCP, Token Theft)
- a token that was changed: 401 (RFC 9700, 4.10)
"""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from unittest.mock import patch

import pytest
from support.login_scene import RESOURCE, Client, Scene, refused, scene
from support.openid import CLIENT

from adaptgen.diagnostics import AdaptgenError
from adaptgen.runtime.store.protocol import MemoryStore
from adaptgen.web.oauth import families
from adaptgen.web.oauth.server import Context


def test_a_token_for_another_server_of_the_same_keys_is_refused(tmp_path: Path) -> None:
    """Two proxies of one company may share their keys and their state."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    (there, store) = ("https://other.bank.example", MemoryStore())
    with (
        scene(tmp_path / "one", store=store) as it,
        scene(tmp_path / "two", base=there, store=store) as other,
    ):
        client = it.client()
        tokens = client.log_in()
        assert it.call(tokens["access_token"]).status_code == 200
        assert other.call(tokens["access_token"]).status_code == 401
        client.scene = other
        refused(client.refresh(tokens["refresh_token"]))
        client.scene = it
        code = client.authorize(it.browser())["code"]
        client.scene = other
        refused(client.token(code=code, resource="https://other.bank.example/mcp"))
        page = other.browser().open(client.request(resource=None), until="https://never.example")
        assert page.status == 400, "a registration at one is none at the other"


def test_a_refresh_token_of_another_server_is_refused_also_for_a_client_of_both(tmp_path: Path) -> None:
    """As clients with a document are; here a registration counts at both."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    store = MemoryStore()
    with (
        patch.object(Context, "own_seals", property(lambda self: self.seals)),
        scene(tmp_path / "one", store=store) as it,
        scene(tmp_path / "two", base="https://other.bank.example", store=store) as other,
    ):
        client = it.client()
        tokens = client.log_in()
        client.scene = other
        refused(client.refresh(tokens["refresh_token"]), "invalid_grant")
        client.scene = it
        assert client.refresh(tokens["refresh_token"]).status_code == 200


def test_tokens_of_the_provider_that_are_not_for_this_server(it: Scene, client: Client) -> None:
    """Its own access token for this server counts; the tokens of the login do not."""
    client.log_in()
    provider = it.provider
    assert it.call(provider.issue(aud=RESOURCE)).status_code == 200
    for token in provider.issued:
        assert it.call(token).status_code == 401
    for claims in ({"aud": CLIENT}, {"aud": "https://other.bank.example"}, {"aud": None}, {"aud": []}):
        assert it.call(provider.issue(**claims)).status_code == 401
    assert it.call(provider.issue(aud=RESOURCE, iss="https://other.example")).status_code == 401
    assert it.call(provider.issue(aud=RESOURCE, header={"typ": "logout+jwt"})).status_code == 401


def test_one_kind_of_token_is_not_another(it: Scene, client: Client) -> None:
    answer = client.authorize(it.browser())
    for wrong in (answer["code"], client.id):
        assert it.call(wrong).status_code == 401
        refused(client.refresh(wrong), "invalid_grant")
    tokens = client.token(code=answer["code"]).json()
    access, refresh = tokens["access_token"], tokens["refresh_token"]
    assert it.call(refresh).status_code == 401
    refused(client.refresh(access), "invalid_grant")
    for wrong in (access, refresh, client.id):
        refused(client.token(code=wrong), "invalid_grant")
    page = it.browser().open(client.request(client_id=refresh), until="https://never.example")
    assert page.status == 400
    assert it.call(access).status_code == 200


def test_a_token_that_was_changed_is_refused(it: Scene, client: Client) -> None:
    tokens = client.log_in()
    access, refresh = tokens["access_token"], tokens["refresh_token"]
    for token in (access, refresh):
        for at in (0, len(token) // 2, len(token) - 1):
            for other in ("A", "B", "-"):
                if token[at] == other:
                    continue
                changed = token[:at] + other + token[at + 1 :]
                assert it.call(changed).status_code == 401
                refused(client.refresh(changed), "invalid_grant")
    for changed in (f"{access}=", f"{access}A", access[:-1], f" {access}x", access.swapcase(), f"{access}.{access}"):
        assert it.call(changed).status_code in (400, 401)
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    body = base64.urlsafe_b64encode(json.dumps({"iss": it.base, "aud": RESOURCE, "sub": "ann"}).encode()).decode()
    assert it.call(f"{head}.{body.rstrip('=')}.").status_code == 401
    assert it.call(access).status_code == 200


# ------------------------------------------------------------------------------------------------------------ refresh


def test_a_refresh_token_that_is_used_again_ends_everything(
    it: Scene, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who came first, the thief or the client, cannot be known: both have to log in again. For half a minute the
    same token gets the same answer, as clients refresh several times at once; then it is theft."""
    tokens = client.log_in()
    stolen = tokens["refresh_token"]
    won = client.refresh(stolen).json()
    assert client.refresh(stolen).json()["refresh_token"] == won["refresh_token"], "one family, not two"
    assert it.call(won["access_token"]).status_code == 200
    monkeypatch.setattr(families, "GRACE", 0.0)
    refused(client.refresh(stolen), "invalid_grant")
    refused(client.refresh(won["refresh_token"]), "invalid_grant")
    for token in (tokens["access_token"], won["access_token"]):
        assert it.call(token).status_code == 401
    other = client.log_in(it.browser("bob"))
    assert it.call(other["access_token"]).status_code == 200, "another login is not ended by it"


def test_the_grace_of_a_refresh_token_is_short() -> None:
    """Within it a thief would not be noticed (RFC 9700, 4.14.2)."""
    assert families.GRACE <= 30


def test_the_grace_gives_nobody_a_family_of_their_own(
    it: Scene, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within it a stolen token is worth what the client has, and the next refresh of either side shows the theft."""
    stolen = client.log_in()["refresh_token"]
    second = client.refresh(stolen).json()["refresh_token"]
    won = client.refresh(second).json()
    for old in (stolen, second):
        assert client.refresh(old).json()["refresh_token"] == won["refresh_token"]
    monkeypatch.setattr(families, "GRACE", 0.0)
    newest = client.refresh(won["refresh_token"]).json()
    refused(client.refresh(won["refresh_token"]), "invalid_grant")
    refused(client.refresh(newest["refresh_token"]), "invalid_grant")
    assert it.call(newest["access_token"]).status_code == 401


def test_a_refresh_token_belongs_to_its_client(it: Scene, client: Client) -> None:
    tokens = client.log_in()
    other = it.client()
    refused(client.refresh(tokens["refresh_token"], client_id=other.id), "invalid_grant", "invalid_client")
    refused(client.refresh(tokens["refresh_token"], client_id=None))
    again = client.refresh(tokens["refresh_token"])
    assert again.status_code == 200, "somebody who is not the client cannot end a login that way"


def test_one_refresh_token_at_once_on_two_replicas_is_one_family(tmp_path: Path) -> None:
    """Whatever a grace permits, no two families that live apart come of it."""
    with scene(tmp_path, replicas=2) as it:
        client = it.client()
        tokens = client.log_in()
        endpoint = it.metadata["token_endpoint"]
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": client.id}

        async def all_at_once() -> list[dict[str, str]]:
            asked = []
            for n in range(6):
                it.server = n % 2
                asked.append(asyncio.ensure_future(it.answer(it.http.build_request("POST", endpoint, data=form))))
                await asyncio.sleep(0)
            return [one.json() for one in await asyncio.gather(*asked) if one.status_code == 200]

        got = it.run(all_at_once())
        said = {"token": tokens["refresh_token"], "client_id": client.id}
        it.http.post(it.metadata["revocation_endpoint"], data=said)
        for one in got:
            it.server = 1 - it.server
            refused(client.refresh(one["refresh_token"]), "invalid_grant")
            assert it.call(one["access_token"]).status_code == 401


def test_what_is_revoked_ends_on_every_replica(tmp_path: Path) -> None:
    with scene(tmp_path, replicas=2) as it:
        client = it.client()
        for kind in ("refresh_token", "access_token"):
            tokens = client.log_in()
            assert it.call(tokens["access_token"]).status_code == 200
            it.server = 1
            assert it.call(tokens["access_token"]).status_code == 200
            said = {"token": tokens[kind], "client_id": client.id}
            assert it.http.post(it.metadata["revocation_endpoint"], data=said).status_code == 200
            assert it.call(tokens["access_token"]).status_code == 401
            it.server = 0
            refused(client.refresh(tokens["refresh_token"]), "invalid_grant")


def test_nobody_revokes_what_is_not_theirs(it: Scene, client: Client) -> None:
    """RFC 7009, 2.1: the token is that of the client; and the answer does not say whether a token exists."""
    tokens = client.log_in()
    other = it.client()
    answers = set()
    for token in (tokens["refresh_token"], "unknown"):
        answer = it.http.post(it.metadata["revocation_endpoint"], data={"token": token, "client_id": other.id})
        answers.add((answer.status_code, answer.content))
    assert len(answers) == 1
    assert it.call(tokens["access_token"]).status_code == 200
    assert client.refresh(tokens["refresh_token"]).status_code == 200


def test_who_has_left_gets_no_new_tokens(it: Scene, client: Client) -> None:
    tokens = client.log_in()
    it.provider.gone = True
    refused(client.refresh(tokens["refresh_token"]), "invalid_grant")


def test_groups_are_those_of_today(it: Scene, client: Client) -> None:
    tokens = client.log_in()
    assert it.provider.person is not None
    it.provider.person = {**it.provider.person, "groups": []}
    fresh = client.refresh(tokens["refresh_token"]).json()
    it.call(fresh["access_token"], "tools/call", name="look", arguments={})
    assert it.target.calls[-1][0].groups == ()


def test_a_refresh_is_not_answered_for_somebody_else(it: Scene, client: Client) -> None:
    """OpenID Connect Core, 12.2: the subject of the new ID token is that of the first one."""
    tokens = client.log_in()
    it.provider.person = {"sub": "eve", "groups": ["admins"]}
    refused(client.refresh(tokens["refresh_token"]), "invalid_grant")


def test_a_provider_that_is_down_vouches_for_nobody(it: Scene, client: Client) -> None:
    tokens = client.log_in()
    it.provider.answers["/token"] = (500, {}, {"error": "server_error"})
    answer = client.refresh(tokens["refresh_token"])
    assert answer.status_code in (400, 502, 503)
    assert "access_token" not in answer.text


def test_access_tokens_do_not_live_long(it: Scene, client: Client) -> None:
    tokens = client.log_in()
    assert 0 < tokens["expires_in"] <= 900
    assert tokens["token_type"].lower() == "bearer"


@pytest.mark.parametrize("given", [{"audience": [RESOURCE, CLIENT]}, {"client_ids": [CLIENT]}], ids=str)
def test_the_client_of_the_login_is_no_audience(tmp_path: Path, given: dict[str, list[str]]) -> None:
    """ID tokens would count as access tokens: the settings are refused. At another issuer it is another client."""
    with pytest.raises(AdaptgenError, match="AG134"), scene(tmp_path, authenticate=given):
        raise AssertionError
    given = {"audience": [RESOURCE], **given}
    with scene(tmp_path, authenticate=given, login={"issuer": "https://people.bank.example"}) as it:
        assert it.call(it.provider.issue(aud=RESOURCE)).status_code == 200
