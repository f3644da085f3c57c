"""A reviewer's list, line by line, over every stack that there can be: roles, doors, keys, retention, deletion,
concurrency, alarms, names. And what linters and AWS's stand-in say of the same stacks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from support.shipping import SETTINGS
from support.templates import COMBINATIONS, EXTRAS, FRONTS, KEY, Decided, template_of

from adaptgen.ship.stack import alarms, data, resolving, stack
from adaptgen.ship.stack.cloudformation import as_yaml

DATA = {"AWS::DynamoDB::Table", "AWS::Logs::LogGroup"}
NAMES = {
    "AWS::Lambda::Function": "FunctionName", "AWS::Logs::LogGroup": "LogGroupName", "AWS::IAM::Role": "RoleName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName", "AWS::CloudWatch::Alarm": "AlarmName", "AWS::WAFv2::WebACL": "Name",
}  # fmt: skip
"""What has a name of its own if it is given one, and would be in the way of the next stack."""


class Stack:
    """One stack: its resources and outputs as CloudFormation would make them."""

    def __init__(self, name: str, folder: Path) -> None:
        self.kind, self.front, self.extra = name.split("-")
        self.template, self.parameters = template_of(name, folder)
        self.resources = resolving.resolve(self.template, self.parameters)
        self.outputs = resolving.outputs(self.template, self.parameters)
        self.everything = self.extra == "everything"

    def of(self, *kinds: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
        """Logical id, resource and properties of every resource of these types."""
        for name, one in self.resources.items():
            if one["Type"] in kinds:
                yield name, one, one["Properties"]

    @property
    def statements(self) -> list[dict[str, Any]]:
        (policy,) = self.resources["Role"]["Properties"]["Policies"]
        found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
        return found


@cache
def stack_of(name: str) -> Stack:
    with TemporaryDirectory() as folder:
        return Stack(name, Path(folder))


@pytest.fixture(params=COMBINATIONS)
def one(request: pytest.FixtureRequest) -> Stack:
    return stack_of(request.param)


# ------------------------------------------------------------------------------------------------------------- roles


def test_only_lambda_assumes_the_role(one: Stack) -> None:
    (trust,) = one.resources["Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert (trust["Effect"], trust["Principal"]) == ("Allow", {"Service": "lambda.amazonaws.com"})
    assert trust["Action"] == "sts:AssumeRole"


def test_no_permission_has_a_wildcard_of_actions_or_says_what_it_is_not(one: Stack) -> None:
    for statement in one.statements:
        assert not [action for action in statement["Action"] if "*" in action]
        assert not {"NotAction", "NotResource", "NotPrincipal"} & statement.keys()


def test_all_resources_are_allowed_only_where_aws_knows_no_other(one: Stack) -> None:
    everywhere = {action for statement in one.statements if statement["Effect"] == "Allow"
                  for action in statement["Action"] if "*" in statement["Resource"]}  # fmt: skip
    assert {action.partition(":")[0] for action in everywhere} <= {"xray", "comprehend", "ec2"}
    assert bool([action for action in everywhere if action.startswith("ec2:")]) == one.everything


def test_the_role_has_the_name_and_the_boundary_that_are_given_and_no_other(one: Stack) -> None:
    role = one.resources["Role"]["Properties"]
    wanted = ("crm-prod", EXTRAS["everything"]["PermissionsBoundary"]) if one.everything else (None, None)
    assert (role.get("RoleName"), role.get("PermissionsBoundary")) == wanted


# ------------------------------------------------------------------------------------------------------------- doors


def test_everybody_is_let_in_only_by_doors_behind_which_tokens_are_checked(one: Stack) -> None:
    opened = [name for name, _, said in one.of("AWS::Lambda::Permission") if said["Principal"] == "*"]
    assert bool(opened) == (one.front == "url" and one.kind in ("embedded", "proxy", "rich", "login"))


def test_every_permission_to_invoke_is_bound_to_its_door(one: Stack) -> None:
    for _, _, said in one.of("AWS::Lambda::Permission"):
        bound = {"FunctionUrlAuthType", "InvokedViaFunctionUrl", "SourceArn"} & said.keys()
        assert len(bound) == 1


def test_every_domain_wants_tls_1_2(one: Stack) -> None:
    domains = list(one.of("AWS::ApiGatewayV2::DomainName"))
    assert len(domains) == (one.front in ("domain", "rest"))
    for _, _, said in domains:
        assert [part["SecurityPolicy"] for part in said["DomainNameConfigurations"]] == ["TLS_1_2"]


def test_a_stack_that_can_be_called_says_where(one: Stack) -> None:
    assert ("Url" in one.outputs) == (one.front != "none")


# -------------------------------------------------------------------------------------------------------------- keys


def test_keys_are_used_through_services_alone(one: Stack) -> None:
    encrypting = {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"}
    for statement in one.statements:
        if encrypting & set(statement["Action"]):
            assert all(re.fullmatch(r"[a-z0-9]+\.[a-z0-9-]+\.amazonaws\.com", service)
                       for service in statement["Condition"]["StringEquals"]["kms:ViaService"])  # fmt: skip


def test_logs_tables_and_environment_are_encrypted_with_the_keys_that_are_given(one: Stack) -> None:
    keys = (f"{KEY}1", f"{KEY}2", f"{KEY}3") if one.everything else (None, None, None)
    assert one.resources["Function"]["Properties"].get("KmsKeyArn") == keys[0]
    assert {said.get("KmsKeyId") for _, _, said in one.of("AWS::Logs::LogGroup")} == {keys[1]}
    for _, _, said in one.of("AWS::DynamoDB::Table"):
        assert said["SSESpecification"]["SSEEnabled"] is True
        assert said["SSESpecification"].get("KMSMasterKeyId") == keys[2]


def test_secrets_are_hidden_and_have_no_default(one: Stack) -> None:
    hidden = {name for name, said in one.template["Parameters"].items() if said.get("NoEcho")}
    assert not hidden - {"CrmPassword"}
    assert not [name for name in hidden if "Default" in one.template["Parameters"][name]]
    assert "CrmPassword" not in hidden or "p" not in one.outputs.values()


# ---------------------------------------------------------------------------------------------- retention and deletion


def test_every_log_ends_and_may_be_kept_for_seven_years(one: Stack) -> None:
    groups = list(one.of("AWS::Logs::LogGroup"))
    wanted = 2557 if one.everything else one.template["Parameters"]["LogRetentionDays"]["Default"]
    assert {str(said["RetentionInDays"]) for _, _, said in groups} == {str(wanted)}
    assert one.template["Parameters"]["LogRetentionDays"]["AllowedValues"] == list(data.RETENTION)
    assert len(groups) == 1 + (one.front in ("http", "domain", "rest"))


def test_an_audit_trail_in_the_log_is_kept_for_a_year_at_least(one: Stack) -> None:
    assert one.template["Parameters"]["LogRetentionDays"]["Default"] == (30 if one.kind == "behind" else 365)


def test_what_holds_data_outlives_the_stack_but_not_a_create_that_failed(one: Stack) -> None:
    for _, resource, _ in one.of(*DATA):
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resource["UpdateReplacePolicy"] == "Retain"
    others = [resource for resource in one.resources.values() if resource["Type"] not in DATA]
    policies = {resource["DeletionPolicy"] for resource in others if "DeletionPolicy" in resource}
    assert policies <= {"RetainExceptOnCreate"}  # versions


def test_the_table_can_be_restored_and_protected(one: Stack) -> None:
    for _, _, said in one.of("AWS::DynamoDB::Table"):
        assert said["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert said["DeletionProtectionEnabled"] is one.everything


def test_nothing_has_a_name_that_would_be_in_the_way_of_the_next_stack(one: Stack) -> None:
    for name, resource, said in one.of(*NAMES):
        fixed = NAMES[resource["Type"]]
        assert fixed not in said or (name, one.everything) == ("Role", True)
    for _, _, said in one.of("AWS::DynamoDB::Table"):
        assert ("TableName" in said) == (one.kind == "rich")  # the settings name it


# -------------------------------------------------------------------------------------- concurrency, time, environment


def test_concurrency_is_reserved_only_if_it_is_said(one: Stack) -> None:
    function = one.resources["Function"]["Properties"]
    assert function.get("ReservedConcurrentExecutions") == ("20" if one.everything else None)
    assert ("ConcurrencyAlarm" in one.resources) == one.everything


def test_the_environment_and_the_permissions_fit(one: Stack) -> None:
    stack.check_parameters(one.template, one.parameters)


def test_the_vpc_is_that_of_the_parameters(one: Stack) -> None:
    vpc = one.resources["Function"]["Properties"].get("VpcConfig")
    wanted = {"SubnetIds": ["subnet-11111111", "subnet-22222222"], "SecurityGroupIds": ["sg-11111111"],
              "Ipv6AllowedForDualStack": True}  # fmt: skip
    assert vpc == (wanted if one.everything else None)


# ------------------------------------------------------------------------------------------------------------ alarms


def test_alarms_see_everything_that_can_go_wrong(one: Stack) -> None:
    found = {name for name, _, _ in one.of("AWS::CloudWatch::Alarm")}
    always = {*alarms.WATCHED, "DeniedAlarm", "UpstreamAlarm"}
    table = {"TableAlarm"} if one.kind in ("behind", "rich", "login") else set()
    gateway = {"GatewayAlarm"} if one.front in ("http", "domain", "rest") else set()
    reserved = {"ConcurrencyAlarm"} if one.everything else set()
    assert found == always | table | gateway | reserved


def test_alarms_say_when_they_ring_and_when_they_stop_and_silence_is_quiet(one: Stack) -> None:
    topic = [EXTRAS["everything"]["AlarmTopicArn"]] if one.everything else None
    for _, _, said in one.of("AWS::CloudWatch::Alarm"):
        assert said.get("AlarmActions") == said.get("OKActions") == topic
        assert said["TreatMissingData"] == "notBreaching"


def test_alarms_watch_metrics_that_something_counts(one: Stack) -> None:
    counted = {
        "adaptgen": {"Calls", "FailedCalls", "DeniedCalls", "UpstreamFailures", "StateFailures", "CallDuration"},
        "AWS/Lambda": {"Errors", "Throttles", *(["ConcurrentExecutions"] if one.everything else [])},
        "AWS/ApiGateway": {"5xx"} if one.front in ("http", "domain") else {"5XXError"},
        "AWS/DynamoDB": {"ReadThrottleEvents", "WriteThrottleEvents"},
    }
    seen: dict[str, set[str]] = {}
    for _, _, said in one.of("AWS::CloudWatch::Alarm"):
        for metric in [part["MetricStat"]["Metric"] for part in said.get("Metrics", ()) if "MetricStat" in part] or [
            said
        ]:
            seen.setdefault(metric["Namespace"], set()).add(metric["MetricName"])
            assert metric["Dimensions"]
    assert seen == {namespace: names for namespace, names in counted.items() if namespace in seen}
    assert {"adaptgen", "AWS/Lambda"} <= seen.keys()


def test_the_dashboard_shows_what_the_alarms_watch(one: Stack) -> None:
    ((_, _, said),) = one.of("AWS::CloudWatch::Dashboard")
    body = json.loads(said["DashboardBody"])
    shown = {(metric[0], metric[1]) for widget in body["widgets"] if widget["type"] == "metric"
             for metric in widget["properties"]["metrics"]}  # fmt: skip
    watched = {
        "Calls",
        "FailedCalls",
        "DeniedCalls",
        "LimitedCalls",
        "CallDuration",
        "UpstreamFailures",
        "StateFailures",
    }
    assert {("adaptgen", metric) for metric in watched} <= shown
    assert {("AWS/Lambda", metric) for metric in ("Errors", "Throttles", "Duration", "ConcurrentExecutions")} <= shown


# ------------------------------------------------------------------------------------------------ linters, the stand-in


@pytest.mark.slow
@pytest.mark.parametrize("form", ["plain", "sam"])
def test_cfn_lint_finds_nothing_in_any_stack(tmp_path: Path, form: str) -> None:
    """Of the templates with their conditions, and of every stack with its conditions decided."""
    (tmp_path / "bundle.zip").write_bytes(b"")
    for name in COMBINATIONS:
        template, parameters = template_of(name, tmp_path / name, form)
        decided = Decided(template, parameters, resolving.PSEUDO).template()
        (tmp_path / f"{name}.yaml").write_text(as_yaml(decided))
        if name.endswith("url-plain"):
            (tmp_path / f"{name}.whole.yaml").write_text(as_yaml(template))
    paths = [str(path) for path in sorted(tmp_path.glob("*.yaml"))]
    assert len(paths) == len(SETTINGS) * (len(FRONTS) * len(EXTRAS) + 1)
    done = subprocess.run(
        [str(Path(sys.executable).with_name("cfn-lint")), *paths], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# What moto makes of a template, by type; the others it leaves out without a word.
MADE = {
    "AWS::Lambda::Function", "AWS::Lambda::Version", "AWS::IAM::Role", "AWS::Logs::LogGroup", "AWS::DynamoDB::Table",
    "AWS::CloudWatch::Dashboard", "AWS::ApiGateway::RestApi", "AWS::ApiGateway::Resource", "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Deployment",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in COMBINATIONS if "-domain-" not in name])
def test_moto_deploys_every_stack_that_it_knows(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3
    from moto import mock_aws

    template, parameters = template_of(name, tmp_path)
    decided = Decided(template, parameters, resolving.PSEUDO).template()
    known = {key: one for key, one in decided["Resources"].items() if one["Type"] in MADE}
    known = {key: _without_others({**one, "DependsOn": []}, known) for key, one in known.items()}
    for key, value in {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y", "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(key, value)
    with warnings.catch_warnings(), mock_aws():
        warnings.simplefilter("ignore")
        region = "eu-central-1"
        s3, stacks = (boto3.client(service, region_name=region) for service in ("s3", "cloudformation"))
        s3.create_bucket(Bucket="bundles", CreateBucketConfiguration={"LocationConstraint": region})
        s3.put_object(Bucket="bundles", Key=known["Function"]["Properties"]["Code"]["S3Key"], Body=_zip())
        body = json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": known})
        stacks.create_stack(StackName="crm", TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"])
        assert stacks.describe_stacks(StackName="crm")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
        made = stacks.describe_stack_resources(StackName="crm")["StackResources"]
        assert {one["LogicalResourceId"] for one in made} == set(known)


def _without_others(value: Any, known: dict[str, Any]) -> Any:
    """With a text in place of what names a resource that moto does not make."""
    if isinstance(value, list):
        return [_without_others(one, known) for one in value]
    if not isinstance(value, dict):
        return value
    named = value.get("Ref") or (value.get("Fn::GetAtt") or [""])[0]
    if named and "::" not in named and named not in known:
        return "arn:aws:elsewhere"
    return {key: _without_others(one, known) for key, one in value.items() if key != "DependsOn"}


def _zip() -> bytes:
    from adaptgen.ship.bundles.package import zip_files

    return zip_files({"lambda_handler.py": b"handler = print\n"})
