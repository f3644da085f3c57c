"""What an agent is told when the API is down, slow, endless, broken, busy, or somewhere else."""

from __future__ import annotations

import asyncio
import gzip
import logging
import socket
import time
from dataclasses import replace
from email.utils import formatdate
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from adaptgen.model.tables import Body, Call, Param, Tool
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http import client as http
from adaptgen.runtime.http.request import Request

if TYPE_CHECKING:
    from conftest import Api, Make, Received

pytestmark = pytest.mark.asyncio

READ = Tool(name="get_item", call=Call("GET", "/items/{id}", query=(Param("q"),)))
WRITE = Tool(name="add_item", call=Call("POST", "/items", body=Body(params=(Param("name"),))), effect="write")


async def test_an_api_that_is_down_is_named_and_a_write_was_not_sent(make: Make) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    calls = make(READ, WRITE, environ={"CRM_BASE_URL": url})
    text = await calls.error("get_item", id=1)
    assert url in text
    assert "connection refused" in text
    assert "was not sent" in await calls.error("add_item", name="x")


async def test_a_slow_api_ends_in_time_and_a_write_is_unknown(api: Api, make: Make, silent: Any) -> None:
    api.handler = silent
    calls = make(READ, WRITE, timeout=0.3)
    started = time.monotonic()
    assert "Trying again" in await calls.error("get_item", id=1)
    assert time.monotonic() - started < 2
    assert "may have been" in await calls.error("add_item", name="x")
    assert api.calls("/items") == 1


async def test_an_answer_that_drips_without_end_is_cut_by_the_budget(api: Api, make: Make) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
        while True:
            writer.write(b"1,")
            await writer.drain()
            await asyncio.sleep(0.02)

    api.handler = lambda _: drip
    started = time.monotonic()
    assert "within 0.4 s" in await make(READ, timeout=0.4).error("get_item", id=1)
    assert time.monotonic() - started < 2


async def test_an_endless_answer_is_cut_by_its_size(api: Api, make: Make) -> None:
    async def flood(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
        while True:
            writer.write(b"1," * 65536)
            await writer.drain()

    api.handler = lambda _: flood
    assert "larger than 16 MB" in await make(READ, timeout=20).error("get_item", id=1)


async def test_a_decompression_bomb_is_stopped(api: Api, make: Make) -> None:
    bomb = gzip.compress(bytes(64 * 2**20))
    api.handler = lambda _: _reply(200, bomb, {"Content-Encoding": "gzip"})
    assert "larger than 16 MB" in await make(READ).error("get_item", id=1)


async def test_compressed_answers_are_read(api: Api, make: Make) -> None:
    api.handler = lambda _: _reply(200, gzip.compress(b'{"id": 7}'), {"Content-Encoding": "gzip"})
    assert await make(READ).ok("get_item", id=7) == {"id": 7}


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_a_truncated_answer_is_no_answer(api: Api, make: Make, coding: str) -> None:
    whole = b'{"id": 7, "name": "cut off here"}'
    sent = gzip.compress(whole)[:-6] if coding == "gzip" else whole

    async def cut(writer: asyncio.StreamWriter) -> None:
        length = len(sent) + (0 if coding == "gzip" else 50)
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {length}\r\n\r\n".encode() + sent)
        await writer.drain()

    api.handler = lambda _: cut
    calls = make(READ, WRITE)
    assert "broke before" in await calls.error("get_item", id=1)
    assert len(api.received) == 3, "a read is tried again"
    assert "may have been" in await calls.error("add_item", name="x")
    assert api.calls("/items") == 1, "a write is not"


async def test_html_is_not_json_and_not_shown(api: Api, make: Make) -> None:
    page = b"<html><body>Traceback: secret_key=abc</body></html>"
    api.handler = lambda _: _reply(200, page, {})
    assert "secret_key" not in await make(READ).error("get_item", id=1)


async def test_a_500_page_is_a_short_text(api: Api, make: Make) -> None:
    page = b"<html><title>Error</title><pre>Traceback (most recent call last): db_password=x</pre></html>"
    api.handler = lambda _: _reply(500, page, {"Content-Type": "text/html"})
    calls = make(READ, WRITE)
    text = await calls.error("get_item", id=1)
    assert text.startswith("The API answered 500 Internal Server Error.")
    assert "db_password" not in text
    assert "<" not in text
    assert "unknown whether" in await calls.error("add_item", name="x")


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_429_says_when_to_try_again(api: Api, make: Make, form: str) -> None:
    after = "40" if form == "seconds" else formatdate(1_700_000_040, usegmt=True)
    headers = {"Retry-After": after, "Date": formatdate(1_700_000_000, usegmt=True)}
    api.handler = lambda _: _reply(429, b"{}", headers)
    assert "Try again in 40 s." in await make(READ).error("get_item", id=1)
    assert len(api.received) == 1


async def test_a_read_is_tried_again_after_503_a_write_is_not(api: Api, make: Make) -> None:
    api.handler = lambda one: _reply(503, b"{}", {}) if len(api.received) == 1 else _reply(200, b'{"id": 1}', {})
    calls = make(READ, WRITE)
    assert await calls.ok("get_item", id=1) == {"id": 1}
    api.received.clear()
    assert "unknown whether" in await calls.error("add_item", name="x")


async def test_the_effect_says_more_than_the_method(api: Api, make: Make) -> None:
    search = Tool(name="search", call=Call("POST", "/search", body=Body(params=(Param("q"),))), effect="read")
    fire = Tool(name="fire", call=Call("GET", "/fire"), effect="write")
    calls = make(search, fire)
    api.handler = lambda one: _reply(503, b"{}", {}) if len(api.received) == 1 else _reply(200, b"{}", {})
    await calls.ok("search", q="x")
    assert api.calls("/search") == 2
    api.handler = lambda one: _reply(503, b"{}", {})
    assert "unknown whether" in await calls.error("fire")
    assert api.calls("/fire") == 1


async def test_200_with_an_error_body_is_an_error(api: Api, make: Make) -> None:
    calls = make(READ)
    for body in (
        b'{"error": {"code": 17, "message": "no such item"}}',
        b'{"success": false, "message": "no such item", "data": null}',
        b'{"status": "error", "message": "no such item"}',
    ):
        api.handler = lambda _, body=body: _reply(200, body, {})
        assert "reports an error: no such item" in await calls.error("get_item", id=1)


@pytest.mark.parametrize(
    "body",
    [
        {"id": 1, "error": "last run failed"},
        {"error": None, "data": {"id": 1}},
        {"success": True, "error": "", "id": 1},
        {"status": "failed", "id": 4},
        {"success": False, "job": 5},
        {"errors": [], "name": "x"},
        {"data": {"a": 1}, "errors": [{"message": "partial"}]},
    ],
)
async def test_records_that_speak_of_errors_are_answers(api: Api, make: Make, body: dict[str, Any]) -> None:
    import json

    api.handler = lambda _: _reply(200, json.dumps(body).encode(), {})
    await make(READ).ok("get_item", id=1)


async def test_a_redirect_to_another_host_is_refused(api: Api, make: Make) -> None:
    api.handler = lambda _: _reply(302, b"", {"Location": "http://evil.example/login?next=1"})
    text = await make(READ).error("get_item", id=1)
    assert "another host (http://evil.example:80)" in text
    assert len(api.received) == 1


@pytest.mark.parametrize(
    "target", ["//evil.example/x", "https:/\\evil.example", "ftp://h/x", "http://a@{host}/items/2"]
)
async def test_a_redirect_in_disguise_is_refused(api: Api, make: Make, target: str) -> None:
    location = target.replace("{host}", api.url.removeprefix("http://"))
    api.handler = lambda _: _reply(302, b"", {"Location": location})
    assert "redirects to another host" in await make(READ).error("get_item", id=1)
    assert len(api.received) == 1


async def test_a_missing_slash_keeps_the_body_of_a_post(api: Api, make: Make) -> None:
    def handler(one: Received) -> Any:
        if one.path == "/items":
            return _reply(301, b"", {"Location": "/items/"})
        return _reply(201, one.body, {})

    api.handler = handler
    assert await make(WRITE).ok("add_item", name="Ada") == {"name": "Ada"}
    assert [one.method for one in api.received] == ["POST", "POST"]


async def test_see_other_after_a_write_is_read(api: Api, make: Make) -> None:
    api.handler = lambda one: (
        _reply(303, b"", {"Location": "/items/9"}) if one.method == "POST" else _reply(200, b'{"id": 9}', {})
    )
    assert await make(WRITE).ok("add_item", name="Ada") == {"id": 9}
    assert [one.method for one in api.received] == ["POST", "GET"]
    assert "content-type" not in api.received[1].headers


async def test_redirects_in_a_circle_end(api: Api, make: Make) -> None:
    api.handler = lambda _: _reply(302, b"", {"Location": "/items/1"})
    assert "again and again" in await make(READ).error("get_item", id=1)


async def test_urls_are_not_logged(api: Api, make: Make, caplog: pytest.LogCaptureFixture) -> None:
    api.handler = lambda _: _reply(200, b"{}", {})
    with caplog.at_level(logging.DEBUG):
        await make(READ).ok("get_item", id=1, q="ada@example.com")
    assert "ada@example.com" not in caplog.text.replace("%40", "@")


async def test_cookies_of_strangers_are_not_kept(api: Api, make: Make) -> None:
    api.handler = lambda _: _reply(200, b"{}", {"Set-Cookie": "sid=1; Path=/"})
    calls = make(READ)
    await calls.ok("get_item", id=1)
    await calls.ok("get_item", id=1)
    assert "cookie" not in api.received[1].headers


def _reply(status: int, body: bytes, headers: dict[str, str]) -> Any:
    head = {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    text = "".join(f"{name}: {value}\r\n" for name, value in head.items())

    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status} X\r\nConnection: close\r\n{text}\r\n".encode() + body)
        await writer.drain()

    return write


async def test_an_address_that_is_too_long_says_what_to_do(api: Api, make: Make) -> None:
    assert "pass less in one call" in await make(READ).error("get_item", id="x" * 70_000)
    assert not api.received


async def test_a_403_of_a_record_says_that_it_may_not_exist(api: Api, make: Make) -> None:
    api.handler = lambda _: _reply(403, b"{}", {})
    calls = make(READ, WRITE)
    assert "or it does not exist" in await calls.error("get_item", id=1)
    assert "or it does not exist" not in await calls.error("add_item", name="x")


@pytest.mark.parametrize("declared", [{"view": ("id",)}, {"answer": "$.data", "view": ("id",)}])
@pytest.mark.parametrize("media", ["text/html", "application/json"])
async def test_html_where_json_is_declared_is_an_error_that_says_what_to_check(
    api: Api, make: Make, declared: dict[str, Any], media: str
) -> None:
    api.handler = lambda _: _reply(200, b"<!doctype html><html><body>Welcome</body></html>", {"Content-Type": media})
    text = await make(replace(READ, **declared)).error("get_item", id=1)
    assert "an HTML page where JSON was expected" in text
    assert "CRM_BASE_URL" in text


async def test_html_that_is_declared_is_an_answer(api: Api, make: Make) -> None:
    api.handler = lambda _: _reply(200, b"<html><body>Report of May</body></html>", {"Content-Type": "text/html"})
    page = replace(READ, call=Call("GET", "/items/{id}", accept="text/html"))
    answer = await make(page).answer("get_item", id=1)
    assert not answer.is_error
    assert "Report of May" in answer.content[0].text  # type: ignore[union-attr]


class Busy(httpx.AsyncBaseTransport):
    """Answers 429 ``times`` times."""

    def __init__(self, times: int, wait: str = "0") -> None:
        self.times, self.wait, self.asked = times, wait, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.asked <= self.times:
            return httpx.Response(429, headers={"retry-after": self.wait}, stream=httpx.ByteStream(b"{}"))
        return httpx.Response(200, stream=httpx.ByteStream(b"{}"))


class Clock:
    """Pauses are noted, not waited for."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(http, "asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": made.sleep}))
    monkeypatch.setattr(http, "time", made)
    return made


async def test_an_api_that_wants_to_be_asked_at_once_is_asked_ever_later(clock: Clock) -> None:
    client = http.Client(timeout=30, transport=(busy := Busy(3)))
    assert (await client.send(Request("GET", "https://a.example/x"))).status == 200
    assert clock.pauses == [0.25, 0.5, 1.0]
    assert busy.asked == 4, "time counts, not tries"


async def test_an_api_that_stays_busy_is_reported_in_time(clock: Clock) -> None:
    client = http.Client(timeout=30, transport=(busy := Busy(99)))
    assert (await client.send(Request("POST", "https://a.example/x"))).status == 429
    assert sum(clock.pauses) <= 8
    assert busy.asked < 8


async def test_a_429_holds_back_the_other_calls_to_its_origin(clock: Clock) -> None:
    client = http.Client(timeout=30, transport=(busy := Busy(1, "40")))
    assert (await client.send(Request("GET", "https://a.example/x"))).status == 429
    with pytest.raises(ToolError, match=r"Nothing was sent\. Try again in 40 s") as refused:
        await client.send(Request("POST", "https://a.example:443/y"))
    assert (refused.value.status, busy.asked) == (429, 1)
    assert (await client.send(Request("GET", "https://b.example/x"))).status == 200, "another origin is not concerned"
    clock.now += 41
    assert (await client.send(Request("POST", "https://a.example/y"))).status == 200


async def test_the_clients_of_a_process_share_what_they_learnt(api: Api) -> None:
    api.handler = lambda _: _reply(429, b"{}", {"Retry-After": "30"})
    first, second = http.Client(timeout=5), http.Client(timeout=5)
    try:
        assert (await first.send(Request("GET", f"{api.url}/x"))).status == 429
        with pytest.raises(ToolError, match="too many requests"):
            await second.send(Request("GET", f"{api.url}/y"))
    finally:
        await first.aclose()
        await second.aclose()
    assert len(api.received) == 1


async def test_https_at_an_http_port_is_no_matter_of_certificates(make: Make) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    text = await make(READ, environ={"CRM_BASE_URL": url}).error("get_item", id=1)
    server.close()
    assert "that port speaks plain http" in text
    assert "certificate" not in text


async def test_a_change_whose_answer_never_came_may_have_been_carried_out() -> None:
    class Silent(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ReadTimeout("slow")

    client = http.Client(timeout=5, transport=Silent())
    with pytest.raises(ToolError, match="may have been") as problem:
        await client.send(Request("POST", "https://a.example/x"))
    assert problem.value.unknown
