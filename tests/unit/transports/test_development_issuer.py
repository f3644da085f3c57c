"""The issuer for development: servers accept what it signs, and nobody beyond this machine reaches it."""

from __future__ import annotations

import asyncio
import socket
import threading
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
