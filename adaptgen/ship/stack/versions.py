"""The published version of a function, and the alias ``live`` that its doors call."""

from __future__ import annotations

from adaptgen.ship.stack.cloudformation import Json

ALIAS = "FunctionAliaslive"
"""The logical id that SAM assigns to the alias ``live`` of the function ``Function``."""


def version_and_alias(version: str) -> dict[str, Json]:
    """``version``: in hex, what the published version belongs to; a new one is published when it changes."""
    number = f"Version{version[:12]}"
    return {
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
    }
