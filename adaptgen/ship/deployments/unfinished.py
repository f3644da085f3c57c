"""A stack brought into a state from which it can be deployed, by the table of :mod:`advice`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from adaptgen.ship.deployments.advice import Advice, advise, refused
from adaptgen.ship.deployments.calls import attempt, printable
from adaptgen.ship.deployments.changes import HOLDS_DATA
from adaptgen.ship.deployments.following import Follower


class UnfinishedStacks:
    """``confirm``: asked before a rollback is finished."""

    def __init__(
        self, stacks: Any, follower: Follower, *, say: Callable[[str], None], confirm: Callable[[str], bool]
    ) -> None:
        self._stacks = stacks
        self._follower = follower
        self._say = say
        self._confirm = confirm

    def make_ready(self, stack: str) -> Mapping[str, Any] | None:
        """The stack in a state from which it can be deployed; None where it is to be made."""
        while True:
            now = self._follower.describe(stack)
            status = now["StackStatus"] if now is not None else ""
            advice = advise(status)
            if now is None or advice.act in ("create", "update"):
                return now
            identity = now["StackId"]
            if advice.act == "wait":
                self._say(f"{stack} is {status}: {advice.says}; waiting")
                self._follower.follow(identity, self._follower.latest_event(identity))
            elif advice.act == "remove":
                self._remove(now, advice)
            elif advice.act == "roll back":
                self._roll_back(now, advice)
            else:
                raise refused(stack, status, advice, printable(now.get("StackStatusReason") or ""))

    def _roll_back(self, now: Mapping[str, Any], advice: Advice) -> None:
        """Finish the rollback of an update: the stack is again what it was before that."""
        stack, identity = now["StackName"], now["StackId"]
        if not self._confirm(f"{stack} is {now['StackStatus']}: {advice.says}. Let AWS finish the rollback?"):
            help = "remove the cause, then deploy with --yes, or finish it: aws cloudformation continue-update-rollback"
            raise refused(stack, now["StackStatus"], Advice("refuse", advice.says, f"{help} --stack-name {{stack}}"))
        after = self._follower.latest_event(identity)
        attempt("ContinueUpdateRollback", self._stacks.continue_update_rollback, StackName=identity)
        outcome = self._follower.follow(identity, after)
        if outcome.status != "UPDATE_ROLLBACK_COMPLETE":
            why = "; ".join(f"{one.name}: {one.reason}" for one in outcome.failures)
            help = "remove the cause and deploy again, or skip resources: aws cloudformation continue-update-rollback"
            raise refused(stack, outcome.status, Advice("refuse", advice.says, help), why)

    def _remove(self, now: Mapping[str, Any], advice: Advice) -> None:
        """Delete a stack that was never complete, unless something in it may hold data."""
        stack, identity = now["StackName"], now["StackId"]
        left = [one for one in self._resources(identity) if one.get("PhysicalResourceId")
                and one["ResourceStatus"] != "DELETE_COMPLETE"]  # fmt: skip
        kept = [printable(f"{one['ResourceType']} {one['PhysicalResourceId']}") for one in left
                if one["ResourceType"] in HOLDS_DATA or one["ResourceStatus"] == "DELETE_SKIPPED"]  # fmt: skip
        if kept:
            help = "delete them if they are empty, then: adaptgen deploy --delete --stack {stack}"
            raise refused(stack, now["StackStatus"], Advice("refuse", advice.says, help), f"it left {', '.join(kept)}")
        self._say(f"{stack} is {now['StackStatus']}: {advice.says}; it is deleted first")
        after = self._follower.latest_event(identity)
        attempt("DeleteStack", self._stacks.delete_stack, StackName=identity)
        outcome = self._follower.follow(identity, after)
        if outcome.status != "DELETE_COMPLETE":
            why = "; ".join(f"{one.name}: {one.reason}" for one in outcome.failures)
            raise refused(stack, outcome.status, advise(outcome.status), why)

    def _resources(self, stack: str) -> Iterator[Mapping[str, Any]]:
        more: dict[str, str] = {}
        while True:
            said = attempt("ListStackResources", self._stacks.list_stack_resources, StackName=stack, **more)
            yield from said.get("StackResourceSummaries", ())
            if not said.get("NextToken"):
                return
            more = {"NextToken": said["NextToken"]}
