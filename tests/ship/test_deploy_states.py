"""``adaptgen deploy`` and the states of a stack, what somebody else does to it, its events, and its end. Requests and
answers are checked against botocore's models."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.deploying import BEFORE, PLAN, READY, TEMPLATE, World
from support.scripted_aws import NEW_YEAR, NO_STACK, STACK_ID, Refusal, event, stack

import adaptgen.ship.stack as stack_templates
from adaptgen.diagnostics import AdaptgenError
from adaptgen.ship.deployments.advice import ADVICE
from adaptgen.ship.deployments.changes import Review
from adaptgen.ship.deployments.deployment import Deployment, Outcome
from adaptgen.ship.deployments.ownership import MADE


# ---------------------------------------------------------------------------------------------- the state of the stack
def left(name: str, kind: str, status: str, id: str = "x") -> dict[str, Any]:
    return {"LogicalResourceId": name, "ResourceType": kind, "ResourceStatus": status, "PhysicalResourceId": id,
            "LastUpdatedTimestamp": NEW_YEAR}  # fmt: skip


REFUSED = {
    "CREATE_IN_PROGRESS": "another deployment creates it",
    "UPDATE_IN_PROGRESS": "another deployment updates it",
    "IMPORT_IN_PROGRESS": "resources are imported into it",
    "UPDATE_FAILED": "an update failed and was kept",
    "DELETE_FAILED": "it could not be deleted",
    "IMPORT_ROLLBACK_FAILED": "an import could not be rolled back",
    "SOME_NEW_STATE": "adaptgen does not know this state",
}


@pytest.mark.parametrize("status", REFUSED)
def test_a_stack_that_cannot_be_changed_is_left_alone(status: str) -> None:
    world = World({"DescribeStacks": stack(status, StackStatusReason="why\x1b[2J")})
    code, message, help = world.refused()
    assert code == "AG111"
    assert message == f"the stack crm-dev is {status}: {message.partition(': ')[2]}"
    assert REFUSED[status] in message
    assert message.endswith("; why [2J")
    assert help
    assert "{stack}" not in help
    assert (world.stacks.names(), world.s3.requests) == (["DescribeStacks"], [])


WAITED = ["UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "IMPORT_ROLLBACK_IN_PROGRESS",
          "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "DELETE_IN_PROGRESS"]  # fmt: skip


@pytest.mark.parametrize("status", WAITED)
def test_what_ends_by_itself_is_waited_for(status: str) -> None:
    rests = stack("UPDATE_COMPLETE", Parameters=BEFORE)
    world = World({"DescribeStacks": [stack(status), stack(status), rests]})
    outcome = world.of.deploy(PLAN)
    assert outcome is not None
    assert outcome.status == "UPDATE_COMPLETE"
    assert world.said[0].startswith(f"crm-dev is {status}: ")
    assert world.said[0].endswith("; waiting")
    assert world.waited == 1


UPDATED = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE",
           "IMPORT_ROLLBACK_COMPLETE"]  # fmt: skip


@pytest.mark.parametrize("status", UPDATED)
def test_a_stack_that_rests_is_updated(status: str) -> None:
    world = World({"DescribeStacks": stack(status, Parameters=BEFORE)}, agree=False)
    assert world.of.deploy(PLAN) is None
    assert world.stacks.of("CreateChangeSet")[0]["ChangeSetType"] == "UPDATE"
    assert "DeleteStack" not in world.stacks.names()


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED"])
def test_a_stack_that_was_never_complete_is_deleted_and_created(status: str) -> None:
    gone = [
        left("Role", "AWS::IAM::Role", "DELETE_COMPLETE"),
        left("Function", "AWS::Lambda::Function", "CREATE_FAILED", ""),
    ]
    world = World({
        "DescribeStacks": [stack(status), stack("DELETE_COMPLETE"), NO_STACK,
                           *[stack("REVIEW_IN_PROGRESS")] * 2, stack("CREATE_COMPLETE")],
        "ListStackResources": {"StackResourceSummaries": gone},
        "DeleteStack": {},
    })  # fmt: skip
    outcome = world.of.deploy(PLAN)
    assert outcome is not None
    assert outcome.status == "CREATE_COMPLETE"
    assert world.stacks.of("DeleteStack") == [{"StackName": STACK_ID}]
    assert world.stacks.of("CreateChangeSet")[0]["ChangeSetType"] == "CREATE"
    says = ADVICE[status].says
    assert world.questions == [f"crm-dev is {status}: {says}. Delete it, and make it anew?"]


MINE = replace(PLAN, template=json.dumps(TEMPLATE | {"Description": "MCP server crm"}))
FAILED: dict[str, Any] = {"Description": "MCP server crm"}


def test_a_stack_whose_deletion_nobody_agrees_to_stays() -> None:
    world = World({"DescribeStacks": stack("ROLLBACK_COMPLETE", **FAILED), "ListStackResources": {}}, agree=False)
    assert world.refused(MINE)[0] == "AG111"
    assert len(world.questions) == 1
    assert world.stacks.names() == ["DescribeStacks", "GetTemplate", "ListStackResources"]


@pytest.mark.parametrize(
    "kind", ["AWS::EC2::Volume", "AWS::Kinesis::Stream", "AWS::CloudFormation::Stack", "Custom::Thing"]
)
@pytest.mark.parametrize("status", ["CREATE_FAILED", "ROLLBACK_COMPLETE"])
def test_a_stack_with_something_that_we_never_make_is_not_deleted(status: str, kind: str) -> None:
    there = {"StackResourceSummaries": [left("Thing", kind, "CREATE_COMPLETE")]}
    world = World({"DescribeStacks": stack(status, **FAILED), "ListStackResources": there})
    code, message, help = world.refused(MINE)
    assert code == "AG111"
    assert message.endswith(f"it has {kind}, which no template of adaptgen makes")
    assert help.endswith("adaptgen deploy --delete --stack crm-dev")
    assert (world.questions, "DeleteStack" in world.stacks.names()) == ([], False)


def fleet(name: str) -> list[dict[str, str]]:
    return [{"Key": "adaptgen:fleet", "Value": name}]


@pytest.mark.parametrize(
    ("said", "template", "tags", "ours"),
    [
        ({"Description": "MCP server crm"}, {}, {}, True),
        ({"Description": "MCP server hr"}, {}, {}, False),
        ({}, {"Resources": {}}, {}, False),
        ({}, {"Metadata": {"adaptgen": {}}}, {}, True),
        ({}, {"Metadata": {"adaptgen": {}}, "Description": "MCP server hr"}, {}, False),
        (FAILED | {"Tags": fleet("proxy-dev")}, {}, {}, True),
        (FAILED | {"Tags": fleet("proxy-dev")}, {}, {"adaptgen:fleet": "proxy-dev"}, True),
        (FAILED | {"Tags": fleet("other-dev")}, {}, {"adaptgen:fleet": "proxy-dev"}, False),
    ],
)
def test_only_a_stack_of_this_server_is_deleted(
    said: dict[str, Any], template: dict[str, Any], tags: dict[str, str], ours: bool
) -> None:
    world = World({"DescribeStacks": stack("ROLLBACK_COMPLETE", **said), "ListStackResources": {},
                   "GetTemplate": {"TemplateBody": json.dumps(template)}}, agree=False)  # fmt: skip
    code, message, _ = world.refused(replace(MINE, tags=tags))
    assert code == "AG111"
    assert ("it is not MCP server crm, and is left alone" in message, len(world.questions)) == (not ours, int(ours))


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"])
def test_a_look_neither_deletes_nor_repairs(status: str) -> None:
    world = World({"DescribeStacks": stack(status, **FAILED), "ListStackResources": {}})
    looking = Deployment(
        world.s3.client, world.stacks.client, say=world.said.append, agree=world._agree, confirm=world._confirm,
        looks=True,
    )  # fmt: skip
    assert looking.deploy(MINE) is None
    assert world.review is not None
    assert world.review.notes[0].startswith(f"crm-dev is {status}: ")
    assert world.questions == []
    assert not {"DeleteStack", "ContinueUpdateRollback", "CreateChangeSet"} & set(world.stacks.names())


def test_every_type_of_our_templates_is_known() -> None:
    source = "".join(one.read_text() for one in Path(stack_templates.__file__).parent.glob("*.py"))
    types = set(re.findall(r'"(AWS::\w+::\w+)"', source))
    assert types - {"AWS::Serverless::Function"} == MADE


@pytest.mark.parametrize(
    "resource",
    [left("Table", "AWS::DynamoDB::Table", "CREATE_COMPLETE", "crm-table"),
     left("Thing", "AWS::Lambda::Version", "DELETE_SKIPPED", "crm-table")],
)  # fmt: skip
def test_what_may_hold_data_is_not_left_behind_in_silence(resource: dict[str, Any]) -> None:
    pages = [{"StackResourceSummaries": [], "NextToken": "2"}, {"StackResourceSummaries": [resource]}]
    world = World({"DescribeStacks": stack("ROLLBACK_COMPLETE"), "ListStackResources": pages})
    code, message, help = world.refused()
    assert code == "AG111"
    assert message.endswith(f"it left {resource['ResourceType']} crm-table")
    assert help == "delete them if they are empty, then: adaptgen deploy --delete --stack crm-dev"


def test_a_rollback_that_failed_is_finished_and_the_deployment_goes_on() -> None:
    rests = stack("UPDATE_ROLLBACK_COMPLETE", Parameters=BEFORE)
    world = World({"DescribeStacks": [stack("UPDATE_ROLLBACK_FAILED"), rests], "ContinueUpdateRollback": {}})
    outcome = world.of.deploy(PLAN)
    assert outcome is not None
    assert world.questions == [
        "crm-dev is UPDATE_ROLLBACK_FAILED: the rollback of an update failed. Let AWS finish the rollback?"
    ]
    assert world.stacks.names().index("ContinueUpdateRollback") < world.stacks.names().index("CreateChangeSet")


def test_a_rollback_that_fails_again_is_not_tried_for_ever() -> None:
    failed = event(2, "Function", "UPDATE_FAILED", "no permission")
    world = World({
        "DescribeStacks": stack("UPDATE_ROLLBACK_FAILED"), "ContinueUpdateRollback": {},
        "DescribeStackEvents": [{"StackEvents": [event(1, "x", "UPDATE_FAILED")]}, {"StackEvents": [failed]}],
    })  # fmt: skip
    code, message, _ = world.refused()
    assert code == "AG111"
    assert "Function: no permission" in message
    assert world.stacks.names().count("ContinueUpdateRollback") == 1


def test_a_rollback_that_nobody_agrees_to_is_not_finished() -> None:
    world = World({"DescribeStacks": stack("UPDATE_ROLLBACK_FAILED")}, agree=False)
    assert world.refused()[0] == "AG111"
    assert "ContinueUpdateRollback" not in world.stacks.names()


def test_every_state_that_aws_knows_is_decided() -> None:
    import botocore.session

    model = botocore.session.get_session().get_service_model("cloudformation")
    decided = {*REFUSED, *WAITED, *UPDATED, "ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED",
               "UPDATE_ROLLBACK_FAILED", "REVIEW_IN_PROGRESS", "DELETE_COMPLETE"}  # fmt: skip
    assert set(model.shape_for("StackStatus").enum) == decided - {"SOME_NEW_STATE"}
    assert set(ADVICE) == decided - {"SOME_NEW_STATE"} | {""}


# --------------------------------------------------------------------------------------------- what somebody else does
def test_a_stack_that_was_changed_after_it_was_shown_is_not_touched() -> None:
    later = NEW_YEAR.replace(hour=1)
    world = World({"DescribeStacks": [
        *[stack("UPDATE_COMPLETE", Parameters=BEFORE, LastUpdatedTime=NEW_YEAR)] * 2,
        stack("UPDATE_COMPLETE", Parameters=BEFORE, LastUpdatedTime=later),
    ]})  # fmt: skip
    code, message, help = world.refused()
    assert (code, help) == ("AG111", "deploy again, and look at the new changes")
    assert "was changed after these changes were shown" in message
    assert "ExecuteChangeSet" not in world.stacks.names()
    assert world.stacks.names()[-1] == "DeleteChangeSet"


def test_a_change_set_that_is_obsolete_is_not_carried_out() -> None:
    world = World({"DescribeChangeSet": [READY, READY | {"ExecutionStatus": "OBSOLETE"}]})
    assert world.refused()[0] == "AG111"
    assert "ExecuteChangeSet" not in world.stacks.names()


def test_somebody_who_was_faster_by_a_moment() -> None:
    world = World({"ExecuteChangeSet": Refusal("InvalidChangeSetStatus", "OBSOLETE")})
    code, message, _ = world.refused()
    assert code == "AG111"
    assert "was changed after" in message


def test_what_earlier_runs_left_is_thrown_away_and_nothing_else() -> None:
    def summary(name: str, status: str, execution: str, stack_id: str = STACK_ID) -> dict[str, str]:
        return {"ChangeSetName": name, "ChangeSetId": f"arn:{name}", "Status": status, "ExecutionStatus": execution,
                "StackId": stack_id}  # fmt: skip

    world = World({"ListChangeSets": {"Summaries": [
        summary("adaptgen-empty", "FAILED", "UNAVAILABLE"),
        summary("adaptgen-old", "CREATE_COMPLETE", "OBSOLETE"),
        summary("adaptgen-ready", "CREATE_COMPLETE", "AVAILABLE"),
        summary("adaptgen-new", "CREATE_IN_PROGRESS", "UNAVAILABLE"),
        summary("by-hand", "FAILED", "UNAVAILABLE"),
        summary("adaptgen-other", "FAILED", "UNAVAILABLE", "arn:other"),
    ]}})  # fmt: skip
    world.of.deploy(PLAN)
    assert [one["ChangeSetName"] for one in world.stacks.of("DeleteChangeSet")] == [
        "arn:adaptgen-empty",
        "arn:adaptgen-old",
    ]


def test_a_stack_in_review_with_the_change_set_of_somebody_else_stays() -> None:
    other = {"ChangeSetName": "theirs", "ChangeSetId": "arn:theirs", "Status": "CREATE_COMPLETE", "StackId": STACK_ID}
    review = stack("REVIEW_IN_PROGRESS")
    world = World({"DescribeStacks": [NO_STACK, review], "ListChangeSets": {"Summaries": [other]}}, agree=False)
    assert world.of.deploy(PLAN) is None
    assert "DeleteStack" not in world.stacks.names()


# -------------------------------------------------------------------------------------------------------------- events
def test_events_come_in_order_over_all_pages_and_none_twice() -> None:
    def page(*numbers: int, token: str = "") -> dict[str, Any]:
        events = [event(one, f"r{one}", "UPDATE_IN_PROGRESS") for one in numbers]
        return {"StackEvents": events, **({"NextToken": token} if token else {})}

    world = World({
        "DescribeStacks": [*[stack("UPDATE_COMPLETE", Parameters=BEFORE)] * 3, stack("UPDATE_IN_PROGRESS"),
                           stack("UPDATE_COMPLETE")],
        "DescribeStackEvents": [page(1, token="x"), page(5, 4, token="2"), page(3, 2, token="3"), page(1),
                                page(7, 6, 5, token="2")],
    })  # fmt: skip
    world.of.deploy(PLAN)
    assert [line.split()[-1] for line in world.said] == ["r2", "r3", "r4", "r5", "r6", "r7"]


def test_following_begins_with_the_operation_that_runs() -> None:
    own = {"ResourceType": "AWS::CloudFormation::Stack", "PhysicalResourceId": STACK_ID}
    events = [event(4, "Function", "UPDATE_FAILED", "broken"),
              event(3, "crm-dev", "UPDATE_IN_PROGRESS", "User Initiated", **own),
              event(2, "crm-dev", "CREATE_COMPLETE", **own), event(1, "Role", "CREATE_COMPLETE")]  # fmt: skip
    world = World({"DescribeStacks": [stack("UPDATE_ROLLBACK_IN_PROGRESS"), stack("UPDATE_ROLLBACK_COMPLETE")],
                   "DescribeStackEvents": {"StackEvents": events}})  # fmt: skip
    outcome = world.of.follow("crm-dev")
    assert (outcome.status, outcome.done) == ("UPDATE_ROLLBACK_COMPLETE", False)
    assert [line.split()[0] for line in world.said] == ["UPDATE_IN_PROGRESS", "UPDATE_FAILED"]


# ------------------------------------------------------------------------------------------------------------ deleting
def test_a_protected_stack_is_not_deleted() -> None:
    world = World({"DescribeStacks": stack("CREATE_COMPLETE", EnableTerminationProtection=True)})
    with pytest.raises(AdaptgenError) as problem:
        world.of.delete("crm-dev")
    assert problem.value.diagnostics[0].code == "AG111"
    assert world.stacks.names() == ["DescribeStacks"]


def test_what_a_deletion_keeps_is_named() -> None:
    kept = event(2, "StateTable", "DELETE_SKIPPED", ResourceType="AWS::DynamoDB::Table", PhysicalResourceId="crm-table")
    world = World({
        "DescribeStacks": [stack("CREATE_COMPLETE"), stack("DELETE_COMPLETE")], "DeleteStack": {},
        "DescribeStackEvents": [{"StackEvents": []}, {"StackEvents": [kept]}],
    })  # fmt: skip
    assert world.of.delete("crm-dev") == Outcome("DELETE_COMPLETE", kept=("AWS::DynamoDB::Table crm-table",))


def test_a_stack_that_changes_is_not_deleted() -> None:
    world = World({"DescribeStacks": stack("UPDATE_IN_PROGRESS"), "DescribeStackEvents": {"StackEvents": []}})
    with pytest.raises(AdaptgenError) as problem:
        world.of.delete("crm-dev")
    assert problem.value.diagnostics[0].help == "adaptgen deploy --follow --stack crm-dev, then delete it"


@pytest.mark.parametrize(("protect", "there", "asked"), [(True, False, 1), (None, False, 0), (False, True, 1)])
def test_protection_is_set_when_the_stack_is_there(protect: bool | None, there: bool, asked: int) -> None:
    now = stack("UPDATE_COMPLETE", Parameters=BEFORE, EnableTerminationProtection=there)
    world = World({"DescribeStacks": now, "UpdateTerminationProtection": {"StackId": STACK_ID}})
    world.of.deploy(replace(PLAN, protect=protect))
    assert world.stacks.names().count("UpdateTerminationProtection") == asked
    assert world.review is not None
    assert world.review.notes == ((f"protection against deletion: {'on' if protect else 'off'}",) if asked else ())


NOTHING = {"Status": "FAILED", "StatusReason": "The submitted information didn't contain changes."}


@pytest.mark.parametrize("agree", [True, False])
def test_protection_alone_is_shown_and_agreed_to(agree: bool) -> None:
    now = stack("UPDATE_COMPLETE", Parameters=BEFORE, EnableTerminationProtection=True)
    world = World({"DescribeStacks": now, "DescribeChangeSet": NOTHING,
                   "UpdateTerminationProtection": {"StackId": STACK_ID}}, agree=agree)  # fmt: skip
    outcome = world.of.deploy(replace(PLAN, protect=False))
    assert outcome == (Outcome("no changes of resources") if agree else None)
    assert world.review == Review(notes=("protection against deletion: off",))
    assert world.stacks.of("UpdateTerminationProtection") == (
        [{"StackName": STACK_ID, "EnableTerminationProtection": False}] if agree else []
    )
    assert "ExecuteChangeSet" not in world.stacks.names()


def test_protection_that_is_as_it_should_be_is_no_change() -> None:
    now = stack("UPDATE_COMPLETE", Parameters=BEFORE, EnableTerminationProtection=True)
    world = World({"DescribeStacks": now, "DescribeChangeSet": NOTHING})
    assert world.of.deploy(replace(PLAN, protect=True)) == Outcome("no changes")
    assert world.review is None
