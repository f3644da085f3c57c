"""What a published version is: what it holds, what its resource is called, and where calls go."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from support.shipping import EMBEDDED, bundle, governed

from adaptgen.ship.stack import stack
from adaptgen.ship.stack.versions import ALIAS, version_id, version_key, with_version

SHA = "0123456789abcdef" * 4
VALUES = {"CrmBaseUrl": "https://crm.example", "CrmUsername": "u", "CrmPassword": "hunter2", "Stage": "prod"}


@pytest.fixture
def template(tmp_path: Path) -> dict[str, Any]:
    return stack.plain(bundle(governed(tmp_path, EMBEDDED)), SHA)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CrmBaseUrl", "https://other.example"),  # the environment
        ("CrmPassword", "hunter3"),  # a secret of it
        ("Stage", "dev"),
        ("MemorySize", "2048"),
        ("SubnetIds", "subnet-1"),  # a condition of the function depends on it
        ("KmsKeyArn", "arn:aws:kms:eu-central-1:123456789012:key/x"),
    ],
)
def test_what_reaches_the_function_makes_another_version(template: dict[str, Any], name: str, value: str) -> None:
    assert version_key(template, SHA, VALUES) != version_key(template, SHA, VALUES | {name: value})


@pytest.mark.parametrize("name", ["AlarmTopicArn", "SlowMilliseconds", "LogRetentionDays", "FunctionUrl", "CodeBucket",
                                  "PinnedVersion", "NewVersionWeight", "EarlierVersions"])  # fmt: skip
def test_what_does_not_reach_it_makes_none(template: dict[str, Any], name: str) -> None:
    # AWS refuses to publish a version of a function that has not changed: the whole update would fail.
    assert version_key(template, SHA, VALUES) == version_key(template, SHA, VALUES | {name: "1"})


def test_a_default_and_its_value_are_one_version(template: dict[str, Any]) -> None:
    default = str(template["Parameters"]["MemorySize"]["Default"])
    assert version_key(template, SHA, VALUES) == version_key(template, SHA, VALUES | {"MemorySize": default})
    assert version_key(template, SHA, VALUES) != version_key(template, "f" * 64, VALUES)


def test_the_key_of_a_secret_is_of_its_stack(template: dict[str, Any]) -> None:
    # Two stacks with one password do not show that they share it.
    assert version_key(template, SHA, VALUES, "crm-dev") != version_key(template, SHA, VALUES, "crm-prod")


def test_a_template_for_another_stage_is_the_same_but_for_its_version(template: dict[str, Any]) -> None:
    other = with_version(template, "f" * 64)
    assert version_id(template) == "Version0123456789ab"
    assert version_id(other) == "Versionffffffffffff"
    assert other["Resources"]["Function"]["Properties"]["Description"].endswith("(ffffffffffff)")
    alias = other["Resources"][ALIAS]["Properties"]
    assert alias["FunctionVersion"]["Fn::If"][2] == {"Fn::GetAtt": ["Versionffffffffffff", "Version"]}
    assert other["Outputs"]["NewestVersionArn"]["Value"] == {"Ref": "Versionffffffffffff"}
    assert with_version(other, SHA) == template


def test_aws_checks_what_it_publishes(template: dict[str, Any]) -> None:
    version = template["Resources"][version_id(template)]
    assert version["Properties"]["CodeSha256"] == base64.b64encode(bytes.fromhex(SHA)).decode()
    # What a failed deployment published costs money while it exists; what was live is kept for a rollback.
    assert (version["DeletionPolicy"], version["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_weights_are_taken_away_by_an_empty_list(template: dict[str, Any]) -> None:
    condition, weighted, otherwise = template["Resources"][ALIAS]["Properties"]["RoutingConfig"][
        "AdditionalVersionWeights"
    ]["Fn::If"]
    assert (condition, otherwise) == ("IsShifting", [])
    assert weighted == [
        {
            "FunctionVersion": {"Fn::GetAtt": ["Version0123456789ab", "Version"]},
            "FunctionWeight": {"Ref": "NewVersionWeight"},
        }
    ]
