"""What looks like a login and is none, and what a login needs besides who asks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from adaptgen.model.tables import Auth, Param, Send
from adaptgen.plan.auth.plan import find_auth
from adaptgen.source.hints.model import EMPTY

TEXT = {"type": "string"}
BEARER = {"b": {"type": "http", "scheme": "bearer"}}
CLIENT = {"client_id": TEXT, "client_secret": TEXT, "grant_type": TEXT}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def session(api: SimpleNamespace, paths: dict[str, Any], schemes: dict[str, Any]) -> Auth | None:
    use = {"get": {"responses": {}, "security": [{next(iter(schemes)): []}]}} if schemes else {"get": {"responses": {}}}
    made, found = api.document({**paths, "/customers": use, "/orders": use}, components={"securitySchemes": schemes})
    auths = find_auth(made, list(found.values()), EMPTY, "crm").auths
    return next((one for one in auths if one.kind == "session"), None)


def sent(auth: Auth | None) -> dict[str, Any]:
    assert auth is not None
    assert auth.chain[0].call.body is not None
    return {one.name: one.value for one in auth.chain[0].call.body.params if isinstance(one, Param)}


def login(api: SimpleNamespace, given: Any = None, answer: Any = None, **more: Any) -> dict[str, Any]:
    given = given if given is not None else obj(email=TEXT, password=TEXT)
    return {"security": [], **api.body(given), **api.answer(answer or obj(token=TEXT)), **more}


def test_keys_that_are_kept_are_records(api: SimpleNamespace) -> None:
    kept = login(api, obj(user=TEXT, key=TEXT), obj(key=TEXT))
    one = {"parameters": [{"name": "id", "in": "path", "required": True, "schema": TEXT}], "delete": {"responses": {}}}
    listed = {"post": kept, "get": {"responses": {}}}
    assert session(api, {"/users/tokens": {"post": kept}}, BEARER) is not None
    assert session(api, {"/users/tokens/": listed, "/users/tokens/{id}/": one}, BEARER) is None


def test_a_code_that_only_a_browser_brings(api: SimpleNamespace) -> None:
    grants = {**TEXT, "description": "One of `authorization_code` and `refresh_token`"}
    given = obj(**{**CLIENT, "grant_type": grants}, code=TEXT)
    answer = obj(access_token=TEXT, refresh_token=TEXT)
    assert session(api, {"/oauth2/token": {"post": login(api, given, answer)}}, BEARER) is None
    either = {**TEXT, "description": "One of `authorization_code` and `client_credentials`"}
    given = obj(**{**CLIENT, "grant_type": either}, code=TEXT)
    found = session(api, {"/oauth2/token": {"post": login(api, given, answer)}}, BEARER)
    assert sent(found)["grant_type"] == "client_credentials"


def test_a_token_url_that_is_declared_for_a_browser_only(api: SimpleNamespace) -> None:
    flow = {"authorizationUrl": "https://a.example", "tokenUrl": "/v3/oauth2/token", "scopes": {}}
    given = obj(**CLIENT, code=TEXT, username=TEXT, password=TEXT)
    made = {"/oauth2/token": {"post": login(api, given, obj(access_token=TEXT))}}
    assert session(api, made, {"o": {"type": "oauth2", "flows": {"authorizationCode": flow}}}) is None
    found = session(api, made, {"o": {"type": "oauth2", "flows": {"authorizationCode": flow, "password": flow}}})
    assert sent(found)["grant_type"] == "password"


def test_a_refresh_token_alone_is_no_login(api: SimpleNamespace) -> None:
    grants = {"type": "string", "enum": ["authorization_code", "refresh_token"]}
    given = obj(**{**CLIENT, "grant_type": grants}, code=TEXT, refresh_token=TEXT)
    answer = obj(access_token=TEXT, refresh_token=TEXT)
    assert session(api, {"/oauth2/token": {"post": login(api, given, answer)}}, BEARER) is None


USER = obj(username=TEXT, password=TEXT)


@pytest.mark.parametrize(
    ("path", "given", "told"),
    [
        ("/sys/generate-root/update", obj(key=TEXT, nonce=TEXT), {"operationId": "rootTokenGenerationUpdate"}),
        ("/tokens/rotate", obj(api_key=TEXT), {}),
        ("/auth/tokens/generate", obj(api_key=TEXT), {}),
        ("/consent/session", obj(api_key=TEXT), {}),
        ("/auth/session/start", USER, {}),
        ("/instances/{instance}/start-session", USER, {}),
        ("/auth/confirm", USER, {}),
        ("/auth/password", USER, {"summary": "Changes the password of a user"}),
        ("/auth/sign-up", USER, {}),
        ("/auth/account", USER, {"summary": "Sign up with a password"}),
        ("/auth/users", USER, {"operationId": "createUser"}),
        ("/inscription/token", USER, {}),
        ("/mailboxes", USER, {"summary": "Checks a mailbox"}),
        ("/databases/connect", USER, {}),
    ],
)
def test_what_makes_or_changes_something_is_no_login(
    api: SimpleNamespace, path: str, given: dict[str, Any], told: dict[str, Any]
) -> None:
    assert session(api, {path: {"post": {**login(api, given, obj(token=TEXT)), **told}}}, BEARER) is None


@pytest.mark.parametrize(
    ("path", "given", "told"),
    [
        ("/users/tokens/issue", obj(identity=TEXT, secret=TEXT), {}),
        ("/generateToken", USER, {}),
        ("/me", USER, {"summary": "Log a user in"}),
        ("/access/ticket", USER, {}),
        ("/sessions", USER, {"operationId": "startSession", "summary": "Start a new session"}),
        ("/self-service/login", USER, {"operationId": "updateLoginFlow"}),
    ],
)
def test_what_hands_a_token_to_who_proves_who_asks_is_a_login(
    api: SimpleNamespace, path: str, given: dict[str, Any], told: dict[str, Any]
) -> None:
    assert session(api, {path: {"post": {**login(api, given, obj(token=TEXT)), **told}}}, BEARER) is not None


@pytest.mark.parametrize(
    ("path", "given"),
    [("/token", obj(api_key=TEXT)), ("/auth/{provider}/login", USER), ("/auth/token", obj(password=TEXT))],
)
def test_a_login_that_is_not_sure_is_not_used_where_no_scheme_is_declared(
    api: SimpleNamespace, path: str, given: dict[str, Any]
) -> None:
    paths = {path: {"post": login(api, given, obj(token=TEXT))}, "/customers": {"get": {"responses": {}}}}
    document, operations = api.document(paths)
    plan = find_auth(document, list(operations.values()), EMPTY, "crm")
    assert "session" not in {auth.kind for auth in plan.auths}
    assert "is not used" in plan.diagnostics[0].message


def test_one_of_several_bodies(api: SimpleNamespace) -> None:
    password = {**obj(username=TEXT, password=TEXT, grant_type={"enum": ["password"], **TEXT}), "title": "Password"}
    renewal = obj(refresh_token=TEXT, grant_type={"enum": ["refresh_token"], **TEXT})
    answer = obj(access_token=TEXT, refresh_token=TEXT)
    made = {"/token": {"post": login(api, {"oneOf": [renewal, password]}, answer)}}
    found = session(api, made, BEARER)
    assert sent(found) == {
        "username": "${env:CRM_USERNAME}", "password": "${env:CRM_PASSWORD}", "grant_type": "password",
    }  # fmt: skip
    assert found is not None
    assert found.refresh is not None


def test_the_client_proves_itself_in_a_header_of_the_login(api: SimpleNamespace) -> None:
    header = {
        "name": "Authorization", "in": "header", "required": True, "schema": TEXT,
        "description": "Equal to 'Basic xx', where 'xx' is the base64 encoding of the client id and secret",
    }  # fmt: skip
    found = session(api, {"/token": {"post": login(api, parameters=[header])}}, {})
    assert found is not None
    pair = "${env:CRM_CLIENT_ID}:${env:CRM_CLIENT_SECRET}"
    assert found.chain[0].send == (Send("header", "Authorization", pair, basic=True),)
    assert found.chain[0].call.headers == ()


def test_a_key_of_the_application_beside_the_login(api: SimpleNamespace) -> None:
    schemes = {**BEARER, "app": {"type": "apiKey", "in": "header", "name": "X-App-Key"}}
    found = session(api, {"/login": {"post": login(api, security=[{"app": []}])}}, schemes)
    assert found is not None
    assert found.chain[0].send == (Send("header", "X-App-Key", "${env:CRM_API_KEY}"),)


def test_a_key_is_exchanged_for_a_token(api: SimpleNamespace) -> None:
    schemes = {**BEARER, "app": {"type": "apiKey", "in": "header", "name": "X-App-Key"}}
    made = {"security": [{"app": []}], **api.answer(obj(access=obj(token=obj(id=TEXT))))}
    found = session(api, {"/auth/token": {"post": made}}, schemes)
    assert found is not None
    assert found.chain[0].send == (Send("header", "X-App-Key", "${env:CRM_API_KEY}"),)
    assert found.chain[0].save == {"access": "$.access.token.id"}
    # A key that the others take as well needs no exchange.
    alone = {"k": schemes["app"]}
    made = {**made, "security": [{"k": []}]}
    assert session(api, {"/auth/token": {"post": made}}, alone) is None


def test_a_token_is_read_for_basic(api: SimpleNamespace) -> None:
    schemes = {**BEARER, "basic": {"type": "http", "scheme": "basic"}}
    made = {"security": [{"basic": []}], **api.answer(obj(access_token=TEXT))}
    code = {"name": "X-Crm-Otp", "in": "header", "schema": TEXT}
    found = session(api, {"/token": {"get": {**made, "parameters": [code]}}}, schemes)
    assert found is not None
    assert [one.basic for one in found.chain[0].send] == [True]
    # A token of something else is not that of the session.
    assert session(api, {"/invoice-tokens": {"get": made}}, schemes) is None


def test_the_grant_of_a_client_goes_in_with_its_basic(api: SimpleNamespace) -> None:
    schemes = {**BEARER, "basic": {"type": "http", "scheme": "basic"}}
    for grants, pair in ((["authorization_code", "client_credentials"], "CLIENT_ID"), (["authorization_code"], "")):
        given = {**obj(grant_type={**TEXT, "enum": grants}), "required": ["grant_type"]}
        made = login(api, given, obj(access_token=TEXT), security=[{"basic": []}])
        found = session(api, {"/oauth/token": {"post": made}}, schemes)
        assert (found is not None) == bool(pair)
        if found is not None:
            assert sent(found) == {"grant_type": "client_credentials"}
            assert found.chain[0].send[0].as_ == "${env:CRM_CLIENT_ID}:${env:CRM_CLIENT_SECRET}"


def test_a_token_in_a_header_of_the_answer(api: SimpleNamespace) -> None:
    made = login(api, answer=obj(token={"type": "object"}))
    made["responses"]["200"]["headers"] = {"X-Subject-Token": {"schema": TEXT}}
    found = session(
        api, {"/auth/tokens": {"post": made}}, {"k": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}}
    )
    assert found is not None
    assert found.chain[0].save == {"access": "header:X-Subject-Token"}
    assert found.send == (Send("header", "X-Auth-Token", "{access}"),)


def test_an_answer_that_only_prose_shows(api: SimpleNamespace) -> None:
    told = login(api)
    told["responses"] = {"200": {"description": "ok"}}
    told["description"] = """Send {"email": "…", "password": "…"}, get `{"result": {"token": "abc"}}`."""
    found = session(api, {"/login": {"post": told}}, BEARER)
    assert found is not None
    assert found.chain[0].save == {"access": "$.result.token"}


def test_a_parameter_that_says_where_it_comes_from(api: SimpleNamespace) -> None:
    token = {"name": "token", "in": "query", "schema": TEXT, "description": "What is returned from POST /session"}
    paths: dict[str, Any] = {f"/things/{at}": {"get": {"responses": {}}} for at in range(6)}
    paths |= {path: {"get": {"responses": {}, "parameters": [token]}} for path in ("/invoices", "/letters")}
    made, found = api.document({"/session": {"post": login(api, answer=TEXT)}, **paths})
    (auth,) = [one for one in find_auth(made, list(found.values()), EMPTY, "crm").auths if one.kind == "session"]
    assert auth.chain[0].save == {"access": "$"}
    assert auth.send == (Send("query", "token", "{access}"),)


def test_whose_service_it_is(api: SimpleNamespace) -> None:
    whose = {"parameters": [{"name": "brand", "in": "path", "required": True, "schema": TEXT}]}
    use = {"get": {"responses": {}, "security": [{"b": []}]}, **whose}
    paths = {"/{brand}/login": {"post": login(api), **whose}, "/{brand}/invoices": use, "/{brand}/orders": use}
    made, found = api.document(paths, components={"securitySchemes": BEARER})
    (auth,) = [one for one in find_auth(made, list(found.values()), EMPTY, "crm").auths if one.kind == "session"]
    assert auth.chain[0].call.path_params == (Param("brand", value="${env:CRM_BRAND}"),)
    made, found = api.document({**paths, "/a": use, "/b": use}, components={"securitySchemes": BEARER})
    assert all(one.kind != "session" for one in find_auth(made, list(found.values()), EMPTY, "crm").auths)


def test_who_logs_in_by_a_number(api: SimpleNamespace) -> None:
    given = {**obj(memberNo=TEXT, password=TEXT), "required": ["memberNo", "password"]}
    found = session(api, {"/login": {"post": login(api, given)}}, BEARER)
    assert sent(found) == {"memberNo": "${env:CRM_USERNAME}", "password": "${env:CRM_PASSWORD}"}
    step = {**obj(txnId=TEXT, password=TEXT), "required": ["txnId", "password"]}
    assert session(api, {"/login": {"post": login(api, step)}}, BEARER) is None


def test_what_stays_the_same_comes_from_the_environment(api: SimpleNamespace) -> None:
    given = {**obj(username=TEXT, password=TEXT, role=TEXT), "required": ["username", "password", "role"]}
    assert sent(session(api, {"/auth": {"post": login(api, given)}}, BEARER))["role"] == "${env:CRM_ROLE}"
    code = {**obj(username=TEXT, password=TEXT, otp=TEXT), "required": ["username", "password", "otp"]}
    assert session(api, {"/auth": {"post": login(api, code)}}, BEARER) is None


@pytest.mark.parametrize(
    ("description", "send"),
    [
        ("The token must be added to X-Auth-Token in header of all requests",
         Send("header", "X-Auth-Token", "{access}")),
        ("Use it as `Authorization: Token <token>`", Send("header", "Authorization", "Token {access}")),
    ],
)  # fmt: skip
def test_where_the_login_says_that_its_token_goes(api: SimpleNamespace, description: str, send: Send) -> None:
    found = session(api, {"/login": {"post": login(api, description=description)}}, {})
    assert found is not None
    assert found.send == (send,)


def test_checking_what_is_given_is_no_login(api: SimpleNamespace) -> None:
    assert session(api, {"/auth": {"post": login(api, summary="Check the configuration of auth")}}, {}) is None


def test_a_cookie_is_not_certain_where_the_others_want_something_else(api: SimpleNamespace) -> None:
    told = {"security": [], **api.body(obj(user=TEXT, password=TEXT)), "responses": {"200": {"description": "ok"}}}
    told["description"] = "Obtain a session cookie that authenticates further calls"
    found = session(api, {"/users/login": {"post": told}}, {})
    assert found is not None
    assert found.chain[0].cookies
    found = session(api, {"/users/login": {"post": told}}, BEARER)
    assert found is not None
    assert (found.chain[0].cookies, found.chain[0].save["access"]) == (False, "find:token")


def test_the_token_of_a_user_is_not_sent_as_that_of_somebody_else(api: SimpleNamespace) -> None:
    def takes(name: str) -> dict[str, Any]:
        return {"get": {"responses": {}, "parameters": [{"name": name, "in": "header", "schema": TEXT}]}}

    paths = {f"/things/{at}": takes("Acme-DevToken") for at in range(4)}
    users = {"/user/auth": {"post": login(api, answer=obj(user_token=TEXT))}, "/profile": takes("Acme-UserToken")}
    made, found = api.document({**paths, **users})
    assert all(one.kind != "session" for one in find_auth(made, list(found.values()), EMPTY, "crm").auths)
