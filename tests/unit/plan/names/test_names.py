"""Names of tools, arguments and modules."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
        ("widgets/add-assignees", "post", "add_widget_assignees"),
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


@pytest.mark.parametrize(
    ("method", "path", "identifier", "summary", "expected"),
    [
        # The verb of the path or of the summary, not the method's.
        ("post", "/decrypt/pkcs1", None, "", "decrypt_pkcs1"),
        ("post", "/kickChatMember", None, "Kick a user from a group", "kick_chat_member"),
        ("post", "/face", None, "Find all faces in the image", "find_face"),
        ("post", "/users/invite_end_user", None, "Invite an end user", "invite_end_user"),
        ("post", "/oauth/token", None, "Get a token", "get_token"),
        ("put", "/apps/{id}/reassign/{other}", None, "Reassign an appointment", "reassign_app"),
        ("post", "/tracks/{id}", None, "Reposts a track", "repost_track"),
        ("get", "/skills/autocomplete", None, "Skill name autocomplete", "autocomplete_skills"),
        ("post", "/transaction", "redact-message", "Redact a specific message", "redact_message"),
        ("post", "/clients/new", None, "Create a client", "create_client"),
        ("post", "/content", "query", "Run SQL against the content", "query_content"),
        ("put", "/notifications/mark-read", None, "Mark notifications as read", "mark_read_notifications"),
        ("put", "/zones/{id}/axfr-retrieve", "axfrRetrieveZone", "", "retrieve_axfr_zone"),
        ("get", "/zones/{id}", "listZone", "", "get_zone"),
        ("post", "/kv/range", "Range", "Range gets the keys in the range from the store", "get_range"),
        ("delete", "/cron/{name}", None, "Get, update or delete a job", "delete_cron"),
        ("get", "/movies/upcoming", None, "Upcoming movies", "list_upcoming_movies"),
        ("post", "/documents.empty_trash", "documentsEmptyTrash", "Empty trash", "empty_document_trash"),
        ("post", "/sets", "ApplicationSetService_Create", "", "create_application_set"),
        ("get", "/playlist/{playlistId}/songs", "get-playlist-playlistId", "", "list_playlist_songs"),
        ("get", "/a/views/overview", "lib.v1.action_views:overview_controller.get_all", "", "list_views_overview"),
        ("get", "/pulls/{id}/reviewers", "reviewerListPullReq", "", "list_pull_req_reviewers"),
        ("post", "/settings/mail", None, "Update mail settings", "update_mail_settings"),
        ("patch", "/variables/name/{name}", None, "", "update_variable_by_name"),
        ("get", "/series", "get_series_list_api", "List existing shows", "list_series"),
        ("post", "/bot/{id}/leave", "letBotLeaveChannel", "", "let_bot_leave_channel"),
        ("post", "/change_pwd", "createChangePwd", "", "change_pwd"),
        ("delete", "/carts/{id}/promotions", "deleteCartIdPromotions", "", "delete_cart_promotions"),
        ("get", "/songs/{id}/related", "getSongRelated", "", "list_related_songs"),
        ("get", "/songs/{id}/similar", None, "Similar songs", "list_similar_songs"),
        ("delete", "/issues/{id}/subscription", None, "Unsubscribe from an issue", "unsubscribe_issue"),
        ("post", "/watch", "createWatch", "Create a new watch", "create_watch"),
        ("get", "/query", None, "Get a list of queries", "list_queries"),
        ("post", "/movie_list", "post_movie_list_api", "Create a new list", "create_movie_list"),
        ("get", "/genres/movie", None, "List movie genres", "list_movie_genres"),
        ("post", "/system/function/{id}", "ScaleFunction", "Scale a function", "scale_function"),
        ("get", "/syncs/latest", None, "Shows the latest sync", "get_latest_syncs"),
        ("get", "/apis", "listAPIs", "", "list_apis"),
        ("post", "/invoices/{id}/payments", "invoice_pay", "Book a payment", "pay_invoice"),
        # Nouns are not taken for verbs; above all, what deletes is not called something else.
        ("delete", "/blocklists/{name}", "DeleteBlockList", "", "delete_block_list"),
        ("delete", "/dags/{id}/dagRuns/{run}", "delete_dag_run", "", "delete_dag_run"),
        ("patch", "/dags/{id}/dagRuns/{run}", "patch_dag_run", "", "update_dag_run"),
        ("post", "/dags/{id}/dagRuns", "post_dag_run", "", "run_dag"),
        ("delete", "/switches/{id}", "deleteAristaSwitch", "", "delete_arista_switch"),
        ("delete", "/seats/{id}", "delete-unassignSeat", "", "unassign_seat"),
        ("put", "/activations/{id}/confirm", "PutLicenseActivationConfirm", "", "confirm_activation"),
        ("get", "/reports/PartsInUpdateGroup", "Reports_PartsInUpdateGroup", "", "list_parts_in_update_group"),
        ("get", "/token/create", "createToken", "Create a token", "create_token"),
        ("post", "/rate_alerts", None, "Rate alerts", "create_rate_alert"),
        ("get", "/store/info", None, "Store information", "get_store_info"),
        ("get", "/deploy_keys", None, "Deploy keys", "get_deploy_keys"),
        ("post", "/bookings", None, "Book an appointment", "create_booking"),
        # Methods, versions, parameters, code and repetitions.
        ("get", "/users", "UsersController_findAll_v2", "", "list_users"),
        ("get", "/users", "users_list_get", "", "list_users"),
        ("get", "/users", "list_list_users", "", "list_users"),
        ("post", "/users", "user_user_create", "", "create_user"),
        ("get", "/users", "getUsersUsingGET_1", "", "list_users"),
        ("get", "/vendors", "List_Vendors_GET", "", "list_vendors"),
        ("get", "/blocks/{code}", "Blocks_GetSingleBlockAsync", "", "get_block"),
        ("get", "/docs/{docId}", "getDocById", "", "get_doc"),
        ("get", "/grants/{id}", "get-grants-id", "", "get_grant"),
        ("get", "/me/playlists", "get-a-list-of-playlists", "", "list_playlists"),
        ("get", "/complaints/{number}", "Complaints_Complaints", "", "get_complaint"),
        ("get", "/networks/{id}/events/eventTypes", "getNetworkEventsEventTypes", "", "list_network_event_types"),
        ("get", "/getaddressmatch", None, "Key of an address", "get_addressmatch"),
        # Words that say nothing alone take what they belong to along.
        ("get", "/contacts/lists", None, "", "list_contact_lists"),
        ("get", "/scorings/individual/daily", None, "", "list_daily_individual_scorings"),
        ("get", "/orders/{id}/details", "getDetails", "", "list_order_details"),
        ("get", "/atms/postcode/{postcode}", None, "", "list_atms_by_postcode"),
        ("get", "/", None, "All airports", "list_airports"),
        ("get", "/v2/latest", None, "", "get_latest"),
        ("get", "/managed/services", None, "", "list_services"),
        # What frameworks add: the verb of the method, modules, services, the path with its parameters.
        ("delete", "/configs/{id}", "configs_destroy", "Request the removal of a config", "delete_config"),
        ("post", "/tasks/{id}/reject", "tasks_reject_create", "", "reject_task"),
        ("get", "/facilities/{id}", "facilities_read", "", "get_facility"),
        ("post", "/render", "postRender", "Render an asset", "render_asset"),
        ("get", "/projects/{p}/regions/{r}/disks", "compute.regionDisks.list", "", "list_region_disks"),
        ("get", "/rule_types", "app.v1.rules:rule_types_controller.get_all", "", "list_rule_types"),
        ("get", "/logs", "APIRequestLog_GetRequestLogs", "", "list_request_logs"),
        ("post", "/groups", "UpdateGroups_PostUpdateGroup", "Add a group", "create_update_group"),
        ("get", "/reports", "Reports_Default", "", "list_reports"),
        ("get", "/artist/{artistId}/info", "get-artist-artistId-info", "", "get_artist_info"),
        ("get", "/vod/{day}/{hour}", "vod_hour_vod__day___hour__get", "", "get_vod_hour"),
        ("post", "/licenses/reprocess", "reprocess_plate_licenses_reprocess_post", "", "reprocess_plate"),
        ("get", "/exports/{id}", "read-export", "Get export", "get_export"),
        ("post", "/sec/item/search-stats", "sec-item-search-stats-get", "", "search_item_stats"),
        ("get", "/v2/data", "dataQuery2", "Data query", "query_data"),
        ("get", "/faqs/tags/{tag}", "getByTag", "", "get_faqs_by_tag"),
        ("get", "/login", "LoginDetail", "Returns the login strategy", "get_login"),
        ("post", "/vote/down", None, "Vote down", "vote_down"),
        ("delete", "/store/carts/{id}/rules", "DeleteCartsIdRules", "", "delete_cart_rules"),
        ("post", "/base/changePwd", None, "", "change_pwd"),
        # An identifier that somebody chose, although its words are those of the path.
        ("get", "/user-badges/{name}", "listUserBadges", "", "list_user_badges"),
        ("get", "/sandboxes/{name}/data", "cloneSandboxesData", "", "clone_sandbox_data"),
        ("post", "/user/contact", "contactUser", "", "contact_user"),
        ("post", "/dataset/{id}/column", "dataSetColumnAdd", "", "add_dataset_column"),
        ("put", "/me/albums", "save-albums-user", "Save albums", "save_albums_user"),
        ("get", "/categories/{id}/songs", "get-a-categories-songs", "", "list_category_songs"),
        # What is done to one record, and what only looks like it.
        ("put", "/users/{id}/follow/{other}", None, "", "follow_user"),
        ("post", "/servers/{id}/actions/change_protection", None, "", "change_server_protection"),
        ("post", "/actions/wipe-inventory", None, "", "wipe_inventory"),
        ("post", "/starred/{item}", None, "Mark an item as read", "mark_item"),
        ("delete", "/moderation/ban", "Unban", "Unban a user", "unban_user"),
        ("get", "/lines/search/{query}", "Line_Search", "", "search_line"),
        ("get", "/gsi/dispatch", "gsiDispatch", "", "get_gsi_dispatch"),
        ("get", "/commits/status", "prepareCommitsStatus", "Get the status", "get_prepare_commits_status"),
        ("get", "/config/login-look", "getLoginLook", "", "get_login_look"),
        ("post", "/jobs", None, "List or create jobs", "create_job"),
        ("post", "/dweet/for/{thing}", None, "Create a dweet for a thing", "create_dweet"),
        ("put", "/bookmarks/bulk/tags", None, "Bulk update tags", "bulk_update_tags"),
        ("get", "/expense", "Expense_Get", "Gets list of expenses", "list_expenses"),
        # The parent that the last segment needs.
        ("get", "/decisions/stream", None, "", "get_decision_stream"),
        ("post", "/qrcode/text", None, "Text QR code", "create_qrcode_text"),
        ("get", "/profiles/name/{name}/resources", None, "", "list_profile_resources"),
        ("get", "/tags/{tag}/media/recent", None, "Recent media", "list_tag_recent_media"),
        ("get", "/apps/detectable", None, "", "list_detectable_apps"),
        ("post", "/", None, "Geolocate a given IP address", "geolocate_ip_address"),
    ],
)
def test_verbs_and_noise(
    planned: Any, method: str, path: str, identifier: str | None, summary: str, expected: str
) -> None:
    answers = LIST if expected.startswith("list_") else OK
    operation = {**answers, "summary": summary, **({"operationId": identifier} if identifier else {})}
    assert list(planned({path: {method: operation}}).tools) == [expected]


def test_what_is_deleted_below_a_record_is_not_the_record(planned: Any) -> None:
    delete = {**OK, "operationId": "collection_delete", "summary": "Delete records"}
    paths = {"/collections/{id}": {"delete": {**OK, "operationId": "delete_collection"}},
             "/collections/{id}/delete": {"post": delete}}  # fmt: skip
    assert [*names(planned, paths).values()] == ["delete_collection", "delete_collection_records"]


def test_methods_tell_operations_of_one_path_apart(planned: Any) -> None:
    found = names(planned, {"/shops/things/{id}/apply": {"get": OK, "post": OK}})
    assert [*found.values()] == ["apply_thing", "apply_thing_by_post"]


def test_of_two_identifiers_the_one_without_more_words_has_the_name(planned: Any) -> None:
    paths = {"/collections/{crn}": {"get": {**OK, "operationId": "get_collection_by_crn"}},
             "/tenants/{tenant}/collections/{id}": {"get": {**OK, "operationId": "get_collection"}}}  # fmt: skip
    assert names(planned, paths) == {
        "#/paths/~1collections~1{crn}/get": "get_collection_by_crn",
        "#/paths/~1tenants~1{tenant}~1collections~1{id}/get": "get_collection",
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


WORDS = (
    "api",
    "list",
    "get",
    "create",
    "v2",
    "by",
    "id",
    "users",
    "user",
    "status",
    "search",
    "create",
    "or",
    "all",
    "x",
)


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
def test_any_words_in_identifier_path_and_summary_make_legal_and_unique_names(
    planned: Any, data: st.DataObject
) -> None:
    words = st.lists(st.sampled_from(WORDS), max_size=4)
    paths: dict[str, Any] = {}
    for at in range(data.draw(st.integers(1, 3))):
        operation = {**data.draw(st.sampled_from([OK, LIST])), "summary": " ".join(data.draw(words))}
        if identifier := data.draw(st.sampled_from(["_", ".", "-"])).join(data.draw(words)):
            operation["operationId"] = f"{identifier}{at or ''}"
        path = "/".join(["", *data.draw(words), data.draw(st.sampled_from(["", "{id}"]))])
        paths.setdefault(path.rstrip("/") or "/", {})[data.draw(st.sampled_from(["get", "post", "delete"]))] = operation

    found = list(planned(paths).tools)

    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,63}", name) for name in found)
    assert len(set(found)) == len(found)


def test_an_identifier_of_a_list_that_only_says_api(planned: Any) -> None:
    assert list(planned({"/widgets": {"get": {**LIST, "operationId": "apiList"}}}).tools) == ["list_widgets"]


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
