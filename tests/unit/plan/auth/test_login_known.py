"""The ways in which widely used kinds of services log in, as their public documentation describes them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from adaptgen.model.tables import Auth, Send
from adaptgen.plan.auth.plan import find_auth
from adaptgen.source.hints.model import EMPTY

TEXT = {"type": "string"}
BEARER = {"b": {"type": "http", "scheme": "bearer"}}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def key(name: str, place: str = "header", **more: Any) -> dict[str, Any]:
    return {"type": "apiKey", "in": place, "name": name, **more}


def session(
    api: SimpleNamespace, path: str, login: dict[str, Any], schemes: dict[str, Any], **more: Any
) -> Auth | None:
    method = more.pop("method", "post")
    use = {"get": {"responses": {}, "security": [{name: [] for name in schemes}]}}
    paths = {path: {method: {"security": [], **login}}, "/customers": use, "/orders": use, **more}
    made, found = api.document(paths, components={"securitySchemes": schemes})
    auths = find_auth(made, list(found.values()), EMPTY, "crm").auths
    return next((one for one in auths if one.kind == "session"), None)


def parameter(name: str, place: str) -> dict[str, Any]:
    return {"name": name, "in": place, "required": True, "schema": TEXT}


@pytest.mark.parametrize(
    ("path", "credentials", "answer", "schemes", "saved", "send"),
    [
        # a headless CMS
        ("/auth/login", obj(email=TEXT, password=TEXT), obj(data=obj(access_token=TEXT, refresh_token=TEXT)), BEARER,
         "$.data.access_token", Send("header", "Authorization", "Bearer {access}")),
        ("/auth/local", obj(identifier=TEXT, password=TEXT), obj(jwt=TEXT, user=obj(id=TEXT, email=TEXT)), BEARER,
         "$.jwt", Send("header", "Authorization", "Bearer {access}")),
        # a store for secrets
        ("/auth/userpass/login/{username}", obj(password=TEXT), obj(auth=obj(client_token=TEXT, policies=TEXT)),
         {"k": key("X-Vault-Token")}, "$.auth.client_token", Send("header", "X-Vault-Token", "{access}")),
        # virtual machines
        ("/access/ticket", obj(username=TEXT, password=TEXT), obj(data=obj(ticket=TEXT, CSRFPreventionToken=TEXT)),
         {"k": key("PVEAuthCookie", "cookie")}, "$.data.ticket", Send("cookie", "PVEAuthCookie", "{access}")),
        # network storage
        ("/webapi/auth.cgi", obj(account=TEXT, passwd=TEXT), obj(data=obj(sid=TEXT, is_portal_port=TEXT)),
         {"k": key("_sid", "query")}, "$.data.sid", Send("query", "_sid", "{access}")),
        # a shop
        ("/api/oauth/token", obj(grant_type=TEXT, client_id=TEXT, client_secret=TEXT),
         obj(token_type=TEXT, expires_in=TEXT, access_token=TEXT), BEARER,
         "$.access_token", Send("header", "Authorization", "Bearer {access}")),
        # firewalls
        ("/api/login", obj(login=TEXT, pwd=TEXT), obj(sessionKey=TEXT), {"k": key("X-Session-Key")},
         "$.sessionKey", Send("header", "X-Session-Key", "{access}")),
    ],
)  # fmt: skip
def test_a_known_way(
    api: SimpleNamespace, path: str, credentials: Any, answer: Any, schemes: dict[str, Any], saved: str, send: Send
) -> None:
    parameters = {"parameters": [parameter("username", "path")]} if "{username}" in path else {}
    found = session(api, path, {**api.body(credentials), **api.answer(answer), **parameters}, schemes)
    assert found is not None
    assert found.chain[0].save["access"] == saved
    csrf = Send("header", "CSRFPreventionToken", "{csrf}", only="write")
    assert found.send == ((send, csrf) if "csrf" in found.chain[0].save else (send,))


def test_a_token_that_is_the_text_of_the_answer(api: SimpleNamespace) -> None:
    login = {**api.body(obj(username=TEXT, password=TEXT)), **api.answer(TEXT), "summary": "Create access token"}
    found = session(api, "/integration/customer/token", login, BEARER)
    assert found is not None
    assert found.chain[0].save == {"access": "$"}


def test_a_session_identifier_for_basic(api: SimpleNamespace) -> None:
    answer = {"type": "string", "description": "Newly created session identifier."}
    schemes = {"session_id": key("vmware-api-session-id"), "basic": {"type": "http", "scheme": "basic"}}
    use = {"get": {"responses": {}, "security": [{"session_id": []}]}}
    paths = {
        "/session": {"post": {**api.answer(answer), "security": [{"basic": []}]}},
        "/vms": use, "/hosts": use,
    }  # fmt: skip
    made, found = api.document(paths, components={"securitySchemes": schemes})
    (auth,) = find_auth(made, list(found.values()), EMPTY, "crm").auths
    assert auth.chain[0].save == {"access": "$"}
    assert auth.send == (Send("header", "vmware-api-session-id", "{access}"),)


def test_a_token_and_whose_it_is_go_together(api: SimpleNamespace) -> None:
    login = {
        **api.body(obj(user=TEXT, password=TEXT)),
        **api.answer(obj(status=TEXT, data=obj(authToken=TEXT, userId=TEXT))),
    }
    schemes = {"token": key("X-Auth-Token"), "user": key("X-User-Id")}
    found = session(api, "/login", login, schemes)
    assert found is not None
    assert found.chain[0].save == {"access": "$.data.authToken", "user_id": "$.data.userId"}
    assert set(found.send) == {Send("header", "X-Auth-Token", "{access}"), Send("header", "X-User-Id", "{user_id}")}


def test_all_scopes_are_asked_for_where_some_must_be(api: SimpleNamespace) -> None:
    scopes = {"type": "array", "items": {"type": "string", "enum": ["catalog", "account"]}}
    given = {**obj(email=TEXT, password=TEXT, scopes=scopes), "required": ["email", "password", "scopes"]}
    found = session(api, "/authorization", {**api.body(given), **api.answer(obj(token=TEXT))}, BEARER)
    assert found is not None
    assert found.chain[0].call.body is not None
    assert {one.name: one.value for one in found.chain[0].call.body.params}["scopes"] == ["catalog", "account"]


def test_the_prefix_that_a_description_requires(api: SimpleNamespace) -> None:
    scheme = {"k": key("Authorization", description='Token-based authentication with required prefix "Token"')}
    login = {**api.body(obj(username=TEXT, password=TEXT)), **api.answer(obj(token=TEXT))}
    found = session(api, "/authenticate", login, scheme)
    assert found is not None
    assert found.send == (Send("header", "Authorization", "Token {access}"),)


@pytest.mark.parametrize(
    ("login", "others"),
    [("/auth/customer/token", ["/auth/customer/registration"]), ("/tickets", ["/tickets/{ticket}", "/tickets/check"])],
)
def test_a_token_that_nothing_else_takes_is_no_chain(api: SimpleNamespace, login: str, others: list[str]) -> None:
    made = {"summary": "Log in", **api.body(obj(username=TEXT, password=TEXT)), **api.answer(obj(token=TEXT))}
    paths = {login: {"post": made}, **{path: {"get": {"responses": {}}} for path in others}}
    document, found = api.document(paths)
    kinds = {one.kind for one in find_auth(document, list(found.values()), EMPTY, "crm").auths}
    assert "session" not in kinds
    document, found = api.document({**paths, "/customers": {"get": {"responses": {}}}})
    assert {one.kind for one in find_auth(document, list(found.values()), EMPTY, "crm").auths} == {"session"}


@pytest.mark.parametrize(
    ("path", "name"),
    [("/auth/{provider}", "provider"), ("/auth-methods/{id}:authenticate", "id"),
     ("/collections/{c}/auth-with-password", "c"), ("/login/{silo}/local", "silo")],
)  # fmt: skip
def test_a_placeholder_says_by_what_somebody_logs_in(api: SimpleNamespace, path: str, name: str) -> None:
    login = {**api.body(obj(email=TEXT, password=TEXT)), **api.answer(obj(token=TEXT))}
    found = session(api, path, {**login, "parameters": [parameter(name, "path")]}, BEARER)
    assert found is not None
    (way,) = found.chain[0].call.path_params
    assert (way.name, way.value) == (name, f"${{env:CRM_{name.upper()}}}")


@pytest.mark.parametrize(
    ("taken", "variables"),
    [
        (["apiSecret"], ["API_SECRET"]),
        (["id", "secret"], ["CLIENT_ID", "API_SECRET"]),
        (["merchantId", "secretKey"], ["CLIENT_ID", "API_SECRET"]),
        (["clientKey", "clientSecret"], ["CLIENT_ID", "CLIENT_SECRET"]),
        (["sessionId", "secret"], []),
    ],
)
def test_a_secret_is_exchanged_for_a_token(api: SimpleNamespace, taken: list[str], variables: list[str]) -> None:
    given = {**obj(**dict.fromkeys(taken, TEXT)), "required": taken}
    login = {**api.body(given), **api.answer(obj(accessToken=TEXT))}
    found = session(api, "/login", login, BEARER)
    params = found.chain[0].call.body.params if found and found.chain[0].call.body else ()
    expected = dict(zip(taken, (f"${{env:CRM_{one}}}" for one in variables), strict=False))
    assert {one.name: one.value for one in params} == expected
    assert session(api, "/webhooks", login, BEARER) is None
