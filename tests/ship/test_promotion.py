"""The same artefact in the next stage: on two servers of moto, which are two accounts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import aws
from support.shipping import EMBEDDED, bundle, governed

from adaptgen.diagnostics import AdaptgenError
from adaptgen.ship.bundles.package import zip_files
from adaptgen.ship.deployments.deployment import Deployment, Plan
from adaptgen.ship.deployments.live import Versions
from adaptgen.ship.deployments.promotion import Artefact, check_architecture, plan_promotion, read_artefact
from adaptgen.ship.deployments.stack_state import read_stack
from adaptgen.ship.deployments.stages import Stage
from adaptgen.ship.stack import cloudformation, stack

pytestmark = pytest.mark.slow
VALUES = {
    "CRM_BASE_URL": "https://crm.example",
    "CRM_USERNAME": "u",
    "CRM_PASSWORD": "${env:CRM_PASSWORD}",
    "PUBLIC_URL": "https://mcp.crm.example/mcp",
    "FunctionUrl": "false",  # moto makes no function URLs
}
CODE = zip_files({"lambda_handler.py": b"handler = print\n"})
SHA = hashlib.sha256(CODE).hexdigest()


class Account:
    """One of them, with a bucket."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.service = aws.start(folder)
        self.s3, self.stacks, self.lambdas = (
            aws.client(self.service, one) for one in ("s3", "cloudformation", "lambda")
        )
        self.s3.create_bucket(Bucket=f"bundles-{name}", CreateBucketConfiguration={"LocationConstraint": aws.REGION})

    def deploy(self, plan: Plan) -> str:
        talk = Deployment(
            self.s3, self.stacks, say=lambda line: None, agree=lambda changes: True, wait=lambda seconds: None
        )
        outcome = talk.deploy(plan)
        assert outcome is not None
        return outcome.status

    def stage(self, **parameters: str) -> Stage:
        return Stage(
            self.name, f"specs/crm/stages/{self.name}.yaml", "123456789012", aws.REGION, f"bundles-{self.name}",
            f"crm-{self.name}", parameters=VALUES | parameters,
        )  # fmt: skip

    def artefact(self, name: str = "") -> Artefact:
        return read_artefact(self.stacks, self.lambdas, self.s3, name or f"crm-{self.name}")


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Account, Account]]:
    """dev, where the bundle runs, and prod, which is empty."""
    started: list[Account] = []
    try:
        for name in ("dev", "prod"):
            started.append(Account(tmp_path_factory.mktemp(name), name))
        dev, prod = started
        made = bundle(governed(tmp_path_factory.mktemp("server"), EMBEDDED))
        values = {"CrmBaseUrl": "https://dev.example", "CrmUsername": "u", "CrmPassword": "dev", "Stage": "dev",
                  "PublicUrl": "https://mcp.example/mcp", "FunctionUrl": "false",
                  "CodeBucket": "bundles-dev"}  # fmt: skip
        template = cloudformation.as_json(stack.plain(made, SHA))
        plan = Plan("crm-dev", template, values, "bundles-dev", stack.code_key(made, SHA), CODE)
        assert dev.deploy(plan) == "CREATE_COMPLETE"
        yield dev, prod
    finally:
        for one in started:
            one.service.stop()


def running(account: Account, name: str) -> Any:
    now = read_stack(account.stacks, name)
    assert now is not None
    return Versions(account.lambdas, now.function).published()[0]


def test_prod_runs_what_dev_runs(accounts: tuple[Account, Account]) -> None:
    dev, prod = accounts
    artefact = dev.artefact()
    assert (artefact.sha256, artefact.arch) == (SHA, "x86_64")
    plan = plan_promotion(artefact, prod.stage(MemorySize="2048"), {"CRM_PASSWORD": "prod"})
    assert prod.deploy(plan) == "CREATE_COMPLETE"
    assert running(prod, "crm-prod").sha256 == running(dev, "crm-dev").sha256 == SHA
    key = f"adaptgen/crm/{SHA}.zip"
    assert prod.s3.get_object(Bucket="bundles-prod", Key=key)["Body"].read() == CODE
    (function,) = prod.lambdas.list_functions()["Functions"]
    assert function["MemorySize"] == 2048
    assert function["Environment"]["Variables"]["CRM_BASE_URL"] == "https://crm.example"
    assert function["Environment"]["Variables"]["ADAPTGEN_STAGE"] == "prod"
    assert function["Environment"]["Variables"]["CRM_PASSWORD"] == "prod"
    assert prod.deploy(plan) == "no changes"
    # What was promoted can be promoted again.
    assert prod.artefact().sha256 == SHA


def test_a_stage_without_a_value_is_refused(accounts: tuple[Account, Account]) -> None:
    dev, prod = accounts
    stage = prod.stage()
    values = {name: one for name, one in stage.parameters.items() if name != "CRM_BASE_URL"}
    less = Stage(stage.name, stage.file, stage.account, stage.region, stage.bucket, stage.stack, parameters=values)
    with pytest.raises(AdaptgenError, match="CRM_BASE_URL has no value"):
        plan_promotion(dev.artefact(), less, {"CRM_PASSWORD": "prod"})


def test_another_processor_is_refused(accounts: tuple[Account, Account]) -> None:
    artefact = accounts[0].artefact()
    check_architecture(artefact, "", None)
    check_architecture(artefact, "x86_64", read_stack(accounts[0].stacks, "crm-dev"))
    with pytest.raises(AdaptgenError, match="the stage says arm64") as problem:
        check_architecture(artefact, "arm64", None)
    assert [one.code for one in problem.value.diagnostics] == ["AG115"]


def refused(account: Account) -> str:
    with pytest.raises(AdaptgenError) as problem:
        account.artefact()
    assert [one.code for one in problem.value.diagnostics] == ["AG115"]
    return problem.value.diagnostics[0].message


def test_an_object_that_is_not_what_its_name_says(accounts: tuple[Account, Account]) -> None:
    dev, _ = accounts
    key = f"adaptgen/crm/{SHA}.zip"
    dev.s3.put_object(Bucket="bundles-dev", Key=key, Body=b"something else")
    try:
        found = hashlib.sha256(b"something else").hexdigest()
        assert refused(dev) == f"s3://bundles-dev/{key} has the hash {found}, and not that of its name"
    finally:
        dev.s3.put_object(Bucket="bundles-dev", Key=key, Body=CODE)


def test_a_function_that_somebody_changed(accounts: tuple[Account, Account]) -> None:
    dev, _ = accounts
    now = read_stack(dev.stacks, "crm-dev")
    assert now is not None
    dev.lambdas.update_function_code(FunctionName=now.function, ZipFile=zip_files({"other.py": b""}))
    number = dev.lambdas.publish_version(FunctionName=now.function)["Version"]
    versions = Versions(dev.lambdas, now.function)
    versions.move(number)
    try:
        assert "version 2 has all calls, and its stack says version 1" in refused(dev)
    finally:
        versions.move(now.newest)


def test_no_stack(accounts: tuple[Account, Account]) -> None:
    with pytest.raises(AdaptgenError, match="there is no stack crm-test with a function"):
        accounts[0].artefact("crm-test")
