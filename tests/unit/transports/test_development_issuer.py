"""The issuer for development: servers accept what it signs, and nobody beyond this machine reaches it."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.governing import FakeTarget, fact, governed, settings

from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern.identity.authenticator import Authenticator
from adaptgen.govern.identity.development import DevelopmentIssuer, key_path, load_key
from adaptgen.govern.settings.load import parse
from adaptgen.govern.settings.rules import check_issuer
from adaptgen.mcp.protocol import Challenge, Context
from adaptgen.model.tables import Caller
from adaptgen.transports import development_issuer

AUDIENCE = "http://127.0.0.1:8000/mcp"


class Running:
    def __init__(self, folder: Path) -> None:
        self.environ = {"ADAPTGEN_STATE": str(folder / "state")}
        listener, self.url = development_issuer.listen("127.0.0.1:0")
        self.issuer = DevelopmentIssuer(self.url, load_key(self.environ))
        self.server = development_issuer.server(
            listener, self.issuer, lambda: {"access_token": self.token(), "token_type": "Bearer"}
        )
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def token(self, **given: Any) -> str:
        return self.issuer.token(**{"audience": AUDIENCE, "ttl": 60, "sub": "bob", "groups": ("interns",), **given})

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def caller(self, token: str) -> Caller | str:
        """Who a server takes the bearer of ``token`` for, or why it does not."""
        settings = parse(
            f"adaptgen: 1\nauthenticate: {{issuer: '{self.url}', audience: '{AUDIENCE}', caller: {{groups: groups}}}}\n"
            .encode(),
            "g.yaml",
        )  # fmt: skip

        async def ask() -> Caller | str:
            made = Authenticator(settings)
            await made.start()
            try:
                return await made({"authorization": f"Bearer {token}"}, Context(request_id="1"))
            except Challenge as refusal:
                return refusal.text
            finally:
                await made.aclose()

        return asyncio.run(ask())


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path)
    yield made
    made.stop()


def test_a_server_knows_the_caller_of_a_token(running: Running) -> None:
    found = running.caller(running.token(groups=("interns", "büro 4", "日本")))
    assert isinstance(found, Caller)
    assert (found.sub, found.groups) == ("bob", ("interns", "büro 4", "日本"))


def test_a_token_outlives_the_issuer_and_needs_none(running: Running) -> None:
    again = DevelopmentIssuer(running.url, load_key(running.environ))
    found = running.caller(again.token(AUDIENCE, 60, "bob"))
    assert isinstance(found, Caller)


def test_what_is_not_meant_for_the_server_is_refused(running: Running) -> None:
    assert (
        running.caller(running.token(audience="http://127.0.0.1:8001/mcp"))
        == "the access token is for another audience"
    )
    old = DevelopmentIssuer(running.url, load_key(running.environ), clock=lambda: time.time() - 3600)
    assert running.caller(old.token(AUDIENCE, 60, "bob")) == "the access token has expired"
    head, body, signature = running.token().split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "at+jwt"}).encode()).decode().rstrip("=")
    refused = "the signature algorithm of the access token is not accepted"
    assert running.caller(f"{none}.{body}.") == refused
    other = base64.urlsafe_b64encode(json.dumps({"iss": running.url, "aud": AUDIENCE, "sub": "eve"}).encode()).decode()
    assert (
        running.caller(f"{head}.{other.rstrip('=')}.{signature}") == "the signature of the access token does not hold"
    )


def test_the_key_is_for_its_owner_and_a_loose_one_is_refused(running: Running) -> None:
    path = key_path(running.environ)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.chmod(0o644)
    with pytest.raises(AdaptgenError, match="can be read by others"):
        load_key(running.environ)
    path.unlink()
    path.symlink_to(path.with_name("elsewhere"))
    with pytest.raises(AdaptgenError, match="is a symbolic link"):
        load_key(running.environ)
    path.unlink()
    path.write_text("no key")
    path.chmod(0o600)
    with pytest.raises(AdaptgenError, match="not a private key") as caught:
        load_key(running.environ)
    assert "no key" not in str(caught.value)


def test_documents_hold_no_private_key(running: Running) -> None:
    for path in ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"):
        assert httpx.get(running.url + path).json()["issuer"] == running.url
    (key,) = httpx.get(f"{running.url}/jwks").json()["keys"]
    assert sorted(key) == ["alg", "crv", "kid", "kty", "use", "x", "y"]


def test_the_token_endpoint_serves_the_caller_of_the_command_and_no_web_page(running: Running) -> None:
    form = {"grant_type": "client_credentials", "sub": "root"}
    answer = httpx.post(f"{running.url}/token", data=form)
    found = running.caller(answer.json()["access_token"])
    assert isinstance(found, Caller)
    assert found.sub == "bob"
    assert answer.headers["cache-control"] == "no-store"
    assert httpx.post(f"{running.url}/token", data=form, headers={"origin": "http://a.example"}).status_code == 404
    assert httpx.post(f"{running.url}/token", data=form, headers={"host": "a.example"}).status_code == 404
    assert httpx.post(f"{running.url}/token", data={"grant_type": "password"}).status_code == 400
    assert httpx.post(f"{running.url}/token", content=b"x" * 9000).status_code == 400


@pytest.mark.parametrize(
    ("sub", "groups"), [("", ()), ("bob\n", ()), ("x" * 513, ()), ("bob", ("",)), ("bob", ("a\x1b[31m",))]
)
def test_names_that_no_server_accepts_are_not_signed(running: Running, sub: str, groups: tuple[str, ...]) -> None:
    with pytest.raises(AdaptgenError, match="no server would accept this caller"):
        running.token(sub=sub, groups=groups)


def test_claims_of_the_issuer_are_not_to_be_chosen(running: Running) -> None:
    with pytest.raises(AdaptgenError, match="'iss' is set by the issuer"):
        running.token(more={"iss": "https://idp.example"})


@pytest.mark.parametrize("where", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"])
def test_it_never_listens_beyond_loopback(where: str) -> None:
    with pytest.raises(AdaptgenError, match="is not loopback"):
        development_issuer.listen(where)


def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(AdaptgenError, match="address already in use"):
        development_issuer.listen(f"127.0.0.1:{taken.getsockname()[1]}")


@pytest.mark.parametrize(
    ("issuer", "development"),
    [
        ("http://127.0.0.1:9000", True),
        ("http://localhost:9000/x", True),
        ("http://[::1]:9000", True),
        ("http://127.9.9.9", True),
        ("https://idp.example", False),
        ("https://127.0.0.1:9000", False),
    ],
)
def test_a_server_that_others_can_reach_refuses_such_an_issuer(issuer: str, development: bool) -> None:
    settings = parse(f"adaptgen: 1\nauthenticate: {{issuer: '{issuer}', audience: a}}\n".encode(), "g.yaml")
    check_issuer(settings, loopback=True)
    if development:
        with pytest.raises(AdaptgenError, match="its issuer is one for development"):
            check_issuer(settings, loopback=False)
    else:
        check_issuer(settings, loopback=False)


def test_a_server_starts_with_such_an_issuer_on_loopback_alone_and_says_so(running: Running, tmp_path: Path) -> None:
    path = settings(
        tmp_path,
        authenticate={"issuer": "${env:ISSUER}", "audience": AUDIENCE},
        listen={"http": "0.0.0.0:8000", "resource": AUDIENCE},
    )

    async def notices(loopback: bool) -> tuple[str, ...]:
        given = {"http": True, "loopback": loopback, "environ": {"ISSUER": running.url}}
        async with governed(path, FakeTarget(fact("read_note")), **given) as made:
            return made.notices

    assert f"callers come with tokens of {running.url}, an issuer for development" in asyncio.run(notices(True))
    with pytest.raises(AdaptgenError, match=r"governance\.yaml.*its issuer is one for development"):
        asyncio.run(notices(False))
