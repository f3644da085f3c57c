"""Generated servers as Lambda runs them: the real ``awslambdaric`` in a process of its own, real clients before it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from support.governing import KEYS, settings
from support.lambda_runtime import Door, LambdaFunction, http_event, unpacked
from support.scenarios import MEETS, scenarios
from support.services import Unavailable, environment, python
from support.suite_tools import suite_server

from adaptgen.cli import main
from adaptgen.demo.crm import PASSWORD, USERNAME, running

pytestmark = [pytest.mark.slow, pytest.mark.network, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
DOORS: tuple[Door, ...] = ("url", "http", "rest")
ERAS = ("legacy", "2026-07-28")
PROXY_KEYS = {"tokens": {"current": "k1", "all": {"k1": "${env:T_TOKENS}"}}, "audit": "${env:T_AUDIT}"}
OLD_CLIENT = """\
import asyncio, json, sys

from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client


async def main():
    async with streamablehttp_client(sys.argv[1]) as streams, ClientSession(streams[0], streams[1]) as session:
        begun = await session.initialize()
        tools = await session.list_tools()
        result = await session.call_tool("list_customers", {"limit": 3})
        print(json.dumps([begun.protocolVersion, len(tools.tools), json.loads(result.content[0].text)]))


asyncio.run(main())
"""


def governed(folder: Path, **given: Any) -> Path:
    """Settings for a function that its callers reach by IAM."""
    return settings(folder, authenticate={"iam": True}, audit={"sink": "stdout"}, **given)


@dataclass(frozen=True)
class Interpreter:
    """A Python that Lambda has, with awslambdaric and nothing else: all the rest must come from the bundle."""

    path: str
    version: str


@pytest.fixture(scope="module")
def interpreter() -> Interpreter:
    try:
        plain = python((3, 12))
        path = environment("awslambda", plain) / "python"
    except Unavailable as reason:
        pytest.skip(f"awslambdaric: {reason}")
    ask = "import sys; print('{}.{}'.format(*sys.version_info))"
    done = subprocess.run([str(path), "-c", ask], capture_output=True, text=True, check=True)
    return Interpreter(str(path), done.stdout.strip())


def deployed(
    folder: Path, what: Path, interpreter: Interpreter, governance: Path | None = None, **environ: str
) -> LambdaFunction:
    """What ``adaptgen package`` makes of a server or a proxy, unpacked in an empty folder, as a function."""
    out = folder / "function.zip"
    asked = ["package", str(what), "--out", str(out)]
    asked += ["--governance", str(governance)] if governance is not None else []
    asked += ["--python", interpreter.version, "--interpreter", interpreter.path]
    assert main(asked) == 0
    task = folder / "task"
    with zipfile.ZipFile(out) as bundle:
        bundle.extractall(task)
    said = json.loads((task / "BUNDLE.json").read_text())
    given = {**KEYS, "ADAPTGEN_GOVERNANCE": said["governance"]["path"], **environ}
    function = LambdaFunction(task, said["handler"], given, python=interpreter.path)
    function.wait()
    return function


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory, interpreter: Interpreter) -> Iterator[LambdaFunction]:
    """The CRM's server as a function."""
    folder = tmp_path_factory.mktemp("crm")
    with running() as api:
        environ = {"CRM_BASE_URL": api.url, "CRM_USERNAME": USERNAME, "CRM_PASSWORD": PASSWORD}
        function = deployed(folder, ROOT / "generated" / "crm", interpreter, governed(folder), **environ)
        yield function
        function.stop()


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory, interpreter: Interpreter) -> Iterator[LambdaFunction]:
    """A server whose overrides add the suite's tools, as a function."""
    folder = tmp_path_factory.mktemp("suite")
    release = {"kinds": ["email"], "release": ["image/png", "audio/wav", "text/plain"]}
    package = suite_server(folder / "repository")
    function = deployed(folder, package, interpreter, governed(folder, tokenize=release))
    yield function
    function.stop()


async def customers(client: Client[Any]) -> tuple[set[str], int]:
    """The names of the tools, and how many different customers the pages of a list have."""
    names = {tool.name for tool in await client.list_tools()}
    ids: list[Any] = []
    given: dict[str, Any] = {"limit": 100}
    while True:
        (block,) = (await client.call_tool("list_customers", given)).content
        assert block.type == "text"
        page = json.loads(block.text)
        ids += [row[page["fields"].index("id")] for row in page["items"]]
        if not page.get("next_cursor"):
            assert len(set(ids)) == len(ids)
            return names, len(ids)
        given = {"limit": 100, "cursor": page["next_cursor"]}


@pytest.mark.parametrize("kind", DOORS)
@pytest.mark.parametrize("era", ERAS)
def test_fastmcp_lists_calls_and_pages(crm: LambdaFunction, kind: Door, era: str) -> None:
    async def session() -> tuple[set[str], int]:
        async with Client(StreamableHttpTransport(f"{crm.door(kind)}/mcp"), mode=era) as client:
            return await customers(client)

    names, count = asyncio.run(session())
    assert {"list_customers", "get_customer"} <= names
    assert count == 520


def test_mcp_2_lists_and_calls(crm: LambdaFunction) -> None:
    async def session() -> tuple[int, Any]:
        async with (
            streamable_http_client(f"{crm.door('url')}/mcp") as streams,
            ClientSession(streams[0], streams[1]) as client,
        ):
            await client.initialize()
            return len((await client.list_tools()).tools), await client.call_tool("list_customers", {"limit": 3})

    count, result = asyncio.run(session())
    assert count == 45  # 44 tools in short, and describe_tool
    assert len(json.loads(result.content[0].text)["items"]) == 3


def test_mcp_1_30_lists_and_calls(crm: LambdaFunction, tmp_path: Path) -> None:
    try:
        client = environment("mcp1", sys.executable) / "python"
    except Unavailable as reason:
        pytest.skip(f"mcp 1.30: {reason}")
    command = [str(client), "-c", OLD_CLIENT, f"{crm.door('rest')}/mcp"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    version, count, page = json.loads(done.stdout)
    assert (version, count, len(page["items"])) == ("2025-11-25", 45, 3)


@pytest.mark.parametrize("era", ERAS)
def test_the_proxy_is_a_function_too(crm: LambdaFunction, interpreter: Interpreter, tmp_path: Path, era: str) -> None:
    upstreams = {"crm": {"url": f"{crm.door('url')}/mcp", "prefix": ""}}
    governance = governed(tmp_path, mode="proxy", upstreams=upstreams, keys=PROXY_KEYS, surface={"mode": "list"})
    function = deployed(tmp_path, governance, interpreter)

    async def session() -> tuple[set[str], int]:
        async with Client(StreamableHttpTransport(f"{function.door('http')}/mcp"), mode=era) as client:
            return await customers(client)

    try:
        names, count = asyncio.run(session())
        assert {"list_customers", "get_customer"} <= names
        assert count == 520
    finally:
        function.stop()


@pytest.mark.parametrize("revision", MEETS)
def test_the_conformance_suite(suite: LambdaFunction, revision: str) -> None:
    try:
        passed, required = scenarios(f"{suite.door('url')}/mcp", revision)
    except Unavailable as reason:
        pytest.skip(str(reason))
    assert len(passed & required) >= MEETS[revision], sorted(required - passed)


def ask(url: str, tool: str) -> tuple[int, Any]:
    """One call of a tool without arguments: status and message."""
    body = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": tool, "arguments": {}}}
    headers = {"content-type": "application/json", "accept": "application/json"}
    request = urllib.request.Request(f"{url}/mcp", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as problem:
        with problem:
            return problem.code, json.loads(problem.read())


def test_errors_inside_a_tool_never_kill_the_process(suite: LambdaFunction) -> None:
    url = suite.door("url")
    status, crashed = ask(url, "crash")
    assert (status, crashed["result"]["isError"]) == (200, True)
    assert ask(url, "leave")[0] == 500
    status, long = ask(url, "long")
    assert (status, long["id"]) == (200, 7)
    assert "6 MB at most" in long["error"]["message"]
    assert suite.invoke({"Records": []}) is not None
    status, simple = ask(url, "test_simple_text")
    assert simple["result"]["content"][0]["text"] == "This is a simple text response for testing."
    assert suite.errors == []


def invoked(function: LambdaFunction, tool: str, arguments: dict[str, Any]) -> tuple[bool, Any]:
    """One call without a network before it: whether it succeeded, and what it says."""
    lines = [("content-type", "application/json"), ("accept", "application/json")]
    lines += [("host", "abc.lambda-url.eu-west-1.on.aws")]
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    answer = function.invoke(http_event("POST", "/mcp", lines=lines, body=json.dumps(body).encode()))
    if answer is None or answer["statusCode"] != 200:
        return False, answer
    result = json.loads(answer["body"])["result"]
    return not result.get("isError"), result["content"][0]["text"]


def test_a_thousand_warm_calls(crm: LambdaFunction) -> None:
    _, page = invoked(crm, "list_customers", {"limit": 100, "fields": ["id"]})
    ids = [row[0] for row in json.loads(page)["items"]]
    answers = [invoked(crm, "get_customer", {"customerId": ids[count % len(ids)]}) for count in range(1000)]
    assert [text for good, text in answers if not good] == []
    assert crm.errors == []


def test_a_restored_snapshot_answers(tmp_path: Path) -> None:
    bundle = unpacked(tmp_path, ROOT / "generated" / "crm")
    path = governed(bundle)
    environ = {**KEYS, "ADAPTGEN_GOVERNANCE": str(path), "CRM_BASE_URL": "http://127.0.0.1:9"}
    function = LambdaFunction(bundle, "generated/crm/lambda_handler.handler", environ, snap_start=True)
    try:
        function.wait()
        body = b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
        lines = [("content-type", "application/json"), ("host", "abc.lambda-url.eu-west-1.on.aws")]
        answer = function.invoke(http_event("POST", "/mcp", lines=lines, body=body))
        assert answer is not None
        assert answer["statusCode"] == 200
        trail = [line for line in function.log.read_text().splitlines() if '"event":"start"' in line]
        assert len(trail) == 2
    finally:
        function.stop()


def test_a_function_without_settings_does_not_start(tmp_path: Path) -> None:
    bundle = unpacked(tmp_path, ROOT / "generated" / "crm")
    (bundle / "specs" / "crm" / "governance.yaml").unlink()
    function = LambdaFunction(bundle, "generated/crm/lambda_handler.handler", {})
    try:
        function.process.wait(60)
        (error,) = function.errors
        assert "AG078" in error["errorMessage"]
    finally:
        function.stop()
