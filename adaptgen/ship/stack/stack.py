"""The CloudFormation stack of a bundle: parameters, resources and outputs as values, plain or for SAM.

Stages differ in parameters alone. What differs between two servers follows from their settings: who may call the
function, which secrets, tables and servers its role may reach.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from adaptgen.ship.bundles.package import Bundle
from adaptgen.ship.stack import alarms as observing
from adaptgen.ship.stack.cloudformation import Json, equals, given, if_, pascal, sub
from adaptgen.ship.stack.permissions import statements

Resources: TypeAlias = dict[str, Json]

ALIAS = "FunctionAliaslive"
"""The logical id that SAM assigns to the alias ``live`` of the function ``Function``."""
_SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|KEY|CREDENTIAL|DSN", re.IGNORECASE)
_RESERVED = re.compile(r"AWS_(?:REGION|DEFAULT_REGION|ACCESS_KEY.*|SECRET.*|SESSION_TOKEN|LAMBDA_.*|EXECUTION_ENV)|_.*")
"""Variables that Lambda sets itself and refuses from others."""


def plain(bundle: Bundle, sha256: str, version: str = "") -> dict[str, Json]:
    """A template of CloudFormation. ``sha256``: of the zip, in hex; the object in the bucket is named by it.

    ``version``: what the published version belongs to; a new one is published when it changes (default: ``sha256``).
    """
    parameters = {
        "CodeBucket": {"Type": "String", "Description": "The bucket with the bundle, in the region of the stack"},
        **_parameters(bundle),
    }
    number = f"Version{(version or sha256)[:12]}"
    resources: Resources = {
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": code_key(bundle, sha256)},
                **_function(bundle),
                "TracingConfig": {"Mode": {"Ref": "Tracing"}},
                "Tags": [{"Key": name, "Value": value} for name, value in _tags(bundle).items()],
            },
        },
        number: {
            "Type": "AWS::Lambda::Version",
            "DeletionPolicy": "Retain",  # a rollback goes back to it
            "UpdateReplacePolicy": "Retain",
            "Properties": {"FunctionName": {"Ref": "Function"}},
        },
        ALIAS: {
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "Name": "live",
                "FunctionName": {"Ref": "Function"},
                "FunctionVersion": {"Fn::GetAtt": [number, "Version"]},
            },
        },
        **_around(bundle),
    }
    return _template(bundle, parameters, resources)


def sam(bundle: Bundle, zip_name: str) -> dict[str, Json]:
    """The same for ``sam deploy``; ``zip_name``: the bundle, relative to the template."""
    resources: Resources = {
        "Function": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "CodeUri": zip_name,
                **_function(bundle),
                "AutoPublishAlias": "live",
                "AutoPublishAliasAllProperties": True,
                "Tracing": {"Ref": "Tracing"},
                "Tags": _tags(bundle),
            },
        },
        **_around(bundle),
    }
    return _template(bundle, _parameters(bundle), resources) | {"Transform": "AWS::Serverless-2016-10-31"}


def code_key(bundle: Bundle, sha256: str) -> str:
    """The key of a bundle in its bucket, derived from its content."""
    return f"adaptgen/{bundle.shipment.name}/{sha256}.zip"


def variables(bundle: Bundle) -> dict[str, str]:
    """Environment variables that are set by hand -> the parameter of each."""
    found: dict[str, str] = {}
    for name in bundle.shipment.variables:
        if not _RESERVED.fullmatch(name) and name not in ("ADAPTGEN_GOVERNANCE", "ADAPTGEN_STAGE", _table(bundle)):
            found[name] = pascal(name)
    return found


def _table(bundle: Bundle) -> str:
    """The variable that names the table of the state, "" where the settings name it themselves."""
    found = re.fullmatch(r"\$\{env:([^}]+)\}", bundle.shipment.settings.state.table)
    return found[1] if found else ""


def _template(bundle: Bundle, parameters: Resources, resources: Resources) -> dict[str, Json]:
    what = "MCP server" if bundle.shipment.server is not None else "Governance proxy"
    conditions = {
        "HasUrl": equals("FunctionUrl", "true"),
        "HasTopic": given("AlarmTopicArn"),
        "HasKmsKey": given("KmsKeyArn"),
        "HasVpc": {"Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": "SubnetIds"}]}, ""]}]},
        "HasGovernanceBucket": given("GovernanceBucket"),
        "HasAppConfig": given("AppConfigArn"),
    }
    if _dynamodb(bundle):
        conditions["MakesTable"] = equals("StateTableName", "")
    outputs = {
        "Url": {"Condition": "HasUrl", "Value": sub("${Url}mcp", Url={"Fn::GetAtt": ["Url", "FunctionUrl"]})},
        "FunctionArn": {"Value": {"Ref": ALIAS}, "Description": "What an upstream of a proxy names"},
        "RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}, "Description": "What a server behind a proxy accepts"},
        "LogGroupName": {"Value": {"Ref": "LogGroup"}},
    }
    if _dynamodb(bundle):
        outputs["TableName"] = {"Value": if_("MakesTable", {"Ref": "StateTable"}, {"Ref": "StateTableName"})}
    if _trusts_events(bundle):
        said = "Attach it to every role and user that may invoke functions here"
        outputs["DenyDirectInvoke"] = {"Value": {"Ref": "DenyDirectInvoke"}, "Description": said}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"{what} {bundle.shipment.name}",
        "Parameters": parameters,
        "Conditions": conditions,
        "Resources": resources,
        "Outputs": outputs,
    }


def _parameters(bundle: Bundle) -> Resources:
    shipment = bundle.shipment
    found: Resources = {
        "Stage": {**_text(), "Default": "dev", "AllowedPattern": "[a-z][a-z0-9-]{0,15}"},
        "MemorySize": {"Type": "Number", "Default": 1024, "MinValue": 128, "MaxValue": 10240},
        "Timeout": {"Type": "Number", "Default": 29, "MinValue": 3, "MaxValue": 900},
        "SnapStart": _choice("PublishedVersions", "None"),
        "Tracing": _choice("Active", "PassThrough"),
        "FunctionUrl": {
            **_choice("true", "false"),
            "Description": "false: something else is in front of the function, such as API Gateway",
        },
        "LogRetentionDays": {
            "Type": "Number",
            "Default": 30,
            "AllowedValues": [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653],
        },
        "AlarmTopicArn": _text("The SNS topic that alarms go to", ""),
        "SlowMilliseconds": {
            "Type": "Number",
            "Default": 5000,
            "MinValue": 1,
            "Description": "An alarm when one call in a hundred takes longer",
        },
        "KmsKeyArn": _text("The key of the secrets and parameters, where it is your own", ""),
        "SubnetIds": {"Type": "CommaDelimitedList", "Default": "", "Description": "Of a VPC, or empty"},
        "SecurityGroupIds": {"Type": "CommaDelimitedList", "Default": ""},
        "Governance": _text(
            "The settings: those of the bundle, s3://… or appconfig://…", f"/var/task/{shipment.governance}"
        ),
        "GovernanceBucket": _text("The bucket of settings in S3", ""),
        "GovernancePrefix": _text("Of the settings in the bucket", "governance/"),
        "AppConfigArn": _text("The configuration of settings in AppConfig (application/…/configuration/…)", ""),
    }
    for name, parameter in variables(bundle).items():
        found[parameter] = _text(f"The environment variable {name}")
        if _SECRET.search(name):
            found[parameter]["NoEcho"] = True
    for parameter, text in (*_callers(bundle), *statements(shipment).parameters.items()):
        found[parameter] = _text(text)
    if _dynamodb(bundle):
        found["StateTableName"] = _text("A table that is there; empty: the stack makes one", "")
    return found


def _text(description: str = "", default: str | None = None) -> Json:
    """A parameter of type String; required without a default."""
    named = {"Default": default, "Description": description or None}
    return {"Type": "String", **{name: value for name, value in named.items() if value is not None}}


def _choice(default: str, other: str) -> Json:
    return {"Type": "String", "Default": default, "AllowedValues": [default, other]}


def _callers(bundle: Bundle) -> list[tuple[str, str]]:
    settings = bundle.shipment.settings
    if settings.mode == "behind":
        return [("ProxyRoleArn", "The role of the proxy: nobody else may call")]
    if settings.authenticate is not None and settings.authenticate.iam:
        return [("CallerPrincipal", "Who may call: an account, or the ARN of a role. Nobody else may have "
                                    "lambda:InvokeFunction: it lets them pose as any caller")]  # fmt: skip
    return []


def _function(bundle: Bundle) -> dict[str, Json]:
    """The properties that SAM and CloudFormation share."""
    return {
        "Handler": bundle.handler,
        "Runtime": f"python{bundle.target.python}",
        "Architectures": [bundle.target.arch],
        "Description": f"adaptgen: {bundle.shipment.name}",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "MemorySize": {"Ref": "MemorySize"},
        "Timeout": {"Ref": "Timeout"},
        "SnapStart": {"ApplyOn": {"Ref": "SnapStart"}},
        "LoggingConfig": {"LogGroup": {"Ref": "LogGroup"}},
        "Environment": {"Variables": _environment(bundle)},
        "KmsKeyArn": if_("HasKmsKey", {"Ref": "KmsKeyArn"}),
        "VpcConfig": if_(
            "HasVpc", {"SubnetIds": {"Ref": "SubnetIds"}, "SecurityGroupIds": {"Ref": "SecurityGroupIds"}}
        ),
    }


def _environment(bundle: Bundle) -> dict[str, Json]:
    found: dict[str, Json] = {name: {"Ref": parameter} for name, parameter in variables(bundle).items()}
    found["ADAPTGEN_GOVERNANCE"] = {"Ref": "Governance"}
    found["ADAPTGEN_STAGE"] = {"Ref": "Stage"}
    if _table(bundle) and _dynamodb(bundle):
        found[_table(bundle)] = if_("MakesTable", {"Ref": "StateTable"}, {"Ref": "StateTableName"})
    return dict(sorted(found.items()))


def _tags(bundle: Bundle) -> dict[str, Json]:
    return {"adaptgen": bundle.shipment.name, "stage": {"Ref": "Stage"}}


def _dynamodb(bundle: Bundle) -> bool:
    return bundle.shipment.settings.state.store == "dynamodb"


def _around(bundle: Bundle) -> Resources:
    """Everything but the function, its version and its alias."""
    found: Resources = {"LogGroup": observing.log_group(), "Role": _role(bundle), **_front(bundle)}
    if _dynamodb(bundle):
        found["StateTable"] = _state_table(bundle)
    if _trusts_events(bundle):
        found["DenyDirectInvoke"] = _deny_invoke()
    return found | observing.alarms(bundle.shipment.name, ALIAS) | {"Dashboard": observing.dashboard()}


def _role(bundle: Bundle) -> Json:
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ],
            },
            "Policies": [
                {
                    "PolicyName": "adaptgen",
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": statements(bundle.shipment).allowed},
                }
            ],
        },
    }


def _front(bundle: Bundle) -> Resources:
    """The URL of the function and who may call it. An open one checks tokens itself, so that a client without one
    learns where to get it (RFC 9728); nothing before it could say that.
    """
    callers = _callers(bundle)
    auth = "AWS_IAM" if callers else "NONE"
    principal: Any = {"Ref": callers[0][0]} if callers else "*"
    return {
        "Url": {
            "Type": "AWS::Lambda::Url",
            "Condition": "HasUrl",
            "DependsOn": ALIAS,
            "Properties": {
                "TargetFunctionArn": {"Ref": "Function"},
                "Qualifier": "live",
                "AuthType": auth,
                "InvokeMode": "BUFFERED",
            },
        },
        "UrlPermission": {
            "Type": "AWS::Lambda::Permission",
            "Condition": "HasUrl",
            "Properties": {
                "Action": "lambda:InvokeFunctionUrl",
                "FunctionName": {"Ref": ALIAS},
                "Principal": principal,
                "FunctionUrlAuthType": auth,
            },
        },
        "InvokePermission": {  # since October 2025 a URL wants both
            "Type": "AWS::Lambda::Permission",
            "Condition": "HasUrl",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": {"Ref": ALIAS},
                "Principal": principal,
                "InvokedViaFunctionUrl": True,
            },
        },
    }


def _trusts_events(bundle: Bundle) -> bool:
    """Whether the function believes the IAM identity in its event: what invokes it directly writes that itself."""
    authenticate = bundle.shipment.settings.authenticate
    return bundle.shipment.settings.mode != "behind" and authenticate is not None and authenticate.iam


def _deny_invoke() -> Json:
    """What callers and deployers are to be given: the function is reached through its URL, or not at all. A permission
    of Lambda cannot deny, so this is a policy of IAM to attach, or the statement of an organization's own.
    """
    return {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "Description": "lambda:InvokeFunction with an event of one's own impersonates any IAM caller",
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "DenyImpersonation",
                        "Effect": "Deny",
                        "Action": ["lambda:InvokeFunction", "lambda:InvokeAsync"],
                        "Resource": [
                            {"Fn::GetAtt": ["Function", "Arn"]},
                            {"Fn::Sub": "${Function.Arn}:*"},
                        ],
                        # Absent where somebody invokes it directly.
                        "Condition": {"BoolIfExists": {"lambda:InvokedViaFunctionUrl": "false"}},
                    }
                ],
            },
        },
    }


def _state_table(bundle: Bundle) -> Json:
    properties: dict[str, Json] = {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "key", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "key", "KeyType": "HASH"}],
        "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True},
    }
    if not _table(bundle):
        properties = {"TableName": bundle.shipment.settings.state.table, **properties}
    return {
        "Type": "AWS::DynamoDB::Table",
        "Condition": "MakesTable",
        "DeletionPolicy": "Retain",  # it may hold the vault
        "UpdateReplacePolicy": "Retain",
        "Properties": properties,
    }
