"""Updates never lose data: whole records are read, one change at a time is made, and what was written is looked for."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from adaptgen.model.tables import Body, Call, Param, Tool, Update
from adaptgen.runtime.store.protocol import MemoryStore
from adaptgen.runtime.writes.comparison import is_same
from adaptgen.runtime.writes.record_lock import canonical_address

if TYPE_CHECKING:
    from conftest import Api, Make, Received

FIELDS = tuple(Param(name) for name in ("name", "phone", "city", "note"))
NAMES = tuple(one.name for one in FIELDS)
GET = Call("GET", "/contacts/{id}")
PUT = Tool(
    name="update_contact",
    call=Call("PUT", "/contacts/{id}", query=(Param("fields", arg="api_fields"),), body=Body(params=FIELDS)),
    update=Update(read=GET, accepts=NAMES, needs=("name", "phone"), unshown=()),
    effect="write",
)


class Store:
    """One record without an ETag. ``ignores``: members that a write does not change; ``shaped``: what the API makes of
    values; ``overwrites``: what somebody else writes after each write."""

    def __init__(self, reply: Any) -> None:
        self.reply = reply
        self.record: dict[str, Any] | None = {"id": 7, "name": "Ada", "phone": "1", "city": "London", "note": "x"}
        self.hides: set[str] = set()
        self.ignores: set[str] = set()
        self.overwrites: dict[str, Any] = {}
        self.shaped: Any = lambda name, value: value
        self.echoes = True
        self.status = 200

    async def __call__(self, one: Received) -> Any:
        await asyncio.sleep(0.002)
        if one.method == "GET":
            if self.record is None:
                return self.reply(404, {"message": "no such contact"})
            wanted = one.query.get("fields")
            shown = {k: v for k, v in self.record.items() if k not in self.hides and (not wanted or k in wanted[0])}
            return self.reply(200, shown)
        given = {k: self.shaped(k, v) for k, v in one.json().items() if k not in self.ignores}
        old = {k: v for k, v in (self.record or {}).items() if k in self.ignores}
        self.record = {"id": 7, **old, **given}
        shown = dict(self.record)
        self.record |= self.overwrites
        return self.reply(self.status, shown if self.echoes else None)


@pytest.fixture
def store(api: Api, reply: Any) -> Store:
    api.handler = made = Store(reply)
    return made


@pytest.mark.asyncio
async def test_a_record_without_what_the_write_requires_is_not_written_back(api: Api, make: Make, store: Store) -> None:
    store.hides = {"name", "phone"}
    text = await make(PUT).error("update_contact", id=7, phone="2")
    assert "no `name`, which the write requires" in text
    assert "Nothing was written" in text
    assert {one.method for one in api.received} == {"GET"}
    store.hides = {"name"}
    tool = replace(PUT, update=replace(PUT.update, unshown=("name",)))  # type: ignore[type-var]
    await make(tool).ok("update_contact", id=7, phone="2", name="Grace")
    assert store.record == {"id": 7, "name": "Grace", "phone": "2", "city": "London", "note": "x"}


@pytest.mark.asyncio
@pytest.mark.parametrize("wrap", [lambda shown: {"version": 1, "contact": shown}, lambda shown: {"contact": shown}])
async def test_a_record_that_is_answered_in_an_undeclared_member_is_merged(
    api: Api, make: Make, store: Store, reply: Any, wrap: Any
) -> None:
    async def wrapped(one: Received) -> Any:
        answer = await store(one)
        return reply(200, wrap(store.record)) if one.method == "GET" else answer

    api.handler = wrapped
    tool = replace(PUT, update=Update(read=GET, unshown=()))  # type: ignore[type-var]
    await make(tool).ok("update_contact", id=7, phone="2")
    assert api.received[-2].json() == {"id": 7, "name": "Ada", "phone": "2", "city": "London", "note": "x"}
    assert store.record == {"id": 7, "name": "Ada", "phone": "2", "city": "London", "note": "x"}


@pytest.mark.asyncio
async def test_a_wrapper_with_a_member_called_like_one_of_the_record_is_opened(
    api: Api, make: Make, reply: Any
) -> None:
    record = {"name": "Ada", "city": "London", "status": "open"}
    api.handler = lambda one: reply(200, {"status": "ok", "contact": record})
    params = (*FIELDS, Param("status"))
    call = replace(PUT.call, body=Body(params=params))  # type: ignore[type-var]
    tool = replace(PUT, call=call, update=Update(read=GET, unshown=()))
    await make(tool).error("update_contact", id=7, city="Rome")  # nothing is kept
    written = next(one for one in api.received if one.method == "PUT")
    assert written.json() == {"name": "Ada", "city": "Rome", "status": "open"}


@pytest.mark.asyncio
@pytest.mark.parametrize("answer", [{"version": 1, "data": []}, {"old": {"name": "Ada"}, "new": {"name": "Eve"}}])
async def test_an_answer_that_does_not_hold_the_record_writes_nothing(
    api: Api, make: Make, reply: Any, answer: Any
) -> None:
    api.handler = lambda one: reply(200, answer)
    tool = replace(PUT, update=Update(read=GET, unshown=()))  # type: ignore[type-var]
    text = await make(tool).error("update_contact", id=7, phone="2")
    assert "holds none of `city`, `name`, `note`, `phone`. Nothing was written" in text
    assert {one.method for one in api.received} == {"GET"}


@pytest.mark.asyncio
async def test_a_shared_store_holds_the_record_between_processes(make: Make, store: Store) -> None:
    shared = MemoryStore()
    shared.local = False
    calls = make(PUT, store=shared)
    await calls.ok("update_contact", id=7, phone="2")
    kept = list(shared._values)
    assert kept == []
    address = canonical_address(f"{calls.engine._environ['CRM_BASE_URL']}/contacts/7")
    import hashlib

    key = f"update/{hashlib.sha256(address.encode()).hexdigest()[:32]}"
    await shared.add(key, b"another process", ttl=10)
    assert "Nothing was sent" in await make(PUT, store=shared, timeout=0.3).error("update_contact", id=7, phone="3")
    await shared.delete(key)
    await calls.ok("update_contact", id=7, phone="3")


@pytest.mark.asyncio
async def test_a_store_that_is_away_refuses_the_update(api: Api, make: Make, store: Store) -> None:
    environ = {"ADAPTGEN_STORE_URL": "redis://127.0.0.1:9/0"}
    text = await make(PUT, environ=environ).error("update_contact", id=7, phone="2")
    assert "cannot be reached" in text
    assert not api.received


@pytest.mark.asyncio
async def test_what_the_api_makes_of_a_value_is_a_success(make: Make, store: Store) -> None:
    store.shaped = lambda name, value: value.upper() if name == "note" else value
    await make(PUT).ok("update_contact", id=7, note="hello")
    store.shaped = lambda name, value: f"<{value[:3]}>" if name == "note" else value
    await make(PUT).ok("update_contact", id=7, note="something long")  # its own answer shows it
    store.echoes = False
    assert "another value" in await make(PUT).error("update_contact", id=7, note="other words")


@pytest.mark.asyncio
async def test_a_change_that_shows_late_is_found(api: Api, make: Make, store: Store) -> None:
    async def late(one: Received) -> Any:
        if one.method == "GET" and len(api.received) == 4:
            return store.reply(200, {"id": 7, "name": "Ada", "phone": "1", "city": "London", "note": "x"})
        return await store(one)

    api.handler = late
    await make(PUT).ok("update_contact", id=7, phone="2")
    assert len(api.received) == 5


@pytest.mark.asyncio
async def test_what_a_read_does_not_show_is_not_missed(make: Make, store: Store) -> None:
    store.hides = {"note"}
    tool = replace(PUT, update=replace(PUT.update, unshown=("note",)))  # type: ignore[type-var]
    await make(tool).ok("update_contact", id=7, note="secret")
    assert "`note` has not been changed" in await make(PUT).error("update_contact", id=7, note="secret")


# ------------------------------------------------------------------------------------------------------------ creation


@pytest.mark.asyncio
async def test_a_creation_needs_what_is_required_and_a_declaration(api: Api, make: Make, store: Store) -> None:
    store.record = None
    tool = replace(PUT, update=replace(PUT.update, creates=True))  # type: ignore[type-var]
    assert "takes `name` as well" in await make(tool).error("update_contact", id=7, phone="1")
    assert "no such contact" in await make(PUT).error("update_contact", id=7, name="Ada", phone="1")
    assert {one.method for one in api.received} == {"GET"}
    shown = await make(tool).ok("update_contact", id=7, name="Ada", phone="1", dry_run=True)
    assert shown["headers"]["If-None-Match"] == "*"
    assert "would create" in shown["note"]


@pytest.mark.asyncio
async def test_a_create_without_any_member_is_refused(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda _: reply(201, {"id": 1})
    tool = Tool(name="create_contact", call=Call("POST", "/contacts", body=Body(params=FIELDS)), effect="write")
    filled = replace(tool, filled=True)
    calls = make(filled)
    assert "nothing to create. Give at least one of: name, phone" in await calls.error("create_contact")
    assert not api.received
    await calls.ok("create_contact", note=None)
    await make(tool).ok("create_contact")
    assert [one.json() for one in api.received] == [{"note": None}, {}]


# ---------------------------------------------------------------------------------------------------------- comparison


@pytest.mark.parametrize(
    ("wanted", "actual", "expected"),
    [
        ("a", "a", True),
        ("+1 555-0100", "+15550100", True),
        ("Ada ", "ada", True),
        ("2026-01-02", "2026-01-02T00:00:00Z", True),
        (5, "5", True),
        (5, 5.0, True),
        (5, -5, False),
        ("5", "-5", False),
        (True, False, False),
        (None, "", True),
        (None, "x", False),
        ("x", None, False),
        ([1, 2], [2, 1, 1], True),
        ([1, 2], [1], False),
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": {"b": 1}}, {"a": {"b": 3}}, False),
        (7, {"id": 7, "name": "x"}, True),
        (7, {"id": 8}, False),
        ("!!", "??", False),
    ],
)
def test_values_agree_where_only_their_form_differs(wanted: Any, actual: Any, expected: bool) -> None:
    assert is_same(wanted, actual) is expected
