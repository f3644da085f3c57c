"""Who decides on a call that needs an approval, by what they see, and what is put on record."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.approving import ANN, LEA, LOGIN, POLICIES, World
from support.governing import FakeTarget, fact, governed, settings
from support.idp import Idp

from adaptgen.govern.audit.trail import AuditError
from adaptgen.model.tables import Json
from adaptgen.runtime.store.protocol import StoreError

pytestmark = pytest.mark.asyncio

LIMITED = """
@id("ask") @approval("1h") permit (principal, action == Action::"fake__pay", resource);
@id("leads") permit (principal, action == Action::"approve", resource);
@id("limit") forbid (principal, action == Action::"approve", resource)
when { context.input has amount && context.input.amount > 1000 };
"""
NAMED = """
@id("ask") @approval("1h") permit (principal, action == Action::"fake__pay", resource);
@id("leads") permit (principal, action == Action::"approve", resource);
@id("treasury") forbid (principal, action == Action::"approve", resource)
when { context.tool == "fake__pay" && !principal.groups.contains("treasury") };
"""


def writing(name: str, amount: Json, **more: Any) -> Any:
    properties = {"amount": amount}
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    wire = {"name": name, "description": "It pays.", "inputSchema": schema}
    return replace(fact(name, effect="write", arguments={}, **more), wire=wire)


@asynccontextmanager
async def serving(folder: Path, policies: str, *tools: Any, answers: Any = None) -> AsyncIterator[World]:
    target = FakeTarget(*tools, answers=answers)
    idp = Idp()
    await idp.start()
    try:
        given = {**LOGIN, "authenticate": {"issuer": idp.url, **LOGIN["authenticate"]}, "tokenize": None}
        async with governed(settings(folder, policies, **given), target, http=True) as made:
            yield World(made, target, folder)
    finally:
        await idp.stop()


INTEGER: Json = {"type": "integer"}


@pytest.mark.parametrize("other", [{"type": "string"}, {"type": "number"}, {"anyOf": [{}]}, {"type": "boolean"}])
async def test_a_limit_of_approvers_holds_whatever_other_tools_have_under_that_name(
    tmp_path: Path, other: Json
) -> None:
    async with serving(tmp_path, LIMITED, writing("pay", INTEGER), writing("other", other)) as world:
        small, _ = await world.call(amount=1000)
        large, _ = await world.call(amount=50_000)
        assert await world.approve(small) == "approved"
        assert await world.approve(large) == "hidden"
        assert (await world.call(amount=50_000))[1]
    assert world.calls == []


async def test_an_argument_that_no_policy_can_read_is_not_approved(tmp_path: Path) -> None:
    async with serving(tmp_path, LIMITED, writing("pay", {"anyOf": [{}]}), writing("other", INTEGER)) as world:
        asked, _ = await world.call(amount=50_000)
        assert await world.approve(asked) == "hidden"


async def test_a_policy_that_names_a_tool_as_it_was_called_before_holds_for_its_approvers(tmp_path: Path) -> None:
    renamed = writing("pay_invoice", INTEGER, was=("pay",), own_was=("pay",))
    async with serving(tmp_path, NAMED, renamed) as world:
        asked, _ = await world.call(ANN, "pay_invoice", amount=1)
        assert await world.approve(asked) == "hidden"
        assert await world.approve(asked, replace(LEA, groups=("treasury",))) == "approved"


@pytest.mark.parametrize(
    ("first", "second"),
    [({"amount": 10}, {"amount": 10.0}), ({"amount": 1e2}, {"amount": 100}), ({"dry_run": False}, {})],
)
async def test_the_same_write_in_another_spelling_is_done_once(
    tmp_path: Path, first: dict[str, Json], second: dict[str, Json]
) -> None:
    policies = '@once("10m") permit (principal, action == Action::"fake__pay", resource);'
    pay = writing("pay", {"type": "number"})
    schema = {**pay.wire["inputSchema"], "properties": {"amount": {"type": "number"}, "dry_run": {"type": "boolean"}}}
    async with serving(tmp_path, policies, replace(pay, wire={**pay.wire, "inputSchema": schema})) as world:
        await world.call(**first)
        await world.call(**second)
        await world.call(amount=10.5)
    assert world.calls == [first, {"amount": 10.5}]


async def test_a_decision_is_on_record_before_it_takes_effect(served: Any) -> None:
    async with served() as world:
        asked, _ = await world.call(text="hello")
        swap = world.made.store.swap

        async def away(key: str, old: Any, new: Any, **more: Any) -> bool:
            await swap(key, old, new, **more)
            raise StoreError("the answer was lost")

        world.made.store.swap = away
        assert await world.approve(asked) == "unknown"
        world.made.store.swap = swap
        await world.call(text="hello")
    (line,) = (one for one in world.audited() if one.get("step") == "approving")
    assert (line["caller"]["sub"], line["approver"]["sub"]) == ("ann", "lea")


async def test_nothing_is_decided_where_it_cannot_be_put_on_record(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served() as world:
        asked, _ = await world.call(text="hello")

        def full(record: Any) -> None:
            raise AuditError("the disk is full")

        with monkeypatch.context() as patched:
            patched.setattr(world.handler.approvals._trail, "write", full)
            assert await world.approve(asked) == "unrecorded"
        held = await world.handler.parts.approvals.requests.find(asked.partition("/approvals/")[2][:32])
        assert held.request.state == "open"


async def test_a_call_that_ends_leaves_the_lease_of_the_next_one(served: Any) -> None:
    """The first call ended with 422, so its approval is still good, and another call begins before it lets go."""
    async with served() as world:
        asked, _ = await world.call(text="hello")
        await world.approve(asked)
        requests, id = world.handler.parts.approvals.requests, asked.partition("/approvals/")[2][:32]
        first = await requests.execute(await requests.find(id))
        second = await requests.execute(await requests.move(first, "approved"))
        await requests.let_go(first)
        assert await requests.is_held(id)
        await requests.let_go(second)
        assert not await requests.is_held(id)


async def test_free_text_on_the_page_is_looked_at_by_the_detectors_of_answers(served: Any) -> None:
    """Kinds that the approver may see in clear stay."""

    class Detectors:
        async def shielded(self, result: Any, walk: Any, kinds: frozenset[str] | None = None) -> Any:
            assert kinds is not None
            assert "email" not in kinds
            return {"arguments": {**result["arguments"], "text": "[a name]"}}

    policies = POLICIES.replace('context.tool == "fake__pay" };', 'context.kind == "email" };')
    async with served(policies=policies) as world:
        tokenizer = world.handler.parts.tokenizer
        tokenizer._detectors, tokenizer._second = ("a detector",), Detectors()
        asked, _ = await world.call(text="Ada Byron", email="ada@example.org")
        found = await world.handler.approvals.find(LEA, asked.partition("/approvals/")[2][:32])
    assert dict(found.arguments) == {"text": "[a name]", "email": "ada@example.org"}
