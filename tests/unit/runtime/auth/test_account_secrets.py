"""What the words of a token endpoint, and the answers of an API, show of tokens and keys: nothing, however written."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from support.own_accounts import BY_KEY, CLIENT, OWN, SECRET, NotesApi, Replica, answer, tokens

from adaptgen.model.tables import Auth, Caller
from adaptgen.runtime.http.expected_answer import withhold_tokens
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.store.protocol import MemoryStore

pytestmark = pytest.mark.asyncio

ADA = Caller("ada", "bank")
PAIR = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()


@pytest_asyncio.fixture
async def make(tmp_path: Path) -> AsyncIterator[Callable[..., Replica]]:
    replicas: list[Replica] = []

    def start(api: Any, auth: Auth = OWN) -> Replica:
        replicas.append(Replica(tmp_path, api, MemoryStore(), auth))
        return replicas[-1]

    yield start
    for one in replicas:
        await one.engine.aclose()


@pytest.mark.parametrize(
    "said", [f"no client: Basic {PAIR}", f"no client: {PAIR[:24]}...", f"no client: {SECRET[:20]}"]
)
async def test_no_word_of_a_login_of_the_server_shows_what_was_sent(make: Callable[..., Replica], said: str) -> None:
    login = tokens("login", grant_type="client_credentials")
    shared = Auth(name="notes", kind="oauth2", send=OWN.send, chain=(login,))
    api = NotesApi(token_answer=lambda form: answer(401, {"error": "invalid_client", "error_description": said}))
    text = await make(api, shared).text(ADA)
    assert "no client: " in text
    assert "[withheld]" in text
    assert not any(secret[:16] in text for secret in (PAIR, SECRET))


@pytest.mark.parametrize(
    "written",
    ["abc\\/d+ef=12", "abc\\u002Fd\\u002Bef=12", "\\u0061bc/d+ef\\u003d12", "abc%2fd%2bef%3d12", "abc%2Fd%2Bef=12"],
)
async def test_a_token_is_withheld_however_it_is_escaped(written: str) -> None:
    answered = Response(200, {}, f'{{"echo":"{written}","else":"a \\u003e \\u0022b\\u005c\\\\u003e"}}'.encode())
    shown = withhold_tokens(answered, ["abc/d+ef=12"])
    assert shown.json() == {"echo": "[withheld]", "else": 'a > "b\\\\u003e'}
    assert withhold_tokens(answered, ["something-else"]) is answered


@pytest.mark.parametrize(
    ("key", "body", "shown"),
    [
        ("4711", '{"pin":"4711","id":4711,"at":14711}', '{"pin":"[withheld]","id":4711,"at":14711}'),
        ("47114711", '{"pin":"no 47114711","id":47114711}', '{"pin":"no [withheld]","id":"[withheld]"}'),
        (
            "demo", '{"key":"demo","of":"democracy","at":"?a%3Ddemo"}',
            '{"key":"[withheld]","of":"democracy","at":"?a%3D[withheld]"}',
        ),
    ],
)  # fmt: skip
async def test_a_short_key_is_withheld_as_a_word(make: Callable[..., Replica], key: str, body: str, shown: str) -> None:
    class Api(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return answer(200, f"[{body}]")

    one = make(Api(), BY_KEY)
    assert await one.ask(ADA, "key", key=key) == {"connected": True}
    said = json.loads(await one.text(ADA))
    assert dict(zip(said["fields"], said["items"][0], strict=True)) == json.loads(shown)


@pytest.mark.parametrize(("auth", "key"), [(BY_KEY, "abc"), (BY_KEY, "123")])
async def test_a_key_that_could_not_be_withheld_is_not_taken(
    make: Callable[..., Replica], auth: Auth, key: str
) -> None:
    said = await make(NotesApi(), auth).ask(ADA, "key", key=key)
    assert said["problem"].startswith("This is too short: a key has at least 4 letters, digits or signs")
