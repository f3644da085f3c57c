"""Literals, layout and names of generated Python."""

from __future__ import annotations

import ast
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptgen.model import tables as model
from adaptgen.model.tables import Base, Call, Param, Send, Tool
from adaptgen.render import layout, python
from adaptgen.render.safe import MarkdownText, PythonText, only


def printed(value: object) -> str:
    return python.Printer().value(value).flat


@given(st.text(st.characters(exclude_categories=())))
def test_a_string_literal_is_the_string(text: str) -> None:
    assert ast.literal_eval(python.string(text)) == text


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("plain", '"plain"'),
        ("it's", '"it\'s"'),
        ('say "hi"', "'say \"hi\"'"),
        ("both ' and \"", '"both \' and \\""'),
        ("a\\b", '"a\\\\b"'),
        ("line\nend\t\x00\x7f", '"line\\nend\\t\\x00\\x7f"'),
        ("é漢😀", '"é漢😀"'),
        ("\u202e\u200b\u2028\ufeff\ud800\U000e0041", '"\\u202e\\u200b\\u2028\\ufeff\\ud800\\U000e0041"'),
        ("\u00a0\u3164\ufe0f\u2800", '"\\xa0\\u3164\\ufe0f\\u2800"'),
    ],
)
def test_invisible_characters_are_escaped_and_quotes_are_the_formatters(text: str, literal: str) -> None:
    assert python.string(text) == literal


@given(st.one_of(st.integers(), st.floats(allow_nan=False)))
def test_a_number_literal_is_the_number(value: float) -> None:
    assert eval(python.number(value)) == value


def test_numbers_beyond_what_python_reads_in_decimal() -> None:
    assert eval(python.number(10**5000)) == 10**5000
    assert eval(python.number(-(10**5000))) == -(10**5000)
    assert math.isnan(eval(python.number(math.nan)))
    assert python.number(1e22) == "1e22"


def test_defaults_are_omitted_but_a_false_or_empty_value_is_not() -> None:
    assert printed(Param("q")) == 'Param("q")'
    assert printed(Param("q", value=0, explode=False)) == 'Param("q", value=0, explode=False)'
    assert printed(Tool(name="t", view=())) == 'Tool(name="t", view=())'


def test_only_fields_that_read_well_are_positional() -> None:
    assert printed(Call("GET", "/a", base="x")) == 'Call("GET", "/a", base="x")'
    assert printed(Send("header", "X", "{t}", only="read")) == 'Send("header", "X", "{t}", only="read")'
    assert printed(Base("", "ENV")) == 'Base(env="ENV")'


def test_mappings_are_sorted_whatever_order_they_came_in() -> None:
    assert printed({"b": 1, "a": {"d": [], "c": ()}}) == '{"a": {"c": (), "d": []}, "b": 1}'


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


def test_what_fits_stays_and_what_does_not_gets_a_line_each() -> None:
    node = python.Printer().value({"key": ("a" * 40, "b" * 40)})
    assert layout.lay_out(node, prefix="x = ") == (
        'x = {\n    "key": (\n        "' + "a" * 40 + '",\n        "' + "b" * 40 + '",\n    ),\n}'
    )


def test_variables_are_plain_unique_and_shadow_nothing() -> None:
    taken = {"Tool", "TOOLS"}
    names = ["find", "find", "import", "match", "Tool", "print", "9 lives", "é-ü", "__all__"]
    found = python.variable_names(names, taken)
    assert found == ["find", "find_2", "import_", "match_", "Tool_", "print_", "tool_9_lives", "tool", "all_"]


def test_a_variable_with_a_number_shadows_nothing_either() -> None:
    assert python.variable_names(["GET_VIEW", "GET_VIEW"], {"GET_VIEW_2"}) == ["GET_VIEW", "GET_VIEW_3"]


def test_files_never_meet_and_never_leave_the_folder() -> None:
    found = python.file_names(["Contacts", "contacts", "../../etc", "con", "", "a" * 300])
    assert found == ["contacts", "contacts_2", "etc", "con_", "module", "a" * 60]


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


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x00"])
def test_no_line_break_ends_a_line_of_a_docstring(end: str) -> None:
    """Not one of Python's own (Lexical analysis, 2.1.2), nor one at which an editor or ``splitlines`` breaks."""
    written = python.docstring(f"GET /x{end}import os").text
    assert len(written.splitlines()) == 1
    assert len(ast.parse(f'"""{written}"""').body) == 1
