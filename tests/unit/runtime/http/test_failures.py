"""What an agent is told when the API is down, slow, endless, broken, busy, or somewhere else."""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from adaptgen.model.tables import Body, Call, Param, Tool
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http import client as http
from adaptgen.runtime.http.request import Request

if TYPE_CHECKING:
    from conftest import Api, Make

pytestmark = pytest.mark.asyncio

READ = Tool(name="get_item", call=Call("GET", "/items/{id}", query=(Param("q"),)))
WRITE = Tool(name="add_item", call=Call("POST", "/items", body=Body(params=(Param("name"),))), effect="write")


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


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_429_says_when_to_try_again(api: Api, make: Make, form: str) -> None:
    after = "40" if form == "seconds" else formatdate(1_700_000_040, usegmt=True)
    headers = {"Retry-After": after, "Date": formatdate(1_700_000_000, usegmt=True)}
    api.handler = lambda _: _reply(429, b"{}", headers)
    assert "Try again in 40 s." in await make(READ).error("get_item", id=1)
    assert len(api.received) == 1


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
    "target", ["//evil.example/x", "https:/\\evil.example", "ftp://h/x", "http://a@{host}/items/2"]
)
async def test_a_redirect_in_disguise_is_refused(api: Api, make: Make, target: str) -> None:
    location = target.replace("{host}", api.url.removeprefix("http://"))
    api.handler = lambda _: _reply(302, b"", {"Location": location})
    assert "redirects to another host" in await make(READ).error("get_item", id=1)
    assert len(api.received) == 1


async def test_redirects_in_a_circle_end(api: Api, make: Make) -> None:
    api.handler = lambda _: _reply(302, b"", {"Location": "/items/1"})
    assert "again and again" in await make(READ).error("get_item", id=1)


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


async def test_html_that_is_declared_is_an_answer(api: Api, make: Make) -> None:
    api.handler = lambda _: _reply(200, b"<html><body>Report of May</body></html>", {"Content-Type": "text/html"})
    page = replace(READ, call=Call("GET", "/items/{id}", accept="text/html"))
    answer = await make(page).answer("get_item", id=1)
    assert not answer.is_error
    assert "Report of May" in answer.content[0].text  # type: ignore[union-attr]


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
