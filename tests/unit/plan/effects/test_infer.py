from types import SimpleNamespace

import pytest
from support.passes import find_effect

from adaptgen.source.hints.model import ToolHint


@pytest.mark.parametrize(
    ("method", "path", "id", "summary", "effect"),
    [
        ("get", "/contacts", "listContacts", "List contacts", "read"),
        ("head", "/contacts", None, "", "read"),
        ("post", "/contacts", "createContact", "", "write"),
        ("put", "/contacts/{id}", None, "", "write"),
        ("delete", "/contacts/{id}", None, "", "delete"),
        ("post", "/contacts/batch/delete", "batchDelete", "", "delete"),
        ("get", "/orders/{id}/cancel", None, "Cancel an order", "write"),
        ("get", "/cache", "clearCache", "", "write"),
        ("get", "/users/{id}/remove", "users_remove", "", "delete"),
        ("get", "/auth/logout", "logout", "Logout", "write"),
        ("get", "/triggers", "allTriggers", "All triggers of the user", "read"),
        ("get", "/orders/{id}/refund", "getRefund", "Get the refund of an order", "read"),
        ("get", "/runs", "runs", "", "read"),
    ],
)
def test_the_effect_of_a_call(
    api: SimpleNamespace, method: str, path: str, id: str | None, summary: str, effect: str
) -> None:
    raw = {"summary": summary, **({"operationId": id} if id else {}), "responses": {}}
    made, found = api.document({path: {method: raw}})
    assert find_effect(made, found[f"{method.upper()} {path}"])[0] == effect


def test_a_search_by_post_reads_only_with_a_list_as_its_answer(api: SimpleNamespace) -> None:
    made, found = api.document({"/contacts/search": {"post": {"operationId": "searchContacts", "responses": {}}}})
    operation = found["POST /contacts/search"]
    assert find_effect(made, operation)[0] == "write"
    assert find_effect(made, operation, answers_list=True)[0] == "read"


def test_a_query_that_creates_what_it_does_not_find_writes(api: SimpleNamespace) -> None:
    raw = {"operationId": "getOrCreateChannel", "responses": {}}
    made, found = api.document({"/channels/query": {"post": raw}})
    assert find_effect(made, found["POST /channels/query"], answers_list=True)[0] == "write"


def test_hints_win(api: SimpleNamespace) -> None:
    made, found = api.document({"/reports": {"post": {"responses": {}}}})
    effect, evidence = find_effect(made, found["POST /reports"], ToolHint(effect="read"))
    assert (effect, evidence.because) == ("read", "the hints say so")


ANSWER = {"200": {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}}


@pytest.mark.parametrize(
    ("path", "said", "effect"),
    [
        ("/stock/getLevels", {"operationId": "getLevels", "description": "Returns the levels."}, "read"),
        ("/names", {"summary": "Validate a name", "description": "To validate a name, send a POST request."}, "read"),
        ("/quotes", {"operationId": "perform-search", "summary": "Search the quotes"}, "read"),
        ("/orders/dry_run", {"operationId": "createOrderDryRun"}, "read"),
        ("/Api/Units", {"operationId": "Units_FindUnits", "description": "This method returns all units."}, "read"),
        ("/jobs?cmd=match", {"summary": "Lists jobs", "description": "It does not change any job."}, "read"),
        ("/getLevels", {"operationId": "getLevels"}, "read"),
        ("/texts/classify", {"operationId": "classifyText"}, "write"),
        ("/texts", {"operationId": "classifyText", "summary": "Classify a text"}, "read"),
        ("/texts/{id}/render", {"operationId": "renderText", "summary": "Render a text"}, "write"),
        ("/cards/names", {"operationId": "post_cards_names", "summary": "Get names", "description": "Returns names."},
         "read"),
        # one witness is none, and what follows the verb may take it back
        ("/stock", {"operationId": "getLevels"}, "write"),
        ("/stock", {"operationId": "getCart", "description": "Returns the cart and creates it if missing."}, "write"),
        ("/news", {"operationId": "getNews", "summary": "Get news", "description": "Without duplicates."}, "write"),
        ("/notes/{id}/read", {"operationId": "readNote", "summary": "Read a note"}, "write"),
        ("/estimates", {"operationId": "estimates", "summary": "Estimate"}, "write"),
        ("/report/filter", {"operationId": "reportFilter", "summary": "Filter a report"}, "write"),
        ("/door", {"operationId": "checkIn", "summary": "Check in a guest"}, "write"),
        ("/text", {"operationId": "checkText", "summary": "Check a text", "parameters": [
            {"name": "storeResult", "in": "query", "schema": {"type": "boolean"}}]}, "write"),
        ("/text", {"operationId": "checkText", "summary": "Check a text", "requestBody": {"content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Kept"}}}}}, "write"),
    ],
)  # fmt: skip
def test_a_post_that_asks_needs_two_witnesses(
    api: SimpleNamespace, path: str, said: dict[str, object], effect: str
) -> None:
    kept = {"type": "object", "properties": {"text": {"type": "string"}, "saveAs": {"type": "string"}}}
    made, found = api.document({path: {"post": {**said, "responses": ANSWER}}}, components={"schemas": {"Kept": kept}})
    assert find_effect(made, found[f"POST {path}"])[0] == effect


def test_a_post_that_answers_201_or_nothing_writes(api: SimpleNamespace) -> None:
    said = {"operationId": "getToken", "summary": "Get a token"}
    for responses in ({"201": ANSWER["200"]}, {"200": {"description": ""}}, {**ANSWER, "202": {"description": ""}}):
        made, found = api.document({"/token": {"post": {**said, "responses": responses}}})
        assert find_effect(made, found["POST /token"])[0] == "write"


@pytest.mark.parametrize(
    ("path", "said", "effect"),
    [
        ("/profiles/{id}/run", {"operationId": "idRun", "description": "Runs the load test."}, "write"),
        ("/pods/{name}/exec", {"description": "exec in a pod"}, "write"),
        ("/vault/callback", {"operationId": "vaultCallback", "summary": "Callback"}, "write"),
        ("/users/verify/{token}", {"description": "Verifies the address of a user."}, "write"),
        ("/feeds/{id}/next", {"summary": "Next data in queue"}, "write"),
        ("/hooks", {"description": "Links a callback to a user."}, "write"),
        ("/api?action=deleteUser", {}, "delete"),
        ("/runs/{id}", {"operationId": "runs", "summary": "Runs of a pipeline"}, "read"),
        ("/orders/callback", {"summary": "Get the callback of an order"}, "read"),
        ("/searches/{id}", {"operationId": "executeSearch", "summary": "Execute a search"}, "read"),
        ("/books/next", {"summary": "Next book"}, "read"),
    ],
)
def test_a_get_that_changes_something(api: SimpleNamespace, path: str, said: dict[str, str], effect: str) -> None:
    made, found = api.document({path: {"get": {**said, "responses": {}}}})
    assert find_effect(made, found[f"GET {path}"])[0] == effect


TOKEN = [{"name": "token", "in": "query", "schema": {"type": "string"}}]


@pytest.mark.parametrize(
    ("path", "said", "effect"),
    [
        ("/dialog.open", {"description": "Open a dialog with a user"}, "write"),
        ("/#Action=RebuildPool", {"operationId": "GET_RebuildPool"}, "write"),
        ("/#Action=DescribePools", {"operationId": "GET_DescribePools"}, "read"),
        ("/session/create/{name}", {"operationId": "get_session_create"}, "write"),
        ("/remove/alert/for/{thing}", {}, "write"),
        ("/api/deleteuser", {}, "write"),
        ("/tx/{hex}", {"summary": "Sends a transaction"}, "write"),
        ("/contacts/{id}/x", {"summary": "Deleting a contact"}, "write"),
        ("/pads/{id}/link", {"operationId": "unblockPad"}, "write"),
        ("/user/close", {"summary": "Log out of the session"}, "write"),
        ("/password", {"operationId": "forgotPassword"}, "write"),
        ("/monitor/startExposing", {"operationId": "start"}, "write"),
        ("/messages", {"description": "The messages of a user. Marks all of them as read."}, "write"),
        ("/messages/last", {"summary": "Get the last message and delete it"}, "write"),
        ("/verify", {"operationId": "verifyAddress", "parameters": TOKEN}, "write"),
        ("/devices/{command}", {}, "write"),
        ("/messages", {"parameters": [{"name": "markRead", "in": "query", "schema": {"type": "boolean"}}]}, "write"),
        ("/devices/{id}/fast", {"responses": {"204": {"description": ""}}}, "write"),
        ("/users/{id}/code", {"operationId": "requestRefund", "summary": "Request a refund"}, "write"),
        ("/keys", {"summary": "Generate a key"}, "write"),
        ("/rooms/{id}/x", {"summary": "Join room"}, "write"),
        ("/join/{room}", {}, "write"),
        ("/jobs/{id}/run", {}, "write"),
        ("/jobs/{id}/x", {"summary": "Job cancellation"}, "write"),
        ("/jobs/x", {"operationId": "receiveMessages"}, "write"),
        # what only looks like it
        ("/starts/{id}", {"summary": "Start date"}, "read"),
        ("/settings/pop", {"operationId": "settings.getPop"}, "read"),
        ("/meetings/{id}/start", {"summary": "Start meeting", "description": "Returns a URL."}, "read"),
        ("/nodes", {"operationId": "requestNodes", "summary": "Request list of nodes"}, "read"),
        ("/similar", {"summary": "Send a domain to receive a list of similar ones"}, "read"),
        ("/rides/{id}/cancel_fees", {"operationId": "Cancel fee of a ride"}, "read"),
        ("/items/{id}/mix", {"operationId": "getMix", "summary": "Creates a mix of a given song."}, "read"),
        ("/schedule", {"operationId": "Schedule", "summary": "Schedule"}, "read"),
        ("/play/{game}", {"operationId": "PlayByPlay", "summary": "Play by play"}, "read"),
        ("/users/{id}/following", {"summary": "Following by user"}, "read"),
        ("/repos/{id}/star", {"summary": "Check a star", "responses": {"204": {"description": ""}}}, "read"),
        ("/updatedsince", {"summary": "Contacts since a time"}, "read"),
        ("/installation", {"summary": "Enables an app to find its installation"}, "read"),
    ],
)
def test_a_get_tells_what_it_does_in_many_ways(
    api: SimpleNamespace, path: str, said: dict[str, object], effect: str
) -> None:
    made, found = api.document({path: {"get": {"responses": {"200": {"description": ""}}, **said}}})
    assert (find_effect(made, found[f"GET {path}"])[0] == "read") == (effect == "read")


def test_what_a_list_is_posted_to_writes(api: SimpleNamespace) -> None:
    made, found = api.document({"/list": {"post": {"operationId": "postList", "responses": {}}}})
    assert find_effect(made, found["POST /list"], answers_list=True)[0] == "write"
