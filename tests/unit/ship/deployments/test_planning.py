"""Plans of bundles: as a stage decides alone, or as a command line names."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.shipping import EMBEDDED, PROXY, bundle, governed, write

from adaptgen.diagnostics import AdaptgenError
from adaptgen.ship.deployments.planning import check_account, open_stage, plan_named, plan_stage

PLACE = 'adaptgen: 1\naccount: "123456789012"\nregion: eu-central-1\nbucket: bundles\n'
VALUES = """\
permissions_boundary: arn:aws:iam::123456789012:policy/limit
tags: {team: a}
parameters:
  CRM_BASE_URL: https://crm.example
  CRM_USERNAME: u
  CRM_PASSWORD: "${env:PW}"
  PUBLIC_URL: https://mcp.example/mcp
"""


def stage_file(folder: Path, text: str) -> None:
    (folder / "stages").mkdir(parents=True, exist_ok=True)
    (folder / "stages" / "prod.yaml").write_text(PLACE + text)


def test_a_stage_decides_every_parameter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    server = governed(tmp_path, EMBEDDED)
    stage_file(tmp_path / "specs" / "crm", VALUES)
    stage = open_stage(Path("generated/crm"), "prod")
    plan = plan_stage(bundle(server), stage, {"PW": "hunter2"})
    assert plan.parameters == {
        "Stage": "prod", "CodeBucket": "bundles", "PermissionsBoundary": "arn:aws:iam::123456789012:policy/limit",
        "CrmBaseUrl": "https://crm.example", "CrmUsername": "u", "CrmPassword": "hunter2",
        "PublicUrl": "https://mcp.example/mcp",
    }  # fmt: skip
    assert (plan.stack, plan.keep, plan.tags, plan.account, plan.region) == (
        "crm-prod", False, {"team": "a"}, "123456789012", "eu-central-1",
    )  # fmt: skip
    assert plan.key.startswith("adaptgen/crm/")
    assert "hunter2" not in plan.template + repr(plan)


def test_what_a_stage_takes_from_the_environment_is_hidden_by_aws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    server = governed(tmp_path, EMBEDDED)
    stage_file(tmp_path / "specs" / "crm", VALUES.replace("CRM_USERNAME: u", 'CRM_USERNAME: "${env:WHO}"'))
    plan = plan_stage(bundle(server), open_stage(Path("generated/crm"), "prod"), {"PW": "x", "WHO": "anna"})
    hidden = {name for name, one in json.loads(plan.template)["Parameters"].items() if one.get("NoEcho")}
    assert hidden == {"CrmPassword", "CrmUsername"}
    assert plan.parameters["CrmUsername"] == "anna"


def test_parameters_that_the_command_sets_cannot_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    server = governed(tmp_path, EMBEDDED)
    stage_file(tmp_path / "specs" / "crm", VALUES + "  PinnedVersion: 3\n")
    with pytest.raises(AdaptgenError) as failure:
        plan_stage(bundle(server), open_stage(Path("generated/crm"), "prod"), {"PW": "x"})
    (problem,) = failure.value.diagnostics
    assert (problem.code, problem.where and problem.where.line) == ("AG110", 12)


def test_a_proxy_has_its_stages_next_to_its_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = write(tmp_path / "specs" / "front", PROXY)
    stage_file(settings.parent, "")
    stage = open_stage(Path("specs/front/governance.yaml"), "prod")
    assert (stage.stack, stage.file) == ("front-prod", "specs/front/stages/prod.yaml")


def test_a_command_line_names_what_it_changes(tmp_path: Path) -> None:
    made = bundle(governed(tmp_path, EMBEDDED))
    plan = plan_named(made, "crm-dev", "bundles", {"CRM_BASE_URL": "https://a.example", "MemorySize": "512"})
    assert plan.parameters == {"CodeBucket": "bundles", "CrmBaseUrl": "https://a.example", "MemorySize": "512"}
    assert plan.keep
    assert "CodeBucket" in json.loads(plan.template)["Parameters"]
    for name, help in (("CRM_BASE_URI", "did you mean 'CRM_BASE_URL'?"), ("EarlierVersions", ""), ("CodeBucket", "")):
        with pytest.raises(AdaptgenError) as failure:
            plan_named(made, "crm-dev", "bundles", {name: "x"})
        assert failure.value.diagnostics[0].code == "AG090"
        assert help in failure.value.diagnostics[0].help


def test_another_account_is_an_error_of_the_stage_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "specs" / "front", PROXY)
    stage_file(tmp_path / "specs" / "front", "")
    stage = open_stage(Path("specs/front/governance.yaml"), "prod")
    check_account(SimpleNamespace(get_caller_identity=lambda: {"Account": "123456789012"}), stage)
    with pytest.raises(AdaptgenError) as failure:
        check_account(SimpleNamespace(get_caller_identity=lambda: {"Account": "999999999999"}), stage)
    (problem,) = failure.value.diagnostics
    assert (problem.code, str(problem.where)) == ("AG110", "specs/front/stages/prod.yaml:2:1")
