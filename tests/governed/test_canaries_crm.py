"""Tokens of the CRM on their way back, under its own policies: its log and its database get the very values."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
from support.canaries import Canaries
from support.canary_crm import WatchedCrm, fill
from support.watched import WAYS, Watched, watched

from adaptgen.demo.crm import PASSWORD, USERNAME, running

ROOT = Path(__file__).parents[2]
COLUMNS = ("first_name", "last_name", "email", "phone", "mobile")


@asynccontextmanager
async def served(way: str, folder: Path) -> AsyncIterator[tuple[Watched, WatchedCrm]]:
    """The CRM with its policies."""
    crm = WatchedCrm()
    fill(crm.state.database, Canaries(), 0.02)
    with running(crm) as api:
        environ = {"CRM_BASE_URL": api.url, "CRM_USERNAME": USERNAME, "CRM_PASSWORD": PASSWORD}
        package, policies = ROOT / "generated" / "crm", ROOT / "specs" / "crm" / "policies"
        async with watched(way, folder, package, environ, policies=policies) as at:
            yield at, crm


def _of(crm: WatchedCrm, table: str, key: int) -> dict[str, Any]:
    return dict(crm.state.database.execute(f"SELECT * FROM {table} WHERE id = ?", (key,)).fetchone())


@pytest.mark.parametrize("way", WAYS)
def test_the_database_gets_the_very_values(way: str, tmp_path: Path) -> None:
    async def whole() -> None:
        async with served(way, tmp_path) as (at, crm):
            sales, finance = at.agent("sam", "sales"), at.agent("fin", "finance")
            people = await sales.rows("list_contacts", fields=["id", "customer_id", *COLUMNS])
            for person in people[:6]:
                true = _of(crm, "contacts", person["id"])
                given = {key: f"**{person[key].upper()}**" for key in COLUMNS}
                text, failed = await sales.call("create_contact", {"customer_id": person["customer_id"], **given})
                assert not failed, text
                newest = crm.state.database.execute("SELECT max(id) FROM contacts").fetchone()[0]
                assert {key: _of(crm, "contacts", newest)[key] for key in COLUMNS} == {
                    key: true[key] for key in COLUMNS
                }
                await sales.rows("list_contacts", email=person["email"])
                assert f"email={true['email']}" in unquote_plus(crm.asked[-1])
            deals = await finance.rows("list_contracts", fields=["id", "debitIban"])
            for one, other in itertools.pairwise(deals[:4]):
                true = _of(crm, "contracts", other["id"])
                text, failed = await finance.call(
                    "update_contract", {"contractId": one["id"], "debitIban": other["debitIban"]}
                )
                assert not failed, text
                assert _of(crm, "contracts", one["id"])["debit_iban"] == true["debit_iban"]

    asyncio.run(whole())


@pytest.mark.parametrize("way", WAYS)
def test_those_who_may_not_have_the_value_send_nothing(way: str, tmp_path: Path) -> None:
    async def whole() -> None:
        async with served(way, tmp_path) as (at, crm):
            sales, support, other = at.agent("sam", "sales"), at.agent("sue", "support"), at.agent("x", tenant="x")
            rows = await sales.rows("list_contacts", fields=["id", *COLUMNS])
            deals = await sales.rows("list_contracts", fields=["id", "debitIban"])
            asked, before = len(crm.asked), crm.stored()
            person, iban = rows[0], deals[0]["debitIban"]
            for agent, tool, arguments in (
                (at.agent("nobody"), "list_contacts", {"email": person["email"]}),
                (other, "list_contacts", {"email": person["email"]}),
                (sales, "list_contacts", {"email": person["phone"]}),
                (sales, "list_contacts", {"q": person["first_name"][:-1]}),
                (other, "list_contacts", {"q": person["first_name"]}),
                (at.agent("nobody"), "list_contacts", {"q": person["first_name"]}),
                (sales, "update_contact", {"contactId": person["id"], "phone": person["email"]}),
                (sales, "update_contact", {"contactId": person["id"], "remarks": f"call {person['phone']}"}),
                (sales, "update_customer", {"customerId": 1001, "iban": iban}),
                (support, "update_contract", {"contractId": deals[1]["id"], "debitIban": iban}),
                (support, "create_ticket", {"customerId": 1001, "subject": person["email"]}),
                (support, "add_customer_note", {"customerId": 1001, "text": f"x {person['last_name']} y"}),
            ):
                text, failed = await agent.call(tool, arguments)
                assert failed, (tool, arguments, text)
            assert (len(crm.asked), crm.stored()) == (asked, before)
            found = await sales.rows("list_contacts", q=person["first_name"], fields=["id", "first_name"])
            assert {"id": person["id"], "first_name": person["first_name"]} in found

    asyncio.run(whole())
