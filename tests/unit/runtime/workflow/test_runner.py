"""Tools of several calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from adaptgen.model.tables import Call, Param, Step, Tool

if TYPE_CHECKING:
    from conftest import Api, Make, Received

pytestmark = pytest.mark.asyncio

ACCOUNT = Step(
    id="account",
    call=Call("GET", "/accounts/{pk}", path_params=(Param("pk", value="{account_id}"),)),
    save={"org": "$.organization.id"},
    view=("name",),
)
CONTACTS = Step(
    id="contacts",
    call=Call("GET", "/contacts", query=(Param("org", value="{account.org}"), Param("tag", value="{tag}"))),
    items="$.results",
    view=("id", "owner.name"),
)
OVERVIEW = Tool(
    name="overview",
    steps=(ACCOUNT, CONTACTS),
    result={"account": "{account}", "contacts": "{contacts}", "label": "of {account_id}"},
)


def answers(one: Received, reply: Any) -> Any:
    if one.path.startswith("/accounts/"):
        return reply(200, {"name": "ACME", "secret": 1, "organization": {"id": 42}})
    owner = {"name": "Eve", "phone": "1"}
    return reply(200, {"results": [{"id": 1, "owner": owner, "x": 2}, {"id": 2, "owner": None}]})


async def test_an_optional_argument_that_is_absent_is_not_sent(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda one: answers(one, reply)
    await make(OVERVIEW).ok("overview", account_id="a1")
    assert api.received[1].query == {"org": ["42"]}


async def test_a_failing_step_is_named(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda one: answers(one, reply) if "accounts" in one.path else reply(404, {"message": "gone"})
    assert "Step 'contacts' failed. The API answered 404 Not Found: gone." in await make(OVERVIEW).error(
        "overview", account_id="a1"
    )


async def test_a_step_without_the_value_that_the_next_needs(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda one: reply(200, {"name": "ACME"})
    assert "'account' returned no 'org'" in await make(OVERVIEW).error("overview", account_id="a1")
    assert len(api.received) == 1


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("$[0].id", [], "an empty list: nothing was found"),
        ("$.results[0].id", {"count": 0, "results": []}, "an empty list: nothing was found"),
        ("$.id", {}, "nothing"),
    ],
)
async def test_a_search_that_finds_nothing_names_the_arguments_it_used(
    api: Api, make: Make, reply: Any, path: str, body: Any, said: str
) -> None:
    api.handler = lambda one: reply(200, body)
    query = (Param("q", value="{company}"), Param("country"))
    found = Step(id="found", call=Call("GET", "/companies", query=query), save={"id": path})
    query = (Param("company", value="{found.id}"), Param("page"))
    contracts = Step(id="contracts", call=Call("GET", "/contracts", query=query))
    told = await make(Tool(name="t", steps=(found, contracts))).error("t", company="Acme", country="NO", page=2)
    assert (
        f"Step 'contracts' failed. It needs 'id' of step 'found', which answered {said}. "
        "Check the arguments that it asked with: `company`, `country`." in told
    )
