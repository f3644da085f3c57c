"""Patterns of JSON Pointers (RFC 6901): which values of a document they mean, and references into it."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.syntax.json_pointer import escape, escape_key, local, matching, pattern, unescape

DOCUMENT = {
    "people": [{"name": "Ada", "a/b": 1}, {"name": "Grace", "a/b": 2}],
    "*": "a literal asterisk",
    "by~id": {"7": {"name": "Alan"}, "8": {"name": "Kurt"}},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/people/*/name", ["Ada", "Grace"]),
        ("/people/name", ["Ada", "Grace"]),
        ("/people/1/name", ["Grace"]),
        ("/people/2/name", []),
        ("/people/*/a~1b", [1, 2]),
        ("/by~0id/*/name", ["Alan", "Kurt"]),
        ("/by~0id/8/name", ["Kurt"]),
        ("/~2", ["a literal asterisk"]),
        ("*", ["a literal asterisk"]),
        ("/nobody", []),
    ],
)
def test_a_pattern_means_these_values(text: str, expected: list[Any]) -> None:
    assert list(matching(DOCUMENT, pattern(text))) == expected


@pytest.mark.parametrize("key", ["*", "a/b", "by~id", "~2", "~01", "", "plain"])
def test_a_key_comes_back_from_its_token(key: str) -> None:
    assert unescape(escape(key)) == key
    assert pattern("/" + escape_key(key)) == (key,)


def test_a_local_reference_that_leads_nowhere_is_none() -> None:
    assert local(DOCUMENT, "#/people/0/a~1b") == 1
    assert local(DOCUMENT, "#/people/9") is None
    assert local(DOCUMENT, "other.json#/people") is None
    assert local(DOCUMENT, "#anchor") is None
