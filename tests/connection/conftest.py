"""A private CA, an API that others reach only with a certificate of it, and an egress proxy, all on loopback."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from support.certificates import Authority

from adaptgen.model.tables import Base, Call, Connection, Server, Tool
from adaptgen.runtime.engine import Engine


@dataclass
class Api:
    """Counts what it is asked; ``hold`` keeps answers back until it is set."""

    url: str = ""
    served: int = 0
    at_once: int = 0
    most: int = 0
    hold: asyncio.Event | None = None
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    def end(self) -> None:
        """Give the answers that are kept back."""
        if self.hold is not None:
            self.hold.set()

    async def client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.at_once += 1
                self.most = max(self.most, self.at_once)
                self.served += 1
                async with self.arrived:
                    self.arrived.notify_all()
                if self.hold is not None:
                    await self.hold.wait()
                self.at_once -= 1
                body = b'{"id":1}'
                head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
                writer.write(head + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()


@dataclass
class Proxy:
    """An egress proxy: tunnels (CONNECT) and forwards nothing else. ``password``: what it wants of its users."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    wanted: str = ""

    async def client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, target, _ = head.split(" ", 2)
            self.asked.append(f"{method} {target}")
            if self.wanted and f"proxy-authorization: {self.wanted}" not in head.lower():
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
                return
            host, _, port = target.rpartition(":")
            there, back = await asyncio.open_connection(host, int(port))
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority("Private CA")


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Api]:
    """Without TLS."""
    one = Api()
    server = await asyncio.start_server(one.client, "127.0.0.1", 0)
    one.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield one
    one.end()
    server.close()


@pytest_asyncio.fixture
async def closed(authority: Authority, tmp_path: Path) -> AsyncIterator[Api]:
    """With TLS, for those only who show a certificate of the private CA."""
    one = Api()
    (tmp_path / "server.pem").write_bytes(authority.certificate("api"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=authority.ca.decode())
    context.load_cert_chain(tmp_path / "server.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    server = await asyncio.start_server(one.client, "127.0.0.1", 0, ssl=context)
    one.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield one
    one.end()
    server.close()


@pytest_asyncio.fixture
async def proxy() -> AsyncIterator[Proxy]:
    one = Proxy()
    server = await asyncio.start_server(one.client, "127.0.0.1", 0)
    one.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield one
    server.close()


Connect = Callable[..., Engine]


@pytest_asyncio.fixture
async def connect(tmp_path: Path) -> AsyncIterator[Connect]:
    """``connect(url, environ, timeout=…, ca=…, …)``: an engine of one tool, ``get_thing``."""
    made: list[Engine] = []

    def build(url: str, environ: dict[str, str] | None = None, *, timeout: float = 5.0, **said: Any) -> Engine:
        folder = tmp_path / "tools"
        folder.mkdir(exist_ok=True)
        schema = {"type": "object", "properties": {}, "additionalProperties": False}
        contracts = {
            name: {"description": "", "inputSchema": schema, "annotations": {}} for name in ("get_thing", "make_thing")
        }
        (folder / "all.json").write_text(json.dumps(contracts))
        server = Server(
            name="things",
            bases=(Base(url),),
            tools=(
                Tool(name="get_thing", call=Call("GET", "/thing")),
                Tool(name="make_thing", call=Call("POST", "/thing"), effect="write"),
            ),
            contracts=folder,
            timeout=timeout,
            connection=Connection(**said),
        )
        made.append(Engine(server, environ=environ or {}))
        return made[-1]

    yield build
    for engine in made:
        await engine.aclose()
