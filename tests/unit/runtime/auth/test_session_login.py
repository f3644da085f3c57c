"""Logging in: once, at first use, with credentials that never show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from adaptgen.model.tables import Auth, Body, Call, Expires, Login, Param, Refused, Send, Tool

if TYPE_CHECKING:
    from conftest import Api, Calls, Make, Received

pytestmark = pytest.mark.asyncio

READ = Tool(name="get_item", call=Call("GET", "/items/{id}"), auth=("crm",))
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
    save={"access": "$.data.access"},
)
BEARER = Send("header", "Authorization", "Bearer {access}")
CRM = Auth(name="crm", kind="session", chain=(LOGIN,), send=(BEARER,))


class Tokens:
    """A login that counts, and items behind it that take the last token only."""

    def __init__(self, reply: Any) -> None:
        self.reply = reply
        self.number = 0
        self.refusal = 401

    def __call__(self, one: Received) -> Any:
        if one.path == "/login":
            if one.json() != {"user": "svc", "password": "hunter22"}:
                return self.reply(401, {"message": "bad password hunter22-wrong"})
            self.number += 1
            return self.reply(201, {"data": {"access": f"token-{self.number}"}})
        if one.headers.get("authorization") != f"Bearer token-{self.number}":
            return self.reply(self.refusal, {"detail": "please login again"})
        return self.reply(200, {"id": 1})


@pytest.fixture
def tokens(api: Api, reply: Any) -> Tokens:
    api.handler = made = Tokens(reply)
    return made


async def test_one_login_serves_all_calls(api: Api, make: Make, tokens: Tokens, environ: dict[str, str]) -> None:
    calls = make(READ, auth=(CRM,), environ=environ)
    assert not api.received, "nothing is sent before the first call"
    for _ in range(3):
        assert await calls.ok("get_item", id=1) == {"id": 1}
    assert api.calls("/login") == 1


async def test_a_missing_variable_is_named_before_anything_is_sent(api: Api, make: Make, tokens: Tokens) -> None:
    text = await make(READ, auth=(CRM,), environ={"CRM_USERNAME": "svc"}).error("get_item", id=1)
    assert "CRM_PASSWORD" in text
    assert "CRM_USERNAME" not in text
    assert not api.received


async def test_wrong_credentials_are_tried_once(api: Api, make: Make, tokens: Tokens) -> None:
    environ = {"CRM_USERNAME": "svc", "CRM_PASSWORD": "hunter22-wrong"}
    calls = make(READ, auth=(CRM,), environ=environ)
    for _ in range(3):
        text = await calls.error("get_item", id=1)
        assert "Check CRM_PASSWORD and CRM_USERNAME." in text
        assert "hunter22" not in text
    assert len(api.received) == 1


async def test_a_corrected_credential_is_tried_again(
    api: Api, make: Make, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = make(READ, auth=(CRM,), environ={"CRM_USERNAME": "svc", "CRM_PASSWORD": "wrong"})
    await calls.error("get_item", id=1)
    calls.engine._environ["CRM_PASSWORD"] = "hunter22"  # type: ignore[index]
    await calls.ok("get_item", id=1)


async def test_a_login_answer_without_the_token_is_said(
    api: Api, make: Make, reply: Any, environ: dict[str, str]
) -> None:
    api.handler = lambda one: reply(200, {"data": {"token": "elsewhere"}})
    text = await make(READ, auth=(CRM,), environ=environ).error("get_item", id=1)
    assert "without 'access' at $.data.access" in text
    assert "elsewhere" not in text


@pytest.mark.parametrize(
    ("more", "complete"),
    [
        ({"requires_2fa": True}, False),
        ({"data": {"access": "temporary", "otpRequired": True}}, False),
        ({"twoFactorRequired": True}, False),
        ({"challenge_name": "SOFTWARE_TOKEN_MFA"}, False),
        ({"status": "MFA_REQUIRED"}, False),
        ({"requires_2fa": False, "mfa_enabled": True, "status": "ok"}, True),
        ({"user": {"mfa_required": True}}, True),
        ({"status": "mfa_not_required"}, True),
    ],
)
async def test_a_login_of_two_steps_gives_no_session(
    api: Api, make: Make, reply: Any, environ: dict[str, str], more: dict[str, Any], complete: bool
) -> None:
    def service(one: Received) -> Any:
        return reply(200, {"data": {"access": "temporary"}, **more} if one.path == "/login" else {"id": 1})

    api.handler = service
    calls = make(READ, auth=(CRM,), environ=environ)
    if complete:
        assert await calls.ok("get_item", id=1) == {"id": 1}
        return
    text = await calls.error("get_item", id=1)
    assert "wants a second step, such as a code by mail, which needs a person" in text
    assert "temporary" not in text
    assert [one.path for one in api.received] == ["/login"]


async def test_a_later_login_without_the_token_is_said_too(
    api: Api, make: Make, tokens: Tokens, environ: dict[str, str]
) -> None:
    calls = make(READ, auth=(CRM,), environ=environ)
    await calls.ok("get_item", id=1)
    inner = tokens.reply
    tokens.reply = lambda status, body: inner(status, {} if "data" in body else body)
    tokens.number += 1
    assert "without 'access'" in await calls.error("get_item", id=1)


async def test_a_login_that_answers_a_page_is_said(api: Api, make: Make, reply: Any, environ: dict[str, str]) -> None:
    api.handler = lambda one: reply(200, b"<html>sign in: hunter22</html>", {"Content-Type": "text/html"})
    text = await make(READ, auth=(CRM,), environ=environ).error("get_item", id=1)
    assert "'login' of 'crm' returned no token. The API sent an HTML page" in text
    assert "hunter22" not in text


async def test_a_busy_login_may_be_tried_again(
    api: Api, make: Make, reply: Any, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000_000.0]
    monkeypatch.setattr("adaptgen.runtime.auth.login_attempts.time.time", lambda: now[0])
    tokens = Tokens(reply)
    api.handler = lambda one: reply(503, {"message": "restarting"}) if len(api.received) == 1 else tokens(one)
    calls = make(READ, auth=(CRM,), environ=environ)
    assert "restarting" in await calls.error("get_item", id=1)
    assert "tried again in 20 s" in await _after(10, now, calls)
    assert len(api.received) == 1
    now[0] += 20
    await calls.ok("get_item", id=1)


async def _after(seconds: float, now: list[float], calls: Calls) -> str:
    now[0] += seconds
    return await calls.error("get_item", id=1)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_dead_session_is_renewed_and_the_call_replayed_once(
    api: Api, make: Make, tokens: Tokens, environ: dict[str, str], status: int
) -> None:
    tokens.refusal = status
    auth = Auth(name="crm", kind="session", chain=(LOGIN,), send=(BEARER,), refused=(Refused(status),))
    calls = make(READ, WRITE, auth=(auth,), environ=environ)
    await calls.ok("get_item", id=1)
    tokens.number += 1
    await calls.ok("add_item", name="x")
    assert api.calls("/items") == 2
    assert api.calls("/login") == 2


async def test_refused_after_a_renewal_is_forbidden(api: Api, make: Make, reply: Any, environ: dict[str, str]) -> None:
    login = Tokens(reply)
    api.handler = lambda one: login(one) if one.path == "/login" else reply(401, {"detail": "no"})
    assert "not permitted" in await make(READ, auth=(CRM,), environ=environ).error("get_item", id=1)
    assert api.calls("/login") == 2
    assert api.calls("/items/1") == 2


async def test_a_rule_can_opt_out_of_replaying_writes(
    api: Api, make: Make, tokens: Tokens, environ: dict[str, str]
) -> None:
    rule = Refused(401, replay=False)
    auth = Auth(name="crm", kind="session", chain=(LOGIN,), send=(BEARER,), refused=(rule,))
    calls = make(READ, WRITE, auth=(auth,), environ=environ)
    await calls.ok("get_item", id=1)
    tokens.number += 1
    assert "was not repeated" in await calls.error("add_item", name="x")
    assert api.calls("/items") == 1
    await calls.ok("get_item", id=1)


async def test_a_rule_looks_into_the_body(api: Api, make: Make, tokens: Tokens, environ: dict[str, str]) -> None:
    rules = (Refused(403, {"detail": "*login again*"}), Refused(200, {"error.code": "SESSION_EXPIRED"}))
    auth = Auth(name="crm", kind="session", chain=(LOGIN,), send=(BEARER,), refused=rules)
    tokens.refusal = 403
    calls = make(READ, auth=(auth,), environ=environ)
    await calls.ok("get_item", id=1)
    tokens.number += 1
    await calls.ok("get_item", id=1)

    spent = tokens.reply(403, {"detail": "not yours"})
    api.handler = lambda one: tokens(one) if one.path == "/login" else spent
    assert "not yours" in await calls.error("get_item", id=1)
    assert api.calls("/login") == 2, "another 403 is no dead session"


async def test_a_token_that_ends_is_renewed_before_it_is_used(
    api: Api, make: Make, tokens: Tokens, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000_000.0]
    monkeypatch.setattr("adaptgen.runtime.auth.session.time.time", lambda: now[0])
    login = Login(id="login", call=LOGIN.call, save=LOGIN.save, expires=Expires(after="$.data.ttl"))
    inner = tokens.reply
    tokens.reply = lambda status, body: inner(
        status, {"data": {**body["data"], "ttl": 100}} if "data" in body else body
    )
    auth = Auth(name="crm", kind="session", chain=(login,), send=(BEARER,))
    calls = make(READ, auth=(auth,), environ=environ)
    for later, logins in ((0, 1), (89, 1), (91, 2)):
        now[0] = 1_000_000.0 + later
        await calls.ok("get_item", id=1)
        assert api.calls("/login") == logins, f"after {later} s of 100"


async def test_csrf_cookies_and_basic(api: Api, make: Make, reply: Any, environ: dict[str, str]) -> None:
    def handler(one: Received) -> Any:
        if one.path == "/login":
            assert one.headers["authorization"] == "Basic c3ZjOmh1bnRlcjIy"
            return reply(200, {"csrf": "c-1"}, {"Set-Cookie": "sid=s-1; HttpOnly"})
        assert one.headers["cookie"] == "sid=s-1"
        return reply(200, {"csrf": one.headers.get("x-csrf-token")})

    api.handler = handler
    login = Login(
        id="login",
        call=Call("POST", "/login"),
        send=(Send("header", "Authorization", "${env:CRM_USERNAME}:${env:CRM_PASSWORD}", basic=True),),
        save={"csrf": "$.csrf"},
        cookies=True,
    )
    auth = Auth(
        name="crm", kind="session", chain=(login,), send=(Send("header", "X-CSRF-Token", "{csrf}", only="write"),)
    )
    calls = make(READ, WRITE, auth=(auth,), environ=environ)
    assert await calls.ok("get_item", id=1) == {"csrf": None}
    assert await calls.ok("add_item", name="x") == {"csrf": "c-1"}


async def test_an_api_that_shows_its_requests_does_not_show_a_password(
    api: Api, make: Make, reply: Any, environ: dict[str, str]
) -> None:
    api.handler = lambda one: reply(200, {"headers": one.headers["authorization"]})
    pair = Send("header", "Authorization", "${env:CRM_USERNAME}:${env:CRM_PASSWORD}", basic=True)
    calls = make(READ, auth=(Auth(name="crm", kind="basic", send=(pair,)),), environ=environ)
    assert await calls.ok("get_item", id=1) == {"headers": "Basic [withheld]"}


async def test_a_login_form_that_answers_with_a_redirect(
    api: Api, make: Make, reply: Any, environ: dict[str, str]
) -> None:
    headers = {"Location": "/dashboard", "Set-Cookie": "sid=s-9; Path=/"}
    api.handler = lambda one: reply(302, None, headers) if one.path == "/login" else reply(200, one.headers)
    login = Login(id="login", call=LOGIN.call, save={"sid": "cookie:sid"})
    auth = Auth(name="crm", kind="session", chain=(login,), send=(Send("cookie", "sid", "{sid}"),))
    assert (await make(READ, auth=(auth,), environ=environ).ok("get_item", id=1, fields=["cookie"]))[
        "cookie"
    ] == "sid=s-9"


async def test_optional_auth_sends_what_is_set(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda one: reply(200, {"auth": one.headers.get("authorization"), "key": one.headers.get("x-key")})
    sends = (
        Send("header", "Authorization", "Bearer ${env:CRM_TOKEN}"),
        Send("header", "Authorization", "${env:CRM_USERNAME}:${env:CRM_PASSWORD}", basic=True),
        Send("header", "X-Key", "${env:CRM_API_KEY}"),
    )
    auth = Auth(name="crm", kind="api_key", send=sends, optional=True)
    assert await make(READ, auth=(auth,)).ok("get_item", id=1) == {"auth": None, "key": None}
    both = {"CRM_USERNAME": "u", "CRM_PASSWORD": "p", "CRM_TOKEN": "t\n"}
    assert await make(READ, auth=(auth,), environ=both).ok("get_item", id=1) == {"auth": "Bearer t", "key": None}


async def test_a_key_that_is_not_accepted_names_its_variable(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda _: reply(401, {"message": "bad key k-123456"})
    auth = Auth(name="crm", kind="api_key", send=(Send("query", "key", "${env:CRM_API_KEY}"),))
    calls = make(READ, auth=(auth,), environ={"CRM_API_KEY": "k-123456"})
    text = await calls.error("get_item", id=1)
    assert "CRM_API_KEY" in text
    assert "k-123456" not in text
    assert api.received[0].query == {"key": ["k-123456"]}
    execution = calls.engine._execution
    assert execution is not None
    assert "k-123456" not in repr([execution, execution.auth.sessions, execution._credentials])


async def test_a_credential_that_breaks_a_header_is_named_not_shown(api: Api, make: Make) -> None:
    auth = Auth(name="crm", kind="bearer", send=(Send("header", "Authorization", "Bearer ${env:CRM_TOKEN}"),))
    text = await make(READ, auth=(auth,), environ={"CRM_TOKEN": "abc\r\nX-Evil: 1"}).error("get_item", id=1)
    assert "${env:CRM_TOKEN}" in text
    assert "Evil" not in text
    assert not api.received


@pytest.mark.parametrize(("content", "media"), [(b"abc.def\n", "text/plain"), (b'"abc.def"', "application/json")])
async def test_an_answer_that_is_the_token(
    api: Api, make: Make, reply: Any, environ: dict[str, str], content: bytes, media: str
) -> None:
    def answer(one: Received) -> Any:
        if one.path == "/login":
            return reply(200, content, headers={"Content-Type": media})
        return reply(200, {"id": 1}) if one.headers.get("authorization") == "Bearer abc.def" else reply(401, {})

    api.handler = answer
    auth = replace(CRM, chain=(replace(LOGIN, save={"access": "$"}),))
    assert await make(READ, auth=(auth,), environ=environ).ok("get_item", id=1) == {"id": 1}
