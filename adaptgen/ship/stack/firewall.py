"""AWS WAF in front of a REST API: rules of your own (``WebAclArn``), or those of this stack (``Waf``)."""

from __future__ import annotations

from adaptgen.ship.stack.cloudformation import (
    Json,
    Resources,
    choice_parameter,
    equals,
    given,
    if_,
    sub,
    text_parameter,
)

_GROUPS = {
    "AWSManagedRulesAmazonIpReputationList": (),
    "AWSManagedRulesKnownBadInputsRuleSet": (),
    # Arguments are JSON of up to 6 MB, and texts in them may be HTML that nothing here shows.
    "AWSManagedRulesCommonRuleSet": ("SizeRestrictions_BODY", "CrossSiteScripting_BODY"),
}
"""Groups of rules that AWS keeps -> those that count and do not block."""


def firewall_parameters() -> Resources:
    """Of the firewall."""
    return {
        "WebAclArn": {
            **text_parameter("Of a web ACL of this region in front of a REST API, or empty", ""),
            "AllowedPattern": "|arn:aws[a-z-]*:wafv2:[a-z0-9-]+:[0-9]{12}:regional/webacl/.+",
        },
        "Waf": {
            **choice_parameter("false", "true"),
            "Description": "true: a web ACL of this stack, with rules that AWS keeps and a rate for each address",
        },
        "WafRate": {
            "Type": "Number", "Default": 2000, "MinValue": 10, "MaxValue": 2000000000,
            "Description": "Requests in five minutes that one address may send",
        },
    }  # fmt: skip


def firewall_conditions() -> Resources:
    """Whether there is one, and whose."""
    return {
        "HasWebAcl": given("WebAclArn"),
        "MakesWaf": {
            "Fn::And": [{"Condition": "HasRest"}, equals("Waf", "true"), {"Fn::Not": [{"Condition": "HasWebAcl"}]}]
        },
        "HasWaf": {
            "Fn::And": [{"Condition": "HasRest"}, {"Fn::Or": [{"Condition": "MakesWaf"}, {"Condition": "HasWebAcl"}]}]
        },
    }


def firewall(name: str) -> Resources:
    """The rules, and their place in front of the API."""
    rules = [_group(group, counted, number) for number, (group, counted) in enumerate(_GROUPS.items())]
    rate = {
        "Name": "rate",
        "Priority": len(rules),
        "Action": {"Block": {"CustomResponse": {"ResponseCode": 429}}},
        "Statement": {"RateBasedStatement": {"AggregateKeyType": "IP", "Limit": {"Ref": "WafRate"}}},
        "VisibilityConfig": _visibility("rate"),
    }
    stage = "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${RestApi}/stages/${RestStage}"
    return {
        "WebAcl": {
            "Type": "AWS::WAFv2::WebACL",
            "Condition": "MakesWaf",
            "Properties": {
                "Description": f"In front of {name}",
                "Scope": "REGIONAL",
                "DefaultAction": {"Allow": {}},
                "Rules": [*rules, rate],
                "VisibilityConfig": _visibility("acl"),
            },
        },
        "WebAclAssociation": {
            "Type": "AWS::WAFv2::WebACLAssociation",
            "Condition": "HasWaf",
            "Properties": {
                "ResourceArn": sub(stage),
                "WebACLArn": if_("HasWebAcl", {"Ref": "WebAclArn"}, {"Fn::GetAtt": ["WebAcl", "Arn"]}),
            },
        },
    }


def _group(name: str, counted: tuple[str, ...], priority: int) -> Json:
    overrides = [{"Name": rule, "ActionToUse": {"Count": {}}} for rule in counted]
    return {
        "Name": name,
        "Priority": priority,
        "OverrideAction": {"None": {}},
        "Statement": {
            "ManagedRuleGroupStatement": {
                "VendorName": "AWS",
                "Name": name,
                **({"RuleActionOverrides": overrides} if overrides else {}),
            }
        },
        "VisibilityConfig": _visibility(name),
    }


def _visibility(name: str) -> Json:
    # Sampled requests would show tokens to everybody who may look at the firewall.
    return {"CloudWatchMetricsEnabled": True, "MetricName": f"adaptgen-{name}", "SampledRequestsEnabled": False}
