"""The exact requests to Secrets Manager, checked against botocore's model of it: what moto does not decide."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from adaptgen.diagnostics import AdaptgenError
from adaptgen.ship.fleet.needed_secrets import NeededSecret
from adaptgen.ship.fleet.secret_store import SecretStore, explain_missing

KEY = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
CURSORS = NeededSecret("secret", "crm", "cursors", "cursors", ("crm",))
READ = {"SecretId": "crm", "VersionStage": "AWSCURRENT"}


class Calls:
    def __init__(self) -> None:
        client: Any = boto3.client(  # type: ignore[call-overload]
            "secretsmanager", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="y"
        )
        self.stub = Stubber(client)
        self.store = SecretStore(client, None, kms_key=KEY, tags={"b": "2", "a": "1"})
        self.said: list[str] = []

    def make(self) -> None:
        self.store.make_keys([CURSORS], self.said.append)


@pytest.fixture
def calls() -> Iterator[Calls]:
    found = Calls()
    with found.stub:
        yield found
        found.stub.assert_no_pending_responses()


def test_a_secret_is_created_with_the_key_and_the_tags_of_the_stage(calls: Calls) -> None:
    calls.stub.add_client_error("get_secret_value", "ResourceNotFoundException", expected_params=READ)
    calls.stub.add_response("create_secret", {}, {
        "Name": "crm", "SecretString": ANY, "KmsKeyId": KEY, "Description": "Made by adaptgen deploy",
        "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
    })  # fmt: skip
    calls.make()
    assert calls.said == ["made the key crm#cursors"]


def test_a_member_is_added_to_the_version_that_was_read(calls: Calls) -> None:
    old, new = "o" * 36, {}

    def remember(params: dict[str, Any], **_: Any) -> None:
        new.update(params)

    calls.stub.client.meta.events.register("provide-client-params.secrets-manager.PutSecretValue", remember)
    calls.stub.add_response("get_secret_value", {"SecretString": '{"other": "1"}', "VersionId": old}, READ)
    calls.stub.add_response("put_secret_value", {}, {
        "SecretId": "crm", "ClientRequestToken": ANY, "SecretString": ANY, "VersionStages": ["ADAPTGEN_NEXT"],
    })  # fmt: skip
    calls.stub.add_response("update_secret_version_stage", {}, {
        "SecretId": "crm", "VersionStage": "AWSCURRENT", "RemoveFromVersionId": old, "MoveToVersionId": ANY,
    })  # fmt: skip
    calls.make()
    assert sorted(json.loads(new["SecretString"])) == ["cursors", "other"]


def test_a_change_of_another_is_read_again(calls: Calls) -> None:
    theirs = json.dumps({"cursors": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="})
    calls.stub.add_response("get_secret_value", {"SecretString": "{}", "VersionId": "o" * 36}, READ)
    calls.stub.add_response("put_secret_value", {})
    calls.stub.add_client_error("update_secret_version_stage", "InvalidParameterException", "AWSCURRENT is elsewhere")
    calls.stub.add_response("get_secret_value", {"SecretString": theirs, "VersionId": "t" * 36}, READ)
    calls.make()
    assert calls.said == []


def test_a_first_value_becomes_current_only_where_none_is(calls: Calls) -> None:
    """The label is asked for without a version that loses it: AWS refuses that where another version is current."""
    calls.stub.add_client_error("get_secret_value", "ResourceNotFoundException", expected_params=READ)
    calls.stub.add_client_error("create_secret", "ResourceExistsException")
    calls.stub.add_client_error("get_secret_value", "ResourceNotFoundException", expected_params=READ)
    calls.stub.add_response("put_secret_value", {}, {
        "SecretId": "crm", "ClientRequestToken": ANY, "SecretString": ANY, "VersionStages": ["ADAPTGEN_NEXT"],
    })  # fmt: skip
    calls.stub.add_client_error("get_secret_value", "ResourceNotFoundException", expected_params=READ)
    calls.stub.add_response("update_secret_version_stage", {}, {
        "SecretId": "crm", "VersionStage": "AWSCURRENT", "MoveToVersionId": ANY,
    })  # fmt: skip
    calls.make()
    assert calls.said == ["made the key crm#cursors"]


def test_who_may_not_read_deploys_without_the_check(calls: Calls) -> None:
    calls.stub.add_client_error("get_secret_value", "AccessDeniedException", "hunter2", expected_params=READ)
    report = calls.store.check([CURSORS])
    assert (report.unread, report.keys, report.credentials) == ((CURSORS,), (), ())


@pytest.mark.parametrize("code", ["AccessDeniedException", "KMSAccessDeniedException", "LimitExceededException"])
def test_what_aws_refuses_is_said_without_its_text(calls: Calls, code: str) -> None:
    calls.stub.add_client_error("get_secret_value", "ResourceNotFoundException", expected_params=READ)
    calls.stub.add_client_error("create_secret", code, "hunter2")
    with pytest.raises(AdaptgenError) as problem:
        calls.make()
    assert code in str(problem.value)
    assert "hunter2" not in str(problem.value)


def test_names_are_quoted_in_commands() -> None:
    hostile = NeededSecret("secret", "a; rm -rf ~", "password", "", ("crm",))
    assert "--name 'a; rm -rf ~' --secret-string file:///dev/stdin" in explain_missing([hostile], "eu-central-1")[0]
