"""Policies that a bundle brings in the form that was checked: used for exactly what they were made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest
from support.crm import CALLS, ROOT, TOOLS

from adaptgen.cli.govern.policy import read_policies
from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern.authorization import policies
from adaptgen.govern.authorization.cedar_engine import CedarAuthorizer
from adaptgen.govern.authorization.lowered import lower, read_lowered
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.tables import Caller

FILES = read_policies(ROOT / "specs" / "crm" / "governance.yaml").files
LOWERED = lower(FILES, TOOLS.values(), ("department",))


def test_what_was_lowered_is_what_was_written_with_its_places() -> None:
    found = read_lowered(LOWERED, FILES, TOOLS.values(), ("department",), "/var/task/specs")
    assert found is not None
    assert [one.id for one in found] == [one.id for one in policies.read(FILES)]
    written = policies.read(FILES, "/var/task/specs")
    assert [(one.where, one.text, one.body) for one in found] == [(one.where, one.text, one.body) for one in written]


@pytest.mark.asyncio
@pytest.mark.parametrize(("groups", "tool", "arguments", "allowed"), CALLS)
async def test_they_decide_the_same(groups: str, tool: str, arguments: Mapping[str, Any], allowed: bool) -> None:
    cedar = CedarAuthorizer(claims=("department",), default="read", lowered=lambda: LOWERED)
    await cedar.load(FILES, TOOLS)
    caller = Caller("ann", "acme", tuple(groups.split(",")) if groups else ())
    assert (await cedar.decide(caller, TOOLS[tool], arguments)).allowed is allowed


@pytest.mark.asyncio
async def test_a_start_checks_nothing_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def checked(*_: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(policies, "validated", checked)
    cedar = CedarAuthorizer(claims=("department",), default="read", lowered=lambda: LOWERED)
    await cedar.load(FILES, TOOLS)
    assert len(await cedar.visible(Caller("ann", "acme", ("sales",)), TOOLS)) > 20


def _other_schema(tool: ToolInfo) -> ToolInfo:
    schema = orjson.loads(orjson.dumps(tool.wire["inputSchema"]))
    name = next(iter(schema["properties"]))
    schema["properties"][name] = {"type": "string", "maxLength": 7}
    return replace(tool, wire={**tool.wire, "inputSchema": schema})


PAYING = TOOLS["pay_invoice"]
CHANGES: dict[str, tuple[Mapping[str, str], Mapping[str, ToolInfo], tuple[str, ...]]] = {
    "a policy": ({**FILES, next(iter(FILES)): next(iter(FILES.values())) + "\n"}, TOOLS, ("department",)),
    "one more file": ({**FILES, "policies/z.cedar": ""}, TOOLS, ("department",)),
    "the claims": (FILES, TOOLS, ("department", "roles")),
    "the schema of a tool": (FILES, {**TOOLS, "pay_invoice": _other_schema(PAYING)}, ("department",)),
    "the effect of a tool": (FILES, {**TOOLS, "pay_invoice": replace(PAYING, effect="delete")}, ("department",)),
    "what is open": (FILES, {**TOOLS, "pay_invoice": replace(PAYING, open=True)}, ("department",)),
    "whose the tool is": (
        FILES,
        {**TOOLS, "get_contact": replace(TOOLS["get_contact"], trusted=False)},
        ("department",),
    ),
    "an earlier name": (FILES, {**TOOLS, "pay_invoice": replace(PAYING, own_was=("settle",))}, ("department",)),
    "one tool less": (FILES, {name: one for name, one in TOOLS.items() if name != "pay_invoice"}, ("department",)),
}


@pytest.mark.asyncio
async def test_a_forbid_that_was_taken_out_of_the_file_still_forbids() -> None:
    changed = LOWERED.replace(b'"effect":"forbid"', b'"effect":"permit"')
    assert changed != LOWERED
    cedar = CedarAuthorizer(claims=("department",), default="read", lowered=lambda: changed)
    await cedar.load(FILES, TOOLS)
    decision = await cedar.decide(Caller("ann", "acme", ("finance",)), PAYING, {"invoiceId": 7, "amount": -5})
    assert not decision.allowed
    assert decision.policies == ("payments-are-positive",)


@pytest.mark.asyncio
async def test_policies_that_became_wrong_are_refused() -> None:
    cedar = CedarAuthorizer(claims=("department",), default="read", lowered=lambda: LOWERED)
    with pytest.raises(AdaptgenError, match="AG072"):
        await cedar.load({**FILES, "policies/z.cedar": 'permit (principal, action == Action::"x", resource);'}, TOOLS)
