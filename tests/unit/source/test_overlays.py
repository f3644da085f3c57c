"""Overlays: what they change, what cannot be applied, and where the changed nodes stand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from adaptgen.diagnostics import AdaptgenError
from adaptgen.source import Document, read, read_hints

SPEC = """\
openapi: 3.0.3
info: {title: Pets, version: "1"}
x-shared: &common
  - {name: a, in: query}
  - {name: dummy, in: query}
paths:
  /pets:
    get:
      parameters: *common
      responses: {"200": {description: ok}}
  /owners:
    get:
      parameters: *common
      responses: {"200": {description: ok}}
"""


def applied(folder: Path, actions: str, version: str = "1.0.0", head: str = "") -> Document:
    (folder / "pets.yaml").write_text(SPEC)
    text = f"overlay: {version}\ninfo: {{title: T, version: '1'}}\n{head}actions:\n{actions}"
    (folder / "o.yaml").write_text(text)
    return read(folder / "pets.yaml", [folder / "o.yaml"])


def test_a_reference_that_an_overlay_adds_is_followed(tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text("get: {responses: {'200': {description: from another file}}}\n")
    made = applied(tmp_path, "- {target: $.paths, update: {/more: {$ref: more.yaml}}}")
    assert made.deref(made.root["paths"]["/more"])["get"]["responses"]["200"]["description"] == "from another file"


def test_what_an_overlay_says_has_its_place_there(tmp_path: Path) -> None:
    actions = """\
- target: $.paths['/pets'].get.parameters[0]
  remove: true
- target: $.paths['/pets']
  update:
    post:
      summary: Add
"""
    made = applied(tmp_path, actions)
    assert str(made.where("#/paths/~1pets/post/summary")) == f"{tmp_path}/o.yaml:8:5"
    # The entries of a list from which one was taken stand where the list does.
    assert str(made.where("#/paths/~1pets/get/parameters/0")) == f"{tmp_path}/pets.yaml:9:7"
    assert str(made.where("#/paths/~1owners/get/parameters/1")) == f"{tmp_path}/pets.yaml:5:5"


def test_the_overlay_is_an_input(tmp_path: Path) -> None:
    (tmp_path / "specs" / "pets").mkdir(parents=True)
    (tmp_path / "specs" / "pets.yaml").write_text(SPEC)
    overlay = tmp_path / "specs" / "pets" / "o.yaml"
    overlay.write_text("{overlay: 1.0.0, info: {title: T, version: '1'}, actions: [{target: $, update: {x-a: 1}}]}")
    (tmp_path / "specs" / "pets" / "hints.yaml").write_text("overlays: [o.yaml]\n")
    said = read_hints(tmp_path / "specs" / "pets" / "hints.yaml")
    assert [name for name, _ in read(tmp_path / "specs" / "pets.yaml", said.overlays).inputs] == [
        "pets.yaml",
        "pets/o.yaml",
    ]


def test_swagger_2_is_changed_as_it_is_written(tmp_path: Path) -> None:
    spec = {"swagger": "2.0", "info": {"title": "T", "version": "1"}, "host": "a.example", "paths": {}}
    (tmp_path / "old.yaml").write_text(yaml.safe_dump(spec))
    (tmp_path / "o.yaml").write_text(
        "{overlay: 1.0.0, info: {title: T, version: '1'}, actions: [{target: $, update: {basePath: /v2}}]}"
    )
    made = read(tmp_path / "old.yaml", [tmp_path / "o.yaml"])
    assert made.root["servers"][0]["url"].endswith("a.example/v2")


def test_an_overlay_of_another_document_is_a_warning(tmp_path: Path) -> None:
    (said,) = applied(tmp_path, "- {target: $.info, update: {x-a: 1}}", head="extends: ./other.yaml\n").diagnostics
    assert (said.code, said.severity, str(said.where)) == ("AG014", "warning", f"{tmp_path}/o.yaml:3:1")


@pytest.mark.parametrize(
    ("actions", "line", "said"),
    [
        ("- {update: {}}", 4, "target is required"),
        ("- {target: 'paths', update: {}}", 4, "the JSONPath cannot be read"),
        ("- {target: '$[?', update: {}}", 4, "the JSONPath cannot be read"),
        ("- {target: $, update: {}, remove: true}", 4, "not update and remove"),
        ("- {target: $}", 4, "does nothing"),
        ("- {target: $, remove: 1}", 4, "remove is true or false"),
        ("- {target: $, remove: true}", 4, "whole document"),
        ("- {target: $, copy: $.info}", 4, "copy is of Overlay 1.1"),
        ("- {target: $.info, update: [1]}", 4, "a list cannot take the place of an object"),
        ("- {target: $.info, update: {title: {a: 1}}}", 4, "an object cannot take the place of a value"),
        ("- {target: $, updte: {}}", 4, "no key 'updte'"),
        ("- nothing", 4, "an action is a mapping"),
    ],
)
def test_what_cannot_be_applied_is_an_error_with_its_place(tmp_path: Path, actions: str, line: int, said: str) -> None:
    with pytest.raises(AdaptgenError) as refused:
        applied(tmp_path, actions)
    first = refused.value.diagnostics[0]
    assert (first.code, said in first.message) == ("AG014", True)
    assert first.where is not None
    assert first.where.line == line


@pytest.mark.parametrize(
    "text",
    ["[]", "{}", "{overlay: 2.0.0, info: {title: T, version: '1'}, actions: [{target: $, update: {}}]}",
     "{overlay: 1.0.0, actions: [{target: $, update: {}}]}", "{overlay: 1.0.0, info: {title: T, version: '1'}}"],
)  # fmt: skip
def test_what_is_no_overlay_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "pets.yaml").write_text(SPEC)
    (tmp_path / "o.yaml").write_text(text)
    with pytest.raises(AdaptgenError) as refused:
        read(tmp_path / "pets.yaml", [tmp_path / "o.yaml"])
    assert {one.code for one in refused.value.diagnostics} == {"AG014"}


def test_a_search_that_does_not_end_is_refused_with_the_place_of_the_query(tmp_path: Path) -> None:
    text = "a" * 5000 + "b"
    (tmp_path / "pets.json").write_text(json.dumps({"openapi": "3.0.3", "info": {"title": text}, "paths": {}}))
    head = "overlay: 1.0.0\ninfo: {title: T, version: '1'}\nactions:\n"
    (tmp_path / "o.yaml").write_text(head + "- {target: \"$.info[?search(@, '(a|aa)+$')]\", remove: true}\n")
    with pytest.raises(AdaptgenError) as refused:
        read(tmp_path / "pets.json", [tmp_path / "o.yaml"])
    (first,) = refused.value.diagnostics
    assert (first.code, "cannot be looked for" in first.message, str(first.where)) == (
        "AG014", True, f"{tmp_path}/o.yaml:4:4",
    )  # fmt: skip


def test_a_missing_overlay_is_named_where_the_hints_do(tmp_path: Path) -> None:
    (tmp_path / "hints.yaml").write_text("overlays:\n  - gone.yaml\n")
    with pytest.raises(AdaptgenError) as refused:
        read_hints(tmp_path / "hints.yaml")
    (first,) = refused.value.diagnostics
    assert (first.code, str(first.where)) == ("AG001", f"{tmp_path}/hints.yaml:2:5")
