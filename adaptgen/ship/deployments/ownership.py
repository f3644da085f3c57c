"""Whose a stack is. Stacks are found by their names alone, and somebody else may have taken the same one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from adaptgen.model.frozen import value

TAG: Final = "adaptgen:fleet"
"""The tag of a stack, which names the stack of its proxy."""

MADE: Final = frozenset({
    "AWS::ApiGateway::Deployment", "AWS::ApiGateway::GatewayResponse", "AWS::ApiGateway::Method",
    "AWS::ApiGateway::RequestValidator", "AWS::ApiGateway::Resource", "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::DomainName", "AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage", "AWS::BedrockAgentCore::Runtime", "AWS::BedrockAgentCore::RuntimeEndpoint",
    "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::DynamoDB::Table", "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role", "AWS::Lambda::Alias", "AWS::Lambda::Function", "AWS::Lambda::Permission", "AWS::Lambda::Url",
    "AWS::Lambda::Version", "AWS::Logs::LogGroup", "AWS::Route53::RecordSet", "AWS::WAFv2::WebACL",
    "AWS::WAFv2::WebACLAssociation",
})  # fmt: skip
"""The types of all resources that templates of :mod:`adaptgen.ship.stack` make."""

_OUTPUTS = frozenset(("FunctionArn", "RoleArn"))
"""Outputs of every stack of a server, where its description is not known."""


@value()
class Claim:
    """What a deployment says of the stack that it wants: ``description`` is that of its template, ``fleet`` the stack
    of its proxy ("" for one that is deployed by itself)."""

    description: str
    fleet: str = ""

    def holds(self, stack: Mapping[str, Any], template: Mapping[str, Any]) -> bool:
        """Whether ``stack``, as AWS describes it, is of the same server or proxy, and of no other fleet. ``template``:
        that of the stack."""
        owner = fleet_of(stack)
        if owner and self.fleet:
            return owner == self.fleet
        return is_made_of(self.description, stack, template)


def fleet_of(stack: Mapping[str, Any]) -> str:
    """The fleet that a stack belongs to, "" for none."""
    return next((str(one["Value"]) for one in stack.get("Tags", ()) if one["Key"] == TAG), "")


def is_made_of(description: str, stack: Mapping[str, Any], template: Mapping[str, Any] = {}) -> bool:
    """Whether a stack was made of the server or proxy whose stacks have this description."""
    said = stack.get("Description") or template.get("Description", "")
    if said:
        return bool(said == description)
    outputs = {one["OutputKey"] for one in stack.get("Outputs", ())}
    return outputs >= _OUTPUTS or "adaptgen" in template.get("Metadata", {})


def foreign_types(resources: Iterable[Mapping[str, Any]]) -> list[str]:
    """The types of resources, as AWS lists them, that no template of ours makes: somebody else put them there, and
    what they hold is not known."""
    return sorted({str(one["ResourceType"]) for one in resources} - MADE)
