"""A document at a URL: ``pull`` makes a project of it, ``inspect`` reads it; what needs a file says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from regenerate import year
from support.web import Asked, Said, Web, web

from adaptgen.cli import main

SPEC, HINTS = Path("specs/harbour_orders.yaml"), Path("specs/harbour_orders/hints.yaml")


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def answer(asked: Asked) -> Said:
        return Said(year.BASE.encode()) if asked.path == "/v1/openapi.yaml" else Said({"detail": "no"}, 404)

    with web(answer) as server:
        yield server


def test_a_url_becomes_a_project(source: Web, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pull", f"{source.url}/v1/openapi.yaml"]) == 0
    assert SPEC.read_text() == year.BASE
    command = capsys.readouterr().out.splitlines()[-1].removeprefix("next: adaptgen ")
    assert main(command.split()) == 0
    assert Path("generated/harbour_orders/server.py").is_file()
    capsys.readouterr()
    assert main(["pull"]) == 0
    assert capsys.readouterr().out == "specs/harbour_orders.yaml is unchanged\n"


def test_a_url_that_was_pulled_is_pulled_again_as_its_document(source: Web, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"{source.url}/v1/openapi.yaml"
    assert main(["pull", url]) == 0
    said = HINTS.read_text() + "tools: {}\n"
    HINTS.write_text(said)
    assert main(["pull", url]) == 0
    assert capsys.readouterr().out.endswith("specs/harbour_orders.yaml is unchanged\n")
    assert HINTS.read_text() == said


@pytest.mark.parametrize("there", [SPEC, HINTS])
def test_another_document_is_not_overwritten(source: Web, there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there.parent.mkdir(parents=True)
    there.write_text("mine: true\n" if there == SPEC else "source: {url: 'https://elsewhere.example/'}\n")
    before = there.read_bytes()
    assert main(["pull", f"{source.url}/v1/openapi.yaml"]) == 2
    assert there.read_bytes() == before
    assert "-o specs/NAME.yaml" in capsys.readouterr().err
    assert main(["pull", f"{source.url}/v1/openapi.yaml", "-o", "specs/second.yaml"]) == 0
    assert Path("specs/second/hints.yaml").is_file()


def test_a_check_of_a_url_writes_nothing(source: Web) -> None:
    assert main(["pull", "--check", f"{source.url}/v1/openapi.yaml"]) == 1
    assert not Path("specs").exists()


def test_what_may_be_a_credential_is_neither_kept_nor_shown(source: Web, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("build", "init"):
        assert main([command, "https://ada:hunter2@docs.example/openapi.yaml?token=s3cr3t-1"]) == 2
    assert main(["pull", f"{source.url}/v1/openapi.yaml?token=s3cr3t-1"]) == 0
    printed = capsys.readouterr()
    assert "adaptgen pull 'https://…@docs.example/openapi.yaml?token=…'" in printed.err
    assert "hints name no source" in printed.out
    for text in (printed.out, printed.err, *(path.read_text() for path in Path("specs").rglob("*.yaml"))):
        assert "hunter2" not in text
        assert "s3cr3t" not in text


def test_a_url_is_inspected_and_its_places_can_be_opened(source: Web, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", f"{source.url}/v1/openapi.yaml", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    places = [finding["where"] for finding in report["findings"] if finding.get("where")]
    assert places
    assert all(Path(place.split(":")[0]).is_file() for place in places)
    assert not Path("specs").exists()


def test_an_address_on_another_machine_needs_https(source: Web, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["pull"], ["inspect"], ["serve"]):
        assert main([*command, "http://docs.example/openapi.yaml"]) == 2
        assert main([*command, "http://169.254.169.254/openapi.yaml"]) == 2
        assert capsys.readouterr().err.count("AG056") == 2
