"""What an argument must not do: leave its path segment, break a header, end a cookie."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.model.tables import Param
from adaptgen.runtime import ToolError
from adaptgen.runtime.http import parameters as serialize


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00b", "\x7f", "naïve", ["ok", "no\n"]])
def test_a_header_argument_that_breaks_the_header_is_refused(value: Any) -> None:
    with pytest.raises(ToolError, match="`tag`"):
        serialize.header(Param("X-Tag"), value, "tag")


def test_json_in_a_header_is_ascii() -> None:
    assert serialize.header(Param("X-Filter", encode="json"), {"n": "ü\n"}, "f") == '{"n":"\\u00fc\\n"}'


def test_a_cookie_argument_cannot_end_its_cookie() -> None:
    assert serialize.cookie(Param("c"), 'a; b="c"') == ["c=a%3B%20b=%22c%22"]
