"""Sessions that several processes share: one renewal for all, nothing in clear, killed and overtaken holders."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import Auth, Body, Call, Login, Param, Send, Tool
from adaptgen.runtime.auth import session_store as shared
from adaptgen.runtime.store.protocol import MemoryStore, StoreError

if TYPE_CHECKING:
    from conftest import Api, Make, Received

pytestmark = pytest.mark.asyncio

KEY = bytes(range(32))
READ = Tool(name="get_item", call=Call("GET", "/items/{id}"), auth=("crm",))
PASSWORD = Param("password", value="${env:CRM_PASSWORD}")
LOGIN = Login(
    id="login",
    call=Call("POST", "/login", body=Body(params=(PASSWORD,))),
    save={"access": "$.access", "refresh": "$.refresh"},
)
REFRESH = Login(
    id="refresh",
    call=Call("POST", "/refresh", body=Body(params=(Param("refresh", value="{refresh}"),))),
    save={"access": "$.access", "refresh": "$.refresh"},
)
CRM = Auth(
    name="crm", kind="session", chain=(LOGIN,), refresh=REFRESH, send=(Send("header", "X-Token", "{access}"),),
    store="redis",
)  # fmt: skip
ROTATING = dataclasses.replace(CRM, chain=(), start={"refresh": "${env:CRM_REFRESH}"})
ENVIRON = {"CRM_PASSWORD": "pw", "CRM_REFRESH": "refresh-0"}


class Crm:
    """Refresh tokens can be used once; an access token is good for ``uses`` calls of an item."""

    def __init__(self, reply: Any) -> None:
        self.reply = reply
        self.number = 0
        self.logins = 0
        self.uses = 10**9
        self.refreshed: list[str] = []
        self.refused: list[str] = []
        self.before: Callable[[], Awaitable[None]] | None = None
        self.after: Callable[[], Awaitable[None]] | None = None

    async def __call__(self, one: Received) -> Any:
        if one.path == "/login":
            self.logins += 1
            good = one.json() == {"password": "pw"}
            return self.next() if good else self.reply(401, {"message": "wrong"})
        if one.path == "/refresh":
            hook, self.before = self.before, None
            if hook:
                await hook()
            token = one.json()["refresh"]
            if token != f"refresh-{self.number}":
                self.refused.append(token)
                return self.reply(401, {"message": "spent"})
            self.refreshed.append(token)
            answer = self.next()
            hook, self.after = self.after, None
            if hook:
                await hook()
            return answer
        self.uses -= 1
        if one.headers.get("x-token") != f"access-{self.number}" or self.uses < 0:
            return self.reply(401, {"message": "ended"})
        return self.reply(200, {"id": 1})

    def next(self) -> Any:
        self.number += 1
        self.uses = 10**9 if self.uses > 10**6 else 45
        return self.reply(200, {"access": f"access-{self.number}", "refresh": f"refresh-{self.number}"})


@pytest.fixture
def crm(api: Api, reply: Any) -> Crm:
    api.handler = made = Crm(reply)
    return made


@pytest.fixture(autouse=True)
def short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "LEASE", 0.4)


class Line(MemoryStore):
    """One process's line to a store that others share, which can be cut."""

    local = False

    def __init__(self, store: MemoryStore | None = None) -> None:
        super().__init__()
        if store is not None:
            self._values = store._values
        self.cut = False

    def _get(self, key: str) -> bytes | None:
        if self.cut:
            raise StoreError("the line is cut")
        return super()._get(key)


async def test_no_token_lies_in_the_store_in_clear(make: Make, crm: Crm) -> None:
    store = Line()
    await make(READ, auth=(CRM,), environ=ENVIRON, store=store, cursor_key=KEY).ok("get_item", id=1)
    held = repr(store._values)
    assert "session/" in held
    assert not any(secret in held for secret in ("access", "refresh", "complete"))
    other = make(READ, auth=(CRM,), environ=ENVIRON, store=store, cursor_key=KEY[::-1])
    await other.ok("get_item", id=1)
    assert crm.logins == 2, "with another key it cannot be read"


async def test_a_made_up_key_will_not_do(make: Make) -> None:
    with pytest.raises(AdaptgenError, match="AG073"):
        make(READ, auth=(CRM,), environ={"ADAPTGEN_STORE_URL": "redis://127.0.0.1"}, cursor_key=KEY)


async def test_the_memory_of_one_process_will_not_do(make: Make) -> None:
    with pytest.raises(AdaptgenError, match="AG076"):
        make(READ, auth=(CRM,), environ={"ADAPTGEN_CURSOR_KEY": KEY.hex()}, store=MemoryStore(), cursor_key=KEY)


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({}, "AG073"),
        ({"ADAPTGEN_CURSOR_KEY": "short"}, "AG073"),
        ({"ADAPTGEN_CURSOR_KEY": KEY.hex()}, "AG076"),
        ({"ADAPTGEN_CURSOR_KEY": KEY.hex(), "ADAPTGEN_STORE_URL": "http://:hunter22@127.0.0.1"}, "AG076"),
        ({"ADAPTGEN_CURSOR_KEY": KEY.hex(), "ADAPTGEN_STORE_URL": "dynamodb://table"}, "AG076"),
    ],
)
async def test_without_key_or_store_nothing_starts(make: Make, environ: dict[str, str], code: str) -> None:
    with pytest.raises(AdaptgenError) as caught:
        make(READ, auth=(CRM,), environ=environ)
    assert [one.code for one in caught.value.diagnostics] == [code]
    assert "hunter22" not in str(caught.value)


async def test_who_was_overtaken_uses_what_the_other_wrote(make: Make, crm: Crm) -> None:
    store = Line()
    line = Line(store)
    frozen = make(READ, auth=(CRM,), environ=ENVIRON, store=line, cursor_key=KEY)
    other = make(READ, auth=(CRM,), environ=ENVIRON, store=store, cursor_key=KEY)
    await asyncio.gather(frozen.ok("get_item", id=1), other.ok("get_item", id=1))
    crm.uses = 0
    renewed = asyncio.Event()

    async def freeze() -> None:
        line.cut = True
        await renewed.wait()
        line.cut = False

    crm.before = freeze
    late = asyncio.create_task(frozen.ok("get_item", id=1))
    while not line.cut:
        await asyncio.sleep(0.01)
    await other.ok("get_item", id=1)
    renewed.set()
    assert await late == {"id": 1}
    assert await other.ok("get_item", id=1) == {"id": 1}


async def test_a_store_that_is_away_for_a_moment_costs_no_token(make: Make, crm: Crm) -> None:
    line = Line()
    calls = make(READ, auth=(ROTATING,), environ=ENVIRON, store=line, cursor_key=KEY)
    await calls.ok("get_item", id=1)
    crm.uses = 0

    async def away() -> None:
        line.cut = True
        asyncio.get_running_loop().call_later(0.5, setattr, line, "cut", False)

    crm.after = away
    assert await calls.ok("get_item", id=1) == {"id": 1}
    assert (crm.refreshed, crm.refused) == (["refresh-0", "refresh-1"], [])


async def test_wrong_credentials_are_tried_once_by_all_processes(make: Make, crm: Crm) -> None:
    store = Line()
    wrong = {"CRM_PASSWORD": "wrong"}
    for _ in range(3):
        said = await make(READ, auth=(CRM,), environ=wrong, store=store, cursor_key=KEY).error("get_item", id=1)
        assert "CRM_PASSWORD" in said
    assert crm.logins == 1
    right = make(READ, auth=(CRM,), environ=ENVIRON, store=store, cursor_key=KEY)
    assert await right.ok("get_item", id=1) == {"id": 1}
