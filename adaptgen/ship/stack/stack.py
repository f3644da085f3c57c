"""The CloudFormation stack of a bundle: parameters, resources and outputs as values, plain or for SAM.

Stages differ in parameters alone. What differs between two servers follows from their settings: who may call the
function, which secrets, tables and servers its role may reach.
"""

from __future__ import annotations

from adaptgen.ship.bundles.package import Bundle
from adaptgen.ship.bundles.shipment import Deployable
from adaptgen.ship.stack.alarms import alarms, dashboard
from adaptgen.ship.stack.checks import check_parameters, template_rules
from adaptgen.ship.stack.cloudformation import Json, Resources, if_, sub
from adaptgen.ship.stack.data import log_group, state_table, uses_dynamodb
from adaptgen.ship.stack.doors import deny_direct_invoke, doors, trusts_events
from adaptgen.ship.stack.function import code_key, plain_function, sam_function
from adaptgen.ship.stack.gateway import gateway, public_url
from adaptgen.ship.stack.parameters import conditions, parameters
from adaptgen.ship.stack.role import role
from adaptgen.ship.stack.variables import variables
from adaptgen.ship.stack.versions import (
    ALIAS,
    describe_version,
    version_and_alias,
    version_conditions,
    version_outputs,
    version_parameters,
)

__all__ = ["ALIAS", "check_parameters", "code_key", "describe", "plain", "sam", "variables"]


def plain(bundle: Bundle, sha256: str, version: str = "") -> dict[str, Json]:
    """A template of CloudFormation. ``sha256``: of the zip, in hex; the object in the bucket is named by it.

    ``version``: what the published version belongs to; a new one is published when it changes (default: ``sha256``).
    """
    asked = {
        "CodeBucket": {"Type": "String", "Description": "The bucket with the bundle, in the region of the stack"},
        **parameters(bundle),
        **version_parameters(),
    }
    key = version or sha256
    function = plain_function(bundle, sha256)
    function["Properties"]["Description"] = describe_version(bundle.shipment.name, key)
    resources: Resources = {"Function": function, **version_and_alias(key, sha256), **_around(bundle, key)}
    template = _template(bundle, asked, resources)
    template["Conditions"] |= version_conditions()
    template["Outputs"] |= version_outputs(key, sha256, bundle.target.arch)
    return template


def sam(bundle: Bundle, zip_name: str) -> dict[str, Json]:
    """The same for ``sam deploy``; ``zip_name``: the bundle, relative to the template."""
    resources: Resources = {"Function": sam_function(bundle, zip_name), **_around(bundle)}
    return _template(bundle, parameters(bundle), resources) | {"Transform": "AWS::Serverless-2016-10-31"}


def describe(shipment: Deployable) -> str:
    """What the stack says of itself."""
    return f"{'MCP server' if shipment.server is not None else 'Governance proxy'} {shipment.name}"


def _template(bundle: Bundle, parameters: Resources, resources: Resources) -> dict[str, Json]:
    outputs = {
        "Url": {
            "Condition": "HasDoor",
            "Value": public_url(sub("${Url}mcp", Url={"Fn::GetAtt": ["Url", "FunctionUrl"]})),
            "Description": "What clients are given",
        },
        "FunctionArn": {"Value": {"Ref": ALIAS}, "Description": "What an upstream of a proxy names"},
        "RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}, "Description": "What a server behind a proxy accepts"},
        "LogGroupName": {"Value": {"Ref": "LogGroup"}},
    }
    if uses_dynamodb(bundle):
        outputs["TableName"] = {"Value": if_("MakesTable", {"Ref": "StateTable"}, {"Ref": "StateTableName"})}
    if trusts_events(bundle):
        said = "Attach it to every role and user that may invoke functions here"
        outputs["DenyDirectInvoke"] = {"Value": {"Ref": "DenyDirectInvoke"}, "Description": said}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": describe(bundle.shipment),
        "Parameters": parameters,
        "Rules": template_rules(),
        "Conditions": conditions(bundle),
        "Resources": resources,
        "Outputs": outputs,
    }


def _around(bundle: Bundle, key: str = "") -> Resources:
    """Everything but the function, its version and its alias."""
    api = gateway(bundle, f"Version{key[:12]}" if key else "")
    found: Resources = {"LogGroup": log_group(), **role(bundle.shipment), **doors(bundle), **api}
    if uses_dynamodb(bundle):
        found["StateTable"] = state_table(bundle)
    if trusts_events(bundle):
        found["DenyDirectInvoke"] = deny_direct_invoke()
    return found | alarms(bundle) | {"Dashboard": dashboard(bundle)}
