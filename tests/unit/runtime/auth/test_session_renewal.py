"""Renewals under load, single-use refresh tokens, and sessions that outlive their process."""

from __future__ import annotations

import asyncio
import base64
import json
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest

from adaptgen.model.tables import Auth, Body, Call, Login, Param, Refused, Send, Tool
from adaptgen.runtime.auth.expiry import jwt_claims

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Api, Make, Received

pytestmark = pytest.mark.asyncio

READ = Tool(name="get_item", call=Call("GET", "/items/{id}"), auth=("crm",))
BEARER = Send("header", "Authorization", "Bearer {access}")
LOGIN = Login(
    id="login",
    call=Call("POST", "/login", body=Body(params=(Param("password", value="${env:CRM_PASSWORD}"),))),
    save={"access": "$.access_token", "refresh": "$.refresh_token"},
)
REFRESH = Login(
    id="refresh",
    call=Call("POST", "/refresh", body=Body(params=(Param("refresh", value="{refresh}"),))),
    save={"access": "$.access", "refresh": "$.refresh"},
)
CRM = Auth(name="crm", kind="session", chain=(LOGIN,), refresh=REFRESH, send=(BEARER,))
STORED = Auth(
    name="crm",
    kind="session",
    start={"refresh": "${env:CRM_REFRESH}"},
    refresh=REFRESH,
    send=(BEARER,),
    store="file",
)


class Rotating:
    """Refresh tokens can be used once; using one twice is remembered as an error. Access tokens end on demand."""

    def __init__(self, reply: Any) -> None:
        self.reply = reply
        self.number = 0
        self.refresh = "r-start"
        self.logins = self.renewals = 0
        self.spent: list[str] = []
        self.slow = 0.0

    def _next(self, names: tuple[str, str]) -> Any:
        self.number += 1
        self.refresh = f"r-{self.number}"
        return self.reply(200, {names[0]: f"a-{self.number}", names[1]: self.refresh})

    async def __call__(self, one: Received) -> Any:
        if one.path == "/login":
            self.logins += 1
            await asyncio.sleep(self.slow)
            return self._next(("access_token", "refresh_token"))
        if one.path == "/refresh":
            if one.json()["refresh"] != self.refresh:
                self.spent.append(one.json()["refresh"])
                return self.reply(401, {"detail": "token is spent"})
            self.renewals += 1
            await asyncio.sleep(self.slow)
            return self._next(("access", "refresh"))
        await asyncio.sleep(0)
        if one.headers.get("authorization") != f"Bearer a-{self.number}":
            return self.reply(401, {"detail": "expired"})
        return self.reply(200, {"id": 1})


@pytest.fixture
def crm(api: Api, reply: Any) -> Rotating:
    made = Rotating(reply)
    api.handler = made
    return made


async def test_a_refresh_that_is_refused_falls_back_to_the_login(make: Make, crm: Rotating) -> None:
    calls = make(READ, auth=(CRM,), environ={"CRM_PASSWORD": "pw"})
    await calls.ok("get_item", id=1)
    crm.refresh, crm.number = "revoked", 7
    await calls.ok("get_item", id=1)
    assert (crm.logins, crm.spent) == (2, ["r-1"])


async def test_two_processes_never_use_one_refresh_token_twice(make: Make, crm: Rotating) -> None:
    crm.slow = 0.02
    engines = [make(READ, auth=(STORED,), environ={"CRM_REFRESH": "r-start"}) for _ in range(4)]
    for turn in range(1, 4):
        await asyncio.gather(*(calls.ok("get_item", id=1) for calls in engines for _ in range(5)))
        assert (crm.renewals, crm.spent) == (turn, [])
        crm.number += 1
        crm.refresh = f"r-{crm.number - 1}"


async def test_a_spent_start_token_is_said_once(api: Api, make: Make, crm: Rotating) -> None:
    calls = make(READ, auth=(STORED,), environ={"CRM_REFRESH": "r-old"})
    for _ in range(2):
        assert "CRM_REFRESH" in await calls.error("get_item", id=1)
    assert crm.spent == ["r-old"]


async def test_an_unwritable_state_folder_is_named(make: Make, crm: Rotating, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    text = await make(READ, auth=(STORED,), environ={"CRM_REFRESH": "r-start"}).error("get_item", id=1)
    assert "ADAPTGEN_STATE" in text
    assert crm.renewals == 0, "a token that cannot be kept is not spent"


async def test_the_end_of_a_jwt_is_read_by_the_clock_of_the_server(
    api: Api, make: Make, reply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [5_000_000.0]
    monkeypatch.setattr("adaptgen.runtime.auth.session.time.time", lambda: now[0])
    body = {"access_token": _jwt(1_700_000_060)}
    date = {"Date": "Tue, 14 Nov 2023 22:13:20 GMT"}  # 1,700,000,000
    api.handler = lambda one: reply(200, body, date) if one.path == "/login" else reply(200, {})
    login = Login(id="login", call=LOGIN.call, save={"access": "$.access_token"})
    auth = Auth(name="crm", kind="session", chain=(login,), send=(BEARER,))
    calls = make(READ, auth=(auth,), environ={"CRM_PASSWORD": "pw"})
    for later, logins in ((0, 1), (53, 1), (55, 2)):
        now[0] = 5_000_000.0 + later
        await calls.ok("get_item", id=1)
        assert api.calls("/login") == logins, f"after {later} s of 60"


async def test_a_token_of_two_seconds_that_ends_before_the_replay_is_renewed_once_more(
    api: Api, make: Make, reply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API's clock stands at .9 of a second, so what it calls two seconds is 1.1; stalls of 2.0 and 1.2 s follow."""
    now = [1_700_000_000.9]
    monkeypatch.setattr("adaptgen.runtime.auth.session.time.time", lambda: now[0])
    stalls = [1.2, 2.0]

    def handler(one: Received) -> Any:
        moment = int(now[0])
        date = {"Date": formatdate(moment, usegmt=True)}
        if one.path == "/login":
            return reply(200, {"access_token": _jwt(moment + 2)}, date)
        now[0] += stalls.pop() if stalls else 0.0
        token = one.headers["authorization"].removeprefix("Bearer ")
        return reply(200 if now[0] < jwt_claims(token)["exp"] else 403, {}, date)

    api.handler = handler
    login = Login(id="login", call=LOGIN.call, save={"access": "$.access_token"})
    refused = (Refused(401), Refused(403))
    auth = Auth(name="crm", kind="session", chain=(login,), send=(BEARER,), refused=refused)
    await make(READ, auth=(auth,), environ={"CRM_PASSWORD": "pw"}).ok("get_item", id=1)
    assert api.calls("/login") == 3


def _jwt(exp: int) -> str:
    return f"e30.{base64.urlsafe_b64encode(json.dumps({'exp': exp}).encode()).decode().rstrip('=')}.c2ln"
