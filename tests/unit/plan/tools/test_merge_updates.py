"""Writes that merge: which, and with what."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Call, Param
from adaptgen.source.hints.model import ArgumentHint, CallHint, Hints, ToolHint

RECORD = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer", "readOnly": True}, "name": {"type": "string"}, "city": {"type": "string"}},
}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def answers(schema: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": schema}}}}}


def takes(schema: Any, media: str = "application/json") -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media: {"schema": schema}}}, "responses": {"200": {}}}


def resource(**methods: Any) -> dict[str, Any]:
    return {"/contacts/{id}": {"parameters": [ID], **methods}}


def test_a_hint_asks_for_the_plain_one(planned: Any) -> None:
    hints = Hints(tools={"save": ToolHint(call=CallHint("PUT", "/contacts/{id}"), update="replace")})
    done = planned(resource(get=answers(RECORD), put=takes(RECORD)), hints)
    assert done.tools["save"].update is None
    assert done.contracts["save"].input_schema["required"] == ["id", "name"]


def test_a_hint_asks_for_a_merge(planned: Any) -> None:
    hints = Hints(tools={"save": ToolHint(call=CallHint("PUT", "/contacts/{id}"), update="merge")})
    other = answers({"type": "object", "properties": {"unlike": {}}})
    assert planned(resource(get=other, put=takes(RECORD)), hints).tools["save"].update is not None
    with pytest.raises(AdaptgenError) as caught:
        planned(resource(put=takes(RECORD)), hints)
    assert [one.code for one in caught.value.diagnostics] == ["AG039"]


PERSON = {
    "type": "object",
    "required": ["name", "password", "note", "kind"],
    "properties": {"name": {"type": "string"}, "password": {"type": "string"}, "note": {"type": "string"},
                   "kind": {"type": "string"}, "city": {"type": "string"}},
}  # fmt: skip
READ_PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "kind": {"type": "array", "items": {}}, "city": {"type": "string"}},
}


def test_a_patch_sends_along_what_is_required_and_read(planned: Any) -> None:
    done = planned(resource(get=answers({"type": "object", "properties": {"data": READ_PERSON}}), patch=takes(PERSON)))
    update = done.tools["update_contact"].update
    assert update is not None
    assert update.answer == "$.data"
    assert update.requires == ("name",)
    # What the GET does not give, or gives as something else, the agent must; a password nobody should make up.
    assert set(done.contracts["update_contact"].input_schema["required"]) == {"id", "note", "kind"}


@pytest.mark.parametrize(
    ("read", "write", "expected"),
    [
        ({"type": "string", "nullable": True}, {"type": "string"}, ("city",)),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": "string"}, ("city",)),
        ({"type": "string", "nullable": True}, {"type": "string", "nullable": True}, ()),
        ({"type": "string", "nullable": True}, {}, ()),
        ({"type": "string"}, {"type": "string"}, ()),
    ],
)
def test_a_property_that_is_null_only_where_it_is_read_is_known(
    planned: Any, read: Any, write: Any, expected: Any
) -> None:
    def record(city: Any) -> dict[str, Any]:
        return {"type": "object", "properties": {"name": {"type": "string"}, "city": city}}

    update = planned(resource(get=answers(record(read)), put=takes(record(write)))).tools["update_contact"].update
    assert update is not None
    assert update.not_null == expected


def test_of_an_object_that_stands_for_its_id_the_id_is_written_back(planned: Any) -> None:
    city = {"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}}}
    state = {"type": "object", "properties": {"value": {"type": "string"}, "label": {"type": "string"}}}
    number = {"type": "object", "properties": {"id": {"type": "integer"}}}
    wanted = {"city": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}},
              "state": {"type": "string"}}  # fmt: skip
    given = {"city": city, "tags": {"type": "array", "items": city}, "state": state, "name": {"type": "string"}}
    put = takes({"type": "object", "properties": {"name": {"type": "string"}, **wanted}})
    update = (
        planned(resource(get=answers({"type": "object", "properties": given}), put=put)).tools["update_contact"].update
    )
    assert update is not None
    assert update.parts == {"city": "id", "tags": "id", "state": "value"}
    other = {"type": "object", "properties": {**given, "city": number}}  # an id of another type is not what is wanted
    assert planned(resource(get=answers(other), put=put)).tools["replace_contact"].update is None


# ------------------------------------------------------------------------------------------------- what a read may take


def query(name: str, *, required: bool = False, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "schema": schema or {"type": "string"}}


def test_a_value_that_hints_fix_for_a_selection_does_not_reach_the_read(planned: Any) -> None:
    shared = {"parameters": [query("fields")]}
    hints = Hints(
        tools={
            "save": ToolHint(
                call=CallHint("PUT", "/contacts/{id}"), arguments={"fields": ArgumentHint(value="id,name", hide=True)}
            )
        }
    )
    tool = planned(resource(get={**answers(RECORD), **shared}, put={**takes(RECORD), **shared}), hints).tools["save"]
    assert tool.call.query == (Param("fields", value="id,name"),)
    assert tool.update.read.query == ()


def test_a_read_that_requires_a_selection_of_fields_is_no_read_of_the_record(planned: Any) -> None:
    shared = {"parameters": [query("fields", required=True)]}
    done = planned(resource(get={**answers(RECORD), **shared}, put={**takes(RECORD), **shared}))
    assert done.tools["replace_contact"].update is None
    required = {"parameters": [query("fieldId", required=True)]}
    done = planned(resource(get={**answers(RECORD), **required}, put={**takes(RECORD), **required}))
    assert done.tools["update_contact"].update.read.query == (Param("fieldId"),)


# ------------------------------------------------------------------------------------------------- where the record is


def test_what_stands_next_to_the_record_is_read_there(planned: Any) -> None:
    wrapped = {
        "type": "object",
        "properties": {"contact": RECORD, "tags": {"type": "array", "items": {"type": "string"}}, "status": {}},
    }
    put = {"type": "object", "properties": {**RECORD["properties"], "tags": {"type": "array"}, "status": {}}}
    update = planned(resource(get=answers(wrapped), put=takes(put))).tools["update_contact"].update
    assert (update.answer, dict(update.places)) == ("$.contact", {"tags": "$.tags"})
    assert update.unshown == ("status",)


# ------------------------------------------------------------------------------------------------------- open objects


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "additionalProperties": True},
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "object"},
        {"type": "object", "properties": {"a": {}}, "additionalProperties": True},
    ],
)
def test_a_put_of_an_open_object_merges_with_its_get(planned: Any, schema: Any) -> None:
    done = planned(resource(get=answers({"type": "object", "additionalProperties": True}), put=takes(schema)))
    update = done.tools["update_contact"].update
    assert update is not None
    assert update.accepts is None
    assert "all others are kept" in done.contracts["update_contact"].description


@pytest.mark.parametrize("read", [{}, {"type": "array", "items": {}}, {"type": "string"}])
def test_a_put_that_does_not_merge_says_that_it_replaces_the_whole(planned: Any, read: Any) -> None:
    done = planned(resource(get=answers(read), put=takes({"type": "object", "additionalProperties": True})))
    assert done.tools["replace_contact"].update is None
    assert "Replaces the whole" in done.contracts["replace_contact"].description


# ----------------------------------------------------------------------------------------------------------- creating


def test_a_create_whose_body_has_no_members_needs_none(planned: Any) -> None:
    """The only value that such a schema allows is ``{}``: to refuse it would make the tool useless."""
    closed = {"type": "object", "properties": {}, "additionalProperties": False}
    patterns = {**closed, "patternProperties": {"^x-": {"type": "string"}}}
    for schema, expected in ((closed, False), ({"type": "object", "maxProperties": 0}, False), (patterns, True)):
        post = takes(schema)
        del post["requestBody"]["required"]
        assert planned({"/tokens": {"post": post}}).tools["create_token"].filled is expected, schema


@pytest.mark.parametrize(
    ("words", "filled"),
    [
        ({"summary": "LeaseLeases lists all existing leases."}, False),
        ({"operationId": "LeaseLeases"}, False),
        ({"operationId": "createLease"}, True),
        ({"summary": "Creates a lease"}, True),
    ],
)
def test_a_message_without_members_creates_only_where_its_words_say_so(
    planned: Any, words: dict[str, str], filled: bool
) -> None:
    post = {**takes({"$ref": "#/components/schemas/LeasesRequest"}), **words}
    schemas = {"LeasesRequest": {"type": "object"}}
    (tool,) = planned({"/lease/leases": {"post": post}}, components={"schemas": schemas}).tools.values()
    assert tool.filled is filled


TICKET_ID = {**ID, "name": "ticket"}
KEEPS = "Only the given properties change"
LOSES = "not given may be lost"
CREATED = {"201": answers(RECORD)["responses"]["200"]}


def of_path(path: str, read: Any, method: str, **write: Any) -> dict[str, Any]:
    """``path`` with a GET, if ``read`` is something, and one write of the record."""
    operation = {**takes(RECORD), **write}
    return {path: {"parameters": [ID] if "{id}" in path else [], **read, method: operation}}


GET = {"get": answers(RECORD)}


@pytest.mark.parametrize(
    ("paths", "name", "text"),
    [
        (of_path("/tickets/{id}", GET, "post", summary="Updates a ticket"), "update_ticket", KEEPS),
        (of_path("/tickets/{id}", GET, "post"), "update_ticket", KEEPS),
        (of_path("/profile", GET, "post", summary="Change the profile"), "change_profile", KEEPS),
        (of_path("/tickets/{id}", {}, "post", summary="Edit a ticket"), "edit_ticket", LOSES),
        (of_path("/tickets/{id}", {}, "put", summary="Update a ticket"), "replace_ticket", LOSES),
        (of_path("/tickets/{id}", GET, "post", summary="Append to a ticket"), "append_ticket", None),
        (of_path("/tickets/{id}", GET, "post", summary="Create a ticket below another"), "create_ticket", None),
        (of_path("/tickets", GET, "put", summary="Creates a new ticket"), "create_ticket", None),
        (of_path("/tickets/{id}", GET, "put", summary="Adds a new ticket", responses=CREATED), "add_ticket", None),
        (of_path("/tickets/{id}", {}, "put", responses=CREATED), "create_ticket", None),
        (
            of_path("/t/{id}", {}, "put", operationId="replaceTicket", summary="Create a ticket", responses=CREATED),
            "create_ticket",
            None,
        ),
        (
            of_path("/t/{id}", {}, "put", operationId="updateTicket", summary="Add the ticket"),
            "replace_ticket",
            LOSES,
        ),
        (of_path("/password", {}, "post", summary="Password change"), "update_password", LOSES),
        (
            of_path("/t/{id}", GET, "post", summary="Update", description="All other fields are left unchanged."),
            "update_t",
            None,
        ),
    ],
)
def test_what_a_write_does_follows_from_its_words_and_codes(
    planned: Any, paths: Any, name: str, text: str | None
) -> None:
    done = planned(paths)
    assert name in done.tools
    assert (done.tools[name].update is not None) == (text == KEEPS)
    told = done.contracts[name].description
    assert [one for one in (KEEPS, LOSES, "Replaces the whole") if one in told] == ([text] if text else [])
    created = name.startswith(("create", "add"))
    assert created is (done.contracts[name].annotations["destructiveHint"] is False)


def test_a_read_of_the_same_path_may_call_its_parameters_otherwise(planned: Any) -> None:
    read = {"/tickets/{id}": {"parameters": [ID], "get": answers(RECORD)}}
    write = {"/tickets/{ticket}": {"parameters": [TICKET_ID], "post": {**takes(RECORD), "summary": "Update a ticket"}}}
    update = planned({**read, **write}).tools["update_ticket"].update
    assert update is not None
    assert update.read == Call("GET", "/tickets/{id}", path_params=(Param("id", arg="ticket"),))


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        (of_path("/tickets/{id}", {}, "post"), "no GET of the same path"),
        (of_path("/tickets", {"get": answers({"type": "array", "items": RECORD})}, "post"), "one JSON record"),
        (of_path("/tickets/{id}", GET, "post", **takes(RECORD, "text/plain")), "not a JSON object"),
    ],
)
def test_a_merge_that_cannot_be_is_refused_with_its_reason(planned: Any, paths: Any, reason: str) -> None:
    path = next(iter(paths))
    hints = Hints(tools={"change": ToolHint(call=CallHint("POST", path), update="merge")})
    with pytest.raises(AdaptgenError, match=reason):
        planned(paths, hints=hints)


@pytest.mark.parametrize("wanted", ["merge", "replace"])
def test_hints_decide_whether_a_post_merges(planned: Any, wanted: Any) -> None:
    paths = of_path("/tickets/{id}", GET, "post", summary="Run the form of a ticket")
    hints = Hints(tools={"change": ToolHint(call=CallHint("POST", "/tickets/{id}"), update=wanted)})
    assert (planned(paths, hints=hints).tools["change"].update is not None) == (wanted == "merge")


@pytest.mark.parametrize(
    ("path", "summary", "text"),
    [
        ("/me/avatar", "Remove the avatar", "belongs to the caller"),
        ("/account", "Delete", "belongs to the caller"),
        ("/drafts", "Delete all of my drafts", "belongs to the caller"),
        ("/cache", "Clear the cache", "what it deletes is `/cache`"),
        ("/users/{id}", "Delete a user", ""),
    ],
)
def test_a_delete_without_arguments_says_whose_record_it_deletes(
    planned: Any, path: str, summary: str, text: str
) -> None:
    parameters = [ID] if "{id}" in path else []
    done = planned({path: {"delete": {"summary": summary, "parameters": parameters, "responses": {"204": {}}}}})
    (contract,) = done.contracts.values()
    assert ("takes no arguments" in contract.description) is bool(text)
    assert text in contract.description


@pytest.mark.parametrize(
    ("path", "summary", "name"),
    [
        ("/tasks/{id}/read", "Mark a task as read", "mark_task_read"),
        ("/messages/{id}/unread", "", "mark_message_unread"),
    ],
)
def test_what_marks_a_record_is_not_called_reading(planned: Any, path: str, summary: str, name: str) -> None:
    done = planned({path: {"parameters": [ID], "post": {"summary": summary, "responses": {"200": {}}}}})
    assert {name: "write"} == {tool.name: tool.effect for tool in done.tools.values()}


@pytest.mark.parametrize("wanted", [None, "replace"])
def test_the_build_notes_what_may_lose_fields_until_hints_decide(planned: Any, wanted: Any) -> None:
    hints = Hints(tools={"change": ToolHint(call=CallHint("POST", "/tickets/{id}"), update=wanted)})
    done = planned(of_path("/tickets/{id}", {}, "post", summary="Edit a ticket"), hints=hints)
    assert [one.code for one in done.diagnostics if one.code == "AG023"] == ([] if wanted else ["AG023"])
