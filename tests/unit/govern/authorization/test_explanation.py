"""Which policies decide for a caller, whatever the arguments (that it holds for each call: ``test_visible``)."""

from __future__ import annotations

import pytest
from support.policies import ANN, EVE, TOOLS, loaded

from adaptgen.govern.authorization.explanation import judge, reason

PAY = 'action == Action::"crm__pay", resource'
SALES = f'@id("sales") permit (principal in Group::"acme/sales", {PAY});'
SMALL = f'@id("small") forbid (principal, {PAY}) when {{ context.input has id && context.input.id > 9 }};'
FROZEN = f'@id("frozen") forbid (principal, {PAY}) unless {{ principal.tenant == "evil" }};'
MAYBE = f'@id("maybe") permit (principal, {PAY}) when {{ context.input has id }};'
AT = "policies/p.cedar"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("policies", "call", "because"),
    [
        (SALES, "permitted", f"permitted by sales ({AT}:1)"),
        ("", "refused", "no policy permits it"),
        (MAYBE, "depends", f"permitted by maybe ({AT}:1), for some arguments"),
        (
            f"{SALES}\n{SMALL}",
            "depends",
            f"permitted by sales ({AT}:1); forbidden by small ({AT}:2), for some arguments",
        ),
        (f"{SALES}\n\n{FROZEN}", "refused", f"forbidden by frozen ({AT}:3)"),
        (f"{SALES}\n{MAYBE}", "permitted", f"permitted by sales ({AT}:1)"),
        (SMALL, "refused", "no policy permits it"),
    ],
)
async def test_the_policies_that_decide_are_named_with_their_place(policies: str, call: str, because: str) -> None:
    cedar = await loaded(policies)
    found, deciding = judge(cedar.explain(ANN, TOOLS["pay"]))
    assert (found, reason(found, deciding)) == (call, because)


@pytest.mark.asyncio
async def test_policies_about_other_callers_are_told_and_do_not_decide() -> None:
    cedar = await loaded(f"{SALES}\n{SMALL}")
    assert [(one.id, one.applies) for one in cedar.explain(EVE, TOOLS["pay"])] == [
        ("sales", "never"),
        ("small", "sometimes"),
    ]
    assert judge(cedar.explain(EVE, TOOLS["pay"])) == ("refused", ())


@pytest.mark.asyncio
async def test_what_only_reads_is_permitted_by_the_policy_that_is_built_in() -> None:
    cedar = await loaded(SALES)
    (only,) = cedar.explain(EVE, TOOLS["find"])
    assert (str(only), only.applies) == ("default-read", "always")
    assert only.to_json() == {"id": "default-read", "effect": "permit", "applies": "always", "where": None}
