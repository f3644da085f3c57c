"""A running operation of a stack, followed to its end: every event once, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from adaptgen.diagnostics import AdaptgenError, Diagnostic
from adaptgen.runtime.aws import clients as aws
from adaptgen.ship.deployments.calls import CallFailed, attempt, failed, printable

_PATIENCE = 10
"""Looks in a row that may fail, before following ends. Each is several attempts, half a minute in all."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A resource that AWS could not make, and its reason."""

    name: str
    type: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """``status``: of the stack at the end, or ``no changes``; ``failures``: why it was rolled back. ``kept``: resources
    that a deletion left, as ``TYPE ID``."""

    status: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        """Whether the stack is as it was wanted."""
        return not self.failures and not any(word in self.status for word in ("ROLLBACK", "FAILED"))


class Follower:
    """Looks at one stack until it rests. ``say``: gets a line for each event; ``wait``: sleeps for ``every``
    seconds. ``place``: options that lead a command to the same account and region."""

    def __init__(
        self, stacks: Any, *, say: Callable[[str], None], wait: Callable[[float], None], every: float, place: str = ""
    ) -> None:
        self._stacks = stacks
        self._say = say
        self._wait = wait
        self._every = every
        self._place = f" {place}" if place else ""

    def describe(self, name: str) -> Mapping[str, Any] | None:
        """The stack, by its name or its id; None for no stack."""
        found = self._look(name)
        return None if found is None or found["StackStatus"] == "DELETE_COMPLETE" else found

    def _look(self, name: str) -> Mapping[str, Any] | None:
        try:
            found: Mapping[str, Any] = self._stacks.describe_stacks(StackName=name)["Stacks"][0]
        except Exception as problem:
            code, text = aws.refusal(problem)
            if code == "ValidationError" and "does not exist" in text:
                return None
            raise failed("DescribeStacks", problem) from None
        return found

    def latest_event(self, stack: str) -> str:
        """The id of the newest event; "" for none."""
        said = attempt("DescribeStackEvents", self._stacks.describe_stack_events, StackName=stack)
        return str(said["StackEvents"][0]["EventId"]) if said["StackEvents"] else ""

    def first_of_operation(self, stack: str) -> str:
        """The id of the event before the operation that runs, or ran last; "" where the stack began with it."""
        began = False
        for event in self._newest_first(stack):
            if began:
                return str(event["EventId"])
            own = event.get("PhysicalResourceId") == event["StackId"]
            began = own and event.get("ResourceStatusReason", "") == "User Initiated"
        return ""

    def follow(self, stack: str, after: str = "") -> Outcome:
        """Say what happens to the stack with this id, from the event behind ``after`` on, until it is over.

        Raises:
            AdaptgenError: AG093, where AWS refuses to say, or cannot be reached for a while: the operation goes on.
        """
        try:
            return self._follow(stack, after)
        except KeyboardInterrupt:
            self._say(f"AWS goes on with {stack_name(stack)}: {self.command(stack)}")
            raise

    def _follow(self, stack: str, after: str) -> Outcome:
        seen: set[str] = {after} if after else set()
        failures: list[Failure] = []
        kept: list[str] = []
        missed = 0
        while True:
            try:
                found = self._look(stack)
                # After the state: what is over has told all of its events.
                events = self._unseen(stack, seen) if found is not None else []
            except CallFailed as problem:
                missed += 1
                if missed > _PATIENCE or not problem.passing:
                    raise self._going_on(problem, stack) from None
                if missed == 1:
                    self._say(f"{problem.diagnostics[0].message}; AWS goes on, and so does looking")
                self._wait(self._every)
                continue
            missed = 0
            for event in events:
                seen.add(event["EventId"])
                self._say(_line(event))
                failure = _failure(event)
                if failure is not None:
                    failures.append(failure)
                if event["ResourceStatus"] == "DELETE_SKIPPED":
                    kept.append(printable(f"{event['ResourceType']} {event.get('PhysicalResourceId', '')}"))
            status = found["StackStatus"] if found is not None else "DELETE_COMPLETE"
            if not status.endswith("IN_PROGRESS"):
                return Outcome(status, outputs_of(found), tuple(failures), tuple(kept))
            self._wait(self._every)

    def command(self, stack: str) -> str:
        """What follows the stack from another process."""
        return f"adaptgen deploy --follow --stack {stack_name(stack)}{self._place}"

    def _going_on(self, problem: AdaptgenError, stack: str) -> AdaptgenError:
        """``problem`` for an operation that AWS carries on without anybody who looks."""
        told = [
            Diagnostic(one.code, f"AWS goes on with {stack_name(stack)}, but it cannot be followed: {one.message}",
                       one.where, f"{self.command(stack)}; {one.help}".removesuffix("; "))
            for one in problem.diagnostics
        ]  # fmt: skip
        return AdaptgenError(*told)

    def _unseen(self, stack: str, seen: set[str]) -> list[Mapping[str, Any]]:
        """The events that were not said yet, the oldest first."""
        found = []
        for event in self._newest_first(stack):
            if event["EventId"] in seen:
                break
            found.append(event)
        return list(reversed(found))

    def _newest_first(self, stack: str) -> Iterator[Mapping[str, Any]]:
        token = ""
        while True:
            more = {"NextToken": token} if token else {}
            said = attempt("DescribeStackEvents", self._stacks.describe_stack_events, StackName=stack, **more)
            yield from said["StackEvents"]
            token = said.get("NextToken") or ""
            if not token:
                return


def stack_name(stack: str) -> str:
    """The name in a stack's id; a name is itself."""
    return stack.split("/")[1] if stack.startswith("arn:") and "/" in stack else stack


def outputs_of(stack: Mapping[str, Any] | None) -> dict[str, str]:
    """The outputs of a described stack."""
    outputs = stack.get("Outputs", ()) if stack is not None else ()
    return {one["OutputKey"]: one["OutputValue"] for one in outputs}


def _line(event: Mapping[str, Any]) -> str:
    reason = event.get("ResourceStatusReason")
    line = f"{event['ResourceStatus']:<28} {event['ResourceType']:<30} {event['LogicalResourceId']}"
    return _safe(f"{line}  {reason}" if reason else line)


def _safe(line: str) -> str:
    """As ``printable``, with the columns kept."""
    return "".join(one if one.isprintable() else " " for one in line)


def _failure(event: Mapping[str, Any]) -> Failure | None:
    """What failed by itself; what was cancelled because of it is left out."""
    reason = event.get("ResourceStatusReason") or ""
    if not event["ResourceStatus"].endswith("_FAILED") or "cancelled" in reason:
        return None
    return Failure(event["LogicalResourceId"], event["ResourceType"], printable(reason))
