"""A governed server with one write that needs an approval, and somebody who may approve."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from support.governing import FakeTarget, ask, fact, governed, settings
from support.idp import Idp

from adaptgen.govern.pipeline.assemble import GovernedServer
from adaptgen.govern.pipeline.pipeline import Pipeline
from adaptgen.model.tables import Caller

ANN = Caller("ann", "acme", ("support",))
LEA = Caller("lea", "acme", ("leads",))
BOB = Caller("bob", "acme", ("leads",))
EVE = Caller("eve", "evil", ("leads",))

POLICIES = """
@id("ask") @approval("1h") permit (principal, action == Action::"fake__pay", resource);
@id("leads") permit (principal, action == Action::"approve", resource) when { principal.groups.contains("leads") };
@id("not-own") forbid (principal, action == Action::"approve", resource) when { context.own };
permit (principal, action == Action::"detokenize", resource) when { context.tool == "fake__pay" };
"""
LOGIN: dict[str, Any] = {
    "listen": {"http": "127.0.0.1:8700", "resource": "https://mcp.example/mcp"},
    "authenticate": {"audience": "https://mcp.example/mcp"},
    "login": {"client_id": "m2m", "client_secret": "${env:T_CURSORS}"},
}


class Clock:
    """Seconds since the epoch, as the test wants them."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class World:
    """One served pipeline; ``calls`` is what reached the target."""

    def __init__(self, made: GovernedServer, target: FakeTarget, folder: Path) -> None:
        self.made = made
        self.target = target
        self.folder = folder
        self.clock = Clock()
        self.adopt()

    def adopt(self) -> None:
        approvals = self.made.handler.parts.approvals
        if approvals is not None:
            approvals.requests.clock = self.clock
            approvals.repeats.clock = self.clock

    @property
    def handler(self) -> Pipeline:
        return self.made.handler

    @property
    def calls(self) -> list[Any]:
        return [arguments for _, _, arguments in self.target.calls]

    async def call(self, caller: Caller = ANN, tool: str = "pay", /, **arguments: Any) -> tuple[str, bool]:
        """Text of the answer, and whether it is an error."""
        answer = await ask(self.made, caller, "tools/call", {"name": tool, "arguments": arguments})
        return answer["content"][0]["text"], bool(answer.get("isError"))

    async def approve(self, text: str, by: Caller = LEA, *, deny: bool = False) -> str:
        """Approve or deny the request whose link is in ``text``, as the page does; what became of it."""
        decisions = self.handler.approvals
        found = await decisions.find(by, text.partition("/approvals/")[2][:32])
        if found is None:
            return "hidden"
        return await decisions.decide(by, found, approve=not deny, reason="", request_id="r-1")

    def audited(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "audit.jsonl").read_text().splitlines()]

    def steps(self) -> list[str]:
        """What the audit says, in short."""
        said = []
        for line in self.audited():
            match line["event"]:
                case "approval":
                    said.append(f"approval {line['step']}")
                case "decision":
                    said.append(f"{line['decision']} {line.get('reason', '')}".strip())
                case "result":
                    said.append(f"result {line['result']}")
        return said


@asynccontextmanager
async def world(
    folder: Path, policies: str = POLICIES, answers: Any = None, *, trusted: bool = True, **given: Any
) -> AsyncIterator[World]:
    pay = fact("pay", effect="write", names=("text", "email", "dry_run"), arguments={"email": "email"}, trusted=trusted)
    target = FakeTarget(pay, fact("find"), answers={"pay": answers} if answers is not None else None)
    given = {**LOGIN, **given}
    idp = Idp()
    idp.person = {"sub": "lea"}
    await idp.start()
    try:
        if given["authenticate"] is not None:
            given["authenticate"] = {"issuer": idp.url, **given["authenticate"]}
        async with governed(settings(folder, policies, **given), target, http=given["login"] is not None) as made:
            yield World(made, target, folder)
    finally:
        await idp.stop()


async def raw(
    world: Any, caller: Caller = ANN, /, version: str = "2026-07-28", capabilities: Any = None, **arguments: Any
) -> Any:
    given = {"version": version, "capabilities": capabilities or {}}
    return await ask(world.made, caller, "tools/call", {"name": "pay", "arguments": arguments}, **given)


async def change_policies(world: Any, text: str) -> None:
    (world.folder / "all.cedar").write_text(text)
    assert await world.made.watch.look() is not False
    world.adopt()
