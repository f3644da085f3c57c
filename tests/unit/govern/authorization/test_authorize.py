"""What Cedar decides: defaults, identities, log_only, and the threats to a decision."""

from __future__ import annotations

from typing import Any

import pytest
from support.policies import ANN, EVE, TOOLS, facts, loaded

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
async def test_a_forbid_wins_over_the_default_and_is_named() -> None:
    cedar = await loaded('@id("no-evil") forbid (principal, action, resource) when { principal.tenant == "evil" };')

    assert (await cedar.decide(EVE, TOOLS["find"], {})).policies == ("no-evil",)
    assert await cedar.visible(EVE, TOOLS) == frozenset()
    assert await cedar.visible(ANN, TOOLS) == {"find"}


@pytest.mark.asyncio
async def test_policies_without_an_id_are_named_by_file_and_number() -> None:
    cedar = await loaded(f"// first\n{BELOW}\n{PAY}")

    assert (await cedar.decide(ANN, TOOLS["pay"], {"amount": 1000.5})).policies == ("p.cedar#2",)
    assert (await cedar.decide(ANN, TOOLS["pay"], {"amount": 1000})).policies == ("p.cedar#2", "small-payments")


@pytest.mark.asyncio
async def test_action_groups_hold_effects_and_servers() -> None:
    cedar = await loaded(
        'permit (principal, action in Action::"server:other", resource == Server::"other");'
        'permit (principal, action in Action::"delete", resource) when { principal.sub == "ann" };'
    )

    assert await cedar.visible(ANN, TOOLS) == {"find", "erase", "search"}
    assert await cedar.visible(EVE, TOOLS) == {"find", "search"}


@pytest.mark.parametrize(
    ("condition", "ann", "eve"),
    [
        ('principal in Group::"acme/sales"', True, False),
        ('principal in Group::"sales"', False, False),
        ('principal.groups.contains("sales")', True, True),
        ('principal == Caller::"acme/ann"', True, False),
        ('principal.claims has department && principal.claims.department == "north"', True, False),
        ('principal.lists has roles && principal.lists.roles.contains("buyer")', True, False),
        ("principal.claims has roles", False, False),
    ],
)
@pytest.mark.asyncio
async def test_who_a_caller_is(condition: str, ann: bool, eve: bool) -> None:
    cedar = await loaded(f'permit (principal, action in Action::"write", resource) when {{ {condition} }};')

    assert (await cedar.decide(ANN, TOOLS["pay"], {})).allowed is ann
    assert (await cedar.decide(EVE, TOOLS["pay"], {})).allowed is eve
    assert ("pay" in await cedar.visible(ANN, TOOLS)) is ann


@pytest.mark.asyncio
async def test_the_claims_of_two_callers_with_one_sub_are_not_mixed_up() -> None:
    cedar = await loaded(
        'permit (principal, action in Action::"write", resource) '
        'when { principal.claims has department && principal.claims.department == "north" };'
    )
    south = Caller("ann", "acme", ("sales",), {"department": "south"})

    assert "pay" in await cedar.visible(ANN, TOOLS)
    assert "pay" not in await cedar.visible(south, TOOLS)
    assert not (await cedar.decide(south, TOOLS["pay"], {})).allowed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("acme", "sales"), ("", "acme/sales")),
        (("a/b", "c"), ("a", "b/c")),
        (("a%2Fb", "c"), ("a/b", "c")),
        (("", "/x"), ("/", "x")),
    ],
)
def test_no_two_names_of_tenants_and_groups_meet(one: tuple[str, str], other: tuple[str, str]) -> None:
    from adaptgen.govern.authorization.principal import identifier

    assert identifier(*one) != identifier(*other)


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


@pytest.mark.asyncio
async def test_detokenize_knows_tool_effect_and_kind() -> None:
    cedar = await loaded(
        'permit (principal, action == Action::"detokenize", resource == Server::"crm")'
        'when { context.kind == "email" && context.tool == "crm__find" && context.effect == "read" };'
    )

    assert (await cedar.detokenize(ANN, TOOLS["find"], "email")).allowed
    assert not (await cedar.detokenize(ANN, TOOLS["find"], "phone")).allowed
    assert not (await cedar.detokenize(ANN, TOOLS["pay"], "email")).allowed


@pytest.mark.asyncio
async def test_who_may_have_a_value_is_decided_once_for_each_caller_until_other_policies_come() -> None:
    only = 'permit (principal, action == Action::"detokenize", resource) when {{ principal.sub == "{}" }};'
    cedar = await loaded(only.format(ANN.sub))
    for _ in range(2):
        assert (await cedar.detokenize(ANN, TOOLS["find"], "email")).allowed
        assert not (await cedar.detokenize(EVE, TOOLS["find"], "email")).allowed

    await cedar.load({"p.cedar": only.format(EVE.sub)}, TOOLS)

    assert not (await cedar.detokenize(ANN, TOOLS["find"], "email")).allowed
    assert (await cedar.detokenize(EVE, TOOLS["find"], "email")).allowed


@pytest.mark.asyncio
async def test_prompts_and_resources_need_a_policy() -> None:
    cedar = await loaded(
        'permit (principal, action == Action::"resource", resource) when { context.name like "file:///public/*" };'
    )

    assert (await cedar.other(ANN, "crm", "resource", "file:///public/a")).allowed
    assert not (await cedar.other(ANN, "crm", "resource", "file:///secret")).allowed
    assert not (await cedar.other(ANN, "crm", "prompt", "file:///public/a")).allowed


# ------------------------------------------------------------------------------------------------------------- threats


@pytest.mark.parametrize("key", ["__entity", "__extn", "__expr"])
@pytest.mark.parametrize("depth", [0, 3])
@pytest.mark.asyncio
async def test_an_argument_cannot_become_an_entity(key: str, depth: int) -> None:
    value: Any = {key: {"type": "Group", "id": "acme/admins"}}
    for _ in range(depth):
        value = {"x": [value]}
    cedar = await loaded(PAY)

    decision = await cedar.decide(ANN, TOOLS["pay"], {"anything": value})

    assert decision == Decision(False, (), "an argument holds a key that is reserved for policies")


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
async def test_an_argument_that_no_policy_reads_is_not_judged() -> None:
    cedar = await loaded(BELOW)

    assert (await cedar.decide(ANN, TOOLS["pay"], {"amount": 5, "id": 10**30})).allowed
    assert (await cedar.decide(ANN, TOOLS["find"], {"amount": 1e30})).allowed


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


@pytest.mark.asyncio
async def test_arguments_say_nothing_about_the_caller() -> None:
    properties = {"principal": {"type": "object", "properties": {"tenant": {"type": "string"}}}, "sub": {}}
    tool = facts("pay", "write", properties={**properties, "tenant": {"type": "string"}})
    cedar = await loaded(
        'permit (principal, action == Action::"crm__pay", resource) when { principal.tenant == "bank" };',
        tools={"pay": tool},
    )
    forged = {"principal": {"tenant": "bank"}, "tenant": "bank", "sub": "root", "context": {"principal": "bank"}}

    assert not (await cedar.decide(ANN, tool, forged)).allowed


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


@pytest.mark.asyncio
async def test_the_list_follows_policies_and_tools() -> None:
    tools = dict(TOOLS)
    cedar = await loaded("", tools=tools)
    assert await cedar.visible(ANN, tools) == {"find"}

    await cedar.load({"p.cedar": PAY}, tools)
    assert await cedar.visible(ANN, tools) == {"find", "pay"}
    assert await cedar.visible(ANN, {"pay": tools["pay"]}) == {"pay"}
