"""A stack brought into a state from which it can be deployed, by the table of :mod:`advice`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from adaptgen.ship.deployments.advice import Advice, advise, refused
from adaptgen.ship.deployments.calls import attempt, printable
from adaptgen.ship.deployments.changes import HOLDS_DATA
from adaptgen.ship.deployments.following import Follower
from adaptgen.ship.deployments.ownership import Claim, foreign_types
from adaptgen.ship.deployments.settled import read_template


class UnfinishedStacks:
    """``confirm``: asked before a rollback is finished, or a stack deleted."""

    def __init__(
        self, stacks: Any, follower: Follower, *, say: Callable[[str], None], confirm: Callable[[str], bool]
    ) -> None:
        self._stacks = stacks
        self._follower = follower
        self._say = say
        self._confirm = confirm

    def look(self, stack: str, claim: Claim) -> str:
        """What :meth:`make_ready` would do to the stack, once that is agreed to; "" for nothing. Changes nothing."""
        now = self._follower.describe(stack)
        advice = advise(now["StackStatus"] if now is not None else "")
        if now is None or advice.act not in ("remove", "roll back"):
            return ""
        if advice.act == "remove":
            self._check_removable(now, advice, claim)
            does = "it is deleted first, and made anew"
        else:
            does = "AWS finishes the rollback first; the changes are shown after that"
        return f"{stack} is {now['StackStatus']}: {advice.says}; {does}"

    def make_ready(self, stack: str, claim: Claim) -> Mapping[str, Any] | None:
        """The stack in a state from which it can be deployed; None where it is to be made. Only one of ``claim`` is
        deleted."""
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
                self._remove(now, advice, claim)
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

    def _check_removable(self, now: Mapping[str, Any], advice: Advice, claim: Claim) -> None:
        """That a stack was made by us and has nothing that may hold data. AG111 where it is not so."""
        stack, identity = now["StackName"], now["StackId"]
        if not claim.holds(now, read_template(self._stacks, stack)):
            help = "choose another name for the stack; or, if nobody needs it: adaptgen deploy --delete --stack {stack}"
            more = f"it is not {claim.description or 'a stack of adaptgen'}, and is left alone"
            raise refused(stack, now["StackStatus"], Advice("refuse", advice.says, help), more)
        found = list(self._resources(identity))
        foreign = [printable(one) for one in foreign_types(found)]
        if foreign:
            help = "look at what it has; if nobody needs it: adaptgen deploy --delete --stack {stack}"
            more = f"it has {', '.join(foreign)}, which no template of adaptgen makes"
            raise refused(stack, now["StackStatus"], Advice("refuse", advice.says, help), more)
        left = [one for one in found if one.get("PhysicalResourceId")
                and one["ResourceStatus"] != "DELETE_COMPLETE"]  # fmt: skip
        kept = [printable(f"{one['ResourceType']} {one['PhysicalResourceId']}") for one in left
                if one["ResourceType"] in HOLDS_DATA or one["ResourceStatus"] == "DELETE_SKIPPED"]  # fmt: skip
        if kept:
            help = "delete them if they are empty, then: adaptgen deploy --delete --stack {stack}"
            raise refused(stack, now["StackStatus"], Advice("refuse", advice.says, help), f"it left {', '.join(kept)}")

    def _remove(self, now: Mapping[str, Any], advice: Advice, claim: Claim) -> None:
        """Delete a stack that was never complete, once somebody agreed."""
        stack, identity = now["StackName"], now["StackId"]
        self._check_removable(now, advice, claim)
        if not self._confirm(f"{stack} is {now['StackStatus']}: {advice.says}. Delete it, and make it anew?"):
            help = "deploy again and agree, or with --yes; or choose another name for the stack"
            raise refused(stack, now["StackStatus"], Advice("refuse", advice.says, help))
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
