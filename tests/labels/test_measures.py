"""The measures of paging and logins call right what agrees with a label, and wrong what does not."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from adaptgen.model.tables import Auth, Call, Cursor, Link, Login, NextUrl, Offset, PageNumber, Send, Unpaged

LABEL = {
    "document": "a", "operation": "GET /a", "paged": True, "style": "offset", "place": "query", "items": "$.rows",
    "parameters": {"limit": "limit", "offset": "offset"}, "next": None,
    "also": [{"style": "next_url", "parameters": {"limit": "limit"}, "next": "$.links.next"}],
}  # fmt: skip
NONE = {**LABEL, "paged": False, "style": "none", "parameters": {}, "also": []}
CURSOR = {**LABEL, "style": "cursor", "parameters": {"cursor": "c"}, "next": "$.meta.next", "also": []}
CHAIN: dict[str, Any] = {
    "document": "a", "chain": True, "login": ["POST /login"], "credentials": ["user"], "token": "$.token",
    "sent_as": "header Authorization: Bearer {token}", "refresh": None,
}  # fmt: skip


@pytest.fixture
def paging(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    from inferring import paging

    return paging


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    from inferring import login

    return login


@pytest.mark.parametrize(
    ("label", "page"),
    [
        (LABEL, Offset(offset="offset", limit="limit")),
        (LABEL, NextUrl(next='$["links"].next', limit="limit")),
        (NONE, Unpaged()),
        (NONE, None),
        (CURSOR, Cursor(cursor="c", next="$.meta.next")),
        ({**CURSOR, "next": "header:X-Next"}, Cursor(cursor="c", next="header:x-next")),
        ({**CURSOR, "place": "inside:payload"}, Cursor(cursor="c", next="$.meta.next", inside="payload")),
        ({**LABEL, "style": "link", "parameters": {}, "next": "header:Link"}, Link()),
    ],
)
def test_paging_that_agrees(paging: ModuleType, label: dict[str, Any], page: Any) -> None:
    assert paging.wrong(label, page) == ""


@pytest.mark.parametrize(
    ("label", "page", "said"),
    [
        (LABEL, Unpaged(), "should be offset"),
        (LABEL, None, "should be offset"),
        (LABEL, Offset(offset="offset"), "parameters"),
        (LABEL, Offset(offset="skip", limit="limit"), "parameters"),
        (LABEL, Offset(offset="offset", limit="limit", place="body"), "place"),
        (LABEL, NextUrl(next="$.next", limit="limit"), "the next page"),
        (LABEL, PageNumber(page="offset", size="limit"), "should be offset"),
        (NONE, Offset(offset="offset", limit="limit"), "should be none"),
        (CURSOR, Cursor(cursor="c", next="$.next"), "the next page"),
        ({**LABEL, "style": "page", "parameters": {"page": "p", "first": 0}}, PageNumber(page="p"), "first page"),
    ],
)
def test_paging_that_does_not(paging: ModuleType, label: dict[str, Any], page: Any, said: str) -> None:
    assert said in paging.wrong(label, page)


def auth(saved: str = "$.token", send: str = "Bearer {access}") -> Auth:
    chain = Login(id="login", call=Call("POST", "/login"), save={"access": saved})
    return Auth(name="a", kind="session", chain=(chain,), send=(Send("header", "Authorization", send),))


def test_a_login_is_right_where_operation_and_token_are(login: ModuleType) -> None:
    found = login._verdict(CHAIN, auth(), "POST /login")
    assert (found.wrong, found.sent) == ("", True)


@pytest.mark.parametrize(
    ("label", "made", "key", "said"),
    [
        (CHAIN, auth(), "POST /other", "another login"),
        ({**CHAIN, "chain": False, "login": []}, auth(), "POST /login", "is no login chain"),
        (CHAIN, auth("$.data.token"), "POST /login", "the credential is at"),
    ],
)
def test_a_login_is_wrong(login: ModuleType, label: dict[str, Any], made: Auth, key: str, said: str) -> None:
    assert said in login._verdict(label, made, key).wrong


def test_how_a_token_is_sent_is_told_apart(login: ModuleType) -> None:
    assert not login._verdict(CHAIN, auth(send="Token {access}"), "POST /login").sent
