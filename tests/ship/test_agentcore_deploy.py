"""``adaptgen deploy --target agentcore``: the plan, and what AWS is asked. moto knows no runtimes, so the stack itself
is not made; cfn-lint judges the template."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from support.shipping import EMBEDDED, bundle, governed

from adaptgen.diagnostics import AdaptgenError
from adaptgen.ship.bundles.package import Bundle, code_zip
from adaptgen.ship.deployments.deployment import Deployment, Prepared
from adaptgen.ship.deployments.dry_run_clients import RecordingClients
from adaptgen.ship.deployments.planning import plan_named, plan_stage
from adaptgen.ship.deployments.stages import read_stage

GIVEN = {
    "CRM_BASE_URL": "https://crm.example",
    "CRM_USERNAME": "u",
    "CRM_PASSWORD": "p",
    "PUBLIC_URL": "https://mcp.crm.example/mcp",
    "DiscoveryUrl": "https://idp.example/.well-known/openid-configuration",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return bundle(governed(tmp_path_factory.mktemp("crm"), EMBEDDED), kind="agentcore", arch="arm64")


def test_the_zip_is_deployed_under_its_hash_and_two_stacks_are_two_runtimes(made: Bundle) -> None:
    plan = plan_named(made, "crm-prod", "bundles", GIVEN)
    sha256 = hashlib.sha256(code_zip(made)).hexdigest()
    assert (plan.code, plan.key) == (code_zip(made), f"adaptgen/crm/{sha256}.zip")
    template = json.loads(plan.template)
    assert template["Parameters"]["RuntimeName"]["Default"] == "crm_prod"
    assert template["Outputs"]["BundleSha256"] == {"Value": sha256}
    other = json.loads(plan_named(made, "crm-dev", "bundles", GIVEN).template)
    assert other["Parameters"]["RuntimeName"]["Default"] == "crm_dev"


def test_an_image_is_deployed_without_an_upload(made: Bundle) -> None:
    image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/crm@sha256:" + "ab" * 32
    repository = "arn:aws:ecr:eu-central-1:123456789012:repository/crm"
    asked: list[str] = []
    plan = plan_named(made, "crm", "bundles", {**GIVEN, "ImageUri": image, "ImageRepositoryArn": repository})
    dry = {name: RecordingClients(name, asked.append, exists=False) for name in ("s3", "cloudformation")}
    talk = Deployment(dry["s3"], dry["cloudformation"], say=asked.append, agree=lambda review: True)
    assert isinstance(talk.prepare(plan), Prepared)
    assert not any(line.startswith("s3") for line in asked)
    assert plan.parameters["ImageUri"] == image
    assert "CodeBucket" not in plan.parameters


def test_a_stage_file_says_where_it_runs(made: Bundle, tmp_path: Path) -> None:
    said: dict[str, Any] = {
        "adaptgen": 1, "account": "123456789012", "region": "eu-central-1", "bucket": "my-bundles",
        "target": "agentcore",
        "parameters": {name: one for name, one in GIVEN.items() if name not in ("CRM_PASSWORD", "CRM_USERNAME")}
        | {"CRM_PASSWORD": "${env:CRM_PASSWORD}", "CRM_USERNAME": "reader"},
    }  # fmt: skip
    (tmp_path / "prod.yaml").write_text(json.dumps(said))
    stage = read_stage(tmp_path, "prod", "crm")
    assert stage.target == "agentcore"
    plan = plan_stage(made, stage, {"CRM_PASSWORD": "p"})
    assert plan.parameters["CodeBucket"] == "my-bundles"
    (tmp_path / "prod.yaml").write_text(json.dumps(said | {"parameters": {**said["parameters"], "MemorySize": 512}}))
    with pytest.raises(AdaptgenError) as refused:  # a runtime has no memory to choose
        plan_stage(made, read_stage(tmp_path, "prod", "crm"), {"CRM_PASSWORD": "p"})
    assert [one.message for one in refused.value.diagnostics] == ["'MemorySize' is not a parameter"]
