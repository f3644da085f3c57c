"""The role of the function, within the sizes that IAM takes."""

from __future__ import annotations

import json
import re

from adaptgen.diagnostics import error
from adaptgen.ship.bundles.shipment import Deployable
from adaptgen.ship.stack.cloudformation import Json, Resources, if_, sub
from adaptgen.ship.stack.permissions import Platform, Statements, statements

INLINE, MANAGED, ATTACHED = 10_240, 6_144, 10
"""Characters of all policies in a role, and of one that is attached; how many may be attached (quotas of IAM)."""
_EXPANDED = 96
"""Characters that one intrinsic function becomes, at most: an ARN with the name of a stack."""


_LAMBDA: Json = {"Principal": {"Service": "lambda.amazonaws.com"}}
_AGENTCORE: Json = {
    "Principal": {"Service": "bedrock-agentcore.amazonaws.com"},
    # For runtimes of this account alone: the service acts for others too.
    "Condition": {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnLike": {"aws:SourceArn": sub("arn:${AWS::Partition}:bedrock-agentcore:${AWS::Region}:${AWS::AccountId}:*")},
    },
}
"""Which service may use the role."""


def role(shipment: Deployable, platform: Platform = "lambda") -> Resources:
    """The role of the function, or of the runtime. Its permissions are in the role itself as long as they fit, else in
    policies that it has attached.

    Raises:
        AdaptgenError: AG121: they fit nowhere.
    """
    properties: Resources = {
        "RoleName": if_("HasRoleName", {"Ref": "RoleName"}),
        "PermissionsBoundary": if_("HasBoundary", {"Ref": "PermissionsBoundary"}),
        "AssumeRolePolicyDocument": _policy(
            [{"Effect": "Allow", "Action": "sts:AssumeRole", **(_LAMBDA if platform == "lambda" else _AGENTCORE)}]
        ),
    }
    found: Resources = {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}
    allowed = statements(shipment, platform).allowed
    if _size(allowed) <= INLINE:
        properties["Policies"] = [{"PolicyName": "adaptgen", "PolicyDocument": _policy(allowed)}]
        return found
    parts = _parts(allowed)
    if len(parts) > ATTACHED:
        raise error(
            "AG121", f"the permissions of {shipment.name} fill {len(parts)} policies, and a role has {ATTACHED}"
        )
    names = [f"RolePolicy{number}" for number in range(1, len(parts) + 1)]
    properties["ManagedPolicyArns"] = [{"Ref": name} for name in names]
    for name, part in zip(names, parts, strict=True):
        found[name] = {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"Description": f"What {shipment.name} may do", "PolicyDocument": _policy(part)},
        }
    return found


def _policy(allowed: list[Json]) -> Json:
    return {"Version": "2012-10-17", "Statement": allowed}


def _size(allowed: list[Json]) -> int:
    """Characters of statements at most: IAM counts no white space; every condition of the stack is met."""
    text = json.dumps(_policy(allowed), separators=(",", ":"))
    return len(text) + _EXPANDED * len(re.findall(r'"(?:Ref|Fn::GetAtt|Fn::Sub)":', text))


def _parts(allowed: list[Json]) -> list[list[Json]]:
    """The statements in parts that fit into a policy each; the resources of a long one are divided."""
    parts: list[list[Json]] = [[]]
    for one in allowed:
        several = "Resource" in one and _size([one]) > MANAGED // 2
        for single in [{**one, "Resource": [resource]} for resource in one["Resource"]] if several else [one]:
            if parts[-1] and _size([*parts[-1], single]) > MANAGED:
                parts.append([])
            parts[-1].append(single)
    return [_joined(part) for part in parts]


def _joined(part: list[Json]) -> list[Json]:
    """Statements that differ in their resources alone as one."""
    found = Statements()
    for one in part:
        if "Fn::If" in one:
            found.allowed.append(one)
        else:
            found.allow(one["Action"], *one["Resource"], when=one.get("Condition"), effect=one["Effect"])
    return found.allowed
