"""JSONPath of conditions, held against another implementation of RFC 9535."""

from __future__ import annotations

from typing import Any

import jsonpath_rfc9535
import pytest

from adaptgen import queries

STORE: Any = {
    "store": {
        "books": [
            {"title": "One", "price": 8.95, "tags": ["a", "b"], "isbn": "0-1", "sold": True},
            {"title": "Two", "price": 12.99, "tags": [], "stock": None},
            {"title": "Three", "price": 22, "tags": ["b"], "author": {"name": "Ada"}, "sold": False},
        ],
        "a.b": {"it's": 1},
        "limit": 12.99,
    },
    "count": 3,
    "names": ["ä", "b", "c"],
    "empty": {},
}
_QUERIES = """
$ $.store $.store.limit $['store']["a.b"] $.store['a.b']["it's"] $.store.* $..price $..* $..[0] $..tags[-1]
$.names[0] $.names[-1] $.names[5] $.names[1:] $.names[::-1] $.names[0,2] $.names[:2:1] $.names[2:0:-1] $.names[::0]
$.store.books[?@.price<10] $.store.books[?@.sold] $.store.books[?!@.sold] $.store.books[?@.sold==true]
$.store.books[?@.sold==false] $.store.books[?@.stock==null] $.store.books[?@.stock]
$.store.books[?@.price==$.store.limit] $.store.books[?@.price>=12.99&&@.price<=22] $.store.books[?@.nope==@.none]
$.store.books[?@.title=='Two'||@.isbn=="0-1"] $.store.books[?(@.price<10||@.price>20)&&@.title!='x']
$.store.books[?length(@.tags)>1] $.store.books[?count(@.tags[*])==1] $.store.books[?length(@.title)==3]
$.store.books[?match(@.title,'T.*')] $.store.books[?search(@.title,'o')] $.store.books[?value(@..name)=='Ada']
$[?count(@.books)>0] $.store.books[?@.author.name] $.store.books[?@.tags[?@=='b']] $.names[?@>'a'] $.empty.*
$.count.x $.store.books[?@.price<='z'] $.store.books[?@['title']=='One'] $.store.books[0]['title','price']
$..books[?@.price].title
"""


@pytest.mark.parametrize("query", _QUERIES.split())
def test_selects_what_another_implementation_selects(query: str) -> None:
    assert queries.compiled(query)(STORE) == jsonpath_rfc9535.find(query, STORE).values()


@pytest.mark.parametrize("query", ["$.a", "$[?@.n>1]", "$..n", "$[*]", "$[0]"])
@pytest.mark.parametrize("value", [None, 1, "text", [], [[]], {"n": 2}, [{"n": 2}, {"n": True}]])
def test_values_of_every_type(query: str, value: Any) -> None:
    expected = jsonpath_rfc9535.find(query, value).values() if isinstance(value, (list, dict, str)) else []
    assert queries.compiled(query)(value) == expected


@pytest.mark.parametrize(
    "query",
    ["", "a", "$.", "$[", "$[?]", "$[?@.a ==]", "$[?'a']", "$[?@.* == 1]", "$['a", "$[?count(1) > 0]", "$ x", "$[1.5]",
     "$[?length(@.*) > 1]", "$[01]", "$.a[?nope(@)]", "$[?(@.a]"],
)  # fmt: skip
def test_what_is_no_query(query: str) -> None:
    with pytest.raises(queries.QueryError):
        queries.compiled(query)


@pytest.mark.parametrize("pattern", ["(a*)*", "(a+)+b", "(?:a|b+)*", "((a{2,})b)+", "(.*,){30,}"])
def test_patterns_that_may_take_for_ever_are_refused(pattern: str) -> None:
    with pytest.raises(queries.QueryError, match="for ever"):
        queries.safe_pattern(pattern)


@pytest.mark.parametrize("pattern", ["^2..$", "a+b*c?", "(ab){1,3}c*", "[a-z]+@[a-z]+", "(?:DONE|FAILED)"])
def test_usual_patterns_are_taken(pattern: str) -> None:
    assert queries.safe_pattern(pattern).pattern == pattern


def test_nesting_has_an_end() -> None:
    with pytest.raises(queries.QueryError, match="too deep"):
        queries.compiled("$[?" + "(" * 100 + "@.a" + ")" * 100 + "]")
