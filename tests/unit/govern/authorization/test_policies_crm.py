"""The policies of the CRM: who may do what (``support.crm``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import pytest_asyncio
from support.crm import CALLS, PAY, ROOT, TOOLS

from adaptgen.cli.govern.policy import read_policies
from adaptgen.govern.authorization.cedar_engine import CedarAuthorizer
from adaptgen.model.tables import Caller


@pytest_asyncio.fixture
async def cedar() -> CedarAuthorizer:
    found = read_policies(ROOT / "specs" / "crm" / "governance.yaml")
    made = CedarAuthorizer(claims=found.keep, default=found.default)
    await made.load(found.files, TOOLS)
    return made


@pytest.mark.asyncio
@pytest.mark.parametrize(("groups", "tool", "arguments", "allowed"), CALLS)
async def test_roles(
    cedar: CedarAuthorizer, groups: str, tool: str, arguments: Mapping[str, Any], allowed: bool
) -> None:
    caller = Caller("ann", "acme", tuple(groups.split(",")) if groups else ())

    assert (await cedar.decide(caller, TOOLS[tool], arguments)).allowed is allowed


@pytest.mark.asyncio
async def test_a_trial_tenant_may_prepare_and_not_send(cedar: CedarAuthorizer) -> None:
    caller = Caller("ann", "trial-42", ("finance",))

    assert (await cedar.decide(caller, TOOLS["pay_invoice"], {**PAY, "dry_run": True})).allowed
    assert (await cedar.decide(caller, TOOLS["pay_invoice"], PAY)).policies == ("trials-only-dry-run",)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("group", "tool", "kind", "allowed"),
    [
        ("support", "list_contacts", "email", True),
        ("intern", "list_contacts", "email", False),
        ("support", "list_contacts", "iban", False),
        ("support", "update_contact", "phone", True),
        ("support", "create_ticket", "email", False),
        ("finance", "update_customer", "iban", True),
        ("sales", "update_customer", "iban", False),
    ],
)
async def test_who_may_use_a_token(cedar: CedarAuthorizer, group: str, tool: str, kind: str, allowed: bool) -> None:
    decision = await cedar.detokenize(Caller("ann", "acme", (group,)), TOOLS[tool], kind)

    assert decision.allowed is allowed


@pytest.mark.asyncio
@pytest.mark.parametrize("groups", [(), ("support",), ("sales", "auditor"), ("finance",), ("intern",), ("admin",)])
@pytest.mark.parametrize("first", [True, False])
async def test_one_tool_is_seen_as_in_the_list(cedar: CedarAuthorizer, groups: tuple[str, ...], first: bool) -> None:
    caller = Caller("ann", "acme", groups)
    if not first:
        await cedar.visible(caller, TOOLS)
    seen = {name for name in TOOLS if await cedar.sees(caller, name, TOOLS)}
    assert seen == await cedar.visible(caller, TOOLS)
    assert seen
    assert not await cedar.sees(caller, "no_such_tool", TOOLS)


@pytest.mark.asyncio
async def test_a_first_call_decides_its_tool_alone(cedar: CedarAuthorizer, monkeypatch: pytest.MonkeyPatch) -> None:
    decided: list[int] = []
    listed = cedar._listed
    monkeypatch.setattr(cedar, "_listed", lambda *given: decided.append(len(given[3])) or listed(*given))
    for _ in range(3):
        assert await cedar.sees(Caller("ann", "acme", ("sales",)), "get_contact", TOOLS)
    assert decided == [1]
