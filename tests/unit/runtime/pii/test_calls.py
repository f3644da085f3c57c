"""What a call tells governance: where personal data stands in its answer, and how the API answered."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from adaptgen.model.tables import Body, Call, Param, Step, Tool, Unpaged
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
ADD = Tool(
    name="add_person",
    call=Call(
        "POST",
        "/people",
        query=(Param("notify"),),
        body=Body(params=(Param("email"), Param("owner"), Param("n"))),
    ),
    sensitive_arguments={"email": "email", "/owner/name": "name", "notify": "email"},
    effect="write",
)
OWNER = {"name": "Grace Hopper"}


async def test_without_governance_nothing_is_marked(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda _: reply(200, [ADA])
    answer = await make(LIST).answer("find_people")
    assert (answer.sensitive, answer.found, answer.status, answer.unknown) == ({}, (), 200, False)


async def test_a_list_says_which_columns_are_personal_and_what_other_text_repeats(
    api: Api, make: Make, reply: Any
) -> None:
    api.handler = lambda _: reply(200, [ADA, {**ADA, "email": None}])
    answer = await make(LIST, classify=True).answer("find_people")
    assert json.loads(answer.content[0].text)["fields"] == ["id", "email", "remarks"]  # type: ignore[union-attr]
    assert answer.sensitive == {"/items/*/1": "email"}
    assert set(answer.found) == {("email", "ada@example.com"), ("name", "Ada"), ("name", "Lovelace")}


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


async def test_structured_answers_have_the_same_pointers(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda _: reply(200, [ADA])
    tool = Tool(name="find_people", call=LIST.call, page=LIST.page, view=("email",), layout="structured")
    answer = await make(tool, classify=True).answer("find_people")
    assert answer.structured["items"][0]["email"] == ADA["email"]
    assert answer.sensitive == {"/items/*/email": "email"}


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


async def test_a_dry_run_marks_the_restored_values_that_it_shows(api: Api, make: Make) -> None:
    answer = await make(ADD, classify=True).answer(
        "add_person", email="ada@example.com", owner=OWNER, n="Grace Hopper", notify="bob@example.com", dry_run=True
    )
    shown = json.loads(answer.content[0].text)  # type: ignore[union-attr]
    assert shown["url"] == f"{api.url}/people?notify=bob@example.com"
    assert answer.sensitive == {"/body/email": "email", "/body/owner/name": "name", "/body/n": "name"}
    assert ("email", "bob@example.com") in answer.found
    assert not api.received


async def test_an_argument_that_the_api_repeats_is_found_in_answers_and_errors(
    api: Api, make: Make, reply: Any
) -> None:
    calls = make(ADD, classify=True)
    given = {"email": "ada@example.com", "owner": OWNER}
    api.handler = lambda _: reply(200, {"message": "Created grace hopper"})
    assert (await calls.answer("add_person", **given)).found == (("name", "Grace Hopper"),)
    api.handler = lambda _: reply(409, {"message": "Grace Hopper (ada@example.com) exists"})
    answer = await calls.answer("add_person", **given)
    assert set(answer.found) == {("name", "Grace Hopper"), ("email", "ada@example.com")}
    assert (answer.is_error, answer.status, answer.unknown) == (True, 409, False)


async def test_what_an_error_body_classifies_is_removed_from_its_message(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda _: reply(409, {"message": "Taken by Hedy Lamarr", "owner": {"fullName": "Hedy Lamarr"}})
    text = await make(ADD, classify=True).error("add_person", email="ada@example.com")
    assert "Taken by [removed]" in text


@pytest.mark.parametrize(("status", "unknown"), [(500, True), (502, True), (404, False), (429, False)])
async def test_an_error_says_whether_the_write_may_have_happened(
    api: Api, make: Make, reply: Any, status: int, unknown: bool
) -> None:
    api.handler = lambda _: reply(status, {"message": "no"})
    answer = await make(ADD, GET).answer("add_person", email="ada@example.com")
    assert (answer.status, answer.unknown) == (status, unknown)


async def test_a_broken_connection_leaves_a_write_unknown_and_a_read_not(api: Api, make: Make) -> None:
    async def breaks(_: asyncio.StreamWriter) -> None:
        return

    api.handler = lambda _: breaks
    calls = make(ADD, GET)
    written = await calls.answer("add_person", email="ada@example.com")
    assert (written.is_error, written.status, written.unknown) == (True, None, True)
    assert not (await calls.answer("get_person", id=1)).unknown


async def test_the_outcome_of_a_step_is_the_outcome_of_the_tool(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda one: reply(200 if one.method == "GET" else 500, {"id": 1})
    steps = (
        Step(id="a", call=Call("GET", "/a")),
        Step(id="b", call=Call("POST", "/b", body=Body(params=(Param("x", value="1"),))), effect="write"),
    )
    answer = await make(Tool(name="both", steps=steps, effect="write")).answer("both")
    assert (answer.is_error, answer.status, answer.unknown) == (True, 500, True)


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


async def test_json_lines_are_answered_in_rows(api: Api, make: Make, reply: Any) -> None:
    lines = b'{"id": 1, "email": "ada@example.com"}\n{"id": 2, "email": null}\n'
    api.handler = lambda _: reply(200, lines, {"Content-Type": "application/x-ndjson"})
    answer = await make(GET, classify=True).answer("get_person", id=1)
    assert json.loads(answer.content[0].text)["items"] == [[1, "ada@example.com"], [2, None]]  # type: ignore[union-attr]
    assert answer.sensitive == {"/items/*/1": "email"}


async def test_tables_take_the_same_way_without_governance(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda _: reply(200, CSV, {"Content-Type": "text/csv"})
    plain = await make(GET).answer("get_person", id=1)
    assert plain.content == (await make(GET, classify=True).answer("get_person", id=1)).content
    assert (plain.sensitive, plain.found) == ({}, ())


@pytest.mark.parametrize(
    ("media", "content"),
    [
        (
            "application/xml",
            b'<p><c:lastName lang="de">Lovelace</c:lastName> <a fullName="Ada B"/>hi Lovelace</p>',
        ),
        ("application/yaml", b"person:\n  last_name: Lovelace\n  full_name: 'Ada B'\n"),
        ("application/x-www-form-urlencoded", b"id=4&lastName=Lovelace&fullName=Ada+B"),
    ],
)
async def test_what_text_says_under_a_name_is_found(
    api: Api, make: Make, reply: Any, media: str, content: bytes
) -> None:
    api.handler = lambda _: reply(200, content, {"Content-Type": media})
    found = (await make(GET, classify=True).answer("get_person", id=1)).found
    assert ("name", "Lovelace") in found
    assert {value for _, value in found} & {"Ada B", "Ada+B"}


@pytest.mark.parametrize("media", ["application/pdf", "image/png", "application/zip", "text/vcard", "message/rfc822"])
async def test_what_cannot_be_searched_is_handed_on_as_what_it_is(api: Api, make: Make, reply: Any, media: str) -> None:
    api.handler = lambda _: reply(200, b"BEGIN:VCARD\nFN:Ada Lovelace\n\xff", {"Content-Type": media})
    (block,) = (await make(GET, classify=True).answer("get_person", id=1)).content
    assert isinstance(block, Binary)
    assert block.media_type == media
