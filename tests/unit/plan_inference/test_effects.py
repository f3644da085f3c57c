from types import SimpleNamespace

import pytest

from adaptgen.plan.effects import find_effect
from adaptgen.source.hints import ToolHint


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
    _, found = api.document({path: {method: raw}})
    assert find_effect(found[f"{method.upper()} {path}"])[0] == effect


def test_a_search_by_post_reads_only_with_a_list_as_its_answer(api: SimpleNamespace) -> None:
    _, found = api.document({"/contacts/search": {"post": {"operationId": "searchContacts", "responses": {}}}})
    operation = found["POST /contacts/search"]
    assert find_effect(operation)[0] == "write"
    assert find_effect(operation, answers_list=True)[0] == "read"


def test_a_query_that_creates_what_it_does_not_find_writes(api: SimpleNamespace) -> None:
    raw = {"operationId": "getOrCreateChannel", "responses": {}}
    _, found = api.document({"/channels/query": {"post": raw}})
    assert find_effect(found["POST /channels/query"], answers_list=True)[0] == "write"


def test_hints_win(api: SimpleNamespace) -> None:
    _, found = api.document({"/reports": {"post": {"responses": {}}}})
    effect, evidence = find_effect(found["POST /reports"], ToolHint(effect="read"))
    assert (effect, evidence.because) == ("read", "the hints say so")
