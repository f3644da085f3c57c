"""``adaptgen logout``: what a person or a client had counts nowhere any more."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from support.governing import KEYS, settings

from adaptgen.cli import main
from adaptgen.cli.govern import shared_state
from adaptgen.govern.identity.own_tokens import Grant, client_mark, family_key, is_in_force
from adaptgen.runtime.store.protocol import MemoryStore, StoreError

LOGIN: dict[str, Any] = {
    "listen": {"resource": "https://mcp.bank.example/mcp"},
    "authenticate": {"issuer": "https://idp.example", "audience": "https://mcp.bank.example/mcp"},
    "login": {"client_id": "web"},
    "state": {"store": "redis", "url": "redis://127.0.0.1:1/0"},
}
ANN = Grant("f1", "c1", "ann", "north", 1000.0)


class Shared(MemoryStore):
    """Stands for the state of all processes."""

    local = False

    async def aclose(self) -> None:
        """It goes on."""


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Shared:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    made = Shared()

    async def opened(*_: object) -> Shared:
        return made

    monkeypatch.setattr(shared_state, "open_store", opened)
    asyncio.run(made.put(family_key("f1"), b"{}"))
    return made


def test_it_says_whom_it_was_asked_to_log_out(
    tmp_path: Path, store: Shared, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody knows whether there is such a person, so an operator has to see a typing error."""
    assert main(["logout", str(settings(tmp_path, **LOGIN)), "--sub", "an", "--tenant", "north"]) == 0
    assert "logged out: an of tenant north." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "counts"),
    [
        (["--sub", "ann", "--tenant", "north"], False),
        (["--client", "c1"], False),
        (["--client", client_mark("c1")], False),
        (["--sub", "ann"], True),
        (["--sub", "bob", "--tenant", "north"], True),
        (["--client", "c2"], True),
    ],
)
def test_it_ends_what_was_named_and_is_on_record(tmp_path: Path, store: Shared, given: list[str], counts: bool) -> None:
    assert main(["logout", str(settings(tmp_path, **LOGIN)), *given]) == 0
    assert asyncio.run(is_in_force(store, ANN)) is counts
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    [line] = [one for one in lines if one["event"] == "logout_by_operator"]
    assert (line.get("caller", {}).get("sub") or line["client"]) in (given[1], client_mark(given[1]))


def test_it_needs_login_and_one_name(tmp_path: Path, store: Shared, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logout", str(settings(tmp_path, **LOGIN)), "--sub", "ann", "--client", "c1"]) == 2
    assert "exclude each other" in capsys.readouterr().err
    (tmp_path / "none").mkdir()
    assert main(["logout", str(settings(tmp_path / "none")), "--sub", "ann"]) == 2
    assert "AG132" in capsys.readouterr().err
    assert asyncio.run(is_in_force(store, ANN))


def test_where_everybody_has_a_tenant_one_is_named(
    tmp_path: Path, store: Shared, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else the command would say that it logged out somebody, and end nothing."""
    people = {**LOGIN["authenticate"], "caller": {"tenant": "org"}}
    path = str(settings(tmp_path, **{**LOGIN, "authenticate": people}))
    assert main(["logout", path, "--sub", "ann"]) == 2
    assert "--tenant is missing" in capsys.readouterr().err
    assert asyncio.run(is_in_force(store, ANN))
    assert main(["logout", path, "--sub", "ann", "--tenant", "north"]) == 0
    assert not asyncio.run(is_in_force(store, ANN))


def test_a_state_that_others_do_not_see_ends_nothing(
    tmp_path: Path, store: Shared, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(settings(tmp_path, **{**LOGIN, "state": {"store": "memory"}}))
    assert main(["logout", path, "--sub", "ann"]) == 2
    assert "AG076" in capsys.readouterr().err


def test_a_state_that_is_away_is_an_error(
    tmp_path: Path, store: Shared, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StoreError("the state cannot be reached")

    monkeypatch.setattr(store, "put", away)
    assert main(["logout", str(settings(tmp_path, **LOGIN)), "--sub", "ann"]) == 2
    assert "AG076" in capsys.readouterr().err
