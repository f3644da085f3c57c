from types import SimpleNamespace
from typing import Any

import pytest
from support.passes import find_paging, find_view

from adaptgen.diagnostics import AdaptgenError
from adaptgen.plan.views.default_view import ViewPlan
from adaptgen.source.hints.model import ToolHint

INT, TEXT = {"type": "integer"}, {"type": "string"}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def view(
    api: SimpleNamespace, path: str, schema: Any, hint: ToolHint | None = None, paths: dict[str, Any] | None = None
) -> ViewPlan:
    made, found = api.document({path: {"get": api.answer(schema)}, **(paths or {})})
    operation = found[f"GET {path}"]
    return find_view(made, operation, find_paging(made, operation).page, hint)


def listed(**properties: Any) -> dict[str, Any]:
    return obj(results={"type": "array", "items": obj(**properties)}, count=INT)


def test_a_list_shows_its_records(api: SimpleNamespace) -> None:
    found = view(api, "/customers", listed(id=INT, name=TEXT, status=TEXT, ssn=TEXT, phone=TEXT, audit=obj()))
    assert (found.view, found.answer) == (("id", "name", "status", "phone"), "$")


def test_path_parameters_of_child_paths_are_kept(api: SimpleNamespace) -> None:
    child = {"/dags/{dag_key}/runs": {"get": api.answer(api.rows())}}
    schema = listed(dag_key=TEXT, description=TEXT, title=TEXT)
    assert view(api, "/dags", schema, paths=child).view == ("dag_key", "title", "description")


def test_an_open_answer_is_left_to_the_first_page(api: SimpleNamespace) -> None:
    assert view(api, "/customers", {}).view is None
    assert view(api, "/customers", {"type": "array", "items": {"type": "object"}}).view is None


def test_records_that_are_declared_as_the_page_around_them_are_left_to_the_first_page(api: SimpleNamespace) -> None:
    page = obj(things={"type": "array", "items": {"type": "object"}}, total=INT, total_open=INT)
    assert view(api, "/things", obj(things={"type": "array", "items": page}, total=INT, total_open=INT)).view is None
    node = obj(id=INT, name=TEXT, things={"type": "array", "items": {"type": "object"}})
    tree = obj(id=INT, name=TEXT, things={"type": "array", "items": node})
    assert (view(api, "/things", tree).view or ())[:2] == ("id", "name")


def test_a_value_that_may_be_a_text_or_a_list_is_shown_whole(api: SimpleNamespace) -> None:
    either = {"anyOf": [TEXT, INT, {"type": "array", "items": {}}, {"type": "null"}]}
    found = view(api, "/settings", listed(id=INT, name=TEXT, value=either, tags={"type": "array", "items": TEXT})).view
    assert found is not None
    assert ("value" in found, "value[*]" in found, "tags[*]" in found) == (True, False, True)


def test_a_list_of_texts_has_no_view(api: SimpleNamespace) -> None:
    assert view(api, "/tags", {"type": "array", "items": TEXT}).view is None


def test_write_only_fields_are_not_shown(api: SimpleNamespace) -> None:
    schema = listed(id=INT, name=TEXT, code={"type": "string", "writeOnly": True})
    assert view(api, "/customers", schema).view == ("id", "name")


def test_a_wrapper_around_one_object_is_opened(api: SimpleNamespace) -> None:
    schema = obj(status=TEXT, data=obj(id=INT, name=TEXT, total=INT))
    assert view(api, "/orders/{id}", schema) == ViewPlan(
        ("id", "name", "total"), "$.data", view(api, "/orders/{id}", schema).evidence
    )


SUCCESS, USAGE = {"type": "boolean"}, obj(cpu=INT, reads=INT)


def test_next_to_a_record_of_its_own_nothing_is_opened(api: SimpleNamespace) -> None:
    """What is next to an opened member would be out of reach of `fields`."""
    schema = obj(success=SUCCESS, data=obj(id=INT, name=TEXT), refData=obj(currency=obj(code=TEXT)))
    found = view(api, "/customers/{id}", schema)
    assert (found.view, found.answer) == (("data.id", "data.name"), "$")


def test_a_view_that_was_hinted_for_the_opened_member_still_fits(api: SimpleNamespace) -> None:
    schema = obj(success=SUCCESS, data=obj(id=INT, name=TEXT), refData=obj(currency=obj(code=TEXT)))
    found = view(api, "/customers/{id}", schema, ToolHint(view=("id", "name")))
    assert (found.view, found.answer, found.diagnostics) == (("id", "name"), "$.data", ())
    found = view(api, "/customers/{id}", schema, ToolHint(view=("data.id", "refData.currency.code")))
    assert (found.answer, found.diagnostics) == ("$", ())


@pytest.mark.parametrize(
    ("members", "answer"),
    [
        ({"result": obj(id=INT, name=TEXT), "usage": USAGE, "time": INT, "status": TEXT}, "$.result"),
        ({"result": SUCCESS, "usage": USAGE, "time": INT, "status": TEXT}, "$"),
        ({"result": {"type": "array", "items": obj(id=INT)}, "usage": USAGE, "status": TEXT}, "$"),
        ({"usage": USAGE, "status": TEXT}, "$"),
        ({"points": INT, "usage": USAGE}, "$"),
        ({"response": obj(code=INT), "data": obj(id=INT, name=TEXT)}, "$.data"),
        ({"meta": obj(page=INT), "order": obj(id=INT, name=TEXT), "_links": obj(self=TEXT)}, "$.order"),
        ({"message": TEXT, "order": obj(id=INT), "requestId": TEXT, "errors": {"type": "array", "items": TEXT}},
         "$.order"),
        ({"id": INT, "data": obj(id=INT, name=TEXT)}, "$"),
        ({"data": obj(id=INT, name=TEXT), "included": {"type": "array", "items": obj(id=INT)}}, "$"),
        ({"data": obj(id=INT), "permissions": obj(read=TEXT)}, "$"),
        ({"envelope": obj(result=obj(id=INT, name=TEXT), code=INT), "statusCode": INT}, "$.envelope.result"),
    ],
)  # fmt: skip
def test_only_what_wrapper_words_surround_is_opened(api: SimpleNamespace, members: Any, answer: str) -> None:
    assert view(api, "/orders/{id}", obj(**members)).answer == answer


def test_the_noun_of_the_path_is_what_is_asked_for_also_where_it_sounds_like_a_wrapper(api: SimpleNamespace) -> None:
    record = obj(id=INT, text=TEXT)
    assert view(api, "/messages/{id}", obj(status=TEXT, message=record)).answer == "$.message"
    assert view(api, "/usage", obj(status=TEXT, usage=USAGE, meta=obj(page=INT))).answer == "$.usage"
    assert view(api, "/messages/{id}", obj(data=obj(next=TEXT), message=record)).answer == "$"


def test_members_of_alternatives_are_not_out_of_reach(api: SimpleNamespace) -> None:
    schema = {**obj(data=obj(id=INT, name=TEXT)), "anyOf": [obj(status=TEXT), obj(owner=obj(id=INT))]}
    assert view(api, "/orders/{id}", schema).answer == "$"


def test_the_number_of_the_resource_identifies(api: SimpleNamespace) -> None:
    schema = listed(id=INT, status=TEXT, orderNo=TEXT, customerNo=TEXT)
    assert (view(api, "/orders", schema).view or ())[:2] == ("orderNo", "id")


def test_what_the_caller_gave_is_not_repeated_in_every_row(api: SimpleNamespace) -> None:
    schema = listed(dag_run_id=TEXT, dag_id=TEXT, dag_display_name=TEXT, state=TEXT)
    assert view(api, "/dags/{dag_id}/dagRuns", schema).view == ("dag_run_id", "state")
    friends = listed(user_id=TEXT, user_name=TEXT)
    assert view(api, "/users/{user_id}/friends", friends).view == ("user_id", "user_name")
    elements = listed(webId=TEXT, name=TEXT)
    assert view(api, "/elements/{webId}/elements", elements).view == ("webId", "name")


def test_elements_that_a_second_part_narrows_are_read(api: SimpleNamespace) -> None:
    wrapper = obj(data={"type": "array", "items": {"type": "object"}})
    schema = {"allOf": [wrapper, obj(data={"type": "array", "items": obj(id=INT, name=TEXT)})]}
    assert view(api, "/trips", schema).view == ("id", "name")
    both = {"allOf": [obj(data={"type": "array", "items": obj(name=TEXT)}), *schema["allOf"][1:]]}
    assert view(api, "/trips", both).view == ("id", "name")


def test_a_large_result_without_identity_is_ranked_by_its_schema(api: SimpleNamespace) -> None:
    many = {f"part_{letter}": {"type": "object"} for letter in "abcdefghijklm"}
    assert view(api, "/plan", obj(status=TEXT, amount=INT, **many)).view == ("status", "amount")


def test_a_detail_keeps_the_labels_of_its_sibling_lists_and_their_ids(api: SimpleNamespace) -> None:
    comments = {"type": "array", "items": obj(id=INT, comment=TEXT)}
    countries = {"type": "array", "items": obj(code=TEXT, name=TEXT)}
    schema = obj(
        contact_obj=obj(id=INT, first_name=TEXT, last_name=TEXT, email=TEXT, created_by=TEXT),
        comments=comments,
        cases={"type": "array", "items": obj(id=INT, name=TEXT)},
        countries=countries,
    )
    found = view(api, "/contacts/{pk}/", schema)
    assert found.answer == "$"
    assert found.view == (
        "contact_obj.id", "contact_obj.first_name", "contact_obj.last_name", "contact_obj.created_by",
        "contact_obj.email", "cases[*].name", "comments[*].comment", "cases[*].id", "comments[*].id",
    )  # fmt: skip


HOURS = {"type": "array", "items": obj(hour=INT, temperature={"type": "number"}, wind_speed={"type": "number"})}


@pytest.mark.parametrize(
    ("path", "members"),
    [
        ("/history/hourly", {"city_name": TEXT, "data": HOURS}),
        ("/hours", {"city_name": TEXT, "hours": HOURS, "stations": {"type": "array", "items": obj(name=TEXT)}}),
        ("/hours/{city}", {"city_name": TEXT, "hours": HOURS, "stations": {"type": "array", "items": obj(name=TEXT)}}),
    ],
)
def test_the_list_that_the_path_asks_for_is_shown_next_to_a_record(
    api: SimpleNamespace, path: str, members: dict[str, Any]
) -> None:
    key = "data" if "data" in members else "hours"
    assert {f"{key}[*].hour", f"{key}[*].temperature", f"{key}[*].wind_speed"} <= set(
        view(api, path, obj(**members)).view
    )


def test_the_only_list_of_a_record_that_is_named_by_its_id_is_a_part_of_it(api: SimpleNamespace) -> None:
    rows = {"type": "array", "items": obj(id=INT, name=TEXT, **{f"color_{one}": TEXT for one in "abcdefgh"})}
    schema = obj(id=INT, name=TEXT, contacts=rows)
    assert view(api, "/customers/{id}", schema).view == (
        "id", "name", "contacts[*].name", "contacts[*].id", *(f"contacts[*].color_{one}" for one in "abcd")
    )  # fmt: skip
    two = {"type": "array", "items": obj(id=INT, zone=TEXT)}
    assert view(api, "/customers/{id}", obj(id=INT, name=TEXT, contacts=rows, orders=two)).view == (
        "id", "name", "contacts[*].name", "orders[*].id", "contacts[*].id"
    )  # fmt: skip


def test_the_list_that_a_record_is_there_for_is_shown_with_what_its_entries_say(api: SimpleNamespace) -> None:
    records = {"type": "array", "items": obj(content=TEXT, disabled={"type": "boolean"})}
    rrsets = {"type": "array", "items": obj(name=TEXT, type=TEXT, ttl=INT, records=records)}
    shown = view(
        api, "/zones/{id}", obj(id=INT, name=TEXT, masters={"type": "array", "items": TEXT}, rrsets=rrsets)
    ).view
    assert {f"rrsets[*].{path}" for path in ("name", "type", "ttl", "records[*].content")} <= set(shown or ())


@pytest.mark.parametrize("name", ["body", "content", "text", "message"])
def test_what_a_record_says_is_shown_where_it_is_read_alone(api: SimpleNamespace, name: str) -> None:
    fields = obj(id=INT, title=TEXT, status=TEXT, **{f"owner_{one}_id": INT for one in "abcdefgh"}, **{name: TEXT})
    assert name in (view(api, "/notes/{id}", fields).view or ())
    assert name not in (view(api, "/notes", {"type": "array", "items": fields}).view or ())


def test_the_bytes_of_a_file_are_not_its_text(api: SimpleNamespace) -> None:
    many = {f"owner_{one}_id": INT for one in "abcdefgh"}
    schema = obj(id=INT, name=TEXT, **many, content={"type": "string", "format": "byte"})
    assert "content" not in (view(api, "/files/{id}", schema).view or ())


def test_a_record_or_a_list_of_it_shows_the_fields_of_the_record(api: SimpleNamespace) -> None:
    invite = obj(state=TEXT, expires_on={"type": "string", "format": "date"}, uses=INT)
    schema = obj(data={"oneOf": [invite, {"type": "array", "items": invite}]}, meta=obj(page=INT))
    found = view(api, "/boards/{token}/invitation", schema)
    assert (found.answer, set(found.view or ())) == ("$.data", {"state", "expires_on", "uses"})


def test_a_result_that_is_no_record_is_shown_whole(api: SimpleNamespace) -> None:
    schema = obj(terms=TEXT, breakdown={"type": "object"}, valid_for={"type": "array", "items": TEXT})
    assert view(api, "/quotes/{key}", schema).view == ("breakdown", "terms", "valid_for")


def test_records_inside_a_result_are_shown_by_their_most_telling_fields(api: SimpleNamespace) -> None:
    task = obj(id=INT, title=TEXT, status=TEXT, due={"type": "string", "format": "date"}, note=TEXT, row_hash=TEXT)
    schema = obj(tasks={"type": "array", "items": task}, goals={"type": "array", "items": obj(name=TEXT)}, open=INT)
    assert view(api, "/dashboard", schema).view == (
        "goals", "open", "tasks[*].id", "tasks[*].title", "tasks[*].status", "tasks[*].due",
    )  # fmt: skip


def test_what_a_schema_is_called_says_which_id_is_its_own(api: SimpleNamespace) -> None:
    transaction = obj(check_id=TEXT, mandate_id=TEXT, transaction_id=TEXT)
    made, found = api.document(
        {
            "/movements": {
                "get": api.answer({"type": "array", "items": {"$ref": "#/components/schemas/TransactionDto"}})
            }
        },
        components={"schemas": {"TransactionDto": transaction}},
    )
    operation = found["GET /movements"]
    plan = find_view(made, operation, find_paging(made, operation).page)
    assert (plan.view or ())[0] == "transaction_id"


def test_how_a_resource_is_shown_is_not_what_it_is(api: SimpleNamespace) -> None:
    schema = {"type": "array", "items": obj(air_number=TEXT, order_identifier=INT, market_name=TEXT)}
    assert (view(api, "/orders/{order_identifiers}/full", schema).view or ())[0] == "order_identifier"


def test_what_holds_the_record_beside_the_outcome_is_looked_through(api: SimpleNamespace) -> None:
    schema = obj(
        errorCode=INT, errorText=TEXT, took=INT, data=obj(entry=obj(id=TEXT, name=TEXT), references=obj(a=TEXT))
    )
    found = view(api, "/where/{id}", schema).view
    assert found is not None
    assert {"data.entry.id", "data.entry.name"} <= set(found)
    assert not {"errorCode", "errorText"} & set(found)


def test_another_thing_s_object_is_not_the_record(api: SimpleNamespace) -> None:
    schema = obj(code=TEXT, description=TEXT, nominalCode=obj(href=TEXT, title=TEXT, rel=TEXT), region=TEXT)
    found = view(api, "/payCodes/{payCodeId}", schema).view or ()
    assert {"code", "description"} <= set(found)


def test_a_result_shows_its_records_by_id_and_name(api: SimpleNamespace) -> None:
    extra = {f"colour_{letter}": TEXT for letter in "abcdefghij"}
    track = {"type": "array", "items": obj(id=INT, title=TEXT, **extra)}
    either = {"oneOf": [track, obj(next_href=TEXT, collection=track)]}
    assert {"[*].id", "collection[*].title"} <= set(view(api, "/me/tracks", either).view or ())


def test_a_result_that_is_mostly_a_list_shows_its_records(api: SimpleNamespace) -> None:
    extra = {f"colour_{letter}": TEXT for letter in "abcdefgh"}
    systems = {"type": "array", "items": obj(system_id=TEXT, name=TEXT, **extra)}
    found = view(api, "/get_qid", obj(query_id=INT, rows=INT, systems=systems)).view or ()
    assert {"query_id", "systems[*].system_id", "systems[*].name"} <= set(found)


def test_a_list_in_either_of_two_forms_has_a_view(api: SimpleNamespace) -> None:
    either = {"anyOf": [{"type": "array", "items": obj(channel_id=TEXT)}, {"type": "array", "items": TEXT}]}
    assert view(api, "/channels", either).view == ("channel_id",)


def test_a_name_without_its_id_is_another_s(api: SimpleNamespace) -> None:
    people = listed(id=TEXT, full_name=TEXT, username=TEXT)
    assert "username" in (view(api, "/users/{user_id}/follows", people).view or ())


def test_texts_beside_a_name_are_no_list(api: SimpleNamespace) -> None:
    fish = obj(name=TEXT, number=INT, total_catch=INT, phrases={"type": "array", "items": TEXT})
    assert {"name", "number"} <= set(view(api, "/fish/{fish}", fish).view or ())


def test_values_near_the_root_are_never_cut_off(api: SimpleNamespace) -> None:
    deep: dict[str, Any] = obj(a=TEXT)
    for _ in range(3):
        deep = obj(**{f"part{number}": deep for number in range(14)})
    found = view(api, "/disputes/{dispute}", obj(amount=INT, charge=deep, id=TEXT, zone=TEXT)).view or ()
    assert found[0] == "id"


def test_a_record_of_few_values_is_shown_whole_but_for_secrets_and_links(api: SimpleNamespace) -> None:
    few = obj(id=INT, name=TEXT, description=TEXT, password=TEXT, phone=TEXT, created_by=TEXT, tags=obj(kind=TEXT))
    few["properties"]["_links"] = {"type": "object"}
    assert set(view(api, "/notes/{note}", few).view or ()) == {
        "id", "name", "tags.kind", "phone", "created_by"
    }  # fmt: skip
    many = obj(id=INT, name=TEXT, description=TEXT, **{f"{letter}code": TEXT for letter in "abcdefg"})
    many["properties"] |= {"logo_url": TEXT}
    assert set(view(api, "/notes/{note}", many).view or ()) == many["properties"].keys()


def test_groups_without_a_value_of_their_own_show_what_they_hold(api: SimpleNamespace) -> None:
    machine = obj(Identification=TEXT, Amount=INT, Site=obj(Name=TEXT), Zone=TEXT, Kind=TEXT)
    brand = obj(BrandName=TEXT, ATM={"type": "array", "items": machine})
    entry = {"type": "array", "items": obj(Brand={"type": "array", "items": brand})}
    found = view(api, "/atms", obj(data=entry)).view or ()
    assert found[:2] == ("Brand[*].BrandName", "Brand[*].ATM[*].Identification")
    # A group that has a value of its own is the record.
    team = obj(name=TEXT, members={"type": "array", "items": obj(id=INT, name=TEXT, zone=TEXT)})
    assert "members[*].zone" not in (view(api, "/teams", {"type": "array", "items": team}).view or ())


def test_what_the_path_asks_for_is_no_word_about_the_call(api: SimpleNamespace) -> None:
    schema = obj(result_id=TEXT, result=obj(duration=INT, passed=INT, device=TEXT, browser=TEXT), zone=TEXT)
    assert "result_id" in (view(api, "/tests/{id}/results/{result_id}", schema).view or ())


def test_what_has_only_an_id_shows_the_list_in_its_object(api: SimpleNamespace) -> None:
    posts = {"type": "array", "items": obj(id=INT, title=TEXT, score=INT, posted=TEXT, zone=TEXT, likes=INT)}
    found = view(api, "/t/{id}/posts.json", obj(id=INT, stream=obj(posts=posts))).view or ()
    assert {"id", "stream.posts[*].id", "stream.posts[*].title"} <= set(found)


def test_members_of_an_object_that_may_be_null_and_flags_that_are_off_come_late(api: SimpleNamespace) -> None:
    maybe = {"anyOf": [obj(alpha=TEXT, beta=TEXT), {"type": "null"}]}
    off = {"type": "boolean", "default": False}
    schema = listed(id=INT, name=TEXT, metadata=maybe, body=obj(gamma=TEXT), hot=off, wet={"type": "boolean"})
    found = view(api, "/runs", schema).view or ()
    assert found == ("id", "name", "body.gamma", "wet", "metadata.alpha", "metadata.beta", "hot")


def test_hints_win_and_a_misspelt_path_is_a_warning(api: SimpleNamespace) -> None:
    hint = ToolHint(view=("id", "organization.nme", "tags[*].name"))
    schema = listed(id=INT, organization=obj(name=TEXT), tags={"type": "array", "items": obj(name=TEXT)})
    found = view(api, "/customers", schema, hint)
    assert found.view == ("id", "organization.nme", "tags[*].name")
    assert [(one.code, one.severity) for one in found.diagnostics] == [("AG036", "warning")]
    assert "organization.nme" in found.diagnostics[0].message


def test_open_parts_of_a_schema_may_hold_any_hinted_path(api: SimpleNamespace) -> None:
    hint = ToolHint(view=("id", "custom.anything", "meta"))
    schema = {"type": "array", "items": {**obj(id=INT, custom={"type": "object"}), "additionalProperties": True}}
    assert view(api, "/customers", schema, hint).diagnostics == ()


def test_a_path_that_cannot_be_read_is_an_error(api: SimpleNamespace) -> None:
    with pytest.raises(AdaptgenError) as caught:
        view(api, "/customers", listed(id=INT), ToolHint(view=("tags[",)))
    assert caught.value.diagnostics[0].code == "AG036"


def test_a_field_whose_name_has_no_word_is_no_failure(planned: Any) -> None:
    record = {"type": "object", "properties": {name: {"type": "string"} for name in ("id", "title", "_", "@", "#")}}
    answer = {"description": "ok", "content": {"application/json": {"schema": {"type": "array", "items": record}}}}
    (tool,) = planned({"/things": {"get": {"responses": {"200": answer}}}}).tools.values()
    assert {"id", "title"} <= set(tool.view or ())


def test_a_hash_identifies_what_has_no_id(api: SimpleNamespace) -> None:
    wide = {f"part_{letter}": TEXT for letter in "abcdefghijklmnopqrstuvwxyzäöü"}
    assert (view(api, "/transactions", listed(hash=TEXT, fee_proxy_id=TEXT, **wide)).view or ())[0] == "hash"
    assert (view(api, "/alerts", listed(fingerprint=TEXT, **wide)).view or ())[0] == "fingerprint"


def test_a_small_object_that_holds_what_a_record_says_is_shown_whole(api: SimpleNamespace) -> None:
    message = obj(role=TEXT, note_text=TEXT)
    template = {"oneOf": [obj(type=TEXT, messages={"type": "array", "items": message}), obj(type=TEXT, template=TEXT)]}
    many = {f"part_{letter}": TEXT for letter in "abcdefghijk"}
    shown = view(api, "/prompts/{id}", obj(id=INT, name=TEXT, template=template, **many)).view or ()
    assert [path for path in shown if path.startswith("template")] == ["template"]
    secret = obj(id=INT, name=TEXT, template=obj(pem={**TEXT, "description": "The private key"}), **many)
    assert "template" not in (view(api, "/prompts/{id}", secret).view or ())


def test_the_ids_of_a_record_identify_it(api: SimpleNamespace) -> None:
    wide = {f"part_{letter}": {"type": "boolean"} for letter in "abcdefghijklmnopqrstuvwxyz"}
    ids = {"type": "array", "items": TEXT}
    assert "ids[*]" in (view(api, "/clients", listed(ids=ids, name=TEXT, **wide)).view or ())


def test_a_wrapper_word_that_holds_what_the_path_asks_for_is_a_part_of_the_record(api: SimpleNamespace) -> None:
    answer = obj(meta=obj(visit=TEXT, site=TEXT), data=obj(status=TEXT, date=TEXT))
    assert view(api, "/visits/{visit}", answer).answer == "$"
    assert view(api, "/stays/{stay}", answer).answer == "$.data"


def test_what_a_child_path_calls_by_the_resource_s_name_identifies(api: SimpleNamespace) -> None:
    child = {"/workspaces/{workspaceNamespace}/runs": {"get": api.answer(api.rows())}}
    wide = {f"part_{letter}": TEXT for letter in "abcdefghijklmnopqrstuvwxyz"}
    schema = listed(namespace=TEXT, name=TEXT, **wide)
    assert (view(api, "/workspaces", schema, paths=child).view or ())[0] == "namespace"
    assert (view(api, "/workspaces", schema).view or ())[0] == "name"
