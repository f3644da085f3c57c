"""The policies of a bundle are checked when it is made; its start takes them as they are, or checks them anew."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.governing import KEYS, settings
from support.shipping import EMBEDDED, ROOT, governed

from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern.authorization import lowered, policies
from adaptgen.govern.pipeline.assemble import govern_server, lower_policies
from adaptgen.govern.pipeline.factory import ServingContext
from adaptgen.govern.settings.load import read
from adaptgen.ship.bundles.shipment import read_deployable
from adaptgen.transports.load import load_server

CRM = ROOT / "generated" / "crm"
ENVIRON = {**KEYS, "CRM_BASE_URL": "https://crm.example", "CRM_USERNAME": "u", "CRM_PASSWORD": "p"}
PLACE = ServingContext(http=True, loopback=False, environ=ENVIRON, frozen=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Settings of the CRM, with its policies lowered next to them as a bundle has them."""
    made = settings(tmp_path, "permit (principal, action, resource);", authenticate={"iam": True}, listen={})
    content = asyncio.run(lower_policies(load_server(CRM), read(made)))
    made.with_suffix(lowered.SUFFIX).write_bytes(content)
    return made


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each time that policies were held against the schema."""
    found: list[int] = []
    check = policies.validated

    def counted(*given: Any) -> Any:
        found.append(1)
        return check(*given)

    monkeypatch.setattr(policies, "validated", counted)
    return found


async def _start(path: Path) -> None:
    await (await govern_server(str(path), load_server(CRM), PLACE)).aclose()


def test_a_start_takes_them_as_they_are(path: Path, checks: list[int]) -> None:
    asyncio.run(_start(path))
    assert checks == []


def test_a_changed_policy_file_is_checked_anew(path: Path, checks: list[int]) -> None:
    (path.parent / "all.cedar").write_text('permit (principal, action == Action::"crm__get_contact", resource);')
    asyncio.run(_start(path))
    assert checks == [1]


def test_a_changed_policy_file_that_is_wrong_stops_the_start(path: Path) -> None:
    (path.parent / "all.cedar").write_text('permit (principal, action == Action::"crm__nothing", resource);')
    with pytest.raises(AdaptgenError, match="AG072"):
        asyncio.run(_start(path))


def test_a_changed_file_of_lowered_policies_is_not_used(path: Path, checks: list[int]) -> None:
    file = path.with_suffix(lowered.SUFFIX)
    file.write_bytes(file.read_bytes().replace(b'"permit"', b'"forbid"'))
    asyncio.run(_start(path))
    assert checks == [1]


def test_another_server_is_checked_anew(path: Path, checks: list[int]) -> None:
    async def start() -> None:
        other = replace(load_server(CRM), name="sales")
        await (await govern_server(str(path), other, PLACE)).aclose()

    asyncio.run(start())
    assert checks == [1]


def test_nothing_is_lowered_where_another_process_decides(tmp_path: Path) -> None:
    found = read_deployable(
        governed(tmp_path, EMBEDDED | {"authorize": {"engine": "verified_permissions", "store": "s"}})
    )
    assert found.server is not None
    assert asyncio.run(lower_policies(found.server, found.settings)) == b""


def test_policies_that_do_not_fit_are_refused_when_the_bundle_is_made(tmp_path: Path) -> None:
    server = governed(tmp_path)
    (tmp_path / "specs/crm/policies/all.cedar").write_text('permit (principal, action == Action::"x", resource);')
    found = read_deployable(server)
    assert found.server is not None
    with pytest.raises(AdaptgenError, match="AG072"):
        asyncio.run(lower_policies(found.server, found.settings))


def test_what_is_lowered_holds_no_path_of_this_machine(path: Path) -> None:
    content = path.with_suffix(lowered.SUFFIX).read_bytes().partition(b"\n")[2]
    assert [one["file"] for one in json.loads(content)] == ["all.cedar"]
