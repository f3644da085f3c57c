"""Logins of APIs in memory: what is declared, what is not, and what the document gets wrong."""

import asyncio
import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.learning import Api, list_operation, make_result, operation_of

from adaptgen.building.result import BuildResult
from adaptgen.learning.live import LiveProbe
from adaptgen.learning.login.learn import learn_login
from adaptgen.learning.model import Notebook

TOKEN = "tok-5f3a9c77e1"
LOGIN = {
    "operationId": "login",
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["username", "password"],
                    "properties": {"username": {"type": "string"}, "password": {"type": "string"}},
                }
            }
        }
    },
    "responses": {
        "200": {
            "description": "",
            "content": {
                "application/json": {"schema": {"type": "object", "properties": {"token": {"type": "string"}}}}
            },
        }
    },
}
PLAIN = {"/things": {"get": list_operation()}, "/parts": {"get": list_operation()}}
WITH_LOGIN = {**PLAIN, "/login": {"post": LOGIN}}
BEARER = {
    "security": [{"bearer": []}],
    "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
}
USER = {"SHOP_USERNAME": "ada", "SHOP_PASSWORD": "s3cret-words"}

Grants = Callable[[httpx.Request], bool]


def api(grants: Grants, login: Mapping[str, Any] | None = None, refusal: httpx.Response | None = None) -> Api:
    """An API whose reads are granted by ``grants``."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            asked = json.loads(request.content)
            if asked != {"username": "ada", "password": "s3cret-words"}:
                return httpx.Response(401, json={"message": "bad credentials"})
            return httpx.Response(200, json=login or {"token": TOKEN})
        if grants(request):
            return httpx.Response(200, json=[{"id": 1, "name": "a"}])
        return refusal or httpx.Response(401, json={"message": "authentication required"})

    return Api(answer)


def learn(
    served: Api, result: BuildResult, notebook: Notebook | None = None, **environ: str
) -> tuple[Notebook, LiveProbe]:
    notebook = notebook or Notebook()
    probe = served.probe(result, 100, **environ)
    asyncio.run(learn_login(result, probe, notebook))
    return notebook, probe


def header(name: str, value: str) -> Grants:
    return lambda request: request.headers.get(name) == value


def test_the_same_key_goes_where_each_scheme_says_before_it_goes_elsewhere(tmp_path: Path) -> None:
    """Two schemes have the same key, and the second works: places that nobody declares wait."""
    schemes = {
        "a_key": {"type": "apiKey", "in": "header", "name": "Org-Key"},
        "token": {"type": "http", "scheme": "bearer"},
    }
    security = [{"a_key": []}, {"token": []}]
    result = make_result(tmp_path, PLAIN, security=security, components={"securitySchemes": schemes})
    served = api(header("authorization", f"Bearer {TOKEN}"))
    notebook, _ = learn(served, result, SHOP_TOKEN=TOKEN, SHOP_API_KEY=TOKEN)
    assert [one.keys for one in notebook.lines] == [("auth", "token")]
    assert notebook.find("auth a_key", "login.place") is None
    assert len(served.seen) <= 7


def test_credentials_are_sent_three_times_an_hour_at_most(tmp_path: Path) -> None:
    sent: list[str] = []

    def grants(request: httpx.Request) -> bool:
        if request.headers.get("authorization", "").startswith("Basic"):
            sent.append("basic")
        return False

    served, result = api(grants), make_result(tmp_path, WITH_LOGIN, **BEARER)
    for _ in range(5):
        notebook, _ = learn(served, result, **{**USER, "SHOP_PASSWORD": "wrong"})
    assert len(sent) + served.seen.count("POST /login") == 3
    row = notebook.find("auth shop_session", "login.chain")
    assert row is not None
    assert (row.confidence, "no login attempt is left" in row.conclusion, notebook.lines) == ("unknown", True, [])


def test_where_basic_is_declared_and_refused_the_login_beside_it_is_tried(tmp_path: Path) -> None:
    basic = {
        "security": [{"basic": []}],
        "components": {"securitySchemes": {"basic": {"type": "http", "scheme": "basic"}}},
    }
    served, result = api(header("authorization", f"Bearer {TOKEN}")), make_result(tmp_path, WITH_LOGIN, **basic)
    notebook, probe = learn(served, result, **USER)
    assert served.seen.count("POST /login") == 1
    assert [(line.keys, line.value["kind"]) for line in notebook.lines] == [(("auth", "shop_session"), "session")]
    assert probe.logins.remaining >= 1


@pytest.mark.parametrize(
    ("environ", "grants", "hint"),
    [
        (
            USER,
            header("authorization", f"Basic {base64.b64encode(b'ada:s3cret-words').decode()}"),
            {"kind": "basic", "username": "${env:SHOP_USERNAME}", "password": "${env:SHOP_PASSWORD}"},
        ),
        (
            {"SHOP_TOKEN": TOKEN},
            header("authorization", f"Bearer {TOKEN}"),
            {"kind": "bearer", "token": "${env:SHOP_TOKEN}"},
        ),
        (
            {"SHOP_API_KEY": TOKEN},
            lambda request: request.url.params.get("api_key") == TOKEN,
            {"kind": "api_key", "query": "api_key", "value": "${env:SHOP_API_KEY}"},
        ),
        (
            {"SHOP_TOKEN": TOKEN},
            header("authorization", f"Token {TOKEN}"),
            {"kind": "api_key", "header": "Authorization", "value": "Token ${env:SHOP_TOKEN}"},
        ),
    ],
)
def test_credentials_are_tried_that_the_document_says_nothing_of(
    tmp_path: Path, environ: dict[str, str], grants: Grants, hint: dict[str, str]
) -> None:
    notebook, _ = learn(api(grants), make_result(tmp_path, PLAIN), **environ)
    assert [one.value for one in notebook.lines] == [hint]


def test_where_no_read_is_refused_nothing_is_said_of_logins(tmp_path: Path) -> None:
    notebook, _ = learn(api(lambda _: True), make_result(tmp_path, WITH_LOGIN, **BEARER), **USER)
    assert notebook.lines == []
    assert {one.observed for one in notebook.disagreements} == {"200 without credentials"}


@pytest.mark.parametrize(
    ("refusal", "refused"),
    [
        (httpx.Response(401, json={}), [401]),
        (
            httpx.Response(403, json={"detail": "Please log in again."}),
            [401, {"status": 403, "body": {"detail": "*please?log?in*"}}],
        ),
        (
            httpx.Response(403, json={"code": "TOKEN_EXPIRED", "for": "ada@example.com"}),
            [401, {"status": 403, "body": {"code": "TOKEN_EXPIRED"}}],
        ),
        (
            httpx.Response(200, json={"success": False, "error": "not logged in"}),
            [401, {"status": 200, "body": {"error": "*not?logged?in*"}, "replay": False}],
        ),
        (httpx.Response(403, json={"detail": "Forbidden."}), None),
    ],
)
def test_a_broken_token_shows_what_a_session_that_ended_looks_like(
    tmp_path: Path, refusal: httpx.Response, refused: list[Any] | None
) -> None:
    served = api(header("authorization", f"Bearer {TOKEN}"), refusal=refusal)
    notebook, _ = learn(served, make_result(tmp_path, WITH_LOGIN, **BEARER), **USER)
    assert notebook.lines[0].value.get("refused") == refused


def test_where_the_answer_has_the_token_and_its_end_are_kept_and_no_value(tmp_path: Path) -> None:
    login = {**LOGIN, "responses": {"200": {"description": ""}}}
    paths = {**PLAIN, "/login": {"post": login}}
    answer = {"data": {"jwt": TOKEN, "expires_in": 3599, "user": "ada@example.com"}}
    served = api(header("authorization", f"Bearer {TOKEN}"), login=answer)
    notebook, _ = learn(served, make_result(tmp_path, paths, **BEARER), **USER)
    chain = notebook.lines[0].value["chain"][0]
    assert (chain["save"]["access"], chain["expires"]) == ("$.data.jwt", {"after": "$.data.expires_in"})
    kept = repr(notebook)
    assert not [one for one in (TOKEN, "s3cret-words", "ada@example.com", "3599") if one in kept]


def test_the_session_of_a_cookie_is_found_that_no_document_declares(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"token": TOKEN}, headers={"set-cookie": "sid=abcdef123456; HttpOnly"})
        good = "sid=abcdef123456" in request.headers.get("cookie", "")
        return httpx.Response(200, json=[{"id": 1}]) if good else httpx.Response(401)

    notebook, _ = learn(Api(answer), make_result(tmp_path, WITH_LOGIN, **BEARER), **USER)
    chain = notebook.lines[0].value["chain"][0]
    assert (chain["cookies"], "send" in notebook.lines[0].value) == ("keep", False)


def test_a_run_that_continues_logs_in_at_the_place_that_worked(tmp_path: Path) -> None:
    served, result = api(header("x-token", TOKEN)), make_result(tmp_path, WITH_LOGIN, **BEARER)
    notebook, _ = learn(served, result, **USER)
    rows, before = len(notebook.experiments), len(served.seen)
    learn(served, result, notebook, **USER)
    assert len(notebook.experiments) == rows
    # Two reads without credentials, the login, the place, a broken token and the right one.
    assert len(served.seen) - before == 6


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ({"data": {"token": TOKEN}}, "$.data.token"),
        ({"acces_toekn": f"{TOKEN}{TOKEN}", "user": "ada", "mail": "ada@example.com"}, "$.acces_toekn"),
        ({"refreshToken": "a-longer-text-that-is-no-access-token", "shopJwt": TOKEN}, "$.shopJwt"),
    ],
)
def test_a_token_is_found_that_the_document_puts_elsewhere(tmp_path: Path, answer: dict[str, Any], place: str) -> None:
    served = api(lambda request: TOKEN in request.headers.get("authorization", ""), login=answer)
    notebook, _ = learn(served, make_result(tmp_path, WITH_LOGIN, **BEARER), **USER)
    assert notebook.lines[0].value["chain"][0]["save"]["access"] == place
    assert served.seen.count("POST /login") == 1
    assert ("POST /login", "$.token", place) in [
        (one.subject, one.declared, one.observed) for one in notebook.disagreements
    ]


def session_of_few_uses(uses: int) -> tuple[Api, list[int]]:
    """An API whose tokens serve a few reads, and which forbids one of them."""
    left = [0]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            left[0] = uses
            return httpx.Response(200, json={"token": TOKEN})
        left[0] -= 1
        if request.headers.get("authorization") != f"Bearer {TOKEN}" or left[0] < 0:
            return httpx.Response(401, json={})
        return httpx.Response(401, json={}) if "secret" in request.url.path else httpx.Response(200, json=[{"id": 1}])

    return Api(answer), left


SECRET = {**WITH_LOGIN, "/secret": {"get": list_operation(security=[{"bearer": []}])}}


def test_a_session_that_ended_is_renewed_and_one_that_is_forbidden_a_read_is_not(tmp_path: Path) -> None:
    served, left = session_of_few_uses(1000)
    result = make_result(tmp_path, SECRET, **BEARER)
    _, probe = learn(served, result, **USER)
    things, secret = operation_of(result, "GET /things"), operation_of(result, "GET /secret")
    assert asyncio.run(probe.read(secret)).status == 401
    assert served.seen.count("POST /login") == 1
    left[0] = 0
    assert asyncio.run(probe.read(things)).status == 200
    assert served.seen.count("POST /login") == 2


def test_without_a_login_attempt_left_nothing_more_is_sent(tmp_path: Path) -> None:
    served, left = session_of_few_uses(1000)
    result = make_result(tmp_path, SECRET, **BEARER)
    _, probe = learn(served, result, **USER)
    things = operation_of(result, "GET /things")
    for _ in range(3):
        left[0] = 0
        reply = asyncio.run(probe.read(things))
    sent = len(served.seen)
    assert (reply.failed, served.seen.count("POST /login")) == ("login", 3)
    assert asyncio.run(probe.read(things)).failed == "login"
    assert len(served.seen) == sent


def test_no_credential_goes_to_another_origin_that_a_document_names(tmp_path: Path) -> None:
    hosts: list[tuple[str, bool]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        carries = any(word in f"{request.headers} {request.content!r}" for word in (TOKEN, "s3cret", "authorization"))
        hosts.append((request.url.host, carries))
        granted = request.headers.get("authorization") == f"Bearer {TOKEN}"
        return httpx.Response(200, json=[{"id": 1}]) if granted else httpx.Response(401)

    flows = {"password": {"tokenUrl": "http://127.0.0.2/token", "scopes": {}}}
    paths = {
        "/aaa": {"get": list_operation(servers=[{"url": "http://127.0.0.2"}])},
        "/things": {"get": list_operation()},
    }
    more = {"components": {"securitySchemes": {"away": {"type": "oauth2", "flows": flows}}}}
    result = make_result(tmp_path, paths, **more, security=[{}])
    notebook, probe = learn(Api(answer), result, **USER, SHOP_TOKEN=TOKEN)
    assert notebook.find("login", "login.works") is not None
    asyncio.run(probe.read(operation_of(result, "GET /aaa")))
    assert ("127.0.0.1", True) in hosts
    assert ("127.0.0.2", True) not in hosts


def test_a_token_below_the_address_of_a_person_is_searched_and_the_address_is_not_kept(tmp_path: Path) -> None:
    answer = {"data": {"anna@shop.example": {"token": TOKEN}}}
    notebook, _ = learn(
        api(header("authorization", f"Bearer {TOKEN}"), login=answer),
        make_result(tmp_path, WITH_LOGIN, **BEARER),
        **USER,
    )
    assert notebook.lines[0].value["chain"][0]["save"] == {"access": "find:token"}
    assert "anna" not in repr(notebook)
