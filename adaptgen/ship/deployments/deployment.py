"""Deploy a bundle as a CloudFormation stack: by a change set that is shown before it is carried out.

``Plan`` is what is to be deployed. :meth:`Deployment.deploy` does it in one go; :meth:`Deployment.prepare`,
:meth:`Deployment.execute` and :meth:`Deployment.discard` are its parts, for those who deploy several stacks.

The same code runs for real and dry: dry, its clients (:mod:`dry_run_clients`) say what they were asked.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from adaptgen.diagnostics import AdaptgenError, error
from adaptgen.ship.deployments.advice import Advice, advise, refused
from adaptgen.ship.deployments.calls import CallFailed, attempt, failed, make_client, printable
from adaptgen.ship.deployments.change_sets import OURS, ChangeSets, capabilities
from adaptgen.ship.deployments.changes import Change, Review, read_changes, resolved
from adaptgen.ship.deployments.following import Failure, Follower, Outcome, outputs_of
from adaptgen.ship.deployments.ownership import TAG, Claim
from adaptgen.ship.deployments.settled import Settled, read_template, settle
from adaptgen.ship.deployments.unfinished import UnfinishedStacks
from adaptgen.ship.deployments.upload import Uploader, object_url
from adaptgen.ship.stack import cloudformation

__all__ = ["Change", "Deployment", "Failure", "Outcome", "Plan", "Prepared", "Review", "make_client"]

_NOTHING = ("didn't contain changes", "No updates are to be performed", "no changes")
_MOST_TEMPLATE = 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What is deployed.

    ``template``: its text; its version is set by what the stack will hold. ``parameters``: name -> value, those that
    are named. ``keep``: the others keep their values of the last deployment, as tags do; without it, as for a stage
    file, they go back to their defaults. ``code``: the zip, uploaded as ``key`` into ``bucket``; empty where an
    image is deployed. ``rollback``:
    CloudFormation's ``RollbackConfiguration``, None for that of the stack; it applies to later updates too.
    ``account``: who must own the bucket ("" for anyone); ``region``: of the stack ("" where it is not known).
    ``protect``: whether AWS refuses to delete the stack; None leaves it as it is. ``notes``: what else is done once the
    changes are agreed to, as lines that are shown with them.
    """

    stack: str
    template: str
    parameters: Mapping[str, str] = field(repr=False)
    bucket: str
    key: str
    code: bytes = field(repr=False)
    rollback: Mapping[str, Any] | None = None
    keep: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)
    role_arn: str = ""
    account: str = ""
    region: str = ""
    protect: bool | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A change set that can be carried out; ``change_set`` is "" where only what no change set has is to be done.
    ``made_stack``: the stack is there for it alone. ``state``: what the stack was then."""

    plan: Plan
    stack_id: str
    change_set: str
    review: Review
    made_stack: bool
    state: tuple[str, str]


class Deployment:
    """Talks to S3 and CloudFormation.

    ``say``: gets a line of progress. ``agree``: gets the changes, and says whether to go on. ``confirm``: the same for
    a question in words. ``wait``: sleeps. ``place``: options that lead another command to the same account and region.
    ``looks``: only shows; a stack that has to be deleted or repaired first is left as it is.
    """

    def __init__(
        self,
        s3: Any,
        cloudformation: Any,
        *,
        say: Callable[[str], None],
        agree: Callable[[Review], bool],
        confirm: Callable[[str], bool] = lambda question: False,
        wait: Callable[[float], None] = time.sleep,
        every: float = 3.0,
        place: str = "",
        looks: bool = False,
    ) -> None:
        self._looks = looks
        self._s3 = s3
        self._stacks = cloudformation
        self._say = say
        self._agree = agree
        self._follower = Follower(cloudformation, say=say, wait=wait, every=every, place=place)
        self._sets = ChangeSets(cloudformation, self._follower, wait=wait, every=every)
        self._unfinished = UnfinishedStacks(
            cloudformation, self._follower, say=say, confirm=(lambda question: False) if looks else confirm
        )

    def deploy(self, plan: Plan) -> Outcome | None:
        """Bring the stack to what ``plan`` says; None where the changes were not agreed to.

        Raises:
            AdaptgenError: AG093 where AWS refuses a call; AG110 where bucket or object are not what they should be;
                AG111 where the stack is in no state to be changed, or was changed meanwhile; AG112 for too large a
                template; AG119 where a stack of that name belongs to something else; AG090 for parameters without a
                value.
        """
        if self._looks and (note := self._unfinished.look(plan.stack, _claim(plan))):
            self._agree(Review(notes=(note,)))
            return None
        prepared = self.prepare(plan)
        if isinstance(prepared, Outcome):
            return prepared
        try:
            agreed = self._agree(prepared.review)
        except BaseException:
            self.discard(prepared)
            raise
        if not agreed:
            self.discard(prepared)
            return None
        return self.execute(prepared)

    def complete(self, plan: Plan) -> Plan:
        """``plan`` with the template that would be deployed now: its version is the one that the stack will have, with
        the values that it keeps. Nothing is changed. Raises as :meth:`deploy`."""
        now = self._follower.describe(plan.stack)
        there = now is not None and advise(now["StackStatus"]).act == "update"
        settled = settle(plan, now if there else None, read_template(self._stacks, plan.stack) if there else {})
        return replace(plan, template=cloudformation.as_json(settled.template))

    def prepare(self, plan: Plan) -> Prepared | Outcome:
        """Upload the bundle and make a change set; an outcome where there is nothing to do. Raises as
        :meth:`deploy`."""
        now = self._unfinished.make_ready(plan.stack, _claim(plan))
        new = now is None or now["StackStatus"] == "REVIEW_IN_PROGRESS"
        if now is not None:
            self._sets.sweep(now)
        previous = {} if new else read_template(self._stacks, plan.stack)
        if now is not None and not new and not _claim(plan).holds(now, previous):
            message = f"the stack {plan.stack} belongs to something else, and this deployment would replace all of it"
            raise error("AG119", message)
        settled = settle(plan, None if new else now, previous)
        text = cloudformation.as_json(settled.template)
        if len(text.encode()) > _MOST_TEMPLATE:
            help = "divide the server: fewer upstreams or tools in one"
            raise error("AG112", f"the template has {len(text):,} bytes, and AWS takes 1 MB", help=help)
        uploader = Uploader(self._s3, plan.bucket, owner=plan.account, region=plan.region, say=self._say)
        if plan.code:
            uploader.put(plan.key, plan.code)
        body = {"TemplateBody": text}
        if len(text.encode()) > cloudformation.LIMIT:
            key = f"{plan.key.removesuffix('.zip')}.{settled.token[:16]}.template.json"
            uploader.put(key, text.encode())
            body = {"TemplateURL": object_url(plan.bucket, key, plan.region)}
        return self._prepared(plan, now, new, settled, body)

    def execute(self, prepared: Prepared) -> Outcome:
        """Carry a change set out, and follow it to its end. Refused with AG111 where the stack, or the change set, is
        no longer what was shown."""
        stack, plan = prepared.stack_id, prepared.plan
        self._check_unchanged(prepared)
        if not prepared.change_set:
            self._protect(plan, stack)
            return Outcome("no changes of resources", outputs_of(self._follower.describe(stack)))
        after = self._follower.latest_event(stack)
        try:
            self._stacks.execute_change_set(
                ChangeSetName=prepared.change_set,
                StackName=stack,
                # What a failed deployment made goes again, whatever the template keeps otherwise.
                RetainExceptOnCreate=True,
                ClientRequestToken=f"{OURS}{uuid.uuid4()}",
            )
        except Exception as problem:
            # An answer that was lost: the second try says that the first one went through.
            if not self._sets.runs(stack, prepared.change_set):
                raise self._not_executed(prepared, problem) from None
        outcome = self._follower.follow(stack, after)
        if outcome.done:
            self._protect(plan, stack)
        return outcome

    def discard(self, prepared: Prepared) -> None:
        """Throw a change set away, and the stack that is there for it alone. What cannot be thrown away stays."""
        if prepared.change_set:
            self._sets.discard(prepared.stack_id, prepared.change_set, with_stack=prepared.made_stack)

    def delete(self, stack: str) -> Outcome:
        """Delete the stack; what its template says to keep stays. AG093 where AWS refuses a call, AG111 where it is
        protected or changed just now."""
        now = self._follower.describe(stack)
        if now is None:
            return Outcome("no changes")
        identity, status = now["StackId"], now["StackStatus"]  # a deleted stack is found by its id alone
        if now.get("EnableTerminationProtection"):
            help = "protect: false in its stage file, and deploy; or --no-protect without one"
            raise error("AG111", f"the stack {stack} is protected against deletion", help=help)
        after = self._follower.latest_event(identity)
        if status == "DELETE_IN_PROGRESS":
            after = self._follower.first_of_operation(identity)
        elif status.endswith("IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            help = "adaptgen deploy --follow --stack {stack}, then delete it"
            raise refused(stack, status, Advice("refuse", "something changes it just now", help))
        else:
            attempt("DeleteStack", self._stacks.delete_stack, StackName=identity)
        return self._follower.follow(identity, after)

    def follow(self, stack: str) -> Outcome:
        """Say what the operation that runs does, or the last one did, and how it ended. AG111 for no stack."""
        now = self._follower.describe(stack)
        if now is None:
            raise error("AG111", f"there is no stack {stack}", help="check its name and the region")
        return self._follower.follow(now["StackId"], self._follower.first_of_operation(now["StackId"]))

    # ---------------------------------------------------------------------------------------------------- inside

    def _prepared(
        self, plan: Plan, now: Mapping[str, Any] | None, new: bool, settled: Settled, body: Mapping[str, str]
    ) -> Prepared | Outcome:
        """The change set, when AWS has made it."""
        name = f"{OURS}{settled.token[:16]}-{uuid.uuid4().hex[:12]}"
        arguments: dict[str, Any] = {
            "StackName": plan.stack,
            "ChangeSetName": name,
            "ChangeSetType": "CREATE" if new else "UPDATE",
            "Parameters": settled.arguments,
            "Capabilities": capabilities(settled.template),
            "ClientToken": name,
            **body,
        }
        if settled.tags is not None:
            arguments["Tags"] = [{"Key": key, "Value": one} for key, one in sorted(settled.tags.items())]
        if plan.rollback is not None:
            arguments["RollbackConfiguration"] = dict(plan.rollback)
        if plan.role_arn:
            arguments["RoleARN"] = plan.role_arn
        made_stack = now is None
        try:
            made: Mapping[str, Any] = self._stacks.create_change_set(**arguments)
        except Exception as problem:
            refusal = failed("CreateChangeSet", problem)
            text = refusal.diagnostics[0].message
            if any(one in text for one in _NOTHING):
                return self._unchanged(plan, now, settled)
            if refusal.code not in ("AlreadyExistsException", "AlreadyExists"):
                raise refusal from None
            made = {"Id": name}  # an answer that was lost: nobody else can have this name
        try:
            said, changes = self._sets.await_changes(plan.stack, made["Id"])
        except BaseException:
            self.discard(Prepared(plan, plan.stack, made["Id"], Review(), made_stack, ("", "")))
            raise
        reason = said.get("StatusReason") or ""
        stack_id = made.get("StackId") or said.get("StackId") or plan.stack
        empty = Prepared(plan, stack_id, said.get("ChangeSetId") or made["Id"], Review(), made_stack, ("", ""))
        nothing = said["Status"] == "FAILED" and any(text in reason for text in _NOTHING)
        if nothing or (said["Status"] != "FAILED" and not changes):
            self.discard(empty)
            return self._unchanged(plan, now, settled)
        if said["Status"] == "FAILED":
            self.discard(empty)
            raise error("AG093", f"the change set cannot be made: {printable(reason) or 'AWS states no reason'}")
        before = resolved(settled.previous_template, settled.before)
        after = resolved(settled.template, settled.after)
        read = read_changes(changes, before, after, settled.secrets)
        review = Review(tuple(read), settled.changed_parameters, settled.changed_tags, settled.notes)
        # Read after the change set was made: what was done before that is in it.
        state = _state(self._follower.describe(stack_id) or {})
        return Prepared(plan, stack_id, empty.change_set, review, made_stack, state)

    def _unchanged(self, plan: Plan, now: Mapping[str, Any] | None, settled: Settled) -> Prepared | Outcome:
        """Where no resource changes: what no change set has is shown and agreed to all the same."""
        protects = plan.protect is not None and bool((now or {}).get("EnableTerminationProtection")) != plan.protect
        if now is not None and (protects or plan.notes):
            return Prepared(plan, now["StackId"], "", Review(notes=settled.notes), False, _state(now))
        return Outcome("no changes", outputs_of(now))

    def _protect(self, plan: Plan, stack: str) -> None:
        if plan.protect is not None:
            attempt("UpdateTerminationProtection", self._stacks.update_termination_protection,
                    StackName=stack, EnableTerminationProtection=plan.protect)  # fmt: skip

    def _check_unchanged(self, prepared: Prepared) -> None:
        """That the stack and the change set still are what was shown."""
        now = self._follower.describe(prepared.stack_id)
        same = now is not None and _state(now) == prepared.state
        if not prepared.change_set:
            if not same:
                raise _changed_meanwhile(prepared)
            return
        said = attempt("DescribeChangeSet", self._stacks.describe_change_set,
                       ChangeSetName=prepared.change_set, StackName=prepared.stack_id)  # fmt: skip
        if not same or said.get("ExecutionStatus", "AVAILABLE") != "AVAILABLE":
            self.discard(prepared)
            raise _changed_meanwhile(prepared)

    def _not_executed(self, prepared: Prepared, problem: Exception) -> AdaptgenError:
        refusal: CallFailed = failed("ExecuteChangeSet", problem)
        if refusal.code in ("InvalidChangeSetStatus", "InvalidChangeSetStatusException", "ChangeSetNotFound"):
            return _changed_meanwhile(prepared)
        if not refusal.passing:
            self.discard(prepared)
        return refusal


def _claim(plan: Plan) -> Claim:
    return Claim(json.loads(plan.template).get("Description", ""), plan.tags.get(TAG, ""))


def _changed_meanwhile(prepared: Prepared) -> AdaptgenError:
    message = f"the stack {prepared.plan.stack} was changed after these changes were shown, so they no longer hold"
    return error("AG111", message, help="deploy again, and look at the new changes")


def _state(stack: Mapping[str, Any]) -> tuple[str, str]:
    """What changes when somebody else deploys."""
    return stack.get("StackStatus", ""), str(stack.get("LastUpdatedTime", ""))
