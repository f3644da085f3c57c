from types import SimpleNamespace
from typing import Any

import pytest

from adaptgen.plan.document.envelope import at, ends_in_placeholder, find_envelope, jsonpath, resource_words


def items_of(api: SimpleNamespace, path: str, schema: Any, **more: Any) -> str | None:
    made, found = api.document({path: {"get": {**api.answer(schema), **more}}})
    operation = found[f"GET {path}"]
    names_record = ends_in_placeholder(operation)
    envelope = find_envelope(made, operation.success(), resource_words(operation), names_record=names_record)
    return envelope.items if envelope else None


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


@pytest.mark.parametrize(
    ("path", "members", "items"),
    [
        ("/contacts", {"results": "rows", "count": NUMBER, "next": TEXT, "previous": TEXT}, "$.results"),
        ("/api/v2/dags", {"dags": "rows", "total_entries": NUMBER}, "$.dags"),
        ("/contacts", {"contact_obj_list": "rows", "countries": "rows", "users": "rows"}, "$.contact_obj_list"),
        ("/sales-orders", {"salesOrders": "rows", "customers": "rows"}, "$.salesOrders"),
        ("/articles", {"data": "rows", "included": "rows", "links": obj(next=TEXT)}, "$.data"),
        (
            "/orders",
            {"_embedded": obj(orders="rows"), "_links": obj(), "page": obj(totalElements=NUMBER)},
            "$._embedded.orders",
        ),
        ("/orders", {"d": obj(results="rows")}, "$.d.results"),
        ("/pods", {"kind": TEXT, "metadata": obj(), "items": "rows"}, "$.items"),
        ("/charges", {"object": TEXT, "data": "rows", "has_more": {"type": "boolean"}, "url": TEXT}, "$.data"),
        ("/odata/People", {"@odata.context": TEXT, "value": "rows"}, "$.value"),
        ("/tickets", {"tickets": "rows", "lookups": obj()}, "$.tickets"),
        ("/tickets", {"tickets": "rows", "lookups": obj(), "priorities": "rows"}, "$.tickets"),
        ("/projects/{id}/tasks", {"tasks": "rows", "task_count": NUMBER, "request_id": TEXT}, "$.tasks"),
        ("/search/{term}", {"results": "rows", "total": NUMBER}, "$.results"),
    ],
)
def test_where_the_records_stand(api: SimpleNamespace, path: str, members: dict[str, Any], items: str) -> None:
    def filled(value: Any) -> Any:
        if value == "rows":
            return api.rows()
        if isinstance(value, dict) and "properties" in value:
            return {**value, "properties": {key: filled(one) for key, one in value["properties"].items()}}
        return value

    assert items_of(api, path, filled(obj(**members))) == items


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/projects/{id}", obj(id=NUMBER, name=TEXT, tasks={"type": "array", "items": obj(id=NUMBER)})),
        ("/me", obj(id=NUMBER, name=TEXT, roles={"type": "array", "items": TEXT})),
        ("/contacts/{id}", obj(contact=obj(id=NUMBER), comments={"type": "array", "items": obj(id=NUMBER)})),
        # An identity, a name or anything else of its own next to the array: a record that holds it.
        ("/projects/{id}/tasks", obj(id=NUMBER, name=TEXT, tasks={"type": "array", "items": obj(id=NUMBER)})),
        ("/projects", obj(title=TEXT, projects={"type": "array", "items": obj(id=NUMBER)})),
        ("/board", obj(winner=TEXT, board={"type": "array", "items": {"type": "array", "items": TEXT}})),
        ("/mappings", obj(clientMappings=obj(), realmMappings={"type": "array", "items": obj(id=NUMBER)})),
        ("/reports/{day}", obj(day=TEXT, rows={"type": "array", "items": obj(id=NUMBER)})),
        ("/leads", obj(open_leads={"type": "array", "items": obj(id=NUMBER)},
                       close_leads={"type": "array", "items": obj(id=NUMBER)})),
        ("/dags/{id}/details", {**obj(dag_id=TEXT, timezone=TEXT, next_run_after=TEXT,
                                      owners={"type": "array", "items": TEXT},
                                      tags={"type": "array", "items": obj(name=TEXT)}), "required": ["tags"]}),
        # The columns of a table, which positions join: one of them alone would lose the others.
        ("/collections/get", obj(ids={"type": "array", "items": TEXT}, metadatas={"type": "array", "items": obj()},
                                 documents={"type": ["array", "null"], "items": TEXT})),
        ("/status", obj(ok={"type": "boolean"})),
        ("/anything", {}),
    ],
)  # fmt: skip
def test_records_that_hold_arrays_are_no_lists(api: SimpleNamespace, path: str, schema: Any) -> None:
    assert items_of(api, path, schema) is None


def test_schemas_are_found_by_jsonpath(api: SimpleNamespace) -> None:
    made, _ = api.document({})
    schema = obj(**{"odd.key": obj(rows={"type": "array", "items": obj(id=NUMBER)})})
    assert at(made, schema, '$["odd.key"].rows[*].id') == NUMBER
    assert at(made, schema, "$.missing") is None
    assert at(made, schema, "$..id") is None
    assert jsonpath(("odd.key", "rows")) == '$["odd.key"].rows'
