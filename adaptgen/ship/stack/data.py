"""What holds data: the log group, which may hold the audit trail, and the DynamoDB table of the state.

Both outlive the stack, but not a create that fails (``RetainExceptOnCreate``): what it leaves behind would be in the
way of the next one. Neither has a fixed name, for the same reason; the outputs name them.
"""

from __future__ import annotations

import re

from adaptgen.ship.bundles.package import Bundle
from adaptgen.ship.stack.cloudformation import Json, Resources, choice_parameter, equals, given, if_, text_parameter

_KEPT = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
RETENTION = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""The days that CloudWatch Logs knows (PutRetentionPolicy): 2557 are seven years, 3653 ten."""
_ARN = "|arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+"
"""Nothing, or the ARN of a key: an alias cannot be named in a policy."""


def data_parameters(bundle: Bundle) -> Resources:
    """How long what they hold stays, and who can read it."""
    audit = bundle.shipment.settings.audit
    trail = audit is not None and audit.sink in ("stdout", "stderr")
    found: Resources = {
        "LogRetentionDays": {
            "Type": "Number",
            "Default": 365 if trail else 30,
            "AllowedValues": list(RETENTION),
            "Description": f"Days that logs are kept{', with the audit trail in them' if trail else ''}; 2557: 7 years",
        },
    }
    if uses_dynamodb(bundle):
        found["StateTableName"] = text_parameter("A table that is there; empty: the stack makes one", "")
        found["TableKmsKeyArn"] = key_parameter("of the table; empty: a key of AWS")
        found["TableDeletionProtection"] = {
            **choice_parameter("false", "true"),
            # A create that fails could not delete a protected table, and its stack would end as ROLLBACK_FAILED.
            "Description": "true: nobody can delete the table; set it after the first deployment",
        }
    return found


def data_conditions(bundle: Bundle) -> Resources:
    """What follows from these parameters."""
    found: Resources = {}
    if uses_dynamodb(bundle):
        found["MakesTable"] = equals("StateTableName", "")
        found["HasTableKey"] = given("TableKmsKeyArn")
        found["ProtectsTable"] = equals("TableDeletionProtection", "true")
    return found


def key_parameter(description: str) -> Json:
    """The ARN of a KMS key, or nothing."""
    return {**text_parameter(f"The KMS key {description}", ""), "AllowedPattern": _ARN}


def log_group() -> Json:
    """One that ends: without it Lambda makes one that keeps everything."""
    return {
        "Type": "AWS::Logs::LogGroup",
        **_KEPT,
        "Properties": {
            "RetentionInDays": {"Ref": "LogRetentionDays"},
            "KmsKeyId": if_("HasLogKey", {"Ref": "LogKmsKeyArn"}),
        },
    }


def state_table(bundle: Bundle) -> Json:
    """As the state wants it; under a name of its own only where the settings name it."""
    properties: dict[str, Json] = {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "key", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "key", "KeyType": "HASH"}],
        "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "DeletionProtectionEnabled": if_("ProtectsTable", True, False),
        "SSESpecification": {
            "SSEEnabled": True,
            "SSEType": "KMS",
            "KMSMasterKeyId": if_("HasTableKey", {"Ref": "TableKmsKeyArn"}),
        },
    }
    if not table_variable(bundle):
        properties = {"TableName": bundle.shipment.settings.state.table, **properties}
    return {"Type": "AWS::DynamoDB::Table", "Condition": "MakesTable", **_KEPT, "Properties": properties}


def table_variable(bundle: Bundle) -> str:
    """The variable that names the table of the state, "" where the settings name it themselves."""
    found = re.fullmatch(r"\$\{env:([^}]+)\}", bundle.shipment.settings.state.table)
    return found[1] if found else ""


def uses_dynamodb(bundle: Bundle) -> bool:
    """Whether the state is in a table of DynamoDB."""
    return bundle.shipment.settings.state.store == "dynamodb"
