"""Stage files: what they say, what is refused with its place, and what they make of a template's parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.ship.deployments.stages import (
    Shift,
    Stage,
    find_stages,
    parameter_values,
    read_stage,
    schema_text,
)

ROOT = Path(__file__).parents[4]
PLACE = 'adaptgen: 1\naccount: "123456789012"\nregion: eu-central-1\nbucket: bundles\n'
KNOWN: dict[str, Any] = {
    "Stage": {"Type": "String", "Default": "dev", "AllowedPattern": "[a-z][a-z0-9-]{0,15}"},
    "CodeBucket": {"Type": "String"},
    "CrmBaseUrl": {"Type": "String"},
    "CrmPassword": {"Type": "String", "NoEcho": True},
    "MemorySize": {"Type": "Number", "Default": 1024, "MinValue": 128, "MaxValue": 10240},
    "SnapStart": {"Type": "String", "Default": "None", "AllowedValues": ["PublishedVersions", "None"]},
    "SubnetIds": {"Type": "CommaDelimitedList", "Default": ""},
}
VARIABLES = {"CRM_BASE_URL": "CrmBaseUrl", "CRM_PASSWORD": "CrmPassword"}


def write(folder: Path, text: str, name: str = "prod") -> Path:
    stages = folder / "specs" / "crm" / "stages"
    stages.mkdir(parents=True, exist_ok=True)
    (stages / f"{name}.yaml").write_text(text)
    return stages


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(folder: Path, text: str) -> Stage:
    write(folder, text)
    return read_stage(Path("specs/crm/stages"), "prod", "crm")


def told(problem: AdaptgenError) -> list[str]:
    return [f"{one.where}: {one.code} {one.message} | {one.help}" for one in problem.diagnostics]


def test_every_key_becomes_a_field(tmp_path: Path) -> None:
    text = PLACE + (
        "stack: crm-live\nrole_arn: arn:aws:iam::123456789012:role/deploy\nprofile: prod\n"
        "permissions_boundary: arn:aws:iam::123456789012:policy/limit\ntags: {cost-centre: '42'}\nprotect: true\n"
        "shift: {weight: 10, for: 10m}\ngovernance: ../deployed.yaml\narch: arm64\n"
        "parameters: {CRM_BASE_URL: https://crm.example, MemorySize: 2048, FunctionUrl: false, SubnetIds: [a, b],\n"
        "             Ratio: 0.5}\n"
    )
    assert read(tmp_path, text) == Stage(
        name="prod", file="specs/crm/stages/prod.yaml", account="123456789012", region="eu-central-1",
        bucket="bundles", stack="crm-live", role_arn="arn:aws:iam::123456789012:role/deploy", profile="prod",
        permissions_boundary="arn:aws:iam::123456789012:policy/limit", tags={"cost-centre": "42"},
        parameters={"CRM_BASE_URL": "https://crm.example", "MemorySize": "2048", "FunctionUrl": "false",
                    "SubnetIds": "a,b", "Ratio": "0.5"},
        shift=Shift(10, 600.0), governance="specs/crm/deployed.yaml", arch="arm64", protect=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (PLACE + "regon: x\n", "prod.yaml:5:1: AG108 unknown key 'regon' | did you mean 'region'?"),
        (PLACE.replace('"123456789012"', "123456789012"),
         "prod.yaml:2:1: AG109 account must be a text, not the number 123456789012 | put it in quotes"),
        (PLACE.replace("123456789012", "1234"), "AG109 account: '1234' is not an account of 12 digits"),
        (PLACE.replace("eu-central-1", "Frankfurt"), "prod.yaml:3:1: AG109 region: 'Frankfurt' is not a region such"),
        (PLACE.replace("bucket: bundles\n", ""), "AG109 the file needs 'bucket'"),
        (PLACE + "role_arn: deploy\n", "prod.yaml:5:1: AG109 role_arn: 'deploy' is not the ARN of a role"),
        (PLACE + "role_arn: arn:aws:iam::999999999999:role/deploy\n", "role_arn is of account 999999999999, and this"),
        (PLACE + "shift: {weight: 100, for: 1m}\n", "prod.yaml:5:9: AG109 shift.weight must be at most 99"),
        (PLACE + "shift: {weight: 10}\n", "AG109 shift needs 'for'"),
        (PLACE + "shift: {weight: 10, for: 4h}\n", "AG109 shift.for must be at most"),
        (PLACE + "shift: {weight: 50, for: 1m, then: [{weight: 9, for: 1m}]}\n", "shift: each step has a larger"),
        (PLACE + "keep_versions: 0\n", "AG109 keep_versions must be at least 1"),
        (PLACE + "tags: {aws:x: a}\n", "AWS keeps names that begin with aws:"),
        (PLACE + "parameters: {A: }\n", "prod.yaml:5:14: AG109 parameters.A must be a text or true or false"),
        (PLACE + "parameters: {A: [\"a,b\"]}\n", "an item of a list cannot hold a comma"),
        (PLACE + "parameters: {A: \"x${env:B}\"}\n", "only a whole value can come from the environment"),
        (PLACE + "parameters: {Stage: dev}\n", "Stage is 'prod', as the file is named"),
        (PLACE + "parameters: {A: \"a\\u202eb\"}\n", "has a character that cannot be seen"),
        (PLACE + "parameters: {A: 1, A: 2}\n", "AG003"),
        (PLACE + "target: agentcore\nshift: {weight: 10, for: 10m}\n",
         "prod.yaml:6:1: AG110 calls do not move step by step on AgentCore Runtime | leave shift out"),
    ],
)  # fmt: skip
def test_every_error_has_its_place_and_a_fix(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(AdaptgenError) as failure:
        read(tmp_path, text)
    assert problem in "\n".join(told(failure.value))


def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2" * 9
    with pytest.raises(AdaptgenError) as failure:
        read(tmp_path, PLACE + f"parameters: {{CRM_BASE_URL: 'https://x.example?token={secret}'}}\n")
    (line,) = told(failure.value)
    assert line.startswith("specs/crm/stages/prod.yaml:5:14: AG109 parameters.CRM_BASE_URL holds a secret | keep it in")
    assert secret not in str(failure.value)


@pytest.mark.parametrize(
    ("name", "problem"),
    [("prdo", "AG110 there is no stage 'prdo' | did you mean 'prod'?"),
     ("../../x", "AG110 '../../x' cannot be the name of a stage")],
)  # fmt: skip
def test_a_stage_that_is_not_there(tmp_path: Path, name: str, problem: str) -> None:
    write(tmp_path, PLACE)
    with pytest.raises(AdaptgenError) as failure:
        read_stage(Path("specs/crm/stages"), name, "crm")
    assert problem in told(failure.value)[0]


def test_where_stages_are(tmp_path: Path) -> None:
    server = tmp_path / "generated" / "crm"
    server.mkdir(parents=True)
    with pytest.raises(AdaptgenError) as failure:
        find_stages(server)
    assert failure.value.diagnostics[0].code == "AG110"
    assert find_stages(server, tmp_path / "specs/shop/live.yaml") == Path("specs/shop/stages")
    lock = '{"spec": "crm.yaml", "format": 2, "inputs": {}, "files": {}, "options": {"source": "specs/crm.yaml"}}'
    (server / "adaptgen.lock").write_text(lock)
    assert find_stages(server, tmp_path / "specs/shop/live.yaml") == Path("specs/crm/stages")
    assert find_stages(Path("specs/proxy/governance.yaml")) == Path("specs/proxy/stages")


# ------------------------------------------------------------------------------------------------------- its parameters


def test_parameters_by_the_names_of_variables_or_of_the_template(tmp_path: Path) -> None:
    stage = read(tmp_path, PLACE + (
        'parameters: {CRM_BASE_URL: https://crm.example, CRM_PASSWORD: "${env:CRM_PW}", MemorySize: 512}\n'
    ))  # fmt: skip
    assert parameter_values(stage, VARIABLES, KNOWN, {"CRM_PW": "hunter2"}) == {
        "Stage": "prod", "CodeBucket": "bundles", "CrmBaseUrl": "https://crm.example", "CrmPassword": "hunter2",
        "MemorySize": "512",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ("CRM_BASE_URI: x", "prod.yaml:5:14: AG110 'CRM_BASE_URI' is not a parameter | did you mean 'CRM_BASE_URL'?"),
        ("CRM_BASE_URL: x, CrmBaseUrl: y", "prod.yaml:5:31: AG110 CrmBaseUrl is given twice"),
        ("CRM_PASSWORD: hunter2", "AG109 CRM_PASSWORD is a secret, and the file is in the repository"),
        ('CRM_PASSWORD: "${env:CRM_PW}"', "AG110 the environment variable CRM_PW is not set"),
        ('MemorySize: "${env:BASE}"', "AG109 MemorySize is a parameter of the template, and the stage file decides it"),
        ("MemorySize: 64", "AG109 MemorySize must be at least 128, not '64'"),
        ("MemorySize: much", "AG109 MemorySize must be a number, not 'much'"),
        ("SnapStart: Yes", "AG109 SnapStart must be one of PublishedVersions, None, not 'Yes'"),
        ("MemorySize: 512", "prod.yaml:5:1: AG110 CRM_BASE_URL has no value, and no default | "
                            "parameters: {CRM_BASE_URL: …}"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_template(tmp_path: Path, parameters: str, problem: str) -> None:
    stage = read(tmp_path, PLACE + f"parameters: {{{parameters}}}\n")
    with pytest.raises(AdaptgenError) as failure:
        parameter_values(stage, VARIABLES, KNOWN, {"BASE": "x"})
    assert problem in "\n".join(told(failure.value))
    assert "hunter2" not in str(failure.value)


def test_the_stages_of_the_crm_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    folder = find_stages(Path("generated/crm"))
    stages = [read_stage(folder, name, "crm") for name in ("dev", "prod")]
    assert [one.stack for one in stages] == ["crm-dev", "crm-prod"]
    assert {one.governance for one in stages} == {"specs/crm/deployed.yaml"}


def test_the_published_schema_is_that_of_the_table() -> None:
    assert (ROOT / "docs" / "stages.schema.json").read_text(encoding="utf-8") == schema_text()
