"""Lists of the CRM: four envelopes, five ways of paging, each complete and without repetition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from adaptgen.demo.crm import Running


def _customers(client: httpx.Client) -> list[Any]:
    pages = [client.get("/customers", params={"page": n, "pageSize": 100}).json()["data"] for n in range(1, 8)]
    return [item for page in pages for item in page]


def _contacts(client: httpx.Client) -> list[Any]:
    items: list[Any] = []
    while True:
        body = client.get("/contacts", params={"limit": 200, "offset": len(items)}).json()
        items += body["items"]
        if not body["hasMore"]:
            return items


def _opportunities(client: httpx.Client) -> list[Any]:
    items: list[Any] = []
    cursor = ""
    while True:
        body = client.get("/opportunities", params={"size": 60, "cursor": cursor}).json()
        items += body["result"]["rows"]
        cursor = body["nextCursor"]
        if not cursor:
            return items


def _contracts(client: httpx.Client) -> list[Any]:
    answer = client.get("/contracts", params={"perPage": 100})
    items: list[Any] = answer.json()
    while "next" in answer.links:
        answer = client.get(answer.links["next"]["url"])
        items += answer.json()
    return items


def _invoices(client: httpx.Client) -> list[Any]:
    pages = [client.get("/invoices", params={"pageNo": n, "rows": 200}).json()["result"]["rows"] for n in range(9)]
    return [item for page in pages for item in page]


def _tickets(client: httpx.Client) -> list[Any]:
    pages = [client.get("/tickets", params={"offset": n}).json()["tickets"] for n in range(0, 1000, 100)]
    return [item for page in pages for item in page]


def _tasks(client: httpx.Client) -> list[Any]:
    items: list[Any] = client.get("/tasks").json()
    return items


@pytest.mark.parametrize(
    ("walk", "table"),
    [
        (_customers, "customers"),
        (_contacts, "contacts"),
        (_opportunities, "opportunities"),
        (_contracts, "contracts"),
        (_invoices, "invoices"),
        (_tickets, "tickets"),
        (_tasks, "tasks"),
    ],
)
def test_paging_gives_every_row_once(
    crm: Running, client: httpx.Client, walk: Callable[[httpx.Client], list[Any]], table: str
) -> None:
    ids = [item["id"] for item in walk(client)]
    stored = [row[0] for row in crm.crm.state.database.execute(f"SELECT id FROM {table} ORDER BY id")]
    assert sorted(ids) == stored


@pytest.mark.parametrize(
    ("url", "items"),
    [
        ("/customers?pageSize=5000", lambda body: body["data"]),
        ("/opportunities?size=5000", lambda body: body["result"]["rows"]),
        ("/contracts?perPage=5000", lambda body: body),
        ("/tickets?limit=5000", lambda body: body["tickets"]),
    ],
)
def test_page_sizes_are_clamped_without_a_word(client: httpx.Client, url: str, items: Callable[[Any], Any]) -> None:
    answer = client.get(url)
    assert answer.status_code == 200
    assert len(items(answer.json())) in (60, 100)


def test_totals_stand_in_a_header_where_the_body_has_none(client: httpx.Client) -> None:
    assert client.get("/contracts").headers["x-total-count"] == "430"
    assert client.get("/tickets").headers["x-total-count"] == "900"


def test_records_are_as_noisy_as_the_issue_says(client: httpx.Client) -> None:
    body = client.get("/customers").json()
    assert len(body["data"][0]) >= 40
    assert len(body["refData"]["countries"]) == 249
    assert len(client.get("/contacts/5001").json()) >= 40


@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("/customers?page=0", "page"),
        ("/contracts?renewalFrom=March", "renewalFrom"),
        ("/opportunities?cursor=x", "cursor"),
    ],
)
def test_bad_parameters_are_400(client: httpx.Client, url: str, field: str) -> None:
    answer = client.get(url)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["fieldErrors"]] == [field]


def test_me_is_the_user_of_the_session(client: httpx.Client) -> None:
    owners = {item["ownerId"] for item in client.get("/contracts?ownerId=me").json()}
    assert owners == {7}
