"""Pointers, references and places of a document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptgen.diagnostics import Where
from adaptgen.source import Document, read
from adaptgen.syntax import json_pointer as pointers

SAMPLE = {"a/b": {"m~n": [10, {"": 1}]}, "%41": 2, "B": 3, "paths": {"/x y": {"get": 4}}}


# RFC 6901, sections 4 to 6.
@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("#/a~1b/m~0n/0", 10),
        ("/a~1b/m~0n/1/", 1),
        ("#/%41", 2),
        ("#/%42", 3),
        ("#/paths/~1x%20y/get", 4),
        ("#/paths/%2Fx%20y/get", 4),
        ("#/paths/%7E1x%20y/get", 4),
    ],
)
def test_pointers_lead_to_values(pointer: str, value: Any) -> None:
    assert Document(SAMPLE).get(pointer) == value


@pytest.mark.parametrize(
    "pointer", ["#/c", "#/a~1b/m~0n/2", "#/a~1b/m~0n/-1", "#/a~1b/m~0n/00", "#/B/x", "#anchor", "B"]
)
def test_pointers_to_nothing_are_lookup_errors(pointer: str) -> None:
    with pytest.raises(LookupError):
        Document(SAMPLE).get(pointer)


@given(st.lists(st.text(), max_size=5))
def test_pointers_are_read_back(tokens: list[str]) -> None:
    assert pointers.split(pointers.join(*tokens)) == tokens


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5))
def test_every_value_is_at_its_own_pointer(tokens: list[str]) -> None:
    root: Any = "leaf"
    for token in reversed(tokens):
        root = {token: root}
    assert Document(root).get(pointers.join(*tokens)) == "leaf"


def test_chains_of_references_are_followed() -> None:
    document = Document({"a": {"$ref": "#/b"}, "b": {"$ref": "#/c"}, "c": {"type": "string"}})
    assert document.deref({"$ref": "#/a"}) == {"type": "string"}


def test_pointers_may_go_through_references() -> None:
    document = Document({"a": {"$ref": "#/b"}, "b": {"c": {"$ref": "#/d"}}, "d": {"e": 1}})
    assert document.get("#/a/c/e") == 1


@pytest.mark.parametrize("node", [None, True, 3, [], {}, {"$ref": {"type": "string"}}, {"$ref": 1}])
def test_what_is_no_reference_is_itself(node: Any) -> None:
    assert Document({}).deref(node) is node


@pytest.mark.parametrize("ref", ["#/self", "#/one", "#/missing", "other.yaml", "https://x.example/y", "#/in/x"])
def test_references_without_an_end_are_lookup_errors(ref: str) -> None:
    root = {"self": {"$ref": "#/self"}, "one": {"$ref": "#/two"}, "two": {"$ref": "#/one"}, "in": {"$ref": "#/in/x"}}
    with pytest.raises(LookupError):
        Document(root).deref({"$ref": ref})


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdef/")))
def test_any_graph_of_references_ends(edges: dict[str, str]) -> None:
    document = Document({name: {"$ref": f"#/{to}/{name}" if to == "/" else f"#/{to}"} for name, to in edges.items()})
    for name in edges:
        with pytest.raises(LookupError):
            document.deref({"$ref": f"#/{name}"})


YAML = """\
openapi: 3.0.3
info:
  title: x
paths:
  /a:
    get: {operationId: one, tags: [x, y]}
    "parameters":
      - name: p
        in: query
      - {name: q}
"""

JSON = """\
{
  "openapi": "3.0.3",
  "info": {"title": "\\u00fc\\"{[", "x": [{}, []]},
  "paths": {
    "/a": {"get": {"operationId": "one", "tags": ["x", "y"]},
      "parameters": [
        {"name": "p", "in": "query"},
        {"name": "q"}
      ]
    }
  }
}
"""


@pytest.mark.parametrize(
    ("pointer", "yaml", "json"),
    [
        ("#", (1, 1), (1, 1)),
        ("#/info/title", (3, 3), (3, 12)),
        ("#/paths/~1a", (5, 3), (5, 5)),
        ("#/paths/~1a/get/operationId", (6, 11), (5, 20)),
        ("#/paths/~1a/get/tags/1", (6, 39), (5, 56)),
        ("#/paths/~1a/parameters/0/in", (9, 9), (7, 23)),
        ("#/paths/~1a/parameters/1", (10, 9), (8, 9)),
        ("#/paths/~1a/parameters/1/schema/type", (10, 9), (8, 9)),
        ("#/paths/~1b/get", (4, 1), (4, 3)),
    ],
)
def test_places_are_those_of_the_key_or_its_nearest_ancestor(
    tmp_path: Path, pointer: str, yaml: tuple[int, int], json: tuple[int, int]
) -> None:
    for name, text, place in (("t.yaml", YAML, yaml), ("t.json", JSON, json)):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        assert read(path).where(pointer) == Where(path.as_posix(), *place)


def test_places_inside_of_an_alias_are_those_of_its_anchor(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("openapi: 3.0.3\nx-a: &a\n  get: {x: 1}\npaths:\n  /a: *a\n", encoding="utf-8")
    document = read(path)
    assert document.where("#/paths/~1a").line == 5
    assert document.where("#/paths/~1a/get/x") == Where(path.as_posix(), 3, 9)


def test_a_document_that_is_gone_still_has_its_name(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(YAML, encoding="utf-8")
    document = read(path)
    path.unlink()
    assert document.where("#/paths") == Where(path.as_posix())
