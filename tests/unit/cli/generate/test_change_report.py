"""Long and hostile comparisons as Markdown: the worst first, within the limits of the platforms, and inert."""

from __future__ import annotations

import re
from typing import Any

import pytest

from adaptgen.cli.generate.change_report import COMMENT_BYTES, as_markdown
from adaptgen.compare.model import Change
from adaptgen.diagnostics import Where

LEVELS: Any = ("breaking", "review", "additive", "unchanged")


def many(tools: int) -> list[Change]:
    """For each level ``tools`` tools with twelve changes of one kind and one of another."""
    where = Where("generated/ships/tools/ships.py", 7, 1)
    return [
        Change(level, f"tool_{number:05}", kind, f"the field f{field} of the answer: {kind}", where, server="ships")
        for level in LEVELS
        for number in range(tools)
        for kind, fields in (("field-type", range(12)), ("effect", range(1)))
        for field in fields
    ]


def test_a_short_comparison_is_grouped_by_level_tool_and_kind() -> None:
    text = as_markdown(many(2), COMMENT_BYTES)
    headings = re.findall(r"(?m)^#+ .*$", text)
    assert [one for one in headings if one.startswith("### ")] == [
        "### Breaking: calls that agents make today fail, or answer otherwise",
        "### Review: a person must look at this",
        "### Additive: agents can do more than before",
        "### Unchanged for agents",
    ]
    assert [one for one in headings if one.startswith("#### ")] == ["#### `tool_00000`", "#### `tool_00001`"] * 4
    # Twelve of a kind are ten and a number.
    assert text.count("- `the field f9 of the answer: field-type`") == 8
    assert "f10 " not in text
    assert text.count("- and 2 more of the kind `field-type`") == 8
    assert text.startswith("**26 breaking, 26 review, 26 additive, 26 unchanged**\n")


def test_github_takes_a_comment_with_the_lines_of_the_workflow_before_it() -> None:
    assert len(as_markdown(many(2_000), COMMENT_BYTES)) + 2_000 < 65_536


HOSTILE = [
    "<img src=x onerror=alert(1)> @all #1 ![a](https://x.example/a.png) https://x.example",
    "`code` ``two`` ```three``` `",
    "``````",
    "line\n\n# heading\n~~~\n/merge\n- [ ] task",
    "\x1b]0;title\x07 \u202egnp.exe \u2066x",
    "",
    "a" * 5_000,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_a_document_is_one_code_span(text: str) -> None:
    markdown = pytest.importorskip("markdown_it")
    change = Change("breaking", text or "t", "kind", text, Where(text or "f", 1, 1), text, text, server="s")
    found = as_markdown([change], COMMENT_BYTES)
    kinds = {"code_inline", "text", "softbreak", "strong_open", "strong_close"}
    allowed = {"**1 breaking**", "Breaking: calls that agents make today fail, or answer otherwise", " at ", "hint: "}
    for token in markdown.MarkdownIt("gfm-like", {"linkify": False}).parse(found):
        for inner in token.children or ():
            assert inner.type in kinds
            assert inner.type != "text" or inner.content in {*allowed, "1 breaking", ""}
    assert max(map(len, found.splitlines())) < 2_000
    assert not re.search(r"[^\n -\uffff]|[\u202a-\u202e\u2066-\u2069]", found)


def test_nothing_is_said_in_words() -> None:
    assert as_markdown([], COMMENT_BYTES) == "Nothing changed for agents.\n"
