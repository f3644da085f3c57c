"""A call that needs an approval is executed once after somebody approved exactly this call, and never else."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path
from typing import Any

import pytest
from support.approving import ANN, BOB, LEA, LOGIN, POLICIES, change_policies, raw
from support.governing import ask, fact

from adaptgen.govern.approvals import requests
from adaptgen.govern.approvals.guard import outcome_of
from adaptgen.govern.audit.trail import AuditError
from adaptgen.govern.identity.own_tokens import end_all
from adaptgen.govern.settings.model import Switch
from adaptgen.mcp.protocol import META_CONNECTION, META_STATUS, META_UNKNOWN, META_UNREACHABLE, RpcError
from adaptgen.runtime.store.protocol import StoreError

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("more", [{"inputResponses": {"amount": {"action": "accept"}}}, {"requestState": "s"}])
async def test_what_is_typed_in_besides_the_arguments_is_not_approved(served: Any, more: dict[str, Any]) -> None:
    async with served(trusted=False) as world:
        asked, _ = await world.call(text="hello")
        assert await world.approve(asked) == "approved"
        refused = await ask(world.made, ANN, "tools/call", {"name": "pay", "arguments": {"text": "hello"}, **more})
        assert refused["isError"]
        assert world.calls == []
        ours = {"inputResponses": {"adaptgen:x": {"action": "accept"}}}
        await ask(world.made, ANN, "tools/call", {"name": "pay", "arguments": {"text": "hello"}, **ours})
        assert world.calls == [{"text": "hello"}]
        for question in ("elicitation/create", "sampling/createMessage", "roots/list"):
            with pytest.raises(RpcError, match="Nobody can be asked"):
                await world.target.contexts[0].ask(question, {})


async def test_a_third_party_that_asks_for_more_has_used_up_the_approval(served: Any) -> None:
    answer = {"content": [{"type": "text", "text": "?"}], "resultType": "input_required", "inputRequests": {}}
    async with served(answers=answer, trusted=False) as world:
        asked, _ = await world.call(text="hello")
        await world.approve(asked)
        await world.call(text="hello")
        again, _ = await world.call(text="hello")

    assert again.startswith("An earlier call like this one may have been executed: check first. Not executed")
    assert len(world.calls) == 1


async def test_an_approval_at_one_server_counts_at_no_other_one(served: Any) -> None:
    async with served() as world:
        asked, _ = await world.call(text="hello")
        assert await world.approve(asked) == "approved"
        path = world.folder / "governance.yaml"
        path.write_text(path.read_text().replace("https://mcp.example/mcp", "https://other.example/mcp"))
        assert await world.made.watch.look() is not False
        world.adopt()
        text, failed = await world.call(text="hello")
        assert failed
        assert "https://other.example/approvals/" in text
        assert world.calls == []


async def test_a_denied_call_is_not_asked_for_again_until_the_request_would_have_ended(served: Any) -> None:
    async with served() as world:
        asked, _ = await world.call(text="hello")
        assert await world.approve(asked, deny=True) == "denied"
        text, _ = await world.call(text="hello")
        assert text.startswith("Not executed: this call of pay was denied.")
        assert await world.approve(asked) == "over"
        world.clock.now += 3600
        text, _ = await world.call(text="hello")
        assert text.startswith("Not executed: pay needs the approval")

    assert world.calls == []
    assert "approval denied" in world.steps()


async def test_an_approval_of_somebody_who_has_just_logged_out_everywhere_counts_no_longer_than_others(
    served: Any, monkeypatch: Any
) -> None:
    async with served() as world:
        asked, _ = await world.call(text="hello")
        monkeypatch.setattr(time, "time", world.clock)
        await end_all(world.made.store, person=("acme", "lea"))
        assert await world.approve(asked) == "approved"
        world.clock.now += 3600
        assert (await world.call(text="hello"))[1]

    assert world.calls == []


async def test_a_request_that_is_over_cannot_be_approved(served: Any) -> None:
    async with served() as world:
        asked, _ = await world.call(text="hello")
        world.clock.now += 3600

        assert await world.approve(asked) == "over"
        assert (await world.call(text="hello"))[1]
    assert world.calls == []


@pytest.mark.parametrize(
    "now",
    [
        POLICIES.replace('"leads"', '"directors"'),
        POLICIES + 'forbid (principal == Caller::"acme/lea", action == Action::"approve", resource);',
    ],
    ids=["another group approves", "the approver is forbidden"],
)
async def test_policies_that_change_withdraw_an_approval(served: Any, now: str) -> None:
    async with served() as world:
        asked, _ = await world.call(text="hello")
        await world.approve(asked)
        await change_policies(world, now)
        _, failed = await world.call(text="hello")

    assert failed
    assert world.calls == []
    assert "approval withdrawn" in world.steps()


async def test_a_page_that_was_shown_for_an_earlier_round_approves_nothing_later(served: Any) -> None:
    async with served() as world:
        asked, _ = await world.call(text="hello")
        id = asked.partition("/approvals/")[2][:32]
        shown = await world.handler.approvals.find(LEA, id)
        await world.approve(asked, BOB)
        await world.call(text="hello")
        await world.call(text="hello")  # the next round
        verdict = await world.handler.approvals.decide(LEA, shown, approve=True, reason="", request_id="r")
        _, failed = await world.call(text="hello")

    assert verdict == "changed"
    assert failed
    assert len(world.calls) == 1


async def test_a_process_that_dies_leaves_a_call_that_may_have_been_executed(served: Any) -> None:
    def dies(arguments: Any) -> None:
        raise asyncio.CancelledError

    async with served(answers=dies) as world:
        await world.approve((await world.call(text="hello"))[0])
        with pytest.raises(asyncio.CancelledError):
            await world.call(text="hello")
        world.target.answers.clear()
        text, failed = await world.call(text="hello")

    assert failed
    assert text.startswith("An earlier call like this one may have been executed: check first. Not executed: pay needs")
    assert len(world.calls) == 1


async def test_a_lease_that_nobody_renews_says_the_same(served: Any) -> None:
    async with served() as world:
        asked, _ = await world.call(text="hello")
        await world.approve(asked)
        kept = world.handler.parts.approvals.requests
        held = await kept.find(asked.partition("/approvals/")[2][:32])
        executing = await kept.execute(held)

        under_way, _ = await world.call(text="hello")
        await kept.let_go(executing)
        lost, _ = await world.call(text="hello")

    assert under_way.startswith("Not executed again: the same call of pay is in progress")
    assert lost.startswith("An earlier call like this one may have been executed: check first.")
    assert world.calls == []
    assert "approval unknown" in world.steps()


async def test_an_approver_who_was_cut_off_counts_no_longer(served: Any) -> None:
    async with served() as world:
        asked, _ = await world.call(text="hello")
        await world.approve(asked)
        world.handler.parts.switch.apply(Switch(callers=("acme/lea",)))
        _, failed = await world.call(text="hello")

    assert failed
    assert world.calls == []


async def test_what_a_hook_makes_of_the_arguments_is_what_is_approved(served: Any, tmp_path: Path) -> None:
    (tmp_path / "approving_hooks.py").write_text(
        "from pathlib import Path\n"
        "def change(call):\n    return {**call.arguments, 'text': Path(__file__ + '.txt').read_text()}\n"
    )
    said = tmp_path / "approving_hooks.py.txt"
    said.write_text("one")
    async with served(hooks={"before": [{"call": "approving_hooks:change"}]}) as world:
        asked, _ = await world.call(text="hello")
        shown = await world.handler.approvals.find(LEA, asked.partition("/approvals/")[2][:32])
        await world.approve(asked)
        said.write_text("two")
        _, other = await world.call(text="hello")
        said.write_text("one")
        _, failed = await world.call(text="hello")

    assert shown.arguments == {"text": "one"}
    assert other
    assert not failed
    assert world.calls == [{"text": "one"}]


async def test_a_trail_that_cannot_be_written_executes_and_approves_nothing(served: Any, monkeypatch: Any) -> None:
    def broken(record: Any) -> None:
        raise AuditError("full")

    async with served() as world:
        asked, _ = await world.call(text="hello")
        trail = world.handler._trail
        with monkeypatch.context() as patch:
            patch.setattr(trail, "write", broken)
            assert await world.approve(asked) == "unrecorded"
        assert await world.approve(asked) == "approved"
        with monkeypatch.context() as patch:
            patch.setattr(trail, "write", broken)
            text, _ = await world.call(text="hello")
        assert world.calls == []
        assert await world.call(text="hello") == ("done", False)

    assert "audit trail cannot be written" in text


async def test_without_the_store_nothing_is_executed(served: Any, monkeypatch: Any) -> None:
    async with served() as world:
        await world.approve((await world.call(text="hello"))[0])

        async def away(*args: Any, **given: Any) -> bool:
            raise StoreError("away")

        monkeypatch.setattr(world.made.store, "swap", away)
        text, failed = await world.call(text="hello")

    assert failed
    assert "shared state cannot be reached" in text
    assert world.calls == []


async def test_approvers_are_not_flooded(served: Any) -> None:
    async with served() as world:
        texts = [(await world.call(text=str(number)))[0] for number in range(requests.BURST + 5)]
        shown = await world.handler.approvals.listed(LEA)
        repeated, _ = await world.call(text="0")

    assert sum("/approvals/" in text for text in texts) == requests.BURST
    assert all("too many approvals" in text for text in texts[requests.BURST :])
    assert len(shown) == requests.BURST
    assert "/approvals/" in repeated


@pytest.mark.parametrize(
    ("text", "asked"),
    [("x" * 15_980, True), ('"' * 7_990, True), ("\u00e9" * 2_660, True), ("x" * 16_000, False), ('"' * 8_000, False)],
)
async def test_long_arguments_are_kept_whole_or_refused(served: Any, text: str, asked: bool) -> None:
    async with served() as world:
        answer, _ = await world.call(text=text)
        if asked:
            assert await world.approve(answer, LEA) == "approved"
            assert await world.call(text=text) == ("done", False)

    assert ("16,000 at most. Send less at once." in answer) is not asked
    assert len(world.calls) == asked


async def test_without_a_login_nobody_can_approve(served: Any) -> None:
    async with served(**dict.fromkeys(LOGIN)) as world:
        text, failed = await world.call(text="hello")

    assert failed
    assert "this server has no login" in text
    assert world.calls == []
    assert any("AG142" in one or "nobody can approve" in one for one in world.made.notices)


async def test_a_caller_who_may_approve_is_asked_to_open_the_page(served: Any) -> None:
    mine = POLICIES.replace('forbid (principal, action == Action::"approve", resource) when { context.own };', "")
    async with served(mine) as world:
        lea, _ = await world.call(LEA, text="hello")
        assert lea.startswith("pay needs your approval")
        assert await world.approve(lea, LEA) == "approved"
        assert await world.call(LEA, text="hello") == ("done", False)
        with pytest.raises(RpcError) as asked:
            await raw(world, LEA, version="2025-11-25", capabilities={"elicitation": {"url": {}}}, text="two")
        with_form = await raw(world, LEA, version="2025-11-25", capabilities={"elicitation": {}}, text="two")
        modern = await raw(world, LEA, capabilities={"elicitation": {"url": {}}}, text="two")
        ann = await raw(world, ANN, version="2025-11-25", capabilities={"elicitation": {"url": {}}}, text="two")

    assert asked.value.code == -32042
    assert asked.value.data["elicitations"][0]["mode"] == "url"
    assert with_form["isError"]
    (request,) = modern["inputRequests"].values()
    assert modern["resultType"] == "input_required"
    assert (request["params"]["mode"], "/approvals/" in request["params"]["url"]) == ("url", True)
    assert ann["isError"]  # somebody else approves: there is nothing to open here


async def test_what_the_approver_sees_is_personal_only_where_the_policy_says_so(served: Any) -> None:
    blind = POLICIES.replace('context.tool == "fake__pay"', 'context.tool == "fake__other"')
    async with served() as world:
        asked, _ = await world.call(text="write to ann@example.org", email="bob@example.org")
        id = asked.partition("/approvals/")[2][:32]
        clear = await world.handler.approvals.find(LEA, id)
        await change_policies(world, blind)
        hidden = await world.handler.approvals.find(LEA, id)

    assert clear.arguments == {"text": "write to ann@example.org", "email": "bob@example.org"}
    assert hidden.arguments["email"].startswith("tok_email_")
    assert hidden.arguments["text"].startswith("write to tok_email_")


ERROR: Any = {"content": [], "isError": True}


@pytest.mark.parametrize(
    ("answer", "given", "outcome"),
    [
        ({**ERROR, "_meta": {META_STATUS: 404}}, {}, "nothing"),
        ({**ERROR, "_meta": {META_UNREACHABLE: True}}, {}, "nothing"),  # it says so only if nothing was sent
        ({**ERROR, "_meta": {META_UNREACHABLE: True, META_UNKNOWN: True}}, {}, "unknown"),
        ({**ERROR, "_meta": {META_CONNECTION: {"auth": "a", "title": "A"}}}, {}, "nothing"),
        ({**ERROR, "_meta": {META_STATUS: 200}}, {}, "unknown"),
        # The first of two requests may have changed something.
        ({**ERROR, "_meta": {META_STATUS: 404}}, {"calls": ("POST /a", "POST /b")}, "unknown"),
        # What a third party says of its own errors counts for nothing.
        (ERROR, {"trusted": False}, "unknown"),
        ({**ERROR, "_meta": {META_STATUS: 404}}, {"trusted": False}, "unknown"),
        ({**ERROR, "_meta": {META_CONNECTION: {}}}, {"trusted": False}, "unknown"),
        ({"content": []}, {"trusted": False}, "done"),
        ({"resultType": "input_required"}, {"trusted": False}, "nothing"),
    ],
)
async def test_what_an_answer_says_about_the_execution(answer: Any, given: Any, outcome: str) -> None:
    assert outcome_of(fact("pay", effect="write", **given), answer) == outcome


@pytest.mark.parametrize(
    ("problem", "trusted", "left"),
    [
        (RpcError(-32602, "wrong"), True, "approved"),
        (RpcError(-32602, "wrong"), False, "unknown"),
        (RpcError(-32042, "open"), True, "approved"),
        (RpcError(-32042, "open"), False, "unknown"),
        (RpcError(-32603, "broken"), True, "unknown"),
        (RuntimeError("broken"), True, "unknown"),
    ],
)
async def test_what_a_failure_says_about_the_execution(
    served: Any, problem: Exception, trusted: bool, left: str
) -> None:
    async with served(answers=lambda arguments: problem, trusted=trusted) as world:
        asked, _ = await world.call(text="hello")
        await world.approve(asked)
        with contextlib.suppress(RpcError):
            await world.call(text="hello")
        held = await world.handler.parts.approvals.requests.find(asked.partition("/approvals/")[2][:32])

    assert held.request.state == left
