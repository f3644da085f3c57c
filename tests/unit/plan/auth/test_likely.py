"""Logins whose answer is not declared, logins that are only likely, and those that need a person."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from adaptgen.model.tables import Send
from adaptgen.plan.auth import AuthPlan
from adaptgen.plan.auth.plan import find_auth
from adaptgen.source.hints.model import EMPTY

TEXT = {"type": "string"}
USER = {"username": TEXT, "password": TEXT}
BEARER = {"type": "http", "scheme": "bearer"}
BASIC = {"type": "http", "scheme": "basic"}
KEY = {"type": "apiKey", "in": "header", "name": "X-Api-Key"}
UNDECLARED = {"204": {"description": "ok"}}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def login(api: SimpleNamespace, **more: Any) -> dict[str, Any]:
    return {"security": [], "responses": UNDECLARED, **api.body(obj(**USER)), **more}


def plan(api: SimpleNamespace, paths: dict[str, Any], scheme: dict[str, Any] | None = None) -> AuthPlan:
    declared = {"components": {"securitySchemes": {"s": scheme}}, "security": [{"s": []}]} if scheme else {}
    made, operations = api.document({**paths, "/customers": {"get": {"responses": {}}}}, **declared)
    return find_auth(made, list(operations.values()), EMPTY, "crm")


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/auth/users", {}),
        ("/payment-sessions", {}),
        ("/users", {}),
        ("/login/rotate", {}),
        ("/auth/2fa", {}),
        ("/auth/unlock", {}),
        ("/auth/api-keys", {}),
        ("/login", {"responses": {"400": {"description": "bad"}}}),
    ],
)
def test_other_passwords_are_not_logins(api: SimpleNamespace, path: str, more: dict[str, Any]) -> None:
    found = plan(api, {path: {"post": login(api, **more)}}, BEARER)
    assert [auth.kind for auth in found.auths] == ["bearer"]
    assert (found.instead, found.likely, found.diagnostics) == ((), {}, ())


@pytest.mark.parametrize("name", ["temp_token", "partialToken", "pre_auth_token", "2faToken"])
def test_a_temporary_token_is_not_the_session(api: SimpleNamespace, name: str) -> None:
    answer = api.answer(obj(requires_2fa={"type": "boolean"}, **{name: TEXT}))
    found = plan(api, {"/login": {"post": {**login(api), **answer}}}, BEARER)
    assert all(name not in str(auth) for auth in found.auths)


@pytest.mark.parametrize("text", ["base64 user " * 20_000, "a-" * 60_000, "a" * 120_000])
def test_long_descriptions_are_read_in_time(api: SimpleNamespace, text: str) -> None:
    header = {"name": "Authorization", "in": "header", "description": text, "schema": TEXT}
    began = time.process_time()
    plan(api, {"/login": {"post": login(api, description=text, parameters=[header])}}, BASIC)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("size", [50, 1500])
def test_an_object_that_holds_itself_everywhere_is_read_in_time(api: SimpleNamespace, size: int) -> None:
    node = {"$ref": "#/components/schemas/Node"}
    schema = obj(**{f"p{at}": node for at in range(size)}, password=TEXT)
    made, operations = api.document(
        {"/login": {"post": {**api.body(node), "responses": {}}}}, components={"schemas": {"Node": schema}}
    )
    began = time.process_time()
    find_auth(made, list(operations.values()), EMPTY, "crm")
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("role", "value"),
    [
        ({**TEXT, "example": "staff"}, "staff"),
        ({**TEXT, "default": "staff", "example": "other"}, "staff"),
        ({**TEXT, "enum": ["staff"]}, "staff"),
    ],
)
def test_an_input_that_is_not_a_credential_has_its_value(api: SimpleNamespace, role: Any, value: str) -> None:
    body = {**obj(**USER, role=role, tenant={**TEXT, "example": "acme"}), "required": ["role", "tenant"]}
    (auth,) = plan(api, {"/login": {"post": login(api, **api.body(body))}}).auths
    call = auth.chain[0].call
    assert call.body is not None
    sent = {one.name: one.value for one in call.body.params}
    assert (sent["role"], sent["tenant"]) == (value, "${env:CRM_TENANT}")


# ------------------------------------------------------------------------------------- parameters that are credentials


def parameter(name: str, place: str, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": place, "required": required, "schema": TEXT}


def test_a_parameter_of_another_declared_scheme_is_a_credential(
    planned: Callable[..., Any], api: SimpleNamespace
) -> None:
    schemes = {"bearer": BEARER, "key": KEY}
    use = {"security": [{"bearer": []}], "responses": {}}
    paths = {
        "/a": {"get": {**use, "parameters": [parameter("X-Api-Key", "header"), parameter("access_token", "cookie")]}},
        "/b": {"get": {**use, "parameters": [parameter("X-Api-Key", "header", required=True)]}},
    }
    found = planned(paths, components={"securitySchemes": schemes})
    assert {name: tool.auth for name, tool in found.tools.items()} == {"get_a": ("bearer",), "get_b": ("bearer", "key")}
    assert set(found.fates().values()) == {"absorbed"}


@pytest.mark.parametrize("name", ["Authorization: Bearer", "Bearer", "Authorization Bearer", "bearer_token"])
def test_the_name_of_a_scheme_is_not_a_header(api: SimpleNamespace, name: str) -> None:
    found = plan(api, {}, {"type": "apiKey", "in": "header", "name": name})
    assert [auth.send for auth in found.auths] == [(Send("header", "Authorization", "Bearer ${env:CRM_TOKEN}"),)]


def test_a_header_whose_value_the_login_answers(planned: Callable[..., Any], api: SimpleNamespace) -> None:
    answer = api.answer(obj(data=obj(authToken=TEXT, userId=TEXT)))
    needed = [parameter("X-User-Id", "header", True)]
    paths = {f"/{name}": {"get": {"parameters": needed, "responses": {}}} for name in ("a", "b", "c")}
    found = planned({"/login": {"post": {**login(api), **answer}}, **paths})
    (auth,) = found.plan.server.auth
    assert auth.chain[0].save == {"access": "$.data.authToken", "user_id": "$.data.userId"}
    assert Send("header", "X-User-Id", "{user_id}") in auth.send
    assert set(found.fates().values()) == {"absorbed"}


@pytest.mark.parametrize("answer", [obj(token=TEXT), obj(id=TEXT)])
def test_a_scheme_that_no_operation_names(api: SimpleNamespace, answer: Any) -> None:
    paths = {"/login": {"post": {**login(api), **api.answer(answer)}}, "/customers": {"get": {"responses": {}}}}
    made, operations = api.document(paths, components={"securitySchemes": {"s": KEY}})
    found = find_auth(made, list(operations.values()), EMPTY, "crm")
    assert [auth.kind for auth in found.auths] == (["session"] if "token" in str(answer) else ["api_key"])
    assert bool(found.instead) is ("token" not in str(answer))


def test_a_header_that_goes_with_the_token_of_some_operations(api: SimpleNamespace) -> None:
    both = {"parameters": [parameter("X-User-Id", "header", True), parameter("X-Auth-Token", "header", True)]}
    paths = {f"/{name}": {"get": {"responses": {}, **(both if name in "ab" else {})}} for name in "abcd"}
    answer = api.answer(obj(authToken=TEXT, userId=TEXT))
    found = plan(api, {"/login": {"post": {**login(api), **answer}}, **paths})
    assert [send.name for send in found.auths[0].send] == ["X-Auth-Token", "X-User-Id"]


@pytest.mark.parametrize(("url", "login_url"), [("token", "/auth/login"), ("https://id.example/token", None)])
def test_a_token_url_without_an_operation(api: SimpleNamespace, url: str, login_url: str | None) -> None:
    scheme = {"type": "oauth2", "flows": {"password": {"tokenUrl": url, "scopes": {}}}}
    found = plan(api, {"/auth/login": {"post": login(api)}}, scheme)
    assert [auth.chain[0].call.path for auth in found.auths] == [login_url or url]
