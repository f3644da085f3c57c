"""The table of OpenAPI 3.1.1, "Style Examples", as written there (RFC 6570 decides the encoding)."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.model.tables import Param
from adaptgen.runtime.http import parameters as serialize

STRING: Any = "blue"
ARRAY: Any = ["blue", "black", "brown"]
OBJECT: Any = {"R": 100, "G": 200, "B": 150}


@pytest.mark.parametrize(
    ("style", "explode", "value", "expected"),
    [
        ("form", False, "", "color="),
        ("form", False, STRING, "color=blue"),
        ("form", False, ARRAY, "color=blue,black,brown"),
        ("form", False, OBJECT, "color=R,100,G,200,B,150"),
        ("form", True, "", "color="),
        ("form", True, STRING, "color=blue"),
        ("form", True, ARRAY, "color=blue&color=black&color=brown"),
        ("form", True, OBJECT, "R=100&G=200&B=150"),
        (None, None, ARRAY, "color=blue&color=black&color=brown"),
        ("spaceDelimited", False, ARRAY, "color=blue%20black%20brown"),
        ("spaceDelimited", False, OBJECT, "color=R%20100%20G%20200%20B%20150"),
        ("pipeDelimited", False, ARRAY, "color=blue%7Cblack%7Cbrown"),
        ("pipeDelimited", False, OBJECT, "color=R%7C100%7CG%7C200%7CB%7C150"),
        ("deepObject", True, OBJECT, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
    ],
)
def test_query(style: Any, explode: bool | None, value: Any, expected: str) -> None:
    assert "&".join(serialize.query(Param("color", style=style, explode=explode), value)) == expected


@pytest.mark.parametrize(
    ("style", "explode", "value", "expected"),
    [
        ("matrix", False, STRING, ";color=blue"),
        ("matrix", False, ARRAY, ";color=blue,black,brown"),
        ("matrix", False, OBJECT, ";color=R,100,G,200,B,150"),
        ("matrix", True, ARRAY, ";color=blue;color=black;color=brown"),
        ("matrix", True, OBJECT, ";R=100;G=200;B=150"),
        ("label", False, STRING, ".blue"),
        ("label", False, ARRAY, ".blue,black,brown"),
        ("label", False, OBJECT, ".R,100,G,200,B,150"),
        ("label", True, ARRAY, ".blue.black.brown"),
        ("label", True, OBJECT, ".R=100.G=200.B=150"),
        ("simple", False, STRING, "blue"),
        ("simple", False, ARRAY, "blue,black,brown"),
        ("simple", False, OBJECT, "R,100,G,200,B,150"),
        ("simple", True, ARRAY, "blue,black,brown"),
        ("simple", True, OBJECT, "R=100,G=200,B=150"),
    ],
)
def test_path(style: Any, explode: bool, value: Any, expected: str) -> None:
    assert serialize.path(Param("color", style=style, explode=explode), value, "color") == expected


@pytest.mark.parametrize(
    ("explode", "value", "expected"),
    [(False, ARRAY, "blue,black,brown"), (False, OBJECT, "R,100,G,200,B,150"), (True, OBJECT, "R=100,G=200,B=150")],
)
def test_header(explode: bool, value: Any, expected: str) -> None:
    assert serialize.header(Param("X-Color", explode=explode), value, "color") == expected


@pytest.mark.parametrize(
    ("param", "value", "expected"),
    [
        (Param("q"), "a b&c=d/ü+%", ["q=a%20b%26c%3Dd%2F%C3%BC%2B%25"]),
        (Param("q", reserved=True), "a/b?c:d,e&f#g+h i", ["q=a/b?c:d,e%26f%23g%2Bh%20i"]),
        (Param("with[]"), ["a", "b"], ["with%5B%5D=a", "with%5B%5D=b"]),
        (Param("on"), True, ["on=true"]),
        (Param("n"), 1.0, ["n=1"]),
        (Param("n"), 0.25, ["n=0.25"]),
        (Param("n"), None, []),
        (Param("n"), [], []),
        (Param("n"), [None, "a"], ["n=a"]),
        (Param("f", encode="json"), {"a": [1, None]}, ["f=%7B%22a%22%3A%5B1%2Cnull%5D%7D"]),
        (Param("f", encode="json"), "x", ["f=%22x%22"]),
        (Param("f", style="deepObject"), {"a": {"b": [1, 2]}}, ["f%5Ba%5D%5Bb%5D%5B%5D=1", "f%5Ba%5D%5Bb%5D%5B%5D=2"]),
        (Param("expand", style="deepObject"), ["x"], ["expand%5B%5D=x"]),
        (Param("f"), [{"a": 1}], ["f=%7B%22a%22%3A1%7D"]),
        (Param("ids", style="pipeDelimited", explode=True), [1, 2], ["ids=1", "ids=2"]),
        (Param("ids", explode=False), ["a,b", "c"], ["ids=a%2Cb,c"]),
    ],
)
def test_what_the_table_leaves_open(param: Param, value: Any, expected: list[str]) -> None:
    assert serialize.query(param, value) == expected


@pytest.mark.parametrize(
    ("param", "value", "expected"),
    [
        (Param("a"), "x y&z", ["a=x+y%26z"]),
        (Param("a"), [1, 2], ["a=1", "a=2"]),
        (Param("a"), {"k": 1}, ["a=%7B%22k%22%3A1%7D"]),
        (Param("a", style="deepObject", explode=True), {"k": {"l": True}}, ["a%5Bk%5D%5Bl%5D=true"]),
        (Param("a", style="form", explode=True), {"k": 1, "l": 2}, ["k=1", "l=2"]),
        (Param("a", explode=False), ["x", "y"], ["a=x,y"]),
    ],
)
def test_forms(param: Param, value: Any, expected: list[str]) -> None:
    assert serialize.form(param, value) == expected


def test_integers_beyond_64_bits_stay_exact() -> None:
    assert serialize.to_json({"n": 2**70}) == b'{"n":1180591620717411303424}'
    assert serialize.scalar(2**70) == "1180591620717411303424"
