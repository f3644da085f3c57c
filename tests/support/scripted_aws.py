"""Clients of boto3 whose answers are written down: requests and answers are checked against botocore's own models, so
that nothing is said or believed that AWS does not know."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.validate import validate_parameters

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Refusal:
    """An error of AWS. ``headers`` of its answer."""

    code: str
    message: str = "no"
    status: int = 400
    headers: Mapping[str, str] | None = None


Answer = Mapping[str, Any] | Refusal | Exception | Callable[[Mapping[str, Any]], Any]


@cache
def _session() -> boto3.Session:
    """One for all: each reads the models of its services once."""
    return boto3.Session()


class ScriptedClient:
    """``answers``: operation -> its answers in order, of which the last is repeated; an operation without one is an
    error of the test. ``client`` is what the product takes; ``requests`` is what it asked."""

    def __init__(self, service: str, answers: Mapping[str, Answer | Sequence[Answer]], region: str = "eu-central-1"):
        make: Any = _session().client
        self.client = make(
            service, region_name=region, aws_access_key_id="x", aws_secret_access_key="y",
            config=Config(retries={"total_max_attempts": 1}),
        )  # fmt: skip
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self._answers = {name: list(one) if isinstance(one, (list, tuple)) else [one] for name, one in answers.items()}
        events = self.client.meta.events
        events.register_first(f"provide-client-params.{service}.*", self._asked)
        events.register_first(f"before-call.{service}.*", self._answered)

    def names(self) -> list[str]:
        """The operations that were asked for, in order."""
        return [name for name, _ in self.requests]

    def of(self, operation: str) -> list[dict[str, Any]]:
        """What was asked of one operation."""
        return [asked for name, asked in self.requests if name == operation]

    def _asked(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.requests.append((model.name, dict(params)))

    def _answered(self, model: Any, **_: Any) -> Any:
        name, asked = self.requests[-1]
        assert name in self._answers, f"{name} was not expected: {asked}"
        script = self._answers[name]
        answer: Any = script.pop(0) if len(script) > 1 else script[0]
        if callable(answer) and not isinstance(answer, type):
            answer = answer(asked)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Refusal):
            metadata = {"HTTPStatusCode": answer.status, "HTTPHeaders": dict(answer.headers or {})}
            error = {"Error": {"Code": answer.code, "Message": answer.message}, "ResponseMetadata": metadata}
            return AWSResponse("", answer.status, {}, None), error
        if model.output_shape is not None:
            validate_parameters(dict(answer), model.output_shape)
        return AWSResponse("", 200, {}, None), {**answer, "ResponseMetadata": {"HTTPStatusCode": 200}}


def stack(status: str, **more: Any) -> dict[str, Any]:
    """What DescribeStacks says of one stack."""
    one = {"StackName": "crm-dev", "StackId": STACK_ID, "StackStatus": status, "CreationTime": NEW_YEAR, **more}
    return {"Stacks": [one]}


STACK_ID = "arn:aws:cloudformation:eu-central-1:123456789012:stack/crm-dev/1"
NO_STACK = Refusal("ValidationError", "Stack with id crm-dev does not exist")


def event(number: int, resource: str, status: str, reason: str = "", **more: Any) -> dict[str, Any]:
    """One event of the stack."""
    said = {
        "StackId": STACK_ID, "EventId": f"e{number}", "StackName": "crm-dev", "LogicalResourceId": resource,
        "ResourceType": "AWS::Lambda::Function", "ResourceStatus": status, "Timestamp": NEW_YEAR, **more,
    }  # fmt: skip
    return said | ({"ResourceStatusReason": reason} if reason else {})
