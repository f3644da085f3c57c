"""``adaptgen connect`` and ``disconnect``: a consent that comes back to this machine, and a key."""

from __future__ import annotations

import asyncio
import functools
import io
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from support.own_accounts import ENVIRON, NotesApi

import adaptgen
from adaptgen.cli.run import connect as connecting
from adaptgen.diagnostics import AdaptgenError
from adaptgen.runtime import engine as engines

SPEC = """\
openapi: 3.1.0
info: {title: Notes, version: "1"}
servers: [{url: "https://notes.example"}]
security: [{notes: [notes.read]}]
components:
  securitySchemes:
    notes:
      type: oauth2
      flows:
        authorizationCode:
          authorizationUrl: https://notes.example/oauth/authorize
          tokenUrl: https://notes.example/oauth/token
          scopes: {notes.read: read, notes.write: write}
paths:
  /notes:
    get:
      operationId: list_notes
      responses:
        "200":
          description: ok
          content:
            application/json: {schema: {type: array, items: {type: object, properties: {text: {type: string}}}}}
"""
BY_CONSENT = """\
auth:
  notes: {kind: oauth2, grant: authorization_code, per: caller, client_id: "${env:NOTES_CLIENT_ID}",
          client_secret: "${env:NOTES_CLIENT_SECRET}", revocation_url: "https://notes.example/oauth/revoke"}
"""
BY_KEY = "auth: {notes: {kind: api_key, header: X-API-Key, per: caller, ask: true}}\n"


class Laptop:
    """A generated server on one machine, and the person in front of it."""

    def __init__(self, folder: Path, hints: str) -> None:
        self.api = NotesApi()
        self.answers: list[tuple[int, str]] = []
        (folder / "notes").mkdir()
        (folder / "notes.yaml").write_text(SPEC)
        (folder / "notes" / "hints.yaml").write_text(hints)
        built = adaptgen.build(folder / "notes.yaml")
        self.folder = folder / "generated" / "notes"
        for name, text in built.files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def options(self, **more: Any) -> SimpleNamespace:
        given = {"auth": "", "port": 0, "no_browser": False, "governance": None, "no_governance": False}
        return SimpleNamespace(**{"folder": str(self.folder), "allow_writes": False, **given, **more})

    def answer(self, url: str, **query: str) -> None:
        """The browser follows the redirect of the service."""
        asked = dict(parse_qsl(urlsplit(url).query))

        def follow() -> None:
            for one in ({**query, "state": "forged"}, {**query, "state": asked["state"]}):
                said = httpx.get(f"{asked['redirect_uri']}?{urlencode(one)}")
                self.answers.append((said.status_code, said.text))

        self.browser = threading.Thread(target=follow, daemon=True)
        self.browser.start()


@pytest.fixture
def laptop(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Laptop:
    made = Laptop(tmp_path, getattr(request, "param", BY_CONSENT))
    monkeypatch.setenv("ADAPTGEN_STATE", str(tmp_path / "state"))
    for name, text in ENVIRON.items():
        monkeypatch.setenv(name, text)
    monkeypatch.setattr(engines, "Engine", functools.partial(engines.Engine, transport=made.api))
    return made


def text_of_call(laptop: Laptop) -> str:
    from adaptgen.model.tables import LOCAL
    from adaptgen.transports.load import load_server

    async def call() -> str:
        engine = engines.Engine(load_server(laptop.folder))
        said = await engine.call(LOCAL, "list_notes", {})
        await engine.aclose()
        return said.content[0].text  # type: ignore[union-attr]

    return asyncio.run(call())


def kept(folder: Path) -> bytes:
    """The bytes of all state files."""
    return b"".join(path.read_bytes() for path in sorted((folder / "state").rglob("*")) if path.is_file())


def test_a_consent_comes_back_to_this_machine(laptop: Laptop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        connecting.webbrowser, "open", lambda url: laptop.answer(url, code=laptop.api.agree(url, "ada"))
    )
    assert connecting.connect(laptop.options()) == 0
    laptop.browser.join(10)
    assert [status for status, _ in laptop.answers] == [400, 200]
    assert "note of ada" in text_of_call(laptop)
    grant = laptop.api.grants[0]
    assert not any(one.encode() in kept(tmp_path) for one in (grant.refresh, *grant.access) if one)
    assert connecting.disconnect(laptop.options()) == 0
    assert laptop.api.grants[0].ended
    assert "No account at Notes is connected" in text_of_call(laptop)
    assert connecting.disconnect(laptop.options()) == 0


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"error": "access_denied", "error_description": "\x1b[2Jtrust me"}, "the person did not agree"),
        ({"error": "<b>x</b>"}, "the service refused: it returned no code"),
        ({"error": "server_error"}, "the service refused: server_error"),
        ({}, "the service refused: it returned no code"),
    ],
)
def test_a_refusal_says_nothing_of_the_services_words(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch, query: dict[str, str], said: str
) -> None:
    monkeypatch.setattr(connecting.webbrowser, "open", lambda url: laptop.answer(url, **query))
    with pytest.raises(AdaptgenError) as caught:
        connecting.connect(laptop.options())
    (found,) = caught.value.diagnostics
    assert (found.code, found.message) == ("AG138", said)
    assert laptop.api.requests == []


@pytest.mark.parametrize("laptop", [BY_KEY], indirect=True)
def test_a_key_is_read_from_stdin(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop.api.keys["key-of-ada-1"] = "ada"
    monkeypatch.setattr(connecting.sys, "stdin", io.StringIO("key-of-ada-1\n"))
    assert connecting.connect(laptop.options()) == 0
    assert "note of ada" in text_of_call(laptop)


@pytest.mark.parametrize("laptop", ["auth: {notes: {kind: bearer}}\n"], indirect=True)
def test_a_server_without_accounts_says_so(laptop: Laptop) -> None:
    with pytest.raises(AdaptgenError) as caught:
        connecting.connect(laptop.options())
    assert [one.code for one in caught.value.diagnostics] == ["AG138"]
