from types import SimpleNamespace

import pytest
from support.passes import find_effect


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
        ("get", "/card/topup", None, "Top up the card", "write"),
        ("get", "/card/topups", None, "Top up history", "read"),
        ("get", "/runs/{id}/finish", None, "Finish the run", "write"),
        ("get", "/surfaces/finishes", None, "Finishes of a surface", "read"),
        ("get", "/courses/{id}/signup", None, "Sign up for the course", "write"),
        ("get", "/signup/form", None, "Get the sign up form", "read"),
        ("get", "/desk", None, "Checks in at the desk", "write"),
    ],
)
def test_the_effect_of_a_call(
    api: SimpleNamespace, method: str, path: str, id: str | None, summary: str, effect: str
) -> None:
    raw = {"summary": summary, **({"operationId": id} if id else {}), "responses": {}}
    made, found = api.document({path: {method: raw}})
    assert find_effect(made, found[f"{method.upper()} {path}"])[0] == effect


ANSWER = {"200": {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}}


PAGED = {"content": {"application/json": {"schema": {"type": "object", "properties": {
    "page": {"type": "integer"}, "limit": {"type": "integer"}}}}}}  # fmt: skip
PAGE = {"200": {"description": "", "content": {"application/json": {"schema": {"type": "object", "properties": {
    "total": {"type": "integer"}, "items": {"type": "array", "items": {"type": "object", "properties": {
        "id": {"type": "string"}}}}}}}}}}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "id", "summary", "description"),
    [
        ("/guests/check-in", "checkIn", "Check in a guest", ""),
        ("/payments/preview-and-commit", "previewAndCommit", "Preview a payment", ""),
        ("/orders/search", "searchOrders", "Search and reserve orders", ""),
        ("/orders/search", "searchOrders", "Search orders", "Adds the orders that are found to a list"),
        ("/tasks/fetch", "fetchTasks", "Fetch tasks", "Fetches tasks and locks them for the worker"),
        ("/jobs/next", "getNextJob", "Get the next job", "Returns the next job and leases it"),
        ("/phones/find", "findPhone", "Find a phone", "Plays a sound on the phone"),
        ("/bids", "getBids", "Get bids", "Places a bid"),
        ("/graphql", "graphql", "Query", "Queries the graph"),
        ("/addresses", "getAddress", "Get a new address", "Gets a new address"),
        ("/views", "postView", "View", ""),
        ("/oncall", "pageOncall", "Page the person on call", "Pages the person on call"),
        ("/otp/validate", "validateOtp", "Validate", "Validate the one-time password"),
        ("/notifications/read", "readNotifications", "Read notifications", ""),
        ("/feedback", "provideFeedback", "Provide feedback", ""),
        ("/clientes/listar", "listarClientes", "Listar clientes", "Crea un cliente"),
        ("/clientes/listar", "listarClientes", "Listar clientes y marca", ""),
        ("/order/list", "", "删除订单列表", ""),
    ],
)
def test_a_post_that_asks_and_acts_writes(
    api: SimpleNamespace, path: str, id: str, summary: str, description: str
) -> None:
    said = {"operationId": id, "summary": summary, "description": description, "requestBody": PAGED}
    for responses in (PAGE, ANSWER):
        made, found = api.document({path: {"post": {**said, "responses": responses}}})
        assert find_effect(made, found[f"POST {path}"])[0] == "write"


def test_a_post_that_answers_201_or_nothing_writes(api: SimpleNamespace) -> None:
    said = {"operationId": "listTokens", "summary": "List tokens", "requestBody": PAGED}
    made, found = api.document({"/tokens": {"post": {**said, "responses": PAGE}}})
    assert find_effect(made, found["POST /tokens"])[0] == "read"
    for responses in ({"201": PAGE["200"]}, {"200": {"description": ""}}, {**PAGE, "202": {"description": ""}}):
        made, found = api.document({"/tokens": {"post": {**said, "responses": responses}}})
        assert find_effect(made, found["POST /tokens"])[0] == "write"


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
        ("/orders/{id}/sheet", {"summary": "Prints the sheet of an order"}, "write"),
        ("/orders/{id}/printlabel", {}, "write"),
        ("/devices/{id}/link", {"summary": "Connects to the device"}, "write"),
        ("/pools/{id}/job", {"summary": "Triggers a job"}, "write"),
        ("/catalog/words", {"summary": "Reindex the catalog"}, "write"),
        ("/firmware", {"summary": "Check and download the firmware"}, "write"),
        ("/generate-report", {"summary": "Generate a report"}, "write"),
        ("/jobs/x", {"operationId": "receiveMessages"}, "write"),
        ("/users/x", {"operationId": "userDelete"}, "write"),
        ("/session-destroy", {}, "write"),
        ("/queue/pop", {}, "write"),
        ("/rooms/{id}/x", {"summary": "Books a room"}, "write"),
        ("/guests/{id}/x", {"summary": "Check in"}, "write"),
        ("/scan/start", {}, "write"),
        ("/light/on", {"summary": "Light on"}, "write"),
        ("/records/{id}/x", {"summary": "Borra un registro"}, "write"),
        ("/messages/{id}", {"description": "Returns a message, marking it as read."}, "write"),
        ("/report", {"description": "Retrieves a report. It will be sent by email."}, "write"),
        ("/messages/x", {"operationId": "consume"}, "write"),
        ("/clean-results", {"summary": "Clean the results"}, "write"),
        ("/models/{id}/state", {"description": "Populates the model."}, "write"),
        ("/irc/stop", {"operationId": "get_irc_stop", "summary": "Stop IRC connections"}, "write"),
        ("/qrcodelink", {"summary": "Link device and generate QR code"}, "write"),
        ("/recompute-access/{id}", {"operationId": "get-access", "summary": "Fetch a user"}, "write"),
        (
            "/videos/convert_video",
            {
                "summary": "Convert video",
                "parameters": [{"name": "video_id", "in": "query", "schema": {"type": "integer"}}],
            },
            "write",
        ),
        # what only looks like it
        ("/convert-currency", {"summary": "Convert currency"}, "read"),
        ("/irc/stop", {"operationId": "get_irc_stop", "summary": "Stop of a line"}, "read"),
        ("/things/-", {}, "read"),
        ("/starts/{id}", {"summary": "Start date"}, "read"),
        ("/statuses", {"summary": "Books the user has borrowed"}, "read"),
        ("/deltas", {"summary": "Updates since a time"}, "read"),
        ("/runs/start", {"summary": "Start of a run"}, "read"),
        ("/clean_water", {"summary": "Water that is clean"}, "read"),
        ("/water", {"summary": "Clean water service"}, "read"),
        ("/reports", {"summary": "Generate a report"}, "read"),
        ("/prints", {"summary": "Prints of a photo"}, "read"),
        ("/orders/printout", {}, "read"),
        ("/firmware", {"summary": "Check and return the version"}, "read"),
        ("/tokens/new", {"description": "Refreshes the token of the session."}, "read"),
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


LIST = {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}}
PAGED = {"page": {"type": "integer"}, "size": {"type": "integer"}, "text": {"type": "string"}}


def posted(body: dict[str, object], answer: dict[str, object], status: str = "200") -> dict[str, object]:
    """A body of these properties, and an answer of these."""
    schemas = ({"type": "object", "properties": properties} for properties in (body, answer))
    asked, answered = ({"content": {"application/json": {"schema": schema}}} for schema in schemas)
    return {"requestBody": asked, "responses": {status: {"description": "", **answered}}}
