"""References to other hosts: what they take away, and the local files that are read instead."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adaptgen import source
from adaptgen.diagnostics import AdaptgenError

URL = "https://types.example/v1/common.yaml"
COMMON = "parameters:\n  Page: {name: page, in: query, schema: {type: integer}}\nOrder: {type: object}\n"


def written(folder: Path, **paths: Any) -> Path:
    schemas = {"Order": {"$ref": f"{URL}#/Order"}, "Orders": {"items": {"$ref": "#/components/schemas/Order"}}}
    document = {
        "openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "servers": [{"url": "https://shop.example"}],
        "paths": paths, "components": {"schemas": schemas},
    }  # fmt: skip
    (folder / "specs" / "shop").mkdir(parents=True)
    (folder / "specs" / "types").mkdir()
    (folder / "specs" / "shop.json").write_text(json.dumps(document))
    return folder / "specs" / "shop.json"


def answer(ref: str) -> dict[str, Any]:
    return {"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": ref}}}}}}


PAGE = [{"$ref": f"{URL}#/parameters/Page"}]
PATHS: dict[str, Any] = {
    "/orders": {"get": {**answer("#/components/schemas/Orders"), "parameters": PAGE}},
    "/items": {"parameters": PAGE, "get": {"responses": {"200": {"description": "ok"}}}},
}


def test_what_a_reference_takes_away_is_named(tmp_path: Path) -> None:
    document = source.read(written(tmp_path, **PATHS))
    said = sorted(one.message for one in document.diagnostics if one.code == "AG011")
    end = "leads off this machine and is not followed; without it:"
    assert said == [
        f"the $ref '{URL}#/Order' {end} GET /orders (answer)",
        f"the $ref '{URL}#/parameters/Page' {end} GET /orders (inputs), GET /items (inputs)",
    ]
    helps = {one.help for one in document.diagnostics if one.code == "AG011"}
    assert helps == {f"save it below the folder of the document and map it in the hints: references: {{{URL}: FILE}}"}


def test_a_mapped_file_outside_of_the_folder_is_not_read(tmp_path: Path) -> None:
    spec = written(tmp_path, **PATHS)
    (tmp_path / "secret.yaml").write_text(COMMON)
    hints_file = tmp_path / "specs" / "shop" / "hints.yaml"
    hints_file.write_text(f"references: {{'{URL}': ../../secret.yaml}}\n")
    document = source.read_under(spec, source.read_hints(hints_file))
    assert {one.code for one in document.diagnostics} == {"AG011"}
    assert "secret" not in str(document.root)


def test_a_mapped_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    written(tmp_path, **PATHS)
    hints_file = tmp_path / "specs" / "shop" / "hints.yaml"
    hints_file.write_text(f"references: {{'{URL}': nowhere.yaml}}\n")
    with pytest.raises(AdaptgenError, match="AG001"):
        source.read_hints(hints_file)


def test_a_joined_document_reads_the_local_file_too(tmp_path: Path) -> None:
    spec = written(tmp_path, **PATHS)
    other = spec.with_name("other.json")
    other.write_text(spec.read_text())
    spec.write_text(json.dumps({"openapi": "3.0.3", "info": {"title": "Main", "version": "1"}, "paths": {}}))
    (tmp_path / "specs" / "types" / "common.yaml").write_text(COMMON)
    hints_file = tmp_path / "specs" / "shop" / "hints.yaml"
    hints_file.write_text(f"references: {{'{URL}': ../types/common.yaml}}\ndocuments: {{other: ../other.json}}\n")
    document = source.read_under(spec, source.read_hints(hints_file))
    assert [one for one in document.diagnostics if one.code == "AG011"] == []
    assert "types/common.yaml" in dict(document.inputs)
