"""What a call tells governance: where personal data stands in its answer, and how the API answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from adaptgen.model.tables import Call, Param, Step, Tool, Unpaged
from adaptgen.runtime.core.answer import Binary

if TYPE_CHECKING:
    from conftest import Api, Make

pytestmark = pytest.mark.asyncio

ADA = {
    "id": 1,
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email": "ada@example.com",
    "remarks": "ADA lovelace called from adapter 7, write to ada@example.com",
}
LIST = Tool(name="find_people", call=Call("GET", "/people"), page=Unpaged(items="$"), view=("id", "email", "remarks"))
GET = Tool(name="get_person", call=Call("GET", "/people/{id}"), view=("id", "remarks"))


@pytest.mark.parametrize(
    ("fields", "sensitive"),
    [
        (["first_name", "id", "email"], {"/items/*/0": "name", "/items/*/2": "email"}),
        (["*"], {f"/items/*/{name}": "name" for name in ("first_name", "last_name")} | {"/items/*/email": "email"}),
        (["email[0:3]"], {"/items/*/0": "email"}),
    ],
)
async def test_fields_that_the_agent_chooses_are_classified_too(
    api: Api, make: Make, reply: Any, fields: list[str], sensitive: dict[str, str]
) -> None:
    api.handler = lambda _: reply(200, [ADA])
    assert (await make(LIST, classify=True).answer("find_people", fields=fields)).sensitive == sensitive


async def test_the_labels_of_lists_that_are_left_out_are_classified(api: Api, make: Make, reply: Any) -> None:
    body = {"person": ADA, "contacts": [{"name": "Grace Hopper"}], "countries": [{"name": "Finland"}]}
    api.handler = lambda _: reply(200, body)
    tool = Tool(name="get_person", call=GET.call, payload="$.person", view=("id", "email"))
    answer = await make(tool, classify=True).answer("get_person", id=1)
    assert "Finland" in answer.content[0].text  # type: ignore[union-attr]
    assert answer.sensitive == {"/email": "email", "/omitted/$.contacts/first/*": "name"}
    chosen = await make(tool, classify=True).answer("get_person", id=1, fields=["$.contacts[*].name", "email"])
    assert chosen.sensitive == {"/email": "email", "/$.contacts[*].name/*": "name"}


async def test_results_of_steps_carry_the_kinds_of_what_they_are_made_of(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda one: reply(200, [ADA] if one.path == "/people" else {"owner": "Grace Hopper", "ref": 5})
    tool = Tool(
        name="overview",
        steps=(
            Step(id="people", call=Call("GET", "/people"), items="$", save={"mail": "$[0].email"}),
            Step(id="case", call=Call("GET", "/cases", query=(Param("email", value="{people.mail}"),))),
        ),
        result={
            "who": "{people}",
            "mail": "{people.mail}",
            "line": "Mail {people.mail} about {case.ref}",
            "parts": ["{case.owner}", "{case.ref}", "{asked}"],
        },
        sensitive_arguments={"asked": "phone"},
    )
    answer = await make(tool, classify=True, schemas={"overview": {"asked": {}}}).answer("overview", asked="555-0100")
    assert api.received[1].query == {"email": ["ada@example.com"]}
    assert answer.sensitive == {
        "/who/*/first_name": "name",
        "/who/*/last_name": "name",
        "/who/*/email": "email",
        "/mail": "email",
        "/parts/0": "name",
        "/parts/2": "phone",
    }
    assert ("email", "ada@example.com") in answer.found


CSV = b"id;E-Mail;First Name;apiToken;note\r\n1;ada@example.com;Ada;k-123;Ada rang\r\n2;bob@example.com;Bob;;\r\n"


async def test_a_table_is_answered_in_rows_with_its_columns_classified(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda _: reply(200, CSV, {"Content-Type": "text/csv; charset=utf-8"})
    calls = make(GET, classify=True)
    answer = await calls.answer("get_person", id=1)
    assert json.loads(answer.content[0].text) == {  # type: ignore[union-attr]
        "fields": ["id", "E-Mail", "First Name", "apiToken", "note"],
        "items": [["1", "ada@example.com", "Ada", "[withheld]", "Ada rang"], ["2", "bob@example.com", "Bob", "", ""]],
    }
    assert answer.sensitive == {"/items/*/1": "email", "/items/*/2": "name"}
    assert ("name", "Ada") in answer.found
    assert (await calls.answer("get_person", id=1, fields=["First Name"])).sensitive == {"/items/*/0": "name"}


async def test_a_table_without_a_header_keeps_its_first_row(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda _: reply(200, b"1,ada@example.com\n2,bob@example.com\n", {"Content-Type": "text/csv"})
    shown = await make(GET, classify=True).ok("get_person", id=1)
    assert shown["items"] == [["1", "ada@example.com"], ["2", "bob@example.com"]]


@pytest.mark.parametrize("media", ["application/pdf", "image/png", "application/zip", "text/vcard", "message/rfc822"])
async def test_what_cannot_be_searched_is_handed_on_as_what_it_is(api: Api, make: Make, reply: Any, media: str) -> None:
    api.handler = lambda _: reply(200, b"BEGIN:VCARD\nFN:Ada Lovelace\n\xff", {"Content-Type": media})
    (block,) = (await make(GET, classify=True).answer("get_person", id=1)).content
    assert isinstance(block, Binary)
    assert block.media_type == media
