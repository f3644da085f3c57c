"""What ``adaptgen deploy`` asks of AWS: parameters, tags, templates, uploads; and the changes it makes of the answers.
Requests and answers are checked against botocore's models."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from support.deploying import BEFORE, CHANGE, PLAN, READY, SUM, TEMPLATE, VALUES, World, deployed
from support.scripted_aws import NO_STACK, Refusal, event, stack

from adaptgen.cli.ship.deploy import Conversation
from adaptgen.cli.ship.deploy_review import review_json
from adaptgen.ship.deployments.changes import Change, PropertyChange, Review
from adaptgen.ship.deployments.deployment import Failure, Outcome, Plan
from adaptgen.ship.stack.versions import secret_digest


def test_a_failed_update_is_followed_to_the_end_of_its_rollback() -> None:
    before = event(1, "Function", "CREATE_COMPLETE")
    failed = event(2, "Function", "UPDATE_FAILED", "Unzipped size must be smaller than 262144000 bytes")
    cancelled = event(3, "Dashboard", "UPDATE_FAILED", "Resource update cancelled")
    back = event(4, "crm-dev", "UPDATE_ROLLBACK_COMPLETE")
    world = World({
        "DescribeStacks": [*[stack("UPDATE_COMPLETE", Parameters=BEFORE)] * 3, stack("UPDATE_IN_PROGRESS"),
                           stack("UPDATE_ROLLBACK_COMPLETE")],
        "DescribeChangeSet": [{"Status": "CREATE_IN_PROGRESS"}, READY],
        "DescribeStackEvents": [{"StackEvents": [before]}, {"StackEvents": [failed, before]},
                                {"StackEvents": [back, cancelled, failed, before]}],
    })  # fmt: skip
    outcome = world.of.deploy(PLAN)
    reason = "Unzipped size must be smaller than 262144000 bytes"
    assert outcome == Outcome("UPDATE_ROLLBACK_COMPLETE", {}, (Failure("Function", "AWS::Lambda::Function", reason),))
    assert not outcome.done
    # Each event once, those from before the update never.
    assert [line.split()[0] for line in world.said] == ["UPDATE_FAILED", "UPDATE_FAILED", "UPDATE_ROLLBACK_COMPLETE"]
    (executed,) = world.stacks.of("ExecuteChangeSet")
    assert executed["RetainExceptOnCreate"] is True


def test_a_change_set_without_changes_is_thrown_away() -> None:
    outputs = [{"OutputKey": "Url", "OutputValue": "https://x.lambda-url.eu-central-1.on.aws/mcp"}]
    reason = "The submitted information didn't contain changes. Submit different information to create a change set."
    world = World({
        "DescribeStacks": stack("CREATE_COMPLETE", Parameters=BEFORE, Outputs=outputs),
        "DescribeChangeSet": {"Status": "FAILED", "StatusReason": reason},
    })  # fmt: skip
    expected = Outcome("no changes", {"Url": "https://x.lambda-url.eu-central-1.on.aws/mcp"})
    assert world.of.deploy(PLAN) == expected
    assert world.review is None
    assert world.stacks.names()[-1] == "DeleteChangeSet"


# -------------------------------------------------------------------------------- parameters, tags, roles, large texts
def sent(world: World) -> dict[str, Any]:
    """The parameters of the change set: a value, or True for the previous one."""
    (asked,) = world.stacks.of("CreateChangeSet")
    return {one["ParameterKey"]: one.get("ParameterValue", one.get("UsePreviousValue")) for one in asked["Parameters"]}


def test_without_a_stage_what_is_not_named_is_kept() -> None:
    world = World(agree=False)
    world.of.deploy(replace(PLAN, parameters={"CodeBucket": "bundles", "Url": "https://new.example"}))
    assert sent(world) == {"CodeBucket": "bundles", "Url": "https://new.example", "Password": True, "MemorySize": True}
    assert world.review is not None
    assert world.review.parameters == (PropertyChange("Url", "https://crm.example", "https://new.example"),)


def test_an_old_default_that_nobody_named_becomes_the_new_one() -> None:
    # The path is of a file of the old bundle; somebody chose 90 days, and a secret cannot be read.
    def declared(governance: str, days: int) -> dict[str, Any]:
        secret = {"Type": "String", "NoEcho": True, "Default": "****"}
        own = {"Governance": {"Type": "String", "Default": governance}, "Days": {"Type": "Number", "Default": days},
               "Chosen": {"Type": "Number", "Default": days}, "Password": secret}  # fmt: skip
        return TEMPLATE | {"Description": "MCP server crm", "Parameters": TEMPLATE["Parameters"] | own}

    then = {**VALUES, "Password": "****", "MemorySize": "1024", "Governance": "governance/staging.json", "Days": "30",
            "Chosen": "90"}  # fmt: skip
    before = [{"ParameterKey": name, "ParameterValue": one} for name, one in then.items()]
    old, new = (json.dumps(declared(*one)) for one in (("governance/staging.json", 30), ("governance/prod.json", 365)))
    world = World({"DescribeStacks": stack("UPDATE_COMPLETE", Parameters=before), "GetTemplate": {"TemplateBody": old}},
                  agree=False)  # fmt: skip
    world.of.deploy(replace(PLAN, template=new, parameters={"CodeBucket": "bundles"}))
    assert sent(world) == {"CodeBucket": "bundles", "Url": True, "Password": True, "Chosen": True}
    assert world.review is not None
    assert world.review.parameters == (
        PropertyChange("Days", "30", "365 (the default)"),
        PropertyChange("Governance", "governance/staging.json", "governance/prod.json (the default)"),
    )


def test_a_stack_of_somebody_else_is_not_replaced() -> None:
    described = stack("UPDATE_COMPLETE", Parameters=[], Description="The database of the shop")
    world = World({"DescribeStacks": described, "GetTemplate": {"TemplateBody": json.dumps({"Resources": {}})}})
    assert world.refused()[0] == "AG119"
    assert world.s3.requests == []
    assert "CreateChangeSet" not in world.stacks.names()


def test_a_stage_decides_alone_and_shows_what_goes() -> None:
    gone = [*BEFORE, {"ParameterKey": "Old", "ParameterValue": "x"}]
    world = World({"DescribeStacks": stack("UPDATE_COMPLETE", Parameters=gone, Tags=[
        {"Key": "team", "Value": "a"}, {"Key": "aws:x", "Value": "b"},
    ])}, agree=False)  # fmt: skip
    world.of.deploy(replace(PLAN, keep=False, tags={"cost": "42"}))
    assert sent(world) == VALUES
    assert world.stacks.of("CreateChangeSet")[0]["Tags"] == [{"Key": "cost", "Value": "42"}]
    assert world.review is not None
    assert world.review.parameters == (
        PropertyChange("MemorySize", "2048", "1024 (the default)"), PropertyChange("Old", "x", None),
    )  # fmt: skip
    assert world.review.tags == (PropertyChange("cost", None, "42"), PropertyChange("team", "a", None))


def test_tags_are_kept_without_a_stage_and_taken_away_by_one() -> None:
    there = stack("UPDATE_COMPLETE", Parameters=BEFORE, Tags=[{"Key": "team", "Value": "a"}])
    for plan, expected in ((PLAN, [{"Key": "team", "Value": "a"}]), (replace(PLAN, keep=False), [])):
        world = World({"DescribeStacks": there}, agree=False)
        world.of.deploy(plan)
        assert world.stacks.of("CreateChangeSet")[0]["Tags"] == expected


def test_a_parameter_without_a_value_is_asked_for_before_anything_is_uploaded() -> None:
    world = World({"DescribeStacks": NO_STACK})
    code, message, help = world.refused(replace(PLAN, parameters={"CodeBucket": "bundles", "Url": "x"}))
    assert (code, message, help) == ("AG090", "1 parameter without a value", "--parameter Password=…")
    assert world.s3.requests == []


def version_of(world: World) -> str:
    template = json.loads(world.stacks.of("CreateChangeSet")[0]["TemplateBody"])
    (name,) = [name for name, one in template["Resources"].items() if one["Type"] == "AWS::Lambda::Version"]
    return str(name)


def test_a_version_is_another_one_exactly_when_the_function_is() -> None:
    """AWS refuses to publish a version of a function that has not changed, and a version that holds an earlier
    environment would keep it."""

    def published(plan: Plan, before: str = "") -> str:
        world = World({"GetTemplate": deployed(before)}, {"HeadObject": Refusal("404", status=404)}, agree=False)
        world.of.deploy(plan)
        return version_of(world)

    named = {name: one for name, one in VALUES.items() if name != "Password"}
    memory = {"MemorySize": "2048"}
    first = published(replace(PLAN, parameters=VALUES | memory))
    assert published(replace(PLAN, parameters=named)) == first  # the secret and the memory are kept
    assert published(replace(PLAN, parameters=VALUES | memory | {"Password": "other"})) != first
    assert published(replace(PLAN, parameters=VALUES | {"MemorySize": "512"})) != first
    assert published(replace(PLAN, parameters=VALUES | memory, code=b"other")) != first
    assert published(replace(PLAN, parameters=VALUES | memory | {"CodeBucket": "elsewhere"})) == first
    assert published(replace(PLAN, parameters=named), secret_digest("changed", "Password", "crm-dev")) != first


def test_a_secret_is_nowhere_but_in_its_parameter() -> None:
    world = World(agree=False)
    world.of.deploy(replace(PLAN, parameters=VALUES | {"Password": "correct-horse"}))
    (asked,) = world.stacks.of("CreateChangeSet")
    assert "correct-horse" not in asked["TemplateBody"]
    assert world.review is not None
    assert "correct-horse" not in repr(world.review) + "".join(world.said)
    assert PropertyChange("Password", "(hidden)", "(hidden)") in world.review.parameters


def test_a_large_template_goes_through_the_bucket() -> None:
    padded = TEMPLATE | {"Metadata": {"text": "x" * 60_000}}
    world = World({"DescribeStacks": NO_STACK}, {"HeadObject": Refusal("404", status=404)}, agree=False)
    world.of.deploy(replace(PLAN, template=json.dumps(padded), region="eu-central-1"))
    (asked,) = world.stacks.of("CreateChangeSet")
    assert "TemplateBody" not in asked
    _, template = world.s3.of("PutObject")
    assert asked["TemplateURL"] == f"https://bundles.s3.eu-central-1.amazonaws.com/{template['Key']}"
    assert json.loads(template["Body"])["Metadata"]["text"] == "x" * 60_000


def test_a_template_that_aws_does_not_take_is_refused_before_anything_is_uploaded() -> None:
    padded = TEMPLATE | {"Metadata": {"text": "x" * 1_000_000}}
    world = World({"DescribeStacks": NO_STACK})
    code, message, _ = world.refused(replace(PLAN, template=json.dumps(padded)))
    assert code == "AG112"
    assert "and AWS takes 1 MB" in message
    assert world.s3.requests == []


def test_roles_and_rollback_triggers_reach_the_change_set() -> None:
    role = "arn:aws:iam::123456789012:role/deploy"
    named = {**TEMPLATE["Resources"], "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "crm"}}}
    world = World(agree=False)
    world.of.deploy(replace(PLAN, role_arn=role, template=json.dumps(TEMPLATE | {"Resources": named}),
                            rollback={"MonitoringTimeInMinutes": 5}))  # fmt: skip
    (asked,) = world.stacks.of("CreateChangeSet")
    assert (asked["RoleARN"], asked["Capabilities"]) == (role, ["CAPABILITY_NAMED_IAM"])
    assert asked["RollbackConfiguration"] == {"MonitoringTimeInMinutes": 5}


# --------------------------------------------------------------------------------------- changes, property by property
def detail(path: str, before: str | None, after: str | None, recreation: str = "Never") -> dict[str, Any]:
    target = {"Attribute": "Properties", "Name": path.split("/")[2], "Path": path, "RequiresRecreation": recreation,
              "AttributeChangeType": "Modify"}  # fmt: skip
    values = {"BeforeValue": before, "AfterValue": after}
    return {"Target": target | {name: one for name, one in values.items() if one is not None}, "Evaluation": "Static"}


def reviewed(*changes: Mapping[str, Any], **plan: Any) -> Review:
    world = World({"DescribeChangeSet": READY | {"Changes": [{"ResourceChange": one} for one in changes]}}, agree=False)
    world.of.deploy(replace(PLAN, **plan))
    assert world.stacks.of("DescribeChangeSet")[0]["IncludePropertyValues"] is True
    assert world.review is not None
    return world.review


def test_each_property_is_shown_with_both_values_and_secrets_are_not() -> None:
    token = "ghp_" + "a1B2" * 9
    (change,) = reviewed(CHANGE | {"Details": [
        detail("/Properties/MemorySize", "1024", "2048"),
        detail("/Properties/Environment/Variables/URL", "a\x1b[2J", "https://b.example"),
        detail("/Properties/Environment/Variables/PASSWORD", "old", "new"),
        detail("/Properties/Environment/Variables/LEVEL", "hunter2", None),
        detail("/Properties/Description", None, f"token {token}"),
        {"Target": {"Attribute": "Properties", "Name": "MemorySize", "Path": "/Properties/MemorySize"},
         "Evaluation": "Dynamic"},
        {"Target": {"Attribute": "Tags"}, "Evaluation": "Static"},
    ]})  # fmt: skip
    assert change.properties == (
        PropertyChange("MemorySize", "1024", "2048"),
        PropertyChange("Environment.Variables.URL", "a [2J", "https://b.example"),
        PropertyChange("Environment.Variables.PASSWORD", "(hidden)", "(hidden)"),
        PropertyChange("Environment.Variables.LEVEL", "(hidden)", None),
        PropertyChange("Description", None, "(hidden)"),
    )


def test_a_secret_is_hidden_under_any_name() -> None:
    named = json.loads(json.dumps(TEMPLATE).replace('"PASSWORD"', '"GREETING"').replace('"URL"', '"PLACE"'))
    named["Resources"]["Function"]["Properties"]["Layers"] = ["a", {"Fn::Sub": "b${Password}"}]
    (change,) = reviewed(CHANGE, template=json.dumps(named), parameters=VALUES | {"Password": "other"})
    assert {one.path: one.after for one in change.properties} == {
        "Environment.Variables.GREETING": "(hidden)", "Environment.Variables.PLACE": "https://crm.example",
        "Environment.Variables.PASSWORD": None, "Environment.Variables.URL": None, "Layers": "(hidden)",
    }  # fmt: skip


def test_where_aws_says_no_values_templates_and_parameters_are_compared() -> None:
    (change,) = reviewed(CHANGE, parameters=VALUES | {"Url": "https://new.example", "Password": "other"})
    assert change.properties == (
        PropertyChange("Environment.Variables.PASSWORD", "(hidden)", "(hidden)"),
        PropertyChange("Environment.Variables.URL", "https://crm.example", "https://new.example"),
    )


@pytest.mark.parametrize(
    ("change", "replaced", "loses", "kept"),
    [
        ({"Action": "Modify", "Replacement": "True", "PolicyAction": "ReplaceAndRetain"}, "replaced", True, True),
        ({"Action": "Modify", "Replacement": "Conditional"}, "perhaps replaced", True, False),
        ({"Action": "Modify", "Replacement": "False"}, "", False, False),
        ({"Action": "Remove", "PolicyAction": "Delete"}, "", True, False),
        ({"Action": "Remove", "PolicyAction": "Retain"}, "", True, True),
        ({"Action": "Add"}, "", False, False),
    ],
)
def test_replacements_and_what_they_lose(change: dict[str, str], replaced: str, loses: bool, kept: bool) -> None:
    table = {"LogicalResourceId": "StateTable", "ResourceType": "AWS::DynamoDB::Table", **change}
    function = {"LogicalResourceId": "Function", "ResourceType": "AWS::Lambda::Function", **change}
    review = reviewed(table, function)
    assert [(one.replaced, one.loses_data, one.kept) for one in review.changes] == [
        (replaced, loses, kept), (replaced, False, kept),
    ]  # fmt: skip
    assert [one.name for one in review.losing] == (["StateTable"] if loses else [])


def test_the_property_that_replaces_is_marked() -> None:
    (change,) = reviewed(CHANGE | {"Replacement": "True", "Details": [
        detail("/Properties/KeySchema/0/AttributeName", "key", "id", "Always"),
    ]})  # fmt: skip
    assert change.properties == (PropertyChange("KeySchema.0.AttributeName", "key", "id", "replaces"),)


def test_all_pages_of_a_change_set_are_read() -> None:
    other = CHANGE | {"LogicalResourceId": "Role", "ResourceType": "AWS::IAM::Role"}
    world = World({"DescribeChangeSet": [
        READY | {"NextToken": "2"}, READY | {"Changes": [{"ResourceChange": other}]},
    ]}, agree=False)  # fmt: skip
    world.of.deploy(PLAN)
    assert world.review is not None
    assert [one.name for one in world.review] == ["Function", "Role"]
    assert world.stacks.of("DescribeChangeSet")[1]["NextToken"] == "2"


# ---------------------------------------------------------------------------------------------------------- the bucket
@pytest.mark.parametrize(
    "answer",
    [{"BucketRegion": "us-east-1"}, Refusal("301", status=301, headers={"x-amz-bucket-region": "us-east-1"}),
     Refusal("403", status=403, headers={"x-amz-bucket-region": "us-east-1"})],
)  # fmt: skip
def test_a_bucket_of_another_region_is_refused(answer: Any) -> None:
    world = World({}, {"HeadBucket": answer})
    code, message, _ = world.refused(replace(PLAN, region="eu-central-1"))
    assert (code, message) == ("AG110", "the bucket bundles is in us-east-1, and the stack in eu-central-1")
    assert "PutObject" not in world.s3.names()


def test_the_bucket_must_belong_to_the_account_of_the_stage() -> None:
    world = World({}, {"HeadBucket": Refusal("403", status=403), "HeadObject": Refusal("403", status=403),
                       "PutObject": Refusal("AccessDenied", "Access Denied", 403)})  # fmt: skip
    code, message, help = world.refused(replace(PLAN, account="123456789012"))
    assert (code, message) == ("AG093", "PutObject in bundles: AccessDenied: Access Denied")
    assert "must belong to the account of the stage" in help
    assert {asked.get("ExpectedBucketOwner") for _, asked in world.s3.requests} == {"123456789012"}
    assert "CreateChangeSet" not in world.stacks.names()


@pytest.mark.parametrize(
    ("answer", "uploads"),
    [({"ChecksumSHA256": SUM}, 0), ({"ContentLength": 3}, 1), ({"ChecksumSHA256": "abc-2", "ContentLength": 3}, 1),
     (Refusal("404", status=404), 1), (Refusal("403", status=403), 1)],
)  # fmt: skip
def test_what_is_there_already_is_not_uploaded_again(answer: Any, uploads: int) -> None:
    world = World({}, {"HeadObject": answer})
    world.of.deploy(PLAN)
    assert world.s3.names().count("PutObject") == uploads


@pytest.mark.parametrize("answer", [{"ChecksumSHA256": "b3RoZXI="}, {"ContentLength": 4}])
def test_an_object_with_other_content_is_refused(answer: dict[str, Any]) -> None:
    world = World({}, {"HeadObject": answer})
    assert world.refused()[0] == "AG110"
    assert world.s3.names() == ["HeadBucket", "HeadObject"]


@pytest.mark.parametrize(
    ("code", "said"),
    [("ExpiredToken", "the credentials have expired"), ("RequestExpired", "the credentials have expired"),
     ("InvalidClientTokenId", "AWS does not know these credentials"), ("AccessDenied", "AccessDenied: no")],
)  # fmt: skip
def test_credentials_are_said_plainly(code: str, said: str) -> None:
    world = World({"DescribeStacks": Refusal(code)})
    found, message, help = world.refused()
    assert (found, said in message, bool(help)) == ("AG093", True, True)


# -------------------------------------------------------------------------------------------------------- two questions


TABLE = Change("Modify", "StateTable", "AWS::DynamoDB::Table", "replaced", (PropertyChange("K", "a", "b", "replaces"),))


@pytest.mark.parametrize(
    ("options", "typed", "agreed"),
    [
        ({}, ["y", "StateTable"], True),
        ({}, ["y", "yes"], False),
        ({}, ["n"], False),
        ({"yes": True}, [], False),
        ({"yes": True, "allow_replacement": True}, [], True),
        ({"allow_replacement": True}, ["y"], True),
    ],
)
def test_what_holds_data_is_asked_for_by_its_name(
    options: dict[str, bool], typed: list[str], agreed: bool,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    terminal = io.StringIO("".join(f"{line}\n" for line in typed))
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdin", terminal)
    given = {"yes": False, "allow_replacement": False, "json": False, **options}
    assert Conversation(SimpleNamespace(**given)).agree(Review((TABLE,))) is agreed
    assert terminal.read() == ""
    out = capsys.readouterr().out
    assert "Modify   StateTable  AWS::DynamoDB::Table  REPLACED" in out
    assert "K: a → b  [replaces]" in out
    assert "the new one is empty; what it holds is deleted" in out


def test_without_a_change_to_data_one_question_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    given = SimpleNamespace(yes=True, allow_replacement=False, json=True)
    assert Conversation(given).agree(Review((replace(TABLE, replaced=""),)))
    assert not Conversation(SimpleNamespace(**vars(given) | {"yes": False})).agree(Review((TABLE,)))


def test_json_says_what_people_see() -> None:
    assert review_json(Review((TABLE,), notes=("a",)))["changes"] == [{
        "action": "Modify", "name": "StateTable", "type": "AWS::DynamoDB::Table", "replaced": "replaced",
        "old_is_kept": False, "loses_data": True,
        "properties": [{"path": "K", "before": "a", "after": "b", "replaces": "replaces"}],
    }]  # fmt: skip
