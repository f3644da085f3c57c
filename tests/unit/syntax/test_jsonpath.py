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
STORE: Any = {
    "store": {
        "book": [
            {"category": "reference", "title": "Sayings of the Century", "price": 8.95},
            {"category": "fiction", "title": "Sword of Honour", "price": 12.99},
            {"category": "fiction", "title": "Moby Dick", "isbn": "0-553-21311-3", "price": 8.99},
            {"category": "fiction", "title": "The Lord of the Rings", "isbn": "0-395-19395-8", "price": 22.99},
        ],
        "bicycle": {"color": "red", "price": 399},
    }
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


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("$", [()]),
        ("$.store.*", [("store", "book"), ("store", "bicycle")]),
        ("$..book[2].title", [("store", "book", 2, "title")]),
        ("$..book[-1]", [("store", "book", 3)]),
        ("$..book[0,1,0]", [("store", "book", 0), ("store", "book", 1)]),
        ("$..book[:2]", [("store", "book", 0), ("store", "book", 1)]),
        ("$..book[?@.isbn]", [("store", "book", 2), ("store", "book", 3)]),
        ("$.store['bicycle'][\"color\"]", [("store", "bicycle", "color")]),
        ("$.none", []),
    ],
)
def test_places_each_once(query: str, places: list[Any]) -> None:
    assert queries.compiled(query).locations(STORE) == places


@pytest.mark.parametrize("value", [None, 1, "text", True])
def test_a_value_without_members_has_itself_alone(value: Any) -> None:
    assert queries.compiled("$").values(value) == [value]
    assert queries.compiled("$[?@.n > 1]").values(value) == queries.compiled("$..n").values(value) == []


@pytest.mark.parametrize(
    "query",
    ["", "a", "$.", "$[", "$[?]", "$[?@.a ==]", "$[?'a']", "$[?@.* == 1]", "$['a", "$[?count(1) > 0]", "$ x", "$[1.5]",
     "$[?length(@.*) > 1]", "$[01]", "$.a[?nope(@)]", "$[?(@.a]", " $.a", "$.a-b", "$[9007199254740992]"],
)  # fmt: skip
def test_what_is_no_query(query: str) -> None:
    with pytest.raises(queries.QueryError, match="is not a JSONPath"):
        queries.compiled(query)


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


@pytest.mark.parametrize("pattern", ["(", "[z-a]", "a{2,1}"])
def test_patterns_that_cannot_be_read(pattern: str) -> None:
    with pytest.raises(queries.QueryError, match="cannot be read"):
        queries.pattern(pattern)
