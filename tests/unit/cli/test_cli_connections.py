"""``adaptgen connections``: an operator lists and ends accounts, at a server and at a proxy before it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from joserfc.jwk import ECKey
from support.fake_mcp import Exchange, FakeServer, running, tool
from support.governing import KEYS
from support.handing import decoded, keys_of_proxy, proxying

from adaptgen.cli import main
from adaptgen.cli.govern import connections
from adaptgen.diagnostics import AdaptgenError
from adaptgen.mcp.protocol import META_CONNECTIONS, META_HANDOVER
from adaptgen.model.tables import Caller
from adaptgen.runtime.engine import Engine
from adaptgen.runtime.store.protocol import MemoryStore
from adaptgen.transports.load import load_server

SERVER = """\
from pathlib import Path

from adaptgen.model.tables import Auth, Base, Consent, Send, Server

server = Server(
    name="notes",
    title="Notes",
    bases=(Base("http://127.0.0.1:9"),),
    auth=(
        Auth(
            name="key",
            kind="api_key",
            per="caller",
            store="state",
            send=(Send("header", "x-key", "{key}"),),
            consent=Consent(title="Notes", ask="API key"),
        ),
    ),
    tools=(),
    contracts=Path(__file__).parent / "tools",
)
"""
CANARY = "canary-of-an-account"
WHO = (Caller("ann", "north"), Caller("ann", "south"), Caller("bob", "north"))


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A server whose callers have connected accounts, kept in files of this machine."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)
    monkeypatch.setenv("ADAPTGEN_CURSOR_KEY", KEYS["T_CURSORS"])
    folder = tmp_path / "notes"
    (folder / "tools").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "server.py").write_text(SERVER)
    settings = {
        "adaptgen": 1,
        "mode": "embedded",
        "keys": {"cursors": "${env:T_CURSORS}", "audit": "${env:T_AUDIT}"},
        "audit": {"sink": str(tmp_path / "audit.jsonl")},
    }
    (tmp_path / "governance.yaml").write_text(json.dumps(settings))

    async def connect(engine: Engine) -> None:
        assert engine.connections is not None
        for one in WHO:
            given = {"action": "key", "auth": "key", "key": f"{CANARY}-{one.tenant}-{one.sub}"}
            assert await engine.connections.answer(one, given) == {"connected": True}
        await engine.aclose()

    asyncio.run(connect(Engine(load_server(folder))))
    return folder


def listed(capsys: pytest.CaptureFixture[str], *given: str) -> list[tuple[str, str]]:
    assert main(["connections", "list", *given, "--json"]) == 0
    return [(one["tenant"], one["sub"]) for one in json.loads(capsys.readouterr().out)]


ALL = [("north", "ann"), ("north", "bob"), ("south", "ann")]


def test_the_accounts_of_a_server_are_listed_without_their_secrets(
    notes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = [str(notes), "--governance", str(notes.parent / "governance.yaml")]
    assert listed(capsys, *where) == ALL
    assert listed(capsys, *where, "--sub", "ann", "--tenant", "south") == [("south", "ann")]
    assert listed(capsys, *where, "--sub", "ann") == []  # the caller of no tenant is somebody else
    assert main(["connections", "list", *where]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[0].split() == ["server", "auth", "tenant", "sub", "since"]
    assert CANARY not in said.out + said.err


@pytest.mark.parametrize(
    ("which", "left"), [(["--sub", "ann", "--tenant", "north"], [("north", "bob"), ("south", "ann")]), (["--all"], [])]
)
def test_accounts_are_ended_and_it_is_on_record(
    notes: Path, capsys: pytest.CaptureFixture[str], which: list[str], left: list[Any]
) -> None:
    where = [str(notes), "--governance", str(notes.parent / "governance.yaml")]
    assert main(["connections", "revoke", *where, *which, "--json"]) == 0
    said = capsys.readouterr()
    gone = [(one["tenant"], one["sub"]) for one in json.loads(said.out) if one["revoked"] is False]
    assert listed(capsys, *where) == left
    assert sorted(gone + left) == ALL
    trail = (notes.parent / "audit.jsonl").read_text()
    ended = [json.loads(line) for line in trail.splitlines() if '"event":"revoke"' in line]
    assert [(one["server"], one["connection"]) for one in ended] == [("notes", "key")] * (3 - len(left))
    assert CANARY not in said.out + said.err + trail


@pytest.mark.parametrize(
    ("which", "left"), [(["--sub", "ann", "--tenant", "north"], [("north", "bob"), ("south", "ann")]), (["--all"], [])]
)
def test_accounts_are_ended_also_with_another_key_than_the_servers_have(
    notes: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, which: list[str], left: list[Any]
) -> None:
    class Shared(MemoryStore):
        local = False

        async def aclose(self) -> None:
            pass

    store = Shared()

    async def open_store(*_: object) -> MemoryStore:
        return store

    async def connect() -> None:
        engine = Engine(load_server(notes), cursor_key=base64.b64decode(KEYS["T_CURSORS"]), store=store)
        assert engine.connections is not None
        for one in WHO:
            assert await engine.connections.answer(one, {"action": "key", "auth": "key", "key": CANARY})
        await engine.aclose()

    monkeypatch.setattr(connections, "open_store", open_store)
    where = [str(notes), "--governance", str(notes.parent / "governance.yaml")]
    asyncio.run(connect())
    assert listed(capsys, *where) == ALL
    monkeypatch.setenv("T_CURSORS", KEYS["T_TOKENS"])
    assert main(["connections", "list", *where]) == 0
    assert "3 accounts more: another key has sealed them" in capsys.readouterr().err

    assert main(["connections", "revoke", *where, *which]) == 0
    assert f"{3 - len(left)} account" in capsys.readouterr().err
    assert (notes.parent / "audit.jsonl").read_text().count('"event":"revoke"') == 3 - len(left)
    monkeypatch.setenv("T_CURSORS", KEYS["T_CURSORS"])
    assert listed(capsys, *where) == left


def test_nothing_is_ended_that_cannot_be_put_on_record(notes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = notes.parent / "governance.yaml"
    given = json.loads(path.read_text())
    path.write_text(json.dumps({**given, "audit": {"sink": str(notes)}}))
    assert main(["connections", "revoke", str(notes), "--governance", str(path), "--all"]) == 2
    assert "AG077" in capsys.readouterr().err
    assert listed(capsys, str(notes)) == ALL


# --------------------------------------------------------------------------------------------------------- at a proxy


class Behind(FakeServer):
    """A server of ours; ``asked``: whose accounts, and what was asked of them."""

    def __init__(self) -> None:
        super().__init__(tools=[tool("t")], on={META_CONNECTIONS: self.answer})
        self.asked: list[tuple[str, str, str]] = []

    async def answer(self, exchange: Exchange) -> None:
        claims = decoded(exchange.params["_meta"][META_HANDOVER])
        action = exchange.params["action"]
        self.asked.append((claims["tenant"], claims["sub"], action))
        since = "2026-01-02T03:04:05+00:00"
        one = {"auth": "key", "title": "Notes", "kind": "api_key", "connected": True, "since": since}
        exchange.result(
            {"connections": [one, {**one, "auth": "other", "connected": False, "since": None}]}
            if action == "list"
            else {"disconnected": True, "revoked": True}
        )


def at_proxy(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    ends: bool,
    change: Callable[[Any], None] = lambda _: None,
    **given: Any,
) -> tuple[list[Any], Behind]:
    server = Behind()
    for name, key in keys_of_proxy(ECKey.generate_key("P-256", private=True)).items():
        monkeypatch.setenv(name, key)

    async def work() -> list[Any]:
        async with running(server):
            path = proxying(folder, server.url, "http://127.0.0.1:9")
            made = json.loads(path.read_text())
            change(made)
            path.write_text(json.dumps(made))
            options = SimpleNamespace(**{"where": str(path), "sub": "ann", "tenant": "north", "server": "", **given})
            return await connections._at_proxy(options, ends=ends)

    return asyncio.run(work()), server


def test_a_proxy_asks_its_servers_about_one_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, server = at_proxy(tmp_path, monkeypatch, ends=False)
    assert [(one.server, one.auth, one.tenant, one.sub, one.since) for one in rows] == [
        ("people", "key", "north", "ann", "2026-01-02")
    ]
    assert server.asked == [("north", "ann", "list")]


def test_a_proxy_ends_the_accounts_of_one_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, server = at_proxy(tmp_path, monkeypatch, ends=True)
    assert [one.revoked for one in rows] == [True]
    assert server.asked == [("north", "ann", "list"), ("north", "ann", "disconnect")]
    assert '"event":"revoke"' in (tmp_path / "audit.jsonl").read_text()


@pytest.mark.parametrize("given", [{"sub": ""}, {"server": "nothing"}])
def test_a_proxy_knows_neither_all_callers_nor_other_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    with pytest.raises(AdaptgenError, match="AG139"):
        at_proxy(tmp_path, monkeypatch, ends=True, **given)


def test_a_third_party_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def third(made: Any) -> None:
        made["upstreams"]["people"].pop("handover")

    with pytest.raises(AdaptgenError, match="AG139"):
        at_proxy(tmp_path, monkeypatch, ends=True, change=third)
