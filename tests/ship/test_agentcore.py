"""The image for AgentCore Runtime: its command, run as the image would run it, serves the server and the proxy."""

from __future__ import annotations

import json
import os
import re
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import cfnlint.api
import pytest
from support.command import request
from support.governing import KEYS
from support.handing import RESOURCE, Issuer, issuing
from support.scenarios import MEETS, scenarios
from support.services import Unavailable, free_port
from support.shipping import BEHIND, EMBEDDED, PROXY, bundle, governed, write
from support.suite_tools import suite_server
from support.web import Asked, Said, post, web

from adaptgen.cli import main
from adaptgen.diagnostics import AdaptgenError
from adaptgen.ship.bundles.package import image_context, package
from adaptgen.ship.bundles.shipment import read_deployable
from adaptgen.ship.bundles.target import Target
from adaptgen.ship.stack import agentcore, cloudformation

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


def modes(folder: Path) -> dict[str, int]:
    """The mode of every file and folder of a context."""
    found = (folder, *folder.rglob("*"))
    return {one.relative_to(folder).as_posix(): one.stat().st_mode & 0o777 for one in found}


def test_the_user_of_the_image_may_read_it_whatever_the_umask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    governed(tmp_path)
    library = {"cedar/_native.abi3.so": b"elf", "openssl.libs/libssl.so.3": b"elf", "cedar/__init__.py": b""}
    empty = bundle(tmp_path / "generated/crm", kind="agentcore")
    made = replace(empty, files=library)
    monkeypatch.setattr("adaptgen.cli.ship.package.make_bundle", lambda options, target: made)
    contexts = []
    for umask in (0o022, 0o077):
        out = tmp_path / f"context{umask:o}"
        before = os.umask(umask)
        try:
            command = ["package", str(tmp_path / "generated/crm"), "--target", "agentcore", "--out", str(out), "-q"]
            assert main(command) == 0
        finally:
            os.umask(before)
        contexts.append(modes(out))
    assert contexts[0] == contexts[1]
    assert contexts[0]["site/cedar/_native.abi3.so"] == contexts[0]["site/openssl.libs/libssl.so.3"] == 0o755
    assert contexts[0]["site/cedar/__init__.py"] == contexts[0]["Dockerfile"] == 0o644
    assert contexts[0]["site/cedar"] == contexts[0]["."] == 0o755


# ----------------------------------------------------------------------------------------------------- as processes


def refused(tmp_path: Path, settings: dict[str, Any]) -> list[tuple[str, bool]]:
    with pytest.raises(AdaptgenError) as failed:
        package(read_deployable(governed(tmp_path, settings)), Target("agentcore"), tmp_path / "wheels")
    return [(one.code, one.where is not None and one.where.line > 0) for one in failed.value.diagnostics]


def test_identities_that_the_platform_does_not_tell_are_refused(tmp_path: Path) -> None:
    iam = EMBEDDED | {"authenticate": {"iam": True}}
    assert refused(tmp_path / "a", iam) == [("AG090", True)]
    assert refused(tmp_path / "b", BEHIND) == [("AG090", True)]


# ------------------------------------------------------------------------------------------------------- its template


def template(tmp_path: Path, settings: dict[str, Any], sha256: str = "ab" * 32) -> dict[str, Any]:
    return agentcore.runtime(bundle(governed(tmp_path, settings), kind="agentcore", arch="arm64"), sha256)


def test_the_runtime_is_the_zip_of_the_bundle_or_an_image(tmp_path: Path) -> None:
    of_zip = template(tmp_path / "a", EMBEDDED)
    assert of_zip["Resources"]["Runtime"]["Properties"]["AgentRuntimeArtifact"] == {
        "CodeConfiguration": {
            "Code": {"S3": {"Bucket": {"Ref": "CodeBucket"}, "Prefix": f"adaptgen/crm/{'ab' * 32}.zip"}},
            "EntryPoint": ["main.py"],
            "Runtime": "PYTHON_3_12",
        }
    }
    of_image = template(tmp_path / "b", EMBEDDED, "")
    artefact = of_image["Resources"]["Runtime"]["Properties"]["AgentRuntimeArtifact"]
    assert artefact == {"ContainerConfiguration": {"ContainerUri": {"Ref": "ImageUri"}}}
    assert "CodeBucket" in of_zip["Parameters"]
    assert "CodeBucket" not in of_image["Parameters"]


def test_the_platform_checks_tokens_and_passes_them_on(tmp_path: Path) -> None:
    properties = template(tmp_path / "a", EMBEDDED)["Resources"]["Runtime"]["Properties"]
    assert properties["AuthorizerConfiguration"]["CustomJWTAuthorizer"] == {
        "DiscoveryUrl": {"Ref": "DiscoveryUrl"},
        "AllowedAudience": ["https://crm.example/mcp"],
    }
    assert properties["RequestHeaderConfiguration"] == {"RequestHeaderAllowlist": ["Authorization"]}
    assert properties["ProtocolConfiguration"] == "MCP"
    accept = {name: one for name, one in BEHIND["accept"].items() if name != "principal"}
    behind = template(tmp_path / "b", BEHIND | {"accept": accept})["Resources"]["Runtime"]["Properties"]
    assert "AuthorizerConfiguration" not in behind  # callers sign; the proxy's handover says for whom


def test_the_role_is_the_platform_s_for_this_account_alone(tmp_path: Path) -> None:
    made = template(tmp_path, EMBEDDED)
    (trusted,) = made["Resources"]["Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"] == {"Service": "bedrock-agentcore.amazonaws.com"}
    assert trusted["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    ((policy),) = made["Resources"]["Role"]["Properties"]["Policies"]
    allowed = [one for one in policy["PolicyDocument"]["Statement"] if "Fn::If" not in one]
    anywhere = {action for one in allowed if "*" in one["Resource"] for action in one["Action"]}
    assert anywhere == {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
    assert not any("ec2:" in action for one in allowed for action in one["Action"])


def test_alarms_watch_what_the_runtime_prints(tmp_path: Path) -> None:
    made = template(tmp_path / "a", EMBEDDED)
    watched = {
        name: [one["Value"] for one in (found.get("Dimensions") or _first(found))]
        for name, one in made["Resources"].items()
        if one["Type"] == "AWS::CloudWatch::Alarm"
        for found in [one["Properties"]]
    }
    names = ("DeniedAlarm", "FailedAlarm", "SlowAlarm", "StateAlarm", "UpstreamAlarm")
    assert watched == {name: [{"Ref": "RuntimeName"}] for name in names}
    assert "AlarmTopicArn" in made["Parameters"]
    silent = template(tmp_path / "b", EMBEDDED | {"metrics": {"cloudwatch": False}})
    assert not any(one["Type"] == "AWS::CloudWatch::Alarm" for one in silent["Resources"].values())


def _first(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """The dimensions of the first metric of an expression."""
    found: list[dict[str, Any]] = alarm["Metrics"][0]["MetricStat"]["Metric"]["Dimensions"]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["embedded", "behind", "proxy"])
@pytest.mark.parametrize("form", ["zip", "image"])
def test_cfn_lint_finds_nothing(tmp_path: Path, kind: str, form: str) -> None:
    accept = {name: one for name, one in BEHIND["accept"].items() if name != "principal"}
    settings = {"embedded": EMBEDDED, "behind": BEHIND | {"accept": accept}, "proxy": PROXY}[kind]
    what = write(tmp_path / "specs/proxy", settings) if kind == "proxy" else governed(tmp_path, settings)
    made = bundle(what, kind="agentcore", arch="arm64")
    text = cloudformation.as_yaml(agentcore.runtime(made, "ab" * 32 if form == "zip" else ""))
    found = cfnlint.api.lint(text, regions=["eu-central-1"])
    assert [str(one) for one in found] == []


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


@pytest.mark.slow
@pytest.mark.network
def test_a_server_answers_from_its_zip_wherever_it_is_unpacked(tmp_path: Path, python: str, issuer: Issuer) -> None:
    server, _ = contexts(tmp_path, python, issuer)
    code = tmp_path / "var" / "task"
    with zipfile.ZipFile(server.with_name(f"{server.name}.agentcore.zip")) as archive:
        archive.extractall(code)
    at = f"127.0.0.1:{free_port()}"
    login = {"CRM_BASE_URL": "http://127.0.0.1:9", "CRM_USERNAME": "u", "CRM_PASSWORD": "p"}
    environ = {**KEYS, **login, "ADAPTGEN_LISTEN": at, "ADAPTGEN_SERVICE": "crm_dev"}
    with subprocess.Popen(
        [python, "-S", str(code / "main.py")], cwd=tmp_path, env=environ, stderr=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stderr is not None
            assert any("serving on" in line for line in process.stderr)
            token = issuer.token()
            assert asked(f"http://{at}", "tools/list", {}, token).status == 200
            arguments = {"name": "list_contacts", "arguments": {}}
            assert asked(f"http://{at}", "tools/call", arguments, token).status == 200
        finally:
            process.terminate()
            printed, _ = process.communicate(timeout=30)
    (metrics,) = [json.loads(line) for line in printed.splitlines() if '"_aws"' in line]
    assert (metrics["Service"], metrics["Tool"], metrics["UpstreamFailures"]) == ("crm_dev", "list_contacts", 1)


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
