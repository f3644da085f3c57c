"""What ``adaptgen deploy`` asks of AWS and makes of its answers, where no emulator has them: rollbacks, states of
stacks, changes property by property, errors. Requests and answers are checked against botocore's models."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pytest
from support.scripted_aws import STACK_ID, ScriptedClient, event, stack

from adaptgen.diagnostics import AdaptgenError
from adaptgen.ship.deployments.changes import Review
from adaptgen.ship.deployments.deployment import Deployment, Failure, Outcome, Plan
from adaptgen.ship.stack.versions import secret_digest

TEMPLATE = {
    "Parameters": {
        "CodeBucket": {"Type": "String"},
        "Url": {"Type": "String"},
        "Password": {"Type": "String", "NoEcho": True},
        "MemorySize": {"Type": "Number", "Default": 1024},
    },
    "Resources": {
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "MemorySize": {"Ref": "MemorySize"},
                "Environment": {"Variables": {"URL": {"Ref": "Url"}, "PASSWORD": {"Ref": "Password"}}},
            },
        },
        "Version000000000000": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Function"}}},
    },
}
VALUES = {"CodeBucket": "bundles", "Url": "https://crm.example", "Password": "hunter2"}
PLAN = Plan("crm-dev", json.dumps(TEMPLATE), VALUES, "bundles", "adaptgen/crm/x.zip", b"zip")
SUM = base64.b64encode(hashlib.sha256(b"zip").digest()).decode()
MADE = {"Id": "arn:set", "StackId": STACK_ID}
CHANGE = {"Action": "Modify", "LogicalResourceId": "Function", "ResourceType": "AWS::Lambda::Function",
          "Replacement": "False"}  # fmt: skip
READY = {"Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE", "Changes": [{"ResourceChange": CHANGE}]}
BEFORE = [{"ParameterKey": name, "ParameterValue": "****" if name == "Password" else one}
          for name, one in {**VALUES, "MemorySize": "2048"}.items()]  # fmt: skip


def deployed(digest: str = "") -> dict[str, Any]:
    """The template of the last deployment."""
    said = {"adaptgen": {"secrets": {"Password": digest or secret_digest("hunter2", "Password", "crm-dev")}}}
    return {"TemplateBody": json.dumps(TEMPLATE | {"Metadata": said})}


class World:
    """A deployment with written answers: those of an update that is ready to be carried out, changed by ``stacks``."""

    def __init__(self, stacks: Mapping[str, Any] = {}, s3: Mapping[str, Any] = {}, *, agree: bool = True) -> None:
        self.s3 = ScriptedClient("s3", {
            "HeadBucket": {"BucketRegion": "eu-central-1"}, "HeadObject": {"ChecksumSHA256": SUM}, "PutObject": {},
            **s3,
        })  # fmt: skip
        self.stacks = ScriptedClient("cloudformation", {
            "DescribeStacks": stack("UPDATE_COMPLETE", Parameters=BEFORE),
            "GetTemplate": deployed(),
            "ListChangeSets": {},
            "CreateChangeSet": MADE,
            "DescribeChangeSet": READY,
            "DeleteChangeSet": {},
            "DescribeStackEvents": {"StackEvents": []},
            "ExecuteChangeSet": {},
            **stacks,
        })  # fmt: skip
        self.said: list[str] = []
        self.waited = 0
        self.review: Review | None = None
        self.questions: list[str] = []
        self.agreed = agree
        self.of = Deployment(
            self.s3.client, self.stacks.client,
            say=self.said.append, agree=self._agree, confirm=self._confirm, wait=self._wait,
        )  # fmt: skip

    def _agree(self, review: Review) -> bool:
        self.review = review
        return self.agreed

    def _confirm(self, question: str) -> bool:
        self.questions.append(question)
        return self.agreed

    def _wait(self, seconds: float) -> None:
        self.waited += 1

    def refused(self, plan: Plan = PLAN) -> tuple[str, str, str]:
        """Code, message and help of the error that deploying ends with."""
        with pytest.raises(AdaptgenError) as problem:
            self.of.deploy(plan)
        (one,) = problem.value.diagnostics
        return one.code, one.message, one.help


def test_a_failed_update_is_followed_to_the_end_of_its_rollback() -> None:
    before = event(1, "Function", "CREATE_COMPLETE")
    failed = event(2, "Function", "UPDATE_FAILED", "Unzipped size must be smaller than 262144000 bytes")
    cancelled = event(3, "Dashboard", "UPDATE_FAILED", "Resource update cancelled")
    back = event(4, "crm-dev", "UPDATE_ROLLBACK_COMPLETE")
    world = World({
        "DescribeStacks": [*[stack("UPDATE_COMPLETE", Parameters=BEFORE)] * 2, stack("UPDATE_IN_PROGRESS"),
                           stack("UPDATE_ROLLBACK_COMPLETE")],
        "DescribeChangeSet": [{"Status": "CREATE_IN_PROGRESS"}, READY],
        "DescribeStackEvents": [{"StackEvents": [before]}, {"StackEvents": [failed, before]},
                                {"StackEvents": [back, cancelled, failed, before]}],
    })  # fmt: skip
    outcome = world.of.deploy(PLAN)
    reason = "Unzipped size must be smaller than 262144000 bytes"
    assert outcome == Outcome("UPDATE_ROLLBACK_COMPLETE", {}, (Failure("Function", "AWS::Lambda::Function", reason),))
    assert not outcome.done
    # Each event once, those from before the update never.
    assert [line.split()[0] for line in world.said] == ["UPDATE_FAILED", "UPDATE_FAILED", "UPDATE_ROLLBACK_COMPLETE"]
    (executed,) = world.stacks.of("ExecuteChangeSet")
    assert executed["RetainExceptOnCreate"] is True


def test_a_change_set_without_changes_is_thrown_away() -> None:
    outputs = [{"OutputKey": "Url", "OutputValue": "https://x.lambda-url.eu-central-1.on.aws/mcp"}]
    reason = "The submitted information didn't contain changes. Submit different information to create a change set."
    world = World({
        "DescribeStacks": stack("CREATE_COMPLETE", Parameters=BEFORE, Outputs=outputs),
        "DescribeChangeSet": {"Status": "FAILED", "StatusReason": reason},
    })  # fmt: skip
    expected = Outcome("no changes", {"Url": "https://x.lambda-url.eu-central-1.on.aws/mcp"})
    assert world.of.deploy(PLAN) == expected
    assert world.review is None
    assert world.stacks.names()[-1] == "DeleteChangeSet"
