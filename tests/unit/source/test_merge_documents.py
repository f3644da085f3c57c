"""Several documents as one: references, paths that two of them have, security, places, and what each is called with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from adaptgen.model.plan import Plan
from adaptgen.plan import plan
from adaptgen.source import Document, read_hints, read_under

OK: dict[str, Any] = {"responses": {"200": {"description": "ok"}}}


def written(folder: Path, name: str, paths: dict[str, Any], **more: Any) -> None:
    spec = {"openapi": "3.0.3", "info": {"title": name, "version": "1"}, "paths": paths, **more}
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(spec, sort_keys=False))


def joined(folder: Path, hints: str = "documents: {other: other.yaml}\n") -> tuple[Document, Plan]:
    (folder / "hints.yaml").write_text(hints)
    said = read_hints(folder / "hints.yaml")
    document = read_under(folder / "main.yaml", said)
    return document, plan(document, said, "shop")[0]


def calls(made: Plan) -> set[tuple[str, str, str]]:
    return {(one.call.method, one.call.path, one.call.base) for one in made.server.tools if one.call is not None}


def test_a_place_is_that_in_its_own_file(tmp_path: Path) -> None:
    written(tmp_path, "main", {"/a": {"get": OK}})
    written(tmp_path, "other", {"/a": {"get": OK}})
    document, _ = joined(tmp_path)
    assert str(document.where("#/paths/~1a#other/get/responses")) == f"{tmp_path}/other.yaml:8:7"
    assert str(document.where("#/paths/~1a/get/responses")) == f"{tmp_path}/main.yaml:8:7"


def test_every_document_is_an_input(tmp_path: Path) -> None:
    written(tmp_path, "main", {"/a": {"get": OK}})
    (tmp_path / "more").mkdir()
    written(tmp_path / "more", "other", {"/b": {"$ref": "item.yaml"}})
    (tmp_path / "more" / "item.yaml").write_text(yaml.safe_dump({"get": OK}))
    document, made = joined(tmp_path, "documents: {other: more/other.yaml}\n")
    assert [name for name, _ in document.inputs] == ["main.yaml", "more/item.yaml", "more/other.yaml"]
    assert ("GET", "/b", "other") in calls(made)
