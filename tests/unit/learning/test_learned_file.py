from pathlib import Path

import pytest

from adaptgen.learning.learned_file import write_text
from adaptgen.learning.model import Confidence, Line
from adaptgen.source.hints.learned import parse_learned

PAGE = {"style": "offset", "offset": "skip", "limit": "take", "items": "$.rows"}


def line(*keys: str, value: object = None, because: str = "it is so", confidence: Confidence = "certain") -> Line:
    return Line(keys, value, because, confidence)


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
