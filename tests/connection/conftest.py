"""A private CA, an API that others reach only with a certificate of it, and an egress proxy, all on loopback."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import json
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adaptgen.model.tables import Base, Call, Connection, Server, Tool
from adaptgen.runtime.engine import Engine

START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
END = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


class Authority:
    """Signs certificates; ``ca`` is its own, as PEM."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._start(self._name, self._key).add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
        usage |= dict.fromkeys(("encipher_only", "decipher_only"), False)
        made = made.add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **usage), True
        )
        known = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        self._known = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(known)
        self.ca = (
            made.add_extension(known, False).sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )

    def _start(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder(issuer_name=self._name, subject_name=subject, public_key=key.public_key())
        return made.serial_number(x509.random_serial_number()).not_valid_before(START).not_valid_after(END)

    def certificate(self, name: str) -> bytes:
        """Certificate and key for 127.0.0.1, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        made = self._start(subject, key).add_extension(host, False).add_extension(self._known, False)
        return made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM) + _pem(key)


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
