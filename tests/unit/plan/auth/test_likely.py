"""Logins whose answer is not declared, logins that are only likely, and those that need a person."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from adaptgen.model.tables import Send
from adaptgen.plan.auth import AuthPlan
from adaptgen.plan.auth.plan import find_auth
from adaptgen.source.hints.model import EMPTY, AuthHint, CallHint, Hints, ToolHint

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


def pointer(path: str, method: str = "post") -> str:
    return f"#/paths/{path.replace('/', '~1')}/{method}"


@pytest.mark.parametrize("path", ["/login", "/users/sign-in", "/api/auth", "/session", "/auth/local", "/authenticate"])
def test_a_password_under_a_sign_in_path_is_a_login(api: SimpleNamespace, path: str) -> None:
    found = plan(api, {path: {"post": login(api)}}, BEARER)
    assert [(one.name, one.chain[0].save["access"]) for one in found.auths] == [("crm_session", "find:token")]
    assert found.auths[0].send[0] == Send("header", "Authorization", "Bearer {access}")
    (note,) = found.diagnostics
    assert (note.code, note.severity) == ("AG028", "note")
    assert f"POST {path} is used to log in" in note.message


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


def test_a_key_that_lasts_is_never_created_to_log_in(api: SimpleNamespace) -> None:
    key = {**api.body(obj(**USER)), **api.answer(obj(apiKey=TEXT)), "summary": "Generate an API key"}
    assert [auth.kind for auth in plan(api, {"/auth/token": {"post": key}}, BEARER).auths] == ["bearer"]
    key["summary"] = "Log in"
    assert [auth.kind for auth in plan(api, {"/auth/token": {"post": key}}, BEARER).auths] == ["session"]


@pytest.mark.parametrize("scheme", [BASIC, KEY, {"type": "oauth2", "flows": {"implicit": {}}}])
def test_a_login_beside_another_scheme_is_an_alternative(api: SimpleNamespace, scheme: dict[str, Any]) -> None:
    found = plan(api, {"/login": {"post": login(api)}}, scheme)
    assert [auth.kind for auth in found.auths] != ["session"]
    assert found.login_operations == {}
    (instead,) = found.instead
    assert (instead.name, instead.optional, instead.chain[0].save["access"]) == ("crm_session", True, "find:token")
    assert list(found.likely) == [pointer("/login")]
    (warning,) = found.diagnostics
    assert (warning.code, warning.severity) == ("AG028", "warning")
    line = yaml.safe_load(warning.help.partition("write ")[2])
    login_hint, send = line["auth"]["crm_session"]["chain"][0], line["auth"]["crm_session"]["send"][0]
    assert (login_hint["call"], login_hint["save"]["access"]) == ("POST /login", "find:token")
    assert send == {"header": "Authorization", "as": "Bearer {access}"}
    assert {one.name: one.required for one in found.variables if one.name == "CRM_PASSWORD"} == {
        "CRM_PASSWORD": scheme is BASIC
    }


def test_the_hint_of_the_warning_takes_the_alternative(api: SimpleNamespace) -> None:
    made, operations = api.document(
        {"/login": {"post": login(api)}, "/customers": {"get": {"responses": {}}}},
        components={"securitySchemes": {"s": KEY}}, security=[{"s": []}],
    )  # fmt: skip
    found = find_auth(made, list(operations.values()), Hints(auth={"crm_session": AuthHint(kind="session")}), "crm")
    assert found.by_operation == {pointer("/customers", "get"): ("crm_session",)}
    assert found.login_operations == {pointer("/login"): "crm_session"}


def test_a_code_that_a_person_receives_is_said(api: SimpleNamespace) -> None:
    given = {**obj(email=TEXT, code=TEXT), "required": ["email", "code"]}
    verify = {**api.body(given), **api.answer(obj(access_token=TEXT)), "security": []}
    found = plan(api, {"/auth/verify": {"post": verify}}, BEARER)
    assert [auth.kind for auth in found.auths] == ["bearer"]
    assert list(found.likely) == [pointer("/auth/verify")]
    assert "takes 'code', which a person receives" in found.diagnostics[0].message
    assert "set CRM_TOKEN" in found.diagnostics[0].help


@pytest.mark.parametrize(
    ("other", "logs_in"), [("fcmToken", True), ("captcha", False), ("2faCode", False), ("recaptchaToken", False)]
)
def test_what_a_person_reads_is_not_asked_for_in_advance(api: SimpleNamespace, other: str, logs_in: bool) -> None:
    given = {**obj(**USER, **{other: TEXT}), "required": [*USER, other]}
    found = plan(api, {"/login": {"post": {**login(api), **api.body(given)}}}, BEARER)
    assert [auth.kind for auth in found.auths] == ["session" if logs_in else "bearer"]
    assert (f"takes {other!r}, which a person receives" in str(found.diagnostics)) is not logs_in


@pytest.mark.parametrize("name", ["temp_token", "partialToken", "pre_auth_token", "2faToken"])
def test_a_temporary_token_is_not_the_session(api: SimpleNamespace, name: str) -> None:
    answer = api.answer(obj(requires_2fa={"type": "boolean"}, **{name: TEXT}))
    found = plan(api, {"/login": {"post": {**login(api), **answer}}}, BEARER)
    assert all(name not in str(auth) for auth in found.auths)


def test_another_login_is_not_a_tool_unless_a_hint_says_so(planned: Callable[..., Any], api: SimpleNamespace) -> None:
    typed = {**login(api), **api.answer(obj(token=TEXT))}
    paths = {"/login": {"post": typed}, "/admin/login": {"post": typed}, "/customers": {"get": {"responses": {}}}}
    found = planned(paths)
    assert list(found.tools) == ["get_customers"]
    reasons = {one.operation: one.reason for one in found.plan.left_out}
    assert reasons["POST /admin/login"] == "it logs in; a hint can make it a tool"
    hint = Hints(tools={"sign_in": ToolHint(call=CallHint("POST", "/admin/login"))})
    assert sorted(planned(paths, hint).tools) == ["get_customers", "sign_in"]


def test_another_login_is_not_a_tool_because_headers_name_its_system(
    planned: Callable[..., Any], api: SimpleNamespace
) -> None:
    typed = {**login(api), **api.answer(obj(token=TEXT))}
    system = [{"name": name, "in": "header", "required": True, "schema": TEXT} for name in ("System-Id", "System-Name")]
    other = {**typed, "parameters": system}
    found = planned(
        {"/login": {"post": typed}, "/user/auth": {"post": other}, "/customers": {"get": {"responses": {}}}}
    )
    assert list(found.tools) == ["get_customers"]


@pytest.mark.parametrize(("more", "sent"), [({}, ["key", "username"]), ({"userkey": TEXT}, ["key"])])
def test_an_optional_user_next_to_a_key(api: SimpleNamespace, more: dict[str, Any], sent: list[str]) -> None:
    """Next to further inputs the user belongs to them, and the key is enough."""
    paths = {
        "/login": {"post": login(api, **api.body(obj(key=TEXT, username=TEXT, **more)), **api.answer(obj(token=TEXT)))}
    }
    (auth,) = plan(api, paths, BEARER).auths
    assert auth.chain[0].call.body is not None
    assert sorted(one.name for one in auth.chain[0].call.body.params) == sent


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


def test_the_password_of_a_new_user_is_a_secret_argument(planned: Callable[..., Any], api: SimpleNamespace) -> None:
    found = planned({"/users": {"post": {**api.body(obj(**USER)), "responses": {}}}})
    (tool,) = found.tools.values()
    assert tool.sensitive_arguments == {"password": "secret"}


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


def test_a_header_that_most_operations_require_is_a_credential(planned: Callable[..., Any]) -> None:
    use = {"security": [{"bearer": []}], "responses": {}}
    paths = {
        f"/{name}": {
            "get": {**use, "parameters": [parameter("X-User-Id", "header", True), parameter("page", "header", True)]}
        }
        for name in ("a", "b", "c")
    }
    found = planned(paths, components={"securitySchemes": {"bearer": BEARER}})
    assert found.fates() == {("header", "X-User-Id"): "absorbed", ("header", "page"): "argument"}
    sends = {send.as_ for auth in found.plan.server.auth for send in auth.send}
    assert sends == {"Bearer ${env:CRM_TOKEN}", "${env:CRM_USER_ID}"}


@pytest.mark.parametrize("name", ["X-Partition-Key", "Sort-Key", "X-Correlation-Key"])
def test_a_key_of_a_record_is_an_argument(planned: Callable[..., Any], name: str) -> None:
    use = {"security": [{"bearer": []}], "responses": {}, "parameters": [parameter(name, "header", True)]}
    found = planned(
        {path: {"get": use} for path in ("/a", "/b", "/c")}, components={"securitySchemes": {"bearer": BEARER}}
    )
    assert found.fates() == {("header", name): "argument"}


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


def test_a_login_whose_body_is_the_record_of_a_user(api: SimpleNamespace) -> None:
    user = obj(**USER, id=TEXT, first=TEXT, last=TEXT, created=TEXT, updated=TEXT, city=TEXT)
    found = plan(api, {"/auth/login": {"post": {**login(api), **api.body(user)}}}, BEARER)
    (auth,) = found.auths
    assert auth.chain[0].call.body is not None
    assert {one.name for one in auth.chain[0].call.body.params} == {*USER}


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


def test_a_login_is_not_a_tool_where_the_hints_log_in(planned: Callable[..., Any], api: SimpleNamespace) -> None:
    paths = {"/login": {"post": login(api)}, "/customers": {"get": {"responses": {}}}}
    found = planned(paths, Hints(auth={"key": AuthHint(kind="api_key", header="X-Key")}))
    assert [(one.operation, one.why) for one in found.plan.left_out] == [("POST /login", "login")]
