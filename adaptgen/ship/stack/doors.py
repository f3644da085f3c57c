"""The doors of a stack: its Function URL, and who may call it."""

from __future__ import annotations

from typing import Any

from adaptgen.ship.bundles.package import Bundle
from adaptgen.ship.stack.cloudformation import Json, Resources
from adaptgen.ship.stack.versions import ALIAS


def doors(bundle: Bundle) -> Resources:
    """The URL of the function and who may call it. An open one checks tokens itself, so that a client without one
    learns where to get it (RFC 9728); nothing before it could say that.
    """
    named = callers(bundle)
    auth = "AWS_IAM" if named else "NONE"
    principal: Any = {"Ref": named[0][0]} if named else "*"
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


def callers(bundle: Bundle) -> list[tuple[str, str]]:
    settings = bundle.shipment.settings
    if settings.mode == "behind":
        return [("ProxyRoleArn", "The role of the proxy: nobody else may call")]
    if settings.authenticate is not None and settings.authenticate.iam:
        return [("CallerPrincipal", "Who may call: an account, or the ARN of a role. Nobody else may have "
                                    "lambda:InvokeFunction: it lets them pose as any caller")]  # fmt: skip
    return []


def trusts_events(bundle: Bundle) -> bool:
    """Whether the function believes the IAM identity in its event: what invokes it directly writes that itself."""
    authenticate = bundle.shipment.settings.authenticate
    return bundle.shipment.settings.mode != "behind" and authenticate is not None and authenticate.iam


def deny_direct_invoke() -> Json:
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
