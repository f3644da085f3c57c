"""Deploy a bundle as a CloudFormation stack: by a change set that is shown before it is carried out.

The same code runs for real and dry: dry, its clients (:mod:`dry_run_clients`) say what they were asked.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adaptgen.diagnostics import AdaptgenError, error
from adaptgen.runtime.aws import clients as aws

_LASTING = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")
"""States from which a stack can be updated."""
_NOTHING = ("didn't contain changes", "No updates are to be performed", "no changes")
_CAPABILITIES = ["CAPABILITY_NAMED_IAM"]
"""The role may have a name of its own (``RoleName``)."""


def make_client(service: str, region: str = "", endpoint: str = "") -> Any:
    """A client of one service; ``region`` and ``endpoint``: "" for what the environment says. AG093 where boto3 is not
    installed, or no region is known."""
    try:
        # An upload of 25 MB may take its time on a slow line.
        return aws.client(service, region, endpoint, timeout=120.0, attempts=5)
    except aws.AwsError as why:
        raise error("AG093", str(why), help="--region NAME, and credentials of AWS") from None


def _failed(what: str, problem: Exception) -> AdaptgenError:
    """The error for a call that AWS, or the way to it, did not let through."""
    code, text = aws.refusal(problem)
    return error("AG093", f"{what}: {f'{code}: ' if code else ''}{text}")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is deployed. ``template``: its text; ``code``: the zip, uploaded as ``key`` into ``bucket``. ``rollback``:
    CloudFormation's ``RollbackConfiguration``, None for that of the stack; it applies to later updates too."""

    stack: str
    template: str
    parameters: Mapping[str, str] = field(repr=False)
    bucket: str
    key: str
    code: bytes = field(repr=False)
    rollback: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a change set: ``action`` is ``Add``, ``Modify``, ``Remove``; ``replaced``: the thing is made anew."""

    action: str
    name: str
    type: str
    replaced: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """A resource that AWS could not make, and its reason."""

    name: str
    type: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """``status``: of the stack at the end, or ``no changes``; ``failures``: why it was rolled back."""

    status: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()

    @property
    def done(self) -> bool:
        """Whether the stack is as it was wanted."""
        return not self.failures and not any(word in self.status for word in ("ROLLBACK", "FAILED"))


class Deployment:
    """Talks to S3 and CloudFormation.

    ``say``: gets a line of progress. ``agree``: gets the changes, and says whether to go on. ``wait``: sleeps.
    """

    def __init__(
        self,
        s3: Any,
        cloudformation: Any,
        *,
        say: Callable[[str], None],
        agree: Callable[[Sequence[Change]], bool],
        wait: Callable[[float], None] = time.sleep,
        every: float = 3.0,
    ) -> None:
        self._s3 = s3
        self._stacks = cloudformation
        self._say = say
        self._agree = agree
        self._wait = wait
        self._every = every

    def deploy(self, plan: Plan) -> Outcome | None:
        """Bring the stack to what ``plan`` says; None where the changes were not agreed to. AG093 where AWS refuses a
        call, or the stack is in no state to be changed."""
        now = self._stack(plan.stack)
        status = now["StackStatus"] if now else ""
        new = status in ("", "REVIEW_IN_PROGRESS")
        if not new and status not in _LASTING:
            help = "wait for it" if status.endswith("IN_PROGRESS") else f"adaptgen deploy --delete --stack {plan.stack}"
            raise error("AG111", f"the stack {plan.stack} is {status}, and cannot be changed", help=help)
        self._upload(plan)
        found = self._change_set(plan, "CREATE" if new else "UPDATE")
        if found is None:
            return Outcome("no changes", _outputs(now))
        identity, changes = found
        if not self._agree(changes):
            self._try("DeleteChangeSet", self._stacks.delete_change_set, ChangeSetName=identity, StackName=plan.stack)
            if status != "REVIEW_IN_PROGRESS" and new:
                self._try("DeleteStack", self._stacks.delete_stack, StackName=plan.stack)
            return None
        seen = set() if new else {one["EventId"] for one in self._events(plan.stack)}
        self._try("ExecuteChangeSet", self._stacks.execute_change_set, ChangeSetName=identity, StackName=plan.stack)
        return self._follow(plan.stack, seen)

    def delete(self, stack: str) -> Outcome:
        """Delete the stack; what its template says to keep stays. AG093 where AWS refuses a call."""
        now = self._stack(stack)
        if now is None:
            return Outcome("no changes")
        identity = now["StackId"]  # a deleted stack is found by its id alone
        seen = {one["EventId"] for one in self._events(identity)}
        self._try("DeleteStack", self._stacks.delete_stack, StackName=identity)
        return self._follow(identity, seen)

    # ---------------------------------------------------------------------------------------------------- inside

    def _try(self, what: str, call: Callable[..., Any], **arguments: Any) -> Any:
        try:
            return call(**arguments)
        except Exception as problem:
            raise _failed(what, problem) from None

    def _stack(self, name: str) -> Mapping[str, Any] | None:
        try:
            found: Mapping[str, Any] = self._stacks.describe_stacks(StackName=name)["Stacks"][0]
        except Exception as problem:
            code, text = aws.refusal(problem)
            if code == "ValidationError" and "does not exist" in text:
                return None
            raise _failed("DescribeStacks", problem) from None
        return None if found["StackStatus"] == "DELETE_COMPLETE" else found

    def _upload(self, plan: Plan) -> None:
        """The bundle, unless it is there: its name is its hash."""
        try:
            self._s3.head_object(Bucket=plan.bucket, Key=plan.key)
        except Exception as problem:
            code, _ = aws.refusal(problem)
            if code not in ("404", "NoSuchKey", "NotFound"):
                raise _failed(f"HeadObject in {plan.bucket}", problem) from None
        else:
            return
        self._say(f"uploading {len(plan.code) / 1e6:.1f} MB to s3://{plan.bucket}/{plan.key}")
        checksum = base64.b64encode(hashlib.sha256(plan.code).digest()).decode()
        self._try(
            f"PutObject in {plan.bucket}",
            self._s3.put_object,
            Bucket=plan.bucket,
            Key=plan.key,
            Body=plan.code,
            ChecksumSHA256=checksum,
        )

    def _change_set(self, plan: Plan, kind: str) -> tuple[str, list[Change]] | None:
        """The id of a change set and what it would do; None where there is nothing to do."""
        content = hashlib.sha256(repr((plan.template, sorted(plan.parameters.items()))).encode()).hexdigest()
        made = self._try(
            "CreateChangeSet",
            self._stacks.create_change_set,
            StackName=plan.stack,
            ChangeSetName=f"adaptgen-{content[:24]}-{time.time_ns():x}",
            ChangeSetType=kind,
            TemplateBody=plan.template,
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value} for name, value in sorted(plan.parameters.items())
            ],
            Capabilities=_CAPABILITIES,
            **({} if plan.rollback is None else {"RollbackConfiguration": plan.rollback}),
        )
        identity = made["Id"]
        while True:
            said = self._try(
                "DescribeChangeSet", self._stacks.describe_change_set, ChangeSetName=identity, StackName=plan.stack
            )
            if said["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
                break
            self._wait(self._every)
        reason = said.get("StatusReason") or ""
        changes = list(_changes(said)) + self._more(said, identity, plan.stack)
        nothing = said["Status"] == "FAILED" and any(text in reason for text in _NOTHING)
        if nothing or (said["Status"] != "FAILED" and not changes):
            self._try("DeleteChangeSet", self._stacks.delete_change_set, ChangeSetName=identity, StackName=plan.stack)
            return None
        if said["Status"] == "FAILED":
            raise error("AG093", f"the change set cannot be made: {reason or 'AWS states no reason'}")
        return identity, changes

    def _more(self, said: Mapping[str, Any], identity: str, stack: str) -> list[Change]:
        found: list[Change] = []
        while token := said.get("NextToken"):
            said = self._try(
                "DescribeChangeSet",
                self._stacks.describe_change_set,
                ChangeSetName=identity,
                StackName=stack,
                NextToken=token,
            )
            found += _changes(said)
        return found

    def _events(self, stack: str) -> list[Mapping[str, Any]]:
        """The latest events of a stack, the oldest first; a hundred, which is more than one round brings."""
        said = self._try("DescribeStackEvents", self._stacks.describe_stack_events, StackName=stack)
        return list(reversed(said["StackEvents"]))

    def _follow(self, stack: str, seen: set[str]) -> Outcome:
        """Say what happens until it is over."""
        failures: list[Failure] = []
        while True:
            found = self._stack(stack)
            for event in self._events(stack) if found is not None else ():
                if event["EventId"] in seen:
                    continue
                seen.add(event["EventId"])
                self._say(_line(event))
                failure = _failure(event)
                if failure is not None:
                    failures.append(failure)
            status = found["StackStatus"] if found is not None else "DELETE_COMPLETE"
            if not status.endswith("IN_PROGRESS"):
                return Outcome(status, _outputs(found), tuple(failures))
            self._wait(self._every)


def _outputs(stack: Mapping[str, Any] | None) -> dict[str, str]:
    outputs = stack.get("Outputs", ()) if stack is not None else ()
    return {one["OutputKey"]: one["OutputValue"] for one in outputs}


def _changes(said: Mapping[str, Any]) -> Iterator[Change]:
    for one in said.get("Changes", ()):
        change = one["ResourceChange"]
        replaced = {"True": "replaced", "Conditional": "perhaps replaced"}.get(change.get("Replacement", ""), "")
        yield Change(change["Action"], change["LogicalResourceId"], change["ResourceType"], replaced)


def _line(event: Mapping[str, Any]) -> str:
    reason = event.get("ResourceStatusReason")
    line = f"{event['ResourceStatus']:<28} {event['ResourceType']:<30} {event['LogicalResourceId']}"
    return f"{line}  {reason}" if reason else line


def _failure(event: Mapping[str, Any]) -> Failure | None:
    """What failed by itself; what was cancelled because of it is left out."""
    reason = event.get("ResourceStatusReason") or ""
    if not event["ResourceStatus"].endswith("_FAILED") or "cancelled" in reason:
        return None
    return Failure(event["LogicalResourceId"], event["ResourceType"], reason)
