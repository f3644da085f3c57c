"""The function: its code settings, its environment, its tags."""

from __future__ import annotations

from adaptgen.ship.bundles.package import Bundle
from adaptgen.ship.stack.cloudformation import Json, if_, sub
from adaptgen.ship.stack.data import table_variable, uses_dynamodb
from adaptgen.ship.stack.permissions import has_switch
from adaptgen.ship.stack.variables import resource_variable, variables


def plain_function(bundle: Bundle, sha256: str) -> Json:
    """For CloudFormation. ``sha256``: of the zip, in hex; the object in the bucket is named by it."""
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Code": {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": code_key(bundle, sha256)},
            **function_properties(bundle),
            "TracingConfig": {"Mode": {"Ref": "Tracing"}},
            "Tags": [{"Key": name, "Value": value} for name, value in tags(bundle).items()],
        },
    }


def sam_function(bundle: Bundle, zip_name: str) -> Json:
    """For SAM. ``zip_name``: the bundle, relative to the template."""
    return {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "CodeUri": zip_name,
            **function_properties(bundle),
            "AutoPublishAlias": "live",
            "AutoPublishAliasAllProperties": True,
            "Tracing": {"Ref": "Tracing"},
            "Tags": tags(bundle),
        },
    }


def code_key(bundle: Bundle, sha256: str) -> str:
    """The key of a bundle in its bucket, derived from its content."""
    return f"adaptgen/{bundle.shipment.name}/{sha256}.zip"


def function_properties(bundle: Bundle) -> dict[str, Json]:
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
        "Environment": {"Variables": environment(bundle)},
        "KmsKeyArn": if_("HasKmsKey", {"Ref": "KmsKeyArn"}),
        "ReservedConcurrentExecutions": if_("HasReserved", {"Ref": "ReservedConcurrency"}),
        "VpcConfig": if_(
            "HasVpc",
            {
                "SubnetIds": {"Ref": "SubnetIds"},
                "SecurityGroupIds": {"Ref": "SecurityGroupIds"},
                "Ipv6AllowedForDualStack": if_("HasIpv6", True, False),
            },
        ),
    }


def environment(bundle: Bundle) -> dict[str, Json]:
    """What the settings read, and where the settings are."""
    found: dict[str, Json] = {name: {"Ref": parameter} for name, parameter in variables(bundle).items()}
    resource = resource_variable(bundle)
    if resource:
        found[resource] = if_("HasResource", found[resource], sub("https://${DomainName}/mcp"))
    found["ADAPTGEN_GOVERNANCE"] = {"Ref": "Governance"}
    found["ADAPTGEN_STAGE"] = {"Ref": "Stage"}
    if has_switch(bundle.shipment):
        found["ADAPTGEN_SWITCH"] = if_("HasSwitch", {"Ref": "SwitchSource"})
    if table_variable(bundle) and uses_dynamodb(bundle):
        found[table_variable(bundle)] = if_("MakesTable", {"Ref": "StateTable"}, {"Ref": "StateTableName"})
    return dict(sorted(found.items()))


def tags(bundle: Bundle) -> dict[str, Json]:
    return {"adaptgen": bundle.shipment.name, "stage": {"Ref": "Stage"}}
