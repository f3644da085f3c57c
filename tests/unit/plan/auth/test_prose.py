"""Logins that are known by more than the name of a field: lists, texts, examples, standards, what descriptions say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from adaptgen.model.tables import Auth, Body, Param, Send
from adaptgen.plan.auth.plan import find_auth
from adaptgen.plan.auth.security_schemes import scheme_word
from adaptgen.source.hints.model import EMPTY

TEXT = {"type": "string"}
BEARER = {"b": {"type": "http", "scheme": "bearer"}}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def needs(schemes: Any = BEARER) -> dict[str, Any]:
    return {"get": {"responses": {}, "security": [{name: []} for name in schemes]}}


def chain(api: SimpleNamespace, paths: dict[str, Any], schemes: dict[str, Any] | None = None) -> Auth | None:
    components = {"components": {"securitySchemes": schemes}} if schemes else {}
    made, found = api.document(paths, **components)
    sessions = [one for one in find_auth(made, list(found.values()), EMPTY, "crm").auths if one.kind == "session"]
    return sessions[0] if sessions else None


def takes(place: str, name: str, description: str = "") -> dict[str, Any]:
    parameter = {"name": name, "in": place, "required": True, "description": description, "schema": TEXT}
    return {"get": {"responses": {}, "parameters": [parameter]}}


def saved(auth: Auth | None) -> dict[str, str] | None:
    return dict(auth.chain[0].save) if auth else None


@pytest.mark.parametrize(
    ("answer", "path"),
    [
        (obj(users={"type": "array", "items": obj(token=TEXT, expires=TEXT)}), "$.users[0].token"),
        ({"type": "array", "items": obj(access_token=TEXT)}, "$[0].access_token"),
        (obj(value={**TEXT, "description": "The token value used for authenticated requests"}), "$.value"),
        (obj(user=obj(token=TEXT), tokens={"type": "array", "items": obj(token=TEXT)}), "$.user.token"),
    ],
)
def test_where_the_token_stands(api: SimpleNamespace, answer: Any, path: str) -> None:
    found = chain(api, {"/login": {"post": api.login(answer)}, "/customers": needs()}, BEARER)
    assert saved(found) == {"access": path}


def test_a_token_of_a_record_in_a_record_in_a_list_is_none(api: SimpleNamespace) -> None:
    deep = obj(users={"type": "array", "items": obj(device=obj(keys=obj(token=TEXT)))})
    assert chain(api, {"/login": {"post": api.login(deep)}, "/customers": needs()}, BEARER) is None


@pytest.mark.parametrize("example", [{"jwt": "ey.."}, '{"jwt": "ey.."}', '{\n  jwt: "ey.."\n  scope: "all"\n}'])
def test_an_answer_that_only_an_example_shows(api: SimpleNamespace, example: Any) -> None:
    content = {"application/json": {"examples": {"a": {"value": example}}}}
    login = {**api.login(), "responses": {"200": {"description": "ok", "content": content}}}
    found = chain(api, {"/login": {"post": login}, "/customers": needs()}, BEARER)
    assert saved(found) == {"access": "$.jwt"}


def test_a_text_whose_description_is_an_object(api: SimpleNamespace) -> None:
    login = {**api.login(), **api.answer(TEXT)}
    login["responses"]["200"]["description"] = '{"code": 200, "expire": "2019-08-07", "token": "ey.."}'
    found = chain(api, {"/login": {"post": login}, "/customers": needs()}, BEARER)
    assert saved(found) == {"access": "$.token"}


@pytest.mark.parametrize(
    ("schema", "more"),
    [
        ({"type": "object"}, {"example": {"email": "a@b.example", "password": "x"}}),
        ({"type": "object"}, {"examples": {"a": {"value": {"email": "a@b.example", "password": "x"}}}}),
        ({"type": "object", "example": {"email": "a@b.example", "password": "x"}}, {}),
        ({"type": "object", "description": "For a mail address, pass `email` and `password`."}, {}),
        ({"description": 'JSON in the form of {"email": "EMAIL", "password": "PASSWORD"}'}, {}),
    ],
)
def test_a_body_that_only_an_example_or_prose_shows(api: SimpleNamespace, schema: Any, more: dict[str, Any]) -> None:
    body = {"requestBody": {"content": {"application/json": {"schema": schema, **more}}}}
    found = chain(api, {"/login": {"post": {**body, **api.answer(obj(token=TEXT))}}, "/customers": needs()}, BEARER)
    assert found is not None
    assert found.chain[0].call.body is not None
    assert {one.name: one.value for one in found.chain[0].call.body.params} == {
        "email": "${env:CRM_USERNAME}", "password": "${env:CRM_PASSWORD}",
    }  # fmt: skip


def test_a_token_endpoint_answers_as_its_standard_says(api: SimpleNamespace) -> None:
    given = obj(grant_type=TEXT, client_id=TEXT, client_secret=TEXT)
    login = {**api.body(given, "application/x-www-form-urlencoded"), "responses": {"200": {"description": "ok"}}}
    found = chain(api, {"/oauth/token": {"post": login}, "/customers": needs()}, BEARER)
    assert saved(found) == {"access": "$.access_token"}


def test_the_body_is_the_secret(api: SimpleNamespace) -> None:
    path = {"name": "login", "in": "path", "required": True, "schema": TEXT}
    body = {"description": "API key", "required": True, "content": {"text/plain": {"schema": TEXT}}}
    login = {"parameters": [path], "requestBody": body, **api.answer(obj(token=TEXT))}
    found = chain(api, {"/auth/{login}/authenticate": {"post": login}, "/customers": needs()}, BEARER)
    assert found is not None
    assert found.chain[0].call.body == Body(media="text/plain", whole=Param("body", value="${env:CRM_API_KEY}"))


def test_an_account_beside_the_login_says_where(api: SimpleNamespace) -> None:
    given = {**obj(account=TEXT, login=TEXT, password=TEXT), "required": ["account", "login", "password"]}
    found = chain(api, {"/login": {"post": api.login(None, given)}, "/customers": needs()}, BEARER)
    assert found is not None
    assert found.chain[0].call.body is not None
    assert {one.name: one.value for one in found.chain[0].call.body.params} == {
        "account": "${env:CRM_ACCOUNT}", "login": "${env:CRM_USERNAME}", "password": "${env:CRM_PASSWORD}",
    }  # fmt: skip


def test_fields_with_the_names_of_parameters_go_there(api: SimpleNamespace) -> None:
    answer = obj(data=obj(accessKey=TEXT, secretKey=TEXT))
    listed = [{"name": name, "in": "query", "schema": TEXT} for name in ("accessKey", "secretKey")]
    paths = {
        "/account/login": {"post": api.login(answer)},
        "/customers": {"get": {"responses": {}, "parameters": listed}},
        "/orders": {"get": {"responses": {}, "parameters": listed}},
    }
    found = chain(api, paths)
    assert saved(found) == {"access_key": "$.data.accessKey", "secret_key": "$.data.secretKey"}
    assert found is not None
    assert found.send == (
        Send("query", "accessKey", "{access_key}"), Send("query", "secretKey", "{secret_key}"),
    )  # fmt: skip


def test_what_a_login_promises_for_a_parameter_by_name(api: SimpleNamespace) -> None:
    given = {**obj(code=TEXT), "required": ["code"]}
    login = {**api.login(obj(result=TEXT), given), "description": "Gives an access token: use it as X-Acme."}
    wanted = takes("header", "X-Acme", "The access token, it starts with 'Bearer '")
    found = chain(api, {"/auth/exchange": {"post": login}, "/customers": wanted, "/orders": wanted})
    assert found is not None
    assert (saved(found), found.send) == ({"access": "$.result"}, (Send("header", "X-Acme", "Bearer {access}"),))


def test_a_name_that_is_no_secret_promises_nothing(api: SimpleNamespace) -> None:
    login = {**api.login(obj(language=TEXT)), "description": "Answers the language."}
    wanted = takes("query", "language", "ISO 639 code")
    found = chain(api, {"/login": {"post": login}, "/customers": wanted, "/orders": wanted})
    assert found is not None
    assert saved(found) == {"access": "find:token", "csrf": "find:csrf"}
    assert all(send.place == "header" for send in found.send)


def test_base64_is_asked_for_where_the_document_sends_it(api: SimpleNamespace) -> None:
    encoding = {"name": "Encoding", "in": "header", "schema": {**TEXT, "enum": ["application/json", "base64"]}}
    login = {**api.login(), "parameters": [encoding]}
    scheme = {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Token token=<base64 token>`"}
    paths = {"/login": {"post": login}, "/customers": needs("k")}
    found = chain(api, paths, {"k": scheme})
    assert found is not None
    assert found.chain[0].call.headers == (Param("Encoding", value="base64"),)
    assert found.send == (Send("header", "Authorization", "Token token={access}"),)
    del login["parameters"]
    assert chain(api, paths, {"k": scheme}) is None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("API Key - NetworkInsight {token}", "NetworkInsight"),
        ("SSWS {API Token}", "SSWS"),
        ("Authorization: Bearer <token>", "Bearer"),
        ("the {token} of the user", "Bearer"),
    ],
)
def test_the_word_before_the_token(text: str, word: str) -> None:
    assert scheme_word("s", {"description": text}) == word


def test_a_header_is_a_better_place_than_a_url(api: SimpleNamespace) -> None:
    schemes = {
        "in_url": {"type": "apiKey", "in": "query", "name": "access_token"},
        "in_header": {"type": "apiKey", "in": "header", "name": "Authorization"},
    }
    use = {"get": {"responses": {}, "security": [{"in_url": []}, {"in_header": []}]}}
    found = chain(api, {"/login": {"post": api.login(obj(access_token=TEXT))}, "/customers": use}, schemes)
    assert found is not None
    assert found.send == (Send("header", "Authorization", "Bearer {access}"),)


def test_mutual_tls_takes_no_token(api: SimpleNamespace) -> None:
    schemes = {
        "a_tls": {"type": "http", "scheme": "mutual"},
        "k": {"type": "apiKey", "in": "header", "name": "X-Token"},
    }
    found = chain(api, {"/login": {"post": api.login()}, "/customers": needs(schemes)}, schemes)
    assert found is not None
    assert found.send == (Send("header", "X-Token", "{access}"),)
