"""``adaptgen doctor --governance`` before a certified OpenID provider: what it finds is what people would meet."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import oidc_provider
from support.oidc_provider import OidcProvider
from support.services import Unavailable
from support.shipping import LOGIN, write

from adaptgen.govern.settings.load import read
from adaptgen.readiness.login import examine_login

pytestmark = [pytest.mark.slow, pytest.mark.network]

API = "https://api.bank.example"
NOBODY = "http://127.0.0.1:9"  # the port of "discard": nothing listens


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OidcProvider]:
    try:
        made = oidc_provider.start(tmp_path_factory.mktemp("idp"), resources={API: "read"})
    except Unavailable as problem:
        pytest.skip(str(problem))
    made.client("adaptgen", f"{NOBODY}/login/callback")
    yield made
    made.stop()


def examined(folder: Path, company: OidcProvider, **login: Any) -> dict[str, tuple[bool | None, str]]:
    changed = {
        **LOGIN,
        "listen": {"resource": f"{NOBODY}/mcp"},
        "authenticate": {**LOGIN["authenticate"], "issuer": company.url},
        "login": {**LOGIN["login"], **login},
    }
    found = asyncio.run(examine_login(read(write(folder, changed)), {"STATE_TABLE": "t"}))
    return {one.name: (one.ok, one.text) for one in found}


@pytest.mark.parametrize("login", [{}, {"resource": API}], ids=["as it is", "for an API"])
def test_what_works_is_said_to_work(tmp_path: Path, company: OidcProvider, login: dict[str, Any]) -> None:
    found = examined(tmp_path, company, **login)
    assert {name: ok for name, (ok, _) in found.items() if name != "server"} == dict.fromkeys(
        ("issuer", "pkce", "refresh", "redirect"), True
    )


def test_an_api_that_the_provider_does_not_know_is_found(tmp_path: Path, company: OidcProvider) -> None:
    ok, text = examined(tmp_path, company, resource="https://other.bank.example")["redirect"]
    assert (ok, text) == (
        False,
        "the provider answers invalid_target to a login with login.resource 'https://other.bank.example'",
    )


def test_a_client_that_the_provider_does_not_know_is_found(tmp_path: Path, company: OidcProvider) -> None:
    ok, text = examined(tmp_path, company, client_id="adaptegn")["redirect"]
    assert ok is False
    assert "refuses the client 'adaptegn'" in text
