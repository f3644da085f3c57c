from types import SimpleNamespace
from typing import Any

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Base, Send
from adaptgen.plan.auth import AuthPlan
from adaptgen.plan.auth.plan import find_auth
from adaptgen.source.hints.model import AuthHint, CallHint, Hints, LoginHint, RefusedHint, SendHint

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


def test_oauth_by_hint(api: SimpleNamespace) -> None:
    hint = AuthHint(
        kind="oauth2", token_url="https://idp.example/t", client_id="c", client_secret="${env:S}", scopes=("a", "b")
    )
    (auth,) = plan(api, hint, {}).auths
    body = auth.chain[0].call.body
    assert body is not None
    assert [(one.name, one.value) for one in body.params] == [("grant_type", "client_credentials"), ("scope", "a b")]
    assert auth.chain[0].send == (Send("header", "Authorization", "c:${env:S}", basic=True, encoded=True),)


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
    assert login.send == (Send("header", "Authorization", "crm:${env:S}", basic=True, encoded=True),)
    assert (auth.per, auth.store, auth.send[0].as_) == ("caller", "redis", "Bearer {access}")
    assert {one.name for one in made.variables} == {"IDP", "S", "ADAPTGEN_STORE_URL", "ADAPTGEN_CURSOR_KEY"}


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


def test_a_hint_cannot_send_what_no_login_of_the_document_gives(api: SimpleNamespace) -> None:
    hint = AuthHint(kind="session", send=(SendHint(place="header", name="X-Token", as_="{session}"),))
    code, text = fails(api, hint, {"/login": {"post": api.login()}})
    assert code == "AG037"
    assert "known here: access" in text


def test_nothing_is_taken_over_where_the_document_shows_no_login(api: SimpleNamespace) -> None:
    code, text = fails(api, AuthHint(kind="session", refused=(RefusedHint(status=403),)), {})
    assert code == "AG031"
    assert "the document shows no login" in text
