"""Names of tools, arguments and modules."""

from __future__ import annotations

import re
from typing import Any

import pytest

from adaptgen.plan.document import tool_names as naming

OK: dict[str, Any] = {"responses": {"200": {"description": "ok"}}}
LIST: dict[str, Any] = {
    "responses": {
        "200": {
            "content": {
                "application/json": {
                    "schema": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "integer"}}}}
                }
            }
        }
    }
}


def names(planned: Any, paths: dict[str, Any]) -> dict[str, str]:
    return {tool.source: name for name, tool in planned(paths).tools.items()}


@pytest.mark.parametrize(
    ("identifier", "method", "expected"),
    [
        ("getUserByName", "get", "get_user_by_name"),
        ("contacts_partial_update", "patch", "update_contact"),
        ("contacts_destroy", "delete", "delete_contact"),
        ("issues/add-assignees", "post", "add_issue_assignees"),
        ("orders_retrieve", "get", "get_order"),
        ("UsersController_getUser", "get", "get_user"),
        ("getThingUsingGET_1", "get", "get_thing"),
        ("api.v2.things.enable", "post", "enable_thing"),
        ("get_a_classroom", "get", "get_classroom"),
        ("secrets/create-or-update-org-secret", "put", "create_or_update_org_secret"),
        ("things.batchDelete", "post", "batch_delete_thing"),
        ("listByLink", "get", "list_by_link"),
        ("customerReport", "get", "get_customer_report"),
        ("orders_reviews_create", "post", "create_orders_review"),
        ("reportPipeline", "post", "report_pipeline"),
        ("post-listRecurringDetails", "post", "list_recurring_details"),
        # Says nothing, or only repeats the path: the name comes from the path.
        ("get", "get", "get_widget"),
        ("read_widgets_api_v1_widgets__id__get", "get", "get_widget"),
        ("5f2b8c9d0e1f2a3b4c5d6e7f", "get", "get_widget"),
        (None, "delete", "delete_widget"),
    ],
)
def test_the_name_of_one_operation(planned: Any, identifier: str | None, method: str, expected: str) -> None:
    operation = {**OK, **({"operationId": identifier} if identifier else {})}
    assert list(planned({"/api/v1/widgets/{id}": {method: operation}}).tools) == [expected]


@pytest.mark.parametrize(
    ("identifier", "method", "path", "expected"),
    [
        ("create_variable_variables__post", "post", "/variables/", "create_variable"),
        ("read_flow_states_flow_states__get", "get", "/flow_states/", "list_flow_states"),
        ("health_check_health_get", "get", "/health", "check_health"),
        # The function bears the name of the path, or something else stands at the end.
        ("variables_post", "post", "/variables", "create_variable"),
        ("create_variables_archive_post", "post", "/variables", "create_variables_archive_post"),
    ],
)
def test_an_identifier_that_a_framework_ends_with_path_and_method(
    planned: Any, identifier: str, method: str, path: str, expected: str
) -> None:
    answers = LIST if method == "get" else OK
    assert list(planned({path: {method: {**answers, "operationId": identifier}}}).tools) == [expected]


@pytest.mark.parametrize(
    ("method", "path", "answer", "expected"),
    [
        ("get", "/contacts", LIST, "list_contacts"),
        ("get", "/contacts/{id}", OK, "get_contact"),
        ("post", "/contacts", OK, "create_contact"),
        ("get", "/posts/{id}/comments", LIST, "list_post_comments"),
        ("post", "/orders/{id}/cancel", OK, "cancel_order"),
        ("get", "/companies/{id}.json", OK, "get_company"),
        ("get", "/search/issues", LIST, "search_issues"),
        ("post", "/api/getUserList.php", OK, "get_user_list"),
        ("head", "/contacts/{id}", OK, "check_contact"),
        ("get", "/", OK, "get_root"),
        ("get", "/{id}", OK, "get_item"),
        ("get", "/v1/2fa", OK, "get_2fa"),
        ("post", "/login", OK, "login"),
        ("post", "/alerts/{id}:undelete", OK, "undelete_alert"),
        ("post", "/tag_groups", OK, "create_tag_group"),
        ("post", "/orders/{id}/refund", OK, "refund_order"),
        ("get", "/users/{id}/report", OK, "get_user_report"),
    ],
)
def test_the_name_that_a_path_gives(planned: Any, method: str, path: str, answer: Any, expected: str) -> None:
    assert list(planned({path: {method: answer}}).tools) == [expected]


def test_equal_names_are_told_apart_by_parents_and_the_shorter_path_keeps_the_name(planned: Any) -> None:
    found = names(planned, {"/users": {"get": LIST}, "/admin/users": {"get": LIST}, "/crm/users": {"get": LIST}})
    assert found == {
        "#/paths/~1users/get": "list_users",
        "#/paths/~1admin~1users/get": "list_admin_users",
        "#/paths/~1crm~1users/get": "list_crm_users",
    }


def test_versions_parameters_and_methods_tell_equal_paths_apart(planned: Any) -> None:
    found = names(
        planned,
        {"/v3/payees": {"post": OK}, "/v4/payees": {"post": OK}, "/jobs": {"get": LIST}, "/jobs/{kind}": {"get": LIST},
         "/items/search": {"get": OK, "post": OK}},
    )  # fmt: skip
    assert set(found.values()) == {
        "create_payee", "create_payee_v4", "list_jobs", "list_jobs_by_kind", "search_items", "search_items_by_post"
    }  # fmt: skip


def test_adding_operations_renames_none(planned: Any) -> None:
    paths: dict[str, Any] = {
        "/users": {"get": LIST, "post": OK},
        "/users/{id}": {"get": OK, "put": OK, "delete": OK},
        "/teams/{id}/users": {"get": LIST},
    }
    before = names(planned, paths)
    more = {"/a/b": {"get": OK}, "/zoo/users": {"get": LIST}, "/users/{id}/notes": {"get": LIST}, **paths}
    after = names(planned, more)
    assert before.items() <= after.items()


def test_names_are_legal_and_unique_whatever_the_document_says(planned: Any) -> None:
    paths = {
        f"/{'very_long_segment_' * 5}{n}/{{id}}": {
            "get": {**OK, "operationId": "class"},
            "post": {**OK, "operationId": "CLASS"},
        }
        for n in range(4)
    }
    paths["/ünï/日本"] = {"get": OK, "put": {**OK, "operationId": "日本 を取得"}}
    paths["/x#a"] = {"post": OK}
    paths["/x#b"] = {"post": OK}
    found = list(planned(paths).tools)
    assert len(found) == 12
    assert len({name.lower() for name in found}) == len(found)
    assert all(re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]{0,63}", name) for name in found)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("with[]", "with"),
        ("$.xgafv", "xgafv"),
        ("filter[name]", "filter_name"),
        ("X-Request-ID", "X-Request-ID"),
        ("_limit", "_limit"),
        ("2fa", "_2fa"),
        ("größe", "groe"),
        ("limit", "api_limit"),
        ("$", "value"),
        ("日本", "value"),
    ],
)
def test_argument_names(name: str, expected: str) -> None:
    assert naming.argument(name) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [("companies", "company"), ("statuses", "status"), ("boxes", "box"), ("status", "status"), ("news", "news"),
     ("addresses", "address"), ("cases", "case"), ("dies", "die"), ("bus", "bus"), ("series", "series")],
)  # fmt: skip
def test_singular(word: str, expected: str) -> None:
    assert naming.singular(word) == expected


def test_one_module_per_tag_and_legal_file_names(planned: Any) -> None:
    paths = {
        "/a": {"get": {**OK, "tags": ["import"]}},
        "/b": {"get": {**OK, "tags": ["2 Factor!"]}, "put": {**OK, "tags": ["2 factor"]}},
    }
    modules = planned(paths).plan.modules
    assert [(one.name, one.title, len(one.tools)) for one in modules] == [
        ("import_", "import", 1),
        ("n2_factor", "2 Factor!", 2),
    ]


def test_a_module_of_too_many_tools_is_split_by_resource_and_single_ones_are_put_together(planned: Any) -> None:
    many = {f"/r{n % 3}/x{n}": {"get": {**OK, "tags": ["all"]}} for n in range(120)}
    assert {one.name: len(one.tools) for one in planned(many).plan.modules} == {
        "all_r0": 40,
        "all_r1": 40,
        "all_r2": 40,
    }
    single = {f"/r{n}": {"get": OK} for n in range(20)}
    assert [one.name for one in planned(single).plan.modules] == ["other"]
