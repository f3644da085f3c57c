"""The engine's face: tools by name, addresses, dry runs, next pages, nothing heavy at import."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from adaptgen.model.tables import Auth, Body, Call, Link, NextUrl, Param, Send, Tool, Unpaged

if TYPE_CHECKING:
    from conftest import Api, Make

READ = Tool(name="get_item", call=Call("GET", "/items/{id}"), aliases=("fetch_item",))
WRITE = Tool(
    name="add_item",
    call=Call(
        "POST", "/items", headers=(Param("Idempotency-Key", arg="key", fill="uuid"),), body=Body(params=(Param("n"),))
    ),
    effect="write",
    auth=("crm",),
)
KEY = Auth(name="crm", kind="api_key", send=(Send("header", "X-Key", "${env:CRM_API_KEY}"),))


@pytest.mark.asyncio
async def test_items_whose_ids_are_beyond_64_bits_stay_apart(api: Api, make: Make, reply: Any) -> None:
    ids = [98765432109876543210 + number for number in range(4)]
    api.handler = lambda _: reply(200, ("[" + ",".join(f'{{"id": {one}}}' for one in ids) + "]").encode())
    tool = Tool(name="list_items", call=Call("GET", "/items"), view=("id",), page=Unpaged(), page_size=2)
    shown = await make(tool).ok("list_items")
    assert [row[0] for row in shown["items"]] == [str(one) for one in ids[:2]]
    assert shown["next_cursor"]


@pytest.mark.asyncio
async def test_a_header_that_the_api_declares_replaces_the_clients_own(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda _: reply(200, {})
    headers = (Param("User-Agent", arg="agent"), Param("Accept-Encoding", arg="coding"), Param("Accept", arg="kind"))
    call = Call("GET", "/items", headers=headers)
    await make(Tool(name="get_item", call=call)).ok("get_item", agent="desk/1", coding="identity", kind="text/vtt")
    names = [name.lower() for name in api.received[-1].headers]
    assert (names.count("user-agent"), names.count("accept-encoding")) == (1, 1)
    given = {name.lower(): value for name, value in api.received[-1].headers.items()}
    assert (given["user-agent"], given["accept-encoding"], given["accept"]) == ("desk/1", "identity", "text/vtt")
    await make(Tool(name="get_item", call=call)).ok("get_item", agent="desk/1")
    assert "accept-encoding" not in {name.lower() for name in api.received[-1].headers}


@pytest.mark.asyncio
async def test_path_arguments_with_dots_never_reach_the_api(api: Api, make: Make) -> None:
    calls = make(READ)
    for value in ("../admin", "..", "%2e%2e/x", ""):
        assert "`id`" in await calls.error("get_item", id=value)
    assert not api.received


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "url", ["", "crm.example", "ftp://crm.example", "file:///etc/passwd", "http://u:pw@h/", "http://"]
)
async def test_a_base_that_is_no_address_names_its_variable(make: Make, url: str) -> None:
    text = await make(READ, environ={"CRM_BASE_URL": url}).error("get_item", id=1)
    assert "CRM_BASE_URL" in text
    assert "pw" not in text


@pytest.mark.asyncio
@pytest.mark.parametrize("value", [True, "true", "yes", 1])
async def test_a_dry_run_that_is_badly_typed_does_not_write(api: Api, make: Make, value: Any) -> None:
    calls = make(WRITE, auth=(KEY,), environ={"CRM_API_KEY": "k-123"}, schemas={"add_item": {"dry_run": {}}})
    await calls.ok("add_item", n=1, dry_run=value)
    assert not api.received


@pytest.mark.asyncio
async def test_a_credential_in_a_constant_parameter_does_not_show(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda one: reply(400, {"message": f"no such tenant: {one.query['t'][0]}"})
    tenant = Param("t", value="${env:CRM_TENANT}")
    call = Call("POST", "/items", query=(tenant,), body=Body(params=(Param("n"), tenant)))
    calls = make(Tool(name="add", call=call, effect="write"), environ={"CRM_TENANT": "se cret/1"})
    shown = await calls.ok("add", n=1, dry_run=True)
    assert shown["url"] == f"{api.url}/items?t=[redacted]"
    assert shown["body"] == {"n": 1, "t": "[redacted]"}
    assert "se cret" not in await calls.error("add", n=1)
    assert api.received[0].query == {"t": ["se cret/1"]}


@pytest.mark.asyncio
async def test_an_idempotency_key_is_made_where_none_is_given(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda _: reply(204)
    calls = make(WRITE, auth=(KEY,), environ={"CRM_API_KEY": "k"})
    for _ in range(2):
        assert await calls.ok("add_item", n=1) == {"done": True}
    first, second = (one.headers["idempotency-key"] for one in api.received)
    assert len(first) == 36
    assert first != second


def listing(path: str) -> Tool:
    return Tool(name="list_items", call=Call("GET", path), page=Link(), view=("id",), auth=("crm",))


LISTED = {"list_items": {"cursor": {"type": "string"}, "limit": {"type": "integer"}}}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "following",
    ["http://evil.example/users?page=2", "http://evil.example/", "http://evil.example/items/2?page=2",
     "//evil.example:9000/items/all?page=2", "http://user:pw@evil.example/items?page=2"],
)  # fmt: skip
async def test_a_next_page_on_another_host_is_not_followed(api: Api, make: Make, reply: Any, following: str) -> None:
    api.handler = lambda _: reply(200, [{"id": n} for n in range(5)], {"Link": f'<{following}>; rel="next"'})
    calls = make(listing("/items"), schemas=LISTED, auth=(KEY,), environ={"CRM_API_KEY": "k"})
    first = await calls.ok("list_items", limit=5)
    error = await calls.error("list_items", cursor=first["next_cursor"])
    assert "//evil.example:" in error
    assert "base URL" in error
    assert "pw" not in error
    assert [one.path for one in api.received] == ["/items"]


@pytest.mark.asyncio
async def test_a_next_page_whose_address_cannot_be_read_is_said(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda _: reply(200, [{"id": n} for n in range(5)], {"Link": '<http://[fd00/items>; rel="next"'})
    calls = make(listing("/items"), schemas=LISTED, auth=(KEY,), environ={"CRM_API_KEY": "k"})
    first = await calls.ok("list_items", limit=5)
    assert "cannot be read" in await calls.error("list_items", cursor=first["next_cursor"])


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("path", "following"),
    [
        ("/items", "http://backend.internal:9000/items?after=b"),
        ("/items", "https://10.0.0.7/v1/shop/items?after=b"),
        ("/v1/items/", "//[fd00::7]:8080/v1/items?after=b"),
        ("/v1/items%20of%3Aus", "http://backend.internal/v1/items%20of:us?after=b"),
        ("/", "http://backend.internal:9000?after=b"),
    ],
)
async def test_a_next_page_at_an_inner_address_is_read_from_the_known_one(
    api: Api, make: Make, reply: Any, path: str, following: str
) -> None:
    pages = {None: ([{"id": n} for n in range(5)], {"Link": f'<{following}>; rel="next"'}), "b": ([{"id": 5}], {})}
    api.handler = lambda request: reply(200, *pages[request.query["after"][0] if "after" in request.query else None])
    calls = make(listing(path), schemas=LISTED, auth=(KEY,), environ={"CRM_API_KEY": "k"})
    first = await calls.ok("list_items", limit=5)
    second = await calls.ok("list_items", cursor=first["next_cursor"])
    assert [*first["items"], *second["items"]] == [[number] for number in range(6)]
    assert len({one.path for one in api.received}) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("following", "method", "content"),
    [("/items/search/next?page=b", "GET", b""), ("/items/search?page=b", "POST", b'{"kind":"a"}')],
)
async def test_a_next_page_at_another_path_is_read_with_get(
    api: Api, make: Make, reply: Any, following: str, method: str, content: bytes
) -> None:
    pages = [{"items": [{"id": 1}], "next": following}, {"items": [{"id": 2}], "next": None}]
    api.handler = lambda _: reply(200, pages[len(api.received) - 1])
    call = Call("POST", "/items/search", body=Body(params=(Param("kind", value="a"),)))
    tool = Tool(name="find_items", call=call, page=NextUrl(next="$.next", items="$.items"), view=("id",), effect="read")
    extra = {"find_items": {"cursor": {"type": "string"}, "limit": {"type": "integer"}}}
    first = await (calls := make(tool, schemas=extra)).ok("find_items", limit=1)
    assert (await calls.ok("find_items", cursor=first["next_cursor"]))["items"] == [[2]]
    last = api.received[-1]
    assert (last.method, last.body, "content-type" in last.headers) == (method, content, method == "POST")


@pytest.mark.asyncio
async def test_half_a_surrogate_pair_is_an_error_of_the_caller(api: Api, make: Make) -> None:
    assert "surrogate" in await make(READ).error("get_item", id="\ud800")


def test_importing_the_runtime_loads_nothing_heavy() -> None:
    paths = ["jsonpath_ng", "jsonpath_rfc9535", "regex"]
    heavy = ["httpx", "jsonschema_rs", "cryptography", "boto3", "orjson", "asyncio", *paths]
    code = f"import sys, adaptgen.runtime; print([one for one in {heavy!r} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_the_engine_loads_no_network() -> None:
    heavy = ["httpx", "ssl", "tempfile", "asyncio", "jsonschema_rs", "cryptography", "adaptgen.runtime.http.connection"]
    code = f"import sys, adaptgen.runtime.engine; print([one for one in {heavy!r} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
