"""A place in minified JSON is also told as a pointer, as no editor shows a column of forty thousand."""

from __future__ import annotations

import json

import pytest

from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.text.decode import SourceText
from adaptgen.text.locations import SourceMap
from adaptgen.text.parse import parse

VALUE = {"paths": {"/a/b": {"get": {"parameters": [{"name": "x"}, {"name": "y"}]}}}, "padding": "p" * 600}
MINIFIED = json.dumps(VALUE, separators=(",", ":"))


def placed(text: str, *keys: str | int) -> Where:
    return SourceMap("t.json", "json", SourceText(text, "t.json")).where(*keys)


def refused(text: str) -> Where:
    with pytest.raises(AdaptgenError) as caught:
        parse(text.encode(), "t.json", strict=True)
    where = caught.value.diagnostics[0].where
    assert where is not None
    return where


def test_a_place_in_a_long_line_is_a_pointer_too() -> None:
    where = placed(MINIFIED, "paths", "/a/b", "get", "parameters", 1, "name")
    assert MINIFIED[where.column - 1 :].startswith('"name":"y"')
    assert str(where) == f"t.json:1:{where.column} (#/paths/~1a~1b/get/parameters/1/name)"


def test_the_pointer_leads_to_what_is_there() -> None:
    assert placed(MINIFIED, "paths", "/a/b", "post", "x").pointer == "#/paths/~1a~1b"


def test_a_line_that_a_person_reads_needs_no_pointer() -> None:
    assert placed(json.dumps(VALUE, indent=1), "paths", "/a/b").pointer == ""


@pytest.mark.parametrize(
    ("broken", "pointer"),
    [
        (MINIFIED.replace('"y"}', '"y" "z":1}'), "#/paths/~1a~1b/get/parameters/1/name"),
        (MINIFIED.replace('"get":', '"get"'), "#/paths/~1a~1b/get"),
        (MINIFIED.replace(',{"name":"y"}', ",}"), "#/paths/~1a~1b/get/parameters/1"),
    ],
)
def test_broken_json_is_told_with_the_way_to_it(broken: str, pointer: str) -> None:
    assert refused(broken).pointer == pointer


def test_of_many_keys_that_occur_twice_the_first_have_pointers() -> None:
    text = '{"x": ' + "0" + ', "x": 0' * 1000 + "}"
    found = [one.where.pointer for one in parse(text.encode(), "t.json").diagnostics if one.where]
    assert found == ["#/x"] * 40 + [""] * 960


def test_a_key_that_occurs_twice_is_told_with_the_way_to_it() -> None:
    assert refused(MINIFIED.replace('"get":', '"get":1,"get":')).pointer == "#/paths/~1a~1b/get"
