"""Runtime expressions and simple conditions of Arazzo."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.syntax.runtime_expressions import ConditionError, Expression, condition, expression, holds

VALUES: dict[str, Any] = {"$statusCode": 200, "$inputs.n": 5, "$inputs.s": "Text", "$inputs.t": True, "$inputs.h": "10"}


def held(text: str) -> bool:
    return holds(condition(text), lambda one: VALUES.get(one.text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$statusCode == 200", True),
        ("$statusCode==200&&$inputs.n<6", True),
        ("$inputs.s == 'text'", True),
        ("$inputs.s != 'text'", False),
        ("$inputs.s == 'it''s'", False),
        ("$inputs.h > 9", True),
        ("$inputs.t == 1", False),
        ("$inputs.t", True),
        ("!$inputs.t || $inputs.n >= 5", True),
        ("!($inputs.t && $inputs.n >= 5)", False),
        ("$inputs.none == null", True),
        ("$inputs.none < 1", False),
        ("true || $inputs.none", True),
        ("false || true && false", False),
        ("$inputs.n == 5.0", True),
        ("$inputs.n == -5", False),
        ("'a' < 'B'", True),
    ],
)
def test_conditions(text: str, expected: bool) -> None:
    assert held(text) is expected


@pytest.mark.parametrize(
    "text",
    ["", "==", "1 ==", "(1", "1)", "1 2", "$statusCode = 200", "'open", "a == 1", "$x", "&& 1", "1 == == 2", "!"],
)
def test_what_is_no_condition(text: str) -> None:
    with pytest.raises(ConditionError):
        condition(text)


def test_nesting_has_an_end() -> None:
    with pytest.raises(ConditionError, match="too deep"):
        condition("(" * 500 + "1" + ")" * 500)


@pytest.mark.parametrize(
    ("text", "root", "source", "name", "pointer", "path"),
    [
        ("$url", "url", "", "", "", ()),
        ("$inputs.a-b", "inputs", "", "a-b", "", ()),
        ("$inputs.a.b[0]", "inputs", "", "a", "", ("b", 0)),
        ("$steps.s.outputs.o", "steps", "s", "o", "", ()),
        ("$steps.s.outputs.o#/x/0", "steps", "s", "o", "/x/0", ()),
        ("$workflows.w.outputs.o", "workflows", "w.outputs", "o", "", ()),
        ("$response.body", "response", "body", "", "", ()),
        ("$response.body#/a~1b/0", "response", "body", "", "/a~1b/0", ()),
        ("$response.body.a[2].b", "response", "body", "", "", ("a", 2, "b")),
        ("$response.header.X-Rate-Limit", "response", "header", "X-Rate-Limit", "", ()),
        ("$request.path.petId", "request", "path", "petId", "", ()),
        ("$components.parameters.few", "components", "parameters", "few", "", ()),
    ],
)
def test_expressions(text: str, root: str, source: str, name: str, pointer: str, path: tuple[Any, ...]) -> None:
    assert expression(text) == Expression(text, root, source, name, pointer, path)


@pytest.mark.parametrize(
    "text",
    ["inputs.a", "$", "$input.a", "$inputs", "$inputs.", "$steps.s", "$steps.s.outputs", "$steps.s.inputs.a",
     "$response", "$response.query.a", "$response.body#a", "$request.cookie.a", "$statusCode#/a", "$url.a"],
)  # fmt: skip
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(ConditionError):
        expression(text)
