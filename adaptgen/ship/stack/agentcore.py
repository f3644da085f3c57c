"""The CloudFormation stack of a bundle on AgentCore Runtime: the runtime, from a zip or an image, and its endpoint.

The platform checks the callers' tokens (a JWT authorizer) and passes them on, and the server checks them again: it
decides by their claims. An endpoint of its own, ``live``, is moved to each new version; ``DEFAULT`` always is the
newest one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from adaptgen.ship.bundles.package import ENTRY, Bundle
from adaptgen.ship.stack.alarms import runtime_alarms
from adaptgen.ship.stack.cloudformation import Json, Resources, if_, sub, text_parameter
from adaptgen.ship.stack.data import state_table, uses_dynamodb
from adaptgen.ship.stack.function import code_key, environment, tags
from adaptgen.ship.stack.parameters import conditions, parameters
from adaptgen.ship.stack.permissions import named_by_stack
from adaptgen.ship.stack.role import role
from adaptgen.ship.stack.variables import resource_variable, variables


def runtime(bundle: Bundle, sha256: str = "") -> dict[str, Json]:
    """The template. ``sha256``: of the zip, in hex; the object in the bucket is named by it. Without one the runtime is
    an image, built from the context that ``adaptgen package`` writes.
    """
    shipment = bundle.shipment
    authenticate = shipment.settings.authenticate
    asked = parameters(bundle)
    if resource := variables(bundle).get(resource_variable(bundle)):
        asked[resource].pop("Default", None)  # no domain is in front of a runtime that could be it
    asked["Governance"] = {**asked["Governance"], "Default": shipment.governance}
    asked |= {
        **_artefact(sha256),
        "RuntimeName": {
            **text_parameter("Of the runtime, in this account and region", runtime_name(shipment.name)),
            "AllowedPattern": "[a-zA-Z][a-zA-Z0-9_]{0,47}",
        },
    }
    found: Resources = {
        "Runtime": {"Type": "AWS::BedrockAgentCore::Runtime", "Properties": _runtime(bundle, sha256)},
        "Endpoint": {
            "Type": "AWS::BedrockAgentCore::RuntimeEndpoint",
            "Properties": {
                "AgentRuntimeId": {"Fn::GetAtt": ["Runtime", "AgentRuntimeId"]},
                "AgentRuntimeVersion": {"Fn::GetAtt": ["Runtime", "AgentRuntimeVersion"]},
                "Name": "live",
            },
        },
        "LogGroup": _log_group(),
        **role(shipment, "agentcore" if sha256 else "agentcore_image"),
        **runtime_alarms(bundle),
    }
    if authenticate is not None:
        asked["DiscoveryUrl"] = {
            **text_parameter("Where the issuer of tokens describes itself"),
            "AllowedPattern": ".+/\\.well-known/openid-configuration",
        }
    if uses_dynamodb(bundle):
        found["StateTable"] = state_table(bundle)
    what = "MCP server" if shipment.server is not None else "Governance proxy"
    outputs = _outputs(bundle, sha256)
    known = _used(conditions(bundle), found, outputs)
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"{what} {shipment.name} on AgentCore Runtime",
        "Parameters": {name: one for name, one in asked.items() if name in _names("Ref", found, outputs, known)},
        "Conditions": known,
        "Resources": found,
        "Outputs": outputs,
    }


def _used(conditions: Resources, *values: Json) -> Resources:
    """The conditions that parts of a template use, and those that these use."""
    used = _names("Condition", *values)
    while more := _names("Condition", *(conditions[name] for name in used)) - used:
        used |= more
    return {name: one for name, one in conditions.items() if name in used}


def _names(kind: Literal["Condition", "Ref"], *values: Json) -> set[str]:
    """The conditions, or the parameters, that parts of a template use: a function has many that a runtime has not."""
    found: set[str] = set()
    for one in values:
        if isinstance(one, Mapping):
            for key, inner in one.items():
                if key == kind and isinstance(inner, str):
                    found.add(inner)
                elif key == "Fn::If" and kind == "Condition":
                    found.add(inner[0])
                elif key == "Fn::Sub" and kind == "Ref":
                    found |= set(re.findall(r"\$\{([A-Za-z0-9]+)\}", inner if isinstance(inner, str) else inner[0]))
                found |= _names(kind, inner)
        elif isinstance(one, list):
            found |= _names(kind, *one)
    return found


def _artefact(sha256: str) -> Resources:
    """The parameters that say where the code is."""
    if sha256:
        return {"CodeBucket": text_parameter("The bucket with the bundle, in the region of the stack")}
    return {
        "ImageUri": text_parameter("The image in ECR, by its digest"),
        "ImageRepositoryArn": text_parameter("The repository of that image"),
    }


def runtime_name(name: str) -> str:
    """A name that AgentCore takes: ``crm-prod`` -> ``crm_prod``."""
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return (plain if plain[:1].isalpha() else f"r{plain}")[:48]


def _runtime(bundle: Bundle, sha256: str) -> dict[str, Json]:
    shipment = bundle.shipment
    authenticate = shipment.settings.authenticate
    artefact: Json = {"ContainerConfiguration": {"ContainerUri": {"Ref": "ImageUri"}}}
    if sha256:
        artefact = {
            "CodeConfiguration": {
                "Code": {"S3": {"Bucket": {"Ref": "CodeBucket"}, "Prefix": code_key(bundle, sha256)}},
                "EntryPoint": [ENTRY],
                "Runtime": f"PYTHON_{bundle.target.python.replace('.', '_')}",
            }
        }
    found: dict[str, Json] = {
        "AgentRuntimeName": {"Ref": "RuntimeName"},
        "Description": f"adaptgen: {shipment.name}",
        "AgentRuntimeArtifact": artefact,
        "ProtocolConfiguration": "MCP",
        "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        "NetworkConfiguration": if_(
            "HasVpc",
            {
                "NetworkMode": "VPC",
                "NetworkModeConfig": {
                    "Subnets": {"Ref": "SubnetIds"},
                    "SecurityGroups": {"Ref": "SecurityGroupIds"},
                },
            },
            {"NetworkMode": "PUBLIC"},
        ),
        "EnvironmentVariables": _environment(bundle),
        "Tags": tags(bundle),
    }
    if authenticate is not None:
        found["AuthorizerConfiguration"] = {
            "CustomJWTAuthorizer": {
                "DiscoveryUrl": {"Ref": "DiscoveryUrl"},
                "AllowedAudience": [named_by_stack(one) for one in authenticate.audience],
            }
        }
        # Without it the platform checks the token and keeps it.
        found["RequestHeaderConfiguration"] = {"RequestHeaderAllowlist": ["Authorization"]}
    return found


def _environment(bundle: Bundle) -> dict[str, Json]:
    found = {**environment(bundle), "ADAPTGEN_SERVICE": {"Ref": "RuntimeName"}}
    if resource := resource_variable(bundle):  # no domain is in front of a runtime
        found[resource] = {"Ref": variables(bundle)[resource]}
    return dict(sorted(found.items()))


def _log_group() -> Json:
    """The platform names it after the runtime and the endpoint, and would keep everything."""
    return {
        "Type": "AWS::Logs::LogGroup",
        "DeletionPolicy": "RetainExceptOnCreate",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "LogGroupName": sub("/aws/bedrock-agentcore/runtimes/${Runtime.AgentRuntimeId}-live"),
            "RetentionInDays": {"Ref": "LogRetentionDays"},
        },
    }


def _outputs(bundle: Bundle, sha256: str) -> dict[str, Json]:
    return {
        "RuntimeArn": {
            "Value": {"Fn::GetAtt": ["Runtime", "AgentRuntimeArn"]},
            "Description": "What an upstream of a proxy names; in the URL of the runtime it is percent-encoded",
        },
        "RuntimeVersion": {"Value": {"Fn::GetAtt": ["Runtime", "AgentRuntimeVersion"]}},
        "RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}},
        "LogGroupName": {"Value": {"Ref": "LogGroup"}},
        "BundleSha256": {"Value": sha256} if sha256 else {"Value": {"Ref": "ImageUri"}},
        **(
            {"TableName": {"Value": if_("MakesTable", {"Ref": "StateTable"}, {"Ref": "StateTableName"})}}
            if uses_dynamodb(bundle)
            else {}
        ),
    }
