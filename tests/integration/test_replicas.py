"""Three replicas of the proxy behind a round robin, a third-party server that keeps sessions, and clients of 2025."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support import aws, npm
from support import redis as redis_server
from support.idp import Idp
from support.lambda_runtime import http_event
from support.replicas import DRAIN, KEY, PYTHON, TYPESCRIPT, Replicas, RoundRobin, talk
from support.services import Service, Unavailable, environment, running

from adaptgen.transports.aws_lambda import proxy
from adaptgen.transports.aws_lambda.handler import Handler

pytestmark = [pytest.mark.slow, pytest.mark.network, pytest.mark.timeout(300)]

CALLERS = 5
SDK = {"@modelcontextprotocol/sdk": "1.32.2"}
TOOLS = ["keeper__ask", "keeper__count", "keeper__remember"]


@pytest.fixture(scope="session")
def old_python() -> str:
    """An interpreter with mcp 1.30: client and server of revision 2025-11-25."""
    try:
        return str(environment("mcp1", sys.executable) / "python")
    except Unavailable as reason:
        pytest.skip(f"mcp 1.30: {reason}")


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Service]:
    try:
        with running(redis_server.start, tmp_path) as service:
            yield service
    except Unavailable as reason:
        pytest.skip(f"Redis: {reason}")


@pytest.fixture
def dynamodb(tmp_path: Path) -> Iterator[Service]:
    try:
        with running(aws.start, tmp_path) as service:
            yield service
    except Unavailable as reason:
        pytest.skip(f"DynamoDB: {reason}")


@dataclass
class Place:
    """What a test works with."""

    idp: Idp
    relay: RoundRobin
    replicas: Replicas
    resource: str
    folder: Path

    def client(self, name: str, language: str = "python", **more: Any) -> Any:
        """A client process of one caller: a task that ends with what it found."""
        token = self.idp.issue(sub=name, aud=self.resource)
        given = {"name": name, "token": token, "workers": 4, "rounds": 15, "pause": 0.02, "questions": 3, **more}
        if language == "python":
            command = [self.replicas.python, "-c", PYTHON, self.resource, json.dumps(given)]
        else:
            modules = npm.packages("replicas", SDK)
            script = self.folder / "client.mjs"
            script.write_text(TYPESCRIPT)
            command = [shutil.which("node") or "node", str(script), str(modules), self.resource, json.dumps(given)]
        return asyncio.ensure_future(talk(command, self.folder))


@contextlib.asynccontextmanager
async def placed(folder: Path, python: str, state: dict[str, str], environ: dict[str, str]) -> AsyncIterator[Place]:
    idp = Idp()
    await idp.start()
    replicas = Replicas(folder, idp.url, state, environ, python)
    relay = RoundRobin(replicas.ports)
    await relay.start()
    resource = f"http://127.0.0.1:{relay.port}/mcp"
    try:
        await asyncio.to_thread(replicas.start_keeper)
        await asyncio.to_thread(replicas.start_proxies, 3, resource)
        relay.ports = list(replicas.ports)
        yield Place(idp, relay, replicas, resource, folder)
    finally:
        await relay.stop()
        await asyncio.to_thread(replicas.stop)
        await idp.stop()


def on(redis: Service) -> tuple[dict[str, str], dict[str, str]]:
    return {"store": "redis", "url": "${env:REDIS}"}, {"REDIS": redis.url}


def languages() -> list[str]:
    """Whose SDKs the callers use: one of them TypeScript's, where it can be had."""
    try:
        npm.packages("replicas", SDK)
    except Unavailable as reason:
        print(f"without the TypeScript SDK: {reason}")
        return ["python"] * CALLERS
    return ["typescript", *["python"] * (CALLERS - 1)]


def expect_own(found: list[dict[str, Any]]) -> None:
    """Every caller saw its own words, and all tools."""
    for one in found:
        assert one["tools"] == TOOLS
        assert one["mixed"] == []


async def through(count: int, place: Place) -> None:
    """Until so many answers have passed."""
    async with asyncio.timeout(120):
        while sum(place.relay.statuses.values()) < count:
            await asyncio.sleep(0.02)


async def expect_served(place: Place, *, kill: bool = True) -> None:
    clients = [place.client(f"caller{at}", language) for at, language in enumerate(languages())]
    await through(60, place)
    if kill:
        await asyncio.to_thread(place.replicas.kill, "proxy1")
    found = await asyncio.gather(*clients)
    expect_own(found)
    for one in found:
        assert one["lost"] == one["failed"] == []
        assert one["answers"] == [f"answer to {one['name']} {at}" for at in range(3)]
        assert one["progress"] == 5
    calls = sum(one["calls"] for one in found)
    statuses, served = dict(place.relay.statuses), dict(place.relay.served)
    print(f"{calls} calls, {sum(statuses.values())} answers, statuses {statuses}, by replica {sorted(served.values())}")
    assert calls == CALLERS * 4 * 15
    assert statuses.keys() <= {200, 202}
    assert len(served) == 3
    assert min(served.values()) > 10
    told = place.replicas.sessions()
    assert len(told["words"]) == CALLERS
    # A killed replica leaves the session in which it watched the lists.
    print(f"the third party opened {len(told['seen'])} sessions for {CALLERS} callers and 3 replicas")
    assert len(told["seen"]) == CALLERS + 3
    assert len(told["held"]) <= 3 + CALLERS - 1  # clients that ended their session ended it there
    logs = [path.read_bytes() for path in place.folder.glob("proxy*/*") if path.is_file()]
    assert any(b'"tool":"remember"' in one for one in logs)
    for id in told["seen"]:
        assert not any(id.encode() in one for one in [*logs, bytes(place.relay.said)])


@pytest.mark.asyncio
async def test_a_killed_replica_costs_no_session(tmp_path: Path, redis: Service, old_python: str) -> None:
    state, environ = on(redis)
    async with placed(tmp_path, old_python, state, environ) as place:
        await expect_served(place)


@pytest.mark.asyncio
async def test_a_rollout_costs_no_call(tmp_path: Path, redis: Service, old_python: str) -> None:
    """Each replica is replaced under load, behind a load balancer that probes /readyz and sends nothing twice."""
    state, environ = on(redis)
    async with placed(tmp_path, old_python, state, environ) as place:
        place.relay.watch(DRAIN / 5)
        await ready(place)
        done = [place.client(f"caller{at}", rounds=100, pause=0.2, questions=0) for at in range(CALLERS)]
        await through(60, place)
        took = []
        for at in range(3):
            took.append(await asyncio.to_thread(place.replicas.kill, f"proxy{at}", signal.SIGTERM))
            await asyncio.to_thread(place.replicas.start_proxy, at)
            await ready(place)
        assert not any(one.done() for one in done)
        found = await asyncio.gather(*done)
        expect_own(found)
        statuses = dict(place.relay.statuses)
        print(f"{sum(one['calls'] for one in found)} calls, statuses {statuses}, stopped in {took}")
        assert all(one["lost"] == one["failed"] == [] for one in found)
        assert statuses.keys() <= {200, 202}
        assert max(took) < DRAIN + 5
        assert len(place.replicas.sessions()["words"]) == CALLERS


async def ready(place: Place) -> None:
    """Until all replicas are."""
    async with asyncio.timeout(60):
        while place.relay.ready < len(place.replicas.ports):
            await asyncio.sleep(0.02)


@pytest.mark.asyncio
async def test_dynamodb_serves_as_well(tmp_path: Path, dynamodb: Service, old_python: str) -> None:
    aws.state_table(dynamodb)
    state = {"store": "dynamodb", "table": "adaptgen", "region": aws.REGION, "endpoint": dynamodb.url}
    async with placed(tmp_path, old_python, state, aws.KEYS) as place:
        await expect_served(place)


@pytest.mark.asyncio
async def test_a_third_party_that_restarts_is_recovered(tmp_path: Path, redis: Service, old_python: str) -> None:
    state, environ = on(redis)
    async with placed(tmp_path, old_python, state, environ) as place:
        clients = [place.client(f"caller{at}", rounds=30, questions=0) for at in range(CALLERS)]
        await through(80, place)
        await asyncio.to_thread(place.replicas.kill, "keeper")
        await asyncio.to_thread(place.replicas.start_keeper)
        found = await asyncio.gather(*clients)
        expect_own(found)
        statuses = dict(place.relay.statuses)
        failed = [text for one in found for text in one["failed"]]
        print(f"{sum(one['calls'] for one in found)} calls, {len(failed)} failed meanwhile, statuses {statuses}")
        assert statuses.keys() <= {200, 202}
        assert all("did not answer" in text for text in failed)
        told = place.replicas.sessions()
        assert len(told["words"]) == CALLERS
        assert CALLERS <= len(told["seen"]) <= CALLERS + 3  # a replica watches the lists again when it looks again


def test_functions_of_lambda_serve_one_session(
    tmp_path: Path, dynamodb: Service, old_python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two functions of one proxy, each with its own memory, and a client that reaches them by turns."""
    monkeypatch.setattr("adaptgen.transports.streamable_http.sessions.FRESH", 0.0)
    aws.state_table(dynamodb)
    replicas = Replicas(tmp_path, "", {}, {}, old_python)
    settings = {
        "adaptgen": 1,
        "mode": "proxy",
        "authenticate": {"iam": True},
        "authorize": {"engine": "cedar", "default": "read", "policies": ["all.cedar"]},
        "keys": {"audit": "${env:AUDIT}"},
        "state": {"store": "dynamodb", "table": "adaptgen", "region": aws.REGION, "endpoint": dynamodb.url},
        "upstreams": {"keeper": {"url": f"http://127.0.0.1:{replicas.keeper_port}/mcp"}},
    }
    (tmp_path / "governance.yaml").write_text(json.dumps(settings))
    (tmp_path / "all.cedar").write_text("permit (principal, action, resource);")
    environ = {**aws.KEYS, "ADAPTGEN_GOVERNANCE": str(tmp_path / "governance.yaml"), "AUDIT": KEY}
    for name, value in aws.KEYS.items():
        monkeypatch.setenv(name, value)
    functions: list[Handler] = []
    try:
        replicas.start_keeper()
        functions += [proxy(environ), proxy(environ)]
        session = ""

        def send(at: int, method: str, params: Any = None, verb: str = "POST") -> Any:
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
            lines = [
                ("host", "abc.lambda-url.eu-west-1.on.aws"),
                ("content-type", "application/json"),
                ("accept", "application/json, text/event-stream"),
                ("mcp-protocol-version", "2025-11-25"),
                *([("mcp-session-id", session)] if session else []),
            ]
            return functions[at](http_event(verb, "/mcp", lines=lines, body=json.dumps(body).encode()), None)

        opened = send(0, "initialize", {"protocolVersion": "2025-11-25", "capabilities": {}})
        session = opened["headers"]["mcp-session-id"]
        for turn in range(6):
            asked = {"name": "keeper__remember", "arguments": {"word": f"w{turn}"}}
            answer = json.loads(send((turn + 1) % 2, "tools/call", asked)["body"])["result"]
        assert json.loads(answer["content"][0]["text"]) == [f"w{turn}" for turn in range(6)]
        assert send(1, "", verb="DELETE")["statusCode"] == 200
        assert [send(at, "tools/list")["statusCode"] for at in (0, 1)] == [404, 404]
        told = replicas.sessions()
        assert (len(told["words"]), len(told["held"])) == (1, 2)  # each function watches the lists in its own
    finally:
        for one in functions:
            one.close()
        replicas.stop()
