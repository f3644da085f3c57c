"""The image for AgentCore Runtime: its command, run as the image would run it, serves the server and the proxy."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.command import request
from support.governing import KEYS
from support.handing import RESOURCE, Issuer, issuing
from support.scenarios import MEETS, scenarios
from support.services import Unavailable, free_port
from support.shipping import EMBEDDED, PROXY, bundle, governed, write
from support.suite_tools import suite_server
from support.web import Asked, Said, post, web

from adaptgen.cli import main
from adaptgen.ship.bundles.package import image_context

OWN = {"tokens": {"current": "k1", "all": {"k1": "${env:T_TOKENS}"}}, "cursors": "${env:T_CURSORS}",
       "audit": "${env:T_AUDIT}"}  # fmt: skip


def said_by(dockerfile: str) -> tuple[dict[str, str], list[str], list[str]]:
    """Environment, command and health check of an image."""
    joined = dockerfile.replace("\\\n", " ")
    variables = re.search(r"^ENV (.*)$", joined, re.MULTILINE)
    command = re.search(r"^CMD (.*)$", joined, re.MULTILINE)
    check = re.search(r"^HEALTHCHECK .* CMD (.*)$", joined, re.MULTILINE)
    assert variables is not None
    assert command is not None
    assert check is not None
    environ = {name: json.loads(value) for name, value in re.findall(r'(\w+)=("[^"]*")', variables[1])}
    return environ, json.loads(command[1]), json.loads(check[1])


@pytest.mark.parametrize("kind", ["server", "proxy"])
def test_the_image_is_what_the_platform_wants(tmp_path: Path, kind: str) -> None:
    what = governed(tmp_path) if kind == "server" else write(tmp_path / "specs/proxy", PROXY)
    text = image_context(bundle(what, kind="agentcore", arch="arm64"))["Dockerfile"].decode()
    environ, command, check = said_by(text)
    assert "FROM --platform=linux/arm64 python:3.12-slim\n" in text
    assert "\nUSER 10001:10001\n" in text
    assert environ["ADAPTGEN_LISTEN"] == "0.0.0.0:8000"
    assert environ.get("ADAPTGEN_SERVER", "") == ("generated/crm" if kind == "server" else "")
    # No shell: signals reach the process itself.
    assert command == check[:-1] == ["python", "-m", "adaptgen.transports.container"]
    # Nothing is fetched or run while it is built.
    assert "\nRUN " not in text


def test_a_folder_with_something_else_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    governed(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("keep")
    made = bundle(tmp_path / "generated/crm", kind="agentcore")
    monkeypatch.setattr("adaptgen.cli.ship.package.make_bundle", lambda options, target: made)
    command = ["package", str(tmp_path / "generated/crm"), "--target", "agentcore", "--out"]
    assert main([*command, str(tmp_path / "mine")]) == 2
    assert (tmp_path / "mine/notes.txt").read_text() == "keep"


# ----------------------------------------------------------------------------------------------------- as processes


@contextmanager
def running(context: Path, python: str, given: Mapping[str, str]) -> Iterator[tuple[str, list[str], dict[str, str]]]:
    """The command of the image in its folder, with the image's environment and nothing else, on another port."""
    environ, command, check = said_by((context / "Dockerfile").read_text())
    url = f"http://127.0.0.1:{free_port()}"
    environ |= {**given, "ADAPTGEN_LISTEN": url.removeprefix("http://")}
    site = context / "site"
    pipe = subprocess.PIPE
    with subprocess.Popen([python, "-S", *command[1:]], cwd=site, env=environ, stderr=pipe, text=True) as process:
        assert process.stderr is not None
        lines: list[str] = []
        for line in process.stderr:
            lines.append(line)
            if "serving on" in line:
                break
        try:
            assert lines, "it ended"
            assert "serving on" in lines[-1], "".join(lines)
            yield url, [python, "-S", *check[1:]], environ
        finally:
            process.terminate()
            code = process.wait(30)
        assert code == 0


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    """Who issues the callers' tokens."""
    with issuing("https://idp.example") as made:
        yield made


def contexts(folder: Path, python: str, issuer: Issuer) -> tuple[Path, Path]:
    """The contexts of a server and of a proxy before it."""
    known = {"issuer": issuer.url, "jwks": f"{issuer.web.url}/jwks", "audience": RESOURCE, "caller": {"tenant": "org"}}
    server = governed(folder, EMBEDDED | {"keys": OWN, "authenticate": known, "listen": {}})
    upstream = {"url": "${env:UPSTREAM}", "auth": {"kind": "bearer", "token": "${env:UPSTREAM_TOKEN}"}, "ours": True}
    proxy: dict[str, Any] = PROXY | {"upstreams": {"crm": upstream}, "keys": {"audit": "${env:T_AUDIT}"}}
    settings = write(folder / "specs/proxy", proxy | {"authenticate": known})
    made = []
    for what in (server, settings):
        out = folder / f"image-{len(made)}"
        options = ["--target", "agentcore", "--arch", "x86_64", "--interpreter", python, "--out", str(out)]
        assert main(["package", str(what), *options]) == 0
        made.append(out)
    return made[0], made[1]


def asked(url: str, method: str, params: dict[str, Any], token: str, **headers: str) -> Said:
    """A request as the platform passes it on: under its own name, with a session that nobody opened."""
    more = {"mcp-session-id": "0b29a8fe-5e3c-4b0e-9a51-7d1c6f8c2d11", "host": "runtime.internal:8000", **headers}
    body, made = request(method, params, token)
    return post(f"{url}/mcp", body, made | more)


@pytest.mark.slow
@pytest.mark.network
def test_server_and_proxy_answer_from_their_images(tmp_path: Path, python: str, issuer: Issuer) -> None:
    server, proxy = contexts(tmp_path, python, issuer)
    given = {**KEYS, "CRM_BASE_URL": "http://127.0.0.1:9"}
    token = issuer.token()
    with running(server, python, given) as (url, check, environ):
        healthy = subprocess.run(check, cwd=server / "site", env=environ, check=False, timeout=60)
        assert healthy.returncode == 0
        assert post(f"{url}/mcp", *request("tools/list", {})).status == 401
        said = asked(url, "tools/list", {}, token)
        assert said.status == 200, said.data()
        names = {one["name"] for one in json.loads(said.data())["result"]["tools"]}
        assert "list_invoices" in names
        # The handshake of earlier revisions, with the session that the platform made up.
        hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
        for method, params in (("initialize", hello), ("tools/list", {})):
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
            headers = {"content-type": "application/json", "accept": "application/json, text/event-stream",
                       "authorization": f"Bearer {token}", "mcp-session-id": "made-up"}  # fmt: skip
            answer = post(f"{url}/mcp", body, headers)
            assert answer.status == 200, answer.data()
            assert "result" in json.loads(answer.data())
        more = {**given, "UPSTREAM": f"{url}/mcp", "UPSTREAM_TOKEN": token}
        with running(proxy, python, more) as (front, _, _):
            said = asked(front, "tools/list", {}, token)
            assert said.status == 200, said.data()
            assert f"crm__{min(names)}" in {one["name"] for one in json.loads(said.data())["result"]["tools"]}
    gone = subprocess.run(check, cwd=server / "site", env=environ, check=False, timeout=60)
    assert gone.returncode == 1


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory, python: str, issuer: Issuer) -> Iterator[str]:
    """The URL of the suite's tools, served from an image; the suite has no tokens, so one is added on the way."""
    folder = tmp_path_factory.mktemp("suite")
    package = suite_server(folder)
    known = {"issuer": issuer.url, "jwks": f"{issuer.web.url}/jwks", "audience": RESOURCE, "caller": {"tenant": "org"}}
    release = {"kinds": ["email"], "release": ["image/png", "audio/wav", "text/plain"]}
    settings = EMBEDDED | {"keys": OWN, "authenticate": known, "listen": {}, "tokenize": release}
    named = write(folder / "settings", settings)
    context = folder / "image"
    options = ["--target", "agentcore", "--arch", "x86_64", "--interpreter", python, "--out", str(context)]
    assert main(["package", str(package), "--governance", str(named), *options]) == 0
    with running(context, python, KEYS) as (url, _, _):

        def passed_on(asked: Asked) -> Said:
            headers = {name: one for name, one in asked.headers.items() if name not in ("connection", "content-length")}
            headers["authorization"] = f"Bearer {issuer.token()}"
            return post(f"{url}{asked.path}", asked.body, headers, asked.method)

        with web(passed_on) as front:
            yield front.url


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.timeout(300)
@pytest.mark.parametrize("revision", sorted(MEETS))
def test_the_scenarios_of_a_server_with_tools_pass(suite: str, revision: str) -> None:
    try:
        passed, required = scenarios(f"{suite}/mcp", revision)
    except Unavailable as reason:
        pytest.skip(str(reason))
    assert len(passed & required) >= MEETS[revision], sorted(required - passed)
