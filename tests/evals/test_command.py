"""``adaptgen eval``: exit codes, and what people read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adaptgen.cli.entry import main

from .conftest import Crms


@pytest.fixture
def project(crms: Crms, monkeypatch: pytest.MonkeyPatch) -> Path:
    crms.build()
    root = crms.specs.parent
    monkeypatch.chdir(root)
    return root


def test_one_layer_and_some_cases(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "generated/crm", "--layer", "L2", "--case", "one-*", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert {one["layer"] for one in result["checks"]} == {"L2"}
    assert {one["subject"] for one in result["checks"]} == {
        "one-contact", "one-contract", "one-customer", "one-invoice", "one-opportunity", "one-product", "one-ticket",
    }  # fmt: skip


def test_under_the_bar_is_a_finding(project: Path) -> None:
    assert main(["eval", "generated/crm", "--fail-under", "90"]) == 0
    assert main(["eval", "generated/crm", "--fail-under", "99"]) == 1


def test_a_failed_check_is_a_finding_with_its_place_and_fix(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = project / "specs" / "crm" / "evals" / "lookups.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("$.invoiceNo: R25-41209", "$.invoiceNo: R25-41210"))
    assert main(["eval", "generated/crm", "--case", "one-invoice"]) == 1
    said = capsys.readouterr().out
    assert "L2 one-invoice: oracle.answer" in said
    assert "'R25-41210' is expected, not 'R25-41209'" in said
    assert "at specs/crm/evals/lookups.yaml:" in said
    assert "fix: " in said


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--case", "one-invoce"], "AG102", "did you mean 'one-invoice'?"),
        (["--cases", "specs"], "AG102", "there are no cases"),
        (["--allow-writes"], "AG058", "--live --allow-writes"),
    ],
)
def test_bad_input(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: str, message: str
) -> None:
    (project / "specs" / "crm.yaml").unlink()
    assert main(["eval", "generated/crm", *arguments]) == 2
    said = capsys.readouterr().err
    assert code in said
    assert message in said


def test_a_wrong_file_of_cases_is_bad_input_with_its_place(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "specs" / "crm" / "evals" / "wrong.yaml").write_text("cases:\n  one: {question: a, call: []}\n")
    assert main(["eval", "generated/crm"]) == 2
    said = capsys.readouterr().err
    assert "specs/crm/evals/wrong.yaml:2:22: error AG100" in said
    assert "did you mean 'calls'?" in said
