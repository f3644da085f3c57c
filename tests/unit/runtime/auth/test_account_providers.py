"""Services that give out tokens in another way than RFC 6749 has it, as the hints describe them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import pytest_asyncio
import yaml
from support.own_accounts import BACK, NotesApi, Replica, answer

import adaptgen
from adaptgen.model.tables import Caller
from adaptgen.runtime.store.protocol import MemoryStore

pytestmark = pytest.mark.asyncio

ADA = Caller("ada", "bank")
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Notes", "version": "1"},
    "servers": [{"url": "https://notes.example"}],
    "paths": {"/notes": {"get": {"operationId": "list_notes", "responses": {"200": {"description": ""}}}}},
}
HINT = {
    "kind": "oauth2", "grant": "authorization_code", "per": "caller", "client_id": "${env:ID}",
    "client_secret": "${env:WORD}", "authorization_url": "https://notes.example/oauth/authorize",
    "token_url": "https://notes.example/oauth/token",
}  # fmt: skip
TOKEN = "access-of-ada-0123456789"


class Service(NotesApi):
    """A service that answers every request for a token with ``gives``, and a token that was ``revoked`` with 200."""

    def __init__(self, gives: Any) -> None:
        super().__init__()
        self.gives = gives
        self.asked: list[httpx.Request] = []
        self.revoked = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        if request.url.path == "/oauth/token":
            self.asked.append(request)
            status, body = self.gives if isinstance(self.gives, tuple) else (200, self.gives)
            return answer(status, body)
        if self.revoked:
            return answer(200, {"ok": False, "error": "token_revoked"})
        known = request.headers.get("authorization") == f"Bearer {TOKEN}"
        return answer(200, [{"id": "1"}]) if known else answer(401, {})


Start = Callable[..., tuple[Service, Replica]]


@pytest_asyncio.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    running: list[Replica] = []

    def make(gives: Any, id: str = "me", word: str = "pass", **hint: Any) -> tuple[Service, Replica]:
        said = {key: value for key, value in {**HINT, **hint}.items() if value is not None}
        (tmp_path / "notes.yaml").write_text(yaml.safe_dump(DOCUMENT))
        (tmp_path / "notes").mkdir()
        (tmp_path / "notes" / "hints.yaml").write_text(yaml.safe_dump({"auth": {"notes": said}}))
        (auth,) = adaptgen.build(tmp_path / "notes.yaml").plan.server.auth
        service = Service(gives)
        running.append(Replica(tmp_path, service, MemoryStore(), auth, ID=id, WORD=word))
        return service, running[-1]

    yield make
    for one in running:
        await one.engine.aclose()


async def connect(one: Replica) -> tuple[dict[str, str], dict[str, Any]]:
    """What the address of consent asks for, and what became of the code."""
    url, sealed = await one.begin(ADA)
    query = dict(parse_qsl(urlsplit(url).query))
    return query, await one.ask(ADA, "finish", redirect_uri=BACK, sealed=sealed, code="code-1")


async def test_a_request_for_tokens_in_json(start: Start) -> None:
    service, one = start({"access_token": TOKEN}, body_format="json", client_auth="post", pkce=False)
    assert (await connect(one))[1] == {"connected": True}
    assert json.loads(service.asked[0].content) == {
        "grant_type": "authorization_code", "code": "code-1", "redirect_uri": BACK, "client_id": "me",
        "client_secret": "pass",
    }  # fmt: skip


async def test_who_has_no_refresh_token_connects_again_when_the_token_ends(start: Start) -> None:
    service, one = start({"access_token": TOKEN, "expires_in": 1e-6, "refresh_token": None})
    await connect(one)
    said = await one.call(ADA)
    assert said.connection == ("notes", "Notes", "ended")
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    "gives", [(401, {"error": "invalid_client"}), (400, {"error": "invalid_request", "error_description": "client_id"})]
)
async def test_a_client_that_is_refused_may_have_to_send_its_secret_in_the_body(start: Start, gives: Any) -> None:
    _, said = await connect(start(gives)[1])
    assert "client_auth: post" in said["problem"]
    assert "not tried again" not in said["problem"]


@pytest.mark.parametrize("secret", ["", "${env:WORD}"])
async def test_a_client_without_a_secret_may_need_one(start: Start, secret: str) -> None:
    client = {"client_secret": secret or None, "client_auth": "post" if secret else None}
    _, said = await connect(start((401, {"error": "invalid_client"}), **client)[1])
    assert ("the operator writes client_secret in the hints" in said["problem"]) is not bool(secret)


async def test_an_answer_with_200_that_the_hints_name_asks_the_person_to_connect_again(start: Start) -> None:
    service, one = start({"access_token": TOKEN}, refused=[401, {"status": 200, "body": {"error": "token_revoked"}}])
    await connect(one)
    service.revoked = True
    assert (await one.call(ADA)).connection == ("notes", "Notes", "ended")
