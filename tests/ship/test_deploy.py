"""``adaptgen deploy`` against moto: create, nothing to do, update, delete; and what AWS says when it rolls back."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support import aws
from support.services import Service
from support.shipping import EMBEDDED, bundle, governed

from adaptgen.cli import main
from adaptgen.cli.ship import package as packaging
from adaptgen.ship.bundles.package import Bundle, zip_files
from adaptgen.ship.deployments.deployment import Change, Deployment, Plan
from adaptgen.ship.deployments.dry_run_clients import RecordingClients
from adaptgen.ship.stack import cloudformation, stack

SETTINGS = EMBEDDED | {"state": {"store": "dynamodb", "table": "${env:STATE_TABLE}"}}
VALUES = {
    "CrmBaseUrl": "https://crm.example",
    "CrmUsername": "u",
    "CrmPassword": "p",
    "PublicUrl": "https://mcp.crm.example/mcp",
    "FunctionUrl": "false",  # moto makes no function URLs
}


def planned(folder: Path, code: bytes = b"") -> Plan:
    """What is deployed, with a small bundle."""
    made = bundle(governed(folder, SETTINGS))
    data = zip_files({"lambda_handler.py": b"handler = print\n", "extra": code})
    sha256 = hashlib.sha256(data).hexdigest()
    key = stack.code_key(made, sha256)
    parameters = {**VALUES, "CodeBucket": "bundles"}
    return Plan("crm-dev", cloudformation.as_json(stack.plain(made, sha256)), parameters, "bundles", key, data)


class Talk:
    """A deployment, what it said and what it showed."""

    def __init__(self, s3: Any, stacks: Any, agree: bool = True) -> None:
        self.said: list[str] = []
        self.shown: list[Change] = []
        self.agreed = agree
        self.of = Deployment(s3, stacks, say=self.said.append, agree=self._agree, wait=lambda seconds: None)

    def _agree(self, changes: Any) -> bool:
        self.shown = list(changes)
        return self.agreed


@pytest.mark.slow
def test_create_nothing_update_delete(moto: Service, tmp_path: Path) -> None:
    def talk(agree: bool = True) -> Talk:
        return Talk(aws.client(moto, "s3"), aws.client(moto, "cloudformation"), agree)

    def deployed() -> Mapping[str, Any]:
        functions = aws.client(moto, "lambda").list_functions()["Functions"]
        return functions[0] if functions else {}

    plan = planned(tmp_path)
    refused = talk(agree=False)
    assert refused.of.deploy(plan) is None
    assert not deployed()

    created = talk()
    outcome = created.of.deploy(plan)
    assert outcome is not None
    assert (outcome.status, outcome.done) == ("CREATE_COMPLETE", True)
    assert {one.type for one in created.shown} >= {"AWS::Lambda::Function", "AWS::IAM::Role", "AWS::DynamoDB::Table"}
    assert deployed()["CodeSha256"] == base64.b64encode(hashlib.sha256(plan.code).digest()).decode()
    assert any("CREATE_COMPLETE" in line for line in created.said)

    again = talk()
    outcome = again.of.deploy(plan)
    assert outcome is not None
    assert (outcome.status, outcome.done, again.shown, again.said) == ("no changes", True, [], [])

    other = planned(tmp_path, code=b"more")
    updated = talk()
    outcome = updated.of.deploy(other)
    assert outcome is not None
    assert (outcome.status, outcome.done) == ("UPDATE_COMPLETE", True)
    assert deployed()["CodeSha256"] == base64.b64encode(hashlib.sha256(other.code).digest()).decode()

    deleted = talk()
    assert deleted.of.delete("crm-dev").status == "DELETE_COMPLETE"
    assert not deployed()
    assert talk().of.delete("crm-dev").status == "no changes"


# ------------------------------------------------------------------------------------------------------------ dry runs


@pytest.mark.slow
def test_a_dry_run_lists_every_call_that_a_deployment_makes(moto: Service, tmp_path: Path) -> None:
    made: list[str] = []

    def listened(name: str) -> Any:
        client = aws.client(moto, name)
        client.meta.events.register("before-call", lambda model, **_: made.append(f"{name}:{model.name}"))
        return client

    plan = replace(planned(tmp_path, code=b"dry"), stack="crm-dry")
    for act in (lambda of: of.deploy(plan), lambda of: of.delete("crm-dry")):
        made.clear()
        act(Talk(listened("s3"), listened("cloudformation")).of)
        said: list[str] = []
        deletes = "cloudformation:DeleteStack" in made
        act(
            Talk(
                RecordingClients("s3", said.append), RecordingClients("cloudformation", said.append, exists=deletes)
            ).of
        )
        assert {line.split()[0] for line in said} == set(made)


def test_the_command_asks_for_values_and_shows_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    governed(tmp_path, SETTINGS)
    small: Callable[..., Bundle] = lambda options, target: replace(  # noqa: E731
        bundle(options.what), files={"lambda_handler.py": b""}
    )
    monkeypatch.setattr(packaging, "make_bundle", small)
    command = ["deploy", "generated/crm", "--stack", "crm-dev", "--bucket", "bundles", "--dry-run"]
    assert main(command) == 2
    assert "--parameter CrmPassword=…" in capsys.readouterr().err
    named = [f"--parameter={name}={value}" for name, value in (VALUES | {"CrmPassword": "hunter2"}).items()]
    assert main([*command, *named]) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()][:4] == [
        "cloudformation:DescribeStacks", "s3:HeadBucket", "s3:HeadObject", "s3:PutObject",
    ]  # fmt: skip
    assert "hunter2" not in out
    assert "CrmPassword" in out
    # A variable's own name does as well, and one that is none is refused.
    assert main([*command, *named, "--parameter=CRM_PASSWORD=x"]) == 0
    assert main([*command, *named, "--parameter=CRM_PASWORD=x"]) == 2
