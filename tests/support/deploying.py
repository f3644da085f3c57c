"""A deployment whose AWS answers what a test writes down."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pytest
from support.scripted_aws import STACK_ID, ScriptedClient, stack

from adaptgen.diagnostics import AdaptgenError
from adaptgen.ship.deployments.changes import Review
from adaptgen.ship.deployments.deployment import Deployment, Plan
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
