"""What an agent is told when the API is down, slow, endless, broken, busy, or somewhere else."""

from __future__ import annotations

import asyncio
import gzip
import logging
import socket
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest

from adaptgen.model import Body, Call, Param, Tool

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
    assert "give less in one call" in await make(READ).error("get_item", id="x" * 70_000)
    assert not api.received
