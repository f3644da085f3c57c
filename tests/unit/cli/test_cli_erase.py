"""``adaptgen erase``: a short token that another process gave resolves no more."""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import pytest
from support import redis
from support.governing import KEYS, FakeTarget, ask, fact, governed, settings
from support.services import Unavailable

from adaptgen.cli import main
from adaptgen.model.tables import Caller

ADA = Caller("ada", "bank")


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


def test_sealed_tokens_cannot_be_erased(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["erase", str(settings(tmp_path)), "--token", "tok_email_k1x"]) == 2
    assert "AG070" in capsys.readouterr().err


def test_a_vault_in_memory_cannot_be_reached(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = settings(tmp_path, tokenize={"form": "short"})
    assert main(["erase", str(path), "--token", "tok_email_k1x"]) == 2
    assert "AG076" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.parametrize("by", ["token", "value"])
def test_a_token_is_forgotten_in_its_tenant(
    tmp_path: Path, by: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        service = redis.start(tmp_path)
    except Unavailable as reason:
        pytest.skip(str(reason))
    path = settings(tmp_path, tokenize={"form": "short"}, state={"store": "redis", "url": service.url})
    said = {"content": [{"type": "text", "text": '{"email":"ada@example.org"}'}]}

    async def session(*steps: dict[str, Any]) -> list[Any]:
        target = FakeTarget(fact("read_note"), fact("find", effect="write"), answers={"read_note": said})
        async with governed(path, target, http=True) as made:
            return [await ask(made, ADA, "tools/call", one) for one in steps]

    def looked_up() -> Any:
        return asyncio.run(session({"name": "find", "arguments": {"email": token}}))[0]

    try:
        token = json.loads(asyncio.run(session({"name": "read_note"}))[0]["content"][0]["text"])["email"]
        assert not looked_up().get("isError")
        given = ["--token", token] if by == "token" else ["--kind", "email"]
        monkeypatch.setattr("sys.stdin", io.StringIO("ada@example.org\n"))
        assert main(["erase", str(path), *given, "--tenant", "other"]) == 0
        assert not looked_up().get("isError")
        monkeypatch.setattr("sys.stdin", io.StringIO("ada@example.org\n"))
        assert main(["erase", str(path), *given, "--tenant", "bank"]) == 0
        assert looked_up()["isError"]
    finally:
        service.stop()
    trail = (tmp_path / "audit.jsonl").read_text()
    assert trail.count('"event":"erase"') == 2
    assert "example.org" not in trail
