"""Requests about accounts, through the proxy and into a server behind it: only ours, only in the caller's name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from support.fake_mcp import Exchange, FakeServer, aggregated, tool
from support.governing import FakeTarget, ask, fact, governed
from support.handing import NAME, RESOURCE, behind

from adaptgen.govern.identity.identity_assertion import AssertionIssuer
from adaptgen.mcp.protocol import META_CONNECTIONS, META_HANDOVER, Context, RpcError
from adaptgen.model.tables import Caller

pytestmark = pytest.mark.asyncio

ADA = Caller("ada", "bank", token="the-callers-own-token")
SECRET = "canary-of-a-key-8d1f"
KEY = {"action": "key", "auth": "crm", "key": SECRET}


def answering() -> FakeServer:
    async def answer(exchange: Exchange) -> None:
        exchange.result({"connected": True, "_meta": {"dev.adaptgen/x": 1}})

    return FakeServer(tools=[tool("t")], on={META_CONNECTIONS: answer})


def issuer() -> AssertionIssuer:
    return AssertionIssuer(ECKey.generate_key("P-256", private=True), RESOURCE)


@pytest.mark.parametrize("given", [{}, {"ours": True}, {"ours": False, "handover": NAME}])
async def test_no_other_server_gets_a_secret(given: dict[str, Any]) -> None:
    server = answering()
    async with aggregated(server, settings=given, handover=issuer()) as aggregator:
        with pytest.raises(RpcError):
            await aggregator.request(ADA, META_CONNECTIONS, {**KEY, "server": "a"}, Context(request_id="r"))
    assert server.of(META_CONNECTIONS) == []


@pytest.mark.parametrize("named", ["b", "", None, ["a"]])
async def test_a_server_that_is_not_there_is_not_asked(named: Any) -> None:
    server = answering()
    async with aggregated(server, settings={"handover": NAME}, handover=issuer()) as aggregator:
        with pytest.raises(RpcError):
            await aggregator.request(ADA, META_CONNECTIONS, {**KEY, "server": named}, Context(request_id="r"))
    assert server.of(META_CONNECTIONS) == []


# ----------------------------------------------------------------------------------------------- a server behind it


class Behind:
    """A server behind the proxy that signs with ``issuer``; ``seen``: what reached its target."""

    def __init__(self, folder: Path) -> None:
        key = ECKey.generate_key("P-256", private=True)
        self.issuer = AssertionIssuer(key, RESOURCE)
        self.path = behind(folder, key, audit={"sink": str(folder / "audit.jsonl")}, keys={
            "cursors": "${env:T_CURSORS}", "audit": "${env:T_AUDIT}"})  # fmt: skip
        self.seen: list[Any] = []

    def answer(self, params: Any) -> Any:
        self.seen.append({key: value for key, value in params.items() if key != "_meta"})
        return {"connected": True}

    async def ask(self, params: dict[str, Any], token: str | None) -> Any:
        target = FakeTarget(fact("read_note"), answers={META_CONNECTIONS: self.answer})
        meta = {META_HANDOVER: token} if token is not None else {}
        async with governed(self.path, target, http=True) as made:
            return await ask(made, ADA, META_CONNECTIONS, params, meta=meta)


async def test_a_server_behind_accepts_what_was_handed_over(tmp_path: Path) -> None:
    server = Behind(tmp_path)
    token = server.issuer.sign(ADA, NAME, META_CONNECTIONS, KEY)
    assert await server.ask(KEY, token) == {"connected": True}
    assert server.seen == [KEY]
    trail = tmp_path / "audit.jsonl"
    assert SECRET not in (trail.read_text() if trail.exists() else "")
