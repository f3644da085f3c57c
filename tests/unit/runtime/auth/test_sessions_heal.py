"""Sessions that end without the status that was declared for it, logins that fail, and credentials that stay inside."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from adaptgen.model.tables import Auth, Body, Call, Login, Param, Refused, Send, Tool
from adaptgen.runtime.auth.login_attempts import Attempts, speaks_of_credentials
from adaptgen.runtime.http.response import Response

if TYPE_CHECKING:
    from conftest import Api, Make, Received

ACCOUNT = {"CRM_USERNAME": "svc", "CRM_PASSWORD": "hunter22"}
READ = Tool(name="get_item", call=Call("GET", "/items/{id}"), auth=("crm",), view=("id", "name"))
WRITE = Tool(
    name="add_item", call=Call("POST", "/items", body=Body(params=(Param("name"),))), effect="write", auth=("crm",)
)
LOGIN = Login(
    id="login",
    call=Call(
        "POST",
        "/login",
        body=Body(params=(Param("user", value="${env:CRM_USERNAME}"), Param("password", value="${env:CRM_PASSWORD}"))),
    ),
    save={"access": "$.access"},
)
BEARER = Send("header", "Authorization", "Bearer {access}")
CRM = Auth(name="crm", kind="session", chain=(LOGIN,), send=(BEARER,), start={"access": "${env:CRM_TOKEN}"})
PAGE = b"<!DOCTYPE html><html><body><form>Name <input type='password' name=p></form></body></html>"
HTML = {"Content-Type": "text/html"}


class Service:
    """Takes the last token only; ``dead`` is what it answers to any other one."""

    def __init__(self, reply: Any) -> None:
        self.reply = reply
        self.number = 0
        self.dead = reply(401, {})
        self.items: Any = reply(200, {"id": 1, "name": "Ada"})
        self.changes = 0

    def __call__(self, one: Received) -> Any:
        if one.path == "/login":
            self.number += 1
            return self.reply(200, {"access": f"token-number-{self.number}"})
        if one.path in ("/accounts/login", "/sso"):
            return self.reply(200, PAGE, HTML)
        if one.headers.get("authorization") != f"Bearer token-number-{self.number}":
            return self.dead
        self.changes += one.method == "POST"
        return self.items


@pytest.fixture
def service(api: Api, reply: Any) -> Service:
    api.handler = made = Service(reply)
    return made


DEAD: list[tuple[int, Any, dict[str, str]]] = [
    (200, {"error": "Session expired"}, {}),
    (200, {"success": False, "message": "You are not logged in"}, {}),
    (200, {"code": 401, "msg": "未登录", "data": None}, {}),
    (200, {"status": "error", "message": "Ihre Sitzung ist abgelaufen"}, {}),
    (200, {"error": {"code": "SESSION_EXPIRED"}}, {}),
    (200, [{"errorCode": "INVALID_SESSION_ID", "message": "gone"}], {}),
    (200, PAGE, HTML),
    (200, b"Please sign in to continue", {"Content-Type": "text/plain"}),
    (403, {"detail": "Authentication credentials were not provided."}, {}),
    (403, {"errorCode": "SEC-04", "message": "no"}, {}),
    (403, {"message": "Forbidden"}, {}),
    (403, b"<html><body>Forbidden</body></html>", HTML),
    (302, None, {"Location": "/accounts/login?next=/items/1"}),
    (302, None, {"Location": "https://sso.example/authorize?client=1"}),
    (307, None, {"Location": "/sso"}),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [one for one in DEAD if not (one[0] == 302 and "https" in one[2].get("Location", ""))],
)
async def test_the_line_that_the_operator_is_told_is_a_rule_that_holds(
    api: Api, make: Make, service: Service, reply: Any, caplog: pytest.LogCaptureFixture, status: int, body: Any,
    headers: dict[str, str],
) -> None:  # fmt: skip
    service.dead = reply(status, body, headers)
    calls = make(READ, auth=(CRM,), environ=ACCOUNT)
    await calls.ok("get_item", id=1)
    service.number += 1
    await calls.ok("get_item", id=1)
    (sign,) = calls.engine.execution().sessions(["crm"])[0].signs.learnt()
    rule = Refused(sign.status, {sign.path: sign.pattern} if sign.path else {})
    caplog.clear()
    told = make(READ, WRITE, auth=(replace(CRM, refused=(Refused(401), rule)),), environ=ACCOUNT)
    await told.ok("get_item", id=1)
    service.number += 1
    await told.ok("add_item", name="x")
    assert service.changes == 1, "a rule of the hints means that nothing was executed"
    assert not caplog.records


@pytest.mark.asyncio
async def test_a_success_that_still_says_logged_out_is_an_error_that_names_the_credentials(
    api: Api, make: Make, service: Service, reply: Any
) -> None:
    service.items = reply(200, {"message": "session expired"})
    text = await make(READ, auth=(CRM,), environ=ACCOUNT).error("get_item", id=1)
    assert "even after a fresh login" in text
    assert "CRM_PASSWORD and CRM_USERNAME" in text


@pytest.mark.asyncio
@pytest.mark.parametrize(("status", "repeated"), [(200, False), (403, True), (302, False)])
async def test_a_change_is_repeated_only_where_refused_means_not_executed(
    api: Api, make: Make, service: Service, reply: Any, status: int, repeated: bool
) -> None:
    location = {"Location": "/accounts/login"} if status == 302 else {}
    service.dead = reply(status, {"message": "not authenticated"}, location)
    calls = make(READ, WRITE, auth=(CRM,), environ=ACCOUNT)
    await calls.ok("get_item", id=1)
    service.number += 1
    answer = await calls.answer("add_item", name="x")
    assert answer.is_error is not repeated
    assert service.changes == (1 if repeated else 0)
    if not repeated:
        assert "was not repeated" in answer.content[0].text  # type: ignore[union-attr]
        assert "refused: [401, " in answer.content[0].text  # type: ignore[union-attr]
    assert (await calls.ok("get_item", id=1))["id"] == 1


# --------------------------------------------------------------------------------------------------- a token alone


@pytest.mark.asyncio
async def test_a_token_alone_is_enough_and_is_named_when_it_is_refused(api: Api, make: Make, service: Service) -> None:
    service.number = 7
    calls = make(READ, auth=(CRM,), environ={"CRM_TOKEN": "token-number-7"})
    assert (await calls.ok("get_item", id=1))["id"] == 1
    service.number = 8
    text = await calls.error("get_item", id=1)
    assert "CRM_TOKEN" in text
    assert "CRM_PASSWORD and CRM_USERNAME to log in" in text
    assert "token-number" not in text
    calls.engine._environ["CRM_TOKEN"] = "token-number-8"  # type: ignore[index]
    assert (await calls.ok("get_item", id=1))["id"] == 1
    assert api.calls("/login") == 0


@pytest.mark.asyncio
async def test_a_token_alone_with_the_rest_of_the_chain(api: Api, make: Make, reply: Any) -> None:
    def answer(one: Received) -> Any:
        if one.path == "/csrf":
            return reply(200, {"csrf": "c-1"}, {"Set-Cookie": "sid=abc"})
        return reply(200, {"csrf": one.headers.get("x-csrf"), "who": one.headers.get("authorization", "")[-1]})

    api.handler = answer
    csrf = Login(id="csrf", call=Call("GET", "/csrf"), send=(BEARER,), save={"csrf": "$.csrf"}, cookies=True)
    auth = replace(CRM, chain=(LOGIN, csrf), send=(BEARER, Send("header", "X-Csrf", "{csrf}", only="write")))
    calls = make(WRITE, auth=(auth,), environ={"CRM_TOKEN": "token-number-7"})
    assert await calls.ok("add_item", name="x") == {"csrf": "c-1", "who": "7"}
    assert api.calls("/login") == 0


# ------------------------------------------------------------------------------------------------- logins that fail


def said(status: int, body: Any, media: str = "application/json") -> Response:
    import json

    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return Response(status, {}, content, media_type=media)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {}),
        (401, {"message": "Unauthorized"}),
        (400, {"error": "invalid_grant"}),
        (400, {"message": "Invalid username or password"}),
        (403, {"detail": "No active account found with the given credentials: account disabled"}),
        (404, {"error": "User not found"}),
        (422, {"errors": [{"field": "password", "message": "password is incorrect"}]}),
        (200, {"success": False, "error": "Wrong password"}),
        (200, {"code": 1001, "msg": "用户名或密码错误"}),
        (400, {"meldung": "Das Passwort ist falsch"}),
        (400, {"error": "Identifiant ou mot de passe incorrect"}),
        (400, {"error": "Usuario o contraseña incorrectos"}),
        (403, {"message": "Your account is locked"}),
        (400, {"non_field_errors": ["Unable to log in with provided credentials: authentication failed."]}),
    ],
)
def test_an_answer_that_speaks_of_credentials_is_final(status: int, body: Any) -> None:
    assert speaks_of_credentials(said(status, body))


@pytest.mark.parametrize(
    ("status", "body", "media"),
    [
        (429, {"message": "invalid password, too many attempts"}, "application/json"),
        (503, {"message": "down"}, "application/json"),
        (400, {"message": "Login is disabled during maintenance"}, "application/json"),
        (403, b"<html><title>Attention Required</title>Request blocked. Ray ID 7</html>", "text/html"),
        (403, {"message": "Forbidden"}, "application/json"),
        (404, {"message": "no such route"}, "application/json"),
        (401, b"<html><h1>Web application firewall</h1></html>", "text/html"),
        (200, {"tokens": []}, "application/json"),
    ],
)
def test_other_refusals_are_not(status: int, body: Any, media: str) -> None:
    assert not speaks_of_credentials(said(status, body, media))


def test_attempts_wait_longer_each_time() -> None:
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    waits = []
    for _ in range(3):
        waits.append(attempts.failed("a"))
        now[0] += waits[-1]
    assert waits == [30.0, 60.0, 3510.0]
    assert attempts.wait("b") == 0, "another credential is not concerned"
    attempts.failed("a")
    attempts.succeeded("a")
    assert attempts.wait("a") == 0


@pytest.mark.asyncio
async def test_a_refresh_token_is_not_thrown_away_for_a_gateway(
    api: Api, make: Make, reply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000_000.0]
    monkeypatch.setattr("adaptgen.runtime.auth.login_attempts.time.time", lambda: now[0])
    up = [False]

    def answer(one: Received) -> Any:
        if one.path == "/refresh":
            if not up[0]:
                return reply(403, b"<html>blocked</html>", HTML)
            return reply(200, {"access": "a-2", "refresh": "r-2"}) if one.json()["refresh"] == "r-1" else reply(401, {})
        return reply(200, {"id": 1})

    api.handler = answer
    refresh = Login(
        id="refresh",
        call=Call("POST", "/refresh", body=Body(params=(Param("refresh", value="{refresh}"),))),
        save={"access": "$.access", "refresh": "$.refresh"},
    )
    auth = Auth(name="crm", kind="session", start={"refresh": "${env:R}"}, refresh=refresh, send=(BEARER,))
    calls = make(READ, auth=(auth,), environ={"R": "r-1"})
    await calls.error("get_item", id=1)
    up[0] = True
    now[0] += 31
    assert (await calls.ok("get_item", id=1))["id"] == 1


# ----------------------------------------------------------------------------------------- calls without credentials


@pytest.mark.asyncio
async def test_a_call_that_works_without_is_sent_without(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda one: reply(200, {"id": 1, "name": one.headers.get("authorization")})
    anonymous = replace(READ, anonymous=True)
    assert await make(anonymous, auth=(CRM,)).ok("get_item", id=1) == {"id": 1, "name": None}
    given = make(anonymous, auth=(CRM,), environ={"CRM_TOKEN": "token-number-1"})
    await given.ok("get_item", id=1)
    assert api.received[-1].headers["authorization"] == "Bearer token-number-1"


@pytest.mark.asyncio
@pytest.mark.parametrize("status", [401, 403])
async def test_without_credentials_a_refusal_says_which_to_set(api: Api, make: Make, reply: Any, status: int) -> None:
    api.handler = lambda one: reply(status, {})
    key = Auth(name="crm", kind="api_key", send=(Send("header", "X-Key", "${env:CRM_API_KEY}"),))
    text = await make(replace(READ, anonymous=True), auth=(key,)).error("get_item", id=1)
    assert "set CRM_API_KEY" in text


# --------------------------------------------------------------------------------------------------- tokens stay in


# ---------------------------------------------------------------------------------------------------------- the signs
