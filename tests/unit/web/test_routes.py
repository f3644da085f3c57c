"""Which requests are for the web, and that nothing of it is loaded before the first of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.governing import EVERYTHING, KEYS, settings
from support.handing import issuing

START = """
import asyncio, json, os, sys
from adaptgen.govern.pipeline.assemble import assemble
from adaptgen.govern.pipeline.factory import ServingContext
from adaptgen.govern.settings.source import source
from adaptgen.mcp.http_messages import HttpRequest, whole
from adaptgen.transports.streamable_http.server import StreamableHttpServer
from adaptgen.web import web_of
from support.governing import FakeTarget, fact

async def main():
    async def make(what):
        return FakeTarget(fact("look"))

    governed = await assemble(source(sys.argv[1], os.environ), make, ServingContext(http=True))
    server = StreamableHttpServer(governed.handler, hosts=("*",), web=web_of(governed))
    before = sorted(sys.modules)
    status = [
        (await server.handle(HttpRequest(method, path, {"host": "127.0.0.1"}, whole(b"")))).status
        for method, path in (("GET", "/healthz"), ("POST", "/mcp"))
    ]
    mcp = sorted(sys.modules)
    page = (await server.handle(HttpRequest("GET", "/login/out", {"host": "127.0.0.1"}, whole(b"")))).status
    print(json.dumps([before, mcp, sorted(sys.modules), status, page]))

asyncio.run(main())
"""
RESOURCE = "http://127.0.0.1:8000/mcp"
OF_THE_WEB = ("authlib", "jinja2", "adaptgen.web.oauth", "adaptgen.web.browser", "adaptgen.web.connections",
              "adaptgen.web.approvals", "adaptgen.govern.approvals")  # fmt: skip


def loaded(modules: list[str]) -> set[str]:
    return {name for name in OF_THE_WEB for one in modules if one == name or one.startswith(f"{name}.")}


@pytest.mark.timeout(60)
def test_a_start_with_login_loads_nothing_of_it_before_the_first_page(tmp_path: Path) -> None:
    environ = {**os.environ, **KEYS, "PYTHONPATH": str(Path(__file__).parents[2])}
    with issuing() as issuer:
        path = settings(
            tmp_path,
            f'{EVERYTHING}\n@approval("1h")\npermit (principal == Caller::"lea", action, resource);',
            listen={"resource": RESOURCE},
            authenticate={"issuer": issuer.url, "audience": RESOURCE, "jwks": issuer.url},
            login={"client_id": "crm", "client_secret": "${env:T_OLD}"},
        )
        command = [sys.executable, "-c", START, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    assert done.returncode == 0, done.stderr
    started, called, shown, status, page = json.loads(done.stdout.splitlines()[-1])
    assert loaded(started) == set()
    assert loaded(called) == set()
    assert status[0] == 200
    assert page == 200
    assert {"jinja2", "adaptgen.web.browser"} <= loaded(shown)
    assert "authlib" not in loaded(shown)
