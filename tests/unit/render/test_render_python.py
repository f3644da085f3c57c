"""Literals, layout and names of generated Python."""

from __future__ import annotations

import ast
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptgen.model import tables as model
from adaptgen.render import python
from adaptgen.render.safe import MarkdownText, PythonText, only


def printed(value: object) -> str:
    return python.Printer().value(value).flat


@given(st.text(st.characters(exclude_categories=())))
def test_a_string_literal_is_the_string(text: str) -> None:
    assert ast.literal_eval(python.string(text)) == text


@given(st.one_of(st.integers(), st.floats(allow_nan=False)))
def test_a_number_literal_is_the_number(value: float) -> None:
    assert eval(python.number(value)) == value


def test_numbers_beyond_what_python_reads_in_decimal() -> None:
    assert eval(python.number(10**5000)) == 10**5000
    assert eval(python.number(-(10**5000))) == -(10**5000)
    assert math.isnan(eval(python.number(math.nan)))
    assert python.number(1e22) == "1e22"


def test_values_too_deep_for_the_parser_are_loaded() -> None:
    value: object = 1
    for _ in range(300):
        value = [value]
    printer = python.Printer()

    text = printer.value(value).flat

    import json

    assert printer.loads
    assert eval(text, {"loads": json.loads}) == value


def test_a_value_of_no_model_class_is_refused() -> None:
    with pytest.raises(TypeError, match="set is not a value of the model"):
        printed({1, 2})


def test_variables_are_plain_unique_and_shadow_nothing() -> None:
    taken = {"Tool", "TOOLS"}
    names = ["find", "find", "import", "match", "Tool", "print", "9 lives", "é-ü", "__all__"]
    found = python.variable_names(names, taken)
    assert found == ["find", "find_2", "import_", "match_", "Tool_", "print_", "tool_9_lives", "tool", "all_"]


def test_a_variable_with_a_number_shadows_nothing_either() -> None:
    assert python.variable_names(["GET_VIEW", "GET_VIEW"], {"GET_VIEW_2"}) == ["GET_VIEW", "GET_VIEW_3"]


@pytest.mark.parametrize("value", ["text", 1, None, MarkdownText("x")])
def test_a_template_prints_nothing_but_its_own_kind_of_text(value: object) -> None:
    finalize = only(PythonText)
    assert finalize(PythonText("x")) == "x"
    with pytest.raises(TypeError, match="a template may print PythonText"):
        finalize(value)


def test_every_class_of_the_model_can_be_printed() -> None:
    kinds = {name for name, kind in vars(model).items() if isinstance(kind, type) and kind.__module__ == model.__name__}
    from adaptgen import runtime

    generated = kinds - {"Contract", "Module", "Plan", "Evidence", "Input", "LeftOut", "Variable"}
    assert generated <= set(dir(runtime)) | set(getattr(runtime, "__all__", ()))
