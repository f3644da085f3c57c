from types import SimpleNamespace
from typing import Any

import pytest

from adaptgen.model.tables import Expires, Param, Send
from adaptgen.plan.auth import AuthPlan
from adaptgen.plan.auth.plan import find_auth
from adaptgen.source.hints.model import EMPTY

INT, TEXT = {"type": "integer"}, {"type": "string"}
BEARER = Send("header", "Authorization", "Bearer {access}")


def plan(api: SimpleNamespace, paths: dict[str, Any], schemes: dict[str, Any] | None = None, **root: Any) -> AuthPlan:
    components = {"components": {"securitySchemes": schemes}} if schemes else {}
    made, found = api.document(paths, **components, **root)
    return find_auth(made, list(found.values()), EMPTY, "crm")


def get(**more: Any) -> dict[str, Any]:
    return {"get": {"responses": {}, **more}}


def pointer(key: str) -> str:
    method, path = key.split(" ")
    return f"#/paths/{path.replace('~', '~0').replace('/', '~1')}/{method.lower()}"


def key_in(place: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": "apiKey", "in": place, "name": name, **more}


def header(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "header", "schema": TEXT, **more}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


# ------------------------------------------------------------------------------------------------ declared schemes


@pytest.mark.parametrize(
    ("scheme", "send"),
    [
        (key_in("header", "X-API-Key"), Send("header", "X-API-Key", "${env:CRM_API_KEY}")),
        (key_in("query", "api_key"), Send("query", "api_key", "${env:CRM_API_KEY}")),
        (key_in("header", "X-Auth-Token"), Send("header", "X-Auth-Token", "${env:CRM_TOKEN}")),
        (key_in("header", "Authorization"), Send("header", "Authorization", "Bearer ${env:CRM_TOKEN}")),
        (
            key_in("header", "Authorization", description="Write `Token <key>`"),
            Send("header", "Authorization", "Token ${env:CRM_TOKEN}"),
        ),
        ({"type": "http", "scheme": "bearer"}, Send("header", "Authorization", "Bearer ${env:CRM_TOKEN}")),
        (
            {"type": "http", "scheme": "Basic"},
            Send("header", "Authorization", "${env:CRM_USERNAME}:${env:CRM_PASSWORD}", basic=True),
        ),
        ({"type": "openIdConnect"}, Send("header", "Authorization", "Bearer ${env:CRM_TOKEN}")),
    ],
)
def test_a_declared_scheme_is_sent(api: SimpleNamespace, scheme: dict[str, Any], send: Send) -> None:
    found = plan(api, {"/a": get(), "/b": get(security=[])}, {"s": scheme}, security=[{"s": []}])
    assert [auth.send for auth in found.auths] == [(send,)]
    assert found.by_operation == {pointer("GET /a"): (found.auths[0].name,)}
    assert all(one.required for one in found.variables)


def test_client_credentials_become_a_session(api: SimpleNamespace) -> None:
    flows = {"clientCredentials": {"tokenUrl": "https://idp.example/token", "scopes": {}}}
    found = plan(api, {"/a": get()}, {"o": {"type": "oauth2", "flows": flows}}, security=[{"o": []}])
    (auth,) = found.auths
    (login,) = auth.chain
    assert (login.call.method, login.call.path) == ("POST", "https://idp.example/token")
    assert login.call.body is not None
    assert login.call.body.media == "application/x-www-form-urlencoded"
    assert login.call.body.params == (Param("grant_type", value="client_credentials"),)
    assert login.send == (Send("header", "Authorization", "${env:CRM_CLIENT_ID}:${env:CRM_CLIENT_SECRET}", basic=True),)
    assert (login.save, login.expires) == ({"access": "$.access_token"}, Expires(after="$.expires_in"))
    assert auth.send == (BEARER,)
    assert {one.name: one.required for one in found.variables} == {
        "CRM_CLIENT_ID": True, "CRM_CLIENT_SECRET": True, "CRM_TOKEN": False,
    }  # fmt: skip


def test_a_flow_that_needs_a_browser_takes_a_token(api: SimpleNamespace) -> None:
    flows = {"authorizationCode": {"tokenUrl": "https://idp.example/t", "authorizationUrl": "https://idp.example/a"}}
    found = plan(api, {"/a": get()}, {"o": {"type": "oauth2", "flows": flows}}, security=[{"o": []}])
    assert found.auths[0].send == (Send("header", "Authorization", "Bearer ${env:CRM_TOKEN}"),)


def test_the_alternative_that_asks_least_is_taken_and_all_of_its_schemes(api: SimpleNamespace) -> None:
    schemes = {
        "basic": {"type": "http", "scheme": "basic"},
        "key": key_in("header", "X-Key"),
        "app": key_in("header", "X-App"),
    }
    found = plan(api, {"/a": get(security=[{"basic": []}, {"key": [], "app": []}])}, schemes)
    assert found.by_operation[pointer("GET /a")] == ("app", "key")
    assert {send.as_ for auth in found.auths for send in auth.send} == {"${env:CRM_KEY}", "${env:CRM_APP}"}


def test_two_schemes_that_send_the_same_are_one(api: SimpleNamespace) -> None:
    flow = {"authorizationUrl": "https://idp.example/a", "scopes": {}}
    schemes = {
        "oauth": {"type": "oauth2", "flows": {"implicit": flow}},
        "oauthCode": {"type": "oauth2", "flows": {"authorizationCode": {**flow, "tokenUrl": "https://idp.example/t"}}},
    }
    found = plan(api, {"/a": get(security=[{"oauth": [], "oauthCode": []}])}, schemes)
    assert found.by_operation[pointer("GET /a")] == ("oauth",)


# ---------------------------------------------------------------------------------------------- nothing is declared


def test_credentials_can_be_given_whatever_the_document_says(api: SimpleNamespace) -> None:
    found = plan(api, {"/a": get()})
    (auth,) = found.auths
    assert auth.optional
    assert [send.as_ for send in auth.send] == [
        "Bearer ${env:CRM_TOKEN}", "${env:CRM_USERNAME}:${env:CRM_PASSWORD}", "${env:CRM_API_KEY}",
    ]  # fmt: skip
    assert {one.name for one in found.variables if not one.required} == {
        "CRM_TOKEN", "CRM_USERNAME", "CRM_PASSWORD", "CRM_API_KEY",
    }  # fmt: skip


def test_a_scheme_that_no_operation_names_is_optional(api: SimpleNamespace) -> None:
    found = plan(api, {"/a": get(), "/b": get(security=[{}])}, {"key": key_in("header", "X-Key")})
    assert (found.auths[0].name, found.auths[0].optional) == ("key", True)
    assert len(found.by_operation) == 2


def test_a_scheme_that_cannot_be_served_leaves_what_the_environment_gives(api: SimpleNamespace) -> None:
    found = plan(api, {"/a": get()}, {"tls": {"type": "mutualTLS"}}, security=[{"tls": []}])
    assert [auth.optional for auth in found.auths] == [True]
    assert found.by_operation == {pointer("GET /a"): ("credentials",)}


def test_a_name_of_no_scheme_says_nothing(api: SimpleNamespace) -> None:
    found = plan(api, {"/a": get(security=[{"missing": []}])})
    assert found.by_operation == {pointer("GET /a"): ("credentials",)}


def test_a_key_that_most_operations_take_is_absorbed(api: SimpleNamespace) -> None:
    key = {"name": "api_key", "in": "query", "required": True, "schema": TEXT}
    found = plan(api, {"/a": get(parameters=[key]), "/b": get(parameters=[key])})
    (auth,) = found.auths
    assert (auth.send, auth.optional) == ((Send("query", "api_key", "${env:CRM_API_KEY}"),), False)
    assert found.absorbed[pointer("GET /a"), "query", "api_key"] == auth.name


def test_authorization_as_an_ordinary_parameter_is_absorbed(api: SimpleNamespace) -> None:
    given = header("authorization", required=True, description="Authorization: Basic base64(user:password)")
    found = plan(api, {"/a": get(parameters=[given])})
    assert found.auths[0].send[0].basic
    assert (pointer("GET /a"), "header", "authorization") in found.absorbed


def test_a_parameter_that_a_scheme_sends_is_absorbed(api: SimpleNamespace) -> None:
    given = header("x-api-key", required=True)
    found = plan(api, {"/a": get(parameters=[given])}, {"key": key_in("header", "X-API-Key")}, security=[{"key": []}])
    assert found.absorbed == {(pointer("GET /a"), "header", "x-api-key"): "key"}


# -------------------------------------------------------------------------------------------------- the login chain


def test_a_login_is_what_takes_credentials_and_answers_a_token(api: SimpleNamespace) -> None:
    token = obj(session=obj(token=TEXT), expires_in=INT)
    paths = {"/auth/login": {"post": api.login(token, security=[])}, "/customers": get()}
    schemes = {"session": key_in("header", "X-Session-Token")}
    found = plan(api, paths, schemes, security=[{"session": []}])
    (auth,) = found.auths
    (login,) = auth.chain
    assert (auth.name, auth.kind) == ("crm_session", "session")
    assert auth.send == (Send("header", "X-Session-Token", "{access}"),)
    assert (login.save, login.expires) == ({"access": "$.session.token"}, Expires(after="$.expires_in"))
    assert login.call.body is not None
    assert {param.name: param.value for param in login.call.body.params} == {
        "username": "${env:CRM_USERNAME}", "password": "${env:CRM_PASSWORD}",
    }  # fmt: skip
    assert found.by_operation == {pointer("GET /customers"): ("crm_session",)}
    assert found.login_operations == {pointer("POST /auth/login"): "crm_session"}
    assert {one.name: (one.required, one.secret) for one in found.variables} == {
        "CRM_USERNAME": (True, False), "CRM_PASSWORD": (True, True), "CRM_TOKEN": (False, True),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        # A token, but nothing that proves who asks.
        ("/auth/token", {"given": {"device": TEXT}}),
        ("/login", {"given": {"token": TEXT, "provider": TEXT}}),
        # Credentials and a token, for another purpose.
        ("/users/register", {}),
        ("/password/reset", {}),
        ("/users", {"given": {"username": TEXT, "password": TEXT, "first_name": TEXT, "role": TEXT}}),
        ("/login", {"answer": {"reset_token": TEXT}}),
        ("/login", {"answer": {"next_page_token": TEXT}}),
    ],
)
def test_a_path_alone_is_no_login(api: SimpleNamespace, path: str, operation: dict[str, Any]) -> None:
    given = obj(**operation.get("given", {"username": TEXT, "password": TEXT}))
    token = obj(**operation.get("answer", {"token": TEXT}))
    made = {path: {"post": {**api.body(given), **api.answer(token)}}, "/customers": get()}
    assert plan(api, made, {"b": {"type": "http", "scheme": "bearer"}}, security=[{"b": []}]).login_operations == {}


@pytest.mark.parametrize(
    ("scheme", "send"),
    [
        ({"type": "http", "scheme": "bearer"}, BEARER),
        (key_in("header", "Authorization"), Send("header", "Authorization", "{access}")),
        (key_in("header", "Authorization", description="The JWT of the login"), BEARER),
        (
            key_in("header", "Authorization", description="`JWT <token>`"),
            Send("header", "Authorization", "JWT {access}"),
        ),
        (key_in("query", "access_token"), Send("query", "access_token", "{access}")),
        ({"type": "oauth2", "flows": {"password": {"tokenUrl": "/login"}}}, BEARER),
    ],
)
def test_the_token_goes_where_the_document_declares(api: SimpleNamespace, scheme: dict[str, Any], send: Send) -> None:
    paths = {"/login": {"post": api.login(security=[])}, "/customers": get()}
    found = plan(api, paths, {"s": scheme}, security=[{"s": []}])
    assert [auth.send for auth in found.auths] == [(send,)]


def test_the_token_goes_into_an_ordinary_parameter(api: SimpleNamespace) -> None:
    given = [header("X-Auth-Token", required=True)]
    paths = {
        "/login": {"post": api.login()},
        "/a": get(parameters=given),
        "/b": get(parameters=given),
        "/health": get(),
    }
    found = plan(api, paths)
    assert found.auths[0].send == (Send("header", "X-Auth-Token", "{access}"),)
    assert set(found.by_operation) == {pointer("GET /a"), pointer("GET /b")}
    assert found.absorbed[pointer("GET /a"), "header", "X-Auth-Token"] == "crm_session"


def test_where_nothing_is_declared_the_token_is_a_bearer_token(api: SimpleNamespace) -> None:
    found = plan(api, {"/login": {"post": api.login()}, "/a": get()})
    assert found.auths[0].send == (BEARER,)


def test_a_token_that_fits_no_declared_scheme_is_not_sent_anywhere(api: SimpleNamespace) -> None:
    paths = {"/login": {"post": api.login(security=[])}, "/a": get()}
    found = plan(api, paths, {"key": key_in("header", "X-API-Key")}, security=[{"key": []}])
    assert found.login_operations == {}
    assert [auth.kind for auth in found.auths] == ["api_key"]


def test_credentials_inside_a_wrapper_and_with_constants(api: SimpleNamespace) -> None:
    user = {**obj(email=TEXT, password=TEXT), "required": ["email", "password"]}
    given = {**obj(user=user, grant={"type": "string", "enum": ["web"]}), "required": ["user", "grant"]}
    wrapped = {**obj(user=user), "required": ["user"]}
    for schema, inside, names in ((wrapped, "user", {"email", "password"}), (given, None, {"user", "grant"})):
        found = plan(api, {"/login": {"post": api.login(credentials=schema)}, "/a": get()})
        login_body = found.auths[0].chain[0].call.body
        assert login_body is not None
        assert (login_body.inside, {param.name for param in login_body.params}) == (inside, names)


def test_a_required_input_that_nobody_knows_ends_it(api: SimpleNamespace) -> None:
    given = {**obj(username=TEXT, password=TEXT, captcha=TEXT), "required": ["username", "password", "captcha"]}
    assert plan(api, {"/login": {"post": api.login(credentials=given)}, "/a": get()}).login_operations == {}


def test_where_the_user_belongs_is_asked_of_the_environment(api: SimpleNamespace) -> None:
    given = {**obj(username=TEXT, password=TEXT, tenant=TEXT), "required": ["username", "password", "tenant"]}
    found = plan(api, {"/login": {"post": api.login(credentials=given)}, "/a": get()})
    assert "CRM_TENANT" in {one.name for one in found.variables}


def test_of_several_ways_to_name_the_user_one_is_sent(api: SimpleNamespace) -> None:
    given = obj(email=TEXT, username=TEXT, password=TEXT)
    found = plan(api, {"/login": {"post": api.login(credentials=given)}, "/a": get()})
    login_body = found.auths[0].chain[0].call.body
    assert login_body is not None
    assert {param.name for param in login_body.params} == {"username", "password"}


def test_the_token_endpoint_of_an_api_takes_its_grant(api: SimpleNamespace) -> None:
    grant = {"type": "string", "enum": ["password", "refresh_token"]}
    given = obj(grant_type=grant, username=TEXT, password=TEXT, refresh_token=TEXT)
    token = obj(access_token=TEXT, refresh_token=TEXT, expires_in=INT)
    operation = {**api.body(given, "application/x-www-form-urlencoded"), **api.answer(token)}
    (auth,) = plan(api, {"/oauth2/token": {"post": operation}, "/a": get()}).auths
    login_body, renewal = auth.chain[0].call.body, auth.refresh
    assert login_body is not None
    assert {param.name: param.value for param in login_body.params}["grant_type"] == "password"
    assert renewal is not None
    assert renewal.call.body is not None
    assert {param.name: param.value for param in renewal.call.body.params} == {
        "grant_type": "refresh_token", "refresh_token": "{refresh}",
    }  # fmt: skip


def test_a_refresh_that_hands_out_the_next_refresh_token(api: SimpleNamespace) -> None:
    paths = {
        "/login": {"post": api.login(obj(access_token=TEXT, refresh_token=TEXT))},
        "/refresh": {"post": {**api.body({**obj(refresh=TEXT), "required": ["refresh"]}),
                              **api.answer(obj(access=TEXT, refresh=TEXT))}},
        "/a": get(),
    }  # fmt: skip
    found = plan(api, paths)
    (auth,) = found.auths
    assert auth.chain[0].save == {"access": "$.access_token", "refresh": "$.refresh_token"}
    assert auth.refresh is not None
    assert auth.refresh.save == {"access": "$.access", "refresh": "$.refresh"}
    assert set(found.login_operations) == {pointer("POST /login"), pointer("POST /refresh")}


def test_csrf_belongs_to_the_chain(api: SimpleNamespace) -> None:
    write = {"post": {"parameters": [header("X-CSRF-Token", required=True)], "responses": {}}}
    paths = {
        "/login": {"post": api.login()},
        "/csrf": {"get": api.answer(obj(csrf_token=TEXT))},
        "/a": {**get(), **write},
    }
    found = plan(api, paths)
    (auth,) = found.auths
    assert [login.id for login in auth.chain] == ["login", "csrf"]
    assert (auth.chain[1].send, auth.chain[1].save) == ((BEARER,), {"csrf": "$.csrf_token"})
    assert auth.send == (BEARER, Send("header", "X-CSRF-Token", "{csrf}", only="write"))
    assert found.absorbed == {(pointer("POST /a"), "header", "X-CSRF-Token"): "crm_session"}
    assert pointer("GET /csrf") in found.login_operations


@pytest.mark.parametrize(("required", "saved"), [(["csrf_token"], "$.csrf_token"), ([], "find:csrf")])
def test_a_csrf_token_that_need_not_come_is_only_looked_for(
    api: SimpleNamespace, required: list[str], saved: str
) -> None:
    answer = {
        **obj(access_token=TEXT, csrf_token={"type": ["string", "null"]}),
        "required": ["access_token", *required],
    }
    (auth,) = plan(api, {"/login": {"post": {**api.login(), **api.answer(answer)}}, "/a": get()}).auths
    assert auth.chain[0].save == {"access": "$.access_token", "csrf": saved}


def test_a_csrf_token_whose_header_nobody_declares_goes_where_frameworks_read_it(api: SimpleNamespace) -> None:
    paths = {
        "/login": {"post": api.login()},
        "/security/csrf_token/": {"get": api.answer(obj(result=TEXT))},
        "/a": {**get(), "post": {"responses": {}}},
    }
    found = plan(api, paths)
    (auth,) = found.auths
    assert (auth.chain[1].send, auth.chain[1].save, auth.chain[1].cookies) == ((BEARER,), {"csrf": "$.result"}, True)
    both = (Send("header", name, "{csrf}", only="write") for name in ("X-CSRF-Token", "X-CSRFToken", "X-XSRF-TOKEN"))
    assert auth.send == (BEARER, *both)
    assert pointer("GET /security/csrf_token/") in found.login_operations


@pytest.mark.parametrize("required", [[], ["username", "password"]])
def test_a_way_to_log_in_that_may_be_needed_is_the_one_of_the_example(api: SimpleNamespace, required: Any) -> None:
    """Where a document requires nothing it does not say what may be left out; where it does, the rest may."""
    way = {"type": "string", "enum": ["db", "ldap"], "example": "db"}
    told = {"type": "string", "enum": ["short", "long"]}
    body = {**obj(username=TEXT, password=TEXT, provider=way, answer=told), "required": required}
    paths = {"/login": {"post": {**api.body(body), **api.answer(obj(access_token=TEXT))}}, "/a": get()}
    call = plan(api, paths).auths[0].chain[0].call
    assert call.body is not None
    sent = {one.name: one.value for one in call.body.params}
    assert sent.get("provider") == (None if required else "db")
    assert "answer" not in sent


def test_a_session_cookie_is_kept(api: SimpleNamespace) -> None:
    paths = {"/login": {"post": api.login(obj(ok=TEXT), security=[])}, "/a": get()}
    found = plan(api, paths, {"cookie": key_in("cookie", "JSESSIONID")}, security=[{"cookie": []}])
    (auth,) = found.auths
    assert auth.chain[0].cookies
    assert {(send.name, send.as_, send.only) for send in auth.send} == {
        ("X-CSRF-Token", "{csrf}", "write"), ("X-CSRFToken", "{csrf}", "write"), ("X-XSRF-TOKEN", "{csrf}", "write"),
    }  # fmt: skip
    assert found.by_operation == {pointer("GET /a"): ("crm_session",)}


def test_logging_out_serves_the_chain(api: SimpleNamespace) -> None:
    paths = {"/login": {"post": api.login()}, "/logout": {"post": {"responses": {}}}, "/a": get()}
    assert pointer("POST /logout") in plan(api, paths).login_operations
    del paths["/login"]
    assert plan(api, paths).login_operations == {}


@pytest.mark.parametrize(
    ("fields", "expires"),
    [
        ({"expires_in": INT}, Expires(after="$.expires_in")),
        ({"expiresIn": {"type": "integer", "description": "milliseconds"}}, Expires(after="$.expiresIn", unit="ms")),
        ({"ttl": {"type": "integer", "description": "in minutes"}}, Expires(after="$.ttl", unit="min")),
        ({"expires_at": {"type": "string", "format": "date-time"}}, Expires(at="$.expires_at", unit="iso")),
        ({"exp": INT}, Expires(at="$.exp")),
        (
            {"expires": {"type": "integer", "description": "Unix timestamp in milliseconds"}},
            Expires(at="$.expires", unit="ms"),
        ),
        ({"refresh_expires_in": INT}, None),
    ],
)
def test_when_a_token_ends(api: SimpleNamespace, fields: dict[str, Any], expires: Expires | None) -> None:
    found = plan(api, {"/login": {"post": api.login(obj(token=TEXT, **fields))}, "/a": get()})
    assert found.auths[0].chain[0].expires == expires


def test_text_of_the_document_cannot_name_a_variable(api: SimpleNamespace) -> None:
    grant = {"type": "string", "default": "${env:HOME}"}
    given = {**obj(username=TEXT, password=TEXT, mode=grant), "required": ["username", "password", "mode"]}
    found = plan(api, {"/login": {"post": api.login(credentials=given)}, "/a": get()})
    assert "HOME" not in {one.name for one in found.variables}
