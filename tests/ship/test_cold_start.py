"""What a function loads until it has answered its first call: modules that a call does not need stay on the disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.governing import KEYS, settings
from support.lambda_runtime import http_event
from support.shipping import ROOT

from adaptgen.demo.crm import PASSWORD, USERNAME, running

CALL = """
import asyncio, gc, json, sys
from pathlib import Path
from adaptgen.transports.aws_lambda import serve

handler = serve(Path(sys.argv[1]))
answer = handler(json.loads(sys.argv[2]), None)
# What deployed settings name besides: the store, the keys of the function, secrets, tokens of an issuer.
import adaptgen.runtime.aws.background, adaptgen.runtime.aws.own_keys, adaptgen.runtime.store.dynamodb
from adaptgen.govern.identity.signatures import decode, public_key
jwk, signed, signature = json.loads(sys.argv[3])
held = public_key(jwk).verifies("ES256", signed.encode(), decode(signature))
asyncio.run(adaptgen.runtime.store.dynamodb.DynamoStore("t", "eu-central-1").aclose())
lazy = type(sys.modules["cedarpy.pst"]).__name__ if "cedarpy.pst" in sys.modules else ""
print(json.dumps([gc.isenabled(), answer["statusCode"], answer["body"], held, lazy, sorted(sys.modules)]))
"""
EXAMPLE = (  # RFC 7515, A.3
    {
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    },
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
)
NEVER = (
    "boto3", "botocore", "yaml", "fastmcp", "mcp", "pydantic", "starlette", "uvicorn", "httptools", "jinja2", "click",
    "rich", "joserfc", "cryptography.x509", "opentelemetry", "redis", "phonenumbers", "stdnum", "openapi_pydantic",
    "jsonpath_ng", "jsonpath_rfc9535", "Stemmer", "importlib.metadata", "multiprocessing", "concurrent.futures.process",
    "xml", "sqlite3", "unittest", "adaptgen.cli", "adaptgen.source", "adaptgen.plan", "adaptgen.render",
    "adaptgen.output", "adaptgen.building", "adaptgen.text.yaml", "adaptgen.proxy", "adaptgen.ship",
    "adaptgen.transports.fastmcp", "adaptgen.transports.container", "adaptgen.tool_search.bm25",
    "adaptgen.runtime.workflow", "adaptgen.runtime.aws.clients", "adaptgen.govern.authorization.agentcore",
    "adaptgen.govern.authorization.verified_permissions", "adaptgen.govern.tokenization.aws_detectors",
    "authlib", "adaptgen.web.oauth", "adaptgen.web.browser", "adaptgen.web.connections", "adaptgen.web.approvals",
)  # fmt: skip
"""A package stands for all that is in it."""


@pytest.mark.timeout(60)
def test_a_first_governed_call_loads_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    path = settings(
        tmp_path,
        authenticate={"iam": True},
        audit={"sink": "stdout"},
        limits=[{"per": ["sub"], "rate": "600/m"}],
        switch={"tools": ["crm/delete_customer"]},
    )
    json_path = path.rename(path.with_suffix(".json"))
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_countries", "arguments": {}}}
    lines = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")]
    event = http_event("POST", "/mcp", lines=[("host", "abc.lambda-url.eu-west-1.on.aws"), *lines],
                       body=json.dumps(body).encode())  # fmt: skip
    with running() as crm:
        environ = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            **KEYS,
            "ADAPTGEN_GOVERNANCE": str(json_path),
            "CRM_BASE_URL": crm.url,
            "CRM_USERNAME": USERNAME,
            "CRM_PASSWORD": PASSWORD,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
        }
        command = [sys.executable, "-c", CALL, str(ROOT / "generated/crm"), json.dumps(event), json.dumps(EXAMPLE)]
        done = subprocess.run(command, capture_output=True, text=True, env=environ, check=True, cwd=ROOT)
    collects, status, answer, held, lazy, modules = json.loads(done.stdout.splitlines()[-1])
    assert collects
    assert status == 200
    assert not json.loads(answer)["result"].get("isError"), answer
    assert held
    assert lazy == "_LazyModule"
    assert [one for one in modules if any(one == name or one.startswith(f"{name}.") for name in NEVER)] == []
