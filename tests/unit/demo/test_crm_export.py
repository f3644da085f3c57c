"""The CRM's export for the spreadsheet: as the old desktop client reads it, and as the generated tool does."""

from __future__ import annotations

import csv

import httpx


def test_it_is_what_the_old_client_reads(client: httpx.Client) -> None:
    answer = client.get("/customers/export.csv", params={"status": "ACTIVE"})
    assert answer.headers["content-type"] == "text/csv; charset=windows-1252"
    rows = list(csv.DictReader(answer.content.decode("cp1252").splitlines(), delimiter=";"))
    assert len(rows) == client.get("/customers", params={"status": "ACTIVE"}).json()["paging"]["totalRecords"]
    assert {row["Status"] for row in rows} == {"ACTIVE"}
    assert all("," in row["CreditLimit"] for row in rows)
