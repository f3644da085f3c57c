"""What an argument must not do: leave its path segment, break a header, end a cookie."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.model.tables import Param
from adaptgen.runtime import ToolError
from adaptgen.runtime.http import parameters as serialize


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a?b#c", "a%3Fb%23c"),
        ("a;b=c:d@e", "a%3Bb%3Dc%3Ad%40e"),
        ("ü ", "%C3%BC%20"),
        ("..a", "..a"),
        ("1.0", "1.0"),
        (7, "7"),
        (True, "true"),
    ],
)
def test_a_path_argument_stays_in_its_segment(value: Any, expected: str) -> None:
    assert serialize.path(Param("id"), value, "id") == expected


@pytest.mark.parametrize(("value", "expected"), [("a/b", "a%2Fb"), ("a%2fb", "a%252fb")])
def test_separators_that_values_hold_are_encoded(value: str, expected: str) -> None:
    assert serialize.path(Param("id", holds="/"), value, "id") == expected
    with pytest.raises(ToolError, match="may not hold `/`"):
        serialize.path(Param("id"), value, "id")


@pytest.mark.parametrize(
    "value",
    [
        "../admin",
        "..",
        ".",
        "a/../../b",
        "..\\admin",
        "%2e%2e/admin",
        "%2e%2e%2fadmin",
        "%252e%252e%252fx",
        "",
        [],
        None,
        "a\r\nb",
        "a\x00",
        "a%00",
        ["..", "x"],
    ],
)
def test_a_path_argument_that_would_lead_elsewhere_is_refused(value: Any) -> None:
    with pytest.raises(ToolError, match="`record_id`"):
        serialize.path(Param("id"), value, "record_id")


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00b", "\x7f", "naïve", ["ok", "no\n"]])
def test_a_header_argument_that_breaks_the_header_is_refused(value: Any) -> None:
    with pytest.raises(ToolError, match="`tag`"):
        serialize.header(Param("X-Tag"), value, "tag")


def test_json_in_a_header_is_ascii() -> None:
    assert serialize.header(Param("X-Filter", encode="json"), {"n": "ü\n"}, "f") == '{"n":"\\u00fc\\n"}'


def test_a_cookie_argument_cannot_end_its_cookie() -> None:
    assert serialize.cookie(Param("c"), 'a; b="c"') == ["c=a%3B%20b=%22c%22"]
