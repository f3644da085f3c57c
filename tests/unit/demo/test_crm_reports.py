"""Reports of the CRM: ordered, asked after, fetched; and the one tool that does all of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from adaptgen.demo.crm import PASSWORD, USERNAME, Running
from adaptgen.runtime import LOCAL, Engine
from adaptgen.transports.load import load_server

GENERATED = Path(__file__).parents[3] / "generated" / "crm"


def order(client: httpx.Client, **body: Any) -> httpx.Response:
    return client.post("/reports", json={"kind": "REVENUE_BY_SEGMENT", **body})


def test_a_report_runs_in_the_background(client: httpx.Client) -> None:
    ordered = order(client, year=2025)
    assert (ordered.status_code, ordered.json()["state"]) == (202, "PENDING")
    url = f"/reports/{ordered.json()['reportId']}"
    early = client.get(f"{url}/rows")
    assert (early.status_code, early.json()["errorCode"]) == (409, "RPT-0409")
    assert [client.get(url).json()["state"] for _ in range(3)] == ["RUNNING", "DONE", "DONE"]
    rows = client.get(f"{url}/rows").json()
    assert rows["rowCount"] == len(rows["rows"]) == 3


@pytest.mark.parametrize("body", [{"kind": "SALARIES"}, {"year": "2025"}, {"year": True}])
def test_what_cannot_be_ordered(client: httpx.Client, body: dict[str, Any]) -> None:
    assert order(client, **body).status_code == 400


@pytest.mark.asyncio
async def test_one_call_of_the_tool_runs_a_report(crm: Running) -> None:
    environ = {"CRM_BASE_URL": crm.url, "CRM_USERNAME": USERNAME, "CRM_PASSWORD": PASSWORD}
    engine = Engine(load_server(GENERATED), environ=environ)
    try:
        answer = await engine.call(LOCAL, "run_report", {"kind": "REVENUE_BY_SEGMENT", "year": 2025})
        shown = json.loads(answer.content[0].text)  # type: ignore[union-attr]
        assert [one["segment"] for one in shown["rows"]] == ["SMB", "MIDMARKET", "ENTERPRISE"]
        failed = await engine.call(LOCAL, "run_report", {"kind": "REVENUE_BY_SEGMENT", "year": 2010})
        assert "The job ended as FAILED: The archive begins in 2019." in failed.content[0].text  # type: ignore[union-attr]
    finally:
        await engine.aclose()
