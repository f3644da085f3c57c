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
        ("/records:batchGet", {"operationId": "records.batchGet", "description": "Returns records."}, "read"),
        ("/sqlquery", {"summary": "Query the tables"}, "read"),
        ("/get-prices", {}, "read"),
        ("/lists/check", {"operationId": "postCheckList", "summary": "postCheckList", "description": "Check names."},
         "read"),
        # one witness is none, and what follows the verb may take it back
        ("/stock", {"operationId": "getLevels"}, "write"),
        ("/stock", {"operationId": "getCart", "description": "Returns the cart and creates it if missing."}, "write"),
        ("/news", {"operationId": "getNews", "summary": "Get news", "description": "Without duplicates."}, "write"),
        ("/notes/{id}/read", {"operationId": "readNote", "summary": "Read a note"}, "write"),
        ("/estimates", {"operationId": "estimates", "summary": "Estimate"}, "write"),
        ("/list-prices", {}, "write"),
        ("/photos/{id}/detect", {"operationId": "detect", "summary": "Detect faces"}, "write"),
        ("/quotes/convert", {"operationId": "convert", "summary": "Convert a quote to an order"}, "write"),
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


@pytest.mark.parametrize(
    ("path", "id", "summary"),
    [
        ("/orders/search", "searchOrders", "Search and sort orders"),
        ("/sales/report", "salesReport", "Get the report of sales and returns"),
        ("/clientes/listar", "listarClientes", "Listar clientes"),
        ("/DescribeThings", "DescribeThings", ""),
        ("/things/paginate", "", "Things"),
        ("/заказы", "", "Поиск заказов"),
        ("/order/x", "", "分页查询订单"),
        ("/orders", "post_orders_x", "Executes a query and returns orders"),
        ("/orders/page", "page", "List the orders and include their items"),
    ],
)
def test_a_post_that_asks_for_a_page_reads(api: SimpleNamespace, path: str, id: str, summary: str) -> None:
    said = {"operationId": id, "summary": summary, "requestBody": PAGED, "responses": PAGE}
    made, found = api.document({path: {"post": said}})
    assert find_effect(made, found[f"POST {path}"])[0] == "read"


VALIDATED = {"200": {"description": "", "content": {"application/json": {"schema": {"type": "object", "properties": {
    "valid": {"type": "boolean"}, "errors": {"type": "array"}}}}}}}  # fmt: skip
ACKNOWLEDGED = {"200": {"description": "", "content": {"application/json": {"schema": {"type": "object", "properties": {
    "id": {"type": "string"}, "state": {"type": "string"}}}}}}}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "said", "effect"),
    [
        ("/names", {"operationId": "checkName", "summary": "Check a name"}, "read"),
        ("/orders/return_order", {"operationId": "return_order", "summary": "Return Order"}, "write"),
        ("/layouts/matches", {"summary": "Check if a machine fits a layout"}, "read"),
        ("/tickets/matches", {"summary": "Check if a ticket fits"}, "write"),
        ("/codes/verify", {"description": "Check if a TOTP code is right."}, "write"),
        ("/forms/validate", {"responses": VALIDATED}, "read"),
        ("/tokens/validate", {"operationId": "a.post", "description": "Validates a token."}, "read"),
        ("/totals/get", {"summary": "Get the total of a set of rows"}, "read"),
        ("/urls", {"operationId": "validateUrl", "description": "Validates a URL, without creating a row."}, "read"),
        ("/ranges", {"summary": "Get ranges", "description": "Gets ranges. The call returns entries there."}, "read"),
        ("/ranges", {"summary": "Get ranges", "description": "Gets ranges. The call returns and books."}, "write"),
        ("/items/list", {"operationId": "listItem", "summary": "List an item"}, "write"),
        ("/panel", {"operationId": "showTexts", "summary": "Show my text"}, "write"),
        ("/coupons/get", {"summary": "Get your coupon"}, "write"),
        ("/names", {"operationId": "checkName", "summary": "Check a name", "responses": ACKNOWLEDGED}, "write"),
        ("/names", {"operationId": "checkName", "description": "Checks a name. Wakes a machine."}, "write"),
        ("/names", {"operationId": "checkName", "summary": "Check a name", "description": "It is kept."}, "write"),
        ("/names", {"operationId": "checkName", "summary": "Check a name", "description": "It is stamped."}, "write"),
        ("/names", {"operationId": "checkName", "summary": "Check a name", "description": "The gate closes."}, "write"),
        ("/names", {"operationId": "checkName", "summary": "Check a name", "description": "Closes older ones."},
         "write"),
        ("/names", {"operationId": "checkName", "summary": "Check a name", "parameters": [
            {"name": "publishDate", "in": "query", "schema": {"type": "string"}}]}, "read"),
        ("/names", {"operationId": "checkName", "summary": "Check a name", "description": "Whether it is taken."},
         "read"),
        ("/feeds/get", {"operationId": "getFeeds", "summary": "Fetch from all feeds"}, "write"),
        ("/levels/get", {"operationId": "getLevels", "summary": "Get levels", "description": "Each is charged."},
         "write"),
        ("/tables/query", {"summary": "Query tables", "requestBody": {"content": {"application/json": {"schema": {
            "type": "object", "properties": {"sql": {"type": "string"}}}}}}}, "write"),
    ],
)  # fmt: skip
def test_a_post_that_asks_is_no_act_in_the_words_of_a_question(
    api: SimpleNamespace, path: str, said: dict[str, object], effect: str
) -> None:
    made, found = api.document({path: {"post": {"responses": ANSWER, **said}}})
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


def test_what_a_list_is_posted_to_writes(api: SimpleNamespace) -> None:
    made, found = api.document({"/list": {"post": {"operationId": "postList", "responses": {}}}})
    assert find_effect(made, found["POST /list"], answers_list=True)[0] == "write"


LIST = {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}}
PAGED = {"page": {"type": "integer"}, "size": {"type": "integer"}, "text": {"type": "string"}}


def posted(body: dict[str, object], answer: dict[str, object], status: str = "200") -> dict[str, object]:
    """A body of these properties, and an answer of these."""
    schemas = ({"type": "object", "properties": properties} for properties in (body, answer))
    asked, answered = ({"content": {"application/json": {"schema": schema}}} for schema in schemas)
    return {"requestBody": asked, "responses": {status: {"description": "", **answered}}}


@pytest.mark.parametrize(
    ("path", "said", "effect"),
    [
        ("/contacts/page", posted(PAGED, {"rows": LIST}), "read"),
        ("/contacts/text", {"summary": "Search contacts", **posted(PAGED, {"rows": LIST})}, "read"),
        ("/contacts/text", {"description": "Returns those that were created.", **posted(PAGED, {"a": LIST})}, "read"),
        ("/pods", {"summary": "List the pods", "description": "With the number of restarts.",
         **posted(PAGED, {"a": LIST})}, "read"),
        ("/contacts/search", posted({}, {"rows": LIST, "total": {"type": "integer"}}), "read"),
        ("/range", {"summary": "Range gets keys", **posted({}, {"kvs": LIST, "more": {"type": "boolean"}})}, "read"),
        # no word that asks, a word that writes, no list in parts, an answer that comes later
        ("/contacts/text", posted(PAGED, {"rows": LIST}), "write"),
        ("/contacts/search", {"summary": "Save a search", **posted(PAGED, {"rows": LIST})}, "write"),
        ("/contacts/search", {"summary": "Search and mark contacts", **posted(PAGED, {"rows": LIST})}, "write"),
        ("/contacts/import", {"summary": "Get contacts", **posted(PAGED, {"rows": LIST})}, "write"),
        ("/contacts/page", posted(PAGED, {"rows": LIST}, "201"), "write"),
        ("/contacts/page", posted({**PAGED, "saveAs": {"type": "string"}}, {"rows": LIST}), "write"),
        ("/licenses", {"operationId": "licenseImages", "description": "Gets licenses.",
                       **posted({}, {"data": LIST, "total": {"type": "integer"}})}, "write"),
    ],
)  # fmt: skip
def test_a_post_that_pages_needs_one_word_that_asks(
    api: SimpleNamespace, path: str, said: dict[str, object], effect: str
) -> None:
    made, found = api.document({path: {"post": said}})
    assert find_effect(made, found[f"POST {path}"])[0] == effect
