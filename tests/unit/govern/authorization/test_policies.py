"""Loading policies: everything that is wrong is told with its place, and what was in force stays in force."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.policies import ANN, TOOLS, facts, loaded

from adaptgen.diagnostics import AdaptgenError, Where

GOOD = '@id("pay") permit (principal, action == Action::"crm__pay", resource);\n'


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("text", "line", "column", "message", "help"),
    [
        (
            '// a comment; with a "quote\npermit (principal, action resource);',
            2,
            27,
            "unexpected token `resource`",
            "docs.cedarpolicy.com",
        ),
        ("permit (principal, action, resource)", 1, 36, "unexpected end of input", "ends with a semicolon"),
        (
            f'{GOOD}permit (\n  principal, action == Action::"crm__fnd", resource);',
            3,
            24,
            'unrecognized action `Action::"crm__fnd"`',
            'did you mean Action::"crm__find"?',
        ),
        (
            'permit (principal, action == Action::"crm__pay", resource) when { context.input.note == "x" };',
            1,
            81,
            "note",
            "has note && …",
        ),
        (
            'permit (principal is User, action == Action::"crm__pay", resource);',
            1,
            22,
            "unrecognized entity type `User`",
            "Caller, Group, Server",
        ),
        (
            'permit (principal, action == Action::"crm__pay", resource) when { context.input.anything == 1 };',
            1,
            81,
            "anything",
            "adaptgen policy schema",
        ),
        ("permit (principal == ?principal, action, resource);", 1, 1, "template", "?principal"),
        (f"{GOOD}  {GOOD}", 2, 3, "identifier of the one at policies/p.cedar:1:1", "another @id"),
        ('@id("default-read") permit (principal, action, resource);', 1, 1, "identifier of the default", "another @id"),
    ],
)
async def test_a_wrong_policy_is_located(text: str, line: int, column: int, message: str, help: str) -> None:
    with pytest.raises(AdaptgenError) as caught:
        await loaded(text)

    (found,) = caught.value.diagnostics
    assert found.code == "AG072"
    assert found.where == Where("policies/p.cedar", line, column)
    assert message in found.message
    assert help in found.help


@pytest.mark.asyncio
async def test_servers_whose_names_run_into_each_other_are_refused() -> None:
    tools = {"one": facts("b__c", server="a"), "two": facts("c", server="a__b")}

    with pytest.raises(AdaptgenError, match="two tools have one action"):
        await loaded("", tools=tools)


@pytest.mark.asyncio
async def test_a_tool_that_is_called_like_a_group_of_actions_is_refused() -> None:
    tools = {"one": facts("b", server="server:a"), "two": facts("c", server="a__b")}

    with pytest.raises(AdaptgenError, match="two tools have one action"):
        await loaded("", tools=tools)


@pytest.mark.parametrize(
    "named",
    [
        'action == Action::"crm__pay", resource);',
        'action == Action::"crm\\u{5f}_pay", resource);',
        'action == Action :: // by its name\n "crm__pay", resource);',
        'action in [Action::"crm__find", Action::"crm__p\\u{61}y"], resource);',
        'action, resource) when { action == Action::"crm__\\x70ay" };',
    ],
)
@pytest.mark.asyncio
async def test_a_policy_holds_for_a_renamed_tool_however_it_writes_the_earlier_name(named: str) -> None:
    """Its text may escape the name or have a comment in it: Cedar reads the same action."""
    tools = {**TOOLS, "pay": replace(TOOLS["pay"], name="pay_bill", own="pay_bill", own_was=("pay",))}
    cedar = await loaded(f'permit (principal, action, resource); @id("no") forbid (principal, {named}', tools=tools)

    decision = await cedar.decide(ANN, tools["pay"], {})

    assert not decision.allowed
    assert decision.policies == ("no",)
