"""What moto cannot run of shifts and rollbacks: the exact requests, and what is made of AWS's answers. Both are checked
against botocore's own models.

- ``RollbackConfiguration``: CloudFormation watches alarms and rolls an update back by itself;
- ``CancelUpdateStack``, while it watches;
- ``RevisionId`` of an alias; pages of versions.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.scripted_aws import NEW_YEAR, STACK_ID, Refusal, ScriptedClient

from adaptgen.diagnostics import AdaptgenError
from adaptgen.ship.deployments.deployment import Outcome, Plan
from adaptgen.ship.deployments.live import Versions
from adaptgen.ship.deployments.rollback import Rollback
from adaptgen.ship.deployments.shifting import Rollout
from adaptgen.ship.deployments.stages import Shift, Step

ALARM = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:"
OTHER = {"Arn": f"{ALARM}somebody-elses", "Type": "AWS::CloudWatch::Alarm"}
TEMPLATE = json.dumps({
    "Resources": {"VersionNEW": {"Type": "AWS::Lambda::Version"}, "ErrorAlarm": {"Type": "AWS::CloudWatch::Alarm"}}
})  # fmt: skip
PLAN = Plan("crm-prod", TEMPLATE, {"Stage": "prod"}, "bundles", "adaptgen/crm/x.zip", b"zip")


def stack(status: str = "UPDATE_COMPLETE", triggers: list[Any] | None = None, **own: str) -> dict[str, Any]:
    values = {"PinnedVersion": "", "NewVersionWeight": "0", "EarlierVersions": "5", "Password": "****", **own}
    return {"Stacks": [{
        "StackName": "crm-prod", "StackId": STACK_ID, "StackStatus": status, "CreationTime": NEW_YEAR,
        "Parameters": [{"ParameterKey": name, "ParameterValue": one} for name, one in values.items()],
        "RollbackConfiguration": {"RollbackTriggers": triggers or [], "MonitoringTimeInMinutes": 5},
    }]}  # fmt: skip


def resources(version: str = "VersionOLD", number: str = "6") -> dict[str, Any]:
    def one(name: str, kind: str, identity: str) -> dict[str, Any]:
        return {"LogicalResourceId": name, "ResourceType": kind, "PhysicalResourceId": identity,
                "Timestamp": NEW_YEAR, "ResourceStatus": "UPDATE_COMPLETE"}  # fmt: skip

    return {"StackResources": [
        one("Function", "AWS::Lambda::Function", "crm-f"),
        one(version, "AWS::Lambda::Version", f"arn:aws:lambda:eu-central-1:123456789012:function:crm-f:{number}"),
        one("ErrorAlarm", "AWS::CloudWatch::Alarm", "crm-errors"),
    ]}  # fmt: skip


def alias(version: str, **weights: float) -> dict[str, Any]:
    shares = {name.removeprefix("v"): one for name, one in weights.items()}
    return {"FunctionVersion": version, "RoutingConfig": {"AdditionalVersionWeights": shares}, "RevisionId": "r1"}


def alarm(state: str) -> dict[str, Any]:
    return {"MetricAlarms": [{"AlarmName": "crm-errors", "AlarmArn": f"{ALARM}crm-errors", "StateValue": state,
                              "StateReason": "3 errors"}]}  # fmt: skip


class Roll:
    """A rollout whose updates end as ``ends`` says."""

    def __init__(self, ends: list[Outcome], stacks: Any, functions: Any, alarms: Any) -> None:
        self.plans: list[Plan] = []
        self.said: list[str] = []
        self.now = 0.0
        self.functions = ScriptedClient("lambda", functions)
        self.alarms = ScriptedClient("cloudwatch", alarms)

        def deploy(plan: Plan) -> Outcome:
            self.plans.append(plan)
            # AWS watches for as long as the step takes, and only then says how it ended.
            self.now += 60 * (plan.rollback or {}).get("MonitoringTimeInMinutes", 0)
            return ends[len(self.plans) - 1]

        self.of = Rollout(
            deploy, deploy, complete=lambda plan: plan, cloudformation=ScriptedClient("cloudformation", stacks).client,
            lambdas=self.functions.client, cloudwatch=self.alarms.client, say=self.said.append,
            clock=lambda: self.now, wait=lambda seconds: pytest.fail("AWS has waited already"),
        )  # fmt: skip

    def own(self) -> list[tuple[str, str]]:
        return [(one.parameters["PinnedVersion"], one.parameters["NewVersionWeight"]) for one in self.plans]


DONE = Outcome("UPDATE_COMPLETE", {"NewestVersionArn": "arn:aws:lambda:eu-central-1:123456789012:function:crm-f:7"})
BACK = Outcome("UPDATE_ROLLBACK_COMPLETE")
TWO = Shift(10, 600, (Step(50, 90),))


def test_cloudformation_watches_each_step() -> None:
    roll = Roll(
        [DONE, DONE, DONE],
        {"DescribeStacks": stack(triggers=[OTHER]),
         "DescribeStackResources": [resources(), resources("VersionNEW", "7")]},
        {"GetAlias": [alias("6"), alias("6", v7=0.1), alias("6", v7=0.5), alias("7")],
         "ListAliases": {"Aliases": [{"Name": "live", "FunctionVersion": "7"}]},
         "ListVersionsByFunction": {"Versions": [{"Version": "7"}]}},
        {"DescribeAlarms": alarm("OK")},
    )  # fmt: skip
    outcome = roll.of.deploy(PLAN, TWO)
    assert outcome is not None
    assert outcome.done
    assert roll.own() == [("6", "0.1"), ("6", "0.5"), ("", "0")]
    ours = {"Arn": f"{ALARM}crm-errors", "Type": "AWS::CloudWatch::Alarm"}
    assert [one.rollback for one in roll.plans] == [
        {"RollbackTriggers": [OTHER, ours], "MonitoringTimeInMinutes": 10},
        {"RollbackTriggers": [OTHER, ours], "MonitoringTimeInMinutes": 2},
        # What somebody else watches stays; our alarms would roll back every later update.
        {"RollbackTriggers": [OTHER], "MonitoringTimeInMinutes": 5},
    ]
    assert roll.plans[-1].parameters["EarlierVersions"] == "6,5"


THERE = {"DescribeStacks": stack(), "DescribeStackResources": resources("VersionNEW", "7")}


def test_unpin_moves_the_alias_after_the_deployment_and_says_so_before() -> None:
    roll = Roll([DONE], THERE, {"GetAlias": alias("6"), "UpdateAlias": alias("7")}, {})
    assert roll.of.deploy(PLAN, unpin=True) == DONE
    assert roll.plans[0].notes == ("the calls move to version 7, as the stack says; now version 6 has all calls",)
    (moved,) = roll.functions.of("UpdateAlias")
    assert (moved["FunctionVersion"], moved["RevisionId"]) == ("7", "r1")


def test_unpin_leaves_an_alias_that_was_moved_once_more() -> None:
    roll = Roll([DONE], THERE, {"GetAlias": [alias("6"), alias("4")]}, {})
    with pytest.raises(AdaptgenError, match="somebody else moved the alias after this was shown: version 4"):
        roll.of.deploy(PLAN, unpin=True)


def test_aws_rolls_the_first_step_back() -> None:
    roll = Roll(
        [BACK],
        {"DescribeStacks": stack(), "DescribeStackResources": resources()},
        {"GetAlias": [alias("6"), alias("6")]},
        {"DescribeAlarms": [alarm("OK"), alarm("ALARM")]},
    )
    outcome = roll.of.deploy(PLAN, TWO)
    assert outcome is not None
    assert not outcome.done
    assert [(one.name, one.reason) for one in outcome.failures] == [("ErrorAlarm", "ALARM: 3 errors")]
    assert roll.said[-1] == "CloudFormation rolled it back: version 6 has all calls"
    assert "UpdateAlias" not in roll.functions.names()


def test_aws_rolls_a_later_step_back_to_the_one_before() -> None:
    # At 50 % the alarm rings, and CloudFormation goes back to the 10 %: the rest is ours.
    roll = Roll(
        [DONE, BACK, DONE],
        {"DescribeStacks": stack(), "DescribeStackResources": resources()},
        {"GetAlias": [alias("6"), alias("6", v7=0.1), alias("6", v7=0.1)], "UpdateAlias": alias("6")},
        {"DescribeAlarms": [alarm("OK"), alarm("OK"), alarm("ALARM")]},
    )
    outcome = roll.of.deploy(PLAN, TWO)
    assert outcome is not None
    assert outcome.status == "ROLLBACK_BY_ALARM"
    (moved,) = roll.functions.of("UpdateAlias")
    assert moved == {"FunctionName": "crm-f", "Name": "live", "FunctionVersion": "6",
                     "RoutingConfig": {"AdditionalVersionWeights": {}}}  # fmt: skip
    assert roll.own() == [("6", "0.1"), ("6", "0.5"), ("6", "0")]
    assert roll.plans[-1].rollback == {"RollbackTriggers": [], "MonitoringTimeInMinutes": 0}


def test_weights_that_cloudformation_left_are_taken_away() -> None:
    roll = Roll(
        [DONE, DONE],
        {"DescribeStacks": stack(), "DescribeStackResources": [resources(), resources("VersionNEW", "7")]},
        {"GetAlias": [alias("6"), alias("6", v7=0.1), alias("7", v6=0.1)], "UpdateAlias": alias("7"),
         "ListAliases": {"Aliases": []}, "ListVersionsByFunction": {"Versions": []}},
        {"DescribeAlarms": alarm("OK")},
    )  # fmt: skip
    assert roll.of.deploy(PLAN, Shift(10, 600))
    (moved,) = roll.functions.of("UpdateAlias")
    assert (moved["FunctionVersion"], moved["RevisionId"]) == ("7", "r1")


# ------------------------------------------------------------------------------------------------------------ rollback

PUBLISHED = {"Versions": [{"Version": one} for one in ("$LATEST", "5", "6", "7")]}


def rollback(stacks: Any, functions: Any) -> tuple[Rollback, ScriptedClient, ScriptedClient, list[str]]:
    said: list[str] = []
    first, second = ScriptedClient("cloudformation", stacks), ScriptedClient("lambda", functions)
    return Rollback(first.client, second.client, say=said.append, wait=lambda seconds: None), first, second, said


def test_a_rollback_moves_the_alias_and_then_the_stack() -> None:
    ours = {"Arn": f"{ALARM}crm-errors", "Type": "AWS::CloudWatch::Alarm"}
    before = stack(triggers=[OTHER, ours], EarlierVersions="6,5")
    of, stacks, functions, said = rollback(
        {"DescribeStacks": [before, stack("UPDATE_IN_PROGRESS"), stack()], "UpdateStack": {"StackId": STACK_ID},
         "DescribeStackResources": resources("VersionNEW", "7")},
        {"GetAlias": alias("7"), "ListVersionsByFunction": PUBLISHED, "UpdateAlias": alias("6")},
    )  # fmt: skip
    way = of.plan("crm-prod")
    assert way is not None
    assert of.carry_out(way)
    assert functions.of("UpdateAlias")[0]["RevisionId"] == "r1"
    (asked,) = stacks.of("UpdateStack")
    assert asked == {
        "StackName": "crm-prod",
        "UsePreviousTemplate": True,
        "Parameters": [
            {"ParameterKey": "Password", "UsePreviousValue": True},
            {"ParameterKey": "PinnedVersion", "ParameterValue": "6"},
            {"ParameterKey": "NewVersionWeight", "ParameterValue": "0"},
            {"ParameterKey": "EarlierVersions", "ParameterValue": "5"},
        ],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        "RollbackConfiguration": {"RollbackTriggers": [OTHER], "MonitoringTimeInMinutes": 5},
    }
    assert said == ["version 6 has all calls", "crm-prod: UPDATE_COMPLETE"]


def test_a_rollback_whose_stack_does_not_follow() -> None:
    of, _, _, said = rollback(
        {"DescribeStacks": stack(EarlierVersions="6"), "DescribeStackResources": resources("VersionNEW", "7"),
         "UpdateStack": Refusal("AccessDenied", "not allowed", 403)},
        {"GetAlias": alias("7"), "ListVersionsByFunction": PUBLISHED, "UpdateAlias": alias("6")},
    )  # fmt: skip
    way = of.plan("crm-prod")
    assert way is not None
    assert not of.carry_out(way)
    assert said[0] == "version 6 has all calls"
    assert said[1].startswith("the stack crm-prod still says another version: UpdateStack: AccessDenied")


def test_somebody_moved_the_alias_after_it_was_shown() -> None:
    of, stacks, _, _ = rollback(
        {"DescribeStacks": stack(EarlierVersions="6"), "DescribeStackResources": resources("VersionNEW", "7")},
        {"GetAlias": alias("7"), "ListVersionsByFunction": PUBLISHED,
         "UpdateAlias": Refusal("PreconditionFailedException", "The RevisionId does not match", 412)},
    )  # fmt: skip
    way = of.plan("crm-prod")
    assert way is not None
    with pytest.raises(AdaptgenError, match="PreconditionFailedException"):
        of.carry_out(way)
    assert "UpdateStack" not in stacks.names()


def test_a_rollback_while_cloudformation_watches_cancels_the_update() -> None:
    of, stacks, functions, said = rollback(
        {"DescribeStacks": [stack("UPDATE_IN_PROGRESS", PinnedVersion="6", NewVersionWeight="0.1"),
                            stack("UPDATE_ROLLBACK_IN_PROGRESS"), stack("UPDATE_ROLLBACK_COMPLETE")],
         "DescribeStackResources": resources(), "CancelUpdateStack": {}},
        {"GetAlias": [alias("6", v7=0.1), alias("6")], "ListVersionsByFunction": PUBLISHED},
    )  # fmt: skip
    way = of.plan("crm-prod")
    assert way is not None
    assert way.cancels
    assert of.carry_out(way)
    assert stacks.of("CancelUpdateStack") == [{"StackName": "crm-prod"}]
    assert "UpdateAlias" not in functions.names()
    assert said[-1] == "crm-prod: UPDATE_ROLLBACK_COMPLETE; version 6 has all calls"


def test_a_stack_of_an_earlier_adaptgen_is_said() -> None:
    old = stack()
    old["Stacks"][0]["Parameters"] = []
    of, stacks, _, said = rollback(
        {"DescribeStacks": old, "DescribeStackResources": resources("VersionNEW", "7")},
        {"GetAlias": alias("7"), "ListVersionsByFunction": PUBLISHED, "UpdateAlias": alias("6")},
    )
    way = of.plan("crm-prod")
    assert way is not None
    assert (way.target.number, of.carry_out(way)) == ("6", True)
    assert "deployed by an earlier adaptgen" in said[-1]
    assert "UpdateStack" not in stacks.names()


# ------------------------------------------------------------------------------------------------------- old versions


def test_all_pages_of_versions_are_read_and_what_cannot_go_is_said() -> None:
    functions = ScriptedClient("lambda", {
        "ListAliases": [{"Aliases": [{"Name": "live", "FunctionVersion": "9"}], "NextMarker": "m"},
                        {"Aliases": [{"Name": "other", **alias("3", v4=0.5)}]}],
        "ListVersionsByFunction": [{"Versions": [{"Version": "$LATEST"}, {"Version": "10"}, {"Version": "9"}],
                                    "NextMarker": "n"},
                                   {"Versions": [{"Version": str(one)} for one in range(1, 9)]}],
        "DeleteFunction": lambda asked: Refusal("AccessDenied", "no", 403) if asked["Qualifier"] == "2" else {},
    })  # fmt: skip
    gone, stayed = Versions(functions.client, "crm-f").prune(6, ["8", "1"], "10")
    # 3, 4, 9 and 10 are in use; of the others two stay, first those that had all calls.
    assert gone == ["5", "6", "7"]
    assert stayed == {"2": "AccessDenied"}
    assert {one["Qualifier"] for one in functions.of("DeleteFunction")} == {"2", "5", "6", "7"}
