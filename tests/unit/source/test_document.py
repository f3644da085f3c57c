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


def test_a_document_that_is_gone_still_has_its_name(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(YAML, encoding="utf-8")
    document = read(path)
    path.unlink()
    assert document.where("#/paths") == Where(path.as_posix())
