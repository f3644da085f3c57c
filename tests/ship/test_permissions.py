"""What a role may do: every action of every template, with the form of its resources and what it depends on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.shipping import EMBEDDED, PROXY, RICH, SETTINGS, bundle, governed, write

from adaptgen.diagnostics import AdaptgenError
from adaptgen.ship.bundles.package import Bundle
from adaptgen.ship.stack import resolving, role, stack

SHA = "0123456789abcdef" * 4
HERE = "${AWS::Region}:${AWS::AccountId}"
KEY, TABLE_KEY = "${KmsKeyArn}", "${TableKmsKeyArn}"
TABLE = f"arn:${{AWS::Partition}}:dynamodb:{HERE}:table/"
APPCONFIG = r"\$\{AppConfigArn\}|arn:.*:application/\$\{App\}/environment/\$\{Env\}/configuration/\$\{Profile\}"
# Every action that a template may allow: the form of its resources, what has to be met, and why there is no other form.
ALLOWED: dict[str, tuple[str, str]] = {
    # The group's ARN covers its streams.
    "logs:CreateLogStream": (r"\$\{LogGroup\.Arn\}", ""),
    "logs:PutLogEvents": (r"\$\{LogGroup\.Arn\}", ""),
    # AWS knows no resources for these (Service Authorization Reference).
    "xray:PutTraceSegments": (r"\*", ""),
    "xray:PutTelemetryRecords": (r"\*", ""),
    "comprehend:DetectPiiEntities": (r"\*", ""),
    # Lambda itself does these for a function in a VPC; nobody knows the interfaces before.
    "ec2:AssignPrivateIpAddresses": (r"\*", "HasVpc"),
    "ec2:CreateNetworkInterface": (r"\*", "HasVpc"),
    "ec2:DeleteNetworkInterface": (r"\*", "HasVpc"),
    "ec2:DescribeNetworkInterfaces": (r"\*", "HasVpc"),
    "ec2:DescribeSubnets": (r"\*", "HasVpc"),
    "ec2:UnassignPrivateIpAddresses": (r"\*", "HasVpc"),
    # AWS adds six characters to the name of a secret.
    "secretsmanager:GetSecretValue": (r"arn:.*:secret:[\w/-]+-\?{6}", ""),
    "ssm:GetParameter": (r"arn:.*:parameter/[\w/-]+", ""),
    "kms:Decrypt": (r"\$\{(Table)?KmsKeyArn\}", "HasKmsKey|HasTableKey"),
    "kms:DescribeKey": (r"\$\{TableKmsKeyArn\}", "HasTableKey"),
    "kms:Encrypt": (r"\$\{TableKmsKeyArn\}", "HasTableKey"),
    "kms:GenerateDataKey": (r"\$\{(Table)?KmsKeyArn\}", "HasKmsKey|HasTableKey"),
    "dynamodb:GetItem": (r"arn:.*:table/[\w${}]+", ""),
    "dynamodb:PutItem": (r"arn:.*:table/[\w${}]+", ""),
    "dynamodb:UpdateItem": (r"arn:.*:table/[\w${}]+", ""),
    "dynamodb:DeleteItem": (r"arn:.*:table/[\w${}]+", ""),
    "dynamodb:Query": (r"arn:.*:table/[\w${}]+", ""),
    "verifiedpermissions:GetPolicyStore": (r"arn:.*:policy-store/[\w${}]+", ""),
    "verifiedpermissions:IsAuthorized": (r"arn:.*:policy-store/[\w${}]+", ""),
    "verifiedpermissions:GetPolicy": (r"arn:.*:policy-store/[\w${}]+", ""),
    "verifiedpermissions:GetPolicyTemplate": (r"arn:.*:policy-store/[\w${}]+", ""),
    "bedrock:ApplyGuardrail": (r"arn:.*:guardrail/\w+", ""),
    # One object, the objects below the prefix of settings, or those below the prefix of files.
    "s3:GetObject": (
        # ${Object} is the object that SwitchSource names.
        r"arn:.*:s3:::(ops/switch/crm\.yaml|\$\{GovernanceBucket\}/\$\{GovernancePrefix\}\*|crm-files/agents/\*"
        r"|\$\{Object\})",
        "|HasGovernanceBucket|HasSwitchInS3",
    ),
    "s3:PutObject": (r"arn:.*:s3:::crm-files/agents/\*", ""),
    "s3:ListBucket": (r"arn:.*:s3:::\$\{GovernanceBucket\}", "HasGovernanceBucket"),
    "appconfig:StartConfigurationSession": (APPCONFIG, "HasAppConfig|HasSwitchInAppConfig"),
    "appconfig:GetLatestConfiguration": (APPCONFIG, "HasAppConfig|HasSwitchInAppConfig"),
    "lambda:InvokeFunctionUrl": (r"\$\{CrmArn\}", ""),
    "lambda:InvokeFunction": (r"\$\{CrmArn\}", ""),
}  # fmt: skip


def conditional(template: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The condition of each statement of the role ("" for always), and the statement."""
    (policy,) = template["Resources"]["Role"]["Properties"]["Policies"]
    for one in policy["PolicyDocument"]["Statement"]:
        yield (one["Fn::If"][0], one["Fn::If"][1]) if "Fn::If" in one else ("", one)


def statement(template: dict[str, Any], action: str) -> dict[str, Any]:
    """The only statement that allows an action."""
    (found,) = [one for _, one in conditional(template) if one["Effect"] == "Allow" and action in one["Action"]]
    return found


def texts(resource: Any) -> Iterator[str]:
    """A resource as text, parameters as ``${Name}``; of two alternatives both."""
    if isinstance(resource, str):
        yield resource
    elif "Ref" in resource:
        yield f"${{{resource['Ref']}}}"
    elif "Fn::GetAtt" in resource:
        yield f"${{{'.'.join(resource['Fn::GetAtt'])}}}"
    else:
        said = resource["Fn::Sub"]
        yield said if isinstance(said, str) else said[0]


@pytest.mark.parametrize("kind", SETTINGS)
def test_every_action_is_known_with_its_resources(made: Callable[..., Bundle], kind: str) -> None:
    for condition, one in conditional(stack.plain(made(kind), SHA)):
        if one["Effect"] == "Deny":
            continue
        for action in one["Action"]:
            form, met = ALLOWED[action]
            assert condition in met.split("|"), action
            for text in (text for resource in one["Resource"] for text in texts(resource)):
                assert re.fullmatch(form, text), (action, text)


def test_the_table_of_actions_holds_nothing_that_no_template_allows(made: Callable[..., Bundle]) -> None:
    found = {action for kind in SETTINGS for _, one in conditional(stack.plain(made(kind), SHA))
             for action in one["Action"] if one["Effect"] == "Allow"}  # fmt: skip
    assert set(ALLOWED) == found


@pytest.mark.parametrize("kind", SETTINGS)
def test_keys_are_used_through_the_services_that_need_them(made: Callable[..., Bundle], kind: str) -> None:
    for _, one in conditional(stack.plain(made(kind), SHA)):
        if set(one["Action"]) & {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"}:
            services = one["Condition"]["StringEquals"]["kms:ViaService"]
            assert services
            assert all(text["Fn::Sub"].endswith(".${AWS::Region}.amazonaws.com") for text in services)


def test_a_key_of_secrets_is_not_used_for_services_that_hold_none(made: Callable[..., Bundle]) -> None:
    def through(kind: str) -> list[str]:
        services = statement(stack.plain(made(kind), SHA), "kms:Decrypt")["Condition"]["StringEquals"]["kms:ViaService"]
        return [text["Fn::Sub"].partition(".")[0] for text in services]

    assert through("embedded") == ["lambda", "s3", "appconfig", "secretsmanager", "ssm"]
    assert through("proxy") == ["lambda", "s3", "appconfig", "secretsmanager"]


def test_the_code_cannot_use_the_permissions_that_lambda_needs_for_a_vpc(made: Callable[..., Bundle]) -> None:
    template = stack.plain(made("embedded"), SHA)
    (denied,) = [(condition, one) for condition, one in conditional(template) if one["Effect"] == "Deny"]
    allowed = statement(template, "ec2:CreateNetworkInterface")
    assert denied[0] == "HasVpc"
    assert set(denied[1]["Action"]) == {*allowed["Action"], "ec2:DetachNetworkInterface"}
    functions = {"Fn::Sub": f"arn:${{AWS::Partition}}:lambda:{HERE}:function:*"}
    assert denied[1]["Condition"] == {"ArnLike": {"lambda:SourceFunctionArn": functions}}


def test_a_role_reads_the_named_secrets_and_parameters(made: Callable[..., Bundle]) -> None:
    template = stack.plain(made("embedded"), SHA)
    prefix = f"arn:${{AWS::Partition}}:secretsmanager:{HERE}"
    secrets = statement(template, "secretsmanager:GetSecretValue")["Resource"]
    assert secrets == [{"Fn::Sub": f"{prefix}:secret:crm-governance-??????"}]
    named = statement(template, "ssm:GetParameter")["Resource"]
    assert named == [{"Fn::Sub": f"arn:${{AWS::Partition}}:ssm:{HERE}:parameter/crm/audit"}]


def test_the_proxy_may_call_the_servers_that_it_signs_for(made: Callable[..., Bundle]) -> None:
    template = stack.plain(made("proxy"), SHA)
    assert statement(template, "lambda:InvokeFunctionUrl")["Resource"] == [{"Ref": "CrmArn"}]
    assert "CrmArn" in template["Parameters"]


def test_a_name_that_only_a_secret_holds_cannot_be_in_a_role(tmp_path: Path) -> None:
    settings = RICH | {"authorize": {"engine": "verified_permissions", "store": "${ssm:/store}"}}
    with pytest.raises(AdaptgenError) as problem:
        stack.plain(bundle(governed(tmp_path / "x", settings)), SHA)
    assert [one.code for one in problem.value.diagnostics] == ["AG090"]


# -------------------------------------------------------------------------------------------------------------- sizes


def with_upstreams(folder: Path, count: int) -> Bundle:
    """A proxy in front of ``count`` servers, each called with signatures."""
    one = PROXY["upstreams"]["crm"]
    upstreams = {f"upstream{number}": one | {"url": f"https://u{number}.example/mcp"} for number in range(count)}
    return bundle(write(folder, PROXY | {"upstreams": upstreams}))


def test_upstreams_share_a_statement(tmp_path: Path) -> None:
    template = stack.plain(with_upstreams(tmp_path, 3), SHA)
    found = statement(template, "lambda:InvokeFunctionUrl")
    assert found["Resource"] == [{"Ref": f"Upstream{number}Arn"} for number in range(3)]


def test_permissions_that_do_not_fit_into_the_role_are_attached_to_it(tmp_path: Path) -> None:
    resources = stack.plain(with_upstreams(tmp_path, 120), SHA)["Resources"]
    attached = {name: one for name, one in resources.items() if one["Type"] == "AWS::IAM::ManagedPolicy"}
    assert 2 <= len(attached) <= role.ATTACHED
    assert resources["Role"]["Properties"]["ManagedPolicyArns"] == [{"Ref": name} for name in attached]
    assert "Policies" not in resources["Role"]["Properties"]
    reached = []
    for one in attached.values():
        said = one["Properties"]["PolicyDocument"]
        reached += [resource["Ref"] for part in said["Statement"] if "Fn::If" not in part
                    and "lambda:InvokeFunction" in part["Action"] for resource in part["Resource"]]  # fmt: skip
        # An ARN of a function with the longest names is what a parameter becomes, at most.
        text = re.sub(r'\{"Ref":"\w+"\}', f'"arn:aws:lambda:ap-northeast-1:123456789012:function:{"f" * 40}:live"',
                      json.dumps(said, separators=(",", ":")))  # fmt: skip
        assert len(text) <= 6144
    assert sorted(reached) == sorted(f"Upstream{number}Arn" for number in range(120))


def test_permissions_that_fit_nowhere_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AdaptgenError) as problem:
        stack.plain(with_upstreams(tmp_path, 700), SHA)
    assert [one.code for one in problem.value.diagnostics] == ["AG121"]


def test_a_small_role_holds_its_permissions_itself(made: Callable[..., Bundle]) -> None:
    for kind in SETTINGS:
        resources = stack.plain(made(kind), SHA)["Resources"]
        (policy,) = resources["Role"]["Properties"]["Policies"]
        assert len(json.dumps(policy["PolicyDocument"], separators=(",", ":"))) <= 10_240
        assert "ManagedPolicyArns" not in resources["Role"]["Properties"]


def test_embedded_settings_without_a_table_reach_none(made: Callable[..., Bundle]) -> None:
    assert "state" not in EMBEDDED
    actions = {action for _, one in conditional(stack.plain(made("embedded"), SHA)) for action in one["Action"]}
    assert not [action for action in actions if action.startswith("dynamodb:")]


# -------------------------------------------------------------------------------------------------- the kill switch


@pytest.mark.parametrize(
    ("source", "action", "resource"),
    [
        ("s3://ops/switch/crm.yaml", "s3:GetObject", "arn:aws:s3:::ops/switch/crm.yaml"),
        (
            "appconfig://abc1234/def5678/ghi9012",
            "appconfig:GetLatestConfiguration",
            "arn:aws:appconfig:ap-northeast-1:123456789012:application/abc1234/environment/def5678/configuration/ghi9012",
        ),
    ],
)
def test_the_role_reads_the_source_of_the_switch_and_nothing_next_to_it(
    made: Callable[..., Bundle], source: str, action: str, resource: str
) -> None:
    resources = resolving.resolve(stack.plain(made("embedded"), SHA), {"SwitchSource": source})
    (policy,) = resources["Role"]["Properties"]["Policies"]
    found = [one["Resource"] for one in policy["PolicyDocument"]["Statement"] if action in one["Action"]]
    assert found == [[resource]]
    assert resources["Function"]["Properties"]["Environment"]["Variables"]["ADAPTGEN_SWITCH"] == source


def test_without_a_source_there_is_neither_a_variable_nor_a_permission(made: Callable[..., Bundle]) -> None:
    resources = resolving.resolve(stack.plain(made("embedded"), SHA), {})
    (policy,) = resources["Role"]["Properties"]["Policies"]
    actions = {action for one in policy["PolicyDocument"]["Statement"] for action in one["Action"]}
    assert not actions & {"s3:GetObject", "appconfig:GetLatestConfiguration"}
    assert "ADAPTGEN_SWITCH" not in resources["Function"]["Properties"]["Environment"]["Variables"]


@pytest.mark.parametrize("kind", ["behind", "rich"])
def test_a_stack_names_no_second_source(made: Callable[..., Bundle], kind: str) -> None:
    """Behind a proxy the proxy switches off; what the settings name is a permission already."""
    assert "SwitchSource" not in stack.plain(made(kind), SHA)["Parameters"]
