"""The policies of the CRM: who may do what (``support.crm``)."""

from __future__ import annotations

import pytest
import pytest_asyncio
from support.crm import ROOT, TOOLS

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
