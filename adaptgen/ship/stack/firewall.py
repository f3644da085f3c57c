"""AWS WAF in front of a REST API: rules of your own (``WebAclArn``), or those of this stack (``Waf``)."""

from __future__ import annotations

from adaptgen.ship.bundles.package import Bundle
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
_OF_LOGINS = ("GenericRFI_BODY", "GenericRFI_QUERYARGUMENTS", "SizeRestrictions_QUERYSTRING")
"""Rules of the common group that block logins: a client on a laptop names http://127.0.0.1:PORT/… as its redirect URI,
and what is sealed in identifiers makes queries longer than 2 KB. Nothing that is named so is ever fetched."""
_REGISTRATIONS = 100
"""Of clients, in five minutes from one address; the settings limit them in all (``login.registrations``)."""


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


def firewall(bundle: Bundle) -> Resources:
    """The rules, and their place in front of the API."""
    login = bundle.shipment.settings.login is not None
    rules: list[Json] = []
    for name, counted in _GROUPS.items():
        more = _OF_LOGINS if login and counted else ()
        rules.append(_group(name, (*counted, *more), len(rules)))
    rules.append(_rate("rate", {"Ref": "WafRate"}, len(rules)))
    if login:
        rules.append(_rate("registrations", _REGISTRATIONS, len(rules), "/oauth/register"))
    stage = "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${RestApi}/stages/${RestStage}"
    return {
        "WebAcl": {
            "Type": "AWS::WAFv2::WebACL",
            "Condition": "MakesWaf",
            "Properties": {
                "Description": f"In front of {bundle.shipment.name}",
                "Scope": "REGIONAL",
                "DefaultAction": {"Allow": {}},
                "Rules": rules,
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


def _rate(name: str, limit: Json, priority: int, path: str = "") -> Json:
    """Requests in five minutes from one address; ``path``: only those whose path contains it, for in front of it may be
    a stage."""
    statement: dict[str, Json] = {"AggregateKeyType": "IP", "Limit": limit}
    if path:
        statement["ScopeDownStatement"] = {
            "ByteMatchStatement": {
                "FieldToMatch": {"UriPath": {}},
                "PositionalConstraint": "CONTAINS",
                "SearchString": path,
                "TextTransformations": [{"Priority": 0, "Type": "URL_DECODE"}],
            }
        }
    return {
        "Name": name,
        "Priority": priority,
        "Action": {"Block": {"CustomResponse": {"ResponseCode": 429}}},
        "Statement": {"RateBasedStatement": statement},
        "VisibilityConfig": _visibility(name),
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
