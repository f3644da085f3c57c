"""What Cedar decides: defaults, identities, log_only, and the threats to a decision."""

from __future__ import annotations

from typing import Any

import pytest
from support.policies import ANN, TOOLS, facts, loaded

from adaptgen.govern.authorization.authorizer import Decision
from adaptgen.model.tables import Caller

PAY = 'permit (principal, action == Action::"crm__pay", resource);'
BELOW = """
@id("small-payments")
permit (principal, action == Action::"crm__pay", resource)
when { context.input has amount && context.input.amount.lessThanOrEqual(decimal("1000.0")) };
"""


@pytest.mark.asyncio
async def test_without_policies_nothing_is_permitted() -> None:
    cedar = await loaded(default="none")

    assert await cedar.visible(ANN, TOOLS) == frozenset()
    for tool in TOOLS.values():
        assert await cedar.decide(ANN, tool, {}) == Decision(False, (), "no policy permits it")


@pytest.mark.asyncio
async def test_by_default_read_trusted_tools_that_only_read_need_no_policy() -> None:
    cedar = await loaded(default="read")

    assert await cedar.decide(ANN, TOOLS["find"], {}) == Decision(True, ("default-read",))
    assert await cedar.visible(ANN, TOOLS) == {"find"}
    for name in ("pay", "erase", "search"):
        assert await cedar.decide(ANN, TOOLS[name], {}) == Decision(False, (), "no policy permits it")


@pytest.mark.asyncio
async def test_log_only_says_what_would_have_been() -> None:
    cedar = await loaded("", mode="log_only")

    assert await cedar.decide(ANN, TOOLS["pay"], {}) == Decision(True, (), "no policy permits it", logged_only=True)
    assert await cedar.decide(ANN, TOOLS["find"], {}) == Decision(True, ("default-read",))
    assert await cedar.visible(ANN, TOOLS) == TOOLS.keys()


@pytest.mark.asyncio
async def test_nothing_is_permitted_before_policies_are_loaded() -> None:
    from adaptgen.govern.authorization.cedar_engine import CedarAuthorizer

    cedar = CedarAuthorizer(mode="log_only")

    assert not (await cedar.decide(ANN, TOOLS["find"], {})).allowed
    assert not (await cedar.detokenize(ANN, TOOLS["find"], "email")).allowed
    assert await cedar.visible(ANN, TOOLS) == frozenset()


# ------------------------------------------------------------------------------------------------------------- threats


@pytest.mark.parametrize(
    "amount", [1e30, 10**30, 1000.00001, "1000.00001", "1e30", -(10**15), float("nan"), float("inf"), True, [], "x"]
)
@pytest.mark.asyncio
async def test_a_number_that_cedar_cannot_hold_escapes_no_rule(amount: Any) -> None:
    cedar = await loaded(
        f'{PAY} forbid (principal, action == Action::"crm__pay", resource)'
        'when { context.input has amount && context.input.amount.greaterThan(decimal("1000.0")) };'
    )

    decision = await cedar.decide(ANN, TOOLS["pay"], {"amount": amount})

    assert not decision.allowed
    assert "`amount`" in decision.reason


@pytest.mark.parametrize(("given", "allowed"), [(None, False), (1000, True), (1000.0001, False), ("1e3", True)])
@pytest.mark.asyncio
async def test_numbers_are_compared_exactly(given: Any, allowed: bool) -> None:
    cedar = await loaded(BELOW)

    assert (await cedar.decide(ANN, TOOLS["pay"], {"amount": given})).allowed is allowed


@pytest.mark.asyncio
async def test_a_policy_that_fails_refuses_the_call_that_another_permits() -> None:
    cedar = await loaded(
        f'{PAY} @id("overflows") forbid (principal, action == Action::"crm__pay", resource)'
        "when { context.input has id && context.input.id * 2 > 10 };"
    )

    decision = await cedar.decide(ANN, TOOLS["pay"], {"id": 2**62})

    assert decision == Decision(False, (), "a policy cannot be evaluated for this call")
    assert (await cedar.decide(ANN, TOOLS["pay"], {"id": 1})).allowed


@pytest.mark.parametrize("own", ["Pay", "PAY", "pay ", "pa\u0443", "\uff50ay", "pay\u200b"])
@pytest.mark.asyncio
async def test_another_spelling_is_another_tool(own: str) -> None:
    cedar = await loaded(PAY)

    assert not (await cedar.decide(ANN, facts(own, "write"), {})).allowed
    assert await cedar.visible(ANN, {own: facts(own, "write")}) == frozenset()


@pytest.mark.parametrize("sub", ["", "a\nb", 'x", "y', "\ud800", "a" * 10_000])
@pytest.mark.asyncio
async def test_a_strange_name_of_a_caller_neither_fails_nor_permits(sub: str) -> None:
    cedar = await loaded('permit (principal == Caller::"acme/ann", action, resource);')

    caller = Caller(sub, "acme")

    assert not (await cedar.decide(caller, TOOLS["pay"], {})).allowed
    assert "pay" not in await cedar.visible(caller, TOOLS)


@pytest.mark.asyncio
async def test_a_tool_that_has_changed_is_refused_until_policies_are_checked_again() -> None:
    tools = {"pay": facts("pay", "write")}
    cedar = await loaded(PAY, tools=tools)
    changed = {"pay": facts("pay", "write", properties={"amount": {"type": "string"}})}

    assert not (await cedar.decide(ANN, changed["pay"], {})).allowed
    assert await cedar.visible(ANN, changed) == frozenset()

    await cedar.load({"p.cedar": PAY}, changed)
    assert await cedar.visible(ANN, changed) == {"pay"}
