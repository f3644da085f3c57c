"""Thousands of seeded values in every place of the CRM: whatever the tools are asked, nobody sees one of them."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.canaries import TOKEN, Canaries
from support.canary_crm import WatchedCrm, fill
from support.canary_drive import drive
from support.watched import HEAVY, WAYS, logs, watched

from adaptgen.demo.crm import PASSWORD, USERNAME, running

ROOT = Path(__file__).parents[2]
CRM = ROOT / "generated" / "crm"
POLICIES = ROOT / "specs" / "crm" / "policies"
SOME, MANY = 0.05, 0.6
"""How much of the CRM is filled: the second holds more than 10,000 values that tools hand on."""


@dataclass(frozen=True)
class Driven:
    """What came of it, by place; ``api`` is what the API answered."""

    canaries: Canaries
    places: dict[str, str]
    tools: set[str]
    called: set[str]
    api: str


def _driven(way: str, share: float, folder: Path) -> Driven:
    crm, canaries = WatchedCrm(), Canaries()
    fill(crm.state.database, canaries, share)

    async def whole() -> Driven:
        with running(crm) as api, logs() as log, contextlib.redirect_stderr(io.StringIO()) as stderr:
            environ = {"CRM_BASE_URL": api.url, "CRM_USERNAME": USERNAME, "CRM_PASSWORD": PASSWORD}
            async with watched(way, folder, CRM, environ, policies=POLICIES) as at:
                called = await drive(at, crm, 3 if share == SOME else 20)
                tools = {one.own for one in at.governed.handler.adopted.values()}
                left = at.left()
            places = {"agent": "\n".join(dict.fromkeys(at.seen)), **left, "logs": "\n".join(log.lines)}
            places["stderr"] = stderr.getvalue()
        said = "\n".join(one.decode("utf-8", "replace") for one in dict.fromkeys(crm.said))
        return Driven(canaries, places, tools, called, said)

    return asyncio.run(whole())


@pytest.fixture(scope="module", params=HEAVY)
def some(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Driven:
    """A part of the CRM, driven."""
    return _driven(request.param, SOME, tmp_path_factory.mktemp(request.param))


def test_no_value_is_seen_by_agents_or_left_behind(some: Driven) -> None:
    found = {place: some.canaries.leaks(text) for place, text in some.places.items()}
    assert {place: values for place, values in found.items() if values} == {}
    assert all(some.places[place] for place in ("agent", "spans", "metrics", "audit"))


def test_every_tool_is_driven(some: Driven) -> None:
    assert some.called == some.tools


def test_the_api_did_say_them(some: Driven) -> None:
    assert len(some.canaries.leaks(some.api)) > 0.7 * len(some.canaries)
    assert len(set(TOKEN.findall(some.places["agent"]))) > 0.4 * len(some.canaries)


def test_names_of_companies_stay_as_the_hints_say(some: Driven) -> None:
    first = '"customer":[{"id":1001,"customerNo":"C-10001","name":"Alder Analytics"'
    assert json.dumps(first)[1:-1] in some.places["agent"]


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_none_of_ten_thousand_values_is_seen(way: str, tmp_path: Path) -> None:
    driven = _driven(way, MANY, tmp_path)
    assert len(driven.canaries.leaks(driven.api)) >= 10_000
    found = {place: driven.canaries.leaks(text) for place, text in driven.places.items()}
    assert {place: values for place, values in found.items() if values} == {}
