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


def test_records_that_are_declared_as_the_page_around_them_are_left_to_the_first_page(api: SimpleNamespace) -> None:
    page = obj(things={"type": "array", "items": {"type": "object"}}, total=INT, total_open=INT)
    assert view(api, "/things", obj(things={"type": "array", "items": page}, total=INT, total_open=INT)).view is None
    node = obj(id=INT, name=TEXT, things={"type": "array", "items": {"type": "object"}})
    tree = obj(id=INT, name=TEXT, things={"type": "array", "items": node})
    assert (view(api, "/things", tree).view or ())[:2] == ("id", "name")


SUCCESS, USAGE = {"type": "boolean"}, obj(cpu=INT, reads=INT)


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


def test_records_inside_a_result_are_shown_by_their_most_telling_fields(api: SimpleNamespace) -> None:
    task = obj(id=INT, title=TEXT, status=TEXT, due={"type": "string", "format": "date"}, note=TEXT, row_hash=TEXT)
    schema = obj(tasks={"type": "array", "items": task}, goals={"type": "array", "items": obj(name=TEXT)}, open=INT)
    assert view(api, "/dashboard", schema).view == (
        "goals", "open", "tasks[*].id", "tasks[*].title", "tasks[*].status", "tasks[*].due",
    )  # fmt: skip


def test_another_thing_s_object_is_not_the_record(api: SimpleNamespace) -> None:
    schema = obj(code=TEXT, description=TEXT, nominalCode=obj(href=TEXT, title=TEXT, rel=TEXT), region=TEXT)
    found = view(api, "/payCodes/{payCodeId}", schema).view or ()
    assert {"code", "description"} <= set(found)


def test_a_result_shows_its_records_by_id_and_name(api: SimpleNamespace) -> None:
    extra = {f"colour_{letter}": TEXT for letter in "abcdefghij"}
    track = {"type": "array", "items": obj(id=INT, title=TEXT, **extra)}
    either = {"oneOf": [track, obj(next_href=TEXT, collection=track)]}
    assert {"[*].id", "collection[*].title"} <= set(view(api, "/me/tracks", either).view or ())


def test_a_list_in_either_of_two_forms_has_a_view(api: SimpleNamespace) -> None:
    either = {"anyOf": [{"type": "array", "items": obj(channel_id=TEXT)}, {"type": "array", "items": TEXT}]}
    assert view(api, "/channels", either).view == ("channel_id",)


def test_values_near_the_root_are_never_cut_off(api: SimpleNamespace) -> None:
    deep: dict[str, Any] = obj(a=TEXT)
    for _ in range(3):
        deep = obj(**{f"part{number}": deep for number in range(14)})
    found = view(api, "/disputes/{dispute}", obj(amount=INT, charge=deep, id=TEXT, zone=TEXT)).view or ()
    assert found[0] == "id"


def test_groups_without_a_value_of_their_own_show_what_they_hold(api: SimpleNamespace) -> None:
    machine = obj(Identification=TEXT, Amount=INT, Site=obj(Name=TEXT), Zone=TEXT, Kind=TEXT)
    brand = obj(BrandName=TEXT, ATM={"type": "array", "items": machine})
    entry = {"type": "array", "items": obj(Brand={"type": "array", "items": brand})}
    found = view(api, "/atms", obj(data=entry)).view or ()
    assert found[:2] == ("Brand[*].BrandName", "Brand[*].ATM[*].Identification")
    # A group that has a value of its own is the record.
    team = obj(name=TEXT, members={"type": "array", "items": obj(id=INT, name=TEXT, zone=TEXT)})
    assert "members[*].zone" not in (view(api, "/teams", {"type": "array", "items": team}).view or ())


def test_what_has_only_an_id_shows_the_list_in_its_object(api: SimpleNamespace) -> None:
    posts = {"type": "array", "items": obj(id=INT, title=TEXT, score=INT, posted=TEXT, zone=TEXT, likes=INT)}
    found = view(api, "/t/{id}/posts.json", obj(id=INT, stream=obj(posts=posts))).view or ()
    assert {"id", "stream.posts[*].id", "stream.posts[*].title"} <= set(found)


def test_a_path_that_cannot_be_read_is_an_error(api: SimpleNamespace) -> None:
    with pytest.raises(AdaptgenError) as caught:
        view(api, "/customers", listed(id=INT), ToolHint(view=("tags[",)))
    assert caught.value.diagnostics[0].code == "AG036"


def test_a_wrapper_word_that_holds_what_the_path_asks_for_is_a_part_of_the_record(api: SimpleNamespace) -> None:
    answer = obj(meta=obj(visit=TEXT, site=TEXT), data=obj(status=TEXT, date=TEXT))
    assert view(api, "/visits/{visit}", answer).answer == "$"
    assert view(api, "/stays/{stay}", answer).answer == "$.data"
