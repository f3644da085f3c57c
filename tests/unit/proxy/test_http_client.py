"""HTTP towards servers that cannot be trusted: bombs, floods, redirects, and logs that tell too much."""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from support.fake_mcp import Exchange, FakeServer, aggregated, tool, until

from adaptgen.mcp.protocol import Context
from adaptgen.model.tables import LOCAL
from adaptgen.proxy import connection_pool as connections
from adaptgen.proxy.connection_pool import Connection
from adaptgen.proxy.http_client import MAX_BYTES, HttpClient, UpstreamError, address
from adaptgen.proxy.proxy_target import UpstreamAggregator
from adaptgen.proxy.sse import Event, Events

RESULT = json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"content": []}}).encode()


async def asked(server: FakeServer, **arguments: Any) -> Any:
    """The answer to one call of the tool ``x``."""
    server.tools = [tool("x")]
    async with aggregated(server) as aggregator:
        return await aggregator.call(LOCAL, aggregator.tools()["a__x"], arguments, Context(request_id="1"))


def body(data: bytes, coding: str = "") -> FakeServer:
    """A server whose calls answer with these bytes."""

    async def answer(exchange: Exchange) -> None:
        sent = data.replace(b'"id": 1', b'"id": %d' % exchange.message["id"]) if not coding else data
        more = f"\r\ncontent-encoding: {coding}" if coding else ""
        exchange.raw(f"200 OK\r\ncontent-type: application/json{more}", sent)

    return FakeServer(on={"tools/call": answer})


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("data", "coding", "said"),
    [
        (gzip.compress(b" " * (MAX_BYTES + 1), mtime=0), "gzip", "larger than 16 MB"),
        (zlib.compress(b" " * (MAX_BYTES + 1)), "deflate", "larger than 16 MB"),
        (b" " * (MAX_BYTES + 1), "", "larger than 16 MB"),
        (gzip.compress(RESULT, mtime=0)[:-9], "gzip", "ends early"),
        (b"no gzip", "gzip", "broken"),
        (RESULT, "br", "not asked for"),
        (b"[" * 100_000, "", "not JSON"),
        (b'{"jsonrpc": "2.0", "id": 1, "result": {"a": ' + b"[" * 200 + b"]" * 200 + b"}}", "", "not JSON"),
        (b'{"jsonrpc": "2.0", "id": 77, "result": {}}', "", "without a result"),
        (b'{"jsonrpc": "2.0", "id": 1, "result": []}', "", "not an object"),
    ],
)
async def test_answers_that_are_none_end_the_call(data: bytes, coding: str, said: str) -> None:
    result = await asked(body(data, coding))
    assert said in result["content"][0]["text"]
    assert result["isError"] is True


@pytest.mark.asyncio
async def test_a_compressed_answer_is_read() -> None:
    async def answer(exchange: Exchange) -> None:
        data = gzip.compress(RESULT.replace(b'"id": 1', b'"id": %d' % exchange.message["id"]), mtime=0)
        exchange.raw("200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip", data)

    assert (await asked(FakeServer(on={"tools/call": answer})))["content"] == []


@pytest.mark.asyncio
async def test_an_event_that_never_ends_ends_the_call() -> None:
    async def flood(exchange: Exchange) -> None:
        exchange.stream()
        exchange.writer.write(b"data: ")
        try:
            while not exchange.writer.is_closing():
                exchange.writer.write(b"x" * 1_000_000)
                await exchange.writer.drain()
        except ConnectionError:
            pass

    result = await asked(FakeServer(on={"tools/call": flood}))
    assert "larger than 16 MB" in result["content"][0]["text"]


@pytest.mark.asyncio
async def test_a_server_that_goes_on_talking_is_cut_off() -> None:
    async def drip(exchange: Exchange) -> None:
        exchange.stream()
        try:
            while not exchange.writer.is_closing():
                await exchange.event({"jsonrpc": "2.0", "method": "notifications/progress", "params": {}})
                await asyncio.sleep(0.01)
        except ConnectionError:
            pass

    server = FakeServer(on={"tools/call": drip}, tools=[tool("x")])
    async with aggregated(server, settings={"timeout": 0.05}) as aggregator:
        result = await aggregator.call(LOCAL, aggregator.tools()["a__x"], {}, Context(request_id="1"))
    assert "did not answer within" in result["content"][0]["text"]


@pytest.mark.asyncio
async def test_a_connection_that_the_server_closed_meanwhile_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "KEEP", 60.0)
    server = FakeServer(tools=[tool("x")])
    async with aggregated(server) as aggregator:
        facts = aggregator.tools()["a__x"]
        for _ in range(3):
            result = await aggregator.call(LOCAL, facts, {}, Context(request_id="1"))
            assert "isError" not in result
            idle = idle_of(aggregator)
            server.seen[-1].writer.close()
            await until(lambda idle=idle: not idle[0].usable)  # type: ignore[misc]


def idle_of(aggregator: UpstreamAggregator) -> list[Connection]:
    """The idle connections to the one server of a aggregator."""
    pool = aggregator._http._pooled()
    return pool._idle[aggregator._syncs["a"].remote.url.origin]


@pytest.mark.asyncio
async def test_a_name_that_does_not_resolve_is_a_failure_before_sending(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UpstreamError) as failed:
        await HttpClient().send("POST", address("http://no-such-host.invalid/"), {}, b"{}", silence=1.0)
    assert failed.value.sent is False
    assert "no-such-host" not in failed.value.text


STREAM = (
    b": a comment\r\n\r\n"
    b"event: message\r\nid: 7\r\ndata: one\r\ndata:two\r\n\r\n"
    b"retry: 250\rdata: three\r\r"
    b"data: \xc3\xa9\n\n"
    b"id: 8\ndata:\n\n"
    b"data: never ended"
)
EVENTS = [Event(b"one\ntwo", "7"), Event(b"three", None, 250), Event("é".encode()), Event(b"", "8")]


@given(st.lists(st.integers(1, len(STREAM) - 1)))
def test_events_are_the_same_however_the_bytes_come(cuts: list[int]) -> None:
    parser, found, at = Events(1000), [], 0
    for cut in [*sorted(set(cuts)), len(STREAM)]:
        found += parser.feed(STREAM[at:cut])
        at = cut
    assert found == EVENTS


def test_lines_that_add_up_to_too_much_are_refused() -> None:
    parser = Events(100)
    for _ in range(9):
        parser.feed(b"data: 0123456789\n")
    with pytest.raises(ValueError, match="too large"):
        parser.feed(b"data: 0123456789\ndata: 0\n")


@pytest.mark.asyncio
@pytest.mark.parametrize("late", [False, True])
async def test_bytes_that_nobody_asked_for_are_not_taken_for_the_next_answer(
    late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "KEEP", 60.0)
    server = FakeServer(tools=[tool("x")])

    def forged(exchange: Exchange) -> None:
        body = json.dumps({"jsonrpc": "2.0", "id": exchange.message["id"] + 1, "result": {"content": ["forged"]}})
        exchange.raw("200 OK\r\ncontent-type: application/json", body.encode())

    async def twice(exchange: Exchange) -> None:
        exchange.result({"content": ["true"]})
        if not late:
            forged(exchange)

    server.on["tools/call"] = twice
    async with aggregated(server) as aggregator:
        facts = aggregator.tools()["a__x"]
        for _ in range(2):
            assert (await aggregator.call(LOCAL, facts, {}, Context(request_id="1")))["content"] == ["true"]
            if late:
                idle = idle_of(aggregator)
                forged(server.seen[-1])
                await until(lambda idle=idle: not idle[0].usable)  # type: ignore[misc]


@pytest.mark.asyncio
async def test_a_value_that_would_end_a_header_is_not_sent() -> None:
    class Bad:
        async def headers(self, caller: object, method: str, url: str, body: bytes) -> dict[str, str]:
            return {"authorization": "Bearer x\r\nx-evil: 1"} if caller else {}

        def renew(self, caller: object) -> bool:
            return False

        async def aclose(self) -> None:
            pass

    server = FakeServer(tools=[tool("x")])
    async with aggregated(server, credentials={"a": Bad()}) as aggregator:
        result = await aggregator.call(LOCAL, aggregator.tools()["a__x"], {}, Context(request_id="1"))
    assert "Nothing was executed" in result["content"][0]["text"]
    assert server.of("tools/call") == []


@pytest.mark.asyncio
async def test_a_certificate_that_nobody_vouches_for_is_not_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")

    async def hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi")
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(hello, "127.0.0.1", 0, ssl=context) as listening:
        url = address(f"https://localhost:{listening.sockets[0].getsockname()[1]}/")
        line = HttpClient()
        with pytest.raises(UpstreamError, match="certificate") as failed:
            await line.send("GET", url, {}, None, silence=5.0)
        assert failed.value.sent is False
        monkeypatch.setenv("SSL_CERT_FILE", str(folder / "cert.pem"))
        line = HttpClient()
        reply = await line.send("GET", url, {}, None, silence=5.0)
        assert await reply.body() == b"hi"
        await reply.aclose()
        await line.aclose()


def certificate(folder: Path) -> Path:
    """A key and a certificate for ``localhost`` that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(pem, form, plain))
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    return folder
