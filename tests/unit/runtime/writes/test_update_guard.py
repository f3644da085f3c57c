"""Partial updates change what was given and nothing else, and notice other writers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from adaptgen.model.tables import Body, Call, Param, Tool, Update

if TYPE_CHECKING:
    from conftest import Api, Make, Received

pytestmark = pytest.mark.asyncio

GET = Call("GET", "/contacts/{id}")
FIELDS = (Param("name"), Param("phone"), Param("address"), Param("tags"))
PUT = Tool(
    name="update_contact",
    call=Call("PUT", "/contacts/{id}", body=Body(params=FIELDS)),
    update=Update(read=GET, accepts=("name", "phone", "address", "tags")),
    effect="write",
)


class Store:
    """One contact, with or without an ETag; ``meddle`` changes it behind the back after a read."""

    def __init__(self, reply: Any) -> None:
        self.reply = reply
        self.record: dict[str, Any] = {
            "id": 7,
            "name": "Ada",
            "phone": "1",
            "address": {"city": "London", "zip": "N1"},
            "tags": ["a", "b"],
            "views": 0,
        }
        self.etag = ""
        self.meddle: list[dict[str, Any]] = []

    def __call__(self, one: Received) -> Any:
        headers = {"ETag": self.etag} if self.etag else {}
        if one.method == "GET":
            self.record["views"] += 1
            answer = self.reply(200, json.loads(json.dumps(self.record)), headers)
            if self.meddle:
                self.record |= self.meddle.pop(0)
            return answer
        if self.etag and one.headers.get("if-match", self.etag) != self.etag:
            return self.reply(412, {"message": "changed", "details": {"existing": self.record}})
        if one.method == "PUT":
            self.record = {"id": 7, "views": self.record["views"], **one.json()}
        else:
            self.record |= one.json()
        return self.reply(200, self.record, headers)


def written(api: Api) -> Received:
    """The last request that is not a read: a write without a strong ETag is looked at afterwards."""
    return [one for one in api.received if one.method != "GET"][-1]


@pytest.fixture
def store(api: Api, reply: Any) -> Store:
    api.handler = made = Store(reply)
    return made


async def test_a_put_keeps_what_was_not_given(api: Api, make: Make, store: Store) -> None:
    await make(PUT).ok("update_contact", id=7, phone="2", address={"city": "Paris"}, tags=["c"])
    assert written(api).json() == {
        "name": "Ada",
        "phone": "2",
        "address": {"city": "Paris", "zip": "N1"},
        "tags": ["c"],
    }


async def test_nothing_to_change_sends_nothing(api: Api, make: Make, store: Store) -> None:
    assert "name, phone, address, tags" in await make(PUT).error("update_contact", id=7)
    assert not api.received


@pytest.mark.parametrize("etag", ["", 'W/"weak"'])
async def test_without_a_strong_etag_it_compares_before_writing(api: Api, make: Make, store: Store, etag: str) -> None:
    store.etag = etag
    calls = make(PUT)
    await calls.ok("update_contact", id=7, phone="2")
    assert [one.method for one in api.received] == ["GET", "GET", "PUT", "GET"]
    assert "if-match" not in written(api).headers
    store.meddle = [{"name": "Grace"}]
    assert "nothing was written" in await calls.error("update_contact", id=7, phone="3")
    assert (store.record["name"], store.record["phone"]) == ("Grace", "2")


async def test_a_patch_may_be_a_list(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda _: reply(200, {"name": "Ada"})
    call = Call("PATCH", "/contacts/{id}", body=Body(media="application/json-patch+json", whole=Param("data")))
    tool = Tool(name="update_contact", call=call, update=Update(read=GET, patch=True), effect="write")
    steps = [{"op": "replace", "path": "/name", "value": "Grace"}]
    await make(tool).ok("update_contact", id=7, data=steps)
    assert written(api).json() == steps
    assert "nothing to change" in await make(tool).error("update_contact", id=7, data=[])


PATCH = Tool(
    name="update_contact",
    call=Call("PATCH", "/contacts/{id}", body=Body(params=FIELDS)),
    update=Update(read=GET, patch=True, requires=("name", "tags", "fax")),
    effect="write",
)


async def test_a_patch_sends_along_what_the_api_requires(api: Api, make: Make, store: Store) -> None:
    store.record["fax"] = None
    await make(PATCH).ok("update_contact", id=7, phone="2", tags=["c"])
    assert written(api).json() == {"name": "Ada", "phone": "2", "tags": ["c"]}
    assert [one.method for one in api.received] == ["GET", "GET", "PATCH", "GET"]


async def test_what_a_patch_sends_along_is_guarded_too(api: Api, make: Make, store: Store) -> None:
    store.meddle = [{"name": "Grace"}]
    assert "nothing was written" in await make(PATCH).error("update_contact", id=7, phone="2")
    assert store.record["name"] == "Grace"


async def test_an_object_that_stands_for_its_id_is_written_back_as_its_id(api: Api, make: Make, store: Store) -> None:
    store.record |= {"address": {"id": 5, "city": "Rome"}, "tags": [{"id": 1}, {"id": 2}, 3], "phone": {"id": None}}
    update = Update(read=GET, accepts=("name", "phone", "address", "tags"), parts={"address": "id", "tags": "id"})
    tool = Tool(name="update_contact", call=PUT.call, update=update, effect="write")
    await make(tool).ok("update_contact", id=7, name="Grace")
    assert written(api).json() == {"name": "Grace", "phone": {"id": None}, "address": 5, "tags": [1, 2, 3]}
