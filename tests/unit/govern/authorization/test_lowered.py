"""Policies that a bundle brings in the form that was checked: used for exactly what they were made from."""

from __future__ import annotations

from typing import Any

import pytest
from support.crm import ROOT, TOOLS

from adaptgen.cli.govern.policy import read_policies
from adaptgen.govern.authorization import policies
from adaptgen.govern.authorization.cedar_engine import CedarAuthorizer
from adaptgen.govern.authorization.lowered import lower, read_lowered
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
async def test_a_start_checks_nothing_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def checked(*_: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(policies, "validated", checked)
    cedar = CedarAuthorizer(claims=("department",), lowered=lambda: LOWERED)
    await cedar.load(FILES, TOOLS)
    assert len(await cedar.visible(Caller("ann", "acme", ("sales",)), TOOLS)) > 20
