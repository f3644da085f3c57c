"""What a deployed CRM talks to, on loopback: Secrets Manager and DynamoDB, an issuer with TLS, the CRM's API."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime
import ipaddress
import itertools
import json
import os
import ssl
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from support import aws
from support.idp import Idp
from support.services import Service, free_port, launch, plain_environ

from adaptgen.demo.crm import PASSWORD, USERNAME

RESOURCE = "https://crm.example/mcp"
TABLE = "crm-state"
SECRET = "crm-governance"
COUNTS = "/moto-api/counts"
# The server of the tests, which also counts its requests by their target.
_AWS = aws.SERVER.replace(
    "def one_by_one(environ, start_response):\n",
    f"""import collections, json
seen = collections.Counter()

def one_by_one(environ, start_response):
    if environ["PATH_INFO"] == "{COUNTS}":
        start_response("200 OK", [("content-type", "application/json")])
        return [json.dumps(seen).encode()]
    seen[environ.get("HTTP_X_AMZ_TARGET", "other").partition(".")[2]] += 1
""",
)


class TlsIdp(Idp):
    """The issuer of the tests behind TLS: settings for others refuse one without."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__()
        self._context = context

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        self.url = f"https://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"


@dataclass
class World:
    """``environ``: what the function's configuration holds."""

    aws: Service
    idp: Idp
    environ: dict[str, str]
    _callers: Iterator[int] = field(default_factory=itertools.count)

    def token(self) -> str:
        """An access token of somebody else in sales."""
        return self.idp.issue(aud=RESOURCE, sub=f"user-{next(self._callers)}", org="bank", groups=["sales"])

    def requests(self) -> dict[str, int]:
        """The requests that AWS has had so far, by their operation."""
        with urllib.request.urlopen(self.aws.url + COUNTS, timeout=10) as answer:
            found: dict[str, int] = json.load(answer)
        return found


@contextlib.contextmanager
def world(folder: Path) -> Iterator[World]:
    """All of it, for the length of a ``with`` block."""
    context, authorities = _certificate(folder)
    with contextlib.ExitStack() as stack:
        services = _aws(folder)
        stack.callback(services.stop)
        idp = stack.enter_context(_issuer(TlsIdp(context)))
        url = stack.enter_context(_crm())
        _seed(services)
        environ = {
            "CRM_BASE_URL": url,
            "CRM_USERNAME": USERNAME,
            "CRM_PASSWORD": PASSWORD,
            "CRM_RESOURCE": RESOURCE,
            "CRM_ISSUER": idp.url,
            "CRM_TABLE": TABLE,
            "AWS_ENDPOINT_URL": services.url,
            "AWS_REGION": aws.REGION,
            **aws.KEYS,
            "AWS_SESSION_TOKEN": "testing",
            "AWS_LAMBDA_FUNCTION_NAME": "crm",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "SSL_CERT_FILE": str(authorities),
        }
        yield World(services, idp, environ)


def _aws(folder: Path) -> Service:
    port = free_port()
    return launch(
        "moto",
        [sys.executable, "-c", _AWS, str(port), str(Path(aws.__file__).parents[1])],
        url=f"http://127.0.0.1:{port}",
        ready="/moto-api/",
        environ=plain_environ(folder, **aws.KEYS),
        folder=folder,
        seconds=60,
    )


def _seed(services: Service) -> None:
    """The secret that deployed.yaml names, and its table."""
    signing = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    keys = {name: base64.b64encode(os.urandom(32)).decode() for name in ("k1", "cursors", "audit", "login")}
    secrets: Any = aws.client(services, "secretsmanager")
    secrets.create_secret(Name=SECRET, SecretString=json.dumps({**keys, "checkpoints": signing.decode()}))
    aws.state_table(services, TABLE)


@contextlib.contextmanager
def _issuer(idp: Idp) -> Iterator[Idp]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="issuer", daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(idp.start(), loop).result(10)
    try:
        yield idp
    finally:
        asyncio.run_coroutine_threadsafe(idp.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@contextlib.contextmanager
def _crm() -> Iterator[str]:
    command = [sys.executable, "-m", "adaptgen.demo.crm"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert child.stdout is not None
        yield child.stdout.readline().strip()
    finally:
        child.terminate()
        child.wait(20)
        assert child.stdout is not None
        child.stdout.close()


def _certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """What the issuer proves itself with; and the file of all authorities, its own among them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "issuer")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    own = folder / "issuer.pem"
    own.write_bytes(made + private)
    authorities = folder / "authorities.pem"
    # As many as everywhere: reading them is a part of a start.
    authorities.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + made)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    return context, authorities
