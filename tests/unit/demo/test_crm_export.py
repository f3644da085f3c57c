"""The CRM's export for the spreadsheet: as the old desktop client reads it, and as the generated tool does."""

from __future__ import annotations

import csv
from pathlib import Path

import httpx
import pytest

from adaptgen.demo.crm import PASSWORD, USERNAME, Crm, running
from adaptgen.runtime import LOCAL, Engine
from adaptgen.runtime.core.answer import Text
from adaptgen.transports.load import load_server

ROOT = Path(__file__).parents[3]


def test_it_is_what_the_old_client_reads(client: httpx.Client) -> None:
    answer = client.get("/customers/export.csv", params={"status": "ACTIVE"})
    assert answer.headers["content-type"] == "text/csv; charset=windows-1252"
    rows = list(csv.DictReader(answer.content.decode("cp1252").splitlines(), delimiter=";"))
    assert len(rows) == client.get("/customers", params={"status": "ACTIVE"}).json()["paging"]["totalRecords"]
    assert {row["Status"] for row in rows} == {"ACTIVE"}
    assert all("," in row["CreditLimit"] for row in rows)


@pytest.mark.asyncio
async def test_the_tool_gives_every_line_once_and_reads_the_file_once() -> None:
    with running(Crm(slow=0.0)) as crm:
        environ = {"CRM_BASE_URL": crm.url, "CRM_USERNAME": USERNAME, "CRM_PASSWORD": PASSWORD}
        engine = Engine(load_server(ROOT / "generated" / "crm"), environ=environ, cursor_key=b"k" * 32)
        found: list[str] = []
        given: dict[str, object] = {"fields": ["CustomerNo", "Remarks"], "limit": 150}
        try:
            while True:
                answer = await engine.call(LOCAL, "export_customers", given)
                assert isinstance(answer.content[0], Text)
                said = httpx.Response(200, text=answer.content[0].text).json()
                found += [row[0] for row in said["items"]]
                if "next_cursor" not in said:
                    break
                given["cursor"] = said["next_cursor"]
        finally:
            await engine.aclose()
        assert found == [f"C-{number}" for number in range(10001, 10521)]
        assert crm.crm.state.stats.by_operation["GET /customers/export.csv"] == 1
