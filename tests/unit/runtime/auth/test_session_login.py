"""Logging in: once, at first use, with credentials that never show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from adaptgen.model.tables import Auth, Body, Call, Login, Param, Refused, Send, Tool

if TYPE_CHECKING:
    from conftest import Api, Make, Received

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


async def test_a_missing_variable_is_named_before_anything_is_sent(api: Api, make: Make, tokens: Tokens) -> None:
    text = await make(READ, auth=(CRM,), environ={"CRM_USERNAME": "svc"}).error("get_item", id=1)
    assert "CRM_PASSWORD" in text
    assert "CRM_USERNAME" not in text
    assert not api.received


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


async def test_refused_after_a_renewal_is_forbidden(api: Api, make: Make, reply: Any, environ: dict[str, str]) -> None:
    login = Tokens(reply)
    api.handler = lambda one: login(one) if one.path == "/login" else reply(401, {"detail": "no"})
    assert "not permitted" in await make(READ, auth=(CRM,), environ=environ).error("get_item", id=1)
    assert api.calls("/login") == 2
    assert api.calls("/items/1") == 3  # once with the token in its other form


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(("declared", "accepted"), [("Bearer {access}", "{access}"), ("{access}", "Bearer {access}")])
async def test_the_token_of_a_login_goes_in_the_form_that_the_api_takes(
    api: Api, make: Make, reply: Any, environ: dict[str, str], status: int, declared: str, accepted: str
) -> None:
    login = Tokens(reply)
    auth = Auth(name="crm", kind="session", chain=(LOGIN,), send=(Send("header", "Authorization", declared),))

    def answer(request: Any) -> Any:
        if request.path == "/login":
            return login(request)
        token = request.headers["authorization"]
        taken = accepted.replace("{access}", token.rpartition(" ")[2])
        return reply(200, {"id": 1}) if token == taken else reply(status, {})

    api.handler = answer
    calls = make(READ, WRITE, auth=(auth,), environ=environ)
    assert "not" in await calls.error("add_item", name="x")  # no form is tried with a write
    assert api.calls("/items") <= 2
    await calls.ok("get_item", id=1)
    refused = api.calls("/items/1")
    await calls.ok("get_item", id=1)
    await calls.ok("add_item", name="x")
    assert (refused, api.calls("/items/1")) == (2, 3)


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
