"""What permits ask of the calls that they allow: approvals, and writes that are done once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.policies import ANN, TOOLS, loaded

from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.govern.authorization import policies
from adaptgen.govern.authorization.authorizer import action
from adaptgen.govern.authorization.permit_terms import find_approvers_missing
from adaptgen.model.tables import Caller

PAY = 'permit (principal, action == Action::"crm__pay", resource)'
LEAD = Caller("lea", "acme", ("leads",))


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("annotations", "column", "message"),
    [
        ("@approval", 1, "@approval: the duration is missing"),
        ('@approval("soon")', 1, "@approval: 'soon' is not a duration"),
        ('@id("a") @approval("1h30m")', 10, "@approval: '1h30m' is not a duration"),
        ('@approval("31d")', 1, "between 1s and 30d"),
        ('@once("0s")', 1, "between 1s and 30d"),
        ('@aproval("1h")', 1, "there is no annotation @aproval"),
        ('@Approval("1h")', 1, "there is no annotation @Approval"),
        ('@approve("1h")', 1, "there is no annotation @approve"),
        ('@approvals("1h")', 1, "there is no annotation @approvals"),
        ('@needs_approval("1h")', 1, "there is no annotation @needs_approval"),
        ('@only_once("1h")', 1, "there is no annotation @only_once"),
    ],
)
async def test_an_annotation_that_cannot_be_read_is_located(annotations: str, column: int, message: str) -> None:
    with pytest.raises(AdaptgenError) as caught:
        await loaded(f"// pays\n{annotations} {PAY};")

    (found,) = caught.value.diagnostics
    assert (found.code, found.where) == ("AG141", Where("policies/p.cedar", 2, column))
    assert message in found.message


@pytest.mark.asyncio
async def test_a_forbid_asks_for_nothing() -> None:
    with pytest.raises(AdaptgenError, match="belongs to a permit"):
        await loaded('@approval("1h") forbid (principal, action == Action::"crm__pay", resource);')


@pytest.mark.asyncio
async def test_who_may_approve_is_a_policy_on_the_arguments_and_on_whose_call_it_is() -> None:
    cedar = await loaded(
        f'@approval("1h") {PAY};\n'
        'permit (principal, action == Action::"approve", resource) when { principal.groups.contains("leads") &&'
        ' context.tool == "crm__pay" && context.effect == "write" && context.input has amount &&'
        ' context.input.amount.lessThan(decimal("1000.0")) };\n'
        '@id("not-own") forbid (principal, action == Action::"approve", resource) when { context.own };\n'
    )

    async def may(who: Caller, amount: Any, *, own: bool = False, tool: str = "pay") -> bool:
        return (await cedar.approve(who, TOOLS[tool], {"amount": amount}, own=own)).allowed

    assert await may(LEAD, 999)
    assert not await may(LEAD, 1000)
    assert not await may(LEAD, 999, own=True)
    assert not await may(LEAD, 999, tool="erase")
    assert not await may(ANN, 999)
    assert not await may(LEAD, "1e30")  # cannot be judged, so it is not approved


@pytest.mark.asyncio
async def test_what_is_not_a_tool_cannot_be_approved() -> None:
    cedar = await loaded('@approval("1h") @once("1h") permit (principal, action, resource);')

    assert not (await cedar.detokenize(ANN, TOOLS["pay"], "email")).allowed
    assert not (await cedar.other(ANN, "crm", "prompt", "hello")).allowed


@pytest.mark.asyncio
async def test_log_only_asks_for_nothing_and_says_what_it_would_have_done() -> None:
    cedar = await loaded(f'@approval("1h") @once("1h") {PAY};', mode="log_only")
    decision = await cedar.decide(ANN, TOOLS["pay"], {})

    assert (decision.allowed, decision.logged_only, decision.approval, decision.once) == (True, True, None, None)
    assert not cedar.asks_for_approval


@pytest.mark.asyncio
async def test_an_approval_that_nobody_can_give_is_warned_of() -> None:
    def warned(text: str) -> str:
        found = find_approvers_missing(policies.validated({"p.cedar": text}, map(action, TOOLS.values()), ()))
        return f"{found.code} {found.severity} {found.where}" if found else ""

    asking = f'@approval("1h") {PAY};\n'
    assert warned(asking) == "AG142 warning p.cedar:1:1"
    assert warned(asking + 'forbid (principal, action == Action::"approve", resource);') == "AG142 warning p.cedar:1:1"
    assert warned(asking + 'permit (principal, action == Action::"approve", resource);') == ""
    assert warned(f"{PAY};") == ""


@pytest.mark.asyncio
async def test_explain_says_what_a_permit_asks_for() -> None:
    cedar = await loaded(f'@id("ask") @approval("1h") @once("10m") {PAY};')
    (effect,) = cedar.explain(ANN, TOOLS["pay"])

    assert str(effect) == "ask (policies/p.cedar:1, after approval, once in 600 s)"
    assert json.dumps(effect.to_json(), sort_keys=True) == (
        '{"applies": "always", "approval": 3600.0, "effect": "permit", "id": "ask", "once": 600.0, '
        '"where": "policies/p.cedar:1:1"}'
    )
