"""JSONPath of conditions, hints and overlays: what RFC 9535 says, and that a query has an end."""

from __future__ import annotations

import time
from typing import Any

import pytest

from adaptgen.syntax import jsonpath as queries

# The tables of RFC 9535, 2.3.5.3 (filters), 2.4 (functions) and 1.5 (the bookstore), with the results that stand there.
FILTERED: Any = {
    "a": [3, 5, 1, 2, 4, 6, {"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}],
    "o": {"p": 1, "q": 2, "r": 3, "s": 5, "t": {"u": 6}},
    "e": "f",
}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("$.a[?@.b == 'kilo']", [{"b": "kilo"}]),
        ("$.a[?(@.b == 'kilo')]", [{"b": "kilo"}]),
        ("$.a[?@>3.5]", [5, 4, 6]),
        ("$.a[?@.b]", [{"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}]),
        ("$[?@.*]", [FILTERED["a"], FILTERED["o"]]),
        ("$[?@[?@.b]]", [FILTERED["a"]]),
        ("$.o[?@<3, ?@<3]", [1, 2, 1, 2]),
        ("$.a[?@<2 || @.b == \"k\"]", [1, {"b": "k"}]),
        ("$.a[?match(@.b, \"[jk]\")]", [{"b": "j"}, {"b": "k"}]),
        ("$.a[?search(@.b, \"[jk]\")]", [{"b": "j"}, {"b": "k"}, {"b": "kilo"}]),
        ("$.o[?@>1 && @<4]", [2, 3]),
        ("$.o[?@.u || @.x]", [{"u": 6}]),
        ("$.a[?@.b == $.x]", [3, 5, 1, 2, 4, 6]),
        ("$.a[?@ == @]", FILTERED["a"]),
        ("$[?count(@.*) == 5]", [FILTERED["o"]]),
        ("$[?length(@) == 1]", ["f"]),
    ],
)  # fmt: skip
def test_filters_of_the_rfc(query: str, expected: list[Any]) -> None:
    assert queries.compiled(query).values(FILTERED) == expected


def test_nesting_of_a_query_has_an_end() -> None:
    with pytest.raises(queries.QueryError, match="too deep"):
        queries.compiled("$[?" + "(" * 5000 + "@.a" + ")" * 5000 + "]")


@pytest.mark.parametrize(
    ("pattern", "text", "whole", "within"),
    [
        ("a.c", "abc", True, True),
        ("a.c", "a\nc", False, False),
        ("a.c", "a\rc", False, False),
        ("a[.]c", "abc", False, False),
        (r"a\.c", "xa.cx", False, True),
        (r"\p{Lu}\p{Ll}+", "Ärger", True, True),
        ("^b", "ab", False, False),
        ("(?i)a", "A", False, False),
    ],
)
def test_patterns_are_those_of_rfc_9485(pattern: str, text: str, whole: bool, within: bool) -> None:
    def selects(function: str) -> bool:
        return bool(queries.compiled(f"$[?{function}(@.t, @.p)]").values([{"t": text, "p": pattern}]))

    assert (selects("match"), selects("search")) == (whole, within)


def test_a_search_that_takes_for_ever_finds_nothing() -> None:
    text = "a" * 5000
    before = time.process_time()
    assert not queries.found("(a|aa)+$", text + "b")
    assert not queries.found("a*a*a*a*b", text)
    assert queries.compiled("$[?search(@, '(a|aa)+c')]").values([text] * 1000) == []
    assert time.process_time() - before < 5
    assert queries.found("^(a+,)*a+$", "a,aa,a")


def test_a_query_that_multiplies_nodes_has_an_end() -> None:
    value: Any = [[[[[1] * 5] * 5] * 5] * 5] * 20
    before = time.process_time()
    assert queries.compiled("$..*..*..*..*..*").values(value) == []
    assert time.process_time() - before < 10
    assert len(queries.compiled("$..*").values(value)) > 10_000


def test_a_value_that_nests_too_deep_gives_nothing_and_has_no_places() -> None:
    value: Any = {"n": 1}
    for _ in range(2000):
        value = {"in": value}
    assert queries.compiled("$..n").values(value) == []
    with pytest.raises(queries.TooMuchError, match="too deep"):
        queries.compiled("$..n").locations(value)
