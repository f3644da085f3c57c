"""What was issued before the settings changed.

A caller is a tenant and a ``sub`` at one provider: at another one, or read from another claim, the same letters may be
somebody else (OpenID Connect Core, 2 and 5.7). So whatever says who somebody is counts only under the provider and the
mapping by which it was made: access tokens, codes, remembered consents, and the browser's login.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.login_scene import BASE, WEB, Client, Scene, refused, scene
from support.openid import Provider


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as made:
        yield made


@pytest.fixture
def other(it: Scene) -> Iterator[Provider]:
    """Another provider, where ``ann`` is somebody else."""
    made = Provider()
    made.person = {"sub": "ann", "name": "Another Ann", "groups": ["staff"]}
    it.run(made.start())
    yield made
    it.run(made.stop())


def change(it: Scene, section: str, **given: Any) -> None:
    """Other settings, which the server reads while it runs."""
    path = it.folder / "governance.yaml"
    said = json.loads(path.read_text())
    said[section] |= given
    path.write_text(json.dumps(said))
    assert it.run(it.governed[0].watch.look())


@pytest.mark.parametrize("what", ["provider", "mapping"])
def test_nobody_is_taken_for_the_person_whom_another_provider_or_claim_calls_so(
    it: Scene, other: Provider, what: str
) -> None:
    client, browser = it.client(), it.browser()
    tokens = client.log_in(browser)
    code = client.authorize(browser)["code"]
    assert it.call(tokens["access_token"]).status_code == 200

    if what == "provider":
        change(it, "login", issuer=other.issuer)
    else:
        change(it, "authenticate", caller={"sub": "name", "groups": "groups"})

    assert it.call(tokens["access_token"]).status_code == 401
    refused(client.token(code=code))
    refused(client.refresh(tokens["refresh_token"]))
    assert browser.open(f"{BASE}/approvals", until=it.provider.url if what == "mapping" else other.url).url.startswith(
        it.provider.url if what == "mapping" else other.url
    )


def test_a_consent_is_not_that_of_somebody_at_another_provider(it: Scene, other: Provider) -> None:
    client = it.client(WEB)
    assert "code" in client.authorize(it.browser())
    assert agrees_without_a_page(it, client)
    change(it, "login", issuer=other.issuer)
    it.provider = other
    assert not agrees_without_a_page(it, client)


def test_other_settings_of_the_login_leave_everybody_logged_in(it: Scene) -> None:
    client = it.client()
    tokens = client.log_in(it.browser())
    change(it, "login", access="5m")
    assert it.call(tokens["access_token"]).status_code == 200
    assert client.refresh(tokens["refresh_token"]).status_code == 200


def test_an_approval_is_not_for_somebody_at_another_provider(tmp_path: Path) -> None:
    policies = """
    @approval("1h") permit (principal, action == Action::"fake__change", resource);
    permit (principal, action == Action::"approve", resource);
    """
    with scene(tmp_path, policies=policies) as it:
        provider, other = it.provider, Provider()
        it.run(other.start())
        try:
            asked = change_something(it)
            browser = it.browser()
            page = browser.open(re.findall(rf"{BASE}/approvals/[0-9a-f]{{32}}", asked)[0])
            assert "Approved" in browser.press(page, "approve").words
            change(it, "login", issuer=other.issuer)
            it.provider = other
            assert "done" not in change_something(it)
        finally:
            it.provider = provider
            it.run(other.stop())


def change_something(it: Scene) -> str:
    token = it.client().log_in(it.browser())["access_token"]
    answer = it.call(token, "tools/call", name="change", arguments={"text": "pay 10"})
    return str(answer.json()["result"]["content"][0]["text"])


def agrees_without_a_page(it: Scene, client: Client) -> bool:
    return it.browser().open(client.request(), until=WEB).url.startswith(WEB)
