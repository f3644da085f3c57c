"""Lists: whatever a policy set permits for some arguments is in the list of the caller."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.policies import TOOLS, loaded

from adaptgen.govern.authorization import policies
from adaptgen.govern.authorization.explanation import judge
from adaptgen.model.tables import Caller

# Some fail to be evaluated for some callers and arguments: a failing condition is neither true nor false.
ATOMS = st.sampled_from(
    [
        "true",
        "false",
        'principal.groups.contains("sales")',
        'principal.tenant == "acme"',
        'principal in Group::"acme/sales"',
        "principal.claims has department",
        'principal.claims.department == "north"',
        "context.input has id",
        "context.input.id > 1",
        "context.input.id + 9223372036854775800 > 0",
        'context.input.note like "a*"',
        'context.input.tags.contains("x")',
        'context.input.amount.lessThan(decimal("10.0"))',
        'context.input.place.city == "Bonn"',
        "context == {input: {}}",
        "{a: context.input}.a has id",
        '{a: context, Value: {Var: "x"}}.a.input has note',
        '(if context.input has id then principal.tenant else "x") == "acme"',
        'action == Action::"crm__pay"',
        'action in Action::"write"',
        'action in [Action::"read", Action::"delete"]',
        'resource == Server::"crm"',
        'resource.name == "other"',
        "principal is Group",
    ]
)
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: f"({two[0]} && {two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]} || {two[1]})"),
        inner.map(lambda one: f"!({one})"),
        st.tuples(inner, inner, inner).map(lambda three: "(if {} then {} else {})".format(*three)),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}) == ({two[1]})"),
    ),
    max_leaves=6,
)
SCOPES = st.sampled_from(
    [
        "principal, action, resource",
        'principal, action in Action::"write", resource',
        'principal, action in Action::"server:crm", resource',
        'principal, action == Action::"crm__pay", resource',
        'principal in Group::"acme/sales", action, resource',
        'principal == Caller::"acme/ann", action, resource == Server::"crm"',
        'principal, action in [Action::"crm__find", Action::"other__search"], resource is Server',
    ]
)
CONDITIONS = st.lists(st.tuples(st.sampled_from(("when", "unless")), EXPRESSIONS), max_size=2)
POLICIES = st.tuples(st.sampled_from(("permit", "permit", "forbid")), SCOPES, CONDITIONS).map(
    lambda one: f"{one[0]} ({one[1]}) {' '.join(f'{kind} {{ {body} }}' for kind, body in one[2])};"
)
CALLERS = st.builds(
    Caller,
    st.sampled_from(("ann", "eve")),
    st.sampled_from(("acme", "")),
    st.sampled_from(((), ("sales",), ("sales", "audit"))),
    st.sampled_from(({}, {"department": "north"}, {"department": ["north"]})),
)
ARGUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from((0, 2, 100)),
        "amount": st.sampled_from((5, 10.5)),
        "note": st.sampled_from(("a", "b")),
        "tags": st.sampled_from(([], ["x"])),
        "place": st.just({"city": "Bonn"}),
    },
)


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    """One loop with its threads for all examples."""
    with asyncio.Runner() as runner:
        yield runner


@settings(max_examples=400, deadline=None)
@given(
    written=st.lists(POLICIES, min_size=1, max_size=5),
    caller=CALLERS,
    calls=st.lists(ARGUMENTS, min_size=1, max_size=6),
)
def test_every_permitted_call_is_of_a_listed_tool(
    loop: asyncio.Runner, written: list[str], caller: Caller, calls: list[dict[str, object]]
) -> None:
    async def run() -> None:
        with pytest.MonkeyPatch.context() as patch:
            # Also for policies that validation refuses: a schema may be newer than what is in force.
            patch.setattr(policies, "check", lambda *_: None)
            cedar = await loaded("\n".join(written))
        listed = await cedar.visible(caller, TOOLS)
        for name, tool in TOOLS.items():
            for arguments in calls:
                decision = await cedar.decide(caller, tool, arguments)
                assert not decision.allowed or name in listed, (name, arguments)
                # What is said of all calls holds for each, but where a policy fails to be evaluated (an overflow).
                said, _ = judge(cedar.explain(caller, tool))
                assert said != "refused" or not decision.allowed, (name, arguments)
                assert said != "permitted" or decision.allowed or "cannot be evaluated" in decision.reason, arguments

    loop.run(run())
