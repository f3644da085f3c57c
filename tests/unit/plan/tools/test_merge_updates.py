"""Writes that merge: which, and with what."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Param
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
