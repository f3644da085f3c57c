"""A proxy that people log in to, as it is deployed: one process, three replicas behind a round robin, Lambda functions.

Before each of them stands the same company (:mod:`support.oidc_provider`), behind it the same third-party server, whose
tools belong to groups. Their clocks are put forward together, so that tokens expire without waiting.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from support import aws, oidc_provider, redis
from support.certificates import Authority
from support.lambda_runtime import Door, LambdaFunction
from support.oidc_provider import SECRET, OidcProvider
from support.replicas import KEY, relayed
from support.scripted_browser import Browser
from support.services import Service, Unavailable, environment, free_port, launch, plain_environ, python

from adaptgen.cli import main
from adaptgen.demo.crm import PASSWORD, USERNAME, running

ROOT = Path(__file__).parents[2]
KINDS = ("process", "replicas", "lambda")
SEALS = "U2VhbHMtb2YtdGhlLWxvZ2lucy0wMTIzNDU2Nzg5YWI="
"""The key of logins."""
ACCESS = 300
"""Seconds of an access token. Some clients replace one that ends within a minute before they are told to."""

INITIALIZE = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "probe", "version": "1"}}

DESK = """\
import sys
from fastmcp import FastMCP
from starlette.responses import PlainTextResponse

desk = FastMCP("desk")

@desk.tool
def read_case(number: int) -> str:
    "Read a case."
    return f"case {number}"

@desk.tool
def close_case(number: int) -> str:
    "Close a case."
    return f"closed {number}"

@desk.custom_route("/ready", methods=["GET"])
async def ready(request):
    return PlainTextResponse("yes")

desk.run(transport="http", host="127.0.0.1", port=int(sys.argv[1]), show_banner=False, stateless_http=True)
"""
POLICIES = """\
permit (principal, action == Action::"desk__read_case", resource) when { principal.groups.contains("support") };
permit (principal, action == Action::"desk__close_case", resource) when { principal.groups.contains("lead") };
"""
SHIFTED = """\
import os, time
_real, _path = time.time, os.environ["TEST_CLOCK"]
def _shifted():
    with open(_path) as file:
        return _real() + float(file.read() or 0)
time.time = _shifted
"""


@dataclass
class Company:
    """What all places share."""

    idp: OidcProvider
    desk: Service
    folder: Path
    clock: Path
    authority: Path
    certificate: Path
    ahead: float = 0.0
    functions: list[LambdaFunction] = field(default_factory=list)

    def browser(self, name: str) -> Browser:
        """Of a person, who trusts the company."""
        return Browser(name, authority=str(self.authority))

    def advance(self, seconds: float) -> None:
        """Put the clocks of the company, of the proxies and of clients forward."""
        self.ahead += seconds
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(str(self.ahead))
        fresh.replace(self.clock)  # at once: processes read it at any time
        self.idp.set(advance=self.ahead)
        for function in self.functions:
            function.ahead = self.ahead


@dataclass
class Place:
    """One deployment. ``url``: its MCP endpoint; ``logs``: files in which nothing secret may stand."""

    kind: str
    url: str
    company: Company
    folder: Path
    served: Mapping[int, int] = field(default_factory=dict)

    def accepts(self, token: str) -> bool:
        """Whether an access token lets a request in."""
        body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": INITIALIZE}
        headers = {"authorization": f"Bearer {token}", "accept": "application/json, text/event-stream"}
        status = httpx.post(self.url, json=body, headers=headers, trust_env=False, timeout=30).status_code
        assert status in (200, 401), status
        return status == 200

    def ends(self, token: str) -> float:
        """The seconds until an access token that was revoked lets no request in, at any replica."""
        began = time.monotonic()
        last, refused = began, 0
        while refused < 6:  # twice around
            assert time.monotonic() - began < 20, "the token still counts"
            if self.accepts(token):
                last, refused = time.monotonic(), 0
                time.sleep(0.05)
            else:
                refused += 1
        return last - began

    def said(self) -> bytes:
        """Everything that it wrote to files: logs and audit."""
        return b"\n".join(path.read_bytes() for path in self.folder.rglob("*") if path.suffix in (".log", ".jsonl"))


@contextlib.contextmanager
def company(folder: Path, **options: Any) -> Iterator[Company]:
    """The identity provider, the third-party server, and the clock. ``options``: of the provider."""
    signer = Authority("the company")
    authority, certificate = folder / "authority.pem", folder / "certificate.pem"
    authority.write_bytes(signer.ca)
    certificate.write_bytes(signer.certificate("the identity provider"))
    port = free_port()
    clock = folder / "clock"
    clock.write_text("0")
    (folder / "shifted").mkdir()
    (folder / "shifted" / "sitecustomize.py").write_text(SHIFTED)
    with oidc_provider.running(folder, certificate=certificate, **options) as idp:
        desk = launch(
            "desk", [sys.executable, "-c", DESK, str(port)], url=f"http://127.0.0.1:{port}", ready="/ready",
            environ=plain_environ(folder), folder=folder, seconds=60,
        )  # fmt: skip
        try:
            yield Company(idp, desk, folder, clock, authority, certificate)
        finally:
            desk.stop()


def settings(company: Company, resource: str, state: Mapping[str, Any], **login: Any) -> dict[str, Any]:
    """Of a proxy before the desk."""
    return {
        "adaptgen": 1,
        "mode": "proxy",
        "listen": {"resource": resource},
        "authenticate": {
            "issuer": company.idp.url,
            "audience": resource,
            "jwks": f"{company.idp.url}/jwks",
            "caller": {"sub": "sub", "tenant": "tenant", "groups": "groups"},
        },
        "login": {"client_id": "adaptgen", "client_secret": "${env:IDP_SECRET}", "access": f"{ACCESS}s", **login},
        "authorize": {"engine": "cedar", "default": "read", "policies": ["groups.cedar"]},
        "keys": {"audit": "${env:AUDIT}", "cursors": "${env:SEALS}"},
        **({"state": dict(state)} if state else {}),
        "audit": {"sink": "stdout"},
        "upstreams": {"desk": {"url": f"{company.desk.url}/mcp", "timeout": 20}},
    }


@contextlib.contextmanager
def place(kind: str, company: Company, name: str = "", **login: Any) -> Iterator[Place]:
    """A deployment of one of :data:`KINDS`, ``embedded``: the CRM's server without a proxy, or ``below``: a process
    whose public URL has a path before ``/mcp``. ``name``: of its folder; ``login``: more of that setting.

    Raises:
        Unavailable: what it needs cannot be had.
    """
    folder = company.folder / (name or kind)
    folder.mkdir()
    make = {
        "process": _process, "replicas": _replicas, "lambda": _functions, "embedded": _embedded, "below": _below,
    }[kind]  # fmt: skip
    with make(folder, company, login) as made:
        company.idp.client("adaptgen", *_redirects(company, made.url.removesuffix("/mcp")), secret=SECRET)
        yield made


_known: dict[str, list[str]] = {}


def _redirects(company: Company, base: str) -> list[str]:
    """The redirect URIs of all places: they are one application of the company."""
    found = _known.setdefault(company.idp.url, [])
    found.append(f"{base}/login/callback")
    return found


@contextlib.contextmanager
def _process(folder: Path, company: Company, login: Mapping[str, Any], below: str = "") -> Iterator[Place]:
    port = free_port()
    url = f"http://127.0.0.1:{port}{below}/mcp"
    one = _container(folder, company, port, settings(company, url, {}, **login), {})
    try:
        yield Place("process", url, company, folder)
    finally:
        one.stop()


def _below(folder: Path, company: Company, login: Mapping[str, Any]) -> contextlib.AbstractContextManager[Place]:
    return _process(folder, company, login, "/crm")


@contextlib.contextmanager
def _embedded(folder: Path, company: Company, login: Mapping[str, Any]) -> Iterator[Place]:
    port = free_port()
    url = f"http://127.0.0.1:{port}/mcp"
    given = {**settings(company, url, {}, **login), "mode": "embedded"}
    del given["upstreams"]
    path = _written(folder, given)
    path.with_name("groups.cedar").write_text('permit (principal, action in [Action::"read"], resource);')
    with running() as api:
        more = {"CRM_BASE_URL": api.url, "CRM_USERNAME": USERNAME, "CRM_PASSWORD": PASSWORD}
        one = launch(
            "embedded",
            [sys.executable, "-m", "adaptgen", "serve", str(ROOT / "generated" / "crm"), "--http", f"127.0.0.1:{port}",
             "--governance", str(path)],
            url=f"http://127.0.0.1:{port}", ready="/.well-known/oauth-authorization-server",
            environ=plain_environ(folder, **_environ(company), **more), folder=folder, seconds=60,
        )  # fmt: skip
        try:
            yield Place("embedded", url, company, folder)
        finally:
            one.stop()


@contextlib.contextmanager
def _replicas(folder: Path, company: Company, login: Mapping[str, Any]) -> Iterator[Place]:
    store = redis.start(folder)
    ports = [free_port() for _ in range(3)]
    running: list[Service] = [store]
    try:
        with relayed(ports) as relay:
            url = f"http://127.0.0.1:{relay.port}/mcp"
            given = settings(company, url, {"store": "redis", "url": "${env:REDIS}"}, **login)
            for at, port in enumerate(ports):
                own = folder / f"proxy{at}"
                own.mkdir()
                running.append(_container(own, company, port, given, {"REDIS": store.url}))
            yield Place("replicas", url, company, folder, relay.served)
    finally:
        for one in reversed(running):
            one.stop()


@contextlib.contextmanager
def _functions(folder: Path, company: Company, login: Mapping[str, Any]) -> Iterator[Place]:
    """Two sandboxes of one function, asked by turns: they share DynamoDB and nothing else. One gets the events of a
    Function URL (payload 2.0), the other those of a REST API with a domain (1.0)."""
    interpreter = str(environment("awslambda", python((3, 12))) / "python")
    store = aws.start(folder)
    running: list[Any] = [store]
    try:
        aws.state_table(store)
        state = {"store": "dynamodb", "table": "adaptgen", "region": aws.REGION, "endpoint": store.url}
        bundle = _bundle(folder, settings(company, "${env:PUBLIC_URL}", state, **login), interpreter)
        said = json.loads((bundle / "BUNDLE.json").read_text())
        module, _, name = said["handler"].rpartition(".")
        (bundle / "shifted.py").write_text(f"{SHIFTED}\nfrom {module.replace('/', '.')} import {name} as handler\n")
        ports = [free_port(), free_port()]
        with relayed(ports) as relay:
            url = f"http://127.0.0.1:{relay.port}/mcp"
            environ = {**aws.KEYS, **_secrets(company), "ADAPTGEN_GOVERNANCE": said["governance"]["path"]}
            doors: tuple[Door, ...] = ("url", "rest")
            for port, door in zip(ports, doors, strict=True):
                one = LambdaFunction(bundle, "shifted.handler", {**environ, "PUBLIC_URL": url}, python=interpreter)
                running.append(one)
                company.functions.append(one)
                one.ahead = company.ahead
                one.wait()
                one.door(door, port=port, stage="", principal="")
            yield Place("lambda", url, company, folder, relay.served)
    finally:
        for one in reversed(running):
            one.stop()


def _bundle(folder: Path, given: Mapping[str, Any], interpreter: str) -> Path:
    """What ``adaptgen package`` makes of a proxy, unpacked."""
    path = _written(folder, given)
    out = folder / "function.zip"
    asked = ["package", str(path), "--out", str(out), "--python", _version(interpreter), "--interpreter", interpreter]
    assert main(asked) == 0
    with zipfile.ZipFile(out) as bundle:
        bundle.extractall(folder / "task")
    return folder / "task"


def _version(interpreter: str) -> str:
    ask = "import sys; print('{}.{}'.format(*sys.version_info))"
    return subprocess.run([interpreter, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()


def _container(
    folder: Path, company: Company, port: int, given: Mapping[str, Any], environ: Mapping[str, str]
) -> Service:
    more = {**_environ(company), "ADAPTGEN_LISTEN": f"127.0.0.1:{port}", **environ}
    more["ADAPTGEN_GOVERNANCE"] = str(_written(folder, given))
    try:
        return launch(
            f"proxy{port}", [sys.executable, "-m", "adaptgen.transports.container"], url=f"http://127.0.0.1:{port}",
            ready="/readyz", environ=plain_environ(folder, **more), folder=folder, seconds=60,
        )  # fmt: skip
    except Unavailable as reason:  # it is what is tested: a test must not be skipped for it
        raise AssertionError(str(reason)) from None


def _written(folder: Path, given: Mapping[str, Any]) -> Path:
    (folder / "groups.cedar").write_text(POLICIES)
    (folder / "governance.yaml").write_text(json.dumps(given))
    return folder / "governance.yaml"


def _environ(company: Company) -> dict[str, str]:
    return {**_secrets(company), "PYTHONPATH": f"{company.folder / 'shifted'}:{ROOT}"}


def _secrets(company: Company) -> dict[str, str]:
    trust = {"SSL_CERT_FILE": str(company.authority)}
    return {**trust, "AUDIT": KEY, "SEALS": SEALS, "IDP_SECRET": SECRET, "TEST_CLOCK": str(company.clock)}
