from types import SimpleNamespace
from typing import Any

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Base, Expires, Refused, Send, SigV4
from adaptgen.plan.auth import AuthPlan
from adaptgen.plan.auth.plan import find_auth
from adaptgen.source.hints.model import AuthHint, CallHint, ExpiresHint, Hints, LoginHint, RefusedHint, SendHint

TEXT = {"type": "string"}
SENT = SendHint(place="header", name="Authorization", as_="Bearer {access}")


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def plan(api: SimpleNamespace, auth: AuthHint, paths: dict[str, Any], **more: Any) -> AuthPlan:
    root = more.pop("root", {})
    made, found = api.document({"/a": {"get": {"responses": {}}}, **paths}, **root)
    return find_auth(made, list(found.values()), Hints(auth={"main": auth}, **more), "crm")


def login(**more: Any) -> LoginHint:
    given = {"user": "${secret:crm#user}", "password": "${secret:crm#password}"}
    return LoginHint(
        **{"id": "login", "call": CallHint("POST", "/session"), "with_": given, "save": {"access": "$.t"}, **more}
    )


def session(api: SimpleNamespace, schema: Any = None) -> dict[str, Any]:
    given = schema or obj(user=TEXT, password=TEXT)
    return {"/session": {"post": {**api.body(given), **api.answer(obj(t=TEXT))}}}


def fails(api: SimpleNamespace, auth: AuthHint, paths: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(AdaptgenError) as caught:
        plan(api, auth, paths)
    (found,) = caught.value.diagnostics
    return found.code, f"{found.message} | {found.help}"


@pytest.mark.parametrize(
    ("hint", "send", "variables"),
    [
        (
            AuthHint(kind="api_key", header="X-Key", value="${env:K}"),
            Send("header", "X-Key", "${env:K}"),
            {"K"},
        ),
        (AuthHint(kind="api_key", query="key"), Send("query", "key", "${env:CRM_API_KEY}"), {"CRM_API_KEY"}),
        (
            AuthHint(kind="basic", username="u", password="${env:P}"),
            Send("header", "Authorization", "u:${env:P}", basic=True),
            {"P"},
        ),
        (AuthHint(kind="bearer"), Send("header", "Authorization", "Bearer ${env:CRM_TOKEN}"), {"CRM_TOKEN"}),
    ],
)
def test_the_short_forms(api: SimpleNamespace, hint: AuthHint, send: Send, variables: set[str]) -> None:
    found = plan(api, hint, {})
    assert found.auths[0].send == (send,)
    assert {one.name for one in found.variables} == variables
    assert list(found.by_operation.values()) == [("main",)]


def test_oauth_by_hint(api: SimpleNamespace) -> None:
    hint = AuthHint(
        kind="oauth2", token_url="https://idp.example/t", client_id="c", client_secret="${env:S}", scopes=("a", "b")
    )
    (auth,) = plan(api, hint, {}).auths
    body = auth.chain[0].call.body
    assert body is not None
    assert [(one.name, one.value) for one in body.params] == [("grant_type", "client_credentials"), ("scope", "a b")]
    assert auth.chain[0].send == (Send("header", "Authorization", "c:${env:S}", basic=True),)


def test_a_chain_is_built_from_the_operation_it_names(api: SimpleNamespace) -> None:
    hint = AuthHint(
        kind="session",
        chain=(login(expires=ExpiresHint(after="$.ttl", unit="ms")),),
        send=(SENT,),
        refused=(RefusedHint(status=403, body={"detail": "*login again*"}),),
    )
    found = plan(api, hint, session(api))
    (auth,) = found.auths
    call = auth.chain[0].call
    assert (call.method, call.path) == ("POST", "/session")
    assert call.body is not None
    assert call.body.media == "application/json"
    assert {one.name: one.value for one in call.body.params} == {
        "user": "${secret:crm#user}", "password": "${secret:crm#password}",
    }  # fmt: skip
    assert auth.chain[0].expires == Expires(after="$.ttl", unit="ms")
    assert auth.refused == (Refused(403, {"detail": "*login again*"}),)
    assert found.login_operations == {"#/paths/~1session/post": "main"}
    assert set(found.by_operation) == {"#/paths/~1a/get"}


def test_values_go_into_the_body_s_wrapper(api: SimpleNamespace) -> None:
    paths = session(api, obj(credentials=obj(user=TEXT, password=TEXT)))
    call = plan(api, AuthHint(kind="session", chain=(login(),), send=(SENT,)), paths).auths[0].chain[0].call
    assert call.body is not None
    assert (call.body.inside, {one.name for one in call.body.params}) == ("credentials", {"user", "password"})


def test_a_login_may_stand_in_another_document(api: SimpleNamespace) -> None:
    other, _ = api.document(session(api), servers=[{"url": "/auth"}])
    hint = AuthHint(kind="session", chain=(login(call=CallHint("POST", "/session", "auth.json")),), send=(SENT,))
    found = plan(api, hint, {}, documents={"auth.json": other}, base_url="${env:CRM_BASE_URL}")
    assert found.auths[0].chain[0].call.base == "auth"
    assert found.bases == (Base("${env:CRM_BASE_URL}/auth", "CRM_AUTH_BASE_URL", "auth"),)
    assert found.login_operations == {}


def test_a_session_may_start_with_a_refresh_token_alone(api: SimpleNamespace) -> None:
    paths: dict[str, Any] = {
        "/refresh": {"post": {**api.body(obj(refresh=TEXT)), **api.answer(obj(access=TEXT, refresh=TEXT))}}
    }
    renewal = LoginHint(
        id="refresh", call=CallHint("POST", "/refresh"), with_={"refresh": "{refresh}"},
        save={"access": "$.access", "refresh": "$.refresh"},
    )  # fmt: skip
    hint = AuthHint(kind="session", start={"refresh": "${env:R}"}, refresh=renewal, send=(SENT,))
    found = plan(api, hint, paths)
    (auth,) = found.auths
    assert (auth.chain, auth.start) == ((), {"refresh": "${env:R}"})
    assert auth.refresh is not None
    assert auth.refresh.save == {"access": "$.access", "refresh": "$.refresh"}
    assert [(one.name, one.required) for one in found.variables] == [("R", True)]
    # The token that it starts from is used up, and memory forgets the next one.
    assert [one.severity for one in found.diagnostics] == ["warning"]
    kept = AuthHint(kind="session", start={"refresh": "${env:R}"}, refresh=renewal, send=(SENT,), store="file")
    assert plan(api, kept, paths).diagnostics == ()


def test_declared_public_operations_stay_public(api: SimpleNamespace) -> None:
    paths: dict[str, Any] = {"/health": {"get": {"security": [], "responses": {}}}}
    root = {"security": [{"x": []}], "components": {"securitySchemes": {"x": {"type": "http", "scheme": "bearer"}}}}
    found = plan(api, AuthHint(kind="bearer"), paths, root=root)
    assert set(found.by_operation) == {"#/paths/~1a/get"}


@pytest.mark.parametrize("name", ["OAuth2Bearer", "oauth_2_bearer"])
def test_an_auth_that_is_named_after_a_scheme_serves_what_asks_for_it(api: SimpleNamespace, name: str) -> None:
    """Both accounts of a person would be asked for, and each sent where the other belongs."""
    schemes = {
        "OAuth2Bearer": {"type": "http", "scheme": "bearer"},
        "ApiKey": {"type": "apiKey", "in": "header", "name": "X"},
    }
    paths = {
        "/a": {"get": {"security": [{"OAuth2Bearer": []}], "responses": {}}},
        "/b": {"get": {"security": [{"ApiKey": []}], "responses": {}}},
        "/c": {"get": {"security": [{"Other": []}], "responses": {}}},
    }
    made, operations = api.document(paths, components={"securitySchemes": schemes})
    hints = Hints(auth={name: AuthHint(kind="bearer"), "ApiKey": AuthHint(kind="api_key", header="X")})
    found = find_auth(made, list(operations.values()), hints, "crm")
    assert found.by_operation == {
        "#/paths/~1a/get": (name,),
        "#/paths/~1b/get": ("ApiKey",),
        "#/paths/~1c/get": (name, "ApiKey"),
    }


@pytest.mark.parametrize(
    ("chain", "code", "says"),
    [
        (login(call=CallHint("POST", "/sesion")), "AG033", "POST /session"),
        (login(with_={"usr": "u"}), "AG034", "'user'"),
        (login(with_={"user": "{token}"}), "AG037", "'token'"),
        (login(send=(SendHint(place="header", name="X", as_="{acces}"),)), "AG037", "did you mean 'access'"),
    ],
)
def test_located_errors(api: SimpleNamespace, chain: LoginHint, code: str, says: str) -> None:
    found, text = fails(api, AuthHint(kind="session", chain=(chain,), send=(SENT,)), session(api))
    assert found == code
    assert says in text


def test_a_renewal_repeats_calls_that_exist(api: SimpleNamespace) -> None:
    renewal = login(id="refresh", then=("csrf",), with_={})
    hint = AuthHint(kind="session", chain=(login(),), refresh=renewal, send=(SENT,))
    assert fails(api, hint, session(api))[0] == "AG037"


def test_a_path_parameter_that_is_not_given(api: SimpleNamespace) -> None:
    paths = {"/t/{tenant}/session": {"post": {**api.body(obj(user=TEXT, password=TEXT)), "responses": {}}}}
    hint = AuthHint(kind="session", chain=(login(call=CallHint("POST", "/t/{tenant}/session")),), send=(SENT,))
    assert fails(api, hint, paths)[0] == "AG034"


def test_what_ends_the_session_is_no_tool(api: SimpleNamespace) -> None:
    out: dict[str, Any] = {"post": {"responses": {}}}
    paths: dict[str, Any] = {**session(api), "/logout": out, "/session/lock": out}
    paths["/session"]["delete"] = {"responses": {}}
    found = plan(api, AuthHint(kind="session", chain=(login(),), send=(SENT,)), paths)
    ended = ("#/paths/~1session/post", "#/paths/~1session/delete", "#/paths/~1logout/post")
    assert found.login_operations == dict.fromkeys(ended, "main")
    # A hint may still call them, as anybody who is logged in.
    assert found.by_operation["#/paths/~1logout/post"] == ("main",)
    # A key has no session that could end.
    assert plan(api, AuthHint(kind="bearer"), paths).login_operations == {}


def test_an_exchange_gets_a_token_for_each_caller(api: SimpleNamespace) -> None:
    hint = AuthHint(
        kind="exchange", per="caller", store="redis", token_url="${env:IDP}/t", client_id="crm",
        client_secret="${env:S}", scopes=("a", "b"), audience="api", resource="https://api.example",
    )  # fmt: skip
    made = plan(api, hint, {})
    (auth,) = made.auths
    (login,) = auth.chain
    assert login.call.body is not None
    assert {one.name: one.value for one in login.call.body.params} == {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": "{caller.token}",
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "audience": "api",
        "resource": "https://api.example",
        "scope": "a b",
    }
    assert login.send == (Send("header", "Authorization", "crm:${env:S}", basic=True),)
    assert (auth.per, auth.store, auth.send[0].as_) == ("caller", "redis", "Bearer {access}")
    assert {one.name for one in made.variables} == {"IDP", "S", "ADAPTGEN_STORE_URL", "ADAPTGEN_CURSOR_KEY"}


def test_a_signature_names_service_role_and_tags(api: SimpleNamespace) -> None:
    hint = AuthHint(kind="sigv4", per="caller", region="${env:R}", role="${env:ROLE}", tags={"org": "tenant"})
    made = plan(api, hint, {})
    (auth,) = made.auths
    assert auth.sign == SigV4(region="${env:R}", role="${env:ROLE}", tags={"org": "tenant"})
    assert (auth.per, auth.send, auth.chain) == ("caller", (), ())
    assert {one.name for one in made.variables} == {"R", "ROLE"}


@pytest.mark.parametrize("kind", ["oauth2", "session"])
def test_a_refresh_token_that_rotates_wants_a_store(api: SimpleNamespace, kind: str) -> None:
    def notes(store: Any) -> list[str]:
        if kind == "oauth2":
            hint = AuthHint(kind="oauth2", grant="refresh_token", token_url="https://idp.example/t", store=store)
            return [one.code for one in plan(api, hint, {}).diagnostics]
        again = login(id="refresh", with_={"user": "{user}"}, save={"access": "$.t", "user": "$.u"})
        hint = AuthHint(kind="session", start={"user": "${env:U}"}, refresh=again, send=(SENT,), store=store)
        return [one.code for one in plan(api, hint, session(api)).diagnostics]

    assert notes("memory") == ["AG039"]
    assert [notes(store) for store in ("file", "redis", "dynamodb")] == [[], [], []]


def test_callers_cannot_share_a_token_that_rotates(api: SimpleNamespace) -> None:
    again = login(id="refresh", with_={"user": "{user}"}, save={"access": "$.t", "user": "$.u"})
    hint = AuthHint(kind="session", per="caller", start={"user": "${env:U}"}, refresh=again, send=(SENT,))
    code, text = fails(api, hint, session(api))
    assert code == "AG039"
    assert "chain:" in text


# ------------------------------------------------------------------------------------------- a session taken over


def test_a_session_without_a_chain_is_the_one_that_the_document_shows(api: SimpleNamespace) -> None:
    refused = (RefusedHint(status=403, body={"errorCode": "SEC-*"}),)
    token = obj(access_token=TEXT, expires_in={"type": "integer"})
    paths = {"/login": {"post": api.login(token)}, "/logout": {"post": {"responses": {}}}}
    found = plan(api, AuthHint(kind="session", refused=refused, store="file"), paths)
    (auth,) = found.auths
    assert (auth.name, auth.store, auth.refused) == ("main", "file", (Refused(403, {"errorCode": "SEC-*"}),))
    assert auth.chain[0].call.path == "/login"
    assert auth.chain[0].expires == Expires(after="$.expires_in")
    assert auth.send == (Send("header", "Authorization", "Bearer {access}"),)
    assert found.login_operations == {"#/paths/~1login/post": "main", "#/paths/~1logout/post": "main"}
    assert found.by_operation == {"#/paths/~1a/get": ("main",)}
    assert found.evidence[0].because.endswith("the hints say store and refused")


def test_what_a_hint_says_takes_the_place_of_what_is_shown(api: SimpleNamespace) -> None:
    send = (SendHint(place="header", name="X-Token", as_="{access}"),)
    found = plan(api, AuthHint(kind="session", send=send), {"/login": {"post": api.login()}})
    assert found.auths[0].send == (Send("header", "X-Token", "{access}"),)


def test_a_hint_cannot_send_what_no_login_of_the_document_gives(api: SimpleNamespace) -> None:
    hint = AuthHint(kind="session", send=(SendHint(place="header", name="X-Token", as_="{session}"),))
    code, text = fails(api, hint, {"/login": {"post": api.login()}})
    assert code == "AG037"
    assert "known here: access" in text


def test_nothing_is_taken_over_where_the_document_shows_no_login(api: SimpleNamespace) -> None:
    code, text = fails(api, AuthHint(kind="session", refused=(RefusedHint(status=403),)), {})
    assert code == "AG031"
    assert "the document shows no login" in text


def test_a_hinted_login_may_fill_a_body_that_is_one_text(api: SimpleNamespace) -> None:
    body = {"description": "The password", "content": {"text/plain": {"schema": TEXT}}}
    paths = {"/session": {"post": {"requestBody": body, **api.answer(obj(t=TEXT))}}}
    found = plan(api, AuthHint(kind="session", chain=(login(with_={"body": "${env:P}"}),), send=(SENT,)), paths)
    made = found.auths[0].chain[0].call.body
    assert made is not None
    assert (made.media, made.whole and made.whole.value) == ("text/plain", "${env:P}")
