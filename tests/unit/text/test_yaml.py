"""YAML text becomes the values of the YAML 1.2 core schema."""

from __future__ import annotations

import io
import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError as OracleError

from adaptgen.diagnostics import AdaptgenError
from adaptgen.text.parse import Parsed, parse


def load(text: str, *, strict: bool = False) -> Any:
    return parse(text.encode(), "t.yaml", strict=strict).value


def codes(parsed: Parsed) -> list[tuple[str, int, int]]:
    return [(one.code, one.where.line, one.where.column) for one in parsed.diagnostics if one.where]


def refused(text: str, *, strict: bool = False) -> tuple[str, int, int]:
    with pytest.raises(AdaptgenError) as caught:
        load(text, strict=strict)
    (one,) = caught.value.diagnostics
    assert one.where is not None
    return one.code, one.where.line, one.where.column


# Specification 1.2.2, example 10.9 and the table of section 10.3.2; traps of YAML 1.1 beside them.
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2020-01-01", "2020-01-01"),
        ("2020-99-99", "2020-99-99"),
        ("2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"),
        ("12:30:00", "12:30:00"),
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("y", "y"),
        ("=", "="),
        ("<<", "<<"),
        ("~", None),
        ("null", None),
        ("NULL", None),
        ("nULL", "nULL"),
        ("true", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("0", 0),
        ("017", 17),
        ("-19", -19),
        ("+12", 12),
        ("0o7", 7),
        ("0x3A", 58),
        ("-0x3A", "-0x3A"),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("1,000", "1,000"),
        ("0.", 0.0),
        (".5", 0.5),
        ("+12e03", 12000.0),
        ("-2E+05", -200000.0),
        ("1e3", 1000.0),
        ("1.2.3", "1.2.3"),
        (".", "."),
        ("12345678901234567890123", 12345678901234567890123),
        ("9" * 5000, "9" * 5000),
        ("!!str 12", "12"),
        ('!!int "12"', 12),
        ("!!float 1", 1.0),
        ("!!int x", "x"),
        ("! 12", "12"),
        ("!custom 12", "12"),
        ("!!binary aGk=", "aGk="),
        ("'12'", "12"),
    ],
)
def test_scalars_follow_the_core_schema(text: str, value: Any) -> None:
    found = load(f"a: {text}\n")["a"]
    assert found == value
    assert type(found) is type(value)


_WORD = st.one_of(
    st.from_regex(r"[-+]?[0-9]{0,4}\.?[0-9]{0,3}([eE][-+]?[0-9]{1,2})?", fullmatch=True),
    st.from_regex(r"0[ox][0-9a-fA-F]{1,4}", fullmatch=True),
    st.from_regex(r"[-+]?[0-9_:]{1,6}", fullmatch=True),
    st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", fullmatch=True),
    st.sampled_from(["null", "Null", "NULL", "~", "true", "True", "TRUE", "False", "no", "Off", "yes", "=", "y"]),
    st.from_regex(r"[a-zA-Z_.=~][a-zA-Z0-9_.:~=/-]{0,8}[a-zA-Z0-9]", fullmatch=True),
)


@given(_WORD)
def test_scalars_agree_with_an_independent_reader(text: str) -> None:
    oracle = YAML(typ="safe", pure=True)
    oracle.version = (1, 2)
    # Known departures of the oracle from section 10.3.2: digits with underscores, signs before 0x and 0o, timestamps,
    # and an unsigned exponent after a number that begins with a point.
    skip = "_" in text or re.match(r"[-+]0[xob]|[0-9]{4}-[0-9]|[-+]?\.[0-9]+[eE][0-9]", text)
    document = f"a: {text}\n"
    try:
        expected = oracle.load(io.StringIO(document))["a"]
    except (OracleError, ValueError, TypeError):
        return
    if skip or (isinstance(expected, float) and not math.isfinite(expected)):
        return
    found = load(document)["a"]
    assert (type(found), found) == (type(expected), expected)


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")))
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda below: st.lists(below, max_size=4)
    | st.dictionaries(st.text(st.characters(codec="utf-8", categories=("L", "N", "P"))), below, max_size=4),
    max_leaves=12,
))  # fmt: skip
def test_what_another_writer_writes_is_read_back(value: Any) -> None:
    writer = YAML(typ="safe", pure=True)
    writer.version = (1, 2)
    writer.default_flow_style = False  # libyaml refuses {:a: 1}; docs/decisions/0002-yaml.md
    out = io.StringIO()
    writer.dump({"a": value}, out)
    assert load(out.getvalue())["a"] == value


def test_merge_keys_are_expanded_and_own_keys_win() -> None:
    text = "base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\none: {<<: *b, y: 9}\ntwo:\n  <<: [*b, *m]\n"
    found = load(text)
    assert found["one"] == {"x": 1, "y": 9}
    assert found["two"] == {"x": 1, "y": 2, "z": 4}


def test_aliases_give_the_same_value_and_may_be_keys() -> None:
    assert load("a: &k name\nb: {*k : [*k, &l [1], *l]}\n")["b"] == {"name": ["name", [1], [1]]}


def test_a_byte_order_mark_is_no_text() -> None:
    assert load("\ufeffa: 1\n") == {"a": 1}
    assert parse("a: ü\n".encode("utf-16"), "t.yaml").value == {"a": "ü"}


def test_bytes_of_windows_1252_are_repaired_and_reported() -> None:
    parsed = parse(b"a: caf\xe9 \x96\n", "t.yaml")
    assert parsed.value == {"a": "café –"}
    assert codes(parsed) == [("AG006", 1, 7)]


def test_other_control_characters_become_replacement_characters() -> None:
    assert load("a: x\x01y\x7f\n") == {"a": "x\ufffdy\ufffd"}


# Specification 1.2.2, section 5.4: U+2028 is no line break, so what follows it is on the same line. A reader of
# YAML 1.1 ends the block scalar there and refuses what follows, so it is said.
def test_an_old_line_break_does_not_end_a_block_scalar() -> None:
    parsed = parse("a: |\n    one.\u2028\u2028 two: three\n    four\nb: 1\n".encode(), "t.yaml")
    assert parsed.value == {"a": "one.\u2028\u2028 two: three\nfour\n", "b": 1}
    assert codes(parsed) == [("AG006", 2, 9)]


@pytest.mark.parametrize("char", ["\x85", "\u2028", "\u2029"])
def test_the_line_breaks_of_yaml_1_1_are_ordinary_characters(char: str) -> None:
    assert load(f"a: x{char}y\nb: |\n  1{char}2\n") == {"a": f"x{char}y", "b": f"1{char}2\n"}


def test_a_line_of_blanks_with_a_tab_is_read_as_empty() -> None:
    parsed = parse(b"a: |-\n    \t\n    text\nb: 1\n", "t.yaml")
    assert parsed.value == {"a": "\ntext", "b": 1}
    assert codes(parsed) == [("AG006", 2, 1)]


def test_numbers_that_json_does_not_have_become_null() -> None:
    parsed = parse(b"a: .inf\nb: -.INF\nc: .nan\nd: 1e999\n", "t.yaml")
    assert parsed.value == {"a": None, "b": None, "c": None, "d": None}
    assert codes(parsed) == [("AG006", 1, 4)]


def test_only_the_first_document_is_read() -> None:
    parsed = parse(b"a: 1\n---\nb: [\n", "t.yaml")
    assert parsed.value == {"a": 1}
    assert codes(parse(b"a: 1\n---\nb: 2\n", "t.yaml")) == [("AG006", 2, 1)]
    assert codes(parse(b"---\na: 1\n...\n", "t.yaml")) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: [1, 2\nb: 3\n", ("AG002", 1, 4)),
        ("a: foo: bar\n", ("AG002", 1, 7)),
        ("a: 'open\n", ("AG002", 1, 4)),
        ("a: @at\n", ("AG002", 1, 4)),
        ("a: {{version}}\n", ("AG002", 1, 5)),
        ("a: *nothing\n", ("AG002", 1, 4)),
        ("? [1]\n: 2\n", ("AG002", 1, 3)),
        ("   \n\n", ("AG002", 0, 0)),
    ],
)
def test_a_syntax_error_has_a_place(text: str, place: tuple[str, int, int]) -> None:
    assert refused(text) == place


def test_an_alias_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert refused("\n".join(lines))[0] == "AG005"


def test_an_alias_inside_of_itself_is_refused() -> None:
    assert refused("a: &a [*a]\n") == ("AG005", 1, 8)


def test_binary_is_no_text() -> None:
    with pytest.raises(AdaptgenError, match="a ZIP archive"):
        parse(b"PK\x03\x04\x00\x00", "t.yaml")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{type: string, enum: [1.9, 1.10, 0049, true, a, null, 1e3, 0x1F]}",
         {"type": "string", "enum": ["1.9", "1.10", "0049", "true", "a", None, "1e3", "0x1F"]}),
        ("{default: 1.10, example: 0049, const: false, examples: [007], type: string}",
         {"default": "1.10", "example": "0049", "const": "false", "examples": ["007"], "type": "string"}),
        ("{type: [string, 'null'], default: 1.10}", {"type": ["string", "null"], "default": "1.10"}),
        ("{name: v, schema: {type: string}, example: 1.10}",
         {"name": "v", "schema": {"type": "string"}, "example": "1.10"}),
        ("{type: number, enum: [1.10, 2]}", {"type": "number", "enum": [1.1, 2]}),
        ("{type: [string, number], default: 1.10}", {"type": ["string", "number"], "default": 1.1}),
        ("{type: string, maxLength: 10, nullable: true}", {"type": "string", "maxLength": 10, "nullable": True}),
        ("{enum: [1.10], default: 1.10}", {"enum": [1.1], "default": 1.1}),
        ("{type: string, example: {default: 1.10}}", {"type": "string", "example": {"default": 1.1}}),
        ("a: {type: number, enum: &v [1.10]}\nb: {type: string, enum: *v}",
         {"a": {"type": "number", "enum": [1.1]}, "b": {"type": "string", "enum": [1.1]}}),
        ("a: {type: string, enum: &v [1.10]}\nb: {type: number, enum: *v}",
         {"a": {"type": "string", "enum": ["1.10"]}, "b": {"type": "number", "enum": [1.1]}}),
        ("base: &b {default: 1.10}\nown: {<<: *b, type: string, example: 1.10}",
         {"base": {"default": 1.1}, "own": {"default": 1.1, "type": "string", "example": "1.10"}}),
    ],
)  # fmt: skip
def test_values_of_a_schema_of_texts_are_texts(text: str, value: Any) -> None:
    assert load(text) == value


def test_the_last_of_several_lists_counts() -> None:
    parsed = parse(b"{type: string, enum: [1, 2, 3], enum: [a]}", "t.yaml")
    assert parsed.value == {"type": "string", "enum": ["a"]}
