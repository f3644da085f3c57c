"""``adaptgen deploy`` while AWS misbehaves: moto behind a proxy that lets calls go wrong. Each test looks at the end
state, the message and the exit code: nothing reverted, nothing half done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support import aws
from support.faults import FaultProxy, faults
from support.services import Service
from support.shipping import EMBEDDED, bundle, governed

from adaptgen.cli import main, terminal
from adaptgen.cli.ship import deploy as deploying
from adaptgen.cli.ship import package as packaging
from adaptgen.ship.bundles.package import zip_files
from adaptgen.ship.deployments import calls
from adaptgen.ship.stack import stack as templates
from adaptgen.ship.stack.versions import OWN

pytestmark = pytest.mark.slow

SETTINGS = EMBEDDED | {"state": {"store": "dynamodb", "table": "${env:STATE_TABLE}"}}
VALUES = {
    "CRM_BASE_URL": "https://crm.example", "CRM_USERNAME": "u", "CRM_PASSWORD": "hunter2",
    "PUBLIC_URL": "https://mcp.crm.example/mcp", "FunctionUrl": "false",  # moto makes no function URLs
}  # fmt: skip
STAGE = """\
adaptgen: 1
account: "123456789012"
region: eu-central-1
bucket: bundles
stack: {stack}
parameters:
  CRM_BASE_URL: https://crm.example
  CRM_USERNAME: u
  CRM_PASSWORD: "${{env:CRM_PASSWORD}}"
  PUBLIC_URL: https://mcp.crm.example/mcp
  FunctionUrl: false
"""


class Shop:
    """A project with a server, an account of AWS behind ``proxy``, and the command."""

    def __init__(self, folder: Path, moto: Service, proxy: FaultProxy, capsys: Any, stack: str) -> None:
        self.folder = folder
        self.proxy = proxy
        self.stack = stack
        self.code = b"1"
        self._moto = moto
        self._capsys = capsys
        self.out = self.err = ""
        governed(folder, SETTINGS)

    def client(self, name: str) -> Any:
        """Of moto itself: what AWS really holds."""
        return aws.client(self._moto, name)

    def deploy(self, *more: str, values: dict[str, str] | None = None, name: bool = True) -> int:
        """Exit code of the command; ``out`` and ``err`` are what it said."""
        named = [f"--parameter={key}={one}" for key, one in (VALUES if values is None else values).items()]
        place = ["--stack", self.stack, "--bucket", "bundles", "--region", aws.REGION] if name else []
        what = [] if "--follow" in more or ("--delete" in more and name) else ["generated/crm"]
        named = named if what and name else []
        code = main(["deploy", *what, *place, "--endpoint-url", self.proxy.url, "--every", "0", *named, *more])
        self.out, self.err = self._capsys.readouterr()
        return code

    def stage(self, text: str = "", name: str = "prod") -> None:
        file = self.folder / "specs" / "crm" / "stages" / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(STAGE.format(stack=self.stack) + text)

    def stacks(self) -> list[str]:
        """The states of the stacks of this name that are not deleted."""
        found = self.client("cloudformation").describe_stacks()["Stacks"]
        return [one["StackStatus"] for one in found if one["StackName"] == self.stack]

    def parameters(self) -> dict[str, str]:
        """Those that people decide."""
        (found,) = self.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        values = {one["ParameterKey"]: one["ParameterValue"] for one in found["Parameters"]}
        return {name: one for name, one in values.items() if name not in OWN}

    def change_sets(self) -> list[dict[str, Any]]:
        found = self.client("cloudformation").list_change_sets(StackName=self.stack)["Summaries"]
        return [one for one in found if one["StackName"] == self.stack and one["ExecutionStatus"] != "EXECUTE_COMPLETE"]

    def environment(self) -> dict[str, str]:
        """Of the function that runs."""
        resources = self.client("cloudformation").list_stack_resources(StackName=self.stack)["StackResourceSummaries"]
        (name,) = [one["PhysicalResourceId"] for one in resources if one["ResourceType"] == "AWS::Lambda::Function"]
        found = self.client("lambda").get_function_configuration(FunctionName=name)
        variables: dict[str, str] = found["Environment"]["Variables"]
        return variables


@pytest.fixture
def shop(
    moto: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> Iterator[Shop]:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, one in aws.KEYS.items():
        monkeypatch.setenv(name, one)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("CRM_PASSWORD", "hunter2")
    # Nobody waits for the pauses between the attempts of botocore.
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda seconds: None))
    stack = f"s{hashlib.sha256(request.node.name.encode()).hexdigest()[:10]}"
    with faults(moto.url) as proxy:
        made = Shop(tmp_path, moto, proxy, capsys, stack)
        monkeypatch.setattr(packaging, "make_bundle", lambda options, target: replace(
            bundle(options.what), files={"lambda_handler.py": b"handler = print\n", "extra": made.code}
        ))  # fmt: skip
        yield made


# ------------------------------------------------------------------------------------------- nothing reverts by itself


def test_what_is_not_named_again_is_kept(shop: Shop) -> None:
    assert shop.deploy("--yes", values=VALUES | {"MemorySize": "2048"}) == 0
    before = shop.parameters()
    shop.code = b"2"
    assert shop.deploy("--yes", values={}) == 0
    assert shop.stacks() == ["UPDATE_COMPLETE"]
    assert shop.parameters() == before
    assert before["MemorySize"] == "2048"
    assert shop.environment()["CRM_PASSWORD"] == "hunter2"
    assert "parameters:" not in shop.out
    # The same again is nothing: neither code nor values have changed.
    assert shop.deploy("--yes", values={}) == 0
    assert f"{shop.stack}: no changes" in shop.out


def test_what_a_stage_file_takes_away_is_shown_and_reverts(shop: Shop) -> None:
    shop.stage("  MemorySize: 2048\n")
    assert shop.deploy("--stage", "prod", "--yes", name=False) == 0
    assert shop.parameters()["MemorySize"] == "2048"
    shop.stage("  Timeout: 20\n")
    assert shop.deploy("--stage", "prod", name=False) == 1  # nobody agrees
    assert "MemorySize: 2048 → 1024 (the default)" in shop.out
    assert "Timeout: 29 → 20" in shop.out
    assert shop.parameters()["MemorySize"] == "2048"
    assert shop.change_sets() == []
    assert shop.deploy("--stage", "prod", "--yes", name=False) == 0
    assert shop.parameters()["MemorySize"] == "1024"


def test_options_cannot_decide_next_to_a_stage(shop: Shop) -> None:
    shop.stage()
    assert shop.deploy("--stage", "prod", "--parameter", "MemorySize=512", "--region", "us-east-1", name=False) == 2
    assert "AG110" in shop.err
    assert "--parameter, --region is next to it" in shop.err
    assert shop.proxy.calls == []


def test_another_account_is_refused_before_anything_is_done(shop: Shop) -> None:
    shop.stage()
    file = shop.folder / "specs/crm/stages/prod.yaml"
    file.write_text(file.read_text().replace("123456789012", "999999999999"))
    assert shop.deploy("--stage", "prod", "--yes", name=False) == 2
    assert "prod.yaml:2:1: error AG110: these credentials are of account 123456789012" in shop.err
    assert shop.proxy.calls == ["GetCallerIdentity"]


# -------------------------------------------------------------------------------------------- failures, and once again


def test_create_fail_and_create_again(shop: Shop) -> None:
    """moto fails no creation: the proxy keeps the execution from it and tells of a rollback until the stack is
    deleted."""
    proxy = shop.proxy
    rolled_back = lambda: proxy.count("ExecuteChangeSet") == 1 and not proxy.count("DeleteStack")  # noqa: E731
    # As AWS does, it says what the template says of itself: a stack of somebody else is not deleted.
    status = "<StackStatus>ROLLBACK_COMPLETE"
    tell = lambda text: text.replace(  # noqa: E731
        "<StackStatus>REVIEW_IN_PROGRESS", f"<Description>MCP server crm</Description>{status}"
    )
    why = lambda text: text.replace("REVIEW_IN_PROGRESS", "CREATE_FAILED").replace("User Initiated", "over quota")  # noqa: E731
    proxy.fail("ExecuteChangeSet", "swallow")
    proxy.fail("DescribeStacks", "rewrite", change=tell, when=rolled_back, times=99)
    proxy.fail("DescribeStackEvents", "rewrite", change=why, when=rolled_back, times=1)
    # The event before the execution is the one that is rewritten afterwards: it must count as new.
    proxy.fail("DescribeStackEvents", "rewrite", change=_no_events, when=lambda: not proxy.count("ExecuteChangeSet"))
    assert shop.deploy("--yes") == 1
    assert "over quota" in shop.err
    assert f"{shop.stack}: ROLLBACK_COMPLETE" in shop.out

    assert shop.deploy("--yes") == 0
    assert "it was never complete: its creation failed; it is deleted first" in shop.err
    assert shop.stacks() == ["CREATE_COMPLETE"]
    assert shop.environment()["CRM_BASE_URL"] == "https://crm.example"


def _no_events(text: str) -> str:
    head, _, rest = text.partition("<StackEvents>")
    return f"{head}<StackEvents>{rest[rest.index('</StackEvents>') :]}" if rest else text


@pytest.mark.parametrize(
    ("operation", "status", "code"),
    [
        ("DescribeStacks", 400, "Throttling"),
        ("CreateChangeSet", 400, "RequestLimitExceeded"),
        ("ExecuteChangeSet", 503, "ServiceUnavailable"),
        ("DescribeStackEvents", 500, "InternalFailure"),
        ("PutObject", 503, "SlowDown"),
    ],
)
def test_a_busy_aws_is_asked_again(shop: Shop, operation: str, status: int, code: str) -> None:
    shop.proxy.fail(operation, status=status, code=code, times=3)
    assert shop.deploy("--yes") == 0
    assert shop.stacks() == ["CREATE_COMPLETE"]
    assert shop.change_sets() == []


@pytest.mark.parametrize("operation", ["DescribeStacks", "DescribeStackEvents", "HeadObject", "CreateChangeSet"])
def test_a_connection_that_breaks_is_made_again(shop: Shop, operation: str) -> None:
    shop.proxy.fail(operation, "cut", times=2)
    assert shop.deploy("--yes") == 0
    assert shop.stacks() == ["CREATE_COMPLETE"]


def test_an_execution_whose_answer_is_lost_is_followed_and_not_repeated(shop: Shop) -> None:
    shop.proxy.fail("ExecuteChangeSet", "lost")
    # What AWS says to the second attempt.
    shop.proxy.fail(
        "ExecuteChangeSet", code="InvalidChangeSetStatus", message="cannot be executed in its current status"
    )
    assert shop.deploy("--yes") == 0
    assert shop.stacks() == ["CREATE_COMPLETE"]
    assert shop.proxy.count("ExecuteChangeSet") == 2


def test_a_change_set_whose_answer_is_lost_is_found_again(shop: Shop) -> None:
    shop.proxy.fail("CreateChangeSet", "lost")
    shop.proxy.fail("CreateChangeSet", code="AlreadyExistsException", message="ChangeSet already exists")
    assert shop.deploy("--yes") == 0
    assert shop.stacks() == ["CREATE_COMPLETE"]


def test_an_answer_that_never_comes_is_asked_for_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "_PATIENCE", 3.0)
    shop.proxy.fail("DescribeChangeSet", "late")
    assert shop.deploy("--yes") == 0
    assert shop.stacks() == ["CREATE_COMPLETE"]


def test_a_lost_line_says_that_aws_goes_on(shop: Shop) -> None:
    shop.proxy.fail("DescribeStackEvents", "cut", times=10_000, when=lambda: bool(shop.proxy.count("ExecuteChangeSet")))
    assert shop.deploy("--yes") == 2
    assert shop.err.count("AWS goes on, and so does looking") == 1
    assert f"AWS goes on with {shop.stack}, but it cannot be followed" in shop.err
    assert f"adaptgen deploy --follow --stack {shop.stack}" in shop.err
    shop.proxy.faults.clear()
    assert shop.deploy("--follow") == 0
    assert f"{shop.stack}: CREATE_COMPLETE" in shop.out


def test_credentials_that_expire_on_the_way(shop: Shop) -> None:
    shop.proxy.fail("DescribeStackEvents", code="ExpiredToken", message="expired", times=99,
                    when=lambda: bool(shop.proxy.count("ExecuteChangeSet")))  # fmt: skip
    assert shop.deploy("--yes") == 2
    assert "AWS goes on" in shop.err
    assert "the credentials have expired (ExpiredToken)" in shop.err
    assert shop.stacks() == ["CREATE_COMPLETE"]


def test_credentials_that_have_expired_before(shop: Shop) -> None:
    shop.proxy.fail("DescribeStacks", code="ExpiredToken", message="expired", times=99)
    assert shop.deploy("--yes") == 2
    assert "the credentials have expired (ExpiredToken)" in shop.err
    assert "AWS goes on" not in shop.err
    assert shop.stacks() == []


@pytest.mark.parametrize("operation", ["CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet"])
def test_what_is_denied_leaves_nothing_behind(shop: Shop, operation: str) -> None:
    shop.proxy.fail(
        operation, status=403, code="AccessDenied", message=f"not authorized: {operation}\x9b2J\u202e", times=9
    )
    assert shop.deploy("--yes") == 2
    assert f"AG093: {operation}: AccessDenied: not authorized: {operation}" in shop.err
    assert not {"\x9b", "\u202e"} & set(shop.err)
    assert shop.stacks() == []


def test_nobody_agrees_and_nothing_is_left(shop: Shop) -> None:
    assert shop.deploy() == 1
    assert "Add      Function  AWS::Lambda::Function" in shop.out
    assert "nothing was changed" in shop.err
    assert shop.stacks() == []
    assert "hunter2" not in shop.out + shop.err


def test_an_interrupted_deployment_says_that_aws_goes_on(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    say = terminal.print_error

    def interrupt(text: str) -> None:
        if "CREATE_IN_PROGRESS" in text:
            raise KeyboardInterrupt
        say(text)

    monkeypatch.setattr(terminal, "print_error", interrupt)
    assert shop.deploy("--yes") == 130
    line = f"adaptgen deploy --follow --stack {shop.stack} --region {aws.REGION}"
    assert f"AWS goes on with {shop.stack}: {line}" in shop.err
    assert shop.stacks() == ["CREATE_COMPLETE"]


def test_an_interrupted_question_leaves_nothing_behind(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(question: str) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(deploying, "confirmed", interrupt)
    assert shop.deploy() == 130
    assert shop.stacks() == []
    assert "AWS goes on" not in shop.err


# ---------------------------------------------------------------------------------------------------------- the bucket


def test_a_bucket_that_cannot_be_listed_takes_the_upload(shop: Shop) -> None:
    shop.proxy.fail("HeadBucket", status=403, times=9)
    shop.proxy.fail("HeadObject", status=403, times=9)
    assert shop.deploy("--yes") == 0
    assert shop.stacks() == ["CREATE_COMPLETE"]


def test_an_object_that_is_not_what_its_name_says_is_refused(shop: Shop) -> None:
    made = replace(bundle(Path("generated/crm")), files={"lambda_handler.py": b"handler = print\n", "extra": b"other"})
    data = zip_files(made.files)
    key = templates.code_key(made, hashlib.sha256(data).hexdigest())
    shop.client("s3").put_object(Bucket="bundles", Key=key, Body=b"evil", ChecksumAlgorithm="SHA256")
    shop.code = b"other"
    assert shop.deploy("--yes") == 2
    assert "AG110" in shop.err
    assert "is not what its name says" in shop.err
    assert shop.stacks() == []


def test_a_template_is_read_from_the_bucket(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adaptgen.ship.stack.cloudformation.LIMIT", 1000)
    assert shop.deploy("--yes") == 0
    assert shop.stacks() == ["CREATE_COMPLETE"]
    assert ".template.json" in shop.err
    assert shop.deploy("--yes", values={}) == 0
    assert f"{shop.stack}: no changes" in shop.out


def test_a_bucket_that_is_not_there(shop: Shop) -> None:
    assert shop.deploy("--yes", "--bucket", "nowhere") == 2
    assert "there is no bucket nowhere" in shop.err
    assert shop.stacks() == []


# -------------------------------------------------------------------------------------------------------- for programs


def test_json_has_the_changes_and_the_end(shop: Shop) -> None:
    assert shop.deploy("--yes", "--json") == 0
    said = json.loads(shop.out)
    assert (said["status"], said["done"], said["failures"]) == ("CREATE_COMPLETE", True, [])
    assert {"Function", "Role"} <= {one["name"] for one in said["changes"]}
    shop.code = b"2"
    assert shop.deploy("--json", values={"MemorySize": "2048"}) == 1
    said = json.loads(shop.out)
    assert (said["status"], said["done"]) == (None, False)
    assert said["parameters"] == [{"path": "MemorySize", "before": "1024", "after": "2048", "replaces": None}]
    (function,) = [one for one in said["changes"] if one["name"] == "Function"]
    assert {"path": "MemorySize", "before": "1024", "after": "2048", "replaces": None} in function["properties"]
    assert shop.parameters()["MemorySize"] == "1024"


def test_a_stack_that_is_deleted(shop: Shop) -> None:
    assert shop.deploy("--yes") == 0
    assert shop.deploy("--delete", "--yes") == 0
    assert f"{shop.stack}: DELETE_COMPLETE" in shop.out
    assert shop.stacks() == []
    assert shop.deploy("--follow") == 2
    assert f"there is no stack {shop.stack}" in shop.err
