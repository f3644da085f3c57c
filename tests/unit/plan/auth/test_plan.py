from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from adaptgen.model.tables import Auth, Base, Call, Expires, Login, Param, Send, Server, Tool
from adaptgen.plan.auth import AuthPlan
from adaptgen.plan.auth.plan import find_auth, optional_variables
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
    ],
)
def test_a_declared_scheme_is_sent(api: SimpleNamespace, scheme: dict[str, Any], send: Send) -> None:
    found = plan(api, {"/a": get(), "/b": get(security=[])}, {"s": scheme}, security=[{"s": []}])
    assert [auth.send for auth in found.auths] == [(send,)]
    assert found.by_operation == {pointer("GET /a"): (found.auths[0].name,)}
    assert all(one.required for one in found.variables)


# ---------------------------------------------------------------------------------------------- nothing is declared


DIGEST = {"type": "http", "scheme": "digest"}
KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}


@pytest.mark.parametrize("asked", [{"security": [{"s": []}]}, {"security": [{"s": [], "key": []}]}, {}])
@pytest.mark.parametrize(
    "scheme",
    [DIGEST, {"type": "http", "scheme": "Negotiate"}, {"type": "mutualTLS"}, {"type": "openIdConnect"}, {"type": "x"}],
)
def test_a_scheme_that_cannot_be_served_sends_nothing_and_is_named(
    api: SimpleNamespace, scheme: dict[str, Any], asked: dict[str, Any]
) -> None:
    declared = {"s": scheme, **({"key": KEY} if "key" in str(asked) else {})}
    found = plan(api, {"/a": get()}, declared, **asked)
    assert [(auth.name, auth.kind, auth.send) for auth in found.auths] == [("s", "unserved", ())]
    assert found.variables == ()
    (note,) = found.diagnostics
    assert ("'s'" in note.message, "cannot be served" in note.message, note.severity) == (True, True, "warning")


def test_of_several_ways_one_that_can_be_served_is_taken(api: SimpleNamespace) -> None:
    found = plan(api, {"/a": get()}, {"s": DIGEST, "key": KEY}, security=[{"s": []}, {"key": []}])
    assert [auth.kind for auth in found.auths] == ["api_key"]
    assert found.diagnostics == ()


def test_a_scheme_that_cannot_be_served_takes_no_other_one_of_its_name(api: SimpleNamespace) -> None:
    found = plan(
        api, {"/a": get(), "/b": get(security=[{"a_b": []}])}, {"a-b": DIGEST, "a_b": KEY}, security=[{"a-b": []}]
    )
    kinds = {auth.name: auth.kind for auth in found.auths}
    assert [kinds[name] for name in found.by_operation[pointer("GET /a")]] == ["unserved"]
    assert [kinds[name] for name in found.by_operation[pointer("GET /b")]] == ["api_key"]


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


# -------------------------------------------------------------------------------------------------- the login chain


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
        (key_in("header", "Authorization"), BEARER),
        *(
            (key_in("header", "Authorization", **shown), Send("header", "Authorization", "{access}"))
            for shown in (
                {"description": "Authorization: <token>"},
                {"description": "The token of the login, without a prefix"},
                {"example": "3f9a2c77"},
            )
        ),
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


def test_of_schemes_that_fit_alike_the_first_is_taken(api: SimpleNamespace) -> None:
    """Whatever the hashes of names are."""
    names = ["mine", "yours", "theirs", "ours", "a", "b"]
    schemes = {name: {"type": "http", "scheme": f"word{name}"} for name in names}
    paths = {"/login": {"post": api.login(security=[])}, "/customers": get()}
    found = plan(api, paths, schemes, security=[{name: []} for name in names])
    assert [auth.send for auth in found.auths] == [(Send("header", "Authorization", "Wordmine {access}"),)]


def test_a_required_input_that_nobody_knows_ends_it(api: SimpleNamespace) -> None:
    given = {**obj(username=TEXT, password=TEXT, captcha=TEXT), "required": ["username", "password", "captcha"]}
    assert plan(api, {"/login": {"post": api.login(credentials=given)}, "/a": get()}).login_operations == {}


def test_of_several_ways_to_name_the_user_one_is_sent(api: SimpleNamespace) -> None:
    given = obj(email=TEXT, username=TEXT, password=TEXT)
    found = plan(api, {"/login": {"post": api.login(credentials=given)}, "/a": get()})
    login_body = found.auths[0].chain[0].call.body
    assert login_body is not None
    assert {param.name for param in login_body.params} == {"username", "password"}


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


def test_what_a_server_can_do_without_is_one_fact() -> None:
    login = Login(id="login", call=Call("POST", "/login", query=(Param("key", value="${env:CRM_KEY}"),)))
    token = Send("header", "Authorization", "Bearer {access}")
    session = Auth(name="s", kind="session", send=(token,), chain=(login,), start={"access": "${env:CRM_TOKEN}"})
    bases = (Base(url="https://a.example", env="CRM_BASE_URL"), Base(url="https://b.example", env="B_URL", name="b"))
    tool = Tool(name="list_rows", call=Call("GET", "/rows"), auth=("s",))
    server = Server(name="crm", title="", bases=bases, declared=("https://a.example",), auth=(session,), tools=(tool,))
    assert optional_variables(server) == {"CRM_TOKEN", "B_URL"}
    agreed = replace(server, credentials={"CRM_KEY": ("https://a.example",)})
    assert optional_variables(agreed) == {"CRM_TOKEN", "B_URL", "CRM_BASE_URL"}
    spare = replace(server, auth=(), instead=(replace(session, optional=True),))
    assert optional_variables(spare) == {"CRM_KEY", "CRM_TOKEN", "B_URL", "CRM_BASE_URL"}
