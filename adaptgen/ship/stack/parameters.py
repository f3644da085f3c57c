"""The parameters of a stack: what a stage may set, with descriptions and defaults."""

from __future__ import annotations

from adaptgen.plan.auth.plan import optional_variables
from adaptgen.ship.bundles.package import Bundle
from adaptgen.ship.stack.alarms import alarm_conditions, alarm_parameters
from adaptgen.ship.stack.cloudformation import Resources, choice_parameter, equals, given, text_parameter
from adaptgen.ship.stack.data import data_conditions, data_parameters, key_parameter
from adaptgen.ship.stack.doors import callers
from adaptgen.ship.stack.gateway import gateway_conditions, gateway_parameters
from adaptgen.ship.stack.permissions import has_switch, statements
from adaptgen.ship.stack.variables import resource_variable, secret_variables, variables


def parameters(bundle: Bundle) -> Resources:
    """Of a function, by their names; one without a default must be set."""
    common = common_parameters(bundle)
    if resource := variables(bundle).get(resource_variable(bundle)):
        common[resource] |= {"Default": "", "Description": "The public URL; empty: https://DOMAIN/mcp of DomainName"}
    return {
        "Stage": common.pop("Stage"),
        "MemorySize": {
            "Type": "Number", "Default": 1024, "MinValue": 128, "MaxValue": 10240,
            "Description": "Megabytes; the share of a processor grows with it",
        },
        "Timeout": {
            "Type": "Number", "Default": 29, "MinValue": 3, "MaxValue": 900,
            "Description": "Seconds; behind API Gateway 28 at most are used",
        },
        "ReservedConcurrency": {
            **text_parameter("Calls at the same time, reserved and at most; 0 stops all; empty: no limit", ""),
            "AllowedPattern": "|0|[1-9][0-9]{0,4}",
        },
        "SnapStart": {
            **choice_parameter("PublishedVersions", "None"),
            "Description": "Start from a snapshot; each version is billed for it",
        },
        "Tracing": {**choice_parameter("Active", "PassThrough"), "Description": "X-Ray"},
        "FunctionUrl": {
            **choice_parameter("true", "false"),
            "Description": "false: something else is in front of the function; Gateway takes its place",
        },
        **gateway_parameters(),
        **alarm_parameters(),
        "LogKmsKeyArn": key_parameter("of the log groups; its policy must let logs.REGION.amazonaws.com use it"),
        "Ipv6": {**choice_parameter("false", "true"), "Description": "true: IPv6 too, in subnets that have both"},
        **common,
        **{parameter: text_parameter(said) for parameter, said in callers(bundle)},
    }  # fmt: skip


def common_parameters(bundle: Bundle) -> Resources:
    """Those that a server has wherever it runs on AWS."""
    found: Resources = {
        "Stage": {
            **text_parameter("What this stack is for", "dev"),
            "AllowedPattern": "[a-z][a-z0-9-]{0,15}",
        },
        "KmsKeyArn": key_parameter("of the environment, secrets and parameters, where it is your own"),
        **data_parameters(bundle),
        "SubnetIds": {"Type": "CommaDelimitedList", "Default": "", "Description": "Of a VPC, or empty"},
        "SecurityGroupIds": {
            "Type": "CommaDelimitedList",
            "Default": "",
            "Description": "Of the same VPC; they let the function out, nothing comes in",
        },
        "RoleName": {
            **text_parameter("Of the role, so that others can name it before it is there; empty: a name of AWS", ""),
            "AllowedPattern": "[A-Za-z0-9+=,.@_-]{0,64}",
        },
        "PermissionsBoundary": {
            **text_parameter("The ARN of the policy that bounds the role, or empty", ""),
            "AllowedPattern": "|arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+",
        },
        "Governance": text_parameter(
            "The settings: those of the bundle, s3://… or appconfig://…", f"/var/task/{bundle.shipment.governance}"
        ),
        "GovernanceBucket": text_parameter("The bucket of settings in S3", ""),
        "GovernancePrefix": text_parameter("Of the settings in the bucket", "governance/"),
        "AppConfigArn": text_parameter(
            "The configuration of settings in AppConfig (application/…/configuration/…)", ""
        ),
    }
    if has_switch(bundle.shipment):
        found["SwitchSource"] = {
            **text_parameter("Of the kill switch: s3://BUCKET/KEY, or appconfig://… with ids; empty: the settings", ""),
            "AllowedPattern": "|s3://[^/]+/.+|appconfig://[^/]+/[^/]+/[^/]+",
        }
    secrets = secret_variables(bundle.shipment)
    server = bundle.shipment.server
    optional = optional_variables(server) if server is not None else frozenset()
    for name, parameter in variables(bundle).items():
        found[parameter] = text_parameter(f"The environment variable {name}", "" if name in optional else None)
        if name in secrets:
            found[parameter]["NoEcho"] = True
    for parameter, said in statements(bundle.shipment).parameters.items():
        found[parameter] = text_parameter(said)
    return found


def conditions(bundle: Bundle) -> Resources:
    """What follows from the parameters of a function."""
    found: Resources = {
        "HasUrl": {"Fn::And": [equals("FunctionUrl", "true"), equals("Gateway", "none")]},
        **gateway_conditions(),
        **alarm_conditions(),
        "HasLogKey": given("LogKmsKeyArn"),
        "HasIpv6": equals("Ipv6", "true"),
        "HasReserved": given("ReservedConcurrency"),
        **common_conditions(bundle),
    }
    if resource := variables(bundle).get(resource_variable(bundle)):
        found["HasResource"] = given(resource)
    return found


def common_conditions(bundle: Bundle) -> Resources:
    """What follows from :func:`common_parameters`."""
    scheme = {"Fn::Select": [0, {"Fn::Split": [":", {"Ref": "SwitchSource"}]}]}
    switch = {
        "HasSwitch": given("SwitchSource"),
        "HasSwitchInS3": {"Fn::Equals": [scheme, "s3"]},
        "HasSwitchInAppConfig": {"Fn::Equals": [scheme, "appconfig"]},
    }
    return {
        **(switch if has_switch(bundle.shipment) else {}),
        "HasKmsKey": given("KmsKeyArn"),
        "HasVpc": {"Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": "SubnetIds"}]}, ""]}]},
        "HasRoleName": given("RoleName"),
        "HasBoundary": given("PermissionsBoundary"),
        "HasGovernanceBucket": given("GovernanceBucket"),
        "HasAppConfig": given("AppConfigArn"),
        **data_conditions(bundle),
    }
