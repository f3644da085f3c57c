"""Where a document breaks OpenAPI: told with its place, and only as a warning."""

from __future__ import annotations

from pathlib import Path

from adaptgen.source import read
from adaptgen.source.document import violations

SPEC = """\
openapi: {version}
info: {{title: Pets, version: "1"}}
paths:
  /pets:
    get:
      parameters:
        - {{name: q, in: {place}, schema: {{type: string}}}}
      responses:
        "200": {{description: fine}}
"""


def found(folder: Path, text: str) -> list[tuple[str, str, int, int]]:
    spec = folder / "pets.yaml"
    spec.write_text(text)
    said = violations(read(spec))
    return [
        (one.severity, one.code, one.where.line if one.where else 0, one.where.column if one.where else 0)
        for one in said
    ]


def test_a_valid_document_breaks_nothing(tmp_path: Path) -> None:
    for version in ("3.0.3", "3.1.0"):
        assert found(tmp_path, SPEC.format(version=version, place="query")) == []


def test_a_wrong_value_is_told_once_with_its_place(tmp_path: Path) -> None:
    assert found(tmp_path, SPEC.format(version="3.0.3", place="nowhere")) == [("warning", "AG020", 7, 21)]


def test_a_missing_member_is_named(tmp_path: Path) -> None:
    spec = tmp_path / "pets.yaml"
    spec.write_text("openapi: 3.1.0\ninfo: {title: Pets}\npaths: {}\n")
    (said,) = violations(read(spec))
    assert said.message == "version: field required"
    assert said.where is not None
    assert (said.where.line, said.where.column) == (2, 1)


def test_a_swagger_2_document_is_judged_by_its_upgrade(tmp_path: Path) -> None:
    text = 'swagger: "2.0"\ninfo: {title: Pets, version: "1"}\n'
    text += "paths: {/pets: {get: {responses: {200: {description: ok}}}}}\n"
    assert found(tmp_path, text) == []
