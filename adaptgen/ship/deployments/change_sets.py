"""The change sets of a stack: read, thrown away, swept."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from adaptgen.diagnostics import AdaptgenError
from adaptgen.ship.deployments.calls import attempt
from adaptgen.ship.deployments.following import Follower

OURS: Final = "adaptgen-"
"""How the names of change sets begin."""


class ChangeSets:
    """``wait``: sleeps for ``every`` seconds while AWS makes a change set."""

    def __init__(self, stacks: Any, follower: Follower, *, wait: Callable[[float], None], every: float) -> None:
        self._stacks = stacks
        self._follower = follower
        self._wait = wait
        self._every = every

    def await_changes(self, stack: str, identity: str) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
        """The description of a change set that is no longer being made, and all of its changes."""
        whole = {"ChangeSetName": identity, "StackName": stack, "IncludePropertyValues": True}
        while True:
            said = attempt("DescribeChangeSet", self._stacks.describe_change_set, **whole)
            if said["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
                break
            self._wait(self._every)
        changes = list(said.get("Changes", ()))
        page = said
        while token := page.get("NextToken"):
            page = attempt("DescribeChangeSet", self._stacks.describe_change_set, **whole, NextToken=token)
            changes += page.get("Changes", ())
        return said, changes

    def runs(self, stack: str, identity: str) -> bool:
        """Whether the change set is being carried out, or was."""
        try:
            said = self._stacks.describe_change_set(ChangeSetName=identity, StackName=stack)
        except Exception:
            return False
        return said.get("ExecutionStatus") in ("EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE", "EXECUTE_FAILED")

    def sweep(self, now: Mapping[str, Any]) -> None:
        """Delete what earlier deployments left that can never be carried out; AWS takes a limited number."""
        with contextlib.suppress(AdaptgenError):
            for one in list(self._sets(now)):
                dead = one.get("Status") == "FAILED" or one.get("ExecutionStatus") == "OBSOLETE"
                if dead and str(one.get("ChangeSetName", "")).startswith(OURS):
                    self._delete_change_set(now["StackName"], one["ChangeSetId"])

    def discard(self, stack: str, identity: str, *, with_stack: bool) -> None:
        """Throw a change set away; ``with_stack``: and the stack, which is there for it alone. What cannot be thrown
        away stays."""
        with contextlib.suppress(AdaptgenError):
            self._delete_change_set(stack, identity)
            if with_stack:
                now = self._follower.describe(stack)
                if now is not None and now["StackStatus"] == "REVIEW_IN_PROGRESS" and not list(self._sets(now)):
                    attempt("DeleteStack", self._stacks.delete_stack, StackName=stack)

    def _delete_change_set(self, stack: str, identity: str) -> None:
        attempt("DeleteChangeSet", self._stacks.delete_change_set, ChangeSetName=identity, StackName=stack)

    def _sets(self, now: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        said = attempt("ListChangeSets", self._stacks.list_change_sets, StackName=now["StackName"])
        while True:
            yield from (one for one in said.get("Summaries", ()) if one.get("StackId") == now["StackId"])
            if not said.get("NextToken"):
                return
            said = attempt("ListChangeSets", self._stacks.list_change_sets, StackName=now["StackName"],
                           NextToken=said["NextToken"])  # fmt: skip


def capabilities(template: Mapping[str, Any]) -> Sequence[str]:
    """The least that AWS wants to hear for the roles of a template."""
    names = ("RoleName", "ManagedPolicyName", "UserName", "GroupName", "InstanceProfileName")
    named = any(
        str(one.get("Type", "")).startswith("AWS::IAM::") and any(name in one.get("Properties", {}) for name in names)
        for one in template.get("Resources", {}).values()
    )
    return ["CAPABILITY_NAMED_IAM"] if named else ["CAPABILITY_IAM"]
