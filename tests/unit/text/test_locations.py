"""A place in minified JSON is also told as a pointer, as no editor shows a column of forty thousand."""

from __future__ import annotations

import json

import pytest

from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.text.parse import parse

VALUE = {"paths": {"/a/b": {"get": {"parameters": [{"name": "x"}, {"name": "y"}]}}}, "padding": "p" * 600}
MINIFIED = json.dumps(VALUE, separators=(",", ":"))


def refused(text: str) -> Where:
    with pytest.raises(AdaptgenError) as caught:
        parse(text.encode(), "t.json", strict=True)
    where = caught.value.diagnostics[0].where
    assert where is not None
    return where


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


def test_a_key_that_occurs_twice_is_told_with_the_way_to_it() -> None:
    assert refused(MINIFIED.replace('"get":', '"get":1,"get":')).pointer == "#/paths/~1a~1b/get"
