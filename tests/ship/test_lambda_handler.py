"""The function that Lambda calls: one loop, one desk, and a process that survives whatever happens in it."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from support.governing import KEYS, FakeTarget, fact, settings
from support.lambda_runtime import http_event

from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern.pipeline.assemble import GovernedServer, assemble
from adaptgen.govern.pipeline.factory import ServingContext
from adaptgen.govern.settings.source import source
from adaptgen.govern.telemetry.spans import Tracer
from adaptgen.runtime.core.call_context import until
from adaptgen.transports.aws_lambda import handler, proxy, serve
from adaptgen.transports.aws_lambda.handler import Handler

ROOT = Path(__file__).parents[2]
IAM = {"authenticate": {"iam": True}, "tokenize": None}
LINES = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")]
Made = Callable[..., Handler]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    """Makes handlers over a target, and closes them."""
    handlers: list[Handler] = []

    def make(
        target: FakeTarget, environ: Mapping[str, str] = {}, tracer: Tracer | None = None, **given: Any
    ) -> Handler:
        path = settings(tmp_path, **{**IAM, **given})

        async def build(place: ServingContext) -> GovernedServer:
            async def over(_: Any) -> FakeTarget:
                return target

            return await assemble(source(str(path), place.environ), over, replace(place, tracer=tracer))

        handlers.append(Handler(build, {**os.environ, **KEYS, **environ}))
        return handlers[-1]

    yield make
    for one in handlers:
        one.close()


class Left:
    """The context of an invocation with so many milliseconds left."""

    def __init__(self, milliseconds: int = 30_000) -> None:
        self._left = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._left


def post(method: str, params: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}).encode()
    host = [] if "lines" in more else [("host", "abc.lambda-url.eu-west-1.on.aws")]
    return http_event(
        "POST", more.pop("path", "/mcp"), lines=[*LINES, *host, *more.pop("lines", [])], body=body, **more
    )


def call(name: str = "echo") -> dict[str, Any]:
    return post("tools/call", {"name": name, "arguments": {}})


def said(result: Mapping[str, Any]) -> Any:
    return json.loads(result["body"])


def target(**answers: Any) -> FakeTarget:
    return FakeTarget(fact("echo"), answers=answers)


def test_the_iam_identity_is_the_caller(made: Made) -> None:
    fake = target()
    function = made(fake)
    assert said(function(call(), Left()))["result"]["content"] == [{"type": "text", "text": "done"}]
    assert fake.calls[0][0].sub == "arn:aws:iam::123456789012:user/ann"


def test_nobody_is_let_in_without_an_identity(made: Made) -> None:
    fake = target()
    result = made(fake)(post("tools/call", {"name": "echo"}, principal=""), Left())
    assert (result["statusCode"], fake.calls) == (401, [])


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("abc.lambda-url.eu-west-1.on.aws", 200),
        ("mcp.bank.example", 200),
        ("evil.example", 421),
    ],
)
def test_the_host_is_the_platforms_or_the_public_one(made: Made, host: str, status: int) -> None:
    function = made(target(), listen={"resource": "https://mcp.bank.example/mcp"})
    assert function(post("tools/list", lines=[("host", host)]), Left())["statusCode"] == status


def test_progress_is_dropped_and_the_result_stays(made: Made) -> None:
    fake = target()

    async def chatty(caller: Any, tool: Any, arguments: Any, context: Any) -> dict[str, Any]:
        await context.notify("notifications/progress", {"progress": 1})
        return {"content": [{"type": "text", "text": "after progress"}]}

    fake.call = chatty  # type: ignore[method-assign]
    event = post("tools/call", {"name": "echo", "arguments": {}, "_meta": {"progressToken": "p"}})
    result = made(fake)(event, Left())
    assert result["headers"]["content-type"] == "application/json"
    assert said(result)["result"]["content"][0]["text"] == "after progress"


@pytest.mark.parametrize(("method", "status"), [("GET", 405), ("DELETE", 405), ("OPTIONS", 204), ("PUT", 405)])
def test_other_methods_have_their_answers(made: Made, method: str, status: int) -> None:
    host = ("host", "abc.lambda-url.eu-west-1.on.aws")
    assert made(target())(http_event(method, "/mcp", lines=[host]), Left())["statusCode"] == status


def test_health_needs_no_identity(made: Made) -> None:
    assert said(made(target())(http_event("GET", "/healthz", principal=""), Left())) == {"status": "Healthy"}


def test_what_is_no_request_is_refused_and_the_next_one_served(made: Made) -> None:
    function = made(target())
    assert function({"source": "aws.events"}, Left())["statusCode"] == 400
    assert function(call(), Left())["statusCode"] == 200


def test_a_tool_that_ends_the_process_ends_its_own_call(made: Made) -> None:
    def leave(arguments: Any) -> Any:
        raise SystemExit(3)

    fake = target(echo=leave)
    function = made(fake)
    result = function(call(), Left())
    assert (result["statusCode"], said(result)["error"]["message"]) == (500, "Internal error")
    fake.answers.clear()
    assert function(call(), Left())["statusCode"] == 200


def test_a_defect_says_nothing_of_what_it_met(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    function = made(target())

    def broken(*given: Any) -> Any:
        raise ValueError("ann@example.com")

    monkeypatch.setattr(handler.events, "read", broken)
    result = function(call(), Left())
    assert result["statusCode"] == 500
    assert "ann" not in result["body"]


def test_the_time_that_is_left_ends_a_call(made: Made) -> None:
    seen: list[float] = []

    def slow(arguments: Any) -> Any:
        seen.append(until.get() - time.monotonic())
        return {"content": []}

    made(target(echo=slow))(call(), Left(5_000))
    assert 2.0 < seen[0] <= 4.5


def test_a_call_that_cannot_end_in_time_is_answered_in_time(made: Made) -> None:
    fake = target()

    async def endless(*given: Any) -> dict[str, Any]:
        import asyncio

        await asyncio.Event().wait()
        return {}

    fake.call = endless  # type: ignore[method-assign]
    result = made(fake)(call(), Left(2_000))
    assert said(result)["error"]["message"] == "the request took too long"


def test_new_settings_hold_from_the_next_invocation_on(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "LOOK", 0.0)
    fake = target()
    function = made(fake)
    assert said(function(call(), Left()))["result"]["content"]
    settings(tmp_path, **IAM, switch={"tools": ["echo"]})
    assert "Switched off" in function(call(), Left())["body"]
    assert len(fake.calls) == 1


class Recording(Tracer):
    """Notes when it is flushed."""

    buffers = True

    def __init__(self) -> None:
        self.flushed: list[float] = []

    def flush(self, timeout: float) -> bool:
        self.flushed.append(timeout)
        return True


def test_spans_and_counters_are_out_before_the_answer(made: Made) -> None:
    tracer = Recording()
    function = made(target(), tracer=tracer)
    governed = function._governed
    assert governed is not None
    assert function(call(), Left())["statusCode"] == 200
    assert len(tracer.flushed) == 1
    assert governed.handler._usage is not None
    assert not governed.handler._usage.waiting


def chains(folder: Path) -> list[list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for line in (folder / "audit.jsonl").read_text().splitlines():
        record = json.loads(line)
        found.setdefault(record["chain"], []).append(record)
    return list(found.values())


def test_a_restored_snapshot_has_connections_keys_and_randomness_of_its_own(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import snapshot_restore_py

    fake = target()
    function = made(fake, {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"})
    first = function._governed
    (before, *_), *_ = snapshot_restore_py._before_snapshot_registry
    (after, *_), *_ = snapshot_restore_py._after_restore_registry
    random.seed(7)
    expected = random.random()
    random.seed(7)
    before()
    assert function._governed is None
    after()
    assert random.random() != expected
    assert function._governed is not first
    assert function(call(), Left())["statusCode"] == 200
    ended, begun = chains(tmp_path)
    assert [one["event"] for one in ended] == ["start", "end"]
    assert begun[0]["event"] == "start"


def test_a_server_without_settings_is_not_deployed(tmp_path: Path) -> None:
    package = tmp_path / "generated" / "bare"
    package.mkdir(parents=True)
    (package / "server.py").write_text(
        "from adaptgen.runtime import Server\n\nserver = Server(name='bare', bases=(), tools=())\n"
    )
    with pytest.raises(AdaptgenError, match="AG078"):
        serve(package, {})


def test_settings_that_are_gone_are_named(tmp_path: Path) -> None:
    package = tmp_path / "generated" / "bare"
    package.mkdir(parents=True)
    (package / "server.py").write_text(
        "from adaptgen.runtime import Server\n\n"
        "server = Server(name='bare', bases=(), tools=(), governance='../../gone.yaml')\n"
    )
    with pytest.raises(AdaptgenError, match=r"gone\.yaml"):
        serve(package, {})


def test_a_proxy_needs_its_own_settings(tmp_path: Path) -> None:
    with pytest.raises(AdaptgenError, match="AG078"):
        proxy({})
    with pytest.raises(AdaptgenError, match="mode is embedded, and this is the proxy"):
        proxy({**KEYS, "ADAPTGEN_GOVERNANCE": str(settings(tmp_path, **IAM))})


def test_who_may_call_must_be_said(tmp_path: Path) -> None:
    path = settings(tmp_path, authenticate=None, listen={"http": "127.0.0.1:8000"})
    environ = {**os.environ, **KEYS, "ADAPTGEN_GOVERNANCE": str(path)}
    with pytest.raises(AdaptgenError, match="nothing says who may call"):
        serve(ROOT / "generated" / "crm", environ)


IMPORTS = """
import sys
from pathlib import Path
from adaptgen.transports.aws_lambda import serve
handler = serve(Path(sys.argv[1]))
import json
assert handler(json.loads(sys.argv[2]))["statusCode"] == 200
heavy = {"boto3", "fastmcp", "jinja2", "mcp", "mcp_types", "httpx", "pydantic", "starlette", "uvicorn", "yaml"}
print(sorted(heavy & set(sys.modules)))
"""


def test_a_function_imports_nothing_heavy(tmp_path: Path) -> None:
    path = settings(tmp_path, **IAM).rename(tmp_path / "governance.json")
    environ = {**os.environ, **KEYS, "ADAPTGEN_GOVERNANCE": str(path), "CRM_BASE_URL": "http://127.0.0.1:9"}
    command = [sys.executable, "-c", IMPORTS, str(ROOT / "generated" / "crm"), json.dumps(post("tools/list"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr


class Keys(BaseHTTPRequestHandler):
    """The key set of an authorization server."""

    key = ECKey.generate_key("P-256", {"kid": "k1"}, private=True)

    def do_GET(self) -> None:
        body = json.dumps({"keys": [self.key.as_dict(private=False)]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def issuer() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Keys) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_function_checks_a_jwt_itself_and_says_where_to_log_in(made: Made, issuer: str) -> None:
    resource = "https://mcp.bank.example/mcp"
    rules = {"issuer": "https://idp.example", "audience": resource, "jwks": f"{issuer}/keys"}
    fake = target()
    function = made(fake, authenticate=rules, listen={"resource": resource})
    refused = function(call(), Left())
    assert refused["statusCode"] == 401
    where = "/.well-known/oauth-protected-resource/mcp"
    assert f"https://mcp.bank.example{where}" in refused["headers"]["www-authenticate"]
    metadata = said(function(http_event("GET", where, lines=[("host", "mcp.bank.example")], principal=""), Left()))
    assert metadata["authorization_servers"] == ["https://idp.example"]
    claims = {
        "iss": "https://idp.example",
        "aud": resource,
        "sub": "ann",
        "exp": int(time.time()) + 60,
        "iat": int(time.time()),
    }
    token = jwt.encode({"alg": "ES256", "kid": "k1", "typ": "at+jwt"}, claims, Keys.key)
    lines = [("host", "mcp.bank.example"), ("authorization", f"Bearer {token}")]
    event = post("tools/call", {"name": "echo", "arguments": {}}, lines=lines, principal="")
    assert function(event, Left())["statusCode"] == 200
    assert [caller.sub for caller, *_ in fake.calls] == ["ann"]
