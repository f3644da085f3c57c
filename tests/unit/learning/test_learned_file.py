from pathlib import Path

import pytest

from adaptgen.learning.learned_file import nested, write_text
from adaptgen.learning.model import Confidence, Line
from adaptgen.learning.report import compare
from adaptgen.source.hints.learned import parse_learned

PAGE = {"style": "offset", "offset": "skip", "limit": "take", "items": "$.rows"}


def line(*keys: str, value: object = None, because: str = "it is so", confidence: Confidence = "certain") -> Line:
    return Line(keys, value, because, confidence)


def test_the_file_has_each_line_after_its_evidence() -> None:
    lines = [
        line("operations", "GET /parts", "view", value=["id", "name"], because="two fields tell"),
        line("sensitive", "$..ssn", value="national_id", because="12 of 12 are such", confidence="likely"),
        line("operations", "GET /parts", "page", value=PAGE, because="the second page differs"),
        line("operations", "GET /parts", "answer", value="$.x", confidence="unknown"),
    ]
    text = write_text(lines)
    assert (
        text.partition("adaptgen: 1\n")[2]
        == """\
operations:
  "GET /parts":
    # the second page differs
    page: {style: offset, offset: skip, limit: take, items: $.rows}
    # two fields tell
    view: [id, name]
sensitive:
  # likely: 12 of 12 are such
  "$..ssn": national_id
"""
    )
    assert write_text(reversed(lines)) == text
    assert parse_learned(text.encode(), Path("learned.yaml")).raw == {"adaptgen": 1, **nested(lines[:3])}


@pytest.mark.parametrize(
    "hostile",
    [
        "a: b\nauth: {evil: {kind: bearer}}",
        "x # y",
        "{{x}}",
        "- a",
        "*alias",
        "&anchor",
        "!!python/object",
        "\x85\u2028evil: 1",
        "yes",
        "null",
        '"',
        "'",
        "\u202egnp.exe",
    ],
)
def test_a_hostile_name_is_a_name_or_nothing(hostile: str) -> None:
    lines = [
        line("operations", "GET /parts", "view", value=["id", hostile], because=hostile),
        line("operations", "GET /parts", "page", value=PAGE, because=f"{hostile}\n  evil: 1"),
        line("sensitive", f"$..{hostile}", value="email"),
    ]
    text = write_text(lines)
    read = parse_learned(text.encode(), Path("learned.yaml"))
    assert set(read.raw) <= {"adaptgen", "operations", "sensitive"}
    assert read.raw["operations"]["GET /parts"]["page"] == PAGE
    assert read.raw["operations"]["GET /parts"].get("view") in (None, ["id", hostile])
    assert "evil" not in read.raw["operations"]["GET /parts"]


def test_keys_that_are_data_are_not_written() -> None:
    lines = [
        line("operations", "GET /parts", "sensitive", value={"ada@example.com.phone": "phone"}),
        line("operations", "GET /parts", "view", value=["people.18273645.name"]),
        line("operations", "GET /parts", "page", value={**PAGE, "items": "$.ada@example.com"}),
        line("sensitive", "$..5500 0000 0000 0004", value="card"),
    ]
    assert write_text(lines) == ""


def test_a_line_that_hints_would_not_take_is_left_out() -> None:
    lines = [
        line("operations", "GET /parts", "page", value={"style": "sideways"}),
        line("operations", "GET /parts", "effect", value="read"),
        line("tools", "x", value={}),
        line("auth", "key", value={"kind": "api_key", "header": "X-Key", "value": "the secret itself"}),
    ]
    assert write_text(lines) == ""


def test_drift_is_the_keys_that_differ() -> None:
    before = write_text(
        [line("operations", "GET /parts", "page", value=PAGE), line("sensitive", "$..a", value="email")]
    )
    now = write_text([line("operations", "GET /parts", "page", value={**PAGE, "max_size": 9}, because="otherwise")])
    old, new = (parse_learned(text.encode(), Path("learned.yaml")) for text in (before, now))
    assert compare(new, old) == ["operations > GET /parts > page", "sensitive > $..a"]
    assert compare(new, new) == []
    assert compare(None, new) == ["operations > GET /parts > page"]
