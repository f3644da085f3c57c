"""What must hold for every caller, policy and order of calls: isolation of tenants and callers, and honest lists.

Round trips of tokens and damage to audit trails have their property tests beside the units.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from support.governing import FakeTarget, ask, fact, governed, settings

from adaptgen.mcp.protocol import Context
from adaptgen.model.tables import Caller
from adaptgen.proxy.session_pool import key_of
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.paging.cursor import CursorBox, bind
from adaptgen.transports.streamable_http.sessions import Sessions

# Names that run into each other where they are only joined.
NAMES = st.sampled_from(
    ("", "a", "b", "a/b", "/a", "a/", "/", "%2F", "a%2Fb", "a\x00b", "\x00", "ä", "a\u0308", "A", " a")
)
CALLERS = st.builds(Caller, NAMES.filter(bool), NAMES)
VALUES = {"email": "ada@example.org", "full_name": "Ada Lovelace"}


def text(result: dict[str, Any]) -> str:
    (block,) = result["content"]
    return str(block["text"])


# ------------------------------------------------------------------------------------------------------------ tokens


def same(scope: str, one: Caller, server: str, other: Caller, elsewhere: str) -> bool:
    """Whether the settings mean that a token of the one may be used by the other."""
    if scope == "tenant":
        return one.tenant == other.tenant
    if scope == "server":
        return (one.tenant, server) == (other.tenant, elsewhere)
    return (one.tenant, one.sub) == (other.tenant, other.sub)


SCOPES = st.sampled_from(("tenant", "server", "caller"))
FORMS = st.sampled_from(("sealed", "short"))
SERVERS = st.sampled_from(("crm", "billing"))


@examples(max_examples=150, deadline=None)
@given(SCOPES, FORMS, CALLERS, SERVERS, CALLERS, SERVERS, st.sampled_from(sorted(VALUES)))
@example("caller", "sealed", Caller("b", "a/"), "crm", Caller("/b", "a"), "crm", "email")
def test_a_token_is_restored_for_those_it_was_made_for_and_nobody_else(
    scope: str, form: str, one: Caller, server: str, other: Caller, elsewhere: str, kind: str
) -> None:
    tools = [
        fact(f"{where}_{name}", server=where, own=name) for where in ("crm", "billing") for name in ("show", "take")
    ]
    value, argument = VALUES[kind], "email" if kind == "email" else "name"
    shown = {"content": [{"type": "text", "text": json.dumps({kind: value})}]}
    target = FakeTarget(*tools, answers={"crm_show": shown, "billing_show": shown})

    async def run(folder: Path) -> tuple[str, str]:
        path = settings(folder, tokenize={"kinds": ["email", "name"], "scope": scope, "form": form})
        async with governed(path, target, http=True) as made:
            token = json.loads(text(await ask(made, one, "tools/call", {"name": f"{server}_show"})))[kind]
            assert token != value
            target.calls.clear()
            taken = {"name": f"{elsewhere}_take", "arguments": {argument: token}}
            return token, text(await ask(made, other, "tools/call", taken))

    with tempfile.TemporaryDirectory() as folder:
        _, answer = asyncio.run(run(Path(folder)))
    if same(scope, one, server, other, elsewhere):
        ((_, _, arguments),) = target.calls
        assert arguments == {argument: value}
    else:
        assert target.calls == []
        assert value not in answer


@examples(max_examples=60, deadline=None)
@given(SCOPES, CALLERS, CALLERS)
def test_tokens_of_two_scopes_do_not_show_that_a_value_is_the_same(scope: str, one: Caller, other: Caller) -> None:
    shown = {"content": [{"type": "text", "text": json.dumps(VALUES)}]}
    target = FakeTarget(fact("show"), answers={"show": shown})

    async def run(folder: Path) -> list[dict[str, str]]:
        path = settings(folder, tokenize={"kinds": ["email", "name"], "scope": scope})
        async with governed(path, target, http=True) as made:
            return [json.loads(text(await ask(made, who, "tools/call", {"name": "show"}))) for who in (one, other)]

    with tempfile.TemporaryDirectory() as folder:
        first, second = asyncio.run(run(Path(folder)))
    equal = same(scope, one, "fake", other, "fake")
    assert (first["email"] == second["email"]) is equal
    assert (first["full_name"] == second["full_name"]) is equal


# ----------------------------------------------------------------------------------------------- cursors and sessions


@examples(max_examples=300, deadline=None)
@given(
    CALLERS, CALLERS, st.sampled_from(("list_a", "list_b")), st.sampled_from(({}, {"q": "x"}, {"q": "y"}, {"q": None}))
)
@example(Caller("b", "a/"), Caller("/b", "a"), "list_a", {"q": "x"})
def test_a_cursor_opens_for_its_caller_and_its_call(
    one: Caller, other: Caller, tool: str, arguments: dict[str, Any]
) -> None:
    box = CursorBox(bytes(range(32)))
    cursor = box.seal({"offset": 25}, bind("list_a", "contract", one.key, {"q": "x"}))
    mine = (one.tenant, one.sub) == (other.tenant, other.sub)
    try:
        opened = box.open(cursor, bind(tool, "contract", other.key, arguments))
    except ToolError:
        assert not (mine and tool == "list_a" and arguments == {"q": "x"})
    else:
        assert opened == {"offset": 25}
        assert mine
        assert (tool, arguments) == ("list_a", {"q": "x"})


@examples(max_examples=300, deadline=None)
@given(st.lists(CALLERS, min_size=1, max_size=12), st.integers(1, 5), st.integers(1, 3))
def test_a_session_answers_to_who_opened_it_alone(callers: list[Caller], most: int, each: int) -> None:
    """Whoever opens how many, and whichever ended for it."""
    sessions = Sessions(most, each, 3600)
    opened: list[tuple[Caller, str]] = []
    for caller in callers:
        session, _ = sessions.open(caller, "2025-11-25", {})
        if session is not None:
            opened.append((caller, session.id))
    assert len(sessions) <= most
    for owner, id in opened:
        for caller in callers:
            found = sessions.find(id, caller)
            assert found is None or (owner.tenant, owner.sub) == (caller.tenant, caller.sub)


@examples(max_examples=300, deadline=None)
@given(CALLERS, CALLERS)
def test_two_callers_share_no_session_at_a_server(one: Caller, other: Caller) -> None:
    keys = [key_of(who, Context(request_id="1")) for who in (one, other)]
    assert (keys[0] == keys[1]) is ((one.tenant, one.sub) == (other.tenant, other.sub))


# ------------------------------------------------------------------------------------------------------------- lists

TOOLS = (
    fact("find", server="crm"),
    fact("pay", server="crm", effect="write"),
    fact("drop", server="crm", effect="delete"),
    fact("search", server="web"),
)
HEADS = st.sampled_from(
    (
        'principal, action in [Action::"read", Action::"write", Action::"delete"], resource',
        'principal in Group::"t/g", action in [Action::"read", Action::"write"], resource',
        'principal == Caller::"t/ada", action in [Action::"write", Action::"delete"], resource',
        'principal, action == Action::"crm__pay", resource',
        'principal, action in Action::"write", resource',
        'principal, action in Action::"delete", resource',
        'principal, action in [Action::"read"], resource == Server::"web"',
        'principal in Group::"t/g", action == Action::"crm__find", resource',
    )
)
WHENS = st.sampled_from(
    (
        "",
        'when { context.input has text && context.input.text == "x" }',
        'unless { context.input has text && context.input.text like "a*" }',
        'when { principal.tenant == "t" }',
        'when { principal.groups.contains("h") && !(context.input has email) }',
        'when { context.input has email && context.input.email == "ada@example.org" }',
    )
)
POLICIES = st.lists(
    st.builds("{} ({}) {};".format, st.sampled_from(("permit", "forbid")), HEADS, WHENS), min_size=1, max_size=5
)
PEOPLE = st.builds(
    Caller,
    st.sampled_from(("ada", "eve")),
    st.sampled_from(("t", "u", "")),
    st.sampled_from(((), ("g",), ("h",), ("g", "h"))),
)
ARGUMENTS = st.fixed_dictionaries(
    {},
    optional={"text": st.sampled_from(("x", "abc", "")), "email": st.sampled_from(("ada@example.org", "b@x.example"))},
)


@examples(max_examples=120, deadline=None)
@given(POLICIES, st.lists(st.tuples(PEOPLE, ARGUMENTS), min_size=1, max_size=6))
def test_every_call_that_reaches_a_tool_is_of_a_listed_tool(
    policies: list[str], calls: list[tuple[Caller, dict[str, str]]]
) -> None:
    """Through the whole pipeline; and a tool that is not listed answers as one that does not exist."""
    target = FakeTarget(*TOOLS)

    async def run(folder: Path) -> None:
        async with governed(settings(folder, "\n".join(policies)), target, http=True) as made:
            for caller, arguments in calls:
                listed = {tool["name"] for tool in (await ask(made, caller, "tools/list", {}))["tools"]}
                for tool in TOOLS:
                    target.calls.clear()
                    result = await ask(made, caller, "tools/call", {"name": tool.name, "arguments": arguments})
                    assert not target.calls or tool.name in listed
                    unknown = text(result).startswith(f"There is no tool `{tool.name}`")
                    assert unknown is (tool.name not in listed)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))
