"""What a warm call of the documented deployment asks of the shared state: one request for the limit, one for usage."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from support import aws
from support import redis as redis_server
from support.lambda_runtime import http_event
from support.services import Service, Unavailable, running

from adaptgen.demo.crm import PASSWORD, USERNAME
from adaptgen.transports.aws_lambda import serve

pytestmark = [pytest.mark.slow, pytest.mark.network]

ROOT = Path(__file__).parents[2]
SECRET = "crm-governance"


@pytest.fixture(scope="module")
def crm() -> Iterator[str]:
    command = [sys.executable, "-m", "adaptgen.demo.crm"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert child.stdout is not None
    try:
        yield child.stdout.readline().strip()
    finally:
        child.terminate()
        child.wait(20)
        child.stdout.close()


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Secrets Manager with the secret of deployed.yaml, and DynamoDB with its table."""
    with running(aws.start, tmp_path_factory.mktemp("aws")) as service:
        aws.state_table(service, "crm-state")
        signing = ed25519.Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        keys = {name: base64.b64encode(os.urandom(32)).decode() for name in ("k1", "cursors", "audit")}
        secrets = aws.client(service, "secretsmanager")
        secrets.create_secret(Name=SECRET, SecretString=json.dumps({**keys, "checkpoints": signing.decode()}))
        yield service


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, cloud: Service) -> list[str]:
    """Every request over the network to AWS, and every command to Redis, as they go out."""
    seen: list[str] = []
    send = httpx.AsyncHTTPTransport.handle_async_request

    async def counted(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(cloud.url):
            seen.append(request.headers.get("x-amz-target", str(request.url)).partition(".")[2])
        return await send(transport, request)

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", counted)
    from redis.asyncio import Redis

    execute = Redis.execute_command

    async def command(client: Any, *arguments: Any, **options: Any) -> Any:
        seen.append(str(arguments[0]))
        return await execute(client, *arguments, **options)

    monkeypatch.setattr(Redis, "execute_command", command)
    return seen


def deployed(folder: Path, state: dict[str, str]) -> Path:
    """The settings of specs/crm/deployed.yaml for callers that IAM knows, with the state there."""
    settings = yaml.safe_load((ROOT / "specs/crm/deployed.yaml").read_text("utf-8"))
    settings |= {"authenticate": {"iam": True}, "listen": {}, "state": state}
    settings.pop("switch", None)
    shutil.copytree(ROOT / "specs/crm/policies", folder / "policies")
    path = folder / "governance.json"
    path.write_text(json.dumps(settings))
    return path


def call(name: str, **arguments: Any) -> dict[str, Any]:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
    lines = [
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
        ("host", "abc.lambda-url.eu-west-1.on.aws"),
    ]
    return http_event("POST", "/mcp", lines=lines, body=json.dumps(body).encode())


@pytest.mark.parametrize("kind", ["dynamodb", "redis"])
def test_a_warm_read_makes_two_requests_to_the_state(
    kind: str,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    crm: str,
    cloud: Service,
    asked: list[str],
) -> None:
    environ = {
        "CRM_BASE_URL": crm,
        "CRM_USERNAME": USERNAME,
        "CRM_PASSWORD": PASSWORD,
        "AWS_ENDPOINT_URL": cloud.url,
        "AWS_REGION": aws.REGION,
        **aws.KEYS,
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with contextlib.ExitStack() as stack:
        state = {"store": "dynamodb", "table": "crm-state"}
        if kind == "redis":
            try:
                redis = stack.enter_context(running(redis_server.start, tmp_path_factory.mktemp("redis")))
            except Unavailable as reason:
                pytest.skip(f"Redis: {reason}")
            state = {"store": "redis", "url": redis.url}
        monkeypatch.setenv("ADAPTGEN_GOVERNANCE", str(deployed(tmp_path, state)))
        function = serve(ROOT / "generated" / "crm")
        stack.callback(function.close)
        assert asked.count("GetSecretValue") == 1, "each secret is read once"
        for _ in range(3):
            asked.clear()
            answer = function(call("get_contact", contactId=5833))
            assert answer["statusCode"] == 200, answer
            assert '"isError":true' not in answer["body"], answer
        assert asked == {"dynamodb": ["UpdateItem", "UpdateItem"], "redis": ["EVAL", "EVAL"]}[kind]
